"""Rewrites XML that is written in an unusual way (prefixes, comments, other encodings) plainly, while it is read.

An ordinary parser reads it; what is needed of it is written anew for the quick reader of ``markup``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import IO, Protocol, TypeVar, cast

from ingest.reading.markup import UnusualMarkupError
from ingest.reading.xml_events import CHUNK_BYTES, EventFeed
from ingest.refusals import refusal

Result = TypeVar("Result")


class PlainWriter(Protocol):
    """Says what to write for what is read."""

    def start(self, name: str, attributes: Mapping[str, str], /) -> str:
        """Return what to write where an element begins."""

    def text(self, text: str, /) -> None:
        """Take the text in an element."""

    def end(self, name: str, /) -> str:
        """Return what to write where an element ends."""


class PlainXml(io.RawIOBase):
    """A stream of the rewritten document."""

    def __init__(self, stream: IO[bytes], writer: PlainWriter) -> None:
        self._stream = stream
        self._writer = writer
        self._written: list[str] = []
        self._is_over = False
        self._feed = EventFeed(self._start, self._end, writer.text)

    def read(self, size: int = -1) -> bytes:
        """Return the next part, of about the size asked for; an empty one at the end."""
        found: list[bytes] = []
        length = 0
        while not self._is_over and (length == 0 or 0 <= length < size):
            piece = self._stream.read(CHUNK_BYTES)
            self._feed.feed(piece)
            self._is_over = not piece
            found.append("".join(self._written).encode("utf-8", "replace"))
            self._written.clear()
            length += len(found[-1])
        return b"".join(found)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._written.append(self._writer.start(name, attributes))

    def _end(self, name: str) -> None:
        self._written.append(self._writer.end(name))


def read_quickly_or_plainly(
    read: Callable[[IO[bytes]], Result], open_stream: Callable[[], IO[bytes]], new_writer: Callable[[], PlainWriter]
) -> Result:
    """Read a document as it is written, or, where it is written in an unusual way, rewritten plainly."""
    try:
        with open_stream() as stream:
            return read(stream)
    except UnusualMarkupError:
        pass
    try:
        with open_stream() as stream:
            return read(cast(IO[bytes], PlainXml(stream, new_writer())))
    except UnusualMarkupError as error:
        raise refusal("file_damaged", detail="XML") from error
