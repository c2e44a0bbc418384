"""The SQL pass over the typed relations: every failing row of every rule, each relation read once.

One scan keeps the rows that fail anything at all; only these are then asked rule by rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import duckdb

from ingest.declaration import CountForm, load_forms
from quality.rule import Rule


def relation_of(rule: Rule) -> str:
    """Return the name of the view or table that the rule's predicate is over."""
    return "judgement" if rule.relation == "file" else f"{rule.relation}_{rule.form_id}"


def insert_failing(connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> None:
    """Insert into ``found`` one row per rule and failing row; the relations of all rules must be there."""
    for relation, group in groupby(sorted(rules, key=relation_of), key=relation_of):
        due = tuple(group)
        wrong = " OR ".join(f"({rule.predicate})" for rule in due)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE failing AS SELECT * FROM {relation} WHERE {wrong}")
        connection.execute(f"INSERT INTO found BY NAME {_found(due)}")
    connection.execute("DROP TABLE IF EXISTS failing")


def _found(rules: Sequence[Rule]) -> str:
    return " UNION ALL ".join(
        f"SELECT '{rule.relation}' AS relation, '{rule.form_id}' AS form_id, '{rule.rule_id}' AS rule_id, "
        f"'{rule.severity}' AS severity, {_place_of(rule)}, {rule.shown} AS value_shown, "
        f"{_value_of(rule)} AS value_text, {rule.suggestion} AS suggestion FROM failing WHERE {rule.predicate}"
        for rule in rules
    )


def _place_of(rule: Rule) -> str:
    """Where the finding stands: file, sheet, row, field and the heading to use where the table has none."""
    if rule.relation == "file":
        return "file_id, NULL::VARCHAR AS sheet, NULL::BIGINT AS row_number, '' AS field, '' AS heading"
    field = "item" if rule.relation == "cell" else f"'{rule.field}'"
    heading = rule.heading.replace("'", "''")
    return f"file_id, sheet, row_number, {field} AS field, '{heading}' AS heading"


def _value_of(rule: Rule) -> str:
    """The whole text that the finding is about: what makes it the same finding in another list. It is never shown."""
    if rule.relation == "file":
        return "NULL"
    if rule.relation == "cell":
        return "value_text"
    form = load_forms()[rule.form_id]
    is_item = isinstance(form, CountForm) and rule.field in form.items
    return f"CAST({rule.field} AS VARCHAR)" if is_item else f"{rule.field}_text"
