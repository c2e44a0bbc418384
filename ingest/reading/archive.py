"""Archives: what lies in a zip file, taken out without trusting anything the archive says of itself.

Names are read in the encoding they were written in (Chinese programs write GBK without saying so) and lose whatever
could lead out of a folder. Sizes are summed up before a byte is unpacked. Nothing is written anywhere: members are
handed on as bytes.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from ingest.errors import FileRefusedError
from ingest.reading.delivery import Limits, Member
from ingest.refusals import refusal
from ingest.safe_text import printable

ZIP_MAGIC: Final = b"PK\x03\x04"
EMPTY_ZIP_MAGIC: Final = b"PK\x05\x06"
OTHER_ARCHIVES: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")
# By these members an archive is a document of its own and no archive of files.
_DOCUMENT_MEMBERS: Final = frozenset({"[Content_Types].xml", "content.xml"})
_DOCUMENT_PREFIXES: Final = ("xl/", "word/", "ppt/")
_NO_DELIVERY_PREFIXES: Final = (".", "~$")
_NO_DELIVERY_SUFFIXES: Final = (".tmp", ".part", ".partial", ".crdownload")
_NO_DELIVERY_NAMES: Final = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
_ENCRYPTED_FLAG: Final = 0x1
_UTF8_FLAG: Final = 0x800
_UNICODE_PATH_FIELD: Final = 0x7075
_DRIVE: Final = re.compile(r"^[A-Za-z]:")
_LONGEST_NAME_BYTES: Final = 200
_REFUSED_ALONE: Final = frozenset({"file_damaged", "file_password", "file_archive_format"})


def is_no_delivery(name: str) -> bool:
    """Whether a file or folder of this name is left behind by a program rather than sent by anyone."""
    lowered = name.lower()
    return (
        name.startswith(_NO_DELIVERY_PREFIXES)
        or lowered.endswith(_NO_DELIVERY_SUFFIXES)
        or lowered in _NO_DELIVERY_NAMES
    )


def read_container(content: bytes, limits: Limits) -> list[Member] | None:
    """Return the files in an archive, those of archives inside it too; None where the bytes are no archive of files.

    Raises ``FileRefusedError`` where the archive cannot be taken out safely and completely.
    """
    if content.startswith(OTHER_ARCHIVES):
        raise refusal("file_archive_format")
    if not content.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return None
    if len(content) > limits.file_bytes:
        raise refusal("file_too_large", detail=f"{len(content) >> 20} MB")
    members = _members(content, limits, nesting=1)
    if members is None:
        return None
    if not members:
        raise refusal("file_archive_empty")
    return _with_names_apart(members)


@contextmanager
def opened(content: bytes, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive that is neither locked nor a bomb; whatever is wrong with it later is a refusal too."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bombs(archive, len(content), limits)
            yield archive
    except RuntimeError as error:
        # zipfile says so of locked members; NotImplementedError is one too: a way of packing it does not know.
        if isinstance(error, NotImplementedError):
            raise refusal("file_archive_format") from error
        raise refusal("file_password") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, struct.error) as error:
        raise refusal("file_damaged", detail=type(error).__name__) from error
    except zlib.error as error:
        raise refusal("file_damaged", detail="zlib") from error


def _refuse_bombs(archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    is_dense = unpacked > limits.harmless_unpacked_bytes and unpacked / packed > limits.unpacking_ratio
    # Members that share their packed bytes are packed into less than their sum.
    if unpacked > limits.unpacked_bytes or is_dense or packed > size:
        raise refusal("file_zip_bomb")


def _members(content: bytes, limits: Limits, nesting: int) -> list[Member] | None:
    with opened(content, limits) as archive:
        inside = archive.infolist()
        if is_document(archive.namelist()):
            return None
        wanted = [each for each in inside if not each.filename.endswith("/")]
        names = [_name_of(each) for each in wanted]
        taken = [(each, name) for each, name in zip(wanted, names, strict=True) if not _is_left_behind(name)]
        if any(each.flag_bits & _ENCRYPTED_FLAG for each, _ in taken):
            raise refusal("file_password")
        _refuse_too_many(len(taken), sum(each.file_size for each, _ in taken), limits)
        members = [Member(name, archive.read(each)) for each, name in taken]
    return _with_nested(members, limits) if nesting else members


def is_document(names: Sequence[str]) -> bool:
    """Whether an archive of these members is one document, such as a workbook."""
    return any(name in _DOCUMENT_MEMBERS or name.startswith(_DOCUMENT_PREFIXES) for name in names)


def _with_nested(members: Sequence[Member], limits: Limits) -> list[Member]:
    """Return the members, and for an archive the files in it; archives deeper down are refused by whoever reads them.

    What all members hold together stays within the limits at every step.
    """
    left = replace(limits, members_bytes=limits.members_bytes - sum(len(member.content) for member in members))
    found: list[Member] = []
    for member in members:
        inside = _nested(member, left)
        if inside is None:
            found.append(member)
            continue
        found.extend(Member(f"{member.name}/{each.name}", each.content) for each in inside)
        left = replace(left, members_bytes=left.members_bytes - sum(len(each.content) for each in inside))
        _refuse_too_many(len(found), 0, limits)
    return found


def _nested(member: Member, limits: Limits) -> list[Member] | None:
    """Return the files in a member that is an archive; one that cannot be opened is refused alone, by its reader.

    What is dangerous in a member is dangerous in the whole.
    """
    if not member.content.startswith(ZIP_MAGIC):
        return None
    try:
        return _members(member.content, limits, 0)
    except FileRefusedError as error:
        if error.rule_id not in _REFUSED_ALONE:
            raise
        return None


def _refuse_too_many(count: int, size: int, limits: Limits) -> None:
    if count > limits.members:
        raise refusal("file_too_large", detail=f"{count} 个文件")
    if size > limits.members_bytes:
        raise refusal("file_too_large", detail=f"{size >> 20} MB")


def _is_left_behind(name: str) -> bool:
    return any(is_no_delivery(part) for part in name.split("/"))


def _name_of(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _UTF8_FLAG:
        return safe_name(member.orig_filename)
    raw = member.orig_filename.encode("cp437")
    return safe_name(_unicode_path(member.extra, raw) or _decoded_name(raw))


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Return the name some programs write once more in UTF-8, if it still belongs to the name in the archive."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        field = extra[position + 4 : position + 4 + size]
        if kind == _UNICODE_PATH_FIELD and len(field) > 5 and field[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return field[5:].decode("utf-8", "replace")
        position += 4 + size
    return None


def _decoded_name(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def safe_name(name: str) -> str:
    """Return a name as a relative path of plain parts: no root, no drive, no way up, nothing a terminal obeys."""
    parts = _DRIVE.sub("", printable(name.replace("\\", "/"))).split("/")
    kept = [_short(part.strip()) for part in parts if part.strip() not in {"", ".", ".."}]
    return "/".join(kept) or "_"


def _short(part: str) -> str:
    stem, suffix = posixpath.splitext(part)
    if len(part.encode()) <= _LONGEST_NAME_BYTES:
        return part
    suffix = suffix if len(suffix) <= len(".xlsx") else ""
    return stem.encode()[: _LONGEST_NAME_BYTES - len(suffix)].decode("utf-8", "ignore") + suffix


def _with_names_apart(members: Sequence[Member]) -> list[Member]:
    """Give each member a name of its own, for two may be written alike."""
    apart: list[Member] = []
    taken: set[str] = set()
    for member in members:
        stem, suffix = posixpath.splitext(member.name)
        name, number = member.name, 1
        while name in taken:
            number += 1
            name = f"{stem} ({number}){suffix}"
        taken.add(name)
        apart.append(Member(name, member.content))
    return apart
