"""Damages small files in the ways files get damaged, and in ways only an attacker would think of.

A member of an archive is damaged inside and packed anew, for a checksum would catch the damage before any reader.
"""

from __future__ import annotations

import io
import random
import zipfile
from typing import Final

from fuzz.office_files import zipped

from ingest.errors import FileRefusedError
from ingest.reading.document import Limits, read_container, read_document
from ingest.reading.sheet import ERROR

LIMITS: Final = Limits()
# Bytes that mean something to a parser.
_TELLING: Final = (
    b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\x00\x80", b"<!--", b"<![CDATA[", b"]]>", b"<", b">", b"&",
    b'"', b"'", b"\n", b"\r", b",", b"&#0;", b"&#x110000;", b"_x0000_", b"\xef\xbb\xbf", b"\xff\xfe", b"1048577",
    b"4294967296", b"-1", b"1e400", b"nan", b' r="ZZZ9999999"', b' t="s"', b"</row>", b"<c>", b"<tr><td rowspan=9999>",
)  # fmt: skip


def mutated(content: bytes, seed: int) -> bytes:
    """Return a file damaged in one to eight places, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - chance, no secret
    if content.startswith(b"PK\x03\x04") and rng.random() < 0.8:
        return _mutated_inside(content, rng)
    return _mutated_bytes(content, rng)


def _mutated_inside(content: bytes, rng: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(sorted(members))
    inside = members[name]
    assert isinstance(inside, bytes)
    members[name] = _mutated_bytes(inside, rng)
    return zipped(members)


def _mutated_bytes(content: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        _damage(damaged, rng)
    return bytes(damaged)


def _damage(damaged: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(damaged) + 1)
    telling = rng.choice(_TELLING)
    length = rng.choice((1, 2, 4, 16, 100))
    match rng.randrange(7):
        case 0:
            damaged[place : place + 1] = bytes([rng.randrange(256)])
        case 1:
            del damaged[place : place + length]
        case 2:
            damaged[place:place] = telling
        case 3:
            damaged[place : place + len(telling)] = telling
        case 4:
            damaged[place:place] = damaged[place : place + length] * rng.choice((1, 2, 50))
        case 5:
            other = rng.randrange(len(damaged) + 1)
            damaged[place : place + length] = damaged[other : other + length]
        case _:
            if rng.random() < 0.2:
                del damaged[place:]


def read_or_refuse(content: bytes) -> str:
    """Read a file as a night does; return its format or the rule that refuses it. Anything else is a defect."""
    try:
        members = read_container(content, LIMITS)
        if members is None:
            return _read(content)
        for member in members:
            parts = member.name.split("/")
            assert not {"", ".", ".."} & set(parts)
            read_or_refuse(member.content)
    except FileRefusedError as error:
        return _judged(error)
    return "zip"


def _judged(refusal: FileRefusedError) -> str:
    assert refusal.advice_zh
    assert "{" not in refusal.advice_zh + refusal.advice_en
    return refusal.rule_id


def _read(content: bytes) -> str:
    document = read_document(content, LIMITS)
    for sheet in document.sheets:
        assert sheet.height * sheet.width <= LIMITS.cells
        for index in range(sheet.width):
            column, kinds = sheet.column(index), sheet.kinds(index)
            column.validate(full=True)
            assert len(column) == len(kinds) == sheet.height
            assert all(0 <= kind <= ERROR for kind in kinds.unique().to_pylist())
        assert all(top <= bottom and left <= right for (top, left), (bottom, right) in sheet.merges)
        assert all(0 <= row < sheet.height for row in sheet.hidden_rows)
    return document.format
