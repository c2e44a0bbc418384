"""Which records without a number are one person: the records of one connected component, best pair first.

Records join only where every two of them are a pair that may be one person, so a chain of likenesses never joins its
ends. A record that fits two others which cannot be one person, nearly equally well, joins neither: both pairs are held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

import duckdb
import pyarrow as pa

TWO_CANDIDATES: Final = "two_candidates"
NOT_ALL_ALIKE: Final = "not_all_alike"

TABLES: Final = ("bond", "component", "around", "clustered", "unclustered")

# The smallest node that can be reached by pairs that could link; every round also follows the names found so far.
_FIRST_NAMES: Final = """
    CREATE OR REPLACE TEMP TABLE bond AS
    SELECT x, y, weight FROM likeness
    WHERE stopped IS NULL AND weight >= getvariable('link_weight')
        AND x NOT IN (SELECT node FROM joined) AND y NOT IN (SELECT node FROM joined);

    CREATE OR REPLACE TEMP TABLE component AS SELECT DISTINCT x AS node, x AS component FROM bond;
"""
_NEXT_NAMES: Final = """
    CREATE OR REPLACE TEMP TABLE renamed AS
    WITH nearest AS (
        SELECT bond.x AS node, min(component.component) AS component
        FROM bond JOIN component ON bond.y = component.node GROUP BY bond.x
    ),
    spread AS (
        SELECT component.node, least(component.component, nearest.component) AS component
        FROM component JOIN nearest USING (node)
    )
    SELECT spread.node, least(spread.component, named.component) AS component
    FROM spread JOIN component AS named ON spread.component = named.node
"""
_CHANGED: Final = """
    SELECT count(*) FROM component JOIN renamed USING (node) WHERE component.component <> renamed.component
"""

# All that stands around a component: its own pairs and those with others that its records fit.
_AROUND: Final = """
    CREATE OR REPLACE TEMP TABLE around AS
    SELECT one.component, edge.x, edge.y, edge.weight,
        other.node IS NOT NULL AS is_inside,
        other.node IS NOT NULL AND edge.weight >= getvariable('link_weight') AS links
    FROM edge JOIN component AS one ON edge.x = one.node
    LEFT JOIN component AS other ON edge.y = other.node AND one.component = other.component
    WHERE edge.stopped IS NULL
    UNION ALL
    SELECT other.component, edge.x, edge.y, edge.weight, false, false
    FROM edge JOIN component AS other ON edge.y = other.node
    LEFT JOIN component AS one ON edge.x = one.node AND one.component = other.component
    WHERE edge.stopped IS NULL AND one.node IS NULL;
"""
# Where all of a component are pairs of each other and nothing outside comes near, there is nothing to decide.
_CLEAN: Final = """
    CREATE OR REPLACE TEMP TABLE clustered AS
    WITH size AS (SELECT component, count(*) AS nodes FROM component GROUP BY component),
    clean AS (
        SELECT component
        FROM around JOIN size USING (component)
        GROUP BY component, nodes
        HAVING count_if(is_inside) = nodes * (nodes - 1) // 2
            AND coalesce(max(weight) FILTER (NOT is_inside), '-Infinity'::DOUBLE)
                <= min(weight) FILTER (links) - getvariable('margin')
    )
    SELECT component.node, component.component AS cluster FROM component SEMI JOIN clean USING (component);

    CREATE OR REPLACE TEMP TABLE unclustered (x BIGINT, y BIGINT, reason VARCHAR);
"""
_UNCLEAN: Final = """
    SELECT component, x, y, weight, links FROM around
    WHERE component NOT IN (SELECT cluster FROM clustered)
    ORDER BY component, x, y
