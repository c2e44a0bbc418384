"""Two months of a township with every trouble with people: each is asked about, and nobody merges by accident.

A person is named by their name here; where two rows have one name, the second stands in another list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from gated_once import nights_gated_once
from messy_files import inflow, sheet_bytes
from office_nights import Office, Values

from popflow.synthetic.identity import check_characters
from popflow.synthetic.writers import Row

OCTOBER, NOVEMBER, LOBU = "新桥十月.xlsx", "新桥十一月.xlsx", "罗埠.xlsx"
POLICE, HEALTH = "公安.xlsx", "卫健.xlsx"
TOWN, OTHER_TOWN = "安徽省六安市舒城县城关镇", "河南省信阳市固始县城关镇"
ARRIVED = "2023-03-05"
NOBODYS = "0" * 18
VILLAGE = ("姓名", "身份证号码", "性别", "出生日期", "户籍地址", "来本地日期", "离开日期", "居住事由")
DEPARTMENTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    POLICE: ("公安流动人口登记表", "庐江县公安局", (
        "姓名", "身份证号码", "性别", "出生日期", "户籍地址", "到达时间", "注销日期", "注销原因", "登记日期",
        "现住地址",
    )),
    HEALTH: ("全员流动人口名册", "庐江县卫生健康委员会", (
        "姓名", "身份证号码", "性别", "出生日期", "户籍地址", "流入日期", "返回日期", "流动原因", "流动类型",
        "现居住地址",
    )),
}  # fmt: skip
BORN = {
    "王建军": "1981-02-03", "李文斌": "1979-07-08", "张海涛": "1990-11-12",
    "陈志远": "1985-05-06", "郭晓峰": "1985-05-06", "何玉林": "1977-03-04", "丁春秋": "1977-03-04",
    "宋德福": "1966-06-07", "周大龙": "1995-09-10", "周小龙": "1995-09-10", "吴金宝": "1998-01-02",
    "吴银宝": "1998-01-02", "刘洋": "1988-08-08", "李伟": "1983-04-05", "李强": "1984-04-05",
    "郑先归": "1982-02-02", "孙未来": "1983-02-02", "许从容": "1971-12-12", "蒋平安": "1972-10-11",
    "戴望之": "1961-01-01", "高黄岩": "1964-02-03", "尤双双": "1987-06-05", "常有理": "1968-06-05",
}  # fmt: skip


def _number(name: str, serial: int = 111) -> str:
    body = f"341523{BORN[name].replace('-', '')}{serial}"
    return body + str(check_characters(np.array([body]))[0])


def _fifteen(name: str) -> str:
    number = _number(name)
    return number[:6] + number[8:17]


def _row(name: str, number: str | None = None, hukou: str = TOWN, came: str = ARRIVED, gone: str | None = None) -> Row:
    return [name, number, "男", BORN[name], hukou, came, gone, "务工"]


def _numbered(name: str, **said: str) -> Row:
    return _row(name, _number(name), **said)


def _of_police(name: str, number: str | None, *, gone: str | None = None, why: str | None = None) -> Row:
    return [*_row(name, number, gone=gone)[:7], why, "2024-02-01", "庐江县庐城镇新桥村"]


def _of_health(name: str, number: str | None) -> Row:
    return [*_row(name, number), "流入", "庐江县庐城镇新桥村"]


OF_OCTOBER: tuple[Row, ...] = (
    *(_row(name, NOBODYS) for name in ("王建军", "李文斌", "张海涛")),
    # one number, two names: in this list, and in two lists
    _numbered("陈志远"),
    _row("郭晓峰", _number("陈志远")),
    _numbered("何玉林"),
    _numbered("宋德福"),
    # twins: one has a number; neither has
    _numbered("周大龙"),
    _row("吴金宝"),
    # the same name and birth date: in this list, and in two lists
    _row("刘洋"),
    _row("刘洋", hukou=OTHER_TOWN),
    _row("李伟"),
    _row("李强"),
    # left before arriving; arrives after the report
    _numbered("郑先归", gone="2023-01-05"),
    _numbered("孙未来", came="2025-03-05"),
    _numbered("许从容"),
    # with a number and without in one list
    _numbered("蒋平安"),
    _row("蒋平安"),
    _numbered("戴望之"),
    # a hukou place of a county-level city that was dissolved in 1994
    _numbered("高黄岩", hukou="浙江省台州地区黄岩市"),
)
OF_LOBU: tuple[Row, ...] = (
    _row("丁春秋", _number("何玉林")),
    _row("宋德福", _number("宋德福", 313)),
    _row("周小龙"),
    _row("吴银宝"),
    _row("李伟", hukou=OTHER_TOWN),
    _row("李强"),
    _row("许从容", _fifteen("许从容")),
)
OF_POLICE: tuple[Row, ...] = (
    _of_police("戴望之", _number("戴望之"), gone="2024-10-20", why="死亡"),
    _of_police("尤双双", None),
    _of_police("常有理", _number("常有理")),
)
OF_HEALTH: tuple[Row, ...] = (_of_health("尤双双", None), _of_health("常有理", _number("常有理")))


def _send(office: Office, path: str, rows: Sequence[Row], day: str = "2024-10-31", village: str = "新桥村") -> None:
    title, unit, headings = DEPARTMENTS.get(path, ("流入人口登记表", f"庐江县庐城镇{village}", VILLAGE))
    office.send(path, sheet_bytes(inflow(rows, unit=unit, day=day, title=title, headings=headings)))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The site after two nights: the village and the police first, then the others and the village's next month."""
    with nights_gated_once():
        office = Office.new(tmp_path_factory.mktemp("bad_people") / "site")
        _send(office, OCTOBER, OF_OCTOBER)
        _send(office, POLICE, OF_POLICE)
        assert office.night("2024-11-06").code == 0
        _send(office, LOBU, OF_LOBU, village="罗埠村")
        _send(office, HEALTH, OF_HEALTH)
        _send(office, NOVEMBER, OF_OCTOBER, day="2024-11-30")
        assert office.night("2024-12-06").code == 0
    return office


