"""Sheets of .xlsb workbooks: the binary twin of .xlsx, records in the members of an archive."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from typing import IO, Final, cast

from ingest.reading.biff import ERRORS, unpacked_number
from ingest.reading.cells import Cells
from ingest.reading.delivery import Limits
from ingest.reading.sheet import BOOLEAN, ERROR, TEXT, Merge, Sheet
from ingest.reading.xlsx_sheet import NumberFormats
from ingest.refusals import refusal

_ROW, _STRING, _FORMAT, _STYLE, _STYLES, _STYLES_END = 0, 19, 44, 47, 617, 618
_SHEET, _PROPERTIES, _COLUMN, _MERGE = 156, 153, 60, 176
_EPOCH_1904: Final = 1
_HIDDEN_ROW: Final = 0x10
_HIDDEN_COLUMN: Final = 1
_BUFFER_BYTES: Final = 1 << 20
_LONGEST_RECORD: Final = 1 << 24
_LAST_ROW: Final = 1 << 20

Record = tuple[int, bytes]


def records(stream: IO[bytes]) -> Iterator[Record]:
    """Return the records of a member, kind and body, as they are read."""
    buffered = cast(IO[bytes], io.BufferedReader(cast(io.RawIOBase, stream), _BUFFER_BYTES))
    while (kind := _number(buffered, 2)) is not None:
        length = _number(buffered, 4)
        if length is None or length > _LONGEST_RECORD:
            raise refusal("file_damaged", detail="xlsb")
        body = buffered.read(length)
        if len(body) < length:
            raise refusal("file_damaged", detail="xlsb")
        yield kind, body


def _number(stream: IO[bytes], most: int) -> int | None:
    """Return a number of a varying count of bytes, seven bits in each; None at the end of the stream."""
    number = 0
    for offset in range(most):
        byte = stream.read(1)
        if not byte:
            if offset:
                raise refusal("file_damaged", detail="xlsb")
            return None
        number |= (byte[0] & 0x7F) << (7 * offset)
        if byte[0] < 0x80:
            break
    return number


def _text(body: bytes, position: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", body, position)
    end = position + 4 + 2 * length
    if length == 0xFFFFFFFF:
        return "", position + 4
    if end > len(body):
        raise refusal("file_damaged", detail="xlsb")
    return body[position + 4 : end].decode("utf-16-le", "replace"), end


def read_workbook(stream: IO[bytes]) -> tuple[list[tuple[str, str]], bool]:
    """Return names and relations of the sheets in order, and whether days are counted from 1904."""
    entries: list[tuple[str, str]] = []
    epoch_1904 = False
    with _Refusing():
        for kind, body in records(stream):
            if kind == _SHEET:
                relation, end = _text(body, 8)
                entries.append((_text(body, end)[0], relation))
            elif kind == _PROPERTIES:
                epoch_1904 = bool(struct.unpack_from("<I", body)[0] & _EPOCH_1904)
    return entries, epoch_1904


def read_styles(stream: IO[bytes]) -> tuple[list[int], dict[int, str]]:
    """Return the number of each style's format, and the texts of the formats."""
    styles: list[int] = []
    codes: dict[int, str] = {}
    is_in_styles = False
    with _Refusing():
        for kind, body in records(stream):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", body)[0]] = _text(body, 2)[0]
            elif kind in {_STYLES, _STYLES_END}:
                is_in_styles = kind == _STYLES
            elif kind == _STYLE and is_in_styles:
                styles.append(struct.unpack_from("<H", body, 2)[0])
    return styles, codes


def read_strings(stream: IO[bytes]) -> list[str]:
    """Return the shared strings in order."""
    with _Refusing():
        return [_text(body, 1)[0] for kind, body in records(stream) if kind == _STRING]


def read_sheet(stream: IO[bytes], name: str, strings: list[str], formats: NumberFormats, limits: Limits) -> Sheet:
    """Read one sheet."""
    with _Refusing():
        reader = _SheetReader(strings, formats, limits)
        for kind, body in records(stream):
            reader.take(kind, body)
        return reader.sheet(name)


class _Refusing:
    """Turns records that say other than they hold into a refusal."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (struct.error, IndexError, OverflowError)):
            raise refusal("file_damaged", detail="xlsb") from error


class _SheetReader:
    """Takes the records of one sheet."""

    def __init__(self, strings: list[str], formats: NumberFormats, limits: Limits) -> None:
        self._strings = strings
        self._formats = formats
        self._limits = limits
        self._cells = Cells(limits)
        self._row = 0
        self._merges: list[Merge] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._contents: dict[int, Callable[[int, bytes], tuple[str, int]]] = {
            2: lambda style, body: self._number(style, unpacked_number(struct.unpack_from("<I", body)[0])),
            3: lambda _style, body: (ERRORS.get(body[0], "#ERROR"), ERROR),
            4: lambda _style, body: ("TRUE" if body[0] else "FALSE", BOOLEAN),
            5: lambda style, body: self._number(style, struct.unpack_from("<d", body)[0]),
            6: lambda _style, body: (_text(body, 0)[0], TEXT),
            7: lambda _style, body: (self._strings[struct.unpack_from("<I", body)[0]], TEXT),
            8: lambda _style, body: (_text(body, 0)[0], TEXT),
            9: lambda style, body: self._number(style, struct.unpack_from("<d", body)[0]),
            10: lambda _style, body: ("TRUE" if body[0] else "FALSE", BOOLEAN),
            11: lambda _style, body: (ERRORS.get(body[0], "#ERROR"), ERROR),
            62: lambda _style, body: (_text(body, 1)[0], TEXT),
        }

    def take(self, kind: int, body: bytes) -> None:
        content = self._contents.get(kind)
        if content is not None:
            column, style = struct.unpack_from("<II", body)
            text, shown = content(style & 0xFFFFFF, body[8:])
            self._cells.add(self._row, column, text, shown)
        elif kind == _ROW:
            self._take_row(body)
        elif kind == _COLUMN:
            first, last, options = struct.unpack_from("<II8xH", body)
            if options & _HIDDEN_COLUMN:
                self._hidden_columns.update(range(first, min(last + 1, self._limits.columns)))
        elif kind == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            self._merges.append(((top, left), (bottom, right)))

    def _take_row(self, body: bytes) -> None:
        (self._row,) = struct.unpack_from("<I", body)
        if self._row >= _LAST_ROW:
            raise refusal("file_damaged", detail="xlsb")
        if struct.unpack_from("<B", body, 11)[0] & _HIDDEN_ROW:
            self._hidden_rows.add(self._row)

    def _number(self, style: int, number: float) -> tuple[str, int]:
        return self._formats.shown(number, style)

    def sheet(self, name: str) -> Sheet:
        return self._cells.sheet(
            name,
            merges=self._merges,
            hidden_rows=self._hidden_rows,
            hidden_columns=self._hidden_columns,
            epoch_1904=self._formats.epoch_1904,
        )
