"""What the naive counting adds up: stays on a day, by division, by both ends, and from one day to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from naive.counting import (
    Definition,
    Register,
    Stay,
    Verdict,
    age_on,
    has_arrived,
    is_over,
    plus_months,
    unknown_because,
    verdict,
)

Counts = dict[tuple[str | None, ...], tuple[int, int]]


def _tally(keyed: Iterable[tuple[tuple[str | None, ...], Verdict]]) -> Counts:
    counted: Counter[tuple[str | None, ...]] = Counter()
    unknown: Counter[tuple[str | None, ...]] = Counter()
    for key, answer in keyed:
        if answer is not False:
            (counted if answer else unknown)[key] += 1
    return {key: (counted[key], unknown[key]) for key in counted.keys() | unknown.keys()}


def count_stock(
    stays: Sequence[Stay], definition: Definition, day: date, level: str, register: Register, home_code: str
) -> Counts:
    """Count persons and unknown by (direction, division of the level) within the home division."""
    return _tally(
        ((direction, register.shown_at(code, level, day)), verdict(stay, definition, day, register))
        for stay in stays
        for direction, code in (("in", stay.dest_code), ("out", stay.origin_code))
        if register.is_within(code, home_code, day)
    )


def count_unknown(
    stays: Sequence[Stay], definition: Definition, day: date, level: str, register: Register, home_code: str
) -> dict[tuple[str | None, ...], int]:
    """Count what is unknown by (direction, division of the level, why it is)."""
    return dict(
        Counter(
            (direction, register.shown_at(code, level, day), cause)
            for stay in stays
            if (cause := unknown_because(stay, definition, day, register)) is not None
            for direction, code in (("in", stay.dest_code), ("out", stay.origin_code))
            if register.is_within(code, home_code, day)
        )
    )


def count_cells(
    stays: Sequence[Stay], definition: Definition, day: date, level: str, register: Register, home_code: str
) -> Counts:
    """Count as count_stock does, by sex, completed years of age, reason and completed months besides."""
    return _tally(
        (
            (
                direction,
                register.shown_at(code, level, day),
                stay.sex or "9",
                None if stay.birth_date is None else str(age_on(stay.birth_date, day)),
                stay.reason_code or "UNKNOWN",
                _completed_months(stay, definition, day),
            ),
            verdict(stay, definition, day, register),
        )
        for stay in stays
        for direction, code in (("in", stay.dest_code), ("out", stay.origin_code))
        if register.is_within(code, home_code, day)
    )


def _completed_months(stay: Stay, definition: Definition, day: date) -> str | None:
    start = stay.left_hukou_date if definition.clock == "left_hukou" else stay.arrived_date
    if start is None:
        return None
    months = 0
    while plus_months(start, months + 1) <= day:
        months += 1
    return str(months)


def count_od(
    stays: Sequence[Stay], definition: Definition, day: date, origin_level: str, dest_level: str, register: Register
) -> Counts:
    """Count persons and unknown by (origin, destination), each at the level asked or the deepest one known above."""
    return _tally(
        (
            (
                register.shown_at(stay.origin_code, origin_level, day),
                register.shown_at(stay.dest_code, dest_level, day),
            ),
            verdict(stay, definition, day, register),
        )
        for stay in stays
    )


def count_changes(
    stays: Sequence[Stay], definition: Definition, opening: date, closing: date, register: Register
) -> dict[str, tuple[int, int]]:
    """Count (arrivals, departures) by stay, walking the days after ``opening`` up to ``closing`` one by one."""
    changes: dict[str, tuple[int, int]] = {}
    for stay in stays:
        arrivals = departures = 0
        before = verdict(stay, definition, opening, register)
        for offset in range(1, (closing - opening).days + 1):
            day = opening + timedelta(days=offset)
            now = verdict(stay, definition, day, register)
            arrivals += now is True and before is not True and has_arrived(stay, opening) is not True
            departures += before is True and now is not True and is_over(stay, day) is not False
            before = now
        changes[stay.stay_id] = (arrivals, departures)
    return changes
