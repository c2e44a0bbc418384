"""What a slip is made of: the delivered file, its findings, and where in its sheets the columns of its tables are.

All three come from the Parquet files of the night. A finding names its field where the gate knows it, else the headings
of its columns as the sender wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from ingest.sql_text import sql_text

FETCH_ROWS: Final = 10_000

_DELIVERY: Final = {
    "file_id": "VARCHAR",
    "path": "VARCHAR",
    "unit_code": "VARCHAR",
    "period": "VARCHAR",
    "status": "VARCHAR",
    "rows_in": "BIGINT",
    "rows_accepted": "BIGINT",
    "rows_returned": "BIGINT",
    "rows_duplicate": "BIGINT",
    "sha256": "VARCHAR",
    "format": "VARCHAR",
}
_FINDING: Final = {
    "file_id": "VARCHAR",
    "sheet": "VARCHAR",
    "row_number": "BIGINT",
    "column_name": "VARCHAR",
    "field": "VARCHAR",
    "rule_id": "VARCHAR",
    "severity": "VARCHAR",
    "value_shown": "VARCHAR",
    "advice_zh": "VARCHAR",
    "suggestion": "VARCHAR",
    "status": "VARCHAR",
}
_LANDED_FILE: Final = {"file_id": "VARCHAR", "format": "VARCHAR"}
_COLUMN: Final = {
    "file_id": "VARCHAR",
    "sheet": "VARCHAR",
    "heading": "VARCHAR",
    "field": "VARCHAR",
    "position": "BIGINT",
    "first_row": "BIGINT",
    "last_row": "BIGINT",
}

# A file whose findings are all explained has nothing to mend and gets no slip.
_FINDINGS = """
SELECT
    file.file_id, file.path, file.unit_code, unit.name, file.period, file.status,
    file.rows_in, file.rows_accepted, file.rows_returned, file.rows_duplicate,
    file.sha256, coalesce(file.format, landed.format),
    finding.sheet, finding.row_number, finding.column_name, finding.field, finding.severity,
    finding.value_shown, finding.advice_zh, finding.suggestion, coalesce(finding.status = 'explained', false)
FROM finding
INNER JOIN file USING (file_id)
LEFT JOIN (SELECT file_id, max(format) AS format FROM landed_file GROUP BY file_id) AS landed USING (file_id)
LEFT JOIN unit ON unit.code = file.unit_code
WHERE file_id IN (SELECT file_id FROM finding WHERE status IS DISTINCT FROM 'explained')
ORDER BY
    file.path, file.file_id, finding.row_number IS NOT NULL, finding.sheet, finding.row_number,
    CASE finding.severity WHEN 'error' THEN 1 WHEN 'query' THEN 2 ELSE 3 END,
    finding.column_name, finding.rule_id, finding.value_shown
"""
_COLUMNS = """
SELECT file_id, coalesce(sheet, ''), heading, field, position, first_row, last_row FROM landed_column
WHERE
    file_id IN (SELECT file_id FROM finding)
    AND position IS NOT NULL AND first_row IS NOT NULL AND last_row IS NOT NULL
ORDER BY file_id, sheet, first_row, position
"""


class Delivery(NamedTuple):
    """The file a slip answers."""

    file_id: str
    path: str
    unit_code: str | None
    unit_name: str | None
    period: str | None
    status: str
    rows_in: int
    rows_accepted: int
    rows_returned: int
    rows_duplicate: int
    sha256: str
    format: str | None


class Finding(NamedTuple):
    """One thing that is wrong, or to be asked, or to be known."""

    sheet: str | None
    row_number: int | None
    column_name: str | None
    field: str | None
    severity: str
    value_shown: str | None
    advice: str
    suggestion: str | None
    is_explained: bool


class TableColumn(NamedTuple):
    """A column of a table: its place in the sheet (columns from 0, rows from 1, both ends included)."""

    sheet: str
    heading: str | None
    field: str | None
    position: int
    first_row: int
    last_row: int


class NightFindings:
    """Reads what the night's slips are made of."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, work: Path) -> None:
        self._connection = connection
        gated, landed = work / "gated", work / "landed"
        self._view("finding", sorted(gated.glob("*finding.parquet")), _FINDING)  # the gate's and the vault's
        self._view("file", [gated / "file.parquet"], _DELIVERY)
        self._view("landed_file", sorted(landed.glob("*/file.parquet")), _LANDED_FILE)
        self._view("landed_column", sorted(landed.glob("*/column.parquet")), _COLUMN)
        self._read_units(work / "units.parquet")

    def by_file(self) -> Iterator[tuple[Delivery, list[Finding]]]:
        """Return every file that has open findings, with all its findings in order."""
        width = len(Delivery._fields)
        reader = self._connection.cursor().execute(_FINDINGS)
        for head, group in groupby(_rows(reader), key=lambda row: row[:width]):
            yield Delivery._make(head), [Finding._make(row[width:]) for row in group]

    def columns(self, file_id: str) -> list[TableColumn]:
        """Return the columns of a file's tables."""
        return self._columns.get(file_id, [])

    @cached_property
    def _columns(self) -> dict[str, list[TableColumn]]:
        """The columns of all tables with findings; asking for each file alone takes longer than writing its slip."""
        rows = self._connection.cursor().execute(_COLUMNS).fetchall()
        by_file = groupby(rows, key=lambda row: row[0])
        return {file_id: [TableColumn._make(row[1:]) for row in group] for file_id, group in by_file}

    def _read_units(self, units: Path) -> None:
        self._connection.execute("CREATE TABLE unit (code VARCHAR, name VARCHAR)")
        if units.exists():
            self._connection.execute(
                "INSERT INTO unit SELECT code, max(full_name) FROM read_parquet(?) GROUP BY code", [str(units)]
            )

    def _view(self, name: str, files: list[Path], columns: Mapping[str, str]) -> None:
        """Make a view with exactly these columns; a column that a file does not have is empty."""
        declared = ", ".join(f"CAST(NULL AS {sql_type}) AS {column}" for column, sql_type in columns.items())
        source = f"SELECT {declared} WHERE false"
        if files:
            listed = ", ".join(map(sql_text, files))
            source += f" UNION ALL BY NAME SELECT * FROM read_parquet([{listed}], union_by_name = true)"
        self._connection.execute(f"CREATE VIEW {name} AS SELECT {', '.join(columns)} FROM ({source})")


def _rows(reader: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := reader.fetchmany(FETCH_ROWS):
        yield from rows
