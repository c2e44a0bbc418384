"""The rules of the gate, made from the form declarations: one registry for everything that checks a delivered row.

A rule is a predicate over one typed relation of the gate (TRUE = the row fails). Great Expectations and the SQL pass
that finds the failing rows are both made from it. Besides the declared rules every form has implied ones: a text that
cannot be typed always has a rule that says so, so that nothing becomes NULL in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.declaration import CountForm, PersonForm, Severity, load_forms, per_declarations
from quality.count_rules import count_rules
from quality.person_rules import person_rules
from quality.rule import Rule, advice_of

_FILE_CHECKS: tuple[tuple[str, Severity, str], ...] = (
    ("file_reported_in_future", "error", "in_future"),
    ("file_outside_home", "error", "outside_home"),
    ("file_mostly_wrong", "error", "mostly_wrong"),
    ("file_duplicate", "note", "duplicate_of IS NOT NULL"),
    ("file_lists_disagree", "query", "disagrees"),
    ("file_new_version", "note", "is_taken AND compared_with IS NOT NULL AND corrects_file_id IS NULL"),
    ("file_overlaps", "query", "is_taken AND overlaps_with IS NOT NULL"),
    ("file_correction", "note", "is_taken AND corrects_file_id IS NOT NULL"),
    ("correction_unknown", "note", "correction_problem = 'unknown'"),
    ("correction_other_list", "note", "correction_problem = 'other_list'"),
    ("correction_rows_left", "note", "is_taken AND rows_left > 0"),
    ("corrections_disagree", "query", "is_taken AND is_contested"),
)
# What can only be found after the gate, where the rows of all lists are known, and who is meant by them.
_LATER_CHECKS: Mapping[str, Severity] = {
    "number_many_names": "query",
    "person_two_numbers": "query",
    "same_name_same_birth": "query",
    "row_held": "query",
    "listed_after_death": "query",
}


@dataclass(frozen=True)
class LaterRule:
    """A check of the rows that were taken, made where they are loaded; its id, severity and advice stand here."""

    rule_id: str
    severity: Severity
    advice_zh: str
    advice_en: str


@per_declarations
def all_rules() -> tuple[Rule, ...]:
    """Return every rule of every declared form and the rules about files."""
    return (*(rule for form in load_forms().values() for rule in rules_of(form)), *file_rules())


def rules_of(form: PersonForm | CountForm) -> tuple[Rule, ...]:
    """Return the row rules of one form, declared and implied."""
    return tuple(person_rules(form) if isinstance(form, PersonForm) else count_rules(form))


def file_rules() -> tuple[Rule, ...]:
    """Return the rules about whole files, over the gate's file relation."""
    return tuple(
        Rule(name, "", "file", "", "", severity, predicate, "NULL", *advice_of(name))
        for name, severity, predicate in _FILE_CHECKS
    )


def later_rules() -> Mapping[str, LaterRule]:
    """Return the rules about taken rows that are checked after the gate, by their id."""
    return {name: LaterRule(name, severity, *advice_of(name)) for name, severity in _LATER_CHECKS.items()}
