"""Profiles: what lists say of whom, each combination once, and the keys that rows have by it.

A row with a valid number has the keyed hash of the number. A row without one has a record key, the keyed hash of what
it says: the same words in next month's list give the same key, and nothing else in the warehouse can change it. Rows of
one list that say the same of somebody without a number are told apart by their turn.
"""

from __future__ import annotations

import duckdb

from ingest.identity import is_placeholder
from ingest.keys import PROFILE, PSEUDONYM, SiteKey, hmac_expression

# Clerks put spaces into short names to line them up.
FOLDED_NAME = r"nullif(regexp_replace(person_name, '[\s\p{Z}]', '', 'g'), '')"

# What a record key is made of, beside the turn among rows of one list that agree in all of it.
_RECORD_FACTS = ("form_id", "unit_code", "name", "number", "sex", "birth_date", "origin_code")
_PROFILE = {
    "person_key": "VARCHAR",
    "is_numbered": "BOOLEAN",
    "name": "VARCHAR",
    "number": "VARCHAR",
    "phone": "VARCHAR",
    "sex": "VARCHAR",
    "birth_date": "DATE",
    "origin_code": "VARCHAR",
    "origin_level": "VARCHAR",
    "form_id": "VARCHAR",
    "unit_code": "VARCHAR",
    "turn": "BIGINT",
}
PROFILE_COLUMNS = tuple(_PROFILE)
PROFILE_TYPES = ", ".join(f"{name} {kind}" for name, kind in _PROFILE.items())
# Rows that agree in all facts of the key take their turns by what else they say, so that the order of a list is no
# fact; where that agrees as well, it does not matter whose turn it is.
_TURN_BY = (
    *("phone", "left_hukou_from", "left_hukou_to", "arrived_from", "arrived_to", "dest_code", "reason_code"),
    *("dwelling_code", "education_code", "ended_from", "end_code", "registered_date", "sheet", "row_number"),
)
_ROW = ("file_id", "sheet", "row_number")


def _joined(*columns: str) -> str:
    """Return one text of several columns; what is missing stays in its place."""
    return "concat_ws(chr(31), " + ", ".join(f"coalesce({column}::VARCHAR, '')" for column in columns) + ")"


PERSON_KEY = hmac_expression(
    f"CASE WHEN is_numbered THEN number ELSE 'record' || {_joined(*_RECORD_FACTS, 'turn')} END"
)
_PROFILE_MARK = hmac_expression(_joined(*PROFILE_COLUMNS))

_ADMITTED = f"""
    CREATE OR REPLACE TABLE admitted AS
    WITH said AS (
        SELECT
            * EXCLUDE (id_number, number_written, person_name), {FOLDED_NAME} AS name,
            CASE WHEN is_numbered THEN id_number WHEN NOT {is_placeholder("number_written")} THEN number_written END
                AS number
        FROM gated_person
    ),
    in_turn AS (
        SELECT *, NULL::BIGINT AS turn FROM said WHERE is_numbered
        UNION ALL
        SELECT *, row_number() OVER (PARTITION BY file_id, {", ".join(_RECORD_FACTS)} ORDER BY {", ".join(_TURN_BY)})
        FROM said WHERE NOT is_numbered
    )
    SELECT {", ".join(_ROW)}, {PERSON_KEY} AS person_key, {", ".join(PROFILE_COLUMNS[1:])} FROM in_turn
"""
_FRESH = f"""
    CREATE OR REPLACE TABLE fresh AS
    WITH marked AS (
        SELECT *, {_PROFILE_MARK} AS profile_mark FROM (SELECT DISTINCT {", ".join(PROFILE_COLUMNS)} FROM admitted)
    )
    SELECT * FROM marked ANTI JOIN raw.known_profile USING (profile_mark)
"""


def parameters(key: SiteKey, purpose: str) -> dict[str, bytes]:
    """Return the parameters of ``hmac_expression`` for a purpose."""
    inner, outer = key.pads(purpose)
    return {"inner": inner, "outer": outer}


def make_profiles(connection: duckdb.DuckDBPyConnection, key: SiteKey) -> None:
    """Create ``admitted``, the rows of ``gated_person`` with their keys, and ``fresh``, the profiles not known yet.

    The marks of the fresh ones are added to raw.known_profile.
    """
    connection.execute(_ADMITTED, parameters(key, PSEUDONYM))
    connection.execute(_FRESH, parameters(key, PROFILE))
    remember_profiles(connection)


def mark_profiles(connection: duckdb.DuckDBPyConnection, key: SiteKey, profiles: str) -> None:
    """Create ``fresh`` of all rows of a relation of profiles, whatever was known before."""
    connection.execute(
        f"CREATE OR REPLACE TABLE fresh AS SELECT *, {_PROFILE_MARK} AS profile_mark FROM {profiles}",
        parameters(key, PROFILE),
    )
    connection.execute("DELETE FROM raw.known_profile")
    remember_profiles(connection)


def remember_profiles(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the marks of the fresh profiles to those the warehouse knows."""
    connection.execute("INSERT INTO raw.known_profile SELECT profile_mark FROM fresh ORDER BY profile_mark")
