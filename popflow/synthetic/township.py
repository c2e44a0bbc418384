"""The townships' monthly reports: how many people each village counts, by sex, under two rows of headings.

The counts are what the villages know on that day, so that a report and the lists of the same month can be compared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from popflow.synthetic.county import County, short_name
from popflow.synthetic.writers import Merge, Row, Sheet, write_sheet

_QUERY: Final = """
    WITH present AS (
        SELECT stay.*, person.sex FROM stay JOIN person USING (person_id)
        WHERE stay.arrived_date <= $month_end AND stay.ended_date > $month_end
    ), counted AS (
        SELECT dest_place AS place_id, 0 AS direction, sex FROM present
        UNION ALL
        SELECT origin_place, 1, sex FROM present
    )
    SELECT place.village_code, direction, count(*), count(*) FILTER (WHERE sex = '1'), count(*) FILTER (WHERE sex = '2')
    FROM counted JOIN place USING (place_id)
    WHERE place.is_home
    GROUP BY ALL
"""
_NOBODY: Final = (0, 0, 0)
_HEADINGS: Final[list[Row]] = [
    ["村（社区）", "流入人口", None, None, "流出人口", None, None],
    [None, "合计", "男", "女", "合计", "男", "女"],
]
_WIDTH: Final = 7
_MERGES: Final = (Merge(0, 0, 0, 6), Merge(2, 0, 3, 0), Merge(2, 1, 2, 3), Merge(2, 4, 2, 6))


def write_township_reports(
    truth: duckdb.DuckDBPyConnection, inbox: Path, county: County, month_end: date
) -> Iterator[tuple[str, str]]:
    """Write the reports of a month; give the path and the township's code of each."""
    counts: dict[tuple[str, int], tuple[int, ...]] = {
        (village, direction): tuple(numbers)
        for village, direction, *numbers in truth.execute(_QUERY, {"month_end": month_end}).fetchall()
    }
    villages: dict[str, list[Row]] = defaultdict(list)
    for place in county.villages:
        row = [*counts.get((place.code, 0), _NOBODY), *counts.get((place.code, 1), _NOBODY)]
        villages[place.codes["township"]].append([short_name(place.names["village"]), *row])
    for code, rows in villages.items():
        name = county.townships[code]
        path = f"{name}/{month_end:%Y年%m月}流动人口统计月报表.xlsx"
        write_sheet(inbox / path, _lay_out(name, month_end, rows))
        yield path, code


def _lay_out(township: str, month_end: date, rows: list[Row]) -> Sheet:
    """Put title, labels, merged headings, one row a village and the total on a sheet."""
    title: Row = [f"{month_end.year}年{month_end.month}月流动人口统计月报表", *[None] * (_WIDTH - 1)]
    day = f"{month_end.year}年{month_end.month}月{month_end.day}日"
    labels: Row = [f"填报单位：庐江县{township}", None, None, None, f"填报日期：{day}", None, None]
    total: Row = ["合计", *(sum(int(str(row[column])) for row in rows) for column in range(1, _WIDTH))]
    footer: Row = ["填表人：束某", None, None, "审核人：宛某", None, None, None]
    return Sheet([title, labels, *_HEADINGS, *rows, total, footer], _MERGES)
