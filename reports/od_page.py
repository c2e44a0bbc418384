"""The origin-destination report as one page: the few things a director asks, then the table, then the notes.

The page is one file with no script and nothing to fetch, so that it can be mailed, archived and printed. It ranks and
draws only what is published: an order or a bar that used a hidden count would give it away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.disclosure import TOTAL
from reports.od_notes import HIDDEN_MARK, notes
from reports.od_table import LEVEL_NAMES, ODReport, Place
from reports.od_workbook import titles
from reports.page import write_html

TOP_FLOWS = 12
TOP_PLACES = 8
TABLE_ROWS = 30
TABLE_COLUMNS = 9
BAR_UNITS = 100
"""Length of the longest bar in the units of its drawing."""


@dataclass(frozen=True)
class Bar:
    """One line of a bar chart."""

    label: str
    persons: int
    length: float
    share: str


@dataclass(frozen=True)
class Line:
    """One row of the table, its cells already in words."""

    place: Place
    total: str
    undecided: str
    cells: tuple[str, ...]


def write_page(report: ODReport, path: Path) -> None:
    """Write the report as a self-contained HTML page."""
    write_html("od.html", _context(report), path)


def _context(report: ODReport) -> dict[str, object]:
    table = report.table
    title, english, facts = titles(report)
    total = table.persons_at(TOTAL, TOTAL)
    origins = _largest(table.origins, lambda place: table.persons_at(place.code, TOTAL))
    dests = _largest(table.dests, lambda place: table.persons_at(TOTAL, place.code))
    columns = _chosen(table.dests, dests, TABLE_COLUMNS)
    rows = _chosen(table.origins, origins, TABLE_ROWS)
    summary_zh, summary_en = _summary(report, total, dests)
    return {
        "title": title,
        "summary_zh": summary_zh,
        "summary_en": summary_en,
        "english": english,
        "facts": facts,
        "report": report,
        "mark": HIDDEN_MARK,
        "origin_level": LEVEL_NAMES[report.request.origin_level],
        "dest_level": LEVEL_NAMES[report.request.dest_level],
        "total": _words(total),
        "undecided": _words(table.undecided_at(TOTAL, TOTAL)),
        "flows": _bars(_flows(report)[:TOP_FLOWS], total),
        "top_origins": _bars([(place.name, persons) for persons, place in origins[:TOP_PLACES]], total),
        "top_dests": _bars([(place.name, persons) for persons, place in dests[:TOP_PLACES]], total),
        "columns": columns,
        "column_totals": [_words(table.persons_at(TOTAL, place.code)) for place in columns],
        "rows": [_line(report, place, columns) for place in rows],
        "notes": notes(report),
    }


def _summary(report: ODReport, total: int | None, dests: Sequence[tuple[int, Place]]) -> tuple[str, str]:
    """Say in one sentence how many there are and where most of them live."""
    definition, as_of = report.definition, report.request.as_of
    main = dests[:3]
    zh = f"截至 {as_of.year} 年 {as_of.month} 月 {as_of.day} 日，按“{definition['name_zh']}”口径计入 {_words(total)} 人"
    en = f"{_words(total)} persons counted as {definition['name_en']} on {as_of:%Y-%m-%d}"
    if total and main:
        zh += "；流入地以" + "、".join(f"{place.name}（{count / total:.1%}）" for count, place in main) + "为主"
        en += f"; the {len(main)} largest destinations hold {sum(count for count, _ in main) / total:.1%}"
    flows = _flows(report)
    if flows:
        label, persons = flows[0]
        zh += f"；可公布的最大流向为{label}，{persons:,} 人"
    return f"{zh}。", f"{en}."


def _largest(places: Sequence[Place], persons: Callable[[Place], int | None]) -> list[tuple[int, Place]]:
    """Rank the places whose total is published and not zero; equals stand by code."""
    ranked = [(count, place) for place in places if (count := persons(place))]
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].code))


def _chosen(places: Sequence[Place], ranked: Sequence[tuple[int, Place]], limit: int) -> list[Place]:
    """Return all places where they fit, else those with the largest published totals, in the order of the register."""
    if len(places) <= limit:
        return list(places)
    chosen = {place.code for _, place in ranked[:limit]}
    return [place for place in places if place.code in chosen]


def _flows(report: ODReport) -> list[tuple[str, int]]:
    pairs = report.table.pairs
    shown = pairs[pairs["persons"].notna() & (pairs["persons"] > 0)]
    ranked = shown.sort_values(["persons", "origin_code", "dest_code"], ascending=[False, True, True])
    labels = ranked["origin_name"] + " → " + ranked["dest_name"]
    return list(zip(labels.tolist(), map(int, ranked["persons"]), strict=True))


def _bars(counts: Sequence[tuple[str, int]], total: int | None) -> list[Bar]:
    longest = max((persons for _, persons in counts), default=1)
    return [
        Bar(label, persons, round(BAR_UNITS * persons / longest, 2), f"{persons / total:.1%}" if total else "")
        for label, persons in counts
    ]


def _line(report: ODReport, place: Place, columns: Sequence[Place]) -> Line:
    table = report.table
    return Line(
        place,
        _words(table.persons_at(place.code, TOTAL)),
        _words(table.undecided_at(place.code, TOTAL)),
        tuple(_words(table.persons_at(place.code, column.code)) for column in columns),
    )


def _words(count: int | None) -> str:
    if count is None:
        return HIDDEN_MARK
    return f"{count:,}" if count else "–"
