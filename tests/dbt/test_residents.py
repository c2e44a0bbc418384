"""Residents in their three legs: against the naive second version, and by their laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from counting_site import CODES, DEFINITIONS, HOMES, REGISTER
from hypothesis import given
from hypothesis import strategies as st
from naive.counting import LEVELS, Stay, verdict
from naive.units import HukouReport, Registered, Shown, cells_of
from unit_site import AS_OF, ELSEWHERE, HOME, ROUNDS, SEED, VILLAGE, UnitSite, draw_people, make_stay

TOWN, OTHER_TOWN = "340124100000", "340124101000"
NEXT_VILLAGE, THIRD_VILLAGE = "340124100202", "340124101201"


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnitSite]:
    site = UnitSite(built_site, tmp_path_factory.mktemp("residents"))
    yield site
    site.connection.close()


COLUMNS = "division_code, hukou_population, away, here, persons, persons_unknown, villages_without_report"


def _residents(site: UnitSite, level: str, day: date = AS_OF) -> list[tuple[object, ...]]:
    return site.rows(f"SELECT {COLUMNS} FROM resident_on('NBS_CZRK', ?, ?)", day, level)


def test_residents_are_the_registered_less_those_away_and_those_here(site: UnitSite) -> None:
    site.live(
        [
            make_stay("from elsewhere"),
            make_stay("gone", ELSEWHERE, origin_code=NEXT_VILLAGE),
            make_stay("to the other town", THIRD_VILLAGE, origin_code=VILLAGE),
            make_stay("perhaps half a year", left_hukou_date=None, arrived_date=date(2024, 9, 1)),
        ]
    )
    site.report(
        [
            HukouReport(VILLAGE, date(2023, 12, 31), 900, "2023"),
            HukouReport(VILLAGE, date(2024, 6, 30), 1000, "2024-06"),
            HukouReport(VILLAGE, date(2024, 11, 30), 1, "2024-11"),
            HukouReport(NEXT_VILLAGE, date(2023, 12, 31), 500, "2023"),
            HukouReport(THIRD_VILLAGE, date(2023, 12, 31), 200, "2023"),
        ]
    )
    assert _residents(site, "village") == [
        (VILLAGE, 1000, 1, 1, 1000, 1, 0),
        (NEXT_VILLAGE, 500, 1, 0, 499, 0, 0),
        (THIRD_VILLAGE, 200, 0, 1, 201, 0, 0),
    ]
    assert _residents(site, "township") == [(TOWN, 1500, 2, 1, 1499, 1, 0), (OTHER_TOWN, 200, 0, 1, 201, 0, 0)]
    # who moved from one town of the county to another is away and here at once
    assert _residents(site, "county") == [(HOME, 1700, 2, 2, 1700, 1, 0)]
    assert site.rows(
        "SELECT hukou_period, away_unknown, here_unknown FROM resident_on('NBS_CZRK', ?, 'county')", AS_OF
    ) == [("2023", 0, 1)]


def test_a_town_reports_for_its_villages_and_nothing_is_never_zero(site: UnitSite) -> None:
    site.live([make_stay("here", THIRD_VILLAGE)])
    site.report(
        [
            HukouReport(VILLAGE, date(2024, 1, 31), 1000, "2024-01"),
            HukouReport(TOWN, date(2024, 1, 31), 1500, "2024-01"),
        ]
    )
    assert _residents(site, "village") == [
        (TOWN, 500, 0, 0, 500, 0, 0),  # the rest of the town
        (VILLAGE, 1000, 0, 0, 1000, 0, 0),
        (NEXT_VILLAGE, None, 0, 0, None, 0, 1),
        (THIRD_VILLAGE, None, 0, 1, None, 0, 1),
    ]
    assert _residents(site, "township") == [(TOWN, 1500, 0, 0, 1500, 0, 0), (OTHER_TOWN, None, 0, 1, None, 0, 1)]
    assert _residents(site, "county") == [(HOME, 1500, 0, 1, 1501, 0, 1)]
    assert _residents(site, "county", date(2024, 1, 30)) == [(HOME, None, 0, 0, None, 0, 3)]


@pytest.mark.parametrize(
    ("persons", "period", "contradictions"),
    [(1500, "2024", 0), (1499, "2024", 1), (1501, "2024", 1), (1499, "2023", 0)],
)
def test_a_total_that_its_villages_do_not_make_up_is_said(
    site: UnitSite, persons: int, period: str, contradictions: int
) -> None:
    site.live([])
    day = date(2024, 1, 31)
    villages = [HukouReport(VILLAGE, day, 1000, "2024"), HukouReport(NEXT_VILLAGE, day, 500, "2024")]
    site.report([*villages, HukouReport(TOWN, day, persons, period)])
    found = site.rows(
        "SELECT division_code, hukou_population, hukou_contradictions FROM resident_on('NBS_CZRK', ?, 'township')",
        AS_OF,
    )
    assert found == [(TOWN, 1500, contradictions), (OTHER_TOWN, None, 0)]


def test_a_village_that_has_gone_is_counted_in_its_successor_until_that_one_reports(site: UnitSite) -> None:
    site.live([])
    gone = "340124100299"
    for table in ("int_counting_place", "int_counting_home"):
        relation = f"intermediate.{table}"
        site.rows(
            f"INSERT INTO {relation} SELECT * REPLACE (? AS place_code) FROM {relation} WHERE place_code = ?",
            gone,
            VILLAGE,
        )
    reports = [HukouReport(code, date(2023, 12, 31), 400, "2023") for code in (gone, NEXT_VILLAGE, THIRD_VILLAGE)]
    site.report([*reports, HukouReport(VILLAGE, date(2024, 6, 30), 700, "2024")])
    assert _residents(site, "village", date(2024, 5, 31))[0] == (VILLAGE, 400, 0, 0, 400, 0, 0)
    assert _residents(site, "village")[0] == (VILLAGE, 700, 0, 0, 700, 0, 0)
    assert _residents(site, "county") == [(HOME, 1500, 0, 0, 1500, 0, 0)]
    # of which is only known into which town it went
    site.rows(
        "UPDATE intermediate.int_counting_home SET division_code = ? WHERE place_code = ? AND level = 'village'",
        TOWN,
        gone,
    )
    assert _residents(site, "village")[:2] == [(TOWN, 400, 0, 0, 400, 0, 0), (VILLAGE, 700, 0, 0, 700, 0, 0)]
    assert _residents(site, "county") == [(HOME, 1900, 0, 0, 1900, 0, 0)]


def test_what_a_report_says_of_ages_and_sexes_is_added_up_where_it_is_the_whole(site: UnitSite) -> None:
    site.live([])
    day = date(2024, 1, 31)
    bands = [("0-14", 30), ("15-59", 60), ("60+", 10)]
    site.deliver(
        [(name, HOME, "2024", day) for name in ("bands", "holes", "all", "sexes", "men")]
        + [("own", TOWN, "2024", day)],
        [
            *[("bands", VILLAGE, band, "hukou_total", persons) for band, persons in bands],
            *[("holes", NEXT_VILLAGE, band, "hukou_total", persons) for band, persons in bands[1:]],
            *[
                ("all", THIRD_VILLAGE, band, "hukou_total", persons)
                for band, persons in [*bands, ("ALL", 101), ("65+", 5)]
            ],
            *[("sexes", TOWN, None, item, 70) for item in ("hukou_male", "hukou_female")],
            ("men", OTHER_TOWN, None, "hukou_male", 70),
            ("own", TOWN, None, "hukou_total", 150),
        ],
    )
    found = site.rows(
        "SELECT place_code, persons, contradictions FROM intermediate.int_hukou_report ORDER BY place_code"
    )
    # of two reports of one day the one of the unit nearest to the place counts
    assert found == [(TOWN, 150, 1), (VILLAGE, 100, 0), (THIRD_VILLAGE, 101, 0)]


def _reports(rng: Random) -> list[HukouReport]:
    def report(code: str) -> HukouReport:
        day = AS_OF - timedelta(days=rng.choice([-1, 0, 30, 300, 301]))
        return HukouReport(code, day, rng.choice([0, 10, 300, 5000]) * len(code.rstrip("0")), str(day.year))

    return list({(r.place_code, r.reported_on): r for r in map(report, CODES + CODES) if rng.random() < 0.7}.values())


@ROUNDS
@given(seed=SEED, home_code=st.sampled_from(sorted(HOMES)))
def test_residents_are_the_naive_ones_and_keep_the_laws(site: UnitSite, seed: int, home_code: str) -> None:
    rng = Random(seed)  # noqa: S311 - chance, no secret
    people, reports = draw_people(rng, 40, home_code), _reports(rng)
    site.live(people, home_code)
    site.report(reports)
    registered = Registered(reports, REGISTER, home_code, AS_OF).cells
    assert len(registered) > 3
    for level in LEVELS[LEVELS.index(HOMES[home_code]) :]:
        legs = _legs(people, level, home_code)
        published = {row[0]: row[1:] for row in _residents(site, level)}
        naive = {
            code: _naive_row(registered.get((level, str(code))), legs.get(code, (0, 0, 0)))
            for code in legs.keys() | {code for at, code in registered if at == level}
        }
        assert {code: row for code, row in naive.items() if code in published or any(row)} == published
        month = f"SELECT {COLUMNS} FROM stats.resident WHERE as_of = ? AND level = ? AND definition_id = 'NBS_CZRK'"
        assert {row[0]: row[1:] for row in site.rows(month, AS_OF, level)} == published
    laws = [name for name in site.models if name.startswith("residents_")]
    assert len(laws) == 2
    for name in laws:
        assert site.rows(site.models[name][1]) == [], name


def _legs(people: Sequence[Stay], level: str, home_code: str) -> dict[str | None, tuple[int, int, int]]:
    """Count those away, those here and those not known, by division."""
    legs: dict[str | None, tuple[int, int, int]] = {}
    for stay in people:
        answer = verdict(stay, DEFINITIONS["NBS_CZRK"], AS_OF, REGISTER)
        for direction, code in cells_of(stay, level, AS_OF, REGISTER, home_code) if answer is not False else ():
            away, here, unknown = legs.get(code, (0, 0, 0))
            is_away, is_here = answer is True and direction == "out", answer is True and direction == "in"
            legs[code] = (away + is_away, here + is_here, unknown + (answer is None))
    return legs


def _naive_row(shown: Shown | None, legs: tuple[int, int, int]) -> tuple[int | None, ...]:
    away, here, unknown = legs
    hukou = shown.persons if shown else None
    persons = None if hukou is None else hukou - away + here
    return (hukou, away, here, persons, unknown, shown.missing if shown else 0)


def test_only_definitions_of_residents_have_residents(site: UnitSite) -> None:
    site.live([])
    with pytest.raises(duckdb.InvalidInputException, match="NBS_LDRK does not count residents"):
        _ = site.rows("SELECT * FROM resident_on('NBS_LDRK', ?, 'county')", AS_OF)
