"""What stands around a table, and in its path: titles, labelled lines, footers, and the dates and months in them.

Everything a file says about itself is gathered here as plain evidence, each piece with where it stood; what it proves
is decided in ``ingest.recognition``.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from ingest.declaration import load_layout
from ingest.folding import BRACKETS, fold
from ingest.tables import Table

LABEL: Final = re.compile(r"([^\s:：,，;；。()（）]{1,16}(?:[(（][^)）]{0,12}[)）])?)\s*[:：]")
DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
COMPACT_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)")
MONTH: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*(?:年?[-/._]|年度?)\s*(\d{1,2})(?![\d])")
COMPACT_MONTH: Final = re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(?!\d)")
SERIAL: Final = re.compile(r"^\d{5}(\.\d+)?$")
SERIAL_EPOCH: Final = date(1899, 12, 30)
FIRST_YEAR, LAST_YEAR = 1980, 2099

Month = tuple[int, int]


@dataclass(frozen=True)
class Surroundings:
    """The titles of a table, its labelled lines as (label, value) and its name."""

    sheet_name: str
    titles: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]

    def values_of(self, labels: Iterable[str]) -> list[str]:
        """Return the values of those labels, in the order in which the labels are declared."""
        wanted = [fold(label) for label in labels]
        found = [(wanted.index(label), value) for label, value in self.labels if label in wanted and value]
        return [value for _, value in sorted(found, key=lambda pair: pair[0])]

    @property
    def other_texts(self) -> tuple[str, ...]:
        """Titles and the sheet's name, what is read where no label says it."""
        return (*self.titles, self.sheet_name)


def read_surroundings(table: Table, outside: Sequence[Sequence[str]]) -> Surroundings:
    """Read the rows above the headings and the rows below them that are no rows of the form."""
    titles: list[str] = []
    labels: list[tuple[str, str]] = []
    for row in (*table.above, *outside):
        found = read_labels(row)
        labels += found
        if not found or any(LABEL.search(text) is None for text in row):
            titles += [text for text in row if LABEL.search(text) is None]
    return Surroundings(table.sheet.name, tuple(titles), tuple(labels))


def read_labels(row: Sequence[str]) -> list[tuple[str, str]]:
    """Return the (folded label, value) pairs of a line; a value may stand in the cell right of its label."""
    found: list[tuple[str, str]] = []
    for position, text in enumerate(row):
        matches = list(LABEL.finditer(text))
        following = row[position + 1] if position + 1 < len(row) else ""
        beside = "" if LABEL.search(following) else following
        if not matches and _fold_label(text) in _known_labels():
            found.append((_fold_label(text), beside))
        ends = [*(match.start() for match in matches[1:]), len(text)]
        for match, end in zip(matches, ends[-len(matches) :] if matches else (), strict=True):
            value = text[match.end() : end].strip()
            found.append((_fold_label(match.group(1)), value or beside))
    return found


def _fold_label(text: str) -> str:
    folded = fold(text)
    return folded if folded in _known_labels() else BRACKETS.sub("", folded)


@cache
def _known_labels() -> frozenset[str]:
    layout = load_layout()
    labels = (*layout.unit_labels, *layout.date_labels, *layout.period_labels, *layout.other_labels)
    return frozenset(map(fold, labels))


# --- dates in texts ---------------------------------------------------------------------------------------------------


def find_date(text: str) -> date | None:
    """Return the last full date named in a text, in any of the styles in use; None where none is possible."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if SERIAL.match(plain):
        return _in_range(SERIAL_EPOCH + timedelta(days=int(float(plain))))
    for pattern in (DATE, COMPACT_DATE):
        days = [day for match in pattern.finditer(plain) if (day := _possible(*match.groups())) is not None]
        if days:
            return max(days)
    return None


def find_month(text: str) -> Month | None:
    """Return the month named in a text, be it by a full date, or None."""
    day = find_date(text)
    if day is not None:
        return day.year, day.month
    plain = unicodedata.normalize("NFKC", text)
    for pattern in (MONTH, COMPACT_MONTH):
        for match in pattern.finditer(plain):
            first = _possible(match.group(1), match.group(2), "1")
            if first is not None:
                return first.year, first.month
    return None


def last_day(month: Month) -> date:
    """Return the last day of a month."""
    year, number = month
    return date(year, number, calendar.monthrange(year, number)[1])


def month_before(day: date) -> Month:
    """Return the month before that of a day."""
    earlier = day.replace(day=1) - timedelta(days=1)
    return earlier.year, earlier.month


def _possible(year: str, month: str, day: str) -> date | None:
    try:
        return _in_range(date(int(year), int(month), int(day)))
    except ValueError:
        return None


def _in_range(day: date) -> date | None:
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
