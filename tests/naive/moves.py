"""The rules of moves once more, in plain Python: one person's stays one after the other, gap by gap.

Shares nothing with the SQL but the rules. Input are stays in their order, as core.stay has them; output are the rows of
core.move of that person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from naive.places import Places, compatible

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stop:
    """One stay, as far as moves need it."""

    name: str
    origin: str | None
    dest: str | None
    left: date | None = None
    left_after: date | None = None
    left_before: date | None = None
    arrived: date | None = None
    arrived_after: date | None = None
    arrived_before: date | None = None
    ended: date | None = None
    ended_after: date | None = None
    ended_before: date | None = None
    end_kind: str | None = None

    def left_home_after(self, day: date | None) -> bool:
        """Whether somebody certainly left the hukou place for this stay after a day."""
        first = self.left or (self.left_after + ONE_DAY if self.left_after else None)
        return first is not None and day is not None and first > day

    def left_home_before(self, day: date | None) -> bool:
        """Whether somebody certainly had left the hukou place for this stay before a day."""
        last = self.left or self.left_before
        return last is not None and day is not None and last < day

    @property
    def heard_until(self) -> date | None:
        """The last day on which the stay is heard of: its end, or the last day it is known to be open."""
        return self.ended or self.ended_after or self.arrived or self.arrived_before

    @property
    def not_heard_from(self) -> date | None:
        """The first day on which the stay is not known to be open."""
        if self.ended:
            return self.ended
        return self.heard_until + ONE_DAY if self.heard_until else None


@dataclass(frozen=True)
class Move:
    """One row of core.move."""

    kind: str
    start: str | None
    to: str | None
    on: date | None
    after: date | None
    before: date | None
    from_stay: str | None
    to_stay: str | None


def moves_of(stays: Sequence[Stop], places: Places) -> list[Move]:
    """Return the moves of a person whose stays these are, in their order."""
    stops = [stay for stay in stays if stay.end_kind != "mistaken"]
    return [move for position in range(len(stops)) for move in _around(stops, position, places)]


def _around(stops: Sequence[Stop], position: int, places: Places) -> Iterator[Move]:
    before = stops[position - 1] if position else None
    stay = stops[position]
    following = stops[position + 1] if position + 1 < len(stops) else None
    kind = _arrival_kind(before, stay, places)
    if kind:
        yield _arrival(kind, before, stay)
    if _is_home_after(stay, following):
        yield _homecoming(stay, following)


def _is_home_after(stay: Stop, following: Stop | None) -> bool:
    """Whether a stay was followed by a return: one that is reported, or that leaving home again proves."""
    if stay.end_kind in ("returned", "hukou_transferred"):
        return stay.end_kind == "returned"
    return following is not None and following.left_home_after(stay.heard_until)


def _arrival_kind(before: Stop | None, stay: Stop, places: Places) -> str | None:
    if before is None or before.end_kind == "hukou_transferred":
        return "departure"
    if _is_home_after(before, stay):
        return "redeparture"
    was_away = before.end_kind == "moved_on" or stay.left_home_before(before.not_heard_from)
    if not was_away:
        return "unexplained"
    return None if compatible(before.dest, stay.dest, places) else "onward"


def _arrival(kind: str, before: Stop | None, stay: Stop) -> Move:
    from_home = before is None or kind in ("departure", "redeparture")
    exact = stay.arrived is not None
    return Move(
        kind=kind,
        start=stay.origin if from_home or before is None else before.dest,
        to=stay.dest,
        on=stay.arrived,
        after=None if exact else _latest_bound(before, stay),
        before=None if exact else stay.arrived_before,
        from_stay=None if from_home or before is None else before.name,
        to_stay=stay.name,
    )


def _latest_bound(before: Stop | None, stay: Stop) -> date | None:
    """Return the last day after which somebody arrived: after leaving home, and after being elsewhere."""
    bounds = [stay.arrived_after, stay.left - ONE_DAY if stay.left else stay.left_after]
    if before is not None:
        bounds.append(before.ended - ONE_DAY if before.ended else before.ended_after)
    return max((day for day in bounds if day and stay.arrived_before and day < stay.arrived_before), default=None)


def _homecoming(stay: Stop, following: Stop | None) -> Move:
    bounds = [stay.ended_before]
    if following is not None and following.left_home_after(stay.heard_until):
        bounds.append(following.left or following.left_before)
    before = min((day for day in bounds if day), default=None)
    return Move(
        kind="return",
        start=stay.dest,
        to=stay.origin,
        on=stay.ended,
        after=None if stay.ended else stay.ended_after,
        before=None if stay.ended else before,
        from_stay=stay.name,
        to_stay=None,
    )
