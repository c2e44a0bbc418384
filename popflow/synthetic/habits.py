"""How a clerk writes: the wording of headings, codes and dates, and the dirt that comes with them.

Every village and form has one clerk with habits that last from month to month. Whatever is chosen here means the same
to a reader: the mess of this module must be survived, not returned (what must be returned is in ``faults``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

import numpy as np

from popflow.synthetic.identity import shorten
from popflow.synthetic.writers import Cell

INFLOW: Final = "village_inflow"
OUTFLOW: Final = "village_outflow"

Heading = str | tuple[str, str]
Choice = TypeVar("Choice")

_SERIAL_EPOCH: Final = date(1899, 12, 30)
_LAST_BIRTH_OF_SHORT_NUMBERS: Final = date(1985, 1, 1)

_PERSON_HEADINGS: Final[dict[str, tuple[Heading, ...]]] = {
    "person_name": ("姓名", "姓 名", "姓  名", "人员姓名", "姓名*"),
    "id_number": (
        "身份证号码",
        "公民身份号码",
        "身份证号",
        "身份证\n号码",
        "居民身份证号码",
        "证件号码",
        "身份证号（18位）",
    ),
    "sex": ("性别", "性 别", "姓别", "性别*"),
    "birth_date": ("出生日期", "出生年月日", "出生\n日期"),
    "phone": ("联系电话", "手机号码", "联系方式", "联系\n电话", "电话号码"),
    "hukou_nature": ("户口性质", "户口类型", "户籍性质"),
    "education": ("文化程度", "学历", "受教育程度"),
}
HEADINGS: Final[dict[str, dict[str, tuple[Heading, ...]]]] = {
    INFLOW: _PERSON_HEADINGS
    | {
        "hukou_address": ("户籍地址", "户籍所在地", "户口所在地", "户籍详细地址", "原籍地", ("户籍地", "详细地址")),
        "residence_address": ("现居住地", "现住址", "暂住地址", "居住地址", "现居住地址"),
        "left_hukou_date": ("离开户籍地日期", "离开户籍地时间", "离开户口登记地时间"),
        "arrived_date": ("来本地日期", "流入日期", "来本地时间", "入住日期", "到达日期"),
        "ended_date": ("离开本地日期", "离开时间", "搬离日期"),
        "reason": ("居住事由", "流入原因", "暂住事由", "来本地原因"),
        "dwelling": ("居住处所", "住所类型", "住房类型"),
    },
    OUTFLOW: _PERSON_HEADINGS
    | {
        "hukou_address": ("户籍地址", "家庭住址", "户口所在地"),
        "dest_address": ("流入地", "外出务工地", "外出地点", "务工地", "去向", "现居住地", ("流入地", "详细地址")),
        "left_hukou_date": ("外出时间", "外出日期", "流出时间", "流出日期", "离家时间"),
        "arrived_date": ("到达现居住地日期", "到达流入地时间"),
        "ended_date": ("返乡时间", "返回日期", "回乡时间"),
        "reason": ("外出原因", "外出事由", "流出原因"),
        "dwelling": ("居住处所", "居住类型"),
    },
}
# How often a clerk keeps a column; what is not here is always kept.
_OPTIONAL_COLUMNS: Final = {
    "sex": 0.9, "birth_date": 0.6, "phone": 0.8, "hukou_nature": 0.8, "education": 0.5, "residence_address": 0.7,
    "reason": 0.95, "dwelling": 0.6,
}  # fmt: skip
_OPTIONAL_BY_FORM: Final = {
    INFLOW: {"left_hukou_date": 0.5, "ended_date": 0.4},
    OUTFLOW: {"hukou_address": 0.3, "arrived_date": 0.15, "ended_date": 0.4},
}
# Columns that popflow drops or does not know, with what stands in them.
_ODD_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "民族": ("汉族", "汉族", "汉", "回族"),
    "宗教信仰": ("无",),
    "政治面貌": ("群众", "群众", "中共党员"),
    "备注": ("", "", "", "已核实", "电话停机"),
    "婚姻状况": ("未婚", "已婚", "已婚"),
    "网格员意见": ("", "同意"),
    "是否重点人员": ("否",),
    "房东姓名": ("", "束某"),
}

WORDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "sex": {"1": ("男", "男性"), "2": ("女", "女性")},
    "hukou_nature": {"rural": ("农业", "农业户口", "农村"), "urban": ("非农业", "城镇", "非农业户口")},
    "education": {
        "10": ("研究生",), "20": ("本科", "大学本科"), "30": ("大专", "专科"), "40": ("中专", "中职"),
        "60": ("高中",), "70": ("初中",), "80": ("小学",),
    },
    "reason": {
        "WORK": ("务工", "打工", "外出务工", "03-建筑民工"), "BUSINESS": ("经商", "做生意", "12-个体户经商"),
        "SERVICE": ("服务", "服务业"), "FAMILY_FOLLOW": ("随迁", "随迁家属", "家属随迁"),
        "STUDY": ("学习培训", "上学", "求学"),
        "JOIN_KIN": ("投靠亲友", "投亲靠友"), "MARRIAGE": ("婚姻嫁娶", "婚嫁"), "DOMESTIC_HELP": ("保姆", "家政"),
        "MEDICAL": ("治病疗养", "就医"), "VISIT": ("探亲访友",), "OTHER": ("其他",),
    },
    "dwelling": {
        "RENTED": ("租赁房屋", "租房", "出租屋"), "UNIT_INTERNAL": ("单位宿舍", "单位内部"),
        "WORKSITE": ("工地现场", "工棚"),
        "RESIDENT_HOME": ("居民家中", "自购房屋"), "OTHER": ("其他",),
    },
}  # fmt: skip

_FULL_WIDTH: Final = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_FORMATS: Final = (
    (".xlsx", "", 0.58),
    (".xls", "", 0.16),
    (".csv", "utf-8", 0.08),
    (".csv", "utf-8-sig", 0.08),
    (".csv", "gb18030", 0.1),
)


@dataclass(frozen=True)
class Clerk:
    """The habits of whoever keeps one form in one village."""

    form_id: str
    suffix: str
    encoding: str
    columns: tuple[str, ...]
    headings: dict[str, Heading]
    odd_columns: tuple[str, ...]
    date_style: str
    unit_in: str
    date_in: str
    path_style: int
    title_style: int
    word_turn: int
    has_row_numbers: bool
    has_total: bool
    has_footer: bool
    has_notes: bool
    blank_every: int

    @property
    def has_group_headings(self) -> bool:
        """Whether the table has a heading of two rows."""
        return any(isinstance(heading, tuple) for heading in self.headings.values())


def pick(rng: np.random.Generator, choices: Sequence[Choice]) -> Choice:
    """Return one of the choices, all equally likely."""
    return choices[int(rng.integers(len(choices)))]


def hire_clerk(rng: np.random.Generator, form_id: str) -> Clerk:
    """Draw the habits of a clerk."""
    suffix, encoding, _ = _FORMATS[int(rng.choice(len(_FORMATS), p=[share for *_, share in _FORMATS]))]
    kept = _OPTIONAL_COLUMNS | _OPTIONAL_BY_FORM[form_id]
    columns = [name for name in HEADINGS[form_id] if rng.random() < kept.get(name, 1)]
    if rng.random() < 0.5:
        columns = [*columns[:2], *rng.permutation(columns[2:]).tolist()]
    odd = [name for name in _ODD_COLUMNS if rng.random() < 0.25]
    return Clerk(
        form_id=form_id,
        suffix=suffix,
        encoding=encoding,
        columns=tuple(columns),
        headings={name: pick(rng, HEADINGS[form_id][name]) for name in columns},
        odd_columns=tuple(odd),
        date_style=pick(rng, _DATE_STYLES),
        unit_in=pick(rng, ("label", "label", "title", "code", "path")),
        date_in=pick(rng, ("label", "label", "footer", "title", "path")),
        path_style=int(rng.integers(3)),
        title_style=int(rng.integers(3)),
        word_turn=int(rng.integers(12)),
        has_row_numbers=bool(rng.random() < 0.7),
        has_total=bool(rng.random() < 0.2),
        has_footer=bool(rng.random() < 0.5),
        has_notes=bool(rng.random() < 0.25),
        blank_every=int(pick(rng, (0, 0, 0, 20, 50))),
    )


def write_word(clerk: Clerk, field: str, code: str | None) -> Cell:
    """Write a code in the clerk's words."""
    if code is None:
        return None
    words = WORDS[field][code]
    return words[clerk.word_turn % len(words)]


