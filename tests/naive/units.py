"""Units other than persons, and residents, once more in plain Python: one stay, one list and one village at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from naive.counting import LEVELS, Register, Stay, Verdict

Place = tuple[str, str]
OPEN = "open"


@dataclass(frozen=True)
class Entry:
    """What a row of core.stay_sender says: from when to when one sender's lists show a stay."""

    stay_id: str
    form_id: str
    unit_code: str
    says_from: date
    says_until: date | None = None

    def shows_on(self, day: date) -> bool:
        return self.says_from <= day and (self.says_until is None or day < self.says_until)


@dataclass(frozen=True)
class Told:
    """One row of core.service: for which time a sender said the same of one service."""

    stay_id: str
    form_id: str
    unit_code: str
    service_code: str
    status: str
    detail_code: str | None
    from_date: date
    to_date: date | None
    last_reported: date


# --- services -------------------------------------------------------------------------------------------------------


def answer_of(entry: Entry, told: Iterable[Told], required: str, day: date, left_open: frozenset[str]) -> str | None:
    """Say what one sender answers on a day to whether the person has the service: yes, no, open; None if nothing."""
    service_code, _, detail = required.partition("/")
    own = [
        t for t in told if (t.form_id, t.unit_code, t.service_code) == (entry.form_id, entry.unit_code, service_code)
    ]
    begun = [t for t in own if t.stay_id == entry.stay_id and t.from_date <= day]
    if not begun or (entry.says_until is not None and day >= entry.says_until):
        return None
    last = max(begun, key=lambda t: t.from_date)
    if last.to_date is not None and last.to_date <= day:
        return "no" if last.to_date <= last.last_reported else None  # run out, and reported as such
    if last.status != "yes":
        return "no"
    if not detail or last.detail_code == detail:
        return "yes"
    return OPEN if last.detail_code is None or last.detail_code in left_open else "no"


def has_service(answers: Iterable[str | None]) -> Verdict:
    """Put the answers of all senders together; those that contradict each other tell nothing."""
    said = set(answers) - {None}
    if "yes" in said:
        return None if "no" in said else True
    return False if said == {"no"} else None


# --- units ----------------------------------------------------------------------------------------------------------

Units = dict[tuple[str, str | None], tuple[int, int]]


def count_units(
    verdicts: Mapping[str, Verdict],
    entries: Iterable[Entry],
    day: date,
    cells: Mapping[str, Iterable[tuple[str, str | None]]],
    permits: Mapping[Entry, str | None] | None = None,
) -> Units:
    """Count the entries of stays by (direction, division): certain ones, and those of which it is not known."""
    counted: Counter[tuple[str, str | None]] = Counter()
    unknown: Counter[tuple[str, str | None]] = Counter()
    for entry in entries:
        verdict = verdicts[entry.stay_id]
        answer = "yes" if permits is None else permits[entry]
        if verdict is False or answer == "no" or not entry.shows_on(day):
            continue
        tally = counted if verdict and answer == "yes" else unknown
        tally.update(cells[entry.stay_id])
    return {cell: (counted[cell], unknown[cell]) for cell in counted.keys() | unknown.keys()}


def cells_of(stay: Stay, level: str, day: date, register: Register, home_code: str) -> list[tuple[str, str | None]]:
    """Name the (direction, division) in which a stay stands at a level."""
    return [
        (direction, register.shown_at(code, level, day))
        for direction, code in (("in", stay.dest_code), ("out", stay.origin_code))
        if register.is_within(code, home_code, day)
    ]


# --- registered people ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HukouReport:
    """What one report says of the registered people of a place."""

    place_code: str
    reported_on: date
    persons: int
    period: str


@dataclass
class Whole:
    """The registered people of a division, as far as they are known."""

    persons: int | None = None
    period: str | None = None
    is_complete: bool = False
    missing: int = 0
    contradictions: int = 0
    periods: set[str] = field(default_factory=set)


@dataclass
class Shown:
    """One cell of the table: the registered people of a division at a level, or what an upper one has besides."""

    persons: int | None = None
    period: str | None = None
    missing: int = 0
    contradictions: int = 0


