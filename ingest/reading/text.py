"""Texts of separated fields: .csv, .txt and .tsv with any separator and in any Chinese encoding.

The separator is the one that cuts most lines into the same number of fields. Quotes are believed only where they close
again without swallowing lines of the table: a single stray quote would otherwise make one cell of a thousand rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.reading.cells import refuse_long, without_controls
from ingest.reading.delivery import Document, Limits
from ingest.reading.encoding import decoded
from ingest.reading.plain_lines import of_width, read_plain_lines
from ingest.reading.sheet import Sheet, sheet_of
from ingest.refusals import refusal

# Characters that separate, and those that stand in texts as well and separate only where none of the former does.
_SEPARATORS: Final = ((",", "\t", ";", "|"), ("，", "、", "~", "^"))
# Columns set apart by blanks; two or more at a time, or else any.
_WIDE_BLANKS: Final = re.compile(r"[ \u3000]*(?:[ \u3000]{2}|\t)[ \u3000\t]*")
_BLANKS: Final = re.compile(r"[ \u3000\t]+")
_SNIFFED_LINES: Final = 200
_SNIFFED_CHARACTERS: Final = 1 << 17
_MOST_COUNTED: Final = 40
_AGREEING: Final = 0.6
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_SAID_SEPARATOR: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# A number kept as text by a formula or by an apostrophe, as spreadsheets and exports write it.
_TEXT_MARK: Final = re.compile(r'^\s*(?:="(.*)"|\'(\d[\d\-]*[\dXx]?))\s*$', re.DOTALL)
_LINE_ENDS: Final = re.compile(r"\r\n?")
_BLANK_CHARACTERS: Final = " \t\r\n\u3000"
# A quoted cell of more lines is a quote that was never closed.
_LINES_PER_RECORD: Final = 100

Record = Sequence[str]


def read_text(content: bytes, limits: Limits) -> Document:
    """Read a text of separated fields as one sheet."""
    text, encoding = decoded(content)
    said = _SAID_SEPARATOR.match(text)
    text = text[said.end() :] if said else text
    separator = said[1] if said else sniffed_separator(text)
    text = _LINE_ENDS.sub("\n", text) if "\r" in text else text
    is_plain = isinstance(separator, str) and '"' not in text
    sheet = read_plain_lines(text, str(separator), limits) if is_plain else _sheet(text, separator, limits)
    return Document("csv", encoding, (_cleaned(sheet, limits),) if sheet.height else ())


def _sheet(text: str, separator: str | re.Pattern[str], limits: Limits) -> Sheet:
    lines = io.StringIO(text)
    records: Iterable[Record]
    if isinstance(separator, re.Pattern):
        records = (separator.split(line.strip(_BLANK_CHARACTERS)) for line in lines)
    else:
        records = _quoted_records(_Lines(lines), separator, limits)
    sheet = sheet_of("", _within_limits(records, limits))
    if sheet.width * sheet.height > limits.cells:
        raise refusal("file_too_large", detail=f"{sheet.height} × {sheet.width}")
    texts = tuple(map(without_controls, sheet.texts))
    return Sheet("", sheet.height, texts, sheet.cell_kinds)


def _within_limits(records: Iterable[Record], limits: Limits) -> Iterator[Record]:
    """Hand the records on while there are no more cells than can be held."""
    cells = 0
    for record in records:
        kept = of_width(record, limits)
        cells += len(kept)
        if cells > limits.cells:
            raise refusal("file_too_large", detail=f"{cells}")
        yield kept


def _cleaned(sheet: Sheet, limits: Limits) -> Sheet:
    """Return the sheet with numbers that were marked as text as these; refuse texts longer than an entry can be."""
    texts = tuple(map(_unmarked, sheet.texts))
    for column in texts:
        refuse_long(column, limits)
    return Sheet(sheet.name, sheet.height, texts, sheet.cell_kinds)


def _unmarked(column: pa.ChunkedArray) -> pa.ChunkedArray:
    marked = pc.fill_null(pc.match_substring_regex(column, "^\\s*(=\"|')"), False)
    if not pc.any(marked).as_py():
        return column
    texts = [_unmarked_text(text) for text in column.filter(marked).to_pylist()]
    mask, values = marked.combine_chunks(), pa.array(texts, pa.string())
    return pa.chunked_array([pc.replace_with_mask(column.combine_chunks(), mask, values)], pa.string())


def _unmarked_text(text: str) -> str | None:
    found = _TEXT_MARK.match(text)
    return ((found[1] if found[1] is not None else found[2]) or None) if found else text


def _quoted_records(lines: _Lines, separator: str, limits: Limits) -> Iterator[Record]:
    """Return the records of a text with quotes; a line whose quotes cannot be right is taken by itself."""
    csv.field_size_limit(limits.cell_characters * 4)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            yield _record_of_line(lines.first_alone(), separator)
            reader = csv.reader(lines, delimiter=separator, strict=True)
            continue
        if record is None:
            return
        if len(lines.held) > 1 and _swallows_lines(record, separator):
            yield _record_of_line(lines.first_alone(), separator)
        else:
            yield record
            lines.held.clear()


class _Lines:
    """Hands out lines, remembers those of the record in hand, and takes back all but the first of them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.held: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.held) >= _LINES_PER_RECORD:
            raise StopIteration
        line = self._back.popleft() if self._back else next(self._lines)
        self.held.append(line)
        return line

    def first_alone(self) -> str:
        """Return the first line of the record in hand; the others are handed out again."""
        first, *others = self.held
        self._back.extendleft(reversed(others))
        self.held = []
        return first


def _swallows_lines(record: Record, separator: str) -> bool:
    """Whether a cell of several lines holds what looks like lines of the table."""
    inner = chain.from_iterable(field.split("\n")[1:] for field in record if "\n" in field)
    return any(line.count(separator) > 1 for line in inner)


def _record_of_line(line: str, separator: str) -> Record:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return line.rstrip("\n").split(separator)


def sniffed_separator(text: str) -> str | re.Pattern[str]:
    """Return what cuts most of the first lines into the same number of fields."""
    head = _QUOTED.sub("", text[:_SNIFFED_CHARACTERS])
    lines = [line for line in head.splitlines()[:_SNIFFED_LINES] if line.strip()]
    for separators in _SEPARATORS:
        marks = {separator: _agreement([line.count(separator) for line in lines]) for separator in separators}
        best = max(marks, key=lambda separator: marks[separator])
        if marks[best] >= _AGREEING:
            return best
    for pattern in (_WIDE_BLANKS, _BLANKS):
        cuts = [len(pattern.findall(line.strip(_BLANK_CHARACTERS))) for line in lines]
        if len(lines) > 1 and _agreement(cuts) >= 1 and cuts.count(0) == 0:
            return pattern
    return ","


def _agreement(counts: Sequence[int]) -> float:
    """Return how far a separator is found equally often in many lines, more for one that is found more often."""
    found = Counter(min(count, _MOST_COUNTED) for count in counts if count)
    return max((count * lines / len(counts) for count, lines in found.items()), default=0.0)
