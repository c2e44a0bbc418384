"""The frequency figures once more, in plain Python: person by person and day by day through the twelve months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from naive.counting import Definition, Register, Stay, Verdict, boundary_test, plus_months, verdict
from naive.moves import Move

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Person:
    """A person's stays with their end kinds, and the moves that follow from them."""

    stays: Sequence[Stay]
    end_kinds: Sequence[str | None]
    moves: Sequence[Move]


@dataclass
class Figures:
    """What stats.frequency says of one division."""

    persons: int = 0
    persons_unknown: int = 0
    moves: int = 0
    moves_unknown: int = 0
    returns: int = 0
    redepartures: int = 0
    persons_returned: int = 0
    persons_at_start: int = 0
    stays_measured: int = 0
    median_stay_months: int | None = None
    # (completed months, whether the stay ended then)
    lasted: list[tuple[int, bool]] = field(default_factory=list)


def start_of(as_of: date) -> date:
    """Return the last day before the twelve months to a month end."""
    return plus_months(as_of + ONE_DAY, -12) - ONE_DAY


def frequency(
    people: Mapping[str, Person],
    definition: Definition,
    as_of: date,
    direction: str,
    level: str,
    register: Register,
    home_code: str,
) -> dict[str | None, Figures]:
    """Count by division of a level within the home division."""
    figures: dict[str | None, Figures] = defaultdict(Figures)
    for person in people.values():
        answers: dict[str | None, list[Verdict]] = defaultdict(list)
        at_start: set[str | None] = set()
        for stay, end_kind in zip(person.stays, person.end_kinds, strict=True):
            code = stay.dest_code if direction == "in" else stay.origin_code
            if not register.is_within(code, home_code, as_of):
                continue
            division = register.shown_at(code, level, as_of)
            days = [verdict(stay, definition, day, register) for day in _days(as_of)]
            answers[division] += days
            if any(days):
                figures[division].lasted += _lasted(stay, end_kind, as_of)
            if verdict(stay, definition, start_of(as_of), register):
                at_start.add(division)
        for division, answer in answers.items():
            _add(figures[division], person, any(answer), None in answer, definition, as_of, register)
        for division in at_start:
            figures[division].persons_at_start += 1
    for each in figures.values():
        each.stays_measured = len(each.lasted)
        each.median_stay_months = _median(each.lasted)
    return {division: each for division, each in figures.items() if each.persons + each.persons_unknown}


def _days(as_of: date) -> list[date]:
    first = start_of(as_of) + ONE_DAY
    return [first + timedelta(days=number) for number in range((as_of - first).days + 1)]


def _add(
    figures: Figures,
    person: Person,
    is_counted: bool,
    is_unknown: bool,
    definition: Definition,
    as_of: date,
    register: Register,
) -> None:
    if not is_counted:
        figures.persons_unknown += is_unknown
        return
    figures.persons += 1
    judged = [(move, _happened(move, definition, as_of, register)) for move in person.moves]
    certain = [move.kind for move, answer in judged if answer]
    figures.moves += len(certain)
    figures.moves_unknown += sum(answer is None for _, answer in judged)
    figures.returns += certain.count("return")
    figures.redepartures += certain.count("redeparture")
    figures.persons_returned += "return" in certain


def _happened(move: Move, definition: Definition, as_of: date, register: Register) -> Verdict:
    """Was a move in the twelve months, and across the boundary?"""
    first = move.on or (move.after + ONE_DAY if move.after else date.min)
    last = move.on or move.before or date.max
    start = start_of(as_of)
    if first > as_of or last <= start:
        return False
    way = Stay("", "", origin_code=move.start, dest_code=move.to)
    crossed = boundary_test(way, definition, last, register)
    if move.kind == "unexplained" and not crossed:
        crossed = None
    if crossed is False:
        return False
    return True if crossed and first > start and last <= as_of else None


def _lasted(stay: Stay, end_kind: str | None, as_of: date) -> list[tuple[int, bool]]:
    begun = stay.arrived_date or (stay.arrived_before if stay.arrived_after else None)
    if begun is None:
        return []
    until = stay.ended_date or (stay.ended_after + ONE_DAY if stay.ended_after else None)
    if until is None or until > as_of:
        return [(_months(begun, as_of), False)]
    has_end = (stay.ended_date or stay.ended_before) is not None and end_kind not in ("unknown", "lapsed")
    return [(_months(begun, until), has_end)]


def _months(first: date, last: date) -> int:
    months = 0
    while plus_months(first, months + 1) <= last:
        months += 1
    return months


def _median(lasted: Sequence[tuple[int, bool]]) -> int | None:
    """Return the first length after which at most half go on."""
    share = 1.0
    for months in sorted({months for months, _ in lasted}):
        there = sum(other >= months for other, _ in lasted)
        share *= 1 - sum(other == months and ended for other, ended in lasted) / there
        if share <= 0.5 + 1e-9:
            return months
    return None


def without_lists(figures: Figures) -> Figures:
    """Return the figures alone, as they are published."""
    return replace(figures, lasted=[])
