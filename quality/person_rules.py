"""The row rules of a person form: those it declares, and those that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ingest.declaration import FieldDeclaration, PersonForm, RowRule, Severity, load_value_lists
from ingest.place_text import PART_OF_VILLAGE
from quality.rule import (
    ID_KIND_FIELD,
    NAME_FIELD,
    NUMBER_FIELD,
    ROW_UNIT_FIELD,
    InSet,
    NotNull,
    Rule,
    advice_of,
    first_heading,
    in_codes,
)
from quality.shown import shown_code, shown_value

ARRIVED_FIELD, ENDED_FIELD = "arrived_date", "ended_date"

# What can be wrong with a number; each has its own advice. Whatever else is no number fails ``valid_number``.
_NUMBER_PROBLEMS = {
    "number_date": "date",
    "number_check_digit": "check_digit",
    "number_placeholder": "placeholder",
    "number_rounded": "rounded",
}
# A number that is missing or wrong in one of these ways does not keep a row out that is linkable without it; the same
# is then asked under a name of its own, with an advice of its own.
_ASKED_OF_LINKABLE = frozenset({"required", "valid_number", "number_date", "number_check_digit", "number_placeholder"})
_ASKED = "_asked"

# A declared rule brings along the rules that say more exactly what is wrong.
_PROBLEMS_OF: Mapping[str, Iterable[str]] = {"valid_number": _NUMBER_PROBLEMS, "place_resolvable": ("place_ambiguous",)}
_NAMED_PROBLEMS = ", ".join(f"'{problem}'" for problem in _NUMBER_PROBLEMS.values())


def _no_number(field: str) -> str:
    return f"{field}_text IS NOT NULL AND NOT {field}_unsafe AND {field} IS NULL"


def _number_problem(problem: str) -> Callable[[str], str]:
    return lambda field: f"{_no_number(field)} AND {field}_problem = '{problem}'"


def _untyped(field: str) -> str:
    return f"{field}_text IS NOT NULL AND {field} IS NULL"


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "required": lambda field: f"{field}_text IS NULL",
    "number_not_numeric": lambda field: f"{field}_unsafe",
    "valid_number": lambda field: f"{_no_number(field)} AND coalesce({field}_problem, '') NOT IN ({_NAMED_PROBLEMS})",
    **{name: _number_problem(problem) for name, problem in _NUMBER_PROBLEMS.items()},
    # Nobody on the list is born after its day.
    "number_date": lambda field: f"{_number_problem('date')(field)} OR {field} IS NOT NULL AND number_birth > last_day",
    "known_address_code": lambda field: f"{field} IS NOT NULL AND {field}_problem = 'region'",
    "number_region_years": lambda field: f"{field}_doubt = 'address_years'",
    "number_rounded_tail": lambda field: f"{field}_doubt = 'rounded_tail'",
    "id_kind_agrees": lambda _: f"{NUMBER_FIELD}_doubt = 'kind'",
    "sex_agrees": lambda field: f"{field} <> number_sex",
    "birth_agrees": lambda field: f"number_birth < {field}_first OR number_birth > {field}_last",
    "valid_date": lambda field: f"{field}_text IS NOT NULL AND {field}_kind IS NULL",
    "date_unknown": lambda field: f"{field}_kind = 'unknown'",
    # Of an interval only what is certain is wrong: all of it lies too late or too early.
    "not_future": lambda field: f"{field}_first > last_day",
    "not_before_birth": lambda field: f"{field}_last < birth_first",
    "ended_before_arrived": lambda field: f"{field}_last < {ARRIVED_FIELD}_first",
    "known_code": _untyped,
    "valid_integer": lambda field: f"{field}_text IS NOT NULL AND coalesce({field}, -1) < 0",
    "valid_credit_code": _untyped,
    "place_resolvable": lambda field: f"{field}_match = 'none' AND NOT {field}_is_several",
    "place_ambiguous": lambda field: f"{field}_match = 'none' AND {field}_is_several",
    "place_several": lambda field: f"{field}_match <> 'none' AND {field}_is_several",
    "place_elsewhere": lambda field: f"{field}_match = 'elsewhere'",
    "place_unknown": lambda field: f"{field}_match = 'unknown'",
    # What ended before the day of the list: the register of today has it no more, or under another name only.
    "place_ended": lambda field: f"{field}_match = 'former_name' OR {field}_ended_on <= last_day",
    "place_within": lambda field: (
        f"{field}_match IN ('abroad', 'elsewhere') OR {field}_match <> 'none' AND NOT {field}_fits"
    ),
    "not_at_home": lambda _: "origin_code = dest_code AND origin_level = 'village' AND dest_level = 'village'",
    "same_number_differs": lambda _: "number_differs",
    "duplicate_row": lambda _: "is_repeat",
}

# The rules that speak for a text of the type, and their severity where the form declares none: nothing that is written
# becomes empty, and nothing that is said to be unknown goes uncounted.
_IMPLIED: Mapping[str, tuple[RowRule, ...]] = {
    "id_number": (RowRule(rule="valid_number", field="", severity="error"),),
    "date": (RowRule(rule="valid_date", field="", severity="query"),),
    "code": (RowRule(rule="known_code", field="", severity="query"),),
    "sex": (RowRule(rule="known_code", field="", severity="query"),),
    "place": (RowRule(rule="place_resolvable", field="", severity="query"),),
    "integer": (RowRule(rule="valid_integer", field="", severity="query"),),
    "credit_code": (RowRule(rule="valid_credit_code", field="", severity="query"),),
}
# Rules that no form declares, by the type of the field.
_ALWAYS: Mapping[str, tuple[tuple[str, Severity], ...]] = {
    "id_number": (
        ("known_address_code", "query"),
        ("number_region_years", "query"),
        ("number_rounded_tail", "query"),
        ("same_number_differs", "error"),
        ("duplicate_row", "note"),
    ),
    "date": (("date_unknown", "note"),),
    "place": (
        ("place_several", "query"),
        ("place_ended", "query"),
        ("place_elsewhere", "note"),
        ("place_unknown", "note"),
    ),
}


def person_rules(form: PersonForm) -> Iterator[Rule]:
    """Return the row rules of the form."""
    for declared in (*form.rules, *_implied(form), *_of_row_unit(form)):
        names = [declared.rule, *_PROBLEMS_OF.get(declared.rule, ())]
        for name in names:
            yield from _outcomes(_rule(form, name, declared.field, declared.severity))
    for place in (form.origin, form.destination):
        if place.field is not None and place.within == "unit":
            yield _rule(form, "place_within", place.field, "query")
    for field, declaration in form.fields.items():
        for name, severity in _ALWAYS.get(declaration.type, ()):
            # papers keep the name that a hukou place had when they were made out: nothing to ask about
            is_old_paper = name == "place_ended" and field == form.origin.field
            yield _rule(form, name, field, "note" if is_old_paper else severity)
    if ID_KIND_FIELD in form.fields:
        yield _rule(form, "id_kind_agrees", ID_KIND_FIELD, "query")
    if {ARRIVED_FIELD, ENDED_FIELD} <= form.fields.keys():
        yield _rule(form, "ended_before_arrived", ENDED_FIELD, "error")


def _outcomes(rule: Rule) -> Iterator[Rule]:
    """Return the rule; where it keeps a row out, and the row may be linkable without what fails, once for each kind."""
    if rule.field != NUMBER_FIELD or rule.severity != "error" or rule.name not in _ASKED_OF_LINKABLE:
        yield rule
        return
    name = rule.name + _ASKED
    advice_zh, advice_en = advice_of(name)
    yield replace(rule, predicate=f"({rule.predicate}) AND NOT is_linkable", native=None)
    yield replace(
        rule,
        name=name,
        severity="query",
        predicate=f"({rule.predicate}) AND is_linkable",
        advice_zh=advice_zh,
        advice_en=advice_en,
        native=None,
    )


def _of_row_unit(form: PersonForm) -> Iterator[RowRule]:
    if ROW_UNIT_FIELD in form.fields:
        yield RowRule(rule="place_resolvable", field=ROW_UNIT_FIELD, severity="query")


def _implied(form: PersonForm) -> Iterator[RowRule]:
    declared = {(rule.rule, rule.field) for rule in form.rules}
    for field, declaration in form.fields.items():
        for rule in _IMPLIED.get(declaration.type, ()):
            if (rule.rule, field) not in declared:
                yield rule.model_copy(update={"field": field})


def _rule(form: PersonForm, name: str, field: str, severity: Severity) -> Rule:
    declaration = form.fields[field]
    return Rule(
        name,
        form.form_id,
        "person",
        field,
        first_heading(declaration.headings),
        severity,
        _predicate(form, name, field),
        "NULL" if name == "required" else _shown(form, field),
        *advice_of(name, declaration.values),
        native=_native(name, field, declaration),
        suggestion=_suggestion(name, declaration),
    )


def _shown(form: PersonForm, field: str) -> str:
    """Return what is shown of a cell; one of codes may hold the name of its row."""
    kind = form.fields[field].type
    if kind in ("code", "sex") and NAME_FIELD in form.fields:
        return shown_code(f"{field}_text", NAME_FIELD)
    return shown_value(kind, f"{field}_text")


def _predicate(form: PersonForm, name: str, field: str) -> str:
    """Return what makes a row fail; what is read inside the unit may be a house in it and need name no division."""
    inside = any(place.field == field and place.within == "unit" for place in (form.origin, form.destination))
    if name == "place_resolvable" and inside:
        return f"{_CHECKS[name](field)} AND NOT regexp_full_match({field}_text, '{PART_OF_VILLAGE}')"
    return _CHECKS[name](field)


def _native(name: str, field: str, declaration: FieldDeclaration) -> NotNull | InSet | None:
    if name == "required":
        return NotNull(f"{field}_text")
    if name == "known_code" and declaration.values is not None and not declaration.multiple:
        return in_codes(f"{field}_given", declaration.values)
    return None


def _suggestion(name: str, declaration: FieldDeclaration) -> str:
    """Return what the number proves; where it does not, there is nothing to suggest."""
    if name == "birth_agrees":
        return "strftime(number_birth, '%Y-%m-%d')"
    if name == "sex_agrees" and declaration.values is not None:
        codes = load_value_lists()[declaration.values].codes
        cases = " ".join(f"WHEN '{code.code}' THEN '{code.name_zh}'" for code in codes)
        return f"CASE number_sex {cases} END"
    return "NULL"
