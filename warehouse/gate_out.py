"""The gate out: decides whether the built working copy may be published.

It judges by the dbt tests (which look at the built tables) and by the checks declared here, which compare the night
with what the gate in handed over and with the version published before. Every result is kept in the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.errors import NightHeldError
from ingest.sql_text import sql_text
from warehouse.checks import CheckResult
from warehouse.stock import stock_totals

GATE = "out"
CAUSES_SHOWN = 5
# Where fewer links than this share are right, estimated on at least so many people, somebody should look.
MIN_LINK_PRECISION = 0.99
MIN_HIDDEN = 200


@dataclass(frozen=True)
class Thresholds:
    """How far a night may fall behind yesterday before somebody must look at it."""

    max_stock_fall: float = 0.5
    min_stock_compared: int = 100


@dataclass(frozen=True)
class Check:
    """One check as a query that gives (evaluated, unexpected); unexpected rows above zero fail it.

    A check that ``compares`` reads the version published before, attached as ``base``.
    """

    check_id: str
    subject: str
    query: str
    says: str
    compares: bool = False


CHECKS = (
    Check(
        check_id="file_rows_are_loaded",
        subject="raw.file",
        says="files of this night whose accepted or returned rows did not all arrive",
        query="""
            WITH arrived AS (
                SELECT file_id, 'accepted' AS kind FROM raw.person_row
                UNION ALL
                SELECT file_id, 'accepted' FROM (SELECT DISTINCT file_id, sheet, row_number FROM raw.report_cell)
                UNION ALL
                SELECT file_id, 'returned' FROM raw.returned_row
            ),
            loaded AS (
                SELECT file_id, count(*) FILTER (WHERE kind = 'accepted') AS accepted,
                    count(*) FILTER (WHERE kind = 'returned') AS returned
                FROM arrived GROUP BY file_id
            )
            SELECT count(*), count(*) FILTER (
                WHERE file.rows_in <> file.rows_accepted + file.rows_returned + file.rows_duplicate
                    OR coalesce(loaded.accepted, 0) <> file.rows_accepted
                    OR (file.status <> 'returned' AND coalesce(loaded.returned, 0) <> file.rows_returned)
            )
            FROM raw.file AS file LEFT JOIN loaded USING (file_id)
            WHERE file.night_id = $night
        """,
    ),
    Check(
        check_id="no_file_is_lost",
        subject="raw.file",
        says="files that the published version has and this night has not",
        compares=True,
        query="""
            SELECT count(*), count(*) FILTER (
                WHERE now.file_id IS NULL OR (before.status <> 'returned' AND now.rows_in <> before.rows_in)
            )
            FROM base.raw.file AS before LEFT JOIN raw.file AS now USING (file_id)
        """,
    ),
    Check(
        check_id="no_row_is_lost",
        subject="raw.person_row",
        says="files of earlier nights whose rows are no longer as many as published",
        compares=True,
        query="""
            SELECT count(*), count(*) FILTER (WHERE coalesce(now.rows, 0) <> before.rows)
            FROM (SELECT file_id, count(*) AS rows FROM base.raw.person_row GROUP BY file_id) AS before
            LEFT JOIN (SELECT file_id, count(*) AS rows FROM raw.person_row GROUP BY file_id) AS now USING (file_id)
        """,
    ),
    Check(
        check_id="register_is_published",
        subject="ref.division",
        says="divisions of the register that were not published",
        query="""
            SELECT count(*), count(*) FILTER (WHERE published.code IS NULL) + (count(*) = 0)::INTEGER
            FROM raw.division AS register LEFT JOIN (SELECT DISTINCT code FROM ref.division) AS published USING (code)
        """,
    ),
    Check(
        check_id="register_did_not_shrink",
        subject="ref.division",
        says="divisions that the published register has and this one has not",
        compares=True,
        query="""
            SELECT count(*), count(*) FILTER (WHERE now.code IS NULL)
            FROM (SELECT DISTINCT code FROM base.raw.division) AS before
            LEFT JOIN (SELECT DISTINCT code FROM raw.division) AS now USING (code)
        """,
    ),
    Check(
        check_id="definitions_are_published",
        subject="ref.definition",
        says="the table of definitions is empty",
        query="SELECT count(*), (count(*) = 0)::INTEGER FROM ref.definition",
    ),
)


# The one check that is no query: it reads two versions.
STOCK_CHECK_ID = "stock_did_not_collapse"


def judge(database: Path, base: Path | None, night_id: str, thresholds: Thresholds) -> list[CheckResult]:
    """Run every check on the built working copy; those that compare are left out on the first night."""
    with duckdb.connect(str(database), read_only=True) as connection:
        if base is not None:
            connection.execute(f"ATTACH {sql_text(base)} AS base (READ_ONLY)")
        results = [_run(connection, check, night_id) for check in CHECKS if base is not None or not check.compares]
        results += _judge_linking(connection, night_id)
    if base is not None:
        results.append(_compare_stock(base, database, thresholds))
    return results


def _run(connection: duckdb.DuckDBPyConnection, check: Check, night_id: str) -> CheckResult:
    asked = {"night": night_id} if "$night" in check.query else {}
    evaluated, unexpected = connection.execute(check.query, asked).fetchall()[0]
    return _result(check.check_id, check.subject, evaluated, unexpected, check.says)


def _judge_linking(connection: duckdb.DuckDBPyConnection, night_id: str) -> list[CheckResult]:
    """Say whether links were right often enough on people whose numbers were hidden, where the night tried enough."""
    hidden, right, wrong = connection.execute(
        "SELECT coalesce(sum(hidden), 0)::BIGINT, coalesce(sum(linked_right), 0)::BIGINT, "
        "coalesce(sum(linked_wrong), 0)::BIGINT FROM raw.linkage_quality WHERE night_id = $night",
        {"night": night_id},
    ).fetchall()[0]
    if hidden < MIN_HIDDEN:
        return []
    is_precise = right >= MIN_LINK_PRECISION * (right + wrong)
    says = f"of {right + wrong:,} people linked without their number {wrong:,} were linked to somebody else"
    return [
        CheckResult(
            check_id="links_are_right",
            subject="raw.linkage_quality",
            severity="warn",
            success=is_precise,
            evaluated=right + wrong,
            unexpected=0 if is_precise else wrong,
            detail="" if is_precise else says,
        )
    ]


def _compare_stock(base: Path, database: Path, thresholds: Thresholds) -> CheckResult:
    """Compare the newest totals of yesterday with the same ones of today."""
    before = stock_totals(base)
    now = stock_totals(database, sorted({as_of for as_of, _, _ in before}))
    fallen = [
        key
        for key, persons in before.items()
        if persons >= thresholds.min_stock_compared and now.get(key, 0) < persons * (1 - thresholds.max_stock_fall)
    ]
    says = "totals (date, definition, direction) fell by more than the share allowed since yesterday"
    if fallen:
        as_of, definition, direction = fallen[0]
        key = fallen[0]
        says += f", for example {definition} {direction} of {as_of} from {before[key]:,} to {now.get(key, 0):,}"
    return _result(STOCK_CHECK_ID, "stats.stock", len(before), len(fallen), says)


def _result(check_id: str, subject: str, evaluated: int, unexpected: int, says: str) -> CheckResult:
    return CheckResult(
        check_id=check_id,
        subject=subject,
        severity="error",
        success=not unexpected,
        evaluated=evaluated,
        unexpected=unexpected,
        detail=f"{unexpected} {says}" if unexpected else "",
    )


def store(database: Path, night_id: str, results: Iterable[CheckResult]) -> None:
    """Write the night's results into the working copy, also into the table readers see.

    dbt has built that table before the results were known, so it is filled again from its own source.
    """
    columns = ("check_id", "subject", "severity", "success", "evaluated", "unexpected", "detail")
    rows = [(night_id, GATE, *(getattr(each, column) for column in columns)) for each in results]
    with duckdb.connect(str(database)) as connection:
        connection.execute("BEGIN")
        connection.execute(
            "DELETE FROM raw.check_result WHERE night_id = $night AND gate = $gate", {"night": night_id, "gate": GATE}
        )
        connection.executemany("INSERT INTO raw.check_result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("DELETE FROM ops.check_result")
        connection.execute("INSERT INTO ops.check_result BY NAME SELECT * FROM raw.check_result")
        connection.execute("COMMIT")


def hold_on_failure(results: Iterable[CheckResult]) -> None:
    """Raise ``NightHeldError`` with one line per cause where a critical check failed."""
    causes = [each.sentence for each in results if each.holds]
    if causes:
        more = f"; and {len(causes) - CAUSES_SHOWN} more" if len(causes) > CAUSES_SHOWN else ""
        raise NightHeldError(f"the night is held, yesterday stays published: {'; '.join(causes[:CAUSES_SHOWN])}{more}")
