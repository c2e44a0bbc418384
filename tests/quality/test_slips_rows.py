"""Return slips of files that were no workbook of today: all rows as they were read, as text, with the same marks."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt
from slip_night import FILE_ID, HEADINGS, KEY, columns, found, slip_of

from ingest.reading.document import Limits, read_document
from ingest.slip_mark import MarkCheck, find_mark, split_slip, verify
from quality.slips.plain import sheet_name
from quality.slips.styles import MARK_COLOURS

PEOPLE = [
    ["束甲", "=1+1", "+男", "-安徽省", "@六安市", "=cmd|' /C calc'!A0"],
    ["束乙", "00123", "女", "安徽省", "", "1e5"],
]


def to_csv(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\n".join(",".join(row) for row in [["名单"], [*HEADINGS], *rows]).encode(encoding)


def to_xls(rows: list[list[str]]) -> bytes:

    book, stream = xlwt.Workbook(), io.BytesIO()
    page = book.add_sheet("Sheet1")
    for number, row in enumerate([["名单"], [*HEADINGS], *rows]):
        for column, text in enumerate(row):
            page.write(number, column, text)
    page.write_merge(0, 0, 1, 3, "合并")
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "form", "sheet", "name"),
    [
        (to_csv(PEOPLE), "csv", "", "名单"),
        (to_csv(PEOPLE, "gb18030"), "csv", "", "名单"),
        (to_xls(PEOPLE), "xls", "Sheet1", "Sheet1"),
    ],
)
def test_rows_come_back_as_text_with_marks(tmp_path: Path, content: bytes, form: str, sheet: str, name: str) -> None:
    findings = [found(3, sheet=sheet or None), found(4, "市", sheet=sheet or None, severity="query")]
    path = slip_of(tmp_path, content, findings, columns(3, 4, sheet=sheet), format=form, path=f"名单.{form}")
    assert path.name == f"名单_回执_{FILE_ID}.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["回执", name, "_popflow"]
    rows = [[cell.value or "" for cell in row][:6] for row in book[name].iter_rows(min_row=2, max_row=4)]
    assert rows == [[*HEADINGS], *PEOPLE]
    assert {cell.data_type for row in book[name].iter_rows() for cell in row if cell.value} == {"s"}
    marked = {cell.coordinate: cell.fill.fgColor.rgb for row in book[name] for cell in row if cell.comment}
    assert marked == {"B3": MARK_COLOURS["error"], "E4": MARK_COLOURS["query"]}
    assert [cell.value for cell in book[name][2]][6:] == ["情况说明", "popflow行号"]
    with zipfile.ZipFile(path) as archive:
        assert not [part for part in archive.namelist() if b"<f>" in archive.read(part)]


def test_such_a_slip_is_known_again(tmp_path: Path) -> None:
    path = slip_of(tmp_path, to_csv(PEOPLE), [found(3, sheet=None)], columns(3, 4, sheet=""), format="csv")
    document = read_document(path.read_bytes(), Limits())
    mark = find_mark(document)
    assert mark is not None
    assert verify(mark, KEY) is MarkCheck.GENUINE
    rows = split_slip(document, mark).rows["名单"]
    assert rows.rows.to_pylist() == [None, None, 3, 4]
    assert rows.sheets.to_pylist() == [None, None, "", ""]


def test_every_sheet_comes_back(tmp_path: Path) -> None:

    book, stream = xlwt.Workbook(), io.BytesIO()
    for name in ("一组", "二组"):
        page = book.add_sheet(name)
        for column, heading in enumerate(HEADINGS):
            page.write(0, column, heading)
            page.write(1, column, name)
    book.save(stream)
    table = [*columns(2, 2, sheet="一组"), *columns(2, 2, sheet="二组")]
    findings = [found(2, sheet="二组")]
    slip = openpyxl.load_workbook(slip_of(tmp_path, stream.getvalue(), findings, table, format="xls"))
    assert slip.sheetnames == ["回执", "一组", "二组", "_popflow"]
    assert slip["一组"]["B2"].comment is None
    assert slip["二组"]["B2"].comment is not None
    assert [slip[name]["H2"].value.split("-")[0] for name in ("一组", "二组")] == ["R0", "R1"]


@pytest.mark.parametrize("content", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, b"PK\x03\x04" + b"x" * 50])
def test_what_cannot_be_read_gets_the_light_form(tmp_path: Path, content: bytes) -> None:
    slip = openpyxl.load_workbook(slip_of(tmp_path, content, [found(3)], columns(3, 4), format="xls"))
    assert slip.sheetnames == ["回执", "明细"]


@pytest.mark.parametrize(
    ("name", "taken", "made"),
    [
        ("", (), "名单"),
        ("一[组]/二*", (), "一_组__二_"),
        ("村" * 40, (), "村" * 31),
        ("村" * 40, ("村" * 31,), "村" * 30 + "2"),
        ("Sheet", ("sheet", "Sheet2"), "Sheet3"),
        ("'", (), "名单"),
    ],
)
def test_names_of_sheets_are_made_fit(name: str, taken: Any, made: str) -> None:
    assert sheet_name(name, taken) == made
