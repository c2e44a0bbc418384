"""Tables of counts: registered population by village, sex and age, and where the townships' people are.

The latter come from both ends: from the county, and from the province where most of its people live, which gives of
every fifth township last month's numbers once more.

The registered population is the invented people together with a made-up number of others in each village who have
never been away, so that nobody's village is empty.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import duckdb
import numpy as np

from popflow.synthetic.county import short_name
from popflow.synthetic.delivered import Counted, Delivered, Delivery
from popflow.synthetic.faults import ACCEPTED
from popflow.synthetic.writers import Merge, Row, Sheet, write_sheet

_BANDS: Final = ("0_14", "15_59", "60_up")
_BAND_HEADINGS: Final = ("0-14岁", "15-59岁", "60岁及以上")
# Shares among those who stay: men and women of each band.
_STAYERS: Final = (0.08, 0.07, 0.26, 0.24, 0.17, 0.18)
_STAYERS_A_VILLAGE: Final = (600, 1500)

_POPULATION_ITEMS: Final = (
    "hukou_total", "hukou_male", "hukou_female",
    *(f"hukou_{band}_{sex}" for band in _BANDS for sex in ("male", "female")),
)  # fmt: skip
_POPULATION_WIDTH: Final = 1 + len(_POPULATION_ITEMS)
_POPULATION_HEADINGS: Final[list[Row]] = [
    ["村（社区）", "户籍人口", None, None, *(cell for band in _BAND_HEADINGS for cell in (band, None))],
    [None, "合计", "男", "女", *("男", "女") * len(_BANDS)],
]
_POPULATION_MERGES: Final = (
    Merge(0, 0, 0, _POPULATION_WIDTH - 1), Merge(2, 0, 3, 0), Merge(2, 1, 2, 3), Merge(2, 4, 2, 5), Merge(2, 6, 2, 7),
    Merge(2, 8, 2, 9),
)  # fmt: skip
_POPULATION_QUERY: Final = """
    WITH aged AS (
        SELECT
            place.village_code, place.village_name, place.township_name, person.sex,
            date_sub('year', person.birth_date, CAST($day AS DATE)) AS age
        FROM place
        LEFT JOIN person ON person.hukou_place = place.place_id AND person.birth_date <= $day
        WHERE place.is_home
    )
    SELECT
        village_code, any_value(township_name), any_value(village_name),
        count(*) FILTER (WHERE sex = '1' AND age < 15), count(*) FILTER (WHERE sex = '2' AND age < 15),
        count(*) FILTER (WHERE sex = '1' AND age BETWEEN 15 AND 59),
        count(*) FILTER (WHERE sex = '2' AND age BETWEEN 15 AND 59),
        count(*) FILTER (WHERE sex = '1' AND age >= 60), count(*) FILTER (WHERE sex = '2' AND age >= 60)
    FROM aged GROUP BY village_code ORDER BY village_code
"""

_FLOW_ITEMS: Final = ("flow_total", "flow_male", "flow_female", "flow_half_year")
_FLOW_HEADINGS: Final[list[Row]] = [
    ["流出地", "流入地", "流出人口", None, None, None],
    [None, None, "合计", "男", "女", "半年以上"],
]
_FLOW_WIDTH: Final = 6
_FLOW_MERGES: Final = (Merge(0, 0, 0, 5), Merge(2, 0, 3, 0), Merge(2, 1, 3, 1), Merge(2, 2, 2, 5))
_FLOW_QUERY: Final = """
    SELECT
        origin.township_code, any_value(origin.township_name), dest.province_code, any_value(dest.province_name),
        count(*), count(*) FILTER (WHERE sex = '1'), count(*) FILTER (WHERE sex = '2'),
        count(*) FILTER (WHERE arrived_date <= CAST($day AS DATE) - INTERVAL 6 MONTH)
    FROM stay
    JOIN person USING (person_id)
    JOIN place AS origin ON origin.place_id = stay.origin_place
    JOIN place AS dest ON dest.place_id = stay.dest_place
    WHERE origin.is_home AND NOT dest.is_home AND stay.arrived_date <= $day AND stay.ended_date > $day
    GROUP BY ALL ORDER BY ALL
"""
# Where most of the county's people are, whenever.
_MOST_QUERY: Final = """
    SELECT dest.province_code, any_value(dest.province_name)
    FROM stay
    JOIN place AS origin ON origin.place_id = stay.origin_place
    JOIN place AS dest ON dest.place_id = stay.dest_place
    WHERE origin.is_home AND NOT dest.is_home
    GROUP BY ALL ORDER BY count(*) DESC, dest.province_code LIMIT 1