def _add(left: int | None, right: int | None) -> int | None:
    return right if left is None else left if right is None else left + right


class Registered:
    """The registered people of a home division on a day, by level and division."""

    def __init__(self, reports: Sequence[HukouReport], register: Register, home_code: str, day: date) -> None:
        self._register, self._day = register, day
        latest = sorted((r for r in reports if r.reported_on <= day), key=lambda r: r.reported_on)
        self._latest = {report.place_code: report for report in latest}
        self.cells: dict[Place, Shown] = defaultdict(Shown)
        codes = {row.code for row in register.divisions if register.is_within(row.code, home_code, day)}
        self._places = {code: place for code in codes if (place := register.place(code, day))}
        home = self._places[home_code]
        self._home_depth = LEVELS.index(home.level)
        self._whole(self._home_depth, home_code, home_code, self._lowest())

    def _key(self, code: str, depth: int) -> str | None:
        return self._register.division(self._places[code], LEVELS[depth])

    def _lowest(self) -> list[str]:
        """Find the places that nothing else lies in."""
        depths = {code: LEVELS.index(place.level) for code, place in self._places.items()}
        keys = {code: [self._key(code, depth) for depth in range(len(LEVELS))] for code in self._places}

        def lies_in(code: str, upper: str) -> bool:
            depth = depths[upper]
            return depths[code] > depth and keys[code][depth] == keys[upper][depth]

        return sorted(code for code in depths if not any(lies_in(other, code) for other in depths))

    def _whole(self, depth: int, key: str | None, shown: str, places: list[str]) -> Whole:
        """Add up a division of one level from those of the next that lie in it."""
        own = self._latest.get(key) if key and self._is_of_level(key, depth) else None
        whole = self._village(key, own) if depth == len(LEVELS) - 1 else self._of_parts(depth, shown, places, own)
        cell = self.cells[LEVELS[depth], shown]
        self._note(cell, whole.persons, whole.period)
        cell.missing += whole.missing
        cell.contradictions += whole.contradictions
        return whole

    def _is_of_level(self, code: str, depth: int) -> bool:
        return code in self._places and self._places[code].level == LEVELS[depth]

    def _note(self, cell: Shown, persons: int | None, period: str | None) -> None:
        cell.persons = _add(cell.persons, persons)
        cell.period = min(filter(None, (cell.period, period)), default=None)

    def _village(self, key: str | None, own: HukouReport | None) -> Whole:
        if own is None:
            return Whole(missing=int(key is not None))
        return Whole(own.persons, own.period, is_complete=True, periods={own.period})

    def _of_parts(self, depth: int, shown: str, places: list[str], own: HukouReport | None) -> Whole:
        groups: dict[str | None, list[str]] = defaultdict(list)
        for place in places:
            groups[self._key(place, depth + 1)].append(place)
        parts = [self._whole(depth + 1, key, key or shown, inner) for key, inner in groups.items()]
        known = [part.persons for part in parts if part.persons is not None]
        whole = Whole(
            sum(known) if known else None,
            min((part.period for part in parts if part.period), default=None),
            is_complete=all(part.is_complete for part in parts),
            missing=sum(part.missing for part in parts),
            contradictions=sum(part.contradictions for part in parts),
            periods=set().union(*(part.periods for part in parts)),
        )
        self._with_own_total(whole, own)
        rest = whole.persons - sum(known) if whole.is_complete and whole.persons is not None else None
        if self._home_depth <= depth:
            for level in LEVELS[depth + 1 :]:
                self._note(self.cells[level, shown], rest, whole.period if rest else None)
        return whole

    def _with_own_total(self, whole: Whole, own: HukouReport | None) -> None:
        """Let the total that a division reports of itself stand in for the parts that have no report."""
        if own is None:
            return
        parts = whole.persons or 0
        if whole.periods == {own.period}:
            too_few, too_many = own.persons < parts, own.persons > parts and whole.is_complete
            whole.contradictions += int(too_few or too_many)
        if not whole.is_complete and own.persons >= parts:
            whole.persons, whole.is_complete, whole.missing = own.persons, True, 0
            whole.periods.add(own.period)
            whole.period = min(whole.periods)
