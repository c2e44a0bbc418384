"""The spells of one person on the lists of one form and unit, in plain Python: what holds together, and how it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from naive.ends import DOUBTFUL, is_doubtful, is_gone, strongest
from naive.listed import DESTINATION, ORIGIN, Evidence, File, Row, Span
from naive.places import Places, compatible, deeper, deepest

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
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
    # nobody knows whether somebody is there, and since when
    is_doubt: bool
    doubted: Span | None
    end_codes: frozenset[str | None]
    confirmed_on: date | None
    evidence: frozenset[tuple[str, int]]

    @property
    def says_end(self) -> bool:
        return self.removed or self.ended is not None

    def claimed_start(self, side: str) -> Span | None:
        return self.left if side == ORIGIN else self.arrived


@dataclass
class Spell:
    person: str
    form_id: str
    unit_code: str
    side: str
    lines: list[Line]
    dest: str | None
    origin: str | None = None
    not_before: date | None = None
    moved_here: tuple[date | None, date] | None = None
    inherited_left: Span | None = None
    said_end: Span | None = None
    ended: date | None = None
    ended_after: date | None = None
    ended_before: date | None = None
    end_kind: str | None = None
    # the last day on which one who is not known to have gone is known to have been there
    certain_on: date | None = None
    confirmed_until: date | None = None

    @property
    def track(self) -> tuple[str, str]:
        return self.form_id, self.unit_code

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
        named = min([line.reported_on, *(span.last for span in (line.ended, line.doubted) if span)])
        return named if self.not_before is None or named > self.not_before else line.reported_on

    @property
    def is_doubtful(self) -> bool:
        return self.lines[-1].is_doubt

    @property
    def undoubted_until(self) -> date | None:
        """The last day before somebody is missed or a registration lapses."""
        present = [line.reported_on for line in self.lines if not line.removed and not line.is_doubt]
        said = [line for line in self.lines if line.doubted is not None]
        if not said or (present and said[-1].reported_on < present[-1]):
            return present[-1] if present else None
        since = said[-1].doubted
        assert since is not None
        if present and since.first <= present[-1] < since.last:
            return present[-1]
        return since.first - ONE_DAY

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


def spells_of(
    person: str,
    form_id: str,
    unit_code: str,
    rows: Sequence[Row],
    current: Mapping[str, File],
    walk: Walk,
    places: Places,
) -> list[Spell]:
    side = rows[0].side
    spells: list[Spell] = []
    for line in _lines(rows, current, places):
        previous = spells[-1] if spells else None
        if previous is not None and _continues(previous, line, places):
            previous.lines.append(line)
            previous.dest = deeper(previous.dest, line.dest, places)
        else:
            spells.append(Spell(person, form_id, unit_code, side, [line], line.dest))
        spells[-1].origin = deeper(spells[-1].origin, line.origin, places)
    for spell, following in pairwise(spells):
        _follow(spell, following, walk)
    if spells:
        _end_last(spells[-1], walk)
    return spells


def _lines(rows: Sequence[Row], current: Mapping[str, File], places: Places) -> list[Line]:
    days: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        days[current[row.file_id].reported_on].append(row)
    return [_union(day, days[day], current, places) for day in sorted(days)]


def _union(day: date, rows: Sequence[Row], current: Mapping[str, File], places: Places) -> Line:
    def smallest(attribute: str) -> object:
        return min((getattr(row, attribute) for row in rows if getattr(row, attribute) is not None), default=None)

    def narrowest(attribute: str, rows: Sequence[Row] = rows) -> Span | None:
        said = [getattr(row, attribute) for row in rows if getattr(row, attribute) is not None]
        return min(said, key=lambda span: span.size, default=None)

    certain = [row for row in rows if not is_doubtful(row)]
    confirming = [min(row.registered or day, day) for row in rows if row.end_code is None]
    return Line(
        reported_on=day,
        removed=any(is_gone(row, current[row.file_id]) for row in rows),
        origin=deepest((row.origin for row in rows), places),
        dest=deepest((row.dest for row in rows), places),
        left=narrowest("left"),
        arrived=narrowest("arrived"),
        ended=narrowest("ended", certain),
        reason=smallest("reason"),
        dwelling=smallest("dwelling"),
        is_doubt=not certain,
        doubted=None if certain else narrowest("ended"),
        end_codes=frozenset(row.end_code for row in rows),
        confirmed_on=max(confirming, default=None),
        evidence=frozenset((row.file_id, row.row_number) for row in rows),
    )


def _continues(spell: Spell, line: Line, places: Places) -> bool:
    last, start = spell.lines[-1], line.claimed_start(spell.side)
    if last.says_end and not line.says_end:
        return False
    end = last.ended.last if last.ended else last.reported_on
    if last.says_end and start is not None and start.first >= end:
        return False
    return compatible(spell.dest, line.dest, places) and not _starts_anew(spell, line)


def _starts_anew(spell: Spell, line: Line) -> bool:
    start = line.claimed_start(spell.side)
    return start is not None and start.first > spell.lines[-1].reported_on


def _follow(spell: Spell, following: Spell, walk: Walk) -> None:
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
        gone_on = _gone_on(spell)
        following.moved_here = (gone_on and min(gone_on, seen), seen)
    if has_own_word:
        _narrow(spell, again)
    elif anew and not spell.is_doubtful:
        _walk_on(spell, walk, until=again)
    else:
        certain = spell.undoubted_until if spell.is_doubtful else last.reported_on
        spell.ended_after, spell.ended_before = certain, again
        spell.end_kind = "absent_from_list" if anew else "moved_on"
    if not has_own_word and not anew:
        following.inherited_left = spell.left


def _certain_until(spell: Spell) -> date | None:
    """Return the last day on which a spell is certain: the first that its end may be, or the last list that had it."""
    if spell.said_end:
        return spell.said_end.first
    if spell.is_doubtful:
        return spell.undoubted_until
    return max((line.reported_on for line in spell.lines if not line.removed and not line.is_doubt), default=None)


def _gone_on(spell: Spell) -> date | None:
    if spell.said_end:
        return spell.said_end.first
    if spell.is_doubtful:
        return spell.undoubted_until
    removed = [line.reported_on for line in spell.lines if line.removed]
    return removed[0] if removed else spell.lines[-1].reported_on


def _narrow(spell: Spell, again: date) -> None:
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


def _end_by_own_word(spell: Spell) -> bool:
    """End a spell whose last row says that it ended, on the day it names or between two lists."""
    if not spell.lines[-1].says_end:
        return False
    by_side = "returned" if spell.side == ORIGIN else "left"
    spell.end_kind = strongest(code for line in spell.lines for code in line.end_codes) or by_side
    present = [line.reported_on for line in spell.lines if not line.says_end and not line.is_doubt]
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


def _end_last(spell: Spell, walk: Walk) -> None:
    """End the last spell of a track."""
    if _end_by_own_word(spell):
        return
    if not spell.is_doubtful:
        _walk_on(spell, walk, until=date.max)
        return
    spell.end_kind = next(kind for code, kind in DOUBTFUL.items() if code in spell.lines[-1].end_codes)
    before_arrival = spell.arrived_before - ONE_DAY if spell.arrived_before else None
    spell.ended_after = spell.certain_on = spell.undoubted_until or spell.arrived or before_arrival


def _walk_on(spell: Spell, walk: Walk, until: date) -> None:
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
        return
    spell.certain_on = certain
    if doubtful:
        spell.ended_after, spell.end_kind = certain, "unknown"


class Walk:
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
            self._held[returned.file_id] |= {evidence.person_of(key) for key in returned.persons}
            if not returned.has_identity:
                self._nameless.add(returned.file_id)

    def later_lists(self, track: tuple[str, str], after: date, person: str) -> Iterable[tuple[date, bool, bool]]:
        """Yield day, whether it may hold the person, and whether every returned row of it has a name or number."""
        for day, file_ids in sorted(self._days[track].items()):
            if day > after:
                holds = any(person in self._held[file_id] for file_id in file_ids)
                yield day, holds, not any(file_id in self._nameless for file_id in file_ids)
