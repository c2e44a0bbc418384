"""Changes of divisions: what a table of them must say, and what follows from it and from the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingest.division_changes import import_changes, import_register
from ingest.errors import UsageError
from ingest.register import OPEN_START, division_query

RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"

REGISTER = """code,name
34,安徽省
3401,合肥市
340124,庐江县
340124100,庐城镇
340124100201,新桥村民委员会
340124100202,塔山村民委员会
340124101,汤池镇
340124101201,果树村民委员会
"""
HEADING = "from_code,from_name,to_code,to_name,change_date,kind,weight,weight_basis,to_is_new,source\n"
MOVED = HEADING + (
    "341421,庐江县,340124,庐江县,2011-08-22,recode,,,,notice\n3414,巢湖市,3401,合肥市,2011-08-22,merge,,,no,notice\n"
)

Table = Callable[[str], Path]


@pytest.fixture
def known(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a warehouse with the little register as the one that ships."""
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        listed = (
            "SELECT rpad(code, 12, '0') AS code, name, NULL AS urban_rural_code "
            f"FROM read_csv('{path}', all_varchar = true)"
        )
        connection.execute(f"INSERT INTO raw.division BY NAME {division_query(listed, OPEN_START)}")
        yield connection


@pytest.fixture
def table(tmp_path: Path) -> Table:
    def write(text: str) -> Path:
        path = tmp_path / "changes.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def lives(connection: duckdb.DuckDBPyConnection, code: str) -> list[tuple[str, date, date | None]]:
    """Return full name, begin and end of all rows of a code."""
    return connection.execute(
        "SELECT full_name, valid_from, valid_to FROM raw.division WHERE code = ? ORDER BY valid_from",
        [code.ljust(12, "0")],
    ).fetchall()


def test_a_county_that_moved_was_its_old_code_before(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    day = date(2011, 8, 22)
    summary = import_changes(known, table(MOVED))
    assert (summary.changes, summary.ended_codes, summary.refuted) == (2, 2, 0)
    assert lives(known, "341421") == [("安徽省巢湖市庐江县", OPEN_START, day)]
    assert lives(known, "340124") == [("安徽省合肥市庐江县", day, None)]
    # what lies in it does not begin before it
    assert lives(known, "340124100201") == [("安徽省合肥市庐江县庐城镇新桥村民委员会", day, None)]
    assert lives(known, "3401") == [("安徽省合肥市", OPEN_START, None)]


def test_importing_again_changes_nothing(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    def content() -> list[list[tuple[object, ...]]]:
        return [
            known.execute(f"SELECT * FROM raw.{name} ORDER BY ALL").fetchall()
            for name in ("division", "division_change", "division_register", "known_change")
        ]

    import_changes(known, table(MOVED))
    before = content()
    assert [len(rows) for rows in before] == [10, 2, 8, 2]
    import_changes(known, table(MOVED))
    assert content() == before


def test_a_successor_that_does_not_exist_is_refused(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    with pytest.raises(UsageError, match="a successor that does not exist"):
        import_changes(known, table(HEADING + "341421,庐江县,340125,,2011-08-22,merge,,,no,notice\n"))


def test_both_orders_of_a_register_and_changes_give_the_same(
    known: duckdb.DuckDBPyConnection, table: Table, tmp_path: Path
) -> None:
    newer = tmp_path / "newer.csv"
    newer.write_text(REGISTER.replace("塔山村", "塔山新村").replace("340124101201", "340124101202"), encoding="utf-8")
    known.execute("CREATE TABLE start AS FROM raw.division")
    import_changes(known, table(MOVED))
    import_register(known, newer, date(2024, 12, 31))
    first = known.execute("SELECT * FROM raw.division ORDER BY ALL").fetchall()
    assert len(first) == 12
    for name in ("division", "division_register", "known_change", "division_change"):
        known.execute(f"DELETE FROM raw.{name}")
    known.execute("INSERT INTO raw.division FROM start")
    import_register(known, newer, date(2024, 12, 31))
    import_changes(known, table(MOVED))
    assert known.execute("SELECT * FROM raw.division ORDER BY ALL").fetchall() == first
