"""The corpus of troubles: one folder per kind of trouble an office has sent, with what popflow has to make of it.

All folders are delivered in one night, landed and judged together; ``Told`` is what came of one of them, in the form in
which its ``expect.yaml`` keeps it. Names, numbers and addresses are invented; villages are those of the register.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow.parquet as pq
import yaml
from golden.making.kit import CASES, KEY, made

from ingest.landing import InboxFile, LandingContext, land_batch
from ingest.register import SHIPPED_REGISTER, register_query
from quality.gate_in import run_gate_in

FOLDER: Final = Path(__file__).parent / "trouble"
HOME: Final = "340124000000"
RUN_DATE: Final = date(2024, 11, 15)
LONGEST_TOLD: Final = 80
EXPECTATION: Final = "expect.yaml"
_FILE: Final = ("status", "form_id", "unit_code", "period", "reported_on", "list_kind")
_COUNTS: Final = ("rows_in", "rows_accepted", "rows_returned", "rows_duplicate")
# A row without id_number is not numbered.
_NOT_TOLD: Final = frozenset(
    {"file_id", "sheet", "row_number", "form_id", "unit_code", "period", "reported_on", "list_kind", "is_numbered"}
)

Record = dict[str, Any]


@dataclass(frozen=True)
class Corpus:
    """Every case with what was told of its files, by case and path inside the case."""

    told: dict[str, dict[str, Record]]


def cases() -> list[Path]:
    """Return the folders of the cases."""
    return sorted(path.parent for path in FOLDER.rglob(EXPECTATION))


def inputs(case: Path) -> list[Path]:
    """Return the files of a case as they were delivered."""
    return sorted(path for path in case.rglob("*") if path.is_file() and path.name != EXPECTATION)


def run_corpus(work: Path, folders: list[Path]) -> Corpus:
    """Deliver all cases in one night and return what came of each file."""
    work.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * FROM ({register_query(SHIPPED_REGISTER)}) WHERE starts_with(code, '{HOME[:6]}')) "
            f"TO '{work / 'units.parquet'}' (FORMAT parquet)"
        )
    files = [InboxFile(path, path.relative_to(FOLDER).as_posix()) for folder in folders for path in inputs(folder)]
    context = LandingContext(HOME, work / "units.parquet", work / "known_file.parquet", work / "originals", KEY)
    land_batch(files, work / "landed" / "0", context)
    run_gate_in(
        work, home_code=HOME, run_date=RUN_DATE, register=register_query(SHIPPED_REGISTER), pads=KEY.pads("mark")
    )
    return Corpus(_told(work, folders))


def _told(work: Path, folders: list[Path]) -> dict[str, dict[str, Record]]:
    landed = _by_file(work / "landed" / "0", "column", "file")
    gated = _by_file(work / "gated", "person_row", "person_value", "report_cell", "finding", "correction")
    files = pq.read_table(work / "gated" / "file.parquet").to_pylist()
    told: dict[str, dict[str, Record]] = {folder.relative_to(FOLDER).as_posix(): {} for folder in folders}
    for file in sorted(files, key=lambda each: str(each["path"])):
        case = next(name for name in told if file["path"].startswith(f"{name}/"))
        told[case][file["path"].removeprefix(f"{case}/")] = _of_file(file, landed, gated)
    return told


def _by_file(folder: Path, *tables: str) -> dict[str, dict[str, list[Record]]]:
    found: dict[str, dict[str, list[Record]]] = {table: defaultdict(list) for table in tables}
    for table in tables:
        for row in pq.read_table(folder / f"{table}.parquet").to_pylist():
            found[table][row["file_id"]].append(row)
    return found


def _of_file(
    file: Record, landed: dict[str, dict[str, list[Record]]], gated: dict[str, dict[str, list[Record]]]
) -> Record:
    file_id = file["file_id"]
    (before,) = landed["file"][file_id]
    told: Record = {"format": before["format"], "encoding": before["encoding"]}
    told |= {name: _plain(file[name]) for name in _FILE} | {"rows": " ".join(str(file[name]) for name in _COUNTS)}
    told["columns"] = [
        f"{row['heading']} -> {row['field'] or '-'}{'' if row['part'] is None else '/' + str(row['part'])} "
        f"{row['match_kind']}"
        for row in landed["column"][file_id]
    ]
    told["findings"] = [_finding(row) for row in sorted(gated["finding"][file_id], key=_place_and_rule)]
    told["replaced"] = sorted(f"{row['sheet'] or ''}:{row['row_number']}" for row in gated["correction"][file_id])
    told["values"] = _values(gated["person_value"][file_id])
    accepted = [*gated["person_row"][file_id], *gated["report_cell"][file_id]]
    told["accepted"] = [_row(row) for row in sorted(accepted, key=_place_and_item)]
    return {name: value for name, value in told.items() if value not in (None, [])}


def _place_and_rule(row: Record) -> tuple[str, int, str, str, str]:
    where = row["sheet"] or "", row["row_number"] or 0, row["column_name"] or ""
    return (*where, row["rule_id"], row["advice_zh"])


def _place_and_item(row: Record) -> tuple[str, int, str]:
    return row["sheet"] or "", row["row_number"], row.get("item", "")


def _finding(row: Record) -> str:
    """Return a finding: of a row where it stands, of a file with what its sender reads."""
    answered = "" if row["status"] == "open" else f" {row['status']}"
    if row["row_number"] is None:
        return f"file {row['rule_id']} {row['severity']}{answered}: {row['advice_zh']}"
    return f"{row['row_number']} {row['column_name'] or '-'} {row['rule_id']} {row['severity']}{answered}"


def _row(row: Record) -> str:
    values = " ".join(f"{name}={_plain(value)}" for name, value in row.items() if _is_told(name, value, row))
    return f"{row['sheet'] or ''}:{row['row_number']} {values}"


def _is_told(name: str, value: object, row: Record) -> bool:
    """Return whether a value says anything that the file and the other values of the row do not say."""
    end = name.endswith(("_from", "_to"))
    return value is not None and name not in _NOT_TOLD and not (end and row.get(f"{name.rpartition('_')[0]}_date"))


def _values(rows: list[Record]) -> list[str]:
    """Return the values that have no column of their own, row by row."""
    return sorted(
        f"{row['sheet'] or ''}:{row['row_number']} {row['field']}="
        + "..".join(
            str(_plain(row[name])) for name in ("code", "number", "day_from", "day_to") if row[name] is not None
        )
        for row in rows
    )


def _plain(value: object) -> object:
    if isinstance(value, str) and len(value) > LONGEST_TOLD:
        return f"{value[:LONGEST_TOLD]}… ({len(value)})"
    return value.isoformat() if isinstance(value, date) else value


def write_case(kind: str, name: str) -> None:
    """Write the files of a case as its maker makes them, and what the trouble is; what else is expected stays."""
    folder = FOLDER / kind / name
    folder.mkdir(parents=True, exist_ok=True)
    kept = _expectation(folder)
    for path in inputs(folder):
        path.unlink()
    for path, content in made(kind, name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    _write_expectation(folder, trouble_of(kind, name), kept.get("files", {}))


def trouble_of(kind: str, name: str) -> str:
    """Return what the office did, in one sentence."""
    return " ".join(str(CASES[kind, name].__doc__).split())


def retell(folders: list[Path], work: Path) -> None:
    """Write into every case what popflow makes of it now, for a person to read and decide whether it is right."""
    for name, files in run_corpus(work, folders).told.items():
        folder = FOLDER / name
        _write_expectation(folder, _expectation(folder)["trouble"], files)


def _expectation(folder: Path) -> Record:
    path = folder / EXPECTATION
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _write_expectation(folder: Path, trouble: str, files: Mapping[str, Record]) -> None:
    document = {"trouble": trouble, "files": dict(files)}
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=4096)
    (folder / EXPECTATION).write_text(text, encoding="utf-8")
