"""Published versions: listing, comparing, going back to one, and letting old ones go.

Going back swaps the pointer; the vault follows, because the manifest beside the warehouse says which of its segments
are live. What later nights had taken is in the archive and can be put back into the inbox.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.errors import UsageError
from ingest.keys import SiteKey
from warehouse.access import READ_ONLY_CONFIG, current_snapshot, snapshot_folder
from warehouse.archive import hash_of, put_beside, read_original
from warehouse.disk import sync_file
from warehouse.folders import DATABASE_NAME, SiteFolders
from warehouse.manifest import Manifest, read_manifest
from warehouse.publishing import is_finished, list_snapshots, point_to, remove_snapshot, remove_unpublished
from warehouse.stock import StockTotals, stock_totals


@dataclass(frozen=True)
class Version:
    """One published version."""

    manifest: Manifest
    size_bytes: int
    is_current: bool


@dataclass(frozen=True)
class TakenLater:
    """A file that one version knows and an earlier one does not."""

    path: str
    sha256: str
    received_at: dt.datetime


@dataclass(frozen=True)
class Difference:
    """One line of the comparison of two versions."""

    what: str
    before: int | None
    after: int | None


def versions(folders: SiteFolders) -> list[Version]:
    """Return the published versions, oldest first."""
    published = current_snapshot(folders)
    return [
        Version(read_manifest(path), (path / DATABASE_NAME).stat().st_size, path == published)
        for path in list_snapshots(folders)
        if path == published or is_finished(path)
    ]


def difference(folders: SiteFolders, before: str, after: str) -> list[Difference]:
    """Compare two versions: rows of every published table, then stock totals of every definition; only what differs."""
    first, second = (snapshot_folder(folders, each) / DATABASE_NAME for each in (before, after))
    totals = stock_totals(first)
    dates = sorted({as_of for as_of, _, _ in totals})
    return [
        *_compared(_table_counts(first), _table_counts(second)),
        *_compared(_named(totals), _named(stock_totals(second, dates))),
    ]


def _compared(before: dict[str, int], after: dict[str, int]) -> list[Difference]:
    names = list(dict.fromkeys([*before, *after]))
    return [
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def _table_counts(database: Path) -> dict[str, int]:
    with duckdb.connect(str(database), read_only=True, config=READ_ONLY_CONFIG) as connection:
        tables = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('ref', 'core', 'stats', 'ops') ORDER BY ALL"
        ).fetchall()
        return {
            f"rows of {name}": connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for (name,) in tables
        }


def _named(totals: StockTotals) -> dict[str, int]:
    return {
        f"stock of {as_of} {definition} {direction}": persons
        for (as_of, definition, direction), persons in totals.items()
    }


def roll_back(folders: SiteFolders, snapshot_id: str) -> list[TakenLater]:
    """Make a version the current one again; return the files that only the version left behind knows.

    Where it is the current one already, the files that any newer version knows. The caller holds the site alone.
    """
    target = snapshot_folder(folders, snapshot_id)
    left = current_snapshot(folders)
    if not is_finished(target) and target != left:
        raise UsageError(f"snapshot {snapshot_id} was never published: popflow snapshots list shows those that were")
    if left is not None and read_manifest(left).pseudonyms != read_manifest(target).pseudonyms:
        raise UsageError(
            f"snapshot {snapshot_id} has the pseudonyms of before popflow vault rotate-key --pseudonyms: "
            "it can still be read, but nothing can be built on it any more"
        )
    if left is None or left == target:
        return _taken_later(_newer(folders, target), target)
    later = _taken_later([left], target)
    point_to(folders, target.name)
    return later


def _newer(folders: SiteFolders, target: Path) -> list[Path]:
    built_at = read_manifest(target).built_at
    finished = (path for path in list_snapshots(folders) if is_finished(path))
    return [path for path in finished if read_manifest(path).built_at > built_at]


def _taken_later(later: Sequence[Path], target: Path) -> list[TakenLater]:
    known = _files_of(target)
    found: dict[str, TakenLater] = {}
    for snapshot in later:
        found |= {file_id: file for file_id, file in _files_of(snapshot).items() if file_id not in known}
    return sorted(found.values(), key=lambda file: file.path)


def _files_of(snapshot: Path) -> dict[str, TakenLater]:
    with duckdb.connect(str(snapshot / DATABASE_NAME), read_only=True, config=READ_ONLY_CONFIG) as connection:
        rows = connection.execute("SELECT file_id, path, sha256, received_at FROM raw.file").fetchall()
    return {file_id: TakenLater(*file) for file_id, *file in rows}


def restore_files(folders: SiteFolders, files: list[TakenLater], key: SiteKey) -> int:
    """Put files back into the inbox from the archive, with the time they had; return how many were not there yet."""
    return sum(_restore(folders, file, key) for file in files)


def _restore(folders: SiteFolders, file: TakenLater, key: SiteKey) -> bool:
    target = folders.inbox / file.path
    if not target.resolve().is_relative_to(folders.inbox.resolve()):
        raise UsageError(f"the archived file {file.sha256[:16]} has a path outside the inbox and was not restored")
    if target.is_file() and hash_of(target) == file.sha256:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.write_bytes(read_original(folders, file.sha256, key))
    seconds = file.received_at.replace(tzinfo=dt.UTC).timestamp()
    os.utime(unfinished, (seconds, seconds))
    sync_file(unfinished)
    put_beside(unfinished, target)
    return True


def prune(folders: SiteFolders, keep: int) -> list[str]:
    """Remove the oldest versions beyond ``keep``; never the current one, never the archive. Returns what went.

    The caller holds the site alone.
    """
    published = current_snapshot(folders)
    # By time and not by name: after a rollback a newer version may have an earlier date.
    finished = sorted(
        (path for path in list_snapshots(folders) if is_finished(path)), key=lambda path: read_manifest(path).built_at
    )
    going = [path for path in finished[: max(len(finished) - keep, 0)] if path != published]
    for path in going:
        remove_snapshot(path)
    remove_unpublished(folders)
    return [path.name for path in going]
