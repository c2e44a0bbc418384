"""Landing: a batch of delivered files becomes text rows in Parquet, and every original is sealed.

Each file is read once; what it is and which rows it has is decided from those bytes. A file that cannot be taken is
returned with advice, one that changes while it is read stays where it is, and neither hurts the files beside it. An
archive is opened, and the files in it are landed like any other. Rows go to one Parquet file per batch, in row groups
over many files, so that memory stays bounded however many come.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.content import content_id
from ingest.declaration import PersonForm
from ingest.errors import FileRefusedError
from ingest.keys import SiteKey
from ingest.landed_tables import (
    COLUMN_SCHEMA,
    FILE_SCHEMA,
    FINDING_SCHEMA,
    REPORT_ROW_SCHEMA,
    TABLE_SCHEMA,
    Landed,
    Record,
    RowWriter,
    column_records,
    finding_record,
    person_row_schema,
    row_table,
    table_record,
    write_whole,
)
from ingest.originals import CannotBeReadYetError, Original, read_stably, seal_original
from ingest.reading.archive import read_container
from ingest.reading.delivery import Document, Limits
from ingest.reading.document import read_document
from ingest.recognition import Recognition, recognise
from ingest.refusals import advice, refusal, severity
from ingest.safe_text import shown_path
from ingest.slip_mark import MarkCheck, SlipRows, find_mark, split_slip, verify
from ingest.surroundings import find_month
from ingest.units import UnitBook, find_unit, load_units

LOGGER: Final = logging.getLogger(__name__)
SMALL_TABLES: Final = {
    "file": FILE_SCHEMA,
    "finding": FINDING_SCHEMA,
    "column": COLUMN_SCHEMA,
    "table": TABLE_SCHEMA,
}


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
    known_files: Path
    originals: Path
    key: SiteKey
    # counties, cities and provinces outside the home, for forms that they may send
    elsewhere_path: Path | None = None
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
class _Slip:
    """What a delivered file answers, where it is a corrected slip: the file, its path, and the row of each row."""

    file_id: str | None = None
    answered_path: str | None = None
    rows: Mapping[str, SlipRows] = field(default_factory=dict)
    rows_lost: bool = False
    is_doubtful: bool = False


@dataclass(frozen=True)
class _Delivery:
    """One file to be landed: itself, where its sender put it, and the archive it came in."""

    original: Original
    path: str
    container_path: str | None = None


def land_batch(files: Sequence[InboxFile], directory: Path, context: LandingContext) -> BatchSummary:
    """Land a batch: write its Parquet files to ``directory`` and the sealed originals to ``context.originals``."""
    book = load_units(context.units_path, context.elsewhere_path)
    directory.mkdir(parents=True, exist_ok=True)
    context.originals.mkdir(parents=True, exist_ok=True)
    statuses: Counter[str] = Counter()
    small: dict[str, list[Record]] = {name: [] for name in SMALL_TABLES}
    rows = 0
    with (
        RowWriter(directory / "person_row.parquet", person_row_schema()) as person_rows,
        RowWriter(directory / "report_row.parquet", REPORT_ROW_SCHEMA) as report_rows,
    ):
        for landed in (each for file in files for each in _land_file(file, book, context)):
            statuses[landed.file["status"]] += 1
            rows += landed.file["rows_in"]
            person_rows.add(landed.person_rows)
            report_rows.add(landed.report_rows)
            small["file"].append(landed.file)
            small["finding"] += landed.findings
            small["column"] += landed.columns
            small["table"] += landed.tables
            del landed
    for name, schema in SMALL_TABLES.items():
        write_whole(directory / f"{name}.parquet", small[name], schema)
    # What large sheets took is given back: the gate comes next, maybe in this very process.
    pa.default_memory_pool().release_unused()
    return BatchSummary(
        files=statuses.total(),
        landed=statuses["landed"],
        returned=statuses["returned"],
        left=statuses["left"],
        rows=rows,
        findings=len(small["finding"]),
    )


def _land_file(file: InboxFile, book: UnitBook, context: LandingContext) -> Iterator[Landed]:
    """Land one file of the inbox and, where it is an archive, the files in it; what happens to one stays with it."""
    try:
        original = read_stably(file.path, context.limits.file_bytes)
    except CannotBeReadYetError as error:
        yield _leave(file, error.rule_id)
        return
    seal_original(original, context.originals, context.key)
    members: list[_Delivery] = []
    yield _land_delivery(_Delivery(original, file.relative_path), book, context, members)
    for member in members:
        seal_original(member.original, context.originals, context.key)
        yield _land_delivery(member, book, context, [])


def _land_delivery(delivery: _Delivery, book: UnitBook, context: LandingContext, members: list[_Delivery]) -> Landed:
    """Land one file; the files in an archive are only added to ``members``, to be landed on their own."""
    known = Recognition()
    landed = Landed(_file_record(delivery, known, "returned"))
    try:
        members += _open(delivery, context.limits)
        if members:
            landed.file |= {"format": "zip", "status": "container"}
        else:
            _take(delivery, book, context, landed, known)
    except FileRefusedError as error:
        _return(landed, known, error, delivery.path, book)
    except Exception as error:  # noqa: BLE001 - a fault met in one file must not stop the others; it is told, by its class
        # Where it happened is logged; the exception's own text may hold what stands in a cell.
        frames = "".join(traceback.format_tb(error.__traceback__))
        LOGGER.error("%s: %s\n%s", shown_path(delivery.path), type(error).__name__, frames)  # noqa: TRY400
        _return(landed, known, refusal("file_failed", detail=type(error).__name__), delivery.path, book)
    return landed


def _open(delivery: _Delivery, limits: Limits) -> list[_Delivery]:
    """Return the files in an archive; none where the delivery is a file of its own."""
    original = delivery.original
    if original.content is None or delivery.container_path is not None:
        return []
    return [
        _Delivery(original.member(member.content), f"{delivery.path}/{member.name}", delivery.path)
        for member in read_container(original.content, limits) or ()
    ]


def _take(delivery: _Delivery, book: UnitBook, context: LandingContext, landed: Landed, known: Recognition) -> None:
    original = delivery.original
    if original.content is None:
        raise refusal("file_too_large", detail=f"{original.size >> 20} MB")
    document = read_document(original.content, context.limits)
    landed.file |= {"format": document.format, "encoding": document.encoding}
    document, slip = _part_slip(document, context)
    landed.file |= {"corrects_file_id": slip.file_id, "correction_whole": slip.rows_lost}
    try:
        recognise(document, slip.answered_path or delivery.path, book, known)
    finally:
        file_id = landed.file["file_id"]
        landed.columns = [record for listing in known.listings for record in column_records(file_id, listing)]
        landed.tables = [table_record(file_id, listing) for listing in known.listings]
    for listing in known.listings:
        (landed.person_rows if isinstance(known.form, PersonForm) else landed.report_rows).append(
            row_table(file_id, listing, known, slip.rows.get(listing.table.sheet.name))
        )
    tables = [*landed.person_rows, *landed.report_rows]
    landed.file |= _known_record(known) | {
        "status": "landed",
        "content_id": content_id(known, tables),
        # A row of a count list has a cell for each item; it is the row that is accepted or returned.
        "rows_in": sum(pc.count_distinct(table["row_number"]).as_py() for table in tables),
    }
    remarks = [*known.notes, *(("content_contradicts_path", {"detail": text}) for text in known.contradictions)]
    if slip.is_doubtful:
        remarks.append(("slip_not_ours", {}))
    landed.findings = [
        finding_record(file_id, rule_id, severity(rule_id), *advice(rule_id, **details)) for rule_id, details in remarks
    ]


def _part_slip(document: Document, context: LandingContext) -> tuple[Document, _Slip]:
    """Part a corrected slip into the list and what it answers; any other document is a list and answers nothing."""
    mark = find_mark(document)
    if mark is None:
        return document, _Slip()
    split = split_slip(document, mark)
    if verify(mark, context.key) is not MarkCheck.GENUINE:
        return split.document, _Slip(is_doubtful=True)
    rows_lost = any(rows.rows_lost for rows in split.rows.values())
    path = known_paths(context.known_files).get(mark.file_id)
    return split.document, _Slip(mark.file_id, path, split.rows, rows_lost)


@cache
def known_paths(known_files: Path) -> Mapping[str, str]:
    """Return where the files of earlier nights lay in the inbox, by file id."""
    if not known_files.exists():
        return {}
    known = pq.read_table(known_files, columns=["file_id", "path"])
    return dict(zip(known["file_id"].to_pylist(), known["path"].to_pylist(), strict=True))


def _leave(file: InboxFile, rule_id: str) -> Landed:
    """Leave a file in the inbox for the next night; the finding is for the operator, not for a slip."""
    landed = Landed(_record_of(file_id_of("", file.relative_path), file.relative_path, Recognition(), "left"))
    landed.findings = [finding_record(landed.file["file_id"], rule_id, "note", *advice(rule_id))]
    return landed


def _return(landed: Landed, known: Recognition, error: FileRefusedError, path: str, book: UnitBook) -> None:
    """Make the whole file a returned one; its path may still say to whom it goes back."""
    landed.person_rows, landed.report_rows = [], []
    if known.unit is None:
        _address_by_path(known, path, book)
    landed.file |= _known_record(known) | {"status": "returned", "content_id": None}
    landed.file["rows_in"] = sum(listing.body.row_count for listing in known.listings)
    record = finding_record(landed.file["file_id"], error.rule_id, "error", error.advice_zh, error.advice_en)
    landed.findings = [record]


def _address_by_path(known: Recognition, path: str, book: UnitBook) -> None:
    try:
        found = find_unit(book, (), path)
    except FileRefusedError:
        return
    known.unit, known.unit_why = found.unit, found.why
    known.period = known.period or find_month(path)


def file_id_of(sha256: str, path: str) -> str:
    """Return the id of a delivery: these bytes under this path."""
    return hashlib.sha256(f"{sha256}\n{path}".encode()).hexdigest()[:16]


def _file_record(delivery: _Delivery, known: Recognition, status: str) -> Record:
    original = delivery.original
    return _record_of(file_id_of(original.sha256, delivery.path), delivery.path, known, status) | {
        "container_path": delivery.container_path,
        "sha256": original.sha256,
        "size_bytes": original.size,
        "received_at": original.received_at,
    }


def _record_of(file_id: str, path: str, known: Recognition, status: str) -> Record:
    empty: Record = dict.fromkeys(FILE_SCHEMA.names)
    return (
        empty | {"file_id": file_id, "path": path, "sha256": "", "rows_in": 0, "status": status} | _known_record(known)
    )


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
