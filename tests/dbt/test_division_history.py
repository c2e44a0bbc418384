"""Divisions that are renamed, recoded, put together, divided: nobody has moved by it, and nothing counted is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest
from division_site import PLACES_OF_DAYS, Change, Division, DivisionSite, copy_of, spans
from list_maker import HANGZHOU, HOME_VILLAGE, LINGYIN, NINGBO, XIHU, ZHEJIANG, Case, Row

DAY = date(2024, 9, 15)
LISTS = ("2024-08-31", "2024-09-30", "2024-10-31")
TOWN = "330106001"
OLD, NEW = f"{TOWN}011", f"{TOWN}012"
FIRST, SECOND, JOINED = f"{TOWN}021", f"{TOWN}022", f"{TOWN}023"
WHOLE, EAST, WEST = f"{TOWN}031", f"{TOWN}032", f"{TOWN}033"
GIVING, TAKING = f"{TOWN}041", f"{TOWN}042"
DIVIDED, NEAR, FAR = f"{TOWN}051", f"{TOWN}052", "330106003052"
QUIET_TOWN = "330106005000"
VANISHED, APPEARED = "330106005061", "330106005063"
REUSED, SUCCESSOR = f"{TOWN}071", f"{TOWN}072"
SWAPPED = (f"{TOWN}081", f"{TOWN}082")
RENAMED = f"{TOWN}091"
OLD_TOWN, NEW_CITY = "330106002000", "330181000000"
COUNTY, MOVED_TOWN, TOWN_THERE = "330122000000", "330122001000", "330106004000"
OTHER_TOWN = "330106003000"
SIBLING = f"{TOWN}099"
GONE_COUNTY, GONE_TOWN, TAKEN_TOWN, NEW_COUNTY = "330110000000", "330110001000", "330113001000", "330113000000"

HOME_DIVISIONS = ("340000000000", "340100000000", "340124000000", "340124100000", HOME_VILLAGE)
STANDING = (
    *(ZHEJIANG, HANGZHOU, NINGBO, XIHU, LINGYIN, GIVING, TAKING, SIBLING, COUNTY, OTHER_TOWN, QUIET_TOWN),
    *HOME_DIVISIONS,
)
ENDED = (OLD, FIRST, SECOND, WHOLE, DIVIDED, VANISHED, OLD_TOWN, MOVED_TOWN, GONE_COUNTY, GONE_TOWN)
BEGUN = (NEW, JOINED, EAST, WEST, NEAR, FAR, APPEARED, SUCCESSOR, NEW_CITY, TOWN_THERE, TAKEN_TOWN, NEW_COUNTY)
REGISTER = [
    *(Division(code) for code in STANDING),
    *(row for code in ENDED for row in spans(code, None, DAY)),
    *(row for code in BEGUN for row in spans(code, DAY)),
    *(row for code in SWAPPED for row in spans(code, None, DAY, DAY)),
    *spans(REUSED, None, DAY, date(2024, 9, 20)),
    Division(RENAMED, valid_to=DAY, name="旧名村"),
    Division(RENAMED, valid_from=DAY, name="新名村"),
]
CHANGES = [
    Change(OLD, NEW, DAY, "recode"),
    Change(FIRST, JOINED, DAY, "merge"),
    Change(SECOND, JOINED, DAY, "merge"),
    Change(WHOLE, EAST, DAY, "split", 0.7),
    Change(WHOLE, WEST, DAY, "split", 0.3),
    Change(GIVING, TAKING, DAY, "transfer"),
    Change(DIVIDED, NEAR, DAY, "split"),
    Change(DIVIDED, FAR, DAY, "split"),
    Change(REUSED, SUCCESSOR, DAY, "recode"),
    Change(SWAPPED[0], SWAPPED[1], DAY, "recode"),
    Change(SWAPPED[1], SWAPPED[0], DAY, "recode"),
    Change(RENAMED, RENAMED, DAY, "rename"),
    Change(OLD_TOWN, NEW_CITY, DAY, "level_change"),
    Change(MOVED_TOWN, TOWN_THERE, DAY, "recode"),
    Change(GONE_TOWN, TAKEN_TOWN, DAY, "recode"),
    Change(GONE_COUNTY, NEW_COUNTY, DAY, "recode"),
]
# what three lists say, one before the change and two after it: one stay, and its code
NOBODY_MOVED = {
    "renamed": ((RENAMED, RENAMED, RENAMED), RENAMED),
    "recoded": ((OLD, NEW, NEW), NEW),
    "recoded, told under the old code for long": ((OLD, OLD, NEW), NEW),
    "merged": ((FIRST, JOINED, JOINED), FIRST),
    "merged, known only since": ((None, JOINED, JOINED), JOINED),
    "split": ((WHOLE, EAST, EAST), EAST),
    "split, heard of before": ((WHOLE, None, None), WHOLE),
    "split, then only the town": ((WHOLE, LINGYIN, WEST), WEST),
    "handed on": ((GIVING, TAKING, TAKING), TAKING),
    "kept": ((GIVING, GIVING, GIVING), GIVING),
    "divided between towns": ((DIVIDED, FAR, FAR), FAR),
    "divided between towns, told by the town": ((DIVIDED, OTHER_TOWN, FAR), FAR),
    "vanished": ((VANISHED, APPEARED, APPEARED), APPEARED),
    "vanished into its town": ((VANISHED, QUIET_TOWN, QUIET_TOWN), VANISHED),
    "given to another place": ((REUSED, SUCCESSOR, SUCCESSOR), SUCCESSOR),
    "swapped": ((SWAPPED[0], SWAPPED[1], SWAPPED[1]), SWAPPED[1]),
    "another level": ((OLD_TOWN, NEW_CITY, NEW_CITY), NEW_CITY),
    "its town went to another county": ((COUNTY, TOWN_THERE, TOWN_THERE), TOWN_THERE),
    "its county got another code": ((GONE_COUNTY, TAKEN_TOWN, NEW_COUNTY), TAKEN_TOWN),
    "its town got another code": ((GONE_TOWN, NEW_COUNTY, TAKEN_TOWN), TAKEN_TOWN),
}
# and real moves, with the codes of the stays
MOVED = {
    "between the successors of a split": ((EAST, EAST, WEST), (EAST, WEST)),
    "between successors after the split": ((WHOLE, EAST, WEST), (EAST, WEST)),
    "to a sibling of the split": ((WHOLE, SIBLING, SIBLING), (WHOLE, SIBLING)),
    "to a sibling of the merged": ((FIRST, SIBLING, SIBLING), (FIRST, SIBLING)),
    "into a reused code": ((REUSED, REUSED, REUSED), (SUCCESSOR, REUSED)),
    "against the swap": ((SWAPPED[0], SWAPPED[0], SWAPPED[0]), (SWAPPED[1], SWAPPED[0])),
    "from one that vanished to an old neighbour": ((VANISHED, NINGBO, NINGBO), (VANISHED, NINGBO)),
    "back after the transfer": ((TAKING, GIVING, GIVING), (TAKING, GIVING)),
    "into the merged": ((SIBLING, JOINED, JOINED), (SIBLING, JOINED)),
    "to another county": ((GONE_TOWN, TOWN_THERE, TOWN_THERE), (TAKEN_TOWN, TOWN_THERE)),
}


def _lists(case: Case, codes: tuple[str | None, ...], *, side: str) -> None:
    for day, code in zip(LISTS, codes, strict=True):
        if code is None:
            continue
        if side == "dest":
            case.outflow(day, Row(dest=code), kind="added")
        else:
            case.inflow(day, Row(origin=code, dest=HOME_VILLAGE), kind="added")


# lists around the change, and what places of the time after it were called before
LIVES = 60
MONTHS = ("2024-06-30", "2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31")
CALLED_BEFORE = {NEW: OLD, TAKEN_TOWN: GONE_TOWN, NEW_COUNTY: GONE_COUNTY}


def _life(number: int, *, is_changing: bool) -> Case:
    """Draw what lists say of somebody, in the codes of the day or, as if nothing had changed, in those of today."""
    rng = Random(number)  # noqa: S311 - invented, the same in every run
    joined = {JOINED: rng.choice([FIRST, SECOND])}
    before = CALLED_BEFORE | joined if number % 2 else CALLED_BEFORE
    places = [*before, SIBLING] if number % 2 else [*before, LINGYIN, XIHU]
    case = Case(f"{'changing' if is_changing else 'standing'}{number}")
    here = rng.choice(places)
    for form in ("village_outflow", "village_inflow"):
        for month in MONTHS:
            here = rng.choice(places) if rng.random() < 0.2 else here
            arrived = rng.choice([None, None, "2024-05", "2024-07-10"])
            ended = rng.choice([None] * 6 + ["2024-08-20"])
            told = before.get(here, here) if is_changing and month < str(DAY) else here
            rows = [Row(dest=told, arrived=arrived, ended=ended)] if rng.random() < 0.8 else []
            case.deliver(form, month, rows, kind=rng.choice(["full", "added"]))
    return case


def _two_senders(case: Case, codes: tuple[str | None, ...]) -> None:
    """The village at home says it each time; the place where the person lives says the last of it as well."""
    _lists(case, codes, side="dest")
    last = next(code for code in reversed(codes) if code is not None)
    case.inflow(LISTS[1], Row(dest=last), unit="there", kind="added")


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DivisionSite]:
    site = DivisionSite(built_site, copy_of(built_site, tmp_path_factory.mktemp("divisions")))
    site.register(REGISTER, CHANGES)
    cases = []
    for number, (name, (codes, *_)) in enumerate((NOBODY_MOVED | MOVED).items()):
        case, other, both = (Case(f"{kind}{number}") for kind in ("dest", "origin", "both"))
        _lists(case, codes, side="dest")
        _lists(other, codes, side="origin")
        if name in NOBODY_MOVED:
            _two_senders(both, codes)
        cases += [case, other, both]
    cases += [_life(number, is_changing=changing) for number in range(LIVES) for changing in (True, False)]
    site.connection.execute("DELETE FROM raw.file")
    site.deliver(cases)
    site.make_with_all_before("stay", "stay_evidence", "move", "evidence_conflict", "int_counting_home")
    yield site
    site.connection.close()


def _stays(site: DivisionSite, case: str, column: str = "dest_code") -> list[str]:
    query = f"SELECT {column} FROM core.stay WHERE person_key = ? ORDER BY coalesce(arrived_date, arrived_before), 1"
    return [code for (code,) in site.rows(query, f"{case}:A")]


def _number(name: str) -> int:
    return list(NOBODY_MOVED | MOVED).index(name)


@pytest.mark.parametrize("name", NOBODY_MOVED)
def test_nobody_moves_because_a_division_changed(site: DivisionSite, name: str) -> None:
    _, code = NOBODY_MOVED[name]
    number = _number(name)
    assert _stays(site, f"dest{number}") == [code]
    assert site.rows("SELECT * FROM core.move WHERE person_key = ? AND move_kind = 'onward'", f"dest{number}:A") == []
    assert len(_stays(site, f"origin{number}", "origin_code")) == 1
    assert len(_stays(site, f"both{number}")) == 1


@pytest.mark.parametrize("name", MOVED)
def test_a_real_move_is_one_all_the_same(site: DivisionSite, name: str) -> None:
    _, codes = MOVED[name]
    assert _stays(site, f"dest{_number(name)}") == list(codes)


def test_lists_in_the_codes_of_the_day_tell_the_same_stays(site: DivisionSite) -> None:
    query = """
        SELECT * EXCLUDE (stay_id, person_key) REPLACE (
            CASE WHEN dest_code IN ($2, $3) THEN $4 ELSE dest_code END AS dest_code
        ) FROM core.stay WHERE person_key = $1 ORDER BY ALL
    """
    stays = 0
    for number in range(LIVES):
        changing, standing = (
            site.rows(query, f"{kind}{number}:A", FIRST, SECOND, JOINED) for kind in ("changing", "standing")
        )
        assert changing == standing, number
        stays += len(standing)
    assert stays > 1.5 * LIVES


def test_forms_that_name_a_division_differently_do_not_conflict(site: DivisionSite) -> None:
    compared = site.rows("SELECT sum(stays_compared) FROM stats.evidence_conflict WHERE attribute = 'dest_code'")
    assert compared[0][0] > 0
    found = site.rows(
        "SELECT count(*) FROM stats.evidence_conflict WHERE attribute IN ('origin_code', 'dest_code') "
        "AND stays_in_conflict > 0"
    )
    assert found == [(0,)]


def test_a_change_of_divisions_is_an_input_of_the_build(site: DivisionSite) -> None:
    query = site.compiled[site.key_of["int_build"]]["query"]
    before = site.rows(f"SELECT inputs FROM ({query})")
    site.connection.execute("BEGIN")
    site.connection.execute(
        "INSERT INTO raw.division_change VALUES ('a', 'b', DATE '2024-01-01', 'merge', NULL, NULL, 's')"
    )
    after = site.rows(f"SELECT inputs FROM ({query})")
    site.connection.execute("ROLLBACK")
    assert before != after


# --- what each place was on each day --------------------------------------------------------------------------------

HOME_DAYS = (date(1999, 12, 31), date(2011, 12, 31))
SEED_COUNTY = [
    *(Division(code) for code in ("340000000000", "340100000000", "340123000000", "340124100000", HOME_VILLAGE)),
    *spans("342600000000", None, HOME_DAYS[0]),
    *spans("342622000000", None, HOME_DAYS[0]),
    *spans("341400000000", HOME_DAYS[0], HOME_DAYS[1]),
    *spans("341421000000", HOME_DAYS[0], HOME_DAYS[1]),
    *spans("340124000000", HOME_DAYS[1]),
]
SEED_CHANGES = [
    Change("342622000000", "341421000000", HOME_DAYS[0], "recode"),
    Change("341421000000", "340124000000", HOME_DAYS[1], "recode"),
]


@pytest.fixture
def recoded_home(site: DivisionSite) -> Iterator[DivisionSite]:
    site.connection.execute("BEGIN")
    site.register(SEED_COUNTY, SEED_CHANGES)
    site.make(*PLACES_OF_DAYS)
    yield site
    site.connection.execute("ROLLBACK")


def test_a_village_lay_where_its_county_lay_then(recoded_home: DivisionSite) -> None:
    found = recoded_home.rows(
        "SELECT known_from, city_key, county_key, township_key FROM intermediate.int_counting_place "
        "WHERE place_code = ? ORDER BY known_from",
        HOME_VILLAGE,
    )
    assert found == [
        (date(1, 1, 1), "342600000000", "342622000000", "340124100000"),
        (HOME_DAYS[0], "341400000000", "341421000000", "340124100000"),
        (HOME_DAYS[1], "340100000000", "340124000000", "340124100000"),
    ]


def test_a_home_that_was_recoded_keeps_its_history_under_its_code(recoded_home: DivisionSite) -> None:
    found = recoded_home.rows(
        "SELECT place_code, level, division_code, min(known_from), max(known_to) FROM intermediate.int_counting_home "
        "WHERE place_code IN ('340124000000', ?) AND level IN ('county', 'township') GROUP BY ALL ORDER BY 1, 2",
        HOME_VILLAGE,
    )
    always = (date(1, 1, 1), date(9999, 1, 1))
    assert found == [
        ("340124000000", "county", "340124000000", *always),
        ("340124000000", "township", "340124000000", *always),
        (HOME_VILLAGE, "county", "340124000000", *always),
        (HOME_VILLAGE, "township", "340124100000", *always),
    ]
    assert recoded_home.rows("SELECT count(*) FROM intermediate.int_counting_home WHERE place_code LIKE '340123%'") == [
        (0,)
    ]


def test_a_dissolved_city_is_known_by_its_counties(recoded_home: DivisionSite) -> None:
    found = recoded_home.rows(
        "SELECT from_code, to_code, weight FROM intermediate.int_division_lineage "
        "WHERE from_code LIKE '34__00000000' AND from_code <> to_code ORDER BY ALL"
    )
    assert found == [
        ("341400000000", "340100000000", 1.0),
        ("342600000000", "340100000000", 1.0),
        ("342600000000", "341400000000", 1.0),
    ]


@pytest.mark.parametrize(
    ("code", "day", "key"),
    [
        (JOINED, DAY, JOINED),
        (JOINED, date(2024, 9, 14), None),
        (FIRST, DAY, JOINED),
        (FIRST, date(2024, 9, 14), FIRST),
        (EAST, date(2024, 9, 14), WHOLE),
        (WHOLE, date(2024, 9, 14), WHOLE),
        (WHOLE, DAY, None),
        (GIVING, DAY, GIVING),
        (TAKING, date(2024, 9, 14), TAKING),
        (SUCCESSOR, date(2024, 9, 14), REUSED),
        (SWAPPED[0], date(2024, 9, 14), SWAPPED[1]),
    ],
)
def test_what_a_village_was_on_a_day(site: DivisionSite, code: str, day: date, key: str | None) -> None:
    found = site.rows(
        "SELECT township_key, village_key FROM intermediate.int_counting_place "
        "WHERE place_code = ? AND known_from <= ? AND ? < known_to",
        code,
        day,
        day,
    )
    assert found == [(LINGYIN, key)]
