"""Rows without a valid number: which of them are let in, and what tells their people apart.

Such a row is linkable where it has a name and a birth date to the day: it can be compared with people who are known.
Of a number that lost digits in a spreadsheet nothing is believed; its row goes back to the sender, who has the digits.
"""

from __future__ import annotations

from ingest.declaration import PersonForm
from ingest.identity import EARLIEST_BIRTH, readable_birth, written_number
from ingest.person_names import is_name
from quality.rule import BIRTH_FIELD, NAME_FIELD, NUMBER_FIELD, SEX_FIELD

# Clerks put spaces into short names to line them up.
_FOLDED_NAME = rf"upper(regexp_replace({NAME_FIELD}, '[\s\p{{Z}}]', '', 'g'))"

NUMBER_WRITTEN = f"CASE WHEN {NUMBER_FIELD} IS NULL THEN {written_number(f'{NUMBER_FIELD}_text')} END"


def is_linkable(form: PersonForm) -> str:
    """Return whether a typed row without a valid number can be compared with people; false where it has a number."""
    births = [f"CASE WHEN {NUMBER_FIELD}_problem <> 'placeholder' THEN {readable_birth(NUMBER_WRITTEN)} END"]
    if BIRTH_FIELD in form.fields:
        births.insert(0, f"CASE WHEN {BIRTH_FIELD}_first = {BIRTH_FIELD}_last THEN {BIRTH_FIELD}_first END")
    born = f"coalesce({', '.join(births)}) BETWEEN {EARLIEST_BIRTH} AND last_day"
    lost = f"{NUMBER_FIELD}_unsafe OR coalesce({NUMBER_FIELD}_problem = 'rounded', false)"
    linkable = f"NOT ({lost}) AND {is_name(NAME_FIELD)} AND coalesce({born}, false)"
    return f"CASE WHEN {NUMBER_FIELD} IS NULL THEN {linkable} ELSE false END"


def identity(form: PersonForm) -> str:
    """Return the text of whom a row is about: its number, else all that it says of the person; NULL where that is no
    name.

    It is over the columns of the form's relation, with ``origin_code``.
    """
    sex = SEX_FIELD if SEX_FIELD in form.fields else "NULL"
    facts = (_FOLDED_NAME, "number_written", sex, "birth_first", "birth_last", "origin_code")
    said = ", ".join(f"coalesce({fact}::VARCHAR, '')" for fact in facts)
    return f"coalesce({NUMBER_FIELD}, CASE WHEN {NAME_FIELD} IS NOT NULL THEN concat_ws('|', {said}) END)"
