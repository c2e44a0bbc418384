from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sheet_maker import (
    CHENGZHONG,
    HEADINGS,
    HOME,
    OTHER_PUGANG,
    OTHER_TOWN,
    PUGANG,
    TASHAN,
    TOWN,
    XINQIAO,
    XINQIAO_COMMUNITY,
    Cell,
    make_list,
    make_people,
    to_csv,
    to_xlsx,
    write_units,
)

from ingest.errors import FileRefusedError
from ingest.reading.document import Limits, read_document
from ingest.recognition import Recognition, recognise
from ingest.surroundings import find_date, find_month
from ingest.units import UnitBook, find_unit, load_units

NOWHERE = "报送/0123456789.xlsx"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> UnitBook:
    return load_units(write_units(tmp_path_factory.mktemp("units") / "units.parquet"))


def _unit(book: UnitBook, *content: str, path: str = NOWHERE) -> str:
    return find_unit(book, [("label", text) for text in content], path).unit.code


def _refused(book: UnitBook, *content: str, path: str = NOWHERE) -> str:
    with pytest.raises(FileRefusedError) as error:
        _unit(book, *content, path=path)
    return error.value.rule_id


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("新桥村", XINQIAO),
        ("新桥村民委员会", XINQIAO),
        ("新桥村委会", XINQIAO),
        ("新桥社区", XINQIAO_COMMUNITY),
        ("新桥社区居委会", XINQIAO_COMMUNITY),
        ("塔山社区", TASHAN),
        ("塔山村", TASHAN),
        ("塔山", TASHAN),
        ("城中居委会", CHENGZHONG),
        ("庐城镇城中", CHENGZHONG),
        ("庐城镇城中2024年10月", CHENGZHONG),
        ("安徽省合肥市庐江县庐城镇新桥村", XINQIAO),
        ("庐 江 县　庐城镇 新桥村", XINQIAO),
        ("庐城镇新桥村2024年10月流入人口登记表", XINQIAO),
        ("2024年10月塔山社区流入人口登记表", TASHAN),
        ("庐城塔山社区", TASHAN),
        ("冶父山镇铺岗村", OTHER_PUGANG),
        ("铺岗村（庐城镇）", PUGANG),
        ("庐城镇人民政府", TOWN),
        ("庐城", TOWN),
        (XINQIAO, XINQIAO),
        (f"代码 {TOWN}", TOWN),
        ("庐城派出所", TOWN),
        ("庐江县公安局庐城派出所", TOWN),
        ("冶父山镇卫生院", OTHER_TOWN),
        ("庐城中心小学", TOWN),
    ],
)
def test_a_unit_is_known_by_the_names_clerks_write(book: UnitBook, text: str, code: str) -> None:
    assert _unit(book, text) == code


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("铺岗村", "unit_ambiguous"),
        ("新桥", "unit_ambiguous"),
        ("大塔山社区", "unit_unknown"),
        ("庐城镇桃花村", "unit_unknown"),
        ("340124100299", "unit_unknown"),
        ("束塔山", "unit_unknown"),
        ("", "unit_unknown"),
    ],
)
def test_what_cannot_be_told_is_refused(book: UnitBook, text: str, rule: str) -> None:
    assert _refused(book, text) == rule


@pytest.mark.parametrize("text", ["庐江县公安局", "庐江县教育局2024年10月", HOME])
def test_a_department_of_the_county_sends_for_the_county(book: UnitBook, text: str) -> None:
    found = find_unit(book, [("label", text)], NOWHERE, ["新桥村"], from_above=True)
    assert (found.unit.code, found.why) == (HOME, "label")
    assert find_unit(book, [("title", text)], NOWHERE, from_above=True).why == "title"
    assert find_unit(book, [("title", text)], NOWHERE, ["庐城镇新桥村"], from_above=True).unit.code == XINQIAO
    assert find_unit(book, [], f"{text}/花名册.xlsx", from_above=True).why == "path"


