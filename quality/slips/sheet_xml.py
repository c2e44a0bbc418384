"""A worksheet's XML cut into head, rows and tail without ever being a tree: a sheet can be hundreds of megabytes.

Rows are found by their tags, and what is not changed is handed on as it stands. That is sound because in XML no text
and no attribute holds a plain ``<``; where a sheet has what would break it (comments, CDATA, another encoding), it is
first written anew without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Final, NamedTuple

from lxml import etree

from quality.slips.package import CannotEditError, parse_xml

LAST_COLUMN: Final = 16_383
CHUNK_BYTES: Final = 4 << 20
MOST_HEAD_BYTES: Final = 64 << 20
ATTRIBUTES: Final = rb"""((?:[^<>"']|"[^"<]*"|'[^'<]*')*?)"""
_DATA: Final = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?=[\s/>])" + ATTRIBUTES + rb"(/?)>")
_ENCODING: Final = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding\s*=\s*["']([\w-]+)["']""")
_ROW_NUMBER: Final = re.compile(rb"""(?:^|\s)r\s*=\s*["'](\d+)["']""")
CELL_COLUMN: Final = re.compile(rb"""(?:^|\s)r\s*=\s*["']([A-Za-z]+)""")
_MERGE: Final = re.compile(rb"""mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")


class MarkupError(CannotEditError):
    """A sheet holds markup that bytes cannot be cut at; it has to be written anew first."""


class Merge(NamedTuple):
    """A merged range: rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Row(NamedTuple):
    """A row in a piece of XML: its number, where it starts and ends, its attributes, and its cells' bytes."""

    number: int
    start: int
    end: int
    attributes: bytes
    body: bytes


class Scanner:
    """Finds rows and cells by their tags, which may have a prefix."""

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        escaped = re.escape(prefix)
        self._row = re.compile(rb"<" + escaped + rb"row(?=[\s/>])" + ATTRIBUTES + rb"(/?)>")
        self._row_end = b"</" + prefix + b"row>"
        cell = rb"<" + escaped + rb"c(?=[\s/>])" + ATTRIBUTES
        self.cell = re.compile(cell + rb"(?:/>|>(.*?)</" + escaped + rb"c>)", re.DOTALL)
        self.cell_start = re.compile(cell + rb"(/?)>")
        self.cell_tag = b"<" + prefix + b"c "
        self.cell_end = b"</" + prefix + b"c>"

    def rows(self, piece: bytes, before: int) -> Iterator[Row]:
        """Return the rows of a piece; one without a number follows the one before."""
        number = before
        for match in self._row.finditer(piece):
            written = _ROW_NUMBER.search(match[1])
            number = int(written[1]) if written else number + 1
            if match[2]:
                yield Row(number, match.start(), match.end(), match[1], b"")
                continue
            end = piece.find(self._row_end, match.end())
            if end < 0:
                raise MarkupError("a row does not end as rows do")
            yield Row(number, match.start(), end + len(self._row_end), match[1], piece[match.end() : end])

    def right_end(self, body: bytes, at_least: int) -> int:
        """Return the last column of a row that holds something, looking no further left than ``at_least``."""
        end = len(body)
        while (start := body.rfind(self.cell_tag, 0, end)) >= 0:
            tag = self.cell_start.match(body, start)
            column = CELL_COLUMN.search(tag[1]) if tag else None
            if tag is None or column is None:
                return self._count_cells(body)
            if (index := column_index(column[1])) <= at_least:
                return at_least
            if not tag[2] and body[tag.end() : end].rstrip() != self.cell_end:
                return index
            end = start
        return at_least

    def _count_cells(self, body: bytes) -> int:
        return sum(1 for _ in self.cell.finditer(body)) - 1

    def cells(self, body: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Return the cells of a row with their columns; one without a reference follows the one before."""
        column = -1
        for match in self.cell.finditer(body):
            written = CELL_COLUMN.search(match[1])
            column = column_index(written[1]) if written else column + 1
            yield column, match


class SheetReader:
    """Cuts a worksheet into its head, its rows piece by piece, and, when those are read, its tail."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        read = b""
        while (opened := _DATA.search(read)) is None:
            piece = stream.read(CHUNK_BYTES)
            if not piece or len(read) > MOST_HEAD_BYTES:
                _refuse_encoding(read)
                raise CannotEditError("a sheet has no part for rows")
            read += piece
        self.head, self.opening, self._rest = read[: opened.start()], opened[0], read[opened.end() :]
        _refuse_encoding(self.head)
        _refuse_markup(self.head[self.head.find(b"?>") + 2 :] if b"<?xml" in self.head[:64] else self.head)
        self.scanner = Scanner(opened[1])
        self.tail = b""
        self.is_empty = bool(opened[3])

    def pieces(self) -> Iterator[bytes]:
        """Return the rows in pieces that end with whole rows; afterwards ``tail`` is set."""
        if self.is_empty:
            self.tail = self._rest + self._stream.read()
            return
        row_end, data_end = b"</" + self.scanner.prefix + b"row>", b"</" + self.scanner.prefix + b"sheetData"
        rest = self._rest
        while (end := rest.find(data_end)) < 0:
            _refuse_markup(rest)
            cut = rest.rfind(row_end) + len(row_end)
            if cut >= len(row_end):
                yield rest[:cut]
                rest = rest[cut:]
            piece = self._stream.read(CHUNK_BYTES)
            if not piece:
                raise CannotEditError("a sheet ends in the middle")
            rest += piece
        _refuse_markup(rest[:end])
        yield rest[:end]
        self.tail = rest[end:] + self._stream.read()
        self.tail = self.tail[self.tail.find(b">") + 1 :]
        if not self.tail.rstrip().endswith(b"worksheet>"):
            raise CannotEditError("a sheet ends in the middle")


def _refuse_encoding(head: bytes) -> None:
    written = _ENCODING.match(head)
    if b"\0" in head[:64] or (written is not None and written[1].lower() not in {b"utf-8", b"us-ascii"}):
        raise MarkupError("a sheet is not in UTF-8")


def _refuse_markup(piece: bytes) -> None:
    if b"<!" in piece or b"<?" in piece:
        raise MarkupError("a sheet has comments or character data")


@dataclass(frozen=True)
class Survey:
    """What has to be known of a sheet before it is edited."""

    right: int
    last_row: int
    merges: tuple[Merge, ...]
    head: bytes
    tail: bytes
    prefix: bytes


def survey(stream: IO[bytes], first_row: int, last_row: int, table_right: int) -> Survey:
    """Read a sheet through: how far right its tables' rows are filled, its last row, its merged ranges."""
    reader = SheetReader(stream)
    number, right = 0, table_right
    for piece in reader.pieces():
        for row in reader.scanner.rows(piece, number):
            number = row.number
            if first_row <= number <= last_row:
                right = max(right, reader.scanner.right_end(row.body, right))
    merges = tuple(
        Merge(int(found[2]), column_index(found[1]), int(found[4]), column_index(found[3]))
        for found in _MERGE.finditer(reader.tail)
    )
    return Survey(right, number, merges, reader.head, reader.tail, reader.scanner.prefix)


def plain_sheet(content: bytes) -> bytes:
    """Write a sheet anew: UTF-8, without comments and CDATA."""
    root = parse_xml(content)
    etree.strip_tags(root, etree.ProcessingInstruction)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


@lru_cache(maxsize=20_000)
def column_index(letters: bytes) -> int:
    """Return the number (from 0) of a column's letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1
