"""Real files from offices and the web: each is read completely, as another program counts it, or refused by a rule."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine as calamine

from ingest.errors import FileRefusedError
from ingest.reading.document import Document, Limits, read_container, read_document
from ingest.reading.encoding import decoded
from ingest.reading.sheet import cell_text

TESTDATA = Path(__file__).resolve().parents[3] / "shared" / "testdata"
OFFICIAL = TESTDATA / "messy_official"
ENCODINGS = TESTDATA / "encodings" / "chardet_cjk_samples.zip"
LIMITS = Limits()

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not TESTDATA.exists(), reason="the reference files are not beside the project"),
]
# Folders of samples and the encoding their texts are told to be in.
FOLDERS = {
    "gb2312": "gb18030", "gb18030": "gb18030", "big5": "big5", "utf_8": "utf-8", "utf-8": "utf-8", "utf_16": "utf-16",
    "utf-8-sig": "utf-8-sig", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip


def _filled(document: Document) -> list[tuple[int, int]]:
    """Return rows and filled cells of each sheet."""
    return [(sheet.height, sum(len(c) - c.null_count for c in sheet.texts)) for sheet in document.sheets]


def _same_as_calamine(content: bytes) -> tuple[int, int]:
    """Compare every cell with another reader's; return how many there are and how many show zeros it leaves out."""
    document = read_document(content, LIMITS)
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    others = [sheet for sheet in map(book.get_sheet_by_index, range(len(book.sheet_names))) if sheet.start]
    assert len(document.sheets) == len(others)
    cells = padded = 0
    for sheet, other in zip(document.sheets, others, strict=True):
        assert other.start is not None
        rows = [[""] * other.start[1] + [cell_text(cell) or "" for cell in row] for row in other.iter_rows()]
        ours = sheet.head(sheet.height)
        while rows and not any(text.strip() for text in rows[-1]):
            rows.pop()
        assert len(ours) == len(rows)
        for mine, theirs in zip(ours, rows, strict=True):
            filled = [(text, theirs[place]) for place, text in enumerate(mine) if text]
            assert len(filled) == sum(bool(text.strip()) for text in theirs)
            assert all(text == other_text or text.lstrip("0") in {other_text, ""} for text, other_text in filled)
            cells += len(filled)
            padded += sum(text != other_text for text, other_text in filled)
    return cells, padded


@pytest.mark.parametrize(
    ("name", "rows", "cells"),
    [("nbs_admin_2012.xls", 49, 379), ("nbs_admin_2013.xls", 51, 379), ("nbs_admin_2020.xls", 51, 375)],
)
def test_tables_of_the_statistics_bureau(name: str, rows: int, cells: int) -> None:
    content = (OFFICIAL / name).read_bytes()
    ((height, filled),) = _filled(read_document(content, LIMITS))
    assert (height, filled) == (rows, cells)
    assert _same_as_calamine(content) == (cells, 0)


def test_workbooks_in_an_archive_keep_the_zeros_of_their_codes() -> None:
    members = read_container((OFFICIAL / "irs_soi_1718_raw_xls_6states.zip").read_bytes(), LIMITS)
    assert members is not None
    assert len(members) == 6
    counts = {member.name: _filled(read_document(member.content, LIMITS)) for member in members}
    assert {name: [height for height, _ in sheets] for name, sheets in counts.items()} == {
        "1718wy.xls": [65, 64, 411, 402],
        "1718ri.xls": [64, 65, 236, 209],
        "1718dc.xls": [63, 63, 185, 200],
        "1718de.xls": [65, 65, 205, 226],
        "1718nv.xls": [64, 64, 685, 773],
        "1718vt.xls": [64, 65, 319, 311],
    }
    for member in members:
        cells, padded = _same_as_calamine(member.content)
        assert cells == sum(filled for _, filled in counts[member.name])
        assert padded > 0


def test_a_workbook_never_calculated_is_refused_and_reads_completely_without_its_formulas() -> None:
    content = (OFFICIAL / "sub-county-diff_2014-2020_DEV.xlsx").read_bytes()
    with pytest.raises(FileRefusedError) as error:
        read_document(content, LIMITS)
    assert error.value.rule_id == "file_not_calculated"
    book = openpyxl.load_workbook(io.BytesIO(content))
    expected = []
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.value = None
        rows = [[cell for cell in row if cell is not None and str(cell).strip()] for row in sheet.values]
        filled = [number for number, row in enumerate(rows, 1) if row]
        expected.append((max(filled), sum(map(len, rows))))
    stream = io.BytesIO()
    book.save(stream)
    assert len(expected) == 7
    assert _filled(read_document(stream.getvalue(), LIMITS)) == expected


def test_a_published_csv_is_read_row_by_row() -> None:
    content = (OFFICIAL / "juese_official_province_admin_2009_2013.csv").read_bytes()
    expected = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    (sheet,) = read_document(content, LIMITS).sheets
    assert (sheet.height, sheet.width) == (len(expected), 10) == (156, 10)
    assert sheet.head(sheet.height) == expected


def test_every_sample_of_an_encoding_is_read_in_it_or_refused() -> None:
    with zipfile.ZipFile(ENCODINGS) as archive:
        samples = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    assert len(samples) == 159
    refused = []
    for name, content in samples.items():
        expected = FOLDERS.get(name.split("/")[-2].lower())
        try:
            text, encoding = decoded(content)
        except FileRefusedError as error:
            refused.append((name, error.rule_id))
            continue
        assert expected is not None, name
        assert encoding.removesuffix("-sig") == expected.removesuffix("-sig"), name
        assert text == content.decode("big5hkscs" if encoding == "big5" else encoding), name
        # Told beforehand where it stands, the text is the same.
        assert decoded(content, expected)[0] == text, name
    assert refused == [("chardet/tests/EUC-TW/_ude_euc-tw1.txt", "file_encoding")]


def test_every_sample_is_a_table_or_refused_with_advice() -> None:
    members = read_container(ENCODINGS.read_bytes(), LIMITS)
    assert members is not None
    assert len(members) == 159
    outcomes: dict[str, int] = {}
    for member in members:
        try:
            outcome = read_document(member.content, LIMITS).format
        except FileRefusedError as error:
            outcome = error.rule_id
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes == {"file_html_no_table": 107, "csv": 44, "html": 7, "file_encoding": 1}
