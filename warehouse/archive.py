"""The archive: every taken original, sealed, under the hash of its content.

A file is there whole or not at all, and the same content is kept once. The inbox is emptied only of bytes that are in
the archive.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePath

from ingest.errors import UsageError
from ingest.keys import SiteKey
from warehouse.disk import move_into_place
from warehouse.folders import SiteFolders

PURPOSE = "archive"
_PIECE = 1024 * 1024
_NAME_BYTES = 255
TAKEN_MARK = ".popflow-taken"


def keep_originals(folders: SiteFolders, originals: Path, hashes: Iterable[str]) -> None:
    """Move the sealed originals of a night into the archive; content that is there already is left alone."""
    for sha256 in sorted(set(hashes)):
        target = folders.archived(sha256)
        if not target.exists():
            move_into_place(_sealed(originals, sha256), target)


def is_kept(folders: SiteFolders, originals: Path, sha256: str) -> bool:
    """Whether an original is in the archive, or sealed and ready to go there."""
    return folders.archived(sha256).exists() or _sealed(originals, sha256).exists()


def _sealed(originals: Path, sha256: str) -> Path:
    return originals / f"{sha256}.sealed"


def read_original(folders: SiteFolders, sha256: str, key: SiteKey) -> bytes:
    """Open one archived original.

    Raises ``UsageError`` where the archive does not have it or it is not what it was.
    """
    path = folders.archived(sha256)
    if not path.exists():
        raise UsageError(f"the archive has no file {sha256[:16]}: restore {folders.archive} from its safe copy")
    content = key.unseal(path.read_bytes(), PURPOSE)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(f"the archived file {sha256[:16]} is damaged: restore it from its safe copy")
    return content


def empty_inbox(inbox: Path, taken: Iterable[tuple[str, str]]) -> list[str]:
    """Remove the files (path, sha256) a published night has taken; return the paths that changed since and stay.

    A file is set aside by a rename before it is compared, so that a sender who replaces it meanwhile loses nothing.
    Started again after a crash, it finishes what was left.
    """
    return [path for path, sha256 in taken if not _remove_taken(inbox / path, sha256)]


def _remove_taken(path: Path, sha256: str) -> bool:
    aside = set_aside_name(path)
    if aside.exists():
        _settle(aside, path, sha256)
    if not path.is_file():
        return True
    path.replace(aside)
    return _settle(aside, path, sha256)


def set_aside_name(path: Path) -> Path:
    """Return where a file is set aside; named by a hash, for its own name may be as long as a name can be."""
    return path.with_name(f".{hashlib.sha256(path.name.encode()).hexdigest()[:32]}{TAKEN_MARK}")


def _settle(aside: Path, path: Path, sha256: str) -> bool:
    """Drop the file set aside where it is the one taken; else put it back, beside a newer one if there is one."""
    if hash_of(aside) == sha256:
        aside.unlink()
        return True
    put_beside(aside, path)
    return False


def put_beside(source: Path, wanted: Path) -> Path:
    """Move ``source`` to ``wanted``, or to the next free name beside it; never over another file."""
    number = 1
    while True:
        target = wanted.with_name(fitting_name(wanted.name, "" if number == 1 else f" ({number})"))
        try:
            os.link(source, target)
        except FileExistsError:
            number += 1
            continue
        source.unlink()
        return target


def fitting_name(name: str, addition: str = "") -> str:
    """Return a file's name with ``addition`` before its suffix, its stem cut where a name cannot be as long."""
    path = PurePath(name)
    room = _NAME_BYTES - len(f"{addition}{path.suffix}".encode())
    stem = path.stem.encode()[:room].decode(errors="ignore")
    return f"{stem}{addition}{path.suffix}"


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
