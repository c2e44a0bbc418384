"""Invented returns of both ends: one truth of who lives where, told by several senders, and what may go wrong with it.

Consistent returns are sums of one matrix at the levels that each sender knows; an alteration spoils one of them in one
cell, and says in which cell of the ledger that must show, and as what.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count as numbers

from naive.ledger import Count, Key, Pair, Place, Row, compared_pair

PERIODS = ("2024-06", "2024-07", "2024-08", "2024-09", "2024-10")
LEVELS = ("province", "city", "county", "township")


def _county(city: Place, number: int) -> list[Place]:
    county = (*city, f"{city[-1][:4]}{number:02}000000")
    return [(*county, f"{county[-1][:6]}{town}00000") for town in (1001, 1011, 1021)]


ANHUI, ZHEJIANG, GUANGDONG = "340000000000", "330000000000", "440000000000"
HOME: Place = (ANHUI, "340100000000", "340124000000")
HOME_TOWNS = [(*HOME, f"340124{town}000") for town in (100, 101, 102)]
HANGZHOU, NINGBO = (ZHEJIANG, "330100000000"), (ZHEJIANG, "330200000000")
DONGGUAN = (GUANGDONG, "441900000000")
FAR_TOWNS = [
    *((*HANGZHOU, f"3301{county}000000", f"3301{county}00{town}000") for county in ("06", "10") for town in (1, 2)),
    *((*NINGBO, f"3302{county}000000", f"3302{county}00{town}000") for county in ("03", "05") for town in (1, 2)),
    # towns of a city without counties
    *((*DONGGUAN, f"44190000{town}000") for town in (1, 2)),
]
SENDERS = (HANGZHOU, NINGBO, DONGGUAN)
PLACES: list[Place] = sorted(
    {town[:depth] for town in (*HOME_TOWNS, *FAR_TOWNS) for depth in range(1, len(town) + 1)},
    key=lambda place: place[-1],
)


def level_of(place: Place) -> str:
    """Name the level of a place; towns of a city without counties are townships all the same."""
    return "township" if place[-1][6:9] != "000" else LEVELS[len(place) - 1]


@dataclass(frozen=True)
class Return:
    """One unit's sheet of a month: who went from it, or who came to it."""

    unit: Place
    side: str
    period: str
    counts: tuple[Count, ...]


@dataclass
class World:
    """Returns, and the cells that are not as they should be, each with its cause."""

    returns: dict[tuple[Place, str, str], Return] = field(default_factory=dict)
    expected: dict[Key, str] = field(default_factory=dict)

    def counts(self) -> list[Count]:
        return [count for each in self.returns.values() for count in each.counts]


Truth = Mapping[tuple[str, Pair], tuple[int, ...]]


