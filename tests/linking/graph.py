"""Small graphs of keys for tests of resolving: persons P1.., records r1.., lists, weights and decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from warehouse.linking.model import Comparison, Declaration, Level, LinkageModel
from warehouse.linking.resolving import resolve

LINK, REVIEW, MARGIN = 10.0, 5.0, 3.0
ALIKE = "name: same; birth: same"
TWINS = "name: same surname; birth: same; hukou: same village"
OTHER_NAME = "name: different; phone: same"


def small_model() -> LinkageModel:
    """Return a model with round thresholds whose names hold a pair where they differ."""
    name = Comparison(
        "name",
        (
            Level("same", "TRUE"),
            Level("same surname", "TRUE", holds=True),
            Level("different", "ELSE", holds=True),
        ),
    )
    return LinkageModel(
        model_id="small",
        declaration=Declaration((name,), (), ()),
        prior=0.001,
        link_weight=LINK,
        review_weight=REVIEW,
        margin=MARGIN,
    )


@dataclass
class Graph:
    """Who may be whom; keys that begin with P have numbers."""

    pairs: dict[tuple[str, str], float]
    lists: Sequence[Iterable[str]] = ()
    same: Sequence[tuple[str, str]] = ()
    different: Sequence[tuple[str, str]] = ()
    evidence: dict[tuple[str, str], str] = field(default_factory=dict)
    first_reported: dict[str, dt.date] = field(default_factory=dict)

    def spoken(self) -> list[str]:
        """Return every key that is spoken of."""
        groups = (*self.pairs, *self.lists, *self.same, *self.different)
        return sorted({key for each in groups for key in each})


def oriented(one: str, other: str) -> tuple[str, str]:
    """Return a pair as the warehouse keeps it: the record first, of two records the smaller one."""
    low, high = sorted((one, other))
    return (high, low) if low.startswith("P") and not high.startswith("P") else (low, high)


@dataclass(frozen=True)
class Resolved:
    """Links as key -> (linked key, rule), held pairs as pair -> reason."""

    links: dict[str, tuple[str, str]]
    held: dict[tuple[str, str], str]

    def linked(self) -> dict[str, str]:
        """Return only who is whose."""
        return {key: target for key, (target, _) in self.links.items()}


def load(connection: duckdb.DuckDBPyConnection, graph: Graph, shuffled: Sequence[int] = ()) -> None:
    """Make the relations that resolving reads; ``shuffled`` orders the pairs otherwise."""
    connection.execute("""
        CREATE OR REPLACE TABLE pair (person_key VARCHAR, other_key VARCHAR, weight DOUBLE, evidence VARCHAR);
        CREATE OR REPLACE TABLE member (list_id VARCHAR, person_key VARCHAR);
        CREATE OR REPLACE TABLE decision (person_key VARCHAR, other_key VARCHAR, decision VARCHAR);
        CREATE OR REPLACE TABLE key (person_key VARCHAR, is_numbered BOOLEAN, first_reported DATE)
    """)
    pairs = [(*oriented(*keys), weight, graph.evidence.get(keys, ALIKE)) for keys, weight in graph.pairs.items()]
    members = [(f"list {number}", key) for number, keys in enumerate(graph.lists) for key in keys]
    decisions = [(*pair, "same") for pair in graph.same] + [(*pair, "different") for pair in graph.different]
    keys = [(key, key.startswith("P"), graph.first_reported.get(key)) for key in graph.spoken()]
    order = list(shuffled)
    for table, rows in (("pair", pairs), ("member", members), ("decision", decisions), ("key", keys)):
        placed = sorted(enumerate(rows), key=lambda item: order[item[0] % len(order)]) if order else enumerate(rows)
        values = [row for _, row in placed]
        if values:
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in values)
            connection.execute(f"INSERT INTO {table} VALUES {marks}", [cell for row in values for cell in row])


def resolved(graph: Graph, shuffled: Sequence[int] = ()) -> Resolved:
    """Resolve a graph in a connection of its own."""
    with duckdb.connect() as connection:
        load(connection, graph, shuffled)
        resolve(connection, small_model())
        return read(connection)


def read(connection: duckdb.DuckDBPyConnection) -> Resolved:
    """Read what resolving made."""
    links = connection.execute("SELECT person_key, linked_key, rule_id FROM link").fetchall()
    held = connection.execute("SELECT person_key, other_key, reason FROM held").fetchall()
    assert len({key for key, *_ in links}) == len(links)
    assert len({pair[:2] for pair in held}) == len(held)
    return Resolved(
        {key: (target, rule) for key, target, rule in links}, {(one, other): why for one, other, why in held}
    )
