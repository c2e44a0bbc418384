"""The history of county codes as yescallop/areacodes publishes it (CC0), read as a table of changes.

A row of that file is one code with one name for a span of years. Its successors are codes; one with a year in brackets
got land in that year while the code lived on. Years are those of year-end lists, so everything is dated 31 December.
A prefecture that was dissolved has no successor: what it became is read from what its counties became.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingest.errors import UsageError

COLUMNS = ("代码", "一级行政区", "二级行政区", "名称", "级别", "状态", "启用时间", "变更/弃用时间", "新代码")

SOURCE = "yescallop/areacodes"
THROUGH_COUNTIES = f"{SOURCE}: what its counties became"

# Hong Kong, Macao and Taiwan have no divisions in any register.
_LEFT_OUT = "'71', '81', '82'"

_SUCCESSORS = r"[0-9]{6}(\[[0-9]{4}\])?(;[0-9]{6}(\[[0-9]{4}\])?)*"

# 庐江县 and 庐江市 are one place at another level; a people's name may go with the type word.
_TYPE_WORD = "(地区|盟|市|特区|林区|矿区|新区|区|(自治)?[县旗州])$"


def is_county_history(columns: frozenset[str]) -> bool:
    """Return whether a file with these columns is such a history."""
    return columns >= frozenset(COLUMNS)


def make_changes(connection: duckdb.DuckDBPyConnection, source: str, path: Path, into: str) -> None:
    """Create the temporary table ``into`` with the columns of raw.known_change from the relation ``source``.

    Raises ``UsageError`` where a row is not what the format says.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE written_spell AS {_written_select(source)}")
    _refuse_faults(connection, path)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE spell AS {_SPELL}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE succession AS {_SUCCESSION}")
    _refuse_lost_successors(connection, path)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE dissolved AS {_DISSOLVED}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS {_changes_select()}")
    for table in ("written_spell", "spell", "succession", "dissolved"):
        connection.execute(f"DROP TABLE temp.{table}")


def _written_select(source: str) -> str:
    return f"""
        SELECT
            row_number() OVER () + 1 AS line, trim("代码") AS code, trim("名称") AS name, trim("级别") AS level,
            trim("启用时间") AS first_year, nullif(trim("变更/弃用时间"), '') AS end_year,
            nullif(trim("新代码"), '') AS successors
        FROM {source}
    """


