from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from night_fakes import FIRST_RUN, SMALL_REGISTER, install_fakes, write_small_register

from popflow.site import Site, init_site


@pytest.fixture(scope="session")
def small_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("register") / "register.parquet"
    write_small_register(path, SMALL_REGISTER)
    return path


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, small_register: Path) -> None:
    install_fakes(monkeypatch, small_register)


@pytest.fixture(scope="module")
def fakes_of_module(small_register: Path) -> Iterator[None]:
    """Put the fakes in force for sites that a module makes once and copies for its tests."""
    with pytest.MonkeyPatch.context() as patch:
        install_fakes(patch, small_register)
        yield


@pytest.fixture
def site(tmp_path: Path, fakes: None) -> Site:
    return init_site(tmp_path / "site", "340124")


@pytest.fixture
def run_date() -> dt.date:
    return FIRST_RUN
