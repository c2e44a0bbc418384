"""The identity numbers in SQL say the same as python-stdnum, and nothing else gets through."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from stdnum import numdb
from stdnum.cn import ric

from ingest.identity import (
    ADDRESS_CODES,
    birth_date_of,
    identity_expression,
    is_placeholder,
    is_unsafe_numeric,
    masked_number,
    sex_of,
)

VECTORS = Path(__file__).parents[3] / "shared" / "testdata" / "validators" / "cn_resident_id_vectors.csv"
CODES_UNTIL = 2024


@dataclass(frozen=True)
class Identity:
    """What the expression says of one cell."""

    kind: str | None = None
    number: str | None = None
    problem: str | None = None
    doubt: str | None = None


def known_years() -> dict[str, tuple[int, int]]:
    with ADDRESS_CODES.open(encoding="utf-8", newline="") as file:
        return {row["code"]: (int(row["first_year"]), int(row["last_year"] or 9999)) for row in csv.DictReader(file)}


YEARS = known_years()


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def identities(
    connection: duckdb.DuckDBPyConnection, texts: Iterable[str | None], kind: str | None = None, numeric: bool = False
) -> list[Identity | None]:
    asked = list(texts)
    rows = connection.execute(
        f"""
        SELECT read.kind, read.number, read.problem, read.doubt, read IS NULL
        FROM (
            SELECT place, {identity_expression("text", "kind", "numeric")} AS read
            FROM (SELECT unnest($1::VARCHAR[]) AS text, unnest(range(len($1))) AS place,
                         $2::VARCHAR AS kind, $3::BOOLEAN AS numeric)
        )
        ORDER BY place
        """,
        [asked, kind, numeric],
    ).fetchall()
    assert len(rows) == len(asked)
    return [None if is_null else Identity(*values) for *values, is_null in rows]


def one(
    connection: duckdb.DuckDBPyConnection, text: str | None, kind: str | None = None, numeric: bool = False
) -> Identity | None:
    return identities(connection, [text], kind, numeric)[0]


def with_check(body: str) -> str:
    return body + ric.calc_check_digit(body + "0")


def expected(number: str) -> Identity:
    """Judge 18 characters of a resident by python-stdnum's check character and the declared address codes."""
    rounded = "rounded_tail" if number.endswith("000") else None
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        assert born.year >= 1800
        assert born.year < 2100
    except (ValueError, AssertionError):
        return Identity("RESIDENT", None, "date", rounded)
    if number[17] != ric.calc_check_digit(number):
        return Identity("RESIDENT", None, "check_digit", rounded)
    if number[:6] not in YEARS and born.year < CODES_UNTIL:
        return Identity("RESIDENT", None, "region")
    first, last = YEARS.get(number[:6], (9999, 9999))
    in_use = first <= max(born.year + 18, 2002) and last >= max(born.year, 1984) - 3
    return Identity("RESIDENT", number, None, rounded or (None if in_use else "address_years"))


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Numbers of 18 characters that are right, or wrong in one or two characters."""
    born = draw(st.dates(date(1900, 1, 1), date(2030, 12, 31)))
    area = draw(st.sampled_from(sorted(YEARS)) | st.integers(100000, 659999).map(str))
    number = list(with_check(f"{area}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"))
    for _ in range(draw(st.integers(0, 2))):
        number[draw(st.integers(1, 16))] = draw(st.sampled_from("0123456789"))
    if draw(st.booleans()):
        number[17] = draw(st.sampled_from("0123456789X"))
    drawn = "".join(number)
    assume(len(set(drawn[:6])) > 1 and not drawn.startswith(("1234567", "81", "82", "83", "9")))
    return drawn


def accepted_by_stdnum(number: str) -> bool:
    try:
        return ric.is_valid(number)
    except KeyError:  # stdnum knows the province and not the county
        return False


@given(st.lists(numbers(), min_size=1, max_size=60))
@settings(deadline=None, max_examples=25)
def test_residents_numbers_are_judged_as_by_stdnum(connection: duckdb.DuckDBPyConnection, drawn: list[str]) -> None:
    assert identities(connection, drawn) == [expected(number) for number in drawn]


def test_whatever_stdnum_accepts_is_accepted(connection: duckdb.DuckDBPyConnection) -> None:
    """Every address code of stdnum's own list, at a birth in its years, but codes that ended before numbers began."""
    texts = [with_check(f"{code}{year}0101001") for code in _codes_of_stdnum() for year in (1955, 1975, 1995, 2015)]
    accepted = [text for text in texts if accepted_by_stdnum(text)]
    assert len(accepted) > 8_000
    found = identities(connection, accepted)
    missed = {text[:6] for text, read in zip(accepted, found, strict=True) if read is None or read.number is None}
    assert missed <= ONLY_STDNUM
    assert len(missed) <= len(ONLY_STDNUM)


