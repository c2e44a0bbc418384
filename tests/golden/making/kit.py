"""What the makers of cases share: villages, invented people and their lists.

A case is a function under ``@case(kind, name)``; its docstring says what the office did. Each kind has townships of its
own and each case the next village of them, so that no case disturbs another in the one night in which all are judged.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import duckdb
import numpy as np
from golden.making.sheets import Cell, Row

from ingest.keys import SiteKey
from ingest.register import SHIPPED_REGISTER, register_query
from popflow.synthetic.identity import FEMALE, MALE, check_characters, draw_names

Files = Mapping[str, bytes]
Maker = Callable[["Case"], Files]

TOWNSHIPS: Final = {
    "forms": ("340124100000", "340124400000", "340124401000"),
    "values": ("340124101000", "340124105000"),
    "headings": ("340124110000", "340124106000"),
    "layout": ("340124114000", "340124002000"),
    "slips": ("340124104000",),
    "numbers": ("340124112000", "340124404000", "340124405000"),
    "dates": ("340124113000", "340124001000"),
    "places": ("340124107000", "340124003000"),
    "files": ("340124108000", "340124102000"),
    "refused": ("340124109000", "340124116000"),
    "units": ("340124111000",),
    "versions": ("340124103000",),
    "hostile": ("340124115000",),
}
# Where a kind has more cases than villages, the next ones are lists of the month before.
DAYS: Final = ("2024年10月31日", "2024年9月30日")
ORIGIN: Final = "安徽省六安市舒城县"
# A county that has had its code since numbers were first given.
_NUMBER_AREA: Final = "320102"

KEY: Final = SiteKey(b"k" * 32)
_CROWD: Final = 40
_SERIALS: Final = {MALE: 997, FEMALE: 996}
_WORDS: Final = {MALE: "男", FEMALE: "女"}

CASES: Final[dict[tuple[str, str], Maker]] = {}


@dataclass(frozen=True)
class Village:
    """A village of the shipped register."""

    code: str
    name: str
    town: str

    @property
    def short(self) -> str:
        """The name as a clerk writes it: 新桥村, 塔山社区."""
        return self.name.replace("村民委员会", "村").replace("社区居民委员会", "社区").replace("村村", "村")

    @property
    def full(self) -> str:
        """County, township and village as a clerk writes them."""
        return f"庐江县{self.town}{self.short}"


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist; the serial of the number belongs to nobody."""

    name: str
    number: str
    sex: str
    birth: date


@dataclass(frozen=True)
class Case:
    """One case: whose list it is, and its people."""

    kind: str
    name: str
    village: Village
    day: str

    @property
    def month(self) -> str:
        """The month of the list."""
        return self.day.partition("月")[0] + "月"

    def people(self, count: int = 3, start: int = 0) -> list[Person]:
        """Return people who are in no other case, always the same."""
        return list(_crowd(f"{self.kind}/{self.name}")[start : start + count])

    def inflow(self, columns: Mapping[str, Sequence[Cell]] | None = None, **around: Any) -> list[Row]:
        """Return an inflow list; ``columns`` replace or add columns by heading."""
        given = dict(columns or {})
        count = max((len(cells) for cells in given.values()), default=2)
        people = self.people(count)
        usual: dict[str, Sequence[Cell]] = {
            "姓名": [person.name for person in people],
            "身份证号码": [person.number for person in people],
            "性别": [person.sex for person in people],
            "户籍地址": [ORIGIN] * count,
            "来本地日期": ["2023-03-05"] * count,
            "居住事由": ["务工"] * count,
        }
        return self.table(around.pop("title", "流入人口登记表"), usual | given, **around)

    def outflow(self, columns: Mapping[str, Sequence[Cell]] | None = None, **around: Any) -> list[Row]:
        """Return an outflow list; ``columns`` replace or add columns by heading."""
        given = dict(columns or {})
        count = max((len(cells) for cells in given.values()), default=2)
        people = self.people(count)
        usual: dict[str, Sequence[Cell]] = {
            "姓名": [person.name for person in people],
            "身份证号码": [person.number for person in people],
            "性别": [person.sex for person in people],
            "外出地址": ["浙江省杭州市"] * count,
            "外出时间": ["2023-03-05"] * count,
            "外出原因": ["务工"] * count,
        }
        return self.table(around.pop("title", "流出人口登记表"), usual | given, **around)

    def table(
        self,
        title: str,
        columns: Mapping[str, Sequence[Cell]],
        *,
        unit: str | None = "",
        day: str | None = "",
        without: Sequence[str] = (),
    ) -> list[Row]:
        """Return title, labels, headings and rows; ``unit`` or ``day`` None leaves the label out."""
        kept = {heading: cells for heading, cells in columns.items() if heading not in without}
        width = max(len(kept), 4)
        labels: Row = [
            None if unit is None else f"填报单位：{unit or self.village.full}",
            None,
            None if day is None else f"填报日期：{day or self.day}",
        ]
        rows = [list(row) for row in zip(*kept.values(), strict=True)]
        head: list[Row] = [[title], labels, [*kept]] if unit is not None or day is not None else [[title], [*kept]]
        return [row + [None] * (width - len(row)) for row in (*head, *rows)]


def case(kind: str, name: str) -> Callable[[Maker], Maker]:
    """Register the maker of a case."""

    def register(make: Maker) -> Maker:
        if (kind, name) in CASES:
            raise ValueError(f"two cases are called {kind}/{name}")
        CASES[kind, name] = make
        return make

    return register


def made(kind: str, name: str) -> Files:
    """Return the files of a case."""
    same = [each for each in CASES if each[0] == kind]
    lap, place = divmod(same.index((kind, name)), len(villages(kind)))
    return CASES[kind, name](Case(kind, name, villages(kind)[place], DAYS[lap]))


@cache
def _crowd(name: str) -> tuple[Person, ...]:
    """Return the people of a case."""
    seed = zlib.crc32(name.encode())
    sex = np.array([MALE if number % 2 == 0 else FEMALE for number in range(_CROWD)])
    names = draw_names(np.random.default_rng(seed), sex)
    first = date(1960, 1, 1) + timedelta(days=seed % 11_000)
    births = [first + timedelta(days=37 * number) for number in range(_CROWD)]
    return tuple(
        Person(str(name), make_number(birth, _SERIALS[each]), _WORDS[each], birth)
        for name, birth, each in zip(names, births, sex.tolist(), strict=True)
    )


@cache
def villages(kind: str) -> tuple[Village, ...]:
    """Return the villages of a kind of case, in the order of their codes."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT village.code, village.name, town.name FROM ({register_query(SHIPPED_REGISTER)}) village "
            f"JOIN ({register_query(SHIPPED_REGISTER)}) town ON town.code = village.township_code "
            "WHERE village.level = 'village' AND list_contains(?, village.township_code) "
            "ORDER BY list_position(?, village.township_code), village.code",
            [list(TOWNSHIPS[kind]), list(TOWNSHIPS[kind])],
        ).fetchall()
    return tuple(Village(*row) for row in rows)


def make_number(birth: date, serial: int = 997, area: str = _NUMBER_AREA) -> str:
    """Return a valid number that belongs to nobody."""
    body = f"{area}{birth:%Y%m%d}{serial:03d}"
    return body + str(check_characters(np.array([body]))[0])
