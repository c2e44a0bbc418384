"""What a definition may say: the checks of its cells and of its row as a whole.

Counting takes every row at its word, so a row that counts nobody or means nothing must not get that far. A problem is
half a sentence: what is wrong, and what to write instead.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.register import LEVELS
from ingest.safe_text import masked, printable

OLDEST: Final = 120
LONGEST_MONTHS: Final = 1200
LONGEST_DAYS: Final = 36525
SHOWN_CHARACTERS: Final = 40
DEFINITION_ID: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
DURATION: Final = re.compile(r"P(?:(?P<years>[0-9]{1,6})Y)?(?:(?P<months>[0-9]{1,6})M)?(?:(?P<days>[0-9]{1,6})D)?")
ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NO_BOUNDARY: Final = "none"

Row = Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """What the cells of a definition may name.

    ``services`` are codes, and codes with the detail that lists can give, as ``CODE/DETAIL``.
    """

    reasons: frozenset[str]
    employment: frozenset[str]
    services: frozenset[str]
    forms: frozenset[str]


Check = Callable[[str, Known], str | None]


def shown(text: str) -> str:
    """Return a cell's text as a sentence may show it."""
    return masked(printable(text))[:SHOWN_CHARACTERS]


def problems(row: Row, known: Known) -> Iterator[tuple[str, str]]:
    """Yield column and problem for whatever is wrong with a row: its cells first, then what they say together."""
    wrong = list(_problems_of_cells(row, known))
    yield from wrong
    if not wrong:
        yield from _problems_of_row(row, known)


# --- single cells -----------------------------------------------------------------------------------------------------


def _anything(_text: str, _known: Known) -> str | None:
    return None


def _one_of(*words: str) -> Check:
    def check(text: str, _known: Known) -> str | None:
        return None if text in words else f"{shown(text)} is not known; write {_listed(words)}"

    return check


def _definition_id(text: str, _known: Known) -> str | None:
    if DEFINITION_ID.fullmatch(text):
        return None
    return f"{shown(text)} is no id; write capital letters, digits and _, beginning with a letter, 40 at most"


def _duration(text: str, _known: Known) -> str | None:
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return f"{shown(text)} is no duration; write it like P6M (six months), P1Y (a year) or P3D (three days)"
    years, months, days = (None if amount is None else int(amount) for amount in found.groups())
    if days is not None and (years, months) != (None, None):
        return f"{shown(text)} mixes months and days; write either months (and years) or days"
    if (years or 0) * 12 + (months or 0) > LONGEST_MONTHS or (days or 0) > LONGEST_DAYS:
        return f"{shown(text)} is longer than a life; write the shortest time that counts"
    return None


def _age(text: str, _known: Known) -> str | None:
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) <= OLDEST:
        return None
    return f"{shown(text)} is no age; write completed years from 0 to {OLDEST}, or nothing for no limit"


def _day(text: str, _known: Known) -> str | None:
    if ISO_DAY.fullmatch(text):
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            return f"the calendar has no {shown(text)}; write a day like 2010-01-01"
        return None
    return f"{shown(text)} is no day; write it like 2010-01-01, or nothing if it is not known"


def _reasons(text: str, known: Known) -> str | None:
    codes = text.split(";")
    for code in codes:
        if code not in known.reasons:
            return f"{shown(code)} is no reason; write codes of {_listed(sorted(known.reasons))} with ; between them"
        if codes.count(code) > 1:
            return f"{shown(code)} stands twice; name every reason once"
    return None


def _service(text: str, known: Known) -> str | None:
    if text in known.services:
        return None
    code = text.partition("/")[0]
    choice = sorted(each for each in known.services if each.startswith(f"{code}/")) or sorted(
        each for each in known.services if "/" not in each
    )
    return f"{shown(text)} is no service; write {_listed(choice)}"


def _form(text: str, known: Known) -> str | None:
    if text in known.forms:
        return None
    return f"{shown(text)} is no form of persons; write {_listed(sorted(known.forms))}, or nothing"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


