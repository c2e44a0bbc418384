"""The departments' lists of persons: their columns, their words and codes, and how each writes a row.

Public security, health, labour and education name the same things differently; what is declared here for each means
the same to a reader as the villages' words. Columns are named by the field they carry; the pieces of an address, which
have a column each, by the end and their depth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from popflow.synthetic.county import short_name
from popflow.synthetic.department_knowledge import Entry, Reach
from popflow.synthetic.faults import DESTINATION, Cells, Setting, Written, make_fault
from popflow.synthetic.habits import Clerk, Heading, write_date
from popflow.synthetic.lists import Head
from popflow.synthetic.writers import Cell

Write = Callable[[Entry, str], Cell]

# Kinds of fault that mean the same in every form.
_FAULTS: Final = ("wrong_check", "other_sex", "other_birth", "no_number", "no_name", "placeholder", "twice")
# Columns of a list, and what of a person is not known from a list without them.
_ATTRIBUTES: Final = {
    "phone": "phone", "hukou_nature": "hukou_nature", "education": "education_code", "reason": "reason_code",
    "dwelling": "dwelling_code", "left_hukou_date": "left_hukou_date", "arrived_date": "arrived_date",
    "ended_date": "ended_date",
}  # fmt: skip
_ALL_MONTHS: Final = 1
_EVERY_OTHER_MONTH: Final = 2


@dataclass(frozen=True)
class Column:
    """A column: its heading and what stands in it."""

    heading: Heading
    write: Write


@dataclass(frozen=True)
class Department:
    """One department's list: whose it is, how it is sent, what the department hears of, and the columns."""

    form_id: str
    office: str
    suffix: str
    markup: str | None
    encoding: str
    date_style: str
    every: int
    nights_late: Mapping[int, int]
    faults: tuple[str, ...]
    reach: Reach
    columns: Mapping[str, Column]
    is_packed: bool = False

    def clerk(self) -> Clerk:
        """The department's clerk, who is tidy: no dirt but what is declared."""
        return Clerk(
            form_id=self.form_id, suffix=self.suffix, encoding=self.encoding, columns=tuple(self.columns),
            headings={name: column.heading for name, column in self.columns.items()}, odd_columns=(),
            date_style=self.date_style, unit_in="label", date_in="label", path_style=0, title_style=0, word_turn=0,
            has_row_numbers=True, has_total=False, has_footer=True, has_notes=False, blank_every=0,
        )  # fmt: skip


def write_entries(
    rng: np.random.Generator, department: Department, head: Head, entries: Sequence[Entry], fault_share: float
) -> list[Written]:
    """Write the rows of a department; those drawn get a fault."""
    setting = Setting(department.clerk(), head.reported_on, head.unit_text, department.faults)
    faulty = rng.random(len(entries)) < fault_share
    written: list[Written] = []
    for entry, is_faulty in zip(entries, faulty, strict=True):
        row = _write_entry(department, entry)
        written += make_fault(rng, row, setting) if is_faulty else [row]
    return written


def _write_entry(department: Department, entry: Entry) -> Written:
    """Write the cells of an entry; what the department has no column for is not known from its list."""
    unsaid: dict[str, Any] = {said: None for name, said in _ATTRIBUTES.items() if name not in department.columns}
    cells: Cells = {name: column.write(entry, department.date_style) for name, column in department.columns.items()}
    return Written(replace(entry.known, **unsaid), cells)


def _known(attribute: str) -> Write:
    """What is known, as it is."""
    return lambda entry, _: getattr(entry.known, attribute)


def _day(attribute: str) -> Write:
    """A date in the department's style."""
    return lambda entry, style: write_date(style, getattr(entry.known, attribute))


def _registered(entry: Entry, style: str) -> Cell:
    """The day on which the department heard of it."""
    return write_date(style, entry.registered_date)


def _words(attribute: str, words: Mapping[str, Sequence[str]]) -> Write:
    """A code in one of the department's words for it."""

    def write(entry: Entry, _: str) -> Cell:
        choices = words[getattr(entry.known, attribute)]
        return choices[entry.draw % len(choices)]

    return write


