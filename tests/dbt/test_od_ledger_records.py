"""The records beside the returns of both ends: every count of the ledger against one of the same people one by one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from counting_site import DEFINITIONS, REGISTER
from ledger_site import LedgerSite, OnRecord
from naive.counting import LEVELS, Definition, Stay, all_of, verdict
from naive.ledger import Count, Key, Pair, Place, Row, counted_for, ledger
from reported_people import draw_people

HOME_CODE = "340124000000"
ITEMS: Mapping[str, tuple[Definition, str | None]] = {
    "flow_total": (DEFINITIONS["MPS_LDRK"], None),
    "flow_male": (DEFINITIONS["MPS_LDRK"], "1"),
    "flow_half_year": (replace(DEFINITIONS["NBS_RHFL"], min_duration="P6M"), None),
}


def _path(code: str) -> Place:
    place = REGISTER.place(code, date.max)
    assert place is not None
    return tuple(each for level in LEVELS if (each := getattr(place, f"{level}_code")) is not None)


HOME, SHUSHAN = _path(HOME_CODE), _path("340104000000")
TOWN, OTHER_TOWN = _path("340124100000"), _path("340124101000")
GUANGDONG, DONGGUAN = _path("440000000000"), _path("441900000000")
SHIJIE, CHASHAN = _path("441900101000"), _path("441900102000")
WUHU, CHONGQING, CHENGKOU = _path("340202000000"), _path("500000000000"), _path("500229000000")
FAR = {DONGGUAN: SHIJIE, SHUSHAN: SHUSHAN, CHONGQING: CHENGKOU}
# Each unit reports on a day of its own: between them people come and go.
DAYS = {HOME: None, TOWN: 29, DONGGUAN: 1, GUANGDONG: 30, SHUSHAN: 28, CHONGQING: 15}
OCTOBER = "2024-10"


class People:
    """People whom the records may know, counted one by one."""

    def __init__(self, stays: list[Stay]) -> None:
        self._stays = [
            (stay, _path(stay.origin_code), _path(stay.dest_code))
            for stay in stays
            if stay.origin_code is not None and stay.dest_code is not None
        ]

    def counted(self, pair: Pair, item: str, day: date) -> tuple[int | None, int | None]:
        """Return how many count in a pair of places, and how many more may; nothing where neither end lies at home."""
        if not any(REGISTER.is_within(place[-1], HOME_CODE, day) for place in pair):
            return None, None
        definition, sex = ITEMS[item]
        answers = [
            all_of(
                verdict(stay, definition, day, REGISTER),
                True if sex is None else None if stay.sex is None else stay.sex == sex,
            )
            for stay, origin, dest in self._stays
            if origin[: len(pair.origin)] == pair.origin and dest[: len(pair.dest)] == pair.dest
        ]
        return answers.count(True), answers.count(None)

    def persons(self, pair: Pair, item: str, day: date) -> int | None:
        return self.counted(pair, item, day)[0]


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> LedgerSite:
    return LedgerSite(built_site, tmp_path_factory.mktemp("ledger"))


def _agrees_with_naive(site: LedgerSite, people: People, counts: Iterable[Count]) -> dict[Key, Row]:
    counts = list(counts)
    rows = site.make(counts)
    assert rows == ledger(counts, people.persons)
    days = counted_for(counts, rows)
    assert site.on_record() == {
        key: OnRecord(*people.counted(key.pair, key.item, day), day) for key, day in days.items()
    }
    return rows


def _counted(site: LedgerSite, stays: list[Stay]) -> People:
    counting = [table for table in site.tables if "int_counting" in table[0]]
    asked = [site.models[name] for name in ("int_report_definition", "int_report_interval")]
    site.count(stays, tables=[*counting, *asked])
    return People(stays)


def _said(unit: Place, pair: Pair, persons: int | None, item: str = "flow_total") -> Count:
    return Count(unit, OCTOBER, item, pair, persons or 0, "one", DAYS[unit])


def _both_ends(rng: random.Random, people: People) -> Iterator[Count]:
    """Two sides that count what the records have on their day, or on the other's day, or something else."""
    for home, (unit, far) in product((TOWN, OTHER_TOWN), FAR.items()):
        for pair, item in product((Pair(home, far), Pair(far, home)), ITEMS):
            for sender, other in ((HOME, unit), (unit, HOME)):
                on_own, on_others = (
                    people.persons(pair, item, _said(each, pair, 0).reported_on) for each in (sender, other)
                )
                yield _said(sender, pair, rng.choice((on_own, on_own, on_others, rng.randrange(9))), item)


