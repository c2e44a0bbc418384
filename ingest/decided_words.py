"""What a site's own people decided about senders' words that no code list knew: which code each means, since when, says
who.

The decisions of a site stand in one file beside its other declarations, one line each, and are laid over the forms as
words of one field. A word is never decided in two ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import Field, TypeAdapter

from ingest.declared_yaml import Raw, validated
from ingest.errors import UsageError
from ingest.value_list import Declared, normalise_word

FILE_NAME: Final = "decided_words.yaml"
_BEGINNING: Final = "# Written by `popflow unmapped import`: what senders' words mean that no code list knew.\n"

Text = Annotated[str, Field(min_length=1)]


class DecidedWord(Declared):
    """One decision: in this field of this form the word means the code."""

    form_id: Text
    field: Text
    word: Text
    code: Text
    by: Text
    on: date
    note: str | None = None

    @property
    def about(self) -> tuple[str, str, str]:
        """Return what was decided about."""
        return self.form_id, self.field, normalise_word(self.word)

    @property
    def source(self) -> str:
        """Return where the mapping comes from, for whoever reads it in the code map."""
        return f"decided by {self.by}" + (f": {self.note}" if self.note else "")


class DecidedWords(Declared):
    """The decisions of one file."""

    decided: tuple[DecidedWord, ...]


_FILE: Final = TypeAdapter(DecidedWords)


def decisions_of(path: Path, document: Raw) -> tuple[DecidedWord, ...]:
    """Return the decisions a file holds.

    Raises ``UsageError`` where it is wrong, or decides a word in two ways.
    """
    decisions = validated(path, document, _FILE).decided
    known: dict[tuple[str, str, str], DecidedWord] = {}
    for each in decisions:
        other = known.setdefault(each.about, each)
        if other.code != each.code:
            raise UsageError(
                f"{path}: decided: the word {each.word} of {each.form_id}, {each.field} is {other.code}, as decided by "
                f"{other.by}, and {each.code}, as decided by {each.by}: keep one of the two"
            )
    return decisions


def lay_over(path: Path, decisions: Iterable[DecidedWord], forms: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return the forms that decisions are about with the words decided, to be validated anew.

    Raises ``UsageError`` where a decision names something that is not there.
    """
    changed: dict[str, Raw] = {}
    for each in decisions:
        if each.form_id not in forms:
            raise UsageError(f"{path}: decided.{each.word}: there is no form {each.form_id}")
        form = changed.setdefault(each.form_id, dict(forms[each.form_id]))
        group = "fields" if "fields" in form else "rows"
        if not form[group].get(each.field, {}).get("values"):
            raise UsageError(f"{path}: decided.{each.word}: {each.form_id} has no field {each.field} with codes")
        field = form[group][each.field]
        words: dict[str, Any] = {**field.get("words", {}), each.word: each.code}
        form[group] = {**form[group], each.field: {**field, "words": words}}
    return changed


class _Lines(yaml.SafeDumper):
    """Writes a day as often as it stands there, so that a line can be changed or taken out by itself."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - every value is written out
        return True


def as_yaml(decisions: Iterable[DecidedWord]) -> str:
    """Return the text of a file of decisions."""
    lines = [each.model_dump(exclude_none=True) for each in decisions]
    return _BEGINNING + yaml.dump({"decided": lines}, Dumper=_Lines, allow_unicode=True, sort_keys=False, width=4096)
