"""The stay rules once more, in plain Python: one person at a time, slow and easy to read.

This is the second opinion on what dbt builds: written from the rules, it shares no code and no way of working with the
SQL. Input are the rows of schema raw, output the rows of core.stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from naive.places import Places, compatible, deeper, deepest, depth

ORIGIN, DESTINATION = "origin", "destination"
TAKEN = ("accepted", "partly_returned")
# Registers kept for a service go after the lists kept of the moves themselves.
ROSTERS = ("health_roster", "labour_roster", "education_roster")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """The days that a date may be: one day, or all of a month, a year or a range."""

    first: date
    last: date

    @property
    def day(self) -> date | None:
        return self.first if self.first == self.last else None

    @property
    def size(self) -> tuple[int, date]:
        return (self.last - self.first).days, self.first

    def lies_in(self, other: Span) -> bool:
        return other.first <= self.first and self.last <= other.last


def on(day: date | None) -> Span | None:
    """Return the span of a full date."""
    return None if day is None else Span(day, day)


@dataclass(frozen=True)
class File:
    file_id: str
    form_id: str
    unit_code: str
    period: str
    reported_on: date
    list_kind: str = "full"
    status: str = "accepted"
    corrects: str | None = None


@dataclass(frozen=True)
class Row:
    file_id: str
    row_number: int
    side: str
    person: str
    origin: str | None = None
    dest: str | None = None
    left: Span | None = None
    arrived: Span | None = None
    ended: Span | None = None
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
    left: Span | None
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

    @property
    def left_date(self) -> date | None:
        return self.left.day if self.left else None

    @property
    def left_after(self) -> date | None:
        return self.left.first - ONE_DAY if self.left and not self.left.day else None

    @property
    def left_before(self) -> date | None:
        return self.left.last if self.left and not self.left.day else None


@dataclass(frozen=True)
class _Line:
    """One person in one track on one day: what all lists of that day together say."""

    reported_on: date
    removed: bool
    origin: str | None
    dest: str | None
    left: Span | None
    arrived: Span | None
    ended: Span | None
    reason: str | None
    dwelling: str | None
    evidence: frozenset[tuple[str, int]]

    @property
    def says_end(self) -> bool:
        return self.removed or self.ended is not None

    def claimed_start(self, side: str) -> Span | None:
        return self.left if side == ORIGIN else self.arrived


@dataclass
class _Spell:
    person: str
    form_id: str
    unit_code: str
    side: str
    lines: list[_Line]
    dest: str | None
    not_before: date | None = None
    moved_here: tuple[date, date] | None = None
    inherited_left: Span | None = None
    said_end: Span | None = None
    ended: date | None = None
    ended_after: date | None = None
    ended_before: date | None = None
    end_kind: str | None = None

    @property
    def track(self) -> tuple[str, str]:
        return self.form_id, self.unit_code

    @property
    def rank(self) -> int:
        if self.form_id in ROSTERS:
            return 30
        return 10 if self.side == DESTINATION else 20

    def latest(self, attribute: str) -> str | None:
        said = [getattr(line, attribute) for line in self.lines if getattr(line, attribute) is not None]
        return said[-1] if said else None

    def said(self, attribute: str) -> Span | None:
        """Return the latest claim of a date; a vague one gives way to the narrowest, latest claim that lies in it."""
        said: list[Span] = [getattr(line, attribute) for line in self.lines if getattr(line, attribute) is not None]
        if not said:
            return None
        better = [span for span in said if span.lies_in(said[-1])]
        narrowest = min(span.size[0] for span in better)
        return [span for span in better if span.size[0] == narrowest][-1]

    @property
    def left(self) -> Span | None:
        return self.said("left") or self.inherited_left

    @property
    def claimed_start(self) -> Span | None:
        return self.said("left" if self.side == ORIGIN else "arrived")

    @property
    def said_start(self) -> Span | None:
        """What the rows say of the arrival; somebody who left has arrived then, unless the list knows better."""
        arrived, left = self.said("arrived"), self.said("left")
        if self.side == DESTINATION or left is None:
            return arrived
        if arrived is None or arrived.last < left.first:
            return left
        return Span(max(arrived.first, left.first), arrived.last)

    @property
    def start(self) -> Span | None:
        """The arrival as far as it is said, between the spell before and the first list that shows it."""
        said = None if self.moved_here else self.said_start
        if said is None:
            return None
        first, seen = max(said.first, self.not_before or date.min), self.seen
        return Span(first, min(said.last, seen) if first <= seen else said.last)

    @property
    def seen(self) -> date:
        """The day by which somebody had come: the first report, or an end that it names, if that can be."""
        line = self.lines[0]
        named = min(line.reported_on, line.ended.last if line.ended else line.reported_on)
        return named if self.not_before is None or named > self.not_before else line.reported_on

    @property
    def arrived(self) -> date | None:
        return self.start.day if self.start else None

    @property
    def arrived_after(self) -> date | None:
        if self.start:
            return None if self.start.day else self.start.first - ONE_DAY
        return self.moved_here[0] if self.moved_here else None

    @property
    def arrived_before(self) -> date | None:
        if self.start:
            return None if self.start.day else self.start.last
        return self.moved_here[1] if self.moved_here else self.seen


@dataclass
class Evidence:
    """Everything in schema raw that stays are made of."""

    files: Sequence[File]
    rows: Sequence[Row]
    returned: Sequence[Returned] = ()
    places: Places = field(default_factory=dict)
    replaced: frozenset[tuple[str, int]] = frozenset()


def build_stays(evidence: Evidence) -> list[Stay]:
    """Return all stays, person by person."""
    current = _current_files(evidence.files)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows:
        if row.file_id in current and (row.file_id, row.row_number) not in evidence.replaced:
            rows_of[row.person].append(row)
    walk = _Walk(current, evidence)
    return [stay for person in sorted(rows_of) for stay in _stays_of(person, rows_of[person], current, walk, evidence)]


def _current_files(files: Iterable[File]) -> dict[str, File]:
    """Of each form, unit, period and kind of list the taken files with the latest report date replace the others."""
    known = {file.file_id: file for file in files}
    taken = [_as_first_sent(file, known) for file in known.values() if file.status in TAKEN]
    latest: dict[tuple[str, str, str, str], date] = {}
    for file in taken:
        latest[_delivery(file)] = max(latest.get(_delivery(file), date.min), file.reported_on)
    return {file.file_id: file for file in taken if file.reported_on == latest[_delivery(file)]}


def _as_first_sent(file: File, known: Mapping[str, File]) -> File:
    """Return a file with the date, period and kind of the first taken file that it corrects, over any number of slips."""
    chain = [file]
    while chain[-1].corrects in known:
        chain.append(known[chain[-1].corrects or ""])
    first = next(each for each in reversed(chain) if each.status in TAKEN)
    return replace(file, reported_on=first.reported_on, period=first.period, list_kind=first.list_kind)


def _delivery(file: File) -> tuple[str, str, str, str]:
    return file.form_id, file.unit_code, file.period, file.list_kind


def _stays_of(
    person: str, rows: Sequence[Row], current: Mapping[str, File], walk: _Walk, evidence: Evidence
) -> list[Stay]:
    tracks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        file = current[row.file_id]
        tracks[file.form_id, file.unit_code, row.side].append(row)
    spells = [
        spell
        for (form_id, unit_code, _), own in sorted(tracks.items())
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
        _follow(spell, following, walk)
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

    def narrowest(attribute: str) -> Span | None:
        said = [getattr(row, attribute) for row in rows if getattr(row, attribute) is not None]
        return min(said, key=lambda span: span.size, default=None)

    return _Line(
        reported_on=day,
        removed=any(current[row.file_id].list_kind == "removed" for row in rows),
        origin=deepest((row.origin for row in rows), places),
        dest=deepest((row.dest for row in rows), places),
        left=narrowest("left"),
        arrived=narrowest("arrived"),
        ended=narrowest("ended"),
        reason=smallest("reason"),  # type: ignore[arg-type]
        dwelling=smallest("dwelling"),  # type: ignore[arg-type]
        evidence=frozenset((row.file_id, row.row_number) for row in rows),
    )


def _continues(spell: _Spell, line: _Line, places: Places) -> bool:
    last, start = spell.lines[-1], line.claimed_start(spell.side)
    if last.says_end and not line.says_end:
        return False
    if last.ended is not None and start is not None and start.first >= last.ended.last:
        return False
    return compatible(spell.dest, line.dest, places) and not _starts_anew(spell, line)


def _starts_anew(spell: _Spell, line: _Line) -> bool:
    start = line.claimed_start(spell.side)
    return start is not None and start.first > spell.lines[-1].reported_on


def _follow(spell: _Spell, following: _Spell, walk: _Walk) -> None:
    """Begin a spell behind another of the same track, and end that one by it."""
    last, has_own_word = spell.lines[-1], _end_by_own_word(spell)
    anew = _starts_anew(spell, following.lines[0])
    following.not_before = _certain_until(spell)
    start, claimed = following.said_start, following.claimed_start
    # A start is believed where it may lie behind the spell before; one who is only elsewhere has moved there since.
    is_believed = start is not None and (has_own_word or anew)
    is_believed = is_believed and (following.not_before is None or start.last >= following.not_before)
    seen = again = following.seen
    if anew and claimed and (following.not_before or date.max) < claimed.first:
        again = min(claimed.last, seen)
    elif is_believed and start:
        again = min(start.last, seen)
    if not is_believed:
        following.moved_here = (min(_gone_on(spell), seen), seen)
    if has_own_word:
        _narrow(spell, again)
    elif anew:
        _walk_on(spell, walk, until=again)
    else:
        spell.ended_after, spell.ended_before, spell.end_kind = last.reported_on, again, "moved_on"
        following.inherited_left = spell.left


def _certain_until(spell: _Spell) -> date | None:
    """Return the last day on which a spell is certain: the first that its end may be, or the last list that had it."""
    if spell.said_end:
        return spell.said_end.first
    return max((line.reported_on for line in spell.lines if not line.removed), default=None)


def _gone_on(spell: _Spell) -> date:
    if spell.said_end:
        return spell.said_end.first
    removed = [line.reported_on for line in spell.lines if line.removed]
    return removed[0] if removed else spell.lines[-1].reported_on


def _narrow(spell: _Spell, again: date) -> None:
    """End a spell no later than the day by which somebody had come again."""
    if spell.ended is not None:
        spell.ended = min(spell.ended, again)
    elif spell.ended_before is not None:
        spell.ended_before = min(spell.ended_before, again)
    if spell.said_end and not (spell.ended or (spell.ended_after or date.min) < (spell.ended_before or date.max)):
        spell.said_end = None
    elif spell.said_end:
        first = spell.ended or (spell.ended_after or date.min) + ONE_DAY
        spell.said_end = Span(first, spell.ended or spell.ended_before or date.max)


def _end_by_own_word(spell: _Spell) -> bool:
    """End a spell whose last row says that it ended, on the day it names or between two lists."""
    if not spell.lines[-1].says_end:
        return False
    spell.end_kind = "returned" if spell.side == ORIGIN else "left"
    present = [line.reported_on for line in spell.lines if not line.says_end]
    said_on = next(line.reported_on for line in spell.lines if line.says_end)
    said = spell.said("ended")
    if said is None:
        spell.ended_after = present[-1] if present else None
        spell.ended_before = next(line.reported_on for line in spell.lines if line.removed)
        return True
    first, last = said.first, said.last
    if present and said.first <= present[-1] < said.last:
        first = present[-1] + ONE_DAY
    if said.first <= said_on < said.last:
        last = said_on
    spell.said_end = Span(first, last)
    spell.ended = spell.said_end.day
    if spell.ended is None:
        spell.ended_after, spell.ended_before = first - ONE_DAY, last
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
            if (returned.file_id, returned.row_number) in evidence.replaced:
                continue
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
        spells,
        key=lambda s: (-depth(s.dest, places), _start(s), s.dest or "", s.lines[0].reported_on, s.track, s.side),
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
    return spell.arrived or spell.arrived_after or (spell.left.first if spell.left else date.min)


def _end(spell: _Spell) -> date:
    return spell.ended or spell.ended_before or date.max


def _merge(spells: Sequence[_Spell], places: Places) -> Stay:
    """Put the spells of a stay together; they come in the order in which they were grouped."""
    start, end = _arrival_spell(spells), _presence_spell(spells)
    lines = [line for spell in spells for line in spell.lines]
    # Nothing ends before it began, also where two sides contradict each other.
    ended = _not_before(end.ended, start.arrived or start.arrived_after)
    arrived_before = start.arrived_before
    limit = _not_before(end.ended, start.arrived_after)
    if arrived_before and limit:
        arrived_before = min(arrived_before, limit)
    return Stay(
        person=spells[0].person,
        origin=deepest((line.origin for line in lines), places),
        dest=deepest((spell.dest for spell in spells), places),
        left=_left_before(_best_left(spells), start.arrived, arrived_before),
        arrived=start.arrived,
        arrived_after=start.arrived_after,
        arrived_before=arrived_before,
        ended=ended,
        ended_after=end.ended_after,
        ended_before=end.ended_before,
        end_kind=min(spells, key=_presence).end_kind,
        reason=_first_said(spells, "reason"),
        dwelling=_first_said(spells, "dwelling"),
        reported=tuple(sorted(line.reported_on for line in lines)),
        evidence=frozenset().union(*(line.evidence for line in lines)),
        forms=tuple(sorted({spell.form_id for spell in spells})),
    )


def _arrival_spell(spells: Sequence[_Spell]) -> _Spell:
    """Return the spell whose arrival goes first, or one that says the same better."""

    def order(spell: _Spell) -> tuple[object, ...]:
        if spell.start is None:
            return True, spell.rank, spell.arrived_before
        return False, spell.rank, spell.start.size

    base = min(spells, key=order)
    if base.start is None:
        return base
    better = [spell for spell in spells if spell.start and spell.start.lies_in(base.start)]
    return min(better, key=lambda spell: (spell.start.size[0], spell.rank, spell.start.size))  # type: ignore[union-attr]


def _presence(spell: _Spell) -> tuple[int, int]:
    return spell.rank, -_end(spell).toordinal()


def _presence_spell(spells: Sequence[_Spell]) -> _Spell:
    """Return the spell that says how a stay ended, or one that says the day of the same end better."""
    base = min(spells, key=_presence)
    if base.said_end is None:
        return base
    better = [spell for spell in spells if spell.said_end and spell.said_end.lies_in(base.said_end)]
    return min(better, key=lambda spell: (spell.said_end.size[0], spell.rank, spell.said_end.size))  # type: ignore[union-attr]


def _best_left(spells: Sequence[_Spell]) -> Span | None:
    """Return the day of leaving that goes first, or the narrowest span that lies in it."""

    def rank(spell: _Spell) -> int:
        return {DESTINATION: 20, ORIGIN: 10}[spell.side] if spell.form_id not in ROSTERS else spell.rank

    said = [(rank(spell), spell.left) for spell in spells if spell.left]
    if not said:
        return None
    base = min(said, key=lambda each: (each[0], each[1].size))[1]
    better = [each for each in said if each[1].lies_in(base)]
    return min(better, key=lambda each: (each[1].size[0], each[0], each[1].size))[1]


def _first_said(spells: Sequence[_Spell], attribute: str) -> str | None:
    said = [
        (spell.rank, -spell.lines[-1].reported_on.toordinal(), value)
        for spell in spells
        if (value := spell.latest(attribute)) is not None
    ]
    return min(said)[2] if said else None


def _not_before(day: date | None, bound: date | None) -> date | None:
    return max(day, bound) if day and bound else day


def _left_before(left: Span | None, arrived: date | None, arrived_before: date | None) -> Span | None:
    """Nobody has arrived before leaving: an arrival corrects the day of leaving, or shows it to be another's."""
    latest = arrived or arrived_before
    if left is None or latest is None:
        return None
    return Span(left.first, min(left.last, latest)) if left.first <= latest else on(arrived)


