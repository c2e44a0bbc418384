"""What a report should say, counted a second time: one cell, one stay at a time, by the naive rules of counting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from naive.counting import Definition, Register, Stay, Verdict, all_of, not_, verdict

from ingest.declaration import Meaning
from ingest.flow_range import REACH


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
    if meaning.range is not None:
        tests.append(_in_range(meaning, stay, day, register))
    return all_of(*tests)


def _in_range(meaning: Meaning, stay: Stay, day: date, register: Register) -> Verdict:
    assert meaning.range is not None
    beyond, within = REACH[meaning.range]
    origin, destination = register.place(stay.origin_code, day), register.place(stay.dest_code, day)
    tests: list[Verdict] = [True]
    if beyond == "country":
        tests.append(None if register.crosses(origin, destination, "province") is None else False)
    elif beyond is not None:
        tests.append(register.crosses(origin, destination, beyond))
    if within is not None:
        tests.append(not_(register.crosses(origin, destination, within)))
    return all_of(*tests)
