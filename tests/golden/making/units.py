"""Whose list it is and of when: said in the sheet, in the name of the file, in the folder, or against each other."""

from __future__ import annotations

from datetime import date

from golden.making.kit import ORIGIN, Case, Files, case
from golden.making.sheets import Row, text, xlsx


@case("units", "only_in_the_path")
def only_in_the_path(at: Case) -> Files:
    """The sheet is silent; the folders are the township and the village, the name has the month."""
    rows = at.inflow(unit=None, day=None)
    return {f"{at.village.town}/{at.village.short}/{at.month}流入.xlsx": xlsx(rows)}


@case("units", "path_contradicts")
def path_contradicts(at: Case) -> Files:
    """The file lies in the folder of another village and bears another month."""
    return {"庐城镇/新桥村/2024年8月流入.xlsx": xlsx(at.inflow())}


@case("units", "code_of_the_unit")
def code_of_the_unit(at: Case) -> Files:
    """The unit is given by its code, and there is no name."""
    rows = at.inflow()
    rows[1] = [f"区划代码：{at.village.code}", None, f"填报日期：{at.day}", None, None, None]
    return {"名单.xlsx": xlsx(rows)}


@case("units", "township_sends_for_all_villages")
def township_sends_for_all_villages(at: Case) -> Files:
    """The township's list has a column that says whose village each person is in, one of them unknown."""
    people = at.people(3)
    columns = {
        "村（社区）": [at.village.short, "缺口社区", "乌有村"],
        "姓名": [p.name for p in people],
        "身份证号码": [p.number for p in people],
        "户籍地址": [ORIGIN] * 3,
        "来本地日期": ["2023-03-05"] * 3,
    }
    return {"全镇.xlsx": xlsx(at.table("流入人口登记表", columns, unit=f"庐江县{at.village.town}"))}


@case("units", "labels_and_values_apart")
def labels_and_values_apart(at: Case) -> Files:
    """Labels and what they say stand in cells of their own, the day as a date of the spreadsheet."""
    rows = at.inflow()
    rows[1] = ["填报单位", at.village.full, None, "填报日期", date(2024, 10, 31), None]
    return {"名单.xlsx": xlsx(rows)}


@case("units", "day_in_chinese_numerals")
def day_in_chinese_numerals(at: Case) -> Files:
    """The day of the list is written in Chinese numerals."""
    return {"名单.xlsx": xlsx(at.inflow(day="二〇二四年十月三十一日"))}


@case("units", "only_the_month")
def only_the_month(at: Case) -> Files:
    """The sheet says only the month it is of."""
    rows = at.inflow(day=None)
    rows[1] = [f"填报单位：{at.village.full}", None, "统计月份：2024年10月", None, None, None]
    return {"名单.xlsx": xlsx(rows)}


@case("units", "old_fashioned_names")
def old_fashioned_names(at: Case) -> Files:
    """The committee stamps the list with its full name, the county left out."""
    return {"名单.xlsx": xlsx(at.inflow(unit=f"{at.village.town}{at.village.name}（盖章）"))}


@case("units", "nobody_to_report")
def nobody_to_report(at: Case) -> Files:
    """The list says that there is nobody."""
    rows = at.inflow({"来本地日期": []})
    nobody: Row = ["本村无流入人口", None, None, None, None, None]
    return {"零报告.xlsx": xlsx([*rows, nobody])}


@case("units", "added_people")
def added_people(at: Case) -> Files:
    """A list of changes: people who came in October."""
    return {"新增.xlsx": xlsx(at.inflow(title="流入人口新增名单"))}


@case("units", "removed_people")
def removed_people(at: Case) -> Files:
    """A list of changes: people who left in October, with the day."""
    columns = {"离开日期": ["2024-10-05", "2024-10-06"]}
    return {"减少.csv": text(at.inflow(columns, title="流入人口减少名单"), "gb18030")}


@case("units", "day_and_month_disagree")
def day_and_month_disagree(at: Case) -> Files:
    """The title says October, the day of the list is the second of November."""
    return {"名单.xlsx": xlsx(at.inflow(title="2024年10月流入人口登记表", day="2024年11月2日"))}


@case("units", "gone_people_removed_with_places_in_pieces")
def gone_people_removed_with_places_in_pieces(at: Case) -> Files:
    """A list of people who came back; where they were stands in two columns, 市辖区 among them."""
    people = at.people(2)
    columns = {
        "姓名": [p.name for p in people],
        "身份证号码": [p.number for p in people],
        "流入省": ["上海市", "浙江省"],
        "流入市": ["市辖区", "杭州市"],
        "返回日期": ["2024/9/2", "2024/9/3"],
    }
    rows = at.table("", columns, unit=None, day=None)
    rows[0][0] = f"{at.village.town}{at.village.short}{at.month}流出人口减少名单"
    return {"a.txt": text(rows, separator="\t")}
