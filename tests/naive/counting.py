"""The rules of counting written a second time, in plain Python: one stay, one definition, one day at a time.

It is slow and clear where the SQL is fast: no intervals, no keys, no joins. Every test of a definition answers True,
False or None (cannot be decided), and a stay counts only if all of them say True. The tests hold both versions equal.
"""

from __future__ import annotations

import calendar
import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

LEVELS = ("province", "city", "county", "township", "village")
Verdict = bool | None


@dataclass(frozen=True)
class Division:
    """One row of ref.division."""

    code: str
    level: str
    name: str
    province_code: str | None = None
    city_code: str | None = None
    county_code: str | None = None
    township_code: str | None = None
    village_code: str | None = None
    is_virtual: bool = False
    is_city_district: bool | None = None
    valid_from: date = date(2023, 6, 30)
    valid_to: date | None = None
    urban_rural_code: str | None = None


@dataclass(frozen=True)
class Stay:
    """One row of core.stay with what core.person says of the person."""

    stay_id: str
    person_key: str
    origin_code: str | None = None
    dest_code: str | None = None
    left_hukou_date: date | None = None
    left_hukou_after: date | None = None
    left_hukou_before: date | None = None
    arrived_date: date | None = None
    arrived_after: date | None = None
    arrived_before: date | None = None
    ended_date: date | None = None
    ended_after: date | None = None
    ended_before: date | None = None
    reason_code: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    hukou_nature: str | None = None

    def registered(self) -> tuple[date | None, date | None]:
        """Between which days the stay was first registered with the police; nothing is known of it here."""
        return None, None

    def has_service(self, required: str, day: date) -> Verdict:  # noqa: ARG002 - stays of which more is told need both
        """Does the person have a service on a day? Nothing is known of it here."""
        return None


@dataclass(frozen=True)
class ServiceSpan:
    """One row of int_service_span."""

    required_service: str
    from_date: date
    to_date: date
    has_service: bool | None


@dataclass(frozen=True)
class ToldStay(Stay):
    """A stay of which the lists tell when it was registered and which services the person has."""

    registered_from: date | None = None
    registered_by: date | None = None
    services: tuple[ServiceSpan, ...] = ()

    def registered(self) -> tuple[date | None, date | None]:
        """Between which days the stay was first registered with the police."""
        return self.registered_from, self.registered_by

    def has_service(self, required: str, day: date) -> Verdict:
        """Does the person have a service on a day? Not known where no span tells of the day."""
        for span in self.services:
            if span.required_service == required and span.from_date <= day < span.to_date:
                return span.has_service
        return None


@dataclass(frozen=True)
class Definition:
    """One row of ref.definition, as far as counting needs it."""

    definition_id: str
    boundary_level: str
    within_boundary: str | None
    excludes_intra_city: bool | None
    min_duration: str
    clock: str
    age_min: int | None
    age_max: int | None
    hukou_nature: str | None
    excluded_reasons: frozenset[str]
    sex: str | None = None
    dest_area: str | None = None
    required_service: str | None = None


def read_definitions(seeds: Path) -> dict[str, Definition]:
    """Read the definitions from the seeds, by id."""
    with (seeds / "reason_employment.csv").open(encoding="utf-8", newline="") as lines:
        not_employment = frozenset(r["reason_code"] for r in csv.DictReader(lines) if r["is_employment"] == "false")
    with (seeds / "definition.csv").open(encoding="utf-8", newline="") as lines:
        return {row["definition_id"]: _definition(row, not_employment) for row in csv.DictReader(lines)}


