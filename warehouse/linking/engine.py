"""The one place that speaks with Splink: a declaration becomes its settings, candidate pairs become weights.

Splink is imported when there is something to link and not before, and says nothing: what it logs may hold its SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Final

import duckdb

from warehouse.linking.model import Comparison, Declaration, Level, LinkageModel

# Pairs scored at once: enough to keep the processor busy, few enough to hold both sides of each in memory.
PAIRS_AT_ONCE: Final = 10_000_000


def linker_for(
    connection: duckdb.DuckDBPyConnection, declaration: Declaration, prior: float, table: str = "prepared"
) -> Any:
    """Return Splink's linker over ``table``, with the rarity of values as the table has it."""
    # each time, because Airflow sets the levels of all loggers anew when it sets up its own
    logging.getLogger("splink").setLevel(logging.CRITICAL + 1)
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    linker = Linker(api.register(table), settings(declaration, prior), log_level=None, validate_settings=False)
    for column in sorted(_rarities(declaration)):
        # the table has the shares itself; an empty list keeps Splink from counting values
        connection.execute(f"CREATE OR REPLACE TEMP TABLE no_{column} ({column} VARCHAR, tf_{column} DOUBLE)")
        linker.table_management.register_term_frequency_lookup(api.register(f"no_{column}"), column)
    return linker


def score_candidates(connection: duckdb.DuckDBPyConnection, model: LinkageModel, least: float) -> None:
    """Create ``scored(unique_id_l, unique_id_r, match_weight, gamma_...)`` of ``candidate`` with at least ``least``."""
    levels = [f"gamma_{comparison.name}" for comparison in model.declaration.comparisons]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE scored (
            unique_id_l INTEGER, unique_id_r INTEGER, match_weight DOUBLE, {" INTEGER, ".join(levels)} INTEGER
        )
    """)
    columns = ", ".join(("unique_id_l", "unique_id_r", "match_weight", *levels))
    linker = linker_for(connection, model.declaration, model.prior)
    for first in range(0, _count(connection), PAIRS_AT_ONCE):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE candidate_part AS
            SELECT * FROM candidate WHERE rowid >= {first} AND rowid < {first + PAIRS_AT_ONCE}
        """)
        linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register("candidate_part"))
        predicted = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        connection.execute(f"INSERT INTO scored SELECT {columns} FROM {predicted.physical_name}")
        predicted.drop_table_from_database_and_remove_from_cache()
    for table in ("candidate_part", *(f"no_{column}" for column in _rarities(model.declaration))):
        connection.execute(f"DROP TABLE IF EXISTS {table}")


def settings(declaration: Declaration, prior: float) -> Any:
    """Return Splink's settings of a declaration."""
    from splink import SettingsCreator

    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=prior,
        comparisons=[_as_splink(each) for each in declaration.comparisons],
        blocking_rules_to_generate_predictions=[],
        # without them Splink does not say which level a pair has
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
        em_convergence=1e-3,
        max_iterations=20,
    )


def level_numbers(comparison: Comparison) -> Iterator[tuple[int, Level]]:
    """Return each level with the number that Splink gives it: the highest to the closest agreement, -1 to unknown."""
    known = [level for level in comparison.levels if not level.is_unknown]
    yield from ((-1, level) for level in comparison.levels if level.is_unknown)
    yield from ((len(known) - place, level) for place, level in enumerate(known, start=1))


def _as_splink(comparison: Comparison) -> dict[str, Any]:
    return {
        "output_column_name": comparison.name,
        "comparison_levels": [_level_as_splink(level) for level in comparison.levels],
    }


def _level_as_splink(level: Level) -> dict[str, Any]:
    written: dict[str, Any] = {"sql_condition": level.condition, "label_for_charts": level.says}
    if level.is_unknown:
        return {**written, "is_null_level": True}
    if level.m is not None:
        written["m_probability"] = level.m
    if level.u is not None:
        written["u_probability"] = level.u
    if level.rarity:
        written |= {
            "tf_adjustment_column": level.rarity,
            "tf_adjustment_weight": level.rarity_weight,
            "tf_minimum_u_value": 1e-7,
            "disable_tf_exact_match_detection": level.rarity_weight < 1,
        }
    return written


def _rarities(declaration: Declaration) -> set[str]:
    return {level.rarity for comparison in declaration.comparisons for level in comparison.levels if level.rarity}


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("SELECT count(*) FROM candidate").fetchall()[0][0])
