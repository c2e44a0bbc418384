"""What a reader is given and what it gives back: the limits of a delivery, a document, a member of an archive.

Every format has a reader in a module of its own; they share these types and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest.reading.sheet import Sheet


@dataclass(frozen=True)
class Limits:
    """How large a delivered file may be; anything above is refused before it is opened."""

    file_bytes: int = 256 << 20
    unpacked_bytes: int = 2 << 30
    unpacking_ratio: int = 150
    # Small archives may be packed as tightly as they like: a sheet of equal cells is no attack.
    harmless_unpacked_bytes: int = 32 << 20
    cells: int = 30_000_000
    # Spreadsheets hold 32,767 characters in a cell; what is longer is no entry of a list.
    cell_characters: int = 100_000
    columns: int = 2_000
    sheets: int = 1_000
    # A page is taken apart as a whole, which takes many times its size.
    page_bytes: int = 48 << 20
    # Members of an archive of files, taken together with those of archives inside it.
    members: int = 5_000
    members_bytes: int = 512 << 20


@dataclass(frozen=True)
class Document:
    """A file as read: its true format, the encoding of a text, and its sheets that are not empty."""

    format: str
    encoding: str | None
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class Member:
    """A file out of an archive; its name is a relative path that leads nowhere else."""

    name: str
    content: bytes
