"""Keeps small counts of a two-way table from being read, directly or by subtraction from the totals.

Counts below the threshold are hidden, then the cheapest further cells, until no hidden cell can be worked out from what
stays visible. A table with its margins is a network: rows and columns are nodes, cells are pipes, and a set of hidden
cells can take other values exactly along a closed path of hidden cells. So what an attacker can find out is decided
exactly, in time linear in the table, and not estimated.

Every hidden cell carries the same mark, which says no more than "at least one person". A reader therefore knows that a
hidden cell is at least 1 and nothing else, and that is the knowledge the audit below grants the attacker.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from ingest.errors import PopflowError

TOTAL = "TOTAL"
"""Stands for all rows, or all columns, in the position of a margin."""

Position = tuple[str, str]
Counts = Mapping[Position, int]
Node = int

# A margin says more than a cell, so hiding it costs more: it goes only where the cells around it cost more still.
CELL_WEIGHT = 1
MARGIN_WEIGHT = 10
GRAND_TOTAL_WEIGHT = 1000
COVER_AT_ONCE = 50


class Pipe(NamedTuple):
    """One cell as a pipe of the network; the value flows from ``tail`` to ``head``.

    A hidden cell is known to be at least 1, so only a larger one could be less than it is (``can_fall``). ``cost`` is
    what the reader loses where the cell is hidden.
    """

    position: Position
    tail: Node
    head: Node
    can_fall: bool
    cost: int


Network = Mapping[Position, Pipe]


def with_margins(cells: Counts) -> dict[Position, int]:
    """Return the cells that are not zero together with row totals, column totals and the grand total."""
    table: dict[Position, int] = defaultdict(int)
    for (row, column), value in sorted(cells.items()):
        if value < 0 or TOTAL in (row, column):
            raise ValueError(f"not a cell of counts: {row}, {column}, {value}")
        if value:
            for position in ((row, column), (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
                table[position] += value
    return dict(table)


def hidden_positions(cells: Counts, threshold: Callable[[Position], int]) -> frozenset[Position]:
    """Return the positions, margins included, that must not be shown.

    ``threshold`` gives the smallest count that may be shown at a position. The same cells give the same answer,
    whatever order they come in. Zero is never hidden.
    """
    table = with_margins(cells)
    return hidden_in(_network(table), {position for position, value in table.items() if value < threshold(position)})


def hidden_in(network: Network, small: Collection[Position]) -> frozenset[Position]:
    """Return the positions of a network that must not be shown so that none of the small ones can be worked out.

    Each value of the network is at least 1, and what flows into a node flows out of it.
    """
    hidden = _release(network, _cover(network, set(small)), set(small))
    if _exposed(network, hidden):
        raise PopflowError("the report was not written: a hidden count could be worked out from the others")
    return frozenset(hidden)


def exposed_positions(table: Counts, hidden: Collection[Position]) -> frozenset[Position]:
    """Return the hidden positions whose value follows exactly from all that is shown (the audit).

    ``table`` holds the true values with margins. The attacker knows every shown value, all zeros, and that a hidden
    value is a whole number of at least 1. A hidden cell can differ from its true value iff a closed path of the
    residual network passes it, which is so iff its ends are strongly connected and it is not the only link there.
    """
    return frozenset(_exposed(_network(table), hidden))


def _network(table: Counts) -> dict[Position, Pipe]:
    """Lay the cells out so that every row, every column and both margins conserve flow."""
    rows = {row: number for number, row in enumerate(sorted({row for row, _ in table}))}
    columns = {column: len(rows) + number for number, column in enumerate(sorted({column for _, column in table}))}
    network = {}
    for position, value in sorted(table.items()):
        row, column = rows[position[0]], columns[position[1]]
        forward = (position[0] == TOTAL) == (position[1] == TOTAL)
        tail, head = (row, column) if forward else (column, row)
        weight = (CELL_WEIGHT, MARGIN_WEIGHT, GRAND_TOTAL_WEIGHT)[position.count(TOTAL)]
        network[position] = Pipe(position, tail, head, value > 1, weight * (value + 1))
    return network


def _exposed(network: Network, hidden: Collection[Position]) -> set[Position]:
    pipes = [network[position] for position in hidden]
    arcs: dict[Node, list[Node]] = defaultdict(list)
    for _, tail, head, can_fall, _ in pipes:
        arcs[tail].append(head)
        if can_fall:
            arcs[head].append(tail)
    component = _strong_components(arcs)
    loose = [pipe for pipe in pipes if component[pipe.tail] == component[pipe.head]]
    fixed = {pipe.position for pipe in pipes if component[pipe.tail] != component[pipe.head]}
    return fixed | _bridges(loose)


def _cover(network: Network, small: set[Position]) -> set[Position]:
    """Hide the cheapest closed path through each small cell that lies on none."""
    hidden = set(small)
    arcs: dict[Node, list[tuple[Node, Pipe]]] = defaultdict(list)
    for pipe in network.values():
        arcs[pipe.tail].append((pipe.head, pipe))
        if pipe.can_fall:
            arcs[pipe.head].append((pipe.tail, pipe))
    exposed = _exposed(network, hidden)
    while exposed:
        # Each path hidden tends to cover many cells at once, so what is still exposed is asked again now and then.
        for position in sorted(exposed, key=lambda position: (network[position].cost, position))[:COVER_AT_ONCE]:
            hidden |= _cheapest_detour(arcs, hidden, network[position])
        exposed = _exposed(network, hidden) & small
    return hidden


def _cheapest_detour(
    arcs: Mapping[Node, list[tuple[Node, Pipe]]], hidden: Collection[Position], target: Pipe
) -> set[Position]:
    """Return the cells to hide so that the target can rise (or fall) by one against them."""
    ways = [_cheapest_path(arcs, hidden, target, target.head, target.tail)]
    if target.can_fall:
        ways.append(_cheapest_path(arcs, hidden, target, target.tail, target.head))
    return set(min(ways)[1])


def _cheapest_path(
    arcs: Mapping[Node, list[tuple[Node, Pipe]]], hidden: Collection[Position], target: Pipe, start: Node, goal: Node
) -> tuple[float, list[Position]]:
    """Dijkstra's shortest path that does without the target; what is hidden already costs nothing.

    The way up always exists, by the margins; where the way down does not, it costs infinitely much.
    """
    came_by: dict[Node, tuple[Node, Position]] = {}
    best = {start: 0}
    queue = [(0, start)]
    while queue and queue[0][1] != goal:
        so_far, node = heapq.heappop(queue)
        if so_far > best[node]:
            continue
        for neighbour, pipe in arcs.get(node, ()):
            if pipe.position == target.position:
                continue
            cost = so_far + (0 if pipe.position in hidden else pipe.cost)
            if neighbour not in best or cost < best[neighbour]:
                best[neighbour] = cost
                came_by[neighbour] = (node, pipe.position)
                heapq.heappush(queue, (cost, neighbour))
    if not queue:
        return math.inf, []
    path: list[Position] = []
    node = goal
    while node != start:
        node, position = came_by[node]
        path.append(position)
    return best[goal], path


def _release(network: Network, hidden: set[Position], small: set[Position]) -> set[Position]:
    """Show again, dearest first, each cell that the small ones turn out not to need."""
    hidden = set(hidden)
    links: dict[Node, set[Position]] = defaultdict(set)
    for position in hidden:
        for node in network[position][1:3]:
            links[node].add(position)
    for position in sorted(hidden - small, key=lambda position: (-network[position].cost, position)):
        ends = [links[node] for node in network[position][1:3]]
        # Most are the one partner of a small cell in its line; that is seen without the audit of the whole table.
        if any(len(line) == 2 and line & small for line in ends):
            continue
        hidden.remove(position)
        if _exposed(network, hidden) & small:
            hidden.add(position)
        else:
            for line in ends:
                line.remove(position)
    return hidden


def _strong_components(arcs: Mapping[Node, list[Node]]) -> dict[Node, int]:
    """Number the strongly connected components (Tarjan's algorithm, without recursion)."""
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    component: dict[Node, int] = {}
    stack: list[Node] = []
    nodes = [*arcs, *(head for heads in arcs.values() for head in heads)]
    for root in nodes:
        if root in order:
            continue
        trail: list[tuple[Node, Iterator[Node]]] = []
        _enter(root, arcs, order, low, stack, trail)
        while trail:
            node, rest = trail[-1]
            for neighbour in rest:
                if neighbour not in order:
                    _enter(neighbour, arcs, order, low, stack, trail)
                    break
                if neighbour not in component:
                    low[node] = min(low[node], order[neighbour])
            else:
                trail.pop()
                if trail:
                    low[trail[-1][0]] = min(low[trail[-1][0]], low[node])
                if low[node] == order[node]:
                    _close(node, stack, component)
    return component


def _enter(
    node: Node,
    arcs: Mapping[Node, list[Node]],
    order: dict[Node, int],
    low: dict[Node, int],
    stack: list[Node],
    trail: list[tuple[Node, Iterator[Node]]],
) -> None:
    order[node] = low[node] = len(order)
    stack.append(node)
    trail.append((node, iter(arcs.get(node, ()))))


def _close(root: Node, stack: list[Node], component: dict[Node, int]) -> None:
    number = len(component)
    while True:
        node = stack.pop()
        component[node] = number
        if node == root:
            return


def _bridges(pipes: Iterable[Pipe]) -> set[Position]:
    """Return the cells without which their row and their column would no longer hang together."""
    links: dict[Node, list[tuple[Node, Position]]] = defaultdict(list)
    for pipe in pipes:
        links[pipe.tail].append((pipe.head, pipe.position))
        links[pipe.head].append((pipe.tail, pipe.position))
    order: dict[Node, int] = {}
    low: dict[Node, int] = {}
    bridges: set[Position] = set()
    for root in links:
        if root in order:
            continue
        order[root] = low[root] = len(order)
        trail: list[tuple[Node, Position | None, Iterator[tuple[Node, Position]]]] = [(root, None, iter(links[root]))]
        while trail:
            node, came_by, rest = trail[-1]
            for neighbour, position in rest:
                if neighbour not in order:
                    order[neighbour] = low[neighbour] = len(order)
                    trail.append((neighbour, position, iter(links[neighbour])))
                    break
                if position != came_by:
                    low[node] = min(low[node], order[neighbour])
            else:
                trail.pop()
                if trail and came_by is not None:
                    parent = trail[-1][0]
                    low[parent] = min(low[parent], low[node])
                    if low[node] > order[parent]:
                        bridges.add(came_by)
    return bridges
