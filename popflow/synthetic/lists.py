"""One list as a sheet: title, labelled lines, headings, rows with their dirt and faults, totals and footer.

``compose_list`` gives the cells and, beside them, the row number at which every row stands as a spreadsheet shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np

from popflow.synthetic.faults import Cells, Known, Setting, Written, make_fault
from popflow.synthetic.habits import (
    INFLOW,
    Clerk,
    stray_date_style,
    write_date,
    write_name,
    write_number,
    write_odd_cell,
    write_word,
)
from popflow.synthetic.writers import Merge, Row, Sheet

FAULT_SHARE: Final = 0.012

_TITLES: Final = {
    INFLOW: ("流入人口登记表", "外来人口登记表", "流动人口（流入）花名册"),
    "village_outflow": ("流出人口登记表", "外出人口花名册", "外出务工人员台账"),
    "police_registration": ("流动人口信息表",),
    "health_roster": ("全员流动人口登记表",),
    "labour_roster": ("农村劳动力转移就业台账",),
    "education_roster": ("进城务工人员随迁子女在校学生名册",),
}
_NOTES: Final = ("填表说明", "1. 身份证号码请用文本格式填写。", "2. 日期格式如 2024-10-31。", "3. 本表于每月末上报。")
_DATE_FIELDS: Final = ("birth_date", "left_hukou_date", "arrived_date", "ended_date")
_WORD_FIELDS: Final = {
    "hukou_nature": "hukou_nature",
    "education": "education_code",
    "reason": "reason_code",
    "dwelling": "dwelling_code",
}
# Cells of these columns are at times left empty, which says nothing.
_OFTEN_EMPTY: Final = ("phone", "hukou_nature", "education_code", "dwelling_code")
_EMPTY_SHARE: Final = 0.04


@dataclass(frozen=True)
class Head:
    """What a list says about itself: whose it is and of which day; ``kind_word`` is 新增 for a list of additions."""

    township: str
    village: str
    official_name: str
    unit_code: str
    reported_on: date
    kind_word: str = ""

    @property
    def unit_text(self) -> str:
        """The unit as a clerk writes it."""
        return f"庐江县{self.township}{self.village}"


@dataclass(frozen=True)
class Composed:
    """The sheet of a list, and its rows with the number each has in a spreadsheet."""

    sheet: Sheet
    rows: tuple[tuple[int, Written], ...]


def compose_list(
    rng: np.random.Generator, clerk: Clerk, head: Head, people: Sequence[Known], fault_share: float = FAULT_SHARE
) -> Composed:
    """Write one list with the clerk's habits and, in a small share of its rows, faults."""
    rows = write_people(rng, clerk, head, people, fault_share)
    return lay_out(rng, clerk, head, rows)


def write_people(
    rng: np.random.Generator, clerk: Clerk, head: Head, people: Sequence[Known], fault_share: float
) -> list[Written]:
    """Write the rows of people; those drawn get a fault."""
    setting = Setting(clerk, head.reported_on, head.unit_text)
    faulty = rng.random(len(people)) < fault_share
    written: list[Written] = []
    for person, is_faulty in zip(people, faulty, strict=True):
        row = _write_person(rng, clerk, head, person)
        written += make_fault(rng, row, setting) if is_faulty else [row]
    return written


def _write_person(rng: np.random.Generator, clerk: Clerk, head: Head, person: Known) -> Written:
    """Write the cells of one person; what the list has no column for is not known from it."""
    draws = rng.random(12)
    left_empty = [name for name, draw in zip(_OFTEN_EMPTY, draws[8:], strict=True) if draw < _EMPTY_SHARE]
    unsaid: dict[str, Any] = dict.fromkeys([*left_empty, *_unsaid(clerk)])
    known = replace(person, **unsaid)
    cells: Cells = {
        "person_name": write_name(draws[0], known.person_name),
        "id_number": write_number(draws[1], known.id_number, known.birth_date),
        "sex": write_word(clerk, "sex", known.sex),
        "phone": known.phone,
        "hukou_address": _write_hukou(draws[2], clerk, head, known),
        "residence_address": _write_residence(draws[3], head),
        "dest_address": _write_far_place(draws[3], known.dest_text),
    }
    for name, attribute in _WORD_FIELDS.items():
        cells[name] = write_word(clerk, name, getattr(known, attribute))
    for name, draw in zip(_DATE_FIELDS, draws[4:8], strict=True):
        cells[name] = write_date(stray_date_style(draw, clerk.date_style), getattr(known, name))
    return Written(known, cells)


def _unsaid(clerk: Clerk) -> list[str]:
    """Return what of a person this clerk's list has no column for."""
    attributes = dict(_WORD_FIELDS) | {name: name for name in ("phone", *_DATE_FIELDS[1:])}
    return [attribute for column, attribute in attributes.items() if column not in clerk.columns]


def _write_hukou(draw: float, clerk: Clerk, head: Head, known: Known) -> str | None:
    """Write the hukou address: a far place in an inflow list, the own village in an outflow list."""
    if clerk.form_id == INFLOW:
        return _write_far_place(draw, known.origin_text)
    texts = (
        head.village,
        f"{head.township}{head.village}",
        head.unit_text,
        f"{head.village}{int(draw * 1000) % 20 + 1}组",
    )
    return texts[int(draw * len(texts))]


