"""Strings of old binary workbooks, which may break off in one record and go on in the next.

Where characters go on, the next record first says anew how wide they are.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from ingest.refusals import refusal

_WIDE, _PHONETIC, _RICH = 1, 4, 8
_CODECS: Final = {936: "gb18030", 950: "big5hkscs", 932: "cp932", 949: "cp949", 65001: "utf-8", 10008: "gb18030"}
_WESTERN: Final = frozenset({437, 850, 1250, 1251, 1252})
_SURE_SHARED_STRINGS: Final = 1 << 24


def codec_of(page: int) -> str:
    """Return the codec of a code page; texts of Chinese offices are GB18030 where the page says nothing better."""
    return f"cp{page}" if page in _WESTERN else _CODECS.get(page, "gb18030")


class StringReader:
    """Reads strings one after the other from the bodies of records."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts
        self._part = 0
        self._position = 0

    def short(self) -> str:
        """Return a string whose length takes one byte."""
        return self._string(self._bytes(1)[0])

    def long(self) -> str:
        """Return a string whose length takes two bytes."""
        return self._string(struct.unpack("<H", self._bytes(2))[0])

    def skip(self, size: int) -> None:
        """Leave out bytes."""
        self._bytes(size)

    def _string(self, length: int) -> str:
        flags = self._bytes(1)[0]
        runs = struct.unpack("<H", self._bytes(2))[0] if flags & _RICH else 0
        phonetic = struct.unpack("<I", self._bytes(4))[0] if flags & _PHONETIC else 0
        text = self._characters(length, is_wide=bool(flags & _WIDE))
        self._bytes(4 * runs + phonetic)
        return text

    def _characters(self, length: int, *, is_wide: bool) -> str:
        found: list[str] = []
        while length:
            part = self._parts[self._part]
            width = 2 if is_wide else 1
            count = min(length, (len(part) - self._position) // width)
            raw = part[self._position : self._position + count * width]
            found.append(raw.decode("utf-16-le", "surrogatepass") if is_wide else raw.decode("latin-1"))
            self._position += count * width
            length -= count
            if length:
                self._go_on()
                is_wide = bool(self._bytes(1)[0] & _WIDE)
        text = "".join(found)
        return (
            text
            if text.isascii() or not is_wide
            else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        )

    def _bytes(self, size: int) -> bytes:
        part = self._parts[self._part]
        found = part[self._position : self._position + size]
        self._position += len(found)
        while len(found) < size:
            self._go_on()
            more = self._parts[self._part][: size - len(found)]
            self._position = len(more)
            found += more
        return found

    def _go_on(self) -> None:
        self._part += 1
        self._position = 0
        if self._part >= len(self._parts):
            raise refusal("file_damaged", detail="xls")


class SharedStrings:
    """The strings cells point to by number."""

    def __init__(self, first: bytes, others: Sequence[bytes]) -> None:
        self._strings: list[str] = []
        if not first:
            return
        (count,) = struct.unpack_from("<I", first, 4)
        reader = StringReader([first, *others])
        reader.skip(8)
        if count > _SURE_SHARED_STRINGS:
            raise refusal("file_damaged", detail="xls")
        self._strings = [reader.long() for _ in range(count)]

    def __getitem__(self, number: int) -> str:
        return self._strings[number]
