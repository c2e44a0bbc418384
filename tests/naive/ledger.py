"""The ledger of both ends once more, in plain Python: one return, one pair of cells and one rule at a time.

Input are the accepted counts of the returns that stand; a place is the tuple of its ancestors' codes and its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

Place = tuple[str, ...]
SIDES = ("origin", "destination")
# A count without a second end, by item: nothing to compare.
ITEMS: Mapping[str, tuple[str | None, str | None]] = {
    "flow_total": (None, None),
    "flow_male": ("1", None),
    "flow_female": ("2", None),
    "flow_half_year": (None, "P6M"),
}


class Pair(NamedTuple):
    """Two places as a cell names them."""

    origin: Place
    dest: Place


class Key(NamedTuple):
    """A row of the ledger."""

    period: str
    pair: Pair
    item: str


@dataclass(frozen=True)
class Count:
    """One count of a return: what its sender says of a pair of places."""

    unit: Place
    period: str
    item: str
    pair: Pair
    persons: int
    sheet: str = "Sheet1"
    day_of_month: int | None = None

    @property
    def reported_on(self) -> date:
        """The day that the return counts for: the last one of its month, unless it says otherwise."""
        year, month = divmod(int(self.period[:4]) * 12 + int(self.period[5:]), 12)
        last = date(year, month + 1, 1) - timedelta(days=1)
        return last.replace(day=self.day_of_month) if self.day_of_month else last


@dataclass(frozen=True)
class Spoken:
    """A count and the side that it speaks for."""

    count: Count
    side: str

    @property
    def end(self) -> Place:
        return self.count.pair.origin if self.side == "origin" else self.count.pair.dest

    @property
    def is_inside(self) -> bool:
        return all(_holds(self.count.unit, place) for place in self.count.pair)


@dataclass
class Row:
    """What the ledger says of a cell."""

    by_origin: int | None = None
    by_destination: int | None = None
    standing: str = "differs"
    cause: str = "none"
    disputed_since: str | None = None
    is_open: bool = False
    is_current: bool = False

    def by(self, side: str) -> int | None:
        return self.by_origin if side == "origin" else self.by_destination


# A unit and month.
Return = tuple[Place, str]
# How many people the records have in a pair of places, under an item, on a day; None: they cannot know them.
Records = Callable[[Pair, str, date], int | None]


def nobody(pair: Pair, item: str, day: date) -> None:
    """The records of a site without people."""


def ledger(counts: Iterable[Count], records: Records = nobody, cut: Collection[Return] = ()) -> dict[Key, Row]:
    """Hold the two sides of all returns against each other, and against the records.

    Of the returns in ``cut`` rows went back: what they leave out may have been in these.
    """
    heard = _heard(list(counts))
    rows: dict[Key, Row] = {}
    for period in sorted({each.count.period for each in heard}):
        rows |= _of_period(period, [each for each in heard if each.count.period == period])
    _explain(rows, heard, records, cut)
    _date(rows, heard, cut)
    return rows


# --- who speaks -------------------------------------------------------------------------------------------------------


def _holds(outer: Place, inner: Place) -> bool:
    return inner[: len(outer)] == outer


def _heard(counts: list[Count]) -> list[Spoken]:
    narrowed = [_narrowed(each) for each in counts if each.pair.origin != each.pair.dest or each.unit != each.pair.dest]
    spoken = [Spoken(each, side) for each in narrowed for side in _sides(each, narrowed)]
    senders = {(each.count.period, each.side, each.count.unit) for each in spoken}
    # of two returns that both have a cell one speaks; rows of one sheet about the same cell are added up
    first = {
        _told_by(each): each.count.sheet for each in sorted(spoken, key=lambda each: each.count.sheet, reverse=True)
    }
    return [
        each
        for each in spoken
        if each.count.unit == _voice(each, senders) and each.count.sheet == first[_told_by(each)]
    ]


def _told_by(spoken: Spoken) -> tuple[object, ...]:
    count = spoken.count
    return count.unit, count.period, count.item, count.pair, spoken.side


def _narrowed(count: Count) -> Count:
    """Put the sender's unit in the place of one that lies around it."""
    unit, (origin, dest) = count.unit, count.pair
    if _holds(origin, unit) and not _holds(dest, unit) and not _holds(unit, dest):
        return replace(count, pair=Pair(unit, dest))
    if _holds(dest, unit) and not _holds(origin, unit) and not _holds(unit, origin):
        return replace(count, pair=Pair(origin, unit))
    return count