# Codes of before 1984, of one year, or of 丽水 under a prefecture code that the yearly registers do not have; 232761 to
# 232764 and 500157 came after the list.
ONLY_STDNUM = {
    *(f"1102{n:02d}" for n in range(1, 10)), *(f"1202{n:02d}" for n in range(1, 6)),
    *(f"3102{n:02d}" for n in range(1, 11)), *(f"3328{n}" for n in ("01", "02", *range(21, 30))),
    "150427", "230824", "232434", "232761", "232762", "232763", "232764", "332129", "332130", "332325", "332530",
    "332531", "332628", "332725", "332726", "332727", "352105", "352621", "370621", "370626", "370821", "370824",
    "412535", "420211", "421021", "430727", "432128", "432221", "440302", "442730", "452326", "500157", "512402",
    "532521", "622325",
}  # fmt: skip


def _codes_of_stdnum() -> list[str]:
    counties = numdb.get("cn/loc")
    provinces = sorted({code[:2] for code in YEARS})
    return [
        f"{province}{rest:04d}"
        for province in provinces
        for rest in range(10_000)
        if rest % 100 and any("county" in found for _, found in counties.info(f"{province}{rest:04d}"))
    ]


@given(st.sampled_from(sorted(YEARS)), st.dates(date(1930, 1, 1), date(2023, 12, 31)), st.integers(0, 999))
@settings(deadline=None, max_examples=10)
def test_every_wrong_character_and_every_swap_is_found(
    connection: duckdb.DuckDBPyConnection, area: str, born: date, order: int
) -> None:
    number = with_check(f"{area}{born:%Y%m%d}{order:03d}")
    wrong = [
        number[:place] + other + number[place + 1 :]
        for place in range(18)
        for other in "0123456789X"
        if other != number[place]
    ]
    swapped = [
        number[:n] + number[n + 1] + number[n] + number[n + 2 :] for n in range(17) if number[n] != number[n + 1]
    ]
    assert len(wrong) == 18 * 10
    found = identities(connection, [*wrong, *swapped])
    assert [read and read.number for read in found] == [None] * len(found)
    assert all(read and read.problem for read in found)


@given(st.lists(numbers(), min_size=1, max_size=60))
@settings(deadline=None, max_examples=15)
def test_a_number_of_15_digits_becomes_the_18_digits_it_abbreviates(
    connection: duckdb.DuckDBPyConnection, drawn: list[str]
) -> None:
    shortened = [number[:6] + number[8:17] for number in drawn]
    assume(not any(text.startswith("123456789") for text in shortened))
    whole = [with_check(number[:6] + "19" + number[8:17]) for number in drawn]
    assume(not any(number.endswith("000") for number in whole))
    assert identities(connection, shortened) == [expected(number) for number in whole]


