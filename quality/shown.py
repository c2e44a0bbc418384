"""How much of a cell a finding may show: enough for the clerk to find it, never a person's number, name or phone.

Slips, status and the warehouse all show what these SQL expressions leave, so this is the one place that decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ingest.cell_text import folded, spaced
from ingest.identity import masked_number, written_number
from ingest.person_names import is_name

_LONGEST = 30
_ADDRESS_SHOWN = 12
_MASK = "******"
# No code of an office has so many digits; those of people are also written in groups, and passports begin with letters.
_NUMBER = r"[A-Za-z]{0,2}\d{7,}|\d(?:[ ./-]?\d){8,}"
# A house: the words before its numbers only say where it stands.
_HOUSE = r"(?:路|街|巷|弄|道|胡同|小区|[苑园村])\D{0,6}\d+\s?(?:[号栋幢室组弄]|单元|-\d)"
# What may be the name that a row lacks: columns slip, and lists are pasted one column off.
_MAY_BE_NAME = r"[\p{Han}·]{2,4}"


def shown_value(field_type: str, column: str) -> str:
    """Return the SQL expression of what is shown of a text of this type."""
    return _EXPRESSIONS.get(field_type, _plain)(column)


def shown_code(column: str, name: str) -> str:
    """Return the SQL expression of what is shown of a cell of codes in the row of a person of this ``name``.

    A name is not shown where it is the row's own, or where the row lacks one.
    """
    bare, own = (f"replace({spaced(text)}, ' ', '')" for text in (column, name))
    lacking = f"NOT {is_name(name)} AND regexp_full_match({bare}, '{_MAY_BE_NAME}')"
    return (
        f"CASE WHEN {is_name(name)} AND contains({bare}, {own}) THEN left({own}, 1) || '{_MASK}' "
        f"WHEN {lacking} THEN left({bare}, 1) || '{_MASK}' ELSE {_word(column)} END"
    )


def is_masked(shown: str) -> str:
    """Return whether something was masked in what is shown of a text."""
    return f"contains({shown}, '{_MASK}')"


def is_whole(shown: str) -> str:
    """Return whether what is shown of a text is all of it: nothing was cut off and nothing masked."""
    return f"(length({shown}) < {_LONGEST} AND NOT {is_masked(shown)})"


def _word(column: str) -> str:
    """Of a cell with a number or a house in it, which is no word that anybody could decide about, only that is said."""
    text = folded(column)
    return (
        f"CASE WHEN regexp_matches({text}, '{_NUMBER}') "
        f"THEN left(regexp_extract({text}, '{_NUMBER}'), 3) || '{_MASK}' "
        f"WHEN regexp_matches({text}, '{_HOUSE}') "
        f"THEN regexp_extract({text}, '^\\D+') || '{_MASK}' ELSE left({text}, {_LONGEST}) END"
    )


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
    "code": _word,
    "sex": _word,
    "name": _name,
    "id_number": _number,
    "phone": _phone,
    "place": _place,
}
