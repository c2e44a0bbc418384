"""The columns of one field in the typed relation of a person form, by the field's type.

For a field ``f`` the text as written stands in ``f_text`` and the typed value in ``f``; the other columns are named
where they are made. Distinct texts of dates, codes and places were read before into small tables, which are joined here
by the text as it was landed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ingest.cell_text import spaced
from ingest.declaration import FieldDeclaration
from ingest.typed import typed_expression
from quality.places import reported_in
from quality.rule import ROW_UNIT_FIELD

# The unit from which a row's places are read: its village where the list says one, else the sender's.
ROW_CONTEXT = "coalesce(v.code, r.unit_code)"


@dataclass(frozen=True)
class FieldColumns:
    """What one field adds: columns kept in the table, the joins they need, columns a view derives from them."""

    kept: tuple[str, ...]
    content: str
    joins: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()


def field_columns(form_id: str, field: str, declaration: FieldDeclaration) -> FieldColumns:
    """Return the columns of one field.

    ``content`` is what makes two rows of a list the same: the typed value where there is one, else the text. It may use
    all kept columns.
    """
    if field == ROW_UNIT_FIELD:
        return FieldColumns(
            (
                f"{spaced(f'r.{field}')} AS {field}_text",
                f"v.match AS {field}_match",
                f"v.is_several AS {field}_is_several",
            ),
            _or_empty(f"{field}_text"),
            derived=(f"{field}_text AS {field}",),
        )
    return _COLUMNS[declaration.type](form_id, field, declaration)


def _number(_: str, field: str, __: FieldDeclaration) -> FieldColumns:
    kept = (
        f"{spaced(f'r.{field}')} AS {field}_text",
        *(f"r.{field}_{part}" for part in ("kind", "problem", "doubt", "unsafe")),
        f"r.{field}_number AS {field}",
    )
    return FieldColumns(kept, f"coalesce({field}, {field}_text, '')")


def _date(_: str, field: str, __: FieldDeclaration) -> FieldColumns:
    alias = f"of_{field}"
    kept = (f"{alias}.written AS {field}_text", *(f"{alias}.{part} AS {field}_{part}" for part in _DATE_PARTS))
    days = f"{field}_first::VARCHAR || '/' || {field}_last::VARCHAR"
    return FieldColumns(
        kept,
        f"coalesce({days}, {field}_text, '')",
        (f"LEFT JOIN date_of AS {alias} ON {alias}.text = r.{field}",),
        (f"CASE WHEN {field}_first = {field}_last THEN {field}_first END AS {field}",),
    )


def _code(form_id: str, field: str, declaration: FieldDeclaration) -> FieldColumns:
    alias, part = f"of_{field}", "codes" if declaration.multiple else "code"
    words = f"(SELECT * FROM code_of WHERE form_id = '{form_id}' AND field = '{field}')"
    given = f"coalesce({field}::VARCHAR, {field}_text)"
    return FieldColumns(
        (f"{alias}.written AS {field}_text", f"{alias}.{part} AS {field}"),
        _or_empty(given),
        (f"LEFT JOIN {words} AS {alias} ON {alias}.text = r.{field}",),
        () if declaration.multiple else (f"{given} AS {field}_given",),
    )


def _place(_: str, field: str, __: FieldDeclaration) -> FieldColumns:
    alias = f"of_{field}"
    join = (
        f"LEFT JOIN address AS {alias} ON {alias}.text = r.{field}_read AND {alias}.context_code = {ROW_CONTEXT} "
        f"AND {reported_in(alias, 'r.reported_on')}"
    )
    return FieldColumns(
        (
            f"{spaced(f'r.{field}')} AS {field}_text",
            *(
                f"{alias}.{part} AS {field}_{part}"
                for part in ("code", "level", "match", "is_several", "ended_on", "fits")
            ),
        ),
        _or_empty(f"{field}_text"),
        (join,),
    )


def _text(_: str, field: str, __: FieldDeclaration) -> FieldColumns:
    return FieldColumns(
        (f"{spaced(f'r.{field}')} AS {field}_text",),
        _or_empty(f"{field}_text"),
        derived=(f"{field}_text AS {field}",),
    )


def _name(_: str, field: str, declaration: FieldDeclaration) -> FieldColumns:
    """A name is its text but for padding, so one of the two is enough."""
    kept = (f"{typed_expression(declaration.type, f'r.{field}')} AS {field}",)
    return FieldColumns(kept, _or_empty(field), derived=(f"{field} AS {field}_text",))


def _typed(_: str, field: str, declaration: FieldDeclaration) -> FieldColumns:
    kept = (
        f"{spaced(f'r.{field}')} AS {field}_text",
        f"{typed_expression(declaration.type, f'r.{field}')} AS {field}",
    )
    return FieldColumns(kept, f"coalesce({field}::VARCHAR, {field}_text, '')")


def _or_empty(value: str) -> str:
    return f"coalesce({value}, '')"


_DATE_PARTS = ("first", "last", "kind")

_COLUMNS: Mapping[str, Callable[[str, str, FieldDeclaration], FieldColumns]] = {
    "id_number": _number,
    "date": _date,
    "code": _code,
    "sex": _code,
    "place": _place,
    "text": _text,
    "name": _name,
    "phone": _typed,
    "integer": _typed,
    "credit_code": _typed,
}
