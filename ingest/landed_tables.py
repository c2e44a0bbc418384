"""What landing writes: the columns of its Parquet files, and the rows of one file or table in them.

The gate in reads these files; ``quality.landed`` says what it takes from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.declaration import CountForm, person_fields
from ingest.reading.sheet import column_letters
from ingest.recognition import Listing, Recognition
from ingest.slip_mark import SlipRows
from ingest.tables import Table

ROWS_PER_GROUP: Final = 100_000
_KEYS: Final = (("file_id", pa.string()), ("sheet", pa.string()), ("row_number", pa.int64()), ("form_id", pa.string()))
# For a row of a corrected slip: the row it replaces, and what the sender says about it.
_ANSWER: Final = (("corrects_sheet", pa.string()), ("corrects_row", pa.int64()), ("explanation", pa.string()))
ROW_FIELDS: Final = ("cell_unit", "origin", "destination", "category")

FILE_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("file_id", "path", "container_path", "sha256")),
        ("size_bytes", pa.int64()),
        *(
            (name, pa.string())
            for name in ("format", "encoding", "form_id", "form_why", "unit_code", "unit_level", "unit_why", "period")
        ),
        ("reported_on", pa.date32()),
        *((name, pa.string()) for name in ("reported_why", "list_kind", "content_id", "corrects_file_id")),
        ("correction_whole", pa.bool_()),
        ("rows_in", pa.int64()),
        ("received_at", pa.timestamp("us")),
        ("status", pa.string()),
    ]
)
REPORT_ROW_SCHEMA: Final = pa.schema(
    [
        *_KEYS,
        *((f"{name}_text", pa.string()) for name in ROW_FIELDS),
        ("item", pa.string()),
        ("value_text", pa.string()),
        *_ANSWER,
    ]
)
FINDING_SCHEMA: Final = pa.schema(
    [
        ("file_id", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int64()),
        *(
            (name, pa.string())
            for name in ("column_name", "rule_id", "severity", "value_shown", "advice_zh", "advice_en")
        ),
    ]
)
COLUMN_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("file_id", "sheet", "source_sheet", "heading", "field")),
        ("part", pa.int64()),
        *((name, pa.string()) for name in ("match_kind", "matched", "reason")),
        *((name, pa.int64()) for name in ("position", "first_row", "last_row")),
    ]
)

TABLE_SCHEMA: Final = pa.schema(
    [
        ("file_id", pa.string()),
        ("sheet", pa.string()),
        *((name, pa.int64()) for name in ("first_heading_row", "last_heading_row", "first_row", "row_count")),
        ("left_out", pa.string()),
    ]
)

Record = dict[str, Any]


@dataclass
class Landed:
    """Everything that is written for one file."""

    file: Record
    person_rows: list[pa.Table] = field(default_factory=list)
    report_rows: list[pa.Table] = field(default_factory=list)
    findings: list[Record] = field(default_factory=list)
    columns: list[Record] = field(default_factory=list)
    tables: list[Record] = field(default_factory=list)


def person_row_schema() -> pa.Schema:
    """Return the columns of landed person rows: one text column per field of the person forms."""
    fields = ((name, pa.string()) for name in person_fields())
    return pa.schema([*_KEYS, *fields, ("id_number_numeric", pa.bool_()), *_ANSWER])


def sheet_label(table: Table) -> str:
    """Return by what the rows of a table are told apart: its sheet, and its column where it stands beside others."""
    if not table.is_right_half:
        return table.sheet.name
    return f"{table.sheet.name}（{column_letters(table.first_column)}列起）"


def row_table(file_id: str, listing: Listing, known: Recognition, answers: SlipRows | None = None) -> pa.Table:
    """Return the landed rows of one table."""
    body = listing.body
    constant = {
        "file_id": file_id,
        "sheet": sheet_label(listing.table),
        "form_id": known.form.form_id if known.form else "",
    }
    values: dict[str, pa.Array] = {
        name: pa.repeat(pa.scalar(text, pa.string()), body.row_count) for name, text in constant.items()
    }
    values |= {"row_number": body.row_numbers, **_answered(body.row_numbers, answers)}
    if isinstance(known.form, CountForm):
        return _report_rows(values, listing, known.form)
    return _filled(person_row_schema(), {**values, "id_number_numeric": body.numeric, **body.columns}, body.row_count)


def _answered(row_numbers: pa.Array, answers: SlipRows | None) -> Mapping[str, pa.Array]:
    if answers is None:
        return {}
    positions = pa.compute.subtract(row_numbers, 1)
    return {
        "corrects_sheet": answers.sheets.take(positions),
        "corrects_row": answers.rows.take(positions),
        "explanation": answers.explanations.take(positions),
    }


def _filled(schema: pa.Schema, values: Mapping[str, pa.Array], count: int) -> pa.Table:
    # Most fields of all forms are blank in a table of one; blank columns of a type are the same one.
    blank = {kind: pa.nulls(count, kind) for kind in set(schema.types)}
    arrays = [values.get(each.name, blank[each.type]) for each in schema]
    return pa.table(arrays, schema=schema)


def _report_rows(values: Mapping[str, pa.Array], listing: Listing, form: CountForm) -> pa.Table:
    """Return a row per counted cell; blank cells count nothing and are left out."""
    body = listing.body
    dimensions = {f"{name}_text": array for name, array in body.columns.items() if name in ROW_FIELDS}
    tables = []
    for item in form.items:
        if item not in body.columns:
            continue
        counted = {**values, **dimensions, "value_text": body.columns[item]}
        named = counted | {"item": pa.repeat(pa.scalar(item, pa.string()), body.row_count)}
        table = _filled(REPORT_ROW_SCHEMA, named, body.row_count)
        tables.append(table.filter(pa.compute.is_valid(table["value_text"])))
    return pa.concat_tables(tables).sort_by("row_number") if tables else REPORT_ROW_SCHEMA.empty_table()


def column_records(file_id: str, listing: Listing) -> Iterator[Record]:
    """Yield one record per column of a table: what it was taken for, and where it stands."""
    table = listing.table
    for column in listing.columns:
        yield {
            "file_id": file_id,
            "sheet": sheet_label(table),
            "source_sheet": table.sheet.name,
            "heading": column.heading,
            "field": column.field,
            "part": column.part,
            "match_kind": column.kind,
            "matched": column.matched,
            "reason": column.reason,
            "position": column.index,
            "first_row": table.first_body_row + 1,
            "last_row": table.last_body_row + 1,
        }


def table_record(file_id: str, listing: Listing) -> Record:
    """Return where a table stands, how many rows it has and which rows below its headings are none of it."""
    table, body = listing.table, listing.body
    left_out = ", ".join(f"{count} {kind}" for kind, count in sorted(body.left_out.items()))
    return {
        "file_id": file_id,
        "sheet": sheet_label(table),
        "first_heading_row": table.first_heading_row + 1,
        "last_heading_row": table.last_heading_row + 1,
        "first_row": table.first_body_row + 1,
        "row_count": body.row_count,
        "left_out": left_out,
    }


def finding_record(file_id: str, rule_id: str, severity: str, zh: str, en: str) -> Record:
    """Return a finding about a whole file."""
    return {"file_id": file_id, "rule_id": rule_id, "severity": severity, "advice_zh": zh, "advice_en": en}


class RowWriter:
    """Writes rows of many files to one Parquet file, a row group at a time; the file appears when it is complete."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> RowWriter:
        self._writer = pq.ParquetWriter(self._part, self._schema, compression="zstd")
        return self

    def add(self, tables: Iterable[pa.Table]) -> None:
        """Take the rows of a file; they are written when there are enough for a row group."""
        self._waiting += tables
        if sum(table.num_rows for table in self._waiting) >= ROWS_PER_GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting and self._writer is not None:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=ROWS_PER_GROUP)
        self._waiting = []

    def __exit__(self, kind: object, *_: object) -> None:
        self._write()
        if self._writer is not None:
            self._writer.close()
        if kind is None:
            self._part.replace(self._path)


def write_whole(path: Path, records: Iterable[Record], schema: pa.Schema) -> None:
    """Write a small table; the file is there whole or not at all."""
    part = path.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(list(records), schema=schema), part, compression="zstd")
    part.replace(path)
