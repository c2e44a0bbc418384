"""The accounts between departments once more, in plain Python: one stay and one day at a time.

Input are the rows of core.stay and of core.stay_sender; what a sender says is in turn held against the naive spells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from naive.counting import LEVELS, Definition, Register, Stay, verdict
from naive.ends import mistaken_rows
from naive.listed import DESTINATION, ORIGIN, Evidence, File, Row, Span, current_files
from naive.spells import ONE_DAY, Spell, Walk, spells_of

Cell = tuple[object, ...]
SIDES = {"in": DESTINATION, "out": ORIGIN}
DATES = {"left_hukou_date": "left", "arrived_date": "arrived", "ended_date": "ended"}
CODES = ("reason_code", "dwelling_code", "sex", "birth_date", "hukou_nature", "education_code")
PLACES = ("origin_code", "dest_code")


@dataclass(frozen=True)
class Sender:
    """One row of core.stay_sender."""

    stay_id: str
    person_key: str
    form_id: str
    unit_code: str
    side: str
    first_reported: date
    last_reported: date
    says_from: date
    says_until: date | None
    origin_code: str | None
    dest_code: str | None
    left: Span | None
    arrived: Span | None
    ended: Span | None
    reason_code: str | None
    dwelling_code: str | None
    sex: str | None = None
    birth_date: date | None = None
    hukou_nature: str | None = None
    education_code: str | None = None

    def says_so_on(self, day: date) -> bool:
        return self.says_from <= day and (self.says_until is None or day < self.says_until)


@dataclass(frozen=True)
class Account:
    """What is known of a site, by stay."""

    stays: Mapping[str, Stay]
    senders: Mapping[str, Sequence[Sender]]
    register: Register
    home_code: str
    home_level: str

    def present_on(self, day: date) -> Iterator[Stay]:
        """Tell whose stay is certain to be open on a day."""
        for stay in self.stays.values():
            if _is_there(stay, day) and self.senders.get(stay.stay_id):
                yield stay

    def knowing_on(self, stay: Stay, day: date) -> Sequence[Sender]:
        """Tell who says on a day that a stay is there; where nobody does, all who ever said it."""
        everybody = self.senders[stay.stay_id]
        return [sender for sender in everybody if sender.says_so_on(day)] or everybody

    def cells_of(self, stay: Stay, day: date) -> Iterator[tuple[str, str, str]]:
        """Name the (direction, level, division) in which a stay stands."""
        for direction, code in (("in", stay.dest_code), ("out", stay.origin_code)):
            if self.register.is_within(code, self.home_code, day):
                for level in LEVELS[LEVELS.index(self.home_level) :]:
                    yield direction, level, self.register.shown_at(code, level, day) or ""


def _is_there(stay: Stay, day: date) -> bool:
    arrived = stay.arrived_date or stay.arrived_before
    if arrived is None or day < arrived:
        return False
    if stay.ended_date or stay.ended_after:
        return day < (stay.ended_date or date.max) and day <= (stay.ended_after or date.max)
    return stay.ended_before is None


def known_by(account: Account, day: date) -> Counter[Cell]:
    """Count people by (direction, level, division, forms)."""
    counts: Counter[Cell] = Counter()
    for stay in account.present_on(day):
        forms = "+".join(sorted({sender.form_id for sender in account.knowing_on(stay, day)}))
        counts.update((*cell, forms) for cell in account.cells_of(stay, day))
    return counts


def coverage(account: Account, day: date) -> dict[Cell, tuple[int, int]]:
    """Count (known to the form, also known to the other) by (direction, level, division, form, other form)."""
    known: dict[Cell, list[set[str]]] = defaultdict(list)
    asked: dict[str, set[str]] = defaultdict(lambda: {"any"})
    for stay in account.present_on(day):
        forms = {sender.form_id for sender in account.knowing_on(stay, day)}
        for cell in account.cells_of(stay, day):
            known[cell].append(forms)
            asked[cell[0]] |= forms
    return {
        (*cell, form, other): (
            sum(form in forms for forms in people),
            sum(form in forms and (len(forms) > 1 if other == "any" else other in forms) for forms in people),
        )
        for cell, people in known.items()
        for form in set().union(*people)
        for other in asked[str(cell[0])] - {form}
    }


# ---- the mirror -----------------------------------------------------------------------------------------------------


def mirror(
    account: Account, definition: Definition, day: date, level: str, files: Iterable[File]
) -> Counter[tuple[Cell, str]]:
    """Count people by ((origin, destination, cause), who shows them: both, only_origin or only_destination)."""
    lists = Lists(list(files), [sender for senders in account.senders.values() for sender in senders])
    counts: Counter[tuple[Cell, str]] = Counter()
    for stay in account.present_on(day):
        if verdict(stay, definition, day, account.register) is not True:
            continue
        sides = {sender.side for sender in account.knowing_on(stay, day)}
        cause, shown = "none", "both"
        if len(sides) == 1:
            missing = DESTINATION if sides == {ORIGIN} else ORIGIN
            cause, shown = _cause(account, stay, missing, day, lists), f"only_{next(iter(sides))}"
        ends = [account.register.shown_at(code, level, day) for code in (stay.origin_code, stay.dest_code)]
        counts[(*ends, cause), shown] += 1
    return counts


def _cause(account: Account, stay: Stay, missing: str, day: date, lists: Lists) -> str:
    others = [s for senders in account.senders.values() for s in senders if s.person_key == stay.person_key]
    if any(s.side == missing and s.stay_id != stay.stay_id and s.says_so_on(day) for s in others):
        return "place"
    if any(s.side == missing and s.stay_id == stay.stay_id for s in others):
        return "timing"
    code = stay.dest_code if missing == DESTINATION else stay.origin_code
    if not account.register.is_within(code, account.home_code, day):
        return "outside"
    place = account.register.place(code, day)
    if place is None or place.level != "village":
        return "coarser_place"
    chain = [account.register.division(place, level) for level in reversed(LEVELS)]
    latest = lists.latest(missing, chain, day)
    if latest is None:
        return "missing_return"
    return "timing" if latest < (stay.arrived_date or stay.arrived_before or day) else "unexplained"


class Lists:
    """Whose lists speak for which side."""

    def __init__(self, files: Sequence[File], senders: Sequence[Sender]) -> None:
        votes = Counter((sender.form_id, sender.side) for sender in senders)
        forms = {form for form, _ in votes}
        side = {form: max((ORIGIN, DESTINATION), key=lambda each: (votes[form, each], each)) for form in forms}
        self._dates: dict[tuple[str, str], list[tuple[str, date]]] = defaultdict(list)
        for file in files:
            if file.form_id in side:
                self._dates[side[file.form_id], file.unit_code].append((file.period, file.reported_on))

    def latest(self, side: str, units: Sequence[str | None], day: date) -> date | None:
        """Return the date of the month's latest list of the smallest of the units that ever sends any."""
        own = next((self._dates[side, unit] for unit in units if unit and (side, unit) in self._dates), [])
        return max((on for period, on in own if period == f"{day:%Y-%m}"), default=None)


