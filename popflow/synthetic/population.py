"""An invented population: people with a hukou place, and their stays away from it over about five years.

Most people of the home county live in the cities people of that county really go to, some within the county, and
people from elsewhere live in its villages. They leave, return, move onward and leave again; what is made here is what
truly happens, day by day. What the villages' lists can prove of it is another matter (``truth``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from popflow.synthetic.county import LEVELS, County, Place
from popflow.synthetic.identity import EPOCH_YEAR, Days, Integers, Texts, draw_names, settle_numbers
from popflow.synthetic.regions import codes_at_birth

OUTWARD: Final = 0
INWARD: Final = 1
WITHIN: Final = 2

MAX_STAYS: Final = 3
HISTORY_DAYS: Final = 5 * 365
NEVER: Final = np.datetime64("2200-01-01")

# Regions of first registration of the county's people: its code has changed twice, and some were born next door.
_REGIONS_BY_ERA: Final = (
    (
        np.datetime64("1999-07-01"),
        [
            "342622",
            "342622",
            "342601",
            "342623",
            "342625",
            "342626",
            "342425",
            "342401",
            "340821",
            "340823",
            "340123",
            "340122",
        ],
    ),
    (
        np.datetime64("2011-08-01"),
        ["341421", "341421", "341402", "341422", "341423", "341424", "340123", "340122", "341523", "340881"],
    ),
    (NEVER, ["340124", "340124", "340181", "340123", "340122", "340225", "340881"]),
)
_REASONS: Final = {
    "WORK": 62, "BUSINESS": 10, "SERVICE": 4, "FAMILY_FOLLOW": 8, "STUDY": 4, "JOIN_KIN": 4, "MARRIAGE": 2,
    "DOMESTIC_HELP": 1, "MEDICAL": 1, "VISIT": 1, "OTHER": 3,
}  # fmt: skip
_CHILD_REASONS: Final = {"STUDY": 55, "FAMILY_FOLLOW": 45}
_DWELLINGS: Final = {"RENTED": 55, "UNIT_INTERNAL": 20, "WORKSITE": 10, "RESIDENT_HOME": 12, "OTHER": 3}
_EDUCATION: Final = {"70": 48, "60": 17, "80": 15, "30": 8, "20": 6, "40": 5, "10": 1}
_CHILD_AGE_YEARS: Final = 16


@dataclass(frozen=True)
class Scale:
    """How large an invented population is and which months its lists cover; the seed decides everything else."""

    people: int = 6_500
    first_month_end: date = date(2024, 10, 31)
    months: int = 3
    seed: int = 20241031

    @property
    def month_ends(self) -> tuple[date, ...]:
        """The last days of the months whose lists are delivered."""
        ends = [self.first_month_end]
        while len(ends) < self.months:
            ends.append(month_end_after(ends[-1]))
        return tuple(ends)


@dataclass(frozen=True)
class Population:
    """Tables of what truly is: places, persons and stays."""

    county: County
    place: pa.Table
    person: pa.Table
    stay: pa.Table


def month_end_after(day: date) -> date:
    """Return the last day of the month after the one ``day`` lies in."""
    in_next_month = day.replace(day=1) + timedelta(days=32)
    return (in_next_month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def make_population(county: County, scale: Scale) -> Population:
    """Return the invented population of a county; the same arguments give the same people."""
    rng = np.random.default_rng(scale.seed)
    places = _number_places(county)
    people = _make_people(rng, places, scale)
    stays = _make_stays(rng, places, people, scale)
    return Population(county, _place_table(places), _person_table(people), _stay_table(stays))


@dataclass(frozen=True)
class _Places:
    """All places in one numbering: first the home villages, then the far ends."""

    all: tuple[Place, ...]
    home: Integers
    destinations: Integers
    destination_weights: npt.NDArray[np.float64]
    origins: Integers
    origin_weights: npt.NDArray[np.float64]


def _number_places(county: County) -> _Places:
    """Give every place a number that tables refer to."""
    places = (*county.villages, *(p for p, _ in county.destinations), *(p for p, _ in county.origins))
    home, far = len(county.villages), len(county.destinations)
    destination_weights = np.array([weight for _, weight in county.destinations])
    origin_weights = np.array([weight for _, weight in county.origins])
    return _Places(
        all=places,
        home=np.arange(home),
        destinations=np.arange(home, home + far),
        destination_weights=destination_weights / destination_weights.sum(),
        origins=np.arange(home + far, len(places)),
        origin_weights=origin_weights / origin_weights.sum(),
    )


@dataclass(frozen=True)
class _People:
    """Arrays of one entry a person."""

    kind: Integers
    hukou: Integers
    sex: Integers
    birth: Days
    name: Texts
    number: Texts
    phone: Texts
    is_rural: npt.NDArray[np.bool_]
    education: Texts


def _make_people(rng: np.random.Generator, places: _Places, scale: Scale) -> _People:
    """Draw the people: who they are and where their hukou is."""
    count = scale.people
    kind = rng.choice([OUTWARD, INWARD, WITHIN], size=count, p=[0.68, 0.24, 0.08])
    hukou = np.where(
        kind == INWARD,
        rng.choice(places.origins, size=count, p=places.origin_weights),
        rng.choice(places.home, size=count),
    )
    sex = rng.choice([1, 2], size=count, p=[0.57, 0.43])
    birth = _draw_births(rng, count, scale.first_month_end)
    regions = _draw_regions(rng, kind, hukou, birth, places)
    number, birth = settle_numbers(rng, regions, birth, sex)
    is_rural = rng.random(count) < 0.85
    education = np.where(_age_years(birth, scale) < _CHILD_AGE_YEARS, "80", _draw(rng, _EDUCATION, count))
    phone = np.char.add("154", rng.integers(10**7, 10**8, count).astype(str))
    return _People(kind, hukou, sex, birth, draw_names(rng, sex), number, phone, is_rural, education)


def _draw_births(rng: np.random.Generator, count: int, first_month_end: date) -> Days:
    """Draw birth dates: mostly working ages, some children and some old people."""
    working = rng.triangular(15, 33, 62, count)
    others = np.where(rng.random(count) < 0.6, rng.uniform(0.8, 16, count), rng.uniform(58, 82, count))
    years = np.where(rng.random(count) < 0.85, working, others)
    return np.datetime64(first_month_end) - (years * 365.25).astype("timedelta64[D]")


def _age_years(birth: Days, scale: Scale) -> npt.NDArray[np.float64]:
    """Return ages in years at the end of the first month."""
    days: npt.NDArray[np.float64] = (np.datetime64(scale.first_month_end) - birth) / np.timedelta64(1, "D")
    return days / 365.25


def _draw_regions(rng: np.random.Generator, kind: Integers, hukou: Integers, birth: Days, places: _Places) -> Texts:
    """Return the code of the region of first registration, which is never changed by later moves of the hukou."""
    county_codes = np.array([place.code[:6] for place in places.all])
    years = birth.astype("datetime64[Y]").astype(np.int64) + EPOCH_YEAR
    regions = codes_at_birth(county_codes[hukou], years)
    lower = np.datetime64("1800-01-01")
    for upper, codes in _REGIONS_BY_ERA:
        of_era = (kind != INWARD) & (birth >= lower) & (birth < upper)
        regions[of_era] = rng.choice(np.array(codes), size=int(of_era.sum()))
        lower = upper
    return regions


def _draw(rng: np.random.Generator, weights: dict[str, int], count: int) -> Texts:
    """Draw codes by their weights."""
    shares = np.array(list(weights.values()), dtype=float)
    return rng.choice(np.array(list(weights)), size=count, p=shares / shares.sum())


@dataclass(frozen=True)
class _Stays:
    """Arrays of one entry a stay."""

    person: Integers
    number: Integers
    origin: Integers
    destination: Integers
    left: Days
    arrived: Days
    ended: Days
    returned: npt.NDArray[np.bool_]
    reason: Texts
    dwelling: Texts


def _make_stays(rng: np.random.Generator, places: _Places, people: _People, scale: Scale) -> _Stays:
    """Let every person live through up to three stays; only those that began by the last month's end are kept."""
    count = len(people.kind)
    last_day = np.datetime64(scale.month_ends[-1])
    alive = np.ones(count, dtype=bool)
    arrived = _draw_first_arrival(rng, people, scale)
    left = arrived - _draw_days_before(rng, people, arrived)
    destination = _draw_destination(rng, places, people, people.hukou)
    parts: list[_Stays] = []
    for number in range(1, MAX_STAYS + 1):
        ended = _draw_end(rng, arrived, scale)
        onward = rng.random(count) < 0.45
        began = alive & (arrived <= last_day)
        parts.append(
            _pick(began, people, number, destination, left, arrived, ended, ~onward, _draw_reason(rng, people, scale),
                  _draw(rng, _DWELLINGS, count))
        )  # fmt: skip
        alive = began & (ended <= last_day) & (rng.random(count) < 0.7)
        gap = np.where(onward, 0, rng.integers(5, 200, count)).astype("timedelta64[D]")
        arrived = ended + gap
        left = np.where(onward, left, arrived)
        destination = _draw_destination(rng, places, people, destination)
    return _concatenate(parts)


