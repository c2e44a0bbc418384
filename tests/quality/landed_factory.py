"""Landed lists of invented people, for tests of the gate.

A `Night` collects files and rows in memory and writes them as landing would. Numbers are made with the county code of
Lujiang and serial numbers counted up from one, so they belong to nobody by construction of the test, not by chance.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from stdnum.cn import ric

from ingest.declaration import PersonForm, load_forms
from ingest.register import division_query
from quality import landed

HOME = "340124000000"
TOWN = "340124103000"
VILLAGE = "340124103201"
OTHER_VILLAGE = "340124103202"
REPORTED_ON = date(2024, 10, 31)
RUN_DATE = date(2024, 11, 5)

_DIVISIONS = (
    ("330000000000", "浙江省"),
    ("330100000000", "杭州市"),
    ("330106000000", "西湖区"),
    ("340000000000", "安徽省"),
    ("340100000000", "合肥市"),
    (HOME, "庐江县"),
    (TOWN, "汤池镇"),
    (VILLAGE, "果树村"),
    (OTHER_VILLAGE, "双墩村"),
)


_NOT_HERE = {"外省": "elsewhere", "不详": "unknown", "美国": "abroad"}


class ExactResolver:
    """A stand-in for the resolver of places: knows a text that ends in a division's name, and words for not here."""

    def __init__(self, connection: Any, register: str) -> None:
        self._connection = connection
        self._register = register

    def same_reading(self, text: str) -> str:
        return text

    def resolve(self, texts: str, into: str) -> None:
        words = " ".join(f"WHEN max(t.text) = '{word}' THEN '{match}'" for word, match in _NOT_HERE.items())
        self._connection.execute(f"""
            CREATE TABLE {into} AS
            SELECT
                t.text, t.context_code, max(d.code) AS code, arg_max(d.level, d.code) AS level,
                CASE
                    WHEN max(d.code) IS NOT NULL
                        THEN CASE WHEN starts_with(max(t.text), '从前的') THEN 'former_name' ELSE 'exact' END
                    {words} ELSE 'none'
                END AS match,
                starts_with(t.text, '同名的') AS is_several
            FROM {texts} AS t LEFT JOIN {self._register} AS d ON ends_with(t.text, d.name)
            GROUP BY ALL
        """)


def register(path: Path) -> Path:
    """Write the little register of the tests as Parquet, with the columns of raw.division."""
    listed = ", ".join(f"('{code}', '{name}', NULL::VARCHAR)" for code, name in _DIVISIONS)
    query = division_query(f"SELECT * FROM (VALUES {listed}) AS l (code, name, urban_rural_code)", date(2020, 1, 1))
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def number(serial: int = 1, *, born: date = date(1990, 1, 1), sex: str = "1", county: str = "342622") -> str:
    """Return a valid number; even and odd serials of one day are women and men."""
    digits = f"{county}{born:%Y%m%d}{serial % 500 * 2 + (sex == '1'):03d}"
    return digits + ric.calc_check_digit(digits + "0")


def short_number(serial: int = 1, *, born: date = date(1990, 1, 1), sex: str = "1") -> str:
    """Return a number of the old form of 15 digits."""
    whole = number(serial, born=born, sex=sex)
    return whole[:6] + whole[8:17]


