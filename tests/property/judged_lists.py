"""Many lists delivered in one night: landed and judged together, and what came of each, put so that it compares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow.parquet as pq

from ingest.keys import SiteKey
from ingest.landing import InboxFile, LandingContext, land_batch
from ingest.register import SHIPPED_REGISTER, register_query
from quality.gate_in import run_gate_in

HOME: Final = "340124000000"
RUN_DATE: Final = date(2024, 11, 15)
KEY: Final = SiteKey(b"k" * 32)
# What tells lists apart that say the same.
_OF_THE_LIST: Final = frozenset({"file_id", "sheet", "row_number", "unit_code", "period", "reported_on", "side"})

Record = dict[str, Any]
Said = frozenset[tuple[str, str]]


@dataclass
class Outcome:
    """What came of one file: its record, what its accepted rows say, and what was found, by row number."""

    file: Record
    landed: Record
    accepted: dict[int, Said] = field(default_factory=dict)
    returned: set[int] = field(default_factory=set)
    findings: dict[int | None, set[str]] = field(default_factory=lambda: defaultdict(set))
    fields: dict[int, str | None] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[object, ...]:
        """Form, unit, month, day and kind of the list."""
        return tuple(self.file[name] for name in ("form_id", "unit_code", "period", "reported_on", "list_kind"))

    @property
    def balances(self) -> bool:
        """Law 1."""
        return bool(
            self.file["rows_in"] == sum(self.file[f"rows_{name}"] for name in ("accepted", "returned", "duplicate"))
        )


def prepare_register(work: Path) -> Path:
    """Write the divisions of the home county, which is all of the register that landing asks about."""
    work.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM ({register_query(SHIPPED_REGISTER)}) WHERE starts_with(code, '{HOME[:6]}')) "
            f"TO '{work / 'units.parquet'}' (FORMAT parquet)"
        )
    return work / "units.parquet"


def judge(work: Path, files: Mapping[str, bytes], tokens: Mapping[str, Mapping[str, str]]) -> dict[str, Outcome]:
    """Deliver files by path in one night; texts of a path's ``tokens`` go by their names in what is returned."""
    inbox = work / "inbox"
    for path, content in files.items():
        (inbox / path).parent.mkdir(parents=True, exist_ok=True)
        (inbox / path).write_bytes(content)
    context = LandingContext(HOME, work / "units.parquet", work / "known_file.parquet", work / "originals", KEY)
    land_batch([InboxFile(inbox / path, path) for path in files], work / "landed" / "0", context)
    register = register_query(SHIPPED_REGISTER)
    run_gate_in(work, home_code=HOME, run_date=RUN_DATE, register=register, pads=KEY.pads("mark"), twice=False)
    return _outcomes(work, tokens)


def _outcomes(work: Path, tokens: Mapping[str, Mapping[str, str]]) -> dict[str, Outcome]:
    landed = {row["file_id"]: row for row in _rows(work / "landed" / "0" / "file.parquet")}
    gated = work / "gated"
    found = {row["file_id"]: Outcome(row, landed[row["file_id"]]) for row in _rows(gated / "file.parquet")}
    said: dict[tuple[str, int], set[tuple[str, str]]] = defaultdict(set)
    for row in _rows(gated / "person_row.parquet"):
        said[row["file_id"], row["row_number"]] |= _values(row, tokens[found[row["file_id"]].file["path"]])
    for row in _rows(gated / "person_value.parquet"):
        name = f"{row['field']} {row['code']}" if row["code"] else row["field"]
        value = row["code"] or row["number"] or f"{row['day_from']}..{row['day_to']}"
        said[row["file_id"], row["row_number"]].add((name, str(value)))
    for row in _rows(gated / "report_cell.parquet"):
        about = _values({**row, "item": None, "persons": None}, tokens[found[row["file_id"]].file["path"]])
        said[row["file_id"], row["row_number"]] |= {*about, (row["item"], str(row["persons"]))}
    for (file_id, row_number), values in said.items():
        found[file_id].accepted[row_number] = frozenset(values)
    for row in _rows(gated / "returned_row.parquet"):
        found[row["file_id"]].returned.add(row["row_number"])
    for row in _rows(gated / "finding.parquet"):
        found[row["file_id"]].findings[row["row_number"]].add(row["rule_id"])
    for row in _rows(work / "landed" / "0" / "column.parquet"):
        found[row["file_id"]].fields[row["position"]] = row["field"]
    return {outcome.file["path"]: outcome for outcome in found.values()}


def _values(row: Record, tokens: Mapping[str, str]) -> set[tuple[str, str]]:
    texts = {name: str(value) for name, value in row.items() if value is not None and name not in _OF_THE_LIST}
    return {(name, tokens.get(text, text)) for name, text in texts.items()}


def _rows(path: Path) -> list[Record]:
    return list(pq.read_table(path).to_pylist())
