"""What lies in the inbox when a night begins: regular files, in a fixed order, cut into batches.

Files that programs leave beside the real ones (locks of spreadsheets, unfinished uploads, folder settings) are no
deliveries and stay.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from warehouse.archive import put_beside

_NOT_DELIVERED_PREFIXES = (".", "~$")
_NOT_DELIVERED_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload")
_NOT_DELIVERED_NAMES = frozenset({"thumbs.db", "desktop.ini"})


class Found(BaseModel):
    """One delivered file as it was when the night began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    size_bytes: int
    modified_ns: int


def find_files(inbox: Path) -> list[Found]:
    """Return the delivered files, by path. Links are not followed: they could lead out of the inbox."""
    return sorted(_found(inbox, inbox), key=lambda file: file.path)


def _found(inbox: Path, folder: Path) -> Iterator[Found]:
    for entry in sorted(os.scandir(_with_readable_names(folder)), key=lambda entry: entry.name):
        if _is_no_delivery(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _found(inbox, Path(entry.path))
            continue
        facts = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(facts.st_mode):
            path = Path(entry.path).relative_to(inbox).as_posix()
            yield Found(path=path, size_bytes=facts.st_size, modified_ns=facts.st_mtime_ns)


def _is_no_delivery(name: str) -> bool:
    lowered = name.lower()
    return (
        lowered.startswith(_NOT_DELIVERED_PREFIXES)
        or lowered.endswith(_NOT_DELIVERED_SUFFIXES)
        or lowered in _NOT_DELIVERED_NAMES
    )


def _with_readable_names(folder: Path) -> Path:
    """Give files whose names are GB 18030 bytes (unpacked on the wrong system) the names they spell."""
    for name in os.listdir(os.fsencode(folder)):  # noqa: PTH208 - bytes are what this is about
        try:
            name.decode("utf-8")
        except UnicodeDecodeError:
            source = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))  # noqa: PTH118
            wanted = folder / name.decode("gb18030", errors="replace")
            if source.is_dir():
                source.rename(wanted)
            else:
                put_beside(source, wanted)
    return folder


def in_batches(files: Sequence[Found], size: int) -> list[list[Found]]:
    """Cut the files into batches of at most ``size``."""
    return [list(files[start : start + size]) for start in range(0, len(files), size)]
