"""Credit codes in SQL are those of python-stdnum, and every single slip of the pen is found."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc

from ingest.credit_code import ALPHABET, credit_code_expression

VECTORS = Path(__file__).parents[3] / "shared" / "testdata" / "validators" / "cn_uscc_vectors.csv"
AUTHORITIES = "123456789ANY"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def read(connection: duckdb.DuckDBPyConnection, texts: list[str]) -> list[str | None]:
    rows = connection.execute(
        f"SELECT {credit_code_expression('text')} FROM (SELECT unnest($1::VARCHAR[]) AS text)", [texts]
    ).fetchall()
    assert len(rows) == len(texts)
    return [row[0] for row in rows]


@st.composite
def codes(draw: st.DrawFn) -> str:
    head = draw(st.sampled_from(AUTHORITIES)) + draw(st.sampled_from("1239"))
    body = head + f"{draw(st.integers(110000, 659999))}" + draw(st.text(alphabet=ALPHABET, min_size=9, max_size=9))
    return body + uscc.calc_check_digit(body)


@given(st.lists(codes(), min_size=1, max_size=40))
@settings(deadline=None, max_examples=40)
def test_codes_with_their_check_character(connection: duckdb.DuckDBPyConnection, drawn: list[str]) -> None:
    assert read(connection, drawn) == drawn
    assert all(uscc.is_valid(code) or not code[0].isdigit() for code in drawn)


@given(codes())
@settings(deadline=None, max_examples=15)
def test_every_wrong_character_is_found(connection: duckdb.DuckDBPyConnection, code: str) -> None:
    texts = [
        code[:place] + wrong + code[place + 1 :]
        for place in range(len(code))
        for wrong in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        if wrong != code[place]
    ]
    swapped = [code[:n] + code[n + 1] + code[n] + code[n + 2 :] for n in range(17) if code[n] != code[n + 1]]
    assert len(texts) == 18 * 35
    assert read(connection, [*texts, *swapped]) == [None] * (len(texts) + len(swapped))


@pytest.mark.parametrize(
    "text",
    ["91110000600037341L", "91110000600037341l", "９１１１００００６００037341Ｌ", " 911100006000 37341L ",
     "'91110000600037341L", "9111-0000-6000-3734-1L", "\ufeff91110000600037341L\t"],
)  # fmt: skip
def test_ways_of_writing_one_code(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, [text]) == ["91110000600037341L"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "无", "/", "0" * 18, "9" * 18, "91110000600037341", "91110000600037341LL", "9.1110000600037E+17",
     "91110000600037341I", "340124199001011234", "110000600037341"],
)  # fmt: skip
def test_what_is_no_code(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(connection, [text]) == [None]


@pytest.mark.reference
@pytest.mark.skipif(not VECTORS.exists(), reason="the published test vectors are not here")
def test_published_vectors(connection: duckdb.DuckDBPyConnection) -> None:
    vectors = list(csv.DictReader(VECTORS.open(encoding="utf-8")))
    assert len(vectors) == 70
    found = read(connection, [row["number"] for row in vectors])
    assert [str(code is not None) for code in found] == [row["expect_valid"] for row in vectors]
