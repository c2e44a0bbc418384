"""A run of the DAG and a run of the command line on the same inbox give the same warehouse."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from popflow.night import run_night
from popflow.site import open_site
from popflow.synthetic.demo import make_demo
from popflow.synthetic.population import Scale
from warehouse.access import current_snapshot
from warehouse.folders import DATABASE_NAME, SiteFolders

if TYPE_CHECKING:
    from airflow.sdk import DAG

VILLAGES = 4
SCALE = Scale(people=300)
RUN_DATE = SCALE.month_ends[0]
# Facts about the run itself, the only ones that may differ.
OF_THE_RUN = {"built_at"}


def run_dag(dag: DAG, site: Path, run_date: date) -> str:
    """Run the DAG for real, in this process, and return the state it ended in."""
    run = dag.test(run_conf={"site": str(site), "run_date": run_date.isoformat()})
    return str(run.state)


def contents(site: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the published warehouse, by table."""
    snapshot = current_snapshot(SiteFolders(site))
    assert snapshot is not None
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True) as connection:
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        return {f"{schema}.{table}": _rows(connection, schema, table) for schema, table in tables}


def _rows(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[tuple[object, ...]]:
    if table == "division":  # the register is the same file for both and large
        return connection.execute(f'SELECT count(*), min(code), max(code) FROM "{schema}"."{table}"').fetchall()
    columns = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = $schema AND table_name = $table ORDER BY ALL",
        {"schema": schema, "table": table},
    ).fetchall()
    kept = ", ".join(f'"{name}"' for (name,) in columns if name not in OF_THE_RUN)
    return connection.execute(f'SELECT {kept} FROM "{schema}"."{table}" ORDER BY ALL').fetchall()


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sites with the same key and the same first month in their inboxes."""
    by_command, by_dag = (tmp_path_factory.mktemp(name) / "site" for name in ("command", "dag"))
    assert make_demo(by_command, SCALE, VILLAGES).arrive(1) > VILLAGES
    shutil.copytree(by_command, by_dag)
    return by_command, by_dag


def test_dag_and_command_make_the_same_warehouse(nightly_load: DAG, twins: tuple[Path, Path]) -> None:
    by_command, by_dag = twins
    run_night(open_site(by_command), RUN_DATE)
    assert run_dag(nightly_load, by_dag, RUN_DATE) == "success"
    ours, theirs = contents(by_command), contents(by_dag)
    assert len(ours) > 30
    assert len(ours["core.stay"]) > 100
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} == set()
    assert not list((by_dag / "inbox").rglob("*.xlsx"))


def test_failed_run_gives_the_site_back(nightly_load: DAG, twins: tuple[Path, Path]) -> None:
    _, site = twins
    before = current_snapshot(SiteFolders(site))
    # A night cannot go back in time: it does not begin.
    assert run_dag(nightly_load, site, date(2020, 1, 31)) == "failed"
    assert current_snapshot(SiteFolders(site)) == before
    assert not SiteFolders(site).lease_file.exists()
