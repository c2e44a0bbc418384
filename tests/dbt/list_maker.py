"""A small language to write down delivered lists in tests, and to put them into a throw-away warehouse file.

Each case has its own senders and people, so that many cases fit into one file and one build.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"

ZHEJIANG = "330000000000"
HANGZHOU = "330100000000"
XIHU = "330106000000"
LINGYIN = "330106001000"
LINGYIN_VILLAGE = "330106001001"
# a development zone: its code does not begin like the district it lies in
ZONE_TOWN = "330171400000"
NINGBO = "330200000000"
GUANGDONG = "440000000000"
DONGGUAN = "441900000000"
# a town of a city without counties
CHANGAN = "441900003000"
HOME = "340124000000"
HOME_TOWN = "340124100000"
HOME_VILLAGE = "340124100201"
OTHER_VILLAGE = "340124100202"

_LEVELS = ("province", "city", "county", "township", "village")
# code: (level, name, ancestors by level; None where the level does not exist)
PLACES: dict[str, tuple[str, str, tuple[str | None, ...]]] = {
    ZHEJIANG: ("province", "浙江省", (ZHEJIANG,)),
    HANGZHOU: ("city", "杭州市", (ZHEJIANG, HANGZHOU)),
    XIHU: ("county", "西湖区", (ZHEJIANG, HANGZHOU, XIHU)),
    LINGYIN: ("township", "灵隐街道", (ZHEJIANG, HANGZHOU, XIHU, LINGYIN)),
    LINGYIN_VILLAGE: ("village", "灵隐社区", (ZHEJIANG, HANGZHOU, XIHU, LINGYIN, LINGYIN_VILLAGE)),
    ZONE_TOWN: ("township", "开发区", (ZHEJIANG, HANGZHOU, XIHU, ZONE_TOWN)),
    NINGBO: ("city", "宁波市", (ZHEJIANG, NINGBO)),
    GUANGDONG: ("province", "广东省", (GUANGDONG,)),
    DONGGUAN: ("city", "东莞市", (GUANGDONG, DONGGUAN)),
    CHANGAN: ("township", "长安镇", (GUANGDONG, DONGGUAN, None, CHANGAN)),
    "340000000000": ("province", "安徽省", ("340000000000",)),
    "340100000000": ("city", "合肥市", ("340000000000", "340100000000")),
    HOME: ("county", "庐江县", ("340000000000", "340100000000", HOME)),
    HOME_TOWN: ("township", "庐城镇", ("340000000000", "340100000000", HOME, HOME_TOWN)),
    HOME_VILLAGE: ("village", "城中社区", ("340000000000", "340100000000", HOME, HOME_TOWN, HOME_VILLAGE)),
    OTHER_VILLAGE: ("village", "城东社区", ("340000000000", "340100000000", HOME, HOME_TOWN, OTHER_VILLAGE)),
}

# What confirms the people of a form for a year; the other forms of the tests vouch for ever.
CONFIRMED_BY = {
    "village_inflow": "report",
    "village_outflow": "report",
    "police_registration": "registered_date",
    "health_roster": "report",
    "labour_roster": "report",
    "education_roster": "report",
}
_ORIGIN_FORMS = {"village_outflow", "labour_roster"}
_DATED = tuple(f"{date}_{part}" for date in ("left_hukou", "arrived", "ended") for part in ("date", "from", "to"))
_COLUMNS = {
    "file": (
        *("file_id", "path", "sha256", "content_id", "form_id", "unit_code", "unit_level", "period", "reported_on"),
        *("list_kind", "received_at", "night_id", "status", "rows_in", "rows_accepted", "rows_returned"),
        *("rows_duplicate", "corrects_file_id"),
    ),
    "person_row": (
        *("file_id", "sheet", "row_number", "form_id", "unit_code", "period", "reported_on", "list_kind", "side"),
        *("person_key", "sex", "birth_date", "hukou_nature", "education_code"),
        *("origin_code", "origin_level", "origin_match", "dest_code", "dest_level", "dest_match"),
        *(*_DATED, "reason_code", "dwelling_code", "end_code", "registered_date", "is_numbered"),
    ),
    "returned_row": (
        *("file_id", "sheet", "row_number", "form_id", "unit_code", "period", "reported_on", "has_identity"),
    ),
    "returned_match": ("file_id", "sheet", "row_number", "person_key"),
    "correction": ("file_id", "sheet", "row_number", "by_file_id"),
    "explanation": ("subject", "rule_id", "file_id"),
    "row_mark": ("file_id", "sheet", "row_number", "person_mark", "content_mark"),
    "finding": (
        *("file_id", "sheet", "row_number", "rule_id", "severity", "advice_zh", "advice_en", "status", "subject"),
    ),
}


@dataclass(frozen=True)
class Row:
    """One line of a list; a date may be a day, a month, a year, or two of these as a range (2024-03/2024-05)."""

    person: str = "A"
    dest: str | None = HANGZHOU
    origin: str | None = HOME_VILLAGE
    left: str | None = None
    arrived: str | None = None
    ended: str | None = None
    reason: str | None = None
    dwelling: str | None = None
    sex: str | None = None
    birth: str | None = None
    nature: str | None = None
    side: str | None = None
    end: str | None = None
    registered: str | None = None
    education: str | None = None
    is_numbered: bool = True


@dataclass
class Case:
    """The lists of one story; ``name`` keeps its senders and people apart from those of other stories."""

    name: str
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})

    def outflow(self, on: str, *rows: Row, **options: Any) -> str:
        """Deliver a list of the village's own people elsewhere."""
        return self.deliver("village_outflow", on, rows, **options)

    def inflow(self, on: str, *rows: Row, **options: Any) -> str:
        """Deliver a list of people from elsewhere."""
        return self.deliver("village_inflow", on, rows, **options)

    def deliver(
        self,
        form: str,
        on: str,
        rows: Sequence[Row],
        *,
        unit: str = "unit",
        kind: str = "full",
        period: str | None = None,
        held: Iterable[str] = (),
        unidentified: int = 0,
        status: str = "accepted",
        corrects: str | None = None,
        replaces: Iterable[int] = (),
    ) -> str:
        """Deliver one file; ``held`` people may be in its returned rows, ``unidentified`` rows name nobody.

        A corrected slip ``corrects`` a file and ``replaces`` rows of it; those of people begin at 2, those returned at
        1000.
        """
        period = period or on[:7]
        unit = f"{self.name}/{unit}"
        file_id = f"{self.name}-{len(self.tables['file'])}"
        held = list(held)
        returned = len(held) + unidentified
        self.tables["file"].append(
            (
                *(
                    file_id,
                    f"{file_id}.csv",
                    file_id,
                    file_id,
                    form,
                    unit,
                    "village",
                    period,
                    on,
                    kind,
                    f"{on} 08:00:00",
                ),
                *("night", status, len(rows) + returned, len(rows), returned, 0, corrects),
            )
        )
        self.tables["correction"] += [(corrects, "Sheet1", number, file_id) for number in replaces]
        for number, row in enumerate(rows, start=2):
            self.tables["person_row"].append(
                (
                    *(file_id, "Sheet1", number, form, unit, period, on, kind, row.side or _side(form)),
                    self.key(row.person),
                    *(row.sex, row.birth, row.nature, row.education, *_place(row.origin), *_place(row.dest)),
                    *(*_days(row.left), *_days(row.arrived), *_days(row.ended), row.reason, row.dwelling),
                    *(row.end, row.registered, row.is_numbered),
                )
            )
        for number in range(1000, 1000 + returned):
            identified = number - 1000 < len(held)
            self.tables["returned_row"].append((file_id, "Sheet1", number, form, unit, period, on, identified))
            if identified:
                self.tables["returned_match"].append((file_id, "Sheet1", number, self.key(held[number - 1000])))
        return file_id

    def key(self, person: str) -> str:
        """Name a person of this case as the warehouse does."""
        return f"{self.name}:{person}"


