"""Lists in every format and encoding, with the marks that programs leave in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fuzz import office_files as office
from golden.making.kit import Case, Files, case
from golden.making.sheets import book_of, changed, parts, saved, steady, text, texts, xls, xlsx, zipped


def _as(make: Callable[..., bytes]) -> Callable[[Case], bytes]:
    return lambda at: make(texts(at.inflow()))


@case("files", "xlsx")
def xlsx_file(at: Case) -> Files:
    """A workbook of today, with cells of every kind."""
    return {
        "名单.xlsx": xlsx(
            at.inflow({"来本地日期": [date(2023, 3, 5), "2023-03-05"], "联系电话": [13800000000, "13800000001"]})
        )
    }


@case("files", "xls")
def xls_file(at: Case) -> Files:
    """An old binary workbook."""
    return {"名单.xls": xls(at.inflow({"来本地日期": [date(2023, 3, 5), "2023-03-05"]}))}


@case("files", "xls_of_the_nineties")
def xls_of_the_nineties(at: Case) -> Files:
    """A workbook of Excel 5 in the code page of Chinese Windows, without a compound file around it."""
    return {"名单.xls": office.bare_biff5(texts(at.inflow()))}


@case("files", "xlsb")
def xlsb_file(at: Case) -> Files:
    """A binary workbook."""
    return {"名单.xlsb": steady(_as(office.xlsb)(at))}


@case("files", "ods")
def ods_file(at: Case) -> Files:
    """A sheet of LibreOffice."""
    return {"名单.ods": steady(_as(office.ods)(at))}


@case("files", "flat_opendocument")
def flat_opendocument(at: Case) -> Files:
    """A sheet of LibreOffice in one XML file."""
    return {"名单.fods": _as(office.fods)(at)}


@case("files", "wps_et")
def wps_et(at: Case) -> Files:
    """A sheet of WPS, whose files are workbooks under another name."""
    return {"名单.et": xls(at.inflow())}


@case("files", "web_page_called_xls")
def web_page_called_xls(at: Case) -> Files:
    """A program exported a web page under the name of a workbook, with &nbsp; stuck to the numbers."""
    rows = texts(at.inflow())
    page = office.html(rows, "gb18030").replace(rows[3][1].encode(), rows[3][1].encode() + b"&nbsp;")
    return {"导出.xls": page}


@case("files", "xml_called_xls")
def xml_called_xls(at: Case) -> Files:
    """A program exported the XML of Excel 2003 under the name of a workbook."""
    return {"导出.xls": _as(office.spreadsheetml)(at)}


@case("files", "web_archive_called_xls")
def web_archive_called_xls(at: Case) -> Files:
    """A workbook was saved as a web archive and renamed."""
    return {"导出.xls": _as(office.mhtml)(at)}


@case("files", "dbf")
def dbf_file(at: Case) -> Files:
    """A table of FoxPro, headings cut to ten bytes, one record deleted; unit and month are in the name."""
    people = at.people(3)
    fields = [("XM", "C", 20), ("ZJHM", "C", 18), ("XB", "C", 2), ("HJD_DZXZ", "C", 60), ("DDRQ", "D", 8)]
    records = [
        [
            p.name.encode("gb18030"),
            p.number.encode(),
            p.sex.encode("gb18030"),
            "安徽省六安市舒城县".encode("gb18030"),
            b"20230305",
        ]
        for p in people
    ]
    records[1][0] = b"*" + records[1][0]
    return {f"{at.village.town}{at.village.short}{at.month}派出所流动人口.dbf": office.dbf(fields, records)}


@case("files", "csv_utf_eight_with_mark")
def csv_utf_eight_with_mark(at: Case) -> Files:
    """CSV in UTF-8 with a byte order mark."""
    return {"名单.csv": text(at.inflow(), "utf-8-sig")}


@case("files", "csv_gbk")
def csv_gbk(at: Case) -> Files:
    """CSV as Chinese Excel writes it."""
    return {"名单.csv": text(at.inflow(), "gbk")}


@case("files", "csv_gb_eighteen_with_rare_names")
def csv_gb_eighteen_with_rare_names(at: Case) -> Files:
    """CSV in GB 18030 with names that GBK does not have."""
    return {"名单.csv": text(at.inflow({"姓名": ["䶮𠮷", "翟㛃"]}), "gb18030")}


@case("files", "csv_utf_sixteen")
def csv_utf_sixteen(at: Case) -> Files:
    """Excel's "Unicode text": UTF-16 with tabs."""
    return {"名单.txt": text(at.inflow(), "utf-16", "\t")}


