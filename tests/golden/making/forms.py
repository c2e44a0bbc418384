"""Each of the nine forms as it should be, with the columns that its senders usually have."""

from __future__ import annotations

from collections.abc import Sequence

from golden.making.kit import ORIGIN, Case, Files, case, villages
from golden.making.sheets import Cell, Row, text, xls, xlsx


def _people(at: Case, count: int, number: str = "身份证号码") -> dict[str, Sequence[Cell]]:
    people = at.people(count)
    return {"姓名": [p.name for p in people], number: [p.number for p in people], "性别": [p.sex for p in people]}


@case("forms", "village_inflow")
def village_inflow(at: Case) -> Files:
    """A village's list of people living there, with every column it may have."""
    births = [p.birth for p in at.people(2)]
    columns: dict[str, Sequence[Cell]] = {
        "出生日期": births, "联系电话": ["13800000000", "13800000001"], "户籍地址": [ORIGIN, "河南省"],
        "现居住地址": [f"{at.village.short}3组", "5组"], "离开户籍地日期": ["2022年", "2023-03-01"],
        "来本地日期": ["2023-03-05", "2023-03-02"], "离开日期": [None, "2024-10-20"], "居住事由": ["务工", "随迁"],
        "居住处所": ["租赁房屋", "居民家中"], "户口性质": ["农业", "非农业"], "文化程度": ["初中", "大专"],
    }  # fmt: skip
    return {"流入.xlsx": xlsx(at.inflow(columns))}


@case("forms", "village_outflow")
def village_outflow(at: Case) -> Files:
    """A village's list of its people living elsewhere, one of them back."""
    columns: dict[str, Sequence[Cell]] = {
        "家庭住址": [f"{at.village.short}3组", None], "外出地址": ["浙江省杭州市西湖区", "上海市"],
        "外出时间": ["2023年3月", "2022-01-05"], "返乡时间": [None, "2024-10-02"], "外出原因": ["务工", "经商"],
    }  # fmt: skip
    return {"流出.xlsx": xlsx(at.outflow(columns))}


@case("forms", "township_report")
def township_report(at: Case) -> Files:
    """A township's monthly report: two rows of headings, a row for each village and one for all, which add up."""
    names = [village.short for village in villages("forms")[:3]]
    rows: list[Row] = [
        ["庐城镇2024年10月流动人口统计月报表", *[None] * 7],
        ["填报单位：庐城镇人民政府", None, None, None, "填报日期：2024年11月1日", None, None, None],
        ["村（社区）", "流入人口", None, None, "流出人口", None, None, "备注"],
        [None, "合计", "男", "女", "合计", "省外", "半年以上", None],
        [names[0], 12, 7, 5, 30, 20, 25, None],
        [names[1], "8", 3, 5, 21, 1, 20, None],
        [names[2], 0, 0, 0, 4, 4, 4, "无流入"],
        ["合计", 20, 10, 10, 55, 25, 49, None],
        ["填表人：束某", None, None, None, "审核人：宛某", None, None, None],
    ]
    return {"月报.xlsx": xlsx(rows, ("A1:H1", "A3:A4", "B3:D3", "E3:G3", "H3:H4"))}


@case("forms", "township_report_that_does_not_add_up")
def township_report_that_does_not_add_up(at: Case) -> Files:
    """Neither columns nor rows add up to their totals; one cell is a word, one is below zero, one a half."""
    names = [village.short for village in villages("forms")[:3]]
    rows: list[Row] = [
        ["庐城镇2024年9月流动人口统计月报表", *[None] * 3],
        ["村（社区）", "流入人口合计", "流入人口男", "流入人口女"],
        [names[0], 12, 7, 6],
        [names[1], "若干", 3, -5],
        [names[2], 7.5, 3, 4],
        ["乌有村", 1, 1, 0],
        ["合计", 25, 14, 10],
    ]
    return {f"{at.village.town}月报.xls": xls(rows)}


