"""The stay rules once more, in plain Python: one person at a time, slow and easy to read.

This is the second opinion on what dbt builds: written from the rules, it shares no code and no way of working with the
SQL. Input are the rows of schema raw, output the rows of core.stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from naive.places import Places, compatible, deeper, deepest, depth

ORIGIN, DESTINATION = "origin", "destination"
TAKEN = ("accepted", "partly_returned")


@dataclass(frozen=True)
class File:
    file_id: str
    form_id: str
    unit_code: str
    period: str
    reported_on: date
    list_kind: str = "full"
    status: str = "accepted"


@dataclass(frozen=True)
class Row:
    file_id: str
    row_number: int
    side: str
    person: str
    origin: str | None = None
    dest: str | None = None
    left: date | None = None
    arrived: date | None = None
    ended: date | None = None
    reason: str | None = None
    dwelling: str | None = None
    sheet: str = "Sheet1"


@dataclass(frozen=True)
class Returned:
    file_id: str
    row_number: int
    has_identity: bool
    persons: frozenset[str] = frozenset()


@dataclass
class Stay:
    person: str
    origin: str | None
    dest: str | None
    left: date | None
    arrived: date | None
    arrived_after: date | None
    arrived_before: date | None
    ended: date | None
    ended_after: date | None
    ended_before: date | None
    end_kind: str | None
    reason: str | None
    dwelling: str | None
    reported: tuple[date, ...]
    evidence: frozenset[tuple[str, int]]
    forms: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """One person in one track on one day: what all lists of that day together say."""

    reported_on: date
    removed: bool
    origin: str | None
    dest: str | None
    left: date | None
    arrived: date | None
    ended: date | None
    reason: str | None
    dwelling: str | None
    evidence: frozenset[tuple[str, int]]

    @property
    def says_end(self) -> bool:
        return self.removed or self.ended is not None

    def claimed_start(self, side: str) -> date | None:
        return self.left if side == ORIGIN else self.arrived


@dataclass
class _Spell:
    person: str
    form_id: str
    unit_code: str
    side: str
    lines: list[_Line]
    dest: str | None
    moved_here: tuple[date, date] | None = None
    inherited_left: date | None = None
    ended: date | None = None
    ended_after: date | None = None
    ended_before: date | None = None
    end_kind: str | None = None

    @property
    def track(self) -> tuple[str, str]:
        return self.form_id, self.unit_code

    def latest(self, attribute: str) -> object:
        said = [getattr(line, attribute) for line in self.lines if getattr(line, attribute) is not None]
        return said[-1] if said else None

    @property
    def left(self) -> date | None:
        return self.latest("left") or self.inherited_left  # type: ignore[return-value]

    @property
    def arrived(self) -> date | None:
        if self.moved_here:
            return None
        arrived: date | None = self.latest("arrived")  # type: ignore[assignment]
        if self.side == DESTINATION:
            return arrived
        left: date | None = self.latest("left")  # type: ignore[assignment]
        return arrived if arrived and (left is None or arrived >= left) else left

    @property
    def arrived_after(self) -> date | None:
        return self.moved_here[0] if self.moved_here else None

    @property
    def arrived_before(self) -> date | None:
        if self.moved_here:
            return self.moved_here[1]
        return _seen_by(self.lines[0]) if self.arrived is None else None


@dataclass
class Evidence:
    """Everything in schema raw that stays are made of."""

    files: Sequence[File]
    rows: Sequence[Row]
    returned: Sequence[Returned] = ()
    places: Places = field(default_factory=dict)


def build_stays(evidence: Evidence) -> list[Stay]:
    """Return all stays, person by person."""
    current = _current_files(evidence.files)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows:
        if row.file_id in current:
            rows_of[row.person].append(row)
    walk = _Walk(current, evidence)
    return [stay for person in sorted(rows_of) for stay in _stays_of(person, rows_of[person], current, walk, evidence)]


def _current_files(files: Iterable[File]) -> dict[str, File]:
    """Of each form, unit, period and kind of list the taken files with the latest report date replace the others."""
    taken = [file for file in files if file.status in TAKEN]
    latest: dict[tuple[str, str, str, str], date] = {}
    for file in taken:
        latest[_delivery(file)] = max(latest.get(_delivery(file), date.min), file.reported_on)
    return {file.file_id: file for file in taken if file.reported_on == latest[_delivery(file)]}


def _delivery(file: File) -> tuple[str, str, str, str]:
    return file.form_id, file.unit_code, file.period, file.list_kind


def _stays_of(
    person: str, rows: Sequence[Row], current: Mapping[str, File], walk: _Walk, evidence: Evidence
) -> list[Stay]:
    tracks: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        file = current[row.file_id]
        tracks[file.form_id, file.unit_code].append(row)
    spells = [
        spell
        for (form_id, unit_code), own in sorted(tracks.items())
        for spell in _spells_of(person, form_id, unit_code, own, current, walk, evidence.places)
    ]
    stays = [_merge(group, evidence.places) for group in _group(spells, evidence.places)]
    return _move_on(stays, evidence.places)


# ---- spells -------------------------------------------------------------------------------------------------------


def _spells_of(
    person: str,
    form_id: str,
    unit_code: str,
    rows: Sequence[Row],
    current: Mapping[str, File],
    walk: _Walk,
    places: Places,
) -> list[_Spell]:
    side = rows[0].side
    spells: list[_Spell] = []
    for line in _lines(rows, current, places):
        previous = spells[-1] if spells else None
        if previous is not None and _continues(previous, line, places):
            previous.lines.append(line)
            previous.dest = deeper(previous.dest, line.dest, places)
        else:
            spells.append(_Spell(person, form_id, unit_code, side, [line], line.dest))
    for spell, following in pairwise(spells):
        _end_before(spell, following, walk)
    if spells:
        _end_last(spells[-1], walk)
    return spells


def _lines(rows: Sequence[Row], current: Mapping[str, File], places: Places) -> list[_Line]:
    days: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        days[current[row.file_id].reported_on].append(row)
    return [_union(day, days[day], current, places) for day in sorted(days)]


def _union(day: date, rows: Sequence[Row], current: Mapping[str, File], places: Places) -> _Line:
    def smallest(attribute: str) -> object:
        return min((getattr(row, attribute) for row in rows if getattr(row, attribute) is not None), default=None)

    return _Line(
        reported_on=day,
        removed=any(current[row.file_id].list_kind == "removed" for row in rows),
        origin=deepest((row.origin for row in rows), places),
        dest=deepest((row.dest for row in rows), places),
        left=smallest("left"),  # type: ignore[arg-type]
        arrived=smallest("arrived"),  # type: ignore[arg-type]
        ended=smallest("ended"),  # type: ignore[arg-type]
        reason=smallest("reason"),  # type: ignore[arg-type]
        dwelling=smallest("dwelling"),  # type: ignore[arg-type]
        evidence=frozenset((row.file_id, row.row_number) for row in rows),
    )


def _continues(spell: _Spell, line: _Line, places: Places) -> bool:
    last, start = spell.lines[-1], line.claimed_start(spell.side)
    if last.says_end and not line.says_end:
        return False
    if last.ended is not None and start is not None and start >= last.ended:
        return False
    return compatible(spell.dest, line.dest, places) and not _starts_anew(spell, line)


def _starts_anew(spell: _Spell, line: _Line) -> bool:
    start = line.claimed_start(spell.side)
    return start is not None and start > spell.lines[-1].reported_on


def _end_before(spell: _Spell, following: _Spell, walk: _Walk) -> None:
    """End a spell that another of the same track follows."""
    last, first = spell.lines[-1], following.lines[0]
    if _end_by_own_word(spell):
        end = spell.ended or spell.ended_before
        claimed = following.arrived
        # An old start is not believed of somebody who was there only until later.
        if end is not None and (claimed is None or claimed < (spell.ended or spell.ended_after or date.min)):
            following.moved_here = (end, _seen_by(first))
        elif claimed is not None and spell.ended_before is not None:
            _narrow(spell, claimed)
        return
    if _starts_anew(spell, first):
        again = following.latest("left" if spell.side == ORIGIN else "arrived")
        _walk_on(spell, walk, until=min(again, _seen_by(first)))  # type: ignore[type-var]
        return
    spell.ended_after = last.reported_on
    spell.ended_before = _seen_by(first)
    spell.end_kind = "moved_on"
    following.moved_here = (last.reported_on, spell.ended_before)
    following.inherited_left = spell.left


def _narrow(spell: _Spell, start: date) -> None:
    """End a spell that was removed from a list no later than the day somebody came again."""
    if start >= (spell.ended_before or date.max):
        return
    if spell.ended_after is not None and spell.ended_after >= start:
        spell.ended, spell.ended_after, spell.ended_before = start, None, None
    else:
        spell.ended_before = start


def _seen_by(line: _Line) -> date:
    """Return the day by which a row proves that somebody had come: its report, or its end if that was earlier."""
    return min(line.reported_on, line.ended or line.reported_on)


def _end_by_own_word(spell: _Spell) -> bool:
    """End a spell whose last row says that it ended, on the day it names or between two lists."""
    if not spell.lines[-1].says_end:
        return False
    spell.end_kind = "returned" if spell.side == ORIGIN else "left"
    spell.ended = spell.latest("ended")  # type: ignore[assignment]
    if spell.ended is None:
        present = [line.reported_on for line in spell.lines if not line.says_end]
        spell.ended_after = present[-1] if present else None
        spell.ended_before = next(line.reported_on for line in spell.lines if line.removed)
    return True


def _end_last(spell: _Spell, walk: _Walk) -> None:
    """End the last spell of a track."""
    if not _end_by_own_word(spell):
        _walk_on(spell, walk, until=date.max)


def _walk_on(spell: _Spell, walk: _Walk, until: date) -> None:
    """End a spell by what the later full lists say, before a day on which somebody is known to have come again."""
    certain = spell.lines[-1].reported_on
    doubtful = False
    for day, holds, is_clean in walk.later_lists(spell.track, certain, spell.person):
        if day >= until:
            break
        if holds:
            certain, doubtful = day, False
        elif not is_clean:
            doubtful = True
        else:
            spell.ended_after, spell.ended_before, spell.end_kind = certain, day, "absent_from_list"
            return
    if until < date.max:
        spell.ended_after, spell.ended_before, spell.end_kind = certain, until, "absent_from_list"
    elif doubtful:
        spell.ended_after, spell.end_kind = certain, "unknown"


class _Walk:
    """The full lists of every form and unit in order, with who may stand in their returned rows."""

    def __init__(self, current: Mapping[str, File], evidence: Evidence) -> None:
        self._days: dict[tuple[str, str], dict[date, list[str]]] = defaultdict(lambda: defaultdict(list))
        for file in current.values():
            if file.list_kind == "full":
                self._days[file.form_id, file.unit_code][file.reported_on].append(file.file_id)
        self._held: dict[str, set[str]] = defaultdict(set)
        self._nameless: set[str] = set()
        for returned in evidence.returned:
            self._held[returned.file_id] |= returned.persons
            if not returned.has_identity:
                self._nameless.add(returned.file_id)

    def later_lists(self, track: tuple[str, str], after: date, person: str) -> Iterable[tuple[date, bool, bool]]:
        """Yield day, whether it may hold the person, and whether every returned row of it has a name or number."""
        for day, file_ids in sorted(self._days[track].items()):
            if day > after:
                holds = any(person in self._held[file_id] for file_id in file_ids)
                yield day, holds, not any(file_id in self._nameless for file_id in file_ids)


# ---- stays --------------------------------------------------------------------------------------------------------


def _group(spells: Sequence[_Spell], places: Places) -> list[list[_Spell]]:
    """Put spells of different tracks that can be one stay together, the most precise destination first."""
    groups: list[list[_Spell]] = []
    ordered = sorted(
        spells, key=lambda s: (-depth(s.dest, places), _start(s), s.dest or "", s.lines[0].reported_on, s.track)
    )
    for spell in ordered:
        for group in groups:
            if all(_same_stay(spell, other, places) for other in group):
                group.append(spell)
                break
        else:
            groups.append([spell])
    return groups


def _same_stay(one: _Spell, other: _Spell, places: Places) -> bool:
    if one.track == other.track or not compatible(one.dest, other.dest, places):
        return False
    return _start(one) <= _end(other) and _start(other) <= _end(one)


def _start(spell: _Spell) -> date:
    return spell.arrived or spell.arrived_after or spell.left or date.min


def _end(spell: _Spell) -> date:
    return spell.ended or spell.ended_before or date.max


def _merge(spells: Sequence[_Spell], places: Places) -> Stay:
    by_destination = sorted(spells, key=lambda spell: (spell.side != DESTINATION, spell.track))
    by_origin = sorted(spells, key=lambda spell: (spell.side != ORIGIN, spell.track))
    start = next((spell for spell in by_destination if spell.arrived), None) or by_destination[0]
    end = by_destination[0]
    lines = [line for spell in spells for line in spell.lines]
    left: date | None = _first(by_origin, lambda spell: spell.left)  # type: ignore[assignment]
    return Stay(
        person=spells[0].person,
        origin=deepest((line.origin for line in lines), places),
        dest=deepest((spell.dest for spell in spells), places),
        left=_left_before(left, start),
        arrived=start.arrived,
        arrived_after=start.arrived_after,
        arrived_before=start.arrived_before,
        ended=end.ended,
        ended_after=end.ended_after,
        ended_before=end.ended_before,
        end_kind=end.end_kind,
        reason=_first(by_destination, lambda spell: spell.latest("reason")),  # type: ignore[arg-type]
        dwelling=_first(by_destination, lambda spell: spell.latest("dwelling")),  # type: ignore[arg-type]
        reported=tuple(sorted(line.reported_on for line in lines)),
        evidence=frozenset().union(*(line.evidence for line in lines)),
        forms=tuple(sorted({spell.form_id for spell in spells})),
    )


def _left_before(left: date | None, start: _Spell) -> date | None:
    """Nobody has arrived before leaving: an arrival corrects the day of leaving, or shows it to be another's."""
    if left is None or start.arrived is not None:
        return min(left, start.arrived) if left and start.arrived else left
    return left if start.arrived_before is None or left <= start.arrived_before else None


