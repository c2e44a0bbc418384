"""A week of an office: all nine forms in one inbox, their slips mended and explained, and sent back under any name.

A second site with the same key gets lists and slips in one night: what is published must not depend on it.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import openpyxl
import pytest
from fuzz.office_files import zipped
from office_nights import Office
from property.good_lists import FORMS, ROWS, GoodList, units_with_months
from property.judged_lists import prepare_register

from ingest.slip_mark import EXPLANATION_HEADING
from popflow.site import open_site

FIRST, SECOND = "2024-11-01", "2024-11-02"
BROKEN_ROW, ASKED_ROW = 4, 5
NUMBER: Final = "身份证号码"
# Where a list is spoiled so that its sender is asked: by form, the column and what stands there then.
ASKED: Final = {
    "village_inflow": ("居住事由", "随便写写"),
    "village_outflow": ("外出原因", "随便写写"),
    "police_registration": ("暂住事由", "随便写写"),
    "health_roster": ("流动原因", "随便写写"),
    "labour_roster": ("劳动合同签订情况", "随便写写"),
    "education_roster": ("学段", "随便写写"),
    "township_report": ("流入男", "15"),
    "hukou_population": ("户籍男性", "921"),
    "od_return": ("男", "9"),
}
PERSON_FORMS: Final = tuple(form_id for form_id, (_, text) in ASKED.items() if not text.isdigit())
IN_A_ZIP: Final = ("township_report", "health_roster")
SAVED_BY_ANOTHER: Final = "village_inflow"
ZIP: Final = "上报/打包.zip"
# Six nights; tests/e2e/test_corrected_slip.py has one list's way in the quick suite.
pytestmark = pytest.mark.slow
# What tells of the nights themselves.
PER_NIGHT: Final = frozenset({"core.stay_version", "stats.revision"})


@dataclass(frozen=True)
class Sent:
    """A list of the week: as it should be, and as it was sent, with a row that comes back and one asked about."""

    right: GoodList
    wrong: GoodList
    path: str


@dataclass(frozen=True)
class Week:
    """The site of two nights, the site of one, and what was sent to both."""

    office: Office
    other: Office
    sent: Mapping[str, Sent]
    slips: Mapping[str, str]
    before: Mapping[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    folder = tmp_path_factory.mktemp("week")
    register = prepare_register(folder)
    sent = {form_id: _spoiled(next(units_with_months(form_id, register)), n) for n, form_id in enumerate(FORMS)}
    office = Office.new(folder / "site")
    _send_lists(office, sent)
    assert office.night(FIRST).code == 0
    before = office.tables()
    slips = {form_id: f"随便取的名字{number}.xlsx" for number, form_id in enumerate(sent)}
    mended = {slips[form_id]: _mended(office, each, folder) for form_id, each in sent.items()}
    for path, content in mended.items():
        office.send(path, content)
    assert office.night(SECOND).code == 0
    other = Office.new(folder / "other")
    shutil.copyfile(office.site.folders.key_file, other.site.folders.key_file)
    other = Office(open_site(folder / "other"))
    for path, content in office.sent.items():
        other.send(path, content)
    assert other.night(SECOND).code == 0
    return Week(office, other, sent, slips, before)


def _spoiled(right: GoodList, number: int) -> Sent:
    heading, text = ASKED[right.form_id]
    wrong = right.with_cell(ASKED_ROW, _column(right, heading), text)
    column = _column(right, NUMBER) if right.form_id in PERSON_FORMS else 0
    broken = "3.40124E+17" if right.form_id in PERSON_FORMS else "乌有村"
    path = f"{ZIP}/{number}.xlsx" if right.form_id in IN_A_ZIP else f"上报/{number}.xlsx"
    return Sent(right, wrong.with_cell(BROKEN_ROW, column, broken), path)


def _column(good: GoodList, heading: str) -> int:
    return good.rows[2].index(heading)


def _send_lists(office: Office, sent: Mapping[str, Sent]) -> None:
    for form_id, each in sent.items():
        if form_id not in IN_A_ZIP:
            office.send(each.path, each.wrong.workbook())
    zipped_lists = {Path(sent[form_id].path).name: sent[form_id].wrong.workbook() for form_id in IN_A_ZIP}
    office.send(ZIP, zipped(zipped_lists))


def _mended(office: Office, each: Sent, folder: Path) -> bytes:
    """Return the slip of a list with the broken row mended and the other explained."""
    book = openpyxl.load_workbook(office.slip_file(each.path))
    page = book["Sheet1"]
    for row, (right, wrong) in enumerate(zip(each.right.rows, each.wrong.rows, strict=True)):
        for column, (text, was) in enumerate(zip(right, wrong, strict=True)):
            if text != was and row == BROKEN_ROW:
                cell = page.cell(row + 1, column + 1)
                assert cell.value == was
                cell.value = text
    (heading,) = (cell for row in page.iter_rows() for cell in row if cell.value == EXPLANATION_HEADING)
    page.cell(ASKED_ROW + 1, heading.column).value = "经核对无误"
    stream = io.BytesIO()
    book.save(stream)
    is_other = each.right.form_id == SAVED_BY_ANOTHER and shutil.which("soffice") is not None
    return _saved_by_another_program(stream.getvalue(), folder) if is_other else stream.getvalue()


def _saved_by_another_program(content: bytes, folder: Path) -> bytes:
    """Return a workbook as LibreOffice saves it."""
    source, target = folder / "slip.xlsx", folder / "saved"
    source.write_bytes(content)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(target), str(source)]
    subprocess.run(command, capture_output=True, check=True, timeout=120)  # noqa: S603 - a command of the test itself
    return (target / "slip.xlsx").read_bytes()


def test_every_list_was_taken_but_for_its_broken_row(week: Week) -> None:
    assert len(week.sent) == len(FORMS) == 9
    for form_id, each in week.sent.items():
        file = week.office.file(each.path)
        assert (file["status"], file["rows_accepted"], file["rows_returned"]) == ("partly_returned", 3, 1), form_id
    assert week.office.file(ZIP)["status"] == "container"
    assert week.office.ask("SELECT count(DISTINCT form_id) FROM ops.file") == [(9,)]


def test_a_slip_replaces_the_rows_of_its_list(week: Week) -> None:
    replaced = week.office.ask("""
        SELECT list.path, slip.path, count(*) FROM raw.correction
        JOIN raw.file AS list USING (file_id) JOIN raw.file AS slip ON slip.file_id = by_file_id GROUP BY ALL
    """)
    assert len(replaced) == len(FORMS)
    assert set(replaced) == {(each.path, week.slips[form_id], ROWS) for form_id, each in week.sent.items()}
    for form_id, path in week.slips.items():
        file = week.office.file(path)
        assert (file["status"], file["rows_in"], file["rows_accepted"]) == ("accepted", ROWS, ROWS), form_id


def test_what_was_found_is_mended_or_explained(week: Week) -> None:
    found = week.office.ask("""
        SELECT form_id, row_number, array_agg(DISTINCT issue.status) FROM (
            SELECT form_id, row_number, issue.status FROM ops.issue JOIN ops.file USING (file_id)
            WHERE row_number IS NOT NULL AND path NOT LIKE '随便%' AND issue.severity <> 'note'
        ) AS issue GROUP BY ALL
    """)
    assert len(found) == 2 * len(FORMS)
    became = ((BROKEN_ROW, "corrected"), (ASKED_ROW, "explained"))
    expected = {(form_id, row + 1, status) for form_id in FORMS for row, status in became}
    assert {(form, row, status) for form, row, (status,) in found} == expected


def test_nothing_else_changed(week: Week) -> None:
    """Every stay of the first night is there as it was, and there is one more for each row that was mended."""
    assert len(week.before["core.stay"]) == 3 * len(PERSON_FORMS)
    after = week.office.tables()
    assert set(week.before["core.stay"]) <= set(after["core.stay"])
    assert len(after["core.stay"]) == ROWS * len(PERSON_FORMS)


def test_lists_and_slips_in_one_night_give_the_same(week: Week) -> None:
    """Law 3."""
    two, one = week.office.tables(), week.other.tables()
    assert len(two["core.stay"]) == ROWS * len(PERSON_FORMS)
    assert two.keys() == one.keys()
    assert [name for name in two if name not in PER_NIGHT and two[name] != one[name]] == []


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_slip_saved_by_another_program_still_answers_its_list(week: Week) -> None:
    file = week.office.file(week.slips[SAVED_BY_ANOTHER])
    assert (file["status"], file["rows_accepted"]) == ("accepted", ROWS)
