"""`popflow review`: deciding which rows are one person, and taking back what was joined or parted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from popflow.commands.common import Context, note, pass_context, say, table

if TYPE_CHECKING:
    from popflow.reviewing import Effect, Event, Place, Review, Waiting

SHOWN_ID = 10
SHOWN = 50
_FORMAT = click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True)
_LIMIT = click.option("--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True, metavar="N")


@click.group(invoke_without_command=True)
@click.pass_context
def review(context: click.Context) -> None:
    """Decide which rows are one person; without a command, list the pairs that wait for it."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@review.command("list")
@_LIMIT
@_FORMAT
@pass_context
def list_(context: Context, limit: int = SHOWN, form: str = "table") -> None:
    """List the pairs that wait for a decision, the likeliest first, and where their rows stand."""
    from popflow.reviewing import open_review

    with open_review(context.site()) as opened:
        waiting, total = opened.waiting(limit)
        _warn_torn(opened)
    if form == "json":
        _say_json(waiting)
        return
    if not waiting:
        say("no pair waits for a decision")
        return
    say(
        table(
            ("id", "weight", "held because", "agree and differ in", "rows", "may be"), [_line(each) for each in waiting]
        )
    )
    _say_rest(len(waiting), total)
    note("look at the rows, then say: popflow review same ID, or: popflow review different ID")


def _line(each: Waiting) -> tuple[object, ...]:
    more = f" (+{each.pairs - 1} pairs)" if each.pairs > 1 else ""
    return (
        each.review_id[:SHOWN_ID], f"{each.weight:.1f}", each.reason.replace("_", " ") + more, each.evidence,
        each.place, each.other_place,
    )  # fmt: skip


@review.command()
@click.argument("pair", metavar="ID")
@pass_context
def same(context: Context, pair: str) -> None:
    """Say that the pair ID is one person; from the next night on it counts as one."""
    _keep(context, lambda opened: opened.decide(pair, "same"))


@review.command()
@click.argument("pair", metavar="ID")
@pass_context
def different(context: Context, pair: str) -> None:
    """Say that the pair ID is two people, and always will be."""
    _keep(context, lambda opened: opened.decide(pair, "different"))


@review.command()
@click.option("--person", metavar="KEY", help="Only merges of this key (or keys that begin so).")
@_LIMIT
@_FORMAT
@pass_context
def merges(context: Context, person: str | None, limit: int, form: str) -> None:
    """List the merges and splits that happened, the latest first."""
    from popflow.reviewing import open_review

    with open_review(context.site()) as opened:
        events, total = opened.events(person, limit)
    if form == "json":
        _say_json(events)
        return
    headings = ("id", "night", "kind", "rule", "weight", "agree and differ in", "key", "counts as", "taken back by")
    say(table(headings, [_event_line(each) for each in events]) if events else "no merge has happened")
    _say_rest(len(events), total)


def _event_line(each: Event) -> tuple[object, ...]:
    return (
        each.merge_id[:SHOWN_ID], each.night_id, each.kind, each.rule_id.replace("_", " "),
        None if each.weight is None else f"{each.weight:.1f}", each.evidence, each.person_key[:SHOWN_ID],
        each.linked_key[:SHOWN_ID], each.undone_by and each.undone_by[:SHOWN_ID],
    )  # fmt: skip


@review.command()
@click.argument("merge", metavar="MERGE_ID")
@pass_context
def undo(context: Context, merge: str) -> None:
    """Take back a merge or a split; the next night counts as if it had not been."""
    _keep(context, lambda opened: opened.undo(merge))


def _keep(context: Context, decide: Callable[[Review], Sequence[Effect]]) -> None:
    """Keep a decision and say what it will change."""
    from popflow.reviewing import open_review

    with open_review(context.site()) as opened:
        _warn_torn(opened)
        _say_effects(decide(opened))


def _say_effects(effects: Sequence[Effect]) -> None:
    say("kept; it takes effect with the next night (popflow nightly, also with an empty inbox)")
    if not effects:
        say("as things stand it changes no link: the two are kept apart, or together, from now on")
    for each in effects:
        says = "will count as the person of" if each.change.kind == "merge" else "will no longer count as the person of"
        say(f"{_where(each.place)} {says} {_where(each.linked_place)}")


def _where(place: Place | None) -> str:
    return "rows that are gone" if place is None else str(place)


def _warn_torn(opened: Review) -> None:
    if opened.log.is_torn:
        note("the last decision was cut off when it was written and does not count: decide again")


def _say_rest(shown: int, total: int) -> None:
    if shown < total:
        note(f"{total - shown:,} more; --limit {total} shows all")


def _say_json(rows: Sequence[Any]) -> None:
    say(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1, default=str))


COMMANDS = (review,)
