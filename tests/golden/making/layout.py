"""What stands around and between the rows: instructions, totals, footers, further tables and sheets, hidden parts."""

from __future__ import annotations

from datetime import date

from golden.making.kit import Case, Files, case
from golden.making.sheets import Cell, Row, Rows, book_of, saved, text, xls, xlsx


def _wide(rows: Rows) -> list[Row]:
    width = max(map(len, rows))
    return [[*row, *[None] * (width - len(row))] for row in rows]


@case("layout", "blank_rows_first")
def blank_rows_first(at: Case) -> Files:
    """Blank rows and a blank column stand before the list."""
    rows = [[None, *row] for row in at.inflow()]
    return {"名单.xlsx": xlsx([[None], [None], *rows[:1], [None], *rows[1:]])}


@case("layout", "instructions_above")
def instructions_above(at: Case) -> Files:
    """Three rows of instructions, with the words of headings in them, stand above the headings."""
    rows = at.inflow()
    told: list[Row] = [
        ["填表说明：1. 姓名、身份证号码、性别必须填写；"],
        ["2. 户籍地址填写到县；来本地日期格式为YYYY-MM-DD；"],
        ["3. 居住事由从下拉框选择。"],
    ]
    return {"名单.xlsx": xlsx(_wide([rows[0], *told, *rows[1:]]), ("A2:F2", "A3:F3", "A4:F4"))}


@case("layout", "hints_below_the_headings")
def hints_below_the_headings(at: Case) -> Files:
    """A row of hints and an example stand between headings and people."""
    rows = at.inflow()
    hints: list[Row] = [
        ["必填", "必填，18位", "男/女", "填写到县", "YYYY-MM-DD", "下拉选择"],
        ["例如：张三", "例：32010219900101001X", "男", "如：安徽省", "如：2024-01-01", "务工"],
    ]
    return {"名单.xlsx": xlsx([*rows[:3], *hints, *rows[3:]])}


@case("layout", "headings_again_on_each_page")
def headings_again_on_each_page(at: Case) -> Files:
    """Title and headings are repeated for every printed page, with subtotals between."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 4})
    page: list[Row] = [["本页小计", "2人"], [rows[0][0]], rows[2]]
    return {"名单.xlsx": xlsx(_wide([*rows[:5], *page, *rows[5:], ["本页小计", "2人"], ["合计", "4人"]]))}


@case("layout", "totals_and_footers")
def totals_and_footers(at: Case) -> Files:
    """Below the people stand a total, blank rows, signatures, a note and a date."""
    foot: list[Row] = [
        ["合计：2人"],
        [None],
        ["填表人：束某", None, "审核人：宛某", None, "联系电话：0551-00000000"],
        ["注：本表一式两份。"],
        [None, None, None, None, "2024年10月31日"],
    ]
    return {"名单.xlsx": xlsx(_wide([*at.inflow(), *foot]))}


@case("layout", "day_in_the_footer")
def day_in_the_footer(at: Case) -> Files:
    """Unit and day stand only below the list."""
    rows = at.inflow(unit=None, day=None)
    foot: list[Row] = [[None], [f"填报单位（盖章）：{at.village.full}", None, None, f"填报日期：{at.day}"]]
    return {"名单.xlsx": xlsx(_wide([*rows, *foot]))}


@case("layout", "formatted_blank_rows")
def formatted_blank_rows(at: Case) -> Files:
    """The sheet has numbered but empty lines for a hundred more people."""
    rows = [
        ["序号", *row] if number == 2 else [None if number < 2 else number - 2, *row]
        for number, row in enumerate(at.inflow())
    ]
    rows[0] = [*rows[0][1:], None]
    rows[1] = [*rows[1][1:], None]
    return {"名单.xlsx": xlsx([*rows, *([number, *[None] * 6] for number in range(3, 103))])}


@case("layout", "blank_rows_between")
def blank_rows_between(at: Case) -> Files:
    """Blank rows and rows of spaces stand between the people."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 3})
    blank: list[Row] = [[None] * 6, [" ", "　", None, None, None, " "], [None] * 6]
    return {"名单.xlsx": xlsx([*rows[:4], *blank, rows[4], *blank, *blank, rows[5]])}


@case("layout", "two_tables_in_a_sheet")
def two_tables_in_a_sheet(at: Case) -> Files:
    """A second table of the same form follows below, its columns in another order."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 4})
    below = [row[::-1] for row in (rows[2], *rows[5:])]
    return {"名单.xlsx": xlsx([*rows[:5], [None] * 6, [None] * 6, *below])}


@case("layout", "two_tables_side_by_side")
def two_tables_side_by_side(at: Case) -> Files:
    """To save paper the list goes on in a second block to the right."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 4})
    left, right = rows[3:5], rows[5:]
    body = [[*a, None, *b] for a, b in zip(left, right, strict=True)]
    return {"名单.xlsx": xlsx(_wide([*rows[:2], [*rows[2], None, *rows[2]], *body]))}


@case("layout", "another_table_below")
def another_table_below(at: Case) -> Files:
    """Below the list stands a small table about something else."""
    other: list[Row] = [[None], ["物资发放情况"], ["品名", "数量", "领取人"], ["口罩", 20, "束某"], ["手册", 5, "宛某"]]
    return {"名单.xlsx": xlsx(_wide([*at.inflow(), *other]))}


