"""Intake from the inbox to accepted rows, in rows per second: landing and the gate in, on all cores.

Lists of 15 columns, in which nearly every row has addresses of its own, are made once and delivered as text and as
workbooks, in four files and in one, and ten rows at a time in thousands of small files; every list is another village's
or another month's. Each time the same bytes are read by a peer in the same run: the text by DuckDB's ``read_csv`` (all
text), the workbook by python-calamine alone. Seconds of the processors stand beside those of the clock, which say
little on a busy machine. Usage: bench_intake.py [ROWS [SMALL_FILES]], or bench_intake.py memory [ROWS] for the largest
memory that one sheet takes.
"""

from __future__ import annotations

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import python_calamine
import xlsxwriter
from measuring import MemoryWatch

from ingest.register import register_query
from popflow.handle import Night
from popflow.night import begin, gate_in, land_all
from popflow.progress import Silent
from popflow.site import Site, init_site, open_site

ROWS = 200_000
SMALL_FILES = 2_000
ROWS_OF_SMALL_FILE = 10
PIECES = 4
ROWS_OF_LARGE_SHEET = 1_000_000
WANTED_BYTES = int(1.5 * 2**30)
CORES = 2
RUN_DATE = dt.date(2024, 11, 5)
HEADINGS = (
    *("序号", "姓名", "身份证号码", "性别", "出生日期", "联系电话", "户籍地址", "现居住地址"),
    *("离开户籍地日期", "来本地日期", "居住事由", "居住处所", "户口性质", "文化程度", "备注"),
)
HOME = "340124"
# The villages that send lists, as their titles and their people's addresses name them.
VILLAGES = f"""
SELECT replace(full_name, '安徽省合肥市', ''), regexp_replace(name, '(村民|居民)委员会$', '')
FROM ({register_query()}) WHERE county_code = '{HOME}000000' AND level = 'village' ORDER BY code
"""
MONTH_DAYS = 31
# Numbers that belong to nobody: one county code, birth dates counted up, and the check character of GB 11643. None
# ends in the zeros that a spreadsheet leaves.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = " + ".join(
    f"CAST(substr(body, {place}, 1) AS INTEGER) * {weight}" for place, weight in enumerate(WEIGHTS, start=1)
)
PEOPLE = f"""
WITH counted AS (
    SELECT
        i, DATE '1950-01-01' + CAST(i // 810 % 18000 AS INTEGER) AS birth, i % 810 // 9 * 10 + i % 9 + 101 AS serial,
        DATE '2015-01-01' + CAST(i % 1500 AS INTEGER) AS arrived
    FROM range($rows) AS counted(i)
),
numbered AS (
    SELECT *, '341522' || strftime(birth, '%Y%m%d') || serial AS body FROM counted
)
SELECT
    CAST(i + 1 AS VARCHAR), '束' || chr(CAST(19968 + i % 5000 AS INTEGER)) || chr(CAST(20000 + i % 4999 AS INTEGER)),
    body || substr('10X98765432', ({CHECK}) % 11 + 1, 1), CASE serial % 2 WHEN 1 THEN '男' ELSE '女' END,
    CAST(birth AS VARCHAR), CAST(13900000000 + i % 99999999 AS VARCHAR),
    '安徽省六安市霍邱县城关镇光明路' || i % 9973 || '号',
    i % 40 || '组' || i // 40 % 300 || '号', CAST(arrived - 3 AS VARCHAR), CAST(arrived AS VARCHAR),
    ['务工', '经商', '随迁家属', '学习培训'][i % 4 + 1], ['租赁房屋', '单位宿舍', '自购房屋'][i % 3 + 1],
    ['农业', '非农业'][i % 2 + 1], ['初中', '小学', '高中', '大专'][i % 4 + 1], NULL
FROM numbered
"""

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Taken:
    """What taking lists in took: seconds of the clock in landing and in the gate in, seconds of processors."""

    landing: float
    gate: float
    busy: float

    @property
    def seconds(self) -> float:
        """Both steps by the clock."""
        return self.landing + self.gate


def main(rows: int = ROWS, small_files: int = SMALL_FILES) -> None:
    """Make the lists, take them in, and print rows per second beside what bare reading takes."""
    people = make_people(rows)
    for name, write, read_bare in (("csv", as_csv, read_csv_bare), ("xlsx", as_xlsx, read_xlsx_bare)):
        for pieces in (PIECES, 1):
            lists = [write(list_of(people[start::pieces], start)) for start in range(pieces)]
            _measure(f"{rows:,} rows in {pieces} .{name}", name, lists, rows, read_bare)
    starts = range(small_files)
    few = [people[start * ROWS_OF_SMALL_FILE % rows :][:ROWS_OF_SMALL_FILE] for start in starts]
    taken = _take_in("csv", [as_csv(list_of(each, start)) for start, each in zip(starts, few, strict=True)])
    print(
        f"{small_files:,} files of {ROWS_OF_SMALL_FILE} rows: {taken.seconds / small_files * 1000:.1f} ms a file "
        f"({taken.busy / CORES / small_files * 1000:.1f} ms were {CORES} cores its own)"
    )


