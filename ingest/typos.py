"""Reads a misspelt heading where only one declared spelling can be meant.

A typo is one edit in a heading of three characters or more, two in one of seven or more. It is read only where no
other column is near, and where no word that means the opposite (流入 for 流出, 父 for 母) could have been meant: an
edit that may have changed such a word proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from ingest.declaration import HeadingPath, load_layout, per_declarations

SHORTEST_WITH_ONE, SHORTEST_WITH_TWO = 3, 7
DIGITS: Final = re.compile(r"\d")
Meaning = tuple[str, int | None]


@dataclass(frozen=True)
class Candidate:
    """A declared spelling, folded; ``meaning`` is None where it is that of a dropped column."""

    folded: HeadingPath
    meaning: Meaning | None
    spelling: str


def find_misspelt(seen: HeadingPath, candidates: Sequence[Candidate], known: frozenset[str]) -> Candidate | None:
    """Return the one candidate that a misspelt path can have been meant for.

    A part that is itself a word of some form is no typo.
    """
    misspelt = {part for part in seen if part not in known and len(part) >= SHORTEST_WITH_ONE}
    if not misspelt:
        return None
    near = [each for each in candidates if _is_near(each.folded, seen, misspelt)]
    if not near or len({candidate.meaning for candidate in near}) > 1 or near[0].meaning is None:
        return None
    if any(_may_be_opposite(candidate.folded, seen) for candidate in near):
        return None
    return max(near, key=lambda candidate: len(candidate.folded))


def _is_near(declared: HeadingPath, seen: HeadingPath, misspelt: Collection[str]) -> bool:
    """Whether the declared parts stand in the seen path in order, as written or with a typo, the last at its end."""
    if len(declared) > len(seen) or not _is_alike(declared[-1], seen[-1], misspelt):
        return False
    groups = iter(seen[:-1])
    return all(any(_is_alike(part, group, misspelt) for group in groups) for part in declared[:-1])


def _is_alike(declared: str, seen: str, misspelt: Collection[str]) -> bool:
    return declared == seen or (seen in misspelt and _is_typo(declared, seen))


def _is_typo(declared: str, seen: str) -> bool:
    bound = _bound(min(len(declared), len(seen)))
    return abs(len(declared) - len(seen)) <= bound and OSA.distance(declared, seen, score_cutoff=bound) <= bound


def _bound(length: int) -> int:
    return 2 if length >= SHORTEST_WITH_TWO else 1 if length >= SHORTEST_WITH_ONE else 0


# --- words that mean the opposite -------------------------------------------------------------------------------------


@per_declarations
def _opposites() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(sorted(group, key=len, reverse=True)) for group in load_layout().opposing_words)


def _may_be_opposite(declared: HeadingPath, seen: HeadingPath) -> bool:
    """Whether the seen path has, or may have been meant to have, another of some opposing words than the declared."""
    return any(
        part not in seen and any(_is_typo(part, other) and _differs(part, other) for other in seen) for part in declared
    )


def _differs(declared: str, seen: str) -> bool:
    if declared == seen:
        return False
    if DIGITS.findall(declared) != DIGITS.findall(seen):
        return True
    for group in _opposites():
        in_declared, in_seen = _words_in(declared, group), _words_in(seen, group)
        if in_seen - in_declared:
            return True
        if any(_is_typo(opposite, seen) for opposite in _with_opposites(declared, in_declared - in_seen, group)):
            return True
    return False


def _words_in(text: str, group: Sequence[str]) -> set[str]:
    """Return the words of a group in a text, without those that are only part of a longer one."""
    found: set[str] = set()
    for word in group:
        if word in text:
            found.add(word)
            text = text.replace(word, " ")
    return found


def _with_opposites(declared: str, words: Iterable[str], group: Sequence[str]) -> Iterator[str]:
    for word in words:
        yield from (declared.replace(word, other) for other in group if other != word)
