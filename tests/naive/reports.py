"""What a report should say, counted a second time: one cell, one stay at a time, by the naive rules of counting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from naive.counting import Definition, Register, Stay, Verdict, all_of, not_, verdict

from ingest.declaration import Meaning


@dataclass(frozen=True)
class Cell:
    """One counted item of a report: what it means, where the people come from and are (None: anywhere)."""

    meaning: Meaning
    origin: tuple[str, str] | None
    destination: tuple[str, str] | None
    category: str | None = None


def computed(cell: Cell, stays: list[Stay], definition: Definition, day: date, register: Register) -> tuple[int, int]:
    """Return how many people the cell should count, and how many more it may be."""
    answers = [_answer(cell, stay, definition, day, register) for stay in stays]
    return sum(answer is True for answer in answers), sum(answer is None for answer in answers)


def _answer(cell: Cell, stay: Stay, definition: Definition, day: date, register: Register) -> Verdict:
    for end, code in ((cell.origin, stay.origin_code), (cell.destination, stay.dest_code)):
        if end is not None and register.shown_at(code, end[1], day) != end[0]:
            return False
    meaning = cell.meaning
    asked = definition
    if meaning.min_duration is not None:
        asked = replace(definition, min_duration=meaning.min_duration)
    tests = [verdict(stay, asked, day, register)]
    if meaning.max_duration is not None:
        tests.append(not_(verdict(stay, replace(definition, min_duration=meaning.max_duration), day, register)))
    if meaning.sex is not None:
        tests.append(None if stay.sex is None else stay.sex == meaning.sex)
    if cell.category not in (None, "ALL"):
        known = stay.reason_code not in (None, "UNKNOWN")
        tests.append(stay.reason_code == cell.category if known else None)
    tests.append(_in_reach(meaning, stay, day, register))
    if meaning.origin_kind is not None and meaning.origin_kind.endswith(("_urban", "_county")):
        area = _area(stay, day, register)
        tests.append(None if area is None else meaning.origin_kind.endswith(area))
    return all_of(*tests)


def _area(stay: Stay, day: date, register: Register) -> str | None:
    """Say whether somebody comes from a city or a county; of some places nobody can."""
    place = register.place(stay.origin_code, day)
    county = register.place(register.division(place, "county"), date.max)
    if register.in_city_district(place) or (county is not None and county.name.endswith("市")):
        return "urban"
    return "county" if county is not None and county.name.endswith(("县", "旗")) else None


def _in_reach(meaning: Meaning, stay: Stay, day: date, register: Register) -> Verdict:
    beyond, within = meaning.reach
    origin, destination = register.place(stay.origin_code, day), register.place(stay.dest_code, day)
    tests: list[Verdict] = [True]
    if beyond == "country":
        tests.append(None if register.crosses(origin, destination, "province") is None else False)
    elif beyond is not None:
        tests.append(register.crosses(origin, destination, beyond))
    if within is not None:
        tests.append(not_(register.crosses(origin, destination, within)))
    return all_of(*tests)
