"""One reading of the dbt project for all tests of this folder, and a build function on throw-away files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nights import ThreeNights, run_three_nights

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
def three_nights(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> ThreeNights:
    return run_three_nights(tmp_path_factory.mktemp("nights"))
