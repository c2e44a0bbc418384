"""From the text of a cell to a typed value, as SQL expressions for DuckDB.

An expression gives NULL for a text that cannot be of its type, and never guesses: two readings of one text (a year or
a spreadsheet serial, 23.3.5) count as none. Because a NULL from a non-empty text always has a failing rule in
``quality.rules``, nothing is lost silently.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.errors import UsageError
from ingest.identity import canonical_number, written_number

# Full-width ASCII has a fixed distance to ASCII; the dashes and stops are those of Chinese keyboards.
# The quote is written twice, as SQL wants it.
_FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "—–−。"
_HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F)).replace("'", "''") + "---."
_IS_FULL_WIDTH = r"[\x{FF01}-\x{FF5E}—–−。]"
# Every kind of space and of mark without width: NBSP comes with tables saved from pages, U+3000 from padding, U+200E
# from dates copied out of a dialog. Private-use characters are not among them: rare names are written with those.
_SPACES = r"[\s\p{Z}\p{Cc}\p{Cf}]+"

_YEAR = r"(?:18|19|20|21)\d\d"
_DAY = rf"{_YEAR}(?:-\d{{1,2}}-\d{{1,2}}|/\d{{1,2}}/\d{{1,2}}|\.\d{{1,2}}\.\d{{1,2}}|年\d{{1,2}}月\d{{1,2}}[日号]?)"
_TIME = r"\d{1,2}[:时点](?:\d{1,2}(?:[:分](?:\d{1,2}(?:\.\d+)?秒?)?)?)?"
# Without a space the time can only be told from the day behind 日.
_DATE_WITH_TIME = rf"(?:{_DAY}(?:[ T]{_TIME})?|{_YEAR}年\d{{1,2}}月\d{{1,2}}[日号]{_TIME})"
_COMPACT_DATE = rf"{_YEAR}\d{{4}}(?: {_TIME}|T{_TIME}|\d{{6}})?"
_MONTH = rf"({_YEAR})(?:[-/.年](\d{{1,2}})月?|(\d\d))"
_SERIAL = r"\d{4,5}(?:\.\d+)?"
# Day 1 of a spreadsheet is 1900-01-01, but it counts a 29 February 1900 that never was; so every later serial counts
# from two days before. Serials under 2200 look like years and are not read as days.
_SERIAL_EPOCH = "DATE '1899-12-30'"
_FIRST_SERIAL = 2200

_INTEGER = r"[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3})+)(?:\.0+)?"
_PHONE = r"(?:1[3-9]\d{9}|0\d{9,11}|\d{7,8})"
_LATIN = "[A-Za-z]"


def spaced(column: str) -> str:
    """Return the text with every run of spaces of any kind as one, none at the ends; NULL where nothing is left."""
    return f"nullif(trim(regexp_replace({column}, '{_SPACES}', ' ', 'g')), '')"


def folded(column: str) -> str:
    """Return ``spaced`` text with full-width digits, letters and marks made half width; never for names."""
    # Translating builds its table anew for every row; few rows have anything to translate.
    half_width = f"translate({column}, '{_FULL_WIDTH}', '{_HALF_WIDTH}')"
    return spaced(f"CASE WHEN regexp_matches({column}, '{_IS_FULL_WIDTH}') THEN {half_width} ELSE {column} END")


def typed_expression(field_type: str, column: str) -> str:
    """Return the SQL expression that makes a typed value of the text in ``column``; NULL where it cannot be one.

    Codes are not here: they are mapped set-wise through their value list. Raises ``UsageError`` for an unknown type.
    """
    try:
        return _EXPRESSIONS[field_type](column)
    except KeyError:
        raise UsageError(
            f"there is no field type {field_type!r}: use one of {', '.join(sorted(_EXPRESSIONS))}"
        ) from None


def month_of(column: str) -> str:
    """Return the first day of the month where the text names a month only (1980.05, 1980年5月), else NULL."""
    text = f"replace({folded(column)}, ' ', '')"
    parts = rf"regexp_replace({text}, '^{_MONTH}$', '\1-\2\3-1')"
    return f"CASE WHEN regexp_full_match({text}, '{_MONTH}') THEN TRY_CAST({parts} AS DATE) END"


def _name(column: str) -> str:
    text = spaced(column)
    # 张　三 is padded to the width of three characters; Latin names keep the space between their parts.
    return f"CASE WHEN regexp_matches({column}, '{_LATIN}') THEN {text} ELSE replace({text}, ' ', '') END"


def _id_number(column: str) -> str:
    return canonical_number(written_number(column))


def _date(column: str) -> str:
    text = rf"regexp_replace({folded(column)}, ' ?([年月日号/.\-]) ?', '\1', 'g')"
    parts = rf"regexp_replace({text}, '^(\d+)\D(\d+)\D(\d+).*$', '\1-\2-\3')"
    compact = f"substr({text}, 1, 4) || '-' || substr({text}, 5, 2) || '-' || substr({text}, 7, 2)"
    serial = f"CAST(floor(TRY_CAST({text} AS DOUBLE)) AS INTEGER)"
    return (
        f"CASE WHEN regexp_full_match({text}, '{_DATE_WITH_TIME}') THEN TRY_CAST({parts} AS DATE) "
        f"WHEN regexp_full_match({text}, '{_COMPACT_DATE}') THEN TRY_CAST({compact} AS DATE) "
        f"WHEN regexp_full_match({text}, '{_SERIAL}') AND TRY_CAST({text} AS DOUBLE) >= {_FIRST_SERIAL} "
        f"THEN {_SERIAL_EPOCH} + {serial} END"
    )


def _integer(column: str) -> str:
    text = f"replace({folded(column)}, ' ', '')"
    digits = rf"regexp_replace(replace({text}, ',', ''), '\.0+$', '')"
    return f"CASE WHEN regexp_full_match({text}, '{_INTEGER}') THEN TRY_CAST({digits} AS BIGINT) END"


def _phone(column: str) -> str:
    digits = rf"regexp_replace(regexp_replace({folded(column)}, '[ ()\-]', '', 'g'), '^(?:\+|00)86', '')"
    return f"CASE WHEN regexp_full_match({digits}, '{_PHONE}') THEN {digits} END"


_EXPRESSIONS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "id_number": _id_number,
    "date": _date,
    "place": spaced,
    "text": spaced,
    "phone": _phone,
    "integer": _integer,
}
