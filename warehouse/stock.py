"""The totals of a version: how many persons the home division has under every definition.

Each version is opened by itself: its views name its own tables by the file's name, so in another version's connection
they would silently read the other version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.access import READ_ONLY_CONFIG

MONTHS_COMPARED = 3

StockTotals = dict[tuple[dt.date, str, str], int]


def stock_totals(database: Path, dates: Sequence[dt.date] | None = None) -> StockTotals:
    """Return persons, counted and unknown, by date, definition and direction; by default of the newest months."""
    with duckdb.connect(str(database), read_only=True, config=READ_ONLY_CONFIG) as connection:
        level, run_date = connection.execute("SELECT home_level, run_date FROM raw.site").fetchall()[0]
        asked = month_ends(run_date, MONTHS_COMPARED) if dates is None else dates
        if not asked:
            return {}
        # Written into the statement: only constants reach the bottom of the view, and all months would take minutes.
        texts = ", ".join(f"DATE '{each.isoformat()}'" for each in asked)
        rows = connection.execute(
            f"""
            SELECT as_of, definition_id, direction, sum(persons + persons_unknown)::BIGINT FROM stats.stock
            WHERE level = '{level}' AND as_of IN ({texts}) GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    return {(as_of, definition, direction): persons for as_of, definition, direction, persons in rows}


def month_ends(until: dt.date, count: int) -> list[dt.date]:
    """Return the last days of the newest ``count`` months that have ended by a day, newest first."""
    found: list[dt.date] = []
    day = (until + dt.timedelta(days=1)).replace(day=1)
    while len(found) < count:
        found.append(day - dt.timedelta(days=1))
        day = found[-1].replace(day=1)
    return found
