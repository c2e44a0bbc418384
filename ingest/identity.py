"""Identity numbers of persons as set-wise SQL: which document a number is of, whether it can be right, what it says.

Residents' numbers (GB 11643), the permits of residents of Hong Kong, Macao and Taiwan, foreigners' residence cards and
passports. A number is read from the text as it is written and never repaired: it is right or it has a problem. One that
carries a check character proves its own kind; one that does not is believed only where the cell beside it names the
kind, or where no other document is written like it.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

from ingest.cell_text import bound

ADDRESS_CODES = Path(__file__).parent / "data" / "address_codes.csv"

# A spreadsheet keeps 15 digits of a number: what a longer numeric cell shows is not what was typed.
SAFE_NUMERIC_DIGITS = 15

# Weights of ISO 7064 MOD 11-2 for the first 17 digits, and the check character for each remainder.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"

# GB/T 2260: the provinces, and 81-83 for the residence permits of Hong Kong, Macao and Taiwan residents.
_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_PERMIT_CODES = frozenset({"810000", "820000", "830000"})
# A foreigner's card since 2023: 9, the province that took the application, the country of nationality.
_FOREIGN_AREA = rf"9{_PROVINCE}\d{{3}}"

_RESIDENT = "'RESIDENT'"
_EIGHTEEN = r"\d{17}[\dX]"
_FIFTEEN = r"\d{15}"
_CENTURY = "(?:18|19|20)"
# The first four digits of a code count from the next number on.
_BEFORE_CODES = 1099

# What is written where there is no number. Six equal digits are no address code (but 222222 was one), nor are 123456.
_PLACEHOLDER = (
    "^(?:0{6}|1{6}|2{9}|3{6}|4{6}|5{6}|6{6}|7{6}|8{6}|9{6}|X{6}|123456789|012345678|987654321)"
    r"|^(?:[-/\\\\*.?]+|0+|N/?A|NULL|NONE)$|^(?:无|没有|暂无|未知|不详|不清楚|未办|未办理|未提供|待查|待补|不记得|空|无证|无身份证)$"
)
# Scientific notation and the float tails of programs: digits that a floating point number may have lost.
_ROUNDED = r"^\d(?:\.\d+)?E\+?\d{1,2}$|^\d{15,18}\.\d*$"
_LOOKS_ROUNDED = r"^\d{15}000$"

# Documents without a check character. The first kinds are told by how they are written, the others only by their cell:
# eight digits, or a few letters and digits, prove nothing.
_TOLD_BY_FORM = (
    ("HM_PERMIT", r"[HM]\d{8}(?:\d{2})?"),
    ("FOREIGN_RESIDENCE", r"[A-Z]{3}\d{12}"),
    ("PASSPORT", r"E[A-HJ-NP-Z]\d{7}|[EGDSP]\d{8}|[DSP]E\d{7}"),
)
_TOLD_BY_CELL = (
    ("TW_PERMIT", r"\d{8}(?:\d{2}|\d[A-Z])?"),
    ("PASSPORT", r"[A-Z0-9]{6,9}"),
    ("OTHER", r"[A-Z0-9]{5,20}"),
)

# When a number may have been given: from birth or the first numbers of 1984, to the age of 18 or the end of the numbers
# of 15 digits. Offices go on with an old code for some time.
_FIRST_NUMBERS, _LAST_SHORT_NUMBERS, _LATEST_AGE, _OLD_CODE_YEARS = 1984, 2002, 18, 3
# The codes of this year and later are not known yet.
_CODES_UNTIL = 2024

# 1900-01-01 stands for a date that is not known.
EARLIEST_BIRTH = "DATE '1900-01-02'"

_FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "×Х"
_HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F)).upper().replace("'", "''") + "XX"
# Spaces of all kinds and the quotes that spreadsheets and clerks put before a number to keep it text (SQL-quoted).
_NOT_PART_OF_A_NUMBER = r"[\s\p{Z}\p{Cc}\p{Cf}''’‘`]"


def written_number(column: str) -> str:
    """Return the number as written in half width and upper case, without spaces and text marks; NULL where empty."""
    half_width = f"translate(upper({column}), '{_FULL_WIDTH}', '{_HALF_WIDTH}')"
    cleaned = f"nullif(regexp_replace({half_width}, '{_NOT_PART_OF_A_NUMBER}', '', 'g'), '')"
    return f"CASE WHEN regexp_full_match({column}, '[0-9A-Z]+') THEN {column} ELSE {cleaned} END"


def identity_expression(number: str, kind: str = "NULL", numeric: str = "false") -> str:
    """Return the SQL expression STRUCT(kind, number, problem, doubt) of the text in ``number``; NULL where it is empty.

    ``kind`` is the code of the document's kind as its own cell has it, or NULL; ``numeric`` whether the cell held a
    number. ``number`` is canonical, and NULL where there is a ``problem``: placeholder, rounded, structure, date,
    check_digit or region. A ``doubt`` is no error: rounded_tail (it ends in the 000 that spreadsheets leave; one such
    number in eleven has the right check character by chance), address_years (the code was not in use when the number
    can have been given), kind (the number is of another document than its cell says).
    """
    return bound("written", written_number(number), bound("said", kind, written_identity("written", "said", numeric)))


def is_checked(number: str) -> str:
    """Return whether a canonical number is one of 18 characters, with a birth date, a sex and a check character."""
    return f"regexp_full_match({number}, '{_EIGHTEEN}')"


def written_identity(written: str, said: str, numeric: str) -> str:
    """Return ``identity_expression`` of a ``written_number``; each of the three is repeated, so columns they should be.

    Nearly all numbers are of 18 characters and right, and those are judged without a list of one, which costs more than
    all that is asked of them.
    """
    by_form = " ".join(
        f"WHEN coalesce({said}, '{kind}') = '{kind}' AND regexp_full_match({written}, '{form}') "
        f"THEN {_unchecked(kind, written)}"
        for kind, form in _TOLD_BY_FORM
    )
    by_cell = " ".join(
        f"WHEN {said} = '{kind}' AND regexp_full_match({written}, '{form}') THEN {_unchecked(kind, written)}"
        for kind, form in _TOLD_BY_CELL
    )
    return (
        f"CASE WHEN {written} IS NULL THEN NULL "
        f"WHEN regexp_matches({written}, '{_PLACEHOLDER}') THEN {_identity(said, problem='placeholder')} "
        f"WHEN {is_unsafe_numeric(written, numeric)} OR regexp_matches({written}, '{_ROUNDED}') "
        f"THEN {_identity(said, problem='rounded')} "
        f"WHEN regexp_full_match({written}, '{_EIGHTEEN}') THEN {_checked(written, said)} "
        f"WHEN coalesce({said}, 'RESIDENT') = 'RESIDENT' AND regexp_full_match({written}, '{_FIFTEEN}') "
        f"THEN {_lengthened(written, said)} {by_form} {by_cell} ELSE {_identity(said, problem='structure')} END"
    )


def _identity(kind: str, number: str = "NULL", problem: str | None = None, doubt: str = "NULL") -> str:
    named = "NULL" if problem is None else f"'{problem}'"
    return (
        f"{{'kind': {kind}::VARCHAR, 'number': {number}::VARCHAR, 'problem': {named}::VARCHAR, "
        f"'doubt': {doubt}::VARCHAR}}"
    )


def _unchecked(kind: str, written: str) -> str:
    """Return the identity of a document without check character, its kind before its number; old cards have a date."""
    right = _identity(_quote(kind), f"'{kind}:' || {written}")
    if kind != "FOREIGN_RESIDENCE":
        return right
    dates = (_is_date(f"('{century}' || substr({written}, 8, 6))") for century in (19, 20))
    return f"CASE WHEN {' OR '.join(dates)} THEN {right} ELSE {_identity(_quote(kind), problem='date')} END"


def _checked(number: str, said: str) -> str:
    """Return the identity of 18 characters."""
    permits = ", ".join(map(_quote, sorted(_PERMIT_CODES)))
    kind = (
        f"CASE WHEN left({number}, 6) IN ({permits}) THEN 'HMT_RESIDENCE' "
        f"WHEN left({number}, 1) = '9' THEN 'FOREIGN_RESIDENCE' ELSE 'RESIDENT' END"
    )
    rounded = f"CASE WHEN regexp_matches({number}, '{_LOOKS_ROUNDED}') THEN 'rounded_tail' END"
    born = f"regexp_matches({number}, '^.{{6}}{_CENTURY}') AND {_is_date(f'substr({number}, 7, 8)')}"
    foreign = f"regexp_matches({number}, '^{_FOREIGN_AREA}')"
    return (
        f"CASE WHEN NOT ({born}) THEN {_identity(kind, problem='date', doubt=rounded)} "
        f"WHEN right({number}, 1) <> {_check_character(number)} "
        f"THEN {_identity(kind, problem='check_digit', doubt=rounded)} "
        f"WHEN left({number}, 1) = '9' AND NOT {foreign} THEN {_identity(kind, problem='region')} "
        f"WHEN left({number}, 1) IN ('8', '9') AND {kind} <> 'RESIDENT' "
        f"THEN {_identity(kind, number, doubt=f'coalesce({rounded}, {_kind_doubt(kind, said)})')} "
        f"ELSE {_resident(number, said, rounded)} END"
    )


def _lengthened(written: str, said: str) -> str:
    """Return the identity of 15 digits: they get their century and a check character, and carry none to be wrong."""
    born = _is_date(f"('19' || substr({written}, 7, 6))")
    whole = bound("body", f"left({written}, 6) || '19' || substr({written}, 7)", f"body || {_check_character('body')}")
    date_problem = _identity(_RESIDENT, problem="date")
    return f"CASE WHEN NOT ({born}) THEN {date_problem} ELSE {bound('whole', whole, _resident('whole', said))} END"


def _kind_doubt(kind: str, said: str) -> str:
    return f"CASE WHEN {said} <> {kind} THEN 'kind' END"


def _resident(number: str, said: str, rounded: str = "NULL") -> str:
    """Return the identity of a resident's number by its address code, all else being right."""
    # 0 is no place in a list, and numbers below it count from its end
    part = f"greatest(TRY_CAST(left({number}, 4) AS INTEGER) - {_BEFORE_CODES}, 0)"
    codes = f"string_split('{_codes_by_prefecture()}', '|')[{part}]"
    place = f"nullif(strpos({codes}, ';' || substr({number}, 5, 2)), 0)"
    born = f"TRY_CAST(substr({number}, 7, 4) AS INTEGER)"
    earliest = f"greatest({born}, {_FIRST_NUMBERS}) - {_OLD_CODE_YEARS}"
    latest = f"greatest({born} + {_LATEST_AGE}, {_LAST_SHORT_NUMBERS})"
    in_use = f"TRY_CAST(left(years, 4) AS INTEGER) <= {latest} AND TRY_CAST(right(years, 4) AS INTEGER) >= {earliest}"
    years_or_kind = f"CASE WHEN {in_use} THEN {_kind_doubt(_RESIDENT, said)} ELSE 'address_years' END"
    doubt = f"coalesce({rounded}, {years_or_kind})"
    answer = (
        f"CASE WHEN years IS NULL AND {born} < {_CODES_UNTIL} THEN {_identity(_RESIDENT, problem='region')} "
        f"ELSE {_identity(_RESIDENT, number, doubt=doubt)} END"
    )
    return bound("years", f"substr({codes}, {place} + 3, 8)", answer)


