"""Registrations, permits and enrolments: against the naive second version, and the traps of summing senders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from counting_site import DEFINITIONS, HOMES, REGISTER
from hypothesis import given
from hypothesis import strategies as st
from naive.counting import LEVELS, ServiceSpan, Stay, ToldStay, Verdict, verdict
from naive.units import Entry, Told, answer_of, cells_of, count_units, has_service
from unit_site import AS_OF, HOME, ROUNDS, SEED, UnitSite, draw_people, make_stay

POLICE, SCHOOL, LABOUR = "police_registration", "education_roster", "labour_roster"
PERMIT, TEMPORARY = "RESIDENCE_PERMIT", "RESIDENCE_PERMIT/TEMPORARY_PERMIT"
LEFT_OPEN = frozenset({"ISSUED", "SIGNED"})


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnitSite]:
    site = UnitSite(built_site, tmp_path_factory.mktemp("units"))
    yield site
    site.connection.close()


def test_one_person_in_two_beats_is_two_registrations_and_one_person(site: UnitSite) -> None:
    site.live([make_stay("T"), make_stay("V")])
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
    site.live([make_stay("T")])
    site.tell([Entry("T", POLICE, "north", date(2024, 3, 5))])
    found = site.rows("SELECT DISTINCT unit FROM stats.unit_stock WHERE as_of = ?", AS_OF)
    assert sorted(str(unit) for (unit,) in found) == ["permit", "registration"]
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
    site.live([make_stay(name) for name in names])

    def units(day: date) -> list[tuple[object, ...]]:
        return site.rows(
            "SELECT units, units_unknown FROM units_on('MPS_JZZ', ?, 'county') WHERE direction = 'in'", day
        )

    # the police do not say whether the two others have one
    assert units(AS_OF) == [(2, 2)]
    assert units(date(2024, 11, 1)) == [(3, 2)]
    assert site.rows("SELECT persons, persons_unknown FROM stock_on('MPS_JZZ', ?, 'county')", AS_OF) == [(3, 1)]


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
    people = draw_people(rng, 30)
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
    people = draw_people(rng, 40, home_code)
    entries = _entries(rng, people)
    told = _services(rng, entries)
    site.tell(entries, told)
    site.live(people, home_code)
    checked = 0
    for name, unit, form, required in _rules(site):
        verdicts = {
            stay.stay_id: verdict(_told(stay, entries, told, required), DEFINITIONS[name], AS_OF, REGISTER)
            for stay in people
        }
        own = [entry for entry in entries if entry.form_id == form]
        permits = {entry: answer_of(entry, told, required, AS_OF, LEFT_OPEN) for entry in own if unit == "permit"}
        for level in (HOMES[home_code], LEVELS[-1]):
            cells = {stay.stay_id: cells_of(stay, level, AS_OF, REGISTER, home_code) for stay in people}
            naive = count_units(verdicts, own, AS_OF, cells, permits if unit == "permit" else None)
            month = "stats.unit_stock WHERE as_of = $2 AND definition_id = $1 AND level = $3"
            assert _units(site, month, name, level) == naive, name
            assert _units(site, "units_on($1, $2, $3)", name, level) == naive, name
            checked += len(naive)
    assert checked > 5
    assert site.rows(site.models["units_tile_at_every_level"][1]) == []


def _rules(site: UnitSite) -> list[tuple[str, str, str, str]]:
    """One definition of each way to count other units."""
    rows = site.rows(
        "SELECT definition_id, unit, own_form, coalesce(required_service, '') FROM ref.definition "
        "WHERE definition_id IN ('MPS_ZZTJ', 'MPS_GD', 'MPS_ZZZ', 'MPS_JZZ', 'MOE_SQZN') ORDER BY unit"
    )
    assert [unit for _, unit, *_ in rows] == ["permit", "permit", "registration", "registration", "student"]
    return [(str(name), str(unit), str(form), str(required)) for name, unit, form, required in rows]


def _told(stay: Stay, entries: Sequence[Entry], told: Sequence[Told], required: str) -> ToldStay:
    """Add to a stay what its lists tell of its registration and of a service on the day."""
    has = _naive_has(entries, told, stay.stay_id, required, AS_OF)
    police = [entry.says_from for entry in entries if (entry.stay_id, entry.form_id) == (stay.stay_id, POLICE)]
    return ToldStay(
        **asdict(stay),
        registered_by=min(police, default=None),
        services=(ServiceSpan(required, AS_OF, AS_OF + timedelta(days=1), has),),
    )


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
