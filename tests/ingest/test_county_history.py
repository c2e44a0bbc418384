"""The history of county codes 1981 to 2024, brought in whole, against the lists of every year end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.division_changes import import_changes
from ingest.division_history import HistorySummary
from ingest.register import register_query

FOLDER = Path(__file__).parents[3] / "shared" / "reference" / "county_code_history"
HISTORY = FOLDER / "yescallop_result.csv.gz"
YEARLY = FOLDER / "yescallop_yearly_1981_2025.parquet"
RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"

# Codes that statistics use and that no list of the ministry has, beside development zones.
ONLY_IN_THE_REGISTER = {
    "232761", "232762", "232763", "232764", "632857",  # 大兴安岭, 大柴旦
    "460321", "460322", "460323",  # the islands of 三沙, under the codes of before 2020
}  # fmt: skip

pytestmark = [pytest.mark.reference, pytest.mark.slow]


@pytest.fixture(scope="module")
def known() -> Iterator[tuple[duckdb.DuckDBPyConnection, HistorySummary]]:
    for path in (HISTORY, YEARLY):
        if not path.is_file():
            pytest.skip(f"{path.name} is not here")
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute(f"INSERT INTO raw.division BY NAME {register_query()}")
        yield connection, import_changes(connection, HISTORY)


def test_the_register_at_every_year_end_is_the_list_of_that_year(
    known: tuple[duckdb.DuckDBPyConnection, HistorySummary],
) -> None:
    connection, _ = known
    differing = connection.execute(f"""
        WITH listed AS (
            SELECT year, code || '000000' AS code, name FROM '{YEARLY}' WHERE left(code, 2) NOT IN ('71', '81', '82')
        ),
        known AS (
            SELECT y.year, d.code, d.name
            FROM raw.division AS d
            JOIN (SELECT DISTINCT year FROM listed) AS y
                ON d.valid_from <= make_date(y.year::INTEGER, 12, 31)
                AND (d.valid_to IS NULL OR make_date(y.year::INTEGER, 12, 31) < d.valid_to)
            WHERE d.level IN ('province', 'city', 'county') AND NOT d.is_virtual AND substr(d.code, 5, 1) <> '7'
        )
        SELECT left(coalesce(l.code, k.code), 6), l.name IS NULL, count(*)
        FROM listed AS l FULL JOIN known AS k ON k.year = l.year AND k.code = l.code AND k.name = l.name
        WHERE l.code IS NULL OR k.code IS NULL
        GROUP BY ALL
    """).fetchall()
    years = connection.execute(f"SELECT count(DISTINCT year), count(*) FROM '{YEARLY}'").fetchall()
    assert years[0][0] >= 44
    assert years[0][1] > 135_000
    assert {code for code, _, _ in differing} == ONLY_IN_THE_REGISTER
    assert all(is_extra for _, is_extra, _ in differing), "a division of a list is missing"


def test_every_code_that_ended_reaches_those_of_today(
    known: tuple[duckdb.DuckDBPyConnection, HistorySummary],
) -> None:
    """Level by level of time: what has no change of its own is a row that only held a place in the code."""
    connection, summary = known
    assert (summary.ended_codes, summary.changes, summary.refuted) == (3257, 4526, 0)
    dead_ends = connection.execute("""
        SELECT code, valid_to FROM raw.division AS d
        WHERE valid_to IS NOT NULL AND NOT is_virtual AND level IN ('province', 'city', 'county')
            AND NOT EXISTS (FROM raw.division AS n WHERE n.code = d.code AND n.valid_from = d.valid_to)
            AND NOT EXISTS (
                FROM raw.division_change AS c
                WHERE c.from_code = d.code AND c.change_date = d.valid_to AND c.kind <> 'transfer'
            )
    """).fetchall()
    assert dead_ends == []
    lost = connection.execute("""
        SELECT c.from_code FROM raw.division_change AS c
        WHERE NOT EXISTS (
            FROM raw.division AS d WHERE d.code = c.to_code AND d.valid_from <= c.change_date
                AND (d.valid_to IS NULL OR c.change_date < d.valid_to)
        )
    """).fetchall()
    assert lost == []


def test_nothing_is_older_than_what_it_lies_in(known: tuple[duckdb.DuckDBPyConnection, HistorySummary]) -> None:
    connection, _ = known
    outside = connection.execute("""
        SELECT count(*) FROM raw.division AS d
        WHERE parent_code IS NOT NULL AND NOT EXISTS (
            FROM raw.division AS p
            WHERE p.code = d.parent_code AND p.valid_from <= d.valid_from
                AND (p.valid_to IS NULL OR d.valid_to <= p.valid_to) AND starts_with(d.full_name, p.full_name)
        )
    """).fetchall()
    assert outside == [(0,)]
    overlaps = connection.execute("""
        SELECT count(*) FROM (
            SELECT valid_from < lag(coalesce(valid_to, DATE '9999-12-31')) OVER (
                PARTITION BY code ORDER BY valid_from
            ) AS is_double
            FROM raw.division
        ) WHERE is_double
    """).fetchall()
    assert overlaps == [(0,)]


@pytest.mark.parametrize(
    ("code", "lives"),
    [
        ("511402", [("枳城区", "1995-12-31", "1997-12-31"), ("东坡区", "2000-12-31", None)]),
        ("330502", [("城区", "1983-12-31", "1988-12-31"), ("吴兴区", "2003-12-31", None)]),
        ("440511", [("郊区", "1983-12-31", "1991-12-31"), ("金平区", "2003-12-31", None)]),
        ("450405", [("鸳江区", "1983-12-31", "1984-12-31"), ("长洲区", "2003-12-31", None)]),
        ("420600", [("襄樊市", "1949-10-01", "2010-12-31"), ("襄阳市", "2010-12-31", None)]),
        ("340124", [("庐江县", "2011-12-31", None)]),
    ],
)
def test_codes_with_a_history(
    known: tuple[duckdb.DuckDBPyConnection, HistorySummary], code: str, lives: list[tuple[str, str, str | None]]
) -> None:
    connection, _ = known
    found = connection.execute(
        "SELECT name, min(valid_from)::VARCHAR, CASE WHEN count(*) = count(valid_to) THEN max(valid_to)::VARCHAR END "
        "FROM raw.division WHERE code = $code || '000000' GROUP BY name ORDER BY 2",
        {"code": code},
    ).fetchall()
    assert found == lives
