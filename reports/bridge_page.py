"""The bridge as one page: the waterfall, the table of its steps, the divisions, and the notes.

The page is one file with no script and nothing to fetch. It draws only what is published: a bar that used a hidden
count would give it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.bridge_notes import notes, summary, titles
from reports.bridge_table import OUTER, Bridge, BridgeReport, BridgeRow
from reports.bridge_words import MINUS, count, signed
from reports.od_notes import HIDDEN_MARK
from reports.page import write_html

# The drawing, in its own units: labels on the left, bars in the middle, numbers to their right.
WIDTH, LABELS, NUMBERS = 960.0, 300.0, 96.0
LINE, BAR, HEAD = 40.0, 22.0, 26.0
THINNEST = 1.5
LONGEST_NAME = 19
# Where all counts lie closer together than this share of the largest, the axis does not begin at zero.
NARROW = 0.25


@dataclass(frozen=True)
class Bar:
    """One line of the waterfall; ``x`` is None where there is nothing that may be drawn."""

    y: float
    kind: str
    name: str
    english: str
    change: str
    number: str
    x: float | None
    length: float
    end: float | None


@dataclass(frozen=True)
class Waterfall:
    """The drawing of a bridge."""

    bars: tuple[Bar, ...]
    height: float
    floor: int


@dataclass(frozen=True)
class Cells:
    """The numbers of one line in words."""

    row: BridgeRow
    persons: str
    unknown: str
    after: str
    share: str
    orders: str


def write_bridge_page(report: BridgeReport, path: Path) -> None:
    """Write the report as a self-contained HTML page."""
    write_html("bridge.html", _context(report), path)


def _context(report: BridgeReport) -> dict[str, object]:
    title, english, facts = titles(report)
    summary_zh, summary_en = summary(report)
    begin, end = (report.whole.row(step) for step in ("stock_from", "stock_to"))
    return {
        "title": title,
        "english": english,
        "facts": facts,
        "summary_zh": summary_zh,
        "summary_en": summary_en,
        "report": report,
        "mark": HIDDEN_MARK,
        "definitions": report.definitions,
        "figures": [count_in_words(begin), count_in_words(end), signed(report.whole.difference)],
        "waterfall": draw(report.whole),
        "width": WIDTH,
        "labels": LABELS,
        "bar_height": BAR,
        "line": LINE,
        "rows": [cells(row) for row in report.whole.rows],
        "columns": report.whole.rows,
        "parts": [(part, [part_cell(part, row.step) for row in report.whole.rows]) for part in report.parts],
        "notes": notes(report),
    }


def draw(bridge: Bridge) -> Waterfall:
    """Lay the waterfall out: counts as whole bars, steps as bars between the counts before and after them."""
    floor = _floor(bridge.rows)
    most = max((count for row in bridge.rows for count in _counts(row)), default=0)
    scale = (WIDTH - LABELS - NUMBERS) / max(most - floor, 1)
    bars = tuple(_bar(row, HEAD + number * LINE, floor, scale) for number, row in enumerate(bridge.rows))
    return Waterfall(bars, HEAD + len(bars) * LINE, floor)


def _counts(row: BridgeRow) -> list[int]:
    counts = [row.after] if row.is_count else [row.before, row.after]
    return [count for count in counts if count is not None]


def _floor(rows: Sequence[BridgeRow]) -> int:
    """Return where the axis begins: at zero, unless the counts lie so close together that steps could not be seen."""
    counts = [count for row in rows for count in _counts(row)]
    least, most = min(counts, default=0), max(counts, default=0)
    if least == most or most - least >= NARROW * most:
        return 0
    below = least - (most - least)
    size = int(10 ** (len(str(most - least)) - 1))
    return max(below // size * size, 0)


def _bar(row: BridgeRow, y: float, floor: int, scale: float) -> Bar:
    kind = "count" if row.is_count else "outer" if row.step in OUTER else "rise" if (row.persons or 0) >= 0 else "fall"
    number = count_in_words(row) if row.is_count else signed(row.persons)
    start, end = (floor, row.after) if row.is_count else (row.before, row.after)
    name = row.words.name_zh if len(row.words.name_zh) <= LONGEST_NAME else f"{row.words.name_zh[:LONGEST_NAME]}…"
    if start is None or end is None:
        return Bar(y, "hidden", name, row.words.name_en, row.words.change_zh, number, None, 0, None)
    left, right = (LABELS + (each - floor) * scale for each in sorted((start, end)))
    length = max(right - left, THINNEST if row.persons else 0)
    at = LABELS + (end - floor) * scale
    return Bar(y, kind, name, row.words.name_en, row.words.change_zh, number, round(left, 2), round(length, 2), at)


def cells(row: BridgeRow) -> Cells:
    """Say the numbers of a line."""
    orders = ""
    if row.lowest is not None and row.highest is not None:
        least, most = (signed(effect) if effect else "0" for effect in (row.lowest, row.highest))
        orders = signed(row.lowest) if least == most else f"{least} … {most}"
    return Cells(
        row,
        count(row.persons) if row.is_count else signed(row.persons),
        count(row.unknown) if row.is_count else signed(row.unknown),
        count(row.after),
        "" if row.share is None else f"{row.share:.1%}".replace("-", MINUS),
        orders,
    )


def part_cell(part: Bridge, step: str) -> str:
    """Say the number of a division at a step."""
    row = part.row(step)
    if row is None:
        return "–"
    return count(row.persons) if row.is_count else signed(row.persons)


def count_in_words(row: BridgeRow | None) -> str:
    """Say the number of a count."""
    return count(None if row is None else row.persons)
