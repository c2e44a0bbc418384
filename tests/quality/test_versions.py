"""Tests of versions: what is the same list again, what a new version changes, and whose rows stand in two lists."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from gated_night import Gated, Judge
from landed_factory import OTHER_VILLAGE, TOWN, Night

from quality.landed import KNOWN_ROW_COLUMNS

DIFFERENCE = ("rows_same", "rows_changed", "rows_added", "rows_removed")


def difference(gated: Gated, file_id: str) -> tuple[str | None, ...]:
    (change,) = [row for row in gated.rows("file_change") if row["file_id"] == file_id]
    return change["compared_with"], *(change[name] for name in DIFFERENCE)


def advice(gated: Gated, file_id: str, rule: str) -> str:
    (finding,) = [row for row in gated.rows("finding") if (row["file_id"], row["rule_id"]) == (file_id, rule)]
    return str(finding["advice_zh"])


def after(first: Gated) -> Night:
    """Return the night after one, which knows all that was gated."""
    night = Night()
    night.remember(first.work)
    return night


def test_every_taken_row_is_marked_and_a_mark_says_nothing_of_whom(judge: Judge) -> None:
    night = Night()
    file_id = night.add_list([{}, {"id_number": "x"}, {"phone": "13800000000"}, {"phone": "13800000000"}], first=1)
    night.person_rows[-1].update({**night.person_rows[-2], "row_number": 7})
    gated = judge(night)
    marks = gated.rows("row_mark")
    assert gated.file(file_id)["rows_in"] == 4
    assert [row["row_number"] for row in marks] == [4, 5, 6]  # the fourth row repeats the third
    assert len({row["person_mark"] for row in marks} | {row["content_mark"] for row in marks}) == 6
    assert all(len(row[name]) == 32 for row in marks for name in ("person_mark", "content_mark"))
    assert not any(row["id_number"] in str(marks) for row in night.person_rows)


def test_marks_are_of_the_site_and_the_same_in_every_night(judge: Judge) -> None:
    marks = []
    for path in ("a.xlsx", "b.csv"):
        night = Night()
        night.add_list([{}, {}], path=path)
        night.add_report([("果树村", {"inflow_total": "5"})])
        marks.append([(row["person_mark"], row["content_mark"]) for row in judge(night).rows("row_mark")])
    assert len(marks[0]) == 3
    assert sorted(marks[0]) == sorted(marks[1])


def test_a_first_list_is_all_new(judge: Judge) -> None:
    night = Night()
    file_id = night.add_list([{}, {}])
    gated = judge(night)
    assert difference(gated, file_id) == (None, 0, 0, 2, 0)
    assert gated.rules(file_id) == []


def test_a_changed_list_of_the_month_is_a_new_version(judge: Judge) -> None:
    night = Night()
    old = night.add_list([{}, {}, {}, {}], reported_on=date(2024, 10, 15))
    night = after(judge(night))
    new = night.add_list([{}, {"reason": "投靠亲友"}, {}, {}, {}], path="new.csv")
    night.person_rows = [row for row in night.person_rows if row["row_number"] != 6]
    night.files[-1]["rows_in"] = 4
    gated = judge(night)
    assert gated.file(new)["status"] == "accepted"
    assert difference(gated, new) == (old, 2, 1, 1, 1)
    assert gated.rules(new) == ["file_new_version"]
    assert "2行相同，1行有改动，1行新增，1行不再出现" in advice(gated, new, "file_new_version")
    assert len(gated.rows("person_row")) == 4


def test_the_versions_of_one_night_follow_each_other_by_date(judge: Judge) -> None:
    night = Night()
    late = night.add_list([{}, {}, {}], path="a.xlsx")
    early = night.add_list([{}, {}], path="b.xlsx", reported_on=date(2024, 10, 1))
    gated = judge(night)
    assert difference(gated, early) == (None, 0, 0, 2, 0)
    assert difference(gated, late) == (early, 2, 0, 1, 0)
    assert [gated.rules(early), gated.rules(late)] == [[], ["file_new_version"]]


def test_lists_of_changes_are_versions_on_one_day_only(judge: Judge) -> None:
    night = Night()
    night.add_list([{}], list_kind="added", reported_on=date(2024, 10, 10))
    night = after(judge(night))
    other_day = night.add_list([{}, {}], list_kind="added", reported_on=date(2024, 10, 20))
    same_day = night.add_list([{}, {}, {}], list_kind="added", reported_on=date(2024, 10, 10))
    gated = judge(night)
    assert gated.rules(other_day) == []
    assert gated.rules(same_day) == ["file_lists_disagree", "file_new_version"]


@pytest.mark.parametrize(
    "facts", [{"period": "2024-09", "reported_on": date(2024, 9, 30)}, {"form_id": "village_outflow"}]
)
def test_another_month_or_form_is_another_list(judge: Judge, facts: dict[str, Any]) -> None:
    night = Night()
    night.add_list([{}, {}])
    night = after(judge(night))
    other = night.add_list([{}, {}, {}], **facts)
    gated = judge(night)
    assert gated.rules(other) == []
    assert difference(gated, other)[0] is None


def test_a_returned_list_is_no_version(judge: Judge) -> None:
    night = Night()
    night.add_list([{}, {}])
    night = after(judge(night))
    wrong = night.add_list([{"id_number": "x", "birth_date": None}])
    gated = judge(night)
    assert gated.file(wrong)["status"] == "returned"
    assert "file_new_version" not in gated.rules(wrong)
    assert gated.rows("file_change") == gated.rows("row_mark") == []


def test_reports_have_versions_too(judge: Judge) -> None:
    night = Night()
    old = night.add_report([("果树村", {"inflow_total": "5"}), ("双墩村", {"inflow_total": "6"})])
    night = after(judge(night))
    new = night.add_report([("果树村", {"inflow_total": "5"}), ("双墩村", {"inflow_total": "7"})])
    gated = judge(night)
    assert difference(gated, new) == (old, 1, 1, 0, 0)
    assert gated.rules(new) == ["file_lists_disagree", "file_new_version"]


def test_rows_of_another_units_list_are_asked_about(judge: Judge) -> None:
    night = Night()
    night.add_list([{"residence_address": None}] * 3)
    night = after(judge(night))
    mine = night.add_list([{"residence_address": None}] * 4, first=2, unit_code=OTHER_VILLAGE)
    gated = judge(night)
    assert gated.rules(mine) == ["file_overlaps"]
    assert "果树村 340124103201 (2)" in advice(gated, mine, "file_overlaps")
    assert gated.file(mine)["rows_accepted"] == 4


def test_two_lists_of_one_night_overlap_both_ways(judge: Judge) -> None:
    night = Night()
    one = night.add_list([{"residence_address": None}] * 2)
    two = night.add_list([{"residence_address": None}] * 3, unit_code=OTHER_VILLAGE)
    gated = judge(night)
    assert [gated.rules(one), gated.rules(two)] == [["file_overlaps"]] * 2


@pytest.mark.parametrize(
    "facts",
    [
        {"unit_code": TOWN, "unit_level": "township"},
        {"unit_code": OTHER_VILLAGE, "period": "2024-09", "reported_on": date(2024, 9, 30)},
    ],
)
def test_lists_of_the_unit_around_or_of_another_month_may_share_rows(judge: Judge, facts: dict[str, Any]) -> None:
    night = Night()
    one = night.add_list([{"residence_address": None}] * 2)
    two = night.add_list([{"residence_address": None}] * 3, **facts)
    gated = judge(night)
    assert [gated.rules(one), gated.rules(two)] == [[], []]


def test_a_container_leaves_no_rows_and_its_members_are_lists_of_their_own(judge: Judge) -> None:
    night = Night()
    zipped = night.add_list([], path="a.zip", format="zip", status="container")
    night.files[-1].update(form_id=None, unit_code=None, period=None, reported_on=None, content_id=None)
    one = night.add_list([{}, {}], path="a.zip/x.xlsx", container_path="a.zip", content_id="c" * 64)
    two = night.add_list([{}, {}], path="a.zip/y.csv", container_path="a.zip", content_id="c" * 64)
    gated = judge(night)
    counts = {
        file["file_id"]: (file["status"], file["container_path"], file["rows_in"], file["rows_accepted"])
        for file in gated.rows("file")
    }
    assert counts == {
        zipped: ("container", None, 0, 0),
        one: ("accepted", "a.zip", 2, 2),
        two: ("duplicate", "a.zip", 2, 0),
    }
    assert gated.rules(zipped) == []


def test_what_is_known_of_rows_has_no_identity() -> None:
    assert set(KNOWN_ROW_COLUMNS) == {
        "file_id", "form_id", "unit_code", "period", "list_kind", "reported_on", "person_mark", "content_mark",
    }  # fmt: skip
