"""Bytes of a delivered file become sheets of cells, whatever program saved them.

What a file is, its first bytes say, not its name. Everything that would hurt the machine or the files beside it is
looked for before a parser sees the bytes: passwords, archives that unpack to gigabytes, a stray cell in the last row of
the last column (for which the spreadsheet library would ask for half a terabyte and abort). A file that cannot be read
is refused with advice its sender can follow.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import python_calamine as calamine

from ingest.probe import survives
from ingest.reading.archive import read_container
from ingest.reading.delivery import Document, Limits, Member
from ingest.reading.sheet import Cell, Sheet, sheet_of
from ingest.refusals import refusal

__all__ = ["Document", "Limits", "Member", "read_container", "read_document"]

ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_MARK: Final = "EncryptedPackage".encode("utf-16-le")
# In the old binary format the record FILEPASS stands right behind the first one (or behind the one against writing).
ENCRYPTED_RECORDS: Final = re.compile(
    rb"\x09\x08(?:\x10\x00\x00\x06\x05\x00.{12}|\x08\x00\x00\x05\x05\x00.{4})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
SEPARATORS: Final = (",", "\t", ";")
SNIFFED_LINES: Final = 60
# Members of a workbook that hold no cells; everything else is looked through for stray cells.
CELL_FREE_MEMBERS: Final = re.compile(r"sharedStrings|styles|theme|drawing|docProps|calcChain")
# A cell outside the first 26 columns or the first 999,999 rows: without one, a sheet spans at most so many cells.
FAR_CELL: Final = re.compile(rb"""[ \t\r\n]r\s*=\s*["']\$?(?:[A-Za-z]{2}|[A-Za-z]*\d{7})""")
CELLS_WITHOUT_FAR: Final = 26 * 999_999
REFERENCE_ROWS: Final = re.compile(rb"""\br\s*=\s*["'][A-Za-z$]*(\d+)""")
REFERENCE_COLUMNS: Final = re.compile(rb"""\br\s*=\s*["']\$?([A-Za-z]+)\$?\d""")
FILLED_CELL: Final = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']\$?([A-Za-z]+)\$?(\d+)["'][^>]*(?<!/)>""")
CONTROL_BYTES: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
CSV_TEXT_FORMULA: Final = re.compile(r'^="(.*)"$')


def read_document(content: bytes, limits: Limits) -> Document:
    """Read the sheets of a delivered file.

    Raises ``FileRefusedError`` where the bytes are no table that can be read safely.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise refusal("file_empty")
    if len(content) > limits.file_bytes:
        raise refusal("file_too_large", detail=f"{len(content) >> 20} MB")
    return _reader_of(content)(content, limits)


def _reader_of(content: bytes) -> Callable[[bytes, Limits], Document]:
    if content.startswith(ZIP_MAGIC):
        return _read_xlsx
    if content.startswith(OLE_MAGIC):
        return _read_xls
    head = content[:1024].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if head.startswith((b"<", b"mime-version")):
        raise refusal("file_html")
    return _read_text


def _read_xlsx(content: bytes, limits: Limits) -> Document:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bombs(archive, limits)
            _refuse_stray_cells(archive, limits)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise refusal("file_damaged", detail=type(error).__name__) from error
    except RuntimeError as error:
        raise refusal("file_password") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined] # the module zipfile itself unpacks with
        raise refusal("file_damaged", detail="zlib") from error
    return Document("xlsx", None, _read_sheets(content, limits))


def _refuse_bombs(archive: zipfile.ZipFile, limits: Limits) -> None:
    members = archive.infolist()
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        raise refusal("file_format_unknown")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    is_dense = unpacked > limits.harmless_unpacked_bytes and unpacked / packed > limits.unpacking_ratio
    if unpacked > limits.unpacked_bytes or is_dense:
        raise refusal("file_zip_bomb")


