from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from ingest.errors import NightHeldError
from warehouse import gate_out
from warehouse.checks import CheckResult, read_results, write_results
from warehouse.gate_out import Thresholds, hold_on_failure, judge, store
from warehouse.stock import month_ends, stock_totals
from warehouse.working_copy import SCHEMA_FILE

NIGHT, EARLIER = "20241201-01", "20241101-01"

MODELS = """
    CREATE SCHEMA ref; CREATE SCHEMA ops; CREATE SCHEMA stats;
    CREATE TABLE ref.division AS FROM raw.division;
    CREATE TABLE ref.definition AS SELECT 'NBS_LDRK' AS definition_id;
    CREATE TABLE ops.check_result AS FROM raw.check_result;
    CREATE TABLE stats.counted (as_of DATE, persons BIGINT);
    CREATE VIEW stats.stock AS
        SELECT as_of, 'NBS_LDRK' AS definition_id, 'out' AS direction, 'county' AS level, persons, 0 AS persons_unknown
        FROM popflow.stats.counted;
"""
FILE = (
    "INSERT INTO raw.file (file_id, path, sha256, received_at, night_id, status, rows_in, rows_accepted, "
    "rows_returned, rows_duplicate) VALUES (?, 'p', 's', now()::TIMESTAMP, ?, ?, ?, ?, ?, ?)"
)
PERSON = (
    "INSERT INTO raw.person_row (file_id, sheet, row_number, form_id, unit_code, period, reported_on, list_kind, side, "
    "person_key) SELECT ?, '1', i, 'f', 'u', '2024-10', DATE '2024-10-31', 'full', 'origin', 'k' FROM range(?) AS r(i)"
)
RETURNED = (
    "INSERT INTO raw.returned_row SELECT ?, '1', i, 'f', 'u', '2024-10', DATE '2024-10-31', true FROM range(?) AS r(i)"
)
DIVISION = (
    "INSERT INTO raw.division (code, level, name, full_name, is_virtual, valid_from) "
    "VALUES ('340124000000', 'county', '庐江县', '庐江县', false, DATE '1949-10-01')"
)


def _database(path: Path, run_date: dt.date, persons: int) -> Path:
    path.parent.mkdir()
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        connection.execute(DIVISION)
        connection.execute(
            "INSERT INTO raw.site VALUES ('340124000000', 'county', ?, ?, 24)", [run_date, f"{run_date:%Y%m%d}-01"]
        )
        connection.execute(FILE, ["f1", EARLIER, "partly_returned", 3, 2, 1, 0])
        connection.execute(PERSON, ["f1", 2])
        connection.execute(RETURNED, ["f1", 1])
        connection.execute(MODELS)
        connection.execute("INSERT INTO stats.counted VALUES (DATE '2024-10-31', ?)", [persons])
    return path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return _database(tmp_path / "base" / "popflow.duckdb", dt.date(2024, 11, 1), 1000)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    return _database(tmp_path / "built" / "popflow.duckdb", dt.date(2024, 12, 1), 1000)


def _change(database: Path, *statements: str) -> None:
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)


def _failed(built: Path, base: Path | None) -> list[str]:
    return [each.check_id for each in judge(built, base, NIGHT, Thresholds()) if not each.success]


def test_a_good_night_passes_every_check(built: Path, base: Path) -> None:
    results = judge(built, base, NIGHT, Thresholds())
    assert len(results) == len(gate_out.CHECKS) + 1
    assert [each for each in results if not each.success] == []


def test_the_first_night_is_not_compared(built: Path) -> None:
    assert len(judge(built, None, NIGHT, Thresholds())) == len([each for each in gate_out.CHECKS if not each.compares])


@pytest.mark.parametrize(
    ("damage", "check_id"),
    [
        ("UPDATE raw.file SET rows_accepted = 1, rows_duplicate = 1, night_id = '20241201-01'", "file_rows_are_loaded"),
        ("UPDATE raw.file SET rows_duplicate = 1, night_id = '20241201-01'", "file_rows_are_loaded"),
        ("UPDATE raw.file SET file_id = 'f9'", "no_file_is_lost"),
        ("DELETE FROM raw.person_row WHERE row_number = 1", "no_row_is_lost"),
        ("DELETE FROM ref.division", "register_is_published"),
        ("DELETE FROM ref.definition", "definitions_are_published"),
        ("UPDATE raw.division SET code = '340125000000'", "register_did_not_shrink"),
        ("UPDATE stats.counted SET persons = 499", "stock_did_not_collapse"),
        ("DELETE FROM stats.counted", "stock_did_not_collapse"),
    ],
)
def test_every_damage_is_found(built: Path, base: Path, damage: str, check_id: str) -> None:
    _change(built, damage)
    assert check_id in _failed(built, base)


