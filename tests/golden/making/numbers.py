"""Identity numbers as offices send them: damaged by spreadsheets, written in many ways, wrong, of other documents."""

from __future__ import annotations

import zlib
from datetime import date, timedelta

from golden.making.kit import Case, Files, case, make_number
from golden.making.sheets import book_of, changed, saved, text, xlsx

from popflow.synthetic.identity import break_check, shorten

NUMBER = "身份证号码"


@case("numbers", "all_right")
def all_right(at: Case) -> Files:
    """Nothing is wrong: numbers as text, one ends in X."""
    birth = date(1981, 4, 1)
    while not (number := make_number(birth)).endswith("X"):
        birth += timedelta(days=1)
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: [at.people()[0].number, number], "性别": ["男", "男"]}))}


@case("numbers", "kept_as_numbers")
def kept_as_numbers(at: Case) -> Files:
    """The column was formatted as numbers, so Excel kept 15 digits and wrote three zeros behind them."""
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: [int(f"{each.number[:15]}000") for each in at.people(2)]}))}


@case("numbers", "tail_of_zeros_in_text")
def tail_of_zeros_in_text(at: Case) -> Files:
    """Numbers lost their end in Excel and were turned into text afterwards: they end in 000."""
    return {"名单.csv": text(at.inflow({NUMBER: [f"{each.number[:15]}000" for each in at.people(2)]}))}


@case("numbers", "scientific_text")
def scientific_text(at: Case) -> Files:
    """The list was saved as CSV while the column showed 3.20102E+17."""
    people = at.people(3)
    shown = [f"{int(people[0].number[:15]) / 1e14:.5f}E+17", f"{people[1].number[0]}.{people[1].number[1:6]}e+17"]
    return {"名单.csv": text(at.inflow({NUMBER: [*shown, people[2].number]}))}


@case("numbers", "float_tail")
def float_tail(at: Case) -> Files:
    """A program wrote the numbers as decimals: .0 behind them."""
    return {"名单.csv": text(at.inflow({NUMBER: [f"{each.number[:17]}0.0" for each in at.people(2)]}))}


@case("numbers", "old_fifteen_digits")
def old_fifteen_digits(at: Case) -> Files:
    """Old people still have the number of 15 digits, once as text and once as a number cell."""
    people = at.people(2)
    old = [shorten(each.number) for each in people]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: [old[0], int(old[1])]}))}


@case("numbers", "full_width")
def full_width(at: Case) -> Files:
    """Numbers were typed with the input method on full width."""
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: [each.number.translate(wide) for each in at.people(2)]}))}


@case("numbers", "spaces_and_quotes")
def spaces_and_quotes(at: Case) -> Files:
    """Spaces, quotes, tabs, a no-break space and a zero-width space stand around and inside the numbers."""
    n = [each.number for each in at.people(6)]
    shown = [
        f"'{n[0]}",
        f" {n[1]} ",
        f"{n[2][:6]} {n[2][6:14]} {n[2][14:]}",
        f"\u00a0{n[3]}",
        f"\u200b{n[4]}",
        f"{n[5]}\t",
    ]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown}))}


@case("numbers", "lower_x")
def lower_x(at: Case) -> Files:
    """The check character is written as a small x, a full-width x, a multiplication sign and as *."""
    born, numbers = date(1981, 4, 1) + timedelta(days=zlib.crc32(at.village.code.encode()) % 999), []
    while len(numbers) < 4:
        number = make_number(born)
        born += timedelta(days=1)
        numbers += [number[:17]] if number.endswith("X") else []
    shown = [body + mark for body, mark in zip(numbers, "xｘ×*", strict=True)]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown, "性别": ["男"] * 4}))}


@case("numbers", "placeholders")
def placeholders(at: Case) -> Files:
    """Children without a number got zeros, zeros around the birth date, ones, a slash or the word 无."""
    shown = ["0" * 18, "000000201603050000", "1" * 18, "/", "无", "123456789012345678"]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown, "性别": ["男"] * 6}))}


@case("numbers", "wrong_check_digit")
def wrong_check_digit(at: Case) -> Files:
    """The last digit was mistyped; the same number stands in another row with its right end."""
    right, other = at.people(2)
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: [break_check(right.number), other.number]}))}


@case("numbers", "impossible_birth_date")
def impossible_birth_date(at: Case) -> Files:
    """The date in the number is the 30th of February, or lies in the future."""
    return {
        "名单.xlsx": xlsx(at.inflow({NUMBER: [_with_check("32010219880230997"), _with_check("32010220290305996")]}))
    }


@case("numbers", "unknown_region")
def unknown_region(at: Case) -> Files:
    """The number begins with a county code that never was."""
    births = [each.birth for each in at.people(2)]
    shown = [make_number(births[0], area="349999"), make_number(births[1], 996, "320199")]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown}))}


@case("numbers", "abolished_region")
def abolished_region(at: Case) -> Files:
    """Numbers given under county codes that are long gone are right."""
    shown = [make_number(date(1975, 3, 8), area="342622"), make_number(date(2003, 3, 8), 996, "341421")]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown}))}


@case("numbers", "too_short_and_too_long")
def too_short_and_too_long(at: Case) -> Files:
    """A digit is missing, one is doubled, and two numbers stand in one cell."""
    a, b, c, d = (each.number for each in at.people(4))
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: [a[:17], b[:9] + b[8:], f"{c}/{d}", d]}))}


