"""`popflow unmapped`: the words of senders that no code list knew, and what they were decided to mean."""

from __future__ import annotations

from pathlib import Path

import click

from ingest.errors import UsageError
from popflow.commands.common import Context, note, pass_context, say, table

SHOWN = 50


@click.group(invoke_without_command=True)
@click.pass_context
def unmapped(context: click.Context) -> None:
    """Decide what senders' words without a code mean; without a command, list them."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@unmapped.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, metavar="N")
@pass_context
def list_(context: Context, limit: int = SHOWN) -> None:
    """List the words without a code, the most frequent first, with the nearest word that has one."""
    from popflow.unmapped import read_unmapped

    words = read_unmapped(context.site())
    if not words:
        say("every word has a code")
        return
    rows: list[tuple[object, ...]] = [
        (each.form_id, each.field, each.word, each.rows, each.senders, each.last_seen, each.suggestion)
        for each in words[:limit]
    ]
    say(table(("form", "field", "word", "rows", "senders", "last seen", "suggestion"), rows))
    if limit < len(words):
        note(f"{len(words) - limit:,} more; --limit {len(words)} shows all")
    note("popflow unmapped export FILE.xlsx writes a sheet for whoever decides")


@unmapped.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_context
def export(context: Context, file: Path) -> None:
    """Write the words without a code to FILE (.xlsx or .csv), with a column for the decision."""
    from popflow.unmapped import read_unmapped
    from popflow.unmapped_sheet import write_sheet

    words = read_unmapped(context.site())
    write_sheet(words, file)
    say(f"{len(words):,} words in {file}: fill in the decisions, then popflow unmapped import {file} --by NAME")


@unmapped.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--by", required=True, metavar="NAME", help="Who decided.")
@pass_context
def import_(context: Context, file: Path, by: str) -> None:
    """Take the decisions of FILE as this site's own; from the next night on the words have their codes."""
    from popflow.lock import site_to_itself
    from popflow.unmapped import import_decisions

    site = context.site()
    if not by.strip():
        raise UsageError("--by is empty: say who decided")
    with site_to_itself(site.folders):  # a night reads declarations when it begins and again at every step
        taken, wrong = import_decisions(site, file, by.strip(), site.now().date())
    for line in wrong:
        note(line)
    if taken is None:
        raise UsageError(f"{file}: {len(wrong)} rows are wrong, so nothing was taken: correct them and import it again")
    if not taken.decisions:
        say(f"nothing new is decided in {file}")
        return
    say(f"{len(taken.decisions):,} decisions taken; they hold from the next night on (popflow nightly)")
    if taken.rows_again:
        say(f"{taken.rows_again:,} delivered rows with these words: those that are loaded are read again then")
    if taken.rows_not_again:
        say(
            f"{taken.rows_not_again:,} delivered rows with these words stay as they are: the code is for new deliveries"
        )


COMMANDS = (unmapped,)
