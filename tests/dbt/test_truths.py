"""Published figures and the identities between them, on populations made to have their shares.

For every figure as many stays are made as it has thousands (or millions) of people, of the kind it tells of, among
others that it must not count. What popflow counts under the definitions has to keep the identities exactly, and to give
the published figures back, up to the rounding of the parts that the population is made of.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import pytest
from naive.units import HukouReport
from truth_site import CITY, HERE, ROUTES, People, TruthSite, by_route
from unit_site import AS_OF

pytestmark = pytest.mark.reference
TRUTHS = Path(__file__).resolve().parents[3] / "shared" / "domain" / "truths.csv"
PROVINCE = "500000000000"
PEOPLE_OF_A_GROUP = 1000

# Rows without an identity between definitions, or with one that these data cannot express.
LEFT_OUT: Mapping[str, str] = {
    "CN2020_URB": "residents by kind of area: the legs of residents are not told by area; used in the sum of residents",
    "CN2020_RUR": "as CN2020_URB",
    "340000_2017_RETURN": "a net flow of a year, of which no second figure is published",
    "340000_2017_DEST": "a share of three provinces together, which are no division",
    "CN2024_BD": "local workers cross no boundary and have no stay; used as the total less those who left",
    "CN2024_NMG": "contains local workers; used as the total of both",
    "CN2024_JC": "asks whether the destination is urban; the one figure has no other to be held against",
    "CN2012_NMG": "one figure, no parts",
    "CN2012_*": "a share of workers reached by a service, not a count of a definition",
    "CN2016_*": "a share of workers reached by a service, or months of work, not a count of a definition",
    "CN2013_*部*": "parts of the country (东部, 中部, 西部) are no divisions",
    "CN2017_PUBLIC": "the kind of school is not in the lists",
    "CN2014_随迁子女(义务教育)": "one figure, no parts",
    "CN2013_随迁子女(义务教育)": "one figure, no parts",
    "CN2009_随迁子女(义务教育)": "one figure, no parts",
    "CMDS2014_*": "a sample, not a population; its families are not in the lists",
    "MIG5_*": "a transition over five years, whatever the hukou: no stock of stays",
    "AG2006_合计": "contains those of the own village, who have no stay; used as the sum of all bands",
    "AG2006_本村内": "the own village: no stay; used in the sum of all bands",
    "AG2006_其他": "whose hukou place is not told; used in the sum of all bands",
    "AGH2006_*": "households are not in the lists; the sum of their bands is held against the total",
    "BAOHE2010_登记总人口": "contains people without a stay",
    "BAOHE2010_暂住不满半年": "away for less than half a year: used as people whom the definition must not count",
}


@pytest.fixture(scope="module")
def truths() -> dict[str, float]:
    if not TRUTHS.exists():
        pytest.skip(f"{TRUTHS.name} is not here")
    with TRUTHS.open(encoding="utf-8", newline="") as lines:
        found = {row["id"]: float(row["value"]) for row in csv.DictReader(lines)}
    assert len(found) > 100
    return found


# --- groups of figures ----------------------------------------------------------------------------------------------

FLOATING = ("rhfl", "sxq", "ldrk", "prov", "inprov")
DEFINITION_OF = dict(
    zip(FLOATING, ("NBS_RHFL", "NBS_SXQ", "NBS_LDRK", "NBS_LDRK_PROV", "NBS_LDRK_INPROV"), strict=True)
)


@dataclass(frozen=True)
class Group:
    """Figures of one place and time, each with the row that publishes it; the others only keep the identities."""

    name: str
    rows: Mapping[str, str]
    rounding: float = 0.0


def _census(name: str, **rows: str) -> Group:
    return Group(name, {"rhfl": f"{name}_RHFL", "sxq": f"{name}_SXQ", "ldrk": f"{name}_LDRK", **rows})


def _with_provinces(name: str) -> Group:
    return _census(name, prov=f"{name}_PROV", inprov=f"{name}_INPROV")


def _of_year(year: int, rounding: float) -> Group:
    return Group(f"CN{year}", {"rhfl": f"CN{year}_RHFL", "ldrk": f"CN{year}_LDRK"}, rounding)


GROUPS = (
    Group(
        "CN2020",
        {"rhfl": "CN2020_NBS_RHFL", "sxq": "CN2020_NBS_SXQ", "ldrk": "CN2020_NBS_LDRK", "prov": "CN2020_PROV",
         "inprov": "CN2020_INPROV"},
    ),
    Group(
        "CN2010",
        {"rhfl": "CN2010_NBS_RHFL", "sxq": "CN2010_NBS_SXQ", "ldrk": "CN2010_NBS_LDRK", "prov": "CN2010_PROV"},
    ),
    *(_of_year(year, 1e6) for year in (2011, 2012, 2013, 2014, 2016, 2017, 2018, 2019)),
    Group("CN2015", {"ldrk": "CN2015_LDRK"}),
    _of_year(2021, 1e4),
    *(_with_provinces(f"{code}_2020") for code in ("510000", "510600", "511800")),
    _census("440100_2020"),
    _census("340303_2020"),
    Group(
        "440000_2020",
        {"rhfl": "440000_2020_NBS_RHFL", "ldrk": "440000_2020_流动人口", "prov": "440000_2020_省外流入",
         "inprov": "440000_2020_省内流动"},
        rounding=1e3,
    ),
    Group("330000_2020", {"rhfl": "330000_2020_NBS_RHFL"}),
)  # fmt: skip


@dataclass
class Made:
    """How many people of each kind stand for the figures of a group, and how many each of them stands for."""

    scale: float
    figures: dict[str, float]
    parts: dict[str, int] = field(default_factory=dict)


def _made(group: Group, truths: Mapping[str, float]) -> Made:
    """Take the figures apart into people who count under nothing else; what is not published is drawn up."""
    figures = {name: truths[row] for name, row in group.rows.items()}
    floating = figures.get("ldrk", figures.get("rhfl", 0.0) * 0.8)
    provinces = figures.get("prov", floating / 3)
    parts = {
        "between districts": figures.get("sxq", figures.get("rhfl", floating) - floating),
        "other province": provinces,
        "inside the city": (floating - provinces) / 4,
        "inside the province": (floating - provinces) * 3 / 4,
    }
    scale = max(figures.values()) / PEOPLE_OF_A_GROUP
    return Made(scale, figures, {route: round(people / scale) for route, people in parts.items()})


# Whom no definition of half a year away from the township counts.
NOT_COUNTED = (
    People("NOBODY", 40, *ROUTES["inside the township"]),
    People("NOBODY", 30, *ROUTES["other province"], left_hukou_date=date(2024, 5, 2)),
    People("NOBODY", 30, *ROUTES["between districts"], left_hukou_date=date(2024, 5, 2)),
)


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TruthSite]:
    site = TruthSite(built_site, tmp_path_factory.mktemp("truths"))
    site.define("WCNMG_PROV", "NBS_WCNMG", boundary_level="province")
    site.define("WCNMG_INPROV", "NBS_WCNMG", within_boundary="province")
    for level in ("township", "county", "city", "province"):
        site.define(f"AGCEN_{level}", "AGCEN_2006", boundary_level=level)
    for stage in ("PRIMARY", "JUNIOR"):
        site.define(stage, "MOE_SQZN", required_service=f"SCHOOLING/{stage}", dest_area=None)
    site.define("SCHOOL", "MOE_SQZN", dest_area=None)
    yield site
    site.connection.close()


# Those who left (direction out): figure, route, the definition that counts it.
LEFT = {
    "410000_2020_流出省外": ("other province", "NBS_LDRK_PROV"),
    "340000_2017_OUT": ("other province", "NBS_LDRK_PROV"),
    "CN2024_WCP": ("other province", "WCNMG_PROV"),
    "CN2024_WCI": ("inside the province", "WCNMG_INPROV"),
    "CN2013_外出农民工 跨省": ("other province", "WCNMG_PROV"),
    "CN2013_外出农民工 省内": ("inside the city", "WCNMG_INPROV"),
    "CN2000_PROV": ("other province", "NBS_LDRK_PROV"),
}
LEFT_SCALE = 1e5
BANDS = {  # the distance of the agricultural census: route, the boundary that it crosses and the next that it does not
    "AG2006_村外乡内": ("inside the township", "AGCEN_2006", "AGCEN_township"),
    "AG2006_乡外县内": ("between districts", "AGCEN_township", "AGCEN_county"),
    "AG2006_县外(地)市内": ("inside the city", "AGCEN_county", "AGCEN_city"),
    "AG2006_市外省内": ("inside the province", "AGCEN_city", "AGCEN_province"),
    "AG2006_外省": ("other province", "AGCEN_province", None),
}
BANDS_SCALE = 1e4
TOWN_BANDS = {  # where the people of a town went
    "BAOHE2010_外出 村内小区外": None,
    "BAOHE2010_外出 镇内村外": "inside the township",
    "BAOHE2010_外出 县内乡外": "between districts",
    "BAOHE2010_外出 市内县外": "inside the city",
    "BAOHE2010_外出 省内市外": "inside the province",
    "BAOHE2010_外出 省外": "other province",
}
PUPILS = {"CN2017_随迁子女 小学": "PRIMARY", "CN2017_随迁子女 初中": "JUNIOR"}
PUPILS_SCALE = 1e4


def _leaving(group: str, count: int, route: str | None, **other: object) -> People:
    elsewhere, home = (HERE, HERE) if route is None else (ROUTES[route][1], HERE)
    return People(group, count, elsewhere, home, **other)  # type: ignore[arg-type]


def _everybody(truths: Mapping[str, float]) -> list[People]:
    people = [*NOT_COUNTED]
    for group in GROUPS:
        people += by_route(group.name, _made(group, truths).parts)
    people += [_leaving(row, round(truths[row] / LEFT_SCALE), route) for row, (route, _) in LEFT.items()]
    people += [
        _leaving("CN2024_WCP", 50, "other province", hukou_nature="urban"),
        _leaving("CN2024_WCI", 50, "inside the province", birth_date=date(2010, 1, 1)),
        People(
            "CN2000_RHFL",
            round((truths["CN2000_RHFL"] - truths["CN2000_PROV"]) / LEFT_SCALE),
            *ROUTES["between districts"],
        ),
        People("CN2000_RHFL", round(truths["CN2000_PROV"] / LEFT_SCALE), *ROUTES["other province"]),
    ]
    for row, (route, *_) in BANDS.items():
        people.append(People("AG2006", round(truths[row] / BANDS_SCALE), *ROUTES[route]))
    people.append(People("AG2006", 40, HERE, HERE))
    people += [_leaving("BAOHE", round(truths[row]), route) for row, route in TOWN_BANDS.items()]
    lately = round(truths["BAOHE2010_暂住不满半年"])
    people.append(_leaving("BAOHE", lately, "other province", left_hukou_date=date(2024, 5, 1)))
    for row, stage in PUPILS.items():
        pupil = People(stage, round(truths[row] / PUPILS_SCALE), *ROUTES["other province"], birth_date=date(2014, 9, 1))
        people.append(pupil)
    return people


Counted = Mapping[tuple[str, str, str], int]


@pytest.fixture(scope="module")
def counted(site: TruthSite, truths: dict[str, float]) -> Counted:
    """Count everybody under every definition, by group and direction."""
    people = _everybody(truths)
    assert sum(kind.count for kind in people) > 45_000
    site.teach(people, PUPILS.values())
    site.populate(people)
    rows = site.rows(
        "SELECT reason_code, direction, definition_id, sum(persons), sum(persons_unknown) FROM stats.stock "
        "WHERE as_of = ? AND level = 'city' GROUP BY ALL",
        AS_OF,
    )
    return {(str(group), str(way), str(name)): int(str(persons)) for group, way, name, persons, _ in rows}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_floating_population_keeps_its_identities(group: Group, counted: Counted, truths: dict[str, float]) -> None:
    made = _made(group, truths)
    found = {name: counted.get((group.name, "in", definition), 0) for name, definition in DEFINITION_OF.items()}
    assert found["rhfl"] == found["sxq"] + found["ldrk"] > 0
    assert found["ldrk"] == found["prov"] + found["inprov"] > 0
    for name, figure in made.figures.items():
        assert abs(found[name] - figure / made.scale) <= 2, name
    published = made.figures
    if published.keys() >= {"rhfl", "sxq", "ldrk"}:
        assert published["rhfl"] == published["sxq"] + published["ldrk"]
    if published.keys() >= {"ldrk", "prov", "inprov"}:
        assert abs(published["ldrk"] - published["prov"] - published["inprov"]) <= group.rounding


def test_who_is_away_for_less_or_not_away_is_nowhere_counted(counted: Counted) -> None:
    assert {name for (group, _, name) in counted if group == "NOBODY"} & set(DEFINITION_OF.values()) == set()
    assert counted["NOBODY", "in", "MPS_LDRK"] == 60


@pytest.mark.parametrize("row", LEFT)
def test_those_who_left_are_counted_at_their_hukou_place(row: str, counted: Counted, truths: dict[str, float]) -> None:
    assert counted[row, "out", LEFT[row][1]] == round(truths[row] / LEFT_SCALE)
    assert counted[row, "out", "NBS_HJ_OUT"] >= counted[row, "out", LEFT[row][1]]


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (("CN2024_WC",), ("CN2024_WCP", "CN2024_WCI")),
        (("CN2024_NMG", "CN2024_BD"), ("CN2024_WCP", "CN2024_WCI")),
        ((), ("CN2013_外出农民工 跨省", "CN2013_外出农民工 省内")),
    ],
)
def test_migrant_workers_who_left_are_those_of_other_provinces_and_of_their_own(
    whole: Sequence[str], parts: Sequence[str], counted: Counted, truths: dict[str, float]
) -> None:
    all_who_left = sum(counted[part, "out", "NBS_WCNMG"] for part in parts)
    assert all_who_left == sum(counted[part, "out", LEFT[part][1]] for part in parts)
    if whole:
        total = truths[whole[0]] - sum(truths[local] for local in whole[1:])
        assert total == sum(truths[part] for part in parts)
        assert abs(all_who_left - total / LEFT_SCALE) <= len(parts)


def test_the_census_of_2000_counts_moves_inside_a_city(counted: Counted, truths: dict[str, float]) -> None:
    total = counted["CN2000_RHFL", "in", "NBS_2000"]
    assert abs(total - truths["CN2000_RHFL"] / LEFT_SCALE) <= 1
    assert total == counted["CN2000_RHFL", "in", "NBS_SXQ"] + counted["CN2000_RHFL", "in", "NBS_LDRK"]
    assert counted["CN2000_RHFL", "in", "NBS_LDRK_PROV"] == round(truths["CN2000_PROV"] / LEFT_SCALE)


def test_the_distance_bands_of_the_agricultural_census(counted: Counted, truths: dict[str, float]) -> None:
    def persons(definition: str | None) -> int:
        return counted["AG2006", "in", definition] if definition else 0

    for row, (_, crossed, not_crossed) in BANDS.items():
        assert persons(crossed) - persons(not_crossed) == round(truths[row] / BANDS_SCALE), row
    away = sum(truths[row] for row in BANDS)
    assert abs(persons("AGCEN_2006") - away / BANDS_SCALE) <= len(BANDS)
    # with those of their own village and those of whom nothing is told, all rural labour
    assert truths["AG2006_合计"] == truths["AG2006_本村内"] + away + truths["AG2006_其他"]
    households = {row: value for row, value in truths.items() if row.startswith("AGH2006_")}
    assert len(households) == 8
    assert 2 * households["AGH2006_合计"] == sum(households.values())


def test_a_town_report_whose_bands_do_not_make_its_total(counted: Counted, truths: dict[str, float]) -> None:
    bands = [truths[row] for row in TOWN_BANDS]
    total = truths["BAOHE2010_户籍外出半年以上"]
    assert (sum(bands), total) == (25536, 23902)
    # the definition asks for another township: what it counts is neither the total nor all bands
    assert counted["BAOHE", "out", "NBS_HJ_OUT"] == sum(bands[2:]) == 23862


def test_pupils_are_those_of_primary_and_of_junior_school(
    site: TruthSite, counted: Counted, truths: dict[str, float]
) -> None:
    assert counted["PRIMARY", "in", "PRIMARY"] == round(truths["CN2017_随迁子女 小学"] / PUPILS_SCALE)
    rows = site.rows(
        "SELECT definition_id, units, units_unknown FROM stats.unit_stock WHERE as_of = ? AND level = 'city' "
        "AND unit = 'student' AND definition_id <> 'MOE_SQZN'",
        AS_OF,
    )
    units = {name: (int(str(known)), unknown) for name, known, unknown in rows}
    assert len(rows) == 3
    assert [unknown for _, unknown in units.values()] == [0, 0, 0]
    total = truths["CN2017_随迁子女(义务教育)"]
    assert total == sum(truths[row] for row in PUPILS)
    assert units["SCHOOL"][0] == units["PRIMARY"][0] + units["JUNIOR"][0]
    assert abs(units["SCHOOL"][0] - total / PUPILS_SCALE) <= 2


# --- all districts, residents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["310000_2020_NBS_LDRK_PROV", "110000_2020_NBS_LDRK_PROV"])
def test_where_all_are_districts_the_floating_are_those_of_other_provinces(
    row: str, site: TruthSite, counted: Counted, truths: dict[str, float]
) -> None:
    assert counted
    count = round(truths[row] / 1e4)
    one, other, county = "500101100201", "500103100201", "500229100201"
    everybody = [People("A", count, one, "441900101001"), People("A", 300, one, other), People("A", 200, other, one)]
    site.populate(everybody, PROVINCE)
    found = site.counted("A")
    assert found["NBS_LDRK"] == found["NBS_LDRK_PROV"] == count
    assert found["NBS_RHFL"] == count + 500
    # not so where a municipality has counties as well
    site.populate([*everybody, People("A", 100, one, county)], PROVINCE)
    found = site.counted("A")
    assert found["NBS_LDRK"] == found["NBS_LDRK_PROV"] + 100


# Each in a town of its own: residents, those here from elsewhere, those away.
RESIDENT = {
    "340104100000": ("440100_2020_CZRK", "440100_2020_RHFL", None),
    "340104101000": ("340303_2020_CZRK", "340303_2020_RHFL", None),
    "340124100000": ("340000_2017_CZRK", None, "340000_2017_OUT"),
}
RESIDENT_SCALE = {"340104100000": 1e4, "340104101000": 1e2, "340124100000": 1e4}


def test_residents_are_the_registered_less_those_away_and_those_here(
    site: TruthSite, counted: Counted, truths: dict[str, float]
) -> None:
    assert counted
    people, registered, expected = [], {}, {}
    for town, (residents, here, away) in RESIDENT.items():
        village, scale = town[:9] + "201", RESIDENT_SCALE[town]
        arrived, left = (round(truths[row] / scale) if row else 0 for row in (here, away))
        people += [People("R", arrived, village, "441900101001"), People("R", left, "441900101001", village)]
        people += [People("R", 20, village, "340202100201", left_hukou_date=date(2024, 6, 1))]
        expected[town] = round(truths[residents] / scale)
        registered[town] = expected[town] - arrived + left
    site.report([HukouReport(town, date(2023, 12, 31), count, "2023") for town, count in registered.items()])
    site.populate(people)
    rows = site.rows("SELECT division_code, persons, away, here FROM resident_on('NBS_CZRK', ?, 'township')", AS_OF)
    found = {str(town): persons for town, persons, _, _ in rows}
    assert {town: found[town] for town in RESIDENT} == expected
    assert sum(int(str(here)) for *_, here in rows) > 2000


def test_a_nation_has_as_many_residents_as_registered_people(
    site: TruthSite, counted: Counted, truths: dict[str, float]
) -> None:
    assert counted
    nation = round((truths["CN2020_URB"] + truths["CN2020_RUR"]) / 1e5)
    moved = {route: round(truths["CN2020_NBS_RHFL"] / 4e5) for route in ("between districts", "inside the city")}
    site.report([HukouReport(CITY, date(2023, 12, 31), nation, "2023")])
    site.populate(by_route("N", moved))
    assert site.rows("SELECT persons, away, here FROM resident_on('NBS_CZRK', ?, 'city')", AS_OF) == [
        (nation, sum(moved.values()), sum(moved.values()))
    ]


def test_every_figure_is_used_or_left_out_with_a_reason(truths: dict[str, float]) -> None:
    used = {row for group in GROUPS for row in group.rows.values()} | LEFT.keys() | BANDS.keys() | TOWN_BANDS.keys()
    used |= {row for rows in RESIDENT.values() for row in rows if row} | PUPILS.keys()
    used |= {"CN2000_RHFL", "CN2024_WC", "CN2017_随迁子女(义务教育)", "BAOHE2010_户籍外出半年以上"}
    used |= {"310000_2020_NBS_LDRK_PROV", "110000_2020_NBS_LDRK_PROV"}
    assert used - truths.keys() == set()
    rest = truths.keys() - used
    assert [row for row in rest if not any(fnmatch(row, pattern) for pattern in LEFT_OUT)] == []
    assert [pattern for pattern in LEFT_OUT if not any(fnmatch(row, pattern) for row in rest)] == []
    assert len(used) > 70
