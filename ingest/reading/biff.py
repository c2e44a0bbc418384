"""The old binary workbook (.xls, .xlt, .et): records of BIFF5 to BIFF8, read one by one.

Nothing is trusted: a record that claims more than there is, or points where nothing lies, ends in a refusal, never in
memory asked for or a sheet half read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from ingest.reading.biff_strings import SharedStrings, StringReader, codec_of
from ingest.reading.cells import Cells, refuse_many_sheets
from ingest.reading.compound import MAGIC, CompoundFile
from ingest.reading.delivery import Document, Limits
from ingest.reading.numbers import is_date_format, padding, shown_number
from ingest.reading.sheet import BOOLEAN, ERROR, TEXT, Merge, Sheet
from ingest.refusals import refusal

ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_BEGIN, _END, _CONTINUED = 0x0809, 0x000A, 0x003C
_BIFF8, _BIFF5 = 0x0600, 0x0500
_WORKSHEET: Final = 0x0010
_ENCRYPTED_STREAM: Final = "EncryptedPackage"
_OLD_BEGINNINGS: Final = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_NUMBER_WHOLE, _NUMBER_HUNDREDFOLD = 2, 1
_NO_NUMBER: Final = 0xFFFF


def is_binary_workbook(content: bytes) -> bool:
    """Whether the bytes begin like a binary workbook, in a compound file or bare."""
    return content.startswith((MAGIC, b"\x09\x08\x10\x00\x00\x06", b"\x09\x08\x08\x00\x00\x05", *_OLD_BEGINNINGS))


def read_binary_workbook(content: bytes, limits: Limits) -> Document:
    """Read the worksheets of a binary workbook."""
    try:
        workbook = _Workbook(_stream_of(content))
        refuse_many_sheets(len(workbook.entries), limits)
        sheets = [workbook.sheet(entry, limits) for entry in workbook.entries if entry.is_worksheet]
    except (struct.error, IndexError, OverflowError) as error:
        raise refusal("file_damaged", detail="xls") from error
    except UnicodeDecodeError as error:
        raise refusal("file_encoding") from error
    return Document("xls", None, tuple(sheet for sheet in sheets if sheet.height))


def _stream_of(content: bytes) -> bytes:
    if content.startswith(_OLD_BEGINNINGS):
        raise refusal("file_format_old")
    if not content.startswith(MAGIC):
        return content
    file = CompoundFile(content)
    if _ENCRYPTED_STREAM in file.names:
        raise refusal("file_password")
    name = next((name for name in ("Workbook", "WORKBOOK", "Book", "BOOK") if name in file.names), None)
    if name is None:
        raise refusal("file_format_unknown")
    return file.stream(name)


@dataclass(frozen=True)
class _Entry:
    name: str
    start: int
    is_worksheet: bool
    is_hidden: bool


@dataclass
class _Format:
    is_date: bool
    pattern: str | None


@dataclass
class _Globals:
    """What counts for the whole workbook."""

    version: int = _BIFF8
    codec: str = "gb18030"
    epoch_1904: bool = False
    codes: dict[int, str] = field(default_factory=dict)
    formats_of_styles: list[int] = field(default_factory=list)


class _Workbook:
    """The records of a workbook: first what counts for all of it, then each sheet where its entry says."""

    def __init__(self, stream: bytes) -> None:
        self._stream = stream
        self.entries: list[_Entry] = []
        self._globals = _Globals()
        self._strings = SharedStrings(b"", [])
        self._read_globals()
        codes = self._globals.codes
        self._formats = [
            _Format(is_date_format(number, codes.get(number)), padding(codes.get(number)))
            for number in self._globals.formats_of_styles
        ]

    def sheet(self, entry: _Entry, limits: Limits) -> Sheet:
        """Read the sheet an entry leads to."""
        reader = _SheetReader(self._globals, self._formats, self._strings, limits)
        for kind, body in self._records(entry.start):
            reader.take(kind, body)
        return replace(reader.sheet(entry.name), is_hidden=entry.is_hidden)

    def _records(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Return the records of one part, without those of charts inside it; its end must be there."""
        stream, position, depth = self._stream, start, 0
        while True:
            kind, size = struct.unpack_from("<HH", stream, position)
            body = stream[position + 4 : position + 4 + size]
            if len(body) < size or (depth == 0 and kind != _BEGIN):
                raise refusal("file_damaged", detail="xls")
            position += 4 + size
            if kind == _BEGIN:
                depth += 1
            elif kind == _END:
                depth -= 1
                if depth == 0:
                    return
            if depth == 1:
                yield kind, body

    def _read_globals(self) -> None:
        takers: dict[int, Callable[[bytes], None]] = {
            _BEGIN: self._take_version,
            0x002F: _refuse_locked,
            0x0042: self._take_codec,
            0x0022: self._take_epoch,
            0x0085: self._take_entry,
            0x041E: self._take_format,
            0x00E0: self._take_style,
        }
        strings: list[bytes] = []
        is_in_strings = False
        for kind, body in self._records(0):
            is_in_strings = kind == 0x00FC or (kind == _CONTINUED and is_in_strings)
            if is_in_strings:
                strings.append(body)
            elif kind in takers:
                takers[kind](body)
        if strings:
            self._strings = SharedStrings(strings[0], strings[1:])

    def _take_version(self, body: bytes) -> None:
        (self._globals.version,) = struct.unpack_from("<H", body)
        if self._globals.version not in {_BIFF5, _BIFF8}:
            raise refusal("file_format_old")

    def _take_codec(self, body: bytes) -> None:
        self._globals.codec = codec_of(struct.unpack_from("<H", body)[0])

    def _take_epoch(self, body: bytes) -> None:
        self._globals.epoch_1904 = body[:1] == b"\x01"

    def _take_entry(self, body: bytes) -> None:
        start, state, kind = struct.unpack_from("<IBB", body)
        name = self._short_string(body[6:])
        self.entries.append(_Entry(name, start, kind == 0, state & 3 != 0))

    def _take_format(self, body: bytes) -> None:
        (number,) = struct.unpack_from("<H", body)
        is_new = self._globals.version == _BIFF8
        code = StringReader([body[2:]]).long() if is_new else self._short_string(body[2:])
        self._globals.codes[number] = code

    def _take_style(self, body: bytes) -> None:
        self._globals.formats_of_styles.append(struct.unpack_from("<H", body, 2)[0])

    def _short_string(self, body: bytes) -> str:
        if self._globals.version == _BIFF8:
            return StringReader([body]).short()
        return body[1 : 1 + body[0]].decode(self._globals.codec)


