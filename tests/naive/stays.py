"""The stay rules once more, in plain Python: one person at a time, slow and easy to read.

This is the second opinion on what dbt builds: written from the rules, it shares no code and no way of working with the
SQL. Input are the rows of schema raw, output the rows of core.stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from naive.counting import plus_months
from naive.ends import mistaken_rows
from naive.listed import Evidence, File, Row, Span, current_files, on
from naive.merging import (
    best_left,
    best_origin,
    better_arrival,
    better_end,
    confirmed_until,
    first_said,
    presence_spell,
)
from naive.places import Places, compatible, deepest, depth
from naive.spells import ONE_DAY, Spell, Walk, spells_of

CONFIRMED_FOR_MONTHS = 12


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
    evidence: frozenset[tuple[str, int, str]]
    forms: tuple[str, ...]
    is_arrival_said: bool = False
    confirmed: date | None = None
    begin_kind: str = "first_reported"

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
            rows_of[evidence.person_of(row.person)].append(row)
    walk = Walk(current, evidence)
    return [stay for person in sorted(rows_of) for stay in _stays_of(person, rows_of[person], current, walk, evidence)]


def _stays_of(
    person: str, rows: Sequence[Row], current: Mapping[str, File], walk: Walk, evidence: Evidence
) -> list[Stay]:
    mistaken = mistaken_rows(rows, current, evidence.places)
    taken_back = {row.place_in_file for row in mistaken}
    tracks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.place_in_file not in taken_back:
            file = current[row.file_id]
            tracks[file.form_id, file.unit_code, row.side].append(row)
    spells = [
        spell
        for (form_id, unit_code, _), own in sorted(tracks.items())
        for spell in spells_of(person, form_id, unit_code, own, current, walk, evidence.places)
    ]
    for spell in spells:
        _confirm(spell, evidence)
    stays = _move_on([_merge(group, evidence.places) for group in _group(spells, evidence.places)], evidence.places)
    _die(stays, [spell for spell in spells if spell.end_kind == "died"])
    _lapse(stays, evidence.run_date)
    _settle(stays)
    return [*stays, *_mistaken_stays(person, mistaken, current, evidence.places)]


def _mistaken_stays(person: str, rows: Sequence[Row], current: Mapping[str, File], places: Places) -> Iterable[Stay]:
    """A registration by mistake is a stay that never was: it ends on the day on which it was first said."""
    groups: dict[tuple[str, str, str, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        file = current[row.file_id]
        groups[file.form_id, file.unit_code, row.side, row.dest].append(row)
    for (form_id, _, _, dest), own in groups.items():
        reported = tuple(sorted(current[row.file_id].reported_on for row in own))
        yield Stay(
            person=person, origin=deepest((row.origin for row in own), places), dest=dest,
            left=None, arrived=reported[0], arrived_after=None, arrived_before=None,
            ended=reported[0], ended_after=None, ended_before=None, end_kind="mistaken",
            reason=min((row.reason for row in own if row.reason), default=None),
            dwelling=min((row.dwelling for row in own if row.dwelling), default=None),
            reported=reported, forms=(form_id,),
            evidence=frozenset((*row.place_in_file, "taken_back") for row in own),
        )  # fmt: skip


def _confirm(spell: Spell, evidence: Evidence) -> None:
    """Say how long a spell that nothing has ended is vouched for."""
    by = evidence.confirm.get(spell.form_id)
    if spell.end_kind == "lapsed":
        spell.confirmed_until = spell.ended_after
    elif spell.end_kind is None and by is not None:
        registered = max((line.confirmed_on for line in spell.lines if line.confirmed_on), default=None)
        day = registered if by == "registered_date" else spell.certain_on
        assert day is not None
        spell.confirmed_until = plus_months(day, CONFIRMED_FOR_MONTHS)


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
    start, base = better_arrival(spells), presence_spell(spells)
    is_open = base.end_kind in (None, "lapsed")
    end = better_end(base, spells)
    lines = [line for spell in spells for line in spell.lines]
    # Nothing ends before it began, also where two sides contradict each other.
    said_ended = None if is_open else end.ended
    ended = _not_before(said_ended, start.arrived or start.arrived_after)
    arrived_before = start.arrived_before
    limit = _not_before(said_ended, start.arrived_after)
    if arrived_before and limit:
        arrived_before = min(arrived_before, limit)
    dest = deepest((spell.dest for spell in spells), places)
    return Stay(
        person=spells[0].person,
        origin=best_origin(spells, places),
        dest=dest,
        left=_left_before(best_left(spells), start.arrived, arrived_before),
        arrived=start.arrived,
        arrived_after=start.arrived_after,
        arrived_before=arrived_before,
        ended=ended,
        ended_after=None if is_open else end.ended_after,
        ended_before=None if is_open else end.ended_before,
        end_kind=None if is_open else end.end_kind if base.end_kind == "absent_from_list" else base.end_kind,
        reason=first_said(spells, "reason"),
        dwelling=first_said(spells, "dwelling"),
        reported=tuple(sorted(line.reported_on for line in lines)),
        evidence=frozenset(
            (*row, _joined_by(spell, line is spell.lines[0], is_founder=spell is spells[0], dest=dest))
            for spell in spells
            for line in spell.lines
            for row in line.evidence
        ),
        forms=tuple(sorted({spell.form_id for spell in spells})),
        is_arrival_said=start.start is not None,
        confirmed=confirmed_until(spells) if is_open else None,
    )


def _joined_by(spell: Spell, is_first: bool, *, is_founder: bool, dest: str | None) -> str:
    if not is_first:
        return "same_track"
    if is_founder:
        return "founds_stay"
    if spell.dest == dest:
        return "same_place"
    return "unknown_place" if spell.dest is None else "coarser_place"


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
    return ordered


def _die(stays: Sequence[Stay], spells: Sequence[Spell]) -> None:
    """End by a death whatever may be open then or begins later: a death is not taken back by other lists."""
    said = [
        Span(min(spell.ended or (spell.ended_after + ONE_DAY if spell.ended_after else date.min), last), last)
        for spell in spells
        if (last := spell.ended or spell.ended_before)
    ]
    death = min(said, key=lambda span: span.size, default=None)
    for stay in stays if death else ():
        if (stay.ended or stay.ended_before or date.max) > death.last:
            _end_by_death(stay, death)


def _end_by_death(stay: Stay, death: Span) -> None:
    if stay.ended:
        certain = date.max
    elif stay.end_kind is None:
        certain = stay.confirmed or date.max
    else:
        certain = stay.ended_after or date.min
    stay.end_kind, stay.confirmed = "died", None
    if death.day and certain >= death.day:
        stay.ended, stay.ended_after, stay.ended_before = death.day, None, None
        stay.ended = _not_before(stay.ended, stay.arrived or stay.arrived_after)
        return
    alive = death.first - ONE_DAY if death.first > date.min else None
    stay.ended = None
    stay.ended_after = alive if certain >= death.last else certain if certain > date.min else None
    stay.ended_before = _not_before(death.last, stay.arrived_after)


def _lapse(stays: Sequence[Stay], run_date: date) -> None:
    """What is open and has not been confirmed for too long is not known to be there any more."""
    for stay in stays:
        if stay.end_kind is None and stay.confirmed:
            stay.confirmed = max(stay.confirmed, stay.arrived or date.min)
            if stay.confirmed < run_date:
                stay.end_kind, stay.ended_after = "lapsed", stay.confirmed


def _settle(stays: Sequence[Stay]) -> None:
    """Carry the absence on from stay to stay, say how each begins, and let nothing end before it began."""
    for stay, following in pairwise(stays):
        following.begin_kind = "moved_on" if stay.end_kind == "moved_on" else "again"
        if stay.end_kind == "moved_on" and following.left is None:
            following.left = stay.left
    if stays and stays[0].is_arrival_said:
        stays[0].begin_kind = "arrived"
    for stay in stays:
        _floor_end(stay)
        limit = _not_before(stay.ended, stay.arrived_after)
        if stay.arrived_before and limit:
            stay.arrived_before = min(stay.arrived_before, limit)
        stay.left = _left_before(stay.left, stay.arrived, stay.arrived_before)


def _end_by_arrival(stay: Stay, following: Stay, places: Places) -> None:
    """End a stay that is not proven to have ended when its person arrived elsewhere."""
    arrival = following.arrived or following.arrived_before
    if arrival is None:
        return
    if following.arrived is None and stay.ended_before is not None:
        lower = following.arrived_after or (following.left.first if following.left else date.min)
        if stay.ended_before <= lower:
            return
        if stay.ended_before < arrival:
            _say_moved_on(stay, following, places)
            return
    if _has_ended(stay, arrival, is_exact=following.arrived is not None):
        return
    # Without any word of an end somebody was there until the arrival elsewhere, as far as that is confirmed; else at
    # least until last seen.
    if stay.end_kind is not None:
        last_certain = stay.ended_after
    elif following.arrived:
        last_certain = stay.confirmed or date.max
    else:
        last_certain = min(stay.reported[-1], stay.confirmed or date.max)
    is_exact = stay.ended is not None or (last_certain or date.min) >= arrival
    if stay.end_kind is None:
        stay.confirmed = None
    if following.arrived and is_exact:
        stay.ended, stay.ended_after, stay.ended_before = arrival, None, None
    else:
        lower = [day for day in (last_certain, stay.arrived) if day is not None and day < arrival]
        lower += [following.arrived_after] if following.arrived_after else []
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
