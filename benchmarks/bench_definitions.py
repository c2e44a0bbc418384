"""What it costs to count one day under every definition: seconds, processor seconds, times a plain scan of the stays.

Stays of invented people between the villages of a home division and the rest of the country are written straight into
schema core, and the tables of counting are made from them by the models' own SQL. The peer is one count(*) FILTER over
the same table of stays: what asking a single question of every stay costs at least.
Usage: bench_definitions.py [STAYS [HOME_CODE HOME_LEVEL [--intervals]]], with a code of 12 digits.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb

from warehouse import dbt_runner
from warehouse.load import load_register
from warehouse.working_copy import make_working_copy

STAYS = 300_000
HOME = ("340124000000", "county")
DAY = "2026-10-31"
THREADS = 2
REPEATS = 3
WANTED_SECONDS = {"county": 1.0, "province": 30.0}
_LEVELS = ("province", "city", "county", "township", "village")
_SCAN = f"""
    SELECT
        count(*) FILTER (
            arrived_by <= DATE '{DAY}' AND open_until > DATE '{DAY}' AND over_by > DATE '{DAY}'
            AND coalesce(left_by, arrived_by) <= DATE '{DAY}' - 183 AND crosses_township
            AND birth_date <= DATE '{DAY}' - 5844 AND hukou_nature = 'rural' AND reason_code != 'STUDY'
        )
    FROM intermediate.int_counting_stay
"""


def main(stays: int = STAYS, home_code: str = HOME[0], home_level: str = HOME[1], *, intervals: bool = False) -> None:
    """Invent the stays and print what counting them costs."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        path = Path(folder) / "popflow.duckdb"
        _make_site(path, home_code, home_level)
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"SET threads = {THREADS}; SET preserve_insertion_order = false")
            _draw_stays(connection, stays)
            made = _made_of_stays(connection, ["int_counting_stay", *["int_counting_interval"] * intervals])
            _report(connection, home_level, made)


def _make_site(path: Path, home_code: str, home_level: str) -> None:
    """Build a warehouse of the whole register and nobody in it."""
    make_working_copy(path, None)
    with duckdb.connect(str(path)) as connection:
        load_register(connection)
        connection.execute(
            f"INSERT INTO raw.site VALUES ('{home_code}', '{home_level}', DATE '{DAY}', 'first', 12)",
        )
    dbt_runner.build(path, path.parent, exclude=["resource_type:test"])


def _draw_stays(connection: duckdb.DuckDBPyConnection, stays: int) -> None:
    """Invent stays: a third come, the others go; one in seven is over; days, ages and reasons as they may be."""

    def draw(what: str, choices: int | str) -> str:
        return f"(hash(number, '{what}') % {choices})::INTEGER"

    connection.execute(f"""
        CREATE TEMP TABLE home AS
        SELECT code, row_number() OVER (ORDER BY code) - 1 AS place
        FROM ref.division SEMI JOIN intermediate.int_counting_home AS home ON code = place_code
        WHERE division.level = 'village';
        CREATE TEMP TABLE far AS
        SELECT code, row_number() OVER (ORDER BY code) - 1 AS place
        FROM ref.division ANTI JOIN intermediate.int_counting_home AS home ON code = place_code
        WHERE division.level IN ('city', 'county') AND NOT is_virtual;
        CREATE TEMP TABLE drawn AS
        SELECT
            number,
            {draw("way", 10)} AS way,
            {draw("home", "(SELECT count(*) FROM home)")} AS home_place,
            {draw("other home", "(SELECT count(*) FROM home)")} AS other_place,
            {draw("far", "(SELECT count(*) FROM far)")} AS far_place,
            DATE '{DAY}' - {draw("arrived", 2000)} AS arrived_date,
            {draw("known", 10)} AS known,
            {draw("kind", 100)} AS kind,
            {draw("birth", 29000)} AS birth
        FROM range({stays}) AS numbers(number)
    """)
    connection.execute(f"""
        INSERT INTO core.person BY NAME
        SELECT
            'person' || number AS person_key, CASE WHEN kind < 98 THEN 1 + kind % 2 END AS sex,
            CASE WHEN known > 0 THEN DATE '{DAY}' - birth END AS birth_date,
            CASE WHEN kind < 70 THEN 'rural' WHEN kind < 90 THEN 'urban' END AS hukou_nature,
            arrived_date AS first_reported, arrived_date AS last_reported
        FROM drawn;
        INSERT INTO core.stay BY NAME
        SELECT
            'stay' || number AS stay_id, 'person' || number AS person_key,
            CASE WHEN way < 3 THEN far.code ELSE home.code END AS origin_code,
            CASE WHEN way < 3 THEN home.code WHEN way < 5 THEN other.code ELSE far.code END AS dest_code,
            CASE WHEN known > 3 THEN arrived_date - kind END AS left_hukou_date,
            CASE WHEN known > 1 THEN arrived_date END AS arrived_date,
            CASE WHEN known = 1 THEN arrived_date - 30 END AS arrived_after,
            CASE WHEN known < 2 THEN arrived_date END AS arrived_before,
            CASE WHEN kind % 7 = 1 THEN arrived_date + birth // 29 END AS ended_date,
            CASE WHEN kind = 2 THEN DATE '{DAY}' - 20 END AS ended_after,
            CASE WHEN kind = 2 THEN DATE '{DAY}' + 10 END AS ended_before,
            ['WORK', 'WORK', 'BUSINESS', 'STUDY', 'FAMILY_FOLLOWING', 'MARRIAGE', 'VISIT', 'UNKNOWN', 'OTHER'][
                1 + kind % 9
            ] AS reason_code,
            1 AS evidence_count, 'village_inflow' AS forms, DATE '{DAY}' AS first_reported,
            DATE '{DAY}' AS last_reported
        FROM drawn
        INNER JOIN home ON home_place = home.place
        INNER JOIN home AS other ON other_place = other.place
        INNER JOIN far ON far_place = far.place;
        INSERT INTO intermediate.int_stay_registration BY NAME
        SELECT 'stay' || number AS stay_id, arrived_date + 3 AS registered_from, arrived_date + 9 AS registered_by
        FROM drawn WHERE way IN (0, 3);
        INSERT INTO intermediate.int_service_span BY NAME
        SELECT
            'stay' || number AS stay_id, asked.required_service, kind % 4 != 3 AS has_service,
            DATE '0001-01-01' AS from_date, DATE '9999-01-01' AS to_date
        FROM drawn
        CROSS JOIN (
            SELECT DISTINCT required_service FROM ref.definition WHERE required_service IS NOT NULL
        ) AS asked
        WHERE way IN (0, 1);
        DROP TABLE drawn;
    """)


