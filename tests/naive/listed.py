"""What is delivered, as the naive rules read it: files, rows, returned rows, and the days that a date may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from naive.places import Places

ORIGIN, DESTINATION = "origin", "destination"
TAKEN = ("accepted", "partly_returned")


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
    end_code: str | None = None
    registered: date | None = None
    # of the person: whether under a valid number, and what the row says
    is_numbered: bool = True
    sex: str | None = None
    birth: date | None = None
    nature: str | None = None
    education: str | None = None
    sheet: str = "Sheet1"

    @property
    def place_in_file(self) -> tuple[str, int]:
        return self.file_id, self.row_number


@dataclass(frozen=True)
class Returned:
    file_id: str
    row_number: int
    has_identity: bool
    persons: frozenset[str] = frozenset()


@dataclass
class Evidence:
    """Everything in schema raw that stays are made of.

    ``links`` say whose a row without a valid number is; ``confirm`` names the forms of which a registration (by its own
    day, else by the lists that show it) holds for twelve months only.
    """

    files: Sequence[File]
    rows: Sequence[Row]
    returned: Sequence[Returned] = ()
    places: Places = field(default_factory=dict)
    replaced: frozenset[tuple[str, int]] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    run_date: date = date.max
    confirm: Mapping[str, str] = field(default_factory=dict)

    def person_of(self, key: str) -> str:
        """Return the person whose a key is."""
        return self.links.get(key, key)


def current_files(files: Iterable[File]) -> dict[str, File]:
    """Of each form, unit, period and kind of list the taken files with the latest report date replace the others."""
    known = {file.file_id: file for file in files}
    taken = [_as_first_sent(file, known) for file in known.values() if file.status in TAKEN]
    latest: dict[tuple[str, str, str, str], date] = {}
    for file in taken:
        latest[_delivery(file)] = max(latest.get(_delivery(file), date.min), file.reported_on)
    return {file.file_id: file for file in taken if file.reported_on == latest[_delivery(file)]}


def _as_first_sent(file: File, known: Mapping[str, File]) -> File:
    """Return a file with the date, period and kind of the first taken file that it corrects, over all slips."""
    chain = [file]
    while chain[-1].corrects in known:
        chain.append(known[chain[-1].corrects or ""])
    first = next(each for each in reversed(chain) if each.status in TAKEN)
    return replace(file, reported_on=first.reported_on, period=first.period, list_kind=first.list_kind)


def _delivery(file: File) -> tuple[str, str, str, str]:
    return file.form_id, file.unit_code, file.period, file.list_kind
