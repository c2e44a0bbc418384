"""Invents evidence straight into schema raw: people on the lists of several forms, at both ends, for some years.

Everything is made by SQL over numbers, so that ten million rows take a minute. A person is known from one to four
forms; one in twelve moves on, one in ten returns; full lists come twice a year, lists of changes every month.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingest.keys import MARK_CHARACTERS
from warehouse.declared import load_declared
from warehouse.load import load_register
from warehouse.working_copy import make_working_copy

FIRST_YEAR = 2023
PEOPLE_PER_VILLAGE = 1000
RUN_DATE = "2026-11-30"
# Form: side, kind of list, the months in which a unit sends it, and which people it knows, out of a hundred.
FORMS = {
    "village_outflow": ("origin", "full", "(6, 12)", "o < 80"),
    "village_inflow": ("destination", "full", "(6, 12)", "is_near AND d < 52"),
    "police_registration": ("destination", "added", "(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)", "is_near AND p < 80"),
    "labour_roster": ("origin", "full", "(9)", "l < 24"),
    "health_roster": ("destination", "changes", "(2, 5, 8, 11)", "is_near AND h < 24"),
}
_ROWS = """
    INSERT INTO raw.person_row BY NAME
    WITH person AS (SELECT *, {unit} AS unit, {row_key} AS own_key FROM life WHERE {knows})
    SELECT
        '{form}/' || unit || '/' || '{day}' AS file_id, 'Sheet1' AS sheet,
        row_number() OVER (PARTITION BY unit ORDER BY number) + 1 AS row_number, '{form}' AS form_id,
        unit AS unit_code, '{period}' AS period, DATE '{day}' AS reported_on, '{kind}' AS list_kind,
        '{side}' AS side, own_key AS person_key, own_key = person_key AS is_numbered,
        CASE WHEN o % 2 = 0 THEN '1' ELSE '2' END AS sex, birth_date,
        CASE WHEN o % 9 > 1 THEN 'agricultural' END AS hukou_nature,
        origin_code, 'village' AS origin_level, 'exact' AS origin_match,
        {dest} AS dest_code, {dest_level} AS dest_level, 'exact' AS dest_match,
        {left_from} AS left_hukou_from, {left_to} AS left_hukou_to,
        CASE WHEN left_hukou_from = left_hukou_to THEN left_hukou_from END AS left_hukou_date,
        {arrived} AS arrived_date, arrived_date AS arrived_from, arrived_date AS arrived_to,
        CASE WHEN returned_on <= DATE '{day}' THEN returned_on END AS ended_date,
        ended_date AS ended_from, ended_date AS ended_to,
        {registered} AS registered_date,
        CASE WHEN o % 5 < 4 THEN 'WORK' ELSE 'STUDY' END AS reason_code,
        CASE WHEN '{side}' = 'destination' THEN 'RENTED' END AS dwelling_code
    FROM person
    WHERE left_on <= DATE '{day}' AND (returned_on IS NULL OR returned_on > DATE '{day}' - 90) AND {is_due}
    {only} ORDER BY unit, number
"""


def make_warehouse(path: Path, people: int, years: int) -> None:
    """Write the evidence of so many people over so many years as a warehouse file that no model has been built in."""
    make_working_copy(path, None)
    with duckdb.connect(str(path)) as connection:
        load_register(connection)
        load_declared(connection)
        connection.execute(f"INSERT INTO raw.site VALUES ('340000000000', 'province', DATE '{RUN_DATE}', 'first', 3)")
        _draw_lives(connection, people, years)
        for year in range(FIRST_YEAR, FIRST_YEAR + years):
            for month in range(1, 13):
                for form in FORMS:
                    _send(connection, form, year, month)
        _note_files(connection, "first")
        connection.execute("DROP TABLE life")


def add_night(path: Path, people: int, years: int, share: float) -> int:
    """Add the lists of one more night, about ``share`` of all rows, each of a unit known; return their number."""
    with duckdb.connect(str(path)) as connection:
        count = "SELECT count(*) FROM raw.person_row"
        before = int(connection.execute(count).fetchall()[0][0])
        _draw_lives(connection, people, years)
        # A village list of the next month: half of the wanted rows from either end.
        units = share * before / (0.8 * people)
        chosen = f"AND hash(unit) % 100000 < {int(100_000 * units)}"
        for form in ("village_outflow", "village_inflow"):
            _send(connection, form, FIRST_YEAR + years, 1, chosen)
        _note_files(connection, "second")
        connection.execute("DROP TABLE life; UPDATE raw.site SET snapshot_id = 'second'")
        return int(connection.execute(count).fetchall()[0][0]) - before


def _draw_lives(connection: duckdb.DuckDBPyConnection, people: int, years: int) -> None:
    """Make the people: where they are from and go to, when they leave, move on and return, and who knows of them."""
    villages = max(people // PEOPLE_PER_VILLAGE, 1)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE village AS
        SELECT code, row_number() OVER (ORDER BY code) - 1 AS place FROM raw.division
        WHERE level = 'village' AND province_code = '340000000000' ORDER BY code LIMIT {villages};
        CREATE OR REPLACE TEMP TABLE far AS
        SELECT code, level, row_number() OVER (ORDER BY code) - 1 AS place FROM raw.division
        WHERE level IN ('city', 'county') AND left(code, 2) IN ('31', '32', '33', '44') AND NOT is_virtual
    """)
    far = connection.execute("SELECT count(*) FROM far").fetchall()[0][0]

    def draw(what: str, choices: int) -> str:
        return f"(hash(number, '{what}') % {choices})::INTEGER"

    connection.execute(f"""
        CREATE OR REPLACE TABLE life AS
        WITH drawn AS (
            SELECT
                number, left(sha256('person ' || number), {MARK_CHARACTERS}) AS person_key,
                {draw("near", 10)} < 4 AS is_near, number // {PEOPLE_PER_VILLAGE} % {villages} AS origin_place,
                {draw("near place", villages)} AS near_place, {draw("far place", far)} AS far_place,
                CASE WHEN {draw("moves", 12)} = 0 THEN {draw("next place", far)} END AS next_place,
                DATE '{FIRST_YEAR}-01-01' - 400 + {draw("left", 400 + 180 * years)} AS left_on,
                {draw("stays", 365 * years)} AS stays, {draw("returns", 10)} AS returns,
                DATE '1960-01-01' + {draw("birth", 16000)} AS birth_date,
                {", ".join(f"{draw(form, 100)} AS {form}" for form in "odplh")}
            FROM range({people}) AS numbers(number)
        )
        SELECT drawn.*, origin.code AS origin_code,
            CASE WHEN is_near THEN near.code ELSE far.code END AS first_dest,
            CASE WHEN is_near THEN 'village' ELSE far.level END AS first_level,
            coalesce(next.code, first_dest) AS next_dest, coalesce(next.level, first_level) AS next_level,
            CASE WHEN next.code IS NOT NULL THEN left_on + stays // 2 END AS moved_on,
            CASE WHEN returns = 0 THEN left_on + 60 + stays END AS returned_on
        FROM drawn
        JOIN village AS origin ON origin_place = origin.place
        JOIN village AS near ON near_place = near.place
        JOIN far ON far_place = far.place
        LEFT JOIN far AS next ON next_place = next.place
        ORDER BY number
    """)


