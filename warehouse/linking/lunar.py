"""The Chinese calendar as a table: which lunar date a day is, so that one written as the other is recognised."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

import pyarrow as pa

_FIRST: Final = date(1920, 1, 1)
_LAST: Final = date(2030, 12, 31)


@cache
def lunar_dates() -> pa.Table:
    """Return (birth, birth_lunar), both as eight digits, of every day that a living person can be born on.

    The day of a leap month counts as the same day of the month that it follows: forms have no way to write it.
    """
    from borax.calendars.lunardate import LunarDate

    days = [_FIRST + timedelta(days=number) for number in range((_LAST - _FIRST).days + 1)]
    lunar = (LunarDate.from_solar(day) for day in days)
    return pa.table(
        {
            "birth": [f"{day:%Y%m%d}" for day in days],
            "birth_lunar": [f"{each.year:04}{each.month:02}{each.day:02}" for each in lunar],
        }
    )
