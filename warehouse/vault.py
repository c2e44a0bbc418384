"""The vault: the only place that has names, numbers and phones.

A night hands its gated rows in here and gets pseudonymous rows back; the identities are written as sealed, immutable
segments. Which segments are live is said by the manifest of the published snapshot alone, so the vault changes with the
warehouse or not at all. Identities are never written to disk unsealed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.identity import written_number
from ingest.keys import SiteKey, hmac_expression
from warehouse.disk import sync_file
from warehouse.folders import make_private
from warehouse.working_copy import raw_columns

PURPOSE = "vault"
# One sealed piece stays far below the 2 GiB that AES-GCM takes at once.
SEGMENT_ROWS = 2_000_000
BATCH_ROWS = 100_000

_PERSON_KEY = hmac_expression("id_number")

# Clerks put spaces into short names to line them up.
_FOLDED_NAME = r"nullif(regexp_replace(person_name, '[\s\p{Z}]', '', 'g'), '')"
_FOLDED_NUMBER = written_number("id_number")

_IDENTITIES = f"""
    SELECT 'listed' AS kind, file_id, sheet, row_number, form_id, unit_code, {_PERSON_KEY} AS person_key,
           id_number, person_name, phone
    FROM gated_person
    UNION ALL
    SELECT 'returned', file_id, sheet, row_number, form_id, unit_code, NULL, id_number, person_name, NULL
    FROM gated_returned
    ORDER BY file_id, sheet, row_number
"""

# Readable leading characters of a damaged number that are enough to recognise a person of the same unit,
# with a (different) name beside them and without one.
_LEAD_WITH_NAME = 14
_LEAD_WITHOUT_NAME = 6
# A number with a few wrong characters: nearly of full length, and at most two slips of the pen away.
_SLIP_LENGTHS = "16 AND 19"
_SLIPS = 2

_READ_RETURNED = f"""
    CREATE OR REPLACE TEMP TABLE returned_reading AS
    SELECT file_id, sheet, row_number, form_id, unit_code, name, number,
           regexp_extract(number, '^[0-9]{{6,}}X?') AS lead,
           CASE WHEN regexp_full_match(number, '[0-9]{{15}}') THEN left(number, 6) || '19' || substr(number, 7) END
               AS old_number
    FROM (SELECT *, {_FOLDED_NAME} AS name, {_FOLDED_NUMBER} AS number FROM vault_returned)
"""

_MATCH = f"""
    INSERT INTO raw.returned_match
    SELECT DISTINCT returned.file_id, returned.sheet, returned.row_number, listed.person_key
    FROM returned_reading AS returned
    JOIN vault_listed AS listed USING (form_id, unit_code)
    WHERE returned.name = listed.name
        OR (
            length(returned.lead)
                >= CASE WHEN returned.name IS NULL THEN {_LEAD_WITHOUT_NAME} ELSE {_LEAD_WITH_NAME} END
            AND starts_with(listed.id_number, returned.lead)
        )
        OR starts_with(listed.id_number, returned.old_number)
        OR (
            length(returned.number) BETWEEN {_SLIP_LENGTHS}
            AND damerau_levenshtein(listed.id_number, returned.number) <= {_SLIPS}
        )
    ORDER BY ALL
