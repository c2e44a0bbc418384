"""Corrected slips, explanations and versions: what of a list still stands, and what is said about its findings."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from list_maker import HANGZHOU, NINGBO, Case, Row
from stories import Stay, Told, teller_of

AUG, SEP, OCT = "2024-08-31", "2024-09-30", "2024-10-31"
STORIES: dict[str, list[Stay]] = {}
story = teller_of(STORIES)


@story
def a_corrected_row_stands_for_the_row_it_replaces(case: Case) -> list[Stay]:
    sent = case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"), Row("B", left="2024-04-01"))
    case.outflow(AUG, Row(dest=NINGBO, left="2024-03-05"), corrects=sent, replaces=[2])
    return [Stay(NINGBO, "2024-03-05", "2024-03-05"), Stay(HANGZHOU, "2024-04-01", "2024-04-01", person="B")]


@story
def a_slip_sent_later_does_not_make_the_right_rows_vanish(case: Case) -> list[Stay]:
    sent = case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"), Row("B", left="2024-04-01"))
    case.outflow("2024-09-10", Row(dest=NINGBO, left="2024-03-05"), corrects=sent, replaces=[2])
    return [Stay(NINGBO, "2024-03-05", "2024-03-05"), Stay(HANGZHOU, "2024-04-01", "2024-04-01", person="B")]


@story
def a_slip_of_a_slip_replaces_the_rows_of_the_slip(case: Case) -> list[Stay]:
    sent = case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"))
    slip = case.outflow(AUG, Row(dest=NINGBO, left="2024-03-05"), corrects=sent, replaces=[2])
    case.outflow("2024-09-10", Row(dest=NINGBO, left="2024-03-07"), corrects=slip, replaces=[2])
    return [Stay(NINGBO, "2024-03-07", "2024-03-07")]


@story
def a_returned_row_that_is_corrected_names_nobody_no_more(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    sent = case.outflow(SEP, unidentified=1)
    case.outflow(SEP, Row("B", left="2024-09-05"), corrects=sent, replaces=[1000])
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="absent_from_list"),
        Stay(HANGZHOU, "2024-09-05", "2024-09-05", person="B"),
    ]


@story
def a_returned_row_that_is_corrected_holds_nobody_open(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    sent = case.outflow(SEP, held="A")
    case.outflow("2024-10-08", Row("B", left="2024-09-05"), corrects=sent, replaces=[1000])
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="absent_from_list"),
        Stay(HANGZHOU, "2024-09-05", "2024-09-05", person="B"),
    ]


@story
def the_next_list_replaces_a_slip_with_the_list_it_corrects(case: Case) -> list[Stay]:
    sent = case.outflow("2024-08-10", Row(dest=HANGZHOU, left="2024-03-01"))
    case.outflow("2024-08-31", Row(dest=HANGZHOU, left="2024-03-03"))
    case.outflow("2024-09-10", Row("B", left="2024-03-05"), corrects=sent, replaces=[2])
    return [Stay(HANGZHOU, "2024-03-03", "2024-03-03")]


@pytest.mark.parametrize("name", STORIES)
def test_story(told: Told, name: str) -> None:
    stays = told.stays_of(name, with_forms=any(stay.forms for stay in STORIES[name]))
    assert len(stays) == len(STORIES[name])
    assert stays == STORIES[name]


# ---- findings and versions ----------------------------------------------------------------------------------------


def _find(case: Case, file_id: str, row: int | None, subject: str | None = None, severity: str = "error") -> None:
    sheet = None if row is None else "Sheet1"
    case.tables["finding"].append((file_id, sheet, row, "a_rule", severity, "请核对。", "Check.", "open", subject))


def _mark(case: Case, file_id: str, *rows: tuple[str, str]) -> None:
    marks = [(file_id, "Sheet1", number, person, content) for number, (person, content) in enumerate(rows, start=2)]
    case.tables["row_mark"] += marks


without_stays = teller_of(dict[str, None]())


@without_stays
def findings(case: Case) -> None:
    partly = case.outflow(AUG, Row(), Row("B"), Row("C"))
    _find(case, partly, 2)
    _find(case, partly, 3, "asked about B", "query")
    _find(case, partly, 4, "asked about C", "query")
    _find(case, partly, None)
    slip = case.outflow(AUG, Row(), Row("B"), corrects=partly, replaces=[2, 3])
    _find(case, slip, 3, "asked about B", "query")
    case.tables["explanation"].append(("asked about B", "a_rule", slip))
    whole = case.outflow(AUG, unit="other", unidentified=2, status="returned")
    _find(case, whole, 1000)
    _find(case, whole, None)
    case.outflow(AUG, Row("D"), Row("E"), unit="other", corrects=whole, replaces=[1000, 1001])
    refused = case.outflow(AUG, unit="third", status="returned")
    _find(case, refused, None)
    case.outflow(AUG, unit="third", corrects=refused, status="returned")


@without_stays
def versions(case: Case) -> None:
    first = case.outflow("2024-08-10", Row(), Row("B"), Row("C"))
    _mark(case, first, ("A", "a"), ("B", "b"), ("C", "c"))
    second = case.outflow("2024-08-31", Row(), Row("B"), Row("D"), Row("E"))
    _mark(case, second, ("A", "a"), ("B", "new"), ("D", "d"), ("E", "e"))
    elsewhere = case.outflow("2024-08-31", Row("E"), Row("F"), unit="other")
    _mark(case, elsewhere, ("E", "e"), ("F", "f"))
    later = case.outflow("2024-09-30", Row(), unit="other")
    _mark(case, later, ("A", "a"))


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_findings_are_open_explained_or_corrected(told: Told) -> None:
    found = _rows(told.path, "select file_id, row_number, status from ops.issue order by all nulls first")
    assert found == [
        ("findings-0", None, "open"),
        ("findings-0", 2, "corrected"),
        ("findings-0", 3, "explained"),
        ("findings-0", 4, "open"),
        ("findings-1", 3, "explained"),
        ("findings-2", None, "corrected"),
        ("findings-2", 1000, "corrected"),
        ("findings-4", None, "open"),
    ]


def test_a_version_is_told_from_the_one_before(told: Told) -> None:
    found = _rows(told.path, "from ops.file_difference where file_id like 'versions%'")
    assert found == [("versions-1", "versions-0", 1, 1, 2, 1)]


def test_lists_of_two_units_that_share_rows_are_named(told: Told) -> None:
    found = _rows(told.path, "from ops.file_overlap order by all")
    assert found == [("versions-1", "versions-2", 1), ("versions-2", "versions-1", 1)]
