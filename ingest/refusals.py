"""The texts with which a whole file goes back to its sender or is asked about, in Chinese and English.

The texts are declared in ``forms/refusals.yaml``; code names the rule and gives what is to be filled in, never a
person's name or number.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import yaml

from ingest.declaration import FORMS_DIRECTORY
from ingest.errors import FileRefusedError

LONGEST_DETAIL = 300


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    document: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        (FORMS_DIRECTORY / "refusals.yaml").read_text(encoding="utf-8")
    )
    return document


def advice(rule_id: str, **details: str) -> tuple[str, str]:
    """Return the Chinese and the English advice of a file-level rule."""
    shortened = {name: text[:LONGEST_DETAIL] for name, text in details.items()}
    texts = _texts()[rule_id]
    return texts["zh"].format(**shortened), texts["en"].format(**shortened)


def severity(rule_id: str) -> str:
    """Return how much a remark about a file weighs that is taken: ``note`` where nothing else is declared."""
    return _texts()[rule_id].get("severity", "note")


def refusal(rule_id: str, **details: str) -> FileRefusedError:
    """Return the error that refuses a file under the given rule."""
    return FileRefusedError(rule_id, *advice(rule_id, **details))
