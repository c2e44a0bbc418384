"""Whose row a returned row may be, once more in plain Python: by name, or by what can be read of the number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAD_WITH_NAME = 14
LEAD_WITHOUT_NAME = 6
SLIPS = 2
SHORT_LENGTH = 15


@dataclass(frozen=True)
class Listed:
    person: str
    name: str
    number: str


def fold_name(text: str | None) -> str | None:
    """Return a name without any spaces."""
    return re.sub(r"\s", "", text or "") or None


def fold_number(text: str | None) -> str:
    """Return a number in half-width capitals without spaces."""
    half = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")
    return re.sub(r"\s", "", text or "").translate(half).upper()


def has_identity(name: str | None, number: str | None) -> bool:
    """Whether anything in the row names somebody."""
    return fold_name(name) is not None or len(re.sub(r"[^0-9]", "", fold_number(number))) >= LEAD_WITHOUT_NAME


def possible_persons(name: str | None, number: str | None, listed: Iterable[Listed]) -> frozenset[str]:
    """Return the persons of the same form and unit who may stand in a returned row."""
    return frozenset(each.person for each in listed if _may_be(fold_name(name), fold_number(number), each))


def _may_be(name: str | None, number: str, listed: Listed) -> bool:
    if name is not None and name == fold_name(listed.name):
        return True
    lead = (re.match(r"[0-9]{6,}X?", number) or [""])[0]
    if len(lead) >= (LEAD_WITHOUT_NAME if name is None else LEAD_WITH_NAME) and listed.number.startswith(lead):
        return True
    if re.fullmatch(r"[0-9]{15}", number) and listed.number.startswith(f"{number[:6]}19{number[6:]}"):
        return True
    return 16 <= len(number) <= 19 and slips(listed.number, number) <= SLIPS


def slips(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the least number of wrong, missing, extra or swapped characters between two texts."""
    if abs(len(one) - len(other)) > SLIPS:
        return SLIPS + 1
    rows = [list(range(len(other) + 1))]
    for i, left in enumerate(one, start=1):
        row = [i]
        for j, right in enumerate(other, start=1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
