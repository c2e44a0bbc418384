"""Loading a night into the working copy: the gated rows and what the models need to know about the site.

Rows are added by file; a file the warehouse has already is not added a second time, but one that went back is judged
again when it is delivered again, because its cause may have gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.division_changes import import_changes, import_register
from ingest.errors import UsageError
from ingest.keys import SiteKey
from ingest.register import SHIPPED_REGISTER, register_query
from ingest.safe_text import shown_path
from ingest.sql_text import sql_text
from warehouse import vault
from warehouse.declared import load_declared
from warehouse.folders import WorkFolder
from warehouse.words import read_words_again
from warehouse.working_copy import raw_columns

# Tables of W/gated that go into raw with the columns that raw has (the slips read more); those with people's
# identities go through the vault.
_PLAIN_TABLES = (
    "person_value",
    "report_cell",
    "row_mark",
    "explanation",
    "finding",
    "dropped_column",
    "unmapped_value",
)
# What the warehouse keeps of a file that went back as a whole.
_TABLES_OF_RETURNED = (
    "file",
    "returned_row",
    "returned_match",
    "explanation",
    "finding",
    "dropped_column",
    "unmapped_value",
)


@dataclass(frozen=True)
class NightFacts:
    """What the rows of raw.site and raw.snapshot say about a night."""

    night_id: str
    run_date: dt.date
    built_at: dt.datetime
    home_code: str
    history_months: int
    popflow_version: str


def load_night(
    work: WorkFolder,
    facts: NightFacts,
    key: SiteKey,
    live_segments: Sequence[Path],
    vintage: tuple[Path, dt.date | None] | None = None,
) -> list[str]:
    """Fill the working copy's schema raw for this night; return the names of the new vault segments.

    ``vintage`` is a division register to bring in and its date, or a table of changes of divisions, which has none.
    """
    with vault.open_in_memory(work.database) as connection:
        load_register(connection)
        if vintage is not None:
            _load_vintage(connection, *vintage)
        load_declared(connection)
        segments = _load_lists(connection, work, facts, key, live_segments)
        read_words_again(connection)
        note_night(connection, facts)
    return segments


def _load_lists(
    connection: duckdb.DuckDBPyConnection,
    work: WorkFolder,
    facts: NightFacts,
    key: SiteKey,
    live_segments: Sequence[Path],
) -> list[str]:
    """Load the lists of the night and say who is who; return the names of the new vault segments."""
    anew = vault.is_other_model(connection)
    _view_gated(connection, work.gated, facts.night_id)
    segments = vault.admit(
        connection,
        key=key,
        night_id=facts.night_id,
        new_segments=work.vault,
        live_segments=live_segments,
        everybody=anew,
    )
    vault.link_people(connection, facts.night_id, facts.built_at, anew=anew)
    vault.ask_senders(connection, key, work.gated, work.landed_tables("person_row"), work.landed_tables("column"))
    return segments


def load_register(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill raw.division with the register that ships, on a site's first night."""
    connection.execute(f"""
        INSERT INTO raw.division BY NAME
        SELECT * FROM ({register_query(SHIPPED_REGISTER)}) WHERE NOT EXISTS (FROM raw.division) ORDER BY code
    """)


def _load_vintage(connection: duckdb.DuckDBPyConnection, path: Path, as_of: dt.date | None) -> None:
    if as_of is None:
        import_changes(connection, path)
    else:
        import_register(connection, path, as_of)


def _view_gated(connection: duckdb.DuckDBPyConnection, gated: Path, night_id: str) -> None:
    """Load what the gate let in, but the people: these are the views ``gated_person`` and ``gated_returned``."""
    if (gated / "file.parquet").exists():
        _load_gated(connection, gated, night_id)
        return
    connection.execute("CREATE TABLE judged_again (file_id VARCHAR)")
    for table, view, identity in (
        ("person_row", "gated_person", ("id_number", "number_written", "person_name", "phone")),
        ("returned_row", "gated_returned", ("id_number", "person_name")),
    ):
        nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name in identity)
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT *, {nothing} FROM raw.{table} WHERE false")


