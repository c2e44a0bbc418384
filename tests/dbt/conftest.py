"""One reading of the dbt project for all tests of this folder, and a build function on throw-away files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counting_site import build_site
from list_maker import write_warehouse
from nights import ThreeNights, run_three_nights
from stories import CASES, Told

from warehouse import dbt_runner

CORE = ["+path:models/core", "+path:models/ops"]


@pytest.fixture(scope="session")
def dbt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="session")
def manifest() -> Any:
    return dbt_runner.read_project()


@pytest.fixture(scope="session")
def build_core(dbt_folder: Path) -> Callable[[Path], dbt_runner.BuildOutcome]:
    def build(path: Path) -> dbt_runner.BuildOutcome:
        return dbt_runner.build(path, dbt_folder, select=CORE)

    return build


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, build_core: Callable[[Path], dbt_runner.BuildOutcome]) -> Told:
    path = write_warehouse(tmp_path_factory.mktemp("stories") / "popflow.duckdb", CASES.values())
    return Told(path, build_core(path))


@pytest.fixture(scope="session")
def three_nights(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> ThreeNights:
    return run_three_nights(tmp_path_factory.mktemp("nights"))


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of the counting suites once, also where several processes run the tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "counting-site"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        if not done.exists():
            build_site(folder)
            done.touch()
    return folder
