from __future__ import annotations

from collections.abc import Sequence

import pytest
from sheet_maker import Cell, Merges, make_list, make_number, to_csv, to_xlsx

from ingest.body import Body, read_body
from ingest.declaration import load_forms
from ingest.errors import FileRefusedError
from ingest.folding import fold, fold_note
from ingest.headings import check_columns, match_columns
from ingest.reading.document import Limits, read_document
from ingest.tables import Table, find_tables

INFLOW, OUTFLOW, REPORT = "village_inflow", "village_outflow", "township_report"
PERSON: list[Cell] = ["束甲", make_number(1), "安徽省六安市", "新桥村3组"]
PLAIN = ("姓名", "身份证号码", "户籍地址", "现居住地")


def _table(rows: Sequence[Sequence[Cell]], merges: Merges = ()) -> Table:
    (table,) = find_tables(read_document(to_xlsx(rows, merges), Limits()).sheets[0])
    return table


def _text_table(rows: Sequence[Sequence[Cell]]) -> Table:
    (table,) = find_tables(read_document(to_csv(rows), Limits()).sheets[0])
    return table


def _matched(table: Table, form_id: str = INFLOW) -> dict[str, tuple[str | None, str]]:
    return {column.heading: (column.field, column.kind) for column in match_columns(table.paths, form_id)}


def _body(table: Table, form_id: str = INFLOW) -> Body:
    return read_body(table, match_columns(table.paths, form_id), load_forms()[form_id])


def _column(body: Body, field: str) -> list[str | None]:
    texts: list[str | None] = body.columns[field].to_pylist()
    return texts


def _refused(headings: Sequence[str], form_id: str = INFLOW) -> FileRefusedError:
    table = _table([headings, PERSON])
    with pytest.raises(FileRefusedError) as error:
        check_columns(match_columns(table.paths, form_id), load_forms()[form_id], table.headings_seen)
    return error.value


@pytest.mark.parametrize(
    ("heading", "field", "kind"),
    [
        ("现居住地", "residence_address", "exact"),
        ("户籍地址", "hukou_address", "exact"),
        ("户 籍\n地 址", "hukou_address", "normalised"),
        ("*户籍地址", "hukou_address", "normalised"),
        ("户籍地址（必填，详细到门牌）", "hukou_address", "normalised"),
        ("１．户籍地址：", "hukou_address", "normalised"),
        ("户籍地址（配偶）", None, "dropped"),
        ("来源地", "hukou_address", "exact"),
        ("住址", None, "unknown"),
        ("民族", None, "dropped"),
        ("宗教信仰情况", None, "dropped"),
        ("是否重点人员", None, "dropped"),
        ("指纹编号", None, "dropped"),
        ("房东身份证号", None, "dropped"),
        ("配偶姓名", None, "dropped"),
        ("流动人员编码", None, "dropped"),
        ("婚姻状况", None, "dropped"),
    ],
)
def test_a_heading_is_matched_by_its_words(heading: str, field: str | None, kind: str) -> None:
    table = _table([["姓名", "身份证号码", "性别", heading], [*PERSON]])
    assert list(_matched(table).values())[3] == (field, kind)


def test_folding_keeps_what_tells_columns_apart() -> None:
    assert fold(" 身份证\n号码＊：") == "身份证号码"
    assert fold_note("身份证号（18位）") == "身份证号"
    assert fold_note("姓名（户主）") == "姓名(户主)"


def test_the_order_of_columns_means_nothing() -> None:
    forward = _table([PLAIN, PERSON])
    backward = _table([PLAIN[::-1], PERSON[::-1]])
    assert _matched(forward) == _matched(backward)
    assert _column(_body(forward), "hukou_address") == _column(_body(backward), "hukou_address") == ["安徽省六安市"]


def test_the_same_heading_means_another_thing_in_another_form() -> None:
    table = _table([["姓名", "身份证号码", "户籍地址", "现居住地"], PERSON])
    assert _matched(table, INFLOW)["现居住地"] == ("residence_address", "exact")
    assert _matched(table, OUTFLOW)["现居住地"] == ("dest_address", "exact")


