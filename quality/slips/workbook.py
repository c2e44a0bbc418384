"""The workbook part of a package: which sheets there are, and how sheets are put in and taken out.

Names that belong to one sheet count sheets by position, so they are counted anew whenever a sheet comes or goes. Macros
are taken out with everything that makes a program look for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from quality.slips.package import CannotEditError, Package, PartWriter, local_name, xml_bytes
from quality.slips.styles import MAIN_NAMESPACE

WORKBOOK_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
STYLES_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
STYLES_PART: Final = "xl/styles.xml"
"""Some programs look for the styles under this name only."""
# Macros, and what an edited workbook would contradict: signatures, and the history of a shared workbook.
MACRO_PART: Final = re.compile(
    r"vbaProject|vbaData|customUI/|userCustomization/|_xmlsignatures/|xl/revisions/", re.IGNORECASE
)
MACRO_SHEETS: Final = frozenset({"xlMacrosheet", "xlIntlMacrosheet"})
MACRO_NAME_ATTRIBUTES: Final = ("xlm", "vbProcedure", "function")


@dataclass(frozen=True)
class SheetEntry:
    """A sheet of the workbook: its name, what kind of sheet it is, and its part."""

    name: str
    kind: str
    part: str
    element: etree._Element


class Workbook:
    """The workbook of a package, to be edited."""

    def __init__(self, package: Package) -> None:
        self.package = package
        part = package.relations("").first("officeDocument")
        if part is None or not package.has(part):
            raise CannotEditError("no workbook part")
        self.part = part
        self._root = package.parse(part)
        self._namespace = etree.QName(self._root).namespace or ""
        if self._namespace != MAIN_NAMESPACE:
            raise CannotEditError("another variant of the format")
        self._office = _relations_namespace(self._root)
        self._take_out_macros()

    def sheets(self) -> list[SheetEntry]:
        """Return the sheets in their order."""
        relations = {each: (kind, target) for each, kind, target in self.package.relations(self.part).all()}
        return [
            SheetEntry(each.get("name", ""), *relations.get(each.get(f"{{{self._office}}}id", ""), ("", "")), each)
            for each in self._sheets_element()
        ]

    def style_part(self) -> str:
        """Return the style sheet's part; one is made where there is none."""
        found = self.package.relations(self.part).first("styles")
        if found is not None and self.package.has(found):
            return found
        part = STYLES_PART
        self.package.drop(part)
        self.package.types.override(part, STYLES_TYPE)
        self.package.relations(self.part).add(f"{self._office}/styles", part)
        return part

    def insert(self, name: str, content: bytes | PartWriter, position: int, state: str | None = None) -> str:
        """Put a sheet before the one at a position and return the name it got: a name can be there only once."""
        part = self.package.new_name("xl/worksheets", "popflow", "xml")
        self.package.put(part, content)
        self.package.types.override(part, SHEET_TYPE)
        relation_id = self.package.relations(self.part).add(f"{self._office}/worksheet", part)
        sheets = self._sheets_element()
        number = max((int(each.get("sheetId", "0")) for each in sheets), default=0) + 1
        element = etree.Element(f"{{{self._namespace}}}sheet", name=self._free_name(name), sheetId=str(number))
        if state is not None:
            element.set("state", state)
        element.set(f"{{{self._office}}}id", relation_id)
        sheets.insert(position, element)
        self._shift(lambda other: other + (other >= position))
        self._show_first()
        return element.get("name", "")

    def remove(self, sheet: SheetEntry) -> None:
        """Take a sheet out with its part and the names that belong to it."""
        position = self._sheets_element().index(sheet.element)
        self._sheets_element().remove(sheet.element)
        self._shift(lambda other: None if other == position else other - (other > position))
        self.package.relations(self.part).drop(sheet.part)
        self.package.drop(sheet.part)

    def finish(self) -> None:
        """Write the workbook's own part and what it refers to."""
        self.package.put(self.part, xml_bytes(self._root))
        self.package.types.override(self.part, WORKBOOK_TYPE)
        self.package.relations_changed(self.part)

    def _take_out_macros(self) -> None:
        for part in self.package.names():
            if MACRO_PART.search(part):
                self.package.drop(part)
                for owner in ("", self.part):
                    self.package.relations(owner).drop(part)
                self.package.relations_changed("")
        self.package.types.drop_defaults("vbaProject")
        for sheet in self.sheets():
            if sheet.kind in MACRO_SHEETS:
                self.remove(sheet)
        for name in self._names():
            if any(name.get(attribute) in {"1", "true"} for attribute in MACRO_NAME_ATTRIBUTES):
                _remove(name)

    def _names(self) -> list[etree._Element]:
        return [each for each in self._root.iter() if local_name(each) == "definedName"]

    def _shift(self, moved: Callable[[int], int | None]) -> None:
        for name in self._names():
            written = name.get("localSheetId")
            if written is None:
                continue
            position = moved(int(written))
            if position is None:
                _remove(name)
            else:
                name.set("localSheetId", str(position))

    def _show_first(self) -> None:
        for view in (each for each in self._root.iter() if local_name(each) == "workbookView"):
            for attribute in ("activeTab", "firstSheet"):
                view.attrib.pop(attribute, "")

    def _free_name(self, name: str) -> str:
        taken = {each.get("name", "").lower() for each in self._sheets_element()}
        number, free = 1, name
        while free.lower() in taken:
            number += 1
            free = f"{name}{number}"
        return free

    def _sheets_element(self) -> etree._Element:
        found = self._root.find(f"{{{self._namespace}}}sheets")
        if found is None:
            raise CannotEditError("the workbook has no sheets")
        return found


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _relations_namespace(root: etree._Element) -> str:
    """Return the namespace of relationship ids, which differs between the two variants of the format."""
    for sheet in root.iter():
        if local_name(sheet) == "sheet":
            for name in sheet.attrib:
                if str(name).endswith("}id"):
                    return etree.QName(str(name)).namespace or ""
    raise CannotEditError("the workbook has no sheets")
