"""The definitions of a warehouse file as they are shown: the list, one of them whole, and its section of the codebook.

All of it is read from `ref.definition`, where the texts are made from the rule itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from ingest.definitions import shipped_ids
from ingest.errors import UsageError

Shown = Mapping[str, Any]
# The columns that are the rule; the others tell of it.
RULE = (
    "direction",
    "stock_or_flow",
    "boundary_level",
    "within_boundary",
    "excludes_intra_city",
    "min_duration",
    "clock",
    "sex",
    "age_min",
    "age_max",
    "hukou_nature",
    "dest_area",
    "required_service",
    "excluded_reasons",
    "unit",
)


def read_shown(connection: duckdb.DuckDBPyConnection) -> list[Shown]:
    """Return the definitions of a warehouse: those that ship in the order of the seed, then a site's own."""
    found = connection.execute("SELECT * FROM ref.definition ORDER BY definition_id")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    order = {definition_id: number for number, definition_id in enumerate(shipped_ids())}
    return sorted(rows, key=lambda row: order.get(row["definition_id"], len(order)))


def find_shown(definitions: list[Shown], definition_id: str) -> Shown:
    """Return one definition by its id, however it is capitalised.

    Raises ``UsageError`` where there is none.
    """
    for each in definitions:
        if each["definition_id"] == definition_id.upper():
            return each
    raise UsageError(
        f"there is no definition {definition_id}: popflow definitions lists them; "
        "one of your own is there after the next night"
    )


def summary(definition: Shown) -> dict[str, Any]:
    """Return what the list shows of a definition."""
    return {
        "definition_id": definition["definition_id"],
        "name_zh": definition["name_zh"],
        "name_en": definition["name_en"],
        "direction": definition["direction"],
        "unit": definition["unit"],
        "official": official(definition),
        "home": home(definition),
    }


def home(definition: Shown) -> str:
    """Say whose row a definition is."""
    return "ships" if definition["definition_id"] in shipped_ids() else "this site's own"


def official(definition: Shown) -> str:
    """Say when a definition was official, as far as that is known."""
    return f"{definition['valid_from'] or '?'} to {definition['valid_to'] or '?'}"


def rule(definition: Shown) -> str:
    """Return the columns of the rule that say something, as they stand in the row."""
    said = ((column, definition[column]) for column in RULE)
    return "; ".join(f"{column} {_cell(value)}" for column, value in said if value is not None)


def whole(definition: Shown) -> list[str]:
    """Return the lines that show one definition whole."""
    lines = [
        f"{definition['definition_id']}  {definition['name_zh']}  {definition['name_en']}",
        "",
        definition["text_zh"],
        definition["text_en"],
        "",
    ]
    return lines + [f"{label}: {text}" for label, text in _facts(definition)] + [f"row: {home(definition)}"]


def section(definition: Shown) -> str:
    """Return the section of the codebook about one definition."""
    paragraphs = [
        f"### {definition['definition_id']} {definition['name_zh']}",
        f"*{definition['name_en']}*",
        definition["text_zh"],
        definition["text_en"],
        "\n".join(f"- {label}: {f'`{text}`' if label == 'rule' else text}" for label, text in _facts(definition)),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _facts(definition: Shown) -> list[tuple[str, str]]:
    facts = [
        ("说明", definition["note_zh"]),
        ("note", definition["note"]),
        ("agency", definition["agency"]),
        ("unit", definition["unit"]),
        ("official", official(definition)),
        ("speaks of", definition["reference_time"]),
        ("the agency counts from", definition["own_form"]),
        ("source", definition["source"]),
        ("rule", rule(definition)),
    ]
    return [(label, text) for label, text in facts if text is not None]


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
