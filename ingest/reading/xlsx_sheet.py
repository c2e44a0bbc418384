"""The cells of one sheet of an .xlsx workbook, read as arrays piece by piece.

The XML of a large sheet is many times the file and never held whole. A piece is taken apart by its brackets, what is
written in the cells is cut out in one go, and only what is rare (dates, codes with zeros, errors) is looked at closer,
once for each text that differs. Every tag must stand where spreadsheets put it, or the sheet is rewritten plainly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.reading.cells import Cells, Kinds
from ingest.reading.delivery import Limits
from ingest.reading.markup import Markup, Places, UnusualMarkupError, pieces, unescaped, without_escapes
from ingest.reading.numbers import number_text, shown_number
from ingest.reading.plain_xml import read_quickly_or_plainly
from ingest.reading.sheet import BOOLEAN, DATE, ERROR, NUMBER, TEXT, Merge, Sheet
from ingest.reading.xlsx_plain import PlainSheet
from ingest.refusals import refusal

Mask = npt.NDArray[np.bool_]

_ROW, _ROW_END, _CELL, _CELL_END, _VALUE, _VALUE_END, _FORMULA, _FORMULA_END = range(1, 9)
_INLINE, _INLINE_END, _TEXT, _TEXT_END, _OTHER = range(9, 14)
# Tags that close themselves are of the kind of the opening ones, and so much more.
_EMPTY: Final = 16
_NAMES: Final = {
    b"ro": _ROW, b"/r": _ROW_END, b"c ": _CELL, b"/c": _CELL_END, b"v>": _VALUE, b"v ": _VALUE, b"v/": _VALUE,
    b"/v": _VALUE_END, b"f>": _FORMULA, b"f ": _FORMULA, b"f/": _FORMULA, b"/f": _FORMULA_END, b"is": _INLINE,
    b"/i": _INLINE_END, b"t>": _TEXT, b"t ": _TEXT, b"t/": _TEXT, b"/t": _TEXT_END,
}  # fmt: skip
_CELLS: Final = (_CELL, _CELL + _EMPTY)
_ROWS: Final = (_ROW, _ROW + _EMPTY)
_VALUES: Final = (_VALUE, _VALUE + _EMPTY, _CELL_END)
# What may follow what.
_FOLLOWERS: Final = {
    _ROW: (*_CELLS, _ROW_END),
    _ROW_END: _ROWS,
    _ROW + _EMPTY: _ROWS,
    _CELL: (*_VALUES, _FORMULA, _FORMULA + _EMPTY, _INLINE, _INLINE + _EMPTY),
    _CELL + _EMPTY: (*_CELLS, _ROW_END),
    _CELL_END: (*_CELLS, _ROW_END),
    _VALUE: (_VALUE_END,),
    _VALUE_END: (_CELL_END,),
    _VALUE + _EMPTY: (_CELL_END,),
    _FORMULA: (_FORMULA_END,),
    _FORMULA_END: _VALUES,
    _FORMULA + _EMPTY: _VALUES,
    _INLINE: (_TEXT, _TEXT + _EMPTY, _INLINE_END),
    _INLINE_END: (_CELL_END,),
    _INLINE + _EMPTY: (_CELL_END,),
    _TEXT: (_TEXT_END,),
    _TEXT_END: (_INLINE_END,),
    _TEXT + _EMPTY: (_INLINE_END,),
}
_ATTRIBUTE: Final = re.compile(r"""\s*([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TAG_BEGINNING: Final = re.compile(rb"<(row|col|mergeCell)\b([^>]*)>")
_REFERENCE: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
# Whole numbers and short decimals are written as they are shown; others have an exponent or the tail of a float.
_SHOWN_AS_WRITTEN: Final = r"^(0|-?[1-9][0-9]*|-?(0|[1-9][0-9]{0,6})\.[0-9]{0,7}[1-9])$"
_HEAD_BYTES: Final = 1 << 24
_QUOTE: Final = 0x22


@dataclass(frozen=True)
class NumberFormats:
    """How the styles of a workbook show numbers: which as days, which as codes filled up with zeros."""

    dates: frozenset[int]
    paddings: dict[int, str]
    epoch_1904: bool

    def shown(self, number: float, style: int) -> tuple[str, int]:
        """Return the text and the kind of a number in a style."""
        return shown_number(
            number, is_date=style in self.dates, pattern=self.paddings.get(style), epoch_1904=self.epoch_1904
        )


def read_sheet(
    name: str, open_stream: Callable[[], IO[bytes]], strings: pa.Array, formats: NumberFormats, limits: Limits
) -> Sheet:
    """Read one sheet."""
    return read_quickly_or_plainly(
        lambda stream: _SheetReader(name, strings, formats, limits).read(stream), open_stream, PlainSheet
    )


class _SheetReader:
    """Reads the parts of a sheet one after the other: columns, rows, merges."""

    def __init__(self, name: str, strings: pa.Array, formats: NumberFormats, limits: Limits) -> None:
        self._name = name
        self._strings = strings
        self._formats = formats
        self._special = np.array(sorted(formats.dates | formats.paddings.keys()), np.int64)
        self._cells = Cells(limits)
        self._limits = limits
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._merges: list[Merge] = []

    def read(self, stream: IO[bytes]) -> Sheet:
        is_head, tail = True, b""
        for piece in pieces(stream, b"</row>"):
            body = self._without_head(piece) if is_head else piece
            is_head = False
            rows, mark, after = body.partition(b"</sheetData>")
            if tail:
                # What stands behind the rows is looked through piece by piece; a tag may be cut in two.
                self._read_tags(tail[-1000:] + body)
                tail = body
            else:
                self._read_rows(rows)
                tail = mark + after if mark else b""
                self._read_tags(after)
        if not tail and not is_head:
            raise UnusualMarkupError
        return self._cells.sheet(
            self._name,
            merges=dict.fromkeys(self._merges),
            hidden_rows=self._hidden_rows,
            hidden_columns=self._hidden_columns,
            epoch_1904=self._formats.epoch_1904,
        )

    def _without_head(self, piece: bytes) -> bytes:
        """Take what stands before the rows and return the rest."""
        head, mark, rest = piece[:_HEAD_BYTES].partition(b"<sheetData")
        if not mark or b"<worksheet" not in head or b"<!" in head:
            raise UnusualMarkupError
        self._read_tags(head)
        end, _, _ = rest.partition(b">")
        rest = rest[len(end) + 1 :] + piece[_HEAD_BYTES:]
        return b"</sheetData>" + rest if end.endswith(b"/") else rest

    def _read_tags(self, text: bytes) -> None:
        for kind, inside in _TAG_BEGINNING.findall(text):
            attributes = _attributes(inside.decode("utf-8", "replace"))
            if kind == b"mergeCell":
                self._merges.extend(_merge(attributes.get("ref", "")))
            elif _is_true(attributes.get("hidden", "0")):
                self._hide(kind, attributes)

    def _hide(self, kind: bytes, attributes: dict[str, str]) -> None:
        if kind == b"row":
            self._hidden_rows.add(_whole(attributes.get("r", "")) - 1)
        else:
            first, last = _whole(attributes.get("min", "")), _whole(attributes.get("max", ""))
            self._hidden_columns.update(range(first - 1, min(last, self._limits.columns)))

    def _read_rows(self, piece: bytes) -> None:
        if not piece.strip():
            return
        if b"hidden=" in piece:
            self._read_tags(piece)
        markup = Markup(piece)
        if not len(markup.opens):
            raise UnusualMarkupError
        kinds = _kinds(markup)
        cells = np.flatnonzero(kinds == _CELL)
        if not len(cells):
            return
        rows, columns, behind = _references(markup, cells)
        content = _content_tags(kinds, cells)
        types, styles = _looks(markup.slices(behind, markup.closes[cells]))
        has_content = content >= 0
        texts = markup.slices(
            np.where(has_content, markup.closes[content] + 1, 0), np.where(has_content, markup.ends[content], 0)
        )
        is_formula = np.isin(kinds[cells + 1], (_FORMULA, _FORMULA + _EMPTY))
        self._refuse_not_calculated(is_formula & (types != "str"), texts)
        texts, shown_kinds = self._shown(texts, types, styles)
        self._cells.add_batch(rows, columns, texts, shown_kinds)

    def _refuse_not_calculated(self, awaited: Mask, texts: pa.Array) -> None:
        if awaited.any() and pc.any(pc.equal(texts.filter(pa.array(awaited)), "")).as_py():
            raise refusal("file_not_calculated", detail=self._name)

    def _shown(self, texts: pa.Array, types: npt.NDArray[np.str_], styles: Places) -> tuple[pa.Array, Kinds]:
        """Return texts and kinds of cells as their types and styles show them."""
        order: list[Places] = []
        parts: list[pa.Array] = []
        kinds = np.zeros(len(texts), np.int8)
        for cell_type in np.unique(types):
            chosen = np.flatnonzero(types == cell_type)
            found = texts if len(chosen) == len(texts) else texts.take(pa.array(chosen))
            shown, kinds[chosen] = self._of_type(str(cell_type), found, styles[chosen])
            order.append(chosen)
            parts.append(shown)
        if len(parts) == 1:
            return parts[0], kinds
        return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(order)))), kinds

    def _of_type(self, cell_type: str, texts: pa.Array, styles: Places) -> tuple[pa.Array, Kinds | int]:
        if cell_type == "s":
            return self._shared(texts), TEXT
        if cell_type in {"str", "inlineStr"}:
            return without_escapes(unescaped(texts)), TEXT
        if cell_type == "b":
            return pc.if_else(pc.equal(texts, "1"), "TRUE", pc.if_else(pc.equal(texts, "0"), "FALSE", texts)), BOOLEAN
        if cell_type == "e":
            return unescaped(texts), ERROR
        if cell_type == "d":
            return pc.replace_substring_regex(texts, r"T(00:00:00.*)?", ""), DATE
        return self._numbers(pc.utf8_trim_whitespace(texts), styles)

    def _shared(self, texts: pa.Array) -> pa.Array:
        try:
            numbers = pc.if_else(pc.equal(texts, ""), None, texts).cast(pa.int32())
            return pc.fill_null(self._strings.take(numbers), "")
        except (pa.ArrowInvalid, pa.ArrowIndexError) as error:
            raise refusal("file_damaged", detail="sharedStrings") from error

    def _numbers(self, texts: pa.Array, styles: Places) -> tuple[pa.Array, Kinds]:
        kinds = np.full(len(texts), NUMBER, np.int8)
        is_special = np.isin(styles, self._special) if len(self._special) else np.zeros(len(texts), np.bool_)
        as_written = pc.match_substring_regex(texts, _SHOWN_AS_WRITTEN)
        close = is_special | ~as_written.to_numpy(zero_copy_only=False)
        if not close.any():
            return texts, kinds
        changed, kinds[close] = self._looked_at(texts.filter(pa.array(close)), np.where(is_special, styles, -1)[close])
        return pc.replace_with_mask(texts, pa.array(close), changed), kinds

    def _looked_at(self, texts: pa.Array, styles: Places) -> tuple[pa.Array, Kinds]:
        """Return numbers as their styles show them, looking once at each number in each style."""
        encoded = texts.dictionary_encode()
        numbers = encoded.indices.to_numpy()
        pairs, where = np.unique(numbers.astype(np.int64) * 65_536 + styles + 1, return_inverse=True)
        written = encoded.dictionary.to_pylist()
        looks = [self._of_number(written[pair // 65_536], int(pair % 65_536) - 1) for pair in pairs.tolist()]
        shown = pa.array([text for text, _ in looks], pa.string())
        return shown.take(pa.array(where)), np.array([kind for _, kind in looks], np.int8)[where]

    def _of_number(self, written: str, style: int) -> tuple[str, int]:
        try:
            number = float(written)
            return self._formats.shown(number, style) if style >= 0 else (number_text(number), NUMBER)
        except (ValueError, OverflowError, ArithmeticError):
            return written, TEXT


def _kinds(markup: Markup) -> npt.NDArray[np.int8]:
    """Return the kind of each tag; raises where one stands where it must not."""
    first, second = markup.bytes[markup.opens + 1], markup.bytes[markup.opens + 2]
    kinds: npt.NDArray[np.int8] = _KIND_OF_NAME[first.astype(np.uint16) << 8 | second]
    kinds = kinds + markup.is_empty.astype(np.int8) * np.int8(_EMPTY)
    if kinds[0] not in _ROWS or not bool(np.all(_MAY_FOLLOW[kinds[:-1], kinds[1:]])):
        raise UnusualMarkupError
    if kinds[-1] not in {_ROW_END, _ROW + _EMPTY}:
        raise UnusualMarkupError
    return kinds


def _kind_table() -> npt.NDArray[np.int8]:
    table = np.full(65_536, _OTHER, np.int8)
    for name, kind in _NAMES.items():
        table[name[0] << 8 | name[1]] = kind
    return table


def _follower_table() -> Mask:
    table = np.zeros((2 * _EMPTY, 2 * _EMPTY), np.bool_)
    for kind, followers in _FOLLOWERS.items():
        table[kind, list(followers)] = True
    return table


_KIND_OF_NAME: Final = _kind_table()
_MAY_FOLLOW: Final = _follower_table()


def _references(markup: Markup, cells: Places) -> tuple[Places, Places, Places]:
    """Return row and column of each cell, from 0, and where its other attributes begin."""
    place = markup.opens[cells] + 3
    for letter in b'r="':
        if not bool(np.all(markup.bytes[place] == letter)):
            raise UnusualMarkupError
        place += 1
    columns, place = _letters(markup, place)
    rows = np.zeros(len(cells), np.int64)
    active = np.ones(len(cells), np.bool_)
    for _ in range(7):
        digit = markup.bytes[place].astype(np.int64) - 48
        active &= (digit >= 0) & (digit <= 9)
        if not active.any():
            break
        rows = np.where(active, rows * 10 + digit, rows)
        place += active
    if not bool(np.all(markup.bytes[place] == _QUOTE)) or not bool(np.all(rows > 0)) or not bool(np.all(columns > 0)):
        raise UnusualMarkupError
    return rows - 1, columns - 1, place + 1


def _letters(markup: Markup, place: Places) -> tuple[Places, Places]:
    columns = np.zeros(len(place), np.int64)
    active = np.ones(len(place), np.bool_)
    for _ in range(3):
        letter = markup.bytes[place].astype(np.int64) - 64
        active &= (letter >= 1) & (letter <= 26)
        columns = np.where(active, columns * 26 + letter, columns)
        place = place + active
    return columns, place


def _content_tags(kinds: npt.NDArray[np.int8], cells: Places) -> Places:
    """Return which tag holds what each cell shows; -1 where none does."""
    place = cells + 1
    place = place + 2 * (kinds[place] == _FORMULA) + (kinds[place] == _FORMULA + _EMPTY) + (kinds[place] == _INLINE)
    return np.where((kinds[place] == _VALUE) | (kinds[place] == _TEXT), place, -1)


def _looks(attributes: pa.Array) -> tuple[npt.NDArray[np.str_], Places]:
    """Return type and style of each cell; few texts of attributes differ, and each is read once."""
    encoded = attributes.dictionary_encode()
    read = [_attributes(text) for text in encoded.dictionary.to_pylist()]
    types = np.array([each.get("t", "n") for each in read])
    styles = np.array([_whole(each.get("s", "0")) for each in read], np.int64)
    where = encoded.indices.to_numpy()
    return types[where], styles[where]


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while match := _ATTRIBUTE.match(text, position):
        found[match[1]] = match[2] if match[2] is not None else match[3]
        position = match.end()
    if text[position:].strip(" \t\r\n/?"):
        raise UnusualMarkupError
    return found


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _is_true(text: str) -> bool:
    return text in {"1", "true", "on"}


def _merge(reference: str) -> Iterator[Merge]:
    corners = [_REFERENCE.fullmatch(part) for part in reference.split(":")]
    if len(corners) == 2 and corners[0] and corners[1]:
        yield _corner(corners[0]), _corner(corners[1])


def _corner(found: re.Match[str]) -> tuple[int, int]:
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1
