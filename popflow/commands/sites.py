"""`popflow init`, `popflow divisions`, `popflow demo`: making sites and what they know of places."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from pathlib import Path

import click

from ingest.errors import UsageError
from popflow.commands.common import DAY, Context, pass_context, say
from popflow.commands.nights import progress_shown, shown_progress
from popflow.site import init_site


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--division", required=True, metavar="CODE", help="Home division: 2, 4, 6, 9 or 12 digits.")
def init(site: Path, division: str) -> None:
    """Make a new site in the folder SITE."""
    made = init_site(site, division)
    say(f"made the site {made.root} for {made.settings.site.division}")
    say(f"put lists into {made.folders.inbox} and run: popflow --site {made.root} nightly")
    say(f"keep a safe copy of {made.folders.key_file}: without it archive and vault cannot be opened")


@click.group()
def divisions() -> None:
    """The register of divisions."""


@divisions.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as-of", required=True, type=DAY, metavar="DATE", help="The day the register is of.")
@pass_context
def import_(context: Context, file: Path, as_of: dt.date) -> None:
    """Bring in a division register (CSV or Parquet) of another date, and publish."""
    from popflow.night import import_divisions
    from popflow.status import earliest_run_date

    site = context.site()
    with shown_progress(site) as progress:
        record = import_divisions(site, file, as_of, earliest_run_date(site), progress)
    say(f"published {record.night_id} with the register of {as_of}")


@divisions.command("import-changes")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@pass_context
def import_changes_(context: Context, file: Path) -> None:
    """Bring in a table of changes of divisions (workbook, CSV or Parquet), and publish."""
    from popflow.night import import_changes
    from popflow.status import earliest_run_date

    site = context.site()
    with shown_progress(site) as progress:
        record = import_changes(site, file, earliest_run_date(site), progress)
    say(f"published {record.night_id} with the changes of {file.name}")


@divisions.command("diff")
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as-of", type=DAY, metavar="DATE", help="The day NEW is of; otherwise the date in its name.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the proposals into this CSV file.")
def diff(old: Path, new: Path, as_of: dt.date | None, output: Path | None) -> None:
    """Propose what became of the divisions of the register OLD in the register NEW."""
    import duckdb

    from ingest.division_diff import compare_registers, write_proposals

    day = as_of or _date_in(new.name)
    with duckdb.connect() as connection:
        for count in compare_registers(connection, old, new, day):
            say(f"{count.level:<10}{count.kind:<14}{count.divisions:>10,}")
        if output is None:
            return
        rows = write_proposals(connection, output)
    say(f"wrote {rows:,} proposals to {output}: write yes into the column decision of those that are right, then")
    say(f"popflow divisions import-changes {output}")


def _date_in(name: str) -> dt.date:
    """Return the date that the name of a register file has in it."""
    for found in re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", name):
        with contextlib.suppress(ValueError):
            return dt.date.fromisoformat(found)
    raise UsageError(f"the name of {name} has no date: say with --as-of of which day the register is")


@click.command()
@click.argument("site", type=click.Path(path_type=Path), default=Path("demo"))
def demo(site: Path) -> None:
    """Make an invented county in the folder SITE, run its nights and write its report."""
    from popflow.synthetic.demo import run_demo

    with progress_shown({}) as progress:
        run_demo(site, say, progress=progress)


COMMANDS = (init, divisions, demo)
