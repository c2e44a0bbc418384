"""What is no division of the register: countries, Hong Kong, 外省, 不详; and short names that only people use."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import pytest

from ingest.place_names import ALIASES
from ingest.place_words import COUNTRIES, PLACE_WORDS
from ingest.places import PlaceResolver
from ingest.register import register_query

LUCHENG = "340124100000"
TAIWAN, HONG_KONG, MACAO = "710000000000", "810000000000", "820000000000"

WORDS = [
    ("美国", None, "abroad"),
    ("美国加州洛杉矶", None, "abroad"),
    ("日本东京", None, "abroad"),
    ("韩国（首尔）", None, "abroad"),
    ("印度尼西亚", None, "abroad"),
    ("老 挝", None, "abroad"),
    ("国外", None, "abroad"),
    ("国外务工", None, "abroad"),
    ("非洲", None, "abroad"),
    ("香港", HONG_KONG, "hmt"),
    ("中国香港", HONG_KONG, "hmt"),
    ("香港特别行政区九龙城区", HONG_KONG, "hmt"),
    ("香港九龙旺角弥敦道12号", HONG_KONG, "hmt"),
    ("澳门", MACAO, "hmt"),
    ("澳门氹仔", MACAO, "hmt"),
    ("台湾", TAIWAN, "hmt"),
    ("台湾省台北市大安区", TAIWAN, "hmt"),
    ("中国台湾高雄", TAIWAN, "hmt"),
    ("台北市", TAIWAN, "hmt"),
    ("港澳台", None, "hmt"),
    ("外省", None, "elsewhere"),
    ("省外", None, "elsewhere"),
    ("省外务工", None, "elsewhere"),
    ("（省外）", None, "elsewhere"),
    ("外省市", None, "elsewhere"),
    ("市外", None, "elsewhere"),
    ("县外", None, "elsewhere"),
    ("外地", None, "elsewhere"),
    ("其他省", None, "elsewhere"),
    ("省内县外", None, "elsewhere"),
    ("长三角", None, "elsewhere"),
    ("珠三角", None, "elsewhere"),
    ("京津冀", None, "elsewhere"),
    ("沿海", None, "elsewhere"),
    ("江浙一带", None, "elsewhere"),
    ("不详", None, "unknown"),
    ("未知", None, "unknown"),
    ("不 清 楚", None, "unknown"),
    ("去向不明", None, "unknown"),
    ("待查", None, "unknown"),
    ("不详（外出）", None, "unknown"),
    ("无", None, "unknown"),
    ("/", None, "unknown"),
    ("——", None, "unknown"),
    ("沪", "310000000000", "alias"),
    ("浙", "330000000000", "alias"),
    ("粤", "440000000000", "alias"),
    ("浙江杭州", "330100000000", "alias"),
    ("内蒙", "150000000000", "alias"),
    ("新疆", "650000000000", "alias"),
    ("科左中旗", "150521000000", "alias"),
    ("内蒙古科左中旗", "150521000000", "alias"),
    ("阿拉善左旗", "152921000000", "exact"),
    ("省外浙江省杭州市", "330100000000", "exact"),
]

# Names of countries and of Hong Kong in names of roads, houses and villages.
NOT_ABROAD = [
    "加拿大花园3号楼", "罗马花园", "台湾街", "香港路12号", "澳门路", "法国城", "朝鲜族乡", "美国村", "日本街",
    "香港城小区",
]  # fmt: skip

FROM_UNIT = [
    ("县内", "340124000000", "alias"),
    ("省内", "340000000000", "alias"),
    ("镇内", "340124100000", "alias"),
    ("外省", None, "elsewhere"),
    ("美国", None, "abroad"),
    ("不详", None, "unknown"),
]


@pytest.fixture(scope="module")
def resolver() -> Iterator[tuple[duckdb.DuckDBPyConnection, PlaceResolver]]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.division AS {register_query()}")
        yield connection, PlaceResolver(connection)


Resolver = tuple[duckdb.DuckDBPyConnection, PlaceResolver]


def resolve(resolver: Resolver, texts: list[str], context: str | None = None) -> dict[str, tuple[str | None, str]]:
    connection, places = resolver
    connection.execute(
        "CREATE OR REPLACE TABLE asked AS SELECT unnest($1::VARCHAR[]) AS text, $2::VARCHAR AS context_code",
        [texts, context],
    )
    places.resolve("asked", "found")
    rows = connection.execute("SELECT text, code, match, level FROM found").fetchall()
    assert len(rows) == len(set(texts))
    assert all((code is None) == (level is None) for _, code, _, level in rows)
    return {text: (code, match) for text, code, match, _ in rows}


def test_words_that_name_no_division(resolver: Resolver) -> None:
    found = resolve(resolver, [text for text, _, _ in WORDS])
    assert found == {text: (code, match) for text, code, match in WORDS}


def test_a_country_in_the_name_of_a_road_is_not_abroad(resolver: Resolver) -> None:
    found = resolve(resolver, NOT_ABROAD)
    assert {match for _, match in found.values()} == {"none"}


def test_words_of_a_unit(resolver: Resolver) -> None:
    found = resolve(resolver, [text for text, _, _ in FROM_UNIT], LUCHENG)
    assert found == {text: (code, match) for text, code, match in FROM_UNIT}


def test_every_country_is_abroad(resolver: Resolver) -> None:
    with COUNTRIES.open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) == len(set(names)) > 280
    found = resolve(resolver, [*names, *(f"{name}务工" for name in names)])
    assert {found[name] for name in names} == {(None, "abroad")}
    assert {found[f"{name}务工"] for name in names} == {(None, "abroad")}


def test_the_words_are_declared_once_and_short_names_are_of_the_register(resolver: Resolver) -> None:
    with PLACE_WORDS.open(encoding="utf-8", newline="") as file:
        words = list(csv.DictReader(file))
    assert len({row["word"] for row in words}) == len(words) > 200
    assert {row["match"] for row in words} == {"abroad", "hmt", "elsewhere", "unknown", "alias"}
    assert {row["how"] for row in words} == {"whole", "start", "follows"}
    with ALIASES.open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    known = {row[0] for row in resolver[0].execute("SELECT code FROM raw.division").fetchall()}
    assert codes <= known


def test_no_name_of_the_register_is_taken_for_a_word(resolver: Resolver) -> None:
    """Divisions above the village by their full names, and villages from their own township."""
    connection, places = resolver
    connection.execute(
        "CREATE OR REPLACE TABLE asked AS SELECT full_name AS text, NULL::VARCHAR AS context_code FROM raw.division "
        "WHERE level <> 'village' AND NOT is_virtual "
        "UNION ALL SELECT name, township_code FROM raw.division WHERE level = 'village' AND (hash(code) % 20 = 0 "
        "OR regexp_matches(name, '国|香港|台湾|澳门|外|印度|日本|海'))"
    )
    places.resolve("asked", "found")
    words = "('abroad', 'hmt', 'elsewhere', 'unknown')"
    asked, taken = connection.execute(f"SELECT count(*), count(*) FILTER (match IN {words}) FROM found").fetchall()[0]
    assert asked > 60_000
    assert taken == 0
