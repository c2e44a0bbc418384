"""A workbook's zip package as named parts: what is not changed is handed on byte for byte.

Parts are found by their relationships, never by their usual names, and XML from outside is parsed without entities,
DTDs or the network. Nothing is unpacked to disk.
"""

from __future__ import annotations

import posixpath
import shutil
import zipfile
from collections.abc import Callable
from typing import IO, Final, Protocol

from lxml import etree

CONTENT_TYPES: Final = "[Content_Types].xml"
CONTENT_TYPES_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
COMPRESSION_LEVEL: Final = 3

GATHERED_BYTES: Final = 1 << 20


class Target(Protocol):
    """Where bytes are written."""

    def write(self, content: bytes, /) -> object:
        """Take some bytes."""


PartWriter = Callable[[Target], None]


class CannotEditError(Exception):
    """The package is built in a way that cannot be edited without harm; its slip is made another way."""


def parse_xml(content: bytes) -> etree._Element:
    """Parse a part's XML; one with a document type is refused."""
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise CannotEditError(f"a part is no well-formed XML ({error.lineno})") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CannotEditError("a part has a document type")
    return root


def xml_bytes(root: etree._Element) -> bytes:
    """Return a part's XML as it is written."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace; '' for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


class Relations:
    """The relationships of one part."""

    def __init__(self, part: str, root: etree._Element | None) -> None:
        self.part = part
        self.root = root if root is not None else etree.Element(f"{{{RELATIONS_NAMESPACE}}}Relationships")

    def first(self, kind: str) -> str | None:
        """Return the part that the first relationship of a kind (the last word of its type) leads to."""
        return next((target for _, each, target in self.all() if each == kind), None)

    def all(self) -> list[tuple[str, str, str]]:
        """Return id, kind and target part of every relationship inside the package."""
        return [
            (each.get("Id", ""), _kind(each), self._target(each))
            for each in self.root
            if each.get("TargetMode") != "External"
        ]

    def target(self, relation_id: str) -> str | None:
        """Return the part behind a relationship's id."""
        return next((target for each, _, target in self.all() if each == relation_id), None)

    def add(self, relation_type: str, part: str) -> str:
        """Add a relationship to a part and return its id."""
        taken = {each.get("Id") for each in self.root}
        relation_id = next(name for n in range(1, len(taken) + 2) if (name := f"rIdPopflow{n}") not in taken)
        tag = f"{{{RELATIONS_NAMESPACE}}}Relationship"
        etree.SubElement(self.root, tag, Id=relation_id, Type=relation_type, Target=f"/{part}")
        return relation_id

    def drop(self, part: str) -> None:
        """Remove the relationships to a part."""
        for each in list(self.root):
            if each.get("TargetMode") != "External" and self._target(each) == part:
                self.root.remove(each)

    def _target(self, relation: etree._Element) -> str:
        target = relation.get("Target", "").replace("\\", "/")
        if target.startswith("/"):
            return posixpath.normpath(target).lstrip("/")
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.part), target))


def _kind(relation: etree._Element) -> str:
    return relation.get("Type", "").rsplit("/", 1)[-1]


