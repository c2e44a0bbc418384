"""Tests of rows without a valid number: who is let in, what is asked, and whose row it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from gated_night import Gated, Judge
from landed_factory import Night, number, short_number

BORN = date(1990, 1, 1)
RIGHT = number(7, born=BORN)
WRONG_CHECK = RIGHT[:-1] + ("1" if RIGHT[-1] != "1" else "2")
PERSON = {"person_name": "试验", "birth_date": "1990-01-01", "sex": "男"}

# What is written for a number, and the rule that asks about it.
ASKED = (
    (None, "required_asked"),
    (WRONG_CHECK, "number_check_digit_asked"),
    (RIGHT[:6] + "19901301" + RIGHT[14:], "number_date_asked"),
    (RIGHT[:-1], "valid_number_asked"),
    ("0" * 18, "number_placeholder_asked"),
    ("无", "number_placeholder_asked"),
)
# Without a birth cell these numbers say when the person was born.
READABLE = (WRONG_CHECK, RIGHT[:-1], RIGHT[1:], RIGHT + "0", RIGHT[:3] + "9" + RIGHT[3:], RIGHT[:16] + "**")
NOT_LINKABLE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"id_number": None, "birth_date": None}, "required"),
    ({"id_number": None, "birth_date": "1990-01"}, "required"),
    ({"id_number": None, "birth_date": "不详"}, "required"),
    ({"id_number": None, "birth_date": "2024-11-01"}, "required"),
    ({"id_number": None, "person_name": "无名氏"}, "required"),
    ({"id_number": WRONG_CHECK, "person_name": "张某某"}, "number_check_digit"),
    ({"id_number": "000000199001010000", "birth_date": None}, "number_placeholder"),
    ({"id_number": RIGHT[:6] + "19901301" + RIGHT[14:], "birth_date": None}, "number_date"),
    ({"id_number": RIGHT[:6] + "20900101" + RIGHT[14:-1], "birth_date": None}, "valid_number"),
    ({"id_number": RIGHT[:6] + "19000101" + RIGHT[14:-1], "birth_date": None}, "valid_number"),
    ({"id_number": "3.42622E+17"}, "number_rounded"),
    ({"id_number": RIGHT[:15] + "000", "id_number_numeric": True}, "number_not_numeric"),
)


def lists(night: Night, rows: list[dict[str, Any]]) -> list[str]:
    """Add a list for every row, of a month of its own; return the file ids."""
    return [night.add_list([{**PERSON, **row}], period=f"list {place}") for place, row in enumerate(rows)]


def row_rules(gated: Gated, file_id: str) -> set[str]:
    return {rule.partition(":")[0] for rule in gated.rules(file_id) if rule.endswith(":id_number")}


def person(gated: Gated, file_id: str) -> dict[str, Any]:
    (row,) = [row for row in gated.rows("person_row") if row["file_id"] == file_id]
    return row


def test_a_row_with_name_and_birth_date_is_taken_and_asked_about(judge: Judge) -> None:
    night = Night()
    files = lists(night, [{"id_number": text} for text, _ in ASKED])
    gated = judge(night)
    assert len(gated.rows("person_row")) == len(ASKED)
    for file_id, (text, rule) in zip(files, ASKED, strict=True):
        assert gated.file(file_id)["status"] == "accepted"
        assert row_rules(gated, file_id) == {rule}
        row = person(gated, file_id)
        assert (row["id_number"], row["is_numbered"], row["number_written"]) == (None, False, text)
        assert (row["birth_date"], row["sex"]) == (BORN, "1")
    findings = gated.rows("finding")
    assert {row["severity"] for row in findings} == {"query"}
    assert all("比对" in row["advice_zh"] and "compared by name" in row["advice_en"] for row in findings)


def test_a_damaged_number_may_say_the_birth_date_which_is_not_handed_on(judge: Judge) -> None:
    night = Night()
    files = lists(night, [{"id_number": text, "birth_date": None} for text in READABLE])
    gated = judge(night)
    assert [gated.file(file_id)["status"] for file_id in files] == ["accepted"] * len(READABLE)
    rows = [person(gated, file_id) for file_id in files]
    assert [(row["number_written"], row["birth_date"]) for row in rows] == [(text, None) for text in READABLE]


def test_a_row_that_nobody_can_be_compared_with_is_returned(judge: Judge) -> None:
    night = Night()
    files = lists(night, [row for row, _ in NOT_LINKABLE])
    gated = judge(night)
    assert [gated.file(file_id)["status"] for file_id in files] == ["returned"] * len(NOT_LINKABLE)
    assert [row_rules(gated, file_id) for file_id in files] == [{rule} for _, rule in NOT_LINKABLE]
    assert gated.rows("person_row") == []


@pytest.mark.parametrize("text", [RIGHT, short_number(7, born=BORN)])
def test_a_valid_number_is_not_handed_on_as_written(judge: Judge, text: str) -> None:
    night = Night()
    (file_id,) = lists(night, [{"id_number": text}])
    row = person(judge(night), file_id)
    assert (row["id_number"], row["is_numbered"], row["number_written"]) == (RIGHT, True, None)


def test_equal_rows_are_one_and_others_do_not_collide(judge: Judge) -> None:
    night = Night()
    nobody = {**PERSON, "id_number": None}
    twice = night.add_list([{**nobody}, {**nobody}, {**nobody, "reason": "经商"}, {**nobody, "person_name": "试验二"}])
    gated = judge(night)
    file = gated.file(twice)
    assert (file["rows_accepted"], file["rows_returned"], file["rows_duplicate"]) == (3, 0, 1)
    assert gated.rules(twice) == ["duplicate_row:id_number", *["required_asked:id_number"] * 4]


def marks(gated: Gated, file_id: str) -> dict[int, str]:
    return {row["row_number"]: row["person_mark"] for row in gated.rows("row_mark") if row["file_id"] == file_id}


def test_whoever_has_no_number_keeps_one_mark_and_shares_it_with_nobody(judge: Judge) -> None:
    same = {**PERSON, "id_number": None}
    others: list[dict[str, Any]] = [
        {"reason": "经商"}, {"sex": "女"}, {"birth_date": "1990-01-02"}, {"person_name": "试验二"}, {"id_number": "无"},
        {"id_number": WRONG_CHECK}, {"id_number": RIGHT}, {"hukou_address": "安徽省合肥市"},
        {"id_number": WRONG_CHECK, "birth_date": None}, {"id_number": RIGHT[:-1], "birth_date": None},
    ]  # fmt: skip
    night = Night()
    october = night.add_list([same, *({**same, **other} for other in others)])
    november = night.add_list(
        [{**same, "person_name": "试　验", "phone": "13800000000"}], period="2024-09", reported_on=date(2024, 9, 30)
    )
    gated = judge(night)
    first, second = marks(gated, october), marks(gated, november)
    assert len(first) == len(set(first.values())) == len(others) + 1
    assert second[4] in (first[4], first[5])  # two of whom the list says the same


def test_a_changed_row_without_a_number_is_the_same_persons(judge: Judge) -> None:
    night = Night()
    night.add_list([{**PERSON, "id_number": None}, {}], path="old.xlsx")
    first = judge(night)
    night = Night()
    night.remember(first.work)
    new = night.add_list([{**PERSON, "id_number": None, "reason": "经商"}, {}], path="new.xlsx")
    (change,) = judge(night).rows("file_change")
    assert change["file_id"] == new
    assert [change[f"rows_{kind}"] for kind in ("same", "changed", "added", "removed")] == [1, 1, 0, 0]