@case("files", "csv_utf_sixteen_without_mark")
def csv_utf_sixteen_without_mark(at: Case) -> Files:
    """UTF-16 without a mark that says so."""
    return {"名单.txt": text(at.inflow(), "utf-16-be", "\t")}


@case("files", "csv_big_five")
def csv_big_five(at: Case) -> Files:
    """CSV in Big5, in traditional characters: it reads as Chinese in GB 18030 too, but as nonsense."""
    rows = at.inflow(
        {"姓名": ["王大明", "李小華"], "户籍地址": ["香港"] * 2, "居住事由": ["探親"] * 2},
        unit=None,
        day=None,
        title="流入人口登記表",
    )
    rows[1] = ["姓名", "身份證號碼", "性別", "戶籍地址", "來本地日期", "居住事由"]
    return {f"{at.village.short}{at.month}.csv": text(rows, "big5")}


@case("files", "semicolons")
def semicolons(at: Case) -> Files:
    """Text separated by semicolons."""
    return {"名单.csv": text(at.inflow(), separator=";")}


@case("files", "pipes")
def pipes(at: Case) -> Files:
    """Text separated by strokes."""
    return {"名单.txt": text(at.inflow(), separator="|")}


@case("files", "chinese_commas")
def chinese_commas(at: Case) -> Files:
    """Text separated by full-width commas."""
    return {"名单.txt": text(at.inflow(), separator="，")}


@case("files", "columns_of_spaces")
def columns_of_spaces(at: Case) -> Files:
    """Columns of a text file are kept apart by spaces."""
    return {
        "名单.txt": "\n".join("   ".join(cell for cell in row if cell) for row in texts(at.inflow())).encode("gb18030")
    }


@case("files", "mixed_encodings")
def mixed_encodings(at: Case) -> Files:
    """Two halves of a text file, one in UTF-8 and one in GBK, were copied together."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 4})
    return {"名单.csv": text(rows[:5]) + text(rows[5:], "gbk")}


@case("files", "wrong_suffix")
def wrong_suffix(at: Case) -> Files:
    """The suffixes are wrong: a workbook called .csv, a text called .xlsx, and none at all."""
    july, august, september = (at.inflow(day=f"2024年{month}月30日") for month in (7, 8, 9))
    return {"甲.csv": xlsx(july), "乙.xlsx": text(august), "丙": xls(september)}


@case("files", "formulas_with_results")
def formulas_with_results(at: Case) -> Files:
    """Sex is worked out by a formula, and Excel kept its result."""
    people = at.people(2)
    book = book_of(at.inflow())
    for row in (4, 5):
        book["Sheet1"][f"C{row}"] = _sex_of(row)
    content = saved(book)
    for row, person in zip((4, 5), people, strict=True):
        left = f'<c r="C{row}"><f>{_sex_of(row)[1:]}</f><v'
        content = changed(
            content,
            "xl/worksheets/sheet1.xml",
            f"{left}></v></c>",
            f'<c r="C{row}" t="str"><f>{_sex_of(row)[1:]}</f><v>{person.sex}</v></c>',
        )
    return {"名单.xlsx": content}


def _sex_of(row: int) -> str:
    return f"=VLOOKUP(MID(B{row},17,1),X1:Y10,2)"


@case("files", "formulas_without_results")
def formulas_without_results(at: Case) -> Files:
    """A program wrote formulas and nothing ever worked them out."""
    book = book_of(at.inflow())
    book["Sheet1"]["C4"] = _sex_of(4)
    return {"名单.xlsx": saved(book)}


@case("files", "cells_with_errors")
def cells_with_errors(at: Case) -> Files:
    """Look-ups failed: cells are #N/A, #REF! and #VALUE!."""
    columns = {"户籍地址": ["#N/A", "安徽省六安市舒城县", "#REF!"], "来本地日期": ["2023-03-05", "#VALUE!", "#N/A"]}
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("files", "rich_text_and_links")
def rich_text_and_links(at: Case) -> Files:
    """Cells have bold parts, links, comments and colours."""
    book = book_of(at.inflow())
    book["Sheet1"]["A4"].hyperlink = "https://example.org/"
    book["Sheet1"]["B4"].number_format = "@"
    content = saved(book)
    name = at.people(1)[0].name
    rich = f'<is><r><rPr><b/></rPr><t>{name[0]}</t></r><r><t>{name[1:]}</t></r><phoneticPr fontId="1"/></is>'
    plain = "".join(f"&#{ord(each)};" for each in name)
    return {"名单.xlsx": changed(content, "xl/worksheets/sheet1.xml", f"<is><t>{plain}</t></is>", rich)}


