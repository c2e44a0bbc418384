"""Names of divisions of one level: as the register has them, and as clerks write them for it.

Where the register says 新桥村民委员会 a clerk writes 新桥村 or 新桥村委会, and after a change of kind 新桥社区.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Endings of names by family: what a clerk may write for any ending of the same family, longest first.
VILLAGE_FAMILIES: Final = (
    ("社区村民委员会", "社区居民委员会", "社区居委会", "社区"),
    ("村村民委员会", "村村委会", "村民委员会", "村委会", "村"),
    ("居民委员会", "居委会"),
)
TOWNSHIP_FAMILIES: Final = (("街道办事处", "街道"), ("民族乡", "乡"), ("镇",))
SHORTEST_BARE_NAME: Final = 2
LONGEST_NAME: Final = 30


@dataclass(frozen=True)
class Unit:
    """A division of the home that may send lists."""

    code: str
    level: str
    name: str
    full_name: str
    township_code: str | None


class UnitNames:
    """Names of one level: as registered, in the kinds a clerk writes for them, in renamed kinds, and bare."""

    def __init__(self, families: Sequence[Sequence[str]]) -> None:
        self._families = families
        self._named: dict[str, set[Unit]] = {}
        self._renamed: dict[str, set[Unit]] = {}
        self.bare: dict[str, set[Unit]] = {}

    def add(self, unit: Unit) -> None:
        """Enter a unit under every name it may be given."""
        name = plain_name(unit.name)
        self._named.setdefault(name, set()).add(unit)
        for family in self._families:
            ending = next((ending for ending in family if name.endswith(ending)), None)
            stem = name.removesuffix(ending) if ending is not None else ""
            if stem:
                self._enter(unit, stem, family)
                return
        self.bare.setdefault(name, set()).add(unit)

    def _enter(self, unit: Unit, stem: str, own: Sequence[str]) -> None:
        self.bare.setdefault(stem, set()).add(unit)
        for family in self._families:
            names = self._named if family is own else self._renamed
            for ending in family:
                names.setdefault(stem + ending, set()).add(unit)

    def starting(self, text: str) -> tuple[set[Unit], str]:
        """Return the units with the longest name that the text begins with, and what follows it.

        A unit whose kind was renamed since (a village become a community) gives way to one that is named so.
        """
        for end in range(min(len(text), LONGEST_NAME), SHORTEST_BARE_NAME - 1, -1):
            found = self._named.get(text[:end]) or self._renamed.get(text[:end])
            if found:
                return found, text[end:]
        return set(), ""


def plain_name(text: str) -> str:
    """Fold width and take spaces away."""
    return "".join(unicodedata.normalize("NFKC", text).split())
