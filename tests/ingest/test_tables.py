from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from sheet_maker import make_number

from ingest.body import Body, read_body
from ingest.declaration import load_forms
from ingest.headings import match_columns
from ingest.reading.sheet import Cell, Merge, Sheet, sheet_of
from ingest.tables import Table, find_tables

INFLOW, OUTFLOW = "village_inflow", "village_outflow"
PLAIN = ("姓名", "身份证号码", "户籍地址", "现居住地")
OUT = ("姓名", "身份证号码", "户籍地址", "流入地")
Rows = Sequence[Sequence[Cell]]


def _person(serial: int, name: str = "束甲") -> list[Cell]:
    return [name, make_number(serial), "安徽省六安市", "新桥村3组"]


def _tables(rows: Rows, merges: Sequence[Merge] = ()) -> list[Table]:
    return find_tables(sheet_of("Sheet1", rows, merges=merges))


def _body(table: Table, form_id: str = INFLOW) -> Body:
    return read_body(table, match_columns(table.paths, form_id), load_forms()[form_id])


def _spans(tables: Sequence[Table]) -> list[tuple[int, int, int, int]]:
    return [(each.first_heading_row, each.first_body_row, each.last_body_row, each.first_column) for each in tables]


def test_stacked_tables_with_titles_of_their_own_are_two() -> None:
    rows: Rows = [
        ["新桥村流入人口登记表"],
        PLAIN,
        _person(1),
        ["束乙"],
        ["填表人：宛某"],
        [None],
        ["新桥村流出人口登记表"],
        ["填报单位：新桥村"],
        OUT,
        _person(2),
        _person(3),
    ]
    tables = _tables(rows)
    assert _spans(tables) == [(1, 2, 5, 0), (8, 9, 10, 0)]
    assert tables[0].above == (("新桥村流入人口登记表",),)
    assert tables[1].above == (("新桥村流出人口登记表",), ("填报单位：新桥村",))
    assert _body(tables[0]).row_numbers.to_pylist() == [3, 4]
    assert _body(tables[1], OUTFLOW).row_numbers.to_pylist() == [10, 11]


def test_a_second_table_without_a_title_stands_under_that_of_the_first() -> None:
    tables = _tables([["流动人口登记表"], PLAIN, _person(1), (*OUT[:3], "流入地", "外出时间"), _person(2)])
    assert _spans(tables) == [(1, 2, 2, 0), (3, 4, 4, 0)]
    assert tables[1].above == tables[0].above == (("流动人口登记表",),)


def test_headings_repeated_on_every_page_are_one_table() -> None:
    rows: list[Sequence[Cell]] = [["流入人口登记表"], ["填报单位：新桥村"], PLAIN]
    for page in range(4):
        rows += [_person(10 * page + number) for number in range(5)]
        rows += [[None], ["流入人口登记表"], ["填报单位：新桥村"], PLAIN]
    tables = _tables(rows)
    assert len(tables) == 1
    body = _body(tables[0])
    assert body.row_count == 20
    assert body.left_out == {"blank": 4, "repeated_heading": 12}


def test_repeated_headings_under_the_name_of_another_village_are_another_table() -> None:
    rows: Rows = [["填报单位：新桥村"], PLAIN, _person(1), ["填报单位：塔山社区"], PLAIN, _person(2)]
    assert _spans(_tables(rows)) == [(1, 2, 2, 0), (4, 5, 5, 0)]


def test_a_person_with_a_name_only_is_no_title() -> None:
    rows: Rows = [PLAIN, _person(1), ["束乙"], ["流出人口登记表"], OUT, _person(2)]
    tables = _tables(rows)
    assert _body(tables[0]).row_numbers.to_pylist() == [2, 3]


def test_two_halves_side_by_side_have_the_rows_of_both() -> None:
    half = ("序号", *PLAIN)
    rows: Rows = [
        ["流入人口登记表"],
        [*half, None, *half],
        [1, *_person(1, "束甲"), None, 3, *_person(3, "束丙")],
        [2, *_person(2, "束乙"), None, None, None, None, None, None],
        ["合计", "3人"],
        ["填表人：宛某", None, None, None, None, None, None, "2024年10月31日"],
    ]
    tables = _tables(rows, merges=[((0, 0), (0, 10))])
    assert [(each.first_column, each.last_column, each.is_right_half) for each in tables] == [
        (0, 5, False),
        (6, 10, True),
    ]
    left, right = map(_body, tables)
    assert left.columns["person_name"].to_pylist() == ["束甲", "束乙"]
    assert right.columns["person_name"].to_pylist() == ["束丙"]
    assert right.row_numbers.to_pylist() == [3]
    assert any("填表人：宛某" in row for row in left.outside)
    assert right.outside == ()


def test_columns_of_two_people_are_not_two_halves() -> None:
    rows: Rows = [
        ["本人", None, None, "配偶", None, None],
        ["姓名", "身份证号码", "性别", "姓名", "身份证号码", "性别"],
        ["束甲", make_number(1), "男", "束乙", make_number(2), "女"],
    ]
    assert len(_tables(rows, merges=[((0, 0), (0, 2)), ((0, 3), (0, 5))])) == 1


@pytest.mark.parametrize("instructions", [0, 3, 40])
def test_headings_stand_after_blank_and_instruction_rows(instructions: int) -> None:
    lines: list[list[Cell]] = [[f"{number}、填写说明，请如实填写"] for number in range(instructions)]
    rows: Rows = [["流入人口登记表"], [None], *lines, [None], PLAIN, _person(1)]
    tables = _tables(rows)
    assert _spans(tables) == [(3 + instructions, 4 + instructions, 4 + instructions, 0)]


