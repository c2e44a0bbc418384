"""How much of a cell a finding may show: enough for the clerk to find it, never a person's number, name or phone.

Slips, status and the warehouse all show what these SQL expressions leave, so this is the one place that decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingest.cell_text import folded, spaced
from ingest.identity import masked_number, written_number

_LONGEST = 30
_ADDRESS_SHOWN = 12
_MASK = "******"


def shown_value(field_type: str, column: str) -> str:
    """Return the SQL expression of what is shown of a text of this type."""
    return _EXPRESSIONS.get(field_type, _plain)(column)


def is_whole(shown: str) -> str:
    """Return whether what is shown of a text is all of it: nothing was cut off and nothing masked."""
    return f"(length({shown}) < {_LONGEST} AND NOT contains({shown}, '{_MASK}'))"


def shown_word(column: str) -> str:
    """Return the SQL expression of a sender's word as written, or what may be shown of it where that is less."""
    return f"CASE WHEN {_plain(column)} = {folded(column)} THEN {column} ELSE {_plain(column)} END"


def _plain(column: str) -> str:
    # A number or phone can stand in the wrong column: no run of nine or more digits is ever shown.
    return rf"regexp_replace(left({folded(column)}, {_LONGEST}), '(\d{{3}})\d{{6,}}[\dXx]?', '\1{_MASK}', 'g')"


def _name(column: str) -> str:
    text = spaced(column)
    return f"left({text}, 1) || repeat('*', greatest(length({text}) - 1, 1))"


def _number(column: str) -> str:
    return masked_number(written_number(column))


def _phone(column: str) -> str:
    digits = folded(column)
    return f"left({digits}, 3) || repeat('*', greatest(length({digits}) - 3, 1))"


def _place(column: str) -> str:
    text = folded(column)
    start = rf"regexp_replace(left({text}, {_ADDRESS_SHOWN}), '\d', '*', 'g')"
    return f"{start} || CASE WHEN length({text}) > {_ADDRESS_SHOWN} THEN '…' ELSE '' END"


_EXPRESSIONS: Mapping[str, Callable[[str], str]] = {
    "name": _name,
    "id_number": _number,
    "phone": _phone,
    "place": _place,
}
