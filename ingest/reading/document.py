"""Bytes of a delivered file become sheets of cells, whatever program saved them.

What a file is, its first bytes say, not its name. A file that cannot be read completely and safely is refused with
advice its sender can follow; nothing of it is guessed and nothing is written anywhere.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from typing import Final

import pyarrow as pa

from ingest.reading.archive import EMPTY_ZIP_MAGIC, OTHER_ARCHIVES, ZIP_MAGIC, is_document, opened, read_container
from ingest.reading.biff import is_binary_workbook, read_binary_workbook
from ingest.reading.dbf import is_dbf, read_dbf
from ingest.reading.delivery import Document, Limits, Member
from ingest.reading.html import read_html
from ingest.reading.ooxml import read_ooxml
from ingest.reading.opendocument import MEDIA_TYPE, read_flat_opendocument, read_opendocument
from ingest.reading.spreadsheetml import NAMESPACE, read_spreadsheetml
from ingest.reading.text import read_text
from ingest.refusals import refusal

__all__ = ["Document", "Limits", "Member", "read_container", "read_document"]

_LOOKED_AT: Final = 8192
_XML_BEGINNING: Final = re.compile(r"\s*<(?:\?xml|!--|[\w:]+)", re.IGNORECASE)
_HTML_BEGINNING: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|table|style|script|div|p|tr|center|font|span|title)\b", re.IGNORECASE
)
_MESSAGE_BEGINNING: Final = re.compile(r"\s*(?:mime-version|from|message-id|content-type)\s*:", re.IGNORECASE)


def read_document(content: bytes, limits: Limits) -> Document:
    """Read the sheets of a delivered file.

    Raises ``FileRefusedError`` where the bytes are no table that can be read safely.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise refusal("file_empty")
    if len(content) > limits.file_bytes:
        raise refusal("file_too_large", detail=f"{len(content) >> 20} MB")
    try:
        return _reader_of(content)(content, limits)
    except pa.ArrowException as error:
        # Texts of one column beyond what Arrow holds in one piece.
        raise refusal("file_too_large", detail=type(error).__name__) from error


def _reader_of(content: bytes) -> Callable[[bytes, Limits], Document]:
    if content.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return _read_archived
    if content.startswith(OTHER_ARCHIVES):
        raise refusal("file_archive_format")
    if is_binary_workbook(content):
        return read_binary_workbook
    if is_dbf(content):
        return read_dbf
    return _reader_of_text(content)


def _read_archived(content: bytes, limits: Limits) -> Document:
    with opened(content, limits) as archive:
        names = archive.namelist()
        if "mimetype" in names and archive.read("mimetype").startswith(MEDIA_TYPE):
            return read_opendocument(content, limits)
        if not is_document(names):
            raise refusal("file_archive_nested")
    return read_ooxml(content, limits)


def _reader_of_text(content: bytes) -> Callable[[bytes, Limits], Document]:
    """Return the reader of a text, which may be marked up."""
    head = _head(content)
    if _MESSAGE_BEGINNING.match(head) and "mime-version" in head.lower():
        return read_html
    if not _XML_BEGINNING.match(head):
        return read_html if _HTML_BEGINNING.match(head.lstrip()) else read_text
    if NAMESPACE.decode() in head and "<html" not in head.lower():
        return lambda each, limits: read_spreadsheetml(io.BytesIO(each), limits)
    if MEDIA_TYPE.decode() in head:
        return lambda each, limits: read_flat_opendocument(io.BytesIO(each), limits)
    if _HTML_BEGINNING.search(head):
        return read_html
    raise refusal("file_format_unknown")


def _head(content: bytes) -> str:
    """Return the beginning of a text, readable as far as it is ASCII."""
    head = content[:_LOOKED_AT]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) & ~1].decode("utf-16", "replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1").replace("\0", "")
