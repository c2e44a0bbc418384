"""A built warehouse file in which a test exchanges the returns: the ledger is made again by the models' own SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from counting_site import CountingSite
from ledger_world import level_of
from naive.ledger import Count, Key, Pair, Place, Row

_TABLES = (
    *("int_current_file", "int_od_place", "int_od_return", "int_od_sender", "int_od_cell", "int_od_account"),
    *("int_od_records", "int_od_dispute", "int_od_age", "od_ledger"),
)
LAWS = ("ledger_has_every_cell_once", "ledger_cells_do_not_overlap", "ledger_returns_speak_for_a_side")


class OnRecord(NamedTuple):
    """Whom the records have in a row of the ledger."""

    persons: int | None
    unknown: int | None
    day: date


class LedgerSite(CountingSite):
    """The ledger of returns that a test makes up, and of the people that it counts; without any it knows nobody."""

    def __init__(self, built: Path, folder: Path, places: Sequence[Place] = ()) -> None:
        """Open a copy of the built file, with a register of the places of invented returns where those are given."""
        super().__init__(built, folder)
        run = self.connection.execute
        run("DELETE FROM intermediate.int_counting_stay; DELETE FROM intermediate.int_counting_interval")
        if not places:
            return
        run("DELETE FROM raw.division")
        self.connection.executemany(
            "INSERT INTO raw.division (code, level, name, full_name, province_code, city_code, county_code, "
            "township_code, is_virtual, valid_from) VALUES ($1, $2, $1, $1, $3, $4, $5, $6, false, DATE '2000-01-01')",
            [[place[-1], level_of(place), *_ancestors(place)] for place in places],
        )

    def make(self, counts: Iterable[Count], cut: Iterable[Count] = ()) -> dict[Key, Row]:
        """Make the ledger of these counts and return it; of the returns with those of ``cut`` a row went back."""
        listed = list(counts)
        run = self.connection.execute
        for table in ("file", "report_cell", "correction", "returned_row"):
            run(f"DELETE FROM raw.{table}")
        self.connection.register(
            "told",
            pa.table(
                {
                    "file_id": [_file_of(each) for each in listed],
                    "sheet": [each.sheet for each in listed],
                    "unit_code": [each.unit[-1] for each in listed],
                    "period": [each.period for each in listed],
                    "item": [each.item for each in listed],
                    "origin_code": [each.pair.origin[-1] for each in listed],
                    "dest_code": [each.pair.dest[-1] for each in listed],
                    "persons": [each.persons for each in listed],
                    "reported_on": [each.reported_on for each in listed],
                }
            ),
        )
        run(_FILES)
        run(_CELLS)
        self.connection.unregister("told")
        for each in cut:
            values = [_file_of(each), each.unit[-1], each.period, each.reported_on]
            run("INSERT INTO raw.returned_row VALUES ($1, '', 1, 'od_return', $2, $3, $4, false)", values)
        for name in _TABLES:
            relation, query = self.models[name]
            run(f"DELETE FROM {relation}")
            run(f"INSERT INTO {relation} BY NAME {query}")
        return self.ledger()

    def ledger(self) -> dict[Key, Row]:
        """Return the ledger as it stands."""
        found = self.connection.execute(
            "SELECT period, origin.path, dest.path, item, by_origin, by_destination, standing, cause, disputed_since, "
            "is_open, is_current FROM stats.od_ledger "
            "JOIN intermediate.int_od_place AS origin ON origin.code = origin_code "
            "JOIN intermediate.int_od_place AS dest ON dest.code = dest_code ORDER BY ALL"
        ).fetchall()
        return {
            Key(period, Pair(tuple(origin.split("/")), tuple(dest.split("/"))), item): Row(*values)
            for period, origin, dest, item, *values in found
        }

    def on_record(self) -> dict[Key, OnRecord]:
        """Return whom the records have in each row of the ledger, and on which day."""
        found = self.connection.execute(
            "SELECT period, origin.path, dest.path, item, by_records, by_records_unknown, records_on "
            "FROM stats.od_ledger JOIN intermediate.int_od_place AS origin ON origin.code = origin_code "
            "JOIN intermediate.int_od_place AS dest ON dest.code = dest_code"
        ).fetchall()
        return {
            Key(period, Pair(tuple(origin.split("/")), tuple(dest.split("/"))), item): OnRecord(*values)
            for period, origin, dest, item, *values in found
        }

    def broken_laws(self) -> dict[str, int]:
        """Count the rows that the data tests of the ledger find."""
        found = {name: len(self.connection.execute(self.models[name][1]).fetchall()) for name in LAWS}
        return {name: count for name, count in found.items() if count}


_FILES = """
    INSERT INTO raw.file BY NAME
    SELECT DISTINCT
        file_id, file_id AS path, file_id AS sha256, 'od_return' AS form_id, unit_code, period,
        reported_on, 'full' AS list_kind, TIMESTAMP '2024-11-01' AS received_at,
        'night' AS night_id, 'accepted' AS status, 1 AS rows_in, 1 AS rows_accepted, 0 AS rows_returned,
        0 AS rows_duplicate
    FROM told
"""
_CELLS = """
    INSERT INTO raw.report_cell BY NAME
    SELECT
        *, row_number() OVER () AS row_number, 'od_return' AS form_id, unit_code AS cell_unit_code
    FROM told
"""


def _file_of(count: Count) -> str:
    return f"{count.unit[-1]}-{count.period}-{count.sheet}"


def _ancestors(place: Place) -> list[str | None]:
    """Fill a place's codes into the columns of their levels."""
    levels = {level_of(place[: depth + 1]): place[depth] for depth in range(len(place))}
    return [levels.get(level) for level in ("province", "city", "county", "township")]
