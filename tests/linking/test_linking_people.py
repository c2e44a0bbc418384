"""Linking on invented people whose rows lost their numbers: who is found, who is mistaken, and by which slip."""

from __future__ import annotations

import sys
from dataclasses import replace

import duckdb
import pytest
from linking.people import invent

from warehouse.linking.model import LinkageModel, shipped_model
from warehouse.linking.resolving import resolve
from warehouse.linking.scoring import score_pairs

WANTED_PRECISION, WANTED_RECALL = 0.995, 0.95


def _resolve(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Resolve the scored pairs as a night does: every list knows its own members, nobody has decided anything."""
    connection.execute("""
        CREATE TABLE pair AS FROM scored_pair;
        CREATE TABLE member AS SELECT DISTINCT form_id || unit_code AS list_id, person_key FROM profile;
        CREATE TABLE decision (person_key VARCHAR, other_key VARCHAR, decision VARCHAR);
        CREATE TABLE key AS
        SELECT DISTINCT person_key, is_numbered, DATE '2026-01-01' AS first_reported FROM profile
    """)
    resolve(connection, model)


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``judged(number_damage, other_damage, is_known, outcome)``, one row for each record."""
    connection.execute("""
        CREATE TABLE judged AS
        SELECT number_damage, other_damage, is_known,
            CASE WHEN linked_key IS NULL OR linked_key[1] = 'r' THEN 'apart'
                WHEN linked_key = true_key AND is_known THEN 'right' ELSE 'wrong' END AS outcome
        FROM truth LEFT JOIN link USING (person_key)
    """)


def _figures(connection: duckdb.DuckDBPyConnection, where: str = "true") -> tuple[int, float, float]:
    """Return how many records there are, the precision of their links and the share of those known who were found."""
    records, known, right, wrong = connection.execute(f"""
        SELECT count(*), count(*) FILTER (is_known),
            count(*) FILTER (outcome = 'right'), count(*) FILTER (outcome = 'wrong')
        FROM judged WHERE {where}
    """).fetchall()[0]
    return records, right / max(right + wrong, 1), right / max(known, 1)


def _say(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the figures of every kind of damage; no kind may mistake people for others."""
    for kind in ("number_damage", "other_damage"):
        for (damage,) in connection.execute(f"SELECT DISTINCT {kind} FROM judged ORDER BY 1").fetchall():
            records, precision, recall = _figures(connection, f"{kind} = '{damage}'")
            sys.stdout.write(f"{kind:14} {damage:18} {records:6} precision {precision:.4f} recall {recall:.4f}\n")
            assert precision >= WANTED_PRECISION
    records, precision, recall = _figures(connection)
    sys.stdout.write(f"{'all':33} {records:6} precision {precision:.4f} recall {recall:.4f}\n")


def test_rows_without_a_number_find_their_people_and_nobody_else(connection: duckdb.DuckDBPyConnection) -> None:
    invent(connection, 8_000, 800)
    score_pairs(connection, shipped_model())
    _resolve(connection, shipped_model())
    _judge(connection)
    records, precision, recall = _figures(connection)
    assert records == 800
    assert precision >= WANTED_PRECISION
    assert recall >= WANTED_RECALL


@pytest.mark.slow
def test_precision_and_recall_hold_among_many_and_are_said_for_each_kind_of_damage(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    # one row in ten: half of them have a damaged number, half of them none
    invent(connection, 200_000, 20_000, seed=8)
    score_pairs(connection, shipped_model())
    _resolve(connection, shipped_model())
    _judge(connection)
    _say(connection)
    records, precision, recall = _figures(connection)
    assert records == 20_000
    assert precision >= WANTED_PRECISION
    assert recall >= WANTED_RECALL


def test_the_weight_of_a_pair_depends_on_nobody_else(connection: duckdb.DuckDBPyConnection) -> None:
    """A night with fewer people and another order gives the same pairs the same weights and words."""
    invent(connection, 3_000, 300)
    model = replace(shipped_model(), review_weight=-10.0)
    score_pairs(connection, model)
    connection.execute("CREATE TABLE among_all AS FROM scored_pair")
    connection.execute("""
        CREATE TABLE everybody AS FROM profile;
        CREATE OR REPLACE TABLE profile AS
        FROM everybody WHERE person_key[2:]::INTEGER % 3 = 0 ORDER BY hash(person_key, 9)
    """)
    score_pairs(connection, model)
    few = connection.execute("SELECT count(*) FROM scored_pair").fetchall()[0][0]
    assert few > 80
    same = connection.execute("SELECT count(*) FROM (FROM scored_pair INTERSECT FROM among_all)").fetchall()[0][0]
    assert same == few


def test_two_nights_find_what_one_night_finds(connection: duckdb.DuckDBPyConnection) -> None:
    """Whatever comes first: each night scores only pairs with something new, and together they are all pairs."""
    invent(connection, 2_000, 300)
    connection.execute("CREATE TABLE everybody AS FROM profile")
    score_pairs(connection, shipped_model())
    connection.execute("CREATE TABLE at_once AS FROM scored_pair")
    night = "CREATE OR REPLACE TABLE profile AS SELECT * REPLACE (hash(person_key) % 10 = 1 AS is_new) FROM everybody"
    connection.execute(night.replace("= 1", "<> 1") + " WHERE hash(person_key) % 10 <> 1")
    score_pairs(connection, shipped_model())
    connection.execute("CREATE TABLE in_two AS FROM scored_pair")
    connection.execute(night)
    score_pairs(connection, shipped_model())
    assert connection.execute("SELECT count(*) > 10 FROM scored_pair").fetchall() == [(True,)]
    assert connection.execute("SELECT count(*) FROM (FROM in_two INTERSECT FROM scored_pair)").fetchall() == [(0,)]
    connection.execute("INSERT INTO in_two FROM scored_pair")
    expected = connection.execute("FROM at_once ORDER BY ALL").fetchall()
    assert len(expected) > 250
    assert connection.execute("FROM in_two ORDER BY ALL").fetchall() == expected
