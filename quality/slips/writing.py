"""Writes the return slips of a night: chooses for each file which kind of slip it gets, and puts it in its folder.

The sender's own cells come back as they were sent; everything popflow adds is masked. Slips are readable by their owner
alone.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from ingest.errors import FileRefusedError
from ingest.keys import SiteKey
from ingest.reading.document import Limits, read_document
from ingest.slip_mark import MarkedSheet, SlipMark, find_mark
from quality.slips.book import OlderSlip, SlipContent, is_slip, make_slip, older_slip
from quality.slips.findings import Delivery, Finding, NightFindings
from quality.slips.marks import SheetMarks, mark_cells
from quality.slips.package import CannotEditError
from quality.slips.plain import workbook_of_findings, workbook_of_rows
from quality.slips.summary import Summary
from quality.slips.wording import HOW_TO_READ_LIST, UNKNOWN_UNIT, safe_name, slip_name

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
ZIP_MAGIC: Final = b"PK"
ORIGINALS_PURPOSE: Final = "archive"


def write_slips(work: Path, outbox: Path, night_id: str, key: SiteKey) -> list[Path]:
    """Write one slip per gated file that has open findings and return their paths, sorted.

    Slips go to ``outbox/<unit code>`` (or ``未识别``). Writing the same night again replaces its slips.
    """
    with duckdb.connect() as connection:
        night = NightFindings(connection, work)
        writer = _Writer(night, work / "originals", outbox, night_id, key)
        return sorted(writer.write(delivery, findings) for delivery, findings in night.by_file())


def put_slip(outbox: Path, unit: str, name: str, content: io.BytesIO) -> Path:
    """Write a slip into the folder of its unit, readable by its owner alone; it appears only when it is complete."""
    folder = outbox / unit
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    path = folder / name
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
        file.write(content.getbuffer())
    unfinished.replace(path)
    return path


@dataclass(frozen=True)
class _Writer:
    night: NightFindings
    originals: Path
    outbox: Path
    night_id: str
    key: SiteKey

    def write(self, delivery: Delivery, findings: Sequence[Finding]) -> Path:
        """Write the slip of one file."""
        content = self._marked(delivery, findings) or self._listed(delivery, findings)
        return put_slip(self.outbox, safe_name(delivery.unit_code or UNKNOWN_UNIT), slip_name(delivery), content)

    def _listed(self, delivery: Delivery, findings: Sequence[Finding]) -> io.BytesIO:
        """Return a slip with the list of findings."""
        made = io.BytesIO()
        summary = Summary(delivery, self.night_id, findings, how_to=HOW_TO_READ_LIST)
        shown = [finding for finding in findings if not finding.is_explained]
        make_slip(workbook_of_findings(shown), made, SlipContent(summary, {}))
        return made

    def _marked(self, delivery: Delivery, findings: Sequence[Finding]) -> io.BytesIO | None:
        """Return a slip with the sender's rows, or None where there is nothing to mend or the original is not there."""
        is_open = any(finding.severity != "note" and not finding.is_explained for finding in findings)
        original = self.originals / f"{delivery.sha256}.sealed"
        if not is_open or delivery.status == "duplicate" or delivery.format is None or not original.exists():
            return None
        content = self.key.unseal(original.read_bytes(), ORIGINALS_PURPOSE)
        for make in (self._edited, self._written_out):
            try:
                return make(delivery, findings, content)
            except (CannotEditError, FileRefusedError):
                continue
        return None

    def _edited(self, delivery: Delivery, findings: Sequence[Finding], content: bytes) -> io.BytesIO:
        """Return the sender's own workbook as a slip."""
        if not content.startswith(ZIP_MAGIC):
            raise CannotEditError("no package")
        source = io.BytesIO(content)
        older = older_slip(read_document(content, Limits())) if is_slip(source) else None
        marks, left = mark_cells(findings, self.night.columns(delivery.file_id))
        return self._slip(delivery, Summary(delivery, self.night_id, findings, left), source, marks, older)

    def _written_out(self, delivery: Delivery, findings: Sequence[Finding], content: bytes) -> io.BytesIO:
        """Return the rows as they were read as a slip."""
        marks, left = mark_cells(findings, self.night.columns(delivery.file_id))
        tables = {name: each.tables for name, each in marks.items()}
        document = read_document(content, Limits())
        older = older_slip(document) if find_mark(document) is not None else None
        source, names = workbook_of_rows(document, tables)
        there = {names[name]: each for name, each in marks.items() if name in names}
        return self._slip(delivery, Summary(delivery, self.night_id, findings, left), source, there, older)

    def _slip(
        self,
        delivery: Delivery,
        summary: Summary,
        source: io.BytesIO,
        marks: dict[str, SheetMarks],
        older: OlderSlip | None,
    ) -> io.BytesIO:
        def sign(sheets: Sequence[MarkedSheet]) -> SlipMark:
            return SlipMark(delivery.file_id, tuple(sheets)).signed(self.key)

        made = io.BytesIO()
        make_slip(source, made, SlipContent(summary, marks, sign, older))
        return made
