"""Reads a misspelt heading where only one declared spelling can be meant.

A typo is a character written for another one like it in a heading of three or four, any edit in a longer one, two in
one of seven or more. It is read only where no other column is near, and where no word that means the opposite (流入 for
流出, 父 for 母) could have been meant: an edit that may have changed such a word proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ingest.declaration import HeadingPath, load_layout, per_declarations

SHORTEST_WITH_ONE, SHORTEST_WITH_ANY, SHORTEST_WITH_TWO = 3, 5, 7
DIGITS: Final = re.compile(r"\d")
Meaning = tuple[str, int | None]


@dataclass(frozen=True)
class Candidate:
    """A declared spelling, folded; ``meaning`` is None where it is that of a dropped column.

    A ``whole`` one is all of a column's path.
    """

    folded: HeadingPath
    meaning: Meaning | None
    spelling: str
    whole: bool = False


def find_misspelt(
    seen: HeadingPath, candidates: Mapping[str, Sequence[Candidate]], known: frozenset[str]
) -> Candidate | None:
    """Return the one candidate that a misspelt path can have been meant for; candidates come by their last part.

    A part that is itself a word of some form is no typo.
    """
    alike = [_alike(part, known) for part in seen]
    if all(len(words) == 1 for words in alike):
        return None
    near = [each for leaf in alike[-1] for each in candidates.get(leaf, ()) if _is_within(each, alike)]
    if not near or len({candidate.meaning for candidate in near}) > 1 or near[0].meaning is None:
        return None
    words = {part for candidate in near for part in candidate.folded}
    if any(_may_be_opposite(candidate.folded, seen, words) for candidate in near):
        return None
    return min(near, key=lambda each: (-len(each.folded), OSA.distance(each.folded[-1], seen[-1])))


def _is_within(candidate: Candidate, alike: Sequence[Collection[str]]) -> bool:
    """Whether the declared parts stand in the seen path in order, as written or with a typo, the last at its end."""
    groups = iter(alike[:-1])
    return (not candidate.whole or len(candidate.folded) == len(alike)) and all(
        any(part in words for words in groups) for part in candidate.folded[:-1]
    )


def _alike(part: str, known: frozenset[str]) -> frozenset[str]:
    """Return the words that a part of a path may be: itself, and where it is none of any form those near to it."""
    return frozenset({part}) if part in known or len(part) < SHORTEST_WITH_ONE else _near(part, known)


@per_declarations
def _near(part: str, known: frozenset[str]) -> frozenset[str]:
    found = process.extract(part, known, scorer=OSA.distance, score_cutoff=_bound(len(part)), limit=None)
    return frozenset({part, *(word for word, _, _ in found if _is_typo(word, part))})


def _is_typo(declared: str, seen: str) -> bool:
    length = min(len(declared), len(seen))
    if length < SHORTEST_WITH_ANY:
        return _is_slip(declared, seen)
    bound = _bound(length)
    return abs(len(declared) - len(seen)) <= bound and OSA.distance(declared, seen, score_cutoff=bound) <= bound


def _is_slip(declared: str, seen: str) -> bool:
    """Whether two neighbours changed places, or one character is written for one like it."""
    if len(declared) != len(seen) or len(seen) < SHORTEST_WITH_ONE:
        return False
    differing = [(one, other) for one, other in zip(declared, seen, strict=True) if one != other]
    if len(differing) == 1:
        return any(differing[0][0] in alike and differing[0][1] in alike for alike in load_layout().confusable)
    return len(differing) == 2 and OSA.distance(declared, seen) == 1


def _bound(length: int) -> int:
    return 2 if length >= SHORTEST_WITH_TWO else 1 if length >= SHORTEST_WITH_ONE else 0


# --- words that mean the opposite -------------------------------------------------------------------------------------

Words = Mapping[str, int]


@per_declarations
def _lines() -> tuple[Words, ...]:
    """Return the lines of opposing words: each word, the longest first, with the number of its meaning in the line."""
    lines = []
    for line in load_layout().opposing_words:
        meanings = {word: number for number, words in enumerate(line) for word in words.split("/")}
        lines.append(dict(sorted(meanings.items(), key=lambda pair: -len(pair[0]))))
    return tuple(lines)


def _may_be_opposite(declared: HeadingPath, seen: HeadingPath, near: Collection[str]) -> bool:
    """Whether the seen path has, or may have been meant to have, another of some opposing words than the declared."""
    return any(
        part not in seen and any(_is_typo(part, other) and _differs(part, other, near) for other in seen)
        for part in declared
    )


def _differs(declared: str, seen: str, near: Collection[str]) -> bool:
    if DIGITS.findall(declared) != DIGITS.findall(seen):
        return True
    bound = int(OSA.distance(declared, seen))
    for words in _lines():
        in_declared, in_seen = _words_in(declared, words), _words_in(seen, words)
        if set(in_seen.values()) - set(in_declared.values()):
            return True
        lost = {word: meaning for word, meaning in in_declared.items() if meaning not in in_seen.values()}
        opposites = (other for other in _with_opposites(declared, lost, words) if other not in near)
        if any(OSA.distance(other, seen, score_cutoff=bound) <= bound for other in opposites):
            return True
    return False


def _words_in(text: str, words: Words) -> Words:
    """Return the words of a line in a text, without those that are only part of a longer one."""
    found: dict[str, int] = {}
    for word, meaning in words.items():
        if word in text:
            found[word] = meaning
            text = text.replace(word, " ")
    return found


def _with_opposites(declared: str, lost: Words, words: Words) -> Iterator[str]:
    for word, meaning in lost.items():
        yield from (declared.replace(word, other) for other, means in words.items() if means != meaning)
