"""Return slips made of the sender's own workbook: what is marked, and that everything else is as it was sent."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from sender_book import (
    FIRST_ROW,
    HEADINGS,
    LAST_ROW,
    bare_workbook,
    packed,
    parts_of,
    rich_workbook,
    text_row,
    worksheet,
)
from slip_night import FIELDS, KEY, NIGHT, columns, delivered, found, slip_of, write_night

from ingest.reading.document import Limits, read_document
from ingest.slip_mark import find_mark, split_slip
from quality.slips import write_slips
from quality.slips.styles import MARK_COLOURS

RICH_TABLE = columns(FIRST_ROW, LAST_ROW, headings=(*HEADINGS, "日期", "合计"), fields=(*FIELDS, "left_date", None))
SHEET = "xl/worksheets/sheet1.xml"


def rich_slip(work: Path, *findings: dict[str, Any], content: bytes | None = None) -> Path:
    return slip_of(work, content or rich_workbook(), findings or [found(5)], RICH_TABLE)


def book_of(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def fill_of(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.patternType == "solid" else None


def bare_slip(work: Path, sheet: str | bytes, *findings: dict[str, Any]) -> Path:
    return slip_of(work, bare_workbook(sheet), findings or [found(3)], columns(2, 4))


def list_rows(prefix: str = "", references: bool = True) -> str:
    rows = [HEADINGS, *([f"文字{row}{column}" for column in range(len(HEADINGS))] for row in range(3))]
    return "".join(text_row(number, row, prefix, references) for number, row in enumerate(rows, start=1))


# --- what is marked ---------------------------------------------------------------------------------------------------


def test_the_wrong_cell_is_marked_and_says_why(tmp_path: Path) -> None:
    sheet = book_of(rich_slip(tmp_path, found(5)))["Sheet1"]
    marked = [cell.coordinate for row in sheet.iter_rows() for cell in row if fill_of(cell) == MARK_COLOURS["error"]]
    assert marked == ["B5"]
    assert sheet["B5"].comment.text == "【退回，请改正】\n问题：校验位不对\n应当：请按身份证核对后改正。"


def test_a_suggestion_is_part_of_the_comment(tmp_path: Path) -> None:
    sheet = book_of(rich_slip(tmp_path, found(5, "性别", severity="query", suggestion="男")))["Sheet1"]
    assert sheet["C5"].comment.text.startswith("【已接收，请核对】")
    assert sheet["C5"].comment.text.endswith("\n建议：男")
    assert fill_of(sheet["C5"]) == MARK_COLOURS["query"]


def test_no_comment_and_no_summary_shows_a_whole_number(tmp_path: Path) -> None:
    number = "34012419900101123X"
    findings = [
        found(5, suggestion=number, advice_zh=f"应为{number}，请改正。"),
        found(None, advice_zh=f"{number} 重复。"),
    ]
    path = rich_slip(tmp_path, *findings)
    assert not [name for name, part in parts_of(path.read_bytes()).items() if number.encode() in part]


def test_the_gravest_finding_colours_a_cell_and_all_are_told(tmp_path: Path) -> None:
    findings = [found(5, severity="query", advice_zh="请核对甲。"), found(5, advice_zh="请核对乙。")]
    sheet = book_of(rich_slip(tmp_path, *findings))["Sheet1"]
    assert fill_of(sheet["B5"]) == MARK_COLOURS["error"]
    assert "请核对甲" in sheet["B5"].comment.text
    assert "请核对乙" in sheet["B5"].comment.text


def test_a_field_in_several_columns_is_marked_in_all(tmp_path: Path) -> None:
    sheet = book_of(rich_slip(tmp_path, found(5, "县、市、省")))["Sheet1"]
    assert [fill_of(sheet[f"{letter}5"]) is not None for letter in "CDEFG"] == [False, True, True, True, False]


def test_the_field_of_a_finding_counts_before_its_headings(tmp_path: Path) -> None:
    sheet = book_of(rich_slip(tmp_path, found(5, "旧名", field="sex")))["Sheet1"]
    assert fill_of(sheet["C5"]) == MARK_COLOURS["error"]


@pytest.mark.parametrize("name", [None, "表里没有的列"])
def test_a_finding_without_a_column_marks_the_first_cell_of_its_row(tmp_path: Path, name: str | None) -> None:
    sheet = book_of(rich_slip(tmp_path, found(6, name)))["Sheet1"]
    assert fill_of(sheet["A6"]) == MARK_COLOURS["error"]


def test_an_empty_cell_that_is_not_there_is_made(tmp_path: Path) -> None:
    rows = text_row(1, HEADINGS) + '<row r="2" s="0"><c r="A2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="3"/>'
    findings = [found(2), found(2, "县"), found(3, "性别"), found(4, "姓名")]
    path = bare_slip(tmp_path, worksheet(rows, head="<dimension ref='A1'/>"), *findings)
    sheet = book_of(path)["Sheet1"]
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if fill_of(cell)} == {"B2", "F2", "C3", "A4"}
    written = parts_of(path.read_bytes())[SHEET].decode()
    assert re.findall(r'<c r="([A-Z]+2)"', written) == ["A2", "B2", "D2", "F2", "G2", "H2"]
    assert "<dimension ref='A1:H4'/>" in written


def test_a_marked_cell_keeps_format_font_and_borders(tmp_path: Path) -> None:
    content = rich_workbook()
    before = openpyxl.load_workbook(io.BytesIO(content))["Sheet1"]["G5"]
    after = book_of(rich_slip(tmp_path, found(5, "日期"), content=content))["Sheet1"]["G5"]
    assert fill_of(after) == MARK_COLOURS["error"]
    for name in ("value", "number_format", "font", "border", "alignment", "protection"):
        assert repr(getattr(after, name)) == repr(getattr(before, name)), name
    assert after.number_format == "yyyy-mm-dd"


def test_a_cell_hidden_by_a_merge_is_marked_at_the_corner(tmp_path: Path) -> None:
    tail = '<mergeCells count="1"><mergeCell ref="A2:A4"/></mergeCells>'
    path = bare_slip(tmp_path, worksheet(list_rows(), tail=tail), found(4, "姓名"))
    sheet = book_of(path)["Sheet1"]
    assert fill_of(sheet["A2"]) == MARK_COLOURS["error"]
    assert sheet["A2"].comment is not None


def test_explained_queries_are_counted_and_not_marked(tmp_path: Path) -> None:
    book = book_of(rich_slip(tmp_path, found(5), found(6, severity="query", status="explained")))
    assert fill_of(book["Sheet1"]["B6"]) is None
    assert "另有 1 处疑问您已说明情况，不再标出。" in [row[0] for row in book["回执"].iter_rows(values_only=True)]


def test_findings_all_explained_need_no_slip(tmp_path: Path) -> None:
    write_night(tmp_path, [delivered()], [found(6, severity="query", status="explained")])
    assert write_slips(tmp_path, tmp_path / "outbox", NIGHT, KEY) == []


def test_a_finding_on_a_row_outside_the_tables_is_told_in_the_summary(tmp_path: Path) -> None:
    book = book_of(rich_slip(tmp_path, found(5), found(7, sheet="别的表", advice_zh="请核对丙。")))
    rows = [row for row in book["回执"].iter_rows(values_only=True) if row[0] == "别的表 7"]
    assert rows == [("别的表 7", "请核对丙。", "身份证号")]


def test_rows_have_their_columns_for_the_sender(tmp_path: Path) -> None:
    sheet = book_of(rich_slip(tmp_path))["Sheet1"]
    assert [sheet["I2"].value, sheet["J2"].value] == ["情况说明", "popflow行号"]
    assert sheet.column_dimensions["J"].hidden
    assert not sheet.column_dimensions["I"].hidden
    assert fill_of(sheet["I2"]) == fill_of(sheet["H2"])
    tokens = [sheet[f"J{row}"].value for row in range(FIRST_ROW, LAST_ROW + 1)]
    assert [token.rsplit("-", 1)[0] for token in tokens] == [f"R0-{row}" for row in range(FIRST_ROW, LAST_ROW + 1)]


def test_columns_go_behind_what_stands_beside_the_table(tmp_path: Path) -> None:
    rows = list_rows().replace("</row>", '<c r="H1"><v>7</v></c><c r="J1" s="0"/></row>', 1)
    sheet = book_of(bare_slip(tmp_path, worksheet(rows)))["Sheet1"]
    assert (sheet["H1"].value, sheet["I1"].value, sheet["J1"].value) == (7, "情况说明", "popflow行号")


# --- what stays -------------------------------------------------------------------------------------------------------


def test_every_part_that_need_not_change_is_the_same_to_the_byte(tmp_path: Path) -> None:
    before = parts_of(content := rich_workbook())
    after = parts_of(rich_slip(tmp_path, content=content).read_bytes())
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", SHEET,
        "xl/worksheets/_rels/sheet1.xml.rels", "xl/worksheets/sheet2.xml", "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
    } - {name for name in ("xl/worksheets/_rels/sheet1.xml.rels",) if before[name] == after[name]}  # fmt: skip
    assert {"xl/sharedStrings.xml", "xl/media/image1.png", "xl/charts/chart1.xml"} <= set(before) - changed
    assert len(set(after) - set(before)) == 2, "the summary and the mark"


def test_the_other_sheet_changes_only_in_not_being_in_front(tmp_path: Path) -> None:
    before = parts_of(content := rich_workbook())["xl/worksheets/sheet2.xml"]
    after = parts_of(rich_slip(tmp_path, content=content).read_bytes())["xl/worksheets/sheet2.xml"]
    assert before.replace(b' tabSelected="1"', b"") == after
    assert before != after


def test_formulas_strings_and_settings_of_the_sheet_stay(tmp_path: Path) -> None:
    before = parts_of(content := rich_workbook())[SHEET].decode()
    after = parts_of(rich_slip(tmp_path, content=content).read_bytes())[SHEET].decode()
    assert re.findall(r"<f>.*?</f>", before) == re.findall(r"<f>.*?</f>", after)
    assert len(re.findall(r"<f>.*?</f>", after)) == 20
    assert re.findall(r"<v>.*?</v>", before) == re.findall(r"<v>.*?</v>", after)
    assert before.split("</sheetData>")[1] == after.split("</sheetData>")[1]
    assert 'hidden="1"' in re.findall(r'<row r="10"[^>]*>', after)[0]


def test_the_sheets_are_the_summary_the_senders_and_the_mark(tmp_path: Path) -> None:
    book = book_of(rich_slip(tmp_path))
    assert book.sheetnames == ["回执", "Sheet1", "图表", "隐藏表", "_popflow"]
    assert [sheet.sheet_state for sheet in book] == ["visible", "visible", "visible", "hidden", "veryHidden"]
    assert [sheet.sheet_view.tabSelected or False for sheet in book] == [True, False, False, False, False]
    assert book.active.title == "回执"


def test_names_of_a_sheet_still_belong_to_it(tmp_path: Path) -> None:
    book = book_of(rich_slip(tmp_path))
    assert book["Sheet1"].print_area == "'Sheet1'!$A$1:$H$22"
    assert book["图表"].print_area == "'图表'!$A$1:$D$9"
    assert book["Sheet1"].print_title_rows == "$1:$2"
    assert book.defined_names["名单"].value == "Sheet1!$A$3:$A$22"


def test_a_sheet_of_the_sender_called_like_the_summary_stays(tmp_path: Path) -> None:
    parts = parts_of(rich_workbook())
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("图表".encode(), "回执".encode())
    book = book_of(rich_slip(tmp_path, content=packed(parts)))
    assert book.sheetnames == ["回执2", "Sheet1", "回执", "隐藏表", "_popflow"]


def test_comments_of_the_sender_survive(tmp_path: Path) -> None:
    path = rich_slip(tmp_path, found(5), found(9, "省"))
    sheet = book_of(path)["Sheet1"]
    assert sheet["A4"].comment.text == "发件人的批注"
    assert sheet["A4"].comment.author == "村干部"
    assert sheet["D9"].comment.text.startswith("发件人的第二条批注\n—— 回执 ——\n【退回，请改正】")
    assert sheet["B5"].comment.author == "popflow回执"
    drawing = parts_of(path.read_bytes())["xl/drawings/vmlDrawing1.vml"].decode()
    ids = re.findall(r'<v:shape id="([^"]+)"', drawing)
    assert len(ids) == len(set(ids)) == 3
    assert re.findall(r'data="([^"]+)"', drawing) == ["1,2"]


@pytest.mark.parametrize("prefix", ["", "x:"])
@pytest.mark.parametrize("references", [True, False])
def test_inline_strings_prefixes_and_cells_without_references(tmp_path: Path, prefix: str, references: bool) -> None:
    path = bare_slip(tmp_path, worksheet(list_rows(prefix, references), prefix), found(3), found(4, "县"))
    sheet = book_of(path)["Sheet1"]
    assert [cell.value for cell in sheet[3]][:6] == [f"文字1{column}" for column in range(6)]
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if fill_of(cell)} == {"B3", "F4"}
    assert sheet["B3"].comment is not None
    assert sheet["H3"].value.startswith("R0-3-")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a comment", lambda sheet: sheet.replace("<sheetData>", "<sheetData><!-- <row r='9'> -->").encode()),
        ("character data", lambda sheet: sheet.replace("文字11", "<![CDATA[文字11]]>").encode()),
        ("another encoding", lambda sheet: sheet.replace('"UTF-8"', '"gb18030"').encode("gb18030")),
        ("two bytes a letter", lambda sheet: sheet.replace('"UTF-8"', '"UTF-16"').encode("utf-16")),
    ],
)
def test_a_sheet_whose_bytes_cannot_be_cut_is_written_anew_first(tmp_path: Path, name: str, change: Any) -> None:
    sheet = book_of(bare_slip(tmp_path, change(worksheet(list_rows()))))["Sheet1"]
    assert sheet["B3"].value == "文字11"
    assert fill_of(sheet["B3"]) == MARK_COLOURS["error"]


def test_the_quick_way_and_the_careful_way_write_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [found(row, name) for row in range(FIRST_ROW, LAST_ROW + 1) for name in ("姓名", "性别", "日期")]
    quick = parts_of(rich_slip(tmp_path / "quick", *findings).read_bytes())
    monkeypatch.setattr("quality.slips.sheet_edit._RowEditor._quickly", lambda *_: None)
    careful = parts_of(rich_slip(tmp_path / "careful", *findings).read_bytes())
    assert quick[SHEET] == careful[SHEET]
    assert quick["xl/styles.xml"] == careful["xl/styles.xml"]


def test_another_variant_of_the_format_comes_back_as_it_was_read(tmp_path: Path) -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    parts = {
        name: part.replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", strict.encode())
        for name, part in parts_of(rich_workbook()).items()
    }
    book = book_of(rich_slip(tmp_path, content=packed(parts)))
    assert fill_of(book["Sheet1"]["B5"]) == MARK_COLOURS["error"]
    assert book["Sheet1"]["A3"].value == "文字20"


def test_attributes_that_look_like_tags_do_not_mislead(tmp_path: Path) -> None:
    rows = list_rows().replace("r='B3'", "r='B3' cm=\"/>\" vm='>'")
    sheet = book_of(bare_slip(tmp_path, worksheet(rows)))
    written = parts_of(next((tmp_path / "outbox").rglob("*.xlsx")).read_bytes())[SHEET].decode()
    assert "cm=\"/>\" vm='>'" in written
    assert fill_of(sheet["Sheet1"]["B3"]) == MARK_COLOURS["error"]


def test_wide_column_ranges_are_cut_around_the_new_columns(tmp_path: Path) -> None:
    head = '<cols><col min="1" max="16384" width="20" style="0"/></cols>'
    path = bare_slip(tmp_path, worksheet(list_rows(), head=head))
    written = parts_of(path.read_bytes())[SHEET].decode()
    assert re.findall(r'<col min="(\d+)" max="(\d+)"', written) == [("1", "6"), ("7", "7"), ("8", "8"), ("9", "16384")]


def test_macros_are_never_kept(tmp_path: Path) -> None:
    office = "http://schemas.microsoft.com/office/2006/relationships"
    parts = parts_of(rich_workbook())
    parts["xl/vbaProject.bin"] = b"macro"
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="m1" Type="{office}/vbaProject" Target="vbaProject.bin"/></Relationships>'.encode(),
    )
    types = parts["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    macro = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    parts["[Content_Types].xml"] = types.replace(b"</Types>", macro)
    path = rich_slip(tmp_path, content=packed(parts))
    assert path.suffix == ".xlsx"
    after = parts_of(path.read_bytes())
    assert "xl/vbaProject.bin" not in after
    told = b"".join(after[name] for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"))
    assert b"vba" not in told
    assert b"macro" not in told
    assert fill_of(book_of(path)["Sheet1"]["B5"]) == MARK_COLOURS["error"]


def test_the_slip_opens_in_another_reader(tmp_path: Path) -> None:
    book = python_calamine.CalamineWorkbook.from_path(str(rich_slip(tmp_path)))
    assert book.sheet_names == ["回执", "Sheet1", "图表", "隐藏表", "_popflow"]
    assert book.get_sheet_by_name("Sheet1").to_python()[1][:3] == ["姓名", "身份证号", "性别"]


def test_slips_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = rich_slip(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


# --- what gets the light form -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "severity"),
    [({"status": "duplicate"}, "query"), ({"format": None}, "error"), ({}, "note")],
)
def test_a_slip_with_nothing_to_mend_has_none_of_the_senders_rows(
    tmp_path: Path, changes: dict[str, Any], severity: str
) -> None:
    path = slip_of(tmp_path, rich_workbook(), [found(5, severity=severity)], RICH_TABLE, **changes)
    assert book_of(path).sheetnames == ["回执", "明细"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda parts: parts | {SHEET: b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"},
        lambda parts: parts | {SHEET: parts[SHEET][:-200]},
        lambda parts: {name: part for name, part in parts.items() if name != SHEET},
        lambda parts: parts | {"xl/styles.xml": b"<styleSheet"},
    ],
)
def test_a_workbook_that_cannot_be_edited_gets_the_light_form(tmp_path: Path, spoil: Any) -> None:
    path = rich_slip(tmp_path, content=packed(spoil(parts_of(rich_workbook()))))
    assert book_of(path).sheetnames[0] == "回执"


# --- a slip that comes back and is wrong again ------------------------------------------------------------------------


def corrected(path: Path, change: Any) -> bytes:
    """Return a slip after its sender worked on it in another program."""
    book, stream = book_of(path), io.BytesIO()
    change(book["Sheet1"])
    for cell in book["Sheet1"]["H"][FIRST_ROW - 1 :]:
        cell.value = 1  # this library saves formulas without their results
    book.save(stream)
    return stream.getvalue()


def explain(sheet: Any) -> None:
    sheet["B5"] = "改正"
    sheet["I6"] = "本人长期在外"


def again(tmp_path: Path, *findings: dict[str, Any]) -> Path:
    first = rich_slip(tmp_path / "first", found(5), found(9, "省"))
    content = corrected(first, explain)
    file_id = "b" * 16
    table = [column | {"file_id": file_id} for column in RICH_TABLE]
    file = delivered(sha256=hashlib.sha256(content).hexdigest(), file_id=file_id)
    write_night(tmp_path / "second", [file], [each | {"file_id": file_id} for each in findings], table, [content])
    (path,) = write_slips(tmp_path / "second", tmp_path / "second" / "outbox", NIGHT, KEY)
    return path


def test_a_second_slip_has_nothing_left_of_the_first(tmp_path: Path) -> None:
    book = book_of(again(tmp_path, found(7, "性别")))
    assert book.sheetnames == ["回执", "Sheet1", "图表", "隐藏表", "_popflow"]
    sheet = book["Sheet1"]
    colours = set(MARK_COLOURS.values())
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if fill_of(cell) in colours] == ["C7"]
    comments = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(comments) == {"A4", "C7", "D9"}
    assert comments["D9"] == "发件人的第二条批注"
    assert [row[0] for row in book["_popflow"].iter_rows(values_only=True)].count("file") == 1
    assert book["_popflow"]["B2"].value == f"id:{'b' * 16}"


def test_a_second_slip_keeps_the_columns_and_what_the_sender_wrote(tmp_path: Path) -> None:
    path = again(tmp_path, found(7, "性别"))
    sheet = book_of(path)["Sheet1"]
    assert [cell.value for cell in sheet[2]][8:] == ["情况说明", "popflow行号"]
    assert sheet["I6"].value == "本人长期在外"
    document = read_document(path.read_bytes(), Limits())
    mark = find_mark(document)
    assert mark is not None
    rows = split_slip(document, mark).rows["Sheet1"]
    assert rows.rows.to_pylist()[FIRST_ROW - 1 :] == list(range(FIRST_ROW, LAST_ROW + 1))
    assert rows.explanations.to_pylist()[5] == "本人长期在外"


def test_more_problems_than_comments_are_told_in_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.slips.book.MOST_COMMENTS", 2)
    path = rich_slip(tmp_path, *(found(row) for row in range(5, 10)))
    book = book_of(path)
    assert book.sheetnames[:3] == ["回执", "回执明细", "Sheet1"]
    assert [row[1] for row in book["回执明细"].iter_rows(values_only=True)] == [None, "行号", "7", "8", "9"]
    sheet = book["Sheet1"]
    assert [fill_of(sheet[f"B{row}"]) for row in range(5, 10)] == [MARK_COLOURS["error"]] * 5
    assert [sheet[f"B{row}"].comment is not None for row in range(5, 10)] == [True, True, False, False, False]
    assert book["图表"].print_area == "'图表'!$A$1:$D$9"
    document = read_document(path.read_bytes(), Limits())
    mark = find_mark(document)
    assert mark is not None
    names = [each.name for each in split_slip(document, mark).document.sheets]
    assert names == ["Sheet1", "隐藏表"]


# --- through another program ------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice (soffice)")
@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_slip_opens_and_is_saved_by_another_program(tmp_path: Path, suffix: str) -> None:
    path = rich_slip(tmp_path, found(5), found(9, "省"))
    command = (
        "soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", suffix,
        "--outdir", str(tmp_path / "out"), str(path),
    )  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - a fixed command
    (saved,) = (tmp_path / "out").iterdir()
    book = python_calamine.CalamineWorkbook.from_path(str(saved))
    assert book.sheet_names == ["回执", "Sheet1", "图表", "隐藏表", "_popflow"]
    rows = book.get_sheet_by_name("Sheet1").to_python()
    assert rows[1] == [*HEADINGS, "日期", "合计", "情况说明", "popflow行号"]
    assert str(rows[4][9]).startswith("R0-5-")
    if suffix == "xlsx":
        sheet = book_of(saved)["Sheet1"]
        assert sheet["B5"].comment.text.startswith("【退回，请改正】")
        assert sheet["A4"].comment.text == "发件人的批注"
        assert "—— 回执 ——" in sheet["D9"].comment.text
        assert fill_of(sheet["B5"]) == MARK_COLOURS["error"]
        assert sheet["H5"].value == "=G5+1"


@given(
    rows=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=4, max_size=8),
    wrong=st.sets(st.tuples(st.integers(2, 8), st.integers(0, 5)), min_size=1, max_size=12),
    prefix=st.sampled_from(["", "x:"]),
)
@settings(max_examples=40, deadline=None)
def test_law_exactly_the_wrong_cells_are_marked_and_no_content_changes(
    rows: list[list[bool]], wrong: set[tuple[int, int]], prefix: str
) -> None:
    texts = [
        [f"文字{number}{column}" if there else "" for column, there in enumerate(row)]
        for number, row in enumerate(rows)
    ]
    head = text_row(1, HEADINGS, prefix)
    body = "".join(text_row(number, row, prefix) for number, row in enumerate(texts, start=2))
    findings = [found(row, HEADINGS[column], field=None) for row, column in wrong]
    with tempfile.TemporaryDirectory() as folder:
        content = bare_workbook(worksheet(head + body, prefix))
        sheet = book_of(slip_of(Path(folder), content, findings, columns(2, 9)))["Sheet1"]
    colours = set(MARK_COLOURS.values())
    marked = {(cell.row, cell.column - 1) for row in sheet.iter_rows() for cell in row if fill_of(cell) in colours}
    assert marked == wrong
    assert {(cell.row, cell.column - 1) for row in sheet.iter_rows() for cell in row if cell.comment} == wrong
    read = [[cell.value or "" for cell in row][:6] for row in sheet.iter_rows(min_row=2, max_row=len(texts) + 1)]
    assert read == texts
