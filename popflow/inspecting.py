"""What popflow makes of one file, for the clerk or operator who asks: the reading as landing does it, the gate's row
problems in counts, and nothing loaded.

The file goes through landing and the gate in a folder that is thrown away.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ingest.inspection import FileDescription, describe_file
from ingest.landing import InboxFile, LandingContext, land_batch
from popflow.beginning import write_inputs
from popflow.handle import Night, NightPlan
from popflow.site import Site
from popflow.steps import judge_lists
from warehouse.access import current_snapshot
from warehouse.folders import SiteFolders, WorkFolder


@dataclass(frozen=True)
class RowProblem:
    """One finding of the gate, values masked."""

    sheet: str | None
    row_number: int | None
    column_name: str | None
    rule_id: str
    severity: str
    value_shown: str | None
    advice_zh: str
    advice_en: str


@dataclass(frozen=True)
class Inspected:
    """What a file was recognised as, and what the gate would say about its rows."""

    description: FileDescription
    status: str
    rows_in: int
    rows_accepted: int
    rows_returned: int
    rows_duplicate: int
    row_problems: tuple[RowProblem, ...]


def inspect_file(site: Site, file: Path) -> Inspected:
    """Read and judge one file as a night of today would; the site is not changed."""
    with tempfile.TemporaryDirectory(prefix="popflow-inspect-") as folder:
        trial = _Trial(site, _plan(site), Path(folder))
        write_inputs(trial)
        below = _path_below_inbox(site.folders, file)
        context = LandingContext(
            home_code=site.settings.site.division,
            units_path=trial.work.units,
            known_files=trial.work.known_files,
            originals=trial.work.originals,
            key=site.key,
        )
        description = describe_file(file, context, below)
        land_batch([InboxFile(file.resolve(), below)], trial.work.landed / "0", context)
        shutil.rmtree(trial.work.originals)
        judge_lists(trial)
        return _read(description, trial.work)


@dataclass(frozen=True)
class _Trial(Night):
    """A night of one file whose work folder is elsewhere."""

    folder: Path = Path()

    @property
    def work(self) -> WorkFolder:
        """The folder that is thrown away."""
        return WorkFolder(self.folder)


def _plan(site: Site) -> NightPlan:
    snapshot = current_snapshot(site.folders)
    return NightPlan(
        night_id="inspect",
        kind="nightly",
        owner="process",
        run_date=site.now().date(),
        started=dt.datetime.now(dt.UTC),
        base_snapshot=None if snapshot is None else snapshot.name,
        batch_sizes=(1,),
    )


def _path_below_inbox(folders: SiteFolders, file: Path) -> str:
    """Return the path the sender chose: below the inbox, else the file with the folders it lies in."""
    path = file.resolve()
    if path.is_relative_to(folders.inbox):
        return path.relative_to(folders.inbox).as_posix()
    return "/".join(path.parts[-3:])


def _read(description: FileDescription, work: WorkFolder) -> Inspected:
    (file,) = pq.read_table(work.gated / "file.parquet").to_pylist() or [{}]
    with duckdb.connect() as connection:
        findings = connection.execute(
            """
            SELECT sheet, row_number, column_name, rule_id, severity, value_shown, advice_zh, advice_en
            FROM read_parquet($path) ORDER BY row_number, sheet, column_name, rule_id
            """,
            {"path": str(work.gated / "finding.parquet")},
        ).fetchall()
    return Inspected(
        description=description,
        status=file.get("status", "left"),
        rows_in=file.get("rows_in", 0),
        rows_accepted=file.get("rows_accepted", 0),
        rows_returned=file.get("rows_returned", 0),
        rows_duplicate=file.get("rows_duplicate", 0),
        row_problems=tuple(RowProblem(*finding) for finding in findings),
    )


def as_document(seen: Inspected) -> dict[str, Any]:
    """Return everything, for programs."""
    document = asdict(seen)
    document["description"]["sheets"] = [
        {
            "name": sheet.name,
            "heading_rows": sheet.heading_rows,
            "rows": sheet.rows,
            "left_out": dict(sheet.left_out),
            "columns": [
                {"heading": column.heading, "kind": column.kind, "field": column.field, "reason": column.reason}
                for column in sheet.columns
            ],
        }
        for sheet in seen.description.sheets
    ]
    return document


def as_lines(seen: Inspected) -> Iterator[str]:
    """Say it in lines for people."""
    what = seen.description
    yield f"file: {what.path} ({what.format or 'unknown format'}{', ' + what.encoding if what.encoding else ''})"
    yield f"form: {_known(what.form_id, what.form_name, what.form_why)}"
    yield f"unit: {_known(what.unit_code, what.unit_name, what.unit_why)}"
    yield f"period: {what.period or 'not found'}, reported on {what.reported_on or 'not found'}, {what.list_kind} list"
    for sheet in what.sheets:
        first, last = sheet.heading_rows
        headings = f"row {first}" if first == last else f"rows {first} to {last}"
        yield f"sheet {sheet.name}: headings in {headings}, {sheet.rows:,} rows"
        for column in sheet.columns:
            yield f"  {column.heading} -> {column.field or column.reason or 'not loaded'} ({column.kind})"
    yield (
        f"the gate would say: {seen.status}; {seen.rows_in:,} rows = {seen.rows_accepted:,} accepted "
        f"+ {seen.rows_returned:,} returned + {seen.rows_duplicate:,} duplicate"
    )
    for problem in seen.row_problems:
        where = "the file" if problem.row_number is None else f"row {problem.row_number}"
        cell = f" {problem.column_name}" if problem.column_name else ""
        shown = f" [{problem.value_shown}]" if problem.value_shown else ""
        yield f"{problem.severity}: {where}{cell}{shown}: {problem.advice_zh} / {problem.advice_en}"


def _known(code: str | None, name: str | None, why: str | None) -> str:
    return f"{code} {name} (seen in: {why})" if code else "not recognised"