def test_title_labels_and_blank_rows_stand_above_the_headings() -> None:
    table = _table([*make_list(2)[:2], [None], *make_list(2)[2:]])
    assert (table.first_heading_row, table.last_heading_row) == (3, 3)
    assert _body(table).row_numbers.to_pylist() == [5, 6]


GROUPED = [
    ["序号", "基本情况", None, "户籍地", None, "现居住地"],
    [None, "姓名", "身份证号码", "省", "市", None],
    [1, "束甲", make_number(1), "安徽省", "六安市", "新桥村3组"],
]


@pytest.mark.parametrize("merged", [True, False])
def test_headings_of_two_rows_compose_into_paths(merged: bool) -> None:
    merges = ("A1:A2", "B1:C1", "D1:E1", "F1:F2")
    table = _table(GROUPED, merges) if merged else _text_table(GROUPED)
    assert table.last_heading_row == 1
    assert _matched(table) == {
        "序号": (None, "dropped"),
        "基本情况/姓名": ("person_name", "exact"),
        "基本情况/身份证号码": ("id_number", "exact"),
        "户籍地/省": ("hukou_address", "exact"),
        "户籍地/市": ("hukou_address", "exact"),
        "现居住地": ("residence_address", "exact"),
    }
    assert _column(_body(table), "hukou_address") == ["安徽省六安市"]


def test_a_group_row_with_few_known_words_is_found_above_the_headings() -> None:
    rows = [["登记项", None, "来源", None], ["姓名", "身份证号码", "户籍地址", "现居住地"], PERSON]
    table = _table(rows, ("A1:B1", "C1:D1"))
    assert (table.first_heading_row, table.last_heading_row) == (0, 1)
    assert "来源/户籍地址" in _matched(table)


def test_columns_of_another_persons_group_are_not_this_persons() -> None:
    rows = [
        ["姓名", "身份证号码", "户籍地址", "配偶", None],
        [None, None, None, "姓名", "身份证号码"],
        ["束甲", make_number(1), "安徽省", "束乙", make_number(2)],
    ]
    table = _table(rows, ("A1:A2", "B1:B2", "C1:C2", "D1:E1"))
    matched = _matched(table)
    assert matched["配偶/姓名"] == matched["配偶/身份证号码"] == (None, "dropped")
    assert _column(_body(table), "person_name") == ["束甲"]


def test_parts_of_a_place_are_joined_outermost_first_and_not_said_twice() -> None:
    headings = ["姓名", "身份证号码", "户籍市", "户籍省", "户籍县", "户籍地址"]
    rows = [
        headings,
        ["束甲", make_number(1), "六安市", "安徽省", "舒城县", "某村"],
        ["束乙", make_number(2), "市辖区", "北京市", "朝阳区", None],
        ["束丙", make_number(3), "六安市", "安徽省", "舒城县", "安徽省六安市舒城县某村"],
        ["束丁", make_number(4), None, None, None, None],
    ]
    expected = ["安徽省六安市舒城县某村", "北京市朝阳区", "安徽省六安市舒城县某村", None]
    assert _column(_body(_table(rows)), "hukou_address") == expected


def test_two_columns_for_one_field_are_refused_by_name() -> None:
    error = _refused(["姓名", "身份证号码", "户籍地址", "户籍所在地"])
    assert error.rule_id == "heading_twice"
    assert "“户籍地址”、“户籍所在地”" in error.advice_zh


def test_a_missing_required_heading_is_named_with_the_headings_seen() -> None:
    error = _refused(["姓名", "性别", "户籍地址", "现居住地"])
    assert error.rule_id == "heading_missing"
    assert "身份证号" in error.advice_zh
    assert "姓名、性别、户籍地址、现居住地" in error.advice_zh
    assert "流入地" in _refused(["姓名", "身份证号码", "性别", "户籍地址"], OUTFLOW).advice_zh


