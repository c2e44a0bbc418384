"""The declared forms as `popflow forms` shows them: all nine in a line each, or one with its headings and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ingest.declaration import CountForm, Declarations, FieldDeclaration, Heading, PersonForm, RowField
from ingest.errors import UsageError

AnyForm = PersonForm | CountForm
Document = dict[str, Any]


def find_form(declared: Declarations, form_id: str) -> AnyForm:
    """Return the form of an id.

    Raises ``UsageError`` where there is none.
    """
    if form_id not in declared.forms:
        raise UsageError(f"there is no form {form_id}: the forms are {', '.join(sorted(declared.forms))}")
    return declared.forms[form_id]


def form_summary(form: AnyForm) -> Document:
    """Return one form in a line's worth."""
    columns = len(form.fields) if isinstance(form, PersonForm) else len(form.rows) + len(form.items)
    return {
        "form_id": form.form_id,
        "name_zh": form.name_zh,
        "name_en": form.name_en,
        "kind": form.kind,
        "columns": columns,
    }


def form_document(form: AnyForm, declared: Declarations) -> Document:
    """Return one form with everything a file of it is known by."""
    document = {
        **form_summary(form),
        "title_words": list(form.title_words),
        "not_title_words": list(form.not_title_words),
        "known_by": list(form.known_by),
        "rules": [f"{rule.rule}:{rule.field} {rule.severity}" for rule in form.rules],
    }
    if isinstance(form, PersonForm):
        return {
            **document,
            "side": form.side,
            "side_field": form.side_field,
            "fields": {name: _field(field, declared) for name, field in form.fields.items()},
        }
    return {
        **document,
        "rows": {name: _field(field, declared) for name, field in form.rows.items()},
        "rows_need": list(form.rows_need),
        "items": {
            name: {
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "meaning": item.meaning.model_dump(exclude_none=True, exclude_defaults=True),
                "headings": _headings(item.headings),
            }
            for name, item in form.items.items()
        },
    }


def form_lines(form: AnyForm, declared: Declarations) -> list[tuple[object, ...]]:
    """Return one row per column of the form: its name, what it holds, its headings, and the words of its values."""
    if isinstance(form, PersonForm):
        return [_line(name, field.type, field, declared) for name, field in form.fields.items()]
    rows = [_line(name, "code" if row.values else "place", row, declared) for name, row in form.rows.items()]
    return [*rows, *((name, "count", _short(_headings(item.headings)), "") for name, item in form.items.items())]


def _line(name: str, kind: str, field: FieldDeclaration | RowField, declared: Declarations) -> tuple[object, ...]:
    headings = [*_headings(field.headings), *(_short_parts(field) if isinstance(field, FieldDeclaration) else ())]
    return f"{name}{' *' if field.required else ''}", kind, _short(headings), _short(_values(field, declared).values())


def _field(field: FieldDeclaration | RowField, declared: Declarations) -> Document:
    described = {"required": field.required, "headings": _headings(field.headings)}
    if isinstance(field, FieldDeclaration):
        described |= {
            "type": field.type,
            "multiple": field.multiple,
            "parts": [_headings(part) for part in field.parts],
        }
    if field.values is None:
        return described
    words = declared.value_lists[field.values].code_by_word(field.words)
    return {
        **described,
        "values": field.values,
        "codes": _values(field, declared),
        "words": dict(sorted(words.items())),
    }


def _values(field: FieldDeclaration | RowField, declared: Declarations) -> Mapping[str, str]:
    if field.values is None:
        return {}
    return {code.code: code.name_zh for code in declared.value_lists[field.values].codes}


def _headings(headings: Iterable[Heading]) -> list[str]:
    return ["/".join(heading.path) for heading in headings]


def _short_parts(field: FieldDeclaration) -> list[str]:
    return [_headings(part)[0] for part in field.parts if part]


def _short(texts: Iterable[str], most: int = 6) -> str:
    every = list(texts)
    return "、".join(every[:most]) + (f" … ({len(every)})" if len(every) > most else "")