@case("forms", "police_registration")
def police_registration(at: Case) -> Files:
    """An export of the police: registrations with permits, codes with names, a cancelled one."""
    columns: dict[str, Sequence[Cell]] = {
        "公民身份号码": [p.number for p in at.people(2)], "户籍地区划": ["341523", "330106"],
        "户籍地详址": ["舒城县城关镇鼓楼社区", None], "现住地详址": [f"{at.village.full}3组", "5组"],
        "到达时间": ["20240228", "20240301"], "核签时间": ["2024-03-01 09:30:00", "2024-03-02"],
        "居住事由": ["01-内部单位合同工", "80"], "居住处所": ["30-租赁房屋", "20"], "拟居住时间": ["3", "2"],
        "办证类型": ["居住证", "居住登记"], "注销日期": [None, "2024-10-10"], "注销原因": [None, "3"],
        "所属派出所": ["庐城派出所"] * 2,
    }  # fmt: skip
    named = {"姓名": [p.name for p in at.people(2)], **columns}
    return {"导出.csv": text(at.table("派出所流动人口信息表", named), "gb18030")}


@case("forms", "health_roster")
def health_roster(at: Case) -> Files:
    """The health service's roster of all who came and went, with the services that reached them."""
    columns: dict[str, Sequence[Cell]] = {
        "流动人员编码": ["00001", "00002"], "流动类型": ["流入", "流出"], "户籍地": [ORIGIN, at.village.full],
        "现居住地": [at.village.full, "浙江省杭州市"], "流入日期": ["2023-03-05", None],
        "离开户籍地日期": [None, "2022-01-05"],
        "流动原因": ["11", "02"], "户口性质": ["2", "1"], "建立健康档案": ["是", "否"], "接种疫苗": ["已接种", None],
        "避孕节育方法": ["无", "无"],
    }  # fmt: skip
    return {"全员.xlsx": xlsx(at.table("全员流动人口名册", _people(at, 2) | columns))}


@case("forms", "labour_roster")
def labour_roster(at: Case) -> Files:
    """The labour office's ledger of people working away, with contract, wages, insurance and training."""
    columns: dict[str, Sequence[Cell]] = {
        "务工地": ["浙江省杭州市", "省外"], "务工地域": ["省外", "省外"], "外出时间": ["2023-03-05", "2022年"],
        "劳动合同签订情况": ["已签", "口头约定"], "是否拖欠工资": ["否", "是"], "参保情况": ["养老、医疗、工伤", "无"],
        "是否参加过培训": ["岗前培训", "否"], "累计务工月数": [8, "10"], "年内就业地数量": ["1", 2],
        "月收入": [6000, 5500],
    }  # fmt: skip
    return {"台账.xlsx": xlsx(at.table("农村劳动力转移就业台账", _people(at, 2) | columns))}


@case("forms", "education_roster")
def education_roster(at: Case) -> Files:
    """The school office's roster of children who came with their parents."""
    columns: dict[str, Sequence[Cell]] = {
        "全国学籍号": ["G00001", "G00002"], "户籍所在地": [ORIGIN, "河南省"], "现住址": ["3组", at.village.full],
        "就读学校": ["某小学"] * 2, "就读年级": ["三年级", "初一"], "入学时间": ["2021年9月", "2023-09-01"],
        "是否随迁子女": ["是", "是"], "监护人姓名": ["某甲", "某乙"],
    }  # fmt: skip
    people = at.people(2)
    named = {
        "学生姓名": [p.name for p in people],
        "学生身份证号": [p.number for p in people],
        "性别": [p.sex for p in people],
    }
    return {"名册.xlsx": xlsx(at.table("随迁子女在校学生名册", named | columns))}


@case("forms", "hukou_population")
def hukou_population(at: Case) -> Files:
    """The statistics office's table of registered population: villages by sex and age."""
    names = [village.short for village in villages("forms")[:2]]
    rows: list[Row] = [
        ["2024年10月户籍人口统计表", *[None] * 6],
        [f"填报单位：庐江县{at.village.town}", None, None, "填报日期：2024年10月31日", None, None, None],
        ["村（社区）", "户籍人口", "性别", None, "年龄", None, None],
        [None, None, "男", "女", "0-14岁", "15-59岁", "60岁及以上"],
        [names[0], 1200, 620, 580, 150, 800, 250],
        [names[1], 900, 460, 440, 100, 600, 210],
        ["合计", 2100, 1080, 1020, 250, 1400, 460],
    ]
    return {"户籍.xlsx": xlsx(rows, ("A1:G1", "A3:A4", "B3:B4", "C3:D3", "E3:G3"))}


