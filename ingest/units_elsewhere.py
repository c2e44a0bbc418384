"""Senders outside the home: a county, city or province that counts people from here, or its own who are here.

Only a form that says ``sent_from: anywhere`` is taken from them. A text names such a unit by its code, or by its name
with the kind of division; where several have the name (西湖区), the city or province must be named as well. A unit of
the home that the text names goes before those that lie around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.unit_names import Unit, plain_name
from ingest.units import CODE, LEVELS_ABOVE, Mention, UnitBook, UnitFound


def sender_elsewhere(book: UnitBook, content: Sequence[tuple[str, str]]) -> UnitFound | None:
    """Return the first unit outside the home that a text (where it stands, text) names, but none around one of home."""
    for where, text in content:
        unit = _named(book, text, book.mentions(text))
        if unit is not None:
            return UnitFound(unit, where)
    return None


def _named(book: UnitBook, text: str, mention: Mention) -> Unit | None:
    plain = plain_name(text)
    codes = CODE.findall(plain)
    if codes:
        return next((unit for unit in book.elsewhere if unit.code in codes), None)
    named = [unit for unit in book.elsewhere if unit.name in plain]
    for level in LEVELS_ABOVE:
        here = [unit for unit in named if unit.level == level]
        whole = [unit for unit in here if not any(_is_part_of(unit, other) for other in here)]
        placed = [unit for unit in whole if any(_lies_in(unit, other) for other in named)]
        is_certain = level == LEVELS_ABOVE[0] and bool(placed)
        if not is_certain and (mention or any(unit.level == level for unit in mention.above)):
            return None
        if whole:
            candidates = placed or whole
            return candidates[0] if len(candidates) == 1 else None
    return None


def _is_part_of(unit: Unit, other: Unit) -> bool:
    """Whether a name only stands within a longer one: 郊区 in 城郊区."""
    return unit.name != other.name and unit.name in other.name


def _lies_in(unit: Unit, other: Unit) -> bool:
    return unit.level != other.level and unit.full_name.startswith(other.full_name)