def _drawn(*words: str | int | None) -> Write:
    """One of the words, whoever it is; they say nothing about the stay."""
    return lambda entry, _: words[entry.draw // 7 % len(words)]


def _spoken(names: Sequence[str | None]) -> str:
    """Return the names of a place as one text."""
    return "".join(short_name(name) for name in names if name)


def _far_origin(entry: Entry, _: str) -> Cell:
    return _spoken(entry.origin_names)


def _far_dest(entry: Entry, _: str) -> Cell:
    return _spoken(entry.dest_names)


def _home(names: tuple[str | None, ...], draw: int) -> str:
    """Return a village of the county, from the county or the township down, at times with a group."""
    first = 2 + draw % 2
    group = f"{draw % 20 + 1}组" if draw % 3 == 0 else ""
    return f"{_spoken(names[first:])}{group}"


def _home_origin(entry: Entry, _: str) -> Cell:
    return _home(entry.origin_names, entry.draw)


def _home_dest(entry: Entry, _: str) -> Cell:
    return _home(entry.dest_names, entry.draw)


def _only_of_the_gone(word: str) -> Write:
    """A word that stands only with those who have gone."""
    return lambda entry, _: None if entry.known.ended_date is None else word


def _pieces(end: str, group: str, titles: Sequence[str]) -> dict[str, Column]:
    """Return the columns of an address in pieces, under one group heading."""

    def piece(depth: int) -> Write:
        def write(entry: Entry, _: str) -> Cell:
            name = getattr(entry, f"{end}_names")[depth]
            return None if name is None else short_name(name)

        return write

    return {f"{end}_{depth}": Column((group, title), piece(depth)) for depth, title in enumerate(titles)}


_PIECES: Final = ("省", "市", "县", "乡镇", "村")
_SEX: Final = {"1": ("男性",), "2": ("女性",)}
_CODED_SEX: Final = {"1": ("1-男",), "2": ("2-女",)}

POLICE_REASONS: Final = {
    "WORK": ("01-内部单位合同工", "02-企事业雇用临时工", "03-建筑民工"), "BUSINESS": ("12-个体户经商",),
    "SERVICE": ("31-饮食业",), "FAMILY_FOLLOW": ("80-夫妻投靠", "82-随迁亲属"), "STUDY": ("52-学习、培训",),
    "JOIN_KIN": ("99-其他投靠亲友",), "MARRIAGE": ("57-婚入",), "DOMESTIC_HELP": ("37-保姆",),
    "MEDICAL": ("54-治病、疗养",), "VISIT": ("55-探亲、访友",), "OTHER": ("59-其他",),
}  # fmt: skip
POLICE_DWELLINGS: Final = {
    "RENTED": ("30-租赁房屋",), "UNIT_INTERNAL": ("44-企事业单位内部",), "WORKSITE": ("71-临时工棚",),
    "RESIDENT_HOME": ("20-居民家中", "23-普通住宅"), "OTHER": ("90-其他",),
}  # fmt: skip
# The health service's own codes; where its list has none, the word.
HEALTH_REASONS: Final = {
    "WORK": ("11",), "BUSINESS": ("13",), "STUDY": ("02",), "MARRIAGE": ("04",), "FAMILY_FOLLOW": ("05",),
    "MEDICAL": ("09",), "JOIN_KIN": ("10",), "OTHER": ("99",), "SERVICE": ("服务",), "DOMESTIC_HELP": ("保姆",),
    "VISIT": ("探亲",),
}  # fmt: skip
HEALTH_NATURES: Final = {"urban": ("1",), "rural": ("2",)}
EDUCATION: Final = {
    "10": ("研究生",), "20": ("大学本科",), "30": ("大学专科",), "40": ("中等职业教育",), "60": ("普通高中",),
    "70": ("初级中学",), "80": ("小学",),
}  # fmt: skip
# Credit codes of firms that do not exist, with right check characters.
FIRMS: Final = ("91340104MA8PBRNYTD", "91310115MAW53BFU7K", "91440306MAH3J70P6H", "91330106MAAY6HWMLA", None)
_GRADES: Final = (
    "一年级", "二年级", "三年级", "四年级", "五年级", "六年级", "七年级", "八年级", "九年级", "高一", "高二", "高三",
)  # fmt: skip
FIRST_SCHOOL_AGE: Final = 7
_FIRST_GRADES: Final = (0, 6, 9)


def _permit_date(entry: Entry, style: str) -> Cell:
    """A residence permit is given half a year after registration, if that day has come."""
    given = _permit_given(entry)
    return None if given is None else write_date(style, given)


def _permit_until(entry: Entry, style: str) -> Cell:
    given = _permit_given(entry)
    return None if given is None else write_date(style, given + timedelta(days=364))


def _permit_kind(entry: Entry, _: str) -> Cell:
    return "居住登记" if _permit_given(entry) is None else "居住证"


def _permit_given(entry: Entry) -> date | None:
    """The day of the permit of every other person who has been registered for half a year."""
    given = entry.registered_date + timedelta(days=183)
    return given if given <= entry.told_on and entry.draw % 2 else None


def _direction(entry: Entry, _: str) -> Cell:
    return "流入" if entry.known.side == DESTINATION else "流出"


def _range(entry: Entry, _: str) -> Cell:
    """How far somebody has gone, seen from the county."""
    home, far = str(entry.known.origin_code), str(entry.known.dest_code)
    if far[:2] != home[:2]:
        return "省外"
    return "市内县外" if far[:4] == home[:4] else "省内市外" if far[2:4] != "00" else "省内"


def _grade(entry: Entry, _: str) -> Cell:
    return _GRADES[min(entry.age - FIRST_SCHOOL_AGE, len(_GRADES) - 1)]


def _school_entry(entry: Entry, _: str) -> Cell:
    """The month in which the stage of schooling began, the autumn before the year in which the child had its age."""
    grade = min(entry.age - FIRST_SCHOOL_AGE, len(_GRADES) - 1)
    first = max(each for each in _FIRST_GRADES if each <= grade)
    return f"{entry.known.birth_date.year + FIRST_SCHOOL_AGE - 1 + first}年9月"


_POLICE: Final = Department(
    "police_registration", "公安局", ".xls", None, "", "compact", _ALL_MONTHS, {}, (*_FAULTS, "numeric_number"),
    Reach("NOT is_out", 55, 40, ("county", "county", "township", "city")),
    {
        "person_name": Column("姓名", _known("person_name")),
        "sex": Column("性别", _words("sex", _CODED_SEX)),
        "id_kind": Column("证件种类", _drawn("居民身份证")),
        "id_number": Column("公民身份号码", _known("id_number")),
        "birth_date": Column("出生日期", _day("birth_date")),
        "hukou_address": Column("户籍地址", _far_origin),
        "residence_address": Column("现住地详址", _home_dest),
        "reason": Column("暂住事由", _words("reason_code", POLICE_REASONS)),
        "dwelling": Column("暂住处所", _words("dwelling_code", POLICE_DWELLINGS)),
        "arrived_date": Column("来本地日期", _day("arrived_date")),
        "registered_date": Column("登记日期", _registered),
        "intended_stay": Column("拟居住时间", _drawn("1-一个月以上", "2-一个月至一年", "3-一年以上", "3-一年以上")),
        "permit_kind": Column("办证类型", _permit_kind),
        "permit_date": Column("发证日期", _permit_date),
        "permit_until": Column("证件到期日期", _permit_until),
        "ended_date": Column("离开日期", _day("ended_date")),
        "cancel_reason": Column("注销原因", _only_of_the_gone("3-迁出（离开）本地")),
    },
    is_packed=True,
)  # fmt: skip
_HEALTH: Final = Department(
    "health_roster", "卫生健康委员会", ".xls", ".html", "utf-8", "iso", _ALL_MONTHS, {1: 1}, _FAULTS,
    Reach("TRUE", 22, 60, ("county", "city", "county", "province")),
    {
        "person_name": Column("姓名", _known("person_name")),
        "id_number": Column("身份证号码", _known("id_number")),
        "sex": Column("性别", _words("sex", _SEX)),
        "birth_date": Column("出生日期", _day("birth_date")),
        "flow_direction": Column("流动类型", _direction),
        **_pieces("origin", "户籍地", _PIECES),
        **_pieces("dest", "现居住地", _PIECES),
        "hukou_nature": Column("户口性质", _words("hukou_nature", HEALTH_NATURES)),
        "education": Column("文化程度", _words("education_code", EDUCATION)),
        "reason": Column("流动原因", _words("reason_code", HEALTH_REASONS)),
        "left_hukou_date": Column("离开户籍地日期", _day("left_hukou_date")),
        "arrived_date": Column("来现居住地日期", _day("arrived_date")),
        "ended_date": Column("返回日期", _day("ended_date")),
        "health_record": Column("是否建立健康档案", _drawn("是", "是", "否", None)),
        "family_planning_service": Column("接受计划生育服务", _drawn("有", "无", None)),
        "health_education": Column("接受健康教育", _drawn("√", None)),
    },
)  # fmt: skip
_LABOUR: Final = Department(
    "labour_roster", "人力资源和社会保障局", ".csv", None, "gb18030", "slash", _EVERY_OTHER_MONTH, {},
    (*_FAULTS, "numeric_number"),
    Reach(
        "is_out AND age BETWEEN 17 AND 64 AND reason_code IN ('WORK', 'BUSINESS', 'SERVICE', 'DOMESTIC_HELP')", 40, 90,
        ("city", "county", "province"),
    ),
    {
        "person_name": Column("姓名", _known("person_name")),
        "sex": Column("性别", _words("sex", {"1": ("男",), "2": ("女",)})),
        "id_number": Column("身份证号", _known("id_number")),
        "hukou_address": Column("家庭住址", _home_origin),
        "phone": Column("联系电话", _known("phone")),
        "education": Column("文化程度", _words("education_code", EDUCATION)),
        "left_hukou_date": Column("外出时间", _day("left_hukou_date")),
        "flow_range": Column("务工地域", _range),
        "dest_address": Column("就业地点", _far_dest),
        "employer_credit_code": Column("用人单位统一社会信用代码", _drawn(*FIRMS)),
        "contract": Column("劳动合同签订情况", _drawn("有固定期限", "无固定期限", "口头协议", "未签订")),
        "insurance": Column("参保险种", _drawn("养老、医疗", "养老、医疗、工伤", "五险", "居民养老，新农合", "未参保")),
        "wages_paid_monthly": Column("是否按月足额领到工资", _drawn("是", "是", "是", "否")),
        "work_months": Column("累计务工月数", _drawn(3, 6, 8, 9, 10)),
        "training": Column("是否参加过培训", _drawn("未参加", "岗前培训", "是")),
        "ended_date": Column("返乡时间", _day("ended_date")),
    },
)  # fmt: skip
_SCHOOLS: Final = Department(
    "education_roster", "教育局", ".xls", ".xml", "utf-8", "chinese", _EVERY_OTHER_MONTH, {}, _FAULTS,
    Reach(f"NOT is_out AND age BETWEEN {FIRST_SCHOOL_AGE} AND 17", 85, 30, ("county", "city", "province")),
    {
        "person_name": Column("学生姓名", _known("person_name")),
        "sex": Column("性别", _words("sex", {"1": ("男",), "2": ("女",)})),
        "id_number": Column("学生身份证号", _known("id_number")),
        "hukou_address": Column("户籍所在地", _far_origin),
        "residence_address": Column("家庭现住址", _home_dest),
        "accompanying": Column("是否随迁子女", _drawn("是")),
        "school_stage": Column("就读年级", _grade),
        "school_entry_date": Column("入学年月", _school_entry),
        "arrived_date": Column("来本地日期", _day("arrived_date")),
    },
)  # fmt: skip

DEPARTMENTS: Final = (_POLICE, _HEALTH, _LABOUR, _SCHOOLS)
