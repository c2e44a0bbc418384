"""Profiles as the model compares them: names in sounds and parts, numbers in one length, dates in digits.

All of it is set-wise SQL in the vault's own connection; what needs a dictionary is looked up once for each distinct
name or character. How rare a name is comes from the model, never from the data at hand.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from warehouse.linking.characters import COMPOUND_SURNAMES, spell_names, without_dots
from warehouse.linking.lunar import lunar_dates
from warehouse.linking.model import LinkageModel

# Shorter numbers are of passports and permits: they have no check character and families have neighbouring ones.
_SHORTEST_NUMBER: Final = 14
_SHORTEST_PHONE: Final = 7
_SINGLE_GIVEN: Final = 0.2
_PLACE_DIGITS: Final = {"village": 12, "township": 9, "county": 6, "city": 4, "province": 2}

_NUMBER: Final = f"""
    CASE
        WHEN regexp_full_match(number, '[0-9]{{15}}')
        THEN left(number, 6) || '19' || substr(number, 7)
        -- one digit again and again, or a run of them, says nothing of anybody
        WHEN length(number) >= {_SHORTEST_NUMBER}
            AND len(list_distinct(string_split(number, ''))) > 3
            AND NOT starts_with(number, '123456789')
        THEN number
    END
"""
_PLACE: Final = " ".join(f"WHEN '{level}' THEN left(origin_code, {digits})" for level, digits in _PLACE_DIGITS.items())
_BIRTH_IN_NUMBER: Final = """
    strftime(TRY_CAST(
        substr(number, 7, 4) || '-' || substr(number, 11, 2) || '-' || substr(number, 13, 2) AS DATE
    ), '%Y%m%d')
"""
_SEX_IN_NUMBER: Final = """
    CASE WHEN length(number) = 18
        THEN CASE TRY_CAST(substr(number, 17, 1) AS INTEGER) % 2 WHEN 1 THEN '1' WHEN 0 THEN '2' END END
"""

# What two profiles of any block of the declared ones agree on, without a look at how the name sounds.
_NEAR: Final = (
    "'birth' || birth",
    "'name' || array_to_string(list_sort(string_split(name, '')), '')",
    "'place' || left(hukou, 9) || length(name)",
    "'end' || right(number, 9)",
    "'start' || left(number, 14)",
    "'ends' || left(number, 9) || right(number, 4)",
    "'phone' || phone",
)
# From this share on it costs less to prepare everybody than to look who is near.
_MUCH_IS_NEW: Final = 0.2


def prepare(connection: duckdb.DuckDBPyConnection, model: LinkageModel, source: str = "profile") -> None:
    """Create the table ``prepared`` from the relation ``source``: one row for each different profile of a key."""
    _fold(connection, source)
    connection.execute("CREATE OR REPLACE TEMP TABLE distinct_name AS SELECT DISTINCT name FROM folded_profile")
    spell_names(connection, "distinct_name", "spelt_name")
    _weigh_names(connection, model)
    connection.register("lunar_date", lunar_dates())
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE prepared AS
        SELECT
            (row_number() OVER ())::INTEGER AS unique_id, person_key, is_numbered, NOT is_numbered AS is_record, is_new,
            name, name_sorted, tone, sound, left_part, right_part, surname_sound, tf_name,
            sex, birth, birth_lunar, number, hukou, phone
        FROM folded_profile
        LEFT JOIN weighed_name USING (name)
        LEFT JOIN lunar_date USING (birth)
    """)
    connection.unregister("lunar_date")
    connection.execute("DROP TABLE folded_profile; DROP TABLE distinct_name; DROP TABLE spelt_name")
    connection.execute("DROP TABLE weighed_name")


def _fold(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Bring numbers, dates, places and phones into one form; keep what is said twice once."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW folding AS
        WITH folded AS (
            SELECT
                person_key, is_numbered, is_new, {without_dots("name")} AS name, sex, birth_date,
                {_NUMBER} AS number,
                CASE origin_level {_PLACE} END AS hukou,
                regexp_replace(phone, '[^0-9]', '', 'g') AS phone
            FROM {source}
        )
        SELECT
            person_key, is_numbered, is_new, name, number, hukou,
            coalesce(sex, {_SEX_IN_NUMBER}) AS sex,
            coalesce(strftime(birth_date, '%Y%m%d'), {_BIRTH_IN_NUMBER}) AS birth,
            CASE WHEN length(phone) >= {_SHORTEST_PHONE} AND len(list_distinct(string_split(phone, ''))) > 2 THEN phone
                END AS phone
        FROM folded
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE folded_profile AS
        SELECT person_key, is_numbered, name, number, hukou, sex, birth, phone, bool_or(is_new) AS is_new
        FROM ({_chosen(connection, source)})
        GROUP BY ALL
    """)
    connection.execute("DROP VIEW folding; DROP TABLE IF EXISTS fresh_key")


def _chosen(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the query of the profiles that are worth preparing: all where much is new, else those near what is new.

    Near is who agrees on something that every block of the declaration demands, so no pair is lost by it; a night with
    little news costs little.
    """
    share = connection.execute(f"SELECT avg(is_new::INTEGER) FROM {source}").fetchall()[0][0]
    if share is None or share > _MUCH_IS_NEW:
        return "FROM folding"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE fresh_key AS
        SELECT value, bool_or(NOT is_numbered) AS is_of_record
        FROM (SELECT unnest([{", ".join(_NEAR)}]) AS value, is_numbered FROM folding WHERE is_new)
        GROUP BY value
    """)
    near_anything, near_record = (
        " OR ".join(f"{key} IN (SELECT value FROM fresh_key WHERE {which})" for key in _NEAR)
        for which in ("value IS NOT NULL", "value IS NOT NULL AND is_of_record")
    )
    return (
        f"FROM folding WHERE NOT is_numbered AND (is_new OR {near_anything}) "
        f"UNION ALL FROM folding WHERE is_numbered AND (is_new OR {near_record})"
    )


def _weigh_names(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Create ``weighed_name``: each name with its sorted characters, its codes and the share of people who bear it."""
    connection.register("surname_share", _shares(model.surnames))
    connection.register("character_share", _shares(model.characters))
    compound = ", ".join(f"'{surname}'" for surname in COMPOUND_SURNAMES)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE weighed_name AS
        WITH cut AS (
            SELECT *, CASE WHEN left(name, 2) IN ({compound}) AND length(name) > 2 THEN 2 ELSE 1 END AS cut
            FROM spelt_name
        )
        SELECT
            cut.name, tone, sound, left_part, right_part, left(sound, cut) AS surname_sound,
            array_to_string(list_sort(string_split(cut.name, '')), '') AS name_sorted,
            coalesce(surname.share, {model.other_surname})
                * coalesce(first.share, {model.other_character})
                * CASE WHEN length(cut.name) - cut > 1
                    THEN {1 - _SINGLE_GIVEN} * coalesce(second.share, {model.other_character})
                    ELSE {_SINGLE_GIVEN} END AS tf_name
        FROM cut
        LEFT JOIN surname_share AS surname ON surname.written = left(cut.name, cut)
        LEFT JOIN character_share AS first ON first.written = substr(cut.name, cut + 1, 1)
        LEFT JOIN character_share AS second ON second.written = substr(cut.name, cut + 2, 1)
    """)
    connection.unregister("surname_share")
    connection.unregister("character_share")


def _shares(shares: dict[str, float]) -> pa.Table:
    return pa.table({"written": pa.array(shares, pa.string()), "share": pa.array(shares.values(), pa.float64())})