def _move_on(stays: Sequence[Stay], places: Places) -> list[Stay]:
    """Let a later arrival elsewhere end an earlier stay that is open then."""
    ordered = [
        replace(stay)
        for stay in sorted(
            stays, key=lambda s: (s.arrived or s.arrived_before or date.max, s.reported[0], s.dest is None, s.dest or "")
        )
    ]
    for stay, following in pairwise(ordered):
        _end_by_arrival(stay, following, places)
        if stay.end_kind == "moved_on" and following.left is None:
            following.left = stay.left
    for stay in ordered:
        _floor_end(stay)
        limit = _not_before(stay.ended, stay.arrived_after)
        if stay.arrived_before and limit:
            stay.arrived_before = min(stay.arrived_before, limit)
        stay.left = _left_before(stay.left, stay.arrived, stay.arrived_before)
    return ordered


def _end_by_arrival(stay: Stay, following: Stay, places: Places) -> None:
    """End a stay that is not proven to have ended when its person arrived elsewhere."""
    arrival = following.arrived or following.arrived_before
    if arrival is None:
        return
    if _has_ended(stay, arrival, is_exact=following.arrived is not None):
        lower = following.arrived_after or (following.left.first if following.left else date.min)
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
    if stay.ended is not None or stay.end_kind is None:
        return
    if stay.arrived is not None:
        stay.ended_after = max(stay.ended_after or stay.arrived, stay.arrived)
    if stay.ended_before is not None and stay.ended_after is not None and stay.ended_before <= stay.ended_after:
        end = max(stay.ended_before, stay.arrived or date.min)
        stay.ended, stay.ended_after, stay.ended_before = end, None, None


def _has_ended(stay: Stay, day: date, is_exact: bool) -> bool:
    """Whether a stay is known to have ended by a day; a day that is itself only a bound ends what it touches."""
    if stay.ended is not None:
        return stay.ended <= day
    return stay.ended_before is not None and (stay.ended_before < day or (is_exact and stay.ended_before == day))
