"""`popflow sql`, `popflow shell`, `popflow od`: reading the published warehouse."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from popflow.commands.common import DAY, Context, pass_context, say
from popflow.results import FORMATS, run_query, run_shell
from warehouse.access import open_current


@click.command()
@click.argument("query")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--snapshot", metavar="ID", help="An older version instead of the current one.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file.")
@pass_context
def sql(context: Context, query: str, form: str, snapshot: str | None, output: Path | None) -> None:
    """Run one read-only SQL QUERY on the published warehouse."""
    with open_current(context.site().folders.warehouse, snapshot) as connection:
        run_query(connection, query, form, output)


@click.command()
@click.option("--snapshot", metavar="ID", help="An older version instead of the current one.")
@pass_context
def shell(context: Context, snapshot: str | None) -> None:
    """Ask the published warehouse in SQL, one statement after another."""
    with open_current(context.site().folders.warehouse, snapshot) as connection:
        run_shell(connection)


@click.command()
@click.option("--origin-level", required=True, metavar="LEVEL", help="province, city, county, township or village.")
@click.option("--dest-level", required=True, metavar="LEVEL", help="province, city, county, township or village.")
@click.option("--as-of", required=True, type=DAY, metavar="DATE")
@click.option("--definition", "definition_id", required=True, metavar="ID", help="For example NBS_RHFL.")
@click.option("--within", metavar="CODE", help="Only pairs with one end inside this division.")
@click.option("--snapshot", metavar="ID", help="An older version instead of the current one.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder; SITE/reports by default."
)
@pass_context
def od(
    context: Context,
    origin_level: str,
    dest_level: str,
    as_of: dt.date,
    definition_id: str,
    within: str | None,
    snapshot: str | None,
    output: Path | None,
) -> None:
    """Write the report of where people come from and where they live."""
    from reports.od import ODRequest, write_od_report

    site = context.site()
    small = site.settings.small_counts
    request = ODRequest(
        origin_level=origin_level,
        dest_level=dest_level,
        as_of=as_of,
        definition_id=definition_id,
        within=within,
        od_threshold=small.od,
        small_place_threshold=small.township_and_village,
        place_threshold=small.elsewhere,
    )
    with open_current(site.folders.warehouse, snapshot) as connection:
        for path in write_od_report(connection, request, output or site.folders.reports):
            say(str(path))


COMMANDS = (sql, shell, od)
