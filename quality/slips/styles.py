"""The styles part of a workbook: a marked cell keeps its number format, font and borders and gets another fill.

Every pair of an old format and a severity becomes one new cell format, appended behind the sender's own, so that no
index that a cell already has changes its meaning.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from lxml import etree

from quality.slips.package import CannotEditError, local_name, parse_xml, xml_bytes

MAIN_NAMESPACE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MARK_COLOURS: Final[Mapping[str, str]] = {"error": "FFF8C9C4", "query": "FFFFE8A3", "note": "FFDDE7F3"}
EMPTY_STYLES: Final = f"""<styleSheet xmlns="{MAIN_NAMESPACE}">
<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>
</styleSheet>""".encode()
TEXT_FORMAT: Final = "49"
# The order of the parts of a style sheet; a missing one is put in its place.
_GROUPS: Final = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")


@dataclass(frozen=True)
class CellStyle:
    """How a cell of popflow's own looks."""

    font: str = "宋体"
    size: int = 11
    bold: bool = False
    colour: str | None = None
    fill: str | None = None
    border: bool = False
    wrap: bool = True
    centred: bool = False


class Styles:
    """A style sheet to which formats are added."""

    def __init__(self, content: bytes) -> None:
        self._root = parse_xml(content)
        self._namespace = etree.QName(self._root).namespace or ""
        self._marked: dict[tuple[int, str], int] = {}
        self._own: dict[CellStyle, int] = {}
        for name in _GROUPS[1:]:
            self._group(name)

    def marked(self, style: int, severity: str) -> int:
        """Return the format that is like another but for the fill of a severity."""
        key = (style, severity)
        if key not in self._marked:
            clone = copy.deepcopy(self._format(style))
            clone.set("fillId", str(self._mark_fills[severity]))
            clone.set("applyFill", "1")
            self._marked[key] = self._append("cellXfs", clone)
        return self._marked[key]

    def own(self, style: CellStyle) -> int:
        """Return the format of a cell of popflow's own."""
        if style not in self._own:
            self._own[style] = self._append("cellXfs", self._own_format(style))
        return self._own[style]

    def forget_marks(self) -> None:
        """Take the fill from the formats that an older slip marked its cells with."""
        fills = [
            number
            for number, fill in enumerate(self._group("fills"))
            if {each.get("rgb") for each in fill.iter()} & set(MARK_COLOURS.values())
        ]
        for each in self._formats:
            if int(each.get("fillId", "0")) in fills:
                each.set("fillId", "0")

    def content(self) -> bytes:
        """Return the style sheet as it is now."""
        for name in _GROUPS[1:]:
            group = self._group(name)
            group.set("count", str(len(group)))
        return xml_bytes(self._root)

    @cached_property
    def _mark_fills(self) -> dict[str, int]:
        return {severity: self._fill(colour) for severity, colour in MARK_COLOURS.items()}

    @cached_property
    def _formats(self) -> list[etree._Element]:
        return [each for each in self._group("cellXfs") if local_name(each) == "xf"]

    def _format(self, style: int) -> etree._Element:
        if not self._formats:
            raise CannotEditError("the styles have no cell formats")
        return self._formats[style if style < len(self._formats) else 0]

    def _own_format(self, style: CellStyle) -> etree._Element:
        font = self._new("font")
        if style.bold:
            self._child(font, "b")
        self._child(font, "sz", val=str(style.size))
        if style.colour:
            self._child(font, "color", rgb=style.colour)
        self._child(font, "name", val=style.font)
        self._child(font, "charset", val="134")
        made = self._new(
            "xf",
            numFmtId=TEXT_FORMAT,
            fontId=str(self._append("fonts", font)),
            fillId=str(self._fill(style.fill) if style.fill else 0),
            borderId=str(self._thin_border if style.border else 0),
            xfId="0",
            **dict.fromkeys(("applyNumberFormat", "applyFont", "applyFill", "applyBorder"), "1"),
            applyAlignment="1",
            applyProtection="1",
        )
        alignment = self._child(made, "alignment", vertical="center")
        if style.wrap:
            alignment.set("wrapText", "1")
        if style.centred:
            alignment.set("horizontal", "center")
        self._child(made, "protection", locked="0")
        return made

    @cached_property
    def _thin_border(self) -> int:
        border = self._new("border")
        for side in ("left", "right", "top", "bottom"):
            self._child(self._child(border, side, style="thin"), "color", rgb="FFBFBFBF")
        self._child(border, "diagonal")
        return self._append("borders", border)

    def _fill(self, colour: str) -> int:
        fill = self._new("fill")
        pattern = self._child(fill, "patternFill", patternType="solid")
        self._child(pattern, "fgColor", rgb=colour)
        self._child(pattern, "bgColor", indexed="64")
        return self._append("fills", fill)

    def _append(self, group: str, element: etree._Element) -> int:
        parent = self._group(group)
        parent.append(element)
        return len(parent) - 1

    def _group(self, name: str) -> etree._Element:
        found = self._root.find(f"{{{self._namespace}}}{name}")
        if found is None:
            before = [self._root.find(f"{{{self._namespace}}}{each}") for each in _GROUPS[: _GROUPS.index(name)]]
            position = max((self._root.index(each) + 1 for each in before if each is not None), default=0)
            found = self._new(name)
            self._root.insert(position, found)
        return found

    def _new(self, name: str, **attributes: str) -> etree._Element:
        return etree.Element(f"{{{self._namespace}}}{name}", attributes)

    def _child(self, parent: etree._Element, name: str, **attributes: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{self._namespace}}}{name}", attributes)
