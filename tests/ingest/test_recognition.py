from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sheet_maker import XINQIAO, make_list, make_number, make_people, write_units

from ingest.errors import FileRefusedError
from ingest.reading.delivery import Document
from ingest.reading.sheet import Cell, Sheet, sheet_of
from ingest.recognition import Recognition, recognise
from ingest.units import UnitBook, load_units

NOWHERE = "报送/0123456789.xlsx"
Rows = Sequence[Sequence[Cell]]
REPORT_TOP: Rows = [["庐城镇流动人口统计月报表"], ["填报日期：2024年10月31日"], ["村（社区）", "流入人口", "流出人口"]]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> UnitBook:
    return load_units(write_units(tmp_path_factory.mktemp("units") / "units.parquet"))


def _known(book: UnitBook, *sheets: Sheet, path: str = NOWHERE) -> Recognition:
    known = Recognition()
    recognise(Document("xlsx", None, sheets), path, book, known)
    return known


def _of_rows(book: UnitBook, rows: Rows, path: str = NOWHERE) -> Recognition:
    return _known(book, sheet_of("Sheet1", rows), path=path)


def _refused(book: UnitBook, rows: Rows, path: str = NOWHERE) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as error:
        _of_rows(book, rows, path)
    return error.value


def _list(*rows: Sequence[Cell], title: str = "流入人口登记表", day: str = "2024年10月31日") -> list[Sequence[Cell]]:
    top = make_list(0, day=day)
    return [[title], top[1], top[2], *rows]


@pytest.mark.parametrize(
    ("title", "row"),
    [
        ("流入人口登记表", ["无"]),
        ("流入人口登记表", ["本月无流动人口"]),
        ("流入人口登记表", [None, None, "无", "无"]),
        ("流入人口登记表（零报告）", []),
        ("流入人口零报告", [None]),
    ],
)
def test_a_list_that_says_there_is_nobody_is_a_list(book: UnitBook, title: str, row: list[Cell]) -> None:
    known = _of_rows(book, _list(row, title=title))
    assert known.form is not None
    assert known.unit is not None
    assert (known.form.form_id, known.unit.code, known.period_text) == ("village_inflow", XINQIAO, "2024-10")
    assert [listing.body.row_count for listing in known.listings] == [0]


def test_a_sheet_that_only_says_there_is_nobody_is_a_list(book: UnitBook) -> None:
    known = _of_rows(book, [["庐城镇新桥村2024年10月流入人口登记表"], ["本月无流入人口，特此零报告"]])
    assert known.form is not None
    assert known.unit is not None
    assert (known.form.form_id, known.unit.code, known.period_text) == ("village_inflow", XINQIAO, "2024-10")
    assert known.listings[0].body.row_count == 0


def test_headings_without_rows_are_no_list(book: UnitBook) -> None:
    assert _refused(book, _list()).rule_id == "file_no_rows"
    assert (
        _refused(book, [["流入人口登记表"], make_list(0)[2], ["无"]], "庐城镇新桥村/2024-10.xlsx").rule_id
        == "file_no_rows"
    )


def test_hidden_rows_and_columns_are_remarked(book: UnitBook) -> None:
    sheet = sheet_of("名单", make_list(4), hidden_rows=[4, 5], hidden_columns=[2])
    known = _known(book, sheet)
    assert known.listings[0].body.row_count == 4
    assert dict(known.notes) == {
        "rows_hidden": {"detail": "“名单”第5、6行"},
        "columns_hidden": {"detail": "“名单”性别"},
    }


def test_misspelt_headings_are_remarked(book: UnitBook) -> None:
    rows = make_list(2)
    rows[2] = ["户藉地址" if cell == "户籍地址" else cell for cell in rows[2]]
    known = _of_rows(book, rows)
    assert known.notes == [("heading_misspelt", {"detail": "“户藉地址”→“户籍地址”"})]


def test_two_equal_columns_are_one_and_two_different_ones_are_returned(book: UnitBook) -> None:
    rows = [[*row, row[3]] for row in make_list(3)]
    known = _of_rows(book, rows)
    assert known.notes == [("heading_doubled", {"detail": "“户籍地址”"})]
    assert known.listings[0].body.columns["hukou_address"].to_pylist() == ["安徽省六安市舒城县"] * 3
    rows[-1][-1] = "浙江省"
    assert _refused(book, rows).rule_id == "heading_twice"