def _refuse_stray_cells(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse a sheet that spans more cells than can be held, before the spreadsheet library tries to hold them.

    The quick look counts empty formatted cells too; only where that is too much are the filled cells counted alone.
    Reading a member also proves its stated size: one that unpacks to more fails its checksum.
    """
    for member in archive.infolist():
        if not member.filename.endswith(".xml"):
            continue
        text = archive.read(member)
        if CELL_FREE_MEMBERS.search(member.filename):
            continue
        if b"\0" in text[:64]:
            raise refusal("file_damaged", detail="UTF-16")
        if limits.cells >= CELLS_WITHOUT_FAR and FAR_CELL.search(text) is None:
            continue
        rows = max(map(int, set(REFERENCE_ROWS.findall(text))), default=0)
        columns = max(map(_column_number, set(REFERENCE_COLUMNS.findall(text))), default=0)
        if rows * columns > limits.cells:
            filled = FILLED_CELL.findall(text)
            rows = max((int(row) for _, row in filled), default=0)
            columns = max(map(_column_number, {column for column, _ in filled}), default=0)
        if rows * columns > limits.cells:
            raise refusal("file_too_large", detail=f"{rows} × {columns}")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _read_xls(content: bytes, limits: Limits) -> Document:
    if ENCRYPTED_MARK in content or ENCRYPTED_RECORDS.search(content):
        raise refusal("file_password")
    # The old binary format has no sizes that could be checked beforehand, so a process of its own tries it first.
    if not survives(lambda: _parse_sheets(content, limits)):
        raise refusal("file_damaged", detail="xls")
    return Document("xls", None, _read_sheets(content, limits))


def _read_sheets(content: bytes, limits: Limits) -> tuple[Sheet, ...]:
    with _refusing_what_does_not_parse():
        return _parse_sheets(content, limits)


def _parse_sheets(content: bytes, limits: Limits) -> tuple[Sheet, ...]:
    sheets: list[Sheet] = []
    with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        for number, name in enumerate(book.sheet_names):
            if book.sheets_metadata[number].typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_index(number)
            if sheet.total_height * sheet.total_width > limits.cells:
                raise refusal("file_too_large", detail=f"{sheet.total_height} × {sheet.total_width}")
            found = sheet_of(name, _rows_from_the_first(sheet), merges=sheet.merged_cell_ranges or ())
            if found.height:
                sheets.append(found)
    return tuple(sheets)


def _rows_from_the_first(sheet: calamine.CalamineSheet) -> Iterator[Sequence[Cell]]:
    """Return the rows one by one from row 1 and column A on; the library leaves out blank columns at the left."""
    if sheet.start is not None:
        blank = [""] * sheet.start[1]
        yield from ([*blank, *row] for row in sheet.iter_rows())


@contextmanager
def _refusing_what_does_not_parse() -> Iterator[None]:
    """Turn what the library raises into a refusal; its panics are no ordinary exceptions."""
    try:
        yield
    except calamine.PasswordError as error:
        raise refusal("file_password") from error
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise refusal("file_damaged", detail=type(error).__name__) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise refusal("file_damaged", detail="parser") from error


def _read_text(content: bytes, limits: Limits) -> Document:
    text, encoding = _decode(content)
    separator = _sniff_separator(text)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise refusal("file_damaged", detail="csv") from error
    width = max(map(len, records), default=0)
    if width * len(records) > limits.cells:
        raise refusal("file_too_large", detail=f"{len(records)} × {width}")
    if '="' in text:
        records = [[CSV_TEXT_FORMULA.sub(r"\1", cell) for cell in record] for record in records]
    return Document("csv", encoding, (sheet_of("", records),) if records else ())


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode_as(content, "utf-16"), "utf-16"
    if CONTROL_BYTES.search(content):
        raise refusal("file_format_unknown")
    if content.startswith(codecs.BOM_UTF8):
        return _decode_as(content, "utf-8-sig"), "utf-8-sig"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_as(content, "gb18030"), "gb18030"


def _decode_as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refusal("file_encoding") from error


def _sniff_separator(text: str) -> str:
    """Return the separator that cuts most of the first lines into several fields."""
    head = text[: 1 << 16].splitlines()[:SNIFFED_LINES]
    return max(SEPARATORS, key=lambda separator: sum(min(line.count(separator), 40) for line in head))