@cache
def _codes_by_prefecture() -> str:
    """Return the address codes as one text that has a part for each first four digits, for those without codes too.

    A part is ;CC, first and last year of each of its codes; 9999 while in use. A text is split into a constant list
    once, and its parts are found by number, which costs next to nothing for a row.
    """
    codes: dict[int, str] = defaultdict(str)
    with ADDRESS_CODES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            codes[int(row["code"][:4])] += f";{row['code'][4:]}{row['first_year']}{row['last_year'] or '9999'}"
    return "|".join(codes.get(digits, "") for digits in range(_BEFORE_CODES + 1, max(codes) + 1))


def _quote(text: str) -> str:
    return f"'{text}'"


def is_unsafe_numeric(written: str, numeric: str) -> str:
    """Return whether the cell was a number too long for a spreadsheet to keep; its last digits are not the person's."""
    return f"(coalesce({numeric}, false) AND length({written}) > {SAFE_NUMERIC_DIGITS})"


def is_placeholder(written: str) -> str:
    """Return whether the text stands in for a number that is not known: 000000199001010000, 无."""
    return f"regexp_matches({written}, '{_PLACEHOLDER}')"


def birth_date_of(canonical: str) -> str:
    """Return the birth date inside a canonical number, NULL for documents that carry none."""
    return f"CASE WHEN {is_checked(canonical)} THEN TRY_CAST({_dashed(f'substr({canonical}, 7, 8)')} AS DATE) END"


