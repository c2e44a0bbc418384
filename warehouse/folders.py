"""Where things lie: the folders of a site and the work folder of one night.

Every path that two modules must agree on is said here once. Nothing in here touches the disk except `make_private`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATABASE_NAME = "popflow.duckdb"
MANIFEST_NAME = "manifest.json"
FINISHED_NAME = "finished"
PRIVATE_FOLDER_MODE = 0o700


def make_private(folder: Path) -> None:
    """Make a folder that only the operator's account can enter."""
    folder.mkdir(mode=PRIVATE_FOLDER_MODE, parents=True, exist_ok=True)


@dataclass(frozen=True)
class SiteFolders:
    """The folders of one site."""

    root: Path

    @property
    def settings_file(self) -> Path:
        """What the operator decides."""
        return self.root / "popflow.toml"

    @property
    def inbox(self) -> Path:
        """What units drop, any nesting, any names."""
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        """Taken originals, sealed, by content hash."""
        return self.root / "archive"

    @property
    def vault(self) -> Path:
        """Identities, sealed; the only place that has them."""
        return self.root / "vault"

    @property
    def key_file(self) -> Path:
        """The site key."""
        return self.vault / "site.key"

    @property
    def decisions_file(self) -> Path:
        """What people decided about pairs of keys, one JSON line each."""
        return self.vault / "decisions.jsonl"

    @property
    def warehouse(self) -> Path:
        """Snapshots, the pointer to the current one, and the work folders."""
        return self.root / "warehouse"

    @property
    def snapshots(self) -> Path:
        """One folder per published version."""
        return self.warehouse / "snapshots"

    @property
    def current(self) -> Path:
        """The symlink readers follow."""
        return self.warehouse / "current"

    @property
    def work(self) -> Path:
        """Parent of the nights' work folders."""
        return self.warehouse / "work"

    @property
    def lock_file(self) -> Path:
        """Held by the night that runs."""
        return self.warehouse / "night.lock"

    @property
    def lease_file(self) -> Path:
        """Says whose night it is."""
        return self.warehouse / "night.lease.json"

    @property
    def outbox(self) -> Path:
        """Return slips by unit."""
        return self.root / "outbox"

    @property
    def reports(self) -> Path:
        """Published reports."""
        return self.root / "reports"

    @property
    def log(self) -> Path:
        """One JSON file per night."""
        return self.root / "log"

    def all_folders(self) -> tuple[Path, ...]:
        """Return every folder a new site has."""
        return (
            self.inbox,
            self.archive,
            self.vault,
            self.warehouse,
            self.snapshots,
            self.outbox,
            self.reports,
            self.log,
        )

    def archived(self, sha256: str) -> Path:
        """Return where the sealed original with this hash lies."""
        return self.archive / sha256[:2] / f"{sha256}.sealed"


@dataclass(frozen=True)
class WorkFolder:
    """The work folder of one night; all its steps talk through files in it."""

    path: Path

    @property
    def night_file(self) -> Path:
        """What the night is."""
        return self.path / "night.json"

    @property
    def batches(self) -> Path:
        """One JSON file per batch of inbox files."""
        return self.path / "batches"

    @property
    def passed_file(self) -> Path:
        """What lay in the inbox and is no delivery."""
        return self.path / "passed.json"

    @property
    def taken_file(self) -> Path:
        """What is removed from the inbox once the night is published: paths as the senders chose them, and hashes."""
        return self.path / "taken.json"

    @property
    def known_files(self) -> Path:
        """Files the current snapshot has taken."""
        return self.path / "known_file.parquet"

    @property
    def units(self) -> Path:
        """Register rows of the home division and below."""
        return self.path / "units.parquet"

    @property
    def units_elsewhere(self) -> Path:
        """Register rows of the counties and above outside the home division."""
        return self.path / "units_elsewhere.parquet"

    @property
    def landed(self) -> Path:
        """Landed rows by batch."""
        return self.path / "landed"

    @property
    def originals(self) -> Path:
        """Sealed originals of this night."""
        return self.path / "originals"

    @property
    def gated(self) -> Path:
        """What the gate let in, and what it found."""
        return self.path / "gated"

    @property
    def slips(self) -> Path:
        """Return slips by unit, not yet delivered."""
        return self.path / "slips"

    @property
    def vault(self) -> Path:
        """Vault segments of this night, sealed."""
        return self.path / "vault"

    @property
    def snapshot(self) -> Path:
        """The folder that becomes the snapshot, by one rename."""
        return self.path / "snapshot"

    @property
    def database(self) -> Path:
        """The working copy of the warehouse."""
        return self.path / DATABASE_NAME

    def landed_tables(self, name: str) -> list[Path]:
        """Return the landed files of one table over all batches."""
        return sorted(self.landed.glob(f"*/{name}.parquet"))
