"""A site's own declarations, laid over those that ship: what this site's senders write that nobody else does.

Each YAML file in the folder ``forms`` of a site adds to one form (``form_id``), to one value list (``list_id``) or to
the dropped columns (``dropped``), or holds what was decided about words (``decided``). It is held against what it adds
to as strictly as the shipped files: a name that is not there, a code that is not there, a heading claimed by two fields
is a sentence naming the file and the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field, TypeAdapter

from ingest.declared_yaml import Raw, read_raw, validated
from ingest.errors import UsageError
from ingest.value_list import Declared

Words = tuple[str, ...]


class FormAdditions(Declared):
    """What a site adds to a form; ``headings``, ``parts`` and ``words`` by field, item or row field."""

    title_words: Words = ()
    not_title_words: Words = ()
    known_by: Words = ()
    headings: Mapping[str, tuple[Any, ...]] = Field(default_factory=dict)
    parts: Mapping[str, tuple[tuple[Any, ...], ...]] = Field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)


class FormOverlay(Declared):
    """One file about one form.

    ``systems`` name the code lists that hold in a field instead of those that ship, ``definitions`` the definition that
    an item of a count form is held against instead.
    """

    form_id: str
    add: FormAdditions = Field(default_factory=FormAdditions)
    systems: Mapping[str, Words] = Field(default_factory=dict)
    definitions: Mapping[str, str] = Field(default_factory=dict)


class ListOverlay(Declared):
    """One file about one value list: words for its codes, and code systems of the site's own senders."""

    list_id: str
    add: Mapping[str, Words] = Field(default_factory=dict)
    systems: Mapping[str, Mapping[str, Words]] = Field(default_factory=dict)


class DroppedOverlay(Declared):
    """One file about columns that are left at the door: further headings by kind."""

    dropped: Mapping[str, Words]


FORM_OVERLAY: Final = TypeAdapter(FormOverlay)
LIST_OVERLAY: Final = TypeAdapter(ListOverlay)
DROPPED_OVERLAY: Final = TypeAdapter(DroppedOverlay)


class Overlays:
    """The files of a site's folder by what they are about."""

    def __init__(self, folder: Path | None) -> None:
        """Read the folder; none is no overlay."""
        self.forms: list[tuple[Path, Raw]] = []
        self.lists: list[tuple[Path, Raw]] = []
        self.dropped: list[tuple[Path, Raw]] = []
        self.decided: list[tuple[Path, Raw]] = []
        for path in sorted(folder.glob("*.y*ml")) if folder is not None else ():
            document = read_raw(path)
            kinds = {"form_id": self.forms, "list_id": self.lists, "dropped": self.dropped, "decided": self.decided}
            about = [key for key in kinds if key in document]
            if len(about) != 1:
                raise UsageError(
                    f"{path}: the whole file: it says one of form_id, list_id, dropped and decided, and only one"
                )
            kinds[about[0]].append((path, document))


def form_with(path: Path, document: Raw, forms: Mapping[str, Raw]) -> Raw:
    """Return the form an overlay is about with its additions, to be validated anew.

    Raises ``UsageError`` where it names something the form does not have.
    """
    overlay = validated(path, document, FORM_OVERLAY)
    if overlay.form_id not in forms:
        raise UsageError(f"{path}: form_id is {overlay.form_id}, but the forms are {', '.join(sorted(forms))}")
    form = dict(forms[overlay.form_id])
    for key in ("title_words", "not_title_words", "known_by"):
        form[key] = _more(form.get(key, ()), getattr(overlay.add, key))
    groups = [group for group in ("fields", "rows", "items") if group in form]
    form |= {group: {name: dict(each) for name, each in form[group].items()} for group in groups}
    targets: dict[str, Raw] = {name: each for group in groups for name, each in form[group].items()}
    for name, headings in overlay.add.headings.items():
        target = _target(path, "add.headings", name, targets, overlay.form_id)
        target["headings"] = _more(target["headings"], headings)
    for name, parts in overlay.add.parts.items():
        target = _target(path, "add.parts", name, targets, overlay.form_id)
        target["parts"] = _more_parts(path, name, target.get("parts", ()), parts)
    for name, words in overlay.add.words.items():
        target = _target(path, "add.words", name, targets, overlay.form_id)
        target["words"] = {**target.get("words", {}), **words}
    for name, systems in overlay.systems.items():
        _target(path, "systems", name, targets, overlay.form_id)["systems"] = systems
    items = form.get("items", {})
    for name, definition in overlay.definitions.items():
        item = _target(path, "definitions", name, items, overlay.form_id)
        item["meaning"] = {**item["meaning"], "definition": definition}
    return form


def list_with(path: Path, document: Raw, lists: Mapping[str, Raw]) -> Raw:
    """Return the value list an overlay is about with its words, or a whole new list, to be validated anew.

    Raises ``UsageError`` where it names something that is not there.
    """
    if "codes" in document:
        if document["list_id"] in lists:
            raise UsageError(f"{path}: codes: this list ships; use `add` to add words to its codes")
        return document
    overlay = validated(path, document, LIST_OVERLAY)
    if overlay.list_id not in lists:
        raise UsageError(f"{path}: list_id is {overlay.list_id}, but the lists are {', '.join(sorted(lists))}")
    value_list = dict(lists[overlay.list_id])
    codes = {code["code"]: dict(code) for code in value_list["codes"]}
    for code, words in overlay.add.items():
        if code not in codes:
            raise UsageError(f"{path}: add.{code}: the list {overlay.list_id} has no such code, but {', '.join(codes)}")
        codes[code]["words"] = _more(codes[code].get("words", ()), words)
    systems = value_list.get("systems", {})
    twice = next((name for name in overlay.systems if name in systems), None)
    if twice is not None:
        raise UsageError(f"{path}: systems.{twice}: a code system of that name ships; give yours another name")
    return {**value_list, "codes": list(codes.values()), "systems": {**systems, **overlay.systems}}


def dropped_with(path: Path, document: Raw, dropped: Iterable[Raw]) -> list[Raw]:
    """Return the dropped kinds with the headings an overlay adds.

    Raises ``UsageError`` where it names a kind that is not there.
    """
    overlay = validated(path, document, DROPPED_OVERLAY)
    kinds = {each["kind"]: dict(each) for each in dropped}
    for kind, headings in overlay.dropped.items():
        if kind not in kinds:
            raise UsageError(f"{path}: dropped.{kind}: there is no such kind, but {', '.join(kinds)}")
        kinds[kind]["headings"] = _more(kinds[kind]["headings"], headings)
    return list(kinds.values())


def _target(path: Path, key: str, name: str, targets: Mapping[str, Raw], form_id: str) -> Raw:
    if name not in targets:
        raise UsageError(f"{path}: {key}.{name}: {form_id} has no such field or item, but {', '.join(targets)}")
    return targets[name]


def _more(shipped: Iterable[Any], added: Iterable[Any]) -> list[Any]:
    return [*shipped, *added]


def _more_parts(path: Path, name: str, shipped: Iterable[Any], added: tuple[tuple[Any, ...], ...]) -> list[list[Any]]:
    parts = [list(part) for part in shipped]
    if parts and len(added) > len(parts):
        raise UsageError(f"{path}: add.parts.{name}: it has {len(added)} pieces, but the field has only {len(parts)}")
    parts = parts or [[] for _ in added]
    for part, more in zip(parts, added, strict=False):
        part.extend(more)
    return parts
