"""Landing: a batch of delivered files becomes text rows in Parquet, and every original is sealed.

Each file is read once; what it is and which rows it has is decided from those bytes. A file that cannot be taken is
returned with advice, one that changes while it is read stays where it is, and neither hurts the files beside it. Rows
go to one Parquet file per batch, in row groups over many files, so that memory stays bounded however many come.
"""

from __future__ import annotations

import hashlib
import logging
import os
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.declaration import PersonForm, load_forms, person_fields
from ingest.errors import FileRefusedError
from ingest.headings import CELL_UNIT
from ingest.keys import SiteKey
from ingest.reading.document import Limits, read_document
from ingest.recognition import Listing, Recognition, recognise
from ingest.refusals import advice, refusal
from ingest.safe_text import shown_path
from ingest.surroundings import find_date, find_month
from ingest.units import UnitBook, find_unit, load_units

LOGGER: Final = logging.getLogger(__name__)
ROWS_PER_GROUP: Final = 100_000
FIELD_END: Final = "\x1f"
# No-break and ideographic spaces, full-width and half-width forms.
OTHER_WIDTHS: Final = r"[\x{00A0}\x{2000}-\x{200F}\x{202F}\x{3000}\x{FF00}-\x{FFEF}]"
ISO_DATE: Final = r"^\d{4}-\d{2}-\d{2}$"

