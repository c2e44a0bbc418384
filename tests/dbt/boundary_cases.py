"""Cases at the edge of a definition, made from its own row: a stay, a day, and whether the row counts it.

Every definition gets a stay that it counts with room to spare, and then one stay for each way of just missing it: a day
too short, a birthday too early, a boundary too low, a reason that it excludes. What a row asks nothing of is tried as
well, and must change nothing. The reckoning of days is written a third time here, by looking for the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from naive.counting import Register, ServiceSpan, ToldStay, all_of

Row = Mapping[str, str]
Answer = bool | None
LEVELS = ("province", "city", "county", "township", "village")
DAY = date(2024, 10, 31)
LONG_AGO = date(2015, 3, 10)
# What nobody excludes or everybody asks for; a definition that asks for another one gets that.
GROWN_UP, REASON = date(1994, 6, 15), "WORK"
# Ends of months and leap days: 31 August and half a year, 29, 30 and 31 days that are a month and are none.
STARTS = (
    date(2023, 8, 31), date(2022, 8, 31), date(2024, 1, 31), date(2023, 1, 29), date(2024, 2, 29), date(2023, 11, 30),
    date(2024, 2, 10), date(2024, 4, 10), date(2024, 7, 10),
)  # fmt: skip


class Way(NamedTuple):
    """A way between two places: the highest level that it crosses, and whether it stays in the districts of a city."""

    origin: str
    destination: str
    crossed: str | None
    intra_city: bool


WAYS = {
    "to the same village": Way("340124100201", "340124100201", None, False),
    "to the next village": Way("340124100201", "340124100202", "village", False),
    "to the next township": Way("340124100201", "340124101201", "township", False),
    "to the next township of a district": Way("340104100201", "340104101201", "township", True),
    "to a town of a city without counties": Way("441900101001", "441900102001", "township", True),
    "from a county to a district of its city": Way("340124100201", "340104100201", "county", False),
    "to another district of a city": Way("500101100201", "500103100201", "county", True),
    "to another city": Way("340124100201", "340202100201", "city", False),
    "to another province": Way("340124100201", "500229100201", "province", False),
}


@dataclass(frozen=True)
class Case:
    """A stay on a day, and what its definition makes of it."""

    definition_id: str
    title: str
    stay: ToldStay
    day: date
    expected: Answer


def cases_of(row: Row, reasons: Mapping[str, bool], register: Register) -> Iterator[Case]:
    """Yield the cases of a definition; ``reasons`` says of every reason whether it is employment."""
    for title, stay, day, expected in _Edge(row, reasons, register).all():
        yield Case(row["definition_id"], title, stay, day, expected)


# --- days -------------------------------------------------------------------------------------------------------------


def later(day: date, duration: str) -> date:
    """Return the day after a duration: the same day of a later month or, where it has none, the last it has."""
    number, unit = int(duration[1:-1]), duration[-1]
    if unit == "D":
        return day + timedelta(days=number)
    months = day.month - 1 + number * (12 if unit == "Y" else 1)
    for wanted in range(day.day, 0, -1):
        try:
            return date(day.year + months // 12, months % 12 + 1, wanted)
        except ValueError:
            continue
    raise AssertionError(day)


# --- the edges of one row ---------------------------------------------------------------------------------------------

Edges = Iterator[tuple[str, ToldStay, date, Answer]]


class _Edge:
    """One row and the stay that it counts with room to spare."""

    def __init__(self, row: Row, reasons: Mapping[str, bool], register: Register) -> None:
        self.row, self.reasons, self.register = row, reasons, register
        self.excluded = {
            reason
            for reason, employs in reasons.items()
            if reason in row["excluded_reasons"].split(";") or (row["purpose_required"] and not employs)
        }
        way = max(WAYS.values(), key=lambda way: (bool(self.is_far_enough(way)), bool(self.is_urban(way.destination))))
        age = (int(row["age_min"] or 0) + int(row["age_max"] or 60)) // 2
        self.good = ToldStay(
            "", "", way.origin, way.destination,
            left_hukou_date=LONG_AGO, arrived_date=LONG_AGO, registered_from=LONG_AGO, registered_by=LONG_AGO,
            birth_date=GROWN_UP if not row["age_max"] else date(DAY.year - age, 6, 15),
            sex=row["sex"] or "1", hukou_nature=row["hukou_nature"] or "rural", reason_code=REASON,
            services=self.told(True),
        )  # fmt: skip

    def all(self) -> Edges:
        for title, stay, day, expected in self.edges():
            is_urban = self.is_urban(stay.dest_code) if self.row["dest_area"] else True
            yield title, stay, day, all_of(expected, is_urban)

    def edges(self) -> Edges:
        yield "with room to spare", self.good, DAY, True
        yield from self.ways()
        yield from self.durations()
        yield from self.other_clocks()
        yield from self.ages()
        yield from self.natures()
        yield from self.reason_codes()
        yield from self.services()

    def is_far_enough(self, way: Way) -> Answer:
        level, within, excluded = (
            self.row[key] for key in ("boundary_level", "within_boundary", "excludes_intra_city")
        )
        crossed = len(LEVELS) if way.crossed is None else LEVELS.index(way.crossed)
        if level != "none" and crossed > LEVELS.index(level):
            return False
        if (within == "province" and way.crossed == "province") or (within == "city_districts" and not way.intra_city):
            return False
        return {"true": False, "false": True, "": None}[excluded] if way.intra_city else True

    def is_urban(self, code: str | None) -> Answer:
        place = self.register.place(code, DAY)
        written = None if place is None else place.urban_rural_code
        return None if written is None else written.startswith("1")

    def ways(self) -> Edges:
        for title, way in WAYS.items():
            stay = replace(self.good, origin_code=way.origin, dest_code=way.destination)
            yield title, stay, DAY, self.is_far_enough(way)

    def begun(self, start: date) -> ToldStay:
        """The good stay with the clock of the row begun on a day, and everything else as early as it can be."""
        if self.row["clock"] == "registered":
            return replace(self.good, registered_from=start, registered_by=start)
        if self.row["clock"] == "left_hukou":  # nobody arrives before leaving
            return replace(self.good, left_hukou_date=start, arrived_date=start)
        return replace(self.good, arrived_date=start)

    def durations(self) -> Edges:
        for start in STARTS:
            stay = self.begun(start)
            reached = later(start, self.row["min_duration"])
            for days, expected in ((-1, False), (0, True), (1, True)):
                title = f"{self.row['min_duration']} since {start} and {days} days"
                yield title, self.in_age(stay, reached), reached + timedelta(days=days), expected

    def in_age(self, stay: ToldStay, day: date) -> ToldStay:
        """The stay of somebody whose age on a day is between the limits."""
        if not self.row["age_max"]:
            return stay
        age = (int(self.row["age_min"] or 0) + int(self.row["age_max"])) // 2
        return replace(stay, birth_date=date(day.year - age, 1, 1))

    def other_clocks(self) -> Edges:
        """What runs from another day than the clock of the row is no matter; what bounds it is."""
        yesterday = DAY - timedelta(days=1)
        too_short = self.row["clock"] if later(yesterday, self.row["min_duration"]) > DAY else ""
        here_by_now = replace(self.good, arrived_date=yesterday)
        yield "here since yesterday", here_by_now, DAY, too_short != "arrived"
        registered_by_now = replace(self.good, registered_from=yesterday, registered_by=yesterday)
        yield "registered yesterday", registered_by_now, DAY, too_short != "registered"
        yield "leaving not known, here for long", replace(self.good, left_hukou_date=None), DAY, True
        lately = replace(here_by_now, left_hukou_date=None)
        answer = None if too_short == "left_hukou" else too_short != "arrived"
        yield "leaving not known, here since yesterday", lately, DAY, answer
        unregistered = replace(self.good, registered_from=None, registered_by=None)
        yield "not known to be registered", unregistered, DAY, None if self.row["clock"] == "registered" else True

    def ages(self) -> Edges:
        youngest, oldest = self.row["age_min"], self.row["age_max"]
        limits = [(int(youngest), True)] if youngest else []
        limits += [(int(oldest) + 1, False)] if oldest else []
        for age, from_then_on in limits:
            for born in (_leap_day(2017 - age), date(DAY.year - age, DAY.month, DAY.day)):
                stay, day = replace(self.good, birth_date=born), later(born, f"P{age}Y")
                yield f"{age} today, born {born}", stay, day, from_then_on
                yield f"{age} tomorrow, born {born}", stay, day - timedelta(days=1), not from_then_on
        yield "no date of birth", replace(self.good, birth_date=None), DAY, None if limits else True
        if not limits:
            yield "born today", replace(self.good, birth_date=DAY), DAY, True

    def natures(self) -> Edges:
        for column, values in (("sex", ("1", "2", None)), ("hukou_nature", ("rural", "urban", None))):
            wanted = self.row[column]
            for value in values:
                expected = True if not wanted else None if value is None else value == wanted
                # the column is one of texts, which the type of replace() cannot know
                yield f"{column} {value}", replace(self.good, **{column: value}), DAY, expected  # type: ignore[arg-type]

    def reason_codes(self) -> Edges:
        for reason in (*self.reasons, "UNKNOWN", None):
            known = reason in self.reasons
            expected = True if not self.excluded else reason not in self.excluded if known else None
            yield f"reason {reason}", replace(self.good, reason_code=reason), DAY, expected

    def services(self) -> Edges:
        asks = bool(self.row["required_service"])
        yield "no word of the service", replace(self.good, services=()), DAY, None if asks else True
        yield (
            "contradicting words of the service",
            replace(self.good, services=self.told(None)),
            DAY,
            None if asks else True,
        )
        yield "without the service", replace(self.good, services=self.told(False)), DAY, not asks
        until, since = self.told(True, to_date=DAY), self.told(False, from_date=DAY)
        changed = replace(self.good, services=(*until, *since))
        yield "until today with the service", changed, DAY - timedelta(days=1), True
        yield "from today without the service", changed, DAY, not asks

    def told(
        self, has_service: Answer, from_date: date = date.min, to_date: date = date(9999, 1, 1)
    ) -> tuple[ServiceSpan, ...]:
        wanted = self.row["required_service"]
        return (ServiceSpan(wanted, from_date, to_date, has_service),) if wanted else ()


def _leap_day(first_year: int) -> date:
    return date(first_year + -first_year % 4, 2, 29)
