"""Writes the inputs of the golden cases; what landing has to make of them is kept by hand in each ``expect.json``.

Run it from the root of the project after changing a case. All people are invented and their numbers belong to nobody.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT.parents[1]))

from sheet_maker import Cell, make_number, to_csv, to_xls, to_xlsx  # noqa: E402 - the path is set just above

Rows = list[list[Cell]]


def write(case: str, suffix: str, content: bytes) -> None:
    """Write the input of one case."""
    path = ROOT / case / f"input{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def person(serial: int, *cells: Cell) -> list[Cell]:
    """Return a row that begins with the name and number of an invented person."""
    return [f"束{'甲乙丙丁戊己'[serial - 1]}", make_number(serial), *cells]


def write_inflow() -> None:
    """Write the cases of inflow lists."""
    grouped: Rows = [
        ["庐江县庐城镇新桥村流入人口登记表", *[None] * 7],
        ["填报单位（盖章）：庐城镇新桥村民委员会", None, None, None, "填报日期：", date(2024, 10, 31), None, None],
        ["序号", "基本情况", None, None, "户籍地", None, None, "来本地\n日期*"],
        [None, "姓 名", "身份证\n号码", "民族", "省", "市", "县（市、区）", None],
        [1, *person(1), "汉", "安徽省", "六安市", "舒城县", date(2023, 3, 5)],
        [2, *person(2), "汉", "河南省", None, None, "2023.3.5"],
    ]
    merges = ("A1:H1", "A3:A4", "B3:D3", "E3:G3", "H3:H4")
    write("village_inflow/grouped_headings", ".xlsx", to_xlsx(grouped, merges))

    headings: list[Cell] = ["姓名", "身份证号码", "户籍所在地", "现住址", "流入日期"]
    place: list[Cell] = ["安徽省六安市", "本村3组", "20230305"]
    pages: Rows = [
        ["外来人口登记簿", *[None] * 4],
        ["单位", "庐城镇塔山社区", None, "填表日期", "2024年10月30日"],
        headings,
        person(1, *place),
        [None] * 5,
        ["本页小计", "1人", None, None, None],
        ["外来人口登记簿", *[None] * 4],
        headings,
        person(2, *place),
        ["束丙", None, *place],
        ["合计", "3人", None, None, None],
        ["填表人：束某", None, "审核人：宛某", None, None],
        ["注：本表一式两份", *[None] * 4],
    ]
    write("village_inflow/page_breaks", ".xls", to_xls(pages))

    silent: Rows = [
        [*headings[:3], "居住事由"],
        person(1, "安徽省六安市", "01-内部单位合同工"),
        person(2, "浙江省", "务 工"),
    ]
    write("village_inflow/path_says_all", ".csv", to_csv(silent, "gb18030"))

    numeric: Rows = [
        ["新桥村2024年10月新增流入人口登记表", None, None],
        ["姓名", "身份证号码", "户籍地址"],
        ["束甲", 340124198801050012.0, "安徽省六安市"],
        [*person(2), "安徽省六安市"],
    ]
    write("village_inflow/numeric_number", ".xlsx", to_xlsx(numeric, ("A1:C1",)))

    township: Rows = [
        ["庐城镇2024年10月流入人口花名册", *[None] * 4],
        ["村（社区）", "姓名", "身份证号码", "户籍地址", "住址"],
        ["新桥村", *person(1), "安徽省六安市", "3组"],
        [None, *person(2), "安徽省六安市", "4组"],
        ["塔山社区", *person(3), "安徽省六安市", "5组"],
    ]
    write("village_inflow/township_list", ".xlsx", to_xlsx(township, ("A1:E1", "A3:A4")))

    two: Rows = [
        ["新桥村2024年10月流入人口登记表"],
        ["姓名", "身份证号码", "现居住地", "居住地址"],
        person(1, "1组", "2组"),
    ]
    write("village_inflow/two_addresses", ".csv", to_csv(two))

    shared: Rows = [["铺岗村2024年10月流入人口登记表"], ["姓名", "身份证号码", "户籍地址"], person(1, "安徽省六安市")]
    write("village_inflow/shared_village_name", ".csv", to_csv(shared, "utf-8-sig"))


def write_outflow() -> None:
    """Write the cases of outflow lists."""
    headings: list[Cell] = ["姓名", "性别", "身份证", "家庭住址", "务工地", "外出时间", "返乡时间", "宗教信仰"]
    rows: Rows = [
        ["外出务工人员信息表"],
        headings,
        *(
            [name, "男", number, "3组", "上海市浦东新区", day, None, "无"]
            for (name, number), day in zip((person(1), person(2)), ("2023年3月5日", 44990), strict=True)
        ),
    ]
    write("village_outflow/path_says_unit_and_month", ".xlsx", to_xlsx(rows))

    removed: Rows = [
        ["庐城镇城中2024年10月流出人口减少名单"],
        ["姓名", "身份证号码", "流入省", "流入市", "返回日期"],
        person(1, "上海市", "市辖区", "2024/10/2"),
        person(2, "浙江省", "杭州市", "2024/10/3"),
    ]
    write("village_outflow/removed_in_parts", ".csv", to_csv(removed, separator="\t"))


def write_reports() -> None:
    """Write the cases of monthly reports."""
    merged: Rows = [
        ["流动人口统计月报表", *[None] * 7],
        ["填报单位：庐江县庐城镇", None, None, None, None, "统计时间：2024年10月", None, None],
        ["村（社区）", "流入人口", None, None, None, "流出人口", None, None],
        [None, "合计", "性别", None, "半年以上", "合计", "流向", None],
        [None, None, "男", "女", None, None, "省外", "省内"],
        ["新桥村", 12, 7, 5, 3, 20, 8, 12],
        ["塔山社区", 0, 0, 0, 0, None, None, None],
        ["合计", 12, 7, 5, 3, 20, 8, 12],
        ["填表人：束某", None, None, "审核人：宛某", None, None, None, None],
    ]
    merges = ("A1:H1", "A3:A5", "B3:E3", "F3:H3", "B4:B5", "C4:D4", "E4:E5", "F4:F5", "G4:H4")
    write("township_report/three_heading_rows", ".xlsx", to_xlsx(merged, merges))

    flat: Rows = [
        ["2024年10月流动人口统计月报表"],
        ["村名", "流入人口数", "流入男", "流出人口数", "省外流出"],
        ["新桥村", "12", "七", "20", "8"],
    ]
    write("township_report/one_heading_row", ".csv", to_csv(flat, "gb18030"))


if __name__ == "__main__":
    write_inflow()
    write_outflow()
    write_reports()
