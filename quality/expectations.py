"""Great Expectations as the gate: every rule of the registry as an expectation, run once a night inside DuckDB.

Rules that Great Expectations has a form for (not null, one of a set) are run in that form; the others are run as
unexpected rows of their predicate. Only counts come back: no value of a row is kept in a result.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from pathlib import Path
from threading import Thread
from typing import Any

from ingest.errors import NightHeldError
from quality.duckdb_bridge import connection_string
from quality.failing import relation_of
from quality.rule import InSet, NotNull, Rule

os.environ["GX_ANALYTICS_ENABLED"] = "False"

_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class CheckResult:
    """What one expectation said about all rows of its relation."""

    rule: Rule
    expectation: str
    success: bool
    evaluated: int
    unexpected: int


def load_in_background() -> None:
    """Begin to import Great Expectations, which takes seconds, beside other work; waiting for it is no error."""
    Thread(target=import_module, args=["great_expectations"], daemon=True).start()


def run_expectations(
    database: Path, rules: Iterable[Rule], rows_by_relation: Mapping[str, int]
) -> tuple[CheckResult, ...]:
    """Run the rules over the relations of ``database`` that have rows, and return one result per rule.

    The file is open to others again afterwards. Raises ``NightHeldError`` where an expectation could not be run.
    """
    due = sorted((rule for rule in rules if rows_by_relation.get(relation_of(rule))), key=relation_of)
    if not due:
        return ()
    # Importing takes seconds and is only worth it where there are rows to check.
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # It tells thousands of lines about its own fields wherever somebody listens at level INFO, as Airflow does.
    for talker in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(talker).setLevel(logging.WARNING)

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql("gate", connection_string=connection_string(database))
    try:
        results: list[CheckResult] = []
        for relation, group in groupby(due, key=relation_of):
            results.extend(_run_suite(context, source, relation, tuple(group), rows_by_relation[relation]))
        return tuple(results)
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _run_suite(context: Any, source: Any, relation: str, rules: Sequence[Rule], rows: int) -> Iterable[CheckResult]:
    import great_expectations as gx

    asset = source.add_table_asset(relation, table_name=relation)
    suite = gx.ExpectationSuite(relation, expectations=[_expectation(rule, place) for place, rule in enumerate(rules)])
    definition = gx.ValidationDefinition(
        name=relation, data=asset.add_batch_definition_whole_table("all"), suite=context.suites.add(suite)
    )
    found = context.validation_definitions.add(definition).run(result_format=_RESULT_FORMAT).results
    by_place = {result.expectation_config.meta["place"]: result for result in found}
    for place, rule in enumerate(rules):
        yield _read_result(rule, by_place.get(place), rows)


def _expectation(rule: Rule, place: int) -> Any:
    from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
    from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    meta = {"place": place, "rule_id": rule.rule_id}
    if isinstance(rule.native, NotNull):
        return ExpectColumnValuesToNotBeNull(column=rule.native.column, meta=meta)
    if isinstance(rule.native, InSet):
        return ExpectColumnValuesToBeInSet(column=rule.native.column, value_set=list(rule.native.values), meta=meta)
    # Braces are the template's, a colon begins a parameter: both are escaped. Keys only, so that no value gets out.
    predicate = rule.predicate.replace("{", "{{").replace("}", "}}").replace(":", "\\:")
    return UnexpectedRowsExpectation(
        unexpected_rows_query=f"SELECT file_id FROM {{batch}} WHERE {predicate}", meta=meta
    )


def _read_result(rule: Rule, result: Any, rows: int) -> CheckResult:
    counted = None if result is None else result.result.get("unexpected_count", result.result.get("observed_value"))
    if counted is None or _raised(result.exception_info):
        raise NightHeldError(
            f"the check {rule.rule_id} of {rule.form_id or 'the files'} could not be run: nothing was published; "
            "this is a fault in the rule, not in the delivered files"
        )
    name = str(result.expectation_config.type)
    return CheckResult(rule, name, bool(result.success), rows, int(counted))


def _raised(exception_info: Mapping[str, Any]) -> bool:
    """Great Expectations gives one flag, or one per metric that failed."""
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(bool(info.get("raised_exception")) for info in exception_info.values())
