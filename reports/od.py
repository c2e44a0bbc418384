"""The origin-destination report: where people come from and where they live, in the forms planners work with.

One request on one snapshot gives one set of files, whoever asks and whenever: a workbook, a page, and the long form as
CSV and Parquet. Each file appears under its name only when it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet

from reports.od_notes import notes
from reports.od_page import write_page
from reports.od_table import FORMATS, ODReport, ODRequest, read_od_report
from reports.od_workbook import write_workbook

__all__ = ["FORMATS", "ODRequest", "write_od_report"]

Report = TypeVar("Report")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_od_report(connection: duckdb.DuckDBPyConnection, request: ODRequest, directory: Path) -> list[Path]:
    """Write the report in the formats asked and return the paths, in the order of ``FORMATS``.

    ``connection`` reads one snapshot. Raises ``UsageError`` where the snapshot has no such level, definition, date or
    division, before anything is written.
    """
    report = read_od_report(connection, request)
    directory.mkdir(parents=True, exist_ok=True)
    ends = (request.origin_level, request.dest_level)
    within = f"_{request.within.strip()}" if request.within else ""
    stem = f"od_{request.definition_id}_{request.as_of:%Y-%m-%d}_{'-'.join(ends)}{within}"
    return [
        write_whole(WRITERS[name], report, directory / f"{stem}.{name}") for name in FORMATS if name in request.formats
    ]


def write_whole(writer: Callable[[Report, Path], None], report: Report, path: Path) -> Path:
    """Write a file so that it appears under its name only when it is complete; return the path."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        writer(report, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _write_csv(report: ODReport, path: Path) -> None:
    """Write the long form for spreadsheets: UTF-8 with its mark, names that begin like a formula defused."""
    pairs = report.table.pairs.copy()
    for column in ("origin_name", "dest_name"):
        pairs[column] = pairs[column].map(defused)
    pairs.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def defused(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write_parquet(report: ODReport, path: Path) -> None:
    """Write the long form for programs: typed, with the notes in the file's metadata."""
    table = pa.Table.from_pandas(report.table.pairs, preserve_index=False)
    said = {note.heading_en: {"zh": note.text_zh, "en": note.text_en} for note in notes(report)}
    metadata = {"popflow": json.dumps(said, ensure_ascii=False)}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path)


WRITERS: MappingProxyType[str, Callable[[ODReport, Path], None]] = MappingProxyType(
    {"xlsx": write_workbook, "html": write_page, "csv": _write_csv, "parquet": _write_parquet}
)
