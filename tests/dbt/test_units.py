"""Registrations, permits, enrolments and residents: against the naive second version, and by their laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

import duckdb
import pytest
from counting_site import CODES, DEFINITIONS, HOMES, REGISTER, CountingSite
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from naive.counting import LEVELS, Stay, Verdict, all_of, verdict
from naive.units import (
    Entry,
    HukouReport,
    Registered,
    Shown,
    Told,
    answer_of,
    cells_of,
    count_units,
    has_service,
)

AS_OF = date(2024, 10, 31)
HOME = "340124000000"
TOWN, OTHER_TOWN = "340124100000", "340124101000"
VILLAGE, NEXT_VILLAGE, THIRD_VILLAGE = "340124100201", "340124100202", "340124101201"
ELSEWHERE = "441900101001"
POLICE, SCHOOL, LABOUR = "police_registration", "education_roster", "labour_roster"
PERMIT, TEMPORARY = "RESIDENCE_PERMIT", "RESIDENCE_PERMIT/TEMPORARY_PERMIT"
LEFT_OPEN = frozenset({"ISSUED", "SIGNED"})
ROUNDS = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SEED = st.integers(0, 10**6)
T = TypeVar("T")


class UnitSite(CountingSite):
    """A site whose senders, services and reports of registered people a test can exchange as well."""

    def live(self, stays: Sequence[Stay], home_code: str = HOME) -> None:
        """Let these be the stays, and make the tables that units are counted from."""
        tables = [(relation, query) for relation, query in self.tables if "int_counting_" in relation]
        assert tables
        self.count(stays, home_code=home_code, tables=tables)

    def remake(self, *models: str) -> None:
        for name in models:
            relation, query = self.models[name]
            self.rows(f"DELETE FROM {relation}")
            self.rows(f"INSERT INTO {relation} BY NAME {query}")

    def tell(self, entries: Sequence[Entry], told: Sequence[Told] = ()) -> None:
        """Say which senders show the stays, and what they say of services."""
        self._fill("core.stay_sender", entries, "'p' AS person_key, says_from AS first_reported")
        self._fill("core.service", told, "from_date AS first_reported")
        self.remake("int_stay_registration", "int_service_answer", "int_service_span")

    def report(self, reports: Sequence[HukouReport]) -> None:
        """Report registered people, each place in a file of its own."""
        files = [(f"f{number}", HOME, r.period, r.reported_on) for number, r in enumerate(reports)]
        self.deliver(files, [(f"f{n}", r.place_code, None, "hukou_total", r.persons) for n, r in enumerate(reports)])

    def deliver(
        self, files: Sequence[tuple[str, str, str, date]], cells: Sequence[tuple[str, str, str | None, str, int]]
    ) -> None:
        """Deliver files (name, unit, period, day) with cells (file, place, category, item, persons)."""
        run = self.connection
        run.execute("DELETE FROM raw.report_cell")
        run.execute("DELETE FROM intermediate.int_current_file")
        if files:
            run.executemany(
                "INSERT INTO intermediate.int_current_file "
                "(file_id, form_id, unit_code, period, reported_on, list_kind) "
                "VALUES ($1, 'hukou_population', $2, $3, $4, 'full')",
                files,
            )
            run.executemany(
                "INSERT INTO raw.report_cell (file_id, sheet, row_number, form_id, unit_code, cell_unit_code, period, "
                "reported_on, category, item, persons) "
                "VALUES ($1, 'S', 1, 'hukou_population', '', $2, '', DATE '2024-01-01', $3, $4, $5)",
                cells,
            )
        self.remake("int_hukou_report", "int_hukou_month")

    def _fill(self, table: str, rows: Sequence[Entry] | Sequence[Told], more: str) -> None:
        self.rows(f"DELETE FROM {table}")
        if rows:
            names = [field.name for field in fields(rows[0])]
            casts = ", ".join(f"CAST(? AS {'DATE' if _is_day(name) else 'VARCHAR'}) AS {name}" for name in names)
            self.connection.executemany(
                f"INSERT INTO {table} BY NAME SELECT *, {more} FROM (SELECT {casts})",
                [[getattr(row, name) for name in names] for row in rows],
            )


def _is_day(name: str) -> bool:
    return name.endswith(("_date", "_from", "_until", "_reported"))


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnitSite]:
    site = UnitSite(built_site, tmp_path_factory.mktemp("units"))
    yield site
    site.connection.close()


def _stay(stay_id: str, dest_code: str = VILLAGE, **other: object) -> Stay:
    given: dict[str, object] = {
        "origin_code": ELSEWHERE,
        "left_hukou_date": date(2024, 1, 1),
        "arrived_date": date(2024, 3, 1),
        **other,
    }
    return Stay(stay_id, stay_id, dest_code=dest_code, **given)  # type: ignore[arg-type]


# --- units ----------------------------------------------------------------------------------------------------------


def test_one_person_in_two_beats_is_two_registrations_and_one_person(site: UnitSite) -> None:
    site.live([_stay("T"), _stay("V")])
    beats = [Entry("T", POLICE, beat, date(2024, 3, 5)) for beat in ("north", "south")]
    gone = Entry("V", POLICE, "north", date(2024, 3, 5), says_until=AS_OF)
    site.tell([*beats, gone, Entry("V", "health_roster", "county", date(2024, 3, 5))])
    units = "SELECT unit, units, units_unknown FROM stats.unit_stock WHERE as_of = ? AND definition_id = 'MPS_ZZTJ' "
    assert site.rows(units + "AND direction = 'in' AND level = 'village'", AS_OF) == [("registration", 2, 0)]
    assert site.rows(units + "AND direction = 'in' AND level = 'county'", AS_OF) == [("registration", 2, 0)]
    persons = "SELECT sum(persons) FROM stats.stock WHERE as_of = ? AND definition_id = 'MPS_ZZTJ' AND level = 'county'"
    assert site.rows(persons, AS_OF) == [(2,)]
    # a day before V was struck off, the police had three registrations of two persons
    asked = "SELECT division_code, unit, units FROM units_on('MPS_ZZTJ', ?, 'county') WHERE direction = 'in'"
    assert site.rows(asked, AS_OF - timedelta(days=1)) == [(HOME, "registration", 3)]


def test_units_are_not_counted_for_definitions_of_persons(site: UnitSite) -> None:
    site.live([_stay("T")])
    site.tell([Entry("T", POLICE, "north", date(2024, 3, 5))])
    found = site.rows("SELECT DISTINCT unit FROM stats.unit_stock WHERE as_of = ?", AS_OF)
    assert sorted(unit for (unit,) in found) == ["permit", "registration"]
    assert site.rows("SELECT * FROM units_on('MPS_LDRK', ?, 'county')", AS_OF) == []


def test_a_permit_counts_where_the_police_tell_of_one(site: UnitSite) -> None:
    names = (
        "held",
        "of which kind is not told",
        "run out",
        "not told",
        "pending",
        "told by labour alone",
        "registered late",
    )
    since, told = date(2024, 2, 1), []
    entries = [Entry(name, POLICE, "north", since) for name in names]
    entries[-1] = Entry("registered late", POLICE, "north", date(2024, 5, 1))
    entries.append(Entry("told by labour alone", LABOUR, "county", since))
    for name, form, status, detail, until, last in [
        ("held", POLICE, "yes", "RESIDENCE_PERMIT", None, AS_OF),
        ("of which kind is not told", POLICE, "yes", "ISSUED", None, AS_OF),
        ("run out", POLICE, "yes", "RESIDENCE_PERMIT", date(2024, 8, 1), AS_OF),
        ("pending", POLICE, "pending", "PENDING", None, AS_OF),
        ("told by labour alone", LABOUR, "yes", None, None, AS_OF),
        ("registered late", POLICE, "yes", "RESIDENCE_PERMIT", None, AS_OF),
    ]:
        unit = "county" if form == LABOUR else "north"
        told.append(Told(name, form, unit, PERMIT, status, detail, date(2024, 5, 1), until, last))
    site.tell(entries, told)
    site.rows("UPDATE core.stay_sender SET registered_date = says_from")
    site.remake("int_stay_registration")
    site.live([_stay(name) for name in names])

    def units(day: date) -> list[tuple[object, ...]]:
        return site.rows(
            "SELECT units, units_unknown FROM units_on('MPS_JZZ', ?, 'county') WHERE direction = 'in'", day
        )

    # the police do not say whether the two others have one
    assert units(AS_OF) == [(2, 2)]
    assert units(date(2024, 11, 1)) == [(3, 2)]
    assert site.rows("SELECT persons, persons_unknown FROM stock_on('MPS_JZZ', ?, 'county')", AS_OF) == [(3, 1)]


def _people(rng: Random, count: int) -> list[Stay]:
    def day() -> date:
        return AS_OF - timedelta(days=rng.choice([0, 1, 2, 3, 4, 29, 30, 31, 90, 183, 184, 185, 400]))

    def stay(number: int) -> Stay:
        arrived = day() if rng.random() < 0.8 else None
        return Stay(
            f"stay{number}",
            f"stay{number}",
            origin_code=rng.choice([None, *CODES]),
            dest_code=rng.choice(CODES),
            left_hukou_date=rng.choice([None, day()]),
            arrived_date=arrived,
            arrived_before=None if arrived else rng.choice([None, day()]),
            ended_date=rng.choice([None, None, None, AS_OF, AS_OF + timedelta(days=1)]),
            reason_code=rng.choice([None, "WORK", "VISIT"]),
            birth_date=rng.choice([None, date(2008, 10, 31), date(2008, 11, 1), date(1990, 1, 1)]),
            hukou_nature=rng.choice([None, "rural", "urban"]),
        )

    return [stay(number) for number in range(count)]


def _entries(rng: Random, people: Sequence[Stay]) -> list[Entry]:
    def entry(stay: Stay, form: str, unit: str) -> Entry:
        start = AS_OF - timedelta(days=rng.randrange(-1, 300))
        return Entry(stay.stay_id, form, unit, start, rng.choice([None, None, AS_OF, AS_OF + timedelta(days=1)]))

    senders = [(POLICE, "north"), (POLICE, "south"), (LABOUR, "county"), (SCHOOL, "one"), (SCHOOL, "two")]
    return [entry(stay, form, unit) for stay in people for form, unit in senders if rng.random() < 0.5]


def _services(rng: Random, entries: Sequence[Entry]) -> list[Told]:
    told = []
    for entry in entries:
        service = "SCHOOLING" if entry.form_id == SCHOOL else PERMIT
        start = AS_OF - timedelta(days=rng.randrange(0, 200))
        for _ in range(rng.randrange(0, 3)):
            end = start + timedelta(days=rng.randrange(1, 200))
            last = rng.choice([start, end - timedelta(days=1), end, end + timedelta(days=5)])
            to_date = rng.choice([None, end])
            status = rng.choice(["yes", "yes", "no", "pending"])
            detail = rng.choice([None, "RESIDENCE_PERMIT", "TEMPORARY_PERMIT", "ISSUED"]) if status == "yes" else None
            told.append(
                Told(entry.stay_id, entry.form_id, entry.unit_code, service, status, detail, start, to_date, last)
            )
            if to_date is None:
                break
            start = max(end, last) + timedelta(days=rng.randrange(0, 20))
    return told


def _naive_has(entries: Sequence[Entry], told: Sequence[Told], stay_id: str, required: str, day: date) -> Verdict:
    own = [entry for entry in entries if entry.stay_id == stay_id]
    return has_service(answer_of(entry, told, required, day, LEFT_OPEN) for entry in own)


@ROUNDS
@given(seed=SEED, required=st.sampled_from([PERMIT, TEMPORARY, "SCHOOLING"]))
def test_services_hold_as_the_senders_say(site: UnitSite, seed: int, required: str) -> None:
    rng = Random(seed)  # noqa: S311 - chance, no secret
    people = _people(rng, 30)
    entries = _entries(rng, people)
    told = _services(rng, entries)
    site.tell(entries, told)
    days = [AS_OF + timedelta(days=step) for step in range(-200, 220, 20)]
    found = site.rows(
        "SELECT stay_id, day::DATE, has_service FROM intermediate.int_service_span, unnest(?::DATE[]) AS asked(day) "
        "WHERE required_service = ? AND from_date <= day AND day < to_date",
        days,
        required,
    )
    published = {(stay, day): has for stay, day, has in found}
    assert len(published) == len(found)
    assert set(published.values()) == {True, False, None}
    for stay in people:
        for day in days:
            naive = _naive_has(entries, told, stay.stay_id, required, day)
            assert published.get((stay.stay_id, day)) == naive, (stay.stay_id, day)


@ROUNDS
@given(seed=SEED, home_code=st.sampled_from(sorted(HOMES)))
def test_units_are_the_naive_ones(site: UnitSite, seed: int, home_code: str) -> None:
    rng = Random(seed)  # noqa: S311 - chance, no secret
    people = _people(rng, 40)
    entries = _entries(rng, people)
    told = _services(rng, entries)
    site.tell(entries, told)
    site.live(people, home_code)
    checked = 0
    for name, unit, form, required, wants_area in _rules(site):
        verdicts = {
            stay.stay_id: all_of(
                verdict(stay, DEFINITIONS[name], AS_OF, REGISTER),
                _naive_has(entries, told, stay.stay_id, required, AS_OF) if required else True,
                None if wants_area else True,  # this register knows no areas
            )
            for stay in people
        }
        own = [entry for entry in entries if entry.form_id == form]
        permits = {entry: answer_of(entry, told, required, AS_OF, LEFT_OPEN) for entry in own if unit == "permit"}
        for level in LEVELS[LEVELS.index(HOMES[home_code]) :]:
            cells = {stay.stay_id: cells_of(stay, level, AS_OF, REGISTER, home_code) for stay in people}
            naive = count_units(verdicts, own, AS_OF, cells, permits if unit == "permit" else None)
            month = "stats.unit_stock WHERE as_of = $2 AND definition_id = $1 AND level = $3"
            assert _units(site, month, name, level) == naive, name
            assert _units(site, "units_on($1, $2, $3)", name, level) == naive, name
            checked += len(naive)
    assert checked > 5


def _rules(site: UnitSite) -> list[tuple[str, str, str, str, bool]]:
    """One definition of each way to count other units; permits by the day of registration have a test of their own."""
    rows = site.rows(
        "SELECT definition_id, unit, own_form, coalesce(required_service, ''), dest_area IS NOT NULL "
        "FROM ref.definition WHERE definition_id IN ('MPS_ZZTJ', 'MPS_GD', 'MPS_ZZZ', 'MOE_SQZN') ORDER BY unit, own_form"
    )
    assert [unit for _, unit, *_ in rows] == ["permit", "registration", "registration", "student"]
    return [(str(name), str(unit), str(form), str(asked), bool(area)) for name, unit, form, asked, area in rows]


def _units(site: UnitSite, source: str, name: str, level: str) -> dict[tuple[object, object], tuple[object, object]]:
    rows = site.rows(f"SELECT direction, division_code, units, units_unknown FROM {source}", name, AS_OF, level)
    return {(direction, division): (units, unknown) for direction, division, units, unknown in rows}


def test_the_day_of_registration_is_the_first_told_or_that_of_the_first_list(site: UnitSite) -> None:
    day = date(2024, 4, 30)
    site.tell(
        [
            Entry(stay, form, unit, day)
            for stay, form, unit in [
                ("told", POLICE, "north"),
                ("told", POLICE, "south"),
                ("later told", POLICE, "north"),
                ("not told", POLICE, "north"),
                ("elsewhere", "health_roster", "county"),
            ]
        ]
    )
    for stay, unit, registered in [
        ("told", "north", date(2024, 4, 3)),
        ("told", "south", date(2024, 3, 3)),
        ("later told", "north", date(2024, 5, 9)),
        ("elsewhere", "county", date(2024, 1, 1)),
    ]:
        site.rows(
            "UPDATE core.stay_sender SET registered_date = $3 WHERE stay_id = $1 AND unit_code = $2",
            stay,
            unit,
            registered,
        )
    site.remake("int_stay_registration")
    assert site.rows("SELECT * FROM intermediate.int_stay_registration ORDER BY stay_id") == [
        ("later told", None, day),
        ("not told", None, day),
        ("told", date(2024, 3, 3), date(2024, 3, 3)),
    ]


# --- residents ------------------------------------------------------------------------------------------------------

COLUMNS = "division_code, hukou_population, away, here, persons, persons_unknown, villages_without_report"


def _residents(site: UnitSite, level: str, day: date = AS_OF) -> list[tuple[object, ...]]:
    return site.rows(f"SELECT {COLUMNS} FROM resident_on('NBS_CZRK', ?, ?)", day, level)


def test_residents_are_the_registered_less_those_away_and_those_here(site: UnitSite) -> None:
    site.live(
        [
            _stay("from elsewhere"),
            _stay("gone", ELSEWHERE, origin_code=NEXT_VILLAGE),
            _stay("to the other town", THIRD_VILLAGE, origin_code=VILLAGE),
            _stay("perhaps half a year", left_hukou_date=None, arrived_date=date(2024, 9, 1)),
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
    site.live([_stay("here", THIRD_VILLAGE)])
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
    people, reports = _people(rng, 40), _reports(rng)
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
