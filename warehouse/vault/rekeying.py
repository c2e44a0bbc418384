"""New pseudonyms: every key of a person made anew from what the vault knows, and put in the place of the old one.

Who is one person with whom stays as it was: links, pairs and events are carried over, not made again. Nothing here
writes a value of a person; old and new keys stand beside each other in memory alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from ingest.errors import PopflowError
from ingest.keys import PSEUDONYM, SiteKey, hmac_expression
from warehouse.vault.memory import WAREHOUSE
from warehouse.vault.people import replace_links, resolve_people
from warehouse.vault.profiles import PERSON_KEY, PROFILE_COLUMNS, PROFILE_TYPES, mark_profiles, parameters
from warehouse.vault.segments import insert_from_segments, of_kind, seal_rows

_COLUMNS = ", ".join(PROFILE_COLUMNS)
_PAIR, _LINK = ("person_key", "other_key"), ("person_key", "linked_key")
# Where schema raw holds keys of people.
_KEY_COLUMNS = {
    "person_row": ("person_key",),
    "returned_match": ("person_key",),
    "person_pair": _PAIR,
    "person_review": _PAIR,
    "person_link": _LINK,
    "person_merge": _LINK,
}
# What was published about people on earlier nights and is not built again.
_VERSIONS = "core.stay_version"


def rekey_people(
    connection: duckdb.DuckDBPyConnection,
    *,
    new: SiteKey,
    night_id: str,
    new_segments: Path,
    live_segments: Sequence[Path],
) -> list[str]:
    """Replace all keys of people but those of decisions, after ``make_new_keys``; return the segments live from now on.

    Raises ``PopflowError`` where the vault does not know somebody of the warehouse.
    """
    for table, columns in _KEY_COLUMNS.items():
        for column in columns:
            _replace_keys(connection, f"raw.{table}", column)
    for table in ("person_pair", "person_review"):
        _put_in_order(connection, table)
    _replace_versions(connection)
    if resolve_people(connection):
        # Of records that are one person the smallest key may be another one now; nobody was joined or parted.
        replace_links(connection)
    mark_profiles(connection, new, "rekeyed")
    names = seal_rows(connection, f"SELECT {_COLUMNS} FROM fresh ORDER BY ALL", "profiles", new, night_id, new_segments)
    return [*(path.name for path in of_kind(live_segments, "returned")), *names]


def make_new_keys(
    connection: duckdb.DuckDBPyConnection, old: SiteKey, new: SiteKey, live_segments: Sequence[Path]
) -> None:
    """Open all profiles and create ``new_key(old_key, person_key, is_numbered)``."""
    profiles = of_kind(live_segments, "profiles")
    connection.execute(f"CREATE OR REPLACE TABLE known ({PROFILE_TYPES})")
    insert_from_segments(connection, old, profiles, f"INSERT INTO known SELECT {_COLUMNS} FROM segment")
    connection.execute(
        "CREATE OR REPLACE TABLE rekeyed AS "
        f"SELECT * REPLACE ({PERSON_KEY} AS person_key), person_key AS old_key FROM known",
        parameters(new, PSEUDONYM),
    )
    connection.execute("""
        CREATE OR REPLACE TABLE new_key AS SELECT DISTINCT old_key, person_key, is_numbered FROM rekeyed
    """)
    connection.execute("ALTER TABLE rekeyed DROP COLUMN old_key")


def _replace_keys(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    unknown = connection.execute(
        f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT old_key FROM new_key)"
    ).fetchall()[0][0]
    if unknown:
        raise PopflowError(
            f"the vault does not know {unknown:,} keys of {table}: its segments are not those of the published "
            "warehouse; nothing was changed, restore the vault from its safe copy"
        )
    connection.execute(f"""
        UPDATE {table} AS target SET {column} = new_key.person_key FROM new_key WHERE new_key.old_key = target.{column}
    """)


def _put_in_order(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Of two keys without number the smaller is ``person_key``."""
    connection.execute(f"""
        UPDATE raw.{table} SET person_key = other_key, other_key = person_key
        WHERE person_key > other_key AND other_key NOT IN (SELECT person_key FROM new_key WHERE is_numbered)
    """)


def _replace_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Carry over the versions of stays, which no build makes again; ``rename_stays`` follows when stays are built."""
    if _has_versions(connection):
        _replace_keys(connection, f"{WAREHOUSE}.{_VERSIONS}", "person_key")


def _has_versions(connection: duckdb.DuckDBPyConnection) -> bool:
    tables = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()").fetchall()
    return (_VERSIONS,) in tables


def rename_stays(connection: duckdb.DuckDBPyConnection, new: SiteKey) -> None:
    """Give the versions of stays the names that the same stays have under the new keys of people.

    A stay that is no more, and so was not built, gets a name that nothing else can have. ``connection`` is the working
    copy, its stays built anew.
    """
    if not _has_versions(connection):
        return
    stay, version = (_columns(connection, table) for table in ("core.stay", _VERSIONS))
    same = " AND ".join(
        f"version.{column} IS NOT DISTINCT FROM stay.{column}" for column in version if column in stay - {"stay_id"}
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE stay_name AS
        SELECT version.stay_id AS old_id, min(stay.stay_id) AS stay_id
        FROM {_VERSIONS} AS version JOIN core.stay AS stay ON {same}
        WHERE version.recorded_to IS NULL GROUP BY version.stay_id
    """)
    connection.execute(
        f"""
        UPDATE {_VERSIONS} SET stay_id = coalesce(
            (SELECT stay_name.stay_id FROM stay_name WHERE stay_name.old_id = stay_version.stay_id),
            {hmac_expression("stay_id")}
        )
        """,
        parameters(new, PSEUDONYM),
    )


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {name for (name,) in connection.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()}


def keys_of(connection: duckdb.DuckDBPyConnection, old_keys: Collection[str]) -> dict[str, str]:
    """Return the new keys of some old ones, without those the vault does not know."""
    rows = connection.execute(
        "SELECT old_key, person_key FROM new_key WHERE old_key IN (SELECT unnest($keys::VARCHAR[]))",
        {"keys": sorted(old_keys)},
    ).fetchall()
    return dict(rows)