def _place(path: str, name: str, nth: int = 0) -> int:
    """Return the row of a file that has a name; the first row of people is its fourth."""
    rows = {OCTOBER: OF_OCTOBER, NOVEMBER: OF_OCTOBER, LOBU: OF_LOBU, POLICE: OF_POLICE, HEALTH: OF_HEALTH}[path]
    return [place for place, row in enumerate(rows, start=4) if row[0] == name][nth]


def _said(office: Office, path: str, name: str, nth: int = 0) -> list[tuple[str, str]]:
    """Return rule and severity of all that is said of a row."""
    found = office.ask(
        "SELECT rule_id, severity FROM ops.issue JOIN ops.file USING (file_id) "
        "WHERE path = $path AND row_number = $row ORDER BY ALL",
        path=path, row=_place(path, name, nth),
    )  # fmt: skip
    return [(str(rule).split(":")[0], str(severity)) for rule, severity in found]


def _key(office: Office, path: str, name: str, nth: int = 0) -> str:
    """Return the key of the person of a row, as published."""
    rows = office.ask(
        "SELECT coalesce(linked_key, row.person_key) FROM raw.person_row AS row JOIN raw.file USING (file_id) "
        "LEFT JOIN raw.person_link USING (person_key) WHERE path = $path AND row_number = $row",
        path=path, row=_place(path, name, nth),
    )  # fmt: skip
    assert len(rows) == 1, (path, name)
    return str(rows[0][0])


ASKED = [
    (OCTOBER, "王建军", 0, ["number_placeholder_asked"]),
    (OCTOBER, "李文斌", 0, ["number_placeholder_asked"]),
    (OCTOBER, "张海涛", 0, ["number_placeholder_asked"]),
    (LOBU, "丁春秋", 0, ["number_many_names"]),
    (LOBU, "宋德福", 0, ["person_two_numbers"]),
    (LOBU, "周小龙", 0, ["required_asked"]),
    (OCTOBER, "吴金宝", 0, ["required_asked"]),
    (LOBU, "吴银宝", 0, ["required_asked"]),
    (OCTOBER, "刘洋", 0, ["required_asked", "same_name_same_birth"]),
    (OCTOBER, "刘洋", 1, ["required_asked", "same_name_same_birth"]),
    (LOBU, "李伟", 0, ["required_asked", "row_held"]),
    (LOBU, "李强", 0, ["required_asked"]),
    (LOBU, "许从容", 0, []),
    (OCTOBER, "蒋平安", 0, []),
    (OCTOBER, "蒋平安", 1, ["required_asked", "row_held"]),
    (POLICE, "尤双双", 0, ["required_asked"]),
    (HEALTH, "尤双双", 0, ["required_asked"]),
]


@pytest.mark.parametrize(("path", "name", "nth", "rules"), ASKED)
def test_what_is_doubtful_is_let_in_and_asked_about(
    office: Office, path: str, name: str, nth: int, rules: list[str]
) -> None:
    assert _said(office, path, name, nth) == [(rule, "query") for rule in rules]
    _key(office, path, name, nth)


RETURNED = [
    ("陈志远", "same_number_differs"),
    ("郭晓峰", "same_number_differs"),
    ("郑先归", "ended_before_arrived"),
    ("孙未来", "not_future"),
]


@pytest.mark.parametrize(("name", "rule"), RETURNED)
def test_what_contradicts_itself_comes_back(office: Office, name: str, rule: str) -> None:
    for path in (OCTOBER, NOVEMBER):
        assert _said(office, path, name) == [(rule, "error")]
    files = [office.file(path) for path in (OCTOBER, NOVEMBER)]
    assert [(file["rows_in"], file["rows_returned"]) for file in files] == [(len(OF_OCTOBER), len(RETURNED))] * 2


def test_a_place_that_is_no_more_is_taken_for_what_it_is_today(office: Office) -> None:
    assert _said(office, OCTOBER, "高黄岩") == [("place_ended", "note")]
    key = _key(office, OCTOBER, "高黄岩")
    assert office.ask("SELECT origin_code FROM core.stay WHERE person_key = $key", key=key) == [("331003000000",)]


