"""Sealing everything anew: vault segments and archived originals, file by file, under a new secret.

Each file is replaced whole and says with which secret it was sealed, and while the keyring has both secrets every file
opens. So a rotation that was killed is finished by running it again, and a night in between disturbs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.keys import SiteKey, load_key, replace_key
from warehouse.archive import PURPOSE as ARCHIVE
from warehouse.disk import sync_folder
from warehouse.folders import SiteFolders
from warehouse.vault.segments import PURPOSE as VAULT

_UNFINISHED = ".resealed"
_BEGINNING_BYTES = 64


def rotate_secret(folders: SiteFolders, reached: Callable[[str], None]) -> int:
    """Seal all sealed files of a site under a new secret and let the old one go; return how many files there were.

    Where an earlier rotation was killed, it is finished instead. The caller holds the site alone; ``reached`` is told
    each boundary that was passed.
    """
    key = load_key(folders.key_file)
    if not key.is_changing:
        key = key.with_new_secret()
        replace_key(folders.key_file, key)
    reached("new secret kept")
    sealed = 0
    for path, purpose in _sealed_files(folders):
        _seal_anew(path, purpose, key)
        sealed += 1
        reached("file sealed anew")
    reached("all sealed anew")
    replace_key(folders.key_file, key.without_former_secret())
    reached("old secret gone")
    return sealed


def _sealed_files(folders: SiteFolders) -> Iterator[tuple[Path, str]]:
    for folder, purpose in ((folders.vault, VAULT), (folders.archive, ARCHIVE)):
        for unfinished in folder.rglob(f"*{_UNFINISHED}"):
            unfinished.unlink()
        yield from ((path, purpose) for path in sorted(folder.rglob("*.sealed")))


def _seal_anew(path: Path, purpose: str, key: SiteKey) -> None:
    with path.open("rb") as file:
        if key.is_sealed_with_this(file.read(_BEGINNING_BYTES)):
            return
    fresh = path.with_name(f"{path.name}{_UNFINISHED}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, path.stat().st_mode & 0o777)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.seal(key.unseal(path.read_bytes(), purpose), purpose))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)
