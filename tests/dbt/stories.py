"""Stories of lists and the stays that follow from them: how one is written down, told and read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from list_maker import Case, write_warehouse

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


Story = Callable[[Case], list[Stay]]


@dataclass(frozen=True)
class Told:
    """Several stories in one warehouse file."""

    path: Path
    expected: dict[str, list[Stay]]
    outcome: BuildOutcome

    def stays_of(self, case: str) -> list[Stay]:
        """Read the stays of one story; which forms report them only where the story says so."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            rows = connection.execute(_STAYS, [case]).fetchall()
        texts = [[None if value is None else str(value) for value in row] for row in rows]
        says_forms = any(stay.forms for stay in self.expected[case])
        return [
            Stay(
                dest, left, arrived, (after, before), ended, (last, first), kind, person or "",
                left_between=(left_after, left_before), forms=forms if says_forms else None,
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


def tell(stories: dict[str, Story], folder: Path, build_core: Any) -> Told:
    """Put all stories into one warehouse file and build it."""
    cases = {name: Case(name) for name in stories}
    expected = {name: story(cases[name]) for name, story in stories.items()}
    path = write_warehouse(folder / "popflow.duckdb", cases.values())
    return Told(path, expected, build_core(path))
