"""Office Open XML workbooks: .xlsx, .xlsm, .xltx, strict ones, and .xlsb with binary sheets.

An archive says in its relations which member is what; macros, drawings and whatever else holds no cells are never
opened. Sheets are read one after the other.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import IO, Final

import pyarrow as pa

from ingest.reading import xlsb
from ingest.reading.archive import opened
from ingest.reading.cells import refuse_many_sheets
from ingest.reading.delivery import Document, Limits
from ingest.reading.numbers import is_date_format, padding
from ingest.reading.shared_strings import read_shared_strings
from ingest.reading.sheet import Sheet
from ingest.reading.xlsx_sheet import NumberFormats, read_sheet
from ingest.reading.xml_events import read_events
from ingest.refusals import refusal

_WORKBOOKS: Final = ("xl/workbook.xml", "xl/workbook.bin")
_TRUE: Final = frozenset({"1", "true", "on"})


@dataclass(frozen=True)
class _Relation:
    kind: str
    target: str


def read_ooxml(content: bytes, limits: Limits) -> Document:
    """Read the worksheets of a workbook."""
    with opened(content, limits) as archive:
        package = _Package(archive)
        workbook = package.workbook()
        if workbook.endswith(".bin"):
            return Document("xlsb", None, _binary_sheets(package, workbook, limits))
        return Document("xlsx", None, _sheets(package, workbook, limits))


class _Package:
    """The members of a workbook's archive and their relations to each other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # Some programs write names with other cases, or backslashes, than they use in relations.
        self._names = {_plain(name): name for name in archive.namelist()}

    def workbook(self) -> str:
        """Return which member is the workbook."""
        found = [each.target for each in self.relations("").values() if each.kind == "officeDocument"]
        for name in (*found, *_WORKBOOKS):
            if _plain(name) in self._names and not name.startswith(("word/", "ppt/")):
                return name
        raise refusal("file_format_unknown")

    def relations(self, name: str) -> dict[str, _Relation]:
        """Return what a member refers to, by the ids it uses."""
        folder, base = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, _Relation] = {}

        def start(tag: str, attributes: Mapping[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").replace("\\", "/")
                whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = _Relation(kind, posixpath.normpath(whole))

        if _plain(path) in self._names:
            with self.open(path) as stream:
                read_events(stream, start)
        return found

    def related(self, workbook: str, kind: str) -> str | None:
        """Return the member of a kind a workbook refers to, if there is one."""
        targets = (each.target for each in self.relations(workbook).values() if each.kind == kind)
        return next((target for target in targets if _plain(target) in self._names), None)

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        if _plain(name) not in self._names:
            raise refusal("file_damaged", detail=posixpath.basename(name))
        return self._archive.open(self._names[_plain(name)])

    def opener(self, name: str) -> Callable[[], IO[bytes]]:
        """Return what opens a member, once more each time."""
        return lambda: self.open(name)


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _sheets(package: _Package, workbook: str, limits: Limits) -> tuple[Sheet, ...]:
    entries, epoch_1904 = _entries(package, workbook)
    refuse_many_sheets(len(entries), limits)
    strings_member = package.related(workbook, "sharedStrings")
    strings = read_shared_strings(package.opener(strings_member)) if strings_member else pa.array([], pa.string())
    formats = _formats(package, workbook, epoch_1904=epoch_1904)
    relations = package.relations(workbook)
    sheets: list[Sheet] = []
    for name, relation_id, is_hidden in entries:
        relation = relations.get(relation_id)
        if relation is None:
            raise refusal("file_damaged", detail="workbook.xml")
        if relation.kind == "worksheet":
            sheet = read_sheet(name, package.opener(relation.target), strings, formats, limits)
            sheets.append(replace(sheet, is_hidden=is_hidden))
    return _within_limits(sheets, limits)


def _within_limits(sheets: list[Sheet], limits: Limits) -> tuple[Sheet, ...]:
    cells = sum(sheet.height * sheet.width for sheet in sheets)
    if cells > limits.cells:
        raise refusal("file_too_large", detail=f"{cells}")
    return tuple(sheet for sheet in sheets if sheet.height)


def _entries(package: _Package, workbook: str) -> tuple[list[tuple[str, str, bool]], bool]:
    """Return names, relations and hiding of the sheets in order, and whether days are counted from 1904."""
    entries: list[tuple[str, str, bool]] = []
    epoch_1904 = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal epoch_1904
        if tag == "sheet":
            is_hidden = attributes.get("state", "visible") != "visible"
            entries.append((attributes.get("name", ""), attributes.get("id", ""), is_hidden))
        elif tag == "workbookPr":
            epoch_1904 = attributes.get("date1904", "0") in _TRUE

    with package.open(workbook) as stream:
        read_events(stream, start)
    return entries, epoch_1904


def _formats(package: _Package, workbook: str, *, epoch_1904: bool) -> NumberFormats:
    """Return which styles show days and which fill up with zeros."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    is_in_styles = False

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal is_in_styles
        if tag == "numFmt":
            codes[_whole(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            is_in_styles = True
        elif tag == "xf" and is_in_styles:
            styles.append(_whole(attributes.get("numFmtId", "")))

    def end(tag: str) -> None:
        nonlocal is_in_styles
        is_in_styles = is_in_styles and tag != "cellXfs"

    member = package.related(workbook, "styles")
    if member is not None:
        with package.open(member) as stream:
            read_events(stream, start, end)
    return formats_of(styles, codes, epoch_1904=epoch_1904)


def formats_of(styles: list[int], codes: Mapping[int, str], *, epoch_1904: bool) -> NumberFormats:
    """Return how styles show numbers, given the number of each one's format and the formats' texts."""
    dates = (style for style, number in enumerate(styles) if is_date_format(number, codes.get(number)))
    paddings = {style: pattern for style, number in enumerate(styles) if (pattern := padding(codes.get(number)))}
    return NumberFormats(frozenset(dates), paddings, epoch_1904)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _binary_sheets(package: _Package, workbook: str, limits: Limits) -> tuple[Sheet, ...]:
    with package.open(workbook) as stream:
        entries, epoch_1904 = xlsb.read_workbook(stream)
    refuse_many_sheets(len(entries), limits)
    styles: list[int] = []
    codes: dict[int, str] = {}
    if (member := package.related(workbook, "styles")) is not None:
        with package.open(member) as stream:
            styles, codes = xlsb.read_styles(stream)
    strings: list[str] = []
    if (member := package.related(workbook, "sharedStrings")) is not None:
        with package.open(member) as stream:
            strings = xlsb.read_strings(stream)
    formats = formats_of(styles, codes, epoch_1904=epoch_1904)
    relations = package.relations(workbook)
    sheets: list[Sheet] = []
    for name, relation_id in entries:
        relation = relations.get(relation_id)
        if relation is not None and relation.kind == "worksheet":
            with package.open(relation.target) as stream:
                sheets.append(xlsb.read_sheet(stream, name, strings, formats, limits))
    return _within_limits(sheets, limits)
