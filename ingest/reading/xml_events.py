"""XML read as a stream of events, with nothing in it that could reach out or blow up.

A document type declaration is refused at its first letter: no format popflow reads needs one, and every XML bomb and
every reference to a file elsewhere begins with one. Names come without their namespaces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Final
from xml.parsers import expat

from ingest.refusals import refusal

CHUNK_BYTES: Final = 1 << 20
_DEEPEST: Final = 200


class _DeclarationError(Exception):
    """The document declares a type of its own."""


class EventFeed:
    """Calls ``start``, ``end`` and ``text`` for what the pieces of a document hold, in order.

    Raises ``FileRefusedError`` where it is no sound XML, declares a document type or nests without end.
    """

    def __init__(
        self,
        start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> None:
        self._start, self._end = start, end
        self._depth = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = text
        self._parser.StartDoctypeDeclHandler = _refuse_declaration

    def feed(self, piece: bytes) -> None:
        """Read the next piece; an empty one says that the document ends."""
        try:
            self._parser.Parse(piece, not piece)
        except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
            raise refusal("file_damaged", detail="XML") from error
        except _DeclarationError as error:
            raise refusal("file_damaged", detail="DOCTYPE") from error

    def _on_start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _DeclarationError
        self._start(local_name(name), {local_name(key): value for key, value in attributes.items()})

    def _on_end(self, name: str) -> None:
        self._depth -= 1
        self._end(local_name(name))


def read_events(
    stream: IO[bytes],
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] = lambda _name: None,
    text: Callable[[str], None] = lambda _text: None,
) -> None:
    """Read a whole document as events."""
    feed = EventFeed(start, end, text)
    while piece := stream.read(CHUNK_BYTES):
        feed.feed(piece)
    feed.feed(b"")


def local_name(name: str) -> str:
    """Return a name without its namespace."""
    return name.rpartition(" ")[2]


def _refuse_declaration(*_declaration: object) -> None:
    raise _DeclarationError
