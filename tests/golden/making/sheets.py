"""Workbooks, texts and archives for the corpus: the same bytes every time they are written."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import openpyxl
import xlwt

Cell = str | int | float | bool | date | None
Row = list[Cell]
Rows = Sequence[Sequence[Cell]]

_STAMP: Final = (1980, 1, 1, 0, 0, 0)
_WHEN_SAVED: Final = re.compile(rb"(<dcterms:\w+[^>]*>)[^<]*(</dcterms:\w+>)")


def book_of(rows: Rows, merges: Sequence[str] = (), name: str = "Sheet1", **more: Rows) -> openpyxl.Workbook:
    """Return a workbook to be changed by hand; ``more`` are further sheets by name."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, each in {name: rows, **more}.items():
        page = book.create_sheet(title)
        for row in each:
            page.append([*row])
    for merge in merges:
        book[name].merge_cells(merge)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    """Return the bytes of a workbook."""
    stream = io.BytesIO()
    book.save(stream)
    return steady(stream.getvalue())


def xlsx(rows: Rows, merges: Sequence[str] = (), name: str = "Sheet1", **more: Rows) -> bytes:
    """Return a workbook; ``more`` are further sheets by name."""
    return saved(book_of(rows, merges, name, **more))


def xls(rows: Rows, dates: str = "yyyy-mm-dd", *, hidden: bool = False) -> bytes:
    """Return an old binary workbook, whose sheet may be hidden behind an empty one."""
    book = xlwt.Workbook()
    page = book.add_sheet("Sheet1")
    page.visibility = int(hidden)
    if hidden:
        book.add_sheet("Sheet2")
        book.set_active_sheet(1)
    style = xlwt.easyxf(num_format_str=dates)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                page.write(number, column, cell, style)
            elif cell is not None:
                page.write(number, column, cell)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text(rows: Rows, encoding: str = "utf-8", separator: str = ",") -> bytes:
    """Return the sheet as text."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return stream.getvalue().encode(encoding)


def texts(rows: Rows) -> list[list[str]]:
    """Return the rows with every cell as text, for the writers that know nothing else."""
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def steady(package: bytes) -> bytes:
    """Return a package without the time at which it was written."""
    return zipped({name: _WHEN_SAVED.sub(rb"\g<1>2024-10-31T00:00:00Z\2", part) for name, part in parts(package)})


def changed(package: bytes, member: str, old: str, new: str) -> bytes:
    """Return a package with a text in one of its parts replaced, which must be there."""
    before, after = old.encode(), new.encode()
    found = dict(parts(package))
    if before not in found[member]:
        raise ValueError(f"{member} has no {old}")
    return zipped(found | {member: found[member].replace(before, after)})


def parts(package: bytes) -> list[tuple[str, bytes]]:
    """Return the parts of a package."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return an archive without times."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
