"""Files that go back as a whole, each with the reason its sender can act on."""

from __future__ import annotations

import zlib

from e2e import messy_files
from fuzz.office_files import html
from golden.making.kit import Case, Files, case
from golden.making.sheets import steady, text, xls, xlsx, zipped


@case("refused", "nothing_in_it")
def nothing_in_it(_: Case) -> Files:
    """The file has no bytes, and another only spaces."""
    return {"空.xlsx": b"", "空.csv": b"  \r\n\r\n "}


@case("refused", "workbook_without_content")
def workbook_without_content(_: Case) -> Files:
    """The workbook has a sheet and nothing on it."""
    return {"空.xlsx": xlsx([])}


@case("refused", "password")
def password(at: Case) -> Files:
    """The workbooks have a password, an old and a new one."""
    rows = at.inflow()
    return {"名单.xlsx": messy_files.locked_xlsx(xlsx(rows)), "名单.xls": messy_files.locked_xls(rows)}


@case("refused", "cut_off")
def cut_off(at: Case) -> Files:
    """The copying stopped half way."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 30})
    return {"名单.xlsx": xlsx(rows)[:2500], "名单.xls": xls(rows)[:4700]}


@case("refused", "text_cut_off")
def text_cut_off(at: Case) -> Files:
    """A text file stops in the middle of a character of its last line."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 3, "备注": ["", "", "最后一行备注"]})
    return {"名单.csv": text(rows)[:-4]}


@case("refused", "no_list_at_all")
def no_list_at_all(_: Case) -> Files:
    """Somebody sent a shopping list, a letter and a picture."""
    return {
        "采购.xlsx": xlsx([["采购清单"], ["品名", "数量", "单价"], ["纸", 3, 20], ["笔", 10, 2]]),
        "来信.txt": "县里的同志：\n本月名单下周再报。\n".encode("gb18030"),
        "照片.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(200),
    }


@case("refused", "office_document")
def office_document(_: Case) -> Files:
    """The list is a table in a Word document, or a PDF."""
    word = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"})
    return {"名单.docx": word, "名单.pdf": b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"}


@case("refused", "page_without_table")
def page_without_table(_: Case) -> Files:
    """The export is the page that asks to log in again."""
    return {"导出.xls": "<html><head><meta charset='utf-8'></head><body><p>请重新登录。</p></body></html>".encode()}


@case("refused", "headings_only")
def headings_only(at: Case) -> Files:
    """The list has headings and nobody under them, and does not say that there is nobody."""
    return {"名单.xlsx": xlsx(at.inflow({"来本地日期": []}))}


@case("refused", "unknown_unit")
def unknown_unit(at: Case) -> Files:
    """The village on the list is not in the register."""
    return {"名单.xlsx": xlsx(at.inflow(unit=f"庐江县{at.village.town}乌有村"))}


@case("refused", "no_unit")
def no_unit(at: Case) -> Files:
    """Neither list nor name say whose list it is."""
    return {"名单.xlsx": xlsx(at.inflow(unit=None))}


@case("refused", "unit_of_another_county")
def unit_of_another_county(at: Case) -> Files:
    """The neighbouring county's list arrived here."""
    return {"名单.xlsx": xlsx(at.inflow(unit="安徽省六安市舒城县城关镇鼓楼社区"))}


@case("refused", "village_of_two_townships")
def village_of_two_townships(at: Case) -> Files:
    """Two townships have a village of that name, and the list does not say which."""
    return {"名单.xlsx": xlsx(at.inflow(unit="庐江县铺岗村"))}


@case("refused", "no_date")
def no_date(at: Case) -> Files:
    """Neither list nor name say of which month it is."""
    return {"名单.xlsx": xlsx(at.inflow(day=None))}


@case("refused", "date_of_the_future")
def date_of_the_future(at: Case) -> Files:
    """The list is dated after the day on which it came."""
    return {"名单.xlsx": xlsx(at.inflow(day="2025年10月31日"))}


@case("refused", "inflow_or_outflow")
def inflow_or_outflow(at: Case) -> Files:
    """The title does not say which way people went, and the headings fit both."""
    people = at.people(2)
    columns = {
        "姓名": [p.name for p in people],
        "身份证号码": [p.number for p in people],
        "现居住地": ["浙江省杭州市"] * 2,
    }
    return {"名单.xlsx": xlsx(at.table("流动人口花名册", columns))}


@case("refused", "mostly_wrong")
def mostly_wrong(at: Case) -> Files:
    """Most numbers of a list of twelve have lost their digits: nothing of it can be trusted."""
    people = at.people(12)
    numbers = [p.number if place < 4 else f"{float(p.number[:17]):.5E}" for place, p in enumerate(people)]
    return {"名单.xlsx": xlsx(at.inflow({"身份证号码": numbers}))}


@case("refused", "archives_of_other_kinds")
def archives_of_other_kinds(_: Case) -> Files:
    """Lists were packed with programs other than zip, or the zip is empty."""
    return {
        "名单.rar": b"Rar!\x1a\x07\x01\x00" + bytes(64),
        "名单.7z": b"7z\xbc\xaf\x27\x1c" + bytes(64),
        "名单.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + zlib.compress(b"x"),
        "名单.zip": zipped({}),
    }


@case("refused", "zip_with_a_password")
def zip_with_a_password(at: Case) -> Files:
    """The zip itself has a password."""
    content = bytearray(zipped({"a.csv": text(at.inflow())}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return {"名单.zip": bytes(content)}


@case("refused", "no_text_at_all")
def no_text_at_all(at: Case) -> Files:
    """Zero bytes and bytes of no encoding stand in a text file."""
    return {"甲.csv": text(at.inflow()) + b"\xff\xff\n", "乙.csv": text(at.inflow()) + b"\0\1\2"}


@case("refused", "excel_four")
def excel_four(at: Case) -> Files:
    """A workbook of Excel 4."""
    return {f"{at.village.short}.xls": b"\x09\x04\x06\x00\x00\x04\x10\x00\x00\x00" + b"\x0a\x00\x00\x00"}


@case("refused", "page_with_other_tables")
def page_with_other_tables(at: Case) -> Files:
    """The saved web page has a menu in a table and no list."""
    return {
        f"{at.village.short}{at.month}.xls": html([["首页", "查询", "退出"], ["欢迎", "管理员", "2024-10-31"]], "utf-8")
    }


@case("refused", "unpacks_to_gigabytes")
def unpacks_to_gigabytes(at: Case) -> Files:
    """A workbook of some kilobytes that unpacks to gigabytes, or says so."""
    return {"声称.xlsx": messy_files.declaring_two_gigabytes(xlsx(at.inflow()))}


@case("refused", "cell_far_away")
def cell_far_away(at: Case) -> Files:
    """One stray cell stands in the last row and column of the sheet."""
    return {"名单.xlsx": steady(messy_files.with_stray_cell(xlsx(at.inflow())))}


@case("refused", "unicode_text_cut_off")
def unicode_text_cut_off(at: Case) -> Files:
    """A text in UTF-16 lost its last byte."""
    return {"名单.txt": text(at.inflow(), "utf-16", "\t")[:-1]}