OTHERS = [
    ("810000199408230021", None, Identity("HMT_RESIDENCE", "810000199408230021")),
    ("830000199201300022", "HMT_RESIDENCE", Identity("HMT_RESIDENCE", "830000199201300022")),
    ("810000199408230022", None, Identity("HMT_RESIDENCE", None, "check_digit")),
    (with_check("81010119940823002"), None, Identity("RESIDENT", None, "region")),
    (with_check("93184019901201001"), None, Identity("FOREIGN_RESIDENCE", with_check("93184019901201001"))),
    ("931840199013010012", None, Identity("FOREIGN_RESIDENCE", None, "date")),
    ("990426199112010074", None, Identity("FOREIGN_RESIDENCE", None, "region")),
    ("USA310080021301", None, Identity("FOREIGN_RESIDENCE", "FOREIGN_RESIDENCE:USA310080021301")),
    ("USA310080133301", None, Identity("FOREIGN_RESIDENCE", None, "date")),
    ("H12345678", None, Identity("HM_PERMIT", "HM_PERMIT:H12345678")),
    ("m0123456789", "HM_PERMIT", Identity("HM_PERMIT", "HM_PERMIT:M0123456789")),
    ("H123456789", None, Identity(None, None, "structure")),
    ("H12345678", "RESIDENT", Identity("RESIDENT", None, "structure")),
    ("12345678", "TW_PERMIT", Identity("TW_PERMIT", "TW_PERMIT:12345678")),
    ("0012345678", "TW_PERMIT", Identity("TW_PERMIT", "TW_PERMIT:0012345678")),
    ("12345678", None, Identity(None, None, "structure")),
    ("E12345678", None, Identity("PASSPORT", "PASSPORT:E12345678")),
    ("EA1234567", None, Identity("PASSPORT", "PASSPORT:EA1234567")),
    ("Ｇ１２３４５６７８", None, Identity("PASSPORT", "PASSPORT:G12345678")),
    ("AB123456", None, Identity(None, None, "structure")),
    ("AB123456", "PASSPORT", Identity("PASSPORT", "PASSPORT:AB123456")),
    ("AB12", "PASSPORT", Identity("PASSPORT", None, "structure")),
    ("军字第1234号", "OTHER", Identity("OTHER", None, "structure")),
    ("A1234567890", "OTHER", Identity("OTHER", "OTHER:A1234567890")),
    ("11010119900307803X", "PASSPORT", Identity("RESIDENT", "11010119900307803X", None, "kind")),
    ("11010119900307803X", "RESIDENT", Identity("RESIDENT", "11010119900307803X")),
    ("110101900307803", "PASSPORT", Identity("PASSPORT", None, "structure")),
]


@pytest.mark.parametrize(("text", "kind", "identity"), OTHERS)
def test_documents(connection: duckdb.DuckDBPyConnection, text: str, kind: str | None, identity: Identity) -> None:
    assert one(connection, text, kind) == identity


ROUNDED_AND_RIGHT = next(
    number for day in range(1, 29) if (number := with_check(f"440308199901{day:02d}100")).endswith("000")
)


@pytest.mark.parametrize(
    ("text", "numeric", "identity"),
    [
        ("110101199003078000", True, Identity(None, None, "rounded")),
        ("11010119900307803X", False, Identity("RESIDENT", "11010119900307803X")),
        ("1.10101199003078E+17", False, Identity(None, None, "rounded")),
        ("1.1E17", True, Identity(None, None, "rounded")),
        ("440308199901101512.0", False, Identity(None, None, "rounded")),
        ("440308199901101504", True, Identity(None, None, "rounded")),
        ("440308199901101000", False, Identity("RESIDENT", None, "check_digit", "rounded_tail")),
        # One in eleven rounded numbers has the right check character.
        (ROUNDED_AND_RIGHT, False, Identity("RESIDENT", ROUNDED_AND_RIGHT, None, "rounded_tail")),
        ("440308199901101513", False, Identity("RESIDENT", None, "check_digit")),
        ("110101900307803", True, Identity("RESIDENT", with_check("11010119900307803"))),
    ],
)
def test_numbers_that_a_spreadsheet_rounded(
    connection: duckdb.DuckDBPyConnection, text: str, numeric: bool, identity: Identity
) -> None:
    assert one(connection, text, None, numeric) == identity