def test_a_county_is_not_taken_for_the_sender_where_more_is_said_or_it_never_sends(book: UnitBook) -> None:
    label = [("label", "庐江县")]
    assert find_unit(book, label, "庐城镇/新桥村.xlsx", from_above=True).unit.code == XINQIAO
    assert find_unit(book, [*label, ("title", "庐城镇")], NOWHERE, from_above=True).unit.code == TOWN
    assert _refused(book, "庐江县") == "unit_unknown"


def test_the_path_is_read_where_the_content_is_silent(book: UnitBook) -> None:
    assert _unit(book, path="庐城镇/新桥村/2024-10流入.xlsx") == XINQIAO
    assert _unit(book, path="2024-10/庐城镇城中_流入人口.csv") == CHENGZHONG
    assert _unit(book, path="庐城镇/铺岗/10月.xls") == PUGANG
    assert _unit(book, path="庐城镇/2024年10月流动人口统计月报表.xlsx") == TOWN
    assert _refused(book, path="铺岗村/2024-10流入.xlsx") == "unit_ambiguous"


def test_the_path_tells_villages_of_one_name_apart_and_a_township_from_its_village(book: UnitBook) -> None:
    assert _unit(book, "铺岗村", path="冶父山镇/铺岗村.xlsx") == OTHER_PUGANG
    assert _unit(book, "庐城镇", path="庐城镇/新桥村/2024-10.xlsx") == XINQIAO
    assert _unit(book, "庐城镇", "塔山社区") == TASHAN


def test_content_that_contradicts_itself_is_refused(book: UnitBook) -> None:
    assert _refused(book, "庐城镇新桥村", "塔山社区") == "unit_ambiguous"
    assert _refused(book, "冶父山镇", "庐城镇新桥村") == "unit_ambiguous"


def test_content_wins_over_the_path_and_says_so(book: UnitBook) -> None:
    found = find_unit(book, [("label", "庐城镇塔山社区")], "冶父山镇/铺岗村/2024-10.xlsx")
    assert found.unit.code == TASHAN
    assert found.contradiction is not None
    assert find_unit(book, [("label", "塔山社区")], "庐城镇/塔山社区/x.xlsx").contradiction is None


def test_the_villages_of_the_rows_name_the_unit_where_nothing_else_does(book: UnitBook) -> None:
    assert find_unit(book, [], NOWHERE, ["新桥村", "庐城镇新桥村"]).unit.code == XINQIAO
    assert find_unit(book, [], NOWHERE, ["庐城镇新桥村", "庐城镇塔山社区"]).unit.code == TOWN
    with pytest.raises(FileRefusedError):
        find_unit(book, [], NOWHERE, ["新桥村", "塔山社区"])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-10-05", date(2024, 10, 5)),
        ("2024/10/5", date(2024, 10, 5)),
        ("2024.10.5", date(2024, 10, 5)),
        ("２０２４年１０月５日", date(2024, 10, 5)),
        ("20241005", date(2024, 10, 5)),
        ("45570", date(2024, 10, 5)),
        ("2024-10-05 08:30:00", date(2024, 10, 5)),
        ("截至2024年10月5日", date(2024, 10, 5)),
        ("2024年10月1日至2024年10月5日", date(2024, 10, 5)),
        ("二〇二四年十月五日", date(2024, 10, 5)),
        ("二○二四年十二月三十一日", date(2024, 12, 31)),
        ("24年10月5日", date(2024, 10, 5)),
        ("2024年9月26日—10月25日", date(2024, 10, 25)),
        ("2024年10月1日至31日", date(2024, 10, 31)),
        ("2024年1-10月", None),
        ("2024-02-30", None),
        ("2024年10月", None),
        ("340124202410050", None),
        ("", None),
    ],
)
def test_days_are_read_in_every_style(text: str, day: date | None) -> None:
    assert find_date(text) == day


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2024年10月", (2024, 10)),
        ("2024年 10 月", (2024, 10)),
        ("2024-10流入", (2024, 10)),
        ("2024.10", (2024, 10)),
        ("202410", (2024, 10)),
        ("2024年/10月/流入.xlsx", (2024, 10)),
        ("2024/10/流入.xlsx", (2024, 10)),
        ("20241005", (2024, 10)),
        ("二〇二四年十月", (2024, 10)),
        ("24年10月", (2024, 10)),
        ("2024年第三季度", (2024, 9)),
        ("2024年三季度流动人口统计表", (2024, 9)),
        ("2024年上半年", (2024, 6)),
        ("2024年1-10月", (2024, 10)),
        ("2024年1月至10月", (2024, 10)),
        ("2023年年报", (2023, 12)),
        ("2024年度", None),
        ("2024年13月", None),
        ("2024110234", None),
        ("10月", None),
    ],
)
def test_months_are_read_in_every_style(text: str, month: tuple[int, int] | None) -> None:
    assert find_month(text) == month


