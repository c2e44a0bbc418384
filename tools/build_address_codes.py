"""Make ``ingest/data/address_codes.csv`` from ``result.csv`` of yescallop/areacodes (CC0), county codes since 1981.

A row is one fact: these six digits were an address code of identity numbers in these years. To the counties come the
codes that numbers carry for the districts of a whole city (ending in 01, before 1984 also in 20), the development zones
of the shipped register, and the districts of 大兴安岭 and 海西 that were never counties by law. A code with several
spells has one row from its first to its last year; the last year is empty while the code is in use.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from ingest.register import register_query
from tools.build_former_names import Spell, read_spells

HEADING = ("code", "first_year", "last_year")
CITY_DISTRICTS_SINCE, CITY_AREA_UNTIL = 1981, 1983
NEVER_COUNTIES = ("232701", "232702", "232703", "232704", "632857", "632858", "632859")
ALWAYS = 9999

Years = tuple[str, int, int]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path, help="result.csv of yescallop/areacodes, plain or gzipped")
    parser.add_argument("--out", type=Path, default=Path("ingest/data/address_codes.csv"))
    given = parser.parse_args()
    spells = read_spells(given.result)
    facts = [*_counties(spells), *_cities(spells), *_register_codes(), *_never_counties()]
    with given.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADING)
        writer.writerows((code, first, "" if last == ALWAYS else last) for code, first, last in _merged(facts))


def _counties(spells: Iterable[Spell]) -> Iterator[Years]:
    return ((spell.code, spell.start, spell.end or ALWAYS) for spell in spells if spell.level == "county")


def _cities(spells: Iterable[Spell]) -> Iterator[Years]:
    for spell in spells:
        if spell.level == "city":
            yield spell.code[:4] + "01", spell.start, spell.end or ALWAYS
            if spell.start <= CITY_AREA_UNTIL:
                yield spell.code[:4] + "20", spell.start, CITY_AREA_UNTIL


def _register_codes() -> Iterator[Years]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT left(code, 6) FROM ({register_query()}) WHERE level = 'county' ORDER BY 1"
        ).fetchall()
    return ((code, CITY_DISTRICTS_SINCE, ALWAYS) for (code,) in rows if code[4:] in {f"{n}" for n in range(71, 81)})


def _never_counties() -> Iterator[Years]:
    return ((code, CITY_DISTRICTS_SINCE, ALWAYS) for code in NEVER_COUNTIES)


def _merged(facts: Iterable[Years]) -> list[Years]:
    years: dict[str, tuple[int, int]] = {}
    for code, first, last in facts:
        known = years.get(code, (first, last))
        years[code] = min(known[0], first), max(known[1], last)
    return [(code, *years[code]) for code in sorted(years)]


if __name__ == "__main__":
    main()
