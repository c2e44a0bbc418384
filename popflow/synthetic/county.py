"""The real places of an invented population: the home county's villages and where people come from and go to.

Read from a division register with the columns of ``raw.division``. Every place is a chain of named codes from the
province down to the village, so that a list can name it to any level and the truth knows the code of what was named.
Places whose names are not unique within their parent are left out of the far ends: their text would prove less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np

LEVELS: Final = ("province", "city", "county", "township", "village")
HOME_COUNTY: Final = "340124"

# Where people of the home county go, and where its inflow comes from: code prefix and weight.
DESTINATION_WEIGHTS: Final = (
    ("31", 24), ("3205", 9), ("3201", 7), ("3202", 4), ("32", 6), ("3301", 6), ("3302", 4), ("33", 6),
    ("3401", 15), ("34", 6), ("44", 5), ("4419", 1), ("4420", 1), ("11", 2), ("35", 1), ("42", 1), ("4290", 1),
    ("50", 1),
)  # fmt: skip
ORIGIN_WEIGHTS: Final = (
    ("3401", 30), ("3415", 16), ("3408", 12), ("3402", 8), ("34", 10), ("41", 6), ("42", 4), ("32", 3),
    ("36", 3), ("52", 3), ("50", 2), ("51", 3), ("31", 1), ("4690", 1),
)  # fmt: skip
_SPOKEN_ENDINGS: Final = (
    ("社区村民委员会", "社区"), ("村村民委员会", "村"), ("村村委会", "村"), ("村民委员会", "村"), ("村委会", "村"),
    ("居民委员会", ""), ("居委会", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One village with its ancestors: a (code, name) for each level that exists, province first."""

    codes: dict[str, str]
    names: dict[str, str]

    @property
    def code(self) -> str:
        """The 12-digit code of the village itself."""
        return self.codes["village"]

    def level_at(self, wanted: str) -> str:
        """Return the level a text proves that names this place down to ``wanted``: it, or the next upper existing."""
        depth = LEVELS.index(wanted)
        return next(level for level in reversed(LEVELS[: depth + 1]) if level in self.codes)

    def text(self, level: str) -> str:
        """Return the full written name down to ``level``."""
        depth = LEVELS.index(level)
        return "".join(short_name(self.names[each]) for each in LEVELS[: depth + 1] if each in self.names)


@dataclass(frozen=True)
class County:
    """The home county: its villages, and the far places on the other end of people's stays with their weights."""

    home_code: str
    name: str
    townships: dict[str, str]
    villages: tuple[Place, ...]
    destinations: tuple[tuple[Place, float], ...]
    origins: tuple[tuple[Place, float], ...]


def short_name(name: str) -> str:
    """Return a village's name as people write it: 果树村民委员会 is 果树村."""
    for official, spoken in _SPOKEN_ENDINGS:
        if name.endswith(official):
            return name.removesuffix(official) + spoken
    return name


def read_county(
    register: duckdb.DuckDBPyConnection,
    relation: str,
    rng: np.random.Generator,
    villages: int | None = None,
    home_county: str = HOME_COUNTY,
    far_places: int = 400,
) -> County:
    """Return the home county and samples of far places from a register relation."""
    register.execute(_CHAIN_QUERY.format(relation=relation))
    home = _read_places(register, "code LIKE ?", f"{home_county}%")
    kept = _spread_over_townships(home, len(home) if villages is None else villages)
    return County(
        home_code=f"{home_county}000000",
        name=home[0].names["county"],
        townships={place.codes["township"]: place.names["township"] for place in kept},
        villages=tuple(kept),
        destinations=_sample_far(register, rng, DESTINATION_WEIGHTS, home_county, far_places),
        origins=_sample_far(register, rng, ORIGIN_WEIGHTS, home_county, far_places),
    )


def _spread_over_townships(home: list[Place], wanted: int) -> list[Place]:
    """Return ``wanted`` villages, taking one of each township in turn, in code order."""
    by_township: dict[str, list[Place]] = {}
    for place in home:
        by_township.setdefault(place.codes["township"], []).append(place)
    rounds = max(len(group) for group in by_township.values())
    in_turn = [group[turn] for turn in range(rounds) for group in by_township.values() if turn < len(group)]
    return sorted(in_turn[:wanted], key=lambda place: place.code)


def _sample_far(
    register: duckdb.DuckDBPyConnection,
    rng: np.random.Generator,
    weights: tuple[tuple[str, int], ...],
    home_county: str,
    wanted: int,
) -> tuple[tuple[Place, float], ...]:
    """Return about ``wanted`` far villages with their weights; each prefix has its share of both."""
    total = sum(weight for _, weight in weights)
    sample: list[tuple[Place, float]] = []
    for prefix, weight in weights:
        found = _read_places(register, "is_plain AND code LIKE ?", f"{prefix}%", limit=600)
        places = [place for place in found if not place.code.startswith(home_county)]
        count = max(2, wanted * weight // total)
        chosen = rng.choice(len(places), size=min(count, len(places)), replace=False)
        sample += [(places[index], weight / total / len(chosen)) for index in sorted(chosen)]
    return tuple(sample)


def _read_places(
    register: duckdb.DuckDBPyConnection, condition: str, pattern: str, limit: int = 100_000
) -> list[Place]:
    """Return villages by code pattern; a limit takes them evenly, by a hash of the code."""
    rows = register.execute(
        f"SELECT * EXCLUDE (is_plain) FROM village_chain WHERE {condition} ORDER BY hash(code) LIMIT {limit}", [pattern]
    ).fetchall()
    return sorted((_make_place(row) for row in rows), key=lambda place: place.code)


def _make_place(row: tuple[str | None, ...]) -> Place:
    """Build a place from the alternating codes and names of its chain."""
    codes, names = row[0::2], row[1::2]
    present = [(level, code, name) for level, code, name in zip(LEVELS, codes, names, strict=True) if code and name]
    return Place({level: code for level, code, _ in present}, {level: name for level, _, name in present})


# One row a village with the chain of its ancestors, virtual rows left out. is_plain: the names are of the usual kind
# and no sibling begins with the same two characters, so that the written chain can mean no other place.
_CHAIN_QUERY: Final = """
CREATE OR REPLACE TEMP TABLE village_chain AS
WITH division AS (
    SELECT *, count(*) OVER (PARTITION BY parent_code, level, left(name, 2)) = 1 AS is_alone
    FROM {relation} WHERE valid_to IS NULL
), named AS (
    SELECT * FROM division WHERE NOT is_virtual AND level <> 'village'
)
SELECT
    province.code AS province_code, province.name AS province_name,
    city.code AS city_code, city.name AS city_name,
    county.code AS county_code, county.name AS county_name,
    township.code AS township_code, township.name AS township_name,
    village.code, village.name,
    village.is_alone AND township.is_alone
        AND regexp_matches(village.name, '^[一-龥]{{2,6}}(村民委员会|村委会|社区居民委员会|社区居委会)$')
        AND regexp_matches(township.name, '^[一-龥]{{2,5}}(镇|乡|街道)$') AS is_plain
FROM division AS village
LEFT JOIN named AS province ON province.code = village.province_code
LEFT JOIN named AS city ON city.code = village.city_code
LEFT JOIN named AS county ON county.code = village.county_code
LEFT JOIN named AS township ON township.code = village.township_code
WHERE village.level = 'village'
"""