@case("files", "numbers_shown_otherwise")
def numbers_shown_otherwise(at: Case) -> Files:
    """Formats hide what is in a cell: a code shown with leading zeros, a day shown as a month."""
    book = book_of(at.inflow({"来本地日期": [date(2023, 3, 5), date(2023, 3, 5)], "居住事由": [1, 6]}))
    page = book["Sheet1"]
    page["A1"] = "派出所流动人口信息表"
    for row in (4, 5):
        page[f"E{row}"].number_format = 'yyyy"年"m"月"'
        page[f"F{row}"].number_format = "00"
    return {"名单.xlsx": saved(book)}


@case("files", "macro_workbook")
def macro_workbook(at: Case) -> Files:
    """The workbook has macros."""
    content = changed(
        xlsx(at.inflow()),
        "[Content_Types].xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    return {"名单.xlsm": zipped({**dict(parts(content)), "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 no macro at all"})}


@case("files", "zip_of_lists")
def zip_of_lists(at: Case) -> Files:
    """A zip with a workbook, a text, a picture and the files a Mac leaves behind."""
    members = {
        "九月.xlsx": xlsx(at.inflow(day="2024年9月30日")),
        "十月/名单.csv": text(at.inflow()),
        "照片.jpg": b"\xff\xd8\xff\xe0 no picture",
        "__MACOSX/._九月.xlsx": b"\0\5\x16\7",
        ".DS_Store": b"\0\0\0\1Bud1",
    }
    return {"名单.zip": zipped(members)}


@case("files", "zip_with_gbk_names")
def zip_with_gbk_names(at: Case) -> Files:
    """A Chinese Windows packed the zip: names are GBK and nothing says so; the name tells the unit."""
    name = f"{at.village.short}{at.month}.xlsx"
    content = zipped({"N" * len(name.encode("gbk")): xlsx(at.inflow(unit=None, day=None))})
    return {"上报.zip": content.replace(b"N" * len(name.encode("gbk")), name.encode("gbk"))}


@case("files", "zip_in_a_zip")
def zip_in_a_zip(at: Case) -> Files:
    """The township packed the zip of its village into another one."""
    return {"全镇.zip": zipped({"村.zip": zipped({"名单.xlsx": xlsx(at.inflow())})})}


@case("files", "zip_too_deep")
def zip_too_deep(at: Case) -> Files:
    """A zip in a zip in a zip."""
    return {"全县.zip": zipped({"镇.zip": zipped({"村.zip": zipped({"名单.xlsx": xlsx(at.inflow())})})})}
