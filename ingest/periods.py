"""For which month a file is and of which day its list: from labelled lines and titles, else from its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.declaration import load_layout
from ingest.refusals import refusal
from ingest.surroundings import Month, Surroundings, find_date, find_month, last_day, month_before


@dataclass(frozen=True)
class Period:
    """The month of a file, the day of its list with what showed it, and how the path contradicts them."""

    month: Month
    day: date
    why: str | None
    contradiction: str | None = None


def find_period(around: Sequence[Surroundings], path: str) -> Period:
    """Take day and month from the content; the path fills what is missing and may name the month before the day's.

    Raises ``FileRefusedError`` where neither says a month.
    """
    day, day_why = _first_day(around)
    month, month_why = _first_month(around)
    path_day, path_month = find_date(path), find_month(path)
    contradiction: str | None = None
    if month is None and day is not None:
        is_month_before = path_month is not None and path_month == month_before(day)
        month = path_month if path_month is not None and is_month_before else (day.year, day.month)
        if path_month not in {None, month}:
            contradiction = f"日期 {day} / {month_text(path_month or month)}"
    elif month is None:
        month, month_why = path_month, "path"
    elif path_month not in {None, month}:
        contradiction = f"月份 {month_text(month)} / {month_text(path_month or month)}"
    if month is None:
        raise refusal("period_unknown", detail="表内和文件名中都没有日期或月份")
    if day is None and path_day is not None and (path_day.year, path_day.month) == month:
        day, day_why = path_day, "path"
    known_day, why = (day, day_why) if day is not None else (last_day(month), month_why)
    return Period(month, known_day, why, contradiction)


def month_text(month: Month) -> str:
    """Return a month as ``2024-10``."""
    return f"{month[0]:04d}-{month[1]:02d}"


def _first_day(around: Sequence[Surroundings]) -> tuple[date | None, str | None]:
    layout = load_layout()
    labelled = [("label", value) for each in around for value in each.values_of(layout.date_labels)]
    labelled += [("label", value) for each in around for value in each.values_of(layout.period_labels)]
    titled = [("title", text) for each in around for text in each.other_texts]
    for why, text in (*labelled, *titled):
        day = find_date(text)
        if day is not None:
            return day, why
    return None, None


def _first_month(around: Sequence[Surroundings]) -> tuple[Month | None, str | None]:
    layout = load_layout()
    labelled = [("label", value) for each in around for value in each.values_of(layout.period_labels)]
    titled = [("title", text) for each in around for text in each.other_texts]
    monthly = [("label", value) for each in around for value in each.values_of(layout.date_labels)]
    for why, text in (*labelled, *titled, *((why, text) for why, text in monthly if find_date(text) is None)):
        month = find_month(text)
        if month is not None:
            return month, why
    return None, None
