"""The bridge between two definitions: why two agencies count different numbers of the same people.

One request on one snapshot gives one set of files, whoever asks and whenever: a page with the waterfall, a workbook
with the same as a chart of its own, and the long form as CSV. Each file appears under its name only when complete.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from reports.bridge_page import write_bridge_page
from reports.bridge_table import FORMATS, Bridge, BridgeReport, BridgeRequest, BridgeRow, read_bridge
from reports.bridge_workbook import write_bridge_workbook
from reports.od import defused, write_whole

__all__ = ["FORMATS", "BridgeReport", "BridgeRequest", "long_rows", "read_bridge", "write_bridge_report"]


def write_bridge_report(report: BridgeReport, directory: Path) -> list[Path]:
    """Write the report in the formats asked and return the paths, in the order of ``FORMATS``."""
    directory.mkdir(parents=True, exist_ok=True)
    request = report.request
    parts = (
        "bridge", request.from_definition, request.to_definition, f"{report.as_of:%Y-%m-%d}", report.direction,
        report.part_level or report.whole.level, *([request.within.strip()] if request.within else []),
    )  # fmt: skip
    stem = "_".join(parts)
    return [
        write_whole(WRITERS[name], report, directory / f"{stem}.{name}") for name in FORMATS if name in request.formats
    ]


def long_rows(report: BridgeReport) -> list[dict[str, object]]:
    """Return one line for each division and step, hidden numbers as None beside a flag."""
    return [_long_row(report, bridge, row) for bridge in (report.whole, *report.parts) for row in bridge.rows]


def _long_row(report: BridgeReport, bridge: Bridge, row: BridgeRow) -> dict[str, object]:
    return {
        "as_of": f"{report.as_of:%Y-%m-%d}",
        "direction": report.direction,
        "level": bridge.level,
        "division_code": bridge.division_code,
        "division_name": defused(bridge.name),
        "from_definition": report.request.from_definition,
        "to_definition": report.request.to_definition,
        "step": row.step,
        "step_zh": row.words.name_zh,
        "change_zh": row.words.change_zh,
        "change_en": row.words.change_en,
        "persons": row.persons,
        "persons_suppressed": row.persons is None,
        "persons_unknown": row.unknown,
        "persons_unknown_suppressed": row.unknown is None,
        "persons_after": row.after,
        "persons_lowest": row.lowest,
        "persons_highest": row.highest,
    }


def _write_csv(report: BridgeReport, path: Path) -> None:
    """Write the long form for spreadsheets: UTF-8 with its mark."""
    rows = long_rows(report)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


WRITERS: MappingProxyType[str, Callable[[BridgeReport, Path], None]] = MappingProxyType(
    {"xlsx": write_bridge_workbook, "html": write_bridge_page, "csv": _write_csv}
)
