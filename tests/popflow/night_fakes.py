"""Stand-ins for reading, judging and building, so that what a night does with files is tested in milliseconds.

A test list is a text file: a first line ``form unit period reported_on`` and a line ``number name status`` per person.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingest.errors import NightHeldError
from popflow import cli
from popflow.handle import Night, step
from popflow.inbox import Found
from popflow.site import Site, open_site
from quality.gate_in import GateInSummary
from warehouse.dbt_runner import BuildOutcome, CheckOutcome
from warehouse.disk import read_json
from warehouse.folders import DATABASE_NAME

FIRST_RUN = dt.date(2024, 11, 1)
VILLAGE = "340124100001"
OTHER_VILLAGE = "340124100002"
SMALL_REGISTER = {
    340000000000: "安徽省",
    340100000000: "合肥市",
    340124000000: "庐江县",
    340124100000: "庐城镇",
    340124100001: "城东社区",
    340124100002: "城西村",
    330000000000: "浙江省",
    330100000000: "杭州市",
    330106000000: "西湖区",
}
# whoever has no number was born on this day
BORN = dt.date(1990, 1, 1)
ANNA = "340124199001010011"
BERTA = "340124199001010038"
CARLA = "340124198505050029"


def write_small_register(path: Path, rows: dict[int, str]) -> None:
    pq.write_table(pa.table({"code": list(rows), "name": list(rows.values())}), path)


def write_list(
    site: Site,
    path: str,
    people: list[tuple[str, str, str]],
    reported_on: str = "2024-10-31",
    unit: str = VILLAGE,
    form: str = "village_outflow",
) -> Path:
    target = site.folders.inbox / path
    target.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{form} {unit} {reported_on[:7]} {reported_on}", *(" ".join(person) for person in people)]
    target.write_text("\n".join(lines), encoding="utf-8")
    return target


def install_fakes(patch: pytest.MonkeyPatch, register: Path) -> None:
    for module in ("popflow.handle", "warehouse.load", "ingest.register"):
        patch.setattr(f"{module}.SHIPPED_REGISTER", register)
    patch.setattr("popflow.night.land", fake_land)
    patch.setattr("popflow.steps.judge_lists", fake_judge)
    patch.setattr("warehouse.dbt_runner.build", fake_build)


def fake_land(night: Night, batch: int) -> None:
    """Seal the originals; the lists themselves are read by the fake judge."""
    with step(night, "land", batch) as counts:
        night.work.originals.mkdir(exist_ok=True)
        (night.work.landed / str(batch)).mkdir(parents=True)
        for each in read_json(night.work.batches / f"{batch}.json"):
            content = (night.folders.inbox / Found.model_validate(each).path).read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            (night.work.originals / f"{sha256}.sealed").write_bytes(night.site.key.seal(content, "archive"))
            (night.work.landed / str(batch) / sha256).write_bytes(content)
        counts["files"] = night.plan.batch_sizes[batch]


def fake_judge(night: Night) -> GateInSummary:
    found = [
        Found.model_validate(each)
        for batch in night.batches
        for each in read_json(night.work.batches / f"{batch}.json")
    ]
    known = set(pq.read_table(night.work.known_files)["sha256"].to_pylist())
    files, persons, returned = [], [], []
    for each in found:
        content = (night.folders.inbox / each.path).read_bytes()
        if content == b"HOLD":
            raise NightHeldError("the judge holds this night")
        file = _file(each, content, known)
        known.add(file["sha256"])
        files.append(file)
        if file["status"] != "duplicate":
            _rows(file, content.decode().splitlines(), persons, returned)
    _write_gated(night, files, persons, returned)
    return GateInSummary(len(files), 0, 0, sum(file["rows_in"] for file in files), len(persons), len(returned), 0, 0, 0)


def _file(found: Found, content: bytes, known: set[str]) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    head, *people = content.decode().splitlines()
    form, unit, period, reported_on = head.split()
    returned = sum(line.endswith("returned") for line in people)
    duplicate = sha256 in known
    return {
        "file_id": hashlib.sha256(f"{sha256}\n{found.path}".encode()).hexdigest()[:16],
        "path": found.path,
        "sha256": sha256,
        "content_id": sha256,
        "form_id": form,
        "unit_code": unit,
        "unit_level": "village",
        "period": period,
        "reported_on": dt.date.fromisoformat(reported_on),
        "list_kind": "full",
        "received_at": dt.datetime.fromtimestamp(found.modified_ns / 1e9, dt.UTC).replace(tzinfo=None),
        "status": "duplicate" if duplicate else ("partly_returned" if returned else "accepted"),
        "rows_in": len(people),
        "rows_accepted": 0 if duplicate else len(people) - returned,
        "rows_returned": 0 if duplicate else returned,
        "rows_duplicate": len(people) if duplicate else 0,
    }


def _rows(
    file: dict[str, Any], lines: list[str], persons: list[dict[str, Any]], returned: list[dict[str, Any]]
) -> None:
    shared = {name: file[name] for name in ("file_id", "form_id", "unit_code", "period", "reported_on")}
    for number, line in enumerate(lines[1:], start=2):
        id_number, name, status = line.split()
        row = {**shared, "sheet": "1", "row_number": number, "id_number": id_number, "person_name": name}
        row = {key: None if value == "-" else value for key, value in row.items()}
        if status == "returned":
            returned.append({**row, "has_identity": True})
        else:
            persons.append(
                {
                    **row,
                    "list_kind": "full",
                    "side": "origin",
                    "is_numbered": id_number != "-",
                    "birth_date": BORN,
                    "sex": "1",
                }
            )


def _finding(returned: dict[str, Any]) -> dict[str, Any]:
    keys = {name: returned[name] for name in ("file_id", "sheet", "row_number")}
    advice = {"advice_zh": "请核对身份证号。", "advice_en": "Check the number."}
    return {**keys, "rule_id": "valid_number", "severity": "error", "value_shown": "34****", "status": "open", **advice}


def _write_gated(
    night: Night, files: list[dict[str, Any]], persons: list[dict[str, Any]], returned: list[dict[str, Any]]
) -> None:
    """Write the gated tables with the columns schema raw gives them."""
    night.work.gated.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute((Path(__file__).parents[2] / "warehouse" / "raw.sql").read_text(encoding="utf-8"))
        connection.execute("ALTER TABLE raw.person_row DROP COLUMN person_key")
        for table in ("person_row", "returned_row"):
            for column in ("id_number", "person_name") + (("phone", "number_written") if table == "person_row" else ()):
                connection.execute(f"ALTER TABLE raw.{table} ADD COLUMN {column} VARCHAR")
        for table in ("file", "check_result"):
            connection.execute(f"ALTER TABLE raw.{table} DROP COLUMN night_id")
        findings = [_finding(row) for row in returned]
        tables = {"file": files, "person_row": persons, "returned_row": returned, "finding": findings}
        for table, rows in tables.items():
            for row in rows:
                names = ", ".join(row)
                marks = ", ".join("?" for _ in row)
                connection.execute(f"INSERT INTO raw.{table} ({names}) VALUES ({marks})", list(row.values()))
        for table in (
            "file", "person_row", "person_value", "returned_row", "report_cell", "row_mark", "correction",
            "explanation", "finding", "dropped_column", "unmapped_value", "check_result",
        ):  # fmt: skip
            connection.execute(f"COPY raw.{table} TO '{night.work.gated / table}.parquet' (FORMAT parquet)")


FAKE_MODELS = """
    CREATE SCHEMA IF NOT EXISTS ref; CREATE SCHEMA IF NOT EXISTS ops; CREATE SCHEMA IF NOT EXISTS stats;
    CREATE SCHEMA IF NOT EXISTS core;
    CREATE OR REPLACE TABLE ref.division AS SELECT * FROM raw.division;
    CREATE OR REPLACE TABLE ref.definition AS SELECT 'NBS_LDRK' AS definition_id;
    CREATE OR REPLACE TABLE ops.check_result AS SELECT * FROM raw.check_result;
    CREATE OR REPLACE TABLE ops.file AS SELECT * FROM raw.file;
    CREATE OR REPLACE TABLE core.person AS SELECT DISTINCT person_key FROM raw.person_row;
    CREATE OR REPLACE TABLE ops.expected_return AS
        SELECT form_id, unit_code, period, 'arrived' AS status, count(*) AS deliveries FROM raw.file GROUP BY ALL;
    CREATE OR REPLACE TABLE stats.stock AS
        WITH newest AS (SELECT max(reported_on) AS reported_on FROM raw.file)
        SELECT reported_on AS as_of, 'NBS_LDRK' AS definition_id, 'out' AS direction,
            (SELECT home_level FROM raw.site) AS level,
            count(person_key) FILTER (WHERE NOT EXISTS (FROM raw.file WHERE path LIKE '%collapse%'))::BIGINT AS persons,
            0::BIGINT AS persons_unknown
        FROM newest LEFT JOIN raw.person_row USING (reported_on) GROUP BY reported_on;
