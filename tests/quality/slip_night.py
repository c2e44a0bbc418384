"""Nights for tests of return slips: delivered files of invented people, what was found in them, and their slips."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingest.keys import SiteKey
from quality.slips import write_slips

NIGHT = "20241105-01"
UNIT = "340124102003"
UNIT_NAME = "安徽省合肥市庐江县白湖镇测试村"
KEY = SiteKey(b"k" * 32)
FILE_ID = "a" * 16
HEADINGS = ("姓名", "身份证号", "性别", "省", "市", "县")
FIELDS = ("person_name", "id_number", "sex", "origin", "origin", "origin")

Record = dict[str, Any]


def delivered(path: str = "十月/流出.xlsx", file_id: str = FILE_ID, **changes: Any) -> Record:
    return {
        "file_id": file_id, "path": path, "sha256": "0" * 64, "form_id": "village_outflow", "unit_code": UNIT,
        "unit_level": "village", "period": "2024-10", "status": "partly_returned", "format": "xlsx",
        "rows_in": 12, "rows_accepted": 9, "rows_returned": 2, "rows_duplicate": 1, **changes,
    }  # fmt: skip


def found(row_number: int | None, column_name: str | None = "身份证号", **changes: Any) -> Record:
    return {
        "file_id": FILE_ID, "sheet": "Sheet1", "row_number": row_number, "column_name": column_name,
        "rule_id": "valid_number:id_number", "severity": "error", "value_shown": "340124********1234",
        "advice_zh": "校验位不对，请按身份证核对后改正。", "advice_en": "The check digit is wrong.", "status": "open",
        **changes,
    }  # fmt: skip


def columns(
    first_row: int,
    last_row: int,
    sheet: str = "Sheet1",
    headings: Sequence[str] = HEADINGS,
    fields: Sequence[str | None] = FIELDS,
    start: int = 0,
    file_id: str = FILE_ID,
) -> list[Record]:
    """Return the columns of a table as landing writes them."""
    return [
        {"file_id": file_id, "sheet": sheet, "heading": heading, "field": field, "part": None, "match_kind": "exact",
         "reason": None, "position": start + index, "first_row": first_row, "last_row": last_row}
        for index, (heading, field) in enumerate(zip(headings, fields, strict=True))
    ]  # fmt: skip


def write_night(
    work: Path,
    files: Sequence[Record],
    findings: Sequence[Record],
    table: Sequence[Record] = (),
    originals: Sequence[bytes] = (),
) -> Path:
    """Write what a night has before its slips are written; return its work folder."""
    for folder in ("gated", "landed/0", "originals"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    for content in originals:
        name = hashlib.sha256(content).hexdigest()
        (work / "originals" / f"{name}.sealed").write_bytes(KEY.seal(content, "archive"))
    _write(work / "gated" / "file.parquet", files)
    _write(work / "gated" / "finding.parquet", findings or [found(None) | {"file_id": "none"}])
    if table:
        _write(work / "landed" / "0" / "column.parquet", table)
    _write(work / "units.parquet", [{"code": UNIT, "full_name": UNIT_NAME}])
    return work


def _write(path: Path, rows: Sequence[Record]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def slip_of(work: Path, content: bytes, findings: Sequence[Record], table: Sequence[Record], **changes: Any) -> Path:
    """Return the slip of one delivered file."""
    file = delivered(sha256=hashlib.sha256(content).hexdigest(), **changes)
    write_night(work, [file], findings, table, [content])
    (path,) = write_slips(work, work / "outbox", NIGHT, KEY)
    return path
