"""The compound file in which old binary workbooks lie: a small file system of sectors and chains.

Only what leads to a named stream is read. Every chain is followed for no more steps than there are sectors, so a chain
that bites its tail ends in a refusal.
"""

from __future__ import annotations

import struct
from typing import Final

from ingest.refusals import refusal

MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_HEADER_BYTES: Final = 512
_TABLES_IN_HEADER: Final = 109
_ENTRY_BYTES: Final = 128
_STREAM, _ROOT = 2, 5
_LAST_SECTOR: Final = 0xFFFFFFFA


class CompoundFile:
    """The streams of a compound file, by name."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._read_header()
        except (struct.error, IndexError, OverflowError) as error:
            raise refusal("file_damaged", detail="OLE") from error

    @property
    def names(self) -> frozenset[str]:
        """The names of all streams and storages."""
        return frozenset(self._entries)

    def stream(self, name: str) -> bytes:
        """Return what a stream holds, complete."""
        start, size, _ = self._entries[name]
        if size < self._cutoff:
            found = b"".join(
                self._mini_stream[number << self._mini_shift : (number + 1) << self._mini_shift]
                for number in _chain(start, self._mini_table)
            )
        else:
            found = self._sectors(start)
        if len(found) < size:
            raise refusal("file_damaged", detail="OLE")
        return found[:size]

    def _read_header(self) -> None:
        header = self._content[:_HEADER_BYTES]
        self._shift, self._mini_shift = struct.unpack_from("<HH", header, 30)
        if self._shift not in {9, 12} or self._mini_shift != 6:
            raise refusal("file_damaged", detail="OLE")
        directory, self._cutoff, mini_start = struct.unpack_from("<I4xII", header, 48)
        self._table = self._sector_table(header)
        self._entries = self._directory(self._sectors(directory))
        mini = self._sectors(mini_start) if mini_start < _LAST_SECTOR else b""
        self._mini_table = struct.unpack(f"<{len(mini) // 4}I", mini[: len(mini) // 4 * 4])
        root = next((entry for entry in self._entries.values() if entry[2] == _ROOT), None)
        if root is None:
            raise refusal("file_damaged", detail="OLE")
        self._mini_stream = self._sectors(root[0])[: root[1]] if root[1] else b""

    def _sector_table(self, header: bytes) -> tuple[int, ...]:
        """Return which sector follows each sector; the table lies in sectors itself."""
        places = list(struct.unpack_from(f"<{_TABLES_IN_HEADER}I", header, 76))
        (more,) = struct.unpack_from("<I", header, 68)
        for _ in range(len(self._content) >> self._shift):
            if more >= _LAST_SECTOR:
                break
            block = self._sector(more)
            *found, more = struct.unpack(f"<{len(block) // 4}I", block)
            places.extend(found)
        used = (place for place in places if place < _LAST_SECTOR)
        table = b"".join(self._sector(place) for place in used)
        return struct.unpack(f"<{len(table) // 4}I", table)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        found = self._content[start : start + (1 << self._shift)]
        if not found:
            raise refusal("file_damaged", detail="OLE")
        # Some programs leave out the end of the last sector.
        return found.ljust(1 << self._shift, b"\0")

    def _sectors(self, start: int) -> bytes:
        return b"".join(map(self._sector, _chain(start, self._table)))

    @staticmethod
    def _directory(content: bytes) -> dict[str, tuple[int, int, int]]:
        """Return start, size and kind of each entry by its name."""
        entries: dict[str, tuple[int, int, int]] = {}
        for position in range(0, len(content), _ENTRY_BYTES):
            length, kind = struct.unpack_from("<HB", content, position + 64)
            if kind:
                name = content[position : position + min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
                start, size = struct.unpack_from("<II", content, position + 116)
                entries.setdefault(name, (start, size, kind))
        return entries


def _chain(start: int, table: tuple[int, ...]) -> list[int]:
    """Return the sectors of a chain in order."""
    found: list[int] = []
    number = start
    while number < _LAST_SECTOR:
        if number >= len(table) or len(found) > len(table):
            raise refusal("file_damaged", detail="OLE")
        found.append(number)
        number = table[number]
    return found