@dataclass
class Night:
    """The landed files of one night."""

    files: list[dict[str, Any]] = field(default_factory=list)
    person_rows: list[dict[str, Any]] = field(default_factory=list)
    report_rows: list[dict[str, Any]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)
    known_tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add_list(self, rows: list[dict[str, Any]], **facts: Any) -> str:
        """Add a person list; each row overrides the good row of its form. Returns the file id."""
        form_id = facts.pop("form_id", "village_inflow")
        rows = [{**good_row(form_id, place), **row} for place, row in enumerate(rows, start=facts.pop("first", 1))]
        file_id = self._add_file(rows, form_id, **facts)
        for place, row in enumerate(rows, start=1):
            keys = {"file_id": file_id, "sheet": "名单", "row_number": place + 3, "form_id": form_id}
            self.person_rows.append({**keys, "id_number_numeric": False, **row})
        return file_id

    def add_report(self, lines: list[tuple[str | None, dict[str, str]]], **facts: Any) -> str:
        """Add a monthly report: (village, values by item) per row. Returns the file id."""
        return self.add_counts([({"cell_unit": unit}, values) for unit, values in lines], **facts)

    def add_counts(self, lines: list[tuple[dict[str, str | None], dict[str, str]]], **facts: Any) -> str:
        """Add a list of counts: (texts by row field, values by item) per row. Returns the file id."""
        form_id = facts.pop("form_id", "township_report")
        facts = {"unit_code": TOWN, "unit_level": "township", **facts}
        file_id = self._add_file(lines, form_id, **facts)
        for place, (row, values) in enumerate(lines, start=1):
            texts = {f"{name}_text": text for name, text in row.items()}
            for item, value in values.items():
                self.report_rows.append({
                    "file_id": file_id, "sheet": "", "row_number": place + 4, "form_id": form_id, **texts,
                    "item": item, "value_text": value,
                })  # fmt: skip
        for name in dict.fromkeys(name for row, _ in lines for name in row):
            self.columns.append({"file_id": file_id, "sheet": "", "heading": name, "field": name})
        return file_id

    def know(self, file_id: str, status: str = "accepted") -> None:
        """Let an earlier night have taken the file (which is then no longer delivered tonight)."""
        known = next(file for file in self.files if file["file_id"] == file_id)
        self.known.append({name: known.get(name) for name in landed.KNOWN_FILE_COLUMNS})
        self.known[-1]["status"] = status

    def remember(self, work: Path) -> None:
        """Let everything that was gated in ``work`` be known, as the warehouse would hand it to the next night."""
        gated = {path.stem: pq.read_table(path).to_pylist() for path in (work / "gated").glob("*.parquet")}
        self.known += [row for row in gated["file"] if row["file_id"] not in {file["file_id"] for file in self.known}]
        replaced = {(row["file_id"], row["sheet"], row["row_number"]) for row in gated["correction"]}
        facts = {file["file_id"]: file for file in self.known}
        tables = self.known_tables
        for row in gated["row_mark"]:
            file = facts[row["file_id"]]
            root = file
            while root["corrects_file_id"]:
                root = facts[root["corrects_file_id"]]
            tables.setdefault("known_row", []).append({**file, **row, "file_id": root["file_id"], "_key": _key(row)})
        tables["known_row"] = [row for row in tables.get("known_row", []) if row["_key"] not in replaced]
        rows = [row for name in ("person_row", "returned_row", "report_cell") for row in gated[name]]
        tables.setdefault("known_line", []).extend({_key(row): row for row in rows}.values())
        tables.setdefault("known_correction", []).extend(gated["correction"])
        tables.setdefault("known_question", []).extend(r for r in gated["finding"] if r["severity"] == "query")
        tables.setdefault("known_explanation", []).extend(gated["explanation"])

    def correct(self, file_id: str, rows: list[dict[str, Any]], answers: list[int | None], **facts: Any) -> str:
        """Add a slip that was sent back for a list; ``answers`` are the row numbers answered. Returns the file id."""
        slip = self.add_list(rows, corrects_file_id=file_id, **facts)
        mine = [row for row in self.person_rows if row["file_id"] == slip]
        for row, answer in zip(mine, answers, strict=True):
            row.update(corrects_sheet=None if answer is None else "名单", corrects_row=answer)
        return slip

    def write(self, work: Path) -> Path:
        """Write the landed folder; rows go to two batches, as they would from a parallel landing."""
        for batch in (0, 1):
            directory = work / "landed" / str(batch)
            directory.mkdir(parents=True, exist_ok=True)
            _write(directory / "file.parquet", self.files[batch::2], landed.FILE_COLUMNS)
            mine = {file["file_id"] for file in self.files[batch::2]}
            for name, rows, columns in (
                ("person_row", self.person_rows, landed.person_row_columns()),
                ("report_row", self.report_rows, landed.REPORT_ROW_COLUMNS),
                ("column", self.columns, landed.COLUMN_COLUMNS),
                ("finding", self.findings, landed.FINDING_COLUMNS),
            ):
                _write(directory / f"{name}.parquet", [row for row in rows if row["file_id"] in mine], columns)
        for name, columns in landed.KNOWN_TABLES.items():
            rows = self.known if name == "known_file" else self.known_tables.get(name, [])
            _write(work / f"{name}.parquet", rows, columns)
        return work

    def _add_file(self, rows: list[Any], form_id: str, **facts: Any) -> str:
        content = hashlib.sha256(
            repr([form_id, facts.get("unit_code"), facts.get("period"), rows]).encode()
        ).hexdigest()
        path = facts.pop("path", f"inbox/{len(self.files)}.xlsx")
        sha256 = facts.pop("sha256", hashlib.sha256(f"{path}{content}".encode()).hexdigest())
        self.files.append({
            "file_id": hashlib.sha256(f"{sha256}\n{path}".encode()).hexdigest()[:16],
            "path": path, "sha256": sha256, "size_bytes": 1000, "format": "xlsx", "encoding": None,
            "form_id": form_id, "form_why": "title", "unit_code": VILLAGE, "unit_level": "village",
            "unit_why": "label", "period": "2024-10", "reported_on": REPORTED_ON, "reported_why": "label",
            "list_kind": "full", "content_id": content, "rows_in": len(rows),
            "received_at": datetime(2024, 11, 1, 8, 0), "status": "landed", **facts,  # noqa: DTZ001 - as landed
        })  # fmt: skip
        return str(self.files[-1]["file_id"])


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["file_id"], row["sheet"], row["row_number"]


def good_row(form_id: str, serial: int) -> dict[str, Any]:
    """Return a person row of the form that no rule has anything against."""
    born = date(1960, 1, 1) + timedelta(days=serial * 7 % 12000)
    row = {
        "person_name": f"试{chr(0x4E00 + serial % 5000)}", "id_number": number(serial, born=born), "sex": "男",
        "birth_date": f"{born:%Y-%m-%d}", "left_hukou_date": "2023.3.5", "reason": "务工", "dwelling": "租赁房屋",
    }  # fmt: skip
    form = load_forms()[form_id]
    assert isinstance(form, PersonForm)
    fields = form.fields
    if "dest_address" in fields:
        row["dest_address"] = "浙江省杭州市"
    else:
        row |= {"hukou_address": "浙江省杭州市", "residence_address": "果树村", "arrived_date": "2023年3月6日"}
    return {field: value for field, value in row.items() if field in fields}


def _write(path: Path, rows: list[dict[str, Any]], columns: Any) -> None:
    types = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DATE": pa.date32(), "BOOLEAN": pa.bool_(),
             "TIMESTAMP": pa.timestamp("us")}  # fmt: skip
    schema = pa.schema([(name, types[sql_type]) for name, sql_type in columns.items()])
    table = pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema=schema)
    pq.write_table(table, path)
