"""Value lists: the canonical codes of a field and what senders write for them.

A list is the one place that reads a word. It knows words that mean the same to every sender; a code whose meaning
depends on the sender's own list (``1`` is work in one and farming in another) stands in one of the list's named
``systems``, which a form's field takes up where its senders use it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

CODE_SEPARATORS: Final = "-‐‑–—−―_.．、,:：·/|"
CODE_AND_NAME: Final = re.compile(rf"[(\[]?(?P<code>[0-9]+)[)\]]?[{re.escape(CODE_SEPARATORS)}]*(?P<name>[^0-9].*)")
# What stands between the values of one cell that may hold several.
VALUE_SEPARATORS: Final = re.compile(r"[、,，;；/|\s]+")
NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})

Words = Mapping[str, str]


class Declared(BaseModel):
    """What all declarations share: they never change after reading and know no undeclared key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(Declared):
    """One canonical code and the senders' words for it.

    A word written ``01-内部单位合同工`` declares the sender's code, the sender's name and both together.
    """

    code: Annotated[str, Field(min_length=1)]
    name_zh: str
    name_en: str
    words: tuple[str, ...] = ()


class ValueList(Declared):
    """A canonical code list and what senders write for its codes.

    ``systems`` are senders' own code lists by name: canonical code to the senders' codes for it.
    """

    list_id: str
    name_zh: str
    name_en: str
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    systems: Mapping[str, Mapping[str, tuple[str, ...]]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_word_means_two_things(self) -> ValueList:
        names = [entry.code for entry in self.codes]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"the code {twice[0]} stands twice in `codes`")
        self.code_by_word()
        for system in self.systems:
            self.system(system)
        return self

    @cached_property
    def _code_by_word(self) -> Words:
        found: dict[str, str] = {}
        for entry in self.codes:
            for word in (entry.code, entry.name_zh, *entry.words):
                for spelling in _spellings(word):
                    if found.setdefault(spelling, entry.code) != entry.code:
                        raise ValueError(f"the word {word} stands for both {found[spelling]} and {entry.code}")
        return MappingProxyType(found)

    def code_by_word(self, words: Words = NO_WORDS) -> Words:
        """Return every folded word with its canonical code, a field's own first; one row of the code map each."""
        own = normalised_words(words)
        return MappingProxyType({**self._code_by_word, **own}) if own else self._code_by_word

    def system(self, name: str) -> Words:
        """Return the senders' codes of one system with their canonical codes.

        Raises ``ValueError`` where there is no such system, or it gives a code to nothing or to two things.
        """
        if name not in self.systems:
            raise ValueError(
                f"the list {self.list_id} has no code system {name}: it has {'、'.join(self.systems) or 'none'}"
            )
        known = {entry.code for entry in self.codes}
        found: dict[str, str] = {}
        for code, senders in self.systems[name].items():
            if code not in known:
                raise ValueError(f"the code system {name} names the code {code}, which the list does not have")
            for word in senders:
                if found.setdefault(normalise_word(word), code) != code:
                    raise ValueError(
                        f"in the code system {name} {word} stands for both {found[normalise_word(word)]} and {code}"
                    )
        return MappingProxyType(found)

    def has(self, code: str) -> bool:
        """Whether the list has a canonical code."""
        return any(entry.code == code for entry in self.codes)

    def code_of(self, text: str, words: Words = NO_WORDS) -> str | None:
        """Return the canonical code of a cell's text, or None where no word fits.

        ``words`` are those that mean this in one field only; they come before the list's own. A code-name cell
        (``01-内部单位合同工``, ``1 务工``) is read by its name where the pair itself is not declared.
        """
        own = normalised_words(words)
        for reading in _readings(normalise_word(text)):
            found = own.get(reading, self._code_by_word.get(reading))
            if found is not None:
                return found
        return None

    def codes_of(self, text: str, multiple: bool = False, words: Words = NO_WORDS) -> tuple[str, ...] | None:
        """Return the codes of a cell that may hold several, each once in the order written.

        A cell is read whole first, so that a word with a mark in it (``医院、工地``) stays one. None where any part of
        it has no code: half a cell is never taken.
        """
        whole = self.code_of(text, words)
        if whole is not None:
            return (whole,)
        if not multiple:
            return None
        codes = [self.code_of(part, words) for part in _written_parts(text)]
        return tuple(dict.fromkeys(_all_known(codes))) if codes and None not in codes else None

    def unknown_in(self, text: str, multiple: bool = False, words: Words = NO_WORDS) -> tuple[str, ...]:
        """Return the words of a cell that have no code: the whole of it, or of a cell of several those parts."""
        if self.codes_of(text, multiple, words) is not None:
            return ()
        parts = _written_parts(text) if multiple else [unicodedata.normalize("NFKC", text)]
        return tuple(dict.fromkeys(part for part in parts if self.code_of(part, words) is None))


def _written_parts(text: str) -> list[str]:
    return [part for part in VALUE_SEPARATORS.split(unicodedata.normalize("NFKC", text)) if part]


def normalise_word(text: str) -> str:
    """Fold width, case and spaces, for comparing words and headings; never used on a value that is kept."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def normalised_words(words: Words) -> dict[str, str]:
    """Return a field's own words folded as they are compared."""
    return {normalise_word(word): code for word, code in words.items()}


def _readings(word: str) -> Iterator[str]:
    """Yield how a folded word may be declared: as written, as a code-name pair with a dash, as the name of the pair."""
    yield word
    pair = CODE_AND_NAME.fullmatch(word)
    if pair is not None:
        yield f"{pair['code']}-{pair['name']}"
        yield pair["name"]


def _all_known(codes: Iterable[str | None]) -> Iterable[str]:
    return (code for code in codes if code is not None)


def _spellings(word: str) -> tuple[str, ...]:
    """Return what a declared word declares; ``0-14岁`` is no code with a name."""
    code, separator, name = word.partition("-")
    if separator and code.isdigit() and not name[:1].isdigit():
        return normalise_word(word), normalise_word(code), normalise_word(name)
    return (normalise_word(word),)
