"""Registers with a history, and the models that follow from them, made again by their own SQL without a dbt build."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from counting_site import COMPILED
from list_maker import Case, insert

OPEN_START = date(1949, 10, 1)
LEVELS = ("province", "city", "county", "township", "village")
ENDS = (2, 4, 6, 9, 12)
LINEAGE = (
    "int_division_key",
    "int_division_event",
    "int_division_span",
    "int_division_link",
    "int_division_descent",
    "int_division_lineage",
    "int_division_path",
)
PLACES_OF_DAYS = (*LINEAGE, "int_counting_place", "int_counting_home")


@dataclass(frozen=True)
class Division:
    """One row of a register; ancestors are read off the code."""

    code: str
    valid_from: date = OPEN_START
    valid_to: date | None = None
    name: str = ""

    @property
    def level(self) -> str:
        return LEVELS[sum(self.code[end:].strip("0") != "" for end in ENDS[:-1])]

    def chain(self) -> list[str | None]:
        """Return the code of each level, None below the own one."""
        depth = LEVELS.index(self.level)
        return [self.code[:end].ljust(12, "0") if at <= depth else None for at, end in enumerate(ENDS)]

    def row(self) -> tuple[object, ...]:
        """Return the row of raw.division."""
        name = self.name or self.code
        chain = self.chain()
        return (
            *(self.code, self.level, name, name, None, *chain, None, False, None),
            *(self.valid_from, self.valid_to),
        )


@dataclass(frozen=True)
class Change:
    """One row of raw.division_change."""

    from_code: str
    to_code: str
    change_date: date
    kind: str
    weight: float | None = None

    def row(self) -> tuple[object, ...]:
        """Return the row of raw.division_change."""
        basis = None if self.weight is None else "census"
        return (self.from_code, self.to_code, self.change_date, self.kind, self.weight, basis, "notice")


def copy_of(built: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a copy of what build_site made."""
    return duckdb.connect(str(shutil.copy(built / "popflow.duckdb", folder / "popflow.duckdb")))


class DivisionSite:
    """A built warehouse file whose register and lists a test can exchange."""

    def __init__(self, built: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Take an open copy of what build_site made in ``built``."""
        self.connection = connection
        self.compiled = json.loads((built / COMPILED).read_text(encoding="utf-8"))
        self.key_of = {model["name"]: key for key, model in self.compiled.items()}
        rows = self.rows("SELECT schema_name || '.' || table_name FROM duckdb_tables()")
        self.tables = {str(name) for (name,) in rows}

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, list(parameters)).fetchall()

    def register(self, divisions: Sequence[Division], changes: Sequence[Change]) -> None:
        """Put another register and its history in place of the one that stands."""
        given: tuple[tuple[str, Sequence[Division | Change]], ...] = (
            ("division", divisions),
            ("division_change", changes),
        )
        for table, rows in given:
            self.connection.execute(f"DELETE FROM raw.{table}")
            insert(self.connection, table, [row.row() for row in rows])
        self.make("division_change")

    def deliver(self, cases: Iterable[Case]) -> None:
        """Put other lists in place of those that stand."""
        for case in cases:
            for table, rows in case.tables.items():
                insert(self.connection, table, rows)

    def make(self, *names: str) -> None:
        """Make some tables again, in this order."""
        for name in names:
            model = self.compiled[self.key_of[name]]
            self.connection.execute(f"DELETE FROM {model['relation']}")
            self.connection.execute(f"INSERT INTO {model['relation']} BY NAME {model['query']}")

    def make_with_all_before(self, *names: str) -> None:
        """Make some tables again and everything they are made of, each after those it reads."""
        wanted: list[str] = []
        for name in names:
            self._add(self.key_of[name], wanted)
        self.make(*(self.compiled[key]["name"] for key in wanted if self._is_table(key)))

    def _add(self, key: str, wanted: list[str]) -> None:
        if key not in wanted and key in self.compiled:
            for read in self.compiled[key]["reads"]:
                self._add(read, wanted)
            wanted.append(key)

    def _is_table(self, key: str) -> bool:
        relation = str(self.compiled[key]["relation"]).replace('"', "")
        return relation.split(".", maxsplit=1)[-1] in self.tables


def spans(code: str, *days: date | None) -> Sequence[Division]:
    """Return rows of a code that began and ended on these days, in pairs; None: open at that end."""
    return [
        Division(code, first or OPEN_START, last) for first, last in zip(days[::2], (*days[1::2], None), strict=False)
    ]
