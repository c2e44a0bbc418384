"""Taking a delivered file off the inbox: its bytes are read once, named by their hash and sealed for the archive."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.keys import SiteKey


@dataclass(frozen=True)
class Original:
    """A file's bytes and what the file system says of it; no bytes where there are too many to hold."""

    content: bytes | None
    sha256: str
    size: int
    received_at: datetime

    def member(self, content: bytes) -> Original:
        """Return a file that came inside this one."""
        return Original(content, hashlib.sha256(content).hexdigest(), len(content), self.received_at)


class CannotBeReadYetError(Exception):
    """A file that has to wait for another night, under the rule that says why."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id


def read_stably(path: Path, most_bytes: int) -> Original:
    """Read a file once; one of more than ``most_bytes`` is only hashed.

    Raises ``CannotBeReadYetError`` where it changed meanwhile, is gone or cannot be opened.
    """
    try:
        before = path.stat()
        if before.st_size > most_bytes:
            content, sha256, size = None, _hash_only(path), before.st_size
        else:
            content = path.read_bytes()
            sha256, size = hashlib.sha256(content).hexdigest(), len(content)
        after = path.stat()
    except FileNotFoundError as error:
        raise CannotBeReadYetError("file_changing") from error
    except OSError as error:
        raise CannotBeReadYetError("file_unreadable") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise CannotBeReadYetError("file_changing")
    return Original(content, sha256, size, datetime.fromtimestamp(after.st_mtime, tz=UTC).replace(tzinfo=None))


def _hash_only(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal_original(original: Original, folder: Path, key: SiteKey) -> None:
    """Seal an original under its hash; the file is there whole or not at all."""
    path = folder / f"{original.sha256}.sealed"
    if original.content is None or path.exists():
        return
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(key.seal(original.content, "archive"))
    part.replace(path)
