"""Texts become values or NULL, in every style clerks write, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cell_text import folded, spaced
from ingest.errors import UsageError
from ingest.typed import typed_expression


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def value(connection: duckdb.DuckDBPyConnection, expression: str, text: str | None) -> Any:
    return connection.execute(f"SELECT {expression} FROM (SELECT $1::VARCHAR AS text)", [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2023年3月5日", date(2023, 3, 5)), ("45000.5", date(2023, 3, 15)), ("2023年3月", None), ("不详", None)],
)
def test_a_date_is_one_day(connection: duckdb.DuckDBPyConnection, text: str, day: date | None) -> None:
    assert value(connection, typed_expression("date", "text"), text) == day


@pytest.mark.parametrize(
    ("field_type", "text", "expected"),
    [("id_number", " 11010119900307803x", "11010119900307803X"), ("id_number", "110101199003078030", None),
     ("credit_code", "91110000600037341l", "91110000600037341L"), ("credit_code", "91110000600037341M", None)],
)  # fmt: skip
def test_numbers_that_prove_themselves(
    connection: duckdb.DuckDBPyConnection, field_type: str, text: str, expected: str | None
) -> None:
    assert value(connection, typed_expression(field_type, "text"), text) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), (" 12 ", 12), ("１２", 12), ("1,234", 1234), ("1，234，567", 1234567), ("12.0", 12), ("-3", None),
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
@settings(deadline=None, max_examples=50)
def test_any_text_is_typed_without_an_error(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    text = text.replace("\x00", "")
    types = ("name", "id_number", "date", "place", "text", "phone", "integer", "credit_code")
    typed = ", ".join(f"({typed_expression(field_type, 'text')})::VARCHAR" for field_type in types)
    value(connection, f"[{typed}]", text)
    once = value(connection, spaced("text"), text)
    assert once is None or (once == once.strip() and "  " not in once)
    assert value(connection, spaced("text"), once) == once


def test_folding_covers_all_full_width_marks(connection: duckdb.DuckDBPyConnection) -> None:
    wide = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
    assert value(connection, folded("text"), wide) == "".join(chr(code) for code in range(0x21, 0x7F))


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UsageError, match="no field type 'colour'"):
        typed_expression("colour", "text")
