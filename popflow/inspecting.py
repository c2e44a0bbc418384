"""`popflow inspect`: what a night would make of one delivered file, without one.

The file goes through landing and the gate in, with all the site knows, in a work folder that is thrown away. An archive
gives one answer for each file in it.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from ingest.declaration import load_forms
from ingest.landing import InboxFile, LandingContext, land_batch
from ingest.safe_text import shown_path
from ingest.sql_text import sql_text
from popflow.beginning import write_inputs
from popflow.handle import Night, NightPlan
from popflow.site import Site
from popflow.steps import judge_lists
from warehouse.access import current_snapshot
from warehouse.folders import SiteFolders, WorkFolder

FOLDERS_READ: Final = 3
Record = dict[str, Any]


@dataclass(frozen=True)
class Inspected:
    """One file as a night would take it.

    ``file`` has what it was recognised as, with what showed it (``…_why``), what becomes of its rows, and the name of
    its form and unit; ``tables``, ``columns`` and ``problems`` are lists of records, values masked; ``change`` compares
    it with the list it would stand for, or is None where there is none.
    """

    file: Record
    tables: list[Record]
    columns: list[Record]
    problems: list[Record]
    change: Record | None


def inspect_file(site: Site, file: Path) -> list[Inspected]:
    """Read and judge one file as a night of today would; the site is not changed."""
    with tempfile.TemporaryDirectory(prefix="popflow-inspect-") as folder:
        trial = _Trial(site, _plan(site), Path(folder))
        write_inputs(trial)
        context = LandingContext(
            home_code=site.settings.site.division,
            units_path=trial.work.units,
            elsewhere_path=trial.work.units_elsewhere,
            known_files=trial.work.known_files,
            originals=trial.work.originals,
            key=site.key,
        )
        below = _path_below_inbox(site.folders, file)
        land_batch([InboxFile(file.resolve(), below)], trial.work.landed / "0", context)
        shutil.rmtree(trial.work.originals)
        judge_lists(trial, twice=False)
        return _read(trial.work)


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
    return "/".join(path.parts[-FOLDERS_READ:])


_FILES = """
SELECT
    landed.file_id, landed.path, landed.format, landed.encoding, landed.form_id, landed.form_why,
    landed.unit_code, unit.full_name AS unit_name, landed.unit_why, landed.period, landed.reported_on,
    landed.reported_why, landed.list_kind, landed.corrects_file_id,
    coalesce(gated.status, landed.status) AS status, coalesce(gated.rows_in, 0) AS rows_in,
    coalesce(gated.rows_accepted, 0) AS rows_accepted, coalesce(gated.rows_returned, 0) AS rows_returned,
    coalesce(gated.rows_duplicate, 0) AS rows_duplicate
FROM read_parquet({landed}) AS landed
LEFT JOIN read_parquet({gated}) AS gated USING (file_id)
LEFT JOIN (SELECT code, max(full_name) AS full_name FROM read_parquet({units}) GROUP BY code) AS unit
    ON unit.code = landed.unit_code
ORDER BY landed.path
"""


def _read(work: WorkFolder) -> list[Inspected]:
    landed = work.landed / "0"
    with duckdb.connect() as connection:
        files = _records(
            connection,
            _FILES.format(
                landed=sql_text(landed / "file.parquet"),
                gated=sql_text(work.gated / "file.parquet"),
                units=sql_text(work.units),
            ),
        )
        tables = _of_files(connection, landed / "table.parquet", "first_heading_row, sheet")
        columns = _of_files(connection, landed / "column.parquet", "sheet, first_row, position")
        problems = _of_files(connection, work.gated / "finding.parquet", "row_number NULLS FIRST, sheet, rule_id")
        changes = _of_files(connection, work.gated / "file_change.parquet", "compared_with")
    return [
        Inspected(
            file=_named(file),
            tables=tables.get(file["file_id"], []),
            columns=columns.get(file["file_id"], []),
            problems=problems.get(file["file_id"], []),
            change=next(iter(changes.get(file["file_id"], [])), None),
        )
        for file in files
    ]


def _named(file: Record) -> Record:
    form = load_forms().get(file["form_id"] or "")
    return file | {"path": shown_path(file["path"]), "form_name": None if form is None else form.name_zh}


def _of_files(connection: duckdb.DuckDBPyConnection, path: Path, order: str) -> dict[str, list[Record]]:
    """Return the rows of a table by the file they are about."""
    found: dict[str, list[Record]] = {}
    for record in _records(connection, f"SELECT * FROM read_parquet({sql_text(path)}) ORDER BY {order}"):
        found.setdefault(record.pop("file_id"), []).append(record)
    return found


def _records(connection: duckdb.DuckDBPyConnection, query: str) -> list[Record]:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def as_document(inspected: Iterable[Inspected]) -> list[Record]:
    """Return everything, for programs."""
    return [
        {**each.file, "tables": each.tables, "columns": each.columns, "problems": each.problems, "change": each.change}
        for each in inspected
    ]
