from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
from sheet_maker import make_list, to_csv, to_xls, to_xlsx

from ingest.errors import FileRefusedError
from ingest.reading import compound
from ingest.reading.archive import ZIP_MAGIC
from ingest.reading.document import Limits, read_document

LIMITS = Limits()
WITH_TIME = datetime(2024, 10, 31, 8, 30)  # noqa: DTZ001 - a cell has no time zone


def _refused(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileRefusedError) as error:
        read_document(content, limits)
    assert error.value.advice_zh
    assert "{" not in error.value.advice_zh + error.value.advice_en
    return error.value.rule_id


def _texts(content: bytes) -> list[list[str]]:
    (sheet,) = read_document(content, LIMITS).sheets
    return [[text for text in row if text] for row in sheet.head(sheet.height)]


@pytest.mark.parametrize("write", [to_xlsx, to_xls])
def test_workbooks_keep_text_as_written(write: Callable[[list[list[object]]], bytes]) -> None:
    rows: list[list[object]] = [["姓名", "备注"], ["束 甲", "00123"]]
    assert _texts(write(rows)) == [["姓名", "备注"], ["束 甲", "00123"]]


def test_leading_blank_rows_and_columns_keep_their_place() -> None:
    (sheet,) = read_document(to_xlsx([[None, None], [None, "姓名"]]), LIMITS).sheets
    assert sheet.head(sheet.height) == [["", ""], ["", "姓名"]]


def test_cells_have_their_types() -> None:
    content = to_xlsx([["a", 1, 2.5, True, date(2024, 10, 31), WITH_TIME]])
    (sheet,) = read_document(content, LIMITS).sheets
    assert sheet.row(0) == ["a", "1", "2.5", "TRUE", "2024-10-31", str(WITH_TIME)]


def test_merges_and_hidden_sheets_are_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["流入人口", None])
    book.active.merge_cells("A1:B1")
    hidden = book.create_sheet("隐藏")
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    first, second = read_document(stream.getvalue(), LIMITS).sheets
    assert first.merges == (((0, 0), (0, 1)),)
    assert (second.name, second.row(0)) == ("隐藏", ["x"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_every_encoding_reads_the_same(encoding: str) -> None:
    document = read_document(to_csv([["姓名", "户籍地址"], ["束甲", "𠮷安县"]], encoding), LIMITS)
    assert document.encoding == encoding
    assert document.sheets[0].head(9) == [["姓名", "户籍地址"], ["束甲", "𠮷安县"]]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separators_are_told_apart(separator: str) -> None:
    assert _texts(to_csv([["姓名", "性别"], ["束甲", "男"]], separator=separator)) == [["姓名", "性别"], ["束甲", "男"]]


def test_quoted_line_breaks_short_lines_and_text_marks() -> None:
    (sheet,) = read_document('姓名,"身份证\n号码",性别\n束甲,"=""0012"""\n'.encode(), LIMITS).sheets
    assert sheet.head(sheet.height) == [["姓名", "身份证\n号码", "性别"], ["束甲", "0012", ""]]


def test_what_is_no_table_is_refused_by_its_first_bytes() -> None:
    assert _refused(b"") == "file_empty"
    assert _refused(b" \r\n\0\0") == "file_empty"
    assert _refused("\ufeff<html><p>登录超时</p>".encode()) == "file_html_no_table"
    assert _refused(b"MIME-Version: 1.0\r\n") == "file_html_no_table"
    assert _refused(b"<?xml version='1.0'?><feed/>") == "file_format_unknown"
    assert _refused(b"%PDF-1.7\n\x00\x01") == "file_format_unknown"
    assert _refused("姓名,".encode() + b"\xff\xfe\xff") == "file_encoding"
    assert _refused(ZIP_MAGIC + b"nothing") == "file_damaged"
    assert _refused(compound.MAGIC + bytes(600)) == "file_damaged"
    assert _refused(b"Rar!\x1a\x07\x01\x00") == "file_archive_format"


def test_an_old_workbook_with_a_password_says_so_in_a_record() -> None:
    content = bytearray(to_xls(make_list(3)))
    second = content.index(bytes.fromhex("0908100000060500")) + 20
    content[second : second + 2] = b"\x2f\x00"
    assert _refused(bytes(content)) == "file_password"


def test_a_workbook_encrypted_as_a_whole_asks_for_its_password() -> None:
    content = to_xls(make_list(3))
    name, locked = ("Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le"))
    place = content.index(name)
    changed = content[:place] + locked + content[place + len(locked) : place + 64] + b"\x22" + content[place + 65 :]
    assert len(changed) == len(content)
    assert _refused(changed) == "file_password"


def test_a_workbook_cut_short_is_damaged() -> None:
    content = to_xlsx(make_list(20))
    assert _refused(content[: len(content) // 2]) == "file_damaged"
    assert _refused(to_xls(make_list(20))[:3000]) == "file_damaged"


def test_an_archive_of_files_is_no_document() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert _refused(stream.getvalue()) == "file_archive_nested"


def _with_sheet_xml(change: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook whose first sheet is changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(to_xlsx(make_list()))) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            text = source.read(member)
            target.writestr(member.filename, change(text) if member.filename.endswith("sheet1.xml") else text)
    return stream.getvalue()


def _add_row(row: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text.replace(b"</sheetData>", row + b"</sheetData>")


def test_a_filled_cell_in_the_last_corner_is_refused_before_it_is_held() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'
    assert _refused(_with_sheet_xml(_add_row(far))) == "file_too_large"


def test_an_empty_formatted_cell_in_the_last_corner_hurts_nobody() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    (sheet,) = read_document(_with_sheet_xml(_add_row(far)), LIMITS).sheets
    assert sheet.height == len(make_list())


def test_archives_that_unpack_to_too_much_are_refused_unopened() -> None:
    bomb = _with_sheet_xml(_add_row(b" " * (40 << 20)))
    assert len(bomb) < 1 << 20
    started = time.perf_counter()
    assert _refused(bomb) == "file_zip_bomb"
    assert time.perf_counter() - started < 1
    assert _refused(to_xlsx(make_list()), Limits(unpacked_bytes=100)) == "file_zip_bomb"


def test_an_archive_that_lies_about_its_size_is_damaged() -> None:
    content = bytearray(_with_sheet_xml(_add_row(b" " * 100_000)))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        size = next(member.file_size for member in archive.infolist() if member.filename.endswith("sheet1.xml"))
    told = struct.pack("<I", size)
    assert content.count(told) >= 2
    assert _refused(bytes(content).replace(told, struct.pack("<I", 50))) == "file_damaged"


def test_files_and_sheets_above_the_limits_are_refused() -> None:
    assert _refused(to_csv(make_list(50)), Limits(file_bytes=1000)) == "file_too_large"
    assert _refused(to_csv(make_list(50)), Limits(cells=100)) == "file_too_large"
    assert _refused(to_xlsx(make_list(50)), Limits(cells=100)) == "file_too_large"
    assert _refused(to_xls(make_list(50)), Limits(cells=100)) == "file_too_large"
