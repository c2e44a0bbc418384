from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from fuzz.office_files import (
    FORMATS,
    TABLE,
    Table,
    bare_biff5,
    dbf,
    fods,
    html,
    ods,
    spreadsheetml,
    xlsb_of,
    xlsx_of,
    zipped,
)

from ingest.errors import FileRefusedError
from ingest.reading.document import Limits, read_document
from ingest.reading.sheet import BOOLEAN, DATE, ERROR, NUMBER, TEXT, Sheet

LIMITS = Limits()


def _sheet(content: bytes) -> Sheet:
    (sheet,) = read_document(content, LIMITS).sheets
    return sheet


def _refused(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileRefusedError) as error:
        read_document(content, limits)
    assert "{" not in error.value.advice_zh + error.value.advice_en
    return error.value.rule_id


def _row_kinds(sheet: Sheet, row: int = 0) -> list[int]:
    return [sheet.kinds(column)[row].as_py() for column in range(sheet.width)]


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in {"zip", "dbf"}])
def test_the_same_table_reads_the_same_in_every_format(name: str) -> None:
    sheet = _sheet(FORMATS[name]())
    assert (sheet.height, sheet.width) == (3, 4)
    assert sheet.head(3) == [list(row) for row in TABLE]


# --- xlsx


def test_numbers_show_their_exact_text_and_codes_keep_their_zeros() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="000000"/><numFmt numFmtId="165" formatCode="0000\\-0000"/>'
        '<numFmt numFmtId="166" formatCode="&quot;编&quot;000"/><numFmt numFmtId="167" formatCode="0.00%"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>'
        '<xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="14"/></cellXfs>'
    )
    written = [(0, "1"), (0, "0.1"), (0, "1E-7"), (0, "340124199001010018"), (0, "3.0"), (1, "23"), (2, "20241"),
               (3, "7"), (4, "0.5"), (5, "45596.5"), (1, "2.5"), (0, "0.30000000000000004")]  # fmt: skip
    cells = "".join(f'<c r="{chr(65 + n)}1" s="{style}"><v>{value}</v></c>' for n, (style, value) in enumerate(written))
    sheet = _sheet(xlsx_of(f'<sheetData><row r="1">{cells}</row></sheetData>', styles=styles))
    assert sheet.row(0) == [
        *("1", "0.1", "0.0000001", "340124199001010018", "3", "000023", "0002-0241", "编007", "0.5"),
        *("2024-10-31 12:00:00", "2.5", "0.30000000000000004"),
    ]
    assert _row_kinds(sheet) == [NUMBER] * 9 + [DATE] + [NUMBER] * 2


@pytest.mark.parametrize(("flag", "day"), [("", "2024-10-31"), ('<workbookPr date1904="1"/>', "2028-11-01")])
def test_days_are_counted_from_the_epoch_the_workbook_names(flag: str, day: str) -> None:
    styles = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    row = '<row r="1"><c r="A1" s="1"><v>45596</v></c><c r="B1"><v>45596</v></c></row>'
    sheet = _sheet(xlsx_of(f"<sheetData>{row}</sheetData>", styles=styles, workbook=flag))
    assert (sheet.row(0), sheet.epoch_1904) == ([day, "45596"], bool(flag))


def test_rich_texts_are_put_together_without_their_readings() -> None:
    strings = (
        "<si><r><t>束</t></r><r><rPr><b/></rPr><t>甲</t></r></si>"
        '<si><t>束乙</t><rPh sb="0" eb="2"><t>shu yi</t></rPh></si><si/>'
        '<si><t xml:space="preserve"> a&amp;b_x000D_\n&#x4E2D; </t></si>'
    )
    cells = "".join(f'<c r="{letter}1" t="s"><v>{n}</v></c>' for n, letter in enumerate("ABCD"))
    inline = '<c r="E1" t="inlineStr"><is><r><t>内</t></r><r><t>联</t></r><rPh><t>x</t></rPh></is></c>'
    for each in (cells, cells + inline):
        row = _sheet(xlsx_of(f'<sheetData><row r="1">{each}</row></sheetData>', strings=strings)).row(0)
        assert row[:4] == ["束甲", "束乙", "", " a&b\n中 "]
    assert row[4] == "内联"


