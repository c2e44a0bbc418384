"""The stay rules once more, in plain Python: one person at a time, slow and easy to read.

This is the second opinion on what dbt builds: written from the rules, it shares no code and no way of working with the
SQL. Input are the rows of schema raw, output the rows of core.stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from naive.listed import DESTINATION, ORIGIN, Evidence, File, Row, Span, current_files, on
from naive.places import Places, compatible, deepest, depth
from naive.spells import ONE_DAY, ROSTERS, Spell, Walk, spells_of


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


def build_stays(evidence: Evidence) -> list[Stay]:
    """Return all stays, person by person."""
    current = current_files(evidence.files)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows:
        if row.file_id in current and (row.file_id, row.row_number) not in evidence.replaced:
            rows_of[row.person].append(row)
    walk = Walk(current, evidence)
    return [stay for person in sorted(rows_of) for stay in _stays_of(person, rows_of[person], current, walk, evidence)]


def _stays_of(
    person: str, rows: Sequence[Row], current: Mapping[str, File], walk: Walk, evidence: Evidence
) -> list[Stay]:
    tracks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        file = current[row.file_id]
        tracks[file.form_id, file.unit_code, row.side].append(row)
    spells = [
        spell
        for (form_id, unit_code, _), own in sorted(tracks.items())
        for spell in spells_of(person, form_id, unit_code, own, current, walk, evidence.places)
    ]
    stays = [_merge(group, evidence.places) for group in _group(spells, evidence.places)]
    return _move_on(stays, evidence.places)


def _group(spells: Sequence[Spell], places: Places) -> list[list[Spell]]:
    """Put spells of different tracks that can be one stay together, the most precise destination first."""
    groups: list[list[Spell]] = []
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


def _same_stay(one: Spell, other: Spell, places: Places) -> bool:
    if one.track == other.track or not compatible(one.dest, other.dest, places):
        return False
    return _start(one) <= _end(other) and _start(other) <= _end(one)


def _start(spell: Spell) -> date:
    return spell.arrived or spell.arrived_after or (spell.left.first if spell.left else date.min)


def _end(spell: Spell) -> date:
    return spell.ended or spell.ended_before or date.max


def _merge(spells: Sequence[Spell], places: Places) -> Stay:
    """Put the spells of a stay together; they come in the order in which they were grouped."""
    start, base = _arrival_spell(spells), min(spells, key=_presence)
    end = _better_end(base, spells)
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
        end_kind=end.end_kind if base.end_kind == "absent_from_list" else base.end_kind,
        reason=_first_said(spells, "reason"),
        dwelling=_first_said(spells, "dwelling"),
        reported=tuple(sorted(line.reported_on for line in lines)),
        evidence=frozenset().union(*(line.evidence for line in lines)),
        forms=tuple(sorted({spell.form_id for spell in spells})),
    )


def _arrival_spell(spells: Sequence[Spell]) -> Spell:
    """Return the spell whose arrival goes first, or one that says the same better."""

    def order(spell: Spell) -> tuple[object, ...]:
        if spell.start is None:
            return True, spell.rank, spell.arrived_before
        return False, spell.rank, spell.start.size

    base = min(spells, key=order)
    if base.start is None:
        return base
    better = [spell for spell in spells if spell.start and spell.start.lies_in(base.start)]
    return min(better, key=lambda spell: (spell.start.size[0], spell.rank, spell.start.size))


def _presence(spell: Spell) -> tuple[int, int]:
    return spell.rank, -_end(spell).toordinal()


def _better_end(base: Spell, spells: Sequence[Spell]) -> Spell:
    """Return the spell that says how a stay ended, or one that says the day of the same end better."""
    said = base.said_end or _absence(base)
    if said is None or said.day:
        return base
    better = [spell for spell in spells if spell.said_end and spell.said_end.lies_in(said)]
    return min(better, key=lambda each: (each.said_end.size[0], each.rank, each.said_end.size), default=base)


def _absence(spell: Spell) -> Span | None:
    """Return the days between the last list with somebody and the first without, one of which was the last."""
    if spell.end_kind != "absent_from_list" or not spell.ended_after or not spell.ended_before:
        return None
    first = spell.ended_after + ONE_DAY
    return Span(first, spell.ended_before) if first <= spell.ended_before else None


def _best_left(spells: Sequence[Spell]) -> Span | None:
    """Return the day of leaving that goes first, or the narrowest span that lies in it."""

    def rank(spell: Spell) -> int:
        return {DESTINATION: 20, ORIGIN: 10}[spell.side] if spell.form_id not in ROSTERS else spell.rank

    said = [(rank(spell), spell.left) for spell in spells if spell.left]
    if not said:
        return None
    base = min(said, key=lambda each: (each[0], each[1].size))[1]
    better = [each for each in said if each[1].lies_in(base)]
    return min(better, key=lambda each: (each[1].size[0], each[0], each[1].size))[1]


def _first_said(spells: Sequence[Spell], attribute: str) -> str | None:
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
            stays,
            key=lambda s: (s.arrived or s.arrived_before or date.max, s.reported[0], s.dest is None, s.dest or ""),
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