def _refuse_faults(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    for condition, sentence in (
        ("NOT coalesce(regexp_full_match(code, '[0-9]{6}'), false)", "a code that is not six digits"),
        ("coalesce(name, '') = ''", "no name"),
        (
            "NOT coalesce(regexp_full_match(first_year || coalesce(end_year, ''), '((19|20)[0-9]{2})+'), false)",
            "no year",
        ),
        ("end_year <= first_year", "an end that is not after its beginning"),
        (
            f"NOT regexp_full_match(coalesce(successors, '000000'), '{_SUCCESSORS}')",
            "successors that are not codes with a year in brackets, separated by ;",
        ),
    ):
        rows = connection.execute(f"SELECT count(*), min(line) FROM written_spell WHERE {condition}").fetchall()
        if rows[0][0]:
            raise UsageError(f"the changes {path} have {sentence} in {rows[0][0]} rows, the first is row {rows[0][1]}")


def _refuse_lost_successors(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = connection.execute(
        "SELECT count(*), min(from_code), min_by(to_code, from_code) FROM succession WHERE to_name IS NULL"
    ).fetchall()
    if rows[0][0]:
        raise UsageError(
            f"the changes {path} name {rows[0][0]} successors that do not exist in that year, "
            f"the first is {rows[0][2]} of {rows[0][1]}: correct the code or add its row"
        )


_SPELL = f"""
    SELECT
        code || '000000' AS code, name,
        CASE level WHEN '省级' THEN 'province' WHEN '地级' THEN 'city' ELSE 'county' END AS level,
        make_date(first_year::INTEGER, 12, 31) AS begun, make_date(end_year::INTEGER, 12, 31) AS ended, successors,
        first_year = min(first_year) OVER () AS is_open,
        -- a county whose prefecture got another name is listed anew, and goes on
        coalesce(
            name = lag(name) OVER (PARTITION BY code ORDER BY first_year)
            AND first_year = lag(end_year) OVER (PARTITION BY code ORDER BY first_year),
            false
        ) AS goes_on
    FROM written_spell
    WHERE left(code, 2) NOT IN ({_LEFT_OUT})
"""

# Every successor with the date it took over: at the end of the spell, or in the year in brackets (a transfer).
_SUCCESSION = """
    WITH part AS (
        SELECT
            code AS from_code, name AS from_name, level, ended, part[:6] || '000000' AS to_code,
            try_cast(nullif(regexp_extract(part, '\\[([0-9]+)\\]', 1), '') AS INTEGER) AS year
        FROM (SELECT *, unnest(string_split(successors, ';')) AS part FROM spell WHERE successors IS NOT NULL)
    ),
    dated AS (
        SELECT *, year IS NOT NULL AND make_date(year, 12, 31) IS DISTINCT FROM ended AS is_transfer,
            coalesce(make_date(year, 12, 31), ended) AS change_date
        FROM part
    )
    SELECT
        d.from_code, d.from_name, d.level, d.to_code, t.name AS to_name, d.change_date, d.is_transfer,
        coalesce(t.begun = d.change_date AND NOT t.goes_on, false) AS is_new
    FROM dated AS d
    LEFT JOIN spell AS t
        ON t.code = d.to_code AND t.begun <= d.change_date AND (t.ended IS NULL OR d.change_date < t.ended)
"""

# What a prefecture without successor became: the prefectures of its counties on the day, a municipality, or a county
# that the province governs itself.
_DISSOLVED = """
    WITH gone AS (
        SELECT code, name, ended FROM spell AS s
        WHERE level = 'city' AND ended IS NOT NULL AND NOT EXISTS (
            FROM succession AS n WHERE n.from_code = s.code AND n.change_date = s.ended AND NOT n.is_transfer
        )
    ),
    held AS (
        SELECT g.*, c.code AS county, c.ended IS NULL OR c.ended > g.ended AS lives_on
        FROM gone AS g
        JOIN spell AS c
            ON c.level = 'county' AND left(c.code, 4) = left(g.code, 4) AND c.begun < g.ended
            AND (c.ended IS NULL OR c.ended >= g.ended)
    ),
    followed AS (
        SELECT h.code, h.name, h.ended, h.county AS successor FROM held AS h WHERE h.lives_on
        UNION
        SELECT h.code, h.name, h.ended, n.to_code
        FROM held AS h
        JOIN succession AS n ON n.from_code = h.county AND n.change_date = h.ended AND NOT n.is_transfer
    )
    SELECT DISTINCT
        f.code AS from_code, f.name AS from_name, 'city' AS level,
        coalesce(c.code, CASE WHEN p.name LIKE '%市' THEN p.code END, d.code) AS to_code,
        coalesce(c.name, CASE WHEN p.name LIKE '%市' THEN p.name END, d.name) AS to_name,
        f.ended AS change_date, false AS is_transfer,
        CASE WHEN c.code IS NOT NULL THEN c.begun = f.ended AND NOT c.goes_on
            WHEN p.name LIKE '%市' THEN p.begun = f.ended
            ELSE d.begun = f.ended AND NOT d.goes_on END AS is_new
    FROM followed AS f
    JOIN spell AS d ON d.code = f.successor AND d.begun <= f.ended AND (d.ended IS NULL OR f.ended < d.ended)
    LEFT JOIN spell AS c
        ON c.level = 'city' AND c.code = left(f.successor, 4) || '00000000'
        AND c.begun <= f.ended AND (c.ended IS NULL OR f.ended < c.ended)
    JOIN spell AS p ON p.level = 'province' AND left(p.code, 2) = left(f.successor, 2)
        AND p.begun <= f.ended AND (p.ended IS NULL OR f.ended < p.ended)
"""


def _changes_select() -> str:
    """Return all changes, and what began or ended without anybody knowing from what and into what."""
    return f"""
        WITH followed AS (
            SELECT *, '{SOURCE}' AS source FROM succession
            UNION ALL BY NAME SELECT *, '{THROUGH_COUNTIES}' AS source FROM dissolved
        ),
        counted AS (
            SELECT *,
                count(*) FILTER (NOT is_transfer) OVER (PARTITION BY from_code, change_date) AS successors,
                count(*) FILTER (NOT is_transfer) OVER (PARTITION BY to_code, change_date) AS predecessors,
                regexp_replace(from_name, '{_TYPE_WORD}', '') AS from_base,
                regexp_replace(to_name, '{_TYPE_WORD}', '') AS to_base
            FROM followed
        ),
        change AS (
            SELECT
                from_code, from_name, to_code, to_name, change_date,
                CASE
                    WHEN is_transfer THEN 'transfer'
                    WHEN successors > 1 THEN 'split'
                    WHEN predecessors > 1 OR NOT is_new THEN 'merge'
                    WHEN from_name <> to_name AND (
                        starts_with(from_base, to_base) OR starts_with(to_base, from_base)
                    ) THEN 'level_change'
                    WHEN from_code = to_code THEN 'rename'
                    ELSE 'recode'
                END AS kind,
                is_new AND NOT is_transfer AS to_is_new, source
            FROM counted
            WHERE from_code <> to_code OR from_name <> to_name OR successors > 1
        )
        SELECT
            from_code, from_name, to_code, to_name, change_date, kind, NULL::DOUBLE AS weight,
            NULL::VARCHAR AS weight_basis, to_is_new, source
        FROM change
        UNION ALL
        SELECT NULL, NULL, code, name, begun, 'new', NULL, NULL, true, '{SOURCE}'
        FROM spell AS s
        WHERE NOT is_open AND NOT goes_on AND NOT EXISTS (
            FROM change AS c WHERE c.to_code = s.code AND c.change_date = s.begun AND c.to_is_new
        )
        UNION ALL
        SELECT code, name, NULL, NULL, ended, 'retired', NULL, NULL, false, '{SOURCE}'
        FROM spell AS s
        WHERE ended IS NOT NULL AND NOT EXISTS (
            FROM change AS c WHERE c.from_code = s.code AND c.change_date = s.ended AND c.kind <> 'transfer'
        ) AND NOT EXISTS (FROM spell AS n WHERE n.code = s.code AND n.begun = s.ended AND n.goes_on)
    """
