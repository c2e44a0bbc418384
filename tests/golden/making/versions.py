"""The same list again: in another dress, in another order, changed, in parts, or as a corrected slip."""

from __future__ import annotations

from fuzz.office_files import html, ods
from golden.making.kit import Case, Files, case
from golden.making.sheets import steady, text, texts, xls, xlsx

ARRIVED = "来本地日期"


@case("versions", "same_bytes_twice")
def same_bytes_twice(at: Case) -> Files:
    """The same file was delivered under two names."""
    content = xlsx(at.inflow())
    return {"名单.xlsx": content, "名单(1).xlsx": content}


@case("versions", "other_formats_and_encodings")
def other_formats_and_encodings(at: Case) -> Files:
    """The same list came as workbooks of three kinds, as text in two encodings and as a web page."""
    rows = at.inflow()
    return {
        "1.xlsx": xlsx(rows), "2.csv": text(rows), "3.csv": text(rows, "gb18030"), "4.xls": xls(rows),
        "5.xls": html(texts(rows)), "6.ods": steady(ods(texts(rows))),
    }  # fmt: skip


@case("versions", "other_order_of_rows_and_columns")
def other_order_of_rows_and_columns(at: Case) -> Files:
    """The list was sorted anew and its columns were moved."""
    rows = at.inflow({ARRIVED: ["2023-03-05"] * 5})
    body = rows[3:]
    return {
        "1.xlsx": xlsx(rows),
        "2.xlsx": xlsx([*rows[:2], *(row[::-1] for row in (rows[2], *body[2:], *body[1::-1]))]),
    }


@case("versions", "written_otherwise")
def written_otherwise(at: Case) -> Files:
    """The same people with days, sexes and numbers written another way: the same content or another version."""
    people = at.people(2)
    other = {
        ARRIVED: ["2023年3月5日"] * 2,
        "身份证号码": [p.number.lower() for p in people],
        "性别": [f"{p.sex}性" for p in people],
    }
    return {"1.xlsx": xlsx(at.inflow()), "2.xlsx": xlsx(at.inflow(other))}


@case("versions", "changed_on_the_same_day")
def changed_on_the_same_day(at: Case) -> Files:
    """The list came again with one person changed, one more and one less."""
    rows = at.inflow({ARRIVED: ["2023-03-05"] * 4})
    changed = [*rows[5][:4], "2023-04-01", *rows[5][5:]]
    return {"1.xlsx": xlsx(rows[:6]), "2.xlsx": xlsx([*rows[:3], rows[3], changed, rows[6]])}


@case("versions", "later_in_the_month")
def later_in_the_month(at: Case) -> Files:
    """The list of the twentieth was sent, and that of the thirty-first with one person more."""
    first, last = (
        at.inflow({ARRIVED: ["2023-03-05"] * 2}, day="2024年10月20日"),
        at.inflow({ARRIVED: ["2023-03-05"] * 3}),
    )
    return {"20日.xlsx": xlsx(first), "31日.xlsx": xlsx(last)}


@case("versions", "next_month")
def next_month(at: Case) -> Files:
    """September and October: the same people are no duplicate of themselves."""
    return {"9月.xlsx": xlsx(at.inflow(day="2024年9月30日")), "10月.xlsx": xlsx(at.inflow())}


@case("versions", "part_of_another_village")
def part_of_another_village(at: Case) -> Files:
    """Half of the rows are those of the list of another village."""
    rows = at.inflow({ARRIVED: ["2023-03-05"] * 4})
    other = at.inflow({ARRIVED: ["2023-03-05"] * 6}, unit="庐江县汤池镇金冲村")
    return {"甲.xlsx": xlsx(rows), "乙.xlsx": xlsx([*other[:3], *other[5:]])}


@case("versions", "list_of_another_village_copied")
def list_of_another_village_copied(at: Case) -> Files:
    """A village took the list of its neighbour and changed only the name of the unit."""
    return {"甲.xlsx": xlsx(at.inflow()), "乙.xlsx": xlsx(at.inflow(unit="庐江县汤池镇百花村"))}


@case("versions", "duplicate_of_a_returned_list")
def duplicate_of_a_returned_list(at: Case) -> Files:
    """A list whose rows were all returned came again unchanged."""
    rows = at.inflow({"身份证号码": ["无", "/"]})
    return {"1.xlsx": xlsx(rows), "2.csv": text(rows)}
