"""A vault that gets night after night of invented people, with all that a night does with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ingest.keys import SiteKey
from warehouse import vault
from warehouse.working_copy import SCHEMA_FILE

FORM, OTHER_FORM = "village_outflow", "labour_roster"
VILLAGE, OTHER_VILLAGE = "340124100001", "340124100002"
DAY = dt.date(2024, 10, 31)
BORN = dt.date(1990, 1, 1)


@dataclass(frozen=True)
class Person:
    """What a row says of whom: with a valid ``number``, or with what is ``written`` for one."""

    name: str | None = "欧阳安娜"
    number: str | None = None
    written: str | None = None
    birth: dt.date | None = BORN
    sex: str | None = "2"
    origin: str = "340124100001"
    phone: str | None = None
    dest: str = "330106000000"

    def columns(self) -> dict[str, Any]:
        return {
            "is_numbered": self.number is not None, "id_number": self.number, "number_written": self.written,
            "person_name": self.name, "phone": self.phone, "sex": self.sex, "birth_date": self.birth,
            "origin_code": self.origin, "origin_level": "village", "dest_code": self.dest, "dest_level": "county",
        }  # fmt: skip


class VaultSite:
    """The raw schema and the vault of a site, in memory and in a folder."""

    def __init__(self, folder: Path, key: SiteKey) -> None:
        self.folder, self.key = folder, key
        folder.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect()
        self.connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        self.segments: list[Path] = []
        self.nights = 0
        self.findings = 0

    def night(
        self,
        lists: Mapping[str, Sequence[Person]],
        form: str = FORM,
        unit: str = VILLAGE,
        day: dt.date = DAY,
        corrects: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    ) -> list[str]:
        """Take lists by their file id; ``corrects`` says of a slip which rows (file id, number) it replaces."""
        self.nights += 1
        night_id = f"20241101-{self.nights:02d}"
        self._gate(lists, form, unit, day, corrects or {}, night_id)
        anew = vault.is_other_model(self.connection)
        names = vault.admit(
            self.connection,
            key=self.key,
            night_id=night_id,
            new_segments=self.folder,
            live_segments=self.segments,
            everybody=anew,
        )
        self.segments += [self.folder / name for name in names]
        vault.link_people(self.connection, night_id, dt.datetime(2024, 11, 1), anew=anew)  # noqa: DTZ001
        self.findings = vault.ask_senders(self.connection, self.key, self.folder, (), ())
        return names

    def _gate(
        self,
        lists: Mapping[str, Sequence[Person]],
        form: str,
        unit: str,
        day: dt.date,
        corrects: Mapping[str, Sequence[tuple[str, int]]],
        night_id: str,
    ) -> None:
        self.connection.execute("""
            CREATE OR REPLACE TABLE gated_person AS
                SELECT * EXCLUDE person_key, ''::VARCHAR AS id_number, ''::VARCHAR AS number_written,
                    ''::VARCHAR AS person_name, ''::VARCHAR AS phone
                FROM raw.person_row LIMIT 0;
            CREATE OR REPLACE TABLE judged_again (file_id VARCHAR);
            CREATE OR REPLACE TABLE gated_returned AS
                SELECT *, ''::VARCHAR AS id_number, ''::VARCHAR AS person_name FROM raw.returned_row LIMIT 0;
        """)
        for file_id, people in lists.items():
            targets = corrects.get(file_id, ())
            self._insert("raw.file", {
                "file_id": file_id, "path": file_id, "sha256": file_id, "form_id": form, "unit_code": unit,
                "reported_on": day, "received_at": dt.datetime(2024, 11, 1), "night_id": night_id,  # noqa: DTZ001
                "status": "accepted", "rows_in": len(people), "rows_accepted": len(people), "rows_returned": 0,
                "rows_duplicate": 0, "corrects_file_id": targets[0][0] if targets else None,
            })  # fmt: skip
            for target, number in targets:
                row = {"file_id": target, "sheet": "1", "row_number": number, "by_file_id": file_id}
                self._insert("raw.correction", row)
            for number, person in enumerate(people, start=1):
                self._insert("gated_person", {
                    "file_id": file_id, "sheet": "1", "row_number": number, "form_id": form, "unit_code": unit,
                    "period": f"{day:%Y-%m}", "reported_on": day, "list_kind": "full", "side": "origin",
                    **person.columns(),
                })  # fmt: skip

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def keys(self, file_id: str) -> list[str]:
        """Return the rows' own keys of a file, in the order of its rows."""
        query = f"SELECT person_key FROM raw.person_row WHERE file_id = '{file_id}' ORDER BY row_number"
        return [key for (key,) in self.rows(query)]

    def person_of(self, file_id: str) -> list[str]:
        """Return the keys of the people of a file, as they are linked."""
        return [key for (key,) in self.rows(f"""
            SELECT coalesce(link.linked_key, row.person_key) FROM raw.person_row AS row
            LEFT JOIN raw.person_link AS link USING (person_key) WHERE file_id = '{file_id}' ORDER BY row_number
        """)]  # fmt: skip

    def asked(self, file_id: str) -> list[tuple[int, str]]:
        """Return what is asked about the rows of a file."""
        return self.rows(f"SELECT row_number, rule_id FROM raw.finding WHERE file_id = '{file_id}' ORDER BY ALL")