def _recognise(book: UnitBook, rows: list[list[Cell]], path: str = NOWHERE, **more: list[list[Cell]]) -> Recognition:
    known = Recognition()
    recognise(read_document(to_xlsx(rows, more=dict(more)), Limits()), path, book, known)
    return known


def _rule(book: UnitBook, rows: list[list[Cell]], path: str = NOWHERE, **more: list[list[Cell]]) -> str:
    with pytest.raises(FileRefusedError) as error:
        _recognise(book, rows, path, **more)
    return error.value.rule_id


def _list(title: str, *labels: Cell) -> list[list[Cell]]:
    return [[title], [*labels], [*HEADINGS], *make_people(2)]


@pytest.mark.parametrize(
    ("rows", "path", "period", "day"),
    [
        (_list("新桥村流入人口登记表", "填报日期：2024年10月31日"), NOWHERE, "2024-10", date(2024, 10, 31)),
        (_list("新桥村流入人口登记表", "填报日期", date(2024, 11, 2)), NOWHERE, "2024-11", date(2024, 11, 2)),
        (_list("新桥村流入人口登记表", "填报日期：45596"), NOWHERE, "2024-10", date(2024, 10, 31)),
        (_list("新桥村2024年10月流入人口登记表"), NOWHERE, "2024-10", date(2024, 10, 31)),
        (_list("新桥村2024年2月流入人口登记表"), NOWHERE, "2024-02", date(2024, 2, 29)),
        (_list("新桥村2024年10月流入人口登记表", "填报日期：2024.11.3"), NOWHERE, "2024-10", date(2024, 11, 3)),
        (_list("新桥村流入人口登记表"), "2024-10/流入.xlsx", "2024-10", date(2024, 10, 31)),
        (_list("新桥村流入人口登记表"), "20241020流入.xlsx", "2024-10", date(2024, 10, 20)),
        (_list("新桥村流入人口登记表", "填报日期：2024-11-02"), "2024-10流入.xlsx", "2024-10", date(2024, 11, 2)),
        (_list("新桥村流入人口登记表", "统计时间：2024年10月"), NOWHERE, "2024-10", date(2024, 10, 31)),
    ],
)
def test_period_and_day(book: UnitBook, rows: list[list[Cell]], path: str, period: str, day: date) -> None:
    known = _recognise(book, rows, path)
    assert (known.period_text, known.reported_on) == (period, day)
    assert known.contradictions == []


def test_a_date_in_the_footer_counts(book: UnitBook) -> None:
    rows = [*_list("新桥村流入人口登记表"), ["填表人：束某", None, None, "填报日期：2024年10月31日"]]
    known = _recognise(book, rows)
    assert (known.reported_on, known.reported_why) == (date(2024, 10, 31), "label")


def test_a_file_without_any_date_is_refused(book: UnitBook) -> None:
    assert _rule(book, _list("新桥村流入人口登记表")) == "period_unknown"


def test_a_month_in_the_path_that_differs_is_asked_about(book: UnitBook) -> None:
    known = _recognise(book, _list("新桥村2024年10月流入人口登记表"), "2024-08/流入.xlsx")
    assert known.period_text == "2024-10"
    assert known.contradictions == ["月份 2024-10 / 2024-08"]