@pytest.mark.parametrize(
    "text",
    ["000000000000000000", "000000199001010000", "000000", "0", "111111111111111111", "111111199901101512", "无",
     "222222222222222222", "不详", "999999199001010007", "123456789012345678",
     "123456789123456789", "XXXXXXXXXXXXXXXXXX", "/", "-", "暂无", "N/A",
     "null", "***", "333333333333333"],
)  # fmt: skip
def test_placeholders(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert one(connection, text) == Identity(None, None, "placeholder")


@pytest.mark.parametrize(
    "text",
    ["3401241990010", "34012419900101001", "3401241990010100112", "X40124199001010015", "护照E12345678",
     "340124********1234", "340124-19900101-0011", "身份证340124199001010011", "张三", "34012419900101001O"],
)  # fmt: skip
def test_what_is_no_number(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert one(connection, text) == Identity(None, None, "structure")


@pytest.mark.parametrize("text", [None, "", "   ", "　", "'"])
def test_nothing_written_is_nothing(connection: duckdb.DuckDBPyConnection, text: str | None) -> None:
    assert one(connection, text) is None


@pytest.mark.parametrize(
    ("number", "doubt"),
    [
        (with_check("34262219850101001"), None),  # 庐江县 until 1999
        (with_check("34262220050101001"), "address_years"),
        (with_check("34012420120101001"), None),  # since 2011
        (with_check("34012419990101001"), None),
        (with_check("34012419500101001"), "address_years"),
        (with_check("50015419930101001"), "address_years"),  # since 2016
        (with_check("50015720250601001"), "address_years"),  # after the list ends: asked, not refused
    ],
)
def test_address_codes_in_the_years_of_the_number(
    connection: duckdb.DuckDBPyConnection, number: str, doubt: str | None
) -> None:
    assert one(connection, number) == Identity("RESIDENT", number, None, doubt)


@pytest.mark.parametrize(
    "text",
    [
        "11010119900307803x",
        "１１０１０１１９９００３０７８０３Ｘ",
        "１１０１０１１９９００３０７８０３ｘ",
        "11010119900307803×",
        " 110101 19900307 803X ",
        "\u00a011010119900307803X\u3000",
        "'11010119900307803X",
        "\ufeff11010119900307803X\t",
    ],
)
def test_ways_of_writing_one_number(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert one(connection, text) == Identity("RESIDENT", "11010119900307803X")


@pytest.mark.parametrize(
    ("number", "sex", "born"),
    [("11010119900307803X", "1", date(1990, 3, 7)), ("PASSPORT:E12345678", None, None),
     ("HM_PERMIT:H12345678", None, None), (None, None, None)],
)  # fmt: skip
def test_what_a_number_says(
    connection: duckdb.DuckDBPyConnection, number: str | None, sex: str | None, born: date | None
) -> None:
    said = connection.execute(
        f"SELECT {sex_of('number')}, {birth_date_of('number')} FROM (SELECT $1::VARCHAR AS number)", [number]
    ).fetchall()
    assert said == [(sex, born)]


@pytest.mark.parametrize(
    ("text", "numeric", "unsafe"),
    [("110101199003078000", True, True), ("110101199003078000", False, False), ("110101900307803", True, False),
     ("1.10101199003078E17", True, True), ("110101199003078000", None, False)],
)  # fmt: skip
def test_numeric_cells_keep_fifteen_digits(
    connection: duckdb.DuckDBPyConnection, text: str, numeric: bool | None, unsafe: bool
) -> None:
    query = f"SELECT {is_unsafe_numeric('text', 'numeric')} FROM (SELECT $1 AS text, $2::BOOLEAN AS numeric)"
    assert connection.execute(query, [text, numeric]).fetchall() == [(unsafe,)]


def test_placeholders_are_told_from_damaged_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    query = f"SELECT {is_placeholder('text')} FROM (SELECT unnest(['0000001990', '3401241990']) AS text)"
    assert connection.execute(query).fetchall() == [(True,), (False,)]


@given(st.text(alphabet="0123456789X", min_size=1, max_size=25))
@settings(deadline=None, max_examples=100)
def test_a_masked_number_never_shows_who_it_is(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    shown = connection.execute(f"SELECT {masked_number('text')} FROM (SELECT $1 AS text)", [text]).fetchall()[0][0]
    readable = shown.replace("*", "")
    assert len(readable) <= (8 if len(text) >= 15 else 2)
    assert shown != text


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=20)
def test_any_text_is_judged_without_an_error(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    for kind in (None, "PASSPORT"):
        read = one(connection, text.replace("\x00", ""), kind)
        assert read is None or (read.number is None) == (read.problem is not None)


@pytest.mark.reference
@pytest.mark.skipif(not VECTORS.exists(), reason="the published test vectors are not here")
def test_published_vectors(connection: duckdb.DuckDBPyConnection) -> None:
    vectors = list(csv.DictReader(VECTORS.open(encoding="utf-8")))
    assert len(vectors) == 34
    for vector, found in zip(vectors, identities(connection, [row["number"] for row in vectors]), strict=True):
        number = found and found.number
        # A code that was not yet or no more in use at birth is no error: people are registered years after it.
        if not vector["reason"].startswith("strict: county"):
            assert str(number is not None) == vector["expect_valid"], vector["reason"]
        if vector["upgrade_to"]:
            assert number == vector["upgrade_to"]