def _load_gated(connection: duckdb.DuckDBPyConnection, gated: Path, night_id: str) -> None:
    _load_files(connection, gated, night_id)
    for table in _PLAIN_TABLES:
        columns = ", ".join(raw_columns(connection, table))
        connection.execute(f"INSERT INTO raw.{table} ({columns}) SELECT {columns} FROM {_of_new_files(gated, table)}")
    _load_corrections(connection, gated)
    connection.execute(
        f"INSERT INTO raw.check_result BY NAME SELECT $night AS night_id, * FROM {_parquet(gated, 'check_result')}",
        {"night": night_id},
    )
    for table, view in (("person_row", "gated_person"), ("returned_row", "gated_returned")):
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {_of_new_files(gated, table)}")


def _load_files(connection: duckdb.DuckDBPyConnection, gated: Path, night_id: str) -> None:
    """Add the files the warehouse does not have; the same bytes at the same path again are the same file.

    One that went back before has left nothing but its record: judged again, it replaces that record.
    """
    connection.create_function("shown_path", shown_path, ["VARCHAR"], "VARCHAR")
    _forget_returned(connection, gated)
    connection.execute(f"""
        CREATE OR REPLACE TABLE new_file AS
        SELECT * REPLACE (shown_path(path) AS path) FROM {_parquet(gated, "file")}
        ANTI JOIN raw.file USING (file_id)
    """)
    connection.execute(
        "INSERT INTO raw.file BY NAME SELECT *, $night AS night_id FROM new_file ORDER BY file_id", {"night": night_id}
    )


def _forget_returned(connection: duckdb.DuckDBPyConnection, gated: Path) -> None:
    connection.execute(f"""
        CREATE OR REPLACE TABLE judged_again AS
        SELECT file_id FROM raw.file SEMI JOIN {_parquet(gated, "file")} USING (file_id) WHERE status = 'returned'
    """)
    for table in _TABLES_OF_RETURNED:
        connection.execute(f"DELETE FROM raw.{table} WHERE file_id IN (FROM judged_again)")


def _load_corrections(connection: duckdb.DuckDBPyConnection, gated: Path) -> None:
    """Note which rows the corrected slips of the night replace."""
    connection.execute(f"""
        INSERT INTO raw.correction BY NAME
        SELECT correction.* FROM {_parquet(gated, "correction")} AS correction
        SEMI JOIN new_file ON correction.by_file_id = new_file.file_id
    """)


def _of_new_files(gated: Path, table: str) -> str:
    return f"{_parquet(gated, table)} SEMI JOIN new_file USING (file_id)"


def _parquet(gated: Path, table: str) -> str:
    return f"read_parquet({sql_text(gated / f'{table}.parquet')})"


def note_night(connection: duckdb.DuckDBPyConnection, facts: NightFacts) -> None:
    """Say in the warehouse which site it is of, and which night made it."""
    _load_site(connection, facts)
    _load_snapshot(connection, facts)


def _load_site(connection: duckdb.DuckDBPyConnection, facts: NightFacts) -> None:
    connection.execute("DELETE FROM raw.site")
    connection.execute(
        "INSERT INTO raw.site SELECT $home, $level, $run_date, $night, $months",
        {
            "home": facts.home_code,
            "level": division_level(connection, facts.home_code),
            "run_date": facts.run_date,
            "night": facts.night_id,
            "months": facts.history_months,
        },
    )


def division_level(connection: duckdb.DuckDBPyConnection, code: str) -> str:
    """Return the level of a division of the register.

    Raises ``UsageError`` where the register does not have it.
    """
    rows = connection.execute("SELECT level FROM raw.division WHERE code = $code LIMIT 1", {"code": code}).fetchall()
    if not rows:
        raise UsageError(f"the division register has no {code}: correct site.division in popflow.toml")
    return str(rows[0][0])


def _load_snapshot(connection: duckdb.DuckDBPyConnection, facts: NightFacts) -> None:
    connection.execute(
        """
        INSERT INTO raw.snapshot
        SELECT $night, $night, $run_date, $built_at, $version,
            count(*), coalesce(sum(rows_accepted), 0), coalesce(sum(rows_returned), 0)
        FROM raw.file WHERE night_id = $night
        """,
        {
            "night": facts.night_id,
            "run_date": facts.run_date,
            "built_at": facts.built_at,
            "version": facts.popflow_version,
        },
    )