def write_odd_cell(rng: np.random.Generator, column: str) -> Cell:
    """Write the cell of a column that popflow has no use for."""
    return pick(rng, _ODD_COLUMNS[column]) or None


def write_number(draw: float, number: str, birth: date) -> str:
    """Write a number as typed: mostly plain, at times with dirt that leaves no doubt what it is."""
    if draw < 0.9:
        return number
    if draw < 0.92:
        return number.lower()
    if draw < 0.94:
        return number.translate(_FULL_WIDTH)
    if draw < 0.96:
        return f"{number}\N{NO-BREAK SPACE}"
    if draw < 0.98:
        return f" {number[:6]} {number[6:14]} {number[14:]}"
    return shorten(number) if birth < _LAST_BIRTH_OF_SHORT_NUMBERS else number


def write_name(draw: float, name: str) -> str:
    """Write a name; names of two characters are at times spread to the width of three."""
    if draw < 0.05 and len(name) == len("张三"):
        return f"{name[0]}\N{IDEOGRAPHIC SPACE}{name[1]}"
    return name


_DATE_STYLES: Final = ("cell", "cell", "iso", "slash", "dot", "chinese", "compact", "serial", "with_time")


def write_date(style: str, day: date | None) -> Cell:
    """Write a date in one of the styles in use; ``cell`` is a real date cell."""
    if day is None or style == "cell":
        return day
    if style == "serial":
        return (day - _SERIAL_EPOCH).days
    return _DATE_TEXTS[style].format(day=day)


_DATE_TEXTS: Final = {
    "iso": "{day:%Y-%m-%d}",
    "slash": "{day.year}/{day.month}/{day.day}",
    "dot": "{day.year}.{day.month}.{day.day}",
    "chinese": "{day.year}年{day.month}月{day.day}日",
    "compact": "{day:%Y%m%d}",
    "with_time": "{day:%Y-%m-%d} 00:00:00",
}


def stray_date_style(draw: float, style: str) -> str:
    """Return the style of one cell: now and then a clerk types a date differently."""
    if draw < 0.93:
        return style
    texts = tuple(_DATE_TEXTS)
    return texts[int((draw - 0.93) / 0.07 * len(texts))]
