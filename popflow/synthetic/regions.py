"""The codes that numbers begin with: a county's own where it was in use by the year of birth, else a neighbour's.

Codes were given anew where counties became cities or districts; a number keeps the code of its day.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import Final

import numpy as np

from ingest.identity import ADDRESS_CODES
from popflow.synthetic.identity import Integers, Texts

# Nobody has a number from before.
_FIRST_NUMBERS: Final = 1984


def codes_at_birth(codes: Texts, years: Integers) -> Texts:
    """Return for each county code one of its prefecture or province that was in use in the year."""
    keys, places = np.unique(np.char.add(codes, np.maximum(years, _FIRST_NUMBERS).astype(str)), return_inverse=True)
    found = np.array([_code_at(str(key)[:6], int(str(key)[6:])) for key in keys])
    at_birth: Texts = found[places]
    return at_birth


@cache
def _code_at(code: str, year: int) -> str:
    """Return the code itself, else the first that was in use: in its prefecture, in its province."""
    in_use = [each for each, first, last in _years() if first <= year <= last]
    for prefix in (code, code[:4], code[:2]):
        for each in in_use:
            if each.startswith(prefix):
                return each
    return code


@cache
def _years() -> tuple[tuple[str, int, int], ...]:
    """Return every code with its first and last year."""
    with ADDRESS_CODES.open(encoding="utf-8", newline="") as file:
        return tuple(
            (row["code"], int(row["first_year"]), int(row["last_year"] or 9999)) for row in csv.DictReader(file)
        )
