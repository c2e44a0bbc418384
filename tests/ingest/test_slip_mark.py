"""The mark of a return slip: how a slip that comes back is known again, and which row each of its rows was."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.keys import SiteKey
from ingest.reading.document import Document, Limits, read_document
from ingest.reading.sheet import sheet_of
from ingest.slip_mark import (
    EXPLANATION_HEADING,
    MARK_SHEET,
    ROW_HEADING,
    SUMMARY_TITLE,
    MarkCheck,
    MarkedSheet,
    SlipMark,
    find_mark,
    split_slip,
    verify,
)

KEY = SiteKey(b"k" * 32)
FILE_ID = "0123456789012345"
MARK = SlipMark(FILE_ID, (MarkedSheet("一组", "C", "D"), MarkedSheet("2024", "C", "D"))).signed(KEY)
Rows = list[list[Any]]


def list_sheet(number: int = 0, people: int = 3, mark: SlipMark = MARK) -> Rows:
    head = [["名单", None, None, None], ["姓名", "性别", EXPLANATION_HEADING, ROW_HEADING]]
    body = [[f"束{row}", "男", None, mark.row_token(number, row)] for row in range(3, 3 + people)]
    return [*head, *body]


def slip(**sheets: Rows) -> Document:
    """Return a slip as it is read: the summary, the sheets, the mark."""
    every = {"回执": [[SUMMARY_TITLE]], **(sheets or {"一组": list_sheet()}), MARK_SHEET: MARK.lines()}
    return Document("xlsx", None, tuple(sheet_of(name, rows) for name, rows in every.items()))


def answered(document: Document, sheet: str = "一组", mark: SlipMark = MARK) -> list[tuple[str, int] | None]:
    rows = split_slip(document, mark).rows[sheet]
    pairs = zip(rows.sheets.to_pylist(), rows.rows.to_pylist(), strict=True)
    return [None if number is None else (name, number) for name, number in pairs]


def test_a_mark_is_found_and_genuine() -> None:
    mark = find_mark(slip())
    assert mark == MARK
    assert verify(MARK, KEY) is MarkCheck.GENUINE


def test_an_ordinary_list_has_no_mark() -> None:
    assert find_mark(Document("xlsx", None, (sheet_of("一组", list_sheet()),))) is None
    assert find_mark(Document("xlsx", None, (sheet_of(MARK_SHEET, [["别的"]]),))) is None
    assert find_mark(Document("xlsx", None, (sheet_of(MARK_SHEET, []),))) is None


@pytest.mark.parametrize(
    ("mark", "key"),
    [
        (MARK, SiteKey(b"x" * 32)),
        (SlipMark("f" * 16, MARK.sheets, MARK.signature), KEY),
        (SlipMark(MARK.file_id, (MarkedSheet("一组", "C", "E"),), MARK.signature), KEY),
        (SlipMark(MARK.file_id, MARK.sheets, "签名"), KEY),
    ],
)
def test_a_forged_mark_is_no_mark(mark: SlipMark, key: SiteKey) -> None:
    assert verify(mark, key) is MarkCheck.FORGED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:1],
        lambda lines: lines[:2],
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [*lines[:3], ["sheet", "n:一组", "C", "D"]],
        lambda lines: [lines[0], lines[1], [lines[2][0], "hmac:"]],
    ],
)
def test_a_damaged_mark_is_found_and_said_to_be_so(spoil: Callable[[Rows], Rows]) -> None:
    document = Document("xlsx", None, (sheet_of(MARK_SHEET, spoil(MARK.lines())),))
    mark = find_mark(document)
    assert mark is not None
    assert verify(mark, KEY) is MarkCheck.DAMAGED


def test_the_list_is_left_alone_in_its_place() -> None:
    parted = split_slip(slip(), MARK)
    assert [sheet.name for sheet in parted.document.sheets] == ["一组"]
    assert [sheet.width for sheet in parted.document.sheets] == [2]
    assert parted.document.sheets[0].head(9)[1:3] == [["姓名", "性别"], ["束3", "男"]]
    assert answered(slip()) == [None, None, ("一组", 3), ("一组", 4), ("一组", 5)]


def test_what_stands_behind_the_columns_stays_where_it_is() -> None:
    rows = [[*row, "备注"] for row in list_sheet()]
    sheet = split_slip(slip(一组=rows), MARK).document.sheets[0]
    assert sheet.head(3)[2] == ["束3", "男", "", "", "备注"]


def test_explanations_are_read() -> None:
    rows = list_sheet()
    rows[3][2] = " 本人长期在外 "
    read = split_slip(slip(一组=rows), MARK).rows["一组"].explanations.to_pylist()
    assert read == [None, None, None, "本人长期在外", None]


def test_rows_may_be_sorted_removed_and_added() -> None:
    rows = list_sheet(people=4)
    rows = [*rows[:2], rows[5], ["束新", "女", None, None], rows[2]]
    assert answered(slip(一组=rows)) == [None, None, ("一组", 6), None, ("一组", 3)]


def test_a_row_that_is_there_twice_is_a_new_row_the_second_time() -> None:
    rows = list_sheet()
    assert answered(slip(一组=[*rows, rows[2]])) == [None, None, ("一组", 3), ("一组", 4), ("一组", 5), None]


def test_a_row_number_that_a_spreadsheet_counted_on_is_a_new_row() -> None:
    rows = list_sheet()
    counted = rows[4][3][:-1] + ("0" if rows[4][3][-1] != "0" else "1")
    assert answered(slip(一组=[*rows, ["束新", "女", None, counted]]))[-1] is None


@pytest.mark.parametrize("text", ["R9-3-00000000", "R0-9999999-00000000", "3", "R0-3", "=1+1"])
def test_what_the_slip_did_not_write_is_no_row_number(text: str) -> None:
    rows = list_sheet()
    rows[2][3] = text
    assert answered(slip(一组=rows))[2] is None


def test_rows_of_another_slip_are_new_rows() -> None:
    other = SlipMark("f" * 16, MARK.sheets).signed(KEY)
    assert answered(slip(一组=[*list_sheet(people=1), *list_sheet(mark=other)[2:]])).count(None) == 5


def test_a_row_knows_its_sheet_where_sheets_were_joined_or_renamed() -> None:
    document = slip(合并=[*list_sheet(0, 1), *list_sheet(1, 1)[2:]])
    assert answered(document, "合并")[2:] == [("一组", 3), ("2024", 3)]


def test_columns_that_were_moved_are_found() -> None:
    rows = [[row[3], row[0], "新列", row[2], row[1]] for row in list_sheet()]
    rows[2][3] = "情况"
    document = slip(一组=rows)
    assert answered(document) == [None, None, ("一组", 3), ("一组", 4), ("一组", 5)]
    parted = split_slip(document, MARK)
    assert parted.rows["一组"].explanations.to_pylist()[2] == "情况"
    assert parted.document.sheets[0].head(3)[2] == ["", "束3", "新列", "", "男"]


@pytest.mark.parametrize("name", ["一组", "改名"])
def test_lost_row_numbers_are_told(name: str) -> None:
    rows = [row[:3] for row in list_sheet()]
    found = split_slip(slip(**{name: rows, "2024": list_sheet(1)}), MARK).rows
    assert found[name].rows_lost
    assert not found["2024"].rows_lost
    assert found[name].rows.null_count == 5


def test_a_sheet_that_the_slip_did_not_have_has_lost_nothing() -> None:
    document = slip(**{"一组": list_sheet(0), "2024": list_sheet(1), "新表": [["姓名"], ["束"]]})
    assert not split_slip(document, MARK).rows["新表"].rows_lost


@pytest.mark.parametrize("name", ["", "一组\x00", "\ud800", 'n:"', "2024", " 空 "])
def test_any_name_of_a_sheet_comes_back(name: str) -> None:
    mark = SlipMark(FILE_ID, (MarkedSheet(name, "C", "D"),)).signed(KEY)
    found = find_mark(Document("xlsx", None, (sheet_of(MARK_SHEET, mark.lines()),)))
    assert found == mark


# --- through other programs -------------------------------------------------------------------------------------------


def written_slip() -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    every = {"回执": [[SUMMARY_TITLE]], "一组": list_sheet(0), "2024": list_sheet(1), MARK_SHEET: MARK.lines()}
    for name, rows in every.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book[MARK_SHEET].sheet_state = "veryHidden"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice (soffice)")
@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_slip_saved_by_another_program_is_known_again(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "slip.xlsx").write_bytes(written_slip())
    convert(tmp_path, "slip.xlsx", suffix)
    document = read_document((tmp_path / "out" / f"slip.{suffix}").read_bytes(), Limits())
    mark = find_mark(document)
    assert mark is not None
    assert verify(mark, KEY) is MarkCheck.GENUINE
    assert answered(document, "一组", mark) == [None, None, ("一组", 3), ("一组", 4), ("一组", 5)]
    assert answered(document, "2024", mark)[2:] == [("2024", 3), ("2024", 4), ("2024", 5)]


def convert(folder: Path, name: str, suffix: str) -> None:
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command: Sequence[str] = (
        "soffice", profile, "--headless", "--convert-to", suffix, "--outdir", str(folder / "out"), str(folder / name)
    )  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - a fixed command
