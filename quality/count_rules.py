"""The rules of a count form: what stands in its rows and cells, and which of its counts must make up one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, groupby
from typing import Final

from ingest.declaration import CountForm, RowField, RowRule, Severity, load_value_lists
from quality.rule import InSet, NotNull, Rule, advice_of, first_heading, in_codes
from quality.shown import shown_value
from quality.sums import Sum, sums_of, whole_of

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
    for whole, sums in groupby(sums_of(form), key=lambda each: each.whole):
        asked: dict[str, list[str]] = {"sum_agrees": [], "bands_agree": []}
        for each in sums:
            asked["sum_agrees" if each.aspect == "sex" else "bands_agree"].append(_disagrees(each))
        for name, predicates in asked.items():
            if predicates:
                yield _item_rule(form, name, whole, " OR ".join(f"({each})" for each in predicates))
    for part in form.items:
        whole_item = whole_of(form, part)
        if whole_item is not None:
            yield _item_rule(form, "part_fits", part, f"{part} > {whole_item}")


def _disagrees(each: Sum) -> str:
    """Return what is true where the parts do not add up, with or without what may stand beside them."""
    groups = [f"({' + '.join(f'coalesce({part}, 0)' for part in group)})" for group in each.beside]
    chosen = (choice for count in range(len(groups) + 1) for choice in combinations(groups, count))
    return " AND ".join(f"{' + '.join((*each.parts, *choice))} <> {each.whole}" for choice in chosen)


def _item_rule(form: CountForm, name: str, item: str, predicate: str) -> Rule:
    heading, shown = first_heading(form.items[item].headings), f"CAST({item} AS VARCHAR)"
    return Rule(name, form.form_id, "line", item, heading, "query", predicate, shown, *advice_of(name))
