"""A clerk mends the return slip and sends it back: through whole nights, from the first list to the closed findings."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from gated_once import nights_gated_once
from messy_files import HEADINGS, sheet_bytes
from office_nights import Office, village_list
from openpyxl.worksheet.worksheet import Worksheet

from popflow.synthetic.writers import Row

NIGHTS = ("2024-11-01", "2024-11-02", "2024-12-06")
NUMBER, REASON = HEADINGS.index("身份证号码"), HEADINGS.index("居住事由")
EXPLANATION = "情况说明"
Edit = Callable[[Worksheet, int], None]


def slip_of(office: Office, path: str) -> Path:
    (slip,) = office.site.folders.outbox.rglob(f"*_{office.file(path)['file_id']}*.xlsx")
    return slip


def edited(slip: Path, edit: Edit) -> bytes:
    """Return the slip as a spreadsheet program saves it after a clerk wrote into its list."""
    book = openpyxl.load_workbook(slip)
    for sheet in book:
        heading = next((c for row in sheet.iter_rows() for c in row if c.value == EXPLANATION), None)
        if heading is not None:
            edit(sheet, heading.column)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A site after three nights: a list, its slip mended and explained, the same slip again with the next month."""
    with nights_gated_once():
        office = Office.new(tmp_path_factory.mktemp("office") / "site")
        rows = office.crowd.rows(5)
        right = rows[1][NUMBER]
        rows[1][NUMBER] = "3.40124E+17"
        rows[2][REASON] = rows[3][REASON] = rows[4][REASON] = "随便走走"
        office.send("新桥.csv", sheet_bytes(village_list(rows, "新桥村"), ".csv"))
        assert office.night(NIGHTS[0]).code == 0

        def mend(sheet: Worksheet, explanation: int) -> None:
            for row in sheet.iter_rows():
                if any(cell.value == rows[1][NUMBER] for cell in row):
                    next(cell for cell in row if cell.value == rows[1][NUMBER]).value = right
                if any(cell.value in (rows[2][NUMBER], rows[3][NUMBER]) for cell in row):
                    sheet.cell(row[0].row, explanation).value = "本人如此说"

        mended = edited(slip_of(office, "新桥.csv"), mend)
        office.send("回执改好.xlsx", mended)
        assert office.night(NIGHTS[1]).code == 0
        office.send("再报一次.xlsx", mended)
        later: list[Row] = [[*row] for row in rows]
        later[1][NUMBER] = right
        later[3][REASON] = "另有打算"
        office.send("十一月.csv", sheet_bytes(village_list(later, "新桥村", "2024-11-30"), ".csv"))
        assert office.night(NIGHTS[2]).code == 0
    return office


def test_the_list_was_asked_about(office: Office) -> None:
    assert office.file("新桥.csv")["rows_returned"] == 1
    assert sorted(str(rule) for rule in office.rules("新桥.csv")) == [
        "known_code:reason", "known_code:reason", "known_code:reason", "number_rounded:id_number",
    ]  # fmt: skip


def test_the_slip_replaces_the_rows_of_the_list(office: Office) -> None:
    slip = office.file("回执改好.xlsx")
    assert (slip["status"], slip["rows_in"], slip["rows_accepted"]) == ("accepted", 5, 5)
    corrections = office.ask("SELECT file_id, by_file_id, count(*) FROM raw.correction GROUP BY ALL")
    assert corrections == [(office.file("新桥.csv")["file_id"], slip["file_id"], 5)]
    assert office.ask("SELECT count(DISTINCT person_key) FROM raw.person_row") == [(5,)]


def test_the_findings_of_the_list_are_closed(office: Office) -> None:
    query = """
        SELECT rule_id, issue.status FROM ops.issue JOIN ops.file USING (file_id)
        WHERE path = $path AND row_number IS NOT NULL ORDER BY ALL
    """
    assert office.ask(query, path="新桥.csv") == [
        ("known_code:reason", "corrected"),
        ("known_code:reason", "explained"),
        ("known_code:reason", "explained"),
        ("number_rounded:id_number", "corrected"),
    ]
    assert office.ask(query, path="回执改好.xlsx") == [
        ("known_code:reason", "explained"), ("known_code:reason", "explained"), ("known_code:reason", "open"),
    ]  # fmt: skip


def test_the_same_slip_again_is_a_duplicate(office: Office) -> None:
    assert office.file("再报一次.xlsx")["status"] == "duplicate"
    assert office.rows_of("再报一次.xlsx") == 0


def test_what_was_explained_stays_closed_next_month_while_it_is_still_so(office: Office) -> None:
    query = """
        SELECT row_number, issue.status FROM ops.issue JOIN ops.file USING (file_id)
        WHERE path = '十一月.csv' AND rule_id = 'known_code:reason' ORDER BY ALL
    """
    found = office.ask(query)
    assert [status for _, status in found] == ["explained", "open", "open"]
