"""Keeps small numbers of a bridge from being read, directly or by adding and subtracting what stays visible.

A bridge is a chain: a count, a step, the next count, and so on, one chain for each division, and the divisions add up
to the home. So it is a network in which each number is a pipe: what a step adds flows in from the column of that step,
what it takes away flows back into it, and the count between two steps flows from one to the next. `disclosure` decides
exactly what of such a network must be hidden. A small step, a small count between steps and a small end are all small
numbers of people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from reports.disclosure import Network, Pipe, Position, hidden_in

START = "start"
OUTSIDE = "outside"
HOME = "home"
"""The chain that the others add up to."""

COUNT_COST = 1
END_COST = 10
# The home's own bridge is what most readers see; it hides more for the sake of its parts only where nothing else helps.
HOME_COST = 1000


@dataclass(frozen=True)
class Chain:
    """One bridge as numbers: the count it begins with, and what each step changes.

    ``stocks`` are the steps after which a count stands that other reports show too.
    """

    start: int
    changes: tuple[tuple[str, int], ...]
    stocks: frozenset[str] = frozenset()

    def counts(self) -> list[tuple[str, int]]:
        """Return the count after the start and after each step."""
        counts = [(START, self.start)]
        for step, change in self.changes:
            counts.append((step, counts[-1][1] + change))
        return counts


@dataclass(frozen=True)
class Hidden:
    """What of a chain may not be shown: changes by step, and counts by the step after which they stand."""

    changes: frozenset[str]
    counts: frozenset[str]

    def __bool__(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.changes or self.counts)


def hidden_of_home(home: Chain, threshold: int) -> Hidden:
    """Return what must be hidden of one bridge that stands alone."""
    network = _network({HOME: home}, ())
    return _of_chain(hidden_in(network, _small(network, {HOME: home}, lambda _: threshold)), HOME)


def hidden_of_parts(home: Chain, parts: Mapping[str, Chain], home_threshold: int, threshold: int) -> dict[str, Hidden]:
    """Return what must be hidden of the bridges of divisions and of the home (``HOME``) that they add up to.

    What the home hides where it stands alone it hides here as well.
    """
    alone = hidden_of_home(home, home_threshold)
    chains = {HOME: home, **parts}
    network = _network(chains, parts)
    small = _small(network, chains, lambda name: home_threshold if name == HOME else threshold)
    small |= {_change(HOME, step) for step in alone.changes} | {_count(HOME, step) for step in alone.counts}
    hidden = hidden_in(network, small)
    return {name: _of_chain(hidden, name) for name in chains}


def _change(name: str, step: str) -> Position:
    return name, f"change {step}"


def _count(name: str, step: str) -> Position:
    return name, f"count {step}"


def _small(network: Network, chains: Mapping[str, Chain], threshold: Callable[[str], int]) -> set[Position]:
    small = set()
    for name, chain in chains.items():
        small |= {_change(name, step) for step, change in chain.changes if 0 < abs(change) < threshold(name)}
        small |= {_count(name, step) for step, count in chain.counts() if 0 < count < threshold(name)}
    return small & network.keys()


def _of_chain(hidden: Collection[Position], name: str) -> Hidden:
    def steps(kind: str) -> frozenset[str]:
        return frozenset(what.removeprefix(kind) for row, what in hidden if row == name and what.startswith(kind))

    return Hidden(steps("change "), steps("count "))


def _network(chains: Mapping[str, Chain], parts: Collection[str]) -> Network:
    """Lay chains out as pipes; zero is never hidden, so it needs none.

    The home takes out of the columns what its parts put in. Where there are none, one node stands for all around it.
    """
    nodes: dict[tuple[str, str], int] = {}

    def node(kind: str, name: str) -> int:
        key = (kind, name) if parts or kind != "column" else (OUTSIDE, "")
        return nodes.setdefault(key, len(nodes))

    network: dict[Position, Pipe] = {}

    def lay(position: Position, tail: int, head: int, value: int, weight: int) -> None:
        is_home = position[0] == HOME and bool(parts)
        if value:
            ends = (tail, head) if (value > 0) != is_home else (head, tail)
            cost = weight * (abs(value) + 1) * (HOME_COST if is_home else 1)
            network[position] = Pipe(position, *ends, abs(value) > 1, cost)

    for name, chain in sorted(chains.items()):
        counts = chain.counts()
        places = [node("column", START), *(node(name, step) for step, _ in chain.changes), node("column", "end")]
        for number, (step, count) in enumerate(counts):
            weight = END_COST if number in (0, len(counts) - 1) or step in chain.stocks else COUNT_COST
            lay(_count(name, step), places[number], places[number + 1], count, weight)
        for number, (step, change) in enumerate(chain.changes, start=1):
            lay(_change(name, step), node("column", step), places[number], change, COUNT_COST)
    return network
