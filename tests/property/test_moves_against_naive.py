"""The moves and services dbt builds are those of the naive rules, for hundreds of invented worlds."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from datetime import date, timedelta
from random import Random

import duckdb
import pytest
from histories import collect, places_of, write_raw
from naive.moves import Move, Stop, moves_of
from naive.services import Said, services_of

from warehouse import dbt_runner

WORLDS = 200
STOP = (
    "stay_id, origin_code, dest_code, left_hukou_date, left_hukou_after, left_hukou_before, arrived_date, "
    "arrived_after, arrived_before, ended_date, ended_after, ended_before, end_kind"
)
MOVE = "move_kind, from_code, to_code, moved_on, moved_after, moved_before, from_stay_id, to_stay_id"
SENDER = "person_key, service_code, form_id, unit_code, stay_id"
# Fields whose answers hold together in every way: several rows of a list, dates, words that imply each other.
FIELDS = {
    "permit_kind": ("RESIDENCE_PERMIT", "ISSUED", "REGISTRATION", "PENDING", "NONE"),
    "permit_date": (),
    "permit_until": (),
    "insurance": ("PENSION", "ALL_FIVE", "NONE"),
    "insured": ("YES", "NO"),
    "insured_pension": ("YES", "NO"),
    "in_school": ("YES", "NO"),
    "school_stage": ("PRIMARY", "JUNIOR", "NOT_IN_SCHOOL"),
}


# The stories of the same models are quick; this builds hundreds of worlds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("moves")
    path = folder / "popflow.duckdb"
    write_raw(path, collect(WORLDS, seed=7))
    with duckdb.connect(str(path)) as connection:
        _answer(connection)
    outcome = dbt_runner.build(path, folder, select=["+stay", "+move", "+service"])
    assert len(outcome.checks) > 30
    assert [check for check in outcome.checks if not check.success] == []
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def _answer(connection: duckdb.DuckDBPyConnection) -> None:
    """Let every row say something of services, mostly the same from list to list."""
    rng = Random(7)  # noqa: S311
    values: list[tuple[object, ...]] = []
    keys = connection.execute("SELECT file_id, sheet, row_number, person_key FROM raw.person_row ORDER BY ALL")
    for *row, person in keys.fetchall():
        usual = Random(person)  # noqa: S311
        for field, codes in FIELDS.items():
            usually = usual.choice(codes) if codes else date(2024, usual.randint(1, 12), usual.randint(1, 28))
            if rng.random() < 0.5:
                continue
            said = usually if rng.random() < 0.7 else rng.choice(codes) if codes else usually - timedelta(days=9)
            day = said if isinstance(said, date) else None
            values.append((*row, field, None if day else said, day, day, None))
    marks = ", ".join("?" * 8)
    for start in range(0, len(values), 500):
        part = values[start : start + 500]
        connection.execute(
            f"INSERT INTO raw.person_value VALUES {', '.join([f'({marks})'] * len(part))}",
            [value for row in part for value in row],
        )


def test_dbt_builds_the_moves_of_the_naive_rules(built: duckdb.DuckDBPyConnection) -> None:
    stops: dict[str, list[Stop]] = defaultdict(list)
    query = (
        f"SELECT person_key, {STOP} FROM core.stay JOIN (SELECT stay_id, stay_number FROM intermediate.int_stay) "
        "USING (stay_id) ORDER BY person_key, stay_number"
    )
    for person, *stop in built.execute(query).fetchall():
        stops[person].append(Stop(*stop))
    moves: dict[str, list[Move]] = defaultdict(list)
    for person, number, *move in built.execute(
        f"SELECT person_key, move_number, {MOVE} FROM core.move ORDER BY person_key, move_number"
    ).fetchall():
        moves[person].append(Move(*move))
        assert number == len(moves[person])

    places = places_of(WORLDS)
    kinds = {move.kind for each in moves.values() for move in each}
    assert kinds == {"departure", "onward", "return", "redeparture", "unexplained"}
    assert len(stops) > WORLDS
    assert moves.keys() <= stops.keys()
    wrong = [person for person in sorted(stops) if moves[person] != moves_of(stops[person], places)]
    assert not wrong, f"{len(wrong)} of {len(stops)}: {moves[wrong[0]]} != {moves_of(stops[wrong[0]], places)}"


def test_dbt_builds_the_services_of_the_naive_rules(built: duckdb.DuckDBPyConnection) -> None:
    said: dict[tuple[object, ...], list[Said]] = defaultdict(list)
    for key, each in _said(built):
        said[key].append(each)
    found: dict[tuple[object, ...], list[tuple[object, ...]]] = defaultdict(list)
    for row in built.execute(
        f"SELECT {SENDER}, status, detail_code, from_date, to_date, first_reported, last_reported, reports "
        f"FROM core.service WHERE service_code != 'HOUSING' ORDER BY {SENDER}, first_reported"
    ).fetchall():
        found[row[:5]].append(row[5:])

    assert sum(len(rows) for rows in found.values()) > 2000
    assert found.keys() == said.keys()
    expected = {key: [astuple(service)[:7] for service in services_of(each)] for key, each in said.items()}
    wrong = [key for key in sorted(said, key=str) if found[key] != expected[key]]
    assert not wrong, f"{len(wrong)}: {said[wrong[0]]}: {found[wrong[0]]} != {expected[wrong[0]]}"


def _said(built: duckdb.DuckDBPyConnection) -> Iterator[tuple[tuple[object, ...], Said]]:
    mapped: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with (dbt_runner.PROJECT_DIR / "seeds" / "service_map.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            mapped[row["field"], row["code"]].append(row)
    values: Sequence[tuple[object, ...]] = built.execute(
        "SELECT e.person_key, e.form_id, f.unit_code, e.stay_id, e.reported_on, v.field, coalesce(v.code, ''), "
        "v.day_from, v.day_to FROM core.stay_evidence AS e JOIN raw.file AS f USING (file_id) "
        "JOIN raw.person_value AS v USING (file_id, sheet, row_number)"
    ).fetchall()
    for person, form, unit, stay, reported_on, field, code, first, last in values:
        for row in mapped[str(field), str(code)]:
            assert isinstance(reported_on, date)
            yield (
                (person, row["service_code"], form, unit, stay),
                Said(
                    reported_on,
                    row["status"],
                    int(row["rank"]),
                    row["detail_code"] or None,
                    first if row["says"] == "from" and isinstance(first, date) else None,
                    last if row["says"] == "until" and isinstance(last, date) else None,
                ),
            )
