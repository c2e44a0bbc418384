"""Texts become values or NULL, in every style clerks write, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UsageError
from ingest.typed import folded, month_of, spaced, typed_expression

STYLES = (
    "{y:04d}-{m:02d}-{d:02d}", "{y}/{m}/{d}", "{y}.{m}.{d}", "{y}年{m}月{d}日", "{y:04d}{m:02d}{d:02d}",
    "{y}-{m}-{d} 08:30:00", "{y} 年 {m} 月 {d} 号", "{y}/{m}/{d} 8:05",
)  # fmt: skip
FULL_WIDTH = str.maketrans("0123456789/.-", "０１２３４５６７８９／．－")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def value(connection: duckdb.DuckDBPyConnection, expression: str, text: str | None) -> Any:
    return connection.execute(f"SELECT {expression} FROM (SELECT $1::VARCHAR AS text)", [text]).fetchall()[0][0]


@given(st.dates(date(1850, 1, 1), date(2150, 12, 31)), st.sampled_from(STYLES), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=300)
def test_every_style_of_a_date(
    connection: duckdb.DuckDBPyConnection, day: date, style: str, full_width: bool, padded: bool
) -> None:
    text = style.format(y=day.year, m=day.month, d=day.day)
    text = text.translate(FULL_WIDTH) if full_width else text
    text = f"\u3000{text}\u00a0" if padded else text
    assert value(connection, typed_expression("date", "text"), text) == day


@given(st.dates(date(1906, 1, 8), date(2150, 12, 31)), st.booleans())
@settings(deadline=None, max_examples=100)
def test_spreadsheet_serials(connection: duckdb.DuckDBPyConnection, day: date, with_time: bool) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert value(connection, typed_expression("date", "text"), f"{serial}.75" if with_time else str(serial)) == day


def test_serials_count_the_leap_day_that_never_was(connection: duckdb.DuckDBPyConnection) -> None:
    # What spreadsheets show for these serials.
    shown = {"36526": date(2000, 1, 1), "44990": date(2023, 3, 5), "25569": date(1970, 1, 1)}
    assert {text: value(connection, typed_expression("date", "text"), text) for text in shown} == shown


@pytest.mark.parametrize(
    "text",
    [None, "", " \u00a0", "2023", "1985", "2023.3", "2023年3月", "202303", "23.3.5", "2023-02-30", "2023/13/1",
     "20230230", "2023-3/5", "至今", "不详", "-", "3月5日", "2023-3-110:30", "123456", "60", "2199", "0202-03-05",
     "2023-03-05至今", "2023.3.5-2024.1.1"],
)  # fmt: skip
def test_what_is_not_one_day_is_none(connection: duckdb.DuckDBPyConnection, text: str | None) -> None:
    assert value(connection, typed_expression("date", "text"), text) is None


@pytest.mark.parametrize(
    ("text", "month"),
    [("1980.05", date(1980, 5, 1)), ("1980年5月", date(1980, 5, 1)), ("198005", date(1980, 5, 1)),
     ("１９８０－５", date(1980, 5, 1)), ("1980.13", None), ("1980.5.1", None), ("1980", None), (None, None)],
)  # fmt: skip
def test_a_month_alone(connection: duckdb.DuckDBPyConnection, text: str | None, month: date | None) -> None:
    assert value(connection, month_of("text"), text) == month


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), (" 12 ", 12), ("１２", 12), ("1,234", 1234), ("1，234，567", 1234567), ("12.0", 12), ("-3", -3),
     ("0", 0),     ("1.5", None), ("12人", None), ("1,23", None), ("x", None), ("", None), ("9" * 40, None)],
)  # fmt: skip
def test_integers(connection: duckdb.DuckDBPyConnection, text: str, number: int | None) -> None:
    assert value(connection, typed_expression("integer", "text"), text) == number


@pytest.mark.parametrize(
    ("text", "phone"),
    [("13800000000", "13800000000"), ("138 0000 0000", "13800000000"), ("+86-13800000000", "13800000000"),
     ("(0551)87654321", "055187654321"), ("１３８００００００００", "13800000000"), ("123", None), ("无", None)],
)  # fmt: skip
def test_phones(connection: duckdb.DuckDBPyConnection, text: str, phone: str | None) -> None:
    assert value(connection, typed_expression("phone", "text"), text) == phone


@pytest.mark.parametrize(
    ("text", "name"),
    [("张　三", "张三"), (" 王\u00a0五 ", "王五"), ("Anna  Test", "Anna Test"), ("𠮷\ue000", "𠮷\ue000"), ("Ａ", "Ａ"),
     ("阿依古丽·试", "阿依古丽·试"), ("\u3000", None)],
)  # fmt: skip
def test_names_keep_their_characters(connection: duckdb.DuckDBPyConnection, text: str, name: str | None) -> None:
    assert value(connection, typed_expression("name", "text"), text) == name


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=200)
def test_any_text_is_typed_without_an_error(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    text = text.replace("\x00", "")
    for field_type in ("name", "id_number", "date", "place", "text", "phone", "integer"):
        value(connection, typed_expression(field_type, "text"), text)
    once = value(connection, spaced("text"), text)
    assert once is None or (once == once.strip() and "  " not in once)
    assert value(connection, spaced("text"), once) == once


def test_folding_covers_all_full_width_marks(connection: duckdb.DuckDBPyConnection) -> None:
    wide = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
    assert value(connection, folded("text"), wide) == "".join(chr(code) for code in range(0x21, 0x7F))


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UsageError, match="no field type 'colour'"):
        typed_expression("colour", "text")
