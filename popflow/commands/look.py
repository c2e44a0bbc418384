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
@click.argument("form_id", metavar="[FORM]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@pass_context
def forms(context: Context, form_id: str | None, as_json: bool) -> None:
    """List the forms popflow knows, or the headings and words of FORM, a site's own among them."""
    from popflow.forms_shown import find_form, form_document, form_lines, form_summary

    declared = context.declarations()
    if form_id is None:
        summaries = [form_summary(form) for form in declared.forms.values()]
        if as_json:
            say(json.dumps(summaries, ensure_ascii=False, indent=1))
            return
        rows: list[tuple[object, ...]] = [tuple(summary.values()) for summary in summaries]
        say(table(("form", "name", "in English", "a row is", "columns"), rows))
        return
    form = find_form(declared, form_id)
    if as_json:
        say(json.dumps(form_document(form, declared), ensure_ascii=False, indent=1))
        return
    say(f"{form.form_id}  {form.name_zh}  {form.name_en}")
    say(f"known by its title: {'、'.join(form.title_words)}; not: {'、'.join(form.not_title_words) or '-'}")
    say(table(("field", "type", "headings", "values"), form_lines(form, declared)))
    say("* a table without this column is not taken; popflow forms FORM --json shows every heading and word")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@pass_context
def inspect(context: Context, file: Path, as_json: bool) -> None:
    """Say what popflow makes of FILE: form, unit, date, columns, problems. Loads nothing."""
    from popflow.commands.inspected import as_lines
    from popflow.inspecting import as_document, inspect_file

    seen = inspect_file(context.site(), file)
    if as_json:
        say(json.dumps(as_document(seen), ensure_ascii=False, indent=1, default=str))
        return
    for line in as_lines(seen):
        say(line)


COMMANDS = (status, forms, inspect)
