"""Make ``ingest/data/former_names.csv`` from ``result.csv`` of yescallop/areacodes (CC0), county codes since 1981.

A row is one fact: a division had this code and name below this parent until this year, and is this division of the
shipped register today. Only one-to-one successions are kept; a dissolved prefecture stays with an empty
``current_code`` because its counties are found through it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.register import register_query

FIRST_YEAR = 1990
MAX_STEPS = 20
HEADING = ("name", "level", "parent_code", "former_code", "current_code", "until_year")
# 城区, 郊区, 新区 …: names that many cities gave to changing ground, and that people use for other ground.
GENERIC_NAME = re.compile(r"^.区$")
TYPE_WORD = re.compile(r"(?:地区|市|县|区|盟)$")


@dataclass(frozen=True)
class Spell:
    """One code with one name for one span of years."""

    code: str
    name: str
    level: str
    start: int
    end: int | None
    successors: tuple[str, ...]

    @property
    def base(self) -> str:
        """The name without its type word."""
        return TYPE_WORD.sub("", self.name)


def read_spells(path: Path) -> list[Spell]:
    """Read result.csv, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    levels = {"省级": "province", "地级": "city", "县级": "county"}
    return [
        Spell(code, name, levels[level], int(start), int(end) if end else None, _final_successors(successors, end))
        for code, _, _, name, level, _, start, end, successors in rows
    ]


def _final_successors(text: str, end: str) -> tuple[str, ...]:
    """Return the codes that took over when the spell ended; earlier losses of land carry another year in brackets."""
    found = [re.fullmatch(r"(\d{6})(?:\[(\d{4})\])?", part) for part in text.split(";") if part]
    return tuple(part[1] for part in found if part and part[2] in (None, end))


class Successions:
    """Follows a spell to the division of today's register."""

    def __init__(self, spells: list[Spell], current: dict[str, str]) -> None:
        self._by_code = defaultdict(list)
        for spell in spells:
            self._by_code[spell.code].append(spell)
        self._current = current

    def today(self, spell: Spell) -> str | None:
        """Return the one current code, or None where there is none or more than one."""
        for _ in range(MAX_STEPS):
            if spell.end is None:
                return spell.code if spell.code in self._current else None
            following = self._next(spell)
            if following is None:
                return self._same_base(spell) if spell.level == "city" else None
            spell = following
        return None

    def _next(self, spell: Spell) -> Spell | None:
        codes = spell.successors or (spell.code,)
        after = [s for code in codes for s in self._by_code[code] if spell.end is not None and _alive(s, spell.end)]
        after = [s for s in after if s.level == spell.level]
        if len(after) > 1:
            # X县 that became X市 lost some towns to others; but where its own code lives on it was shared out
            named_alike = [s for s in after if s.base == spell.base]
            after = named_alike if all(s.code != spell.code or s in named_alike for s in after) else []
        return after[0] if len(after) == 1 else None

    def _same_base(self, spell: Spell) -> str | None:
        """Return the prefecture of today that carries the name of a prefecture which ended without a successor."""
        same = [
            code
            for code, name in self._current.items()
            if code[:2] == spell.code[:2] and code.endswith("00") and TYPE_WORD.sub("", name) == spell.base
        ]
        return same[0] if len(same) == 1 else None


def _alive(spell: Spell, year: int) -> bool:
    return spell.start <= year and (spell.end is None or spell.end > year)


def former_names(spells: list[Spell], current: dict[str, str]) -> list[tuple[str, ...]]:
    """Return the rows of former_names.csv, sorted by former code and year."""
    successions = Successions(spells, current)
    rows = set()
    for spell in spells:
        if spell.level == "province" or spell.end is None or spell.end < FIRST_YEAR:
            continue
        today = successions.today(spell)
        if today is None and spell.level == "county":
            continue
        if (today == spell.code and current[today] == spell.name) or GENERIC_NAME.match(spell.name):
            continue
        parent = spell.code[:2] + "0000" if spell.level == "city" else _parent(spell.code)
        rows.add((spell.name, spell.level, _padded(parent), _padded(spell.code), _padded(today), str(spell.end)))
    return sorted(rows, key=lambda row: (row[3], row[5], row[0]))


def _parent(code: str) -> str:
    """Return the prefecture of a county code; 01/02 of a municipality and 90 stand for the province itself."""
    governed_directly = code[:2] in ("11", "12", "31", "50") or code[2:4] == "90"
    return code[:2] + "0000" if governed_directly else code[:4] + "00"


def _padded(code: str | None) -> str:
    return code.ljust(12, "0") if code else ""


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path, help="result.csv of yescallop/areacodes, or result.csv.gz")
    parser.add_argument("target", type=Path, nargs="?", default=Path("ingest/data/former_names.csv"))
    arguments = parser.parse_args()
    with duckdb.connect() as connection:
        current = dict(
            connection.execute(
                f"SELECT left(code, 6), name FROM ({register_query()}) WHERE level IN ('city', 'county')"
            ).fetchall()
        )
    rows = former_names(read_spells(arguments.result), current)
    with arguments.target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADING)
        writer.writerows(rows)
    print(f"{arguments.target}: {len(rows)} former names")


if __name__ == "__main__":
    main()
