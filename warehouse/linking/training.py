"""How the weights of a model are learnt without anybody saying which pairs are one person.

How often two people agree by chance is counted on random pairs; how often one person's rows agree is estimated by
expectation maximisation within blocks, each block teaching what it does not itself demand. Both have a fixed seed.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import Any, Final

import duckdb

from warehouse.linking.engine import level_numbers, linker_for
from warehouse.linking.model import Declaration, LinkageModel, with_shares
from warehouse.linking.profiles import prepare

SEED: Final = 20
# What was never seen is rare, not impossible.
_LEAST_M: Final = 1e-3
_LEAST_U: Final = 1e-7


def train(
    connection: duckdb.DuckDBPyConnection,
    untrained: LinkageModel,
    *,
    random_pairs: float = 2e7,
    is_prepared: bool = False,
) -> LinkageModel:
    """Return ``untrained`` with the weights learnt from the relation ``profile`` (or from ``prepared``, if that is)."""
    if not is_prepared:
        prepare(connection, untrained)
    chance = _by_chance(connection, untrained, random_pairs)
    linker = linker_for(connection, chance, untrained.prior)
    learnt: dict[tuple[str, str], list[float]] = {key: [] for key in _keys(chance)}
    for rule in chance.training_blocks:
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=True
        )
        for key, share in _shares(session.core_model_settings.comparisons, chance, "m").items():
            learnt[key].append(share)
    m = {key: max(median(shares or [0.0]), _LEAST_M) for key, shares in learnt.items()}
    return replace(untrained, declaration=with_shares(chance, "m", m))


def _by_chance(connection: duckdb.DuckDBPyConnection, untrained: LinkageModel, random_pairs: float) -> Declaration:
    """Return the declaration with how often two people agree by chance.

    Two different valid numbers are two people for certain, so that is counted on people with numbers where there are.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE known_apart AS
        SELECT * FROM prepared
        WHERE NOT is_record OR NOT EXISTS (FROM prepared WHERE NOT is_record)
        QUALIFY row_number() OVER (PARTITION BY person_key ORDER BY unique_id) = 1
    """)
    linker = linker_for(connection, untrained.declaration, untrained.prior, "known_apart")
    linker.training.estimate_u_using_random_sampling(
        max_pairs=random_pairs, seed=SEED, min_count_per_level=None, num_chunks=1
    )
    counted = _shares(linker._settings_obj.comparisons, untrained.declaration, "u")
    u = {key: max(counted.get(key, 0.0), _LEAST_U) for key in _keys(untrained.declaration)}
    return with_shares(untrained.declaration, "u", u)


def _keys(declaration: Declaration) -> list[tuple[str, str]]:
    return [
        (each.name, level.says) for each in declaration.comparisons for level in each.levels if not level.is_unknown
    ]


def _shares(comparisons: Any, declaration: Declaration, which: str) -> dict[tuple[str, str], float]:
    """Return what Splink learnt for each (comparison, level), without the levels it has nothing of."""
    numbers = {each.name: dict(level_numbers(each)) for each in declaration.comparisons}
    return {
        (
            comparison.output_column_name,
            numbers[comparison.output_column_name][level.comparison_vector_value].says,
        ): share
        for comparison in comparisons
        for level in comparison.comparison_levels
        if not level.is_null_level and (share := _share(level, which)) is not None
    }


def _share(level: Any, which: str) -> float | None:
    share = getattr(level, f"_{which}_probability")
    return share if isinstance(share, float) else None
