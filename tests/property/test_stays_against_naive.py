"""The stays dbt builds are those of the naive rules, for hundreds of invented worlds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from histories import collect, evidence_of, places_of, write_raw
from naive.stays import Stay, build_stays

from warehouse import dbt_runner

WORLDS = 800
COLUMNS = (
    "origin_code, dest_code, left_hukou_date, left_hukou_after, left_hukou_before, arrived_date, arrived_after, "
    "arrived_before, ended_date, ended_after, ended_before, end_kind, reason_code, dwelling_code, evidence_count, forms"
)

Built = Mapping[str, list[tuple[object, ...]]]


def _read_built(path: Path) -> Built:
    built: dict[str, list[tuple[object, ...]]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for person, *stay in connection.execute(f"SELECT person_key, {COLUMNS} FROM core.stay").fetchall():
            built.setdefault(person, []).append(tuple(stay))
    return {person: sorted(stays, key=repr) for person, stays in built.items()}


def _expected(stay: Stay) -> tuple[object, ...]:
    return (
        stay.origin, stay.dest, stay.left_date, stay.left_after, stay.left_before, stay.arrived, stay.arrived_after,
        stay.arrived_before, stay.ended, stay.ended_after, stay.ended_before, stay.end_kind, stay.reason, stay.dwelling,
        len(stay.evidence), "+".join(stay.forms),
    )  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
def test_dbt_builds_the_stays_of_the_naive_rules(tmp_path: Path, seed: int) -> None:
    found = collect(WORLDS, seed)
    places = places_of(len(found))
    path = tmp_path / "popflow.duckdb"
    write_raw(path, found)
    outcome = dbt_runner.build(path, tmp_path, select=["+path:models/core"])
    assert [check for check in outcome.checks if not check.success] == []

    naive: dict[str, list[tuple[object, ...]]] = {}
    for stay in build_stays(evidence_of(found, places)):
        naive.setdefault(stay.person, []).append(_expected(stay))
    built = _read_built(path)

    assert len(naive) > WORLDS
    assert built.keys() == naive.keys()
    wrong = [person for person in sorted(naive) if built[person] != sorted(naive[person], key=repr)]
    assert not wrong, f"{len(wrong)} of {len(naive)}: {wrong[0]}: {built[wrong[0]]} != {naive[wrong[0]]}"
