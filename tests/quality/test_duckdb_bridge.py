"""The three mends of the bridge, each on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from quality.duckdb_bridge import connection_string


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    path = tmp_path / "it's here.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE t (a VARCHAR NOT NULL, b BIGINT, c DATE, d BOOLEAN, e DECIMAL(9, 2), f VARCHAR[])"
        )
        connection.execute("INSERT INTO t SELECT 'x' || i, i, NULL, true, 1.5, ['y'] FROM range(5) AS r(i)")
        connection.execute("CREATE VIEW v AS SELECT a, b FROM t WHERE b > 2")
    engine = sa.create_engine(connection_string(path))
    yield engine
    engine.dispose()
    with duckdb.connect(str(path)) as connection:  # the lock is gone
        connection.execute("DROP TABLE t")


def test_rows_outlive_the_connection(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        result = connection.execute(sa.text("SELECT b FROM t ORDER BY b"))
        first = result.fetchone()
    assert first == (0,)
    assert result.fetchmany(2) == [(1,), (2,)]
    assert result.fetchall() == [(3,), (4,)]
    assert result.fetchall() == []


def test_columns_of_tables_and_views_are_reflected(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    columns = {column["name"]: column["type"] for column in inspector.get_columns("t")}
    assert list(columns) == ["a", "b", "c", "d", "e", "f"]
    assert [type(columns[name]) for name in "abcd"] == [sa.VARCHAR, sa.BIGINT, sa.DATE, sa.BOOLEAN]
    assert [column["name"] for column in inspector.get_columns("v")] == ["a", "b"]
    assert [column["nullable"] for column in inspector.get_columns("t")][:2] == [False, True]


def test_a_missing_table_is_said(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.NoSuchTableError):
        sa.inspect(engine).get_columns("nowhere")


def test_statements_with_parameters(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT a FROM t WHERE b = :b"), {"b": 3}).scalar()
    assert found == "x3"


def test_the_plain_dialect_is_left_alone(engine: sa.Engine) -> None:
    from duckdb_engine import Dialect

    assert sa.create_engine("duckdb:///:memory:").dialect.__class__ is Dialect
    assert engine.dialect.__class__ is not Dialect
