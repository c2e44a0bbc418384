"""New pseudonyms for everybody of an invented county: no published number changes, and no key stays."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from popflow.night import run_night
from popflow.rotation import rotate_key
from popflow.site import Site, open_site
from popflow.synthetic.demo import make_demo
from popflow.synthetic.population import Scale
from warehouse.access import snapshot_folder
from warehouse.folders import DATABASE_NAME

pytestmark = pytest.mark.slow

SCALE = Scale(people=120, months=1, seed=11)
# What is named after people, and so has other names now.
NAMED = ("person_key", "row_key", "linked_key", "other_key", "stay_id", "move_id", "pair_id")
# What is about the versions themselves; how well linking does is tried on people drawn by their keys.
ABOUT_VERSIONS = {"ops.snapshot", "ops.linkage_quality", "ops.check_result", "stats.revision"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    county = make_demo(tmp_path_factory.mktemp("rotated") / "made", SCALE, 3, with_departments=True)
    for number, day in enumerate(SCALE.month_ends, start=1):
        county.arrive(number)
        run_night(county.site, day)
    return county.site


def _columns(connection: duckdb.DuckDBPyConnection, *, named: bool) -> dict[str, list[str]]:
    """Return the columns of every published table that hold names after people, or the others."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute("""
        SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns()
        JOIN duckdb_tables() USING (schema_name, table_name)
        WHERE schema_name IN ('core', 'stats', 'ops') ORDER BY ALL
    """).fetchall():
        is_named = any(column.endswith(each) for each in NAMED)
        if table not in ABOUT_VERSIONS and is_named == named and "snapshot" not in column:
            found.setdefault(table, []).append(column)
    return found


def _published(site: Site, snapshot: str | None, *, named: bool) -> dict[str, list[tuple[object, ...]]]:
    database: Path = snapshot_folder(site.folders, snapshot) / DATABASE_NAME
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            table: connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL").fetchall()
            for table, columns in _columns(connection, named=named).items()
        }


def test_new_pseudonyms_change_no_published_cell_and_leave_no_key(site: Site) -> None:
    before = snapshot_folder(site.folders, None).name
    rotate_key(site, pseudonyms=True)

    counted, kept = _published(site, before, named=False), _published(site, None, named=False)
    assert len(counted["core.stay"]) > 30
    assert sum(map(len, counted.values())) > 1000
    assert {table for table, rows in counted.items() if kept[table] != rows} == set()
    old, new = _published(site, before, named=True), _published(site, None, named=True)
    assert {"core.person", "core.stay", "core.stay_version"} <= set(old)
    keys = {value for rows in old.values() for row in rows for value in row} - {None}
    assert {table for table, rows in new.items() if keys & {value for row in rows for value in row}} == set()
    assert all(len(set(old[table])) == len(set(new[table])) for table in old), "who is whose is the same"

    run_night(open_site(site.root), SCALE.month_ends[-1])
    assert {table for table, rows in _published(site, None, named=False).items() if rows != kept[table]} == set()
    assert _published(site, None, named=True) == new, "a night after it changes no key and no version"