@case("layout", "several_sheets_of_one_list")
def several_sheets_of_one_list(at: Case) -> Files:
    """Each group of the village has a sheet of its own."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 4})
    return {"名单.xlsx": xlsx(rows[:5], name="一组", 二组=[*rows[:3], *rows[5:]], 三组=[["本组无流入人口"]])}


@case("layout", "notes_and_code_sheets")
def notes_and_code_sheets(at: Case) -> Files:
    """A sheet of notes comes first and a sheet of codes for drop-down lists last."""
    notes: Rows = [["填表说明"], ["姓名、身份证号码、性别、户籍地址为必填项。"], ["请勿修改表头。"]]
    codes: Rows = [["性别", "居住事由"], ["男", "务工"], ["女", "经商"]]
    return {"名单.xlsx": xlsx(notes, name="填表说明", 登记表=at.inflow(), 代码表=codes)}


@case("layout", "two_forms_in_one_workbook")
def two_forms_in_one_workbook(at: Case) -> Files:
    """Inflow and outflow stand in one workbook."""
    out = at.outflow()
    return {"名单.xlsx": xlsx(at.inflow(), name="流入", 流出=out)}


@case("layout", "hidden_rows_and_columns")
def hidden_rows_and_columns(at: Case) -> Files:
    """A filter hides a person, and a column is folded away."""
    book = book_of(at.inflow({"来本地日期": ["2023-03-05"] * 3}))
    book["Sheet1"].row_dimensions[5].hidden = True
    book["Sheet1"].column_dimensions["E"].hidden = True
    return {"名单.xlsx": saved(book)}


@case("layout", "hidden_sheet")
def hidden_sheet(at: Case) -> Files:
    """An old list of other people lies in a hidden sheet."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 4})
    book = book_of(rows[:5], 旧表=[*rows[:3], *rows[5:]])
    book["旧表"].sheet_state = "hidden"
    return {"名单.xlsx": saved(book)}


@case("layout", "merged_cells_down")
def merged_cells_down(at: Case) -> Files:
    """The hukou address is written once and merged over the family."""
    rows = at.inflow({"户籍地址": ["安徽省六安市舒城县", None, None]})
    return {"名单.xlsx": xlsx(rows, ("D4:D6",))}


@case("layout", "ditto_marks")
def ditto_marks(at: Case) -> Files:
    """同上 and 〃 stand for the cell above."""
    columns: dict[str, list[Cell]] = {
        "户籍地址": ["安徽省六安市舒城县", "同上", "〃"],
        "来本地日期": ["2023-03-05", "同上", "〃"],
    }
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("layout", "title_without_label")
def title_without_label(at: Case) -> Files:
    """Only the title says whose list it is and of which month."""
    return {
        "名单.xlsx": xlsx(
            at.inflow(unit=None, day=None, title=f"{at.village.town}{at.village.short}{at.month}流入人口登记表")
        )
    }


@case("layout", "numbers_of_columns")
def numbers_of_columns(at: Case) -> Files:
    """A row of column numbers 1, 2, 3 stands below the headings, as in printed forms."""
    rows = at.inflow()
    marks: list[Row] = [["甲", "乙", 1, 2, 3, 4]]
    return {"名单.xlsx": xlsx([*rows[:3], *marks, *rows[3:]])}


@case("layout", "people_like_totals")
def people_like_totals(at: Case) -> Files:
    """People whose names look like words of a form: 合计 is nobody, 佘小计, 钟说明 and 共计生 are somebody."""
    names: list[Cell] = ["佘小计", "钟说明", "共计生", "注海"]
    return {"名单.xlsx": xlsx(at.inflow({"姓名": names}))}


@case("layout", "text_file_with_title")
def text_file_with_title(at: Case) -> Files:
    """A text file with title, labels and empty cells at the ends of lines."""
    return {"名单.csv": text([[*row, None, None] for row in at.inflow()])}


@case("layout", "row_cut_short")
def row_cut_short(at: Case) -> Files:
    """In a text file one line has fewer cells than there are headings and one has more."""
    rows = at.inflow({"来本地日期": ["2023-03-05"] * 3})
    return {"名单.csv": text([*rows[:3], rows[3][:4], [*rows[4], "多出来的", date(2024, 1, 1)], rows[5]])}


@case("layout", "line_breaks_in_cells")
def line_breaks_in_cells(at: Case) -> Files:
    """Cells of a text file hold line breaks, quotes and separators."""
    return {
        "名单.csv": text(
            at.inflow({"户籍地址": ["安徽省六安市\n舒城县", '安徽省,六安市,"舒城县"'], "备注": ["a,b", 'c"d']})
        )
    }


@case("layout", "code_list_beside_the_list")
def code_list_beside_the_list(at: Case) -> Files:
    """The words of the drop-down lists stand in a sheet that is called Sheet2."""
    codes: Rows = [["性别", "居住事由", "文化程度"], ["男", "务工", "初中"], ["女", "经商", "高中"]]
    return {"名单.xlsx": xlsx(at.inflow(), Sheet2=codes)}


@case("layout", "list_hidden_in_an_old_workbook")
def list_hidden_in_an_old_workbook(at: Case) -> Files:
    """The only list of an old workbook is in a hidden sheet."""
    return {"名单.xls": xls(at.inflow(), hidden=True)}
