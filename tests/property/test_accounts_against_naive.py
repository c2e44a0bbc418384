"""The accounts between departments are those of the naive rules, for many invented worlds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path

import duckdb
import pytest
from histories import HOME, collect, evidence_of, place, places_of, write_raw
from naive.accounts import Account, Sender, conflicts, coverage, known_by, mirror, senders_of
from naive.counting import Division, Register, Stay, read_definitions
from naive.listed import Evidence, Span, current_files

from warehouse import dbt_runner

WORLDS = 80
DEFINITIONS = read_definitions(dbt_runner.PROJECT_DIR / "seeds")
MODELS = ["+known_by", "+coverage", "+mirror", "+evidence_conflict"]
DAYS = (date(2024, 6, 30), date(2024, 8, 31), date(2024, 10, 31))
MIRRORED = (
    *(("HRSS_2004", day, "village") for day in DAYS),
    *(("NHC_QY", day, "township") for day in DAYS),
    ("MPS_ZZRK", DAYS[1], "province"),
)


# The stories of the same models are quick; this builds hundreds of worlds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    found = collect(WORLDS, seed=3)
    return evidence_of(found, places_of(len(found)))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder: Path = tmp_path_factory.mktemp("accounts")
    path = folder / "popflow.duckdb"
    write_raw(path, collect(WORLDS, seed=3))
    outcome = dbt_runner.build(path, folder, select=MODELS, exclude=["test_type:generic"])
    assert [check.check_id for check in outcome.checks if check.ran and not check.success] == []
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def account(built: duckdb.DuckDBPyConnection) -> Account:
    names = ", ".join(field.name for field in fields(Stay))
    found = built.execute(f"SELECT {names} FROM core.stay JOIN core.person USING (person_key)").fetchall()
    stays = [Stay(*row) for row in found]
    senders: dict[str, list[Sender]] = defaultdict(list)
    for row in built.execute(_SENDERS).fetchall():
        *said, left_from, left_to, arrived_from, arrived_to, ended_from, ended_to, reason, dwelling = row[:19]
        spans = [_span(left_from, left_to), _span(arrived_from, arrived_to), _span(ended_from, ended_to)]
        senders[row[0]].append(Sender(*said, *spans, reason, dwelling, *row[19:]))
    return Account({stay.stay_id: stay for stay in stays}, senders, _register(), HOME, "county")


_SENDERS = """
    SELECT stay_id, person_key, form_id, unit_code, side, first_reported, last_reported, says_from, says_until,
        origin_code, dest_code, left_from, left_to, arrived_from, arrived_to, ended_from, ended_to, reason_code,
        dwelling_code, sex, birth_date, hukou_nature, education_code
    FROM core.stay_sender
"""


def _span(first: date | None, last: date | None) -> Span | None:
    return Span(first, last) if first and last else None


def _register() -> Register:
    rows = []
    for code in places_of(WORLDS):
        found = place(code)
        chain = {f"{level}_code": upper for level, upper in found.chain.items()}
        is_district = code.startswith("330106")
        rows.append(Division(code, found.level, code, is_city_district=is_district, **chain))
    return Register(rows)


def test_a_sender_says_what_its_lists_say(built: duckdb.DuckDBPyConnection, evidence: Evidence) -> None:
    rows = built.execute("""
        SELECT person_key, form_id, unit_code, side, first_reported, last_reported, says_from, says_until,
            origin_code, dest_code, reason_code, dwelling_code, registered_date
        FROM core.stay_sender
    """).fetchall()
    assert len(rows) > 3 * WORLDS
    assert Counter(rows) == senders_of(evidence)


@pytest.mark.parametrize("day", DAYS)
def test_who_is_known_to_whom(built: duckdb.DuckDBPyConnection, account: Account, day: date) -> None:
    key = "direction, level, division_code"
    rows = built.execute(f"SELECT {key}, forms, persons FROM stats.known_by WHERE as_of = ?", [day]).fetchall()
    expected = known_by(account, day)
    assert len({forms for *_, forms in expected}) > 5
    assert {tuple(cell): persons for *cell, persons in rows} == expected

    rows = built.execute(
        f"SELECT {key}, form_id, other_form_id, persons, also_known FROM stats.coverage WHERE as_of = ?", [day]
    ).fetchall()
    assert {tuple(cell): (persons, also) for *cell, persons, also in rows} == coverage(account, day)


def test_what_the_two_ends_show(built: duckdb.DuckDBPyConnection, account: Account, evidence: Evidence) -> None:
    files = list(current_files(evidence.files).values())
    causes: Counter[object] = Counter()
    for name, day, level in MIRRORED:
        expected = mirror(account, DEFINITIONS[name], day, level, files)
        told: Counter[object] = Counter()
        for *cell, both, only_origin, only_destination in built.execute(_MIRROR, [day, name, level]).fetchall():
            for shown, persons in zip(_SHOWN, (both, only_origin, only_destination), strict=True):
                told[tuple(cell), shown] += persons
        assert +told == expected, (name, day, level)
        for (cell, _), persons in expected.items():
            causes[cell[-1]] += persons
    assert {"none", "place", "timing", "outside", "missing_return", "unexplained"} <= set(causes)


_SHOWN = ("both", "only_origin", "only_destination")
_MIRROR = """
    SELECT origin_code, dest_code, cause, "both", only_origin, only_destination
    FROM stats.mirror WHERE as_of = ? AND definition_id = ? AND level = ?
"""


@pytest.mark.parametrize("day", DAYS)
def test_where_two_forms_contradict_each_other(built: duckdb.DuckDBPyConnection, account: Account, day: date) -> None:
    rows = built.execute(
        "SELECT direction, level, division_code, attribute, form_id, other_form_id, stays_compared, stays_in_conflict "
        "FROM stats.evidence_conflict WHERE as_of = ?",
        [day],
    ).fetchall()
    expected = conflicts(account, day)
    assert sum(differ for _, differ in expected.values()) > 10
    assert {tuple(cell): (compared, differ) for *cell, compared, differ in rows} == expected
