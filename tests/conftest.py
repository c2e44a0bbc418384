"""Which test files run in one process, where several share the work: those that share what is dear to make."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# Files of tests by what they share; every other file is a group of its own.
SHARED = {
    "stories": (
        *("test_stays", "test_stay_ends", "test_vague_dates", "test_corrections"),
        *("test_moves_stories", "test_services_stories"),
    ),
    "three nights": ("test_accounts", "test_history"),
}
GROUPS = {name: group for group, names in SHARED.items() for name in names}


class SharingFiles(LoadFileScheduling):
    """Hands out files of tests, and those that share what is dear together."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return GROUPS.get(Path(file).stem, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SharingFiles:
    """Return how tests are handed out to processes."""
    return SharingFiles(config, log)


def pytest_collection_finish() -> None:
    """Let the sweeps for unused objects leave alone all that is read by now: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """Let them be swept at the end all the same: DuckDB tells at the exit of what is left."""
    gc.unfreeze()
