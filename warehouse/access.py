"""Read access to the published warehouse.

A connection from here can read every table of one version and do nothing else: the file is opened read-only, other
files and the network are out of reach, and the settings that say so cannot be changed by a statement.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingest.errors import UsageError
from warehouse.folders import DATABASE_NAME, SiteFolders

# One set for every reader: DuckDB refuses two connections of one process to the same file with unlike settings.
READ_ONLY_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "lock_configuration": True,
}


def current_snapshot(folders: SiteFolders) -> Path | None:
    """Return the folder of the published snapshot, or None before the first night."""
    if not folders.current.is_symlink():
        return None
    return folders.snapshots / folders.current.readlink().name


def snapshot_folder(folders: SiteFolders, snapshot: str | None) -> Path:
    """Return the folder of a snapshot, by default the published one.

    Raises ``UsageError`` where there is none.
    """
    if snapshot is None:
        published = current_snapshot(folders)
        if published is None:
            raise UsageError(f"{folders.root} has no published warehouse yet: run popflow nightly first")
        return published
    folder = folders.snapshots / snapshot
    if Path(snapshot).name != snapshot or not (folder / DATABASE_NAME).is_file():
        raise UsageError(f"there is no snapshot {snapshot}: popflow snapshots list shows those there are")
    return folder


def open_current(site_warehouse: Path, snapshot: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse (or an older snapshot of it) for reading only.

    ``site_warehouse`` is the folder ``SITE/warehouse``. The caller closes the connection; a night that publishes
    meanwhile does not disturb it.
    """
    folder = snapshot_folder(SiteFolders(site_warehouse.parent), snapshot)
    return duckdb.connect(str(folder / DATABASE_NAME), read_only=True, config=READ_ONLY_CONFIG)