REPORT_ROWS = [
    ["村（社区）", "流入人口", None, None, None, "流出人口", None],
    [None, "合计", "性别", None, "半年以上", "合计", "省外"],
    [None, None, "男", "女", None, None, None],
    ["新桥村", 12, 7, 5, 3, 20, 8],
    ["合计", 12, 7, 5, 3, 20, 8],
]
REPORT_MERGES = ("A1:A3", "B1:E1", "F1:G1", "C2:D2", "B2:B3", "E2:E3", "F2:F3", "G2:G3")


@pytest.mark.parametrize("merged", [True, False])
def test_headings_of_three_rows_tell_the_items_of_a_report(merged: bool) -> None:
    table = _table(REPORT_ROWS, REPORT_MERGES) if merged else _text_table(REPORT_ROWS)
    fields = [field for field, _ in _matched(table, REPORT).values()]
    assert fields == [
        "cell_unit", "inflow_total", "inflow_male", "inflow_female", "inflow_half_year", "outflow_total",
        "outflow_other_province",
    ]  # fmt: skip
    body = _body(table, REPORT)
    assert body.row_numbers.to_pylist() == [4]
    assert body.left_out["total"] == 1
    assert _column(body, "inflow_half_year") == ["3"]


def test_only_rows_of_the_form_are_rows() -> None:
    hint: list[Cell] = ["必填，真实姓名", "必填，18位", "填写省市县", "如：新桥村"]
    rows: list[Sequence[Cell]] = [
        PLAIN,
        hint,
        PERSON,
        [None, None, None, None],
        ["本页小计", "1人", None, None],
        ["流入人口登记表（第2页）", None, None, None],
        PLAIN,
        ["束乙", make_number(2), None, None],
        ["束丙", None, None, None],
        [None, None, "安徽省六安市", None],
        ["合 计", "3人", None, None],
        ["以上共3人", None, None, None],
        ["填表人：束某", "审核人：宛某", None, "2024年10月31日"],
        ["注：本表每月上报", None, None, None],
    ]
    body = _body(_table(rows, ("A6:D6",)))
    assert body.row_numbers.to_pylist() == [3, 8, 9, 10]
    assert dict(body.left_out) == {"hint": 1, "blank": 1, "total": 2, "footer": 4, "repeated_heading": 1}
    assert ("填表人：束某", "审核人：宛某", "2024年10月31日") in body.outside


def test_numbered_but_empty_rows_of_a_template_are_blank() -> None:
    body = _body(_table([["序号", *PLAIN], [1, *PERSON], [2], [3]]))
    assert body.row_numbers.to_pylist() == [2]
    assert body.left_out["blank"] == 2


def test_a_row_of_column_numbers_is_no_person() -> None:
    body = _body(_table([PLAIN, [1, 2, 3, 4], PERSON]))
    assert body.row_numbers.to_pylist() == [3]


def test_texts_merged_downwards_reach_the_rows_they_cover_but_names_do_not() -> None:
    rows = [PLAIN, PERSON, ["束乙", make_number(2), None, None], [None, make_number(3), None, None]]
    body = _body(_table(rows, ("C2:C4", "A3:A4")))
    assert _column(body, "hukou_address") == ["安徽省六安市"] * 3
    assert _column(body, "person_name") == ["束甲", "束乙", None]


def test_a_number_kept_as_a_number_is_marked() -> None:
    rows: list[Sequence[Cell]] = [
        PLAIN,
        ["束甲", 340124198801050011.0],
        ["束乙", make_number(2)],
        ["束丙", 340124880105001],
    ]
    body = _body(_table(rows))
    assert body.numeric.to_pylist() == [True, False, False]
    assert _column(body, "id_number")[2] == "340124880105001"
    rounded = _body(_text_table([PLAIN, ["束甲", "3.40124E+17"], ["束乙", make_number(2)]]))
    assert rounded.numeric.to_pylist() == [True, False]


def test_no_table_is_found_where_no_row_reads_like_headings() -> None:
    sheet = read_document(to_xlsx([["品名", "数量"], ["纸", 20]]), Limits()).sheets[0]
    assert find_tables(sheet) == []
