"""What clerks get wrong: rows that must come back, rows that must be let in with a question, rows given twice.

A fault changes the cells of one row, or adds rows, and says what the gate has to do with each and for which reason. The
same row is written rightly in the next list, because the fault is drawn anew every month.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from popflow.synthetic.habits import INFLOW, Clerk, pick, write_date
from popflow.synthetic.identity import break_check
from popflow.synthetic.writers import Cell

Cells = dict[str, Cell]

ACCEPTED: Final = "accepted"
RETURNED: Final = "returned"
DUPLICATE: Final = "duplicate"

ORIGIN: Final = "origin"
DESTINATION: Final = "destination"


@dataclass(frozen=True)
class Known:
    """What one row says, as its clerk knows it; None where he does not say it. ``side`` is the end that reports."""

    person_id: int
    person_name: str
    id_number: str
    sex: str
    birth_date: date
    phone: str | None
    hukou_nature: str | None
    education_code: str | None
    origin_code: str | None
    origin_level: str | None
    origin_text: str | None
    dest_code: str | None
    dest_level: str | None
    dest_text: str | None
    left_hukou_date: date | None
    arrived_date: date | None
    ended_date: date | None
    reason_code: str | None
    dwelling_code: str | None
    side: str


@dataclass(frozen=True)
class Written:
    """One row as written: the cells, what it rightly says, and what the gate has to do with it."""

    known: Known
    cells: Cells
    outcome: str = ACCEPTED
    fault: str | None = None
    rules: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Setting:
    """Where a fault happens: the list, its date, the unit's own name, and the kinds of fault made there (None: all)."""

    clerk: Clerk
    reported_on: date
    unit_text: str
    kinds: tuple[str, ...] | None = None


Maker = Callable[[np.random.Generator, Written, Setting], list[Written]]


@dataclass(frozen=True)
class Fault:
    """One kind of fault: how often it is made among all, which column it needs, and how.

    ``rules`` are the rules of which one speaks, by how their names begin.
    """

    weight: int
    rules: tuple[str, ...]
    make: Maker
    column: str | None = None


