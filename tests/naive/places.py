"""Places as the naive rules see them: a code, its level, and the codes of the divisions it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

LEVELS = ("province", "city", "county", "township", "village")


@dataclass(frozen=True)
class Place:
    """A division with its own level and the codes of its ancestors by level."""

    code: str
    level: str
    chain: Mapping[str, str]

    @property
    def depth(self) -> int:
        return LEVELS.index(self.level)


Places = Mapping[str, Place]


def compatible(one: str | None, other: str | None, places: Places) -> bool:
    """Whether one place is the other or lies in it; a place not known at all may be any."""
    if one is None or other is None:
        return True
    return _lies_in(places[one], places[other]) or _lies_in(places[other], places[one])


def _lies_in(inner: Place, outer: Place) -> bool:
    return inner.chain.get(outer.level) == outer.code


def deeper(one: str | None, other: str | None, places: Places) -> str | None:
    """Return the place known to the lower level; of two of one level the smaller code."""
    return deepest((one, other), places)


def deepest(codes: Iterable[str | None], places: Places) -> str | None:
    known = sorted((-places[code].depth, code) for code in codes if code is not None)
    return known[0][1] if known else None


def depth(code: str | None, places: Places) -> int:
    return -1 if code is None else places[code].depth


# --- divisions over time --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A code and the days on which it stood for one and the same territory; ``last`` is the first day after it."""

    code: str
    first: date
    last: date


@dataclass(frozen=True)
class Change:
    """What one division took over from another one on a day."""

    from_code: str
    to_code: str
    day: date
    kind: str
    weight: float | None = None


class History:
    """What codes became, walked one person's share at a time from day to day.

    ``spans`` are the codes and the days of each life of theirs, as the register has them; a code that was given to
    another place has two.
    """

    def __init__(self, spans: Iterable[Span], changes: Iterable[Change]) -> None:
        self.spans = list(spans)
        self.changes = [change for change in changes if change.kind != "rename"]
        self.days = sorted({change.day for change in self.changes})

    def lives(self, code: str, day: date) -> bool:
        """Is the code in the register of a day?"""
        return any(span.code == code and span.first <= day < span.last for span in self.spans)

    def shares(self, code: str, day: date) -> dict[str, float]:
        """Return what a code of the day before becomes on a day, and with which shares."""
        told = {c.to_code: c.weight for c in self.changes if c.from_code == code and c.day == day}
        if not told:
            return {code: 1.0}
        given = sum(weight for weight in told.values() if weight is not None)
        if all(c.kind == "transfer" for c in self.changes if c.from_code == code and c.day == day):
            handed_on = {to: (weight or 0.0) / max(given, 1.0) for to, weight in told.items()}
            return {**handed_on, code: max(1.0 - given, 0.0)}
        unknown = sum(weight is None for weight in told.values())
        if not unknown:
            return {to: weight / given for to, weight in told.items() if weight is not None}
        rest = max(1.0 - given, 0.0) / unknown
        return {to: rest if weight is None else weight / max(given, 1.0) for to, weight in told.items()}

    def later(self, code: str, day: date, target: date) -> dict[str, float]:
        """Return what a code of a day is on a later one; what is no part of it, or of unknown size, has no share."""
        found = {code: 1.0}
        for change_day in (each for each in self.days if day < each <= target):
            after: dict[str, float] = {}
            for before, share in found.items():
                for to, part in self.shares(before, change_day).items():
                    after[to] = after.get(to, 0.0) + share * part
            found = after
        return found

    def earlier(self, code: str, day: date, target: date) -> dict[str, float]:
        """Return what a code of a day was on an earlier one, as if all that came together had been of one size."""
        found = {code: 1.0}
        for change_day in (each for each in reversed(self.days) if target < each <= day):
            before_day = change_day - timedelta(days=1)
            sources = {span.code for span in self.spans if span.first <= before_day < span.last}
            before: dict[str, float] = {}
            for after, share in found.items():
                parts = {
                    source: self.shares(source, change_day)[after]
                    for source in sources
                    if after in self.shares(source, change_day)
                }
                whole = sum(parts.values())
                for source, part in parts.items():
                    before[source] = before.get(source, 0.0) + share * (part / whole if whole else 1 / len(parts))
                if not parts:
                    before[after] = before.get(after, 0.0) + share
            found = before
        return found

    def crosswalk(self, code: str, day: date, target: date) -> dict[str, float]:
        """Return what a code of a day is, or was, on another one."""
        return self.later(code, day, target) if day <= target else self.earlier(code, day, target)

    def is_related(self, code: str, day: date, other: str, other_day: date) -> bool:
        """May a place reported on one day be the one reported on another day?"""
        if day > other_day:
            return self.is_related(other, other_day, code, day)
        return other in self.later(code, day, other_day)
