"""The comments of one worksheet: the sender's stay, popflow's are added to them.

A comment is two things in a package: its text in the comments part and its box in a drawing of an older kind (VML),
which programs write as almost XML; so boxes are added to a drawing's bytes and the drawing is never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from functools import lru_cache
from html import escape
from typing import Final

from lxml import etree

from ingest.reading.sheet import column_letters
from quality.slips.package import CannotEditError, Target, local_name, parse_xml, xml_bytes
from quality.slips.sheet_xml import column_index
from quality.slips.styles import MAIN_NAMESPACE

AUTHOR: Final = "popflow回执"
FONT: Final = "宋体"
BEGIN: Final = "—— 回执 ——"
IDS_PER_BLOCK: Final = 1024
SHAPE_ID: Final = re.compile(rb"_x0000_s(\d+)")
_REFERENCE: Final = re.compile(r"^\$?([A-Za-z]+)\$?(\d+)$")
_ID_MAP: Final = re.compile(rb"""(<o:idmap\b[^>]*?\bdata\s*=\s*["'])([^"']*)""")
_BOX: Final = re.compile(rb"<v:shape\s(?:(?!</v:shape>).)*</v:shape>", re.DOTALL)
_BOX_ROW: Final = re.compile(rb"<x:Row>\s*(\d+)")
_BOX_COLUMN: Final = re.compile(rb"<x:Column>\s*(\d+)")
_BOX_CHARACTERS, _BOX_PIXELS, _LINE_PIXELS, _ROW_PIXELS = 22, 300, 18, 20

_EMPTY_DRAWING: Final = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data=""/>'
    b"</o:shapelayout></xml>"
)
_SHAPE_TYPE: Final = (
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE: Final = (
    '<v:shape id="_x0000_s{id}" type="#_x0000_t202" style="position:absolute;margin-left:60pt;margin-top:2pt;'
    'width:225pt;height:{height}pt;z-index:{order};visibility:hidden" fillcolor="#fffbe6" o:insetmode="auto">'
    '<v:fill color2="#fffbe6"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)

Lines = tuple[str, ...]
Texts = Sequence[tuple[int, int, Lines]]
"""Row (from 1), column (from 0) and lines of every comment to write."""


class ShapeIds:
    """Hands out ids of boxes that no drawing of the workbook has; they come in blocks that a drawing lays claim to."""

    def __init__(self, drawings: Sequence[bytes]) -> None:
        taken = [int(number) for drawing in drawings for number in SHAPE_ID.findall(drawing)]
        self._next_block = max(taken, default=0) // IDS_PER_BLOCK + 1

    def take(self, count: int) -> tuple[int, list[int]]:
        """Return the first of ``count`` ids in a row, and their blocks."""
        blocks = list(range(self._next_block, self._next_block + count // IDS_PER_BLOCK + 1))
        self._next_block = blocks[-1] + 1
        return blocks[0] * IDS_PER_BLOCK, blocks


class CommentsPart:
    """A comments part with popflow's comments in it."""

    def __init__(self, content: bytes | None, texts: Texts) -> None:
        self._root = parse_xml(content) if content is not None else None
        self._namespace = MAIN_NAMESPACE
        self.forgotten: set[tuple[int, int]] = set()
        if self._root is not None:
            self._namespace = etree.QName(self._root).namespace or ""
            self._forget_older()
        self.new = self._merged(texts)

    def write(self, target: Target) -> None:
        """Write the part."""
        head, tail, author = self._frame()
        target.write(head)
        opening, closing = '<comment ref="', f'" authorId="{author}">'
        for row, column, lines in self.new:
            target.write(f"{opening}{column_letters(column)}{row}{closing}{_text_xml(lines)}</comment>".encode())
        target.write(tail)

    def _forget_older(self) -> None:
        """Take out what an older slip said."""
        assert self._root is not None  # noqa: S101 - asked for only where there is a part
        authors = [each.text for each in self._root.iter() if local_name(each) == "author"]
        ours = {str(number) for number, author in enumerate(authors) if author == AUTHOR}
        for comment in self._comments():
            if comment.get("authorId") in ours:
                self.forgotten.add(_place(comment))
                _drop(comment)
                continue
            _cut_behind_begin([each for each in comment.iter() if local_name(each) == "t"])

    def _merged(self, texts: Texts) -> Texts:
        """Put texts for cells that have a comment behind its text; return the others."""
        if self._root is None:
            return texts
        there = {_place(comment): comment for comment in self._comments()}
        for row, column, lines in texts:
            if (comment := there.get((row, column))) is not None:
                self._append(comment, lines)
        return [each for each in texts if each[:2] not in there]

    def _comments(self) -> list[etree._Element]:
        assert self._root is not None  # noqa: S101 - asked for only where there is a part
        return [each for each in self._root.iter() if local_name(each) == "comment"]

    def _append(self, comment: etree._Element, lines: Lines) -> None:
        text = comment.find(f"{{{self._namespace}}}text")
        if text is None:
            text = etree.SubElement(comment, f"{{{self._namespace}}}text")
        for plain in [each for each in text if local_name(each) == "t"]:
            run = etree.Element(f"{{{self._namespace}}}r")
            text.replace(plain, run)
            run.append(plain)
        runs = _runs_xml((BEGIN, *lines), starts_line=True)
        added = parse_xml(f'<text xmlns="{self._namespace}">{runs}</text>'.encode())
        text.extend(list(added))

    def _frame(self) -> tuple[bytes, bytes, int]:
        """Return what stands before and behind popflow's comments, and the number of their author."""
        if self._root is None:
            start = f'<comments xmlns="{MAIN_NAMESPACE}"><authors><author>{AUTHOR}</author></authors><commentList>'
            return start.encode(), b"</commentList></comments>", 0
        authors = self._child("authors", 0)
        etree.SubElement(authors, f"{{{self._namespace}}}author").text = AUTHOR
        self._child("commentList", 1).append(etree.Comment("popflow"))
        head, tail = xml_bytes(self._root).split(b"<!--popflow-->")
        return head, tail, len(authors) - 1

    def _child(self, name: str, position: int) -> etree._Element:
        assert self._root is not None  # noqa: S101 - asked for only where there is a part
        found = self._root.find(f"{{{self._namespace}}}{name}")
        if found is None:
            found = etree.Element(f"{{{self._namespace}}}{name}")
            self._root.insert(position, found)
        return found


def _cut_behind_begin(texts: Sequence[etree._Element]) -> None:
    """Empty what an older slip put behind a comment of the sender, however a program has joined the texts since."""
    is_ours = False
    for text in texts:
        written = text.text or ""
        is_begin = not is_ours and BEGIN in written
        if is_begin:
            text.text = written[: written.index(BEGIN)].rstrip("\n")
        elif is_ours:
            text.text = ""
        is_ours = is_ours or is_begin


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _place(comment: etree._Element) -> tuple[int, int]:
    found = _REFERENCE.match(comment.get("ref", ""))
    return (int(found[2]), column_index(found[1].encode())) if found else (0, 0)


@lru_cache(maxsize=10_000)
def _text_xml(lines: Lines) -> str:
    return f"<text>{_runs_xml(lines, starts_line=False)}</text>"


def _runs_xml(lines: Lines, *, starts_line: bool) -> str:
    """Return the lines as runs, what stands in 【】 in bold."""
    runs = []
    for number, line in enumerate(lines):
        text = escape(("\n" if number or starts_line else "") + line, quote=False)
        bold = "<b/>" if line.startswith("【") else ""
        runs.append(
            f'<r><rPr>{bold}<sz val="9"/><color indexed="81"/><rFont val="{FONT}"/><charset val="134"/></rPr>'
            f'<t xml:space="preserve">{text}</t></r>'
        )
    return "".join(runs)


class Boxes:
    """A drawing with the boxes of popflow's comments."""

    def __init__(self, content: bytes | None, ids: tuple[int, list[int]], width_of: Callable[[int], float]) -> None:
        self._content = content if content is not None else _EMPTY_DRAWING
        self._first_id, self._blocks = ids
        self._width_of = width_of
        self._right_edges: dict[int, str] = {}

    def forget(self, places: Set[tuple[int, int]]) -> None:
        """Take out the boxes of comments that are there no more."""
        if places:
            self._content = _BOX.sub(lambda box: b"" if _box_place(box[0]) in places else box[0], self._content)

    def write(self, texts: Texts, target: Target) -> None:
        """Write the drawing."""
        end = self._content.rfind(b"</xml")
        if end < 0:
            raise CannotEditError("a drawing of comments does not end")
        head = _ID_MAP.sub(self._with_blocks, self._content[:end], count=1)
        target.write(head)
        if b'"_x0000_t202"' not in head:
            target.write(_SHAPE_TYPE)
        for number, (row, column, lines) in enumerate(texts):
            target.write(self._box(number, row, column, lines).encode())
        target.write(self._content[end:])

    def _with_blocks(self, found: re.Match[bytes]) -> bytes:
        blocks = ",".join(filter(None, (found[2].decode(), ",".join(map(str, self._blocks)))))
        return found[1] + blocks.encode()

    def _box(self, number: int, row: int, column: int, lines: Lines) -> str:
        pixels = _box_height(lines)
        across = self._across(column)
        bottom, bottom_rest = divmod(pixels, _ROW_PIXELS)
        top = max(row - 2, 0)
        anchor = f"{column + 1}, 12, {top}, 6, {across}, {top + bottom}, {bottom_rest}"
        return _SHAPE.format(
            id=self._first_id + number + 1,
            order=number + 1,
            height=round(pixels * 0.75),
            anchor=anchor,
            row=row - 1,
            column=column,
        )

    def _across(self, column: int) -> str:
        """Return where a box ends that begins behind a column: the column and how far into it."""
        if column not in self._right_edges:
            left, index = _BOX_PIXELS, column + 1
            while left > (pixels := int(self._width_of(index) * 7 + 5)) and index < column + 40:
                left, index = left - pixels, index + 1
            self._right_edges[column] = f"{index}, {max(left, 0)}"
        return self._right_edges[column]


@lru_cache(maxsize=10_000)
def _box_height(lines: Lines) -> int:
    rows = sum(max(1, -(-len(line) // _BOX_CHARACTERS)) for line in lines)
    return rows * _LINE_PIXELS + 14


def _box_place(box: bytes) -> tuple[int, int]:
    row, column = _BOX_ROW.search(box), _BOX_COLUMN.search(box)
    return (int(row[1]) + 1, int(column[1])) if row and column else (0, 0)
