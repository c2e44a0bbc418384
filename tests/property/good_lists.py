"""A good list of every form: four rows of invented people or counts that no check has anything against.

Each list is made for a unit and a month of its own, with people of its own, so that hundreds of them can be judged in
one night. What differs from list to list is named in ``tokens``, so that the outcomes of two lists can be compared.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq
import xlsxwriter

from popflow.synthetic.identity import check_characters

ROWS: Final = 4
FIRST_BODY_ROW: Final = 4
_SURNAMES: Final = "䶮丌乜亓"
_STEMS: Final = "鼋鼍鼐鼒鼙鼛鼟鼢鼦鼫鼬鼯"
# A county that has had its code since numbers were first given.
_NUMBER_AREA: Final = "320102"
_ORIGINS: Final = ("安徽省六安市舒城县", "河南省信阳市固始县", "江苏省南京市江宁区", "安徽省合肥市肥西县")
_DESTINATIONS: Final = ("浙江省杭州市西湖区", "江苏省苏州市吴中区", "上海市浦东新区", "浙江省宁波市鄞州区")
_DAYS: Final = ("2023-03-05", "2022年11月20日", "2023.7.1", "2021/9/15")
_LATER: Final = ("2023-04-11", "2022年12月2日", "2023.8.9", "2021/10/20")
_REASONS: Final = ("务工", "经商", "学习培训", "随迁家属")

Columns = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """A unit of the home division: its code, and its name as a clerk writes it."""

    code: str
    name: str


@dataclass(frozen=True)
class GoodList:
    """The cells of a list, and by which names its own texts go when outcomes are compared."""

    form_id: str
    unit: Place
    month: date
    rows: tuple[tuple[str, ...], ...]
    tokens: Mapping[str, str]

    def with_cell(self, row: int, column: int, text: str) -> GoodList:
        """Return the list with one other cell, counted from 0."""
        cells = list(self.rows[row])
        cells[column] = text
        return replace(self, rows=(*self.rows[:row], tuple(cells), *self.rows[row + 1 :]))

    def workbook(self) -> bytes:
        """Return the list as a spreadsheet program saves it."""
        stream = io.BytesIO()
        with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
            book.set_properties({"created": datetime(2024, 1, 1)})  # noqa: DTZ001 - the same cells give the same bytes
            page = book.add_worksheet("Sheet1")
            for number, row in enumerate(self.rows):
                for column, text in enumerate(row):
                    if text:
                        page.write_string(number, column, text)
        return stream.getvalue()


@dataclass(frozen=True)
class _People:
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    births: tuple[str, ...]
    phones: tuple[str, ...]
    sexes: tuple[str, ...] = ("男", "女", "男", "女")


def _people(serial: int, first_year: int) -> _People:
    """Return people who are in no other list; the serials of their numbers belong to nobody."""
    born = [date(first_year, 1, 1) + timedelta(days=serial + 1000 * each) for each in range(ROWS)]
    bodies = [f"{_NUMBER_AREA}{day:%Y%m%d}{997 if each % 2 == 0 else 996}" for each, day in enumerate(born)]
    checks = check_characters(np.array(bodies))
    first, second = divmod(serial % len(_STEMS) ** 2, len(_STEMS))
    return _People(
        names=tuple(surname + _STEMS[first] + _STEMS[second] for surname in _SURNAMES),
        numbers=tuple(body + str(check) for body, check in zip(bodies, checks, strict=True)),
        births=tuple(f"{day:%Y-%m-%d}" for day in born),
        phones=tuple(f"199{serial:06d}{each}0" for each in range(ROWS)),
    )


def _who(people: _People) -> Columns:
    return {"姓名": people.names, "身份证号码": people.numbers, "性别": people.sexes, "出生日期": people.births}


def _inflow(people: _People, unit: str) -> Columns:
    return _who(people) | {
        "户籍地址": _ORIGINS, "现居住地址": tuple(f"{unit}{each}组" for each in range(1, ROWS + 1)),
        "来本地日期": _DAYS,
        "居住事由": _REASONS, "住所类型": ("租赁房屋", "单位内部", "租赁房屋", "自购房屋"), "联系电话": people.phones,
    }  # fmt: skip


def _outflow(people: _People, unit: str) -> Columns:
    return _who(people) | {
        "户籍地址": tuple(f"{unit}{each}组" for each in range(1, ROWS + 1)), "外出地址": _DESTINATIONS,
        "外出时间": _DAYS, "外出原因": _REASONS, "文化程度": ("初中", "高中", "小学", "大学本科"),
        "联系电话": people.phones,
    }  # fmt: skip


def _police(people: _People, _: str) -> Columns:
    return _who(people) | {
        "户籍地址": _ORIGINS, "登记日期": _LATER, "到达时间": _DAYS, "暂住事由": _REASONS,
        "拟居住时间": ("一年以上", "半年以上", "一年以上", "半年以上"),
        "办证类型": ("居住证", "未办理", "居住证", "未办理"),
    }  # fmt: skip


def _health(people: _People, _: str) -> Columns:
    return _who(people) | {
        "流动类型": ("流入",) * ROWS, "户籍地址": _ORIGINS, "流入日期": _DAYS, "流动原因": _REASONS,
        "建立健康档案": ("是", "否", "是", "是"), "接种疫苗": ("是", "是", "否", "是"),
    }  # fmt: skip


def _labour(people: _People, _: str) -> Columns:
    return _who(people) | {
        "就业地点": _DESTINATIONS, "外出时间": _DAYS,
        "劳动合同签订情况": ("已签订", "未签订", "已签订", "已签订"),
        "参保险种": ("养老保险、医疗保险", "医疗保险", "工伤保险", "养老保险"),
        "是否拖欠工资": ("否", "否", "是", "否"),
        "累计务工月数": ("6", "10", "3", "8"),
    }  # fmt: skip


def _education(people: _People, _: str) -> Columns:
    return _who(people) | {
        "户籍地址": _ORIGINS, "学段": ("小学", "初中", "小学", "小学"), "是否随迁子女": ("是",) * ROWS,
        "入学时间": ("2021-09-01", "2021-09-01", "2022-09-01", "2023-09-01"),
    }  # fmt: skip


_PERSON_FORMS: Final[Mapping[str, tuple[str, int, Callable[[_People, str], Columns]]]] = {
    "village_inflow": ("流入人口登记表", 1950, _inflow),
    "village_outflow": ("流出人口登记表", 1961, _outflow),
    "police_registration": ("公安流动人口登记表", 1972, _police),
    "health_roster": ("全员流动人口名册", 1983, _health),
    "labour_roster": ("农村劳动力转移就业台账", 1994, _labour),
    "education_roster": ("随迁子女在校学生名册", 2008, _education),
}


def _township(places: tuple[str, ...]) -> Columns:
    return {
        "村（社区）": places, "流入人口": ("12", "7", "30", "5"), "流入男": ("8", "3", "16", "2"),
        "流入女": ("4", "4", "14", "3"),
        "流出人口": ("100", "81", "64", "49"),
        "流出男": ("60", "41", "32", "25"), "流出女": ("40", "40", "32", "24"),
    }  # fmt: skip


def _hukou(places: tuple[str, ...]) -> Columns:
    return {
        "村（社区）": places, "户籍人口": ("1200", "2100", "1800", "900"), "户籍男性": ("620", "1080", "930", "460"),
        "户籍女性": ("580", "1020", "870", "440"),
    }  # fmt: skip


def _od(_: tuple[str, ...]) -> Columns:
    return {
        "流出地": _ORIGINS, "流入人数": ("40", "33", "21", "12"), "男": ("22", "18", "10", "7"),
        "女": ("18", "15", "11", "5"),
    }  # fmt: skip


_COUNT_FORMS: Final[Mapping[str, tuple[str, Callable[[tuple[str, ...]], Columns]]]] = {
    "township_report": ("流动人口统计月报表", _township),
    "hukou_population": ("户籍人口统计表", _hukou),
    "od_return": ("流动人口来源地统计表", _od),
}
FORMS: Final = (*_PERSON_FORMS, *_COUNT_FORMS)


def is_count_form(form_id: str) -> bool:
    """Whether the rows of a form are counts; such lists are a township's, those of people a village's."""
    return form_id in _COUNT_FORMS


def _good_list(form_id: str, unit: Place, inside: tuple[Place, ...], month: date, serial: int) -> GoodList:
    """Return a good list of a unit for the month that ends on ``month``; ``inside`` are villages of a township."""
    tokens = {unit.code: "unit"} | {place.code: f"village{number}" for number, place in enumerate(inside)}
    if form_id in _COUNT_FORMS:
        title, count = _COUNT_FORMS[form_id]
        columns = count(tuple(place.name for place in inside))
    else:
        title, first_year, make = _PERSON_FORMS[form_id]
        people = _people(serial, first_year)
        columns = make(people, unit.name)
        for kind in ("names", "numbers", "births", "phones"):
            tokens |= {text: f"{kind}{number}" for number, text in enumerate(getattr(people, kind))}
    width = len(columns)
    labels = [f"填报单位：{unit.name}", f"填报日期：{month:%Y-%m-%d}"]
    rows = [(title, *[""] * (width - 1)), (*labels, *[""] * (width - 2)), tuple(columns)]
    rows += zip(*columns.values(), strict=True)
    return GoodList(form_id, unit, month, tuple(rows), tokens)


def units_with_months(form_id: str, register: Path) -> Iterator[GoodList]:
    """Give good lists of a form, each of another village of the home county, or another township, or another month."""
    rows = pq.read_table(register, columns=["code", "full_name"]).to_pylist()
    named = [Place(row["code"], row["full_name"].removeprefix("安徽省合肥市")) for row in rows]
    villages = [place for place in named if not place.code.endswith("000")]
    townships = [place for place in named if place.code.endswith("000") and not place.code.endswith("000000")]
    inside = {town: tuple(each for each in villages if each.code[:9] == town.code[:9])[:ROWS] for town in townships}
    counts = is_count_form(form_id)
    units = [town for town in townships if len(inside[town]) == ROWS] if counts else villages
    due = ((unit, inside.get(unit, ()), month) for month in _month_ends(80 if counts else 9) for unit in units)
    for serial, (unit, those, month) in enumerate(due):
        yield _good_list(form_id, unit, those, month, serial)


def _month_ends(count: int) -> Iterator[date]:
    day = date(2024, 10, 31)
    for _ in range(count):
        yield day
        day = day.replace(day=1) - timedelta(days=1)
