"""Publishing: the built working copy becomes the version readers open, by one rename of one pointer.

Everything before the swap is written under names nobody reads; everything after it (emptying the inbox, delivering the
slips) can be done again and is finished by the next night if it was interrupted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from ingest.errors import PopflowError
from warehouse.access import current_snapshot
from warehouse.archive import empty_inbox, keep_originals
from warehouse.disk import move_into_place, read_json, sync_file, sync_folder
from warehouse.folders import DATABASE_NAME, FINISHED_NAME, SiteFolders, WorkFolder, make_private
from warehouse.manifest import Manifest, read_manifest, write_manifest
from warehouse.working_copy import write_ahead_log

PUBLISHED_MODE = 0o440
Boundary = Callable[[str], None]


def publish(folders: SiteFolders, work: WorkFolder, manifest: Manifest, reached: Boundary) -> None:
    """Make the working copy the current version; ``reached`` is told each boundary that was passed."""
    _prepare_snapshot(work, manifest)
    reached("snapshot prepared")
    _keep_segments(folders, work)
    reached("vault segments kept")
    keep_originals(folders, work.originals, (file.sha256 for file in manifest.files_taken))
    reached("originals kept")
    snapshot = folders.snapshots / manifest.snapshot_id
    work.snapshot.replace(snapshot)
    sync_folder(folders.snapshots)
    reached("snapshot in place")
    point_to(folders, manifest.snapshot_id)
    reached("published")


def _prepare_snapshot(work: WorkFolder, manifest: Manifest) -> None:
    make_private(work.snapshot)
    database = work.snapshot / DATABASE_NAME
    if work.database.exists():
        with duckdb.connect(str(work.database)) as connection:
            connection.execute("CHECKPOINT")
        if write_ahead_log(work.database).exists():
            raise PopflowError("the working copy did not close cleanly: nothing was published, start the night again")
        work.database.replace(database)
    sync_file(database)
    database.chmod(PUBLISHED_MODE)
    write_manifest(work.snapshot, manifest)
    sync_folder(work.path)


def _keep_segments(folders: SiteFolders, work: WorkFolder) -> None:
    for segment in sorted(work.vault.glob("*.sealed")):
        move_into_place(segment, folders.vault / segment.name)


def point_to(folders: SiteFolders, snapshot_id: str) -> None:
    """Swap the pointer readers follow; old readers keep what they have open."""
    fresh = folders.current.with_name(".current.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path(folders.snapshots.name) / snapshot_id)
    fresh.replace(folders.current)
    sync_folder(folders.warehouse)


def is_finished(snapshot: Path) -> bool:
    """Whether everything that follows the publication of a snapshot has been done."""
    return (snapshot / FINISHED_NAME).exists()


def finish(folders: SiteFolders, work: WorkFolder) -> list[str]:
    """Empty the inbox of what the published night took and deliver its slips; can be done again after a crash.

    Returns the paths that changed meanwhile and stay.
    """
    changed = empty_inbox(folders.inbox, read_json(work.taken_file) if work.taken_file.exists() else ())
    deliver_slips(folders, work)
    return changed


def mark_finished(snapshot: Path) -> None:
    """Note that everything that follows the publication of a snapshot has been done."""
    mark = snapshot / FINISHED_NAME
    mark.touch()
    sync_file(mark)
    sync_folder(snapshot)


def deliver_slips(folders: SiteFolders, work: WorkFolder) -> int:
    """Move the night's return slips to the senders' folders of the outbox; return how many."""
    slips = sorted(path for path in work.slips.rglob("*") if path.is_file()) if work.slips.exists() else []
    for slip in slips:
        target = folders.outbox / slip.relative_to(work.slips)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(slip, target)
    return len(slips)


def remove_unpublished(folders: SiteFolders) -> None:
    """Remove what a night left that died before its pointer was swapped: its snapshot folder and its vault segments."""
    published = current_snapshot(folders)
    for snapshot in list_snapshots(folders):
        if snapshot != published and not is_finished(snapshot):
            remove_snapshot(snapshot)
    live = {name for snapshot in list_snapshots(folders) for name in read_manifest(snapshot).vault_segments}
    for segment in folders.vault.glob("*.sealed"):
        if segment.name not in live:
            segment.unlink()


def list_snapshots(folders: SiteFolders) -> list[Path]:
    """Return the snapshot folders, oldest first."""
    return sorted(path for path in folders.snapshots.iterdir() if path.is_dir()) if folders.snapshots.exists() else []


def remove_snapshot(snapshot: Path) -> None:
    """Remove one snapshot; a half-removed one is no longer taken for a finished one."""
    (snapshot / FINISHED_NAME).unlink(missing_ok=True)
    sync_folder(snapshot)
    shutil.rmtree(snapshot)


def live_segments(folders: SiteFolders) -> list[Path]:
    """Return the vault segments that belong to the current snapshot."""
    snapshot = current_snapshot(folders)
    if snapshot is None:
        return []
    return [folders.vault / name for name in read_manifest(snapshot).vault_segments]


def wipe(folder: Path) -> None:
    """Remove a work folder; it holds identities, so nothing of it may stay."""
    if folder.exists():
        shutil.rmtree(folder)
