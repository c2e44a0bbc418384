"""The nine forms: their headings reach the right field or are left at the door, and each is told from the others."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sheet_maker import Cell, Merges, Rows, deliver_as, make_context, make_number, to_xlsx

from ingest.declaration import CountForm, PersonForm, load_dropped, load_forms
from ingest.headings import match_columns
from ingest.landing import land_batch

SHARED = Path(__file__).resolve().parents[3] / "shared"
VARIANTS = SHARED / "domain" / "header_variants.csv"
REAL_FORMS = SHARED / "reference" / "messy_headers" / "forms.jsonl"
needs_tables = pytest.mark.skipif(not VARIANTS.is_file(), reason="the domain tables are not here")


# --- declared ---------------------------------------------------------------------------------------------------------


def test_no_person_form_confuses_where_the_hukou_is_with_where_the_person_lives() -> None:
    forms = [form for form in load_forms().values() if isinstance(form, PersonForm)]
    assert len(forms) == 6
    for form in forms:
        hukou = {heading.path for heading in form.fields["hukou_address"].headings}
        others = {
            heading.path
            for name in ("residence_address", "dest_address")
            if name in form.fields
            for heading in form.fields[name].headings
        }
        assert len(hukou) > 10
        assert len(others) > 10
        assert not hukou & others
        assert ("来自地",) not in hukou | others


def test_reported_items_have_one_total_per_kind_of_table() -> None:
    forms = [form for form in load_forms().values() if isinstance(form, CountForm)]
    assert len(forms) == 3
    for form in forms:
        totals = [name for name, item in form.items.items() if not item.meaning.is_part]
        assert len(totals) == {"township_report": 3, "hukou_population": 1, "od_return": 1}[form.form_id]


# --- told apart -------------------------------------------------------------------------------------------------------

LABELS: Sequence[Cell] = ("填报单位：庐江县庐城镇新桥村", None, None, "填报日期：2024年10月31日")
TOWN: Sequence[Cell] = ("填报单位：庐江县庐城镇", None, None, "填报日期：2024年10月31日")
WHO = ("姓名", "公民身份证号")
POLICE_EXPORT = (
    *("序号", *WHO, "性别", "出生日期", "联系电话", "户籍地区划", "户籍地详址", "现住地区划", "现住地详址", "到达时间"),
    *("核签时间", "居住事由", "操作单位", "操作人", "操作时间", "拟居住时间"),
)
BATCH = (
    "序号",
    "房屋地址",
    "姓名",
    "身份证号码",
    "电话号码",
    "居住时间",
    "居住事由",
    "居住处所",
    "与户主关系",
    "拟居住期限",
    "备注",
)
HEALTH = (
    "流动人员编码",
    "姓名",
    "身份证号",
    "流动类型",
    "户籍地",
    "居住地",
    "流入日期",
    "流出日期",
    "建立健康档案",
    "避孕节育方法",
)
LABOUR = (
    *("公民身份号码", "姓名", "务工地所在省", "务工地所在市", "外出务工时间", "统一社会信用代码", "劳动合同签订情况"),
    *("参保情况", "年内就业地数量", "是否拖欠工资", "返乡时间", "民族"),
)
SCHOOL = ("学生姓名", "身份证号", "户籍所在地", "现住址", "就读学校", "年级", "入学时间", "父亲姓名")
# Two rows above the columns of the police monthly report, and where they are merged.
MONTHLY: Sequence[Sequence[Cell]] = (
    ("居住事由", "合计", "性别", None, "暂住时间", *[None] * 2, "来自地区", *[None] * 5, "居住处所", None),
    (*[None] * 7, "省内", None, "省外", None, "港澳台", "国外", None, None),
    (
        *[None] * 2,
        "男",
        "女",
        "半年以下",
        "半年至五年",
        "五年以上",
        "市",
        "县",
        "市",
        "县",
        None,
        None,
        "旅店",
        "租赁房屋",
    ),
)
MONTHLY_MERGES = ("A3:A5", "B3:B5", "C3:D4", "E3:G4", "H3:M3", "H4:I4", "J4:K4", "L4:L5", "M4:M5", "N3:O4")

# What stands above the table, the rows of headings, one row, and what it is: the form and some of the fields.
TABLES: dict[str, tuple[Rows, Merges, str, dict[str, str]]] = {
    "police_export": (
        [[*LABELS], [*POLICE_EXPORT], [1, "束甲", make_number(1), *["男"] * (len(POLICE_EXPORT) - 3)]],
        (),
        "police_registration",
        {
            "户籍地详址": "hukou_address",
            "现住地区划": "residence_address",
            "核签时间": "registered_date",
            "拟居住时间": "intended_stay",
            "到达时间": "arrived_date",
        },
    ),
    "police_batch": (
        [["实有人口批量采集表"], [*LABELS], [*BATCH], [1, "村东1号", "束甲", make_number(1), *["01-务工"] * 7]],
        (),
        "police_registration",
        {"居住时间": "arrived_date", "拟居住期限": "intended_stay", "房屋地址": "residence_address"},
    ),
    "police_monthly": (
        [
            ["暂住人口管理统计报表"],
            [*TOWN],
            *MONTHLY,
            ["务工", *range(1, 15)],
            ["经商", *range(1, 15)],
            ["合计", *range(1, 15)],
        ],
        MONTHLY_MERGES,
        "township_report",
        {
            "居住事由": "category",
            "合计": "temporary_total",
            "性别/男": "temporary_male",
            "暂住时间/半年至五年": "temporary_half_year_to_5_years",
            "来自地区/省外/县": "temporary_from_elsewhere_county",
            "居住处所/租赁房屋": "temporary_in_rented",
        },
    ),
    "township": (
        [
            ["流动人口统计月报表"],
            [*TOWN],
            ["村（社区）", "合计", "流入人口", None, "常住人口", None],
            [None, None, "合计", "男", "合计", "男"],
            ["新桥村", 9, 5, 3, 90, 40],
        ],
        ("A3:A4", "B3:B4", "C3:D3", "E3:F3"),
        "township_report",
        {"村（社区）": "cell_unit", "流入人口/合计": "inflow_total", "流入人口/男": "inflow_male"},
    ),
    "health": (
        [[*LABELS], [*HEALTH], ["A1", "束甲", make_number(1), "流入", "六安市", "本村", "20240305", None, "是", "无"]],
        (),
        "health_roster",
        {"流动类型": "flow_direction", "建立健康档案": "health_record", "居住地": "residence_address"},
    ),
    "labour": (
        [
            ["农村劳动力转移就业台账"],
            [*LABELS],
            [*LABOUR],
            [make_number(1), "束甲", "浙江省", "杭州市", "半年以上", None, "是", "养老、医疗", 2, "否", None, "汉"],
        ],
        (),
        "labour_roster",
        {
            "务工地所在市": "dest_address",
            "外出务工时间": "work_duration",
            "统一社会信用代码": "employer_credit_code",
            "参保情况": "insurance",
            "年内就业地数量": "workplaces_in_year",
        },
    ),
    "school": (
        [
            ["随迁子女在校学生名册"],
            [*LABELS],
            [*SCHOOL],
            ["束甲", make_number(1, "20140105"), "六安市", "新桥村", "小学校", "三年级", "2021-09-01", "束父"],
        ],
        (),
        "education_roster",
        {"学生姓名": "person_name", "年级": "school_stage", "入学时间": "school_entry_date"},
    ),
    "hukou_by_village": (
        [
            ["户籍人口统计表"],
            [*TOWN],
            ["村名", "户籍人口", "男", "女", "0-14岁", None, "60岁及以上"],
            [None, None, None, None, "男", "女", None],
            ["新桥村", 100, 52, 48, 10, 9, 20],
        ],
        ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:F3", "G3:G4"),
        "hukou_population",
        {"村名": "cell_unit", "男": "hukou_male", "0-14岁/女": "hukou_0_14_female", "60岁及以上": "hukou_60_up"},
    ),
    "hukou_by_age": (
        [["户籍人口年龄构成"], [*LABELS], ["年龄组", "合计", "男", "女"], ["0-4岁", 9, 5, 4], ["85岁及以上", 3, 1, 2]],
        (),
        "hukou_population",
        {"年龄组": "category", "合计": "hukou_total", "女": "hukou_female"},
    ),
    "od_rows": (
        [
            ["流动人口流向统计表"],
            [*LABELS],
            ["流出地", "流入地", "人数", "男", "女", "半年以上"],
            ["新桥村", "浙江省杭州市", 9, 5, 4, 8],
        ],
        (),
        "od_return",
        {"流出地": "origin", "流入地": "destination", "人数": "flow_total", "半年以上": "flow_half_year"},
    ),
    "od_bands": (
        [
            ["外出人口流向统计表"],
            [*TOWN],
            ["村名", "流出人口", None, None],
            [None, "县内", "省内县外", "省外"],
            ["新桥村", 3, 4, 5],
        ],
        ("A3:A4", "B3:D3"),
        "od_return",
        {"村名": "cell_unit", "流出人口/县内": "out_in_county", "流出人口/省内县外": "out_in_province"},
    ),
    "inflow": (
        [[*LABELS], ["姓名", "身份证号", "户籍地址", "来本地日期"], ["束甲", make_number(1), "六安市", "2024-03-05"]],
        (),
        "village_inflow",
        {"户籍地址": "hukou_address", "来本地日期": "arrived_date"},
    ),
    "outflow": (
        [
            ["外出务工人员信息表"],
            [*LABELS],
            ["姓名", "身份证", "家庭详细地址", "务工地", "从事职业"],
            ["束甲", make_number(1), None, "杭州市", "木工"],
        ],
        (),
        "village_outflow",
        {"家庭详细地址": "hukou_address", "务工地": "dest_address"},
    ),
    # Whoever has come home, or is about to (status 1), is in none of the nine forms.
    "returned_home": (
        [
            ["返乡人员登记表"],
            [*LABELS],
            ["姓名", "身份证号码", "来源省份", "目的地社区村", "返乡时间", "人员状态"],
            ["束甲", make_number(1), "浙江省", "新桥村", "2024-10-01", 1],
        ],
        (),
        "",
        {},
    ),
}


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("forms")
    files = [deliver_as(folder, f"{name}.xlsx", to_xlsx(rows, merges)) for name, (rows, merges, _, _) in TABLES.items()]
    land_batch(files, folder / "landed", make_context(folder))
    names = ("file", "column", "person_row", "report_row")
    return {name: pq.read_table(folder / "landed" / f"{name}.parquet").to_pylist() for name in names}


@pytest.mark.parametrize("name", TABLES)
def test_each_form_is_told_by_what_its_senders_write(landed: dict[str, list[dict[str, Any]]], name: str) -> None:
    _, _, form_id, fields = TABLES[name]
    (file,) = [row for row in landed["file"] if row["path"] == f"{name}.xlsx"]
    assert (file["form_id"] or "", file["status"]) == (form_id, "landed" if form_id else "returned")
    found = {row["heading"]: row["field"] for row in landed["column"] if row["file_id"] == file["file_id"]}
    assert {heading: found.get(heading) for heading in fields} == fields


def test_the_police_monthly_report_is_counts_by_reason(landed: dict[str, list[dict[str, Any]]]) -> None:
    cells = [row for row in landed["report_row"] if row["item"].startswith("temporary_")]
    assert len(cells) == 2 * 14
    assert {row["category_text"] for row in cells} == {"务工", "经商"}
    assert {row["cell_unit_text"] for row in cells} == {None}
    (abroad,) = [row for row in cells if row["item"] == "temporary_from_abroad" and row["category_text"] == "务工"]
    assert abroad["value_text"] == "12"


def test_bare_headings_count_nothing_in_a_table_without_reasons(landed: dict[str, list[dict[str, Any]]]) -> None:
    (file,) = [row for row in landed["file"] if row["path"] == "township.xlsx"]
    columns = {row["heading"]: row["field"] for row in landed["column"] if row["file_id"] == file["file_id"]}
    assert len(columns) == 6
    assert [heading for heading, field in columns.items() if field is None] == ["合计", "常住人口/合计", "常住人口/男"]


# --- against real headings --------------------------------------------------------------------------------------------

# What the fields of the table of variants are called here; the others have the same name or are left at the door.
FIELDS_OF: dict[str, set[str]] = {
    "id_type": {"id_kind"},
    "hukou_place_code": {"hukou_address", "origin"},
    "hukou_address": {"hukou_address", "origin"},
    "res_place_code": {"residence_address", "dest_address"},
    "res_address": {"residence_address", "dest_address", "destination"},
    "dwelling_type": {"dwelling"},
    "in_date": {"arrived_date"},
    "register_date": {"registered_date"},
    "intended_stay": {"intended_stay", "permit_until"},
    "reason_in": {"reason", "category"},
    "out_date": {"left_hukou_date", "ended_date", "work_duration"},
    "reason_out": {"reason", "cancel_reason"},
    "dest_place": {"dest_address", "destination", "residence_address", "flow_range"},
    "return_date": {"ended_date"},
    "return_flag": {"returned"},
    "work_months": {"work_months", "work_duration"},
    "move_count": {"workplaces_in_year"},
    "wage_arrears": {"wage_arrears", "wages_paid_monthly"},
    "social_insurance": {
        "insurance",
        "insured",
        "insured_pension",
        "insured_medical",
        "insured_injury",
        "insured_unemployment",
        "insured_maternity",
    },
    "vaccine": {"vaccination"},
    "fp_service": {"family_planning_service"},
    "child_health": {"child_health_care"},
    "health_edu": {"health_education"},
    "fp_certificate": {"permit_kind", "permit_date", "permit_until"},
    "child_school": {"school_stage", "in_school", "person_name"},
    "permit_no": {"permit_kind", "permit_until"},
    "flow_type": {"flow_direction", "destination"},
    "employer": {"cell_unit"},
    "village": {"village", "cell_unit"},
    "age": {"category"},
    "org_unit": {"cell_unit", "village"},
    "agg_total": {"flow_total", "hukou_total"},
    "agg_male": {"flow_male", "hukou_male"},
    "agg_female": {"flow_female", "hukou_female"},
}
# Columns nobody reads and nothing forbids: reported to the sender by their heading.
UNREAD = {
    "来X住址",
    "来X时间",
    "来X事由",
    "户口薄号 (typo of 簿)",
    "小区（路）",
    "自然村",
    "村组",
    "村民小组",
    "组别",
    "社（组）",
    "所在地",
}
LABELS_OF_A_SHEET = {"统计单位：", "审核人：", "备案机关：国家统计局", "填表人："}
# Only read below their group headings, or not counted by any form.
IN_GROUPS = {"agg_stay_band", "agg_origin", "agg_dwelling", "agg_permit", "agg_wra"}


def _targets(path: Sequence[str]) -> tuple[set[str], bool]:
    """Return the fields a heading stands for in any form, and whether any form drops it."""
    columns = [match_columns((tuple(path),), form_id)[0] for form_id in load_forms()]
    fields = {column.field for column in columns if column.field is not None}
    return fields, any(column.kind == "dropped" for column in columns)


@pytest.mark.reference
@needs_tables
def test_every_known_spelling_reaches_its_field_or_is_left_at_the_door() -> None:
    with VARIANTS.open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 412
    wrong, unread = [], set()
    for row in rows:
        heading, wanted = row["variant_zh"], FIELDS_OF.get(row["field"], {row["field"]})
        fields, is_dropped = _targets([heading])
        if fields - wanted:
            wrong.append((row["field"], heading, fields))
        if not fields and not is_dropped and row["field"] not in IN_GROUPS:
            unread.add(heading)
    assert wrong == []
    assert unread <= UNREAD | LABELS_OF_A_SHEET


@pytest.mark.reference
@needs_tables
def test_no_column_of_privacy_is_read_from_any_real_form() -> None:
    private = (
        "民族",
        "政治面貌",
        "宗教",
        "重点",
        "风险",
        "婚姻",
        "丈夫",
        "配偶",
        "父亲",
        "母亲",
        "房主",
        "户主",
        "监护",
        "孕",
        "节育",
        "编码",
        "人编号",
        "党员",
        "紧急",
        "坐标",
    )
    codes_of_places = {"流入地编码", "户籍地编码"}
    seen = 0
    for line in REAL_FORMS.read_text(encoding="utf-8").splitlines():
        form = json.loads(line)
        paths = form.get("header_paths") or [[each] for each in form.get("headers", [])]
        paths += [[each[1]] for each in form.get("fields", [])]
        for path in paths:
            seen += 1
            if any(word in path[-1] for word in private) and path[-1] not in codes_of_places:
                assert _targets(path)[0] == set(), path
    assert seen == 446


TRAPS: list[tuple[str, str, str | None]] = [
    # 居住时间 is the day the stay began; the code of a person is no ID number; four places are four places.
    ("police_registration", "居住时间", "arrived_date"),
    ("health_roster", "流动人员编码", None),
    ("health_roster", "育龄妇女编码", None),
    ("police_registration", "户籍地_地址详址", "hukou_address"),
    ("police_registration", "居住地_地址详址", "residence_address"),
    ("police_registration", "来自地_地址详址", None),
    ("police_registration", "去往地_地址详址", None),
    ("police_registration", "来本市情况_迁（流）入日期", "arrived_date"),
    ("police_registration", "离开本市情况_迁（流）出日期", "ended_date"),
    ("police_registration", "房主_姓名", None),
    ("police_registration", "房主_证件号码", None),
    ("police_registration", "证件编号", None),
    ("village_outflow", "预计返乡时间", None),
    ("labour_roster", "外出务工时间", "work_duration"),
    ("labour_roster", "单位名称", None),
    ("education_roster", "父亲姓名", None),
    ("village_inflow", "籍贯", None),
]


@pytest.mark.parametrize(("form_id", "heading", "field"), TRAPS)
def test_the_traps_of_real_headings(form_id: str, heading: str, field: str | None) -> None:
    (column,) = match_columns(((heading,),), form_id)
    assert column.field == field


def test_dropped_kinds_have_reasons_in_both_languages() -> None:
    kinds = load_dropped()
    assert len(kinds) >= 16
    assert len({kind.kind for kind in kinds}) == len(kinds)
    assert all("(" in kind.reason and kind.headings for kind in kinds)
