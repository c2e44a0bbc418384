"""Writes what is true beside what is delivered: people, stays, every file, row and count, and what has to become of it.

Tests read these tables; popflow itself never does. They stand in a folder of their own, outside what a night reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from popflow.synthetic.delivered import Delivered, Delivery
from popflow.synthetic.delivery import deliver
from popflow.synthetic.faults import Known
from popflow.synthetic.population import Population

_TABLES: Final = ("place", "person", "stay")
_FILE_SCHEMA: Final = pa.schema(
    [
        ("file_number", pa.int64()), ("night", pa.int64()), ("path", pa.string()), ("form_id", pa.string()),
        ("unit_code", pa.string()), ("reported_on", pa.date32()), ("list_kind", pa.string()), ("status", pa.string()),
        ("fault", pa.string()), ("rules", pa.list_(pa.string())), ("rows_in", pa.int64()),
    ]
)  # fmt: skip
_KNOWN_DATES: Final = ("birth_date", "left_hukou_date", "arrived_date", "ended_date")
_ROW_SCHEMA: Final = pa.schema(
    [
        ("file_number", pa.int64()), ("row_number", pa.int64()), ("outcome", pa.string()), ("fault", pa.string()),
        ("rules", pa.list_(pa.string())), ("written_number", pa.string()), ("written_name", pa.string()),
        ("person_id", pa.int64()),
        *((each.name, pa.date32()) for each in fields(Known) if each.name in _KNOWN_DATES),
        *((each.name, pa.string()) for each in fields(Known) if each.name not in ("person_id", *_KNOWN_DATES)),
    ]
)  # fmt: skip


_COUNT_SCHEMA: Final = pa.schema(
    [
        ("file_number", pa.int64()), ("item", pa.string()), ("value", pa.int64()),
        *((name, pa.string()) for name in ("unit_code", "origin_code", "dest_code")),
    ]
)  # fmt: skip


def write_population(folder: Path, population: Population) -> duckdb.DuckDBPyConnection:
    """Write the tables of what truly is; return a connection that has them."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    for name in _TABLES:
        path = folder / f"{name}.parquet"
        pq.write_table(getattr(population, name), path)
        connection.execute(f"CREATE TABLE {name} AS FROM read_parquet($path)", {"path": str(path)})
    return connection


def deliver_with_truth(folder: Path, population: Population, delivery: Delivery) -> list[Delivered]:
    """Write every night's files and, into ``folder``, the truth about them."""
    connection = write_population(folder, population)
    try:
        delivered = list(deliver(delivery, connection))
    finally:
        connection.close()
    pq.write_table(_file_table(delivered), folder / "file.parquet")
    pq.write_table(_row_table(delivered), folder / "row.parquet")
    pq.write_table(_count_table(delivered), folder / "count.parquet")
    return delivered


def _file_table(delivered: Sequence[Delivered]) -> pa.Table:
    """One row a file with what has to become of it."""
    names = [name for name in _FILE_SCHEMA.names if name not in ("file_number", "rows_in", "rules")]
    rows = [
        {name: getattr(each, name) for name in names}
        | {"file_number": number, "rules": list(each.rules), "rows_in": len(each.rows)}
        for number, each in enumerate(delivered)
    ]
    return pa.Table.from_pylist(rows, _FILE_SCHEMA)


def _row_table(delivered: Sequence[Delivered]) -> pa.Table:
    """One row a row of a person list with what it rightly says."""
    rows = [
        asdict(row.known)
        | {
            "file_number": number,
            "row_number": row_number,
            "outcome": row.outcome,
            "fault": row.fault,
            "rules": list(row.rules),
            "written_number": _as_text(row.cells["id_number"]),
            "written_name": _as_text(row.cells["person_name"]),
        }
        for number, each in enumerate(delivered)
        for row_number, row in each.rows
    ]
    return pa.Table.from_pylist(rows, _ROW_SCHEMA)


def _count_table(delivered: Sequence[Delivered]) -> pa.Table:
    """One row a count of the departments' tables."""
    rows = [asdict(count) | {"file_number": number} for number, each in enumerate(delivered) for count in each.counts]
    return pa.Table.from_pylist(rows, _COUNT_SCHEMA)


def _as_text(cell: object) -> str | None:
    """Return the text of a cell as a reader gets it."""
    return None if cell is None else str(int(cell)) if isinstance(cell, float) else str(cell)
