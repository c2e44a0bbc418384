"""Whatever the lists say, and in whatever order they come: the laws of stays hold and no row is lost."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from list_maker import PLACES, Case, Row, write_warehouse

_FORMS = ("village_outflow", "village_inflow", "police_registration")
_PEOPLE = 150
_CASES = 12


def _maybe_day(chance: random.Random, share: float) -> str | None:
    if chance.random() > share:
        return None
    return str(date(2024, 1, 1) + timedelta(days=chance.randrange(330)))


def _row(chance: random.Random, person: str) -> Row:
    return Row(
        person,
        dest=chance.choice([*PLACES, None]),
        origin=chance.choice([*PLACES, None]),
        left=_maybe_day(chance, 0.6),
        arrived=_maybe_day(chance, 0.6),
        ended=_maybe_day(chance, 0.1),
        reason=chance.choice(["WORK", "STUDY", None]),
        dwelling=chance.choice(["RENT", None]),
    )


def _chaotic_case(number: int) -> Case:
    """Lists that contradict each other in every way a row can."""
    chance = random.Random(number)  # noqa: S311
    case = Case(f"chaos{number}")
    people = [f"P{i}" for i in range(_PEOPLE // 10 + number)]
    for _ in range(18):
        on = str(date(2024, chance.randrange(1, 12), chance.choice([5, 25, 28])))
        listed = chance.sample(people, chance.randrange(len(people)))
        case.deliver(
            chance.choice(_FORMS),
            on,
            [_row(chance, person) for person in listed],
            unit=chance.choice(["x", "y"]),
            kind=chance.choice(["full", "full", "full", "added", "changes", "removed"]),
            held=chance.sample(people, chance.choice([0, 0, 2])),
            unidentified=chance.choice([0, 0, 0, 1]),
        )
    return case


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [_chaotic_case(number) for number in range(_CASES)]


def _core(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    tables = ("stay", "stay_evidence", "person")
    with duckdb.connect(str(path), read_only=True) as connection:
        return {table: connection.execute(f"from core.{table} order by all").fetchall() for table in tables}


@pytest.mark.slow
def test_chaotic_lists_break_no_law_and_their_order_does_not_matter(
    cases: list[Case], tmp_path: Path, build_core: Any
) -> None:
    forwards = write_warehouse(tmp_path / "popflow.duckdb", cases)
    outcome = build_core(forwards)
    assert [check for check in outcome.checks if not check.success] == []
    core = _core(forwards)
    assert len(core["stay"]) > 500
    assert len(core["stay_evidence"]) > 1000

    (tmp_path / "again").mkdir()
    backwards = write_warehouse(tmp_path / "again" / "popflow.duckdb", cases[::-1], backwards=True)
    build_core(backwards)
    assert _core(backwards) == core
