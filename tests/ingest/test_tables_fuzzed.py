"""Whatever stands in a sheet: finding and reading its tables ends, and every row below headings is accounted for."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from sheet_maker import make_number

from ingest.body import read_body
from ingest.declaration import load_forms
from ingest.errors import FileRefusedError
from ingest.headings import match_columns
from ingest.listings import read_listings
from ingest.reading.sheet import Merge, Sheet, sheet_of
from ingest.tables import find_tables

WORDS = """
    姓名 身份证号码 户籍地址 现居住地 性别 户籍地 省 市
    流入人口 流出人口 合计 男 女 村（社区） 序号 备注 束甲 安徽省六安市 新桥村
    填表人：宛某 流入人口登记表 流出人口登记表（续）
    填报单位：新桥村 无 小计 第2页 1 2 2024年10月 户藉地址 （ 一、 其中： * :: 必填 𠮷
"""
TEXTS = [*WORDS.split(), None, make_number(1), 3.0, True, "半以\n年下", "", " ", "\x00"]
CELLS = st.sampled_from(TEXTS)
CORNER = st.tuples(st.integers(0, 12), st.integers(0, 10))
SETTINGS = settings(max_examples=250, derandomize=True, deadline=None)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    rows = draw(st.lists(st.lists(CELLS, max_size=10), max_size=14))
    corners = draw(st.lists(st.tuples(CORNER, CORNER), max_size=5))
    merges: list[Merge] = [
        ((min(one[0], other[0]), min(one[1], other[1])), (max(one[0], other[0]), max(one[1], other[1])))
        for one, other in corners
    ]
    hidden = draw(st.lists(st.integers(0, 13), max_size=3))
    return sheet_of("Sheet1", rows, merges=merges, hidden_rows=hidden, epoch_1904=draw(st.booleans()))


@SETTINGS
@given(sheets())
def test_every_row_of_every_table_is_accounted_for(sheet: Sheet) -> None:
    tables = find_tables(sheet)
    for above, below in pairwise(tables):
        assert above.last_body_row < below.first_heading_row or below.is_right_half
    for table in tables:
        for form_id, form in load_forms().items():
            body = read_body(table, match_columns(table.paths, form_id), form)
            assert body.row_count + body.left_out.total() == table.body_rows
            assert all(len(array) == body.row_count for array in body.columns.values())
            numbers = body.row_numbers.to_pylist()
            assert numbers == sorted(set(numbers))
            assert all(table.first_body_row < number <= table.last_body_row + 1 for number in numbers)


@SETTINGS
@given(sheets(), st.sampled_from(sorted(load_forms())))
def test_tables_are_read_as_lists_or_refused(sheet: Sheet, form_id: str) -> None:
    tables = find_tables(sheet)
    if not tables:
        return
    try:
        listings, notes = read_listings(tables, load_forms()[form_id])
    except FileRefusedError:
        return
    assert listings
    assert all(isinstance(details, dict) for _, details in notes)