def test_errors_truths_and_results_of_formulas_are_read() -> None:
    cells = (
        '<c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="b"><v>1</v></c><c r="C1" t="str"><f>A1&amp;"x"</f><v>x&lt;</v></c>'
        '<c r="D1"><f>1+1</f><v>2</v></c><c r="E1" t="str"><f>""</f><v></v></c><c r="F1">'
        '<f t="shared" si="0"/><v>3</v></c>'
    )
    sheet = _sheet(xlsx_of(f'<sheetData><row r="1">{cells}</row></sheetData>'))
    assert sheet.row(0) == ["#N/A", "TRUE", "x<", "2", "", "3"]
    assert _row_kinds(sheet) == [ERROR, BOOLEAN, TEXT, NUMBER, TEXT, NUMBER]


@pytest.mark.parametrize("value", ["", "<v/>", "<v></v>"])
def test_formulas_without_results_are_refused(value: str) -> None:
    row = f'<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1+1</f>{value}</c></row>'
    assert _refused(xlsx_of(f"<sheetData>{row}</sheetData>")) == "file_not_calculated"


def test_hidden_parts_and_merges_are_told() -> None:
    sheet = _sheet(
        xlsx_of(
            '<cols><col min="1" max="1" width="9"/><col min="2" max="3" hidden="1"/></cols><sheetData>'
            '<row r="1"><c r="A1"><v>1</v></c><c r="C1"><v>1</v></c></row><row r="3" hidden="1"><c r="A3">'
            "<v>2</v></c></row>"
            '</sheetData><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'
        )
    )
    assert (sheet.height, sheet.width) == (3, 3)
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({2}, {1, 2})
    assert sheet.merges == (((0, 0), (1, 1)),)


def test_xml_in_an_unusual_hand_reads_the_same() -> None:
    plain = '<sheetData><row r="2"><c r="B2" s="0"><v>5</v></c></row></sheetData>'
    unusual = [
        "<sheetData><!-- > --><row r='2'><c s='0' r='B2'><v>5</v></c></row></sheetData>",
        '<sheetData>\n <row r="2">\n  <c r="B2">\n   <v>5</v>\n  </c>\n </row>\n</sheetData>',
        '<sheetData><row r="2"><c r="B2"><v><![CDATA[5]]></v></c></row></sheetData>',
        "<sheetData><row/><row><c><v/></c><c><v>5</v></c></row></sheetData>",
        '<sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>5</t></is></c><c r="C2" s="1"/></row></sheetData>',
    ]
    for each in (plain, *unusual):
        assert _sheet(xlsx_of(each)).head(3) == [["", ""], ["", "5"]], each


def test_a_document_type_is_refused_wherever_it_stands() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    data = '<sheetData><row r="1"><c r="A1" t="str"><v>&b;</v></c></row></sheetData>'
    assert _refused(xlsx_of(data, prefix=bomb)) == "file_damaged"
    assert _refused(fods().replace(b"\n<office", bomb.encode() + b"<office", 1)) == "file_damaged"
    assert _refused(spreadsheetml().replace(b"\n<Workbook", bomb.encode() + b"<Workbook", 1)) == "file_damaged"


def test_cells_that_point_nowhere_are_damage() -> None:
    assert _refused(xlsx_of('<sheetData><row r="1"><c r="A1" t="s"><v>7</v></c></row></sheetData>')) == "file_damaged"


def test_a_sheet_of_all_columns_and_a_cell_of_ten_megabytes_are_too_large() -> None:
    far = '<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData>'
    assert _refused(xlsx_of(far)) == "file_too_large"
    long = f'<sheetData><row r="1"><c r="A1" t="str"><v>{"x" * (10 << 20)}</v></c></row></sheetData>'
    assert _refused(xlsx_of(long), Limits(unpacking_ratio=1 << 30)) == "file_too_large"
    assert _refused(("姓名," + "长" * (10 << 20) + "\n").encode()) == "file_too_large"
    assert _refused((",".join("x" * 16_384) + "\n").encode()) == "file_too_large"
    assert _sheet(("姓名,性别" + "," * 16_384 + "\n").encode()).row(0)[:2] == ["姓名", "性别"]


def test_control_characters_are_no_part_of_a_text() -> None:
    row = '<row r="1"><c r="A1" t="str"><v>束_x0007_甲_x000B_</v></c></row>'
    assert _sheet(xlsx_of(f"<sheetData>{row}</sheetData>")).row(0) == ["束甲"]
    assert _sheet("姓名,性别\n束\x07甲,男\n".encode()).row(1) == ["束甲", "男"]