def _sides(count: Count, counts: list[Count]) -> Iterator[str]:
    has = {side: _holds(count.unit, end) for side, end in zip(SIDES, count.pair, strict=True)}
    if not all(has.values()):
        yield from (side for side in SIDES if has[side])
        return
    same = [each for each in counts if (each.unit, each.period, each.sheet) == (count.unit, count.period, count.sheet)]
    outgoing = any(_holds(each.unit, each.pair.origin) and not _holds(each.unit, each.pair.dest) for each in same)
    incoming = any(_holds(each.unit, each.pair.dest) and not _holds(each.unit, each.pair.origin) for each in same)
    if outgoing or not incoming:
        yield "origin"
    if incoming or not outgoing:
        yield "destination"


def _voice(spoken: Spoken, senders: set[tuple[str, str, Place]]) -> Place:
    around = sorted(
        (
            unit
            for period, side, unit in senders
            if (period, side) == (spoken.count.period, spoken.side) and _holds(unit, spoken.end)
        ),
        key=len,
    )
    apart = [unit for unit in around if not all(_holds(unit, place) for place in spoken.count.pair)]
    return (apart or around)[0]


# --- what is compared -------------------------------------------------------------------------------------------------


def _of_period(period: str, heard: list[Spoken]) -> dict[Key, Row]:
    compared = _compared(heard)
    sums: dict[tuple[Pair, str, str], int] = defaultdict(int)
    for each in heard:
        sums[compared[each.count.pair], each.count.item, each.side] += each.count.persons
    rows = {Key(period, pair, item): Row() for pair, item, _ in sums}
    for key, row in rows.items():
        row.by_origin, row.by_destination = (sums.get((key.pair, key.item, side)) for side in SIDES)
    for key, row in rows.items():
        row.standing = _standing(key, row, heard)
    return rows


def _compared(heard: list[Spoken]) -> dict[Pair, Pair]:
    """Join cells that overlap to the cell that both know, until none overlap."""
    told = {(each.side, each.count.unit, each.count.pair) for each in heard}
    full = {pair for side, unit, pair in told if not _is_rest(side, unit, pair, told)}
    cells = {pair: pair for _, _, pair in told}
    while True:
        raising = {cells[pair] for pair in full}
        raised = {pair: _raised(cell, raising) for pair, cell in cells.items()}
        if raised == cells:
            return cells
        cells = raised


def _is_rest(side: str, unit: Place, pair: Pair, told: set[tuple[str, Place, Pair]]) -> bool:
    return any(
        (side, unit) == (other_side, other_unit)
        and other != pair
        and _holds(pair.origin, other.origin)
        and _holds(pair.dest, other.dest)
        for other_side, other_unit, other in told
    )


def _raised(cell: Pair, others: Iterable[Pair]) -> Pair:
    met = [other for other in others if all(_meet(mine, its) for mine, its in zip(cell, other, strict=True))]
    return Pair(
        min([cell.origin, *(other.origin for other in met)], key=len),
        min([cell.dest, *(other.dest for other in met)], key=len),
    )


def _meet(one: Place, other: Place) -> bool:
    return _holds(one, other) or _holds(other, one)


def _standing(key: Key, row: Row, heard: list[Spoken]) -> str:
    if row.by_origin is not None and row.by_origin == row.by_destination:
        return "agreed"
    answers = {side: _answering(key.pair, side, heard) for side in SIDES}
    silent = [side for side in SIDES if row.by(side) is None]
    if any(not answers[side] for side in silent):
        return "awaited"
    items = {side: {each.count.item for each in answers[side]} for side in SIDES}
    if any(key.item not in items[side] for side in silent):
        told = {each.count.item for each in heard if _compared_of(each, heard) == key.pair}
        return "uncompared" if told & items["origin"] & items["destination"] else "no item in common"
    return "agreed" if (row.by_origin or 0) == (row.by_destination or 0) else "differs"


