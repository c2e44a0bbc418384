"""Writing to disk so that it survives a power cut, and saying clearly when there is no room left."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from ingest.errors import PopflowError

RESERVE_BYTES = 64 * 1024 * 1024
_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_TEXTS = ("no space left", "disk quota exceeded", "out of disk space")


class DiskFullError(PopflowError):
    """There is not enough room on the disk of the site."""


def require_free_space(folder: Path, needed: int) -> None:
    """Refuse to begin where the disk of ``folder`` has less than ``needed`` bytes and a reserve.

    Raises ``DiskFullError``.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + RESERVE_BYTES:
        raise DiskFullError(
            f"not enough room on the disk of {folder}: the night needs about {_megabytes(needed + RESERVE_BYTES)} MB "
            f"and {_megabytes(free)} MB are free; make room (popflow snapshots prune) and start the night again"
        )


@contextmanager
def disk_full_is_said(folder: Path) -> Iterator[None]:
    """Turn "no space left" from anywhere below into one clear sentence."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not _means_full(error):
            raise
        raise DiskFullError(
            f"no space left on the disk of {folder}: the night was undone, nothing was published; "
            "make room and start it again"
        ) from error


def _means_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL_ERRNOS:
        return True
    return any(text in str(error).lower() for text in _FULL_TEXTS)


def _megabytes(size: int) -> int:
    return -(-size // (1024 * 1024))


def sync_file(path: Path) -> None:
    """Flush a file's content to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries, so that a rename in it survives a power cut."""
    sync_file(path)


def write_json(path: Path, content: Any) -> None:
    """Write a small JSON file so that it is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def move_into_place(source: Path, target: Path) -> None:
    """Move a finished file to its lasting place: flushed, renamed, its folder flushed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sync_file(source)
    source.replace(target)
    sync_folder(target.parent)