def test_a_stock_may_rise_fall_a_little_and_come_late(built: Path, base: Path) -> None:
    _change(built, "UPDATE stats.counted SET persons = 501", "INSERT INTO stats.counted VALUES (DATE '2024-11-30', 5)")
    assert _failed(built, base) == []


def test_versions_are_compared_with_each_other_and_not_with_themselves(built: Path, base: Path) -> None:
    """The views of a version name their tables by the file's name, which is the same for both."""
    _change(base, "UPDATE stats.counted SET persons = 3000")
    key = (dt.date(2024, 10, 31), "NBS_LDRK", "out")
    assert (stock_totals(base)[key], stock_totals(built)[key]) == (3000, 1000)
    assert _failed(built, base) == ["stock_did_not_collapse"]


def test_a_returned_file_that_is_judged_again_may_have_other_counts(built: Path, base: Path) -> None:
    for database, rows in ((base, 0), (built, 7)):
        with duckdb.connect(str(database)) as connection:
            connection.execute(FILE, ["f2", EARLIER, "returned", rows, 0, rows, 0])
    assert _failed(built, base) == []


def test_results_are_kept_where_readers_see_them_once(built: Path) -> None:
    results = judge(built, None, NIGHT, Thresholds())
    store(built, NIGHT, results)
    store(built, NIGHT, results)
    with duckdb.connect(str(built), read_only=True) as connection:
        kept = connection.execute("SELECT gate, check_id, success FROM ops.check_result ORDER BY check_id").fetchall()
    assert kept == sorted((gate_out.GATE, each.check_id, each.success) for each in results)


def _result(number: int, severity: str, success: bool) -> CheckResult:
    return CheckResult(
        check_id=f"c{number}", subject="core.stay", severity=severity, success=success, unexpected=3
    )  # fmt: skip


def test_only_a_failed_critical_check_holds_the_night(tmp_path: Path) -> None:
    results = [_result(1, "warn", success=False), _result(2, "error", success=True)]
    write_results(tmp_path / "results.json", results)
    assert read_results(tmp_path / "results.json") == results
    hold_on_failure(results)
    with pytest.raises(NightHeldError, match=r"c3 \(core.stay\): 3 unexpected"):
        hold_on_failure([*results, _result(3, "error", success=False)])


def test_many_causes_are_still_one_sentence() -> None:
    with pytest.raises(NightHeldError, match=r"and 2 more$"):
        hold_on_failure([_result(number, "error", success=False) for number in range(7)])


@pytest.mark.parametrize(
    ("until", "newest"),
    [
        (dt.date(2024, 10, 31), [dt.date(2024, 10, 31), dt.date(2024, 9, 30)]),
        (dt.date(2024, 3, 30), [dt.date(2024, 2, 29), dt.date(2024, 1, 31)]),
        (dt.date(2024, 1, 1), [dt.date(2023, 12, 31), dt.date(2023, 11, 30)]),
    ],
)
def test_months_that_have_ended(until: dt.date, newest: list[dt.date]) -> None:
    assert month_ends(until, 2) == newest


@pytest.mark.parametrize(
    ("hidden", "right", "wrong", "said"),
    [(199, 0, 199, []), (200, 198, 2, [True]), (200, 150, 2, [False]), (200, 0, 0, [True])],
)
def test_links_that_are_too_often_wrong_are_a_warning(hidden: int, right: int, wrong: int, said: list[bool]) -> None:
    with duckdb.connect() as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        connection.execute(
            "INSERT INTO raw.linkage_quality VALUES ($night, 'm', 'missing', $hidden, $right, $wrong, 0, 0)",
            {"night": NIGHT, "hidden": hidden, "right": right, "wrong": wrong},
        )
        results = gate_out._judge_linking(connection, NIGHT)
    assert [each.success for each in results] == said
    assert not any(each.holds for each in results)
