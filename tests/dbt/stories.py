"""Stories of lists and what follows from them: how one is written down, told and read back.

The stories of all modules that are collected are told in one warehouse file: a build for each module would cost more
than all that is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
from list_maker import Case

from warehouse.dbt_runner import BuildOutcome


@dataclass(frozen=True)
class Stay:
    """What a story expects of one stay; intervals are (after, on or before)."""

    dest: str | None
    left: str | None = None
    arrived: str | None = None
    arrived_between: tuple[str | None, str | None] = (None, None)
    ended: str | None = None
    ended_between: tuple[str | None, str | None] = (None, None)
    kind: str | None = None
    person: str = "A"
    left_between: tuple[str | None, str | None] = (None, None)
    forms: str | None = None


Expected = TypeVar("Expected")
CASES: dict[str, Case] = {}


def teller_of(stories: dict[str, Expected]) -> Callable[[Callable[[Case], Expected]], Callable[[Case], Expected]]:
    """Return a decorator that tells a story in a case of its name, and notes in ``stories`` what follows from it."""

    def story(tell: Callable[[Case], Expected]) -> Callable[[Case], Expected]:
        case = Case(tell.__name__)
        assert case.name not in CASES
        CASES[case.name] = case
        stories[case.name] = tell(case)
        return tell

    return story


@dataclass(frozen=True)
class Told:
    """The stories of all modules in one warehouse file."""

    path: Path
    outcome: BuildOutcome

    def stays_of(self, case: str, *, with_forms: bool) -> list[Stay]:
        """Read the stays of one story, and which forms report them only where it says so."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            rows = connection.execute(_STAYS, [case]).fetchall()
        texts = [[None if value is None else str(value) for value in row] for row in rows]
        return [
            Stay(
                dest, left, arrived, (after, before), ended, (last, first), kind, person or "",
                left_between=(left_after, left_before), forms=forms if with_forms else None,
            )
            for dest, left, arrived, after, before, ended, last, first, kind, person, left_after, left_before, forms
            in texts
        ]  # fmt: skip


_STAYS = """
    select dest_code, left_hukou_date, arrived_date, arrived_after, arrived_before,
        ended_date, ended_after, ended_before, end_kind, split_part(person_key, ':', 2),
        left_hukou_after, left_hukou_before, forms
    from core.stay
    where split_part(person_key, ':', 1) = ?
    order by person_key, coalesce(arrived_date, arrived_before)
"""
