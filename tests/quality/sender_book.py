"""Workbooks as senders make them, with everything in them that a slip must leave as it is."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from struct import pack
from typing import Final

import xlsxwriter
from slip_night import HEADINGS

ROWS: Final = 20
FIRST_ROW: Final = 3
LAST_ROW: Final = FIRST_ROW + ROWS - 1
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def rich_workbook() -> bytes:
    """Return a list with a title, headings in row 2 and people from row 3 on, and much around it."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("Sheet1")
    head = book.add_format({"bold": True, "bg_color": "#C0C0C0", "border": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd", "border": 1, "font_name": "楷体", "italic": True})
    boxed = book.add_format({"border": 1})
    sheet.merge_range("A1:H1", "流出人口登记表", head)
    for column, heading in enumerate((*HEADINGS, "日期", "合计")):
        sheet.write_string(1, column, heading, head)
    for row in range(FIRST_ROW - 1, LAST_ROW):
        for column in range(len(HEADINGS)):
            sheet.write_string(row, column, f"文字{row % 7}{column}", boxed)
        sheet.write_number(row, 6, 45_000 + row, day)
        sheet.write_formula(row, 7, f"=G{row + 1}+1", boxed, 45_001 + row)
    sheet.write_blank(6, 2, None, boxed)
    sheet.set_row(9, None, None, {"hidden": True})
    sheet.set_column("A:H", 13)
    sheet.set_column("E:E", 13, None, {"hidden": True})
    sheet.write_comment("A4", "发件人的批注", {"author": "村干部"})
    sheet.write_comment("D9", "发件人的第二条批注", {"author": "村干部"})
    sheet.data_validation("C3:C22", {"validate": "list", "source": ["男", "女"]})
    sheet.conditional_format("G3:G22", {"type": "cell", "criteria": ">", "value": 45_010, "format": head})
    sheet.autofilter(f"A2:H{LAST_ROW}")
    sheet.freeze_panes(2, 0)
    sheet.print_area("A1:H22")
    sheet.repeat_rows(0, 1)
    sheet.set_landscape()
    sheet.set_footer("&C第 &P 页")
    sheet.insert_image("J2", "x.png", {"image_data": io.BytesIO(_picture())})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Sheet1!$G$3:$G$22"})
    other = book.add_worksheet("图表")
    other.insert_chart("B2", chart)
    other.print_area("A1:D9")
    other.activate()
    book.add_worksheet("隐藏表").hide()
    book.worksheets()[2].write_string(0, 0, "隐藏内容")
    book.define_name("名单", "=Sheet1!$A$3:$A$22")
    book.close()
    return stream.getvalue()


def _picture() -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"\0\xff\0\0")
    header = pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", pixels) + part(b"IEND", b"")


def parts_of(content: bytes) -> dict[str, bytes]:
    """Return the parts of a package."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes | str]) -> bytes:
    """Return a package of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bare_workbook(sheet: str | bytes, more: Sequence[tuple[str, str, str]] = (), workbook_type: str = "sheet") -> bytes:
    """Return the smallest package there is around a worksheet's XML; ``more`` are parts: name, content, type."""
    overrides = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, _, kind in more if kind)
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.{workbook_type}.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>{overrides}</Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    return packed(parts | {name: content for name, content, _ in more})


def worksheet(rows: str, prefix: str = "", head: str = "", tail: str = "") -> str:
    """Return a worksheet's XML with these rows."""
    declared = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{prefix}worksheet {declared}="{_MAIN}">{head}'
        f"<{prefix}sheetData>{rows}</{prefix}sheetData>{tail}</{prefix}worksheet>"
    )


def text_row(number: int, texts: Sequence[str], prefix: str = "", references: bool = True) -> str:
    """Return a row's XML with inline strings."""
    cells = "".join(
        f"<{prefix}c{_reference(column, number) if references else ''} t='inlineStr'>"
        f"<{prefix}is><{prefix}t>{text}</{prefix}t></{prefix}is></{prefix}c>"
        for column, text in enumerate(texts)
        if text
    )
    reference = f' r="{number}"' if references else ""
    return f'<{prefix}row{reference} spans="1:6">{cells}</{prefix}row>'


def _reference(column: int, row: int) -> str:
    return f" r='{chr(65 + column)}{row}'"