def _of_anybody(rng: random.Random, people: People) -> Iterator[Count]:
    """Senders in each other, ends at any level, at home and elsewhere; a cell at most once."""
    ends = (HOME, TOWN, OTHER_TOWN, GUANGDONG, DONGGUAN, SHIJIE, SHUSHAN, WUHU, CHENGKOU, CHONGQING)
    asked = {(rng.choice(list(DAYS)), Pair(*rng.sample(ends, 2)), rng.choice(list(ITEMS))) for _ in range(150)}
    for unit, pair, item in sorted(asked):
        if any(end[: len(unit)] == unit for end in pair):
            yield _said(unit, pair, people.persons(pair, item, _said(unit, pair, 0).reported_on), item)


# --- any people -------------------------------------------------------------------------------------------------------


def test_every_count_of_the_records_is_the_naive_one(site: LedgerSite) -> None:
    people = _counted(site, draw_people(5))
    rng = random.Random(1)  # noqa: S311 - invented, the same in every run
    rows = _agrees_with_naive(site, people, _both_ends(rng, people))
    assert len(rows) == 36
    assert Counter(row.cause for row in rows.values())["timing"] == 4
    assert len({each.persons for each in site.on_record().values()}) > 5
    _agrees_with_naive(site, people, _of_anybody(rng, people))
    assert len({each.persons for each in site.on_record().values()}) > 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 14))
def test_records_of_many_people_beside_many_returns(site: LedgerSite, seed: int) -> None:
    people = _counted(site, draw_people(seed))
    rng = random.Random(seed)  # noqa: S311 - invented, the same in every run
    for told in (_both_ends, _of_anybody):
        assert len(_agrees_with_naive(site, people, told(rng, people))) > 20


# --- one cell at a time -----------------------------------------------------------------------------------------------

# What both sides count in a pair where the records have three people on the far side's day and four on the home's.
BESIDE_THREE_AND_FOUR: dict[Pair, tuple[Place, int, int, str]] = {
    Pair(OTHER_TOWN, CHENGKOU): (CHONGQING, 4, 3, "timing"),
    # one side has what is on record on its day
    Pair(TOWN, CHENGKOU): (CHONGQING, 4, 2, "unexplained"),
    Pair(TOWN, CHASHAN): (DONGGUAN, 5, 3, "unexplained"),
    # the days the wrong way round
    Pair(TOWN, SHIJIE): (DONGGUAN, 3, 4, "unexplained"),
    # the records disagree with two that differ, and with two that agree
    Pair(OTHER_TOWN, SHIJIE): (DONGGUAN, 9, 7, "unexplained"),
    Pair(TOWN, SHUSHAN): (SHUSHAN, 9, 9, "none"),
    Pair(OTHER_TOWN, CHASHAN): (DONGGUAN, 3, 3, "none"),
}


@pytest.fixture(scope="module")
def three_and_four(site: LedgerSite) -> People:
    """In each pair three who went long ago, and one between the days of the two returns."""
    days = (date(2024, 1, 5), date(2024, 2, 5), date(2024, 3, 5), date(2024, 10, 29))
    stays = [
        Stay(f"{pair}{day}", f"{pair}{day}", pair.origin[-1], pair.dest[-1], left_hukou_date=day, arrived_date=day,
             reason_code="WORK", birth_date=date(1990, 1, 1))
        for pair, day in product(BESIDE_THREE_AND_FOUR, days)
    ]  # fmt: skip
    return _counted(site, stays)


def test_the_records_beside_both_sides(site: LedgerSite, three_and_four: People) -> None:
    told = [
        _said(unit, pair, persons)
        for pair, (far_unit, *counts, _) in BESIDE_THREE_AND_FOUR.items()
        for unit, persons in zip((HOME, far_unit), counts, strict=True)
    ]
    rows = _agrees_with_naive(site, three_and_four, told)
    assert {key.pair: row.cause for key, row in rows.items()} == {
        pair: cause for pair, (*_, cause) in BESIDE_THREE_AND_FOUR.items()
    }
    assert set(site.on_record().values()) == {OnRecord(4, 0, date(2024, 10, 31))}


def test_of_places_elsewhere_the_records_do_not_know_everybody(site: LedgerSite, three_and_four: People) -> None:
    elsewhere, around = Pair(CHENGKOU, DONGGUAN), Pair(HOME[:1], SHIJIE)
    rows = _agrees_with_naive(site, three_and_four, [_said(DONGGUAN, elsewhere, 4), _said(DONGGUAN, around, 3)])
    assert len(rows) == 2
    assert set(site.on_record().values()) == {OnRecord(None, None, date(2024, 10, 1))}