"""
_FETCHED: Final = 100_000
_Row = tuple[int, int, int, float, bool]


@dataclass(frozen=True)
class Edge:
    """A pair of records by their places in the component; ``links`` where its weight is enough to link."""

    left: int
    right: int
    weight: float
    links: bool


@dataclass(frozen=True)
class Clustering:
    """The cluster of every record, named by its first, and why pairs that could link were held (by place of edge)."""

    cluster: list[int]
    held: dict[int, str] = field(default_factory=dict)


def cluster_component(records: int, edges: Sequence[Edge], margin: float) -> Clustering:
    """Cluster the records 0 to ``records`` - 1; edges that cannot be one person are left out by the caller.

    Sets of records are the bits of a whole number, so that a component of a thousand records takes no time.
    """
    alike = [1 << record for record in range(records)]
    for edge in edges:
        alike[edge.left] |= 1 << edge.right
        alike[edge.right] |= 1 << edge.left
    held = dict.fromkeys(_between_two(records, edges, alike, margin), TWO_CANDIDATES)
    for place in held:
        alike[edges[place].left] &= ~(1 << edges[place].right)
        alike[edges[place].right] &= ~(1 << edges[place].left)
    return _join(records, edges, alike, held)


def _between_two(records: int, edges: Sequence[Edge], alike: list[int], margin: float) -> list[int]:
    """Return the edges of a record that fits another one about as well, where these two cannot be one person."""
    by_record: list[list[tuple[float, int, int]]] = [[] for _ in range(records)]
    for place, edge in enumerate(edges):
        by_record[edge.left].append((edge.weight, edge.right, place))
        by_record[edge.right].append((edge.weight, edge.left, place))
    found = []
    for candidates in by_record:
        candidates.sort(reverse=True)
        near, reached = 0, 0
        for weight, other, place in candidates:
            while reached < len(candidates) and candidates[reached][0] > weight - margin:
                near |= 1 << candidates[reached][1]
                reached += 1
            if edges[place].links and near & ~alike[other]:
                found.append(place)
    return found


def _join(records: int, edges: Sequence[Edge], alike: list[int], held: dict[int, str]) -> Clustering:
    cluster = list(range(records))
    members = [1 << record for record in range(records)]
    together = list(alike)
    order = sorted(
        (place for place, edge in enumerate(edges) if edge.links and place not in held),
        key=lambda place: (-edges[place].weight, edges[place].left, edges[place].right),
    )
    for place in order:
        left, right = sorted((cluster[edges[place].left], cluster[edges[place].right]))
        if left == right:
            continue
        if members[right] & ~together[left]:
            held[place] = NOT_ALL_ALIKE
            continue
        together[left] &= together[right]
        for record in _bits(members[right]):
            cluster[record] = left
        members[left] |= members[right]
    return Clustering(cluster, held)


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def cluster_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Make tables ``clustered`` (node, cluster) and ``unclustered`` (x, y, reason) of the records nobody claims.

    Reads the tables of ``nodes`` and ``joining``.
    """
    connection.execute(_FIRST_NAMES)
    while True:
        connection.execute(_NEXT_NAMES)
        is_done = connection.execute(_CHANGED).fetchall()[0][0] == 0
        connection.execute("DROP TABLE component; ALTER TABLE renamed RENAME TO component")
        if is_done:
            break
    connection.execute(_AROUND)
    connection.execute(_CLEAN)
    margin = float(connection.execute("SELECT getvariable('margin')").fetchall()[0][0])
    found = [_cluster_rows(list(rows), margin) for _, rows in groupby(_rows(connection), key=lambda row: row[0])]
    _insert(connection, "clustered", [row for clusters, _ in found for row in clusters])
    _insert(connection, "unclustered", [row for _, held in found for row in held])


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[_Row]:
    for batch in connection.sql(_UNCLEAN).to_arrow_reader(_FETCHED):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _cluster_rows(rows: list[_Row], margin: float) -> tuple[list[tuple[int, int]], list[tuple[int, int, str]]]:
    nodes = sorted({node for row in rows for node in row[1:3]})
    places = {node: place for place, node in enumerate(nodes)}
    edges = [Edge(places[x], places[y], weight, links) for _, x, y, weight, links in rows]
    found = cluster_component(len(nodes), edges, margin)
    inside = {node for row in rows if row[4] for node in row[1:3]}
    clusters = [(node, nodes[found.cluster[places[node]]]) for node in sorted(inside)]
    return clusters, [(rows[place][1], rows[place][2], reason) for place, reason in sorted(found.held.items())]


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[object, ...]]) -> None:
    if not rows:
        return
    names = [f"c{number}" for number in range(len(rows[0]))]
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    connection.register("found_rows", pa.table(columns, names=names))
    connection.execute(f"INSERT INTO {table} SELECT * FROM found_rows")
    connection.unregister("found_rows")
