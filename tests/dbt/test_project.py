"""The dbt project as a whole: its unit tests, its layers, what it promises about every published column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from list_maker import Case, Row, write_warehouse

from warehouse import dbt_runner
from warehouse.dbt_runner import BuildFailedError, BuildOutcome

# which layers a model of each layer may read
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "ref", "core", "seed"},
    "ref": {"staging", "seed"},
    "core": {"staging", "intermediate", "core", "ref", "seed"},
    "stats": {"core", "ref", "intermediate", "stats", "seed"},
    "ops": {"staging", "ops", "ref", "seed"},
}
PUBLISHED = ("ref", "core", "stats", "ops")


def _layer(unique_id: str, manifest: Any) -> str:
    kind = unique_id.split(".", maxsplit=1)[0]
    return str(manifest.nodes[unique_id].fqn[1]) if kind == "model" else kind


def _models(manifest: Any) -> list[Any]:
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    assert len(models) > 30
    return models


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, dbt_folder: Path, manifest: Any) -> tuple[Path, BuildOutcome]:
    case = Case("small")
    case.outflow("2024-09-30", Row(left="2024-03-01", sex="1"))
    case.outflow("2024-11-30", Row(left="2024-03-01", sex="1"), Row("B"))
    path = write_warehouse(tmp_path_factory.mktemp("project") / "popflow.duckdb", [case])
    outcome = dbt_runner.build(path, dbt_folder, select=["+path:models/core", "+path:models/ops"], unit_tests=True)
    return path, outcome


def test_models_read_only_the_layers_they_may(manifest: Any) -> None:
    wrong = [
        (model.name, other)
        for model in _models(manifest)
        for other in model.depends_on.nodes
        if _layer(other, manifest) not in MAY_READ[_layer(model.unique_id, manifest)]
    ]
    assert wrong == []


def test_every_model_says_its_grain_and_every_published_one_has_a_contract(manifest: Any) -> None:
    for model in _models(manifest):
        assert model.description, model.name
        if _layer(model.unique_id, manifest) in PUBLISHED:
            assert model.contract.enforced, model.name
            assert "Grain:" in model.description, model.name
            assert all(column.description for column in model.columns.values()), model.name


def test_unit_tests_of_the_rules_pass(built: tuple[Path, BuildOutcome], manifest: Any) -> None:
    names = {test.name for test in manifest.unit_tests.values() if test.original_file_path.endswith("int_stays.yml")}
    outcomes = {check.check_id: check for check in built[1].checks if check.check_id in names}
    assert len(names) >= 9
    assert set(outcomes) == names
    failed = [f"{check.check_id}: {check.message}" for check in outcomes.values() if not check.success]
    assert failed == []


def test_comments_are_in_the_file(built: tuple[Path, BuildOutcome], manifest: Any) -> None:
    models = [node for node in manifest.nodes.values() if node.resource_type in {"model", "seed"}]
    described = {(model.name, name): column.description for model in models for name, column in model.columns.items()}
    with duckdb.connect(str(built[0])) as connection:
        columns = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() where schema_name in ('core', 'ops', 'ref')"
        ).fetchall()
        tables = connection.execute(
            "select table_name, comment from duckdb_tables() where schema_name in ('core', 'ops', 'ref')"
        ).fetchall()
    assert len(columns) > 100
    assert len(tables) > 20
    assert [column for column in columns if not column[2] or column[2] != described[column[0], column[1]]] == []
    assert dict(tables) == {model.name: model.description for model in models if model.name in dict(tables)}


def test_evidence_names_the_rows_and_what_they_claimed(built: tuple[Path, BuildOutcome]) -> None:
    with duckdb.connect(str(built[0])) as connection:
        rows = connection.execute(
            """
            select e.file_id, e.row_number, e.side, s.evidence_count, s.forms, e.left_hukou_date is not null
            from core.stay_evidence as e inner join core.stay as s using (stay_id) order by all
            """
        ).fetchall()
    assert rows == [
        ("small-0", 2, "origin", 2, "village_outflow", True),
        ("small-1", 2, "origin", 2, "village_outflow", True),
        ("small-1", 3, "origin", 1, "village_outflow", False),
    ]


def test_months_without_a_return_are_missing(built: tuple[Path, BuildOutcome]) -> None:
    with duckdb.connect(str(built[0])) as connection:
        rows = connection.execute("select period, status, days_late from ops.expected_return order by all").fetchall()
    assert rows == [
        ("2024-09", "arrived", -10),
        ("2024-10", "missing", None),
        ("2024-11", "arrived", -10),
        ("2024-12", "missing", None),
        ("2025-01", "due", None),
    ]


def test_the_file_is_free_after_a_build_that_fails(tmp_path: Path, dbt_folder: Path, manifest: Any) -> None:
    path = tmp_path / "popflow.duckdb"
    duckdb.connect(str(path)).close()
    with pytest.raises(BuildFailedError, match="could not be built"):
        dbt_runner.build(path, dbt_folder, select=["stg_file"])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_a_broken_law_is_a_failed_check(tmp_path: Path, dbt_folder: Path, manifest: Any) -> None:
    case = Case("broken")
    case.outflow("2024-09-30", Row())
    case.tables["file"][0] = (*case.tables["file"][0][:13], 5, 1, 0, 0, None)
    path = write_warehouse(tmp_path / "popflow.duckdb", [case])
    outcome = dbt_runner.build(path, dbt_folder, select=["+path:models/ops"])
    assert [check.check_id for check in outcome.failed] == ["file_rows_add_up"]
    assert outcome.failed[0].failures == 1
    assert outcome.failed[0].subject == "file"