def _draw_first_arrival(rng: np.random.Generator, people: _People, scale: Scale) -> Days:
    """Draw the first arrivals: mostly before the lists begin, one in eight while they are kept, none before birth."""
    count = len(people.kind)
    first_day = np.datetime64(scale.first_month_end.replace(day=1))
    window = int((np.datetime64(scale.month_ends[-1]) - first_day) / np.timedelta64(1, "D"))
    before = first_day - rng.integers(0, HISTORY_DAYS, count).astype("timedelta64[D]")
    during = first_day + rng.integers(0, window + 1, count).astype("timedelta64[D]")
    arrived = np.where(rng.random(count) < 0.12, during, before)
    return np.maximum(arrived, people.birth + np.timedelta64(40, "D"))


def _draw_days_before(rng: np.random.Generator, people: _People, arrived: Days) -> npt.NDArray[np.timedelta64]:
    """Draw how many days lie between leaving the hukou place and arriving: none for those only the origin reports."""
    count = len(people.kind)
    elsewhere = np.where(rng.random(count) < 0.4, rng.integers(1, 400, count), 0)
    days = np.select([people.kind == INWARD, people.kind == WITHIN], [elsewhere, rng.integers(0, 5, count)], 0)
    since_birth = ((arrived - people.birth) / np.timedelta64(1, "D")).astype(np.int64)
    bounded: npt.NDArray[np.timedelta64] = np.minimum(days, since_birth - 10).astype("timedelta64[D]")
    return bounded