def _write_residence(draw: float, head: Head) -> str | None:
    """Write where in the village somebody lives."""
    group = f"{int(draw * 1000) % 20 + 1}组"
    texts = (None, head.village, f"{head.village}{group}", f"{head.township}{head.village}{group}", head.unit_text)
    return texts[int(draw * len(texts))]


def _write_far_place(draw: float, text: str | None) -> str | None:
    """Write a far place: at times without the province, or with a house number behind a village."""
    if text is None:
        return None
    province, mark, rest = text.partition("省")
    if mark and rest and draw < 0.2:
        return rest
    if mark and rest and draw < 0.35:
        return province + rest
    if draw < 0.5 and text.endswith(("村", "社区")):
        return f"{text}{int(draw * 1000) % 30 + 1}号"
    return text


def lay_out(rng: np.random.Generator, clerk: Clerk, head: Head, written: Sequence[Written]) -> Composed:
    """Put title, labelled lines, headings, rows and what follows them on a sheet."""
    columns = _all_columns(clerk)
    rows, merges = _open_sheet(clerk, head, len(columns))
    heading_rows, heading_merges = _write_headings(clerk, columns, len(rows))
    rows += heading_rows
    placed: list[tuple[int, Written]] = []
    for number, row in enumerate(written, start=1):
        rows.append([_cell(rng, clerk, column, row.cells, number) for column in columns])
        placed.append((len(rows), row))
        if clerk.blank_every and number % clerk.blank_every == 0:
            rows.append([None] * len(columns))
    rows += _close_sheet(clerk, head, len(written), len(columns))
    notes = _NOTES if clerk.has_notes and clerk.suffix != ".csv" else ()
    is_text = clerk.suffix == ".csv"
    return Composed(Sheet(rows, () if is_text else (*merges, *heading_merges), notes), tuple(placed))


def _all_columns(clerk: Clerk) -> list[str]:
    """Return the columns as they stand: row numbers first, odd columns after the fourth."""
    first = ["序号"] if clerk.has_row_numbers else []
    return [*first, *clerk.columns[:4], *clerk.odd_columns, *clerk.columns[4:]]


def _cell(
    rng: np.random.Generator, clerk: Clerk, column: str, cells: Cells, number: int
) -> str | int | float | date | None:
    """Return the cell of a column, odd ones included."""
    if column == "序号":
        return number
    if column in clerk.odd_columns:
        return write_odd_cell(rng, column)
    return cells[column]


def _open_sheet(clerk: Clerk, head: Head, width: int) -> tuple[list[Row], list[Merge]]:
    """Write the title and the labelled lines above the table."""
    month = f"{head.reported_on:%Y}年{head.reported_on.month}月"
    title = (
        (head.unit_text if clerk.unit_in == "title" else "")
        + (month if clerk.date_in == "title" else "")
        + head.kind_word
        + _TITLES[clerk.form_id][clerk.title_style]
    )
    rows: list[Row] = [_pad([title], width)]
    merges = [Merge(0, 0, 0, width - 1)]
    labels: Row = []
    if clerk.unit_in in ("label", "code"):
        unit = head.unit_code if clerk.unit_in == "code" else f"庐江县{head.township}{head.official_name}"
        labels.append(f"填报单位：{unit}")
    if clerk.date_in == "label":
        labels += [None, f"填报日期：{_chinese(head.reported_on)}"]
    if labels:
        rows.append(_pad(labels, width))
    return rows, merges


def _write_headings(clerk: Clerk, columns: Sequence[str], first_row: int) -> tuple[list[Row], list[Merge]]:
    """Write the headings: one row, or two where a column stands in a group; then the others are merged downwards."""
    headings = [clerk.headings.get(column, column) for column in columns]
    if not clerk.has_group_headings:
        return [[heading if isinstance(heading, str) else heading[1] for heading in headings]], []
    groups = [heading if isinstance(heading, str) else heading[0] for heading in headings]
    lower: Row = [None if isinstance(heading, str) else heading[1] for heading in headings]
    upper: Row = [None if column and groups[column - 1] == group else group for column, group in enumerate(groups)]
    starts = [column for column, group in enumerate(upper) if group is not None]
    spans = [(start, end - 1) for start, end in pairwise([*starts, len(columns)])]
    merges = [
        Merge(first_row, start, first_row + 1 if lower[start] is None else first_row, end)
        for start, end in spans
        if lower[start] is None or end > start
    ]
    return [upper, lower], merges


def _close_sheet(clerk: Clerk, head: Head, count: int, width: int) -> list[Row]:
    """Write what stands below the table: a total, who filled it in, the date."""
    rows: list[Row] = []
    if clerk.has_total:
        rows.append(_pad(["合计", f"{count}人"], width))
    if clerk.has_footer or clerk.date_in == "footer":
        date_text = f"填报日期：{_chinese(head.reported_on)}" if clerk.date_in == "footer" else None
        rows.append(_pad(["填表人：束某", None, "审核人：宛某", None, date_text], width))
    return rows


def _pad(cells: Row, width: int) -> Row:
    """Return the cells with empty ones behind them to the width of the table."""
    return [*cells, *([None] * (width - len(cells)))]


def _chinese(day: date) -> str:
    """Return a date in words: 2024年10月31日."""
    return f"{day.year}年{day.month}月{day.day}日"
