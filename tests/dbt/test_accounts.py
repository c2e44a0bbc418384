"""Who knows of whom, told of a few people; and the unit tests of these rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from list_maker import HOME_VILLAGE
from nights import NOVEMBER, OCTOBER, ThreeNights

from warehouse import dbt_runner

HEFEI = "340100000000"
UNIT_TESTED = ["int_known_interval", "int_expected_list", "expected_return", "late_return", "+unmapped_value"]
UNIT_TESTS = [
    "who_knows_of_a_stay_and_when",
    "whose_list_should_show_somebody",
    "when_a_return_is_due_and_late",
    "who_reports_late",
    "what_is_left_to_decide",
]


@pytest.fixture(scope="module")
def unit_tests(three_nights: ThreeNights) -> dict[str, dbt_runner.CheckOutcome]:
    outcome = dbt_runner.build(
        three_nights.last, three_nights.last.parent, select=UNIT_TESTED, exclude=["test_type:generic"], unit_tests=True
    )
    return {check.check_id: check for check in outcome.checks}


@pytest.fixture
def last(three_nights: ThreeNights) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(three_nights.last), read_only=True) as connection:
        yield connection


def _known(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str, int]:
    rows = connection.execute(
        "select forms, persons from stats.known_by where as_of = ? and direction = 'in' and division_code = ?",
        [day, HOME_VILLAGE],
    ).fetchall()
    return dict(rows)


def test_a_person_in_two_beats_is_one_person(last: duckdb.DuckDBPyConnection) -> None:
    assert _known(last, OCTOBER) == {
        "health_roster": 1,
        "health_roster+police_registration+village_inflow": 1,
        "police_registration+village_inflow": 1,
    }


def test_who_has_gone_from_a_list_is_not_known_to_it(last: duckdb.DuckDBPyConnection) -> None:
    assert _known(last, NOVEMBER) == {
        "health_roster": 1,
        "health_roster+police_registration+village_inflow": 1,
        "village_inflow": 1,
    }


def test_one_department_covers_another(last: duckdb.DuckDBPyConnection) -> None:
    rows = last.execute(
        "select form_id, other_form_id, persons, also_known, coverage_rate from stats.coverage "
        "where as_of = ? and direction = 'in' and division_code = ? and form_id != 'health_roster' order by all",
        [NOVEMBER, HOME_VILLAGE],
    ).fetchall()
    assert rows == [
        ("police_registration", "any", 1, 1, 1.0),
        ("police_registration", "health_roster", 1, 1, 1.0),
        ("police_registration", "village_inflow", 1, 1, 1.0),
        ("police_registration", "village_outflow", 1, 0, 0.0),
        ("village_inflow", "any", 2, 1, 0.5),
        ("village_inflow", "health_roster", 2, 1, 0.5),
        ("village_inflow", "police_registration", 2, 1, 0.5),
        ("village_inflow", "village_outflow", 2, 0, 0.0),
    ]


def test_contradictions_are_counted_by_what_they_are_about(last: duckdb.DuckDBPyConnection) -> None:
    rows = last.execute(
        "select form_id, other_form_id, attribute, stays_compared, stays_in_conflict from stats.evidence_conflict "
        "where as_of = ? and direction = 'in' and division_code = ? and stays_in_conflict > 0 order by all",
        [OCTOBER, HOME_VILLAGE],
    ).fetchall()
    # a month and a day in it do not contradict each other, nor does a city and a district of it
    assert rows == [
        ("health_roster", "village_inflow", "sex", 1, 1),
        ("police_registration", "village_inflow", "arrived_date", 2, 1),
        ("police_registration", "village_inflow", "sex", 1, 1),
    ]


def test_the_mirror_shows_whom_one_end_alone_knows(last: duckdb.DuckDBPyConnection) -> None:
    rows = last.execute(
        "select cause, only_origin, only_destination from stats.mirror where as_of = ? "
        "and definition_id = 'MPS_ZZRK' and level = 'city' and dest_code = ? order by all",
        [NOVEMBER, HEFEI],
    ).fetchall()
    assert rows == [("outside", 0, 3)]


def test_late_returns_are_summed(last: duckdb.DuckDBPyConnection) -> None:
    rows = last.execute("select distinct due_on - period_end, status from ops.expected_return order by all").fetchall()
    assert (10, "arrived") in rows
    assert {days for days, _ in rows} == {10}


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_unit_tests_of_the_accounts_pass(unit_tests: dict[str, dbt_runner.CheckOutcome], name: str) -> None:
    assert unit_tests[name].success, unit_tests[name].message