def memory(rows: int = ROWS_OF_LARGE_SHEET) -> None:
    """Take in one sheet in a process of its own, as text and as a workbook, and print the most memory that took."""
    people = list_of(make_people(rows), 0)
    for suffix, write in (("csv", as_csv), ("xlsx", as_xlsx)):
        with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
            site = _deliver(Path(folder) / "site", suffix, [write(people)])
            process = subprocess.Popen([sys.executable, __file__, "intake", site.root])  # noqa: S603 - this file itself
            watch = MemoryWatch(process.pid)
            ended = process.wait()
            peak = watch.stop()
        assert ended == 0, f"intake of a .{suffix} with {rows:,} rows failed"
        verdict = "within" if peak <= WANTED_BYTES else "OVER"
        print(f"{rows:,} rows in one .{suffix}: at most {peak / 2**20:,.0f} MB, {verdict} {WANTED_BYTES >> 20:,} MB")


def intake(root: str) -> None:
    """Take in what lies in the inbox of a site."""
    _run(begin(open_site(Path(root)), RUN_DATE))


def make_people(rows: int) -> list[Row]:
    """Return rows of invented people."""
    with duckdb.connect() as connection:
        people: list[Row] = connection.execute(PEOPLE, {"rows": rows}).fetchall()
    return people


def list_of(people: Iterable[Row], number: int) -> list[Row]:
    """Return the people as the list of a village and month of its own: title, labels, headings and rows."""
    month, index = divmod(number, len(_villages()))
    whole, village = _villages()[index]
    day = dt.date(RUN_DATE.year, RUN_DATE.month, 1) - dt.timedelta(days=1 + month * MONTH_DAYS)
    above = [(f"{whole}流入人口登记表",), (f"填报单位：{whole}", f"填报日期：{day.year}年{day.month}月{day.day}日")]
    return [*above, HEADINGS, *((*row[:7], f"{village}{row[7]}", *row[8:]) for row in people)]


@cache
def _villages() -> list[tuple[str, str]]:
    with duckdb.connect() as connection:
        villages: list[tuple[str, str]] = connection.execute(VILLAGES).fetchall()
    return villages


def as_csv(lines: Iterable[Row]) -> bytes:
    """Write a list as a text file."""
    return "\n".join(",".join(cell or "" for cell in line) for line in lines).encode()


def as_xlsx(lines: Iterable[Row]) -> bytes:
    """Write a list as a workbook."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        book = xlsxwriter.Workbook(file.name, {"constant_memory": True})
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
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
    taken = _take_in(suffix, lists)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.{suffix}" for number in range(len(lists))]
        for path, content in zip(paths, lists, strict=True):
            path.write_bytes(content)
        begun, busy = time.monotonic(), _busy_seconds()
        for path in paths:
            read_bare(path)
        bare, bare_busy = time.monotonic() - begun, _busy_seconds() - busy
    peer = "DuckDB read_csv" if suffix == "csv" else "python-calamine"
    print(
        f"{what}: {rows / taken.seconds:,.0f} rows/s ({taken.landing:.1f} s landing, {taken.gate:.1f} s gate in); "
        f"{taken.busy:.1f} s of processors, {rows / taken.busy * CORES:,.0f} rows/s were {CORES} cores its own; "
        f"{peer} alone {bare:.1f} s: landing takes {taken.landing / bare:.1f} times that, "
        f"both {taken.seconds / bare:.1f} (of processors {taken.busy / bare_busy:.1f})"
    )


def _deliver(root: Path, suffix: str, lists: list[bytes]) -> Site:
    site = init_site(root, HOME)
    for number, content in enumerate(lists):
        (site.folders.inbox / f"{number}.{suffix}").write_bytes(content)
    return site


def _take_in(suffix: str, lists: list[bytes]) -> Taken:
    """Deliver the lists to a new site and take them in."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        return _run(begin(_deliver(Path(folder) / "site", suffix, lists), RUN_DATE))


def _run(night: Night) -> Taken:
    begun, busy = time.monotonic(), _busy_seconds()
    land_all(night, Silent())
    landed = time.monotonic()
    counts = gate_in(night)
    ended = time.monotonic()
    assert counts["rows"] == counts["accepted"], counts
    return Taken(landed - begun, ended - landed, _busy_seconds() - busy)


def _busy_seconds() -> float:
    """Return the seconds that processors worked for this process and those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    first, *more = sys.argv[1:] or [str(ROWS)]
    if first == "intake":
        intake(more[0])
    else:
        (memory if first == "memory" else main)(*map(int, more if first == "memory" else (first, *more)))