def _made_of_stays(connection: duckdb.DuckDBPyConnection, names: list[str]) -> dict[str, tuple[float, float]]:
    """Make tables again by the models' own SQL; return their seconds and processor seconds."""
    nodes = {node["name"]: node for node in (each.to_dict() for each in dbt_runner.read_project().nodes.values())}
    took = {}
    for name in names:
        relation, query = nodes[name]["relation_name"], nodes[name]["compiled_code"]
        took[name] = _timed(connection, f"DELETE FROM {relation}; INSERT INTO {relation} BY NAME {query}")
    return took


def _timed(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[float, float]:
    begun, processor_begun = time.perf_counter(), time.process_time()
    connection.execute(query).fetchall()
    return time.perf_counter() - begun, time.process_time() - processor_begun


def _report(connection: duckdb.DuckDBPyConnection, home_level: str, made: dict[str, tuple[float, float]]) -> None:
    stays, definitions = connection.execute(
        "SELECT (SELECT count(*) FROM intermediate.int_counting_stay), (SELECT count(*) FROM ref.definition)"
    ).fetchall()[0]
    levels = _LEVELS[_LEVELS.index(home_level) :]
    questions = {
        "a plain scan (peer)": _SCAN,
        **{f"stocks_on, by {level}": f"FROM stocks_on('{DAY}', '{level}')" for level in levels},
        "stock_on, one definition": f"FROM stock_on('NBS_LDRK', '{DAY}', '{home_level}')",
        "unknown_on, one definition": f"FROM unknown_on('NBS_LDRK', '{DAY}', '{home_level}')",
        "od_on, one definition": f"FROM od_on('NBS_LDRK', '{DAY}', 'province', '{home_level}')",
    }
    took = {
        name: min(_timed(connection, f"CREATE OR REPLACE TEMP TABLE answer AS {question}") for _ in range(REPEATS))
        for name, question in questions.items()
    } | made
    peer = took["a plain scan (peer)"][0]
    print(f"{stays:,} stays, {definitions} definitions, one day, {THREADS} threads")
    for name, (seconds, processor) in took.items():
        print(f"  {name:<30} {seconds:8.2f} s {processor:8.2f} processor s {seconds / peer:8.1f} times the scan")
    if "int_counting_interval" in made:
        rows = connection.execute("SELECT count(*) FROM intermediate.int_counting_interval").fetchall()[0][0]
        print(f"  {rows:,} intervals, {rows / stays:.1f} a stay, {_bytes(connection) / stays:.0f} bytes a stay")
    wanted = WANTED_SECONDS.get(home_level)
    print(f"  wanted of stocks_on at every level: <= {wanted} s" if wanted else "")


def _bytes(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the bytes that the intervals take in the file."""
    connection.execute("CHECKPOINT")
    return int(
        connection.execute(
            "SELECT count(DISTINCT block_id) * (SELECT block_size FROM pragma_database_size() LIMIT 1) "
            "FROM pragma_storage_info('intermediate.int_counting_interval') WHERE persistent"
        ).fetchall()[0][0]
    )


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    main(*(int(given[0]), *given[1:]) if given else (), intervals="--intervals" in sys.argv)
