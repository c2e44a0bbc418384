"""From the text of a cell to a typed value, as SQL expressions for DuckDB.

An expression gives NULL for a text that cannot be of its type, and never guesses: two readings of one text (a year or
a spreadsheet serial, 23.3.5) count as none. Because a NULL from a non-empty text always has a failing rule in
``quality.rules``, nothing is lost silently.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.cell_text import bound, folded, spaced
from ingest.credit_code import credit_code_expression
from ingest.dates import DAY, date_expression
from ingest.errors import UsageError
from ingest.identity import identity_expression

_INTEGER = r"\+?(?:\d{1,15}|\d{1,3}(?:,\d{3})+)(?:\.0+)?"
_PHONE = r"(?:1[3-9]\d{9}|0\d{9,11}|\d{7,8})"
_LATIN = "[A-Za-z]"


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


def _name(column: str) -> str:
    text = spaced(column)
    # 张　三 is padded to the width of three characters; Latin names keep the space between their parts.
    return f"CASE WHEN regexp_matches({column}, '{_LATIN}') THEN {text} ELSE replace({text}, ' ', '') END"


def _id_number(column: str) -> str:
    return f"({identity_expression(column)}).number"


def _date(column: str) -> str:
    return bound("reading", date_expression(column), f"CASE WHEN reading.kind = '{DAY}' THEN reading.first END")


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
    "credit_code": credit_code_expression,
    "place": spaced,
    "text": spaced,
    "phone": _phone,
    "integer": _integer,
}
