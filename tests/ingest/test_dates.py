"""Dates in every style become a day, an interval or unknown; what cannot be a date becomes nothing else."""

from __future__ import annotations

import ast
import calendar
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dates import DATE_WORDS, date_expression

TODAY = date(2026, 11, 22)
CASES = Path(__file__).parents[3] / "shared" / "testdata" / "validators" / "jionlp_time_parser_cases.jsonl"


@dataclass(frozen=True)
class DateReading:
    """What a text says about a date; ``first`` and ``last`` are None where it says that the date is unknown."""

    first: date | None
    last: date | None
    kind: str


def read_dates(texts: Sequence[str | None], today: date | None = None) -> list[DateReading | None]:
    """Read texts as ``date_expression`` does, for the few that are in no table; None where one is no date."""
    query = f"""
        SELECT reading.first, reading.last, reading.kind
        FROM (SELECT place, {date_expression("text", today)} AS reading
              FROM (SELECT unnest($1::VARCHAR[]) AS text, unnest(range(len($1))) AS place))
        ORDER BY place
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(query, [list(texts)]).fetchall()
    return [None if kind is None else DateReading(first, last, kind) for first, last, kind in rows]


DAY_STYLES = (
    "{y}-{m:02d}-{d:02d}", "{y}-{m}-{d}", "{y}/{m}/{d}", "{y}.{m}.{d}", "{y} {m} {d}", "{y}年{m}月{d}日",
    "{y}年{m}月{d}号", "{y}年{m:02d}月{d:02d}", "{y}{m:02d}{d:02d}", "{y}、{m}、{d}", "{y}\\{m}\\{d}", "'{y}-{m}-{d}",
    "{y}.{m}.{d}.", "{y}-{m:02d}-{d:02d} 00:00:00", "{y}/{m}/{d} 8:05", "{y}-{m:02d}-{d:02d}T08:30:00",
    "{y}-{m:02d}-{d:02d}T08:30:00+08:00", "{y}/{m}/{d} 上午 8:30:00", "{y}年{m}月{d}日下午3点20分",
    "{y}年{m}月{d}日 08时30分", "{y}{m:02d}{d:02d}123000", "{y}{m:02d}{d:02d} 12:30", "{y}-{m:02d}-{d:02d}09:03",
    "{y}-{m}-{d} 24:00", "{y}-{m}-{d} (星期二)", "{y}年{m}月{d}日 周日",
)  # fmt: skip

DAYS = {
    "二〇二四年三月五日": date(2024, 3, 5),
    "二零二四年十二月二十一日": date(2024, 12, 21),
    "二O二四年十月十日": date(2024, 10, 10),
    "二○二四年三月三十一号": date(2024, 3, 31),
    "二〇二四年3月5日": date(2024, 3, 5),
    "24年3月5日": date(2024, 3, 5),
    "九零年9月十号": date(1990, 9, 10),
    "98.3.5": date(1998, 3, 5),
    "98-12-25": date(1998, 12, 25),
    "3/25/2024": date(2024, 3, 25),
    "25.3.2024": date(2024, 3, 25),
    "3/3/2024": date(2024, 3, 3),
    "5-Mar-2024": date(2024, 3, 5),
    "Mar 5, 2024": date(2024, 3, 5),
    "Tue Mar 05 00:00:00 CST 2024": date(2024, 3, 5),
    "2024-03-04T16:00:00.000Z": date(2024, 3, 5),
    "2024-03-05T00:00:00Z": date(2024, 3, 5),
    "45356": date(2024, 3, 5),
    "45356.75": date(2024, 3, 5),
    "36526": date(2000, 1, 1),
    "２０２４－０３－０５": date(2024, 3, 5),
    "\u200e2024\u200e/3/5": date(2024, 3, 5),
    "2024年3月5日。": date(2024, 3, 5),
}

INTERVALS = {
    "2019": ("year", "2019-01-01", "2019-12-31"),
    "2019年": ("year", "2019-01-01", "2019-12-31"),
    "2019年度": ("year", "2019-01-01", "2019-12-31"),
    "2019年底": ("year", "2019-01-01", "2019-12-31"),
    "2019年年初": ("year", "2019-01-01", "2019-12-31"),
    "二〇一九年": ("year", "2019-01-01", "2019-12-31"),
    "2019年3月": ("month", "2019-03-01", "2019-03-31"),
    "2019年3月份": ("month", "2019-03-01", "2019-03-31"),
    "2019年3月初": ("month", "2019-03-01", "2019-03-31"),
    "2019.03": ("month", "2019-03-01", "2019-03-31"),
    "2019-3": ("month", "2019-03-01", "2019-03-31"),
    "2019/03": ("month", "2019-03-01", "2019-03-31"),
    "201903": ("month", "2019-03-01", "2019-03-31"),
    "198005": ("month", "1980-05-01", "1980-05-31"),
    "二零二零年二月": ("month", "2020-02-01", "2020-02-29"),
    "90年5月": ("month", "1990-05-01", "1990-05-31"),
    "2019年上半年": ("range", "2019-01-01", "2019-06-30"),
    "2019下半年": ("range", "2019-07-01", "2019-12-31"),
    "2019年第一季度": ("range", "2019-01-01", "2019-03-31"),
    "2019年四季度": ("range", "2019-10-01", "2019-12-31"),
    "2019Q2": ("range", "2019-04-01", "2019-06-30"),
    "2019年3月上旬": ("range", "2019-03-01", "2019-03-10"),
    "2019年3月中旬": ("range", "2019-03-11", "2019-03-20"),
    "2019年2月下旬": ("range", "2019-02-21", "2019-02-28"),
    "2019年3月-5月": ("range", "2019-03-01", "2019-05-31"),
    "2018年1－9月份": ("range", "2018-01-01", "2018-09-30"),
    "2018年2——4月": ("range", "2018-02-01", "2018-04-30"),
    "2019.3.1至2019.5.1": ("range", "2019-03-01", "2019-05-01"),
    "2019-2020年": ("range", "2019-01-01", "2020-12-31"),
    "2019~2020": ("range", "2019-01-01", "2020-12-31"),
    "2020-05-26-2020-05-29": ("range", "2020-05-26", "2020-05-29"),
    "2020-05-26 至 2020-05-29": ("range", "2020-05-26", "2020-05-29"),
    "2020-05-2020-07": ("range", "2020-05-01", "2020-07-31"),
    "20200526-20200529": ("range", "2020-05-26", "2020-05-29"),
    "自2020-05-26起至2020-05-29止": ("range", "2020-05-26", "2020-05-29"),
    "从2018年12月九号到十五号": ("range", "2018-12-09", "2018-12-15"),
    "2019年3月5日-4月6日": ("range", "2019-03-05", "2019-04-06"),
    "2019年3月5日-2020年4月6日": ("range", "2019-03-05", "2020-04-06"),
}

UNKNOWN = [
    "1900-01-01", "1900/1/1", "1900年1月1日", "19000101", "1900/1/0", "1900-1-0 00:00:00", "0000-00-00", "00000000",
    "0", "0000-00-00 00:00:00", "0001-01-01", "0001-01-01T00:00:00", "9999-12-31", "99991231", "9999/12/31 23:59:59",
    "2079-01-01", "2079-06-06", "1899-12-30", "不详", "不 详", "未知", "不清楚", "无", "/", "-", "——", "空", "N/A",
    "n/a", "null", "待定", "至今", "现在", "长期", "9999",
]  # fmt: skip

NOT_A_DATE = [
    None, "", " \u00a0", "2024-02-30", "2023-02-29", "2024年13月5日", "13月", "2024年13月", "2024-00-10", "2024-1-32",
    "20240230", "20241301", "202413", "201203", "正月初一", "二〇一九年八月十五", "八月十五", "农历2019年8月23日",
    "2019年闰四月", "二〇一二年正月十五", "腊月初八", "2019年腊月", "2019年三月初五", "二〇一九年三月廿二日",
    "2019年农历8月23日", "3/5/2024", "24.3.5", "24/3/5", "3/25/24", "32年3月5日", "10年", "5年", "3年", "半年",
    "3月5日", "9月", "09-01", "6·30", "2023-3/5", "2024.3-5", "1994.01-19", "2023-3-110:30", "123456", "60",
    "2024年3月左右", "约2019年", "大概2019年3月", "2019年3月至今", "2019年以前", "2019年前", "2019年3月起", "明天",
    "去年", "昨天", "上个月", "春节", "2019年春节", "2024-03-05 25:00", "2024-03-05 12:61", "2024-03-05 12:30 abc",
    "2024--03--05", "2024-03-", "-2024-03-05", "2024-03-05-06", "02024-03-05", "2024-003-05", "1799-03-05",
    "2200-03-05", "0202-03-05", "民国三十八年", "2020-05-29至2020-05-26", "2019-13", "2019年5月-3月",
    "2024年3月5日6日", "2024-03-05;2024-03-06", "2024-03-05T16:00:00+09:00", "2O24-03-05", "2024-l-5", "abc", "姓名",
    "2024年3月三十五日", "1e5", "####", "########", "#N/A", "-45356", "45,356", "二千零二十四年", "两千零二十四年三月",
    "2024年 月 日", "年月日时", "12:30", "五月", "2019、2020",
]  # fmt: skip


def readings(texts: Iterable[str | None]) -> dict[str | None, DateReading | None]:
    asked = list(texts)
    found = read_dates(asked, TODAY)
    assert len(found) == len(asked)
    return dict(zip(asked, found, strict=True))


def of_day(day: date) -> DateReading:
    return DateReading(day, day, "day")


@given(st.dates(date(1901, 1, 1), date(2078, 12, 31)), st.booleans())
@settings(deadline=None, max_examples=40)
def test_every_style_of_a_day(day: date, full_width: bool) -> None:
    texts = [style.format(y=day.year, m=day.month, d=day.day) for style in DAY_STYLES]
    if full_width:
        texts = [
            f"\u3000{text.translate(str.maketrans('0123456789/.-', '０１２３４５６７８９／．－'))}\u00a0"
            for text in texts
        ]
    assert readings(texts) == dict.fromkeys(texts, of_day(day))


NUMERALS = "零一二三四五六七八九"


def in_numerals(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十") + ("" if ones == 0 else NUMERALS[ones])


@given(st.dates(date(1901, 1, 1), date(2078, 12, 31)), st.sampled_from("零〇○O"), st.sampled_from("日号"))
@settings(deadline=None, max_examples=60)
def test_chinese_numerals(day: date, zero: str, last: str) -> None:
    year = "".join(NUMERALS[int(digit)] for digit in str(day.year)).replace("零", zero)
    month, number = in_numerals(day.month), in_numerals(day.day)
    whole, short, bare = f"{year}年{month}月{number}{last}", f"{year}年{month}月", f"{year}年{month}月{number}"
    end = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    found = readings([whole, short, bare])
    assert found == {whole: of_day(day), short: DateReading(day.replace(day=1), end, "month"), bare: None}


def test_days() -> None:
    assert readings(DAYS) == {text: of_day(day) for text, day in DAYS.items()}


def test_intervals() -> None:
    assert readings(INTERVALS) == {
        text: DateReading(date.fromisoformat(first), date.fromisoformat(last), kind)
        for text, (kind, first, last) in INTERVALS.items()
    }


def test_what_says_that_the_date_is_unknown() -> None:
    assert readings(UNKNOWN) == dict.fromkeys(UNKNOWN, DateReading(None, None, "unknown"))


def test_what_is_no_date() -> None:
    assert readings(NOT_A_DATE) == dict.fromkeys(NOT_A_DATE)


@given(st.dates(date(1906, 1, 8), date(2078, 12, 31)), st.booleans())
@settings(deadline=None, max_examples=30)
def test_spreadsheet_serials(day: date, with_time: bool) -> None:
    serial = str((day - date(1899, 12, 30)).days)
    text = f"{serial}.5" if with_time else serial
    if text not in {"9999", "99999"}:
        assert readings([text]) == {text: of_day(day)}


def test_two_digits_of_a_year_are_read_where_one_century_is_possible() -> None:
    texts = [f"{year:02d}年7月1日" for year in range(100)]
    found = readings(texts)
    years = [reading.first.year if (reading := found[text]) and reading.first else None for text in texts]
    assert years == [*range(2000, 2027), *([None] * 10), *range(1937, 2000)]
    assert read_dates(texts) == [None] * 100


PARTS = re.compile(
    r"(?P<y>(?:18|19|20|21)\d\d)(?:(?P<s>[-/.])(?P<m>\d{1,2})(?:(?P=s)(?P<d>\d{1,2}))?|年(?P<cm>\d{1,2})月(?:(?P<cd>\d{1,2})日)?)"
)


def naive(text: str) -> DateReading | None:
    """Read a text of digits, one kind of separator, 年月日, as a person would who knows nothing else."""
    parts = PARTS.fullmatch(text)
    if parts is None:
        return None
    year, month, day = int(parts["y"]), int(parts["m"] or parts["cm"]), parts["d"] or parts["cd"]
    try:
        first = date(year, month, int(day or 1))
    except ValueError:
        return None
    return of_day(first) if day else DateReading(first, date(year, month, calendar.monthrange(year, month)[1]), "month")


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(1901, 1, 2), date(2078, 12, 31)))
    style = draw(
        st.sampled_from(
            ("{y}-{m:02d}-{d:02d}", "{y}/{m}/{d}", "{y}.{m}.{d}", "{y}年{m}月{d}日", "{y}年{m}月", "{y}-{m}")
        )
    )
    text = list(style.format(y=day.year, m=day.month, d=day.day))
    for _ in range(draw(st.integers(0, 2))):
        text[draw(st.integers(0, len(text) - 1))] = draw(st.sampled_from("0123456789-/.年月日"))
    return "".join(text)


@given(st.lists(spoiled(), min_size=1, max_size=50, unique=True))
@settings(deadline=None, max_examples=60)
def test_one_wrong_character_never_makes_another_reading(texts: list[str]) -> None:
    """What the naive reading knows is read like that; what it does not know is no plain day of one year."""
    for text, found in readings(texts).items():
        assert text is not None
        expected = naive(text)
        if expected is not None:
            assert found == expected, text
        elif found is not None and found.kind == "day":
            # Two separators mixed with the year last, a compact date, a serial, a year of two digits.
            assert re.search(
                r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}$|^\d{8}$|^\d{4,5}(\.\d+)?$|^\d\d[-/.年]|^\d{4}年\d{1,2}月\d{1,2}$|\.$",
                text,
            ), (text, found)


@given(st.text(max_size=30))
@settings(deadline=None, max_examples=150)
def test_any_text_is_read_without_an_error(text: str) -> None:
    (found,) = read_dates([text.replace("\x00", "")], TODAY)
    assert found is None or found.kind == "unknown" or (found.first is not None and found.last is not None)


def test_the_words_are_declared_once() -> None:
    lines = DATE_WORDS.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) > 60


def _published() -> list[tuple[str, date, date]]:
    found = []
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if "case_source" in case:
            match = re.match(r"\['(.*?)', .*'time': (\[.*?\])", case["case_source"])
            text, times = (match[1], ast.literal_eval(match[2])) if match else ("", [])
        else:
            text, times = case["case"][0], case["case"][2]["time"]
        if len(times) == 2 and all(isinstance(each, str) and re.match(r"\d{4}-", each) for each in times):
            first, last = (datetime.fromisoformat(each).date() for each in times)
            found.append((text, first, last))
    return found


@pytest.mark.reference
@pytest.mark.skipif(not CASES.exists(), reason="the published cases are not here")
def test_published_cases() -> None:
    """Whatever is read of them is read as published, but for what is told here to be read more widely."""
    cases = _published()
    assert len(cases) > 250
    found = readings(text for text, _, _ in cases)
    dated = [(text, first, last, reading) for text, first, last in cases if (reading := found[text]) and reading.first]
    assert len(dated) >= 30
    wider = [text for text, first, last, reading in dated if (reading.first, reading.last) != (first, last)]
    assert all(
        reading.first <= first and last <= reading.last
        for text, first, last, reading in dated
        if text in wider and reading.first and reading.last
    )
    # 年底 is two months for them and the year for us; their February of 2002 and day of 24年 are those of their now.
    assert all(re.search("[初底末]", text) for text in wider), wider