"""


def admit(
    connection: duckdb.DuckDBPyConnection,
    *,
    key: SiteKey,
    night_id: str,
    new_segments: Path,
    live_segments: Sequence[Path],
) -> list[str]:
    """Turn gated rows into pseudonymous raw rows and seal their identities; return the new segments' names.

    Reads the relations ``gated_person`` and ``gated_returned`` of ``connection``, and raw.correction as it is after
    this night; fills raw.person_row, raw.returned_row and raw.returned_match. The matches of every form and unit
    touched are made anew from all the vault knows, so they do not depend on the order in which files arrive.
    """
    inner, outer = key.pads("pseudonym")
    pads = {"inner": inner, "outer": outer}
    _insert_person_rows(connection, pads)
    _insert_returned_rows(connection)
    names = _seal_identities(connection, pads, key, night_id, new_segments)
    _match_returned_rows(connection, key, [*live_segments, *(new_segments / name for name in names)])
    return names


def _insert_person_rows(connection: duckdb.DuckDBPyConnection, pads: dict[str, bytes]) -> None:
    columns = ", ".join(raw_columns(connection, "person_row"))
    values = columns.replace("person_key", f"{_PERSON_KEY} AS person_key")
    connection.execute(
        f"INSERT INTO raw.person_row ({columns}) SELECT {values} FROM gated_person ORDER BY file_id, sheet, row_number",
        pads,
    )


def _insert_returned_rows(connection: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(raw_columns(connection, "returned_row"))
    connection.execute(
        f"INSERT INTO raw.returned_row ({columns}) SELECT {columns} FROM gated_returned "
        "ORDER BY file_id, sheet, row_number"
    )


def _seal_identities(
    connection: duckdb.DuckDBPyConnection, pads: dict[str, bytes], key: SiteKey, night_id: str, folder: Path
) -> list[str]:
    make_private(folder)
    names = []
    reader = connection.sql(_IDENTITIES, params=pads).to_arrow_reader(BATCH_ROWS)
    for number, table in enumerate(_pieces(reader), start=1):
        name = f"{night_id}-{number:02d}.sealed"
        content = io.BytesIO()
        pq.write_table(table, content, compression="zstd")
        path = folder / name
        path.write_bytes(key.seal(content.getvalue(), PURPOSE))
        path.chmod(0o600)
        sync_file(path)
        names.append(name)
    return names


def _pieces(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in reader:
        held.append(batch)
        if sum(each.num_rows for each in held) >= SEGMENT_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if sum(each.num_rows for each in held):
        yield pa.Table.from_batches(held)


def read_segment(path: Path, key: SiteKey, units: Sequence[str] | None = None) -> pa.Table:
    """Open one sealed segment in memory, keeping only the rows of the units asked for."""
    content = pa.BufferReader(key.unseal(path.read_bytes(), PURPOSE))
    return pq.read_table(content, filters=None if units is None else [("unit_code", "in", list(units))])


def _match_returned_rows(connection: duckdb.DuckDBPyConnection, key: SiteKey, segments: Sequence[Path]) -> None:
    _forget_replaced(connection)
    units = _touch(connection)
    if not units:
        return
    _forget_matches(connection)
    _collect(connection, key, segments, units)
    connection.execute(_READ_RETURNED)
    connection.execute(_MATCH)
    for table in ("returned_reading", "vault_returned", "vault_listed", "touched"):
        connection.execute(f"DROP TABLE {table}")


def _touch(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Note the forms and units that gained rows tonight and have returned rows; say which units they are."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT form_id, unit_code FROM (FROM gated_person UNION ALL BY NAME FROM gated_returned)
        INTERSECT
        SELECT form_id, unit_code FROM raw.returned_row
    """)
    return [unit for (unit,) in connection.execute("SELECT DISTINCT unit_code FROM touched").fetchall()]


def _forget_matches(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        DELETE FROM raw.returned_match WHERE file_id IN (
            SELECT file_id FROM raw.returned_row SEMI JOIN touched USING (form_id, unit_code)
        )
    """)


def _forget_replaced(connection: duckdb.DuckDBPyConnection) -> None:
    """A row that a corrected slip has replaced is nobody's any more, whatever unit the slip is of."""
    connection.execute("""
        DELETE FROM raw.returned_match AS match WHERE EXISTS (
            FROM raw.correction AS correction
            WHERE correction.file_id = match.file_id AND correction.sheet = match.sheet
                AND correction.row_number = match.row_number
        )
    """)


def _collect(
    connection: duckdb.DuckDBPyConnection, key: SiteKey, segments: Sequence[Path], units: Sequence[str]
) -> None:
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE vault_listed (
            form_id VARCHAR, unit_code VARCHAR, person_key VARCHAR, id_number VARCHAR, name VARCHAR
        );
        CREATE OR REPLACE TEMP TABLE vault_returned (
            file_id VARCHAR, sheet VARCHAR, row_number BIGINT, form_id VARCHAR, unit_code VARCHAR,
            id_number VARCHAR, person_name VARCHAR
        );
    """)
    for segment in segments:
        # Handed over as Arrow and not as a Parquet file: a file would put identities on the disk unsealed.
        connection.register("segment", read_segment(segment, key, units))
        connection.execute(f"""
            INSERT INTO vault_listed
            SELECT DISTINCT form_id, unit_code, person_key, id_number, {_FOLDED_NAME}
            FROM segment SEMI JOIN touched USING (form_id, unit_code) WHERE kind = 'listed'
        """)
        connection.execute("""
            INSERT INTO vault_returned
            SELECT file_id, sheet, row_number, form_id, unit_code, id_number, person_name
            FROM segment SEMI JOIN touched USING (form_id, unit_code)
            SEMI JOIN raw.returned_row USING (file_id, sheet, row_number) -- a file judged again may have fewer
            ANTI JOIN raw.correction USING (file_id, sheet, row_number)
            WHERE kind = 'returned'
        """)
        connection.unregister("segment")