def compared_pair(counts: Iterable[Count], pair: Pair) -> Pair:
    """Return the cell in which a pair of places is compared, whether or not a return has it."""
    cells = _compared(_heard(list(counts)))
    return cells.get(pair) or _raised(pair, set(cells.values()))


def _compared_of(spoken: Spoken, heard: list[Spoken]) -> Pair:
    return _compared(heard)[spoken.count.pair]


def _answering(pair: Pair, side: str, heard: list[Spoken]) -> list[Spoken]:
    """Return what the senders say who can speak for a side of a cell."""
    end = pair.origin if side == "origin" else pair.dest
    return [
        each
        for each in heard
        if each.side == side
        and _meet(each.count.unit, end)
        and (
            not all(_holds(each.count.unit, place) for place in pair)
            or any(other.is_inside for other in heard if (other.side, other.count.unit) == (side, each.count.unit))
        )
    ]


# --- why they differ --------------------------------------------------------------------------------------------------


def _explain(rows: Mapping[Key, Row], heard: list[Spoken], records: Records, cut: Collection[Return]) -> None:
    rules: list[tuple[str, Callable[[Key], bool]]] = [
        ("definition", lambda key: _is_under_other_item(key, rows)),
        ("timing", lambda key: _is_of_another_month(key, rows)),
        ("timing", lambda key: _is_on_record_of_its_day(key, rows[key], heard, records)),
        ("place", lambda key: _is_split_otherwise(key, rows)),
        ("missing_return", lambda key: _is_of_a_part(key, rows, heard, cut)),
        ("unexplained", lambda _: True),
    ]
    causes: dict[Key, str] = {}
    for key, row in rows.items():
        if row.standing == "awaited":
            causes[key] = "missing_return"
        elif row.standing == "no item in common":
            causes[key] = "definition"
        elif row.standing == "differs":
            causes[key] = next(cause for cause, holds in rules if holds(key))
    for key, cause in causes.items():
        rows[key].cause = cause
        rows[key].standing = "awaited" if cause == "missing_return" else "disputed"


def _is_under_other_item(key: Key, rows: Mapping[Key, Row]) -> bool:
    row = rows[key]
    for item, (sex, duration) in ITEMS.items():
        other = rows.get(key._replace(item=item))
        if other is None or sex != ITEMS[key.item][0] or duration == ITEMS[key.item][1]:
            continue
        for mine, its in ((row.by_origin, other.by_destination), (row.by_destination, other.by_origin)):
            if mine is not None and mine == its:
                return True
    return False


def _is_of_another_month(key: Key, rows: Mapping[Key, Row]) -> bool:
    for side, other in (SIDES, SIDES[::-1]):
        mine = rows[key].by(side)
        months = {
            each.period: row.by(other)
            for each, row in rows.items()
            if (each.pair, each.item) == (key.pair, key.item) and row.by(other) is not None
        }
        before = [months[period] for period in sorted(months) if period < key.period][-1:]
        after = [months[period] for period in sorted(months) if period > key.period][:1]
        if mine is not None and (before == [mine]) != (after == [mine]):
            return True
    return False


def _is_on_record_of_its_day(key: Key, row: Row, heard: list[Spoken], records: Records) -> bool:
    days = reported_on(key, heard)
    if row.by_origin is None or row.by_destination is None:
        return False
    return all((day := days[side]) is not None and row.by(side) == records(key.pair, key.item, day) for side in SIDES)


def counted_for(counts: Iterable[Count], keys: Iterable[Key]) -> dict[Key, date]:
    """Return the day for which the records are asked in each cell: the later of the days of both sides."""
    heard = _heard(list(counts))
    return {key: max(day for day in reported_on(key, heard).values() if day is not None) for key in keys}


def reported_on(key: Key, heard: list[Spoken]) -> dict[str, date | None]:
    """Return the day of each side's return: of what it says of the cell, or of what it could have said it in."""
    of_period = [each for each in heard if each.count.period == key.period]
    compared = _compared(of_period)
    days: dict[str, date | None] = {}
    for side in SIDES:
        said = [
            each
            for each in of_period
            if (compared[each.count.pair], each.count.item, each.side) == (key.pair, key.item, side)
        ]
        answering = said or _answering(key.pair, side, of_period)
        days[side] = max((each.count.reported_on for each in answering), default=None)
    return days


