"""The rules of a count form: what stands in its rows and cells, and which of its counts make up one another.

What is a part of what follows from the declared meaning of the items. Items that differ from another one in a single
aspect only (sex, age, time, ...) and together leave nothing out must add up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from ingest.declaration import CountForm, Meaning, RowField, RowRule, Severity, load_value_lists
from quality.rule import InSet, NotNull, Rule, advice_of, first_heading, in_codes
from quality.shown import shown_value

VALUE_FIELD: Final = "value"
PLACE_FIELDS: Final = ("cell_unit", "origin", "destination")
CATEGORY_FIELD: Final = "category"
# The category of a row that counts all of them together.
TOTAL_CODE: Final = "ALL"

_CHECKS: Mapping[str, Callable[[str], str]] = {
    "required": lambda field: f"{field}_missing",
    "place_resolvable": lambda field: f"{field}_match = 'none'",
    "place_elsewhere": lambda field: f"{field}_match = 'elsewhere'",
    "place_unknown": lambda field: f"{field}_match = 'unknown'",
    "known_code": lambda field: f"{field}_text IS NOT NULL AND {field} IS NULL",
    "valid_integer": lambda field: f"{field}_text IS NOT NULL AND coalesce({field}, -1) < 0",
    "categories_agree": lambda field: f"{field} <> sum_of_categories",
    "villages_agree": lambda field: f"{field} <> sum_of_villages",
}

# The aspects of a meaning, each with what of it an item of that aspect sets.
_ASPECTS: Mapping[str, tuple[str, ...]] = {
    "sex": ("sex",),
    "age": ("age_min", "age_max"),
    "duration": ("min_duration", "max_duration"),
}


def count_rules(form: CountForm) -> Iterator[Rule]:
    """Return the rules of the form: declared, implied by its columns, and sums."""
    for declared in (*form.rules, *_implied(form)):
        yield _rule(form, declared.rule, declared.field, declared.severity)
    for field in form.rows:
        if field in ("origin", "destination"):
            yield _rule(form, "place_elsewhere", field, "note")
            yield _rule(form, "place_unknown", field, "note")
    if _has_total(form.rows.get(CATEGORY_FIELD)):
        yield _rule(form, "categories_agree", VALUE_FIELD, "query")
    if "cell_unit" in form.rows:
        yield _rule(form, "villages_agree", VALUE_FIELD, "query")
    yield from _sum_rules(form)


def _has_total(category: RowField | None) -> bool:
    """Whether a row of the form can count all categories together."""
    if category is None or category.values is None:
        return False
    return any(code.code == TOTAL_CODE for code in load_value_lists()[category.values].codes)


def _implied(form: CountForm) -> Iterator[RowRule]:
    """A count of which nobody can say what it counts does not enter."""
    declared = {(rule.rule, rule.field) for rule in form.rules}
    wanted = [
        *((rule, field) for field in form.rows for rule in ("required", _speaks_for(field))),
        ("valid_integer", VALUE_FIELD),
    ]
    for rule, field in wanted:
        if (rule, field) not in declared:
            yield RowRule.model_validate({"rule": rule, "field": field, "severity": "error"})


def _speaks_for(field: str) -> str:
    return "known_code" if field == CATEGORY_FIELD else "place_resolvable"


def _rule(form: CountForm, name: str, field: str, severity: Severity) -> Rule:
    row = form.rows.get(field)  # type: ignore[call-overload]
    if row is None:
        shown = shown_value("integer", "value_text")
        return Rule(
            name, form.form_id, "cell", field, "", severity, _CHECKS[name](field), shown, *advice_of(name),
            suggestion="CAST(sum_of_categories AS VARCHAR)" if name == "categories_agree" else "NULL",
        )  # fmt: skip
    return Rule(
        name,
        form.form_id,
        "line",
        field,
        first_heading(row.headings),
        severity,
        _CHECKS[name](field),
        "NULL" if name == "required" else shown_value("code" if row.values else "place", f"{field}_text"),
        *advice_of(name, row.values),
        native=_native(name, field, row),
    )


def _native(name: str, field: str, row: RowField) -> NotNull | InSet | None:
    if name == "required":
        return NotNull(f"{field}_given")
    if name == "known_code" and row.values is not None:
        return in_codes(f"{field}_coded", row.values)
    return None


# --- sums -------------------------------------------------------------------------------------------------------------


def _sum_rules(form: CountForm) -> Iterator[Rule]:
    """Add up what stands in one kind of table: items that need a column are of other tables than those that do not."""
    for needs in dict.fromkeys(item.needs for item in form.items.values()):
        yield from _sums_of({name: item.meaning for name, item in form.items.items() if item.needs == needs}, form)


def _sums_of(meanings: Mapping[str, Meaning], form: CountForm) -> Iterator[Rule]:
    for whole, meaning in meanings.items():
        by_aspect = {aspect: _parts(meanings, meaning, aspect) for aspect in _ASPECTS}
        if len(by_aspect["sex"]) == 2:
            yield _item_rule(form, "sum_agrees", whole, f"{' + '.join(by_aspect['sex'])} <> {whole}")
        bands = [
            " + ".join(chain)
            for aspect, read in (("age", _ages), ("duration", _durations))
            for chain in _chains([(*read(meanings[part]), part) for part in by_aspect[aspect]])
        ]
        if bands:
            yield _item_rule(form, "bands_agree", whole, " OR ".join(f"{band} <> {whole}" for band in bands))
    for part, meaning in meanings.items():
        wholes = [name for name, other in meanings.items() if other == _whole_of(meaning) and name != part]
        if wholes:
            yield _item_rule(form, "part_fits", part, f"{part} > {wholes[0]}")


def _whole_of(meaning: Meaning) -> Meaning:
    return Meaning(direction=meaning.direction, registered=meaning.registered)


def _parts(meanings: Mapping[str, Meaning], whole: Meaning, aspect: str) -> list[str]:
    """Return the items that are the whole but for one aspect, which the whole leaves open."""
    keys = _ASPECTS[aspect]
    if any(getattr(whole, key) is not None for key in keys):
        return []
    without = dict.fromkeys(keys)
    return [
        name for name, meaning in meanings.items() if meaning != whole and meaning.model_copy(update=without) == whole
    ]


def _ages(meaning: Meaning) -> tuple[object, object]:
    return (meaning.age_min or None, None if meaning.age_max is None else meaning.age_max + 1)


def _durations(meaning: Meaning) -> tuple[object, object]:
    return (meaning.min_duration, meaning.max_duration)


def _chains(bands: Sequence[tuple[object, object, str]], begin: object = None) -> Iterator[list[str]]:
    """Return every way in which bands follow one another from one without a beginning to one without an end."""
    for first, last, name in bands:
        if first != begin or (first, last) == (None, None):
            continue
        if last is None:
            yield [name]
        else:
            yield from ([name, *rest] for rest in _chains(bands, last))


def _item_rule(form: CountForm, name: str, item: str, predicate: str) -> Rule:
    heading, shown = first_heading(form.items[item].headings), f"CAST({item} AS VARCHAR)"
    return Rule(name, form.form_id, "line", item, heading, "query", predicate, shown, *advice_of(name))