@case("numbers", "letters_for_digits")
def letters_for_digits(at: Case) -> Files:
    """O was typed for zero and l for one."""
    shown = [
        each.number.replace("0", "O", 1) if n else each.number.replace("1", "l", 1)
        for n, each in enumerate(at.people(2))
    ]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown}))}


@case("numbers", "sex_and_birth_disagree")
def sex_and_birth_disagree(at: Case) -> Files:
    """Sex or birth date beside the number are not those of the number."""
    people = at.people(3)
    births = [people[0].birth, date(1999, 9, 9), people[2].birth.year]
    return {"名单.xlsx": xlsx(at.inflow({"性别": ["女", people[1].sex, people[2].sex], "出生日期": births}))}


@case("numbers", "twice_with_other_content")
def twice_with_other_content(at: Case) -> Files:
    """Two people have the same number, and one person stands there twice in the same words."""
    a, b, c = at.people(3)
    names, numbers = [a.name, b.name, c.name, c.name], [a.number, a.number, c.number, c.number]
    return {"名单.xlsx": xlsx(at.inflow({"姓名": names, NUMBER: numbers, "性别": [a.sex, a.sex, c.sex, c.sex]}))}


@case("numbers", "missing_number_and_name")
def missing_number_and_name(at: Case) -> Files:
    """A number is missing in one row, a name in the next."""
    people = at.people(3)
    columns = {"姓名": [people[0].name, None, people[2].name], NUMBER: [None, people[1].number, people[2].number]}
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("numbers", "permits_told_by_kind")
def permits_told_by_kind(at: Case) -> Files:
    """People from Hong Kong, Macao, Taiwan and abroad are on the list with the documents they have, kind beside it."""
    columns = {
        "证件类型": ["港澳居民来往内地通行证", "台胞证", "护照", "外国人永久居留证", "港澳台居民居住证", "身份证"],
        "证件号码": [
            "H01234567",
            "01234567",
            "E12345678",
            "USA310190010101",
            _with_check("81000019940823002"),
            at.people(6)[5].number,
        ],
        "户籍地址": ["香港", "台湾", "美国", "美国", "香港特别行政区", "安徽省六安市舒城县"],
        "登记日期": ["2024-03-01"] * 6,
    }
    rows = at.inflow(columns, without=("身份证号码", "性别"))
    rows[0][0] = "公安派出所流动人口信息表"
    return {"名单.xlsx": xlsx(rows)}


@case("numbers", "permits_without_kind")
def permits_without_kind(at: Case) -> Files:
    """Permits and passports stand in the column of numbers with nothing beside them that says so."""
    shown = ["H01234567", "01234567", "EA1234567", "G12345678", _with_check("93184019900101001"), "USA310190010101"]
    return {"名单.xlsx": xlsx(at.inflow({NUMBER: shown, "户籍地址": ["境外"] * 6}, without=("性别",)))}


@case("numbers", "kind_and_number_disagree")
def kind_and_number_disagree(at: Case) -> Files:
    """The kind says passport beside an identity number, identity card beside a permit, and a word no one knows."""
    people = at.people(3)
    columns = {
        "证件类型": ["护照", "身份证", "身份卡片"],
        "证件号码": [people[0].number, "H01234567", people[2].number],
        "登记日期": ["2024-03-01"] * 3,
    }
    rows = at.inflow(columns, without=("身份证号码", "性别"))
    rows[0][0] = "公安派出所流动人口信息表"
    return {"名单.xlsx": xlsx(rows)}


@case("numbers", "leading_apostrophe_style")
def leading_apostrophe_style(at: Case) -> Files:
    """Numbers are text cells with Excel's own quote mark, next to a number as a formula of text."""
    people = at.people(2)
    book = book_of(at.inflow())
    page = book["Sheet1"]
    page["B4"].quotePrefix = True
    page["B5"] = f'="{people[1].number}"'
    formula = f'<f>"{people[1].number}"</f>'
    left, right = f'<c r="B5">{formula}<v></v>', f'<c r="B5" t="str">{formula}<v>{people[1].number}</v>'
    return {"名单.xlsx": changed(saved(book), "xl/worksheets/sheet1.xml", left, right)}


@case("numbers", "credit_codes")
def credit_codes(at: Case) -> Files:
    """The labour office writes credit codes of employers: one right, one mistyped, one an old registration number."""
    columns = {
        "就业地点": ["上海市"] * 3,
        "统一社会信用代码": [_credit("9134010010000000X"), "91340100MA2N00000A", "340100000012345"],
    }
    people = at.people(3)
    named = {"姓名": [p.name for p in people], NUMBER: [p.number for p in people], "性别": [p.sex for p in people]}
    return {"台账.xlsx": xlsx(at.table("农村劳动力转移就业台账", named | columns))}


def _credit(body: str) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(each) * 3**place for place, each in enumerate(body))
    return body + alphabet[-total % 31]


def _with_check(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


@case("numbers", "missing_beside_name_and_birth")
def missing_beside_name_and_birth(at: Case) -> Files:
    """Numbers are missing; name and birth date tell whose rows they are, 无名氏, 张某某 or a year do not."""
    people = at.people(6)
    names = [*(each.name for each in people[:4]), "无名氏", "张某某"]
    births = [f"{each.birth:%Y-%m-%d}" for each in people]
    births[2] = births[2][:4]
    shown = [None, "无", None, people[3].number, None, None]
    return {"名单.xlsx": xlsx(at.inflow({"姓名": names, NUMBER: shown, "出生日期": births}))}