def make_fault(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    """Make one fault of those possible in this list; return the row or rows that stand there instead."""
    clerk = setting.clerk
    possible = {
        kind: fault
        for kind, fault in FAULTS.items()
        if fault.column in (None, *clerk.columns) and kind in (setting.kinds or FAULTS)
    }
    weights = np.array([fault.weight for fault in possible.values()], dtype=float)
    kind = list(possible)[int(rng.choice(len(possible), p=weights / weights.sum()))]
    made = possible[kind].make(rng, row, setting)
    return [replace(each, fault=kind, rules=possible[kind].rules) for each in made]


def _returned(row: Written, **changes: Cell) -> list[Written]:
    """Return the row with other cells, as one that must come back."""
    return [replace(row, cells=row.cells | changes, outcome=RETURNED)]


def _accepted(row: Written, known: Mapping[str, str | date | None], **changes: Cell) -> list[Written]:
    """Return the row with other cells, as one that is let in saying only ``known``."""
    return [replace(row, cells=row.cells | changes, known=replace(row.known, **known))]  # type: ignore[arg-type]


def _unproven(row: Written, setting: Setting, number: str | None, *, has_birth: bool = False) -> list[Written]:
    """Return the row without a valid number: let in with a question where name and birth date say who it is."""
    if not has_birth and "birth_date" not in setting.clerk.columns:
        return _returned(row, id_number=number)
    return _accepted(row, {}, id_number=number)


def _wrong_check(_rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    return _unproven(row, setting, break_check(row.known.id_number), has_birth=True)


def _other_sex(_rng: np.random.Generator, row: Written, _setting: Setting) -> list[Written]:
    return _returned(row, sex="女" if row.known.sex == "1" else "男")


def _other_birth(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    wrong = row.known.birth_date + timedelta(days=int(rng.integers(40, 4000)))
    return _returned(row, birth_date=write_date(setting.clerk.date_style, wrong))


def _start_column(clerk: Clerk) -> str:
    """Return the column of the date every list of the form has."""
    return "arrived_date" if clerk.form_id == INFLOW else "left_hukou_date"


def _future_date(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    future = setting.reported_on + timedelta(days=int(rng.integers(150, 400)))
    return _returned(row, **{_start_column(setting.clerk): write_date(setting.clerk.date_style, future)})


def _before_birth(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    before = row.known.birth_date - timedelta(days=int(rng.integers(30, 900)))
    style = "iso" if setting.clerk.date_style in ("cell", "serial") else setting.clerk.date_style
    return _returned(row, **{_start_column(setting.clerk): write_date(style, before)})


def _impossible_date(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    text = pick(rng, ("2023-13-05", "2022年2月30日", "去年春天", "2023.4.31", "20231301"))
    return _returned(row, **{_start_column(setting.clerk): text})


def _unknown_place(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    column = "hukou_address" if setting.clerk.form_id == INFLOW else "dest_address"
    return _returned(row, **{column: pick(rng, ("老家", "亲戚家", "厂里", "朋友处"))})


def _at_home(_rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    column = "hukou_address" if setting.clerk.form_id == INFLOW else "dest_address"
    return _returned(row, **{column: setting.unit_text})


def _no_number(_rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    return _unproven(row, setting, None)


def _no_name(_rng: np.random.Generator, row: Written, _setting: Setting) -> list[Written]:
    return _returned(row, person_name=None)


def _nobody(_rng: np.random.Generator, row: Written, _setting: Setting) -> list[Written]:
    return _returned(row, person_name=None, id_number=None)


def _numeric_number(_rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    """A number typed without a text mark: a spreadsheet keeps 15 digits of it, a text file shows 3.40124E+17."""
    digits = float(row.known.id_number[:17] + "0")
    return _returned(row, id_number=f"{digits:.5E}" if setting.clerk.suffix == ".csv" else digits)


def _placeholder(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    birth = f"{row.known.birth_date:%Y%m%d}"
    return _unproven(row, setting, pick(rng, ("0" * 18, f"000000{birth}0000", "999999999999999999")))


def _conflict(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    """The same person twice with different starts: nobody can say which is right, so both come back."""
    column = _start_column(setting.clerk)
    day = row.known.arrived_date or row.known.left_hukou_date or row.known.birth_date
    other = max(day - timedelta(days=int(rng.integers(11, 25))), row.known.birth_date + timedelta(days=1))
    return [*_returned(row), *_returned(row, **{column: write_date("iso", other)})]


def _twice(_rng: np.random.Generator, row: Written, _setting: Setting) -> list[Written]:
    return [row, replace(row, outcome=DUPLICATE)]


def _unknown_reason(rng: np.random.Generator, row: Written, _setting: Setting) -> list[Written]:
    return _accepted(row, {"reason_code": None}, reason=pick(rng, ("待补", "见备注", "个人原因")))


def _no_start(_rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    column = _start_column(setting.clerk)
    return _accepted(row, {column: None}, **{column: None})


def _no_place(_rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    return _far_place_unsaid(row, setting, None)


def _open_place(rng: np.random.Generator, row: Written, setting: Setting) -> list[Written]:
    return _far_place_unsaid(row, setting, pick(rng, ("不详", "不清楚", "外地")))


def _far_place_unsaid(row: Written, setting: Setting, text: str | None) -> list[Written]:
    """A row that does not say where the far end is."""
    is_inflow = setting.clerk.form_id == INFLOW
    column, end = ("hukou_address", "origin") if is_inflow else ("dest_address", "dest")
    return _accepted(row, {f"{end}_code": None, f"{end}_level": None}, **{column: text})


FAULTS: Final[dict[str, Fault]] = {
    "wrong_check": Fault(14, ("number_check_digit",), _wrong_check),
    "other_sex": Fault(8, ("sex_agrees",), _other_sex, column="sex"),
    "other_birth": Fault(8, ("birth_agrees",), _other_birth, column="birth_date"),
    "future_date": Fault(8, ("not_future",), _future_date),
    "before_birth": Fault(5, ("not_before_birth",), _before_birth),
    "impossible_date": Fault(6, ("valid_date",), _impossible_date),
    "unknown_place": Fault(8, ("place_resolvable",), _unknown_place),
    "at_home": Fault(5, ("not_at_home",), _at_home),
    "no_number": Fault(8, ("required",), _no_number),
    "no_name": Fault(3, ("required",), _no_name),
    "nobody": Fault(3, ("required",), _nobody),
    "numeric_number": Fault(8, ("number_not_numeric", "number_rounded"), _numeric_number),
    "placeholder": Fault(5, ("number_placeholder",), _placeholder),
    "conflict": Fault(6, ("same_number_differs",), _conflict),
    "twice": Fault(8, ("duplicate_row",), _twice),
    "unknown_reason": Fault(6, ("known_code",), _unknown_reason, column="reason"),
    "no_start": Fault(6, ("required",), _no_start),
    "no_place": Fault(3, ("required",), _no_place),
    "open_place": Fault(3, ("place_unknown", "place_elsewhere"), _open_place),
}