"""
_LATE_TOWNSHIPS: Final = 5
_ELSEWHERE: Final = "外省来件"


def write_count_tables(
    delivery: Delivery, truth: duckdb.DuckDBPyConnection, night: int, month_end: date, folder: str
) -> Iterator[Delivered]:
    """Write the flows of every month as both ends see them, and the registered population of the first."""
    yield _write_flows(delivery, truth, night, month_end, folder)
    yield from _write_flows_elsewhere(delivery, truth, night, month_end)
    if night == 1:
        yield _write_population(delivery, truth, night, month_end, folder)


def _write_population(
    delivery: Delivery, truth: duckdb.DuckDBPyConnection, night: int, day: date, folder: str
) -> Delivered:
    """Write how many people are registered in every village."""
    rows: list[Row] = []
    counts: list[Counted] = []
    for code, township, village, *movers in truth.execute(_POPULATION_QUERY, {"day": day}).fetchall():
        rng = np.random.default_rng([delivery.scale.seed, zlib.crc32(code.encode())])
        stayers = rng.multinomial(rng.integers(*_STAYERS_A_VILLAGE), _STAYERS).tolist()
        cells = [stayed + moved for stayed, moved in zip(stayers, movers, strict=True)]
        values = [sum(cells), sum(cells[0::2]), sum(cells[1::2]), *cells]
        rows.append([f"{township}{short_name(village)}", *values])
        counts += [Counted(item, value, unit_code=code) for item, value in zip(_POPULATION_ITEMS, values, strict=True)]
    sheet = Sheet(
        [
            *_open(f"{delivery.county.name}户籍人口统计表", f"{delivery.county.name}统计局", day, _POPULATION_WIDTH),
            *_POPULATION_HEADINGS, *rows, _total(rows, 1),
        ],
        _POPULATION_MERGES,
    )  # fmt: skip
    path = f"{folder}/{delivery.county.name}统计局{day:%Y-%m}户籍人口.xls"
    return _write(delivery, night, path, "hukou_population", day, sheet, counts)


def _write_flows(delivery: Delivery, truth: duckdb.DuckDBPyConnection, night: int, day: date, folder: str) -> Delivered:
    """Write where the people of every township are, as the county they left sees it."""
    rows: list[Row] = []
    counts: list[Counted] = []
    for origin_code, origin, dest_code, dest, *values in truth.execute(_FLOW_QUERY, {"day": day}).fetchall():
        rows.append([origin, dest, *values])
        counts += [
            Counted(item, value, origin_code=origin_code, dest_code=dest_code)
            for item, value in zip(_FLOW_ITEMS, values, strict=True)
        ]
    sheet = Sheet(
        [
            *_open(f"{day.year}年{day.month}月流出人口去向统计表", f"{delivery.county.name}统计局", day, _FLOW_WIDTH),
            *_FLOW_HEADINGS, *rows, _total(rows, 2),
        ],
        _FLOW_MERGES,
    )  # fmt: skip
    path = f"{folder}/{delivery.county.name}统计局{day:%Y-%m}流出人口去向.xlsx"
    return _write(delivery, night, path, "od_return", day, sheet, counts)


def _write_flows_elsewhere(
    delivery: Delivery, truth: duckdb.DuckDBPyConnection, night: int, day: date
) -> Iterator[Delivered]:
    """Write how many people of every township the province counts in which most of them are."""
    found = truth.execute(_MOST_QUERY).fetchall()
    if not found:
        return
    ((code, province),) = found
    month_before = day.replace(day=1) - timedelta(days=1)
    now, before = (
        {row[0]: row for row in truth.execute(_FLOW_QUERY, {"day": each}).fetchall() if row[2] == code}
        for each in (day, month_before)
    )
    names = dict(truth.execute("SELECT township_code, township_text FROM place WHERE is_home").fetchall())
    rows: list[Row] = []
    counts: list[Counted] = []
    for number, (origin_code, row) in enumerate(now.items()):
        is_late = night > 1 and number % _LATE_TOWNSHIPS == 1
        values = (before.get(origin_code, row) if is_late else row)[4:]
        rows.append([names[origin_code], province, *values])
        counts += [
            Counted(item, value, origin_code=origin_code, dest_code=code)
            for item, value in zip(_FLOW_ITEMS, values, strict=True)
        ]
    if not rows:
        return
    sheet = Sheet(
        [
            *_open(f"{day.year}年{day.month}月流入人口来源地统计表", f"{province}统计局", day, _FLOW_WIDTH),
            *_FLOW_HEADINGS, *rows, _total(rows, 2),
        ],
        _FLOW_MERGES,
    )  # fmt: skip
    path = f"{_ELSEWHERE}/{province}统计局{day:%Y-%m}流入人口来源地.xlsx"
    yield replace(_write(delivery, night, path, "od_return", day, sheet, counts), unit_code=code)


def _open(title: str, office: str, day: date, width: int) -> list[Row]:
    """Return the title and the labelled line above a table."""
    labels: Row = [f"填报单位：{office}", None, None, f"填报日期：{day.year}年{day.month}月{day.day}日"]
    return [[title, *[None] * (width - 1)], [*labels, *[None] * (width - len(labels))]]


def _total(rows: list[Row], names: int) -> Row:
    """Return the line of totals; the first ``names`` columns are no counts."""
    sums: dict[int, int] = defaultdict(int)
    for row in rows:
        for column, cell in enumerate(row[names:]):
            sums[column] += int(str(cell))
    return ["合计", *[None] * (names - 1), *(sums[column] for column in sorted(sums))]


def _write(
    delivery: Delivery, night: int, path: str, form_id: str, day: date, sheet: Sheet, counts: list[Counted]
) -> Delivered:
    """Write the table and say what stands in it."""
    write_sheet(delivery.inbox(night) / path, sheet)
    code = delivery.county.home_code
    return Delivered(night, path, form_id, code, day, "full", ACCEPTED, counts=tuple(counts))
