"""What the nastiest office sends in: lists of invented people in files that are damaged, disguised, locked or unclear.

`Crowd` invents people and remembers them all, so that a test can look for their names and numbers wherever they must
not be. The makers below return the bytes of one file each.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import xlwt
from xlwt import BIFFRecords, CompoundDoc

from popflow.synthetic.identity import check_characters
from popflow.synthetic.writers import Row, Sheet, write_sheet

HEADINGS: Final = ("姓名", "身份证号码", "性别", "户籍地址", "来本地日期", "居住事由", "联系电话")
OUTFLOW_HEADINGS: Final = ("姓名", "身份证号码", "性别", "外出地址", "外出时间", "外出原因", "联系电话")
ORIGIN: Final = "安徽省六安市舒城县"
VILLAGE: Final = "庐江县庐城镇新桥村"
VILLAGE_CODE: Final = "340124100207"
_SURNAMES: Final = "䶮丌乜亓仉厍"
_STEMS: Final = "鼋鼍鼐鼒鼙鼛鼟鼢鼦鼫鼬鼯"
_FILE_PASS: Final = struct.pack("<HHHHH", 0x002F, 6, 0, 0x4A5B, 0x6C7D)
_ENTRY_NAME_BYTES: Final = 64


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    name: str
    number: str
    phone: str

    @property
    def row(self) -> Row:
        """The person as a row under ``HEADINGS``."""
        sex = "男" if int(self.number[16]) % 2 else "女"
        return [self.name, self.number, sex, ORIGIN, "2023-03-05", "务工", self.phone]


@dataclass
class Crowd:
    """Invents people, no two with the same number, and remembers them."""

    people: list[Person] = field(default_factory=list)

    def invent(self, count: int = 3) -> list[Person]:
        """Return so many new people."""
        made = [self._one(len(self.people) + number) for number in range(count)]
        self.people += made
        return made

    def rows(self, count: int = 3) -> list[Row]:
        """Return the rows of so many new people."""
        return [person.row for person in self.invent(count)]

    @staticmethod
    def _one(serial: int) -> Person:
        first, second = divmod(serial, len(_STEMS) ** 2)
        name = _SURNAMES[first] + _STEMS[second // len(_STEMS)] + _STEMS[second % len(_STEMS)]
        body = f"341523{1950 + serial % 50:04d}{1 + serial % 12:02d}{1 + serial % 28:02d}{996 + serial % 4}"
        return Person(name, body + str(check_characters(np.array([body]))[0]), f"199{serial:08d}")

    def secrets(self) -> Iterator[str]:
        """Give everything that must not be found: names, numbers (also without the last character) and phones."""
        for person in self.people:
            yield from (person.name, person.number[:17], person.phone)


def inflow(
    rows: Sequence[Row],
    unit: str | None = VILLAGE,
    day: str | None = "2024-10-31",
    title: str = "流入人口登记表",
    headings: Sequence[str] = HEADINGS,
) -> list[Row]:
    """Return the cells of a list: title, labelled lines where something is said, headings, rows."""
    labels: Row = [f"{label}：{text}" for label, text in (("填报单位", unit), ("填报日期", day)) if text]
    return [[title], *([labels] if labels else []), [*headings], *rows]


def sheet_bytes(rows: Sequence[Row], suffix: str = ".xlsx", encoding: str = "utf-8") -> bytes:
    """Return the bytes of a sheet as a spreadsheet program saves it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"list{suffix}"
        write_sheet(path, Sheet([*rows]), encoding)
        return path.read_bytes()


