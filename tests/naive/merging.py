"""Which spell of a stay says what, in plain Python: that of the form that knows best, then the narrowest claim."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from naive.listed import Span
from naive.places import Places, depth
from naive.spells import ONE_DAY, Spell

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "attribute_precedence.csv"


@cache
def ranks() -> dict[tuple[str, str], int]:
    """Return how far each form goes before others, by form and attribute."""
    with SEED.open(encoding="utf-8", newline="") as lines:
        return {(row["form_id"], row["attribute"]): int(row["rank"]) for row in csv.DictReader(lines)}


def rank(spell: Spell, attribute: str) -> int:
    """Return how far a spell goes before others for an attribute; the smallest goes first."""
    return ranks()[spell.form_id, attribute]


def better_arrival(spells: Sequence[Spell]) -> Spell:
    """Return the spell whose arrival goes first, or one that says the same better."""

    def order(spell: Spell) -> tuple[object, ...]:
        if spell.start is None:
            return True, rank(spell, "arrived_date"), spell.arrived_before
        return False, rank(spell, "arrived_date"), spell.start.size

    base = min(spells, key=order)
    if base.start is None:
        return base
    better = [spell for spell in spells if spell.start and spell.start.lies_in(base.start)]
    return min(better, key=lambda spell: (spell.start.size[0], rank(spell, "arrived_date"), spell.start.size))


def presence_spell(spells: Sequence[Spell]) -> Spell:
    """Return the spell that says whether a stay is over: a moved hukou before all, then the latest word of the best."""

    def order(spell: Spell) -> tuple[bool, int, int, int]:
        end = spell.ended or spell.ended_before
        certain = (spell.certain_on or date.min) if end is None else date.min
        return (
            spell.end_kind != "hukou_transferred",
            rank(spell, "presence"),
            -(end or date.max).toordinal(),
            -certain.toordinal(),
        )

    return min(spells, key=order)


def better_end(base: Spell, spells: Sequence[Spell]) -> Spell:
    """Return the spell that says how a stay ended, or one that says the day of the same end better."""
    said = base.said_end or _absence(base)
    if said is None or said.day:
        return base
    better = [spell for spell in spells if spell.said_end and spell.said_end.lies_in(said)]
    return min(
        better, key=lambda each: (each.said_end.size[0], rank(each, "presence"), each.said_end.size), default=base
    )


def _absence(spell: Spell) -> Span | None:
    """Return the days between the last list with somebody and the first without, one of which was the last."""
    if spell.end_kind != "absent_from_list" or not spell.ended_after or not spell.ended_before:
        return None
    first = spell.ended_after + ONE_DAY
    return Span(first, spell.ended_before) if first <= spell.ended_before else None


def best_left(spells: Sequence[Spell]) -> Span | None:
    """Return the day of leaving that goes first, or the narrowest span that lies in it."""
    said = [(rank(spell, "left_hukou_date"), spell.left) for spell in spells if spell.left]
    if not said:
        return None
    base = min(said, key=lambda each: (each[0], each[1].size))[1]
    better = [each for each in said if each[1].lies_in(base)]
    return min(better, key=lambda each: (each[1].size[0], each[0], each[1].size))[1]


def best_origin(spells: Sequence[Spell], places: Places) -> str | None:
    """Return the deepest origin; of several the one of the form that knows best, then of the latest report."""
    said = [
        (-depth(spell.origin, places), rank(spell, "origin"), -spell.lines[-1].reported_on.toordinal(), spell.origin)
        for spell in spells
        if spell.origin is not None
    ]
    return min(said)[3] if said else None


def first_said(spells: Sequence[Spell], attribute: str) -> str | None:
    """Return the value of the form that knows best, then of the latest report, then the smallest."""
    said = [
        (rank(spell, f"{attribute}_code"), -spell.lines[-1].reported_on.toordinal(), value)
        for spell in spells
        if (value := spell.latest(attribute)) is not None
    ]
    return min(said)[2] if said else None


def confirmed_until(spells: Sequence[Spell]) -> date | None:
    """Return the latest day for which a spell vouches that nothing has ended; none where one does so for ever."""
    vouched = [spell.confirmed_until for spell in spells if spell.end_kind in (None, "lapsed")]
    return None if None in vouched else max(vouched, default=None)
