"""The rules of the gate, made from the form declarations: one registry for everything that checks a delivered row.

A rule is a predicate over one typed relation of the gate (TRUE = the row fails). Great Expectations and the SQL pass
that finds the failing rows are both made from it. Besides the declared rules every form has implied ones: a text that
cannot be typed always has a rule that says so, so that nothing becomes NULL in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from ingest.declaration import (
    CountForm,
    Heading,
    PersonForm,
    RowRule,
    Severity,
    load_forms,
    load_value_lists,
    per_declarations,
)
from ingest.errors import UsageError
from quality.shown import shown_value

ADVICE_FILE = Path(__file__).parent / "advice.yaml"
VALUE_FIELD = "value"
# The field by which a list compiled by a higher unit names the village of each row.
ROW_UNIT_FIELD = "village"

Relation = Literal["person", "line", "cell", "file"]


@dataclass(frozen=True)
class NotNull:
    """The rule fails exactly where ``column`` is NULL."""

    column: str


@dataclass(frozen=True)
class InSet:
    """The rule fails exactly where ``column`` is neither NULL nor one of ``values``."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One check of the gate in. ``predicate`` is TRUE where a row of ``relation`` (of form ``form_id``) fails."""

    name: str
    form_id: str
    relation: Relation
    field: str
    heading: str
    severity: Severity
    predicate: str
    shown: str
    advice_zh: str
    advice_en: str
    native: NotNull | InSet | None = None

    @property
    def rule_id(self) -> str:
        """The name under which findings and results are stored."""
        return f"{self.name}:{self.field}" if self.field else self.name


Check = tuple[str, NotNull | InSet | None]

_PERSON_CHECKS: Mapping[str, Callable[[str], str]] = {
    "number_not_numeric": lambda field: f"{field}_unsafe",
    "valid_number": lambda field: f"{field}_text IS NOT NULL AND NOT {field}_unsafe AND {field} IS NULL",
    "known_address_code": lambda field: f"{field}_address_unknown",
    "sex_agrees": lambda field: f"{field} <> number_sex",
    "birth_agrees": lambda field: (
        f"coalesce({field}, number_birth) <> number_birth OR {field}_month <> date_trunc('month', number_birth)"
    ),
    "valid_date": lambda field: f"{field}_text IS NOT NULL AND {field} IS NULL",
    "valid_integer": lambda field: f"{field}_text IS NOT NULL AND coalesce({field}, -1) < 0",
    "not_future": lambda field: f"{field} > last_day",
    "not_before_birth": lambda field: f"{field} < birth",
    "place_resolvable": lambda field: f"{field}_match = 'none'",
    "place_within": lambda field: f"{field}_match <> 'none' AND NOT {field}_fits",
    "not_at_home": lambda _: "origin_code = dest_code AND origin_level = 'village' AND dest_level = 'village'",
    "same_number_differs": lambda _: "same_number_contents > 1",
    "duplicate_row": lambda _: "same_content_rank > 1",
}

# The rule that speaks for a text of the type that cannot be typed, and its severity where the form declares none.
_COMPLETENESS: Mapping[str, RowRule] = {
    "id_number": RowRule(rule="valid_number", field="", severity="error"),
    "date": RowRule(rule="valid_date", field="", severity="query"),
    "code": RowRule(rule="known_code", field="", severity="query"),
    "sex": RowRule(rule="known_code", field="", severity="query"),
    "place": RowRule(rule="place_resolvable", field="", severity="query"),
    "integer": RowRule(rule="valid_integer", field="", severity="query"),
}


