"""`popflow bridge`: how the numbers of two definitions differ, step by step."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.errors import UsageError
from popflow.commands.common import DAY, Context, note, pass_context, say, table
from warehouse.access import open_current

if TYPE_CHECKING:
    from reports.bridge_table import BridgeReport, BridgeRow

FORMATS = ("table", "csv", "json")


@click.command()
@click.argument("from_definition", metavar="A")
@click.argument("to_definition", metavar="B")
@click.option("--as-of", type=DAY, metavar="DATE", help="The day; the last month end by default.")
@click.option("--direction", metavar="in|out", help="Seen from the destination (in) or the origin (out); as A counts.")
@click.option("--level", metavar="LEVEL", help="The bridge of every division of this level besides.")
@click.option("--within", metavar="CODE", help="The bridge of this division instead of the home division's.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--snapshot", metavar="ID", help="An older version instead of the current one.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write page, workbook and CSV into a folder.",
)
@pass_context
def bridge(
    context: Context,
    from_definition: str,
    to_definition: str,
    as_of: dt.date | None,
    direction: str | None,
    level: str | None,
    within: str | None,
    form: str,
    snapshot: str | None,
    output: Path | None,
) -> None:
    """Take the difference between the definitions A and B apart: which part of it has which cause.

    The steps add up to the difference exactly. Small numbers are withheld as in every report for planners.
    """
    from reports.bridge import BridgeRequest, long_rows, read_bridge, write_bridge_report

    if output is not None and form != "table":
        raise UsageError("--format says how to print, and -o writes page, workbook and CSV: leave one out")
    site = context.site()
    small = site.settings.small_counts
    request = BridgeRequest(
        from_definition=from_definition.upper(),
        to_definition=to_definition.upper(),
        as_of=as_of,
        direction=direction,
        level=level,
        within=within,
        small_place_threshold=small.township_and_village,
        place_threshold=small.elsewhere,
    )
    with open_current(site.folders.warehouse, snapshot) as connection:
        report = read_bridge(connection, request)
    if output is not None:
        for path in write_bridge_report(report, output):
            say(str(path))
        return
    rows = long_rows(report)
    if form == "json":
        say(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    elif form == "csv":
        say(_as_csv(rows))
    else:
        _say_table(report)


def _as_csv(rows: list[dict[str, object]]) -> str:
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue().rstrip("\n")


def _say_table(report: BridgeReport) -> None:
    from reports.bridge_notes import summary, titles

    for line in (*titles(report), *summary(report)):
        say(line)
    headings = (
        "步 step",
        "由 → 到",
        "from → to",
        "人数 persons",
        "占差额 share",
        "各种次序 over all orders",
        "未定 undecided",
    )
    for each in (report.whole, *report.parts):
        say("")
        say(f"{each.name} {each.division_code}")
        say(table(headings, [_cells_of(row) for row in each.rows]))
    note("＊ is withheld: a small number, or one from which a small number would follow")


def _cells_of(row: BridgeRow) -> tuple[object, ...]:
    from reports.bridge_page import cells

    shown = cells(row)
    words = row.words
    return (
        f"{words.name_zh} {words.name_en}", words.change_zh, words.change_en, shown.persons, shown.share, shown.orders,
        shown.unknown,
    )  # fmt: skip


COMMANDS = (bridge,)