def _side(form: str) -> str:
    return "origin" if form in _ORIGIN_FORMS else "destination"


def _days(text: str | None) -> tuple[str | None, str | None, str | None]:
    """Return the day that a date is, if it is one, and the first and the last day that it may be."""
    if text is None:
        return None, None, None
    first, _, last = text.partition("/")
    first, last = _first_day(first), _last_day(last or first)
    return (first if first == last else None), first, last


def _first_day(text: str) -> str:
    return text + "-01-01"[3 * text.count("-") :] if text.count("-") < 2 else text


def _last_day(text: str) -> str:
    year, *rest = (int(part) for part in text.split("-"))
    month = rest[0] if rest else 12
    day = rest[1] if len(rest) > 1 else calendar.monthrange(year, month)[1]
    return str(date(year, month, day))


def _place(code: str | None) -> tuple[str | None, str | None, str]:
    return (code, _level(code), "exact") if code else (None, None, "none")


def _level(code: str) -> str:
    """Name the level of a place: of those of this module, else as its digits say."""
    return PLACES[code][0] if code in PLACES else _LEVELS[sum(code[end:].strip("0") != "" for end in (2, 4, 6, 9))]


def division_rows(valid_from: str = "2000-01-01", valid_to: str | None = None) -> list[tuple[Any, ...]]:
    """Write the places of this module as rows of the register."""
    rows = []
    for code, (level, name, ancestors) in PLACES.items():
        filled = [*ancestors, *[None] * (len(_LEVELS) - len(ancestors))]
        parent = next((above for above in reversed(ancestors[:-1]) if above), None)
        rows.append((code, level, name, name, parent, *filled, None, False, None, valid_from, valid_to))
    return rows


def write_warehouse(
    path: Path, cases: Iterable[Case], *, run_date: date = date(2025, 1, 31), backwards: bool = False
) -> Path:
    """Make a warehouse file with the raw rows of the cases, in the order given or the other way round."""
    confirmed = [(form, by, 12, 0) for form, by in CONFIRMED_BY.items()]
    tables: dict[str, list[tuple[Any, ...]]] = {"division": division_rows(), "form": confirmed}
    for case in cases:
        for table, rows in case.tables.items():
            tables.setdefault(table, []).extend(rows)
    with duckdb.connect(str(path)) as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute("insert into raw.site values (?, 'county', ?, 'night', 3)", [HOME, run_date])
        for table, rows in tables.items():
            insert(connection, table, rows[::-1] if backwards else rows)
    return path


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Add rows to a table of schema raw."""
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        marks = ", ".join("(" + ", ".join("?" * len(row)) + ")" for row in part)
        names = f"({', '.join(_COLUMNS[table])})" if table in _COLUMNS else ""
        connection.execute(f"insert into raw.{table} {names} values {marks}", [value for row in part for value in row])