def _first(spells: Iterable[_Spell], value: Callable[[_Spell], object]) -> object:
    return next((value(spell) for spell in spells if value(spell) is not None), None)


def _move_on(stays: Sequence[Stay], places: Places) -> list[Stay]:
    """Let a later arrival elsewhere end an earlier stay that is open then."""
    ordered = [
        replace(stay)
        for stay in sorted(
            stays, key=lambda s: (s.arrived or s.arrived_before or date.max, s.reported[0], s.dest or "")
        )
    ]
    for stay, following in pairwise(ordered):
        _end_by_arrival(stay, following, places)
        if stay.end_kind == "moved_on" and following.left is None:
            following.left = stay.left
    for stay in ordered:
        _floor_end(stay)
    return ordered


def _end_by_arrival(stay: Stay, following: Stay, places: Places) -> None:
    """End a stay that is not proven to have ended when its person arrived elsewhere."""
    arrival = following.arrived or following.arrived_before
    if arrival is None:
        return
    if _has_ended(stay, arrival, is_exact=following.arrived is not None):
        lower = following.arrived_after or following.left or date.min
        if following.arrived is None and stay.ended_before and lower < stay.ended_before:
            _say_moved_on(stay, following, places)
        return
    # Without any word of an end somebody was there until the arrival elsewhere; else at least until last seen.
    last_certain = stay.reported[-1] if stay.end_kind is None else stay.ended_after
    is_exact = stay.ended is not None or stay.end_kind is None or (last_certain or date.min) >= arrival
    if following.arrived and is_exact:
        stay.ended, stay.ended_after, stay.ended_before = arrival, None, None
    else:
        bounds = (last_certain, stay.arrived, following.arrived_after)
        lower = [day for day in bounds if day is not None and day < arrival]
        stay.ended, stay.ended_after, stay.ended_before = None, max(lower, default=None), arrival
    _say_moved_on(stay, following, places)


def _say_moved_on(stay: Stay, following: Stay, places: Places) -> None:
    """Say that a stay ended by moving on, unless it has its own word for an end at the same place."""
    if stay.end_kind is None or not compatible(stay.dest, following.dest, places):
        stay.end_kind = "moved_on"


def _floor_end(stay: Stay) -> None:
    """A stay is open on the day of arrival: no interval of its end reaches back behind it."""
    if stay.arrived is None or stay.ended is not None or stay.end_kind is None:
        return
    stay.ended_after = max(stay.ended_after or stay.arrived, stay.arrived)
    if stay.ended_before is not None and stay.ended_before <= stay.ended_after:
        stay.ended, stay.ended_after, stay.ended_before = max(stay.ended_before, stay.arrived), None, None


def _has_ended(stay: Stay, day: date, is_exact: bool) -> bool:
    """Whether a stay is known to have ended by a day; a day that is itself only a bound ends what it touches."""
    if stay.ended is not None:
        return stay.ended <= day
    return stay.ended_before is not None and (stay.ended_before < day or (is_exact and stay.ended_before == day))
