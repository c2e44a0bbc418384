"""The mark by which a return slip that comes back is known again, and what its sender wrote into it.

A slip holds a very hidden sheet that names the delivered file it answers, signed with the site's key, and to the right
of each table two columns: one for the sender's explanation and a hidden one that says which row of that file a row was.
Rows may be sorted, removed, added or carried to another sheet meanwhile: what a row says of itself is checked, so that
a row that a spreadsheet filled in by counting on is taken for the new row it is.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import blake2b, sha256
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.keys import SiteKey
from ingest.reading.document import Document
from ingest.reading.sheet import Sheet

MARK_SHEET: Final = "_popflow"
MARK_WORD: Final = "popflow-slip-1"
SUMMARY_TITLE: Final = "流动人口名单回执"
SUMMARY_SHEET: Final = "回执"
EXPLANATION_HEADING: Final = "情况说明"
ROW_HEADING: Final = "popflow行号"
PURPOSE: Final = "slip"

_FILE_LABEL, _SIGNATURE_LABEL, _SHEET_LABEL = "file", "signature", "sheet"
_LINES_BEFORE_SHEETS: Final = 3
_MOST_LINES: Final = 2_000
_TAG_BYTES: Final = 4
_ROW_WRITTEN: Final = r"^R(?P<sheet>\d{1,4})-(?P<row>\d{1,7})-(?P<tag>[0-9a-f]{8})$"


@dataclass(frozen=True)
class MarkedSheet:
    """A sheet of the answered file, and the letters of the two columns that its slip has beside the table."""

    name: str
    explanation: str
    row: str


@dataclass(frozen=True)
class SlipMark:
    """Which file a slip answers, and where its columns are."""

    file_id: str
    sheets: tuple[MarkedSheet, ...]
    signature: str = ""

    def signed(self, key: SiteKey) -> SlipMark:
        """Return this mark with the site's signature."""
        return replace(self, signature=hmac.new(key.derive(PURPOSE), self._content(), sha256).hexdigest())

    def _content(self) -> bytes:
        sheets = [[sheet.name, sheet.explanation, sheet.row] for sheet in self.sheets]
        return json.dumps([MARK_WORD, self.file_id, sheets], ensure_ascii=False).encode("utf-8", "surrogatepass")

    def lines(self) -> list[list[str]]:
        """Return the mark as the cells of its sheet; words stand before what a spreadsheet might take for a number."""
        head = [[MARK_WORD], [_FILE_LABEL, f"id:{self.file_id}"], [_SIGNATURE_LABEL, f"hmac:{self.signature}"]]
        return head + [[_SHEET_LABEL, f"n:{json.dumps(each.name)}", each.explanation, each.row] for each in self.sheets]

    def row_token(self, sheet: int, row: int) -> str:
        """Return what the hidden column says of a row of the sheet with that number in the mark."""
        return f"R{sheet}-{row}-{_tag(self.signature.encode(), sheet, row)}"


class MarkCheck(Enum):
    """What a mark is worth."""

    GENUINE = "genuine"
    DAMAGED = "damaged"
    FORGED = "forged"


@dataclass(frozen=True)
class SlipRows:
    """What the two columns say of each row of a sheet, from row 1 on.

    ``sheets`` and ``rows`` name the row of the answered file (null: a new row, or none of the table);
    ``rows_lost`` says that the sheet was one of the slip's and no row of it says any more which it was.
    """

    sheets: pa.Array
    rows: pa.Array
    explanations: pa.Array
    rows_lost: bool


@dataclass(frozen=True)
class SplitSlip:
    """A corrected slip: the list alone, every cell where it stood, and by sheet what its rows correct."""

    document: Document
    rows: dict[str, SlipRows] = field(default_factory=dict)


def find_mark(document: Document) -> SlipMark | None:
    """Return the mark of a document, or None where it has none; one that is damaged has no signature."""
    for sheet in document.sheets:
        if sheet.name == MARK_SHEET and sheet.width and (lines := sheet.head(_MOST_LINES))[0][0] == MARK_WORD:
            return _parse(lines)
    return None


def _parse(lines: Sequence[Sequence[str]]) -> SlipMark:
    padded = [[*line, "", "", "", ""] for line in lines]
    labels = [line[0] for line in padded]
    if labels[1:_LINES_BEFORE_SHEETS] != [_FILE_LABEL, _SIGNATURE_LABEL]:
        return SlipMark("", ())
    marked = [line for line in padded[_LINES_BEFORE_SHEETS:] if line[0] == _SHEET_LABEL]
    try:
        sheets = tuple(MarkedSheet(str(json.loads(line[1].removeprefix("n:"))), line[2], line[3]) for line in marked)
    except ValueError:
        return SlipMark("", ())
    return SlipMark(padded[1][1].removeprefix("id:"), sheets, padded[2][1].removeprefix("hmac:"))


