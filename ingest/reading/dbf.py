"""Tables of dBASE III and IV, FoxPro and their kin (.dbf), as older registers export them.

The names of the columns become the first row. Records that were deleted are no rows. Which encoding the texts are in,
the file may say by a number; where it does not, they are read as Chinese texts are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from ingest.reading.cells import Cells
from ingest.reading.delivery import Document, Limits
from ingest.reading.encoding import encoding_of
from ingest.reading.sheet import BOOLEAN, DATE, NUMBER, TEXT
from ingest.refusals import refusal

_VERSIONS: Final = frozenset({0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0xCB, 0xF5, 0xFB})
_HEADER_BYTES: Final = 32
_FIELD_BYTES: Final = 32
_END_OF_FIELDS: Final = 0x0D
_DELETED: Final = 0x2A
_LIVING: Final = 0x20
_LANGUAGES: Final = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}
_JULIAN_OF_YEAR_ONE: Final = 1_721_425
_YES: Final = frozenset("TtYy")
_NO: Final = frozenset("FfNn")
_FIELD_KINDS: Final = b"CNFDLIBTYMGPV0@+OQW"


@dataclass(frozen=True)
class _Field:
    name: bytes
    kind: str
    start: int
    size: int
    decimals: int


def is_dbf(content: bytes) -> bool:
    """Whether the bytes begin as such a table does: version, a day, lengths that agree, fields of known kinds."""
    if len(content) <= _HEADER_BYTES or content[0] not in _VERSIONS:
        return False
    month, day = content[2], content[3]
    header, record = struct.unpack_from("<HH", content, 8)
    return month <= 12 and day <= 31 and header >= 65 and record > 1 and bool(_fields(content, header))


def read_dbf(content: bytes, limits: Limits) -> Document:
    """Read the records that are not deleted.

    Raises ``FileRefusedError`` where records are missing.
    """
    count, header, size = struct.unpack_from("<IHH", content, 4)
    fields = _fields(content, header)
    if len(content) < header + count * size or fields[-1].start + fields[-1].size > size:
        raise refusal("file_damaged", detail="dbf")
    if count * len(fields) > limits.cells:
        raise refusal("file_too_large", detail=f"{count} × {len(fields)}")
    encoding = _LANGUAGES.get(content[29]) or _guessed_encoding(content, header, fields)
    cells = Cells(limits)
    try:
        for column, field in enumerate(fields):
            cells.add(0, column, field.name.decode(encoding))
        for row, record in enumerate(_living(content, header, count, size), 1):
            for column, field in enumerate(fields):
                text, kind = _content(record[field.start : field.start + field.size], field, encoding)
                cells.add(row, column, text, kind)
    except UnicodeDecodeError as error:
        raise refusal("file_encoding") from error
    return Document("dbf", encoding, (cells.sheet(""),))


def _fields(content: bytes, header: int) -> list[_Field]:
    """Return the columns a header describes; none where it describes anything else."""
    fields: list[_Field] = []
    start, position = 1, _HEADER_BYTES
    while position + _FIELD_BYTES <= min(header, len(content)) and content[position] != _END_OF_FIELDS:
        name, kind, size, decimals = struct.unpack_from("<11sc4xBB", content, position)
        if kind not in (_FIELD_KINDS[i : i + 1] for i in range(len(_FIELD_KINDS))):
            return []
        if kind == b"C":
            size, decimals = size + 256 * decimals, 0
        # A field FoxPro keeps for itself is called 0.
        if kind != b"0":
            fields.append(_Field(name.split(b"\0")[0].strip(), kind.decode(), start, size, decimals))
        start += size
        position += _FIELD_BYTES
    return fields


def _guessed_encoding(content: bytes, header: int, fields: list[_Field]) -> str:
    sample = b"\n".join(field.name for field in fields) + b"\n" + content[header : header + (1 << 16)]
    return "utf-8" if _is_utf8(sample) else encoding_of(re.sub(rb"[\x00-\x7f]+", b"\n", sample)).replace("hkscs", "")


def _is_utf8(sample: bytes) -> bool:
    try:
        sample[: len(sample) - 4].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 8
    return True


def _living(content: bytes, header: int, count: int, size: int) -> Iterator[bytes]:
    for position in range(header, header + count * size, size):
        if content[position] not in {_DELETED, _LIVING}:
            raise refusal("file_damaged", detail="dbf")
        if content[position] == _LIVING:
            yield content[position : position + size]


def _content(raw: bytes, field: _Field, encoding: str) -> tuple[str, int]:
    if field.kind in "IBTY":
        return _binary_content(raw, field.kind)
    text = raw.replace(b"\0", b" ").decode(encoding).strip()
    if field.kind == "D":
        return (f"{text[:4]}-{text[4:6]}-{text[6:]}" if text.isdigit() and len(text) == 8 else text), DATE
    if field.kind in "NF":
        return text.strip("*"), NUMBER
    if field.kind == "L":
        return ("TRUE" if text in _YES else "FALSE" if text in _NO else ""), BOOLEAN
    # What a memo says lies in a file of its own; here is only where.
    return ("" if field.kind in "MGPVQW" else text), TEXT


def _binary_content(raw: bytes, kind: str) -> tuple[str, int]:
    try:
        if kind == "I":
            return str(struct.unpack("<i", raw)[0]), NUMBER
        if kind == "B":
            return format(struct.unpack("<d", raw)[0], ".15g"), NUMBER
        if kind == "Y":
            return format(struct.unpack("<q", raw)[0] / 10_000, ".4f"), NUMBER
        day, milliseconds = struct.unpack("<ii", raw)
        moment = date.fromordinal(day - _JULIAN_OF_YEAR_ONE).isoformat() if day else ""
        seconds = milliseconds // 1000
        time = f" {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}" if seconds else ""
    except (struct.error, ValueError, OverflowError) as error:
        raise refusal("file_damaged", detail="dbf") from error
    return (moment + time if moment else ""), DATE
