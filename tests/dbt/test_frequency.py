"""The published frequency figures against the naive second implementation, and as told by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from counting_site import CODES, DEFINITIONS, REGISTER, CountingSite
from naive.counting import Stay
from naive.frequency import Figures, Person, frequency, without_lists
from naive.moves import Stop, moves_of
from naive.places import Place

from warehouse import dbt_runner

AS_OF = date(2024, 10, 31)
HOME = "340124000000"
NAMES = ("MPS_ZZTJ", "NHC_QY", "HRSS_2004", "NBS_LDRK_INPROV", "CMDS_2015")
DIRECTIONS = {"MPS_ZZTJ": ("in",), "NHC_QY": ("in", "out"), "HRSS_2004": ("out",), "NBS_LDRK_INPROV": ("in",)}
FIGURES = (
    "persons, persons_unknown, moves, moves_unknown, returns, redepartures, persons_returned, persons_at_start, "
    "stays_measured, median_stay_months"
)
HOME_VILLAGES = ("340124100201", "340124100202", "340124101201")
PLACES = {
    row.code: Place(row.code, row.level, {level: code for level in ("province", "city", "county", "township", "village")
                                          if (code := getattr(row, f"{level}_code"))})
    for row in REGISTER.divisions
}  # fmt: skip


@dataclass
class Frequency:
    """A site whose frequency figures can be made again from other people."""

    site: CountingSite
    tables: list[tuple[str, str]]

    def count(self, people: dict[str, Person]) -> None:
        stays = [stay for person in people.values() for stay in person.stays]
        self.site.count(stays)
        run = self.site.connection.execute
        for person in people.values():
            for stay, end_kind in zip(person.stays, person.end_kinds, strict=True):
                run("UPDATE core.stay SET end_kind = $1 WHERE stay_id = $2", [end_kind, stay.stay_id])
        run("DELETE FROM core.move")
        moves = [
            [key, number, *astuple(move)]
            for key, person in people.items()
            for number, move in enumerate(person.moves, start=1)
        ]
        self.site.connection.executemany(
            "INSERT INTO core.move (person_key, move_number, move_kind, from_code, to_code, moved_on, moved_after, "
            "moved_before, from_stay_id, to_stay_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            moves,
        )
        for relation, query in self.tables:
            run(f"DELETE FROM {relation}")
            run(f"INSERT INTO {relation} BY NAME {query}")

    def rows(self, definition: str, direction: str, level: str) -> dict[str | None, tuple[Any, ...]]:
        rows = self.site.rows(
            f"SELECT division_code, {FIGURES} FROM stats.frequency "
            "WHERE as_of = ? AND definition_id = ? AND direction = ? AND level = ?",
            AS_OF, definition, direction, level,
        )  # fmt: skip
        return {str(division): tuple(figures) for division, *figures in rows}


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frequency]:
    site = CountingSite(built_site, tmp_path_factory.mktemp("frequency"))
    order = (
        *("month", "definition", "area", "division", "person", "side"),
        *("move", "workplace", "event", "duration", "median"),
    )
    names = [*(f"int_frequency_{name}" for name in order), "frequency"]
    yield Frequency(site, [site.models[name] for name in names])
    site.connection.close()


def test_figures_are_the_naive_ones(site: Frequency) -> None:
    people = {f"p{number}": _life(Random(number), f"p{number}") for number in range(36)}  # noqa: S311 - invented lives
    site.count(people)
    compared = 0
    for name in NAMES:
        for direction in DIRECTIONS.get(name, ("in",)):
            for level in ("county", "township", "village"):
                expected = frequency(people, DEFINITIONS[name], AS_OF, direction, level, REGISTER, HOME)
                told = {division: _told(figures) for division, figures in expected.items()}
                assert site.rows(name, direction, level) == told, (name, direction, level)
                compared += len(told)
    assert compared > 20


def _told(figures: Figures) -> tuple[Any, ...]:
    each = without_lists(figures)
    return (
        each.persons, each.persons_unknown, each.moves, each.moves_unknown, each.returns, each.redepartures,
        each.persons_returned, each.persons_at_start, each.stays_measured, each.median_stay_months,
    )  # fmt: skip


def _life(rng: Random, key: str) -> Person:
    """Draw a person with one to three stays, one after the other, from or to the home county."""
    is_from_home = rng.random() < 0.6
    origin = rng.choice([*HOME_VILLAGES, None] if is_from_home else CODES)
    day = date(2023, 3, 1) + timedelta(days=rng.randrange(400))
    stays: list[Stay] = []
    kinds: list[str | None] = []
    for number in range(rng.choice([1, 1, 2, 3])):
        dest = rng.choice(CODES if is_from_home else [*HOME_VILLAGES, "340124100000"])
        end = day + timedelta(days=rng.randrange(20, 300))
        kind = rng.choice(["returned", "left", "moved_on", "absent_from_list", "unknown", "hukou_transferred"])
        exact = rng.random() < 0.7
        left = rng.choice([day, None])
        stays.append(
            Stay(
                f"{key}-{number}", key, origin, dest,
                left_hukou_date=left,
                arrived_date=day if exact else None,
                arrived_after=None if exact else rng.choice([None, day - timedelta(days=20)]),
                arrived_before=None if exact else day,
                ended_date=end if kind in ("returned", "left", "moved_on") else None,
                ended_after=None if kind in ("returned", "left", "moved_on") else end,
                ended_before=end + timedelta(days=30) if kind in ("absent_from_list", "hukou_transferred") else None,
                reason_code="WORK", birth_date=date(1990, 1, 1), hukou_nature="rural",
            )
        )  # fmt: skip
        kinds.append(kind)
        day = end + timedelta(days=rng.choice([0, 31, 60]))
        if day > AS_OF:
            break
    if rng.random() < 0.5:  # still there
        stays[-1] = Stay(**{**vars(stays[-1]), "ended_date": None, "ended_after": None, "ended_before": None})
        kinds[-1] = None
    return Person(stays, kinds, moves_of([_stop(*each) for each in zip(stays, kinds, strict=True)], PLACES))


def _stop(stay: Stay, kind: str | None) -> Stop:
    return Stop(
        stay.stay_id, stay.origin_code, stay.dest_code, stay.left_hukou_date, None, None, stay.arrived_date,
        stay.arrived_after, stay.arrived_before, stay.ended_date, stay.ended_after, stay.ended_before, kind,
    )  # fmt: skip


def test_a_worker_who_comes_home_and_goes_again_moves_three_times(site: Frequency) -> None:
    first = Stay(
        "a", "p", HOME_VILLAGES[0], "441900101001", left_hukou_date=date(2024, 1, 5), arrived_date=date(2024, 1, 5),
        ended_date=date(2024, 6, 1), reason_code="WORK", birth_date=date(1990, 1, 1), hukou_nature="rural",
    )  # fmt: skip
    again = Stay(
        "b", "p", HOME_VILLAGES[0], "340202100201", left_hukou_date=date(2024, 8, 1), arrived_date=date(2024, 8, 1),
        reason_code="WORK", birth_date=date(1990, 1, 1), hukou_nature="rural",
    )  # fmt: skip
    stops = [_stop(first, "returned"), _stop(again, None)]
    site.count({"p": Person([first, again], ["returned", None], moves_of(stops, PLACES))})
    assert site.rows("HRSS_2004", "out", "county") == {HOME: (1, 0, 3, 0, 1, 1, 1, 0, 2, 4)}
    rows = site.site.rows(
        "SELECT moves_per_person_year, return_rate FROM stats.frequency "
        "WHERE as_of = ? AND definition_id = 'HRSS_2004' AND level = 'village'",
        AS_OF,
    )
    assert rows == [(3.0, None)]


def test_what_people_say_of_their_workplaces_stands_beside(site: Frequency) -> None:
    stay = Stay(
        "a", "p", HOME_VILLAGES[0], "441900101001", left_hukou_date=date(2024, 1, 5), arrived_date=date(2024, 1, 5),
        reason_code="WORK", birth_date=date(1990, 1, 1), hukou_nature="rural",
    )  # fmt: skip
    run = site.site.connection.execute
    run(
        "INSERT INTO raw.file BY NAME SELECT * REPLACE ('g' AS file_id, 'labour_roster' AS form_id, "
        "'2024-03' AS period, DATE '2024-03-31' AS reported_on) FROM raw.file"
    )
    run(
        "INSERT INTO raw.person_row BY NAME SELECT 'g' AS file_id, 'S' AS sheet, 2 AS row_number, "
        "'labour_roster' AS form_id, 'u' AS unit_code, '2024-03' AS period, DATE '2024-03-31' AS reported_on, "
        "'full' AS list_kind, 'origin' AS side, 'p' AS person_key"
    )
    run("INSERT INTO raw.person_value VALUES ('g', 'S', 2, 'workplaces_in_year', NULL, NULL, NULL, 3)")
    relation, query = site.site.models["int_current_file"]
    run(f"DELETE FROM {relation}")
    run(f"INSERT INTO {relation} BY NAME {query}")
    site.count({"p": Person([stay], [None], moves_of([_stop(stay, None)], PLACES))})
    rows = site.site.rows(
        "SELECT as_of, moves, persons_self_reported, workplaces_self_reported_mean FROM stats.frequency "
        "WHERE definition_id = 'HRSS_2004' AND level = 'county' "
        "AND as_of IN ('2024-02-29', '2024-03-31') ORDER BY as_of"
    )
    assert rows == [(date(2024, 2, 29), 1, 0, None), (date(2024, 3, 31), 1, 1, 3.0)]
    run("DELETE FROM raw.person_value")


def test_the_median_of_stays_is_that_of_kaplan_and_meier(built_site: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(built_site / "popflow.duckdb", tmp_path))
    outcome = dbt_runner.build(path, tmp_path, select=["int_frequency_median"], unit_tests=True)
    told = {check.check_id: check.message for check in outcome.checks}
    assert told == {"median_of_stays_after_kaplan_and_meier": ""}