def make_truth(rng: random.Random) -> Truth:
    """Draw men, women, and those of them who stay half a year; no number comes twice in a cell of any width."""
    fresh = numbers(1)
    truth = {}
    for period in PERIODS:
        for home in HOME_TOWNS:
            for far in FAR_TOWNS:
                if rng.random() < 0.85:
                    for pair in (Pair(home, far), Pair(far, home)):
                        men, women = 3 + rng.randrange(40) + next(fresh), 3 + rng.randrange(40) + 2 * next(fresh)
                        truth[period, pair] = (men + women, men, women, (men + women) // 2 - 1)
    return truth


def consistent(rng: random.Random) -> World:
    """Let the home county and the cities tell the truth both ways, each as finely as it knows the other end."""
    truth, world = make_truth(rng), World()
    for period in PERIODS:
        for side in ("origin", "destination"):
            other = rng.choice((3, 4))
            _tell(world, truth, HOME, side, period, own=rng.choice((3, 4)), other=other)
            for unit in SENDERS:
                _tell(world, truth, unit, side, period, own=rng.choice((2, 3, 4)), other=rng.choice((3, 4)))
    return world


def _tell(world: World, truth: Truth, unit: Place, side: str, period: str, *, own: int, other: int) -> None:
    depths = (own, other) if side == "origin" else (other, own)
    sums: dict[Pair, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (month, pair), values in truth.items():
        end = pair.origin if side == "origin" else pair.dest
        if month == period and end[: len(unit)] == unit:
            cell = Pair(pair.origin[: depths[0]], pair.dest[: depths[1]])
            sums[cell] = [mine + its for mine, its in zip(sums[cell], values, strict=True)]
    items = ("flow_total", "flow_male", "flow_female", "flow_half_year")
    counts = tuple(
        Count(unit, period, item, pair, value, side)
        for pair, values in sums.items()
        for item, value in zip(items, values, strict=True)
    )
    world.returns[unit, side, period] = Return(unit, side, period, counts)


# --- what may go wrong ------------------------------------------------------------------------------------------------


@dataclass
class Spoiler:
    """Spoils a world, one cell at a time; no two alterations are in one month."""

    rng: random.Random
    world: World
    rows: dict[Key, Row]
    touched: set[str] = field(default_factory=set)

    def spoil(self, kind: str) -> bool:
        """Make one alteration of a kind where it can be made; say whether it was."""
        free = sorted(key for key in self.world.returns if key[2] not in self.touched)
        for key in self.rng.sample(free, len(free)):
            sent = self.world.returns[key]
            for count in self.rng.sample(sent.counts, min(len(sent.counts), 12)):
                if count.item == "flow_total" and getattr(self, f"_{kind}")(sent, count):
                    self.touched.add(sent.period)
                    return True
        return False

    def _put(self, sent: Return, old: list[Count], new: list[Count]) -> None:
        gone = set(old)
        counts = tuple(each for each in sent.counts if each not in gone)
        self.world.returns[sent.unit, sent.side, sent.period] = replace(sent, counts=(*counts, *new))

    def _cell(self, period: str, pair: Pair) -> Pair:
        return compared_pair((each for each in self.world.counts() if each.period == period), pair)

    def _expect(self, count: Count, cause: str) -> None:
        pair = self._cell(count.period, count.pair)
        self.world.expected[Key(count.period, pair, count.item)] = cause

    def _value(self, sent: Return, count: Count) -> bool:
        self._put(sent, [count], [replace(count, persons=count.persons + 100_000)])
        self._expect(count, "unexplained")
        return True

    def _row(self, sent: Return, count: Count) -> bool:
        """Leave out a row; where it told less than the other side knows, each cell of that side stands alone then."""
        row = [each for each in sent.counts if each.pair == count.pair]
        if len(row) == len(sent.counts):
            return False  # that is the whole return
        cell = self._cell(count.period, count.pair)
        told = [each for each in self.world.counts() if each.period == count.period and each not in row]
        left = [each for each in told if self._cell(count.period, each.pair) == cell]
        self._put(sent, row, [])
        for each in left:
            self._expect(each, "unexplained")
        return True

    def _file(self, sent: Return, _: Count) -> bool:
        """Send no return; what the other side says of it then has no counterpart."""
        del self.world.returns[sent.unit, sent.side, sent.period]
        for other in self.world.returns.values():
            if other.period != sent.period or other.side == sent.side:
                continue
            for each in other.counts:
                end = each.pair.origin if sent.side == "origin" else each.pair.dest
                if end[: len(sent.unit)] == sent.unit:
                    self._expect(each, "missing_return")
        return True

    def _month(self, sent: Return, count: Count) -> bool:
        """Send last month's count once more."""
        number = PERIODS.index(count.period)
        if number == 0:
            return False
        before = self.world.returns.get((sent.unit, sent.side, PERIODS[number - 1]))
        cell = self._cell(count.period, count.pair)
        if before is None or before.period in self.touched or cell != count.pair:
            return False
        earlier = [each for each in before.counts if (each.pair, each.item) == (count.pair, count.item)]
        row = self.rows.get(Key(before.period, cell, count.item))
        if not earlier or row is None or row.by_origin != earlier[0].persons or row.standing != "agreed":
            return False
        self._put(sent, [count], [replace(count, persons=earlier[0].persons)])
        self.touched.add(before.period)
        self._expect(count, "timing")
        return True

    def _wider(self, sent: Return, count: Count) -> bool:
        """Write a place less exactly than the rows beside it: people of whom only the city is known."""
        cell = self._cell(count.period, count.pair)
        ends = [0, 1] if sent.side == "destination" else [1, 0]
        end = ends[0]
        wider = cell[end][:-1]
        if len(wider) < 2 or cell != count.pair:
            return False
        pair = Pair(wider, cell.dest) if end == 0 else Pair(cell.origin, wider)
        beside = [
            each
            for each in sent.counts
            if each.pair != count.pair and each.pair[1 - end] == pair[1 - end] and each.pair[end][: len(wider)] == wider
        ]
        if not beside or any(each.pair == pair for each in sent.counts):
            return False
        row = [each for each in sent.counts if each.pair == count.pair]
        self._put(sent, row, [replace(each, pair=pair) for each in row])
        if self._cell(count.period, count.pair) != count.pair:
            self._put(self.world.returns[sent.unit, sent.side, sent.period], [replace(e, pair=pair) for e in row], row)
            return False
        for each in row:
            self._expect(each, "place")
            self._expect(replace(each, pair=pair), "place")
        return True

    def _definition(self, sent: Return, count: Count) -> bool:
        """Give those of half a year and more for all."""
        halves = [each for each in sent.counts if each.pair == count.pair and each.item == "flow_half_year"]
        if self._cell(count.period, count.pair) != count.pair:
            return False
        self._put(sent, [count], [replace(count, persons=halves[0].persons)])
        self._expect(count, "definition")
        return True


KINDS = ("value", "row", "file", "month", "wider", "definition")
