"""Dates in every style that offices write."""

from __future__ import annotations

from datetime import date, datetime

from golden.making.kit import Case, Files, case
from golden.making.sheets import Cell, book_of, saved, text, xls, xlsx
from openpyxl.utils.datetime import CALENDAR_MAC_1904

ARRIVED = "来本地日期"
AFTERNOON = datetime.fromisoformat("2023-03-05T14:30:00")


def _arrivals(at: Case, *cells: Cell) -> Files:
    return {"名单.xlsx": xlsx(at.inflow({ARRIVED: list(cells)}))}


@case("dates", "written_in_digits")
def written_in_digits(at: Case) -> Files:
    """Every row writes the day its own way, in digits."""
    return _arrivals(at, "2023-03-05", "2023/3/5", "2023.3.5", "20230305", "2023 3 5", 20230305)


@case("dates", "written_in_words")
def written_in_words(at: Case) -> Files:
    """Days with 年月日, in Chinese numerals, with a weekday, with spaces between."""
    return _arrivals(
        at,
        "2023年3月5日",
        "二〇二三年三月五日",
        "二零二三年十二月三十一日",
        "2023年3月5号",
        "2023 年 3 月 5 日",
        "2023年3月5日 星期日",
    )


@case("dates", "full_width_digits")
def full_width_digits(at: Case) -> Files:
    """Dates were typed in full width."""
    return _arrivals(at, "２０２３－０３－０５", "２０２３年３月５日", "２０２３．３．５")


@case("dates", "real_date_cells")
def real_date_cells(at: Case) -> Files:
    """Some cells are dates of the spreadsheet, others its serial numbers, one has a time."""
    return _arrivals(at, date(2023, 3, 5), AFTERNOON, 44990, "44990")


@case("dates", "workbook_of_the_other_epoch")
def workbook_of_the_other_epoch(at: Case) -> Files:
    """The workbook comes from an old Mac and counts days from 1904."""
    book = book_of(at.inflow({ARRIVED: [None, None]}))
    book.epoch = CALENDAR_MAC_1904
    page = book["Sheet1"]
    page["E4"] = date(2023, 3, 5)
    page["E5"] = 43528
    return {"名单.xlsx": saved(book)}


@case("dates", "partial")
def partial(at: Case) -> Files:
    """Only the year or the month is known."""
    return _arrivals(at, "2019年", "2019", 2019, "2019年3月", "2019-03", "2019.3", "201903", "2019年上半年", "2019年底")


@case("dates", "ranges")
def ranges(at: Case) -> Files:
    """The cell holds from when to when."""
    return _arrivals(at, "2019年3月-2019年5月", "2019.3.1-2019.3.15", "2019年至2021年", "2019-03-01至2019-04-01")


@case("dates", "said_to_be_unknown")
def said_to_be_unknown(at: Case) -> Files:
    """The day is not known: a sentinel of a program, a stroke, or a word."""
    return _arrivals(at, "1900-01-01", "9999-12-31", "不详", "/", "无", "—", "0000-00-00", "未知")


@case("dates", "year_of_two_digits")
def year_of_two_digits(at: Case) -> Files:
    """Years are written with two digits; some of these can be read in one way only."""
    return _arrivals(at, "98年3月5日", "23年3月5日", "98.3.5", "23.3.5", "05/03/12")


@case("dates", "day_before_month")
def day_before_month(at: Case) -> Files:
    """The computer was set to English: 3/25/2023 can be only one day, 3/5/2023 two."""
    return _arrivals(at, "3/25/2023", "25/3/2023", "3/5/2023", "5-Mar-2023", "Mar 5, 2023")


@case("dates", "impossible")
def impossible(at: Case) -> Files:
    """Days that are none: 30 February, 31 April, month 13, day 0, and a text."""
    return _arrivals(at, "2023-02-30", "2023年4月31日", "2023-13-05", "2023-03-00", "前年", "待定")


@case("dates", "with_a_time")
def with_a_time(at: Case) -> Files:
    """An export writes days with the time of day."""
    return _arrivals(
        at, "2023-03-05 00:00:00", "2023-03-05T14:30:00", "2023/3/5 14:30", "20230305143000", "2023-03-04T16:00:00.000Z"
    )


@case("dates", "in_the_future")
def in_the_future(at: Case) -> Files:
    """The day of arrival is after the day of the list, one of them only by its month."""
    return _arrivals(at, "2024-11-01", "2030-01-01", "2024年11月", "2024年", "2024-10-31")


@case("dates", "before_birth")
def before_birth(at: Case) -> Files:
    """Somebody arrived before the day on which they were born."""
    return _arrivals(at, "1950-01-01", "2023-03-05", "1949年")


@case("dates", "ended_before_arrived")
def ended_before_arrived(at: Case) -> Files:
    """Somebody left before they came."""
    columns: dict[str, list[Cell]] = {ARRIVED: ["2023-03-05"] * 3, "离开日期": ["2023-03-04", "2023-03-05", "2023年"]}
    return {"名单.xlsx": xlsx(at.inflow(columns))}


@case("dates", "empty")
def empty(at: Case) -> Files:
    """The day of arrival was left empty, once with spaces in the cell."""
    return _arrivals(at, None, "  ", "2023-03-05")


@case("dates", "old_workbook")
def old_workbook(at: Case) -> Files:
    """Date cells of an old binary workbook, one shown in Chinese."""
    return {"名单.xls": xls(at.inflow({ARRIVED: [date(2023, 3, 5), date(2024, 2, 29)]}), 'yyyy"年"m"月"d"日"')}


@case("dates", "number_cut_by_the_column")
def number_cut_by_the_column(at: Case) -> Files:
    """The column was too narrow when the list was saved as text: the days are ########."""
    return {"名单.csv": text(at.inflow({ARRIVED: ["########", "2023-03-05"]}))}


@case("dates", "birth_in_many_styles")
def birth_in_many_styles(at: Case) -> Files:
    """Birth dates are partly only a month or a year, and agree with the numbers."""
    people = at.people(4)
    births = [each.birth for each in people]
    cells: list[Cell] = [
        f"{births[0]:%Y%m%d}",
        f"{births[1]:%Y-%m}",
        f"{births[2]:%Y}年",
        f"{births[3].year}.{births[3].month}.{births[3].day}",
    ]
    return {"名单.xlsx": xlsx(at.inflow({"出生年月": cells}))}
