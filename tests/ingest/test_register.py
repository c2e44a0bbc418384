"""The shipped register, other vintages of it, and their merging by date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingest.errors import UsageError
from ingest.register import (
    COLUMNS,
    OPEN_START,
    SHIPPED_AS_OF,
    SHIPPED_REGISTER,
    MergeSummary,
    division_query,
    merge_vintage,
    read_vintage,
    register_query,
)

SHARED = Path(__file__).parents[3] / "shared"
RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"
MEGABYTE = 1_000_000

SMALL = """code,name
11,北京市
1101,市辖区
110101,东城区
110101001,东华门街道
110101001001,多福巷社区居委会
34,安徽省
3401,合肥市
340124,庐江县
340124100,庐城镇
340124100201,新桥村民委员会
340124101,汤池镇
340124101201,果树村民委员会
"""


@pytest.fixture(scope="module")
def shipped() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute(f"INSERT INTO raw.division BY NAME {register_query()}")
        yield connection


def row(connection: duckdb.DuckDBPyConnection, code: str) -> dict[str, object]:
    found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM raw.division WHERE code = ?", [code]).fetchall()
    assert len(found) == 1
    return dict(zip(COLUMNS, found[0], strict=True))


def test_the_file_is_small() -> None:
    assert SHIPPED_REGISTER.stat().st_size < 4 * MEGABYTE


def test_columns_are_those_of_the_raw_schema(shipped: duckdb.DuckDBPyConnection) -> None:
    described = shipped.execute(f"DESCRIBE {register_query()}").fetchall()
    expected = shipped.execute("DESCRIBE raw.division").fetchall()
    assert [each[:2] for each in described] == [each[:2] for each in expected]


def test_counts_by_level(shipped: duckdb.DuckDBPyConnection) -> None:
    counted = shipped.execute(
        "SELECT level, count(*), count(DISTINCT code) FROM raw.division GROUP BY level"
    ).fetchall()
    assert {level: (rows, codes) for level, rows, codes in counted} == {
        "province": (31, 31),
        "city": (342, 342),
        "county": (2974, 2974),
        "township": (41351, 41351),
        "village": (620572, 620572),
    }


def test_333_cities_and_9_virtual_rows(shipped: duckdb.DuckDBPyConnection) -> None:
    virtual = shipped.execute("SELECT code FROM raw.division WHERE is_virtual ORDER BY code").fetchall()
    assert [code for (code,) in virtual] == [
        f"{code}00000000" for code in ("1101", "1201", "3101", "4190", "4290", "4690", "5001", "5002", "6590")
    ]


def test_every_parent_is_listed_and_is_the_next_ancestor(shipped: duckdb.DuckDBPyConnection) -> None:
    orphans = shipped.execute(
        "SELECT count(*) FROM raw.division AS d ANTI JOIN raw.division AS p ON p.code = d.parent_code "
        "WHERE d.level <> 'province'"
    ).fetchall()
    skipped = shipped.execute("""
        SELECT count(*) FROM raw.division WHERE parent_code IS DISTINCT FROM CASE level
            WHEN 'village' THEN township_code WHEN 'township' THEN coalesce(county_code, city_code)
            WHEN 'county' THEN city_code WHEN 'city' THEN province_code END
    """).fetchall()
    assert (orphans, skipped) == ([(0,)], [(0,)])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("110101001001", {"full_name": "北京市东城区东华门街道多福巷社区居委会", "city_code": "110100000000"}),
        ("500236000000", {"full_name": "重庆市奉节县", "parent_code": "500200000000", "is_city_district": False}),
        ("429004000000", {"full_name": "湖北省仙桃市", "city_code": "429000000000", "is_city_district": False}),
        ("441900003000", {"parent_code": "441900000000", "county_code": None, "full_name": "广东省东莞市东城街道"}),
        ("620201100000", {"parent_code": "620200000000", "county_code": None, "full_name": "甘肃省嘉峪关市新城镇"}),
        ("460400100000", {"parent_code": "460400000000", "county_code": None, "is_city_district": True}),
        ("350527000000", {"name": "金门县", "level": "county", "township_code": None}),
        ("340100000000", {"county_code": None, "village_code": None, "valid_from": OPEN_START, "valid_to": None}),
    ],
)
def test_divisions_that_break_simple_rules(
    shipped: duckdb.DuckDBPyConnection, code: str, expected: dict[str, object]
) -> None:
    found = row(shipped, code)
    assert {column: found[column] for column in expected} == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("110101000000", True),
        ("340103000000", True),
        ("441900000000", True),
        ("441900003000", True),
        ("340124000000", False),
        ("340181000000", False),
        ("520203000000", False),
        ("429021000000", False),
        ("232763000000", False),
        ("340176000000", None),
        ("460321000000", None),
        ("340100000000", None),
    ],
)
def test_city_districts(shipped: duckdb.DuckDBPyConnection, code: str, expected: bool | None) -> None:
    assert row(shipped, code)["is_city_district"] is expected


def test_townships_and_villages_are_city_district_as_their_county(shipped: duckdb.DuckDBPyConnection) -> None:
    different = shipped.execute(
        "SELECT count(*) FROM raw.division AS d JOIN raw.division AS c ON c.code = d.county_code "
        "WHERE d.is_city_district IS DISTINCT FROM c.is_city_district"
    ).fetchall()
    assert different == [(0,)]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def table(small: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute(f"INSERT INTO raw.division BY NAME {read_vintage(small, date(2023, 6, 30))}")
        yield connection


def vintage(tmp_path: Path, text: str, as_of: date) -> str:
    path = tmp_path / f"{as_of}.csv"
    path.write_text(text, encoding="utf-8")
    return read_vintage(path, as_of)


def rows_of(connection: duckdb.DuckDBPyConnection, code: str) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT full_name, valid_from, valid_to FROM raw.division WHERE code = ? ORDER BY valid_from", [code]
    ).fetchall()


def test_short_codes_are_padded_and_levels_follow(table: duckdb.DuckDBPyConnection) -> None:
    levels = table.execute("SELECT level, count(*) FROM raw.division GROUP BY level").fetchall()
    assert dict(levels) == {"province": 2, "city": 2, "county": 2, "township": 3, "village": 3}


def test_parquet_reads_as_csv_does(small: Path, tmp_path: Path) -> None:
    parquet = tmp_path / "register.parquet"
    duckdb.sql(
        f"COPY (SELECT code::BIGINT AS code, name, '220' AS ur_code FROM read_csv('{small}', all_varchar = true)) "
        f"TO '{parquet}'"
    )
    select = "SELECT code, full_name, parent_code FROM ({}) ORDER BY code"
    day = date(2024, 6, 30)
    from_csv = duckdb.sql(select.format(read_vintage(small, day))).fetchall()
    query = read_vintage(parquet, day)
    assert len(from_csv) == 12
    assert duckdb.sql(select.format(query)).fetchall() == from_csv
    assert duckdb.sql(f"SELECT DISTINCT urban_rural_code FROM ({query})").fetchall() == [("220",)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,name\n11,北京市\n", "no column code"),
        ("code\n11\n", "no column name"),
        ("code,name\n", "no rows"),
        ("code,name\n11,北京市\n110,东城区\n", "1 codes that are not 2, 4, 6, 9 or 12 digits, the first is '110'"),
        ("code,name\n11,\n", "1 codes without a name, the first is 110000000000"),
        ("code,name\n34,安徽省\n34,安徽\n", "1 codes with two different rows, the first is 340000000000"),
        ("code,name\n34,安徽省\n340124,庐江县\n", "lacks the parent of 1 codes, the first is 340124000000"),
        (SMALL.replace("340124,庐江县\n", "340181,巢湖市\n"), "lacks the parent of 4 codes, the first is 340124100000"),
        (
            "code,name,parent_code\n34,安徽省,\n35,福建省,\n3401,合肥市,35\n",
            "a parent they do not lie in, the first is 3401",
        ),
    ],
)
def test_what_is_no_register_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        vintage(tmp_path, text, date(2024, 6, 30))


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    gbk = tmp_path / "gbk.csv"
    gbk.write_bytes(SMALL.encode("gb18030"))
    for path in (gbk, tmp_path / "absent.csv", tmp_path / "register.xlsx"):
        with pytest.raises(UsageError):
            read_vintage(path, date(2024, 6, 30))


def test_the_same_vintage_again_changes_nothing(table: duckdb.DuckDBPyConnection, small: Path) -> None:
    before = table.execute("SELECT * FROM raw.division ORDER BY code").fetchall()
    for day in (date(2023, 6, 30), date(2024, 6, 30)):
        summary = merge_vintage(table, "raw.division", read_vintage(small, day), day)
        assert summary == MergeSummary(ended=0, begun=0, unchanged=12)
    assert table.execute("SELECT * FROM raw.division ORDER BY code").fetchall() == before


def test_a_renamed_county_renames_what_lies_in_it(table: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    day = date(2025, 6, 30)
    summary = merge_vintage(table, "raw.division", vintage(tmp_path, SMALL.replace("庐江县", "庐江市"), day), day)
    assert summary == MergeSummary(ended=5, begun=5, unchanged=7)
    assert rows_of(table, "340124100201") == [
        ("安徽省合肥市庐江县庐城镇新桥村民委员会", date(2023, 6, 30), day),
        ("安徽省合肥市庐江市庐城镇新桥村民委员会", day, None),
    ]


def test_new_and_vanished_divisions(table: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    day = date(2025, 6, 30)
    text = SMALL.replace("340124100201,新桥村民委员会", "340124100001,新桥社区居民委员会")
    assert merge_vintage(table, "raw.division", vintage(tmp_path, text, day), day) == MergeSummary(1, 1, 11)
    assert rows_of(table, "340124100201") == [("安徽省合肥市庐江县庐城镇新桥村民委员会", date(2023, 6, 30), day)]
    assert rows_of(table, "340124100001") == [("安徽省合肥市庐江县庐城镇新桥社区居民委员会", day, None)]


def test_a_vintage_to_the_township_keeps_the_villages(table: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    day = date(2025, 6, 30)
    text = "".join(line for line in SMALL.splitlines(keepends=True) if len(line.split(",")[0]) < 12)
    renamed = vintage(tmp_path, text.replace("汤池镇", "汤池街道"), day)
    assert merge_vintage(table, "raw.division", renamed, day) == MergeSummary(ended=2, begun=2, unchanged=10)
    assert rows_of(table, "340124100201") == [("安徽省合肥市庐江县庐城镇新桥村民委员会", date(2023, 6, 30), None)]
    assert rows_of(table, "340124101201")[-1] == ("安徽省合肥市庐江县汤池街道果树村民委员会", day, None)


def test_a_vintage_of_one_province_leaves_the_others(table: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    day = date(2025, 6, 30)
    text = "code,name\n" + "".join(line for line in SMALL.splitlines(keepends=True) if line.startswith("34"))
    assert merge_vintage(table, "raw.division", vintage(tmp_path, text, day), day) == MergeSummary(0, 0, 12)


def test_a_corrected_vintage_of_the_same_day_replaces_it(table: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    day = date(2025, 6, 30)
    merge_vintage(table, "raw.division", vintage(tmp_path, SMALL.replace("汤池镇", "汤迟镇"), day), day)
    merge_vintage(table, "raw.division", vintage(tmp_path, SMALL.replace("汤池镇", "汤池街道"), day), day)
    assert [full_name for full_name, *_ in rows_of(table, "340124101000")] == [
        "安徽省合肥市庐江县汤池镇",
        "安徽省合肥市庐江县汤池街道",
    ]


def test_an_older_vintage_is_refused(table: duckdb.DuckDBPyConnection, small: Path) -> None:
    with pytest.raises(UsageError, match="2020-06-30 is older than the one of 2023-06-30"):
        merge_vintage(table, "raw.division", read_vintage(small, date(2020, 6, 30)), date(2020, 6, 30))


def test_rows_of_the_open_start_count_as_of_the_shipped_date(table: duckdb.DuckDBPyConnection, small: Path) -> None:
    table.execute("UPDATE raw.division SET valid_from = ?", [OPEN_START])
    before = SHIPPED_AS_OF.replace(year=2022)
    with pytest.raises(UsageError, match="older than the one of 2023-06-30"):
        merge_vintage(table, "raw.division", read_vintage(small, before), before)


def test_division_query_takes_any_select() -> None:
    listed = "SELECT '340000000000' AS code, '安徽省' AS name, NULL::VARCHAR AS urban_rural_code"
    assert duckdb.sql(f"SELECT code, level, full_name FROM ({division_query(listed, SHIPPED_AS_OF)})").fetchall() == [
        ("340000000000", "province", "安徽省")
    ]


def shared_file(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path.name} is not here")
    return path


@pytest.mark.reference
def test_a_real_village_register_reads() -> None:
    path = shared_file("reference", "divisions_village", "nbs_2022-10-31.parquet")
    query = read_vintage(path, date(2022, 10, 31))
    counted = duckdb.sql(f"SELECT level, count(*), count(urban_rural_code) FROM ({query}) GROUP BY level").fetchall()
    assert {level: rows for level, rows, _ in counted} == {
        "province": 31,
        "city": 342,
        "county": 3261,
        "township": 41343,
        "village": 617890,
    }
    assert sum(coded for *_, coded in counted) == 617865


@pytest.mark.reference
@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (("testdata", "divisions_village", "nbs_2016-07-31.parquet"), "1 codes a parent they do not lie in"),
        (("testdata", "divisions_township", "areacity_2024-03_level4_pinyin.parquet"), "no column code"),
        (("testdata", "divisions_township", "mumuy_towns_incl_abolished_counties.parquet"), "no column code"),
    ],
)
def test_real_registers_with_faults_are_refused(parts: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_vintage(shared_file(*parts), date(2016, 7, 31))


@pytest.mark.reference
def test_seven_years_of_registers_merge_in_order(tmp_path: Path) -> None:
    path = shared_file("reference", "divisions_township", "nbs_township_vintages_2016_2022.parquet")
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        days = connection.execute(f"SELECT DISTINCT vintage FROM '{path}' ORDER BY vintage").fetchall()
        assert len(days) == 7
        for (day,) in days:
            csv = tmp_path / f"{day}.csv"
            connection.execute(
                f"COPY (SELECT code, name, parent_code FROM '{path}' WHERE vintage = '{day}') TO '{csv}'"
            )
            as_of = date.fromisoformat(day)
            query = read_vintage(csv, as_of)
            merge_vintage(connection, "raw.division", query, as_of)
            listed = connection.execute(f"SELECT code, full_name FROM ({query}) ORDER BY code").fetchall()
            valid = connection.execute(
                "SELECT code, full_name FROM raw.division WHERE valid_to IS NULL ORDER BY code"
            ).fetchall()
            assert len(listed) > 44_000
            assert valid == listed
        overlaps = connection.execute(
            "SELECT count(*) FROM raw.division AS a JOIN raw.division AS b ON a.code = b.code "
            "AND a.valid_from < b.valid_from AND coalesce(a.valid_to, DATE '9999-12-31') > b.valid_from"
        ).fetchall()
        assert overlaps == [(0,)]
