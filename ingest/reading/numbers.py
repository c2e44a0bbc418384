"""Numbers as a spreadsheet stores them become what it shows, where that matters: days and codes with leading zeros.

A number format says whether a number stands for a day, or for a code that is filled up with zeros; percent signs,
currencies and rounding are not applied, for they only hide digits.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from ingest.reading.sheet import DATE, NUMBER, cell_text

# Formats every spreadsheet knows by number; 27-36 and 50-58 are days in Chinese, Japanese and Korean versions.
_BUILT_IN_DATES: Final = frozenset({*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)})
_LITERALS: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS: Final = re.compile(r"[ymdhse]|\[[hms]+\]|上午|下午", re.IGNORECASE)
_FRACTION_OF_A_SECOND: Final = re.compile(r"s\.0+", re.IGNORECASE)
_NOT_A_DATE: Final = re.compile(r"general|[0#?]", re.IGNORECASE)
# Zeros alone, perhaps with hyphens, blanks or literal texts between and around them: 000000, 0000-0000, "A"000.
_PADDED: Final = re.compile(r'(?:0|-| |"[^"]*"|\\.)+')
_ZEROS_OF_A_CODE: Final = 2
_EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001 - a cell has no time zone
# The day that never was: the first spreadsheet held 1900 to be a leap year.
_LEAP_DAY_SERIAL: Final = 60
_LAST_SERIAL: Final = 2_958_466


@lru_cache(maxsize=1024)
def is_date_format(number: int, code: str | None) -> bool:
    """Whether numbers of this format are shown as days or times; ``code`` is the format's own text, if it has one."""
    if code is None:
        return number in _BUILT_IN_DATES
    first = _FRACTION_OF_A_SECOND.sub("s", _LITERALS.sub("", code).split(";")[0])
    return not _NOT_A_DATE.search(first) and bool(_DATE_LETTERS.search(first))


@lru_cache(maxsize=1024)
def padding(code: str | None) -> str | None:
    """Return the format if it fills codes up with zeros, else None."""
    if code is None:
        return None
    first = code.split(";")[0]
    bare = re.sub(r'"[^"]*"|\\.', "", first)
    return first if _PADDED.fullmatch(first) and bare.count("0") >= _ZEROS_OF_A_CODE else None


def padded(text: str, pattern: str) -> str:
    """Return a whole number as a padding format shows it: 23 in 000000 is 000023; other texts stay as they are."""
    if not text.isdigit():
        return text
    tokens = re.findall(r'"[^"]*"|\\.|.', pattern, re.DOTALL)
    places = tokens.count("0")
    digits = text.rjust(places, "0")
    surplus = len(digits) - places
    shown: list[str] = []
    position = 0
    for token in tokens:
        if token != "0":  # noqa: S105 - a place for a digit
            shown.append(token.strip('"') if token.startswith('"') else token.removeprefix("\\"))
            continue
        taken = surplus + 1 if position == 0 else 1
        shown.append(digits[position : position + taken])
        position += taken
    return "".join(shown)


def number_text(number: float) -> str:
    """Return a number as its shortest exact text."""
    return cell_text(number) or "0"


def serial_text(serial: float, *, epoch_1904: bool) -> str | None:
    """Return the day and time a serial number stands for; None where no spreadsheet would show a day."""
    if not 0 < serial < _LAST_SERIAL:
        return None
    if serial < 1:
        return (_EPOCH_1900 + timedelta(days=serial)).time().isoformat("seconds")
    if not epoch_1904 and serial < _LEAP_DAY_SERIAL:
        serial += 1
    seconds = round((serial % 1) * 86_400)
    moment = (_EPOCH_1904 if epoch_1904 else _EPOCH_1900) + timedelta(days=int(serial), seconds=seconds)
    return cell_text(moment)


def shown_number(number: float, *, is_date: bool, pattern: str | None, epoch_1904: bool) -> tuple[str, int]:
    """Return the text and the kind of a number cell under its format."""
    if is_date:
        text = serial_text(number, epoch_1904=epoch_1904)
        if text is not None:
            return text, DATE
    text = number_text(number)
    return (padded(text, pattern) if pattern else text), NUMBER
