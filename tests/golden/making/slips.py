"""Return slips that come back: corrected, explained, sorted, of another list, or with a mark that is not ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from golden.making.kit import KEY, Case, Files, case
from golden.making.sheets import Row, book_of, saved, xlsx

from ingest.keys import SiteKey
from ingest.landing import file_id_of
from ingest.slip_mark import (
    EXPLANATION_HEADING,
    MARK_SHEET,
    ROW_HEADING,
    SUMMARY_SHEET,
    SUMMARY_TITLE,
    MarkedSheet,
    SlipMark,
)

LIST, SLIP = "名单.xlsx", "名单_回执.xlsx"
HEADINGS_AT = 2


def _delivered(at: Case) -> tuple[list[Row], bytes]:
    """Return a list whose second number has a 13th month and whose third place is not known, and its bytes."""
    people = at.people(3)
    wrong = people[1].number
    numbers = [people[0].number, f"{wrong[:10]}13{wrong[12:]}", people[2].number]
    places = ["安徽省六安市舒城县", "安徽省六安市舒城县", None]
    rows = at.inflow({"身份证号码": numbers, "户籍地址": places})
    return rows, xlsx(rows)


def _mark(at: Case, content: bytes, key: SiteKey = KEY) -> SlipMark:
    file_id = file_id_of(sha256(content).hexdigest(), f"{at.kind}/{at.name}/{LIST}")
    return SlipMark(file_id, (MarkedSheet("Sheet1", "G", "H"),)).signed(key)


def _beside(rows: Sequence[Row], mark: SlipMark, explanations: Sequence[str | None] = (None, None, None)) -> list[Row]:
    """Return the rows with the two columns of a slip."""
    head = [[*row, None, None] for row in rows[:HEADINGS_AT]]
    headings = [*rows[HEADINGS_AT], EXPLANATION_HEADING, ROW_HEADING]
    first = HEADINGS_AT + 2
    people = zip(rows[HEADINGS_AT + 1 :], explanations, strict=True)
    return [*head, headings, *([*row, why, mark.row_token(0, first + n)] for n, (row, why) in enumerate(people))]


def _slip(rows: Sequence[Row], mark: SlipMark) -> bytes:
    book = book_of(rows, (), "Sheet1", **{MARK_SHEET: mark.lines()})
    summary = book.create_sheet(SUMMARY_SHEET, 0)
    summary.append([SUMMARY_TITLE])
    book[MARK_SHEET].sheet_state = "veryHidden"
    book["Sheet1"].column_dimensions["H"].hidden = True
    return saved(book)


def _corrected(at: Case, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with number and place as they should be."""
    right = [[*row] for row in rows]
    right[HEADINGS_AT + 2][1] = at.people(2)[1].number
    right[HEADINGS_AT + 3][3] = "浙江省杭州市"
    return right


@case("slips", "corrected")
def corrected(at: Case) -> Files:
    """The village corrected the wrong number and the missing place in its slip."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    return {LIST: content, SLIP: _slip(_beside(_corrected(at, rows), mark), mark)}


@case("slips", "explained")
def explained(at: Case) -> Files:
    """The village left the place empty and wrote why."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    right = _corrected(at, rows)
    right[HEADINGS_AT + 3][3] = None
    return {LIST: content, SLIP: _slip(_beside(right, mark, (None, None, "本人不愿说明")), mark)}


@case("slips", "sorted_and_one_row_more")
def sorted_and_one_row_more(at: Case) -> Files:
    """The rows of the slip were sorted the other way round, and somebody new was written below."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    beside = _beside(_corrected(at, rows), mark)
    person = at.people(4)[3]
    new: Row = [person.name, person.number, person.sex, "河南省", "2024-10-01", "务工", None, None]
    return {LIST: content, SLIP: _slip([*beside[: HEADINGS_AT + 1], *beside[:HEADINGS_AT:-1], new], mark)}


@case("slips", "only_the_wrong_rows")
def only_the_wrong_rows(at: Case) -> Files:
    """The village deleted the rows in which nothing was wrong and sent the others."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    beside = _beside(_corrected(at, rows), mark)
    del beside[HEADINGS_AT + 1]
    return {LIST: content, SLIP: _slip(beside, mark)}


@case("slips", "column_of_rows_deleted")
def column_of_rows_deleted(at: Case) -> Files:
    """The hidden column that says which row is which was deleted."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    beside = [[*row[:7], None] for row in _beside(_corrected(at, rows), mark)]
    return {LIST: content, SLIP: _slip(beside, mark)}


@case("slips", "corrected_wrongly_again")
def corrected_wrongly_again(at: Case) -> Files:
    """The number in the slip is still wrong, in another way."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    wrong = _corrected(at, rows)
    wrong[HEADINGS_AT + 2][1] = "不详"
    return {LIST: content, SLIP: _slip(_beside(wrong, mark), mark)}


@case("slips", "of_a_list_nobody_has")
def of_a_list_nobody_has(at: Case) -> Files:
    """A slip comes back whose list never came here."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    return {SLIP: _slip(_beside(_corrected(at, rows), mark), mark)}


@case("slips", "mark_of_another_site")
def mark_of_another_site(at: Case) -> Files:
    """The slip is of another county's popflow, or somebody made its mark."""
    rows, content = _delivered(at)
    mark = _mark(at, content, SiteKey(b"o" * 32))
    return {SLIP: _slip(_beside(_corrected(at, rows), mark), mark)}


@case("slips", "mark_damaged")
def mark_damaged(at: Case) -> Files:
    """Somebody typed into the hidden sheet of the mark."""
    rows, content = _delivered(at)
    mark = _mark(at, content)
    damaged = replace(mark, signature="")
    return {SLIP: _slip(_beside(_corrected(at, rows), mark), damaged)}