@pytest.mark.parametrize(
    ("title", "path", "kind"),
    [
        ("流入人口登记表", NOWHERE, "full"),
        ("新增流入人口登记表", NOWHERE, "added"),
        ("流入人口减少名单", NOWHERE, "removed"),
        ("流入人口变动情况登记表", NOWHERE, "changes"),
        ("流入人口新增、减少登记表", NOWHERE, "changes"),
        ("流入人口登记表", "新增/2024-10流入（新增）.xlsx", "added"),
    ],
)
def test_a_list_of_changes_says_so(book: UnitBook, title: str, path: str, kind: str) -> None:
    assert _recognise(book, _list(f"新桥村2024年10月{title}"), path).list_kind == kind


OUT_HEADINGS: list[Cell] = ["姓名", "身份证号码", "现居住地", "户籍地址", "外出时间", "外出原因"]
BOTH_HEADINGS: list[Cell] = ["姓名", "身份证号码", "现居住地", "户籍地址", "性别", "文化程度"]


def _titled(title: str, headings: list[Cell]) -> list[list[Cell]]:
    return [[title], ["填报单位：庐城镇新桥村"], headings, *make_people(2)]


@pytest.mark.parametrize(
    ("title", "headings", "path", "form_id", "why"),
    [
        ("2024年10月外来人口花名册", [*HEADINGS], NOWHERE, "village_inflow", "title"),
        ("2024年10月外出人口花名册", OUT_HEADINGS, NOWHERE, "village_outflow", "title"),
        ("2024年10月流动人口花名册", OUT_HEADINGS, NOWHERE, "village_outflow", "headings"),
        ("2024年10月流动人口花名册", [*HEADINGS], NOWHERE, "village_inflow", "headings"),
        ("2024年10月流动人口花名册", BOTH_HEADINGS, "流出人口.xlsx", "village_outflow", "path"),
    ],
)
def test_the_form_is_told_by_title_then_headings_then_path(
    book: UnitBook, title: str, headings: list[Cell], path: str, form_id: str, why: str
) -> None:
    known = _recognise(book, _titled(title, headings), path)
    assert known.form is not None
    assert (known.form.form_id, known.form_why) == (form_id, why)


def test_a_form_that_cannot_be_told_is_refused(book: UnitBook) -> None:
    assert _rule(book, _titled("2024年10月流动人口花名册", BOTH_HEADINGS)) == "form_ambiguous"
    assert _rule(book, _titled("2024年10月流入人口花名册", OUT_HEADINGS)) == "form_ambiguous"
    assert _rule(book, [["采购清单"], ["品名", "数量"], ["纸", 20]]) == "form_unknown"
    assert _rule(book, _titled("新桥村2024年10月流入人口登记表", [*HEADINGS])[:3]) == "file_no_rows"


def test_sheets_of_notes_and_code_lists_are_not_read_and_two_forms_are_refused(book: UnitBook) -> None:
    codes: list[list[Cell]] = [["性别", "文化程度", "户口性质"], ["男", "小学", "农业"]]
    notes: list[list[Cell]] = [[*HEADINGS], ["必填"]]
    known = _recognise(book, make_list(2), 代码=codes, 填表说明=notes)
    assert [listing.body.row_count for listing in known.listings] == [2]
    more = _recognise(book, make_list(2), 二组=[[*HEADINGS], *make_people(3, start=10)])
    assert [listing.body.row_count for listing in more.listings] == [2, 3]
    other = _titled("2024年10月外出人口花名册", OUT_HEADINGS)
    assert _rule(book, make_list(2), 流出=other) == "form_mixed"


def test_text_files_are_recognised_alike(book: UnitBook) -> None:
    known = Recognition()
    recognise(read_document(to_csv(make_list(2), "gb18030"), Limits()), NOWHERE, book, known)
    assert known.unit is not None
    assert known.unit.code == XINQIAO
    assert known.reported_on == date(2024, 10, 31)


def test_units_of_another_level_are_left_alone(book: UnitBook, tmp_path: Path) -> None:
    assert not book.mentions("庐江县")
    assert book.mentions("冶父山镇").townships != book.mentions("庐城镇").townships
    assert {unit.code for unit in book.mentions("冶父山镇").townships} == {OTHER_TOWN}
