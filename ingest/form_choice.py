"""Which form the tables of a file are: by their titles, else by the headings that fit one form only, else by the path.

Where several forms remain the file is returned with their names; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ingest.declaration import PersonForm, load_forms
from ingest.folding import fold
from ingest.headings import AnyForm, match_columns, missing_fields
from ingest.refusals import refusal
from ingest.surroundings import Surroundings, read_surroundings
from ingest.tables import Table

# A table titled as one form whose headings fit another by so many columns more is neither.
CLEARLY_OTHER_COLUMNS: Final = 2


def choose_form(tables: Sequence[Table], path: str) -> tuple[AnyForm, str]:
    """Return the form of a file and what showed it: title, headings or path.

    Raises ``FileRefusedError`` where no form, or more than one, can be meant.
    """
    chosen = [choice for table in tables if (choice := _form_of(table, path)) is not None]
    if not chosen:
        raise refusal("form_unknown", detail="、".join(tables[0].headings_seen))
    names = dict.fromkeys(form.name_zh for form, _ in chosen)
    if len(names) > 1:
        raise refusal("form_mixed", detail="、".join(names))
    return chosen[0]


def _form_of(table: Table, path: str) -> tuple[AnyForm, str] | None:
    """Return the form of one table and what showed it; None where nothing of any form is there."""
    surroundings = read_surroundings(table, ())
    titled = named_in(surroundings.other_texts)
    fitting = _fitting(table)
    if len(titled) == 1:
        (form,) = titled
        _refuse_clearly_other(table, form, fitting)
        return form, "title"
    candidates = [form for form in titled if form in fitting] if titled else _untitled(table, surroundings, fitting)
    best = _most_specific(table, candidates)
    if len(best) == 1:
        return best[0], "headings"
    by_path = [form for form in named_in([path]) if not best or form in best]
    if len(by_path) == 1:
        return by_path[0], "path"
    if best or titled:
        raise refusal("form_ambiguous", detail="、".join(form.name_zh for form in best or titled))
    return None


def named_in(texts: Iterable[str]) -> list[AnyForm]:
    """Return the forms whose title words stand in the texts."""
    text = " ".join(texts)
    return [
        form
        for form in load_forms().values()
        if any(word in text for word in form.title_words) and not any(word in text for word in form.not_title_words)
    ]


def _untitled(table: Table, surroundings: Surroundings, fitting: Sequence[AnyForm]) -> list[AnyForm]:
    """Return the forms a table without a telling title may be: those known by a heading of their own come first."""
    title = " ".join(surroundings.other_texts)
    possible = [form for form in fitting if not any(word in title for word in form.not_title_words)]
    seen = {fold(part) for path in table.paths for part in path}
    known = [form for form in possible if seen & {fold(heading) for heading in form.known_by}]
    return known or [form for form in possible if not form.known_by]


def _fitting(table: Table) -> list[AnyForm]:
    """Return the forms whose required headings the table has."""
    matched = ((form, match_columns(table.paths, form.form_id)) for form in load_forms().values())
    return [form for form, columns in matched if not missing_fields(columns, form)]


def _matched(table: Table, form: AnyForm) -> frozenset[int]:
    return frozenset(column.index for column in match_columns(table.paths, form.form_id) if column.target is not None)


def _most_specific(table: Table, forms: Sequence[AnyForm]) -> list[AnyForm]:
    """Return the forms that no other form beats by matching the same columns and more."""
    matched = {form.form_id: _matched(table, form) for form in forms}
    return [form for form in forms if not any(matched[form.form_id] < matched[other.form_id] for other in forms)]


def _refuse_clearly_other(table: Table, form: AnyForm, fitting: Sequence[AnyForm]) -> None:
    own = _matched(table, form)
    for other in fitting:
        more = _matched(table, other) - own
        if not _is_other_side(form, other):
            continue
        if own < own | more and own <= _matched(table, other) and len(more) >= CLEARLY_OTHER_COLUMNS:
            raise refusal("form_ambiguous", detail=f"{form.name_zh}、{other.name_zh}")


def _is_other_side(form: AnyForm, other: AnyForm) -> bool:
    """Whether two forms contradict each other: a list of the same side with more columns does not."""
    return not (isinstance(form, PersonForm) and isinstance(other, PersonForm) and form.side == other.side)
