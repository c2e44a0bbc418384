"""Reading YAML declarations: whatever is wrong is one sentence naming the file and the key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from ingest.errors import UsageError

Raw = dict[str, Any]
Declaration = TypeVar("Declaration")


def read_raw(path: Path) -> Raw:
    """Return the mapping a YAML file holds.

    Raises ``UsageError`` where it holds none.
    """
    document = _read_yaml(path)
    if not isinstance(document, dict):
        raise UsageError(f"{path}: the whole file: it is no mapping of keys to values")
    return document


def read_as(path: Path, adapter: TypeAdapter[Declaration]) -> Declaration:
    """Return what a YAML file declares.

    Raises ``UsageError`` naming the file and the key where it is wrong.
    """
    return validated(path, _read_yaml(path), adapter)


def validated(path: Path, document: object, adapter: TypeAdapter[Declaration]) -> Declaration:
    """Return a document as a declaration.

    Raises ``UsageError`` naming the file and the key where it is wrong.
    """
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UsageError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from error


def _read_yaml(path: Path) -> object:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error


class _StrictLoader(yaml.CSafeLoader):
    """YAML in which a key that stands twice is an error, and YES and NO are the words they look like."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for key in keys if keys.count(key) > 1]
        if twice:
            raise yaml.YAMLError(f"the key {twice[0]} stands twice")
        return super().construct_mapping(node, deep)


_BOOLEAN = "tag:yaml.org,2002:bool"
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(?:true|false)$"), list("tf"))
