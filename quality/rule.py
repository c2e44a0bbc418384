"""What a rule of the gate is, and the advice that each rule gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from ingest.declaration import Heading, Severity, load_value_lists
from ingest.errors import UsageError

ADVICE_FILE = Path(__file__).parent / "advice.yaml"
NUMBER_FIELD = "id_number"
NAME_FIELD = "person_name"
SEX_FIELD = "sex"
BIRTH_FIELD = "birth_date"
ID_KIND_FIELD = "id_kind"
# The field by which a list compiled by a higher unit names the village of each row.
ROW_UNIT_FIELD = "village"

Relation = Literal["person", "line", "cell", "file"]


@dataclass(frozen=True)
class NotNull:
    """The rule fails exactly where ``column`` is NULL."""

    column: str


@dataclass(frozen=True)
class InSet:
    """The rule fails exactly where ``column`` is neither NULL nor one of ``values``."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One check of the gate in. ``predicate`` is TRUE where a row of ``relation`` (of form ``form_id``) fails.

    ``shown`` is what a finding shows of the value; ``suggestion`` what stands there if the sender follows the advice,
    where that can be proven. Both are SQL over the same relation.
    """

    name: str
    form_id: str
    relation: Relation
    field: str
    heading: str
    severity: Severity
    predicate: str
    shown: str
    advice_zh: str
    advice_en: str
    native: NotNull | InSet | None = None
    suggestion: str = "NULL"

    @property
    def rule_id(self) -> str:
        """The name under which findings and results are stored."""
        return f"{self.name}:{self.field}" if self.field else self.name


@cache
def load_advice(path: Path = ADVICE_FILE) -> Mapping[str, tuple[str, str]]:
    """Return the advice of each rule in Chinese and English."""
    document: Mapping[str, Mapping[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: (texts["zh"], texts["en"]) for name, texts in document.items()}


def advice_of(name: str, values: str | None = None) -> tuple[str, str]:
    """Return the advice of a rule, with the words of its value list."""
    try:
        advice_zh, advice_en = load_advice()[name]
    except KeyError:
        raise UsageError(f"{ADVICE_FILE}: the rule {name} has no advice: add one in Chinese and English") from None
    if values is not None:
        codes = load_value_lists()[values].codes
        advice_zh = advice_zh.replace("{values}", "、".join(code.name_zh for code in codes))
        advice_en = advice_en.replace("{values}", ", ".join(code.name_en for code in codes))
    return advice_zh, advice_en


def first_heading(headings: Iterable[Heading]) -> str:
    """Return the usual spelling of a column, for findings about a column the table does not have."""
    return "/".join(next(iter(headings)).path)


def in_codes(column: str, values: str) -> InSet:
    """Return that the column holds nothing but codes of a value list."""
    return InSet(column, tuple(code.code for code in load_value_lists()[values].codes))