def test_a_block_beside_the_list_is_remarked_and_not_read(book: UnitBook) -> None:
    rows = [*make_list(3), [None], ["就读学校", "年级", "班级", "学籍号"], ["甲", "乙", "丙", "丁"]]
    known = _of_rows(book, rows)
    assert [rule for rule, _ in known.notes] == ["table_ignored"]
    assert "第8行" in known.notes[0][1]["detail"]
    assert known.listings[0].body.row_count == 3


@pytest.mark.parametrize(("total", "notes"), [(12, []), (13, ["total_differs"]), ("约12", [])])
def test_totals_are_held_against_their_rows(book: UnitBook, total: Cell, notes: list[str]) -> None:
    rows = [*REPORT_TOP, ["新桥村", 5, 3], ["塔山社区", 7, 1], ["合计", total, 4]]
    known = _of_rows(book, rows)
    assert [rule for rule, _ in known.notes] == notes
    if notes:
        assert known.notes[0][1]["detail"] == "第6行“流入人口”合计13，各行相加12"


def test_the_numbers_of_a_total_name_no_month(book: UnitBook) -> None:
    known = _of_rows(book, [*REPORT_TOP, ["新桥村", 30000, 202311], ["合计", 59716, 202311]])
    assert known.period_text == "2024-10"
    assert known.reported_on == date(2024, 10, 31)


def test_subtotals_are_of_the_rows_since_the_last(book: UnitBook) -> None:
    people = [
        ["新桥村", 5, 3],
        ["小计", 5, 3],
        ["塔山社区", 7, 1],
        ["城中居委会", 1, 0],
        ["小计", 8, 1],
        ["合计", 13, 4],
    ]
    assert _of_rows(book, [*REPORT_TOP, *people]).notes == []
    people[4][1] = 9
    assert [rule for rule, _ in _of_rows(book, [*REPORT_TOP, *people]).notes] == ["total_differs"]


def test_the_halves_of_a_sheet_are_one_list(book: UnitBook) -> None:
    top = make_list(0)
    people = make_people(4)
    rows = [top[0], top[1], [*top[2], *top[2]], [*people[0], *people[2]], [*people[1], *people[3]]]
    known = _of_rows(book, rows)
    assert [listing.body.row_count for listing in known.listings] == [2, 2]
    numbers = [text for each in known.listings for text in each.body.columns["id_number"].to_pylist()]
    assert sorted(numbers) == [make_number(serial) for serial in range(1, 5)]


def test_two_lists_of_different_villages_under_each_other_are_returned(book: UnitBook) -> None:
    rows = [*make_list(2), [None], *make_list(2, unit="庐城镇塔山社区")]
    assert _refused(book, rows).rule_id == "unit_ambiguous"


def test_stacked_lists_of_one_village_are_one_list(book: UnitBook) -> None:
    rows = [*make_list(2), ["流入人口登记表（续）"], make_list(0)[2], *make_people(3, start=5)]
    known = _of_rows(book, rows)
    assert sum(listing.body.row_count for listing in known.listings) == 5


def test_lists_of_two_forms_in_one_file_are_returned(book: UnitBook) -> None:
    outflow: Rows = [["流出人口登记表"], ["姓名", "身份证号码", "流入地"], ["束甲", make_number(1), "浙江省"]]
    assert _refused(book, [*make_list(2), [None], *outflow]).rule_id == "form_mixed"


@pytest.mark.parametrize(
    ("title", "period", "day"),
    [
        ("二〇二四年十月流入人口登记表", "2024-10", date(2024, 10, 31)),
        ("2024年第三季度流入人口登记表", "2024-09", date(2024, 9, 30)),
        ("2024年1-10月流入人口登记表", "2024-10", date(2024, 10, 31)),
        ("24年10月流入人口登记表", "2024-10", date(2024, 10, 31)),
    ],
)
def test_the_period_is_read_in_every_style(book: UnitBook, title: str, period: str, day: date) -> None:
    rows = [[title], ["填报单位：庐城镇新桥村"], *make_list(2)[2:]]
    known = _of_rows(book, rows)
    assert (known.period_text, known.reported_on) == (period, day)


def test_the_units_file_is_found(tmp_path: Path) -> None:
    assert load_units(write_units(tmp_path / "units.parquet")).mentions("新桥村").villages