def _send(connection: duckdb.DuckDBPyConnection, form: str, year: int, month: int, only: str = "") -> None:
    """Load the lists of one form and month, of all units or only of those chosen."""
    side, kind, months, knows = FORMS[form]
    if not only and f"{month}" not in months.strip("()").replace(" ", "").split(","):
        return
    is_origin = side == "origin"
    moved = f"moved_on <= last_day(DATE '{year}-{month:02}-01')"
    # Of the rosters' people a few have no number: their rows have keys of their own, which are linked.
    row_key = (
        "CASE WHEN l % 25 = 0 THEN md5(person_key) ELSE person_key END" if form == "labour_roster" else "person_key"
    )
    due = {
        "added": f"p % 12 + 1 = {month} OR date_trunc('month', left_on) = DATE '{year}-{month:02}-01'",
        "changes": f"h % 12 + 1 BETWEEN {month} - 2 AND {month}",
        "full": "true",
    }[kind]
    day = connection.execute(f"SELECT last_day(DATE '{year}-{month:02}-01')::VARCHAR").fetchall()[0][0]
    connection.execute(
        _ROWS.format(
            form=form, side=side, kind=kind, knows=knows, day=day, period=f"{year}-{month:02}", row_key=row_key,
            unit="origin_code" if is_origin else "first_dest",
            dest=f"CASE WHEN {moved} THEN next_dest ELSE first_dest END" if is_origin else "first_dest",
            dest_level=f"CASE WHEN {moved} THEN next_level ELSE first_level END" if is_origin else "first_level",
            left_from="CASE WHEN o % 8 = 0 THEN date_trunc('month', left_on)::DATE ELSE left_on END"
            if is_origin else "NULL::DATE",
            left_to="CASE WHEN o % 8 = 0 THEN last_day(left_on) ELSE left_on END" if is_origin else "NULL::DATE",
            arrived="NULL::DATE" if is_origin else "left_on + 2",
            registered="left_on + 5" if form == "police_registration" else "NULL::DATE",
            is_due=f"({due})" if is_origin else f"({due}) AND coalesce(moved_on > DATE '{day}', true)",
            only=only,
        )
    )  # fmt: skip


def _note_files(connection: duckdb.DuckDBPyConnection, night: str) -> None:
    """Write the files of the rows that are new, and what goes with them: links, returned rows and matches."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE fresh AS
        SELECT * FROM raw.person_row WHERE file_id NOT IN (SELECT file_id FROM raw.file);
        INSERT INTO raw.file BY NAME
        SELECT file_id, file_id AS path, sha256(file_id) AS sha256, sha256(file_id) AS content_id, form_id, unit_code,
            'village' AS unit_level, period, reported_on, list_kind, reported_on + INTERVAL 9 HOUR AS received_at,
            '{night}' AS night_id, 'accepted' AS status, count(*) AS rows_in, count(*) AS rows_accepted,
            0 AS rows_returned, 0 AS rows_duplicate
        FROM fresh GROUP BY ALL ORDER BY reported_on, file_id;
        INSERT INTO raw.returned_row BY NAME
        SELECT file_id, sheet, row_number + 100000 AS row_number, form_id, unit_code, period, reported_on,
            true AS has_identity
        FROM fresh WHERE hash(file_id, row_number) % 500 = 0;
        INSERT INTO raw.returned_match BY NAME
        SELECT file_id, sheet, row_number + 100000 AS row_number, person_key
        FROM fresh WHERE hash(file_id, row_number) % 500 = 0;
        INSERT INTO raw.person_link BY NAME
        SELECT DISTINCT row_key.person_key, life.person_key AS linked_key, 'link_number' AS rule_id, 12.5 AS weight
        FROM fresh AS row_key JOIN life ON row_key.person_key = md5(life.person_key)
        WHERE NOT row_key.is_numbered AND row_key.person_key NOT IN (SELECT person_key FROM raw.person_link)
            AND life.person_key IN (SELECT person_key FROM raw.person_row);
        DROP TABLE fresh
    """)