def test_a_row_of_totals_and_notes_is_no_table() -> None:
    rows: Rows = [
        PLAIN,
        _person(1),
        ["合计", "男", "女", "其中：外省"],
        ["说明：姓名、身份证号码、户籍地址、现居住地均为必填"],
    ]
    assert len(_tables(rows)) == 1


def test_a_row_of_headings_far_down_is_found() -> None:
    people = [_person(number % 900) for number in range(30_000)]
    rows: Rows = [["流入人口登记表"], PLAIN, *people, PLAIN, _person(1), ["流出人口登记表"], OUT, _person(2)]
    tables = _tables(rows)
    assert _spans(tables) == [(1, 2, 30_003, 0), (30_005, 30_006, 30_006, 0)]
    assert _body(tables[0]).row_count == 30_001


def test_groups_reach_over_holes_where_merges_are_lost() -> None:
    rows: Rows = [
        ["姓名", "身份证号码", "就业情况", None, None, None, "户籍地址"],
        [None, None, "外出务工", None, "自主创业", None, None],
        [None, None, "务工地点", "务工时间", "创业项目", "创业地点", None],
        ["束甲", make_number(1), "浙江省", "3", None, None, "安徽省"],
    ]
    (table,) = _tables(rows)
    assert (table.first_heading_row, table.last_heading_row) == (0, 2)
    assert table.paths == (
        ("姓名",),
        ("身份证号码",),
        ("就业情况", "外出务工", "务工地点"),
        ("就业情况", "外出务工", "务工时间"),
        ("就业情况", "自主创业", "创业项目"),
        ("就业情况", "自主创业", "创业地点"),
        ("户籍地址",),
    )


def test_bare_parts_of_a_place_belong_to_the_place_before_them() -> None:
    headings = ["姓名", "身份证号码", "出生地", "省（区、市）", "五年前常住地", "省", "市", "县", "性别", "省"]
    (table,) = _tables([headings, ["束甲", make_number(1), *["安徽省"] * 8]])
    assert table.paths[3] == ("出生地", "省（区、市）")
    assert table.paths[5:8] == (("五年前常住地", "省"), ("五年前常住地", "市"), ("五年前常住地", "县"))
    assert table.paths[9] == ("省",)
    assert {column.field for column in match_columns(table.paths, INFLOW)} == {"person_name", "id_number", "sex", None}


@pytest.mark.parametrize("lost", [False, True])
def test_bare_parts_behind_the_hukou_place_are_its_parts(lost: bool) -> None:
    headings = ["姓名", "身份证号码", "户口登记地", "省", "市", "县"]
    (table,) = _tables([headings, ["束甲", make_number(1), None, "安徽省", None if lost else "六安市", "舒城县"]])
    parts = [(column.field, column.part) for column in match_columns(table.paths, INFLOW)[2:]]
    assert parts == [("hukou_address", None), ("hukou_address", 0), ("hukou_address", 1), ("hukou_address", 2)]
    expected = "安徽省舒城县" if lost else "安徽省六安市舒城县"
    assert _body(table).columns["hukou_address"].to_pylist() == [expected]


def test_headings_broken_over_lines_and_rows_are_joined() -> None:
    rows: Rows = [
        ["村（社区）", "流入人口", None, None],
        [None, "合\n计", "半年\n以上", "半以\n年下"],
        ["新桥村", 5, 3, 2],
    ]
    (table,) = _tables(rows, merges=[((0, 0), (1, 0)), ((0, 1), (0, 3))])
    kinds = [(column.field, column.kind) for column in match_columns(table.paths, "township_report")]
    assert kinds[2] == ("inflow_half_year", "normalised")
    assert kinds[3][0] != "inflow_half_year"
    assert table.paths[3] == ("流入人口", "半以 年下")


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_columns_gives_the_same_body(seed: int) -> None:
    headings = ["序号", *PLAIN, "性别", "户籍省", "户籍市", "来本地日期", "居住事由", "民族", "备注"]
    people: list[list[Cell]] = [
        [number, *_person(number, f"束{number}"), "男", "安徽省", "六安市", "2023-03-05", "务工", "汉", None]
        for number in range(1, 8)
    ]
    order = list(range(len(headings)))
    random.Random(seed).shuffle(order)  # noqa: S311 - a test's order

    def shuffled(row: Sequence[Cell]) -> list[Cell]:
        return [row[place] for place in order]

    (plain,) = _tables([headings, *people])
    (mixed,) = _tables([shuffled(headings), *map(shuffled, people)])
    one, other = _body(plain), _body(mixed)
    assert other.row_count == one.row_count == 7
    assert {name: array.to_pylist() for name, array in one.columns.items()} == {
        name: array.to_pylist() for name, array in other.columns.items()
    }


def test_no_table_is_found_in_nothing() -> None:
    for rows in ([], [[None]], [["品名", "数量"], ["纸", 20]], [["姓名"], ["束甲"]]):
        assert find_tables(sheet_of("Sheet1", rows)) == []


def test_a_wide_sheet_of_nothing_is_looked_at_quickly() -> None:
    sheet: Sheet = sheet_of("Sheet1", [["流入人口登记表"], [*PLAIN, *[None] * 1_990, "备注"], _person(1)])
    (table,) = find_tables(sheet)
    assert _body(table).row_count == 1