SLIP_WORDS = [
    (OCTOBER, ["占位", "有姓名和出生日期都相同的几行", "早于来本地的日期", "晚于填报日期"]),
    (LOBU, ["登记给了姓名明显不同的几个人", "另有一个有效号码", "可能与已登记的某人是同一人"]),
    (POLICE, ["补填"]),
    (HEALTH, ["补填"]),
]


@pytest.mark.parametrize(("path", "words"), SLIP_WORDS)
def test_the_slip_asks_in_the_senders_words(office: Office, path: str, words: list[str]) -> None:
    slip = office.slip(path)
    assert [word for word in words if word not in slip] == []


def _people(office: Office, places: Sequence[tuple[str, str, int]]) -> int:
    return len({_key(office, *place) for place in places})


@pytest.mark.parametrize(
    ("persons", "places"),
    [
        pytest.param(3, [(OCTOBER, name, 0) for name in ("王建军", "李文斌", "张海涛")], id="placeholder"),
        pytest.param(1, [(OCTOBER, "何玉林", 0), (LOBU, "丁春秋", 0)], id="one number decides, and is asked about"),
        pytest.param(2, [(OCTOBER, "宋德福", 0), (LOBU, "宋德福", 0)], id="two numbers"),
        pytest.param(2, [(OCTOBER, "周大龙", 0), (LOBU, "周小龙", 0)], id="twins, one number"),
        pytest.param(2, [(OCTOBER, "吴金宝", 0), (LOBU, "吴银宝", 0)], id="twins without number"),
        pytest.param(2, [(OCTOBER, "刘洋", 0), (OCTOBER, "刘洋", 1)], id="same name in one list"),
        pytest.param(2, [(OCTOBER, "李伟", 0), (LOBU, "李伟", 0)], id="same name, other hukou place"),
        pytest.param(1, [(OCTOBER, "李强", 0), (LOBU, "李强", 0)], id="same name and hukou place"),
        pytest.param(1, [(OCTOBER, "许从容", 0), (LOBU, "许从容", 0)], id="15 and 18 digits"),
        pytest.param(2, [(OCTOBER, "蒋平安", 0), (OCTOBER, "蒋平安", 1)], id="with and without number in one list"),
        pytest.param(1, [(POLICE, "尤双双", 0), (HEALTH, "尤双双", 0)], id="two departments"),
        pytest.param(1, [(POLICE, "常有理", 0), (HEALTH, "常有理", 0)], id="two departments, with number"),
    ],
)
def test_how_many_people_these_rows_are(office: Office, persons: int, places: list[tuple[str, str, int]]) -> None:
    assert _people(office, places) == persons


def test_next_month_everybody_is_who_they_were(office: Office) -> None:
    returned = {name for name, _ in RETURNED}
    nth: Counter[object] = Counter()
    for name in (str(row[0]) for row in OF_OCTOBER if row[0] not in returned):
        assert _key(office, OCTOBER, name, nth[name]) == _key(office, NOVEMBER, name, nth[name]), name
        nth[name] += 1


def test_a_dead_person_still_listed_stays_dead(office: Office) -> None:
    key = _key(office, NOVEMBER, "戴望之")
    stays = office.ask("SELECT end_kind, ended_date::VARCHAR FROM core.stay WHERE person_key = $key", key=key)
    assert stays == [("died", "2024-10-20")]
    assert _said(office, POLICE, "戴望之") == []
    assert _said(office, NOVEMBER, "戴望之") == [("listed_after_death", "query")]
    assert "已登记为死亡" in office.slip(NOVEMBER)


def test_links_are_only_those_that_are_proven(office: Office) -> None:
    merged = office.ask("SELECT person_key, linked_key, rule_id, kind FROM ops.person_merge ORDER BY ALL")
    linked: list[Values] = office.ask("SELECT rule_id, count(*) FROM raw.person_link GROUP BY ALL")
    assert len(merged) == 2
    assert {(rule, kind) for *_, rule, kind in merged} == {("link_records", "merge")}
    assert linked == [("link_records", 2)]
    held = office.ask("SELECT reason, count(*) FROM ops.person_review GROUP BY ALL ORDER BY ALL")
    assert held == [("between_thresholds", 1), ("same_list", 1)]


def test_so_many_people_and_stays(office: Office) -> None:
    """Everybody once; only who was listed in two villages has a stay in each."""
    rows = (*OF_OCTOBER, *OF_LOBU, *OF_POLICE, *OF_HEALTH)
    returned = len(RETURNED)
    again = ("何玉林", "李强", "许从容", "戴望之", "尤双双", "常有理")
    people = len(rows) - returned - len(again)
    assert office.ask("SELECT count(*), count(DISTINCT person_key) FROM core.person") == [(people, people)]
    assert office.ask("SELECT count(DISTINCT person_key) FROM core.stay") == [(people,)]
    moved = {_key(office, LOBU, name) for name in ("丁春秋", "李强", "许从容")}
    twice = office.ask("SELECT person_key, count(*) FROM core.stay GROUP BY ALL HAVING count(*) > 1")
    assert {str(key): stays for key, stays in twice} == dict.fromkeys(moved, 2)
