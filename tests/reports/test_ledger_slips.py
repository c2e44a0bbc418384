"""The slip of both ends: who is told what, when, and what is withheld."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from reports.ledger_disputes import COLUMNS, Account, Dispute, accounts_of
from reports.ledger_slips import line_of, write_ledger_slips

HOME, HANGZHOU, TOWN = "340124000000", "330100000000", "340124100000"
NAMES = {HOME: "安徽省合肥市庐江县", HANGZHOU: "浙江省杭州市", TOWN: "安徽省合肥市庐江县庐城镇"}
_LEDGER = (
    "period VARCHAR, origin_code VARCHAR, dest_code VARCHAR, item VARCHAR, by_origin BIGINT, by_destination BIGINT, "
    "standing VARCHAR, cause VARCHAR, disputed_since VARCHAR, is_current BOOLEAN, by_records BIGINT, "
    "by_records_unknown BIGINT, origin_units VARCHAR, destination_units VARCHAR, origin_file_id VARCHAR, "
    "origin_sheet VARCHAR, origin_row_number BIGINT, destination_file_id VARCHAR, destination_sheet VARCHAR, "
    "destination_row_number BIGINT"
)
JULY: dict[str, Any] = {
    "period": "2024-07", "origin_code": TOWN, "dest_code": HANGZHOU, "item": "flow_total", "by_origin": 40,
    "by_destination": 31, "standing": "disputed", "cause": "unexplained", "disputed_since": "2024-06",
    "is_current": True, "by_records": 38, "by_records_unknown": 2, "origin_units": HOME, "destination_units": HANGZHOU,
    "origin_file_id": "f1", "origin_sheet": "表1", "origin_row_number": 5,
}  # fmt: skip


def _warehouse(folder: Path, name: str, *rows: dict[str, Any]) -> Path:
    path = folder / f"{name}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA stats; CREATE SCHEMA ops; CREATE SCHEMA ref")
        connection.execute(f"CREATE TABLE stats.od_ledger ({_LEDGER})")
        for row in rows:
            marks = ", ".join(f"${each}" for each in row)
            connection.execute(f"INSERT INTO stats.od_ledger ({', '.join(row)}) VALUES ({marks})", row)
        connection.execute("CREATE TABLE ops.file AS SELECT 'f1' AS file_id, '统计局/流向.xlsx' AS path")
        connection.execute("CREATE TABLE ref.division (code VARCHAR, full_name VARCHAR, valid_from DATE)")
        connection.executemany(
            "INSERT INTO ref.division VALUES ($1, $2, DATE '2000-01-01')", [*map(list, NAMES.items())]
        )
    return path


def _only(account: Account) -> Dispute:
    ((dispute, _),) = account.open
    return dispute


def test_each_side_is_told_its_own_count_and_the_other_one(tmp_path: Path) -> None:
    accounts = {each.unit_code: _only(each) for each in accounts_of(_warehouse(tmp_path, "now", JULY), None)}
    assert set(accounts) == {HOME, HANGZHOU}
    assert (accounts[HOME].own, accounts[HOME].other, accounts[HOME].own_path) == (40, 31, "统计局/流向.xlsx")
    assert (accounts[HANGZHOU].own, accounts[HANGZHOU].other, accounts[HANGZHOU].own_path) == (31, 40, None)


def test_what_was_told_is_not_told_again(tmp_path: Path) -> None:
    now = _warehouse(tmp_path, "now", JULY)
    told_before = _warehouse(tmp_path, "before", JULY | {"by_records": 39})
    assert accounts_of(now, told_before) == []


def test_a_new_month_or_count_is_told(tmp_path: Path) -> None:
    before = _warehouse(tmp_path, "before", JULY)
    other = _warehouse(tmp_path, "other", JULY | {"by_destination": 32})
    later = _warehouse(tmp_path, "later", JULY | {"is_current": False}, JULY | {"period": "2024-08"})
    for now in (other, later):
        accounts = accounts_of(now, before)
        assert len(accounts) == 2
        assert {state for account in accounts for _, state in account.open} == {"changed"}


def test_what_is_over_is_told_once(tmp_path: Path) -> None:
    before = _warehouse(tmp_path, "before", JULY)
    agreed = JULY | {"standing": "agreed", "cause": "none", "is_current": False, "by_destination": 40}
    now = _warehouse(tmp_path, "now", agreed)
    accounts = accounts_of(now, before)
    assert [len(account.over) for account in accounts] == [1, 1]
    assert accounts_of(now, now) == []


def test_who_has_sent_none_this_month_is_asked_for_it(tmp_path: Path) -> None:
    agreed = JULY | {"period": "2024-06", "standing": "agreed", "cause": "none", "is_current": False}
    awaited = JULY | {
        "standing": "awaited", "cause": "missing_return", "by_destination": None, "destination_units": None
    }  # fmt: skip
    (account,) = accounts_of(_warehouse(tmp_path, "now", agreed, awaited), None)
    assert account.unit_code == HANGZHOU
    line = line_of(_only(account), "新", NAMES, {}, 10)
    assert line[5:7] == ("未报", "40")


def test_a_version_without_a_ledger_has_nobody_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    duckdb.connect(str(path)).close()
    assert accounts_of(path, None) == []


@pytest.mark.parametrize(("other", "shown"), [(9, "＊"), (10, "10"), (0, "0"), (None, "未列")])
def test_small_counts_of_the_other_side_are_withheld(other: int | None, shown: str) -> None:
    values: dict[str, Any] = dict.fromkeys(COLUMNS) | JULY | {"own": 3, "other": other, "by_records": 4}
    line = line_of(Dispute(**{name: values[name] for name in COLUMNS}), "新", NAMES, {"flow_total": "合计"}, 10)
    assert line[4:8] == ("合计", "3", shown, "＊（＊）")
    assert ("太小" in line[8]) == (shown == "＊")


def test_what_would_tell_a_small_count_is_withheld_with_it(tmp_path: Path) -> None:
    female = JULY | {"item": "flow_female", "by_destination": 4, "by_records": 38, "standing": "agreed"}
    now = _warehouse(tmp_path, "now", JULY, female | {"is_current": False})
    accounts = {each.unit_code: _only(each) for each in accounts_of(now, None)}
    assert line_of(accounts[HOME], "新", NAMES, {}, 10)[6] == "＊"
    assert line_of(accounts[HANGZHOU], "新", NAMES, {}, 10)[6] == "40"


def test_the_slip_is_a_workbook_for_its_unit_alone(tmp_path: Path) -> None:
    paths = write_ledger_slips(
        _warehouse(tmp_path, "now", JULY), None, tmp_path / "slips", "20240731-01", date(2024, 7, 31), 10
    )
    assert sorted(path.relative_to(tmp_path / "slips").as_posix() for path in paths) == [
        f"{HANGZHOU}/流向对账单_20240731-01.xlsx", f"{HOME}/流向对账单_20240731-01.xlsx"
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    rows = list(load_workbook(paths[-1]).active.iter_rows(values_only=True))
    line = next(row for row in rows if row[0] == "新")
    assert line[1:8] == ("2024-07", NAMES[TOWN], NAMES[HANGZHOU], "流动人口合计", "40", "31", "38（＊）")
    assert line[9] == "2024-06"
    assert line[11] == "统计局/流向.xlsx　表1　第5行"
