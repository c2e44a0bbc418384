"""Resolving by sets agrees with plain Python on thousands of small graphs, and keeps its promises on all of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linking.graph import ALIKE, OTHER_NAME, TWINS, Graph, load, read, small_model
from linking.naive_resolving import resolve_naively

from warehouse.linking.resolving import resolve

KEYS = ("P1", "P2", "P3", "r1", "r2", "r3", "r4", "r5", "r6")
WEIGHTS = (4.0, 6.0, 8.0, 9.5, 11.0, 12.0, 13.5, 15.0, 16.0, 20.0)
PAIRS = [(one, other) for place, one in enumerate(KEYS) for other in KEYS[place + 1 :] if other.startswith("r")]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    weights = draw(st.dictionaries(st.sampled_from(PAIRS), st.sampled_from(WEIGHTS), min_size=1, max_size=14))
    names = st.sampled_from((ALIKE, ALIKE, ALIKE, ALIKE, ALIKE, TWINS, OTHER_NAME))
    any_pair = st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda pair: pair[0] < pair[1])
    few = st.lists(any_pair, max_size=draw(st.sampled_from((0, 0, 1, 3))), unique=True)
    return Graph(
        weights,
        lists=draw(st.lists(st.sets(st.sampled_from(KEYS), min_size=2, max_size=4), max_size=3)),
        same=draw(few),
        different=draw(few),
        evidence={pair: draw(names) for pair in weights},
        first_reported=draw(
            st.dictionaries(st.sampled_from(KEYS), st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 3)), max_size=5)
        ),
    )


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def _agrees(connection: duckdb.DuckDBPyConnection, graph: Graph, order: list[int]) -> None:
    load(connection, graph, order)
    resolve(connection, small_model())
    found, expected = read(connection), resolve_naively(graph)
    assert found.linked() == expected.linked()
    assert found.held == expected.held
    _keeps_promises(graph, found.linked())


def _keeps_promises(graph: Graph, linked: dict[str, str]) -> None:
    assert not [key for key in linked if key.startswith("P")]
    assert not [target for target in linked.values() if target in linked]
    for keys in graph.lists:
        assert max(Counter(linked.get(key, key) for key in keys).values()) == 1
    assert not [pair for pair in graph.different if linked.get(pair[0], pair[0]) == linked.get(pair[1], pair[1])]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), order=st.permutations(range(20)))
def test_agrees_with_plain_python(connection: duckdb.DuckDBPyConnection, graph: Graph, order: list[int]) -> None:
    _agrees(connection, graph, order)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), order=st.permutations(range(20)))
def test_agrees_with_plain_python_on_thousands(
    connection: duckdb.DuckDBPyConnection, graph: Graph, order: list[int]
) -> None:
    _agrees(connection, graph, order)
