"""Small files in every format popflow reads, written byte by byte, all holding the same invented table.

Formats no library at hand can write are put together here; the others come from the library that writes them best.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from typing import Final
from xml.sax.saxutils import escape

import openpyxl
import xlwt

Table = Sequence[Sequence[str]]
TABLE: Final[Table] = (
    ("姓名", "身份证号码", "性别", "备注"),
    ("束甲", "340124199001010018", "男", "务工 & <其他>"),
    ("束乙", "00123", "女", "第一行\n第二行"),
)


def zipped(members: dict[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def xlsx(table: Table = TABLE) -> bytes:
    book = openpyxl.Workbook()
    for row in table:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def xlsx_of(sheet: str, *, styles: str = "", strings: str = "", workbook: str = "", prefix: str = "") -> bytes:
    """Return a workbook whose one sheet, styles and shared strings are the XML given."""
    name, kinds = "http://schemas.openxmlformats.org", "http://schemas.openxmlformats.org/officeDocument/2006"
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{kinds}/relationships/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(
            (("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "/xl/strings.xml"))
        )
    )
    main = f'xmlns="{name}/spreadsheetml/2006/main"'
    root = f'xmlns="{name}/package/2006/relationships"'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships {root}><Relationship Id="a" Type="{kinds}/relationships/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook {main} xmlns:r="{kinds}/relationships">{workbook}'
            '<sheets><sheet name="人员" sheetId="1" r:id="r0"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"<Relationships {root}>{relations}</Relationships>",
            "xl/styles.xml": f"<styleSheet {main}>{styles}</styleSheet>",
            "xl/strings.xml": f"<sst {main}>{strings}</sst>",
            "xl/worksheets/sheet1.xml": prefix + f"<worksheet {main}>{sheet}</worksheet>",
        }
    )


def xls(table: Table = TABLE) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("人员")
    for row, cells in enumerate(table):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def bare_biff5(table: Table = TABLE, page: int = 936, extra: bytes = b"") -> bytes:
    """Return the records of a workbook of Excel 5, without a compound file around them."""
    codec = {936: "gb18030", 950: "big5"}[page]
    name = "表".encode(codec)
    begin = _record(0x0809, struct.pack("<HHHH", 0x0500, 5, 0, 0)) + _record(0x42, struct.pack("<H", page))
    entry_size = 4 + 6 + 1 + len(name)
    start = len(begin) + entry_size + 4
    entry = _record(0x85, struct.pack("<IBB", start, 0, 0) + bytes([len(name)]) + name)
    cells = b""
    for row, texts in enumerate(table):
        for column, text in enumerate(texts):
            raw = text.encode(codec)
            cells += _record(0x0204, struct.pack("<HHHH", row, column, 0, len(raw)) + raw)
    sheet = _record(0x0809, struct.pack("<HHHH", 0x0500, 0x10, 0, 0)) + cells + extra + _record(0x0A, b"")
    return begin + entry + _record(0x0A, b"") + sheet


def xlsb_of(cells: Sequence[tuple[int, int, int, bytes]], formats: Sequence[str] = ()) -> bytes:
    """Return an .xlsb of cells (row, column, kind of record, body behind the style); style n is format n."""
    rows = sorted({row for row, *_ in cells})
    body = b""
    for row in rows:
        body += _binary(0, struct.pack("<IIHBBB", row, 0, 300, 0, 0, 0) + bytes(4))
        for _, column, kind, content in (cell for cell in cells if cell[0] == row):
            body += _binary(kind, struct.pack("<I", column) + content)
    styles = b"".join(_binary(44, struct.pack("<H", 164 + n) + _wide(code)) for n, code in enumerate(formats))
    styles += _binary(617, b"") + b"".join(
        _binary(47, struct.pack("<HH", 0, number) + bytes(12)) for number in (0, *range(164, 164 + len(formats)))
    )
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="{0}" Type="' + kinds + '/{1}" Target="{2}"/>'
    inside = relation.format("r1", "worksheet", "worksheets/sheet1.bin") + relation.format("r2", "styles", "styles.bin")
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f"<R>{relation.format('r1', 'officeDocument', 'xl/workbook.bin')}</R>",
            "xl/_rels/workbook.bin.rels": f"<R>{inside}</R>",
            "xl/workbook.bin": _binary(156, struct.pack("<II", 0, 1) + _wide("r1") + _wide("人员")),
            "xl/styles.bin": styles + _binary(618, b""),
            "xl/worksheets/sheet1.bin": body,
        }
    )


def xlsb(table: Table = TABLE) -> bytes:
    return xlsb_of(
        [
            (row, column, 6, bytes(4) + _wide(text))
            for row, texts in enumerate(table)
            for column, text in enumerate(texts)
        ]
    )


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _binary(kind: int, body: bytes) -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(body)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return head + size + body


def opendocument_xml(table: Table = TABLE, rows: str = "") -> str:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell office:value-type="string">'
            + "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
            + "</table:table-cell>"
            for text in texts
        )
        + "</table:table-row>"
        for texts in table
    )
    names = "".join(
        f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
        for prefix in ("office", "table", "text")
    )
    media = "application/vnd.oasis.opendocument.spreadsheet"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document{names} office:mimetype="{media}"><office:body>'
        f'<office:spreadsheet><table:table table:name="人员">{cells}{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document>"
    )


def ods(table: Table = TABLE, rows: str = "") -> bytes:
    media = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": media, "content.xml": opendocument_xml(table, rows)})


def fods(table: Table = TABLE, rows: str = "") -> bytes:
    return opendocument_xml(table, rows).encode()


def spreadsheetml(table: Table = TABLE, rows: str = "", styles: str = "") -> bytes:
    cells = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{escape(text)}</Data></Cell>' for text in texts) + "</Row>"
        for texts in table
    )
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="{name}" xmlns:ss="{name}">'
        f'<Styles>{styles}</Styles><Worksheet ss:Name="人员"><Table>{cells}{rows}</Table></Worksheet></Workbook>'
    ).encode()


def html(table: Table = TABLE, encoding: str = "gb18030") -> bytes:
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(text).replace(chr(10), '<br>')}</td>" for text in texts) + "</tr>"
        for texts in table
    )
    head = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={encoding}"></head>'
    return f"{head}<body><table border=1>{rows}</table></body></html>".encode(encoding)


def mhtml(table: Table = TABLE) -> bytes:
    import base64

    page = base64.encodebytes(html(table, "utf-8")).decode()
    return (
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        f'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n{page}\r\n--b--\r\n'
    ).encode()


def dbf(
    fields: Sequence[tuple[str, str, int]],
    records: Sequence[Sequence[bytes]],
    *,
    language: int = 0,
    codec: str = "gb18030",
) -> bytes:
    """Return a table of dBASE III; a record whose first field begins with * is deleted."""
    size = 1 + sum(width for *_, width in fields)
    header = struct.pack("<BBBBIHH16xBBxx", 3, 124, 10, 31, len(records), 33 + 32 * len(fields), size, 0, language)
    for name, kind, width in fields:
        header += struct.pack("<11sc4xBB14x", name.encode(codec), kind.encode(), width, 0)
    body = b""
    for record in records:
        deleted = record[0].startswith(b"*")
        body += (b"*" if deleted else b" ") + b"".join(
            cell[:width].ljust(width) for cell, (*_, width) in zip(record, fields, strict=True)
        )
    return header + b"\r" + body + b"\x1a"


def dbf_of_table(table: Table = TABLE) -> bytes:
    fields = [(name, "C", 40) for name in table[0]]
    return dbf(fields, [[text.replace("\n", " ").encode("gb18030") for text in row] for row in table[1:]])


def text_of(table: Table = TABLE, encoding: str = "utf-8", separator: str = ",") -> bytes:
    quoted = (
        '"' + text.replace('"', '""') + '"' if "\n" in text or separator in text else text
        for row in table
        for text in row
    )
    cells = list(quoted)
    width = len(table[0])
    lines = (separator.join(cells[start : start + width]) for start in range(0, len(cells), width))
    return ("\n".join(lines) + "\n").encode(encoding)


FORMATS: Final[dict[str, Callable[[], bytes]]] = {
    "xlsx": xlsx,
    "xlsb": xlsb,
    "ods": ods,
    "fods": fods,
    "xls": xls,
    "biff5": bare_biff5,
    "spreadsheetml": spreadsheetml,
    "html": html,
    "mhtml": mhtml,
    "dbf": dbf_of_table,
    "csv-utf8": text_of,
    "csv-gb": lambda: text_of(encoding="gb18030"),
    "csv-utf16": lambda: text_of(encoding="utf-16"),
    "tsv-utf16le": lambda: text_of(encoding="utf-16-le", separator="\t"),
    "zip": lambda: zipped({"庐城镇/流入.csv": text_of(), "b.xlsx": xlsx()}),
}
