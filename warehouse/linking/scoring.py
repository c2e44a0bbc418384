"""From profiles to weighed pairs: what may be one person, how likely, and what speaks for it.

The weight of a pair is that of its two closest profiles under a frozen model, so it depends on nothing else that is
known that night. What a pair agrees in is said in words; no name and no number leaves this step.
"""

from __future__ import annotations

import logging
from typing import Final

import duckdb

from warehouse.linking.blocking import Candidates, find_candidates
from warehouse.linking.engine import level_numbers, score_candidates
from warehouse.linking.model import LinkageModel
from warehouse.linking.profiles import prepare

LOGGER: Final = logging.getLogger(__name__)

# How far below the link threshold a pair is put that somebody has to decide about.
_HELD_BELOW: Final = 0.01
_DIGITS: Final = 4


def score_pairs(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> Candidates:
    """Create ``scored_pair(person_key, other_key, weight, evidence)`` from the relation ``profile``.

    ``person_key`` is a record's; ``other_key`` a person's, or another record's and then the greater of the two. Only
    pairs with a new profile on one side are there, and only from the model's review weight on; where a pair was scored
    on an earlier night too, the greater weight holds.
    """
    if not connection.execute("SELECT 1 FROM profile WHERE NOT is_numbered LIMIT 1").fetchall():
        _create_scored_pair(connection, "scored_pair")
        return Candidates(0, 0, 0, {})
    prepare(connection, model)
    return score_prepared(connection, model)


def score_prepared(connection: duckdb.DuckDBPyConnection, model: LinkageModel, made: str = "scored_pair") -> Candidates:
    """Create ``made``, as ``score_pairs`` does ``scored_pair``, from the table ``prepared``.

    That has the columns that the model's declaration names, and unique_id, person_key, is_record (it looks for others)
    and is_new. The table is used up.
    """
    _create_scored_pair(connection, made)
    candidates = find_candidates(connection, model.declaration)
    if candidates.keys_left_out:
        LOGGER.warning(
            "linking left out %d keys that more than %d profiles share, with %d pairs",
            candidates.keys_left_out,
            model.declaration.most_in_block,
            candidates.pairs_left_out,
        )
    score_candidates(connection, model, model.review_weight)
    _name_pairs(connection, model, made)
    connection.execute("DROP TABLE scored; DROP TABLE candidate; DROP TABLE prepared")
    return candidates


def _create_scored_pair(connection: duckdb.DuckDBPyConnection, made: str) -> None:
    connection.execute(f"""
        CREATE OR REPLACE TABLE {made}
        (person_key VARCHAR, other_key VARCHAR, weight DOUBLE, evidence VARCHAR)
    """)


def _name_pairs(connection: duckdb.DuckDBPyConnection, model: LinkageModel, made: str) -> None:
    """Fill ``made`` from the scored profiles: the best of each pair of keys, the same one in every order."""
    connection.execute(f"""
        INSERT INTO {made}
        WITH keyed AS (
            SELECT
                CASE WHEN record.is_record AND other.is_record
                    THEN least(record.person_key, other.person_key) ELSE record.person_key END AS person_key,
                CASE WHEN record.is_record AND other.is_record
                    THEN greatest(record.person_key, other.person_key) ELSE other.person_key END AS other_key,
                {weight(model)} AS weight,
                {evidence(model)} AS evidence
            FROM scored
            JOIN prepared AS record ON record.unique_id = scored.unique_id_l
            JOIN prepared AS other ON other.unique_id = scored.unique_id_r
            WHERE record.person_key <> other.person_key
        )
        SELECT person_key, other_key, max(weight), min(evidence ORDER BY evidence) FILTER (is_best)
        FROM (SELECT *, weight = max(weight) OVER (PARTITION BY person_key, other_key) AS is_best FROM keyed)
        GROUP BY person_key, other_key
        ORDER BY person_key, other_key
    """)


def weight(model: LinkageModel) -> str:
    """Return the SQL expression of a scored pair's weight: held below the link threshold where a level says so."""
    held = [
        f"gamma_{comparison.name} = {number}"
        for comparison in model.declaration.comparisons
        for number, level in level_numbers(comparison)
        if level.holds
    ]
    rounded = f"round(match_weight, {_DIGITS})"
    if not held:
        return rounded
    return f"CASE WHEN {' OR '.join(held)} THEN least({rounded}, {model.link_weight - _HELD_BELOW}) ELSE {rounded} END"


def evidence(model: LinkageModel) -> str:
    """Return the SQL expression of what a scored pair agrees in, in the words of the model."""
    said = ", ".join(
        f"CASE gamma_{comparison.name} "
        + " ".join(
            f"WHEN {number} THEN '{comparison.name}: {level.says}'"
            for number, level in level_numbers(comparison)
            if not level.is_unknown
        )
        + " END"
        for comparison in model.declaration.comparisons
    )
    return f"concat_ws('; ', {said})"