# The columns of a definition in the order of raw.definition, with what a filled cell is held against.
CHECKS: Final[Mapping[str, Check]] = {
    "definition_id": _definition_id,
    "agency": _anything,
    "name_zh": _anything,
    "name_en": _anything,
    "direction": _one_of("in", "out", "both", "resident"),
    "stock_or_flow": _one_of("stock", "flow"),
    "boundary_level": _one_of(*LEVELS, NO_BOUNDARY),
    "within_boundary": _one_of("province", "city_districts"),
    "excludes_intra_city": _one_of("true", "false"),
    "min_duration": _duration,
    "clock": _one_of("left_hukou", "arrived", "registered"),
    "sex": _one_of("1", "2"),
    "age_min": _age,
    "age_max": _age,
    "hukou_nature": _one_of("rural", "urban"),
    "dest_area": _one_of("urban"),
    "required_service": _service,
    "purpose_required": _one_of("employment"),
    "excluded_reasons": _reasons,
    "unit": _one_of("person", "registration", "permit", "student", "household"),
    "own_form": _form,
    "reference_time": _anything,
    "valid_from": _day,
    "valid_to": _day,
    "source": _anything,
    "note": _anything,
    "note_zh": _anything,
}
# Cells that may not be empty, with what to write.
REQUIRED: Final[Mapping[str, str]] = {
    "definition_id": "give the definition an id of its own",
    "agency": "name who counts by it",
    "name_zh": "give its Chinese name",
    "name_en": "give its English name",
    "direction": "write in, out, both or resident",
    "stock_or_flow": "write stock or flow",
    "boundary_level": f"write the level whose boundary must be crossed, or {NO_BOUNDARY}",
    "min_duration": "write the shortest time that counts, P0D for any time",
    "clock": "write left_hukou, arrived or registered",
    "unit": "write person, registration, permit, student or household",
    "source": "say where the definition stands: the law and its article, the yearbook, the letter",
}


def _problems_of_cells(row: Row, known: Known) -> Iterator[tuple[str, str]]:
    for column, check in CHECKS.items():
        text = row[column]
        if not text:
            if column in REQUIRED:
                yield column, f"it is empty; {REQUIRED[column]}"
            continue
        problem = "it holds a line break or a control character; write one line" if not text.isprintable() else None
        problem = problem or check(text, known)
        if problem is not None:
            yield column, problem


# --- the row as a whole -----------------------------------------------------------------------------------------------


def _problems_of_row(row: Row, known: Known) -> Iterator[tuple[str, str]]:
    checks = (_boundaries(row), _ages(row), _validity(row), _reasons_left(row, known), _residents(row), _units(row))
    for column, problem in checks:
        if problem is not None:
            yield column, problem


def _boundaries(row: Row) -> tuple[str, str | None]:
    """A boundary must lie within what the definition stays within."""
    level, within, intra_city = row["boundary_level"], row["within_boundary"], row["excludes_intra_city"]
    upper = {"province": ("province",), "city_districts": ("province", "city")}.get(within, ())
    problem = None
    if level in upper:
        problem = f"nobody crosses a boundary of level {level} within {within}; leave it empty or take a lower level"
    elif within == "city_districts" and intra_city != "false":
        problem = "nobody would count within city_districts unless excludes_intra_city is false; write false there"
    return "within_boundary", problem


def _ages(row: Row) -> tuple[str, str | None]:
    youngest, oldest = row["age_min"], row["age_max"]
    if youngest and oldest and int(oldest) < int(youngest):
        return "age_max", f"{oldest} is less than age_min {youngest}; give the youngest age first"
    return "age_max", None


def _validity(row: Row) -> tuple[str, str | None]:
    first, last = row["valid_from"], row["valid_to"]
    if first and last and last < first:
        return "valid_to", f"{last} is before valid_from {first}; give the last day on which it was official"
    return "valid_to", None


def _reasons_left(row: Row, known: Known) -> tuple[str, str | None]:
    excluded = frozenset(filter(None, row["excluded_reasons"].split(";")))
    allowed = known.employment if row["purpose_required"] else known.reasons
    needless = sorted(excluded - allowed)
    problem = None
    if needless:
        problem = f"{needless[0]} is no employment, which purpose_required asks for already; leave it out"
    elif excluded >= allowed:
        problem = "no reason is left that counts; leave out those that count"
    return "excluded_reasons", problem


# What picks people out: of the registered people nothing is known but their number.
PICKING: Final = (
    "sex", "age_min", "age_max", "hukou_nature", "dest_area", "required_service", "purpose_required",
    "excluded_reasons",
)  # fmt: skip


def _residents(row: Row) -> tuple[str, str | None]:
    """Residents are the registered people less those away and those here, so all three legs must be of everybody."""
    if row["direction"] != "resident":
        return "direction", None
    picked = [column for column in PICKING if row[column]]
    if picked:
        return picked[0], (
            "residents are everybody, for the registered people are known only all together; leave it empty"
        )
    if row["stock_or_flow"] != "stock":
        return "stock_or_flow", "residents are a stock; write stock"
    return "unit", None if row["unit"] == "person" else "residents are persons; write person"


def _units(row: Row) -> tuple[str, str | None]:
    """A unit must be one that entries of lists can be counted as."""
    if row["unit"] == "permit" and not row["required_service"]:
        return "required_service", ("it is empty, but the unit is a permit; name the permit, as RESIDENCE_PERMIT")
    if row["unit"] == "household" and row["own_form"]:
        return "own_form", (
            "no list tells who makes up a household, so households cannot be counted in it; leave it empty"
        )
    return "unit", None