@cache
def load_advice(path: Path = ADVICE_FILE) -> Mapping[str, tuple[str, str]]:
    """Return the advice of each rule in Chinese and English."""
    document: Mapping[str, Mapping[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: (texts["zh"], texts["en"]) for name, texts in document.items()}


@per_declarations
def all_rules() -> tuple[Rule, ...]:
    """Return every rule of every declared form and the rules about files."""
    rules = (*(rule for form in load_forms().values() for rule in rules_of(form)), *file_rules())
    return tuple(rules)


def rules_of(form: PersonForm | CountForm) -> tuple[Rule, ...]:
    """Return the row rules of one form, declared and implied."""
    return tuple(_person_rules(form) if isinstance(form, PersonForm) else _count_rules(form))


def file_rules() -> tuple[Rule, ...]:
    """Return the rules about whole files, over the gate's file relation."""
    predicates: tuple[tuple[str, Severity, str], ...] = (
        ("file_reported_in_future", "error", "in_future"),
        ("file_outside_home", "error", "outside_home"),
        ("file_mostly_wrong", "error", "mostly_wrong"),
        ("file_duplicate", "note", "duplicate_of IS NOT NULL"),
        ("file_lists_disagree", "query", "disagrees"),
    )
    return tuple(
        Rule(name, "", "file", "", "", severity, predicate, "NULL", *_advice(name))
        for name, severity, predicate in predicates
    )


def first_heading(headings: Iterable[Heading]) -> str:
    """Return the usual spelling of a column, for findings about a column the table does not have."""
    return "/".join(next(iter(headings)).path)


def _person_rules(form: PersonForm) -> Iterator[Rule]:
    for declared in (*form.rules, *_implied_rules(form)):
        yield _person_rule(form, declared.rule, declared.field, declared.severity)
    for place in (form.origin, form.destination):
        if place.field is not None and place.within == "unit":
            yield _person_rule(form, "place_within", place.field, "query")
    for field, declaration in form.fields.items():
        if declaration.type == "id_number":
            yield _person_rule(form, "known_address_code", field, "query")
            yield _person_rule(form, "same_number_differs", field, "error")
            yield _person_rule(form, "duplicate_row", field, "note")
    if ROW_UNIT_FIELD in form.fields:
        yield _person_rule(form, "place_resolvable", ROW_UNIT_FIELD, "query")


def _implied_rules(form: PersonForm) -> Iterator[RowRule]:
    declared = {(rule.rule, rule.field) for rule in form.rules}
    for field, declaration in form.fields.items():
        rule = _COMPLETENESS.get(declaration.type)
        if rule is not None and (rule.rule, field) not in declared:
            yield rule.model_copy(update={"field": field})


def _person_rule(form: PersonForm, name: str, field: str, severity: Severity) -> Rule:
    declaration = form.fields[field]
    predicate, native = _person_check(name, field, declaration.values)
    return Rule(
        name=name,
        form_id=form.form_id,
        relation="person",
        field=field,
        heading=first_heading(declaration.headings),
        severity=severity,
        predicate=predicate,
        shown="NULL" if name == "required" else shown_value(declaration.type, f"{field}_text"),
        native=native,
        **_texts(name, declaration.values),
    )


def _person_check(name: str, field: str, values: str | None) -> Check:
    if name == "required":
        return f"{field}_text IS NULL", NotNull(f"{field}_text")
    if name == "known_code":
        codes = tuple(code.code for code in load_value_lists()[values or ""].codes)
        return f"{field}_text IS NOT NULL AND {field} IS NULL", InSet(f"{field}_given", codes)
    return _PERSON_CHECKS[name](field), None


def _count_rules(form: CountForm) -> Iterator[Rule]:
    for declared in form.rules:
        yield _count_rule(form, declared)
    yield from _sum_rules(form)


def _count_rule(form: CountForm, declared: RowRule) -> Rule:
    heading, relation, field_type = first_heading(form.rows["cell_unit"].headings), "line", "place"
    if declared.field == VALUE_FIELD:
        heading, relation, field_type = "", "cell", "text"
    if declared.rule not in {"required", "place_resolvable", "valid_integer"}:
        raise UsageError(f"form {form.form_id}: the rule {declared.rule} does not fit a form of counts")
    native = NotNull(f"{declared.field}_text") if declared.rule == "required" else None
    predicate = f"{declared.field}_text IS NULL" if native else _PERSON_CHECKS[declared.rule](declared.field)
    return Rule(
        name=declared.rule,
        form_id=form.form_id,
        relation="cell" if relation == "cell" else "line",
        field=declared.field,
        heading=heading,
        severity=declared.severity,
        predicate=predicate,
        shown="NULL" if native else shown_value(field_type, f"{declared.field}_text"),
        native=native,
        **_texts(declared.rule, None),
    )


def _sum_rules(form: CountForm) -> Iterator[Rule]:
    """Men and women make the total; no part exceeds it. What is a part follows from the items' declared meaning."""
    for direction in ("in", "out"):
        items = {name: item.meaning for name, item in form.items.items() if item.meaning.direction == direction}
        whole = [name for name, meaning in items.items() if not (meaning.sex or meaning.min_duration or meaning.range)]
        if len(whole) != 1:
            continue
        by_sex = [
            name for name, meaning in items.items() if meaning.sex and not (meaning.min_duration or meaning.range)
        ]
        if len(by_sex) > 1:
            yield _item_rule(form, "sum_agrees", whole[0], f"{' + '.join(by_sex)} <> {whole[0]}")
        for part in items:
            if part != whole[0]:
                yield _item_rule(form, "part_fits", part, f"{part} > {whole[0]}")


def _item_rule(form: CountForm, name: str, item: str, predicate: str) -> Rule:
    heading = first_heading(form.items[item].headings)
    shown = f"CAST({item} AS VARCHAR)"
    return Rule(name, form.form_id, "line", item, heading, "query", predicate, shown, *_advice(name))


def _texts(name: str, values: str | None) -> dict[str, str]:
    advice_zh, advice_en = _advice(name)
    if values is not None:
        codes = load_value_lists()[values].codes
        advice_zh = advice_zh.replace("{values}", "、".join(code.name_zh for code in codes))
        advice_en = advice_en.replace("{values}", ", ".join(code.name_en for code in codes))
    return {"advice_zh": advice_zh, "advice_en": advice_en}


def _advice(name: str) -> tuple[str, str]:
    try:
        return load_advice()[name]
    except KeyError:
        raise UsageError(f"{ADVICE_FILE}: the rule {name} has no advice: add one in Chinese and English") from None
