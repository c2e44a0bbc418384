"""Headings as offices write, merge, break and mistype them."""

from __future__ import annotations

from collections.abc import Sequence

from golden.making.kit import ORIGIN, Case, Files, case
from golden.making.sheets import Row, text, xlsx

COLUMNS = 6


def _headed(at: Case, headings: Sequence[str | None], count: int = 2, **around: str) -> list[Row]:
    """Return an inflow list whose columns have other headings; a heading None leaves the column without one."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * count}, **around)
    rows[2] = [*headings]
    return rows


def _people(at: Case, count: int = 2) -> list[Row]:
    return [[p.name, p.number] for p in at.people(count)]


@case("headings", "full_width_and_spaces")
def full_width_and_spaces(at: Case) -> Files:
    """Headings have spaces between their characters, full-width letters and no-break spaces."""
    return {
        "名单.xlsx": xlsx(
            _headed(at, ["姓  名", "身份证　号码", "性\u00a0别", " 户籍地址 ", "来本地\t日期", "居 住 事 由"])
        )
    }


@case("headings", "line_breaks")
def line_breaks(at: Case) -> Files:
    """Headings are broken over lines, one of them one character per line."""
    return {
        "名单.xlsx": xlsx(
            _headed(at, ["姓\n名", "身份证\r\n号码", "性\n别", "户\n籍\n地\n址", "来本地\n日期", "居住\n事由"])
        )
    }


@case("headings", "numbering_and_marks")
def numbering_and_marks(at: Case) -> Files:
    """Headings are numbered and bear marks for what must be filled in."""
    return {
        "名单.xlsx": xlsx(
            _headed(at, ["1.姓名", "2、身份证号码*", "③性别", "（四）户籍地址", "★来本地日期", "*居住事由："])
        )
    }


@case("headings", "notes_in_brackets")
def notes_in_brackets(at: Case) -> Files:
    """Brackets behind headings say how to fill in."""
    headings = [
        "姓名（必填）",
        "身份证号码（18位）",
        "性别（男/女）",
        "户籍地址（省市县）",
        "来本地日期（格式：2024-01-01）",
        "居住事由（务工、经商等）",
    ]
    return {"名单.xlsx": xlsx(_headed(at, headings))}


@case("headings", "synonyms")
def synonyms(at: Case) -> Files:
    """Every heading is another word for the same."""
    return {
        "名单.xlsx": xlsx(_headed(at, ["流入人口姓名", "公民身份号码", "姓别", "户口所在地", "流入时间", "流入原因"]))
    }


@case("headings", "typing_mistakes")
def typing_mistakes(at: Case) -> Files:
    """Two headings are misspelt by one character."""
    return {"名单.xlsx": xlsx(_headed(at, ["姓名", "身份正号码", "性别", "户藉地址", "来本地日期", "居住事由"]))}


@case("headings", "most_headings_misspelt")
def most_headings_misspelt(at: Case) -> Files:
    """Nearly all headings are misspelt: too little is left to tell headings from people."""
    return {"名单.xlsx": xlsx(_headed(at, ["姓名", "身份正号码", "性别", "户藉地址", "来本地日斯", "居住是由"]))}


@case("headings", "typing_mistake_that_may_be_two")
def typing_mistake_that_may_be_two(at: Case) -> Files:
    """A misspelt heading is as near to the hukou address as to where somebody lives."""
    return {"名单.xlsx": xlsx(_headed(at, ["姓名", "身份证号码", "性别", "某地址", "来本地日期", "居住事由"]))}


@case("headings", "letters_of_a_program")
def letters_of_a_program(at: Case) -> Files:
    """A program wrote the names of its fields instead of headings."""
    rows = _headed(at, ["xm", "zjhm", "xb", "hjd_dzxz", "lbsqk_qlrrq", "zjzsydm"])
    rows[0][0] = "派出所流动人口导出"
    for row, code in zip(rows[3:], ("01", "06"), strict=True):
        row[5] = code
    return {"导出.csv": text(rows)}


@case("headings", "two_rows_merged")
def two_rows_merged(at: Case) -> Files:
    """Two rows of headings with merged groups."""
    rows: list[Row] = [
        ["流入人口登记表", *[None] * 6],
        [f"填报单位：{at.village.full}", None, None, f"填报日期：{at.day}", None, None, None],
        ["基本情况", None, None, "户籍地", None, None, "来本地日期"],
        ["姓名", "身份证号码", "性别", "省", "市", "县", None],
        *([p.name, p.number, p.sex, "安徽省", "六安市", "舒城县", "2023-03-05"] for p in at.people(2)),
    ]
    return {"名单.xlsx": xlsx(rows, ("A1:G1", "A3:C3", "D3:F3", "G3:G4"))}


@case("headings", "groups_without_merges")
def groups_without_merges(at: Case) -> Files:
    """The groups stand over their first column only, nothing is merged."""
    rows: list[Row] = [
        ["流入人口登记表", *[None] * 7],
        [f"填报单位：{at.village.full}", None, None, f"填报日期：{at.day}", None, None, None, None],
        [None, None, None, "户籍地", None, None, "现居住地", None],
        ["姓名", "身份证号码", "性别", "省", "市", "县", "详细地址", "来本地日期"],
        *([p.name, p.number, p.sex, "安徽省", "六安市", "舒城县", "3组", "2023-03-05"] for p in at.people(2)),
    ]
    return {"名单.xlsx": xlsx(rows)}


@case("headings", "places_in_a_row_of_pieces")
def places_in_a_row_of_pieces(at: Case) -> Files:
    """The census way: 户口登记地 and behind it columns called only 省, 市, 县."""
    rows: list[Row] = [
        ["流入人口登记表", *[None] * 6],
        [f"填报单位：{at.village.full}", None, None, f"填报日期：{at.day}", None, None, None],
        ["姓名", "身份证号码", "户口登记地", "省", "市", "县", "来本地日期"],
        *([p.name, p.number, None, "安徽省", "六安市", "舒城县", "2023-03-05"] for p in at.people(2)),
    ]
    return {"名单.xlsx": xlsx(rows)}


@case("headings", "two_groups_of_the_same_pieces")
def two_groups_of_the_same_pieces(at: Case) -> Files:
    """省 and 市 stand under 户籍地 and again under 现居住地."""
    rows: list[Row] = [
        ["流出人口登记表", *[None] * 6],
        [f"填报单位：{at.village.full}", None, None, f"填报日期：{at.day}", None, None, None],
        ["姓名", "身份证号码", "现居住地", None, "外出时间", "配偶", None],
        [None, None, "省", "市", None, "姓名", "身份证号码"],
        *(
            [p.name, p.number, "浙江省", "杭州市", "2023-03-05", q.name, q.number]
            for p, q in zip(at.people(2), at.people(2, 2), strict=True)
        ),
    ]
    return {"名单.xlsx": xlsx(rows, ("A3:A4", "B3:B4", "C3:D3", "E3:E4", "F3:G3"))}


@case("headings", "three_rows_of_the_police_report")
def three_rows_of_the_police_report(at: Case) -> Files:
    """The monthly report of the police: three rows of merged headings, a row for every reason and one for all."""
    counts: list[tuple[str, list[int]]] = [
        ("1.务工", [5, 3, 2, 1, 3, 1]),
        ("3.经商", [2, 1, 1, 0, 2, 0]),
        ("12.其他", [1, 0, 1, 1, 0, 0]),
    ]
    rest = {
        "1.务工": [2, 1, 2, 0, 0, 0, 0, 1, 0, 1, 3, 0],
        "3.经商": [0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0],
        "12.其他": [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
    }
    body: list[Row] = [[name, *first, *rest[name]] for name, first in counts]
    total: Row = ["合计", *(sum(int(row[place] or 0) for row in body) for place in range(1, 19))]
    rows: list[Row] = [
        ["暂住人口管理统计报表", *[None] * 18],
        [f"统计单位：{at.village.full}", None, None, None, "统计时间：2024年10月", *[None] * 14],
        ["居住事由", "合计", "性别", None, "暂住时间", None, None, "来自地区", *[None] * 5, "居住处所", *[None] * 5],
        [None, None, "男", "女", "半年以下", "半年至五年", "五年以上", "省内", None, "省外", None,
         "港澳台", "国外", "旅店", "居民家中", "单位内部", "工地现场", "租赁房屋", "其他"],
        [None, None, None, None, None, None, None, "市", "县", "市", "县", *[None] * 8],
        *body,
        total,
        ["共查到[3]条记录", None, None, "填表人：束某", None, None, "审核人：宛某", None, None,
         "2024年11月1日", *[None] * 9],
    ]  # fmt: skip
    tall = [f"{letter}4:{letter}5" for letter in "CDEFGLMNOPQRS"]
    merges = ("A1:S1", "A3:A5", "B3:B5", "C3:D3", "E3:G3", "H3:M3", "N3:S3", "H4:I4", "J4:K4", *tall)
    return {"月报.xlsx": xlsx(rows, merges)}


@case("headings", "two_columns_for_one_field")
def two_columns_for_one_field(at: Case) -> Files:
    """Two columns claim to be the number, with different content."""
    people = at.people(4)
    columns = {"身份证号码": [p.number for p in people[:2]], "公民身份号码": [p.number for p in people[2:]]}
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("headings", "the_same_column_twice")
def the_same_column_twice(at: Case) -> Files:
    """A column was copied: heading and content are the same."""
    columns = {"身份证号码": [p.number for p in at.people(2)], "身份证号": [p.number for p in at.people(2)]}
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("headings", "required_column_missing")
def required_column_missing(at: Case) -> Files:
    """There is no column of numbers."""
    return {"名单.xlsx": xlsx(at.inflow(without=("身份证号码",)))}


@case("headings", "required_heading_not_known")
def required_heading_not_known(at: Case) -> Files:
    """The column of numbers is called 号码啊."""
    return {"名单.xlsx": xlsx(_headed(at, ["姓名", "号码啊", "性别", "户籍地址", "来本地日期", "居住事由"]))}


@case("headings", "column_without_heading")
def column_without_heading(at: Case) -> Files:
    """One column has content and no heading."""
    return {"名单.xlsx": xlsx(_headed(at, ["姓名", "身份证号码", "性别", "户籍地址", "来本地日期", None]))}


@case("headings", "columns_nobody_knows")
def columns_nobody_knows(at: Case) -> Files:
    """The village added columns of its own."""
    return {
        "名单.xlsx": xlsx(at.inflow({"爱好": ["象棋", "钓鱼"], "是否养狗": ["是", "否"], "邻居评价": ["好", "很好"]}))
    }


@case("headings", "columns_of_other_people")
def columns_of_other_people(at: Case) -> Files:
    """Columns about landlord, spouse and head of household stand beside those of the person."""
    others = at.people(6)[2:]
    columns = {
        "房东姓名": [p.name for p in others[:2]],
        "房东身份证号": [p.number for p in others[:2]],
        "户主姓名": [p.name for p in others[2:]],
        "与户主关系": ["子", "女"],
    }
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("headings", "other_order")
def other_order(at: Case) -> Files:
    """The columns stand in another order than in the form."""
    rows = at.inflow()
    return {"名单.xlsx": xlsx([*rows[:2], *(row[::-1] for row in rows[2:])])}


@case("headings", "no_headings")
def no_headings(at: Case) -> Files:
    """The headings were deleted."""
    rows = at.inflow()
    return {"名单.xlsx": xlsx([*rows[:2], *rows[3:]])}


@case("headings", "address_that_may_be_either")
def address_that_may_be_either(at: Case) -> Files:
    """The only address column is called 住址: it may be the hukou or where somebody lives."""
    return {"名单.xlsx": xlsx(_headed(at, ["姓名", "身份证号码", "性别", "住址", "来本地日期", "居住事由"]))}


@case("headings", "both_addresses")
def both_addresses(at: Case) -> Files:
    """现居住地 and 户籍地址 stand side by side, residence first."""
    columns = {"现居住地": [f"{at.village.short}3组"] * 2, "户籍地址": [ORIGIN] * 2}
    people = at.people(2)
    first = {
        "姓名": [p.name for p in people],
        "身份证号码": [p.number for p in people],
        "来本地日期": ["2023-03-05"] * 2,
    }
    return {"名单.xlsx": xlsx(at.table("流入人口登记表", first | columns))}
