"""`popflow status`, `popflow forms`, `popflow inspect`: looking without changing anything."""

from __future__ import annotations

import json
from pathlib import Path

import click

from popflow.commands.common import Context, pass_context, say, table


@click.command()
@pass_context
def status(context: Context) -> None:
    """Show the last night, and per form and township what is expected, arrived, late and returned."""
    from popflow.status import read_status, status_lines

    for line in status_lines(read_status(context.site())):
        say(line)


@click.command()
def forms() -> None:
    """List the forms popflow knows."""
    from ingest.declaration import CountForm, load_forms

    rows: list[tuple[object, ...]] = [
        (
            form.form_id,
            form.name_zh,
            form.name_en,
            form.kind,
            len(form.items) if isinstance(form, CountForm) else len(form.fields),
        )
        for form in load_forms().values()
    ]
    say(table(("form", "name", "in English", "a row is", "fields"), rows))


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@pass_context
def inspect(context: Context, file: Path, as_json: bool) -> None:
    """Say what popflow makes of FILE: form, unit, date, columns, problems. Loads nothing."""
    from popflow.inspecting import as_document, as_lines, inspect_file

    seen = inspect_file(context.site(), file)
    if as_json:
        say(json.dumps(as_document(seen), ensure_ascii=False, indent=1, default=str))
        return
    for line in as_lines(seen):
        say(line)


COMMANDS = (status, forms, inspect)
