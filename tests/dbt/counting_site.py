"""A throw-away warehouse whose stays a test can exchange: the tables of counting are then made again from them.

The models' own SQL, as dbt compiled it, is run; views and table macros of the file follow by themselves.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from naive.counting import Definition, Division, Register, Stay, ToldStay, read_definitions

from warehouse import dbt_runner
from warehouse.declared import load_declared

SEEDS = dbt_runner.PROJECT_DIR / "seeds"
RAW_SCHEMA = dbt_runner.PROJECT_DIR.parent / "warehouse" / "raw.sql"
DEFINITIONS: dict[str, Definition] = read_definitions(SEEDS)
FIRST_REPORT = date(2024, 4, 25)
COMPILED = "compiled.json"

_DIVISION_SOURCE = """
    INSERT INTO raw.division
        (code, level, name, full_name, province_code, city_code, county_code, township_code, village_code,
         is_virtual, is_city_district, valid_from, valid_to, urban_rural_code)
    SELECT $1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
"""


def _chain(code: str, level: str) -> dict[str, str | None]:
    """Ancestors by the digits of a code: what the rows below do not say otherwise."""
    ends = {"province": 2, "city": 4, "county": 6, "township": 9, "village": 12}
    depth = list(ends).index(level)
    return {f"{upper}_code": code[:end].ljust(12, "0") for upper, end in list(ends.items())[: depth + 1]}


def _division(code: str, level: str, name: str, **other: object) -> Division:
    return Division(code=code, level=level, name=name, **{**_chain(code, level), **other})


def _district_tree(county: str, name: str, *, district: bool, **other: object) -> list[Division]:
    """A county with two townships of two villages and of one."""
    shared: dict[str, object] = {"is_city_district": district, **other}
    return [
        _division(county + "000000", "county", name, **shared),
        _division(county + "100000", "township", name + "甲镇", **shared),
        _division(county + "100201", "village", name + "甲镇子村", urban_rural_code="121", **shared),
        _division(county + "100202", "village", name + "甲镇丑村", urban_rural_code="220", **shared),
        _division(county + "101000", "township", name + "乙镇", **shared),
        _division(county + "101201", "village", name + "乙镇寅村", **shared),
    ]


def _moved_township() -> list[Division]:
    """A township that lay in 庐江县 until July 2023 and lies in 蜀山区 since: the same code, another county."""
    rows = []
    for code, level, name in (("340124200000", "township", "迁移镇"), ("340124200201", "village", "迁移村")):
        before = {"is_city_district": False, "valid_from": date(2020, 1, 1), "valid_to": date(2023, 7, 1)}
        after = {"is_city_district": True, "county_code": "340104000000", "valid_from": date(2023, 7, 1)}
        rows += [_division(code, level, name, **before), _division(code, level, name, **after)]
    return rows


REGISTER = Register(
    [
        _division("340000000000", "province", "安徽省"),
        _division("340100000000", "city", "合肥市"),
        *_district_tree("340104", "蜀山区", district=True),
        *_district_tree("340124", "庐江县", district=False),
        *_moved_township(),
        _division("340200000000", "city", "芜湖市"),
        *_district_tree("340202", "镜湖区", district=True),
        _division("440000000000", "province", "广东省"),
        _division("441900000000", "city", "东莞市"),
        _division("441900101000", "township", "石碣镇", county_code=None, is_city_district=True),
        _division("441900101001", "village", "石碣村", county_code=None, is_city_district=True),
        _division("441900102000", "township", "茶山镇", county_code=None, is_city_district=True),
        _division("441900102001", "village", "茶山村", county_code=None, is_city_district=True),
        _division("500000000000", "province", "重庆市"),
        _division("500100000000", "city", "市辖区", is_virtual=True),
        _division("500200000000", "city", "县", is_virtual=True),
        *_district_tree("500101", "万州区", district=True),
        *_district_tree("500103", "渝中区", district=True, city_code=None),
        *_district_tree("500229", "城口县", district=False),
        _division("410000000000", "province", "河南省"),
        _division("419000000000", "city", "省直辖县级行政区划", is_virtual=True),
        *_district_tree("419001", "济源市", district=False),
        *_district_tree("419002", "无名市", district=False, city_code=None),
    ]
)
CODES = sorted({row.code for row in REGISTER.divisions})
HOMES = {
    "340124000000": "county",
    "340100000000": "city",
    "441900000000": "city",
    "500000000000": "province",
    "419001000000": "county",
    "340104100000": "township",
}


def _fill_raw(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("INSERT INTO raw.site VALUES ('340124000000', 'county', DATE '2024-10-31', '20241031-01', 12)")
    connection.execute(
        "INSERT INTO raw.file BY NAME SELECT 'f' AS file_id, 'a.xlsx' AS path, 's' AS sha256, 'village_inflow' AS "
        "form_id, '340124000000' AS unit_code, '2024-04' AS period, $1::DATE AS reported_on, 'full' AS list_kind, "
        "TIMESTAMP '2024-04-25' AS received_at, 'n' AS night_id, 'accepted' AS status, 0 AS rows_in, "
        "0 AS rows_accepted, 0 AS rows_returned, 0 AS rows_duplicate",
        [FIRST_REPORT],
    )
    connection.executemany(_DIVISION_SOURCE, [list(astuple(row)) for row in REGISTER.divisions])
    load_declared(connection)


def build_site(folder: Path) -> None:
    """Build the warehouse file of all sites, with the models as dbt compiled them beside it."""
    path = folder / "popflow.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        _fill_raw(connection)
    dbt_runner.build(path, folder)
    # The build has left every model's compiled SQL in the project it was given.
    nodes = [node.to_dict() for node in dbt_runner.read_project().nodes.values()]
    compiled = {
        node["unique_id"]: {
            "name": node["name"],
            "relation": node["relation_name"],
            "query": node.get("compiled_code"),
            "is_table": node["resource_type"] == "model" and node["config"]["materialized"] == "table",
            "schema": node["schema"],
            "reads": node["depends_on"]["nodes"],
        }
        for node in nodes
        if node["resource_type"] in ("model", "test")
    }
    (folder / COMPILED).write_text(json.dumps(compiled), encoding="utf-8")


class CountingSite:
    """A built warehouse file, open for tests."""

    def __init__(self, built: Path, folder: Path) -> None:
        """Open a copy of what build_site made."""
        self.connection = duckdb.connect(str(shutil.copy(built / "popflow.duckdb", folder / "popflow.duckdb")))
        compiled = json.loads((built / COMPILED).read_text(encoding="utf-8"))
        self.models = {model["name"]: (model["relation"], model["query"]) for model in compiled.values()}
        self.tables = _tables_of_counting(compiled)
        self.laws = {name: query for name, (_, query) in self.models.items() if name.startswith("counts_")}

    def count(
        self,
        stays: Sequence[Stay],
        *,
        home_code: str = "340124000000",
        run_date: date = date(2024, 10, 31),
        tables: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Make the tables of counting (all, unless said otherwise) again from these stays."""
        run = self.connection.execute
        run(
            "UPDATE raw.site SET home_code = $1, home_level = $2, run_date = $3",
            [home_code, HOMES[home_code], run_date],
        )
        run("DELETE FROM core.stay_evidence")
        run("DELETE FROM core.stay")
        run("DELETE FROM core.person")
        names = [field.name for field in fields(Stay)]
        rows = [[getattr(stay, name) for name in names] for stay in stays]
        run(f"CREATE OR REPLACE TEMP TABLE given AS {_listed(names)}", _columns(names, rows))
        run(
            "INSERT INTO core.person BY NAME SELECT person_key, any_value(sex) AS sex, "
            "any_value(birth_date) AS birth_date, any_value(hukou_nature) AS hukou_nature, "
            "$1::DATE AS first_reported, $1::DATE AS last_reported FROM given GROUP BY person_key",
            [FIRST_REPORT],
        )
        run(
            "INSERT INTO core.stay BY NAME SELECT * EXCLUDE (sex, birth_date, hukou_nature), 1 AS evidence_count, "
            "'village_inflow' AS forms, $1::DATE AS first_reported, $1::DATE AS last_reported FROM given",
            [FIRST_REPORT],
        )
        told = [stay for stay in stays if isinstance(stay, ToldStay)]
        if told:
            self._tell(told)
        for relation, query in tables or self.tables:
            run(f"DELETE FROM {relation}")
            run(f"INSERT INTO {relation} BY NAME {query}")

    def _write(self, table: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        self.connection.execute(f"DELETE FROM {table}")
        self.connection.execute(f"INSERT INTO {table} BY NAME {_listed(names)}", _columns(names, rows))

    def _tell(self, stays: Sequence[ToldStay]) -> None:
        """Make these the only stays of which registrations and services are known."""
        self._write(
            "intermediate.int_stay_registration",
            ["stay_id", "registered_from", "registered_by"],
            [(stay.stay_id, *stay.registered()) for stay in stays if stay.registered_by],
        )
        self._write(
            "intermediate.int_service_span",
            ["stay_id", "required_service", "from_date", "to_date", "has_service"],
            [(stay.stay_id, *astuple(span)) for stay in stays for span in stay.services],
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        return self.connection.execute(query, list(parameters)).fetchall()


def _listed(names: Sequence[str]) -> str:
    """Return the query of rows that are given as a list for each column."""
    return "SELECT " + ", ".join(
        f"unnest(${number}::{_kind(name)}[]) AS {name}" for number, name in enumerate(names, 1)
    )


def _columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [[row[number] for row in rows] for number in range(len(names))]


def _kind(name: str) -> str:
    if name == "has_service":
        return "BOOLEAN"
    return "DATE" if name.endswith(("_date", "_after", "_before", "registered_from", "registered_by")) else "VARCHAR"


def _tables_of_counting(compiled: dict[str, Any]) -> list[tuple[str, str]]:
    """Name the tables made of the tables of counting alone with their SQL, each after those it reads."""
    counting = {
        key: model for key, model in compiled.items() if model["name"].startswith("int_counting_") and model["is_table"]
    }
    published = {
        key: model
        for key, model in compiled.items()
        if model["schema"] == "stats" and model["is_table"] and counting.keys() >= set(model["reads"])
    }
    assert published
    waiting = counting | published
    ordered: list[tuple[str, str]] = []
    while waiting:
        ready = [key for key, model in waiting.items() if not waiting.keys() & set(model["reads"])]
        for key in sorted(ready):
            model = waiting.pop(key)
            ordered.append((model["relation"], model["query"]))
    return ordered
