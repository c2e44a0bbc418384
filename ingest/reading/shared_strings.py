"""The shared strings of an .xlsx workbook: all its texts, written once, to which cells point by number.

A text in parts of different looks is put together; the readings that stand above Chinese characters are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Final
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.reading.markup import Markup, UnusualMarkupError, pieces, unescaped, without_escapes
from ingest.reading.plain_xml import read_quickly_or_plainly

_LETTER_S, _LETTER_I, _LETTER_T, _LETTER_R, _LETTER_P, _LETTER_H = b"sitrPh"
_SLASH, _BANG = b"/!"
_AFTER_A_NAME: Final = np.frombuffer(b" >/\t\r\n", np.uint8)


def read_shared_strings(open_stream: Callable[[], IO[bytes]]) -> pa.Array:
    """Return the shared strings in order."""
    return read_quickly_or_plainly(_read, open_stream, _PlainStrings)


def _read(stream: IO[bytes]) -> pa.Array:
    found: list[pa.Array] = []
    for number, piece in enumerate(pieces(stream, b"</si>")):
        if number == 0 and b"<sst" not in piece:
            raise UnusualMarkupError
        found.append(without_escapes(unescaped(_strings(Markup(piece)))))
    return pa.concat_arrays(found) if found else pa.array([], pa.string())


def _strings(markup: Markup) -> pa.Array:
    """Return the strings of one piece."""
    if not len(markup.opens):
        return pa.array([], pa.string())
    first, second, third, fourth = (markup.bytes[markup.opens + offset] for offset in (1, 2, 3, 4))
    if bool(np.any(first == _BANG)):
        raise UnusualMarkupError
    is_string = (first == _LETTER_S) & (second == _LETTER_I) & np.isin(third, _AFTER_A_NAME)
    is_text = (first == _LETTER_T) & np.isin(second, _AFTER_A_NAME) & ~markup.is_empty
    is_reading = (first == _LETTER_R) & (second == _LETTER_P) & (third == _LETTER_H)
    ends_reading = (first == _SLASH) & (second == _LETTER_R) & (third == _LETTER_P) & (fourth == _LETTER_H)
    depth = np.cumsum(is_reading.astype(np.int64) - ends_reading)
    texts = np.flatnonzero(is_text & (depth == 0))
    count = int(is_string.sum())
    owners = (np.cumsum(is_string) - 1)[texts]
    if len(owners) and (owners.min() < 0):
        raise UnusualMarkupError
    return _joined(markup.slices(markup.closes[texts] + 1, markup.ends[texts]), owners, count)


def _joined(texts: pa.Array, owners: npt.NDArray[np.int64], count: int) -> pa.Array:
    """Return one text for each owner, put together of all that belong to it."""
    if len(owners) == count and bool(np.all(owners == np.arange(count))):
        return texts
    joined = [""] * count
    for owner, text in zip(owners.tolist(), texts.to_pylist(), strict=True):
        joined[owner] += text
    return pa.array(joined, pa.string())


class _PlainStrings:
    """Writes shared strings plainly: one text in each, no readings."""

    def __init__(self) -> None:
        self._texts: list[str] | None = None
        self._is_text = False
        self._reading = 0

    def start(self, name: str, _attributes: Mapping[str, str]) -> str:
        if name == "si":
            self._texts = []
        elif name == "rPh":
            self._reading += 1
        elif name == "t":
            self._is_text = not self._reading
        return "<sst>" if name == "sst" else ""

    def text(self, text: str) -> None:
        if self._is_text and self._texts is not None:
            self._texts.append(text)

    def end(self, name: str) -> str:
        if name == "rPh":
            self._reading -= 1
        elif name == "t":
            self._is_text = False
        elif name == "si" and self._texts is not None:
            return f"<si><t>{escape(''.join(self._texts))}</t></si>"
        return ""