@case("forms", "hukou_population_by_age")
def hukou_population_by_age(at: Case) -> Files:
    """The same turned round: a row for each age band of one village."""
    columns: dict[str, Sequence[Cell]] = {
        "年龄组": ["0-14岁", "15-59岁", "60岁及以上", "80后", "合计"],
        "合计": [150, 800, 250, 3, 1200],
        "男": [80, 420, 120, 1, 620],
        "女": [70, 380, 130, 2, 580],
    }
    return {"年龄构成.xlsx": xlsx(at.table("户籍人口年龄构成", columns))}


@case("forms", "od_return")
def od_return(at: Case) -> Files:
    """Where the township's people have gone, counted by destination, some destinations wide."""
    columns: dict[str, Sequence[Cell]] = {
        "流出地": [at.village.full] * 6,
        "流入地": ["浙江省杭州市", "上海市", "省外", "香港", "日本", "某某市"],
        "合计": [35, 20, 5, 1, 2, 3],
        "男": [20, 11, 3, 1, 1, 1],
        "女": [15, 9, 2, 0, 1, 1],
    }
    return {"流向.xlsx": xlsx(at.table("流动人口流向统计表", columns))}


@case("forms", "od_return_in_wide_bands")
def od_return_in_wide_bands(at: Case) -> Files:
    """A village counts its people gone out by how far: within the county, the province, beyond, abroad."""
    rows: list[Row] = [
        ["流动人口流向情况统计表", *[None] * 5],
        [f"填报单位：庐江县{at.village.town}", None, None, f"填报日期：{at.day}", None, None],
        ["村（社区）", "流出人口", None, None, None, "境外"],
        [None, "县内", "市内县外", "省内市外", "省外", None],
        [at.village.short, 10, 20, 5, 30, 1],
        ["合计", 10, 20, 5, 30, 1],
    ]
    rows[2][5] = None
    rows[3][5] = "境外"
    return {"流向.xlsx": xlsx(rows, ("A1:F1", "A3:A4", "B3:F3"))}


@case("forms", "police_monthly_report_by_codes")
def police_monthly_report_by_codes(at: Case) -> Files:
    """The police's monthly report flattened: codes of reasons, headings in one row, one reason unknown."""
    columns: dict[str, Sequence[Cell]] = {
        "居住事由代码": ["1", "9", "13", "合计"],
        "总数": [5, 2, 1, 8],
        "性别男": [3, 1, 1, 5],
        "性别女": [2, 1, 0, 3],
        "居住期限半年以下": [1, 2, 0, 3],
        "居住期限半年至五年": [3, 0, 1, 4],
        "居住期限五年以上": [1, 0, 0, 1],
    }
    return {"月报.csv": text(at.table("暂住人口管理统计月报表", columns), "gb18030")}


@case("forms", "od_return_whose_bands_do_not_add_up")
def od_return_whose_bands_do_not_add_up(at: Case) -> Files:
    """A town's people gone out for half a year and more: by distance they are 25,536, altogether they are 23,902."""
    rows: list[Row] = [
        ["流出人口流向情况统计表", *[None] * 5],
        [f"填报单位：庐江县{at.village.town}", None, None, f"填报日期：{at.day}", None, None],
        ["乡镇", "流出人口", None, None, None, None],
        [None, "合计", "县内乡外", "市内县外", "省内市外", "省外"],
        [at.village.town, 23902, 5250, 1491, 13781, 5014],
    ]
    return {"流向.xlsx": xlsx(rows, ("A1:F1", "A3:A4", "B3:F3"))}


@case("forms", "od_return_in_ten_thousands")
def od_return_in_ten_thousands(at: Case) -> Files:
    """A table that says it counts ten thousands of people, and one that counts households."""
    columns: dict[str, Sequence[Cell]] = {
        "流入地": ["浙江省杭州市", "上海市"],
        "人数": [3, 2],
        "男": [2, 1],
        "女": [1, 1],
    }
    tables = {unit: at.table("流动人口流向统计表", columns) for unit in ("万人", "户")}
    for unit, rows in tables.items():
        rows.insert(1, [f"（单位：{unit}）", *[None] * 3])
    return {f"流向{unit}.xlsx": xlsx(rows) for unit, rows in tables.items()}
