"""Small lists of invented people in every format, and the divisions of an invented home, for tests of landing.

Numbers are made of a county code, a birth date and a serial counted up, with the check digit computed: they belong to
nobody. Places have names as a register writes them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt
from stdnum.cn import ric

from ingest.keys import SiteKey
from ingest.landing import InboxFile, LandingContext

Cell = str | int | float | bool | date | None
Rows = Sequence[Sequence[Cell]]
Merges = Sequence[str]

HOME: Final = "340124000000"
TOWN, OTHER_TOWN = "340124100000", "340124101000"
XINQIAO, XINQIAO_COMMUNITY, TASHAN = "340124100201", "340124100001", "340124100002"
PUGANG, OTHER_PUGANG, CHENGZHONG = "340124100202", "340124101202", "340124100003"
_PLACES: Final = (
    (HOME, "county", "庐江县", None),
    (TOWN, "township", "庐城镇", TOWN),
    (OTHER_TOWN, "township", "冶父山镇", OTHER_TOWN),
    (XINQIAO, "village", "新桥村民委员会", TOWN),
    (XINQIAO_COMMUNITY, "village", "新桥社区居民委员会", TOWN),
    (TASHAN, "village", "塔山社区居民委员会", TOWN),
    (CHENGZHONG, "village", "城中居民委员会", TOWN),
    (PUGANG, "village", "铺岗村民委员会", TOWN),
    (OTHER_PUGANG, "village", "铺岗村村民委员会", OTHER_TOWN),
)
HEADINGS: Final = ("姓名", "身份证号码", "性别", "户籍地址", "来本地日期", "居住事由")


def write_units(path: Path) -> Path:
    """Write the divisions of the home as the night hands them over."""
    names = {code: name for code, _, name, _ in _PLACES}
    rows = [
        {
            "code": code,
            "level": level,
            "name": name,
            "full_name": "庐江县" + (names[town] if town and town != code else "") + ("" if code == HOME else name),
            "township_code": town,
        }
        for code, level, name, town in _PLACES
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def make_context(directory: Path) -> LandingContext:
    """Return a site's landing context below a directory."""
    units, known = write_units(directory / "units.parquet"), directory / "known_file.parquet"
    return LandingContext(HOME, units, known, directory / "originals", SiteKey(b"k" * 32))


def make_number(serial: int, birth: str = "19880105") -> str:
    """Return a valid number that belongs to nobody."""
    body = f"342622{birth}{serial:03d}"
    return body + ric.calc_check_digit(body + "0")


def make_people(count: int, start: int = 1) -> list[list[Cell]]:
    """Return rows of invented people under ``HEADINGS``."""
    given = "甲乙丙丁戊己庚辛壬癸"
    return [
        [
            f"束{given[serial % 10]}",
            make_number(serial),
            "男" if serial % 2 else "女",
            "安徽省六安市舒城县",
            "2023-03-05",
            "务工",
        ]
        for serial in range(start, start + count)
    ]


def make_list(count: int = 3, unit: str = "庐江县庐城镇新桥村", day: str = "2024年10月31日") -> list[list[Cell]]:
    """Return the sheet of an inflow list: title, labels, headings, people."""
    title: list[Cell] = ["流入人口登记表", None, None, None, None, None]
    labels: list[Cell] = [f"填报单位：{unit}", None, None, f"填报日期：{day}", None, None]
    return [title, labels, [*HEADINGS], *make_people(count)]


def to_xlsx(rows: Rows, merges: Merges = (), name: str = "Sheet1", more: dict[str, Rows] | None = None) -> bytes:
    """Return a workbook; ``more`` are further sheets by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, each in {name: rows, **(more or {})}.items():
        page = book.create_sheet(title)
        for row in each:
            page.append([*row])
    for merge in merges:
        book[name].merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def to_xls(rows: Rows) -> bytes:
    """Return an old binary workbook."""
    book = xlwt.Workbook()
    page = book.add_sheet("Sheet1")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell is not None:
                page.write(number, column, cell)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def to_csv(rows: Rows, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """Return the sheet as text."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return stream.getvalue().encode(encoding)


def deliver(directory: Path, **files: bytes) -> list[InboxFile]:
    """Write files into an inbox; a name's double underscore stands for the dot of its suffix."""
    return [deliver_as(directory, name.replace("__", "."), content) for name, content in files.items()]


def deliver_as(directory: Path, relative_path: str, content: bytes) -> InboxFile:
    """Write one file into an inbox under a path."""
    path = directory / "inbox" / relative_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return InboxFile(path, relative_path)