FILE_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("file_id", "path", "sha256")),
        ("size_bytes", pa.int64()),
        *(
            (name, pa.string())
            for name in ("format", "encoding", "form_id", "form_why", "unit_code", "unit_level", "unit_why", "period")
        ),
        ("reported_on", pa.date32()),
        *((name, pa.string()) for name in ("reported_why", "list_kind", "content_id")),
        ("rows_in", pa.int64()),
        ("received_at", pa.timestamp("us")),
        ("status", pa.string()),
    ]
)
REPORT_ROW_SCHEMA: Final = pa.schema(
    [
        ("file_id", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int64()),
        *((name, pa.string()) for name in ("form_id", "cell_unit_text", "item", "value_text")),
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
    [(name, pa.string()) for name in ("file_id", "sheet", "heading", "field", "match_kind", "reason")]
)

Record = dict[str, Any]


@dataclass(frozen=True)
class InboxFile:
    """A delivered file: where it is, and its path below the inbox as the sender chose it."""

    path: Path
    relative_path: str


@dataclass(frozen=True)
class LandingContext:
    """What landing needs to know of the site."""

    home_code: str
    units_path: Path
    originals: Path
    key: SiteKey
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class BatchSummary:
    """What became of a batch."""

    files: int
    landed: int
    returned: int
    left: int
    rows: int
    findings: int


@dataclass(frozen=True)
class _Read:
    """A file's bytes and what the file system says of it."""

    content: bytes | None
    sha256: str
    size: int
    received_at: datetime


@dataclass
class _Landed:
    """Everything that is written for one file."""

    file: Record
    person_rows: list[pa.Table] = field(default_factory=list)
    report_rows: list[pa.Table] = field(default_factory=list)
    findings: list[Record] = field(default_factory=list)
    columns: list[Record] = field(default_factory=list)


def person_row_schema() -> pa.Schema:
    """Return the columns of landed person rows: one text column per field of the person forms."""
    return pa.schema(
        [
            ("file_id", pa.string()),
            ("sheet", pa.string()),
            ("row_number", pa.int64()),
            ("form_id", pa.string()),
            *((name, pa.string()) for name in person_fields()),
            ("id_number_numeric", pa.bool_()),
        ]
    )


def land_batch(files: Sequence[InboxFile], directory: Path, context: LandingContext) -> BatchSummary:
    """Land a batch: write its Parquet files to ``directory`` and the sealed originals to ``context.originals``."""
    book = load_units(context.units_path)
    directory.mkdir(parents=True, exist_ok=True)
    context.originals.mkdir(parents=True, exist_ok=True)
    statuses: Counter[str] = Counter()
    small: dict[str, list[Record]] = {"file": [], "finding": [], "column": []}
    rows = 0
    with (
        _RowWriter(directory / "person_row.parquet", person_row_schema()) as person_rows,
        _RowWriter(directory / "report_row.parquet", REPORT_ROW_SCHEMA) as report_rows,
    ):
        for file in files:
            landed = _land_file(file, book, context)
            statuses[landed.file["status"]] += 1
            rows += landed.file["rows_in"]
            person_rows.add(landed.person_rows)
            report_rows.add(landed.report_rows)
            small["file"].append(landed.file)
            small["finding"] += landed.findings
            small["column"] += landed.columns
    schemas = {"file": FILE_SCHEMA, "finding": FINDING_SCHEMA, "column": COLUMN_SCHEMA}
    for name, schema in schemas.items():
        _write_whole(directory / f"{name}.parquet", pa.Table.from_pylist(small[name], schema=schema))
    return BatchSummary(
        files=len(files),
        landed=statuses["landed"],
        returned=statuses["returned"],
        left=statuses["left"],
        rows=rows,
        findings=len(small["finding"]),
    )


def _land_file(file: InboxFile, book: UnitBook, context: LandingContext) -> _Landed:
    """Land one file; whatever happens to it stays with it."""
    try:
        read = _read_stably(file.path, context.limits)
    except _CannotBeReadYetError as error:
        return _leave(file, error.rule_id)
    if read.content is not None:
        _seal(read.content, context.originals / f"{read.sha256}.sealed", context.key)
    known = Recognition()
    landed = _Landed(_file_record(file, read, known, "returned"))
    try:
        _take(file, read, book, context, landed, known)
    except FileRefusedError as error:
        _return(landed, known, error, file, book)
    except Exception as error:  # noqa: BLE001 - a fault met in one file must not stop the others; it is told, by its class
        # Where it happened is logged; the exception's own text may hold what stands in a cell.
        frames = "".join(traceback.format_tb(error.__traceback__))
        LOGGER.error("%s: %s\n%s", shown_path(file.relative_path), type(error).__name__, frames)  # noqa: TRY400
        _return(landed, known, refusal("file_failed", detail=type(error).__name__), file, book)
    return landed


def _take(
    file: InboxFile, read: _Read, book: UnitBook, context: LandingContext, landed: _Landed, known: Recognition
) -> None:
    if read.content is None:
        raise refusal("file_too_large", detail=f"{read.size >> 20} MB")
    document = read_document(read.content, context.limits)
    landed.file |= {"format": document.format, "encoding": document.encoding}
    try:
        recognise(document, file.relative_path, book, known)
    finally:
        file_id = landed.file["file_id"]
        landed.columns = [record for listing in known.listings for record in _column_records(file_id, listing)]
    for listing in known.listings:
        (landed.person_rows if isinstance(known.form, PersonForm) else landed.report_rows).append(
            row_table(file_id, listing, known)
        )
    landed.file = _file_record(file, read, known, "landed") | {
        "format": document.format,
        "encoding": document.encoding,
        "content_id": content_id(known, [*landed.person_rows, *landed.report_rows]),
        # A row of a count list has a cell for each item; it is the row that is accepted or returned.
        "rows_in": sum(
            pc.count_distinct(table["row_number"]).as_py() for table in (*landed.person_rows, *landed.report_rows)
        ),
    }
    landed.findings = [
        _finding_record(file_id, "content_contradicts_path", "query", *advice("content_contradicts_path", detail=text))
        for text in known.contradictions
    ]


def _leave(file: InboxFile, rule_id: str) -> _Landed:
    """Leave a file in the inbox for the next night; the finding is for the operator, not for a slip."""
    landed = _Landed(_file_record(file, None, Recognition(), "left"))
    landed.findings = [_finding_record(landed.file["file_id"], rule_id, "note", *advice(rule_id))]
    return landed


def _return(landed: _Landed, known: Recognition, error: FileRefusedError, file: InboxFile, book: UnitBook) -> None:
    """Make the whole file a returned one; its path may still say to whom it goes back."""
    landed.person_rows, landed.report_rows = [], []
    if known.unit is None:
        _address_by_path(known, file.relative_path, book)
    kept = {name: landed.file[name] for name in ("format", "encoding")}
    landed.file |= _known_record(known) | kept | {"status": "returned", "content_id": None}
    landed.file["rows_in"] = sum(listing.body.row_count for listing in known.listings)
    record = _finding_record(landed.file["file_id"], error.rule_id, "error", error.advice_zh, error.advice_en)
    landed.findings = [record]


def _address_by_path(known: Recognition, path: str, book: UnitBook) -> None:
    try:
        found = find_unit(book, (), path)
    except FileRefusedError:
        return
    known.unit, known.unit_why = found.unit, found.why
    known.period = known.period or find_month(path)


# --- reading and sealing ----------------------------------------------------------------------------------------------


class _CannotBeReadYetError(Exception):
    """A file that has to wait for another night, under the rule that says why."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id


def _read_stably(path: Path, limits: Limits) -> _Read:
    """Read a file once.

    Raises ``_CannotBeReadYetError`` where it changed meanwhile, is gone or cannot be opened.
    """
    try:
        before = path.stat()
        if before.st_size > limits.file_bytes:
            sha256, content, size = _hash_only(path), None, before.st_size
        else:
            content = path.read_bytes()
            sha256, size = hashlib.sha256(content).hexdigest(), len(content)
        after = path.stat()
    except FileNotFoundError as error:
        raise _CannotBeReadYetError("file_changing") from error
    except OSError as error:
        raise _CannotBeReadYetError("file_unreadable") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise _CannotBeReadYetError("file_changing")
    received = datetime.fromtimestamp(after.st_mtime, tz=UTC).replace(tzinfo=None)
    return _Read(content, sha256, size, received)


def _hash_only(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(content: bytes, path: Path, key: SiteKey) -> None:
    """Seal an original under its hash; the file is there whole or not at all."""
    if path.exists():
        return
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(key.seal(content, "archive"))
    part.replace(path)


# --- what is written --------------------------------------------------------------------------------------------------


def file_id_of(sha256: str, path: str) -> str:
    """Return the id of a delivery: these bytes under this path."""
    return hashlib.sha256(f"{sha256}\n{path}".encode()).hexdigest()[:16]


def _file_record(file: InboxFile, read: _Read | None, known: Recognition, status: str) -> Record:
    sha256 = read.sha256 if read is not None else ""
    return {
        "file_id": file_id_of(sha256, file.relative_path),
        "path": file.relative_path,
        "sha256": sha256,
        "size_bytes": read.size if read is not None else None,
        "format": None,
        "encoding": None,
        "content_id": None,
        "rows_in": 0,
        "received_at": read.received_at if read is not None else None,
        "status": status,
    } | _known_record(known)


def _known_record(known: Recognition) -> Record:
    return {
        "form_id": known.form.form_id if known.form is not None else None,
        "form_why": known.form_why,
        "unit_code": known.unit.code if known.unit is not None else None,
        "unit_level": known.unit.level if known.unit is not None else None,
        "unit_why": known.unit_why,
        "period": known.period_text,
        "reported_on": known.reported_on,
        "reported_why": known.reported_why,
        "list_kind": known.list_kind,
    }


def _finding_record(file_id: str, rule_id: str, severity: str, zh: str, en: str) -> Record:
    return {"file_id": file_id, "rule_id": rule_id, "severity": severity, "advice_zh": zh, "advice_en": en}


def _column_records(file_id: str, listing: Listing) -> Iterator[Record]:
    for column in listing.columns:
        yield {
            "file_id": file_id,
            "sheet": listing.table.sheet.name,
            "heading": column.heading,
            "field": column.field,
            "match_kind": column.kind,
            "reason": column.reason,
        }


def row_table(file_id: str, listing: Listing, known: Recognition) -> pa.Table:
    """Return the landed rows of one table."""
    body = listing.body
    constant = {
        "file_id": file_id,
        "sheet": listing.table.sheet.name,
        "form_id": known.form.form_id if known.form else "",
    }
    if not isinstance(known.form, PersonForm):
        return pa.Table.from_pylist(list(_report_records(constant, listing)), schema=REPORT_ROW_SCHEMA)
    schema = person_row_schema()
    values = {name: pa.repeat(pa.scalar(text, pa.string()), body.row_count) for name, text in constant.items()}
    values |= {"row_number": body.row_numbers, "id_number_numeric": body.numeric, **body.columns}
    return pa.table(
        [values.get(name, pa.nulls(body.row_count, schema.field(name).type)) for name in schema.names], schema=schema
    )


def _report_records(constant: Mapping[str, str], listing: Listing) -> Iterator[Record]:
    columns = {name: array.to_pylist() for name, array in listing.body.columns.items()}
    units = columns.pop(CELL_UNIT, [None] * listing.body.row_count)
    for position, (number, unit) in enumerate(zip(listing.body.row_numbers.to_pylist(), units, strict=True)):
        for item, values in columns.items():
            if values[position] is not None:
                cell = {"cell_unit_text": unit, "item": item, "value_text": values[position]}
                yield {**constant, "row_number": number, **cell}


def content_id(known: Recognition, tables: Iterable[pa.Table]) -> str:
    """Return what names the rows of a file whatever their order, the file's format, encoding and name.

    A list of additions or removals says something else with the same rows, and so does a list of another day (the
    people are still there), so kind and date are part of what is named.
    """
    lines: list[str] = []
    for table in tables:
        names = [name for name in table.column_names if name not in {"file_id", "sheet", "row_number", "form_id"}]
        texts = [_canonical(name, table.column(name)) for name in names]
        joined = pc.binary_join_element_wise(*texts, pa.scalar(FIELD_END), null_handling="replace", null_replacement="")
        lines += _fold_lines(joined).to_pylist()
    unit = known.unit.code if known.unit is not None else ""
    form_id = known.form.form_id if known.form is not None else ""
    head = [form_id, unit, known.period_text or "", str(known.reported_on or ""), known.list_kind]
    return hashlib.sha256("\n".join([*head, *sorted(lines)]).encode()).hexdigest()


def _fold_lines(lines: pa.ChunkedArray) -> pa.ChunkedArray:
    """Fold width, case and spaces; the costly folding of width is done only where something has another width."""
    if pc.any(pc.match_substring_regex(lines, OTHER_WIDTHS)).as_py():
        lines = pc.utf8_normalize(lines, form="NFKC")
    if pc.any(pc.match_substring_regex(lines, r"[\t\r\n]")).as_py():
        lines = pc.replace_substring_regex(lines, r"[\t\r\n]+", "")
    return pc.utf8_upper(pc.replace_substring(lines, " ", ""))


def _canonical(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write dates in one style, each distinct text once: a text file has none of a spreadsheet's date cells."""
    if column.type != pa.string():
        return column.cast(pa.string())
    if name not in _date_fields():
        return column
    if pc.all(pc.match_substring_regex(column, ISO_DATE)).as_py() is not False:
        return column
    encoded = column.combine_chunks().dictionary_encode()
    texts = [
        day.isoformat() if (day := find_date(text)) is not None else text for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _date_fields() -> frozenset[str]:
    forms = [form for form in load_forms().values() if isinstance(form, PersonForm)]
    return frozenset(name for form in forms for name, declared in form.fields.items() if declared.type == "date")


class _RowWriter:
    """Writes rows of many files to one Parquet file, a row group at a time; the file appears when it is complete."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> _RowWriter:
        self._writer = pq.ParquetWriter(self._part, self._schema, compression="zstd")
        return self

    def add(self, tables: Iterable[pa.Table]) -> None:
        """Take the rows of a file; they are written when there are enough for a row group."""
        self._waiting += tables
        if sum(table.num_rows for table in self._waiting) >= ROWS_PER_GROUP:
            self._write()

    def _write(self) -> None:
        if self._waiting and self._writer is not None:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting = []

    def __exit__(self, kind: object, *_: object) -> None:
        self._write()
        if self._writer is not None:
            self._writer.close()
        if kind is None:
            self._part.replace(self._path)


def _write_whole(path: Path, table: pa.Table) -> None:
    part = path.with_suffix(".part")
    pq.write_table(table, part, compression="zstd")
    part.replace(path)