def _definition(row: Mapping[str, str], not_employment: frozenset[str]) -> Definition:
    listed = frozenset(filter(None, row["excluded_reasons"].split(";")))
    return Definition(
        definition_id=row["definition_id"],
        boundary_level=row["boundary_level"],
        within_boundary=row["within_boundary"] or None,
        excludes_intra_city={"true": True, "false": False, "": None}[row["excludes_intra_city"]],
        min_duration=row["min_duration"],
        clock=row["clock"],
        age_min=int(row["age_min"]) if row["age_min"] else None,
        age_max=int(row["age_max"]) if row["age_max"] else None,
        hukou_nature=row["hukou_nature"] or None,
        excluded_reasons=(not_employment if row["purpose_required"] == "employment" else frozenset()) | listed,
        sex=row["sex"] or None,
        dest_area=row["dest_area"] or None,
        required_service=row["required_service"] or None,
    )


# --- three values ---------------------------------------------------------------------------------------------------


def all_of(*verdicts: Verdict) -> Verdict:
    """No, if any test says no; else unknown, if any cannot tell; else yes."""
    if any(verdict is False for verdict in verdicts):
        return False
    return None if any(verdict is None for verdict in verdicts) else True


def not_(verdict: Verdict) -> Verdict:
    """Turn yes and no around; unknown stays unknown."""
    return None if verdict is None else not verdict


# --- the calendar ---------------------------------------------------------------------------------------------------


