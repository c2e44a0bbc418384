"""What was known on one day about another: three nights with a late list and a correction, and one without news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from list_maker import DONGGUAN, HANGZHOU, HOME, NINGBO
from nights import DECEMBER, NOVEMBER, OCTOBER, ThreeNights

VERSIONS = """
    select split_part(person_key, ':', 2), dest_code, ended_after::varchar, ended_before::varchar,
        recorded_from, recorded_to, recorded_from_snapshot, recorded_to_snapshot
    from core.stay_version where person_key like 'history:%' order by all
"""


@pytest.fixture
def latest(three_nights: ThreeNights) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(three_nights.last), read_only=True) as connection:
        yield connection


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_version_that_was_published_is_kept(three_nights: ThreeNights) -> None:
    versions = [row[:6] for row in _rows(three_nights.second, VERSIONS)]
    assert versions == [
        ("A", HANGZHOU, None, None, OCTOBER, None),
        ("B", NINGBO, "2024-09-30", "2024-10-31", NOVEMBER, None),
        ("B", NINGBO, None, None, OCTOBER, NOVEMBER),
        ("C", HANGZHOU, "2024-08-31", "2024-09-30", NOVEMBER, None),
    ]


def test_a_night_says_only_what_it_changed(three_nights: ThreeNights) -> None:
    before, after = set(_rows(three_nights.second, VERSIONS)), set(_rows(three_nights.third, VERSIONS))
    new = {row for row in after if row[6] == "20241231-01"}
    closed = {row for row in after if row[7] == "20241231-01"}
    assert new
    assert closed
    assert {row[0] for row in new | closed} == {"A", "B"}
    assert {row[:5] for row in before} == {row[:5] for row in after - new}


def test_a_night_built_again_or_without_news_adds_nothing(three_nights: ThreeNights) -> None:
    third = _rows(three_nights.third, VERSIONS)
    assert len(third) > 4
    assert _rows(three_nights.repetition, VERSIONS) == third
    assert _rows(three_nights.last, VERSIONS) == third
    revisions = "select * from stats.revision order by all"
    assert len(_rows(three_nights.third, revisions)) > 10
    assert _rows(three_nights.repetition, revisions) == _rows(three_nights.third, revisions)
    assert _rows(three_nights.last, revisions) == _rows(three_nights.third, revisions)


@pytest.mark.parametrize(
    ("about", "known_on", "persons"),
    [
        ("2024-08-31", "2024-10-30", []),
        ("2024-08-31", "2024-10-31", [2]),
        ("2024-08-31", "2024-11-29", [2]),
        ("2024-08-31", "2024-11-30", [3]),
        ("2024-09-30", "2024-11-30", [2]),
        ("2024-10-31", "2024-10-31", [2]),
        ("2024-10-31", "2024-11-30", [1]),
    ],
)
def test_what_was_known_on_a_day(
    latest: duckdb.DuckDBPyConnection, about: str, known_on: str, persons: list[int]
) -> None:
    rows = latest.execute(
        "select persons from stock_known_on('MPS_ZZRK', ?, 'county', ?) where direction = 'out'", [about, known_on]
    ).fetchall()
    assert [count for (count,) in rows] == persons


def test_the_destination_is_the_one_known_then(latest: duckdb.DuckDBPyConnection) -> None:
    def known(day: date) -> list[tuple[object, ...]]:
        return latest.execute(
            "select dest_code, sex from stays_known_on(?) where person_key = 'history:A' order by arrived_date", [day]
        ).fetchall()

    assert known(NOVEMBER) == [(HANGZHOU, "1")]
    assert (DONGGUAN, "2") in known(DECEMBER)


@pytest.mark.parametrize("definition", ["MPS_ZZRK", "NBS_LDRK", "HRSS_2004", "NHC_QY"])
@pytest.mark.parametrize("level", ["county", "village"])
def test_what_is_known_today_is_the_stock(latest: duckdb.DuckDBPyConnection, definition: str, level: str) -> None:
    for day in (date(2024, 7, 15), date(2024, 9, 30), date(2024, 12, 31)):
        today = latest.execute("from stock_on(?, ?, ?)", [definition, day, level]).fetchall()
        assert latest.execute("from stock_known_on(?, ?, ?, ?)", [definition, day, level, DECEMBER]).fetchall() == today


def test_a_rolled_back_night_is_not_known(three_nights: ThreeNights) -> None:
    rows = _rows(three_nights.second, "select count(*), max(recorded_from) from stays_known_on(date '2025-06-30')")
    assert rows == [(3, NOVEMBER)]


def test_a_revision_is_told_where_a_number_changed(latest: duckdb.DuckDBPyConnection) -> None:
    rows = latest.execute(
        "select as_of, snapshot_id, persons from stats.revision where definition_id = 'MPS_ZZRK' "
        "and direction = 'out' and division_code = ? and as_of in ('2024-08-31', '2024-10-31') order by all",
        [HOME],
    ).fetchall()
    assert rows == [
        (date(2024, 8, 31), "20241031-01", 2),
        (date(2024, 8, 31), "20241130-01", 3),
        (OCTOBER, "20241031-01", 2),
        (OCTOBER, "20241130-01", 1),
        # by then A may have come to the new place within the last three days
        (OCTOBER, "20241231-01", 0),
    ]
