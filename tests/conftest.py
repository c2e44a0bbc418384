"""Which test files run in one process, where several share the work: those that share what is dear to make."""

from __future__ import annotations

import gc

import pytest

# Files of tests by what they share; every other file is a group of its own.
SHARED = {
    "stories": (
        *("test_stays", "test_stay_ends", "test_vague_dates", "test_corrections"),
        *("test_moves_stories", "test_services_stories"),
    ),
    "three nights": ("test_accounts", "test_history"),
}
GROUPS = {name: group for group, names in SHARED.items() for name in names}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark every test with the group it is run in; needs ``--dist loadgroup``."""
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            item.add_marker(pytest.mark.xdist_group(GROUPS.get(item.path.stem, item.path.stem)))


def pytest_collection_finish() -> None:
    """Let the sweeps for unused objects leave alone all that is read by now: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure() -> None:
    """Let them be swept at the end all the same: DuckDB tells at the exit of what is left."""
    gc.unfreeze()
