"""What popflow makes of one file, without loading anything: for the clerk or operator who asks why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ingest.errors import FileRefusedError, UsageError
from ingest.headings import Column
from ingest.landing import LandingContext
from ingest.reading.document import read_document
from ingest.recognition import Listing, Recognition, recognise
from ingest.refusals import advice, refusal
from ingest.units import load_units

FOLDERS_READ = 3


@dataclass(frozen=True)
class SheetDescription:
    """One table of a file: where its headings stand, what its columns carry, and how many rows it has.

    ``left_out`` counts the rows below the headings that are no rows of the form, by kind (blank, total, footer, ...).
    """

    name: str
    heading_rows: tuple[int, int]
    columns: tuple[Column, ...]
    rows: int
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class Problem:
    """What would return the file or be asked about."""

    rule_id: str
    severity: str
    advice_zh: str
    advice_en: str
    sheet: str | None = None
    row_number: int | None = None


@dataclass(frozen=True)
class FileDescription:
    """What a file was recognised as, with what showed it (``…_why``: label, title, headings, rows, sheet or path)."""

    path: Path
    format: str | None = None
    encoding: str | None = None
    form_id: str | None = None
    form_name: str | None = None
    form_why: str | None = None
    unit_code: str | None = None
    unit_name: str | None = None
    unit_why: str | None = None
    period: str | None = None
    reported_on: date | None = None
    reported_why: str | None = None
    list_kind: str = "full"
    sheets: tuple[SheetDescription, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @property
    def rows(self) -> int:
        """How many rows of the form there are in all sheets."""
        return sum(sheet.rows for sheet in self.sheets)


def describe_file(path: Path, context: LandingContext, relative_path: str | None = None) -> FileDescription:
    """Read a file as landing would and say what it is; nothing is written.

    ``relative_path`` is the path below the inbox; without it the last folders of ``path`` are read as such.
    Row problems are found by the gate, not here. Raises ``UsageError`` where the file cannot be opened.
    """
    known = Recognition()
    problems: list[Problem] = []
    shape: tuple[str | None, str | None] = (None, None)
    try:
        document = read_document(_read(path, context), context.limits)
        shape = document.format, document.encoding
        below = relative_path or "/".join(path.absolute().parts[-FOLDERS_READ:])
        recognise(document, below, load_units(context.units_path), known)
    except UsageError:
        raise
    except FileRefusedError as error:
        problems.append(Problem(error.rule_id, "error", error.advice_zh, error.advice_en))
    except Exception as error:  # noqa: BLE001 - as landing does, a fault in one file is told by its class
        detail = type(error).__name__
        problems.append(Problem("file_failed", "error", *advice("file_failed", detail=detail)))
    rule = "content_contradicts_path"
    problems += [Problem(rule, "query", *advice(rule, detail=text)) for text in known.contradictions]
    return FileDescription(
        path,
        *shape,
        form_id=known.form.form_id if known.form is not None else None,
        form_name=known.form.name_zh if known.form is not None else None,
        form_why=known.form_why,
        unit_code=known.unit.code if known.unit is not None else None,
        unit_name=known.unit.full_name if known.unit is not None else None,
        unit_why=known.unit_why,
        period=known.period_text,
        reported_on=known.reported_on,
        reported_why=known.reported_why,
        list_kind=known.list_kind,
        sheets=tuple(map(_describe_listing, known.listings)),
        problems=tuple(problems),
    )


def _read(path: Path, context: LandingContext) -> bytes:
    try:
        size = path.stat().st_size
        if size > context.limits.file_bytes:
            raise refusal("file_too_large", detail=f"{size >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): correct its permissions") from error


def _describe_listing(listing: Listing) -> SheetDescription:
    table = listing.table
    return SheetDescription(
        name=table.sheet.name,
        heading_rows=(table.first_heading_row + 1, table.last_heading_row + 1),
        columns=listing.columns,
        rows=listing.body.row_count,
        left_out=dict(listing.body.left_out),
    )
