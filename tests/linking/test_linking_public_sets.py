"""Labelled public sets: our engine, told what to compare, against Splink with the settings of its own documentation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from linking import public_sets
from linking.public_sets import SETS

from warehouse.linking.model import Declaration
from warehouse.linking.resolving import resolve
from warehouse.linking.scoring import score_prepared
from warehouse.linking.training import train

pytestmark = [
    pytest.mark.reference,
    pytest.mark.slow,
    pytest.mark.skipif(not SETS.exists(), reason="the labelled public sets are not here"),
]
THRESHOLDS = [step / 4 for step in range(-20, 61)]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def _ours(
    connection: duckdb.DuckDBPyConnection, declaration: Declaration, prior: float, extra: str, rare: tuple[str, ...]
) -> float:
    """Return the F1 of the pairs that our engine puts together: trained, scored and resolved, at even odds."""
    public_sets.prepare_public(connection, extra, rare)
    model = train(connection, public_sets.untrained(declaration, prior), random_pairs=1e6, is_prepared=True)
    score_prepared(connection, model)
    connection.execute("""
        CREATE TABLE pair AS FROM scored_pair;
        CREATE TABLE member (list_id VARCHAR, person_key VARCHAR);
        CREATE TABLE decision (person_key VARCHAR, other_key VARCHAR, decision VARCHAR);
        CREATE TABLE key AS
        SELECT lpad(unique_id::VARCHAR, 8, '0') AS person_key, false AS is_numbered, DATE '2026-01-01' AS first_reported
        FROM public
    """)
    resolve(connection, model)
    connection.execute("""
        CREATE TABLE ours AS
        WITH linked AS (
            SELECT person_key::INTEGER AS unique_id, coalesce(linked_key, person_key) AS linked
            FROM key LEFT JOIN link USING (person_key)
        )
        SELECT l.unique_id AS unique_id_l, r.unique_id AS unique_id_r, 0.0 AS match_weight
        FROM linked AS l JOIN linked AS r ON l.linked = r.linked AND l.unique_id < r.unique_id
    """)
    return _f1(connection, "ours", 0.0)


def _f1(connection: duckdb.DuckDBPyConnection, predicted: str, threshold: float) -> float:
    """Return the F1 of predicted pairs against all pairs of one cluster."""
    true, found, right = connection.execute(f"""
        SELECT
            (SELECT count(*) FROM public AS l JOIN public AS r ON l.cluster = r.cluster AND l.unique_id < r.unique_id),
            count(*), count(*) FILTER (l.cluster = r.cluster)
        FROM {predicted} AS found
        JOIN public AS l ON l.unique_id = found.unique_id_l
        JOIN public AS r ON r.unique_id = found.unique_id_r
        WHERE match_weight >= {threshold}
    """).fetchall()[0]
    return float(2 * right / (true + found))


def _splink(
    connection: duckdb.DuckDBPyConnection, settings: Any, deterministic: list[Any], recall: float, **told: Any
) -> float:
    """Return the best F1 that Splink reaches with its settings at any threshold, which is more than it promises."""
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection)
    linker = Linker(api.register("public"), settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match(deterministic, recall=recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=told["pairs"], seed=2)
    for rule in told["rules"]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_weight=min(THRESHOLDS), warning_mode="never").physical_name
    return max(_f1(connection, predicted, threshold) for threshold in THRESHOLDS)


def _splink_febrl(connection: duckdb.DuckDBPyConnection) -> float:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on(column) for column in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")
        ],
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
    )
    deterministic = [
        block_on("soc_sec_id"),
        block_on("given_name", "surname", "date_of_birth"),
        "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
    ]
    rules = [block_on("date_of_birth"), block_on("postcode")]
    return _splink(connection, settings, deterministic, 0.9, pairs=1e6, rules=rules)


def _splink_fake(connection: duckdb.DuckDBPyConnection) -> float:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.LevenshteinAtThresholds("dob", 1),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on("first_name", "city"), block_on("surname")],
    )
    deterministic = [
        block_on("first_name", "dob"),
        "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
        block_on("email"),
    ]
    rules = [block_on("first_name", "surname"), block_on("dob")]
    return _splink(connection, settings, deterministic, 0.7, pairs=2e6, rules=rules)


@pytest.mark.parametrize(("name", "rows", "prior"), [("febrl_dataset1", 1000, 1e-3), ("febrl_dataset2", 5000, 3e-4)])
def test_febrl_is_joined_at_least_as_well_as_by_splink(
    connection: duckdb.DuckDBPyConnection, name: str, rows: int, prior: float
) -> None:
    public_sets.read_febrl(connection, f"{name}.csv.gz")
    assert connection.execute("SELECT count(*) FROM public").fetchall() == [(rows,)]
    theirs = _splink_febrl(connection)
    ours = _ours(connection, public_sets.febrl(), prior, public_sets.FEBRL_EXTRA, public_sets.FEBRL_RARE)
    sys.stdout.write(f"{name}: F1 {ours:.4f}, Splink {theirs:.4f}\n")
    assert ours >= theirs


def test_the_set_that_comes_with_splink_is_joined_at_least_as_well(connection: duckdb.DuckDBPyConnection) -> None:
    public_sets.read_fake(connection)
    assert connection.execute("SELECT count(*) FROM public").fetchall() == [(1000,)]
    theirs = _splink_fake(connection)
    ours = _ours(connection, public_sets.fake(), 4e-3, public_sets.FAKE_EXTRA, public_sets.FAKE_RARE)
    sys.stdout.write(f"splink_fake_1000: F1 {ours:.4f}, Splink {theirs:.4f}\n")
    assert ours >= theirs
