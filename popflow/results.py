"""Answers to SQL for people and programs: a table on the terminal, CSV, JSON or Parquet, and a small shell."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ingest.errors import UsageError
from popflow.commands.common import say, table

FORMATS = ("table", "csv", "json", "parquet")
TABLE_ROWS = 200
BATCH_ROWS = 100_000


def run_query(connection: duckdb.DuckDBPyConnection, query: str, form: str, output: Path | None) -> None:
    """Run one query and write its answer.

    Raises ``UsageError`` where the query is wrong, asks for more than reading, or Parquet has no file to go to.
    """
    if form == "parquet" and output is None:
        raise UsageError("Parquet is not for a terminal: give a file with -o FILE")
    reader = _ask(connection, query)
    with _reading_errors_said(), _target(output) as stream:
        _WRITERS[form](reader, stream)


def _ask(connection: duckdb.DuckDBPyConnection, query: str) -> pa.RecordBatchReader:
    with _reading_errors_said():
        if not query.strip(" \t\n;"):
            raise UsageError("the query is empty")
        return _answered(connection.sql(query))


def _answered(relation: duckdb.DuckDBPyRelation | None) -> pa.RecordBatchReader:
    """Return the rows of an answer; a statement without one (SET, BEGIN) answers with no rows and no columns."""
    if relation is None:
        return pa.RecordBatchReader.from_batches(pa.schema([]), [])
    return relation.to_arrow_reader(BATCH_ROWS)


@contextlib.contextmanager
def _reading_errors_said() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise UsageError(f"the query does not work: {' '.join(str(error).split())}") from error


@contextlib.contextmanager
def _target(output: Path | None) -> Iterator[IO[bytes]]:
    """Give the stream to write to; a file appears under its name only when it is complete."""
    if output is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = output.with_name(f".{output.name}.part")
    try:
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.replace(output)
    except FileNotFoundError as error:
        raise UsageError(f"there is no folder {output.parent} to write into") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write_table(reader: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    rows: list[tuple[object, ...]] = []
    for batch in reader:
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
        if len(rows) > TABLE_ROWS:
            break
    text = table(tuple(reader.schema.names), rows[:TABLE_ROWS])
    more = f"\n(only the first {TABLE_ROWS} rows are shown; --format csv gives all)" if len(rows) > TABLE_ROWS else ""
    stream.write(f"{text}{more}\n".encode())


def _write_csv(reader: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    with pyarrow.csv.CSVWriter(stream, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _write_json(reader: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    """Write one JSON array, an object per row and line."""
    separator = "[\n"
    for batch in reader:
        for row in batch.to_pylist():
            stream.write((separator + json.dumps(row, ensure_ascii=False, default=str)).encode())
            separator = ",\n"
    stream.write(b"[]\n" if separator == "[\n" else b"\n]\n")


def _write_parquet(reader: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    with pq.ParquetWriter(stream, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


_WRITERS = {"table": _write_table, "csv": _write_csv, "json": _write_json, "parquet": _write_parquet}

HELP = ".tables  .schema TABLE  .help  .quit; anything else is SQL and ends with a semicolon"
_TABLES = """
    SELECT table_schema AS schema, table_name AS name, TABLE_COMMENT AS comment FROM information_schema.tables
    WHERE table_schema IN ('ref', 'core', 'stats', 'ops') ORDER BY ALL
"""
_SCHEMA = """
    SELECT column_name, data_type, comment FROM duckdb_columns()
    WHERE table_name = $name AND ($schema IS NULL OR schema_name = $schema) ORDER BY schema_name, column_index
"""


def run_shell(connection: duckdb.DuckDBPyConnection) -> None:
    """Read statements until the end of the input, answer each; a wrong one is one line and the shell goes on."""
    if sys.stdin.isatty():
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401 - gives input() its history and editing
        say(HELP)
    statement = ""
    while (line := _next_line("popflow> " if not statement else "      -> ")) is not None:
        if not statement and line.strip().startswith("."):
            if line.strip() in {".quit", ".exit"}:
                return
            _answer_dot(connection, line.split())
            continue
        statement = f"{statement}\n{line}".strip()
        if statement.endswith(";"):
            _answer(connection, statement)
            statement = ""
    if statement:
        _answer(connection, statement)


def _next_line(prompt: str) -> str | None:
    try:
        return input(prompt if sys.stdin.isatty() else "")
    except EOFError:
        return None


def _answer_dot(connection: duckdb.DuckDBPyConnection, words: list[str]) -> None:
    if words[0] == ".tables":
        _answer(connection, _TABLES)
    elif words[0] == ".schema" and len(words) == 2:
        schema, _, name = words[1].rpartition(".")
        _answer(connection, _SCHEMA, {"name": name, "schema": schema or None})
    else:
        say(HELP)


def _answer(connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, str | None] | None = None) -> None:
    answer = io.BytesIO()
    try:
        with _reading_errors_said():
            _write_table(_answered(connection.sql(query, params=values)), answer)
        say(answer.getvalue().decode().rstrip("\n"))
    except UsageError as error:
        say(str(error))