def with_member(workbook: bytes, name: str, content: bytes) -> bytes:
    """Return the workbook with one member of its archive replaced or added."""
    source, target = zipfile.ZipFile(io.BytesIO(workbook)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in source.namelist():
            if member != name:
                archive.writestr(member, source.read(member))
        archive.writestr(name, content)
    return target.getvalue()


def zip_bomb(workbook: bytes) -> bytes:
    """Return a workbook of a few kilobytes whose sheet unpacks to 64 MiB of nothing."""
    return with_member(workbook, "xl/worksheets/sheet1.xml", b" " * (64 << 20))


def declaring_two_gigabytes(workbook: bytes) -> bytes:
    """Return a small workbook whose archive says that its sheet has 2 GB."""
    changed = bytearray(workbook)
    entry = changed.rindex(b"xl/worksheets/sheet1.xml") - 46
    changed[entry + 24 : entry + 28] = struct.pack("<I", 2_000_000_000)
    return bytes(changed)


def with_stray_cell(workbook: bytes) -> bytes:
    """Return the workbook with one cell in the last row of the last column."""
    name = "xl/worksheets/sheet1.xml"
    sheet = zipfile.ZipFile(io.BytesIO(workbook)).read(name)
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return with_member(workbook, name, sheet.replace(b"</sheetData>", stray))


def locked_xlsx(workbook: bytes) -> bytes:
    """Return what a password makes of a workbook: an OLE container with the stream EncryptedPackage."""
    container = CompoundDoc.XlsDoc()
    stream = io.BytesIO()
    container.save(stream, bytes(byte ^ 0x5A for byte in workbook).ljust(4096, b"\0"))
    content = bytearray(stream.getvalue())
    entry = content.index("Workbook".encode("utf-16-le"))
    name = "EncryptedPackage".encode("utf-16-le")
    content[entry : entry + _ENTRY_NAME_BYTES + 2] = name.ljust(_ENTRY_NAME_BYTES, b"\0") + struct.pack(
        "<H", len(name) + 2
    )
    return bytes(content)


def locked_xls(rows: Sequence[Row]) -> bytes:
    """Return an old binary workbook with the record FILEPASS behind its first one."""
    book = xlwt.Workbook()
    page = book.add_sheet("Sheet1")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write(number, column, cell)
    records = book.get_biff_data()
    first = 4 + len(BIFFRecords.Biff8BOFRecord(BIFFRecords.Biff8BOFRecord.BOOK_GLOBAL).get()[4:])
    stream = io.BytesIO()
    CompoundDoc.XlsDoc().save(stream, records[:first] + _FILE_PASS + records[first:])
    return stream.getvalue()


def web_page(rows: Sequence[Row]) -> bytes:
    """Return the sheet as the web page that some programs save under the name of a spreadsheet."""
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><head><meta charset='utf-8'></head><body><table>{cells}</table></body></html>".encode()


def day_text(day: date) -> str:
    """Return a day as clerks write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def refused_files(crowd: Crowd) -> Iterator[tuple[str, bytes, str, str]]:
    """Give path, bytes, the rule that returns it and the words its slip must have, of files that go back as a whole."""

    def listed(**said: str | None) -> list[Row]:
        return inflow(crowd.rows(), **said)

    yield "坏/采购.xlsx", sheet_bytes([["采购清单"], ["品名", "数量"], ["纸", 3]]), "form_unknown", "规定的表样"
    yield "坏/截断.xlsx", sheet_bytes(listed())[:2500], "file_damaged", "另存后重新报送"
    yield "坏/截断.xls", sheet_bytes(listed(), ".xls")[:4700], "file_damaged", "另存后重新报送"
    yield "坏/密码.xlsx", locked_xlsx(sheet_bytes(listed())), "file_password", "取消密码"
    yield "坏/密码.xls", locked_xls(listed()), "file_password", "取消密码"
    yield "坏/空.xlsx", b"", "file_empty", "核对后重新报送"
    yield "坏/无人.xlsx", sheet_bytes(inflow([])), "file_no_rows", "补全后重新报送"
    yield "坏/炸弹.xlsx", zip_bomb(sheet_bytes(listed())), "file_zip_bomb", "重新导出"
    yield "坏/2GB.xlsx", declaring_two_gigabytes(sheet_bytes(listed())), "file_zip_bomb", "重新导出"
    yield "坏/远格.xlsx", with_stray_cell(sheet_bytes(listed())), "file_too_large", "删除多余的空白区域"
    yield "坏/重名.xlsx", sheet_bytes(listed(unit="庐江县铺岗村")), "unit_ambiguous", "写明乡镇和村名"
    yield "坏/无单位.xlsx", sheet_bytes(listed(unit=None)), "unit_unknown", "填报单位"
    yield "坏/乌有村.xlsx", sheet_bytes(listed(unit="庐江县庐城镇乌有村")), "unit_unknown", "填报单位"
    yield "坏/无此码.xlsx", sheet_bytes(listed(unit="340124100999")), "unit_unknown", "填报单位"
    yield "坏/外县.xlsx", sheet_bytes(listed(unit="安徽省六安市舒城县城关镇")), "unit_unknown", "填报单位"
    yield "坏/无日期.xlsx", sheet_bytes(listed(day=None)), "period_unknown", "填报日期"
    renamed = ("姓名", "号码啊", *HEADINGS[2:])
    yield "坏/错列.xlsx", sheet_bytes(inflow(crowd.rows(), headings=renamed)), "heading_missing", "补上该列"
    people = crowd.rows()
    others = [*people[1:], people[0]]
    twice = inflow(
        [[*row, other[1]] for row, other in zip(people, others, strict=True)], headings=(*HEADINGS, "身份证号")
    )
    yield "坏/两列.xlsx", sheet_bytes(twice), "heading_twice", "只保留一列"
    yield "坏/无表头.xlsx", sheet_bytes([["流入人口登记表"], *crowd.rows()]), "form_unknown", "规定的表样"
    yield "坏/乱码.csv", sheet_bytes(listed(), ".csv") + b"\xff\xff\n", "file_mixed_encoding", "另存为 .xlsx"
    yield "坏/二进制.csv", sheet_bytes(listed(), ".csv") + b"\0\1\2", "file_format_unknown", "另存为 .xlsx"