"""
FAILING_CHECK = "a_check_that_fails"


def fake_build(database: Path, artefacts: Path, *, exclude: Sequence[str] = (), rebuild: bool = False) -> BuildOutcome:
    with duckdb.connect(str(database)) as connection:
        connection.execute(FAKE_MODELS)
        fails = connection.execute("SELECT count(*) FROM raw.file WHERE path LIKE '%fails%'").fetchall()[0][0]
    check = CheckOutcome(FAILING_CHECK, "core.person", "error", not fails, fails, "people without a hukou place")
    return BuildOutcome(("person",), (check,), {})


class Reached(Exception):  # noqa: N818 - a crash, not an error
    """The crash a test asked for."""


class CrashAt:
    """A progress that crashes the night at one of its boundaries, by what ``how`` does."""

    def __init__(self, boundary: str, how: Any) -> None:
        self.boundary = boundary
        self.how = how
        self.seen: list[str] = []

    def begin(self, stage: str, total: int | None = None) -> None: ...

    def advance(self, count: int) -> None: ...

    def end(self, stage: str, seconds: float, says: str) -> None: ...

    def reached(self, boundary: str) -> None:
        self.seen.append(boundary)
        if boundary == self.boundary:
            self.how()


RAW_TABLES = (
    "site", "division", "code", "code_map", "file", "person_row", "returned_row", "returned_match", "report_cell",
    "finding", "check_result", "dropped_column", "unmapped_value",
)  # fmt: skip


def content(site: Site, snapshot: str = "current") -> dict[str, list[tuple[Any, ...]]]:
    """Return all of schema raw, ordered, but for the time at which it was built."""
    folder = site.folders.current if snapshot == "current" else site.folders.snapshots / snapshot
    with duckdb.connect(str(folder / DATABASE_NAME), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM raw.{table} ORDER BY ALL").fetchall() for table in RAW_TABLES}


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def copy_of(site: Site, root: Path) -> Site:
    """Open a copy of a site: nights take longer than copying what they left."""
    return open_site(shutil.copytree(site.root, root, symlinks=True))


class Popflow:
    """Runs commands on a site and keeps what they said."""

    def __init__(self, site: Site, capture: pytest.CaptureFixture[str]) -> None:
        self.site, self._capture = site, capture
        self.out = self.error = ""

    def __call__(self, *arguments: str) -> int:
        self._capture.readouterr()
        code = cli.run(["--site", str(self.site.root), *arguments])
        self.out, self.error = self._capture.readouterr()
        return code
