"""How well linking does, estimated every night on people who do have numbers: theirs are hidden and looked for.

Of people known from two lists one profile is taken as if it had come without its number, or with a damaged one; the
other stays. What the model then makes of it is counted for each kind of damage. Nobody's link is touched by it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import duckdb
import pyarrow as pa

from warehouse.linking.characters import same_sound
from warehouse.linking.damage import BIRTHS, NUMBERS, OTHER_ORDER, place_of_county
from warehouse.linking.model import LinkageModel
from warehouse.linking.profiles import prepare
from warehouse.linking.scoring import score_prepared

MOST_HIDDEN: Final = 2_000
# Kinds that leave no number at all but change something else too.
_NAMES: Final = {"name_same_sound": "same_sound", "name_other_order": OTHER_ORDER}
_OTHERS: Final = ("hukou_coarser", "phone_missing")
KINDS: Final = (*NUMBERS, *_NAMES, *BIRTHS, *_OTHERS)

# Only numbers of 18 characters can be damaged in all these ways. Which people, and how, follows from their keys.
_DRAW: Final = f"""
    CREATE OR REPLACE TEMP TABLE hidden AS
    WITH twice AS (
        SELECT person_key FROM profile
        WHERE is_numbered AND length(number) = 18 AND name IS NOT NULL AND birth_date IS NOT NULL
        GROUP BY person_key HAVING count(DISTINCT (form_id, unit_code)) > 1
        ORDER BY sha256(person_key) LIMIT {MOST_HIDDEN}
    ),
    drawn AS (
        SELECT person_key, (row_number() OVER (ORDER BY sha256(person_key)) - 1) % {len(KINDS)} AS kind FROM twice
    )
    SELECT
        profile.*, kind,
        (1 + hash(person_key, 1) % 16)::INTEGER AS place, (1 + hash(person_key, 2) % 9)::INTEGER AS digit
    FROM profile JOIN drawn USING (person_key)
    QUALIFY row_number() OVER (
        PARTITION BY person_key ORDER BY form_id, unit_code, name, sex, birth_date, origin_code, origin_level, phone
    ) = 1
"""
# Nothing is new but the hidden rows, so only who is near one of them is prepared.
_AROUND: Final = """
    CREATE OR REPLACE TEMP VIEW around AS
    SELECT profile.* REPLACE (false AS is_new)
    FROM profile LEFT JOIN hidden USING (person_key)
    WHERE profile.is_numbered
        AND (hidden.person_key IS NULL
            OR (profile.form_id, profile.unit_code) IS DISTINCT FROM (hidden.form_id, hidden.unit_code))
    UNION ALL BY NAME FROM damaged
"""
_COUNT: Final = """
    WITH ranked AS (
        SELECT person_key, substr(person_key, 8) = other_key AS is_right, weight,
            lead(weight) OVER best AS next_weight, row_number() OVER best AS rank
        FROM hidden_pair WINDOW best AS (PARTITION BY person_key ORDER BY weight DESC, other_key)
    ),
    judged AS (
        SELECT hidden.kind,
            CASE WHEN weight IS NULL THEN 'apart'
                WHEN weight >= $link_weight AND weight - coalesce(next_weight, -1e9) >= $margin
                THEN CASE WHEN is_right THEN 'right' ELSE 'wrong' END
                ELSE 'held' END AS outcome
        FROM hidden LEFT JOIN ranked ON ranked.person_key = 'hidden:' || hidden.person_key AND ranked.rank = 1
    )
    SELECT kind, count(*), count(*) FILTER (outcome = 'right'), count(*) FILTER (outcome = 'wrong'),
        count(*) FILTER (outcome = 'held'), count(*) FILTER (outcome = 'apart')
    FROM judged GROUP BY kind ORDER BY kind
"""
_TABLES: Final = ("hidden", "damaged", "hidden_pair")


def estimate(
    connection: duckdb.DuckDBPyConnection, model: LinkageModel, night_id: str
) -> list[tuple[str, str, str, int, int, int, int, int]]:
    """Return the rows of raw.linkage_quality: (night, model, damage, hidden, right, wrong, held, apart).

    Reads the relation ``profile`` of ``score_pairs``. There are none where no row came without a number, or nobody is
    known from two lists.
    """
    if not connection.execute("SELECT 1 FROM profile WHERE NOT is_numbered LIMIT 1").fetchall():
        return []
    connection.execute(_DRAW)
    connection.register("sounding", _sounding(connection))
    connection.execute(_damage())
    connection.unregister("sounding")
    connection.execute(_AROUND)
    prepare(connection, model, "around")
    score_prepared(connection, model, "hidden_pair")
    counted = connection.execute(_COUNT, {"link_weight": model.link_weight, "margin": model.margin}).fetchall()
    connection.execute("DROP VIEW around; " + "; ".join(f"DROP TABLE {table}" for table in _TABLES))
    return [(night_id, model.model_id, KINDS[kind], *counts) for kind, *counts in counted]


def _damage() -> str:
    """Return the statement that makes ``damaged``: the hidden profiles as records, spoilt each in its way."""
    names, births, numbers = (_cases(kinds) for kinds in (_NAMES, BIRTHS, NUMBERS))
    coarser, no_phone = (KINDS.index(kind) for kind in _OTHERS)
    return f"""
        CREATE OR REPLACE TEMP TABLE damaged AS
        SELECT
            'hidden:' || person_key AS person_key, false AS is_numbered, CASE kind {names} ELSE name END AS name,
            CASE kind {numbers} END AS number, sex, CASE kind {births} ELSE birth_date END AS birth_date,
            CASE WHEN kind = {coarser} THEN {place_of_county("origin_code")} ELSE origin_code END AS origin_code,
            CASE WHEN kind = {coarser} AND origin_level IN ('village', 'township') THEN 'county' ELSE origin_level
                END AS origin_level,
            CASE WHEN kind <> {no_phone} THEN phone END AS phone, form_id, unit_code, true AS is_new
        FROM hidden LEFT JOIN sounding USING (name)
    """


def _cases(kinds: dict[str, str]) -> str:
    return " ".join(f"WHEN {KINDS.index(kind)} THEN {expression}" for kind, expression in kinds.items())


def _sounding(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return (name, same_sound): each hidden name with one character replaced by another one that sounds the same."""
    names = [name for (name,) in connection.execute("SELECT DISTINCT name FROM hidden ORDER BY name").fetchall()]
    alike: dict[str, list[str]] = defaultdict(list)
    for character in sorted(set("".join(names))):
        alike[same_sound(character)].append(character)
    return pa.table(
        {"name": pa.array(names, pa.string()), "same_sound": pa.array([_resound(each, alike) for each in names])}
    )


def _resound(name: str, alike: dict[str, list[str]]) -> str:
    """Return the name with its last character that another one sounds like replaced; itself where there is none."""
    for place in range(len(name) - 1, 0, -1):
        group = alike[same_sound(name[place])]
        if len(group) > 1:
            other = group[(group.index(name[place]) + 1) % len(group)]
            return name[:place] + other + name[place + 1 :]
    return name
