"""Tests of corrected slips: they replace exactly the rows they answer, once, and only of a list that they still are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from gated_night import Gated, Judge
from landed_factory import OTHER_VILLAGE, Night, number

BAD = {"id_number": "x", "birth_date": None}
GOOD = {"id_number": number(77, born=date(1990, 1, 1)), "birth_date": None}


def lines(gated: Gated) -> list[tuple[str, int, str, int | None]]:
    """Return which rows are replaced, by which slip and its row."""
    rows = gated.rows("correction")
    return [(row["file_id"], row["row_number"], row["by_file_id"], row["by_row_number"]) for row in rows]


def after(*gated: Gated) -> Night:
    night = Night()
    for each in gated:
        night.remember(each.work)
    return night


def adds_up(gated: Gated) -> bool:
    return all(
        file["rows_in"] == file["rows_accepted"] + file["rows_returned"] + file["rows_duplicate"]
        for file in gated.rows("file")
    )


def difference(gated: Gated, file_id: str) -> tuple[int, ...]:
    (change,) = [row for row in gated.rows("file_change") if row["file_id"] == file_id]
    return tuple(change[name] for name in ("rows_same", "rows_changed", "rows_added", "rows_removed"))


@pytest.fixture
def first(judge: Judge) -> Gated:
    """A night with one list of three rows (4 to 6), the second of them wrong."""
    night = Night()
    night.add_list([{}, BAD, {}], path="list.xlsx")
    return judge(night)


def listed(first: Gated) -> str:
    (file,) = first.rows("file")
    return str(file["file_id"])


def test_a_slip_replaces_the_rows_it_answers(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{}, GOOD, {}, {}], [4, 5, 6, None], path="slip.xlsx")
    gated = judge(night)
    file = gated.file(slip)
    assert (file["status"], file["rows_accepted"], file["corrects_file_id"]) == ("accepted", 4, listed(first))
    assert lines(gated) == [(listed(first), row, slip, row) for row in (4, 5, 6)]
    assert gated.rules(slip) == ["file_correction"]
    assert difference(gated, slip) == (2, 1, 1, 0)
    assert "1行已更正，2行未变，1行新增" in gated.rows("finding")[0]["advice_zh"]


def test_a_row_moved_within_the_slip_still_answers_its_row(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{}, GOOD, {}], [6, 5, 4])
    assert lines(judge(night)) == [
        (listed(first), 4, slip, 6),
        (listed(first), 5, slip, 5),
        (listed(first), 6, slip, 4),
    ]


def test_the_same_slip_again_changes_nothing(judge: Judge, first: Gated) -> None:
    night = after(first)
    night.correct(listed(first), [{}, GOOD, {}], [4, 5, 6], path="slip.xlsx", content_id="s" * 64)
    second = judge(night)
    night = after(first, second)
    again = night.correct(listed(first), [{}, GOOD, {}], [4, 5, 6], path="slip copy.csv", content_id="s" * 64)
    third = judge(night)
    assert (third.file(again)["status"], third.file(again)["rows_duplicate"]) == ("duplicate", 3)
    assert third.rules(again) == ["file_duplicate"]
    assert [third.rows(name) for name in ("person_row", "correction", "row_mark", "explanation")] == [[]] * 4


def test_an_unchanged_slip_is_a_duplicate(judge: Judge, first: Gated) -> None:
    night = after(first)
    content = night.known[0]["content_id"]
    slip = night.correct(listed(first), [{}, BAD, {}], [4, 5, 6], content_id=content)
    gated = judge(night)
    assert gated.file(slip)["status"] == "duplicate"
    assert lines(gated) == []


def test_a_change_can_be_taken_back(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{}, GOOD, {}], [4, 5, 6])
    second = judge(night)
    night = after(first, second)
    content = night.known[0]["content_id"]
    back = night.correct(slip, [{}, BAD, {}], [4, 5, 6], path="back.xlsx", content_id=content)
    gated = judge(night)
    assert gated.file(back)["status"] == "partly_returned"
    assert lines(gated) == [(slip, row, back, row) for row in (4, 5, 6)]


def test_corrections_chain(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{}, GOOD], [4, 5], path="1.xlsx")
    second = judge(night)
    night = after(first, second)
    third = night.correct(slip, [GOOD], [5], path="2.xlsx")
    gated = judge(night)
    assert lines(gated) == [(slip, 5, third, 4)]
    assert gated.rules(third) == ["correction_rows_left", "file_correction"]


def test_the_later_of_two_slips_for_a_list_wins_row_by_row(judge: Judge, first: Gated) -> None:
    night = after(first)
    early = night.correct(listed(first), [{}, GOOD], [4, 5], path="z.xlsx", received_at=datetime(2024, 11, 2, 8, 0))  # noqa: DTZ001
    late = night.correct(
        listed(first), [{**GOOD, "reason": "投靠亲友"}, {}], [5, 6], path="a.xlsx", first=2,
        received_at=datetime(2024, 11, 2, 9, 0),  # noqa: DTZ001
    )  # fmt: skip
    gated = judge(night)
    target = listed(first)
    assert sorted(lines(gated)) == sorted(
        [(target, 4, early, 4), (target, 5, late, 4), (target, 6, late, 5), (early, 5, late, 4)]
    )
    assert all("corrections_disagree" in gated.rules(slip) for slip in (early, late))


def test_a_slip_of_another_night_wins_over_all_that_came_of_the_row(judge: Judge, first: Gated) -> None:
    night = after(first)
    second = night.correct(listed(first), [{}, GOOD, {}], [4, 5, 6], path="1.xlsx")
    gated_second = judge(night)
    night = after(first, gated_second)
    third = night.correct(second, [GOOD], [5], path="2.xlsx")
    gated_third = judge(night)
    night = after(first, gated_second, gated_third)
    fourth = night.correct(listed(first), [{**GOOD, "reason": "投靠亲友"}], [5], path="3.xlsx")
    gated = judge(night)
    assert lines(gated) == [(third, 4, fourth, 4)]  # the list's and the first slip's rows are replaced already
    assert "corrections_disagree" in gated.rules(fourth)


def test_a_whole_correction_replaces_every_row(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{}, GOOD], [None, None], correction_whole=True)
    second = judge(night)
    assert lines(second) == [(listed(first), row, slip, None) for row in (4, 5, 6)]
    assert second.rules(slip) == ["file_correction"]
    night = after(first, second)
    later = night.correct(listed(first), [GOOD], [5], path="later.xlsx")
    assert sorted(lines(judge(night))) == sorted([(slip, 4, later, None), (slip, 5, later, None)])


def test_a_slip_for_a_list_of_the_same_night(judge: Judge) -> None:
    night = Night()
    target = night.add_list([{}, BAD], path="a.xlsx")
    slip = night.correct(target, [{}, GOOD], [4, 5], path="b.xlsx")
    gated = judge(night)
    assert [gated.file(file_id)["status"] for file_id in (target, slip)] == ["partly_returned", "accepted"]
    assert lines(gated) == [(target, 4, slip, 4), (target, 5, slip, 5)]
    assert difference(gated, slip) == (1, 1, 0, 0)
    assert "file_lists_disagree" not in gated.rules(target) + gated.rules(slip)


def test_a_slip_of_a_list_nobody_knows_is_an_ordinary_list(judge: Judge) -> None:
    night = Night()
    slip = night.correct("f" * 16, [{}, {}], [4, 5])
    gated = judge(night)
    assert gated.rules(slip) == ["correction_unknown"]
    assert (gated.file(slip)["status"], gated.file(slip)["corrects_file_id"]) == ("accepted", None)
    assert lines(gated) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"unit_code": OTHER_VILLAGE},
        {"period": "2024-09", "reported_on": date(2024, 9, 30)},
        {"reported_on": date(2024, 10, 30)},
        {"list_kind": "added"},
        {"form_id": "village_outflow"},
    ],
)
def test_a_slip_that_became_another_list_is_an_ordinary_one(judge: Judge, first: Gated, facts: dict[str, Any]) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{"residence_address": None}, GOOD], [4, 5], **facts)
    gated = judge(night)
    assert "correction_other_list" in gated.rules(slip)
    assert gated.file(slip)["corrects_file_id"] is None
    assert lines(gated) == []


def test_what_only_the_path_said_comes_from_the_list(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(
        listed(first), [{}, GOOD, {}], [4, 5, 6], unit_code=None, unit_level=None, unit_why=None,
        reported_on=date(2024, 11, 1), period="2024-11", reported_why="path",
    )  # fmt: skip
    gated = judge(night)
    file = gated.file(slip)
    assert (file["unit_code"], file["period"], file["reported_on"]) == tuple(
        night.known[0][name] for name in ("unit_code", "period", "reported_on")
    )
    assert file["corrects_file_id"] == listed(first)
    assert len(lines(gated)) == 3


def test_a_list_that_went_back_as_a_whole_is_corrected_whatever_it_was(judge: Judge) -> None:
    night = Night()
    target = night.add_list([{}, {}], period="2024-11", reported_on=date(2024, 11, 30))
    first = judge(night)
    assert first.rules(target) == ["file_reported_in_future"]
    night = after(first)
    slip = night.correct(target, [{}, {}], [4, 5], path="slip.xlsx")
    gated = judge(night)
    assert gated.file(slip)["status"] == "accepted"
    assert lines(gated) == [(target, 4, slip, 4), (target, 5, slip, 5)]


def test_a_slip_that_goes_back_replaces_nothing(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [BAD, BAD, BAD], [4, 5, 6])
    gated = judge(night)
    assert gated.file(slip)["status"] == "returned"
    assert lines(gated) == []
    assert len(gated.rows("returned_row")) == 3


def test_a_slip_for_a_second_copy_corrects_the_list_that_was_taken(judge: Judge) -> None:
    night = Night()
    taken = night.add_list([{}, BAD], path="a.xlsx", sha256="a" * 64, content_id="c" * 64)
    copy = night.add_list([{}, BAD], path="b.xlsx", sha256="a" * 64, content_id="c" * 64)
    other = night.add_list([{}, BAD], path="c.csv", sha256="b" * 64, content_id="c" * 64)
    first = judge(night)
    assert [first.file(file_id)["status"] for file_id in (copy, other)] == ["duplicate"] * 2
    for target, row in ((copy, 5), (other, None)):
        night = after(first)
        slip = night.correct(target, [{}, GOOD], [4, 5], path="slip.xlsx")
        gated = judge(night)
        assert gated.file(slip)["corrects_file_id"] == taken
        assert lines(gated)[-1] == (taken, 5, slip, row)  # in another format the rows may stand elsewhere


def test_a_corrected_list_does_not_disagree_with_itself(judge: Judge, first: Gated) -> None:
    night = after(first)
    slip = night.correct(listed(first), [{}, GOOD, {}], [4, 5, 6])
    gated = judge(night)
    assert {"file_lists_disagree", "file_new_version"}.isdisjoint(gated.rules(slip))


def test_rows_of_slips_add_up(judge: Judge, first: Gated) -> None:
    night = after(first)
    repeated = number(9, born=date(1980, 1, 1))
    row = {"id_number": repeated, "birth_date": None, "person_name": "试", "reason": "务工"}
    slip = night.correct(listed(first), [row, row, BAD, {}], [4, 5, 6, None])
    gated = judge(night)
    file = gated.file(slip)
    assert (file["rows_accepted"], file["rows_returned"], file["rows_duplicate"]) == (2, 1, 1)
    assert adds_up(gated)
    assert len(lines(gated)) == 3
