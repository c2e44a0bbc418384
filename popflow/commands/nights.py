"""`popflow nightly`: the night, with its progress."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click
from rich.console import Console

from ingest.errors import UsageError
from popflow.commands.common import DAY, Context, note, pass_context, say
from popflow.journal import NightRecord, last_seconds
from popflow.progress import Bars, NightProgress, PlainLines
from popflow.site import Site


@contextmanager
def shown_progress(site: Site) -> Iterator[NightProgress]:
    """Show a night's progress on standard error: bars on a terminal, lines elsewhere."""
    with progress_shown(last_seconds(site.folders)) as progress:
        yield progress


@contextmanager
def progress_shown(expected: Mapping[str, float]) -> Iterator[NightProgress]:
    """Show progress where the last night's times by stage are given."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Bars(console, expected) as bars:
            yield bars
    else:
        yield PlainLines(sys.stderr, expected)


@click.command()
@click.option("--run-date", type=DAY, metavar="DATE", help="The day the night belongs to; today by default.")
@click.option("--rebuild", is_flag=True, help="Make the tables about people for everybody, from all that was taken.")
@pass_context
def nightly(context: Context, run_date: dt.date | None, *, rebuild: bool) -> None:
    """Run the night: land, gate in, build, gate out, publish."""
    from popflow.night import run_night

    site = context.site()
    today = site.now().date()
    if run_date is not None and run_date > today:
        raise UsageError(f"--run-date {run_date} lies in the future: take a day up to today, {today}")
    with shown_progress(site) as progress:
        record = run_night(site, run_date or today, progress, rebuild=rebuild)
    say(published_line(record))
    for remark in record.remarks:
        note(remark)


def published_line(record: NightRecord) -> str:
    """Say in one line what a night took."""
    counts = {
        name: count
        for stage in record.stages
        if stage.stage in {"gate in", "build"}
        for name, count in stage.counts.items()
    }
    return (
        f"published {record.night_id}: {counts.get('files', 0):,} files "
        f"({counts.get('files_returned', 0):,} returned, {counts.get('files_duplicate', 0):,} known already), "
        f"{counts.get('rows', 0):,} rows ({counts.get('accepted', 0):,} accepted, "
        f"{counts.get('returned', 0):,} returned, {counts.get('duplicate', 0):,} duplicate), "
        f"{counts.get('slips', 0):,} slips"
    )


COMMANDS = (nightly,)
