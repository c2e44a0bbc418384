"""Which cells of the ledger of both ends a unit has to answer for, and what is new of them since the last version.

A unit answers for a cell where its return speaks for a side of it and the other side counts otherwise, or where it has
sent one for the cell before and not for this month. Of each dispute the latest month counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import duckdb

from ingest.sql_text import sql_text

State = Literal["new", "changed", "standing"]
Cell = tuple[str, str, str]
COLUMNS: Final = (
    "period", "origin_code", "dest_code", "item", "standing", "cause", "disputed_since", "own", "other", "by_records",
    "by_records_unknown", "own_path", "own_sheet", "own_row_number",
    "smallest_other", "smallest_record",
)  # fmt: skip


@dataclass(frozen=True)
class Dispute:
    """One cell as one of its units sees it: its own count, and what the other side and the records have."""

    period: str
    origin_code: str
    dest_code: str
    item: str
    standing: str
    cause: str
    disputed_since: str
    own: int | None
    other: int | None
    by_records: int | None
    by_records_unknown: int | None
    own_path: str | None
    own_sheet: str | None
    own_row_number: int | None
    # the smallest count but nought of all items of the two places: what one withheld item leaves can tell it
    smallest_other: int | None
    smallest_record: int | None
    is_own_both: bool = False

    @property
    def cell(self) -> Cell:
        """What stays the same from month to month."""
        return self.origin_code, self.dest_code, self.item

    @property
    def said(self) -> tuple[object, ...]:
        """What makes it worth telling again."""
        return self.period, self.standing, self.cause, self.own, self.other


@dataclass
class Account:
    """What a unit is told: its open disputes, each with what is new of it, and those that are over."""

    unit_code: str
    open: list[tuple[Dispute, State]] = field(default_factory=list)
    over: list[Dispute] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        """Whether there is anything that the unit has not been told."""
        return bool(self.over) or any(state != "standing" for _, state in self.open)


# A side that has sent nothing for the month is the one that spoke for the cell last.
_DISPUTES: Final = """
    WITH cell AS (
        SELECT
            *,
            coalesce(origin_units, last_value(origin_units IGNORE NULLS) OVER every_month) AS asked_origin,
            coalesce(destination_units, last_value(destination_units IGNORE NULLS) OVER every_month) AS asked_dest
        FROM stats.od_ledger
        WINDOW every_month AS (
            PARTITION BY origin_code, dest_code, item ORDER BY period
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    ),
    sided AS (
        SELECT
            *, 'origin' AS side, asked_origin AS units, origin_units AS spoken, by_origin AS own,
            by_destination AS other, origin_file_id AS file_id, origin_sheet AS own_sheet,
            origin_row_number AS own_row_number
        FROM cell
        UNION ALL BY NAME
        SELECT
            *, 'destination' AS side, asked_dest AS units, destination_units AS spoken, by_destination AS own,
            by_origin AS other, destination_file_id AS file_id, destination_sheet AS own_sheet,
            destination_row_number AS own_row_number
        FROM cell
    ),
    asked AS (
        SELECT * EXCLUDE (path), unnest(string_split(units, '+')) AS unit_code, path AS own_path
        FROM (
            SELECT
                *,
                min(nullif(other, 0)) OVER alike AS smallest_other,
                min(nullif(by_records, 0)) OVER alike AS smallest_record
            FROM sided
            WINDOW alike AS (PARTITION BY side, period, origin_code, dest_code)
        )
        LEFT JOIN (SELECT file_id, path FROM ops.file) USING (file_id)
        WHERE is_current AND (standing = 'disputed' OR spoken IS NULL)
    )
    SELECT
        unit_code, {columns}, count(*) OVER (PARTITION BY unit_code, origin_code, dest_code, item) > 1 AS is_own_both
    FROM asked
    QUALIFY row_number() OVER (PARTITION BY unit_code, origin_code, dest_code, item ORDER BY side DESC) = 1
    ORDER BY unit_code, period DESC, origin_code, dest_code, item
"""


def accounts_of(database: Path, base: Path | None) -> list[Account]:
    """Return what each unit is to be told, with what is new since the published version ``base``."""
    now, before = _disputes(database), {} if base is None else _disputes(base)
    accounts = [
        _account(unit, now.get(unit, []), {each.cell: each for each in before.get(unit, [])})
        for unit in sorted({*now, *before})
    ]
    return [account for account in accounts if account.has_news]


def tells_current(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the version says which disputes are current; one published before there was a ledger does not."""
    found: int = connection.execute(
        "SELECT count(*) FROM duckdb_columns() "
        "WHERE schema_name = 'stats' AND table_name = 'od_ledger' AND column_name = 'is_current'"
    ).fetchall()[0][0]
    return found > 0


def _disputes(database: Path) -> Mapping[str, list[Dispute]]:
    """Return the open disputes of each unit; a version that does not say which are current has none."""
    found: dict[str, list[Dispute]] = {}
    with reading(database) as connection:
        if tells_current(connection):
            for unit, *values in connection.execute(_DISPUTES.format(columns=", ".join(COLUMNS))).fetchall():
                found.setdefault(str(unit), []).append(Dispute(*values))
    return found


@contextmanager
def reading(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a warehouse file beside readers of this process, whatever their settings."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {sql_text(database)} AS read_database (READ_ONLY); USE read_database")
        yield connection


def _account(unit: str, now: Iterable[Dispute], before: Mapping[Cell, Dispute]) -> Account:
    account = Account(unit)
    for each in now:
        earlier = before.get(each.cell)
        state: State = "new" if earlier is None else "standing" if earlier.said == each.said else "changed"
        account.open.append((each, state))
    still = {each.cell for each, _ in account.open}
    account.over = [each for cell, each in before.items() if cell not in still]
    return account
