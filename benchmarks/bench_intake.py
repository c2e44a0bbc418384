"""Intake from the inbox to accepted rows, in rows per second: landing and the gate in, on all cores.

Lists of 15 columns are made once and delivered as text and as workbooks, in four files and in one, and ten rows at a
time in thousands of small files. Each time the same bytes are read by a peer in the same run: the text by DuckDB's
``read_csv`` (all text), the workbook by python-calamine alone. Usage: bench_intake.py [ROWS [SMALL_FILES]]
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import python_calamine
import xlsxwriter

from popflow.night import begin, gate_in, land_all
from popflow.progress import Silent
from popflow.site import init_site

ROWS = 200_000
SMALL_FILES = 2_000
ROWS_OF_SMALL_FILE = 10
PIECES = 4
RUN_DATE = dt.date(2024, 11, 5)
HEADINGS = (
    *("序号", "姓名", "身份证号码", "性别", "出生日期", "联系电话", "户籍地址", "现居住地址"),
    *("离开户籍地日期", "来本地日期", "居住事由", "居住处所", "户口性质", "文化程度", "备注"),
)
HOME = "340124"
TITLE = "庐江县庐城镇新桥村流入人口登记表"
LABELS = ("填报单位：庐江县", "填报日期：2024年10月31日")
# Numbers that belong to nobody: one county code, birth dates counted up, and the check character of GB 11643.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = " + ".join(
    f"CAST(substr(body, {place}, 1) AS INTEGER) * {weight}" for place, weight in enumerate(WEIGHTS, start=1)
)
PEOPLE = f"""
WITH counted AS (
    SELECT
        i, DATE '1950-01-01' + CAST(i // 900 % 18000 AS INTEGER) AS birth, i % 900 + 100 AS serial,
        DATE '2020-01-01' + CAST(i % 1500 AS INTEGER) AS arrived
    FROM range($rows) AS counted(i)
),
numbered AS (
    SELECT *, '341522' || strftime(birth, '%Y%m%d') || serial AS body FROM counted
)
SELECT
    CAST(i + 1 AS VARCHAR), '束' || chr(CAST(19968 + i % 5000 AS INTEGER)) || chr(CAST(20000 + i % 4999 AS INTEGER)),
    body || substr('10X98765432', ({CHECK}) % 11 + 1, 1), CASE serial % 2 WHEN 1 THEN '男' ELSE '女' END,
    CAST(birth AS VARCHAR), CAST(13900000000 + i % 99999999 AS VARCHAR), '安徽省六安市霍邱县城关镇' || i % 90 || '号',
    '新桥村' || i % 40 || '组', CAST(arrived - 3 AS VARCHAR), CAST(arrived AS VARCHAR),
    ['务工', '经商', '随迁家属', '学习培训'][i % 4 + 1], ['租赁房屋', '单位宿舍', '自购房屋'][i % 3 + 1],
    ['农业', '非农业'][i % 2 + 1], ['初中', '小学', '高中', '大专'][i % 4 + 1], NULL
FROM numbered
"""

Row = tuple[str | None, ...]


def main(rows: int = ROWS, small_files: int = SMALL_FILES) -> None:
    """Make the lists, take them in, and print rows per second beside what bare reading takes."""
    with duckdb.connect() as connection:
        people: list[Row] = connection.execute(PEOPLE, {"rows": rows}).fetchall()
    for name, write, read_bare in (("csv", as_csv, read_csv_bare), ("xlsx", as_xlsx, read_xlsx_bare)):
        for pieces in (PIECES, 1):
            lists = [write(people[start::pieces], f"第{start + 1}片") for start in range(pieces)]
            _measure(f"{rows:,} rows in {pieces} .{name}", name, lists, rows, read_bare)
    few = [
        as_csv(people[start * ROWS_OF_SMALL_FILE :][:ROWS_OF_SMALL_FILE], str(start)) for start in range(small_files)
    ]
    seconds = _take_in("csv", few)
    print(f"{small_files:,} files of {ROWS_OF_SMALL_FILE} rows: {sum(seconds) / small_files * 1000:.1f} ms a file")


def as_csv(people: list[Row], mark: str) -> bytes:
    """Write a list as a text file."""
    lines = [[TITLE], [*LABELS, mark], list(HEADINGS), *people]
    return "\n".join(",".join(cell or "" for cell in line) for line in lines).encode()


def as_xlsx(people: list[Row], mark: str) -> bytes:
    """Write a list as a workbook."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        book = xlsxwriter.Workbook(file.name, {"constant_memory": True})
        sheet = book.add_worksheet()
        for number, line in enumerate([[TITLE], [*LABELS, mark], HEADINGS, *people]):
            for index, cell in enumerate(line):
                if cell is not None:
                    sheet.write_string(number, index, cell)
        book.close()
        return Path(file.name).read_bytes()


def read_csv_bare(path: Path) -> None:
    """Read a text file as DuckDB does, all text."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE bare AS FROM read_csv('{path}', all_varchar = true, skip = 2, header = true)")


def read_xlsx_bare(path: Path) -> None:
    """Read a workbook as python-calamine does, and nothing else."""
    python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def _measure(what: str, suffix: str, lists: list[bytes], rows: int, read_bare: Callable[[Path], None]) -> None:
    landing, gate = _take_in(suffix, lists)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.{suffix}" for number in range(len(lists))]
        for path, content in zip(paths, lists, strict=True):
            path.write_bytes(content)
        begun = time.monotonic()
        for path in paths:
            read_bare(path)
        bare = time.monotonic() - begun
    peer = "DuckDB read_csv" if suffix == "csv" else "python-calamine"
    print(
        f"{what}: {rows / (landing + gate):,.0f} rows/s ({landing:.1f} s landing, {gate:.1f} s gate in); "
        f"{peer} alone {bare:.1f} s: landing takes {landing / bare:.1f} times that, both {(landing + gate) / bare:.1f}"
    )


def _take_in(suffix: str, lists: list[bytes]) -> tuple[float, float]:
    """Deliver the lists to a new site; return the seconds of landing and of the gate in."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        site = init_site(Path(folder) / "site", HOME)
        for number, content in enumerate(lists):
            (site.folders.inbox / f"{number}.{suffix}").write_bytes(content)
        night = begin(site, RUN_DATE)
        begun = time.monotonic()
        land_all(night, Silent())
        landed = time.monotonic()
        counts = gate_in(night)
        ended = time.monotonic()
        assert counts["rows"] == counts["accepted"], counts
        return landed - begun, ended - landed


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
