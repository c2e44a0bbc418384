"""The stays and people dbt builds are those of the naive rules, for hundreds of invented worlds."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from pathlib import Path

import duckdb
import pytest
from histories import RUN_DATE, collect, evidence_of, places_of, write_raw
from naive.listed import Evidence
from naive.persons import build_persons
from naive.stays import Stay, build_stays

from warehouse import dbt_runner

WORLDS = 800
# Seeds and the day on which their worlds are looked at: soon after the last list, or when much of it is out of date.
LATER = date(2025, 9, 15)
SEEDS = (pytest.param(0, RUN_DATE, marks=pytest.mark.slow), (1, LATER))
COLUMNS = (
    "origin_code, dest_code, left_hukou_date, left_hukou_after, left_hukou_before, arrived_date, arrived_after, "
    "arrived_before, begin_kind, ended_date, ended_after, ended_before, end_kind, confirmed_until, reason_code, "
    "dwelling_code, evidence_count, forms"
)
BEGIN_KINDS = {"first_reported", "arrived", "moved_on", "again"}
END_KINDS = {"returned", "left", "moved_on", "absent_from_list", "unknown", "died", "hukou_transferred", "lapsed"}
REASONS = {"founds_stay", "same_track", "same_place", "coarser_place", "unknown_place", "taken_back"}

Cells = tuple[object, ...]
Stays = dict[str, list[Cells]]


def _read_stays(path: Path) -> Stays:
    evidence: dict[str, list[Cells]] = defaultdict(list)
    stays: Stays = defaultdict(list)
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT stay_id, file_id, row_number, joined_by FROM core.stay_evidence").fetchall()
        for stay_id, *row in rows:
            evidence[stay_id].append(tuple(row))
        for person, stay_id, *stay in connection.execute(
            f"SELECT person_key, stay_id, {COLUMNS} FROM core.stay"
        ).fetchall():
            stays[person].append((*stay, sorted(evidence[stay_id])))
    return {person: sorted(stays, key=repr) for person, stays in stays.items()}


def _expected_stays(evidence: Evidence) -> Stays:
    stays: Stays = defaultdict(list)
    for stay in build_stays(evidence):
        stays[stay.person].append(_expected(stay))
    return {person: sorted(stays, key=repr) for person, stays in stays.items()}


def _expected(stay: Stay) -> Cells:
    return (
        stay.origin, stay.dest, stay.left_date, stay.left_after, stay.left_before, stay.arrived, stay.arrived_after,
        stay.arrived_before, stay.begin_kind, stay.ended, stay.ended_after, stay.ended_before, stay.end_kind,
        stay.confirmed, stay.reason, stay.dwelling, len(stay.evidence), "+".join(stay.forms), sorted(stay.evidence),
    )  # fmt: skip


def _read_persons(path: Path) -> dict[str, Cells]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("""
            SELECT person_key, sex, birth_date, hukou_nature, education_code, first_reported, last_reported
            FROM core.person
        """).fetchall()
    return {person: tuple(cells) for person, *cells in rows}


def _built(tmp_path: Path, worlds: int, seed: int, run_date: date) -> tuple[Path, Evidence]:
    found = collect(worlds, seed)
    path = tmp_path / "popflow.duckdb"
    write_raw(path, found, run_date)
    outcome = dbt_runner.build(path, tmp_path, select=["+core.person", "+core.stay", "+core.stay_evidence"])
    assert [check for check in outcome.checks if not check.success] == []
    return path, evidence_of(found, places_of(worlds), run_date)


def _agree(path: Path, evidence: Evidence) -> Stays:
    """Hold both accounts against each other; return the stays."""
    naive, built = _expected_stays(evidence), _read_stays(path)
    assert built.keys() == naive.keys()
    wrong = [person for person in sorted(naive) if built[person] != naive[person]]
    assert not wrong, f"{len(wrong)} of {len(naive)}: {wrong[0]}: {built[wrong[0]]} != {naive[wrong[0]]}"
    persons, known = _read_persons(path), build_persons(evidence)
    assert persons.keys() == known.keys()
    assert persons == {
        key: (each.sex, each.birth, each.nature, each.education, *each.reported) for key, each in known.items()
    }
    return built


def _values(stays: Stays, column: str) -> set[object]:
    position = COLUMNS.split(", ").index(column)
    return {stay[position] for own in stays.values() for stay in own}


@pytest.mark.parametrize(("seed", "run_date"), SEEDS)
def test_dbt_builds_the_stays_of_the_naive_rules(tmp_path: Path, seed: int, run_date: date) -> None:
    path, evidence = _built(tmp_path, WORLDS, seed, run_date)
    stays = _agree(path, evidence)
    assert len(stays) > WORLDS
    # the worlds have every kind of beginning and end, and every reason why evidence belongs to a stay
    assert _values(stays, "begin_kind") == BEGIN_KINDS
    assert _values(stays, "end_kind") == END_KINDS | {"mistaken", None}
    assert {reason for own in stays.values() for *_, rows in own for *_, reason in rows} == REASONS


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 8))
def test_thousands_of_further_worlds_agree(tmp_path: Path, seed: int) -> None:
    path, evidence = _built(tmp_path, WORLDS, seed, LATER if seed % 2 else RUN_DATE)
    assert len(_agree(path, evidence)) > WORLDS
