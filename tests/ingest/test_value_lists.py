"""What senders write for a code: words, their own code systems, code-name cells and cells that hold several values."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ingest.declaration import CountForm, PersonForm, ValueList, load_forms, load_value_lists

DOMAIN = Path(__file__).resolve().parents[3] / "shared" / "domain"
needs_tables = pytest.mark.skipif(not (DOMAIN / "reasons.csv").is_file(), reason="the domain tables are not here")


@pytest.mark.parametrize(
    ("list_id", "text", "code"),
    [
        ("reason", "01-内部单位合同工", "WORK"),
        ("reason", "01内部单位合同工", "WORK"),
        ("reason", "01 – 内部单位合同工", "WORK"),
        ("reason", "01—内部单位合同工", "WORK"),
        ("reason", "01_内部单位合同工", "WORK"),
        ("reason", "（01）内部单位合同工", "WORK"),
        ("reason", "１ 务 工", "WORK"),
        ("reason", "1、经商", "BUSINESS"),
        ("reason", "1.务农", "FARM"),
        ("reason", "1：务农", "FARM"),
        ("reason", "务工经商", "WORK_OR_BUSINESS"),
        ("reason", "01", None),
        ("reason", "99", None),
        ("reason", "1", None),
        ("reason", "看风景", None),
        ("sex", "男性", "1"),
        ("sex", "m", "1"),
        ("sex", "Ｆ", "2"),
        ("sex", "0", None),
        ("yes_no", "√", "YES"),
        ("yes_no", "否", "NO"),
        ("yes_no", "1", None),
        ("dwelling", "租房", "RENTED"),
        ("education", "大专", "30"),
        ("education", "70-初级中学", "70"),
        ("hukou_nature", "非农业", "urban"),
        ("hukou_nature", "农业户口", "rural"),
        ("hukou_nature", "1", None),
        ("id_kind", "台胞证", "TW_PERMIT"),
        ("flow_direction", "流出人口", "OUT"),
        ("flow_range", "省内县外", "SAME_PROVINCE"),
        ("flow_range", "珠三角", "REGION"),
        ("intended_stay", "半年至五年", "HALF_YEAR_TO_5_YEARS"),
        ("intended_stay", "一个月以上", "OVER_1_MONTH"),
        ("age_band", "0-14岁", "0-14"),
        ("age_band", "60岁以上", "60+"),
        ("school_stage", "初二", "JUNIOR"),
        ("cancel_reason", "已搬离", "LEFT"),
        ("contract", "是", "SIGNED"),
    ],
)
def test_senders_words_have_codes(list_id: str, text: str, code: str | None) -> None:
    assert load_value_lists()[list_id].code_of(text) == code


@pytest.mark.parametrize(
    ("list_id", "system", "text", "code"),
    [
        ("sex", "man_1_woman_0", "0", "2"),
        ("sex", "man_1_woman_0", "1", "1"),
        ("sex", "man_0_woman_1", "0", "1"),
        ("sex", "man_0_woman_1", "1", "2"),
        ("sex", "man_0_woman_1", "女", "2"),
        ("yes_no", "yes_1_no_0", "1", "YES"),
        ("yes_no", "yes_0_no_1", "1", "NO"),
        ("yes_no", "yes_0_no_1", "0", "YES"),
        ("reason", "health", "02", "STUDY"),
        ("reason", "police_2_digit", "02", "WORK"),
        ("reason", "health", "99", "OTHER"),
        ("reason", "police_2_digit", "99", "JOIN_KIN"),
        ("dwelling", "police_2_digit", "11", "OTHER"),
        ("dwelling", "police_2014", "11", "HOTEL"),
        ("dwelling", "police_2014", "43、学校", "UNIT_INTERNAL"),
        ("dwelling", "police_2_digit", "24-学校", "OTHER"),
        # The label of code 1 is wrong in that system: it means less than a month.
        ("intended_stay", "police", "1 一个月以上", "UNDER_1_MONTH"),
        ("intended_stay", "police", "1", "UNDER_1_MONTH"),
        ("intended_stay", "hunan", "1", "UNDER_1_MONTH"),
        ("intended_stay", "hunan", "3", "UNDER_6_MONTHS"),
        ("hukou_nature", "health", "1", "urban"),
        ("hukou_nature", "rural_first", "1", "rural"),
    ],
)
def test_a_code_means_what_its_system_says(list_id: str, system: str, text: str, code: str) -> None:
    value_list = load_value_lists()[list_id]
    assert value_list.code_of(text, value_list.system(system)) == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("养老、医疗", ("PENSION", "MEDICAL")),
        ("养老保险，工伤;失业", ("PENSION", "INJURY", "UNEMPLOYMENT")),
        ("养老 医疗/生育", ("PENSION", "MEDICAL", "MATERNITY")),
        ("养老、养老保险", ("PENSION",)),
        ("医疗", ("MEDICAL",)),
        ("五险一金", ("ALL_FIVE",)),
        ("养老、别的", None),
        ("、", None),
    ],
)
def test_a_cell_of_several_values_is_read_whole_or_not_at_all(text: str, codes: tuple[str, ...] | None) -> None:
    insurance = load_value_lists()["insurance"]
    assert insurance.codes_of(text, multiple=True) == codes


def test_a_field_that_holds_one_value_is_not_split() -> None:
    assert load_value_lists()["insurance"].codes_of("养老、医疗") is None
    assert load_value_lists()["dwelling"].codes_of("工地、工棚", multiple=True) == ("WORKSITE",)


def test_no_word_of_a_list_is_lost_in_the_code_map() -> None:
    lists = load_value_lists()
    assert len(lists["reason"].code_by_word()) > 100
    for value_list in lists.values():
        codes = {entry.code for entry in value_list.codes}
        assert codes == set(value_list.code_by_word().values())


def test_the_words_of_a_field_stand_in_its_code_map_and_win() -> None:
    form = load_forms()["health_roster"]
    assert isinstance(form, PersonForm)
    words = load_value_lists()["reason"].code_by_word(form.fields["reason"].words)
    assert words["02"] == "STUDY"
    assert words["务工"] == "WORK"


# --- against the domain tables ----------------------------------------------------------------------------------------

SYSTEM_OF = {
    "MPS_REPORT12": "police_report",
    "MPS_2DIGIT": "police_2_digit",
    "MPS_2DIGIT_LOCAL_EXT": "police_2_digit",
    "MPS_3DIGIT": "police_3_digit",
    "SHENZHEN14": "shenzhen",
    "GRID_GBT31000_LIKE": "grid",
    "HEALTH_QY": "health",
    "LAND_JZSY": "land",
    "CENSUS_2010_R9": "census_2010",
    "CENSUS_2020_D10": "census_2020",
    "CMDS_2017": "cmds",
    "DWELLING_MPS_2DIGIT": "police_2_digit",
    "DWELLING_MPS_2014": "police_2014",
    "DWELLING_HEALTH": "health",
    "DWELLING_CENSUS_2020_H5": "census_2020",
}


def _rows(name: str) -> list[dict[str, str]]:
    with (DOMAIN / name).open(encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


def _name(text: str) -> str:
    return text.split(" (")[0].removesuffix("(historic wording)")


@pytest.mark.reference
@needs_tables
def test_every_reason_of_every_system_has_its_canonical_code() -> None:
    reasons = load_value_lists()["reason"]
    rows = _rows("reasons.csv")
    assert len(rows) == 173
    wrong = [row for row in rows if reasons.code_of(_name(row["name_zh"])) != row["canonical_reason"]]
    assert wrong == []
    coded = [row for row in rows if row["code_system"] in SYSTEM_OF]
    assert len(coded) == 160
    wrong = [row for row in coded if _by_code(reasons, row["code_system"], row["code"]) != row["canonical_reason"]]
    assert wrong == []


@pytest.mark.reference
@needs_tables
def test_every_dwelling_of_every_system_has_its_canonical_code() -> None:
    dwellings = load_value_lists()["dwelling"]
    rows = [row for row in _rows("codes_other.csv") if row["list"].startswith("DWELLING")]
    assert len(rows) == 67
    assert [row for row in rows if _by_code(dwellings, row["list"], row["code"]) != row["canonical"]] == []
    pairs = [row for row in rows if _pair(dwellings, row) != row["canonical"]]
    assert pairs == []


@pytest.mark.reference
@needs_tables
def test_the_systems_of_the_forms_read_the_codes_their_senders_use() -> None:
    uses = {"village_inflow": {"MPS_2DIGIT", "MPS_3DIGIT"}, "police_registration": {"MPS_2DIGIT", "MPS_3DIGIT"},
            "health_roster": {"HEALTH_QY"}, "township_report": {"MPS_REPORT12"}}  # fmt: skip
    reasons = load_value_lists()["reason"]
    for form_id, systems in uses.items():
        form = load_forms()[form_id]
        words = form.rows["category"].words if isinstance(form, CountForm) else form.fields["reason"].words
        rows = [row for row in _rows("reasons.csv") if row["code_system"] in systems]
        assert len(rows) >= 10
        assert [row for row in rows if reasons.code_of(row["code"], words) != row["canonical_reason"]] == []


def _by_code(value_list: ValueList, system: str, code: str) -> str | None:
    return value_list.code_of(code, value_list.system(SYSTEM_OF[system]))


def _pair(value_list: ValueList, row: dict[str, str]) -> str | None:
    return value_list.code_of(f"{row['code']}-{row['name_zh']}", value_list.system(SYSTEM_OF[row["list"]]))
