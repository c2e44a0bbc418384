"""What the models need of the declarations, their one home, as tables of schema raw.

These are a site's own definitions, the code lists and the senders' words for their codes, what confirms that the people
of a form are still there, and what the items of count forms count and make up.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from ingest.declaration import CountForm, Meaning, PersonForm, declarations, load_forms, load_value_lists
from ingest.definitions import COLUMNS as DEFINITION_COLUMNS
from ingest.sql_text import insert_texts
from quality.sums import sums_of

CODE_MAP_SOURCE = "popflow form declarations"
_ITEM_COLUMNS = (
    "form_id, item, definition_id, direction, is_registered, sex, age_min, age_max, min_duration, max_duration, range, "
    "beyond_level, within_level, origin_kind, dwelling"
)

Row = tuple[str | None, ...]


def load_declared(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the declarations in force into schema raw, in place of those of the last night."""
    counts = [form for form in load_forms().values() if isinstance(form, CountForm)]
    _replace(connection, "form", "form_id, confirm_by, confirm_months, confirm_days", _confirmed())
    _replace(connection, "definition", ", ".join(DEFINITION_COLUMNS), iter(declarations().definitions))
    _replace(connection, "code", "list_id, code, name_zh, name_en", _codes())
    _replace(connection, "code_map", "form_id, field, source_value, code, valid_from, source", _words())
    _replace(connection, "form_item", _ITEM_COLUMNS, (row for form in counts for row in _items(form)))
    sums = (row for form in counts for row in _sums(form))
    _replace(connection, "form_sum", "form_id, whole, aspect, sum_number, part, beside_group", sums)


def _codes() -> Iterator[Row]:
    for each in load_value_lists().values():
        for code in each.codes:
            yield each.list_id, code.code, code.name_zh, code.name_en


def _words() -> Iterator[Row]:
    lists = load_value_lists()
    decided = {each.about: each for each in declarations().decided}
    for form in load_forms().values():
        for name, field in (form.rows if isinstance(form, CountForm) else form.fields).items():
            if field.values is not None:
                for word, code in sorted(lists[field.values].code_by_word(field.words).items()):
                    by = decided.get((form.form_id, name, word))
                    said = (None, CODE_MAP_SOURCE) if by is None else (by.on.isoformat(), by.source)
                    yield (form.form_id, name, word, code, *said)


def _confirmed() -> Iterator[Row]:
    for form in load_forms().values():
        if isinstance(form, PersonForm) and form.confirm is not None:
            months, days = form.confirm.months_and_days
            yield form.form_id, form.confirm.by, str(months), str(days)


def _items(form: CountForm) -> Iterator[Row]:
    for name, item in form.items.items():
        yield (form.form_id, name, *_said(item.meaning))


def _said(meaning: Meaning) -> Row:
    ages = (None if age is None else str(age) for age in (meaning.age_min, meaning.age_max))
    return (
        meaning.definition, meaning.direction, str(meaning.registered), meaning.sex, *ages, meaning.min_duration,
        meaning.max_duration, meaning.range, *meaning.reach, meaning.origin_kind, meaning.dwelling,
    )  # fmt: skip


def _sums(form: CountForm) -> Iterator[Row]:
    for number, each in enumerate(sums_of(form), start=1):
        for part in each.parts:
            yield form.form_id, each.whole, each.aspect, str(number), part, None
        for group, parts in enumerate(each.beside, start=1):
            for part in parts:
                yield form.form_id, each.whole, each.aspect, str(number), part, str(group)


def _replace(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: Iterator[Row]) -> None:
    connection.execute(f"DELETE FROM raw.{table}")
    insert_texts(connection, f"raw.{table} ({columns})", list(rows))
