"""Segments: the sealed, immutable files of the vault, each with profiles or with returned rows of one night."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.keys import SiteKey
from warehouse.disk import sync_file
from warehouse.folders import make_private

Kind = Literal["profiles", "returned"]

PURPOSE: Final = "vault"
# One sealed piece stays far below the 2 GiB that AES-GCM takes at once.
SEGMENT_ROWS = 2_000_000
BATCH_ROWS = 100_000


def seal_rows(
    connection: duckdb.DuckDBPyConnection, query: str, kind: Kind, key: SiteKey, night_id: str, folder: Path
) -> list[str]:
    """Write the rows of a query as new sealed segments into ``folder``; return their names, none for no rows."""
    make_private(folder)
    names = []
    for number, table in enumerate(_pieces(connection.sql(query).to_arrow_reader(BATCH_ROWS)), start=1):
        name = f"{night_id}-{kind}-{number:02d}.sealed"
        content = io.BytesIO()
        pq.write_table(table, content, compression="zstd")
        path = folder / name
        path.write_bytes(key.seal(content.getvalue(), PURPOSE))
        path.chmod(0o600)
        sync_file(path)
        names.append(name)
    return names


def _pieces(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in reader:
        held.append(batch)
        if sum(each.num_rows for each in held) >= SEGMENT_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if sum(each.num_rows for each in held):
        yield pa.Table.from_batches(held)


def of_kind(segments: Sequence[Path], kind: Kind) -> list[Path]:
    """Return the segments that have rows of a kind."""
    return [segment for segment in segments if f"-{kind}-" in segment.name]


def read_segment(path: Path, key: SiteKey) -> pa.Table:
    """Open one sealed segment in memory.

    It is handed on as Arrow and not as a Parquet file: a file would put identities on the disk unsealed.
    """
    return pq.read_table(pa.BufferReader(key.unseal(path.read_bytes(), PURPOSE)))


def insert_from_segments(
    connection: duckdb.DuckDBPyConnection, key: SiteKey, segments: Sequence[Path], insertion: str
) -> None:
    """Run an insertion from the relation ``segment`` for each segment, one in memory at a time."""
    for path in segments:
        connection.register("segment", read_segment(path, key))
        connection.execute(insertion)
        connection.unregister("segment")
