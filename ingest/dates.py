"""Dates as clerks write them, read as SQL for DuckDB: a day, or the days that a partial date leaves open.

A text is brought to plain digits and separators first (full width, Chinese numerals, weekdays); then it is one of the
declared styles, or two of them joined to a range, or it is no date. Two possible readings of one text count as none:
3/5/2024, 23.3.5 and 201203 (a month, or 3 December 2020) are returned to their sender.

A year of two digits is read only where it stands before 年 and a month follows, or cannot be a day or month (98.3.5),
and only where one century puts it between 99 years before and 10 years after the day on which it is read.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from ingest.cell_text import bound, folded

DATE_WORDS = Path(__file__).parent / "data" / "date_words.csv"

DAY, MONTH, YEAR, RANGE, UNKNOWN = "day", "month", "year", "range", "unknown"

_YEARS_BACK, _YEARS_AHEAD = 99, 10

# Day 1 of a spreadsheet is 1900-01-01, but it counts a 29 February 1900 that never was; so every later serial counts
# from two days before. Serials under 2200 look like years and are not read as days.
_SERIAL_EPOCH = "DATE '1899-12-30'"
_FIRST_SERIAL = 2200

_Y = r"((?:18|19|20|21)\d\d)"
_TWO = r"(\d{1,2})"
_CLOCK = r"(?:[01]?\d|2[0-4])(?:[:时点](?:[0-5]?\d(?:[:分](?:[0-5]?\d(?:\.\d+)?秒?)?)?)?)"
_NAMED_CLOCK = rf"(?:上午|下午|早上|晚上|中午|凌晨|AM|PM)? ?{_CLOCK} ?(?:AM|PM)?"
_TIME = rf"(?:[ T]{_NAMED_CLOCK}|(?:上午|下午|早上|晚上|中午|凌晨) ?{_CLOCK})?(?:\+08:?00)?"
_COMPACT_MONTH = rf"{_Y}(\d\d)"

_MONTH_NAME = "(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*"
_DAY_MONTH_YEAR = rf"^{_TWO}[- ]{_MONTH_NAME}[-, ]+{_Y}$"
# Java writes Tue Mar 05 00:00:00 CST 2024.
_MONTH_DAY_YEAR = rf"^(?:[A-Z]{{3,9}},? )?{_MONTH_NAME} {_TWO}[., ]+(?:[0-9:]{{8}} [A-Z]{{3,4}} )?{_Y}$"
_YEAR_LAST = rf"^{_TWO}([-/.]){_TWO}[-/.]{_Y}{_TIME}$"
# What programs write for an instant; 16:00 in Greenwich is the next day in China.
_INSTANT = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z$"


def _serial() -> tuple[str, str]:
    number = r"regexp_full_match(point, '\d{4,5}(\.\d+)?')"
    whole = "CAST(floor(TRY_CAST(point AS DOUBLE)) AS INTEGER)"
    return f"{number} AND TRY_CAST(point AS DOUBLE) >= {_FIRST_SERIAL}", f"{_SERIAL_EPOCH} + {whole}"


def _year_last() -> tuple[str, str]:
    """3/25/2024 has one reading, 3/5/2024 has two."""
    month, day = (
        rf"TRY_CAST(regexp_replace(point, '{_YEAR_LAST}', '\4-{order}') AS DATE)" for order in (r"\1-\3", r"\3-\1")
    )
    one = f"{month} IS NULL OR {day} IS NULL OR {month} = {day}"
    return f"regexp_matches(point, '{_YEAR_LAST}')", f"CASE WHEN {one} THEN coalesce({month}, {day}) END"


def _named_month(pattern: str, order: str) -> tuple[str, str]:
    parts = f"regexp_replace(point, '{pattern}', '{order}')"
    return f"regexp_matches(point, '{pattern}')", f"CAST(try_strptime({parts}, '%d-%b-%Y') AS DATE)"


# Days that are no rewriting of their text: whether a point is one, and which day it is.
_OTHER_DAYS = (
    _serial(),
    _year_last(),
    _named_month(_DAY_MONTH_YEAR, r"\1-\2-\3"),
    _named_month(_MONTH_DAY_YEAR, r"\2-\1-\3"),
    (
        f"regexp_matches(point, '{_INSTANT}')",
        "CAST(TRY_CAST(rtrim(replace(point, 'T', ' '), 'Z') AS TIMESTAMP) + to_hours(8) AS DATE)",
    ),
)


# Most texts need no tidying.
_CLEAN = r"\d+(?:[-/.年月]\d+)*[年月日]?(?: \d\d?:\d\d(?::\d\d)?)?"


@dataclass(frozen=True)
class Style:
    """One way to write a point: the pattern, the text of its first day, and how long it lasts."""

    pattern: str
    first: str
    kind: str
    months: int = 0
    days: int = 1


def _part_of_year(word: str, month: int, months: int) -> Style:
    return Style(rf"{_Y}年?(?:{word})", rf"\1-{month}-1", RANGE, months)


def _part_of_month(word: str, day: int, days: int) -> Style:
    """A third of a month; the last one lasts to the end of the month, whatever day that is."""
    return Style(rf"{_Y}年{_TWO}月{word}", rf"\1-\2-{day}", RANGE, 0 if days else 1, days)


# The first style that fits decides; a date that is none of the calendar (2024-02-30) is then no date.
STYLES: tuple[Style, ...] = (
    *(
        Style(rf"{_Y}{separator}{_TWO}{separator}{_TWO}{_TIME}", r"\1-\2-\3", DAY)
        for separator in ("-", "/", r"\.", " ")
    ),
    Style(rf"{_Y}年{_TWO}月{_TWO}(?:[日号](?:{_CLOCK})?)?{_TIME}", r"\1-\2-\3", DAY),
    # Without a space between, the hour is told from the day only where both have two digits.
    Style(rf"{_Y}-(\d\d)-(\d\d)-?\d\d:\d\d(?::\d\d)?", r"\1-\2-\3", DAY),
    Style(rf"{_Y}(\d\d)(\d\d)(?:{_TIME}|\d\d[0-5]\d(?:[0-5]\d)?)", r"\1-\2-\3", DAY),
    *(Style(rf"{_Y}{separator}{_TWO}", r"\1-\2-1", MONTH, 1) for separator in ("-", "/", r"\.")),
    Style(rf"{_Y}年{_TWO}月?份?[初底末]?", r"\1-\2-1", MONTH, 1),
    Style(_COMPACT_MONTH, r"\1-\2-1", MONTH, 1),
    _part_of_month("上旬", 1, 10),
    _part_of_month("中旬", 11, 10),
    _part_of_month("下旬", 21, 0),
    _part_of_year("上半年", 1, 6),
    _part_of_year("下半年", 7, 6),
    *(_part_of_year(rf"第?{number}季度?|Q{number}季?度?", 3 * number - 2, 3) for number in range(1, 5)),
    Style(rf"{_Y}(?:年度?)?(?:年?[初底末])?", r"\1-1-1", YEAR, 12),
)


def date_expression(column: str, today: date | None = None) -> str:
    """Return the SQL expression STRUCT(first DATE, last DATE, kind VARCHAR) of the text in ``column``.

    ``kind`` is day (first = last), month, year or range; unknown, with no dates, where the text says that the date is
    not known or has not come. The struct is NULL where the text is empty or no date. Without ``today`` no year of two
    digits can be told.
    """
    unknown_word = f"replace(written, ' ', '') IN ({_listed('unknown')})"
    sentinel_day = f"{_sentinel_key('written')} IN ({_listed('sentinel')})"
    unknown = f"{{'first': NULL::DATE, 'last': NULL::DATE, 'kind': '{UNKNOWN}'}}"
    read = bound("plain", _plain("written"), _read("plain", today))
    written = f"CASE WHEN regexp_full_match({column}, '{_CLEAN}') THEN {column} ELSE upper({folded(column)}) END"
    answer = f"CASE WHEN {unknown_word} OR {sentinel_day} THEN {unknown} ELSE {read} END"
    return bound("written", written, answer)


@cache
def _listed(kind: str) -> str:
    with DATE_WORDS.open(encoding="utf-8", newline="") as file:
        return ", ".join(f"'{row['text']}'" for row in csv.DictReader(file) if row["kind"] == kind)


def _sentinel_key(text: str) -> str:
    """Return the eight digits of a date in any style, be it one of the calendar or not: 1900/1/0, 0000-00-00."""
    parts = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$"
    month, day = (f"lpad(regexp_extract({text}, '{parts}', {part}), 2, '0')" for part in (2, 3))
    return (
        f"CASE WHEN regexp_matches({text}, '{parts}') THEN regexp_extract({text}, '{parts}', 1) || {month} || {day} "
        f"ELSE left({text}, 8) END"
    )


# --- to plain digits -------------------------------------------------------------------------------------------------

_NUMERAL = "一二三四五六七八九"
# A lunar date names its day without 日: 八月十五. Its other words (正月, 初一, 廿二, 闰) fit no style.
_LUNAR = f"月[{_NUMERAL}十]+([^日号{_NUMERAL}十至到~-]|$)"
_TENS = (
    (f"([一二三])十([{_NUMERAL}])", r"\1\2"),
    (f"十([{_NUMERAL}])", r"一\1"),
    ("([一二三])十", r"\1〇"),
    ("十", "一〇"),
)
_TIDY = (
    # The quotes that keep a cell text (as SQL wants them), and what a sentence ends with.
    ("^[''\"`]+|[''\"`.,;]+$", ""),
    (r" ?\(?(?:星期|礼拜|周)[一二三四五六日天]\)?", ""),
    (" ?([年月日号/.~至到-]) ?", r"\1"),
    ("([0-9])[,、·]", r"\1."),
)


def _plain(text: str) -> str:
    """Return the text with digits for numerals and without what says nothing; NULL where it counts by the moon."""
    tidy = rf"replace({text}, '\', '/')"
    for pattern, replacement in _TIDY:
        tidy = f"regexp_replace({tidy}, '{pattern}', '{replacement}', 'g')"
    digits = "tidy"
    for pattern, replacement in _TENS:
        digits = f"regexp_replace({digits}, '{pattern}', '{replacement}', 'g')"
    digits = f"translate({digits}, '〇零○O{_NUMERAL}', '0000123456789')"
    return bound(
        "tidy",
        f"CASE WHEN regexp_full_match({text}, '{_CLEAN}') THEN {text} ELSE {tidy} END",
        f"CASE WHEN NOT regexp_matches(tidy, '[〇零○{_NUMERAL}十]') THEN tidy "
        f"WHEN NOT regexp_matches(tidy, '{_LUNAR}') THEN {digits} END",
    )


# --- points and ranges -----------------------------------------------------------------------------------------------

# Two points joined by a word, or by a dash that neither of them is written with.
_JOINED = (
    r"^[自从由]?(.+?)起?(?:至|到|~+|--+)(.+?)止?$",
    r"^([^-]+)-([^-]+)$",
    r"^(\d{4}-\d{1,2}-\d{1,2})-(\d{4}-\d{1,2}-\d{1,2})$",
    r"^(\d{4}-\d{1,2})-(\d{4}-\d{1,2})$",
)
_TO_YEAR = r"^(\d{2,4}年)"
_TO_MONTH = r"^(\d{2,4}年\d{1,2}月)"


def _read(plain: str, today: date | None) -> str:
    """Return the reading of a plain text: a point, or the range between two."""
    spread = (
        "CASE WHEN points[1].first <= points[2].last AND points[1].last <= points[2].last "
        f"THEN {{'first': points[1].first, 'last': points[2].last, 'kind': '{RANGE}'}} END"
    )
    points = f"list_transform({_ends(plain)}, lambda text: {_point('text', today)})"
    # Few texts are ranges: the others are read once.
    either = f"CASE WHEN whole IS NOT NULL THEN whole ELSE {bound('points', points, spread)} END"
    return bound("whole", _point(plain, today), either)


def _ends(plain: str) -> str:
    """Return the two ends of a range, the second one completed: 2019年3月1日至5日, 2019年3月-5月."""
    cases = " ".join(
        f"WHEN regexp_matches({plain}, '{pattern}') "
        f"THEN [regexp_extract({plain}, '{pattern}', 1), regexp_extract({plain}, '{pattern}', 2)]"
        for pattern in _JOINED
    )
    second = (
        r"CASE WHEN regexp_matches(pair[2], '^\d{1,2}[日号]') "
        f"THEN regexp_extract(pair[1], '{_TO_MONTH}', 1) || pair[2] "
        r"WHEN regexp_matches(pair[2], '^\d{1,2}月') "
        f"THEN regexp_extract(pair[1], '{_TO_YEAR}', 1) || pair[2] ELSE pair[2] END"
    )
    return bound("pair", f"CASE {cases} END", f"[pair[1], {second}]")


def _point(text: str, today: date | None) -> str:
    """Return the reading of one point, NULL where no style fits or the calendar has no such date."""
    cases = " ".join(
        f"WHEN regexp_full_match(point, '{style.pattern}') THEN {_spell(_first_day(style), style)}" for style in STYLES
    )
    a_day = Style("", "", DAY)
    others = " ".join(f"WHEN {fits} THEN {_spell(day, a_day)}" for fits, day in _OTHER_DAYS)
    spell = (
        "CASE WHEN spell.first IS NOT NULL THEN {'first': spell.first, 'last': CASE WHEN spell.months > 0 "
        "THEN last_day(spell.first + to_months(spell.months - 1)) ELSE spell.first + spell.days - 1 END, "
        "'kind': spell.kind} END"
    )
    return bound("point", _with_century(text, today), bound("spell", f"CASE {cases} {others} END", spell))


def _spell(first: str, style: Style) -> str:
    return f"{{'first': {first}, 'months': {style.months}, 'days': {style.days}, 'kind': '{style.kind}'}}"


def _first_day(style: Style) -> str:
    day = f"TRY_CAST(regexp_replace(point, '^{style.pattern}$', '{style.first}') AS DATE)"
    if style.pattern == _COMPACT_MONTH:
        other = r"TRY_CAST(regexp_replace(point, '^(..)(..)(..)$', '20\1-\2-\3') AS DATE)"
        return f"CASE WHEN {other} IS NULL THEN {day} END"
    return day


def _with_century(text: str, today: date | None) -> str:
    """Return the text with a year of four digits where its two digits can mean one year only."""
    if today is None:
        return text
    short = r"^\d\d年\d|^(?:3[2-9]|[4-9]\d)[-/.]\d{1,2}[-/.]\d{1,2}$"
    year = f"TRY_CAST(left({text}, 2) AS INTEGER)"
    this = f"2000 + {year} <= {today.year + _YEARS_AHEAD}"
    last = f"1900 + {year} >= {today.year - _YEARS_BACK}"
    return (
        f"CASE WHEN NOT regexp_matches({text}, '{short}') THEN {text} WHEN {this} AND NOT {last} THEN '20' || {text} "
        f"WHEN {last} AND NOT {this} THEN '19' || {text} END"
    )