def _is_split_otherwise(key: Key, rows: Mapping[Key, Row]) -> bool:
    for end in range(2):
        for depth in range(1, len(key.pair[end]) + 1):
            group = [
                row
                for each, row in rows.items()
                if (each.period, each.item, each.pair[1 - end]) == (key.period, key.item, key.pair[1 - end])
                and each.pair[end][:depth] == key.pair[end][:depth]
                and len(each.pair[end]) >= depth
                and row.standing == "differs"
            ]
            if len(group) > 1 and sum((row.by_origin or 0) - (row.by_destination or 0) for row in group) == 0:
                return True
    return False


def _is_of_a_part(key: Key, rows: Mapping[Key, Row], heard: list[Spoken], cut: Collection[Return]) -> bool:
    row, of_period = rows[key], [each for each in heard if each.count.period == key.period]
    for side, other in (SIDES, SIDES[::-1]):
        end = key.pair.origin if side == "origin" else key.pair.dest
        answering = _answering(key.pair, side, of_period)
        whole = [each.count for each in answering if _holds(each.count.unit, end)]
        is_part = bool(answering) and not any((each.unit, each.period) not in cut for each in whole)
        if is_part and (row.by(side) or 0) < (row.by(other) or 0):
            return True
    return False


# --- since when -------------------------------------------------------------------------------------------------------

_OPEN = {"disputed", "awaited"}


def _date(rows: Mapping[Key, Row], heard: list[Spoken], cut: Collection[Return]) -> None:
    rests = {
        (period, pair)
        for period in {key.period for key in rows}
        for pair, is_rest in _rests([each for each in heard if each.count.period == period]).items()
        if is_rest
    }
    for key, row in rows.items():
        if row.standing not in _OPEN:
            continue
        standings: dict[str, set[str]] = defaultdict(set)
        for each, other in rows.items():
            if each.item == key.item and _is_about_the_same(each, key, rests):
                standings[each.period].add(other.standing)
        for period in {each.count.period for each in heard} - standings.keys():
            told = [each for each in heard if each.count.period == period]
            whole = [each for each in told if (each.count.unit, period) not in cut]
            if all(_leaves_out(key, side, whole) for side in SIDES):
                standings[period].add("agreed")
        agreed = [period for period, found in standings.items() if "agreed" in found and not found & _OPEN]
        last = max([period for period in agreed if period < key.period], default="")
        row.disputed_since = min(
            period for period, found in standings.items() if last < period <= key.period and row.standing in found
        )
        row.is_open = all(period < key.period for period in agreed)
        row.is_current = row.is_open and not any(
            period > key.period and found & _OPEN for period, found in standings.items()
        )


def _leaves_out(key: Key, side: str, heard: list[Spoken]) -> bool:
    """Whether a unit that holds a side's end counts the item, and so has nobody where it names no cell."""
    end = key.pair.origin if side == "origin" else key.pair.dest
    return any(
        each.count.item == key.item and _holds(each.count.unit, end) for each in _answering(key.pair, side, heard)
    )


def _is_about_the_same(one: Key, other: Key, rests: set[tuple[str, Pair]]) -> bool:
    """Whether two cells are the same, or one knows more of the places of the other; a rest is nobody else's people."""
    if one.pair == other.pair:
        return True
    if any((each.period, each.pair) in rests for each in (one, other)):
        return False
    return all(_meet(mine, its) for mine, its in zip(one.pair, other.pair, strict=True))


def _rests(heard: list[Spoken]) -> dict[Pair, bool]:
    """Say of each compared cell whether it is but a rest."""
    told = {(each.side, each.count.unit, each.count.pair) for each in heard}
    compared = _compared(heard)
    found: dict[Pair, bool] = {}
    for side, unit, pair in told:
        cell = compared[pair]
        found[cell] = found.get(cell, True) and _is_rest(side, unit, pair, told)
    return found
