"""Web pages saved under a spreadsheet's name: every table of the page becomes a sheet.

Registers on the web export their lists like this, as a page or as a message with parts (MHTML). Cells that span others
become merges; a line break in a cell stays one, a hard blank becomes a blank.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree, html

from ingest.reading.cells import Cells, refuse_many_sheets
from ingest.reading.delivery import Document, Limits
from ingest.reading.encoding import decoded
from ingest.reading.sheet import TEXT, Merge, Sheet
from ingest.refusals import refusal

_CHARSET: Final = re.compile(
    rb"""<(?:meta\b[^>]*?charset|\?xml\b[^>]*?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_TABLE: Final = re.compile(r"<table\b", re.IGNORECASE)
_TABLE_END: Final = re.compile(r"</table\b", re.IGNORECASE)
_DECLARED_BYTES: Final = 4096
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_NO_CONTENT: Final = frozenset({"script", "style", "head", "title", "template", "noscript"})
_WIDEST_SPAN: Final = 1000
_DEEPEST: Final = 200


def read_html(content: bytes, limits: Limits) -> Document:
    """Read the tables of a page or of the pages in a message.

    Raises ``FileRefusedError`` where there is no table in it.
    """
    if len(content) > limits.page_bytes:
        raise refusal("file_too_large", detail=f"{len(content) >> 20} MB")
    is_message = content[:64].lstrip().lower().startswith((b"mime-version", b"from:"))
    pages = list(_pages_of_message(content)) if is_message else [(content, None)]
    sheets: list[Sheet] = []
    encoding = None
    for page, charset in pages:
        text, encoding = decoded(page, charset or _declared(page))
        if len(_TABLE.findall(text)) > len(_TABLE_END.findall(text)):
            raise refusal("file_damaged", detail="HTML")
        sheets.extend(_sheets(text, limits))
    if not sheets:
        raise refusal("file_html_no_table")
    return Document("html", encoding, tuple(sheets))


def _pages_of_message(content: bytes) -> Iterator[tuple[bytes, str | None]]:
    message = email.message_from_bytes(content.lstrip(), policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload, part.get_content_charset()


def _declared(page: bytes) -> str | None:
    found = _CHARSET.search(page[:_DECLARED_BYTES])
    return found[1].decode("ascii", "replace") if found else None


def _sheets(text: str, limits: Limits) -> Iterator[Sheet]:
    parser = html.HTMLParser(no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\0", ""), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise refusal("file_damaged", detail="HTML") from error
    if any(entry.level >= etree.ErrorLevels.FATAL for entry in parser.error_log):
        # What is nested too deeply ends the page for the parser.
        raise refusal("file_damaged", detail="HTML")
    left = limits.cells
    tables = [table for table in root.iter("table") if _nesting(table) == 0]
    refuse_many_sheets(len(tables), limits)
    for table in tables:
        sheet = _Table(left, limits).read(table)
        left -= sheet.height * sheet.width
        if sheet.height:
            yield sheet


def _nesting(table: etree._Element) -> int:
    return sum(1 for _ in zip(table.iterancestors("table"), range(_DEEPEST), strict=False))


class _Table:
    """Puts the cells of one table where they stand; ``_taken`` says down to which row a column is spanned."""

    def __init__(self, left: int, limits: Limits) -> None:
        self._limits = limits
        self._left = left
        self._cells = Cells(limits)
        self._taken: dict[int, int] = {}
        self._merges: list[Merge] = []

    def read(self, table: etree._Element) -> Sheet:
        caption = table.find("caption")
        offset = 0
        if caption is not None and (text := _text_of(caption)):
            self._cells.add(0, 0, text, TEXT)
            offset = 1
        for number, row in enumerate(_rows_of(table)):
            self._read_row(number + offset, row)
        return self._cells.sheet("", merges=self._merges)

    def _read_row(self, number: int, row: etree._Element) -> None:
        column = 0
        for cell in row:
            if cell.tag not in {"td", "th"}:
                continue
            while self._taken.get(column, 0) > number:
                column += 1
            column += self._put(number, column, cell)

    def _put(self, row: int, column: int, cell: etree._Element) -> int:
        across, down = _span(cell, "colspan"), _span(cell, "rowspan")
        self._left -= 1
        if self._left < 0 or column + across > self._limits.columns:
            raise refusal("file_too_large", detail=f"{row + 1} × {column + across}")
        self._cells.add(row, column, _text_of(cell), TEXT)
        if across > 1 or down > 1:
            self._merges.append(((row, column), (row + down - 1, column + across - 1)))
        if down > 1:
            self._taken.update(dict.fromkeys(range(column, column + across), row + down))
        return across


def _rows_of(table: etree._Element) -> Iterator[etree._Element]:
    """Return the rows of a table, not those of tables inside it."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in child if row.tag == "tr")


def _span(cell: etree._Element, name: str) -> int:
    text = str(cell.get(name, "1")).strip()
    return min(max(int(text), 1), _WIDEST_SPAN) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _text_of(cell: etree._Element) -> str:
    parts: list[str] = []
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        _take(parts, cell, event, element)
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(parts).split("\v"))
    return "\n".join(lines).replace("\u00a0", " ").strip()


def _take(parts: list[str], cell: etree._Element, event: str, element: etree._Element) -> None:
    """Add what an element says at its start, and what stands behind it at its end."""
    if event == "start":
        if element.tag == "br" or (element.tag in {"p", "div", "tr"} and "".join(parts[-1:]).strip()):
            parts.append("\v")
        elif element.tag == "td" and element is not cell:
            parts.append(" ")
        if element.tag not in _NO_CONTENT:
            parts.append(element.text or "")
    elif element is not cell:
        parts.append(element.tail or "")
