from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from sheet_maker import make_number

from ingest.body import Body, read_body
from ingest.declaration import load_forms
from ingest.headings import match_columns
from ingest.reading.sheet import Cell, Merge, sheet_of
from ingest.tables import find_tables

INFLOW, REPORT, HUKOU = "village_inflow", "township_report", "hukou_population"
PLAIN = ("姓名", "身份证号码", "户籍地址", "来本地日期")


def _read(
    rows: Sequence[Sequence[Cell]], form_id: str = INFLOW, merges: Sequence[Merge] = (), epoch: bool = False
) -> Body:
    (table,) = find_tables(sheet_of("Sheet1", rows, merges=merges, epoch_1904=epoch))
    return read_body(table, match_columns(table.paths, form_id), load_forms()[form_id])


def _person(serial: int, arrived: Cell = "2023-03-05") -> list[Cell]:
    return ["束甲", make_number(serial), "安徽省六安市", arrived]


def test_numbers_of_days_since_1904_become_those_since_1900() -> None:
    arrived: list[Cell] = [43528.0, 43528.25, "43528", 2019.0, 20190305.0, "2019-03-05", None]
    rows = [PLAIN, *(_person(number, each) for number, each in enumerate(arrived, 1))]
    assert _read(rows).columns["arrived_date"].to_pylist() == [
        "43528", "43528.25", "43528", "2019", "20190305", "2019-03-05", None,
    ]  # fmt: skip
    assert _read(rows, epoch=True).columns["arrived_date"].to_pylist() == [
        "44990", "44990.25", "43528", "2019", "20190305", "2019-03-05", None,
    ]  # fmt: skip


def test_a_text_merged_over_the_next_rows_reaches_them_within_the_table_only() -> None:
    rows = [PLAIN, _person(1), [*_person(2)[:2], None, None], [*_person(3)[:2], None, None]]
    body = _read(rows, merges=[((1, 2), (9, 2)), ((2, 3), (2, 3))])
    assert body.columns["hukou_address"].to_pylist() == ["安徽省六安市"] * 3
    assert body.columns["arrived_date"].to_pylist() == ["2023-03-05", None, None]


PARTS = ("姓名", "身份证号码", "户籍省", "户籍市", "户籍县", "户籍地址")


@pytest.mark.parametrize(
    ("pieces", "place"),
    [
        (("安徽省", "六安市", "舒城县", "某村"), "安徽省六安市舒城县某村"),
        ((" 安徽省 ", "六安市", None, " 某村"), "安徽省六安市某村"),
        (("北京市", "市辖区", "朝阳区", None), "北京市朝阳区"),
        (("北京市", "北京市", "朝阳区", None), "北京市朝阳区"),
        (("安徽省", "六安市", "舒城县", "安徽省六安市舒城县某村"), "安徽省六安市舒城县某村"),
        (("安徽省", None, None, "浙江省杭州市"), "安徽省浙江省杭州市"),
        ((None, "六安市", None, "六安市某村"), "六安市某村"),
        ((None, None, None, "安徽省"), "安徽省"),
        (("市辖区", None, None, None), None),
        ((None, None, None, None), None),
    ],
)
def test_pieces_of_a_place_are_one_text(pieces: Sequence[str | None], place: str | None) -> None:
    body = _read([PARTS, ["束甲", make_number(1), *pieces], ["束乙", make_number(2), None, None, None, "别处"]])
    assert body.columns["hukou_address"].to_pylist() == [place, "别处"]


@pytest.mark.parametrize("words", [["无"], ["本月无流动人口"], [None, "无"], ["无", "无", "无", "无"], [1, "无"]])
def test_a_row_that_says_nobody_is_none_in_a_list_of_nobody_else(words: list[Cell]) -> None:
    body = _read([PLAIN, words])
    assert body.row_count == 0
    assert any("无" in text for row in body.outside for text in row)
    beside = _read([PLAIN, _person(1), ["无", None, None, None]])
    assert beside.row_numbers.to_pylist() == [2, 3]


def test_rows_of_totals_are_kept_apart() -> None:
    rows = [
        ["村（社区）", "流入人口", "流出人口"],
        ["新桥村", 5, 3],
        ["塔山社区", 7, 1],
        ["合计", 12, 4],
    ]
    body = _read(rows, REPORT)
    assert body.row_numbers.to_pylist() == [2, 3]
    assert body.totals == (3,)
    assert body.left_out == {"total": 1}


def test_the_rows_of_a_table_of_categories_are_its_categories() -> None:
    rows = [["年龄", "合计", "男", "女"], ["0-14岁", 30, 16, 14], ["15-64岁", 60, 30, 30], ["合计", 90, 46, 44]]
    body = _read(rows, HUKOU)
    assert body.columns["category"].to_pylist() == ["0-14岁", "15-64岁"]
    assert body.totals == (3,)


def test_hidden_rows_are_rows() -> None:
    rows = [PLAIN, _person(1), _person(2), _person(3)]
    (table,) = find_tables(sheet_of("Sheet1", rows, hidden_rows=[2], hidden_columns=[3]))
    body = read_body(table, match_columns(table.paths, INFLOW), load_forms()[INFLOW])
    assert body.row_numbers.to_pylist() == [2, 3, 4]
    assert body.columns["arrived_date"].to_pylist() == ["2023-03-05"] * 3


def test_every_row_below_the_headings_is_a_row_or_counted_as_left_out() -> None:
    rows: list[Sequence[Cell]] = [PLAIN]
    for number in range(200):
        kinds: Mapping[int, Sequence[Cell]] = {
            0: [None],
            1: ["合计", f"{number}人"],
            2: PLAIN,
            3: ["填表人：宛某"],
            4: [f"束{number}"],
            5: [None, None, "安徽省"],
        }
        rows.append(kinds.get(number % 9, _person(number)))
    body = _read(rows)
    assert body.row_count + body.left_out.total() == 200
    assert body.left_out["total"] == len([number for number in range(200) if number % 9 == 1])


def test_a_day_alone_below_the_last_person_is_that_of_the_signature() -> None:
    day: list[Cell] = [None, None, None, "2024年10月31日"]
    body = _read([PLAIN, _person(1), day, _person(2), day])
    assert body.row_numbers.to_pylist() == [2, 3, 4]
    assert body.outside == (("2024年10月31日",),)
