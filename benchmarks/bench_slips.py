"""How long a return slip of 100,000 marked cells takes, against openpyxl loading and saving the same workbook.

The peer only opens the sender's workbook and writes it again, and loses parts of it; the slip marks a cell in every
row, explains it, and adds the columns that let a corrected slip be taken back. One run, one core, invented people.
"""

from __future__ import annotations

import hashlib
import io
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from ingest.keys import SiteKey
from quality.slips import write_slips

Result = TypeVar("Result")

ROWS = 100_000
HEADINGS = ("姓名", "身份证号", "性别", "省", "市", "县", *(f"其他{number}" for number in range(9)))
WANTED_SECONDS = 20.0
WANTED_MEGABYTES = 1_000
PROBLEMS = (
    ("身份证号", "error", "“身份证号”不是有效的公民身份号码，请对照身份证核对。"),
    ("性别", "query", "“性别”的填写内容无法识别，可填：男、女。"),
    ("市", "query", "“户籍地址”在行政区划中找不到，请写全省、市、县、乡镇、村名称。"),
)


def sender_workbook() -> bytes:
    """Return a workbook as a clerk saves it: shared strings, borders, a date column."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Sheet1")
    border, day = book.add_format({"border": 1}), book.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEADINGS, border)
    for row in range(1, ROWS + 1):
        for column in range(len(HEADINGS) - 1):
            sheet.write_string(row, column, f"文字{(row * (column + 1)) % 50_000}", border)
        sheet.write_number(row, len(HEADINGS) - 1, 45_000 + row % 300, day)
    book.close()
    return stream.getvalue()


def prepare(work: Path, content: bytes, key: SiteKey) -> None:
    """Write what a night has before its slips are written."""
    name = hashlib.sha256(content).hexdigest()
    for folder in ("gated", "landed/0", "originals"):
        (work / folder).mkdir(parents=True)
    (work / "originals" / f"{name}.sealed").write_bytes(key.seal(content, "archive"))
    counts = dict.fromkeys(("rows_in", "rows_accepted", "rows_returned", "rows_duplicate"), ROWS)
    file = {"file_id": "f", "path": "x.xlsx", "sha256": name, "status": "partly_returned", "format": "xlsx"}
    places = {"file_id": "f", "sheet": "Sheet1", "first_row": 2, "last_row": ROWS + 1}
    write(work / "gated" / "file.parquet", [file | counts | {"unit_code": "1", "period": "2024-10"}])
    write(work / "gated" / "finding.parquet", [finding(row) for row in range(2, ROWS + 2)])
    columns = [places | {"heading": name, "position": number} for number, name in enumerate(HEADINGS)]
    write(work / "landed" / "0" / "column.parquet", columns)


def finding(row: int) -> dict[str, Any]:
    """Return what is wrong in a row."""
    heading, severity, advice = PROBLEMS[row % len(PROBLEMS)]
    named = {"column_name": heading, "rule_id": "r", "severity": severity, "advice_zh": advice, "status": "open"}
    return {"file_id": "f", "sheet": "Sheet1", "row_number": row, "value_shown": None} | named


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows to a Parquet file."""
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def load_and_save(content: bytes) -> None:
    """Do what the peer does."""
    openpyxl.load_workbook(io.BytesIO(content)).save(io.BytesIO())


def timed(action: Callable[[], Result]) -> tuple[Result, float]:
    """Return a result and the seconds it took."""
    started = time.perf_counter()
    result = action()
    return result, time.perf_counter() - started


def main() -> None:
    """Measure both and say how they compare."""
    key = SiteKey(b"k" * 32)
    with tempfile.TemporaryDirectory() as folder:
        work, content = Path(folder), sender_workbook()
        prepare(work, content, key)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        slips, seconds = timed(lambda: write_slips(work, work / "outbox", "20241105-01", key))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        size = slips[0].stat().st_size >> 20
    _, peer = timed(lambda: load_and_save(content))
    print(f"slip of {ROWS:,} marked cells in {ROWS:,} rows x {len(HEADINGS)} columns")
    print(f"  popflow             {seconds:6.1f} s   wanted < {WANTED_SECONDS:.0f} s")
    print(f"  memory at its peak  {memory:6} MB  wanted < {WANTED_MEGABYTES} MB (before the slip: {before} MB)")
    print(f"  size                {size:6} MB  sent: {len(content) >> 20} MB")
    print(f"  openpyxl load+save  {peer:6.1f} s   ratio {peer / seconds:.1f}")


if __name__ == "__main__":
    main()
