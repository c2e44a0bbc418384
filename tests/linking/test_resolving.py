"""The rules of resolving, one small case each."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from linking.graph import OTHER_NAME, TWINS, Graph, load, resolved, small_model

from warehouse.linking.clusters import Edge, cluster_component
from warehouse.linking.resolving import changes, resolve

R1_P1 = {("r1", "P1"): "link_number"}
BETWEEN, TWO, SAME_LIST = "between_thresholds", "two_candidates", "same_list"

# what is known, who links to whom by which rule, and what is held why
CASES = {
    "enough": (Graph({("r1", "P1"): 10}), {"r1": ("P1", "link_number")}, {}),
    "between": (Graph({("r1", "P1"): 9.9}), {}, {("r1", "P1"): BETWEEN}),
    "too little": (Graph({("r1", "P1"): 4.9}), {}, {}),
    "margin": (Graph({("r1", "P1"): 13, ("r1", "P2"): 10}), {"r1": ("P1", "link_number")}, {}),
    "two candidates": (
        Graph({("r1", "P1"): 13, ("r1", "P2"): 10.1}),
        {},
        {("r1", "P1"): TWO, ("r1", "P2"): TWO},
    ),
    "a doubtful second": (
        Graph({("r1", "P1"): 11, ("r1", "P2"): 9}),
        {},
        {("r1", "P1"): TWO, ("r1", "P2"): BETWEEN},
    ),
    "the number is in the list": (Graph({("r1", "P1"): 20}, [["r1", "P1"]]), {}, {("r1", "P1"): SAME_LIST}),
    "best of a list": (
        Graph({("r1", "P1"): 20, ("r2", "P1"): 12}, [["r1", "r2"]]),
        {"r1": ("P1", "link_number")},
        {("r2", "P1"): SAME_LIST},
    ),
    "equal in a list": (
        Graph({("r1", "P1"): 20, ("r2", "P1"): 20}, [["r1", "r2"]]),
        {},
        {("r1", "P1"): SAME_LIST, ("r2", "P1"): SAME_LIST},
    ),
    "two lists": (
        Graph({("r1", "P1"): 20, ("r2", "P1"): 20}),
        {"r1": ("P1", "link_number"), "r2": ("P1", "link_number")},
        {},
    ),
    "twins": (Graph({("r1", "P1"): 30}, evidence={("r1", "P1"): TWINS}), {}, {("r1", "P1"): "twins"}),
    "other name": (Graph({("r1", "P1"): 30}, evidence={("r1", "P1"): OTHER_NAME}), {}, {("r1", "P1"): "other_name"}),
    "through a record": (
        Graph({("r1", "P1"): 20, ("r1", "r2"): 15}),
        {"r1": ("P1", "link_number"), "r2": ("P1", "link_through_record")},
        {},
    ),
    "one step only": (
        Graph({("r1", "P1"): 20, ("r1", "r2"): 15, ("r2", "r3"): 11}),
        {"r1": ("P1", "link_number"), "r2": ("P1", "link_through_record")},
        {("r2", "r3"): "through_record"},
    ),
    "through a record of the same list": (
        Graph({("r1", "P1"): 20, ("r1", "r2"): 15}, [["r2", "P1"]]),
        {"r1": ("P1", "link_number")},
        {("r1", "r2"): SAME_LIST},
    ),
    "through a record but fits another": (
        Graph({("r1", "P1"): 20, ("r1", "r2"): 15, ("r2", "P2"): 6}),
        {"r1": ("P1", "link_number")},
        {("r1", "r2"): TWO, ("r2", "P2"): BETWEEN},
    ),
    "records": (Graph({("r1", "r2"): 12}), {"r2": ("r1", "link_records")}, {}),
    "the first reported leads": (
        Graph({("r1", "r2"): 12}, first_reported={"r2": dt.date(2024, 1, 1), "r1": dt.date(2024, 2, 1)}),
        {"r1": ("r2", "link_records")},
        {},
    ),
    "a chain is not a person": (
        Graph({("r1", "r2"): 12, ("r2", "r3"): 12}),
        {},
        {("r1", "r2"): TWO, ("r2", "r3"): TWO},
    ),
    "two of one list": (
        Graph({("r1", "r2"): 20, ("r1", "r3"): 12, ("r2", "r3"): 20}, [["r2", "r3"]]),
        {"r2": ("r1", "link_records")},
        {("r1", "r3"): TWO, ("r2", "r3"): SAME_LIST},
    ),
    "decided same": (Graph({("r1", "P1"): 6}, same=[("P1", "r1")]), {"r1": ("P1", "decided_same")}, {}),
    "decided same against the names": (
        Graph({("r1", "P1"): 6}, same=[("P1", "r1")], evidence={("r1", "P1"): TWINS}),
        {"r1": ("P1", "decided_same")},
        {},
    ),
    "decided same without a pair": (Graph({}, same=[("r1", "r2")]), {"r2": ("r1", "decided_same")}, {}),
    "decided same in one list": (
        Graph({}, [["r1", "r2"]], same=[("r1", "r2")]),
        {},
        {("r1", "r2"): SAME_LIST},
    ),
    "two numbers decided same": (
        Graph({("r1", "P1"): 20}, same=[("P1", "P2")]),
        {"r1": ("P1", "link_number")},
        {("P1", "P2"): "two_numbers"},
    ),
    "two numbers by a record": (
        Graph({("r1", "P1"): 20}, same=[("P1", "r1"), ("P2", "r1")]),
        {},
        {("r1", "P1"): "two_numbers", ("r1", "P2"): "two_numbers"},
    ),
    "decided different": (Graph({("r1", "P1"): 20}, different=[("P1", "r1")]), {}, {}),
    "different leaves the second": (
        Graph({("r1", "P1"): 20, ("r1", "P2"): 19}, different=[("P1", "r1")]),
        {"r1": ("P2", "link_number")},
        {},
    ),
    "different wins over a way round": (
        Graph({("r1", "P1"): 20, ("r1", "r2"): 20}, different=[("P1", "r2")]),
        {"r1": ("P1", "link_number")},
        {},
    ),
    "contradictory chain": (
        Graph({}, same=[("r1", "r2"), ("r2", "r3")], different=[("r1", "r3")]),
        {},
        {("r1", "r2"): "decisions_contradict", ("r2", "r3"): "decisions_contradict"},
    ),
    "a decision brings its person's pairs along": (
        Graph({("r1", "P1"): 6, ("r1", "r2"): 15}, same=[("P1", "r1")]),
        {"r1": ("P1", "decided_same"), "r2": ("P1", "link_number")},
        {},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rule(case: str) -> None:
    graph, links, held = CASES[case]
    found = resolved(graph)
    assert found.links == links
    assert found.held == held


def test_changes_say_what_came_and_why_it_went() -> None:
    with duckdb.connect() as connection:
        load(connection, Graph({("r1", "P1"): 20, ("r2", "P1"): 6, ("r3", "r4"): 12, ("r4", "P2"): 20}))
        connection.execute("""
            CREATE TABLE link_before AS
            SELECT * FROM (VALUES
                ('r2', 'P1', 'link_number', 12.0, 'name: same'), ('r4', 'r3', 'link_records', 12.0, 'name: same'),
                ('r9', 'P9', 'link_number', 12.0, 'name: same')
            ) AS t (person_key, linked_key, rule_id, weight, evidence)
        """)
        resolve(connection, small_model())
        changes(connection, small_model(), "20241101-01", dt.datetime(2024, 11, 1))  # noqa: DTZ001 - UTC, as stored
        rows = connection.execute(
            "SELECT kind, person_key, linked_key, rule_id FROM link_change ORDER BY ALL"
        ).fetchall()
        ids = connection.execute("SELECT count(DISTINCT merge_id), min(length(merge_id)) FROM link_change").fetchall()
    assert rows == [
        ("merge", "r1", "P1", "link_number"),
        ("merge", "r3", "P2", "link_through_record"),
        ("merge", "r4", "P2", "link_number"),
        ("split", "r2", "P1", "between_thresholds"),
        ("split", "r4", "r3", "linked_elsewhere"),
        ("split", "r9", "P9", "no_longer_proven"),
    ]
    assert ids == [(6, 16)]


def test_a_crowd_of_namesakes_is_quick_and_joins_nobody_by_a_chain() -> None:
    edges = [Edge(one, one + step, 20.0 + step, links=True) for one in range(600) for step in (1, 2, 3)]
    found = cluster_component(603, edges, margin=3.0)
    sizes = {found.cluster.count(cluster) for cluster in set(found.cluster)}
    assert max(sizes) <= 4
    assert found.held