class ContentTypes:
    """What every part of the package is."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root

    def override(self, part: str, content_type: str) -> None:
        """Say what a part is."""
        self.drop(part)
        tag = f"{{{CONTENT_TYPES_NAMESPACE}}}Override"
        etree.SubElement(self.root, tag, PartName=f"/{part}", ContentType=content_type)

    def drop(self, part: str) -> None:
        """Forget a part."""
        for each in list(self.root):
            if each.get("PartName", "").lower() == f"/{part}".lower():
                self.root.remove(each)

    def drop_defaults(self, word: str) -> None:
        """Forget the suffixes whose content type has a word in it."""
        for each in list(self.root):
            if each.get("Extension") is not None and word in each.get("ContentType", ""):
                self.root.remove(each)

    def set_default(self, suffix: str, content_type: str) -> None:
        """Say what parts with a suffix are, unless that is said already."""
        if all(each.get("Extension", "").lower() != suffix for each in self.root):
            tag = f"{{{CONTENT_TYPES_NAMESPACE}}}Default"
            self.root.insert(0, etree.Element(tag, Extension=suffix, ContentType=content_type))


class Package:
    """A package being edited: parts are read, replaced, added and dropped, then everything is written out."""

    def __init__(self, source: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise CannotEditError("no zip package") from error
        # Some programs write names with backslashes or a leading slash.
        self._members = {
            member.filename.replace("\\", "/").lstrip("/"): member
            for member in self._archive.infolist()
            if not member.is_dir()
        }
        self._by_folded_name = {name.lower(): name for name in self._members}
        self._changed: dict[str, bytes | PartWriter] = {}
        self._dropped: set[str] = set()
        self._relations: dict[str, Relations] = {}
        if CONTENT_TYPES not in self._members:
            raise CannotEditError("no content types")
        self.types = ContentTypes(parse_xml(self.read(CONTENT_TYPES)))

    def names(self) -> list[str]:
        """Return the names of all parts there are now."""
        there = [name for name in self._members if name not in self._dropped]
        return there + [name for name in self._changed if name not in self._members]

    def has(self, part: str) -> bool:
        """Whether there is such a part."""
        return part in self._changed or (self._stored(part) is not None)

    def read(self, part: str) -> bytes:
        """Return the bytes of a part as it is now."""
        changed = self._changed.get(part)
        if isinstance(changed, bytes):
            return changed
        with self.open(part) as stream:
            return stream.read()

    def open(self, part: str) -> IO[bytes]:
        """Open a part as it was sent."""
        name = self._stored(part)
        if name is None:
            raise CannotEditError("a part that is referred to is missing")
        return self._archive.open(self._members[name])

    def changed(self, part: str) -> bytes | None:
        """Return the bytes that a part was replaced by, if it was."""
        found = self._changed.get(self._stored(part) or part)
        return found if isinstance(found, bytes) else None

    def parse(self, part: str) -> etree._Element:
        """Return a part's XML."""
        return parse_xml(self.read(part))

    def put(self, part: str, content: bytes | PartWriter) -> None:
        """Replace or add a part; a function writes its bytes when the package is saved."""
        self._changed[self._stored(part) or part] = content

    def drop(self, part: str) -> None:
        """Remove a part with its relationships and its content type."""
        self._changed.pop(part, None)
        for name in (part, relations_name(part)):
            if (stored := self._stored(name)) is not None:
                self._dropped.add(stored)
        self.types.drop(part)

    def new_name(self, folder: str, stem: str, suffix: str) -> str:
        """Return a part name that is still free."""
        number = 1
        while f"{folder}/{stem}{number}.{suffix}".lower() in self._by_folded_name or self.has(
            f"{folder}/{stem}{number}.{suffix}"
        ):
            number += 1
        return f"{folder}/{stem}{number}.{suffix}"

    def relations(self, part: str) -> Relations:
        """Return the relationships of a part ('' for the package), to be read and changed."""
        if part not in self._relations:
            name = relations_name(part)
            self._relations[part] = Relations(part, self.parse(name) if self.has(name) else None)
        return self._relations[part]

    def relations_changed(self, part: str) -> None:
        """Note that the relationships of a part are to be written anew."""
        self.put(relations_name(part), xml_bytes(self.relations(part).root))

    def save(self, target: IO[bytes]) -> None:
        """Write the package: first what its parts are, then the parts; functions are called in the order put."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as archive:
            self._changed.pop(CONTENT_TYPES, None)
            archive.writestr(_entry(CONTENT_TYPES), xml_bytes(self.types.root))
            for name, member in self._members.items():
                if name != CONTENT_TYPES and name not in self._dropped and name not in self._changed:
                    with self._archive.open(member) as source, archive.open(_entry(name), "w") as copy:
                        shutil.copyfileobj(source, copy, 1 << 20)
            for name, content in self._changed.items():
                with archive.open(_entry(name), "w", force_zip64=callable(content)) as stream:
                    _write(content, stream)

    def _stored(self, part: str) -> str | None:
        name = self._by_folded_name.get(part.lower())
        return name if name not in self._dropped else None


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _write(content: bytes | PartWriter, stream: IO[bytes]) -> None:
    if isinstance(content, bytes):
        stream.write(content)
        return
    gathered = _Gathered(stream)
    content(gathered)
    gathered.flush()


class _Gathered:
    """Gathers small writes into large ones: each one a zip stream takes is costly."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, content: bytes) -> None:
        """Take some bytes."""
        self._waiting.append(content)
        self._size += len(content)
        if self._size >= GATHERED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what is waiting."""
        self._stream.write(b"".join(self._waiting))
        self._waiting, self._size = [], 0


def relations_name(part: str) -> str:
    """Return the name of the part that holds a part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")
