"""Resident identity numbers (GB 11643) as set-wise SQL: reading, checking and what they say about a person.

Every function returns an SQL expression for DuckDB. A number is read from the text as it is written, brought to its
18 characters, and only returned when it is well formed, names a date of the calendar and carries the right check
character; anything else becomes NULL, and a rule of the gate says so.
"""

from __future__ import annotations

from collections.abc import Collection

from stdnum import numdb

# A spreadsheet keeps 15 digits of a number: what a longer numeric cell shows is not what was typed.
SAFE_NUMERIC_DIGITS = 15

# Weights of ISO 7064 MOD 11-2 for the first 17 digits, and the check character for each remainder.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"

# GB/T 2260: the provinces, and 81-83 for the residence permits of Hong Kong, Macao and Taiwan residents. Demanding one
# keeps out the placeholders in use (000000…, 999999…), whose check character fits by chance one time in eleven.
_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_LONG_FORM = rf"{_PROVINCE}\d{{4}}(?:18|19|20)\d{{9}}[\dX]"
_SHORT_FORM = rf"{_PROVINCE}\d{{13}}"
_PERMIT_CODES = frozenset({"810000", "820000", "830000"})
_ZERO_ADDRESS = "^0{6}"

_FULL_WIDTH = "０１２３４５６７８９Ｘ"
_HALF_WIDTH = "0123456789X"
# Spaces of all kinds and the quotes that spreadsheets and clerks put before a number to keep it text (SQL-quoted).
_NOT_PART_OF_A_NUMBER = r"[\s\p{Z}\p{Cc}\p{Cf}''’‘`]"


def written_number(column: str) -> str:
    """Return the number as written in half width and upper case, without spaces and text marks; NULL where empty."""
    half_width = f"translate(upper({column}), '{_FULL_WIDTH}', '{_HALF_WIDTH}')"
    return f"nullif(regexp_replace({half_width}, '{_NOT_PART_OF_A_NUMBER}', '', 'g'), '')"


def canonical_number(written: str) -> str:
    """Return the 18 characters of a valid number given as ``written_number`` leaves it, else NULL.

    A number of 15 digits gets its century and its check character; it carries none that could be wrong.
    """
    long_date = _is_date(f"substr({written}, 7, 8)")
    lengthened = f"(left({written}, 6) || '19' || substr({written}, 7))"
    short_date = _is_date(f"('19' || substr({written}, 7, 6))")
    return (
        f"CASE WHEN regexp_full_match({written}, '{_LONG_FORM}') AND {long_date} "
        f"AND right({written}, 1) = {_check_character(written)} THEN {written} "
        f"WHEN regexp_full_match({written}, '{_SHORT_FORM}') AND {short_date} "
        f"THEN {lengthened} || {_check_character(lengthened)} END"
    )


def is_unsafe_numeric(written: str, numeric: str) -> str:
    """Return whether the cell was a number too long for a spreadsheet to keep; its last digits are not the person's."""
    return f"(coalesce({numeric}, false) AND length({written}) > {SAFE_NUMERIC_DIGITS})"


def is_placeholder(written: str) -> str:
    """Return whether the text stands in for a number: zeros where the address code should be."""
    return f"regexp_matches({written}, '{_ZERO_ADDRESS}')"


def birth_date_of(canonical: str) -> str:
    """Return the birth date inside a canonical number."""
    return f"CAST({_dashed(f'substr({canonical}, 7, 8)')} AS DATE)"


def sex_of(canonical: str) -> str:
    """Return the sex inside a canonical number: '1' male (17th digit odd), '2' female."""
    return f"CASE CAST(substr({canonical}, 17, 1) AS INTEGER) % 2 WHEN 1 THEN '1' WHEN 0 THEN '2' END"


def address_code_of(canonical: str) -> str:
    """Return the six-digit code of the county that first registered the person."""
    return f"left({canonical}, 6)"


def unknown_address_codes(codes: Collection[str]) -> frozenset[str]:
    """Return those six-digit codes that no county of China has had since the numbers were introduced.

    The list is python-stdnum's. A code counts as known whatever the year: people are registered years after birth.
    """
    counties = numdb.get("cn/loc")
    known = (code for code in codes if any("county" in found for _, found in counties.info(code)))
    return frozenset(codes) - _PERMIT_CODES - frozenset(known)


def masked_number(written: str) -> str:
    """Return the text with its first six and last two characters readable; of a short text only the first two."""
    stars = f"repeat('*', greatest(length({written}) - 8, 0))"
    return (
        f"CASE WHEN length({written}) >= {SAFE_NUMERIC_DIGITS} "
        f"THEN left({written}, 6) || {stars} || right({written}, 2) "
        f"ELSE left({written}, 2) || repeat('*', greatest(length({written}) - 2, 1)) END"
    )


def _check_character(number: str) -> str:
    terms = " + ".join(
        # ascii() cannot fail, so the planner may move this before the test of the form
        f"(ascii(substr({number}, {place}, 1)) - 48) * {weight}"
        for place, weight in enumerate(_WEIGHTS, start=1)
    )
    return f"substr('{_CHECK_CHARACTERS}', ({terms}) % 11 + 1, 1)"


def _is_date(eight_digits: str) -> str:
    return f"TRY_CAST({_dashed(eight_digits)} AS DATE) IS NOT NULL"


def _dashed(digits: str) -> str:
    return f"(substr({digits}, 1, 4) || '-' || substr({digits}, 5, 2) || '-' || substr({digits}, 7, 2))"
