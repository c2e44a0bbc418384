"""`popflow definitions`: the definitions of the published warehouse, and one of them whole."""

from __future__ import annotations

import json

import click

from popflow.commands.common import Context, pass_context, say, table


@click.command()
@click.argument("definition_id", metavar="[ID]", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "markdown", "json")),
    default="text",
    show_default=True,
    help="text for reading here, markdown as in the codebook, json for programs.",
)
@pass_context
def definitions(context: Context, definition_id: str | None, form: str) -> None:
    """List the definitions numbers are counted under, a site's own among them, or show the one named ID whole."""
    from popflow.definitions_shown import find_shown, read_shown, section, summary, whole
    from warehouse.access import open_current

    with open_current(context.site().folders.warehouse) as connection:
        shown = read_shown(connection)
    if definition_id is not None:
        shown = [find_shown(shown, definition_id)]
    if form == "json":
        say(json.dumps(shown, ensure_ascii=False, indent=1, default=str))
    elif form == "markdown":
        say("\n".join(section(each) for each in shown))
    elif definition_id is not None:
        say("\n".join(whole(shown[0])))
    else:
        rows: list[tuple[object, ...]] = [tuple(summary(each).values()) for each in shown]
        say(table(("definition", "name", "in English", "direction", "unit", "official", "row"), rows))


COMMANDS = (definitions,)
