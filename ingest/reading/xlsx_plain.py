"""Writes a sheet of an .xlsx workbook plainly: each cell with its place, its look and one content.

Cells that do not say where they stand are counted on; texts in parts are put together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

_CONTENT: Final = frozenset({"v", "t", "f"})
_REFERENCE: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_LETTERS: Final = 26


class PlainSheet:
    """A writer for what an ordinary parser finds in a sheet."""

    def __init__(self) -> None:
        self._row = 0
        self._column = 0
        self._open = ""
        self._reading = 0
        self._content: dict[str, list[str]] | None = None
        self._cell: Mapping[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> str:
        """Return what to write where an element begins."""
        if name == "row":
            return self._start_row(attributes)
        if name == "c":
            self._cell, self._content = attributes, {}
        elif name == "rPh":
            self._reading += 1
        elif name in _CONTENT and self._content is not None and not self._reading:
            self._open = name
            self._content.setdefault(name, [])
        elif name in {"worksheet", "sheetData"}:
            return f"<{name}>"
        elif name in {"col", "mergeCell"}:
            return f"<{name} {_written(attributes)}/>"
        return ""

    def text(self, text: str) -> None:
        """Take the text in an element."""
        if self._open and self._content is not None:
            self._content[self._open].append(text)

    def end(self, name: str) -> str:
        """Return what to write where an element ends."""
        if name == "c":
            return self._end_cell()
        if name == "rPh":
            self._reading -= 1
        elif name in _CONTENT:
            self._open = ""
        elif name in {"row", "sheetData"}:
            return f"</{name}>"
        return ""

    def _start_row(self, attributes: Mapping[str, str]) -> str:
        given = attributes.get("r", "")
        self._row = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else self._row + 1
        self._column = 0
        hidden = ' hidden="1"' if attributes.get("hidden") in {"1", "true"} else ""
        return f'<row r="{self._row}"{hidden}>'

    def _end_cell(self) -> str:
        content, self._content = self._content or {}, None
        reference = self._reference()
        look = _written({key: value for key, value in self._cell.items() if key in {"s", "t"}})
        formula = "<f>=</f>" if "f" in content else ""
        if "t" in content:
            text = escape("".join(content["t"]))
            return f'<c r="{reference}" {look}><is><t>{text}</t></is></c>'
        value = f"<v>{escape(''.join(content['v']))}</v>" if "v" in content else ""
        return f'<c r="{reference}" {look}>{formula}{value}</c>'

    def _reference(self) -> str:
        found = _REFERENCE.fullmatch(self._cell.get("r", ""))
        if found is None:
            self._column += 1
            return f"{_letters(self._column)}{self._row}"
        self._column = 0
        for letter in found[1].upper():
            self._column = self._column * _LETTERS + ord(letter) - 64
        return found[0].upper()


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        letters = chr(65 + rest) + letters
    return letters


def _written(attributes: Mapping[str, str]) -> str:
    return " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
