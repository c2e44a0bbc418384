"""Ends, lapses, mistakes and precedence of stays, each as a short story of lists and the stays that follow from it."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from list_maker import HANGZHOU, LINGYIN_VILLAGE, NINGBO, OTHER_VILLAGE, XIHU, Case, Row
from stories import Stay, Told, teller_of

from ingest.declaration import PersonForm, load_forms

JUL, AUG, SEP, OCT = "2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31"
SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "attribute_precedence.csv"
POLICE = "police_registration"

STORIES: dict[str, list[Stay]] = {}
story = teller_of(STORIES)


@story
def a_death_ends_the_stay_on_its_day(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row(arrived="2024-03-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", ended="2024-09-12", end="DEATH")])
    return [Stay(HANGZHOU, arrived="2024-03-01", ended="2024-09-12", kind="died")]


@story
def a_death_without_a_day_lies_between_the_lists(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row(arrived="2024-03-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", end="DEATH")])
    return [Stay(HANGZHOU, arrived="2024-03-01", ended_between=(AUG, SEP), kind="died")]


@story
def a_death_ends_what_other_forms_still_list(case: Case) -> list[Stay]:
    case.deliver(POLICE, SEP, [Row(dest=NINGBO, arrived="2024-03-01", ended="2024-09-12", end="DEATH")], unit="police")
    for on in (AUG, SEP, OCT):
        case.inflow(on, Row(dest=OTHER_VILLAGE, arrived="2024-05-01"), unit="there")
    return [
        Stay(NINGBO, arrived="2024-03-01", ended="2024-05-01", kind="moved_on"),
        Stay(OTHER_VILLAGE, arrived="2024-05-01", ended="2024-09-12", kind="died"),
    ]


@story
def whoever_arrives_after_a_death_is_nowhere(case: Case) -> list[Stay]:
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", ended="2024-09-12", end="DEATH")], unit="police")
    case.inflow(OCT, Row(dest=OTHER_VILLAGE, arrived="2024-10-05"), unit="there")
    return [
        Stay(HANGZHOU, arrived="2024-03-01", ended="2024-09-12", kind="died"),
        Stay(OTHER_VILLAGE, arrived="2024-10-05", ended="2024-10-05", kind="died"),
    ]


@story
def a_moved_hukou_ends_the_stay_though_others_still_list_it(case: Case) -> list[Stay]:
    row = Row(dest=XIHU, arrived="2024-03-01", ended="2024-09-12", end="BECAME_LOCAL_HUKOU")
    case.deliver(POLICE, SEP, [row], unit="police")
    for on in (AUG, SEP, OCT):
        case.inflow(on, Row(dest=XIHU, arrived="2024-03-01"), unit="there")
    return [Stay(XIHU, arrived="2024-03-01", ended="2024-09-12", kind="hukou_transferred")]


@story
def left_and_returned_are_said_whatever_the_side(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row(arrived="2024-03-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", end="OTHER")])
    case.deliver("labour_roster", AUG, [Row("B", left="2024-03-01")])
    case.deliver("labour_roster", SEP, [Row("B", left="2024-03-01", end="RETURNED")])
    return [
        Stay(HANGZHOU, arrived="2024-03-01", ended_between=(AUG, SEP), kind="left"),
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="returned", person="B"),
    ]


@story
def one_missed_is_unknown_from_that_day(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row(arrived="2024-03-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", ended="2024-09-12", end="MISSING")])
    case.deliver(POLICE, OCT, [])
    return [Stay(HANGZHOU, arrived="2024-03-01", ended_between=("2024-09-11", None), kind="unknown")]


@story
def one_found_again_was_there_all_the_time(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row(arrived="2024-03-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", end="MISSING")])
    case.deliver(POLICE, OCT, [Row(arrived="2024-03-01")])
    return [Stay(HANGZHOU, arrived="2024-03-01")]


@story
def an_expired_registration_lapses_and_is_no_end(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row(arrived="2024-03-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-03-01", ended="2024-09-12", end="EXPIRED")])
    case.deliver(POLICE, OCT, [])
    return [Stay(HANGZHOU, arrived="2024-03-01", ended_between=("2024-09-11", None), kind="lapsed")]


@story
def an_expired_registration_is_nothing_where_the_village_has_the_person(case: Case) -> list[Stay]:
    row = Row(dest=XIHU, arrived="2024-03-01", ended="2024-09-12", end="EXPIRED")
    case.deliver(POLICE, SEP, [row], unit="police")
    case.inflow(OCT, Row(dest=XIHU, arrived="2024-03-01"), unit="there")
    return [Stay(XIHU, arrived="2024-03-01")]


@story
def a_registration_not_endorsed_for_a_year_lapses(case: Case) -> list[Stay]:
    for on in (AUG, OCT):
        case.deliver(POLICE, on, [Row(arrived="2023-03-01", registered="2023-03-05"), Row("B", arrived="2023-03-01")])
    return [
        Stay(HANGZHOU, arrived="2023-03-01", ended_between=("2024-03-05", None), kind="lapsed"),
        Stay(HANGZHOU, arrived="2023-03-01", person="B"),
    ]


@story
def a_list_that_shows_them_confirms_a_year(case: Case) -> list[Stay]:
    case.inflow("2023-12-31", Row(arrived="2023-03-01"), kind="added")
    case.inflow("2024-01-31", Row("B", arrived="2023-03-01"), kind="added")
    return [
        Stay(HANGZHOU, arrived="2023-03-01", ended_between=("2024-12-31", None), kind="lapsed"),
        Stay(HANGZHOU, arrived="2023-03-01", person="B"),
    ]


@story
def who_lapsed_before_arriving_elsewhere_moved_on_at_an_unknown_day(case: Case) -> list[Stay]:
    case.inflow("2023-06-30", Row(arrived="2023-03-01"), kind="added", unit="here")
    case.inflow(OCT, Row(dest=OTHER_VILLAGE, arrived="2024-10-05"), unit="there")
    return [
        Stay(HANGZHOU, arrived="2023-03-01", ended_between=("2024-06-30", "2024-10-05"), kind="moved_on"),
        Stay(OTHER_VILLAGE, arrived="2024-10-05"),
    ]


@story
def a_registration_by_mistake_is_no_stay_and_moves_nobody(case: Case) -> list[Stay]:
    for on in (JUL, AUG, OCT):
        case.inflow(on, Row(dest=OTHER_VILLAGE, arrived="2024-03-01"), unit="there")
    case.deliver(POLICE, AUG, [Row(dest=NINGBO, arrived="2024-06-01")], unit="police")
    case.deliver(POLICE, SEP, [Row(dest=NINGBO, arrived="2024-06-01", end="MISTAKE")], unit="police")
    return [
        Stay(OTHER_VILLAGE, arrived="2024-03-01"),
        Stay(NINGBO, arrived=AUG, ended=AUG, kind="mistaken"),
    ]


@story
def a_row_too_many_takes_back_itself_only(case: Case) -> list[Stay]:
    case.deliver(POLICE, AUG, [Row()])
    case.deliver(POLICE, SEP, [Row(), Row(dest=XIHU, end="MISTAKE")])
    return [Stay(HANGZHOU, arrived_between=(None, AUG)), Stay(XIHU, arrived=SEP, ended=SEP, kind="mistaken")]


@story
def a_mistake_takes_back_nothing_before_an_end(case: Case) -> list[Stay]:
    case.deliver(POLICE, JUL, [Row(arrived="2024-03-01", ended="2024-07-10", end="LEFT")])
    case.deliver(POLICE, AUG, [Row(arrived="2024-08-01")])
    case.deliver(POLICE, SEP, [Row(arrived="2024-08-01", end="MISTAKE")])
    return [
        Stay(HANGZHOU, arrived="2024-03-01", ended="2024-07-10", kind="left"),
        Stay(HANGZHOU, arrived=AUG, ended=AUG, kind="mistaken"),
    ]


@story
def a_gap_between_two_forms_makes_two_stays(case: Case) -> list[Stay]:
    case.deliver(POLICE, JUL, [Row(arrived="2024-03-01", ended="2024-07-10", end="LEFT")], unit="police")
    case.inflow(AUG, Row(arrived="2024-07-11"), unit="there")
    case.deliver(POLICE, JUL, [Row("B", arrived="2024-03-01", ended="2024-07-10", end="LEFT")], unit="other")
    case.inflow(AUG, Row("B", arrived="2024-07-10"), unit="there")
    return [
        Stay(HANGZHOU, arrived="2024-03-01", ended="2024-07-10", kind="left"),
        Stay(HANGZHOU, arrived="2024-07-11"),
        Stay(HANGZHOU, arrived="2024-03-01", person="B"),
    ]


@pytest.mark.parametrize("name", STORIES)
def test_story(told: Told, name: str) -> None:
    stays = told.stays_of(name, with_forms=any(stay.forms for stay in STORIES[name]))
    assert len(stays) == len(STORIES[name])
    assert stays == STORIES[name]


# ---- reasons kept, and what is known of people ---------------------------------------------------------------------


# what is asked of these is not their stays
without_stays = teller_of(dict[str, None]())


@without_stays
def reasons(case: Case) -> None:
    case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"), unit="home")
    for on in (AUG, SEP):
        case.inflow(on, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="there")
    case.deliver(POLICE, SEP, [Row(dest=LINGYIN_VILLAGE, arrived="2024-03-04")], unit="police")
    case.deliver("health_roster", SEP, [Row(dest=None)], unit="health")
    case.inflow(OCT, Row(dest=NINGBO, end="MISTAKE"), unit="other")


@without_stays
def people(case: Case) -> None:
    case.inflow(SEP, Row(sex="1", birth="1988-01-05", nature="urban", education="70", is_numbered=False))
    case.outflow(AUG, Row(sex="2", birth="1988-05-01", nature="rural", education="60"))
    case.deliver(POLICE, JUL, [Row(sex="2", nature="urban")])
    case.deliver("labour_roster", JUL, [Row(education="90")])


def _rows(told: Told, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(told.path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_why_evidence_belongs_to_a_stay_is_kept(told: Told) -> None:
    rows = _rows(
        told,
        """
        select form_id, reported_on, joined_by from core.stay_evidence where person_key = 'reasons:A'
        order by form_id, reported_on
        """,
    )
    assert rows == [
        ("health_roster", date(2024, 9, 30), "unknown_place"),
        ("police_registration", date(2024, 9, 30), "same_place"),
        ("village_inflow", date(2024, 8, 31), "founds_stay"),
        ("village_inflow", date(2024, 9, 30), "same_track"),
        ("village_inflow", date(2024, 10, 31), "taken_back"),
        ("village_outflow", date(2024, 8, 31), "coarser_place"),
    ]


def test_how_a_stay_begins_is_kept(told: Told) -> None:
    def kinds(case: str) -> list[str]:
        found = f"select begin_kind from core.stay where person_key = '{case}:A' order by arrived_date"
        return [kind for (kind,) in _rows(told, found)]

    assert kinds("who_lapsed_before_arriving_elsewhere_moved_on_at_an_unknown_day") == ["arrived", "moved_on"]
    assert kinds("a_gap_between_two_forms_makes_two_stays") == ["arrived", "again"]
    assert kinds("a_row_too_many_takes_back_itself_only")[-1] == "first_reported"


def test_how_long_a_stay_is_confirmed_is_kept(told: Told) -> None:
    def until(case: str, person: str = "A") -> list[date | None]:
        found = f"select confirmed_until from core.stay where person_key = '{case}:{person}' order by arrived_date"
        return [day for (day,) in _rows(told, found)]

    assert until("a_registration_not_endorsed_for_a_year_lapses") == [date(2024, 3, 5)]
    assert until("a_registration_not_endorsed_for_a_year_lapses", "B") == [date(2025, 10, 31)]
    assert until("who_lapsed_before_arriving_elsewhere_moved_on_at_an_unknown_day") == [None, date(2025, 10, 31)]


def test_a_lapsed_stay_is_counted_until_then_and_unknown_after(told: Told) -> None:
    (open_until, over_by), *others = _rows(
        told,
        """
        select coalesce(ended_date, ended_after + 1), coalesce(ended_date, ended_before) from core.stay
        where person_key = 'a_registration_not_endorsed_for_a_year_lapses:A'
        """,
    )
    assert (open_until, over_by, others) == (date(2024, 3, 6), None, [])


def test_people_are_known_by_their_number_then_by_the_form_that_knows_best(told: Told) -> None:
    known = _rows(
        told,
        "select sex, birth_date, hukou_nature, education_code from core.person where person_key = 'people:A'",
    )
    assert known == [("2", date(1988, 5, 1), "rural", "90")]


def test_the_precedence_of_every_person_form_and_attribute_is_declared() -> None:
    with SEED.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    forms = {form.form_id for form in load_forms().values() if isinstance(form, PersonForm)}
    attributes = {
        *("left_hukou_date", "arrived_date", "presence", "reason_code", "dwelling_code", "origin"),
        *("sex", "birth_date", "hukou_nature", "education_code"),
    }
    declared = [(row["form_id"], row["attribute"]) for row in rows]
    assert len(declared) == len(set(declared)) == len(forms) * len(attributes)
    assert set(declared) == {(form, attribute) for form in forms for attribute in attributes}
    assert all(int(row["rank"]) > 0 and row["reason"] for row in rows)