# ---- contradictions -------------------------------------------------------------------------------------------------


def conflicts(account: Account, day: date) -> dict[Cell, tuple[int, int]]:
    """Count (compared, in conflict) by (direction, level, division, attribute, form, other form)."""
    counts: dict[Cell, tuple[int, int]] = {}
    for stay in account.present_on(day):
        latest: dict[str, Sender] = {}
        for sender in sorted(account.senders[stay.stay_id], key=lambda s: s.unit_code, reverse=True):
            if sender.form_id not in latest or sender.last_reported >= latest[sender.form_id].last_reported:
                latest[sender.form_id] = sender
        for form, other in combinations(sorted(latest), 2):
            for attribute, differs in _differences(latest[form], latest[other], account.register, day):
                for cell in account.cells_of(stay, day):
                    key = (*cell, attribute, form, other)
                    before = counts.get(key, (0, 0))
                    counts[key] = (before[0] + 1, before[1] + differs)
    return counts


def _differences(one: Sender, other: Sender, register: Register, day: date) -> Iterator[tuple[str, bool]]:
    for attribute, name in DATES.items():
        said, also = getattr(one, name), getattr(other, name)
        if said and also:
            yield attribute, said.first > also.last or also.first > said.last
    for attribute in CODES:
        if getattr(one, attribute) is not None and getattr(other, attribute) is not None:
            yield attribute, getattr(one, attribute) != getattr(other, attribute)
    for attribute in PLACES:
        said, also = getattr(one, attribute), getattr(other, attribute)
        if said and also:
            here, there = register.place(said, day), register.place(also, day)
            pairs = [(getattr(here, f"{level}_code"), getattr(there, f"{level}_code")) for level in LEVELS]
            yield attribute, any(left and right and left != right for left, right in pairs)


# ---- what a sender says, from its lists -----------------------------------------------------------------------------


def senders_of(evidence: Evidence) -> Counter[Cell]:
    """Say what every sender says of every person, as the rows of core.stay_sender without the stay."""
    current = current_files(evidence.files)
    walk = Walk(current, evidence)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows:
        if row.file_id in current and (row.file_id, row.row_number) not in evidence.replaced:
            rows_of[evidence.person_of(row.person)].append(row)
    found: Counter[Cell] = Counter()
    for person, rows in rows_of.items():
        taken_back = {row.place_in_file for row in mistaken_rows(rows, current, evidence.places)}
        tracks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row.place_in_file not in taken_back:
                file = current[row.file_id]
                tracks[file.form_id, file.unit_code, row.side].append(row)
        for (form_id, unit_code, _), own in tracks.items():
            spells = spells_of(person, form_id, unit_code, own, current, walk, evidence.places)
            registered = {row.place_in_file: row.registered for row in own if row.registered}
            found.update(_said(spell, registered) for spell in spells)
    return found


def _said(spell: Spell, registered: Mapping[tuple[str, int], date]) -> Cell:
    until = None
    if spell.end_kind is not None:
        after = spell.ended_after + ONE_DAY if spell.ended_after else None
        until = spell.ended or spell.ended_before or after
    return (
        spell.person, spell.form_id, spell.unit_code, spell.side, spell.lines[0].reported_on,
        spell.lines[-1].reported_on, spell.arrived or spell.arrived_before, until, spell.origin, spell.dest,
        spell.latest("reason"), spell.latest("dwelling"),
        min((registered[row] for line in spell.lines for row in line.evidence if row in registered), default=None),
    )  # fmt: skip
