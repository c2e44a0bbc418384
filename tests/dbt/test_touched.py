"""Whom a night builds again: those whose evidence reads differently, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest
from list_maker import Case, Row, write_warehouse

from warehouse import dbt_runner

LEFT = "2024-03-01"
PER_NIGHT = ("file", "person_row", "returned_row", "returned_match", "correction")
FIRST, SECOND, THIRD = date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)


def _first_night(name: str) -> Case:
    """Deliver what every story begins with: A is gone since July, B and C are there, D is of another unit."""
    case = Case(name)
    case.outflow("2024-06-30", *(Row(person, left=LEFT) for person in "ABC"))
    case.outflow("2024-07-31", *(Row(person, left=LEFT) for person in "BC"))
    case.outflow("2024-08-31", *(Row(person, left=LEFT) for person in "BC"))
    case.outflow("2024-08-31", Row("D", left=LEFT), unit="other")
    return case


def _nothing(_: Case) -> None:
    pass


def _new_list(case: Case) -> None:
    case.outflow("2024-09-30", Row("C", left=LEFT), Row("E", left=LEFT))


def _late_list(case: Case) -> None:
    case.outflow("2024-07-15", Row("A", left=LEFT), Row("F", left=LEFT), period="2024-07, early")


def _list_of_changes(case: Case) -> None:
    case.outflow("2024-09-30", Row("E", left=LEFT), kind="added")


def _held(case: Case) -> None:
    case.outflow("2024-09-30", Row("C", left=LEFT), held=["A"])


def _slip(case: Case) -> None:
    case.outflow("2024-08-31", Row("B", left="2024-04-01"), corrects=f"{case.name}-2", replaces=[2])


def _other_lists_of_the_month(case: Case) -> None:
    case.outflow("2024-08-31", Row("D", left=LEFT), Row("E", left=LEFT), unit="other")
    case.outflow("2024-08-20", Row("F", left=LEFT), unit="other")


# What comes in the second night, and whom it touches.
STORIES: Mapping[str, tuple[Callable[[Case], None], str]] = {
    "nothing": (_nothing, ""),
    # the list of September says nothing more about A
    "new list": (_new_list, "BCE"),
    # the list of June now meets this one first
    "late list": (_late_list, "ABCF"),
    "list of changes": (_list_of_changes, "E"),
    "held": (_held, "ABC"),
    "slip": (_slip, "B"),
    # an older list of the month counts for nothing
    "lists of the month": (_other_lists_of_the_month, "DE"),
    "linked": (_nothing, "AD"),
}
LINK = ("linked:D", "linked:A")


def _night(path: Path, cases: Iterable[Case], run_date: date, links: Iterable[tuple[str, str]] = ()) -> set[str]:
    """Load what the cases have by now, build, and return the people touched."""
    source = write_warehouse(path.with_name("source.duckdb"), cases)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"ATTACH '{source}' AS source (READ_ONLY)")
        for table in PER_NIGHT:
            connection.execute(f"DELETE FROM raw.{table}; INSERT INTO raw.{table} FROM source.raw.{table}")
        connection.execute("DELETE FROM raw.person_link")
        for link in links:
            connection.execute(
                "INSERT INTO raw.person_link (person_key, linked_key, rule_id) VALUES (?, ?, 'link_number')", link
            )
        connection.execute("UPDATE raw.site SET run_date = ?", [run_date])
    source.unlink()
    # views and seeds stay as the first night made them
    standing = [] if run_date == FIRST else ["resource_type:seed", "config.materialized:view"]
    select = ["+person", "+stay", "+stay_evidence"]
    dbt_runner.build(path, path.parent, select=select, exclude=["resource_type:test", *standing])
    return set(_column(path, "SELECT person_key FROM intermediate.int_touched_person"))


def _column(path: Path, query: str) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [str(value) for (value,) in connection.execute(query).fetchall()]


def _of(name: str, keys: Iterable[str]) -> set[str]:
    return {key.rpartition(":")[2] for key in keys if key.rpartition(":")[0] == name}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[set[str]]]:
    """Two nights of all stories, then one in which a stay lapses and the link is taken back."""
    path = write_warehouse(tmp_path_factory.mktemp("touched") / "popflow.duckdb", [])
    cases = [_first_night(name) for name in STORIES]
    touched = [_night(path, cases, FIRST)]
    for case in cases:
        STORIES[case.name][0](case)
    touched.append(_night(path, cases, SECOND, [LINK]))
    # D's stay of the first story is confirmed up to a day between the second night and the third
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO built.confirmed VALUES ('nothing:D', DATE '2025-03-15')")
        connection.execute("INSERT INTO built.confirmed VALUES ('nothing:C', DATE '2025-03-31')")
    touched.append(_night(path, cases, THIRD))
    return path, touched


def test_the_first_night_is_of_everybody(nights: tuple[Path, list[set[str]]]) -> None:
    assert len(nights[1][0]) == 4 * len(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_a_night_touches_those_it_speaks_of(nights: tuple[Path, list[set[str]]], name: str) -> None:
    assert _of(name, nights[1][1]) == set(STORIES[name][1])


def test_time_and_links_touch_those_they_change(nights: tuple[Path, list[set[str]]]) -> None:
    path, touched = nights
    assert touched[2] == {"nothing:D", "linked:A", "linked:D"}
    assert _of("linked", _column(path, "SELECT person_key FROM core.person")) == set("ABCD")