def _refuse_locked(_body: bytes) -> None:
    raise refusal("file_password")


class _SheetReader:
    """Takes the records of one sheet."""

    def __init__(self, book: _Globals, formats: list[_Format], strings: SharedStrings, limits: Limits) -> None:
        self._book = book
        self._formats = formats
        self._strings = strings
        self._cells = Cells(limits)
        self._merges: list[Merge] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        # The cell of a formula whose text follows in a record of its own, and the records that text spreads over.
        self._awaited: tuple[int, int] | None = None
        self._text: list[bytes] = []
        self._takers: dict[int, Callable[[bytes], None]] = {
            0x0208: self._take_row,
            0x007D: self._take_columns,
            0x0203: self._take_number,
            0x027E: self._take_packed,
            0x00BD: self._take_packed_row,
            0x00FD: self._take_shared_string,
            0x0204: self._take_label,
            0x00D6: self._take_label,
            0x0006: self._take_formula,
            0x0205: self._take_truth_or_error,
            0x00E5: self._take_merges,
            0x0207: self._take_text,
            _CONTINUED: self._take_continued,
        }

    def take(self, kind: int, body: bytes) -> None:
        if kind != _CONTINUED and self._text:
            self._finish_text()
        taker = self._takers.get(kind)
        if taker is not None:
            taker(body)

    def sheet(self, name: str) -> Sheet:
        return self._cells.sheet(
            name,
            merges=self._merges,
            hidden_rows=self._hidden_rows,
            hidden_columns=self._hidden_columns,
            epoch_1904=self._book.epoch_1904,
        )

    def _take_row(self, body: bytes) -> None:
        row, options = struct.unpack_from("<H10xI", body)
        if options & 0x20:
            self._hidden_rows.add(row)

    def _take_columns(self, body: bytes) -> None:
        first, last, options = struct.unpack_from("<HH4xH", body)
        if options & 1:
            self._hidden_columns.update(range(first, min(last, 255) + 1))

    def _take_number(self, body: bytes) -> None:
        row, column, style, number = struct.unpack_from("<HHHd", body)
        self._add_number(row, column, style, number)

    def _take_packed(self, body: bytes) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", body)
        self._add_number(row, column, style, unpacked_number(packed))

    def _take_packed_row(self, body: bytes) -> None:
        row, first = struct.unpack_from("<HH", body)
        for offset in range((len(body) - 6) // 6):
            style, packed = struct.unpack_from("<HI", body, 4 + 6 * offset)
            self._add_number(row, first + offset, style, unpacked_number(packed))

    def _add_number(self, row: int, column: int, style: int, number: float) -> None:
        style_format = self._formats[style] if style < len(self._formats) else _Format(is_date=False, pattern=None)
        text, kind = shown_number(
            number, is_date=style_format.is_date, pattern=style_format.pattern, epoch_1904=self._book.epoch_1904
        )
        self._cells.add(row, column, text, kind)

    def _take_shared_string(self, body: bytes) -> None:
        row, column, number = struct.unpack_from("<HH2xI", body)
        self._cells.add(row, column, self._strings[number], TEXT)

    def _take_label(self, body: bytes) -> None:
        row, column = struct.unpack_from("<HH", body)
        self._cells.add(row, column, self._long_string([body[6:]]), TEXT)

    def _take_formula(self, body: bytes) -> None:
        row, column, style, number, what, value, mark = struct.unpack_from("<HHHd", body) + struct.unpack_from(
            "<6xBxB3xH", body
        )
        if mark != _NO_NUMBER:
            self._add_number(row, column, style, number)
        elif what == 0:
            self._awaited = row, column
        elif what == 1:
            self._cells.add(row, column, "TRUE" if value else "FALSE", BOOLEAN)
        elif what == 2:
            self._cells.add(row, column, ERRORS.get(value, "#ERROR"), ERROR)

    def _take_truth_or_error(self, body: bytes) -> None:
        row, column, value, is_error = struct.unpack_from("<HH2xBB", body)
        if is_error:
            self._cells.add(row, column, ERRORS.get(value, "#ERROR"), ERROR)
        else:
            self._cells.add(row, column, "TRUE" if value else "FALSE", BOOLEAN)

    def _take_merges(self, body: bytes) -> None:
        (count,) = struct.unpack_from("<H", body)
        for number in range(count):
            top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * number)
            self._merges.append(((top, left), (bottom, right)))

    def _take_text(self, body: bytes) -> None:
        self._text = [body]

    def _take_continued(self, body: bytes) -> None:
        if self._text:
            self._text.append(body)

    def _finish_text(self) -> None:
        if self._awaited is not None:
            self._cells.add(*self._awaited, self._long_string(self._text), TEXT)
        self._awaited, self._text = None, []

    def _long_string(self, parts: list[bytes]) -> str:
        if self._book.version == _BIFF8:
            return StringReader(parts).long()
        (size,) = struct.unpack_from("<H", parts[0])
        return b"".join(parts)[2 : 2 + size].decode(self._book.codec)


def unpacked_number(packed: int) -> float:
    """Return the number in four bytes: a whole number or the upper half of a float, perhaps a hundredth of it."""
    if packed & _NUMBER_WHOLE:
        number = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        number = float(struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))[0])
    return number / 100 if packed & _NUMBER_HUNDREDFOLD else number
