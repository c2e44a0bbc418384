"""The definitions themselves: the seed, the codebook beside it, and what a definition means on single stays."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from counting_site import DEFINITIONS, REGISTER, SEEDS, CountingSite
from naive.counting import Definition, Stay, verdict

from popflow import cli
from popflow.commands.common import Context
from popflow.definitions_shown import RULE, read_shown, section

ROOT = SEEDS.parents[1]
CODEBOOK = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
DAY = date(2024, 10, 31)
TOWNS = {"origin_code": "340124100201", "dest_code": "340124101201"}
GROWN_UP = date(1990, 1, 1)


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingSite]:
    site = CountingSite(built_site, tmp_path_factory.mktemp("definitions"))
    yield site
    site.connection.close()


def _seed_rows() -> list[dict[str, str]]:
    with (SEEDS / "definition.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) >= 36
    return rows


def _reason_codes() -> set[str]:
    declared = yaml.safe_load((ROOT / "ingest" / "forms" / "values" / "reason.yaml").read_text(encoding="utf-8"))
    return {code["code"] for code in declared["codes"]} - {"UNKNOWN"}


def test_the_codebook_is_in_step_with_the_rows(site: CountingSite) -> None:
    """`tools/build_codebook.py` writes the page anew."""
    shown = read_shown(site.connection)
    assert len(shown) == len(_seed_rows())
    assert re.findall(r"^### (\w+) ", CODEBOOK, flags=re.MULTILINE) == [row["definition_id"] for row in _seed_rows()]
    for each in shown:
        assert f"\n{section(each)}\n" in CODEBOOK, each["definition_id"]


# Words that only the rule can have put into a text: by definition, in Chinese and English.
TEXTS = {
    "NBS_RHFL": (
        "居住地与户口登记地不在同一乡镇（街道），离开户口登记地满六个月；含市辖区内人户分离。",
        "at least six calendar months; ",
    ),
    "NBS_SXQ": ("而均在同一城市的市辖区内，", "both places lying in districts of one city"),
    "NBS_LDRK": ("；不含市辖区内人户分离。", "; moves between districts of one city do not count."),
    "NBS_LDRK_INPROV": (
        "而在同一省（自治区、直辖市）内，",
        "another township than that of their hukou but in the same province,",
    ),
    "NBS_CZRK": (
        "常住人口为户籍人口减去符合上述条件的外出人口",
        "Residents are the registered population less those away",
    ),
    "NBS_1990": ("离开户口登记地满一年；", "away from the hukou place for at least one year;"),
    "NBS_JCNMG": (
        "年满16周岁，农业户口，居住地为城镇，流动原因为经商、",
        "a hukou that is rural, the destination being urban, who moved",
    ),
    "MPS_ZZRK": ("在居住地居住满三日；", "living at the destination for at least three days;"),
    "MPS_ZZZ": ("在居住地办有或享有居住证（暂住证）；", "having there: residence permit (temporary permit);"),
    "MPS_JZZ": (
        "自登记之日起满六个月，在居住地办有或享有居住证；",
        "registered for at least six calendar months, having there",
    ),
    "MPS_GD": (
        "不在同一地级市（地区、州、盟），在居住地居住时间不限；",
        "another prefecture-level city than that of their hukou, living at the destination for any time",
    ),
    "NHC_2009": (
        "年满18周岁、不满50周岁，流动原因不属于",
        "aged 18 to 49, who moved for none of these reasons (medical treatment; ",
    ),
    "NHC_XCHG": (
        "女性；不含市辖区内人户分离。在居住地和户口登记地均统计，计当期流入与流出，",
        ", female; moves between districts",
    ),
    "CMDS_2015": (
        "；市辖区内人户分离是否计入说法不一，记为不明。",
        "; sources differ on moves between districts of one city",
    ),
    "HRSS_2004": (
        "居住地不在户口登记地，离开户口登记地时间不限，",
        "Persons living away from the place of their hukou, away",
    ),
    "MPS_ZZTJ": ("单位为登记人次。", "unit: registration."),
    "MOE_SQZN": ("单位为学生。", "unit: student."),
}


def test_the_text_says_what_the_row_says(site: CountingSite) -> None:
    texts = {row[0]: row[1:] for row in site.rows("SELECT definition_id, text_zh, text_en FROM ref.definition")}
    assert len(texts) == len(_seed_rows())
    for name, (chinese, english) in TEXTS.items():
        assert chinese in str(texts[name][0]), name
        assert english in str(texts[name][1]), name


OWN = {
    "P2Y": ("离开户口登记地满两年；", "for at least two years;"),
    "P18M": ("离开户口登记地满18个月；", "for at least 18 calendar months;"),
    "P12M": ("离开户口登记地满一年；", "for at least one year;"),
    "P1M": ("离开户口登记地满一个月；", "for at least one calendar month;"),
    "P15D": ("离开户口登记地满15日；", "for at least 15 days;"),
    "P0D": ("离开户口登记地时间不限；", "for any time;"),
}


def test_rows_of_a_site_are_put_in_words(site: CountingSite) -> None:
    site.rows(
        "INSERT INTO raw.definition BY NAME SELECT 'OWN_' || min_duration AS definition_id, 'x' AS agency, "
        "'x' AS name_zh, 'x' AS name_en, 'in' AS direction, 'stock' AS stock_or_flow, 'county' AS boundary_level, "
        "true AS excludes_intra_city, min_duration, 'left_hukou' AS clock, 'person' AS unit, 'x' AS source "
        "FROM (SELECT unnest($1::VARCHAR[]) AS min_duration)",
        list(OWN),
    )
    try:
        _, query = site.models["ref_definition"]
        found = site.rows(f"SELECT min_duration, text_zh, text_en FROM ({query}) WHERE definition_id LIKE 'OWN_%'")
        texts = {str(row[0]): row[1:] for row in found}
        assert texts.keys() == OWN.keys()
        for duration, (chinese, english) in OWN.items():
            assert chinese in str(texts[duration][0])
            assert english in str(texts[duration][1])
    finally:
        site.rows("DELETE FROM raw.definition")


def test_two_rules_have_two_texts(site: CountingSite) -> None:
    """Definitions that count alike read alike, and no two others do."""
    rule = ", ".join(f"{column}::VARCHAR" for column in RULE)
    for text in ("text_zh", "text_en"):
        assert site.rows(
            f"SELECT count(DISTINCT {text}), count(DISTINCT row({rule})), "
            f"count(DISTINCT row({text}, {rule})) FROM ref.definition"
        ) == [(31, 31, 31)]


def test_the_command_lists_them_and_shows_one_whole(
    site: CountingSite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = SimpleNamespace(folders=SimpleNamespace(warehouse=None))
    monkeypatch.setattr(Context, "site", lambda _: folders)
    monkeypatch.setattr("warehouse.access.open_current", lambda _: site.connection.cursor())
    assert cli.run(["definitions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(_seed_rows())
    assert [line.split()[0] for line in lines[2:]] == [row["definition_id"] for row in _seed_rows()]

    assert cli.run(["definitions", "mps_zzz"]) == 0
    shown = capsys.readouterr().out
    for text in ("MPS_ZZZ  暂住证持证人员", "年满16周岁", "aged 16 or older", "unit: permit", "source: ", "row: ships"):
        assert text in shown
    assert "official: 1995-06-02 to 2015-12-31" in shown

    assert cli.run(["definitions", "--format", "json", "MPS_ZZZ"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["definition_id"], document["unit"]) == ("MPS_ZZZ", "permit")

    assert cli.run(["definitions", "--format", "markdown", "MPS_ZZZ"]) == 0
    assert capsys.readouterr().out.strip() in CODEBOOK

    assert cli.run(["definitions", "XYZ"]) == 2
    assert capsys.readouterr().err == (
        "popflow: there is no definition XYZ: popflow definitions lists them; "
        "one of your own is there after the next night\n"
    )


def test_every_reason_says_whether_it_is_employment() -> None:
    with (SEEDS / "reason_employment.csv").open(encoding="utf-8", newline="") as lines:
        assert {row["reason_code"] for row in csv.DictReader(lines)} == _reason_codes()


def test_the_left_out_are_listed_with_a_reason() -> None:
    left_out = re.findall(r"^\| (\w+) \| [^|]+ \| ([^|]+) \|$", CODEBOOK.split("## Left out")[1], flags=re.MULTILINE)
    assert len(left_out) == 8, "seven and the heading"
    assert all(len(reason) > 20 for _, reason in left_out[1:])
    assert not {name for name, _ in left_out} & DEFINITIONS.keys()


def _collected(name: str) -> dict[str, dict[str, str]]:
    path = ROOT.parent / "shared" / "domain" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"the collected definitions are no part of the project, and {path} is not here")
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


@pytest.mark.reference
@pytest.mark.parametrize("name", ["definitions", "definitions_ext"])
def test_rows_and_left_out_are_all_definitions_collected(name: str) -> None:
    left_out = set(re.findall(r"^\| (\w+) \| [^|]+ \| [^|]+ \|$", CODEBOOK.split("## Left out")[1], flags=re.MULTILINE))
    ids = _collected(name).keys()
    assert len(ids) == 43
    assert ids == DEFINITIONS.keys() | left_out - {"id"}


DURATIONS = {"": "P0D", "0": "P0D", "1": "P1D", "3": "P3D", "30": "P1M", "90": "P3M", "183": "P6M", "365": "P1Y"}
UNITS = {"person-registration": "registration", "sample person": "person", "person (women)": "person"}
LEVELS = {
    "any": "none",
    "township_within_province": "township",
    "township_within_city_districts": "township",
}
# What the rows say otherwise than the collection, and why.
OTHERWISE = {
    ("MPS_ZZZ", "min_duration"),  # the permit stands for the intention to stay for thirty days
    ("NHC_QY", "excluded_reasons"),  # it is the exclusion of moves inside a city
    ("MPS_ZZRK", "excluded_reasons"),  # who sleeps in a hotel is in another register
    ("NBS_JCNMG", "purpose_required"),  # a migrant worker works
    ("MPS_ZJ", "excluded_reasons"),  # near kin are not told from others
}


@pytest.mark.reference
def test_rows_say_what_was_collected() -> None:
    collected, more = _collected("definitions"), _collected("definitions_ext")
    differences = set()
    for row in _seed_rows():
        name = row["definition_id"]
        found, also = collected[name], more[name]
        expected = {
            "agency": found["agency"],
            "name_zh": found["name_zh"],
            "boundary_level": LEVELS.get(found["boundary_level"], found["boundary_level"]),
            "within_boundary": found["boundary_level"].partition("_within_")[2],
            "excludes_intra_city": found["excludes_intra_city"].replace("unknown", ""),
            "min_duration": DURATIONS[found["min_duration_days"]],
            "age_min": found["age_min"],
            "age_max": found["age_max"],
            "hukou_nature": "rural" if found["hukou_type"].startswith("rural") else "",
            "unit": UNITS.get(found["unit"], found["unit"].partition(" ")[0]),
            "valid_from": found["valid_from"],
            "valid_to": found["valid_to"],
            "direction": also["direction"],
            "stock_or_flow": also["stock_or_flow"].partition(" ")[0],
            "purpose_required": also["purpose_required"] if also["purpose_required"] == "employment" else "",
        }
        differences |= {(name, column) for column, text in expected.items() if row[column] != text}
        if bool(row["excluded_reasons"]) != bool(found["excluded_reasons"]) and not row["purpose_required"]:
            differences.add((name, "excluded_reasons"))
    assert differences == OTHERWISE


# --- single stays: what the SQL and the naive counting both must say --------------------------------------------------

HALF_YEAR_AGO = date(2024, 4, 30)
CASES: dict[str, tuple[str, Stay, date, bool | None]] = {
    "29 days are no month": (
        "NHC_QY",
        Stay("a", "a", **TOWNS, arrived_date=date(2024, 10, 2), birth_date=GROWN_UP),
        DAY,
        False,
    ),
    "a calendar month is": (
        "NHC_QY",
        Stay("a", "a", **TOWNS, arrived_date=date(2024, 9, 30), birth_date=GROWN_UP),
        date(2024, 10, 30),
        True,
    ),
    "31 January and a month": (
        "NHC_QY",
        Stay("a", "a", **TOWNS, arrived_date=date(2024, 1, 31), birth_date=GROWN_UP),
        date(2024, 2, 29),
        True,
    ),
    "a day before it": (
        "NHC_QY",
        Stay("a", "a", **TOWNS, arrived_date=date(2024, 1, 31), birth_date=GROWN_UP),
        date(2024, 2, 28),
        False,
    ),
    "31 August and half a year": (
        "NBS_RHFL",
        Stay("a", "a", **TOWNS, arrived_date=date(2023, 8, 31), left_hukou_date=date(2023, 8, 31)),
        date(2024, 2, 29),
        True,
    ),
    "in a common year": (
        "NBS_RHFL",
        Stay("a", "a", **TOWNS, arrived_date=date(2022, 8, 31), left_hukou_date=date(2022, 8, 31)),
        date(2023, 2, 28),
        True,
    ),
    "half a year away, a day here": (
        "NBS_RHFL",
        Stay("a", "a", **TOWNS, arrived_date=DAY, left_hukou_date=HALF_YEAR_AGO),
        DAY,
        True,
    ),
    "half a year here is enough": ("NBS_RHFL", Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO), DAY, True),
    "less here says nothing": ("NBS_RHFL", Stay("a", "a", **TOWNS, arrived_date=date(2024, 5, 2)), DAY, None),
    "two days are not three": ("MPS_ZZRK", Stay("a", "a", **TOWNS, arrived_date=date(2024, 10, 29)), DAY, False),
    "three days are": ("MPS_ZZRK", Stay("a", "a", **TOWNS, arrived_date=date(2024, 10, 28)), DAY, True),
    "on the day it ends": (
        "MPS_ZZRK",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, ended_date=DAY),
        DAY,
        False,
    ),
    "on the day of the last list": (
        "MPS_ZZRK",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, ended_after=DAY, ended_before=date(2024, 11, 25)),
        DAY,
        True,
    ),
    "on the day of the list that lacks it": (
        "MPS_ZZRK",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, ended_after=date(2024, 9, 25), ended_before=DAY),
        DAY,
        False,
    ),
    "between two lists": (
        "MPS_ZZRK",
        Stay(
            "a",
            "a",
            **TOWNS,
            arrived_date=HALF_YEAR_AGO,
            ended_after=date(2024, 10, 25),
            ended_before=date(2024, 11, 25),
        ),
        DAY,
        None,
    ),
    "fifteen on the birthday": (
        "NHC_QY",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, birth_date=date(2009, 10, 31)),
        DAY,
        True,
    ),
    "fourteen the day before": (
        "NHC_QY",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, birth_date=date(2009, 11, 1)),
        DAY,
        False,
    ),
    "towns of a county are no county boundary": (
        "CMDS_2014",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO),
        DAY,
        False,
    ),
    "a moved town, before": (
        "CMDS_2015",
        Stay("a", "a", "340124200201", "340124100201", arrived_date=date(2023, 1, 1), birth_date=GROWN_UP),
        date(2023, 6, 30),
        False,
    ),
    "a moved town, after": (
        "CMDS_2015",
        Stay("a", "a", "340124200201", "340124100201", arrived_date=date(2023, 1, 1), birth_date=GROWN_UP),
        date(2023, 7, 1),
        True,
    ),
    "whether districts count is not known": (
        "CMDS_2015",
        Stay("a", "a", "500101100201", "500103100201", arrived_date=HALF_YEAR_AGO, birth_date=GROWN_UP),
        DAY,
        None,
    ),
    "towns of 东莞 are one district": (
        "NBS_LDRK",
        Stay("a", "a", "441900101001", "441900102001", arrived_date=HALF_YEAR_AGO),
        DAY,
        False,
    ),
    "and so inside a city": (
        "NBS_SXQ",
        Stay("a", "a", "441900101001", "441900102001", arrived_date=HALF_YEAR_AGO),
        DAY,
        True,
    ),
    "district to county of a municipality": (
        "NBS_LDRK",
        Stay("a", "a", "500103100201", "500229100201", arrived_date=HALF_YEAR_AGO),
        DAY,
        True,
    ),
    "no other city inside a municipality": (
        "MPS_GD",
        Stay("a", "a", "500103100201", "500229100201", arrived_date=HALF_YEAR_AGO),
        DAY,
        False,
    ),
    "a county governed by the province is a city": (
        "MPS_GD",
        Stay("a", "a", "419001100201", "419002100201", arrived_date=HALF_YEAR_AGO),
        DAY,
        True,
    ),
    "a city known only by name": (
        "NBS_LDRK_INPROV",
        Stay("a", "a", "340100000000", "340124100201", arrived_date=HALF_YEAR_AGO),
        DAY,
        None,
    ),
    "another province for certain": (
        "NBS_LDRK_PROV",
        Stay("a", "a", "410000000000", "340124100201", arrived_date=HALF_YEAR_AGO),
        DAY,
        True,
    ),
    "a visit is no work": (
        "HRSS_2004",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, birth_date=GROWN_UP, reason_code="VISIT"),
        DAY,
        False,
    ),
    "an unknown reason is not decided": (
        "HRSS_2004",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, birth_date=GROWN_UP, reason_code="UNKNOWN"),
        DAY,
        None,
    ),
    "work is": (
        "HRSS_2004",
        Stay("a", "a", **TOWNS, arrived_date=HALF_YEAR_AGO, birth_date=GROWN_UP, reason_code="WORK"),
        DAY,
        True,
    ),
}


def test_single_stays(site: CountingSite) -> None:
    people = [replace(stay, stay_id=title, person_key=title) for title, (_, stay, _, _) in CASES.items()]
    site.count(people)
    counted = dict[str, bool | None]()
    for title, (name, _, day, _) in CASES.items():
        rows = site.rows(
            "SELECT certain_from <= $3 AND $3 < certain_to FROM intermediate.int_counting_interval "
            "INNER JOIN intermediate.int_counting_stay USING (part_number) "
            "WHERE definition_id = $1 AND stay_id = $2 AND possible_from <= $3 AND $3 < possible_to",
            name,
            title,
            day,
        )
        counted[title] = False if not rows else (True if rows[0][0] else None)
    expected = {title: answer for title, (_, _, _, answer) in CASES.items()}
    assert counted == expected
    naive = {title: verdict(stay, _definition(name), day, REGISTER) for title, (name, stay, day, _) in CASES.items()}
    assert naive == expected


def _definition(name: str) -> Definition:
    return DEFINITIONS[name]


def test_a_definition_is_a_row_and_nothing_else(site: CountingSite) -> None:
    """A definition no model has heard of counts as soon as its row is there."""
    site.rows(
        "INSERT INTO intermediate.int_counting_definition BY NAME SELECT 'NEW' AS definition_id, 'county' AS "
        "boundary_level, false AS excludes_intra_city, 2 AS min_months, 0 AS min_days, 'arrived' AS clock"
    )
    try:
        tables = [(name, query) for name, query in site.tables if "int_counting_definition" not in name]
        site.count([Stay("a", "a", "340124100201", "340104100201", arrived_date=date(2024, 8, 31))], tables=tables)
        stock = (
            "SELECT sum(persons)::BIGINT FROM stats.stock "
            "WHERE definition_id = 'NEW' AND level = 'county' AND as_of = ?"
        )
        assert site.rows(stock, date(2024, 10, 31)) == [(1,)]
        assert site.rows(stock, date(2024, 9, 30)) == [(None,)]
    finally:
        site.rows("DELETE FROM intermediate.int_counting_definition WHERE definition_id = 'NEW'")
