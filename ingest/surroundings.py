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
from typing import Final

from ingest.declaration import load_layout, per_declarations
from ingest.folding import BRACKETS, fold
from ingest.tables import Table

LABEL: Final = re.compile(r"([^\s:：,，;；。()（）]{1,16}(?:[(（][^)）]{0,12}[)）])?)\s*[:：]")
DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d|\s*月)")
COMPACT_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{2})(\d{2})(?!\d)")
MONTH: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*(?:年?[-/._]|年度?)\s*(\d{1,2})(?![\d])")
COMPACT_MONTH: Final = re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(?!\d)")
_TO = r"\s*(?:至|到|[-~—–－]+)\s*"
_YEAR = r"(?<!\d)((?:19|20)\d{2})\s*"
# What ends a range whose last day or month is written without its year.
LAST_DAY: Final = re.compile(
    rf"{_YEAR}年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*[日号]?{_TO}(\d{{1,2}})\s*月\s*(\d{{1,2}})\s*[日号]"
)
LAST_DAY_OF_MONTH: Final = re.compile(rf"{_YEAR}年\s*(\d{{1,2}})\s*月\s*\d{{1,2}}\s*[日号]?{_TO}(\d{{1,2}})\s*[日号]")
LAST_MONTH: Final = re.compile(rf"{_YEAR}年\s*\d{{1,2}}\s*月?{_TO}(\d{{1,2}})\s*月(?!\s*\d)")
QUARTER: Final = re.compile(rf"{_YEAR}年?度?\s*(?:第\s*([1-4])\s*季|([1-4])\s*季度|Q([1-4]))")
HALF: Final = re.compile(rf"{_YEAR}年?度?\s*([上下])半年")
WHOLE_YEAR: Final = re.compile(rf"{_YEAR}(?:年度?年报|年末|年底|年?全年|年度报表)")
YEAR_IN_NUMERALS: Final = re.compile(r"[〇零○O一二三四五六七八九]{4}(?=\s*年)")
SMALL_NUMERALS: Final = re.compile(r"[一二三四五六七八九十]{1,3}(?=\s*(?:月|日|号|季))")
SHORT_YEAR: Final = re.compile(r"(?<!\d)([1-4]\d)(?=\s*年\s*\d{1,2}\s*月)")
NUMERALS: Final = str.maketrans("〇零○O一二三四五六七八九", "0000123456789")
MONTHS_OF_QUARTER: Final = 3
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


@per_declarations
def _known_labels() -> frozenset[str]:
    layout = load_layout()
    labels = (*layout.unit_labels, *layout.date_labels, *layout.period_labels, *layout.other_labels)
    return frozenset(map(fold, labels))


# --- dates in texts ---------------------------------------------------------------------------------------------------


def find_date(text: str) -> date | None:
    """Return the last full date named in a text, in any of the styles in use; None where none is possible."""
    plain = _plain(text)
    if SERIAL.match(plain):
        return _in_range(SERIAL_EPOCH + timedelta(days=int(float(plain))))
    for patterns in ((DATE, LAST_DAY, LAST_DAY_OF_MONTH), (COMPACT_DATE,)):
        found = (_possible(*match.groups()) for pattern in patterns for match in pattern.finditer(plain))
        days = [day for day in found if day is not None]
        if days:
            return max(days)
    return None


def find_month(text: str) -> Month | None:
    """Return the month named in a text, or None; that of a longer time, as a quarter, is its last."""
    plain = _plain(text)
    longer = _last_of_longer(plain)
    if longer is not None:
        return longer
    day = find_date(plain)
    if day is not None:
        return day.year, day.month
    for pattern in (LAST_MONTH, MONTH, COMPACT_MONTH):
        for match in pattern.finditer(plain):
            first = _possible(match.group(1), match.group(2), "1")
            if first is not None:
                return first.year, first.month
    whole = WHOLE_YEAR.search(plain)
    return (int(whole.group(1)), 12) if whole is not None else None


def _last_of_longer(plain: str) -> Month | None:
    """Return the last month of a quarter or half of a year."""
    quarter = QUARTER.search(plain)
    if quarter is not None:
        number = next(filter(None, quarter.groups()[1:]))
        return int(quarter.group(1)), int(number) * MONTHS_OF_QUARTER
    half = HALF.search(plain)
    return (int(half.group(1)), 6 if half.group(2) == "上" else 12) if half is not None else None


def _plain(text: str) -> str:
    """Write the numerals and the short year of a date in digits."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if "年" in plain:
        plain = YEAR_IN_NUMERALS.sub(lambda match: match.group().translate(NUMERALS), plain)
        plain = SMALL_NUMERALS.sub(lambda match: _in_digits(match.group()), plain)
        plain = SHORT_YEAR.sub(r"20\1", plain)
    return plain


def _in_digits(numeral: str) -> str:
    """Return a numeral up to 99 in digits, and what is none as it is."""
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return numeral.translate(NUMERALS) if len(numeral) == 1 else numeral
    if len(tens) > 1 or len(ones) > 1:
        return numeral
    return f"{tens.translate(NUMERALS) or '1'}{ones.translate(NUMERALS) or '0'}"


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
