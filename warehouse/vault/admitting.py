"""Admitting a night's rows: they get their keys, what is new of what they say is sealed, returned rows are matched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingest.keys import SiteKey
from warehouse.vault.matching import match_returned_rows, touch_units
from warehouse.vault.profiles import FOLDED_NAME, PROFILE_COLUMNS, make_profiles
from warehouse.vault.segments import insert_from_segments, of_kind, seal_rows
from warehouse.working_copy import raw_columns

_COLUMNS = ", ".join(PROFILE_COLUMNS)
_FRESH_PROFILES = f"SELECT {_COLUMNS} FROM fresh ORDER BY ALL"
# Returned rows are kept by row: nothing of them is in the warehouse that could say whose they are.
_RETURNED_COLUMNS = "file_id, sheet, row_number, form_id, unit_code, name, number"
_RETURNED = f"""
    SELECT file_id, sheet, row_number, form_id, unit_code, {FOLDED_NAME} AS name, id_number AS number
    FROM gated_returned
"""
# A list that went back and is delivered again says what is sealed already.
_FRESH_RETURNED = f"FROM ({_RETURNED}) EXCEPT SELECT {_RETURNED_COLUMNS} FROM sealed_before ORDER BY ALL"

# Whom tonight's fresh profiles are compared with: the same person, and namesakes of the same birth date.
_RELATED = """
    (form_id, unit_code) IN (FROM touched)
    OR person_key IN (SELECT person_key FROM fresh)
    OR (name, birth_date) IN (SELECT name, birth_date FROM fresh WHERE is_numbered)
"""


def admit(
    connection: duckdb.DuckDBPyConnection,
    *,
    key: SiteKey,
    night_id: str,
    new_segments: Path,
    live_segments: Sequence[Path],
    everybody: bool = False,
) -> list[str]:
    """Turn gated rows into pseudonymous raw rows and seal what is new of them; return the new segments' names.

    Reads the relations ``gated_person``, ``gated_returned`` and ``judged_again`` (files that went back before) of
    ``connection``, and raw.correction as it is after this night; fills raw.person_row, raw.returned_row,
    raw.returned_match and raw.known_profile. The matches of every form and unit touched are made anew from all the
    vault knows, so they do not depend on the order in which files arrive. Leaves ``admitted`` (tonight's rows),
    ``fresh`` (their new profiles) and ``known`` (the profiles that have to do with them, or all where ``everybody`` is
    asked for or somebody without number may be meant).
    """
    make_profiles(connection, key)
    _insert_person_rows(connection)
    _insert_returned_rows(connection)
    names = seal_rows(connection, _FRESH_PROFILES, "profiles", key, night_id, new_segments)
    _open_returned(connection, key, of_kind(live_segments, "returned"))
    names += seal_rows(connection, _FRESH_RETURNED, "returned", key, night_id, new_segments)
    units = touch_units(connection)
    _open_profiles(connection, key, live_segments, everybody=everybody or _may_link(connection))
    if units:
        returned = of_kind([*live_segments, *(new_segments / name for name in names)], "returned")
        match_returned_rows(connection, key, returned)
    return names


def _insert_person_rows(connection: duckdb.DuckDBPyConnection) -> None:
    columns = raw_columns(connection, "person_row")
    values = ["admitted.person_key" if column == "person_key" else f"gated.{column}" for column in columns]
    connection.execute(f"""
        INSERT INTO raw.person_row ({", ".join(columns)})
        SELECT {", ".join(values)} FROM gated_person AS gated JOIN admitted USING (file_id, sheet, row_number)
        ORDER BY gated.file_id, gated.sheet, gated.row_number
    """)


def _insert_returned_rows(connection: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(raw_columns(connection, "returned_row"))
    connection.execute(
        f"INSERT INTO raw.returned_row ({columns}) SELECT {columns} FROM gated_returned "
        "ORDER BY file_id, sheet, row_number"
    )


def _open_returned(connection: duckdb.DuckDBPyConnection, key: SiteKey, segments: Sequence[Path]) -> None:
    """Create ``sealed_before``: what is sealed of the files that went back before and do so again."""
    connection.execute(f"CREATE OR REPLACE TABLE sealed_before AS {_RETURNED} LIMIT 0")
    again = "SELECT EXISTS (FROM gated_returned SEMI JOIN judged_again USING (file_id))"
    if connection.execute(again).fetchall()[0][0]:
        insertion = (
            f"INSERT INTO sealed_before SELECT {_RETURNED_COLUMNS} FROM segment SEMI JOIN judged_again USING (file_id)"
        )
        insert_from_segments(connection, key, segments, insertion)


def _may_link(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether something new was said tonight and somebody without a number may be meant by it."""
    return bool(
        connection.execute("""
            SELECT EXISTS (FROM fresh) AND EXISTS (FROM raw.person_row WHERE NOT is_numbered)
        """).fetchall()[0][0]
    )


def _open_profiles(
    connection: duckdb.DuckDBPyConnection, key: SiteKey, segments: Sequence[Path], *, everybody: bool
) -> None:
    """Create ``known``: the fresh profiles, and those of earlier nights that are asked for.

    Nothing is opened where nothing is new and nobody was returned; else every profile segment is, one at a time.
    """
    connection.execute(f"CREATE OR REPLACE TABLE known AS SELECT {_COLUMNS}, true AS is_new FROM fresh")
    wanted = "true" if everybody else _RELATED
    if everybody or connection.execute("SELECT EXISTS (FROM fresh) OR EXISTS (FROM touched)").fetchall()[0][0]:
        insert_from_segments(
            connection,
            key,
            of_kind(segments, "profiles"),
            f"INSERT INTO known SELECT {_COLUMNS}, false FROM segment WHERE {wanted}",
        )
