"""Every definition at its edges: cases that its own row makes, counted by the SQL and by the slow second version."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from boundary_cases import Answer, Case, cases_of
from counting_site import DEFINITIONS, REGISTER, SEEDS, CountingSite
from naive.counting import ToldStay, verdict

TABLES = ("place", "home", "month", "definition", "stay", "interval")


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


REASONS = {row["reason_code"]: row["is_employment"] == "true" for row in _seed("reason_employment")}
CASES = {row["definition_id"]: list(cases_of(row, REASONS, REGISTER)) for row in _seed("definition")}


@pytest.fixture(scope="module")
def counted(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Case, Answer]]:
    """What the SQL says of every case: the stays that cases share are written only once."""
    site = CountingSite(built_site, tmp_path_factory.mktemp("boundary-cases"))
    stays = dict.fromkeys(case.stay for cases in CASES.values() for case in cases)
    ids = {stay: f"s{number}" for number, stay in enumerate(stays)}
    tables = [(name, query) for name, query in site.tables if name.rpartition("int_counting_")[2].strip('"') in TABLES]
    assert len(tables) == len(TABLES)
    site.count([replace(stay, stay_id=name, person_key=name) for stay, name in ids.items()], tables=tables)
    yield _answers(site, ids)
    site.connection.close()


def _answers(site: CountingSite, ids: dict[ToldStay, str]) -> dict[Case, Answer]:
    cases = [case for cases in CASES.values() for case in cases]
    rows = site.rows(
        """
        WITH asked AS (
            SELECT unnest($1::VARCHAR[]) AS definition_id, unnest($2::VARCHAR[]) AS stay_id, unnest($3::DATE[]) AS day,
                unnest(range(len($1))) AS number
        )
        SELECT asked.number, bool_or(certain_from <= day AND day < certain_to)
        FROM asked
        INNER JOIN intermediate.int_counting_stay AS stay USING (stay_id)
        INNER JOIN intermediate.int_counting_interval AS counting USING (definition_id, part_number)
        WHERE counting.possible_from <= day AND day < counting.possible_to
        GROUP BY asked.number
        """,
        [case.definition_id for case in cases],
        [ids[case.stay] for case in cases],
        [case.day for case in cases],
    )
    found = {number: True if is_counted else None for number, is_counted in rows}
    return {case: found.get(number, False) for number, case in enumerate(cases)}


@pytest.mark.parametrize("definition_id", CASES)
def test_a_definition_at_its_edges(counted: dict[Case, Answer], definition_id: str) -> None:
    cases = CASES[definition_id]
    assert len(cases) >= 70
    assert len({case.expected for case in cases}) >= 2
    wrong = {
        f"{case.title}: {case.day}": (counted[case], case.expected)
        for case in cases
        if counted[case] is not case.expected
    }
    assert wrong == {}


@pytest.mark.parametrize("definition_id", CASES)
def test_the_second_version_says_the_same(definition_id: str) -> None:
    definition = DEFINITIONS[definition_id]
    wrong = [
        case.title
        for case in CASES[definition_id]
        if verdict(case.stay, definition, case.day, REGISTER) is not case.expected
    ]
    assert wrong == []
