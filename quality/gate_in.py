"""The gate in: decides, file by file and row by row, what of the landed lists may enter the warehouse.

The typed rows of a night stand in a throw-away DuckDB file. One SQL pass finds every failing row, then Great
Expectations runs the same rules over the same rows; where the two disagree on a single count the night is held. What
is accepted, returned or a duplicate is written to the gated folder, and for every file it adds up.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingest.errors import NightHeldError
from ingest.places import PlaceResolver
from quality.corrections import claim_rows, find_corrections
from quality.expectations import CheckResult, load_in_background, run_expectations
from quality.explained import settle_findings
from quality.failing import relation_of
from quality.findings import (
    counts_by_rule,
    find_failing_rows,
    judge_files,
    write_advice,
)
from quality.gated import write_check_results, write_gated
from quality.handed_on import make_handed_on
from quality.landed import decide_files, open_landed
from quality.places import PlaceReader, ResolverFactory, open_register
from quality.report_rows import make_report_rows
from quality.rules import all_rules
from quality.typed_rows import make_person_rows
from quality.versions import compare_versions, mark_rows

# What is more than this waits on disk, beside the throw-away file: a sheet of a million rows stays within 1.5 GB.
_WITHIN_MEMORY: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "768MB"}


@dataclass(frozen=True)
class GateInSummary:
    """What the gate decided, in counts."""

    files: int
    files_returned: int
    files_duplicate: int
    rows_in: int
    accepted: int
    returned: int
    duplicate: int
    findings: int
    expectations_run: int


def run_gate_in(
    work: Path,
    *,
    home_code: str,
    run_date: date,
    register: Path | str,
    pads: tuple[bytes, bytes],
    max_returned_share: float = 0.5,
    min_rows_for_share: int = 10,
    make_resolver: ResolverFactory = PlaceResolver,
    twice: bool = True,
) -> GateInSummary:
    """Judge everything landed in ``work`` and write ``work/gated``.

    ``pads`` are those of the site key for the purpose ``mark``. Only what is not loaded need not be checked ``twice``.
    ``register`` is a Parquet file with the columns of raw.division, a DuckDB file with that table, or a SELECT.
    Raises ``NightHeldError`` where the checks disagree, cannot be run, or a file's rows do not add up.
    """
    database, gated, rules = work / "gate.duckdb", work / "gated", all_rules()
    _remove(database)
    try:
        with duckdb.connect(str(database), config=_WITHIN_MEMORY) as connection:
            open_landed(connection, work)
            open_register(connection, register)
            find_corrections(connection)
            decide_files(connection, home_code, run_date)
            places = PlaceReader(connection, make_resolver)
            if twice and _count(connection, "delivered"):
                load_in_background()
            rows = {**make_person_rows(connection, places, run_date), **make_report_rows(connection, places)}
            make_handed_on(connection, rows)
            due = [rule for rule in rules if rule.relation == "file" or relation_of(rule) in rows]
            find_failing_rows(connection, due)
            mark_rows(connection, pads)
            claim_rows(connection)
            compare_versions(connection)
            judge_files(connection, due, max_returned_share, min_rows_for_share)
            found = counts_by_rule(connection)
            rows["judgement"] = _count(connection, "judgement")
        results = run_expectations(database, due, rows) if twice else ()
        hold_on_disagreement(results, found)
        with duckdb.connect(str(database), config=_WITHIN_MEMORY) as connection:
            write_advice(connection, rules)
            settle_findings(connection, pads)
            write_gated(connection, gated)
            summary = _summarise(connection, len(results))
        write_check_results(gated, results)
        return summary
    finally:
        _remove(database)


def hold_on_disagreement(results: Iterable[CheckResult], found: Mapping[tuple[str, str], int]) -> None:
    """Raise ``NightHeldError`` unless every expectation failed exactly the rows that the SQL pass found."""
    for result in results:
        rule = result.rule
        count = found.get((rule.form_id, rule.rule_id), 0)
        if result.unexpected != count or result.success != (count == 0):
            raise NightHeldError(
                f"the two checks of {rule.rule_id} of {rule.form_id or 'the files'} disagree "
                f"({result.unexpected} and {count} rows): nothing was published; this is a fault in the rule"
            )


def _summarise(connection: duckdb.DuckDBPyConnection, expectations_run: int) -> GateInSummary:
    counts = connection.execute("""
        SELECT
            count(*), count(*) FILTER (WHERE status = 'returned'), count(*) FILTER (WHERE status = 'duplicate'),
            coalesce(sum(rows_in), 0), coalesce(sum(rows_accepted), 0), coalesce(sum(rows_returned), 0),
            coalesce(sum(rows_duplicate), 0), (SELECT count(*) FROM finding)
        FROM judgement
    """).fetchall()[0]
    return GateInSummary(*(int(count) for count in (*counts, expectations_run)))


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _remove(database: Path) -> None:
    shutil.rmtree(database.with_name(database.name + ".tmp"), ignore_errors=True)
    for path in (database, database.with_name(database.name + ".wal")):
        path.unlink(missing_ok=True)
