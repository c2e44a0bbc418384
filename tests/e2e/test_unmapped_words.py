"""Words that no code list knows, from the list that brings them to the decision that gives them a code."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from messy_files import sheet_bytes
from office_nights import Office, run, village_list

pytestmark = pytest.mark.slow

FIRST, SECOND = "2024-12-06", "2024-12-07"
LIST = "新桥/十月.xlsx"


def test_a_word_is_decided_and_loaded_rows_get_its_code(tmp_path: Path) -> None:
    office = Office.new(tmp_path / "site")
    rows = village_list(office.crowd.rows(4), "新桥村")
    headings = next(index for index, row in enumerate(rows) if "姓名" in row)
    reason = next(index for index, cell in enumerate(rows[headings]) if cell == "居住事由")
    for row in rows[headings + 1 : headings + 3]:
        row[reason] = "跑外卖的"
    office.send(LIST, sheet_bytes(rows))
    assert office.night(FIRST).code == 0
    codes = "SELECT reason_code, count(*) FROM raw.person_row GROUP BY ALL ORDER BY ALL"
    assert office.ask(codes)[-1] == (None, 2)
    assert office.ask("SELECT count(*) FROM core.stay WHERE coalesce(reason_code, 'UNKNOWN') = 'UNKNOWN'") == [(2,)]
    asked = "SELECT field, row_count, files, senders, code FROM ops.unmapped_value WHERE source_value = '跑外卖的'"
    assert office.ask(asked) == [("reason", 2, 1, 1, None)]

    listed = run("--site", office.site.root, "unmapped")
    assert listed.code == 0
    assert "跑外卖的" in listed.out
    sheet = tmp_path / "待定.xlsx"
    assert run("--site", office.site.root, "unmapped", "export", sheet).code == 0
    book = openpyxl.load_workbook(sheet)
    page = book.worksheets[0]
    assert len(page.data_validations.dataValidation) == page.max_row - 1
    decided = next(number for number in range(2, page.max_row + 1) if page.cell(number, 3).value == "跑外卖的")
    page.cell(decided, 10).value, page.cell(decided, 11).value = "SERVICE 服务", "骑手"
    book.save(sheet)
    taken = run("--site", office.site.root, "unmapped", "import", sheet, "--by", "束某")
    assert taken.code == 0, taken.err
    assert "2 delivered rows" in taken.out
    assert "跑外卖的" not in run("--site", office.site.root, "unmapped").out

    assert office.night(SECOND).code == 0
    assert (None, 2) not in office.ask(codes)
    assert ("SERVICE", 2) in office.ask(codes)
    assert office.ask("SELECT count(*) FROM core.stay WHERE reason_code = 'SERVICE'") == [(2,)]
    assert office.ask(asked) == [("reason", 2, 1, 1, "SERVICE")]
    mapped = "SELECT form_id, code, source FROM ref.code_map WHERE source_value = '跑外卖的' AND valid_from IS NOT NULL"
    assert office.ask(mapped) == [("village_inflow", "SERVICE", "decided by 束某: 骑手")]

    again = run("--site", office.site.root, "unmapped", "import", sheet, "--by", "宛某")
    assert (again.code, "nothing new is decided" in again.out) == (0, True)