def plus_months(day: date, months: int) -> date:
    """Move a day by calendar months; a day the month lacks becomes its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def plus_duration(day: date, duration: str) -> date:
    """Move a day by an ISO 8601 duration of years, months or days."""
    amounts = {unit: int(amount) for amount, unit in re.findall(r"(\d+)([YMD])", duration)}
    return plus_months(day, amounts.get("Y", 0) * 12 + amounts.get("M", 0)) + timedelta(days=amounts.get("D", 0))


def age_on(birth_date: date, day: date) -> int:
    """Completed years of age."""
    years = day.year - birth_date.year
    return years if plus_months(birth_date, years * 12) <= day else years - 1


# --- places ---------------------------------------------------------------------------------------------------------


class Register:
    """The division register: which divisions a place lies in on a day."""

    def __init__(self, divisions: Iterable[Division]) -> None:
        self.divisions = list(divisions)
        self.municipalities = {row.code for row in self.divisions if row.level == "province" and row.name[-1] == "市"}
        self.real_cities = {row.code for row in self.divisions if row.level == "city" and not row.is_virtual}
        self.cities_with_counties = {
            self._city(row) for row in self.divisions if row.level == "county" and not row.is_virtual
        }

    def place(self, code: str | None, day: date) -> Division | None:
        """Find the row of a code on a day; a code is also known before its first row and after its last one."""
        rows = sorted((row for row in self.divisions if row.code == code), key=lambda row: row.valid_from)
        begun = [row for row in rows if row.valid_from <= day]
        return begun[-1] if begun else next(iter(rows), None)

    def division(self, place: Division | None, level: str) -> str | None:
        """Name the division of ``level`` that a place lies in; None if that is not known.

        A level that does not exist is stood for by the next upper one.
        """
        if place is None:
            return None
        if level == "province":
            return place.province_code
        if level == "city":
            return self._city(place)
        if level == "county":
            return self._county(place)
        if level == "township":
            return place.township_code or (self._county(place) if place.level == "village" else None)
        return place.village_code

    def _city(self, place: Division) -> str | None:
        if place.province_code in self.municipalities:
            return place.province_code  # a municipality is a city as a whole
        if place.city_code in self.real_cities:
            return place.city_code
        if place.level == "county" and place.is_virtual:
            return None
        return place.county_code  # governed by the province: its own city

    def _is_city_without_counties(self, place: Division) -> bool:
        city = self._city(place)
        return city is not None and city not in self.cities_with_counties

    def _county(self, place: Division) -> str | None:
        if self._is_city_without_counties(place):
            return self._city(place)
        if place.level == "county" and place.is_virtual:
            return None
        if place.level in ("township", "village"):
            return place.county_code or self._city(place)
        return place.county_code

    def in_city_district(self, place: Division | None) -> Verdict:
        """Is a place in a district of a city? A city without counties is one district."""
        if place is None:
            return None
        return True if self._is_city_without_counties(place) else place.is_city_district

    def area(self, place: Division | None) -> str | None:
        """Say whether a place is urban or rural; None where the register does not say."""
        if place is None or place.urban_rural_code is None:
            return None
        return "urban" if place.urban_rural_code.startswith("1") else "rural"

    def crosses(self, origin: Division | None, destination: Division | None, level: str) -> Verdict:
        """Do two places lie in different divisions of a level?"""
        for upper in LEVELS[: LEVELS.index(level) + 1]:
            left, right = self.division(origin, upper), self.division(destination, upper)
            if left is not None and right is not None and left != right:
                return True
        left, right = self.division(origin, level), self.division(destination, level)
        return False if left is not None and left == right else None

    def in_one_citys_districts(self, origin: Division | None, destination: Division | None) -> Verdict:
        """Do both places lie in districts of one city?"""
        return all_of(
            self.in_city_district(origin),
            self.in_city_district(destination),
            not_(self.crosses(origin, destination, "city")),
        )

    def shown_at(self, code: str | None, level: str, day: date) -> str | None:
        """Name the division of a level that a place is shown in, or the deepest one known above it."""
        place = self.place(code, day)
        for upper in reversed(LEVELS[: LEVELS.index(level) + 1]):
            division = self.division(place, upper)
            if division is not None:
                return division
        return None

    def is_within(self, code: str | None, home_code: str, day: date) -> bool:
        """Is a place known to be the home division or to lie in it?"""
        place = self.place(code, day)
        return place is not None and home_code in {place.code, *(self.division(place, level) for level in LEVELS)}


# --- the tests of a definition --------------------------------------------------------------------------------------


# What is not known where the duration is not, by the clock that it runs from.
_CLOCKS = {"left_hukou": "leaving", "arrived": "arrival", "registered": "registration"}


def answers(stay: Stay, definition: Definition, day: date, register: Register) -> list[tuple[str, Verdict]]:
    """What every test says of a stay on a day, with what is not known where it cannot tell, in the order told."""
    origin, destination = register.place(stay.origin_code, day), register.place(stay.dest_code, day)
    return [
        ("place", _far_enough_test(origin, destination, definition, register)),
        ("intra_city", _intra_city_test(origin, destination, definition, register)),
        ("birth_date", _age_test(stay, definition, day)),
        ("sex", _same_test(definition.sex, stay.sex)),
        ("hukou_nature", _same_test(definition.hukou_nature, stay.hukou_nature)),
        ("area", _same_test(definition.dest_area, register.area(destination))),
        ("reason", _reason_test(stay, definition)),
        ("service", _service_test(stay, definition, day)),
        ("arrival", has_arrived(stay, day)),
        ("end", not_(is_over(stay, day))),
        (_CLOCKS[definition.clock], _duration_test(stay, definition, day)),
    ]


@lru_cache(maxsize=100_000)
def judge(stay: Stay, definition: Definition, day: date, register: Register) -> tuple[Verdict, str | None]:
    """Does a stay count under a definition on a day? If it is unknown, name the first thing that is not known."""
    told = answers(stay, definition, day, register)
    counted = all_of(*(answer for _, answer in told))
    return counted, next(cause for cause, answer in told if answer is None) if counted is None else None


def verdict(stay: Stay, definition: Definition, day: date, register: Register) -> Verdict:
    """Does a stay count under a definition on a day?"""
    return judge(stay, definition, day, register)[0]


def unknown_because(stay: Stay, definition: Definition, day: date, register: Register) -> str | None:
    """Name the first thing that is not known of a stay of which it is not known whether it counts."""
    return judge(stay, definition, day, register)[1]


def _earliest_leaving(stay: Stay) -> date | None:
    if stay.left_hukou_after is not None:
        return stay.left_hukou_after + timedelta(days=1)
    return stay.left_hukou_date


def _earliest_arrival(stay: Stay) -> date | None:
    if stay.arrived_date is not None:
        return stay.arrived_date
    after = None if stay.arrived_after is None else stay.arrived_after + timedelta(days=1)
    earliest = max((day for day in (after, _earliest_leaving(stay)) if day is not None), default=None)
    if earliest is None or stay.arrived_before is None:
        return earliest
    return min(earliest, stay.arrived_before)  # a list that shows the stay proves more than a later date of leaving


def has_arrived(stay: Stay, day: date) -> Verdict:
    """Has a stay reached its destination by a day?"""
    latest, earliest = stay.arrived_date or stay.arrived_before, _earliest_arrival(stay)
    if earliest is not None and day < earliest:
        return False
    return True if latest is not None and latest <= day else None


def is_over(stay: Stay, day: date) -> Verdict:
    """Has a stay ended by a day?"""
    if stay.ended_date is not None:
        return stay.ended_date <= day
    if stay.ended_before is not None and stay.ended_before <= day:
        return True
    if stay.ended_after is not None and day <= stay.ended_after:
        return False
    return False if stay.ended_after is None and stay.ended_before is None else None


def boundary_test(stay: Stay, definition: Definition, day: date, register: Register) -> Verdict:
    """Do the two places of a stay lie as far apart as the definition wants them on a day?"""
    origin, destination = register.place(stay.origin_code, day), register.place(stay.dest_code, day)
    return all_of(
        _far_enough_test(origin, destination, definition, register),
        _intra_city_test(origin, destination, definition, register),
    )


def _far_enough_test(
    origin: Division | None, destination: Division | None, definition: Definition, register: Register
) -> Verdict:
    level = definition.boundary_level
    within: Verdict = True
    if definition.within_boundary == "province":
        within = not_(register.crosses(origin, destination, "province"))
    if definition.within_boundary == "city_districts":
        within = register.in_one_citys_districts(origin, destination)
    return all_of(True if level == "none" else register.crosses(origin, destination, level), within)


def _intra_city_test(
    origin: Division | None, destination: Division | None, definition: Definition, register: Register
) -> Verdict:
    return not_(all_of(register.in_one_citys_districts(origin, destination), definition.excludes_intra_city))


def _duration_test(stay: Stay, definition: Definition, day: date) -> Verdict:
    earliest, latest = _clock(stay, definition)

    def long_enough(start: date | None) -> bool:
        return start is not None and plus_duration(start, definition.min_duration) <= day

    if earliest is not None and not long_enough(earliest):
        return False
    return True if long_enough(latest) else None


def _clock(stay: Stay, definition: Definition) -> tuple[date | None, date | None]:
    """Between which days the clock of a definition began."""
    latest_arrival = stay.arrived_date or stay.arrived_before
    if definition.clock == "left_hukou":  # away at least since the arrival
        return _earliest_leaving(stay), stay.left_hukou_date or stay.left_hukou_before or latest_arrival
    if definition.clock == "registered":  # not before the arrival
        earliest, latest = stay.registered()
        return earliest or _earliest_arrival(stay), latest
    return _earliest_arrival(stay), latest_arrival


def _age_test(stay: Stay, definition: Definition, day: date) -> Verdict:
    if definition.age_min is None and definition.age_max is None:
        return True
    if stay.birth_date is None:
        return None
    age = age_on(stay.birth_date, day)
    return not (
        (definition.age_min is not None and age < definition.age_min)
        or (definition.age_max is not None and age > definition.age_max)
    )


def _same_test(required: str | None, found: str | None) -> Verdict:
    if required is None:
        return True
    return None if found is None else found == required


def _service_test(stay: Stay, definition: Definition, day: date) -> Verdict:
    return True if definition.required_service is None else stay.has_service(definition.required_service, day)


def _reason_test(stay: Stay, definition: Definition) -> Verdict:
    if not definition.excluded_reasons:
        return True
    if stay.reason_code in (None, "UNKNOWN"):
        return None
    return stay.reason_code not in definition.excluded_reasons