def readable_birth(written: str) -> str:
    """Return the birth date that a number can be read to have though it is no valid one; NULL where there is none.

    ``written`` has 15 to 19 characters; where one was left out or put in, that may have been before the date.
    """
    without_century = _dashed(f"('19' || substr({written}, 7, 6))")
    short = f"TRY_CAST({without_century} AS DATE)"
    whole, left_out, put_in = (_day_at(written, place) for place in (7, 6, 8))
    return (
        f"CASE length({written}) WHEN 15 THEN coalesce({short}, {whole}) WHEN 16 THEN coalesce({whole}, {left_out}) "
        f"WHEN 17 THEN coalesce({whole}, {left_out}) WHEN 18 THEN {whole} WHEN 19 THEN coalesce({whole}, {put_in}) END"
    )


def _day_at(written: str, place: int) -> str:
    digits = f"substr({written}, {place}, 8)"
    return f"CASE WHEN regexp_matches({digits}, '^{_CENTURY}') THEN TRY_CAST({_dashed(digits)} AS DATE) END"


def sex_of(canonical: str) -> str:
    """Return the sex inside a canonical number: '1' male (17th digit odd), '2' female; NULL where it carries none."""
    digit = f"TRY_CAST(substr({canonical}, 17, 1) AS INTEGER)"
    return f"CASE WHEN {is_checked(canonical)} THEN CASE {digit} % 2 WHEN 1 THEN '1' WHEN 0 THEN '2' END END"


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
