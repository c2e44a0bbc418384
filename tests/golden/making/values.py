"""Codes and words in cells: each sender's own list, digits that mean opposite things, several values in a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from golden.making.kit import Case, Files, case
from golden.making.sheets import Cell, xlsx


def _people(at: Case, count: int, number: str = "身份证号码") -> dict[str, Sequence[Cell]]:
    people = at.people(count)
    return {"姓名": [p.name for p in people], number: [p.number for p in people], "性别": [p.sex for p in people]}


def _sheet(at: Case, title: str, columns: Mapping[str, Sequence[Cell]]) -> Files:
    count = max(map(len, columns.values()))
    return {"名单.xlsx": xlsx(at.table(title, {**_people(at, count), **columns}))}


def _police(at: Case, **columns: Sequence[Cell]) -> Files:
    count = max(map(len, columns.values()))
    origin: dict[str, Sequence[Cell]] = {"户籍地址": ["安徽省六安市舒城县"] * count, "登记日期": ["2024-03-01"] * count}
    return _sheet(at, "派出所流动人口信息表", origin | {"到达时间": ["2024-02-28"] * count} | columns)


def _health(at: Case, **columns: Sequence[Cell]) -> Files:
    count = max(map(len, columns.values()))
    origin: dict[str, Sequence[Cell]] = {"户籍地": ["安徽省六安市舒城县"] * count, "流入日期": ["2023-03-05"] * count}
    return _sheet(at, "全员流动人口名册", origin | columns)


def _labour(at: Case, **columns: Sequence[Cell]) -> Files:
    count = max(map(len, columns.values()))
    there: dict[str, Sequence[Cell]] = {"务工地": ["浙江省杭州市"] * count, "外出时间": ["2023-03-05"] * count}
    return _sheet(at, "农村劳动力转移就业台账", there | columns)


@case("values", "reasons_of_two_digits")
def reasons_of_two_digits(at: Case) -> Files:
    """The police writes reasons by its list of two digits, as text, as numbers, one code unknown."""
    return _police(at, 居住事由=["01", "06", "54", "80", 55, "00", "97"])


@case("values", "reasons_of_three_digits")
def reasons_of_three_digits(at: Case) -> Files:
    """The police writes reasons by its older list of three digits."""
    return _police(at, 居住事由=["204", "131", "207", "213", 999])


@case("values", "bare_digit_reason")
def bare_digit_reason(at: Case) -> Files:
    """A village writes one digit as the reason: each list means something else by it."""
    return {"名单.xlsx": xlsx(at.inflow({"居住事由": ["1", 2, "务工", "06"]}))}


@case("values", "reasons_of_the_health_service")
def reasons_of_the_health_service(at: Case) -> Files:
    """The health service has its own codes: 02 is study, not a contract worker."""
    return _health(at, 流动原因=["02", "11", "04", "13", "99", "务工"])


@case("values", "code_and_name")
def code_and_name(at: Case) -> Files:
    """Cells hold code and name with every separator there is."""
    return _police(
        at,
        居住事由=[
            "01-内部单位合同工",
            "01内部单位合同工",
            "11、经商",
            "54.治病疗养",
            "80 夫妻投靠",
            "01—内部单位合同工",
            "(01)内部单位合同工",
            "内部单位合同工(01)",
            "01:内部单位合同工",
        ],
    )


@case("values", "code_and_name_disagree")
def code_and_name_disagree(at: Case) -> Files:
    """The code before the name is that of another name."""
    return _police(at, 居住事由=["54-内部单位合同工", "1-经商", "99-不知道什么"])


@case("values", "words_for_reasons")
def words_for_reasons(at: Case) -> Files:
    """Villages write reasons in their own words."""
    return {
        "名单.xlsx": xlsx(
            at.inflow(
                {
                    "居住事由": [
                        "打工",
                        "做生意",
                        "带孙子",
                        "陪读",
                        "记挂户口",
                        "务 工",
                        "务工、经商",
                        "不详",
                        "搬砖",
                        None,
                    ]
                }
            )
        )
    }


@case("values", "several_reasons_in_a_cell")
def several_reasons_in_a_cell(at: Case) -> Files:
    """The cell names two reasons where one is asked for."""
    return {"名单.xlsx": xlsx(at.inflow({"居住事由": ["务工、探亲", "务工/养老", "经商,随迁"]}))}


@case("values", "sex_in_every_coding")
def sex_in_every_coding(at: Case) -> Files:
    """Sex is written as a word, as GB digit, as M and F, as 1-男, and as 0, which may mean either."""
    p = at.people(9)
    sex: list[Cell] = ["1", "2", "M", "f", "1-男", "女性", "0", 0, "9"]
    return {
        "名单.xlsx": xlsx(at.inflow({"姓名": [x.name for x in p], "身份证号码": [x.number for x in p], "性别": sex}))
    }


@case("values", "sex_codes_turned_round")
def sex_codes_turned_round(at: Case) -> Files:
    """The whole column is 1 for women and 0 for men, against the numbers."""
    p = at.people(4)
    return {"名单.xlsx": xlsx(at.inflow({"身份证号码": [x.number for x in p], "性别": [0, 1, 0, 1]}))}


@case("values", "dwelling_codes")
def dwelling_codes(at: Case) -> Files:
    """The police writes dwellings by its list of 2014 and in words."""
    return _police(at, 居住处所=["30", "41", "10", "43-学校", "租赁房屋", "工地", "自建房", "98"])


@case("values", "dwelling_codes_of_the_health_service")
def dwelling_codes_of_the_health_service(at: Case) -> Files:
    """The health service gives the same digits to other dwellings."""
    return _health(at, 房屋类别=["02", "05", "06", "30"])


@case("values", "yes_and_no")
def yes_and_no(at: Case) -> Files:
    """Services reached are written as words, ticks and digits; a digit may mean either."""
    return _health(at, 建立健康档案=["是", "否", "有", "无", "√", "×", "Y", "已建立", "1", "0"])


@case("values", "question_turned_round")
def question_turned_round(at: Case) -> Files:
    """One column asks whether wages are owed, the other whether they are paid."""
    return _labour(at, 是否拖欠工资=["否", "是", "无", "有"], 是否按月足额领到工资=["是", "否", "是", "否"])


@case("values", "several_insurances_in_a_cell")
def several_insurances_in_a_cell(at: Case) -> Files:
    """A cell names several insurances with different separators; one is not known."""
    return _labour(
        at,
        参保情况=[
            "养老、医疗",
            "养老,医疗，工伤",
            "五险一金",
            "养老;医疗/工伤",
            "养老 医疗",
            "养老、什么险",
            "无",
            "新农合",
        ],
    )


@case("values", "wide_ranges")
def wide_ranges(at: Case) -> Files:
    """How far people went is written in wide bands; regions and levels are mixed."""
    return _labour(
        at,
        务工地域=["县内", "省内县外", "省外", "县外市内", "长三角", "境外", "不详"],
        务工地=["", "", "", "", "", "", ""],
    )


@case("values", "how_long")
def how_long(at: Case) -> Files:
    """The police list labels its code 1 the wrong way round; others write lengths of stay in words."""
    return _police(
        at, 拟居住时间=["1-一个月以上", "1", "2", "3", "一个月以上", "半年以上", "长期", "6个月至1年", "两个世纪"]
    )


@case("values", "durations_in_the_ledger")
def durations_in_the_ledger(at: Case) -> Files:
    """The labour ledger asks how long in words and how many months in digits."""
    return _labour(
        at,
        外出务工时间=["半年以上", "3-12个月", "一年以上"],
        累计务工月数=["6", "十个月", -2],
        年内就业地数量=[1, "2", "若干"],
    )


@case("values", "hukou_nature_turned_round")
def hukou_nature_turned_round(at: Case) -> Files:
    """In the health service's list 1 is not agricultural; elsewhere the digit is asked about."""
    return _health(at, 户口性质=["1", "2", "农业", "非农业户口"])


@case("values", "education")
def education(at: Case) -> Files:
    """Education is written in words, in codes of the standard, with code and name."""
    return {
        "名单.xlsx": xlsx(
            at.inflow({"文化程度": ["初中", "大专", "本科", "70", "20-大学本科", "初中毕业", "文盲", "识字"]})
        )
    }


@case("values", "both_directions")
def both_directions(at: Case) -> Files:
    """The health service's roster holds people who came and people who went, told by a column, once left empty."""
    v = at.village.full
    return _health(
        at,
        流动类型=["流入", "流出", None, "进来"],
        户籍地=["安徽省六安市舒城县", v, "安徽省六安市舒城县", "安徽省六安市舒城县"],
        现居住地=[v, "浙江省杭州市", v, v],
    )


@case("values", "school_stages")
def school_stages(at: Case) -> Files:
    """The school office writes grades, stages and words; one child has left."""
    names: dict[str, Sequence[Cell]] = {
        "户籍所在地": ["安徽省六安市舒城县"] * 5,
        "就读年级": ["三年级", "初二", "中班", "小学", "毕业班"],
        "是否随迁子女": ["是", "是", "否", "是", None],
    }
    return _sheet(at, "随迁子女在校学生名册", names)