def verify(mark: SlipMark, key: SiteKey) -> MarkCheck:
    """Say whether this site made the mark; only a genuine one makes a file the correction of another."""
    if not mark.file_id or not mark.signature:
        return MarkCheck.DAMAGED
    is_ours = hmac.compare_digest(mark.signed(key).signature.encode(), mark.signature.encode())
    return MarkCheck.GENUINE if is_ours else MarkCheck.FORGED


def split_slip(document: Document, mark: SlipMark) -> SplitSlip:
    """Part a slip into its sender's list and what its rows correct.

    The summary and the mark are taken out, the two columns blanked, so that every other cell stays where it stands.
    A row that is there twice is the answered row once, and a new row after that.
    """
    kept: list[Sheet] = []
    rows: dict[str, SlipRows] = {}
    seen: set[tuple[int, int]] = set()
    there = {sheet.name for sheet in document.sheets}
    was_renamed = any(each.name not in there for each in mark.sheets)
    for sheet in document.sheets:
        if sheet.name == MARK_SHEET or is_summary(sheet):
            continue
        columns = own_columns(sheet)
        kept.append(_blanked(sheet, [index for index in columns if index is not None]))
        was_marked = was_renamed or any(each.name == sheet.name for each in mark.sheets)
        rows[sheet.name] = _slip_rows(sheet, columns, mark, seen, was_marked)
    return SplitSlip(replace(document, sheets=tuple(kept)), rows)


def is_summary(sheet: Sheet) -> bool:
    """Whether a sheet is the summary that every slip has in front, whatever its name is by now."""
    return sheet.height > 0 and sheet.width > 0 and sheet.head(1)[0][0] == SUMMARY_TITLE


def own_columns(sheet: Sheet) -> tuple[int | None, int | None]:
    """Return the columns of explanations and of row numbers, wherever they are now; the last of several."""
    rows = _last(
        index for index in range(sheet.width) if _any(pc.match_substring_regex(sheet.column(index), _ROW_WRITTEN))
    )
    headed = [index for index in range(sheet.width) if _any(pc.equal(sheet.column(index), EXPLANATION_HEADING))]
    before = [index for index in headed if rows is None or index < rows]
    if rows is None:
        rows = _last(index for index in range(sheet.width) if _any(pc.equal(sheet.column(index), ROW_HEADING)))
    return _last(before or headed), rows


def _last(found: Iterable[int]) -> int | None:
    return max(found, default=None)


def _any(matches: pa.ChunkedArray) -> bool:
    return bool(pc.any(matches).as_py())


def _blanked(sheet: Sheet, columns: Sequence[int]) -> Sheet:
    """Return the sheet with these columns empty; columns at the right end that are empty then are gone."""
    texts, kinds = list(sheet.texts), list(sheet.cell_kinds)
    for index in columns:
        texts[index] = pa.chunked_array([pa.nulls(sheet.height, pa.string())])
        kinds[index] = None
    while texts and len(texts) - 1 in columns:
        del texts[-1], kinds[-1]
    return replace(sheet, texts=tuple(texts), cell_kinds=tuple(kinds))


def _slip_rows(
    sheet: Sheet,
    columns: tuple[int | None, int | None],
    mark: SlipMark,
    seen: set[tuple[int, int]],
    was_marked: bool,
) -> SlipRows:
    explanation, token = columns
    numbers: list[tuple[int, int] | None] = [None] * sheet.height
    if token is not None:
        numbers = list(_answered_rows(sheet.column(token), mark, seen))
    names = [each.name for each in mark.sheets]
    return SlipRows(
        sheets=pa.array([names[found[0]] if found else None for found in numbers], pa.string()),
        rows=pa.array([found[1] if found else None for found in numbers], pa.int64()),
        explanations=_explanations(sheet, explanation),
        rows_lost=was_marked and not any(numbers),
    )


def _answered_rows(
    tokens: pa.ChunkedArray, mark: SlipMark, seen: set[tuple[int, int]]
) -> Iterator[tuple[int, int] | None]:
    """Read which row each row was: only what the slip itself wrote counts, and each only once."""
    salt, sheets = mark.signature.encode(), len(mark.sheets)
    for parts in pc.extract_regex(tokens, _ROW_WRITTEN).to_pylist():
        found = (int(parts["sheet"]), int(parts["row"])) if parts is not None else None
        if found is None or found in seen or found[0] >= sheets or _tag(salt, *found) != parts["tag"]:
            yield None
            continue
        seen.add(found)
        yield found


def _explanations(sheet: Sheet, column: int | None) -> pa.Array:
    if column is None:
        return pa.nulls(sheet.height, pa.string())
    texts = pc.utf8_trim_whitespace(sheet.column(column))
    is_empty = pc.or_(pc.equal(texts, EXPLANATION_HEADING), pc.equal(texts, ""))
    return pc.if_else(is_empty, pa.scalar(None, pa.string()), texts).combine_chunks()


def _tag(salt: bytes, sheet: int, row: int) -> str:
    return blake2b(b"%d:%d" % (sheet, row), digest_size=_TAG_BYTES, key=salt[:64]).hexdigest()