# --- xlsb, xls


def test_binary_sheets_show_numbers_days_and_errors() -> None:
    cells = [
        (0, 0, 5, struct.pack("<Id", 1, 23.0)),
        (0, 1, 2, struct.pack("<II", 2, 45596 << 2 | 2)),
        (0, 2, 3, struct.pack("<IB", 0, 0x2A)),
        (0, 3, 4, struct.pack("<IB", 0, 1)),
        (2, 0, 9, struct.pack("<Id", 0, 0.1) + bytes(9)),
    ]
    sheet = _sheet(xlsb_of(cells, ["000000", "yyyy-mm-dd"]))
    assert sheet.head(3) == [["000023", "2024-10-31", "#N/A", "TRUE"], [""] * 4, ["0.1", "", "", ""]]
    assert _row_kinds(sheet) == [NUMBER, DATE, ERROR, BOOLEAN]


def test_old_workbooks_read_in_their_code_page() -> None:
    traditional: Table = (("姓名", "戶籍地"), ("束甲", "臺北"))
    assert _sheet(bare_biff5(traditional, page=950)).head(2) == [list(row) for row in traditional]
    packed = struct.pack("<HHHI", 3, 0, 0, (12345 << 2) | 3)
    assert _sheet(bare_biff5(extra=struct.pack("<HH", 0x027E, len(packed)) + packed)).row(3)[0] == "123.45"


def test_workbooks_older_than_excel_5_are_refused_as_such() -> None:
    for beginning in (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"):
        assert _refused(beginning + bytes(40)) == "file_format_old"


# --- OpenDocument, SpreadsheetML


@pytest.mark.parametrize("write", [ods, fods])
def test_repeated_cells_and_rows_of_open_documents(write: Callable[..., bytes]) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"'
        ' office:value-type="float" office:value="7"><text:p>007</text:p></table:table-cell></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000" table:visibility="collapse">'
        "<table:table-cell/></table:table-row>"
    )
    sheet = _sheet(write((("编码", "数"),), rows))
    assert sheet.head(9) == [["编码", "数"], ["007", "007"], ["007", "007"]]
    huge = rows.replace('"2"', '"1048576"')
    assert _refused(write((("编码", "数"),), huge * 20)) == "file_too_large"


def test_comments_and_readings_in_open_documents_are_no_text() -> None:
    rows = (
        '<table:table-row><table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p>'
        "</office:annotation><text:p>束<text:s text:c='2'/>甲<text:ruby><text:ruby-text>x</text:ruby-text></text:ruby>"
        "</text:p></table:table-cell>"
        '<table:table-cell office:value-type="date" office:date-value="2024-10-31T00:00:00"/>'
        '<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50%</text:p></table:table-cell>'
        "</table:table-row>"
    )
    assert _sheet(ods((("姓名",),), rows)).row(1) == ["束  甲", "2024-10-31", "0.5"]


def test_spreadsheetml_counts_rows_and_cells_on() -> None:
    rows = (
        '<Row ss:Index="4" ss:Hidden="1"><Cell ss:Index="2" ss:MergeAcross="1"><Data ss:Type="String">合</Data></Cell>'
        '<Cell ss:StyleID="z"><Data ss:Type="Number">23</Data></Cell><Cell><Data ss:Type="DateTime">'
        '2024-10-31T00:00:00.000</Data></Cell></Row><Row><Cell><Data ss:Type="Error">#N/A</Data>'
        '<Comment><ss:Data xmlns="x">批注</ss:Data></Comment></Cell></Row>'
    )
    styles = '<Style ss:ID="z"><NumberFormat ss:Format="000000"/></Style>'
    sheet = _sheet(spreadsheetml((("姓名",),), rows, styles))
    assert sheet.head(9) == [
        ["姓名", "", "", "", ""], [""] * 5, [""] * 5, ["", "合", "", "000023", "2024-10-31"], ["#N/A", "", "", "", ""],
    ]  # fmt: skip
    assert (sheet.merges, sheet.hidden_rows) == ((((3, 1), (3, 2)),), {3})


# --- HTML


