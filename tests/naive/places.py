"""Places as the naive rules see them: a code, its level, and the codes of the divisions it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEVELS = ("province", "city", "county", "township", "village")


@dataclass(frozen=True)
class Place:
    """A division with its own level and the codes of its ancestors by level."""

    code: str
    level: str
    chain: Mapping[str, str]

    @property
    def depth(self) -> int:
        return LEVELS.index(self.level)


Places = Mapping[str, Place]


def compatible(one: str | None, other: str | None, places: Places) -> bool:
    """Whether one place is the other or lies in it; a place not known at all may be any."""
    if one is None or other is None:
        return True
    return _lies_in(places[one], places[other]) or _lies_in(places[other], places[one])


def _lies_in(inner: Place, outer: Place) -> bool:
    return inner.chain.get(outer.level) == outer.code


def deeper(one: str | None, other: str | None, places: Places) -> str | None:
    """Return the place known to the lower level; of two of one level the smaller code."""
    return deepest((one, other), places)


def deepest(codes: Iterable[str | None], places: Places) -> str | None:
    known = sorted((-places[code].depth, code) for code in codes if code is not None)
    return known[0][1] if known else None


def depth(code: str | None, places: Places) -> int:
    return -1 if code is None else places[code].depth