def _draw_destination(rng: np.random.Generator, places: _Places, people: _People, current: Integers) -> Integers:
    """Draw where people live next: another place than the hukou place and the current one."""
    count = len(people.kind)
    far = rng.choice(places.destinations, size=count, p=places.destination_weights)
    home = rng.choice(places.home, size=count)
    for _ in range(8):
        clash = (home == people.hukou) | (home == current)
        home[clash] = rng.choice(places.home, size=int(clash.sum()))
    stays_far = (people.kind == OUTWARD) & (rng.random(count) < 0.95)
    destination = np.where(stays_far, far, home)
    same = (destination == current) | (destination == people.hukou)
    return np.where(same, far, destination)


def _draw_end(rng: np.random.Generator, arrived: Days, scale: Scale) -> Days:
    """Draw the ends of stays: years away for most, within the months of the lists for one in seven."""
    count = len(arrived)
    ended = arrived + (20 + rng.exponential(1_500, count)).astype("timedelta64[D]")
    first_day = np.datetime64(scale.first_month_end.replace(day=1))
    window = int((np.datetime64(scale.month_ends[-1]) - first_day) / np.timedelta64(1, "D"))
    in_window = first_day + rng.integers(0, window + 1, count).astype("timedelta64[D]")
    takes_window = (rng.random(count) < 0.14) & (in_window > arrived + np.timedelta64(20, "D"))
    return np.where(takes_window, in_window, ended)


def _draw_reason(rng: np.random.Generator, people: _People, scale: Scale) -> Texts:
    """Draw why people live elsewhere; children study or come along."""
    count = len(people.kind)
    is_child = _age_years(people.birth, scale) < _CHILD_AGE_YEARS
    return np.where(is_child, _draw(rng, _CHILD_REASONS, count), _draw(rng, _REASONS, count))


def _pick(
    kept: npt.NDArray[np.bool_],
    people: _People,
    number: int,
    destination: Integers,
    left: Days,
    arrived: Days,
    ended: Days,
    returned: npt.NDArray[np.bool_],
    reason: Texts,
    dwelling: Texts,
) -> _Stays:
    """Keep the stays that began."""
    person = np.flatnonzero(kept)
    return _Stays(
        person, np.full(len(person), number), people.hukou[kept], destination[kept], left[kept], arrived[kept],
        ended[kept], returned[kept], reason[kept], dwelling[kept],
    )  # fmt: skip


def _concatenate(parts: list[_Stays]) -> _Stays:
    """Put the first, second and third stays under one another."""
    return _Stays(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in _Stays.__annotations__})


def _place_table(places: _Places) -> pa.Table:
    """One row a place: its codes, and the text and level that naming it down to each level gives."""
    columns: dict[str, list[object]] = {"place_id": list(range(len(places.all)))}
    columns["is_home"] = [number < len(places.home) for number in range(len(places.all))]
    for level in LEVELS:
        columns[f"{level}_code"] = [place.codes.get(level) for place in places.all]
        columns[f"{level}_name"] = [place.names.get(level) for place in places.all]
        columns[f"{level}_text"] = [place.text(level) for place in places.all]
        columns[f"{level}_proven_level"] = [place.level_at(level) for place in places.all]
        columns[f"{level}_proven_code"] = [place.codes[place.level_at(level)] for place in places.all]
    return pa.table(columns)


def _person_table(people: _People) -> pa.Table:
    """One row a person, with everything lists may say about them."""
    return pa.table(
        {
            "person_id": np.arange(len(people.kind)),
            "kind": np.array(["outward", "inward", "within"])[people.kind].tolist(),
            "person_name": people.name.tolist(),
            "id_number": people.number.tolist(),
            "sex": people.sex.astype(str).tolist(),
            "birth_date": people.birth.astype("datetime64[D]"),
            "phone": people.phone.tolist(),
            "hukou_place": people.hukou,
            "hukou_nature": np.where(people.is_rural, "rural", "urban").tolist(),
            "education_code": people.education.tolist(),
        }
    )


def _stay_table(stays: _Stays) -> pa.Table:
    """One row a stay that truly was; an end after the last month is none yet."""
    return pa.table(
        {
            "person_id": stays.person,
            "stay_number": stays.number,
            "origin_place": stays.origin,
            "dest_place": stays.destination,
            "left_hukou_date": stays.left.astype("datetime64[D]"),
            "arrived_date": stays.arrived.astype("datetime64[D]"),
            "ended_date": stays.ended.astype("datetime64[D]"),
            "returned": stays.returned,
            "reason_code": stays.reason.tolist(),
            "dwelling_code": stays.dwelling.tolist(),
        }
    )