def test_spans_of_pages_become_merges_and_each_table_a_sheet() -> None:
    page = (
        "<table><caption>流入人口</caption><tr><th rowspan=2>姓名<th colspan=2>户籍地</tr><tr><td>省<td>市</tr>"
        "<tr><td>束&nbsp;甲<br>乙<td>安徽<td>合肥</tr></table><p>x</p><table><tr><td>第二</td></tr></table>"
    )
    first, second = read_document(page.encode(), LIMITS).sheets
    assert first.head(9) == [
        ["流入人口", "", ""], ["姓名", "户籍地", ""], ["", "省", "市"], ["束 甲\n乙", "安徽", "合肥"],
    ]  # fmt: skip
    assert first.merges == (((1, 0), (2, 0)), ((1, 1), (1, 2)))
    assert second.row(0) == ["第二"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "big5", "utf-16"])
def test_pages_are_read_in_their_encoding(encoding: str) -> None:
    table: Table = (("姓名", "地址"), ("林大同", "台北市中山北路"))
    assert _sheet(html(table, encoding)).head(2) == [list(row) for row in table]


def test_a_page_cut_short_is_damaged() -> None:
    whole = html()
    for length in range(whole.index(b"<table") + 8, whole.index(b"</table")):
        assert _refused(whole[:length]) in {"file_damaged", "file_encoding"}


# --- dBASE


def test_records_of_dbf_that_are_deleted_are_no_rows() -> None:
    fields = [("XM", "C", 8), ("RQ", "D", 8), ("SL", "N", 6), ("SF", "L", 1), ("BZ", "M", 10)]
    living = ["束甲".encode("gb18030"), b"20241031", b"  12.5", b"T", b"0000000001"]
    content = dbf(fields, [living, [b"*x", b"", b"", b"", b""], [b"", b"", b"", b"?", b""]], language=0x4D)
    sheet = _sheet(content)
    assert sheet.head(9)[:2] == [["XM", "RQ", "SL", "SF", "BZ"], ["束甲", "2024-10-31", "12.5", "TRUE", ""]]
    assert sheet.height == 2
    assert _refused(content[: len(content) - 10]) == "file_damaged"


def test_dbf_that_names_no_encoding_is_read_as_chinese() -> None:
    assert _sheet(FORMATS["dbf"]()).head(2)[1] == list(TABLE[1])
    fields = [("姓名", "C", 20), ("户籍地", "C", 30)]
    big5 = dbf([("XM", "C", 20)], [["臺灣省臺北縣".encode("big5")], ["陳大文".encode("big5")]], language=0x78)
    assert _sheet(big5).column(0).to_pylist() == ["XM", "臺灣省臺北縣", "陳大文"]
    assert _sheet(dbf(fields, [["束甲".encode("gb18030")] * 2])).row(0) == ["姓名", "户籍地"]


def test_archives_of_other_documents_are_of_no_known_format() -> None:
    assert _refused(zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"})) == "file_format_unknown"
    assert _refused(zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"})) == (
        "file_format_unknown"
    )


def test_a_page_the_parser_gives_up_on_is_no_shorter_page() -> None:
    def nested(depth: int) -> bytes:
        inside = "<div>" * depth + "x" + "</div>" * depth
        return f"<table><tr><td>A</td></tr><tr><td>{inside}</td></tr><tr><td>Z</td></tr></table>".encode()

    assert _sheet(nested(100)).column(0).to_pylist() == ["A", "x", "Z"]
    assert _refused(nested(3000)) == "file_damaged"


def test_more_tables_than_anyone_makes_are_too_many() -> None:
    assert _refused(b"<html>" + b"<table><tr><td>x</td></tr></table>" * 30, Limits(sheets=20)) == "file_too_large"
    second = '<sheets><sheet name="b" sheetId="2" xmlns:x="x" x:id="r0"/></sheets>'
    assert len(read_document(xlsx_of(_ONE_CELL, workbook=second), LIMITS).sheets) == 2
    assert _refused(xlsx_of(_ONE_CELL, workbook=second), Limits(sheets=1)) == "file_too_large"
    assert _refused(fods(), Limits(sheets=0)) == "file_too_large"
    assert _refused(spreadsheetml(), Limits(sheets=0)) == "file_too_large"
    assert _refused(bare_biff5(), Limits(sheets=0)) == "file_too_large"


_ONE_CELL = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
