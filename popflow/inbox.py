"""What lies in the inbox when a night begins: regular files, in a fixed order, cut into batches.

Files that programs leave beside the real ones (locks of spreadsheets, unfinished uploads, folder settings) are no
deliveries; they, links and what cannot be opened stay where they are, and the night says so.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from ingest.reading.archive import is_no_delivery
from ingest.safe_text import shown_path
from warehouse.archive import fitting_name, put_beside
from warehouse.folders import WorkFolder

_LIST_SUFFIXES = (".xlsx", ".xls", ".et", ".ods", ".csv", ".zip")
_NAMED = 5

Reason = Literal["no_delivery", "link", "special", "folder", "changing", "unreadable", "changed"]
# What is said of entries that stay in the inbox, and what can be done.
_SAID: Final[dict[Reason, str]] = {
    "no_delivery": "temporary or system files and no deliveries",
    "link": "links, which are not followed; put the files themselves there",
    "special": "no files that can be read; remove them",
    "folder": "folders named like lists, with nothing in them; put the lists themselves there",
    "changing": "still being written; the next night reads them",
    "unreadable": "not readable for this account; correct their permissions",
    "changed": "changed after they were read; the next night reads them",
}


# A batch is read by one process; large files apart from each other are read by several.
BATCH_BYTES: Final = 16 << 20


class Found(BaseModel):
    """One delivered file as it was when the night began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    size_bytes: int
    modified_ns: int


class Passed(BaseModel):
    """Something that stays in the inbox, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    reason: Reason


def look_into(inbox: Path) -> tuple[list[Found], list[Passed]]:
    """Return the delivered files and what is passed over, by path. Links are not followed: they could lead out."""
    seen = sorted(_seen(inbox, inbox), key=lambda each: each.path)
    return [each for each in seen if isinstance(each, Found)], [each for each in seen if isinstance(each, Passed)]


def find_files(inbox: Path) -> list[Found]:
    """Return the delivered files, by path."""
    return look_into(inbox)[0]


def _seen(inbox: Path, folder: Path) -> Iterator[Found | Passed]:
    try:
        entries = sorted(os.scandir(_with_readable_names(folder)), key=lambda entry: entry.name)
    except OSError:
        yield Passed(path=folder.relative_to(inbox).as_posix(), reason="unreadable")
        return
    for entry in entries:
        path = Path(entry.path)
        if is_no_delivery(entry.name):
            yield Passed(path=path.relative_to(inbox).as_posix(), reason="no_delivery")
        elif entry.is_dir(follow_symlinks=False):
            yield from _seen_below(inbox, path)
        else:
            yield _of_entry(entry, path.relative_to(inbox).as_posix())


def _seen_below(inbox: Path, folder: Path) -> list[Found | Passed]:
    below = list(_seen(inbox, folder))
    if not below and folder.suffix.lower() in _LIST_SUFFIXES:
        below.append(Passed(path=folder.relative_to(inbox).as_posix(), reason="folder"))
    return below


def _of_entry(entry: os.DirEntry[str], path: str) -> Found | Passed:
    if not _is_text(path):
        return Passed(path=path, reason="unreadable")
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:  # gone between two looks, as a file is that a sender moves away
        return Passed(path=path, reason="changing")
    if stat.S_ISREG(facts.st_mode):
        return Found(path=path, size_bytes=facts.st_size, modified_ns=facts.st_mtime_ns)
    return Passed(path=path, reason="link" if stat.S_ISLNK(facts.st_mode) else "special")


def _is_text(path: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in path)


def _with_readable_names(folder: Path) -> Path:
    """Give files whose names are GB 18030 bytes (unpacked on the wrong system) the names they spell."""
    for name in os.listdir(os.fsencode(folder)):  # noqa: PTH208 - bytes are what this is about
        try:
            name.decode("utf-8")
        except UnicodeDecodeError:
            source = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))  # noqa: PTH118
            with contextlib.suppress(OSError):  # what cannot be renamed is passed over
                _rename(source, folder / fitting_name(name.decode("gb18030", errors="replace")))
    return folder


def _rename(source: Path, wanted: Path) -> None:
    if not source.is_dir():
        put_beside(source, wanted)
    elif not wanted.exists():
        source.rename(wanted)


def in_batches(files: Sequence[Found], size: int) -> list[list[Found]]:
    """Cut the files into batches of at most ``size`` files and, but for a single larger file, ``BATCH_BYTES``."""
    batches: list[list[Found]] = []
    room = 0
    for file in files:
        if not batches or len(batches[-1]) >= size or file.size_bytes > room:
            batches.append([])
            room = BATCH_BYTES
        batches[-1].append(file)
        room -= file.size_bytes
    return batches


# The rules under which landing leaves a file in the inbox.
_LEFT_BECAUSE: Final[dict[str, Reason]] = {"file_changing": "changing", "file_unreadable": "unreadable"}


def left_while_landing(work: WorkFolder) -> list[Passed]:
    """Return the files that landing could not read yet."""
    left: list[Passed] = []
    for files, findings in zip(work.landed_tables("file"), work.landed_tables("finding"), strict=True):
        reasons = {row["file_id"]: _LEFT_BECAUSE.get(row["rule_id"]) for row in pq.read_table(findings).to_pylist()}
        for row in pq.read_table(files, columns=["file_id", "path", "status"]).to_pylist():
            if row["status"] == "left":
                left.append(Passed(path=row["path"], reason=reasons.get(row["file_id"]) or "changing"))
    return left


def remarks(passed: Iterable[Passed]) -> tuple[str, ...]:
    """Say in one sentence per reason what stays in the inbox, and what can be done."""
    by_reason: dict[Reason, list[str]] = {}
    for each in passed:
        by_reason.setdefault(each.reason, []).append(shown_path(each.path))
    return tuple(
        f"{len(by_reason[reason]):,} left in the inbox: {said} ({_some(by_reason[reason])})"
        for reason, said in _SAID.items()
        if reason in by_reason
    )


def _some(paths: Sequence[str]) -> str:
    return ", ".join(paths[:_NAMED]) + (", …" if len(paths) > _NAMED else "")
