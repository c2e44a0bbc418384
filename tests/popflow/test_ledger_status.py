"""What `popflow status` says of both ends' counts."""

from __future__ import annotations

import duckdb
import pytest

from popflow.status import Disputes, Status, read_disputes, status_lines

_CELLS = [
    # an older month of a dispute is not counted again
    ("2024-06", "a", "b", "flow_total", False, "disputed", "2024-06"),
    ("2024-07", "a", "b", "flow_total", True, "disputed", "2024-06"),
    ("2024-07", "a", "c", "flow_total", True, "disputed", "2024-07"),
    ("2024-07", "a", "d", "flow_total", True, "awaited", "2024-05"),
    ("2024-05", "a", "e", "flow_total", False, "disputed", "2024-05"),
]


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA stats")
    connection.execute(
        "CREATE TABLE stats.od_ledger (period VARCHAR, origin_code VARCHAR, dest_code VARCHAR, item VARCHAR, "
        "is_current BOOLEAN, standing VARCHAR, disputed_since VARCHAR)"
    )
    return connection


def _lines(disputes: Disputes | None) -> list[str]:
    return list(status_lines(Status(None, 0, None, None, (), disputes=disputes)))[2:]


def test_open_disputes_are_counted_once_and_the_oldest_named(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.executemany("INSERT INTO stats.od_ledger VALUES ($1, $2, $3, $4, $5, $6, $7)", [*map(list, _CELLS)])
    disputes = read_disputes(warehouse)
    assert disputes == Disputes(disputed=2, oldest="2024-06", awaited=1)
    assert _lines(disputes) == [
        "ledger of both ends: 2 cells disputed, the oldest since 2024-06; 1 wait for the other side's return"
    ]


def test_nothing_is_said_where_nobody_disputes(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert _lines(read_disputes(warehouse)) == []


def test_a_version_before_the_ledger_has_nothing() -> None:
    assert read_disputes(duckdb.connect()) is None
