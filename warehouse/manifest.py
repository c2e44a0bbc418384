"""The manifest of a snapshot: what a published version is made of.

It lies beside the database file and is published with it by the same rename, so that what it names (vault segments,
files taken) changes together with the warehouse or not at all.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ingest.errors import UsageError
from warehouse.disk import read_json, write_json
from warehouse.folders import MANIFEST_NAME


class TakenFile(BaseModel):
    """A delivered file that this night took out of the inbox; a personal number in its path is masked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file_id: str
    path: str
    sha256: str
    status: str


class Manifest(BaseModel):
    """What one snapshot is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot_id: str
    kind: str
    run_date: dt.date
    started: dt.datetime
    built_at: dt.datetime
    base_snapshot: str | None
    home_code: str
    files_taken: tuple[TakenFile, ...]
    rows_accepted: int
    rows_returned: int
    vault_segments: tuple[str, ...]
    # which keys its pseudonyms were made with
    pseudonyms: str
    versions: dict[str, str]


def read_manifest(snapshot: Path) -> Manifest:
    """Read the manifest of a snapshot folder.

    Raises ``UsageError`` where the folder is no snapshot.
    """
    path = snapshot / MANIFEST_NAME
    try:
        return Manifest.model_validate(read_json(path))
    except FileNotFoundError as error:
        raise UsageError(f"{snapshot} is not a snapshot: it has no {MANIFEST_NAME}") from error


def write_manifest(snapshot: Path, manifest: Manifest) -> None:
    """Write the manifest into a snapshot folder."""
    write_json(snapshot / MANIFEST_NAME, manifest.model_dump(mode="json"))
