"""Files that would harm: bombs, tricks in names, formulas in texts, and columns that popflow must not keep."""

from __future__ import annotations

from golden.making.kit import Case, Files, case
from golden.making.sheets import parts, text, xlsx, zipped

_ENTITIES = (
    '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>\n"
)


@case("hostile", "columns_not_to_be_kept")
def columns_not_to_be_kept(at: Case) -> Files:
    """Religion, political status, ethnicity, marks of risk and biometrics stand on the list."""
    columns = {
        "民族": ["汉", "回"], "宗教信仰": ["无", "佛教"], "政治面貌": ["群众", "党员"], "是否重点人员": ["否", "是"],
        "来自地区的风险等级": ["低", "高"], "指纹": ["已采", "未采"], "血型": ["A", "B"], "婚姻状况": ["已婚", "未婚"],
    }  # fmt: skip
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("hostile", "formulas_in_texts")
def formulas_in_texts(at: Case) -> Files:
    """Texts begin with =, +, - and @ and would run in a spreadsheet."""
    names = ["=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", '=HYPERLINK("http://example.org","x")', "-2+3"]
    return {"名单.csv": text(at.inflow({"姓名": names}))}


@case("hostile", "exploding_entities")
def exploding_entities(at: Case) -> Files:
    """The sheet of the workbook declares entities that grow to a billion characters."""
    sheet = "xl/worksheets/sheet1.xml"
    inside = dict(parts(xlsx(at.inflow())))
    inside[sheet] = _ENTITIES.encode() + inside[sheet].replace(b"</t>", b"&i;</t>", 1)
    return {"名单.xlsx": zipped(inside)}


@case("hostile", "entity_of_a_file")
def entity_of_a_file(at: Case) -> Files:
    """An XML sheet asks the reader to put a file of the machine into a cell."""
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    head = (
        '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n'
        f'<Workbook xmlns="{name}" xmlns:ss="{name}">'
    )
    cell = '<Cell><Data ss:Type="String">&e;</Data></Cell>'
    body = f'<Worksheet ss:Name="{at.village.short}"><Table><Row>{cell}</Row></Table></Worksheet></Workbook>'
    return {"名单.xml": (head + body).encode()}


@case("hostile", "paths_that_lead_out")
def paths_that_lead_out(at: Case) -> Files:
    """The names in the zip lead out of it: up, to the root, to a drive."""
    content = text(at.inflow())
    return {"名单.zip": zipped({"../../../外.csv": content, "/etc/外.csv": content, "C:\\外.csv": content})}


@case("hostile", "control_characters")
def control_characters(at: Case) -> Files:
    """Bells, escapes, zero-width marks and a turn of the writing direction stand in names and addresses."""
    p = at.people(4)
    names = [f"{p[0].name}\u200b", f"\ufeff{p[1].name}", f"{p[2].name[0]}\u202e{p[2].name[1:]}", f"{p[3].name}\x1b[31m"]
    return {"名单.csv": text(at.inflow({"姓名": names, "户籍地址": ["安徽省\u200b六安市舒城县"] * 4}))}


@case("hostile", "name_of_ten_thousand_characters")
def name_of_ten_thousand_characters(at: Case) -> Files:
    """A whole page was pasted into one cell."""
    return {"名单.csv": text(at.inflow({"姓名": ["长" * 10_000, at.people(2)[1].name]}))}


@case("hostile", "cell_beyond_any_sheet")
def cell_beyond_any_sheet(at: Case) -> Files:
    """One cell has more characters than a spreadsheet can hold."""
    return {"名单.csv": text(at.inflow({"户籍地址": ["长" * 100_001, "安徽省六安市舒城县"]}))}


@case("hostile", "too_many_columns")
def too_many_columns(at: Case) -> Files:
    """The sheet has three thousand columns."""
    rows = at.inflow()
    return {"名单.csv": text([*rows[:2], [*rows[2], *(f"列{n}" for n in range(3000))], *rows[3:]])}


@case("hostile", "scripts_in_a_page")
def scripts_in_a_page(at: Case) -> Files:
    """A web page saved as a workbook has scripts, styles and hidden parts around its table."""
    rows = "".join("<tr>" + "".join(f"<td>{cell or ''}</td>" for cell in row) + "</tr>" for row in at.inflow())
    page = (
        "<html><head><meta charset='utf-8'><script>document.write('<table><tr><td>姓名</td></tr></table>')</script>"
        f"<style>td{{color:red}}</style></head><body><!-- <table><tr><td>旧</td></tr></table> -->"
        f"<table>{rows}</table></body></html>"
    )
    return {"导出.xls": page.encode()}


@case("hostile", "names_with_tricks")
def names_with_tricks(at: Case) -> Files:
    """The name of the file has quotes, brackets, a percent sign and a formula."""
    return {f"=1+1 '{at.village.short}' [%2e%2e] $(x);流入.csv": text(at.inflow())}


@case("hostile", "quote_never_closed")
def quote_never_closed(at: Case) -> Files:
    """A quotation mark opens in a text file and never closes."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 3})
    lines = text(rows).decode().split("\r\n")
    lines[3] = lines[3].replace("安徽省", '"安徽省', 1)
    return {"名单.csv": "\r\n".join(lines).encode()}
