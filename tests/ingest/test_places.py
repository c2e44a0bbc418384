"""Addresses as people write them, on the shipped register. All addresses are invented; the places are real."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingest.places import PlaceResolver
from ingest.register import register_query

SHARED = Path(__file__).parents[3] / "shared"
COMPANY_ADDRESSES = SHARED / "testdata" / "address_parsing" / "cpca_company_addresses.csv.gz"
REGISTER_2022 = SHARED / "reference" / "divisions_village" / "nbs_2022-10-31.parquet"

LUJIANG = "340124000000"
LUCHENG = "340124100000"
TASHAN = "340124100001"

Answer = tuple[str | None, str | None, str]

WRITTEN = [
    ("安徽省合肥市庐江县庐城镇塔山社区居民委员会", "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "exact"),
    ("安徽省合肥市庐江县庐城镇塔山社区12栋305室", "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "exact"),
    ("安徽省　合肥市（原巢湖市）庐江县 庐城镇", "安徽省合肥市庐江县庐城镇", "exact"),
    ("安徽省/合肥市/庐江县", "安徽省合肥市庐江县", "exact"),
    ("（安徽省）合肥市", "安徽省合肥市", "exact"),
    ("中国安徽省合肥市", "安徽省合肥市", "exact"),
    ("安徽省合肥市市辖区", "安徽省合肥市", "exact"),
    ("北京市市辖区东城区东华门街道办事处", "北京市东城区东华门街道", "exact"),
    ("⼴东省深圳市", "广东省深圳市", "exact"),
    ("安徽省合肥市庐江县庐江县庐城镇", "安徽省合肥市庐江县庐城镇", "exact"),
    ("浙江省杭州市西湖区文三路８８号", "浙江省杭州市西湖区", "exact"),
    ("和县", "安徽省马鞍山市和县", "exact"),
    ("平定县张庄镇新村", "山西省阳泉市平定县张庄镇新村村委会", "exact"),
    ("浙江省义乌市", "浙江省金华市义乌市", "exact"),
    ("杭州市五常街道", "浙江省杭州市余杭区五常街道", "exact"),
    ("广东省东莞市虎门镇", "广东省东莞市虎门镇", "exact"),
    ("嘉峪关市新城镇", "甘肃省嘉峪关市新城镇", "exact"),
    ("湖北省仙桃市", "湖北省仙桃市", "exact"),
    ("重庆市奉节县", "重庆市奉节县", "exact"),
    ("重庆市县奉节县", "重庆市奉节县", "exact"),
    ("吉林省吉林市昌邑区", "吉林省吉林市昌邑区", "exact"),
    ("东莞长安", "广东省东莞市长安镇", "alias"),
    ("安徽合肥庐江", "安徽省合肥市庐江县", "alias"),
    ("内蒙呼和浩特", "内蒙古自治区呼和浩特市", "alias"),
    ("广西省南宁市", "广西壮族自治区南宁市", "alias"),
    ("延边州延吉市", "吉林省延边朝鲜族自治州延吉市", "alias"),
    ("凉山", "四川省凉山彝族自治州", "alias"),
    ("合肥市高新区", "安徽省合肥市合肥高新技术产业开发区", "alias"),
    ("吉林", "吉林省", "alias"),
    ("海南", "海南省", "alias"),
    ("北京朝阳", "北京市朝阳区", "alias"),
    ("深圳宝安西乡大道9号", "广东省深圳市宝安区", "alias"),
    ("上海中山北路9号", "上海市", "alias"),
    ("新疆喀什", "新疆维吾尔自治区喀什地区", "alias"),
    ("庐江县庐城镇塔山", "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "alias"),
    ("庐江县庐城镇塔山3组", "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "alias"),
    ("庐江县庐城镇塔山村", "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "alias"),
    ("庐江县庐城乡", "安徽省合肥市庐江县庐城镇", "alias"),
]

FORMER = [
    ("湖北省襄樊市", "湖北省襄阳市"),
    ("湖北省襄樊市襄阳区", "湖北省襄阳市襄州区"),
    ("襄樊", "湖北省襄阳市"),
    ("云南省思茅市", "云南省普洱市"),
    ("崇文区", "北京市东城区"),
    ("北京市宣武区", "北京市西城区"),
    ("上海市闸北区共和新路", "上海市静安区"),
    ("上海卢湾区", "上海市黄浦区"),
    ("上海市南汇区", "上海市浦东新区"),
    ("安徽省巢湖市庐江县", "安徽省合肥市庐江县"),
    ("安徽省巢湖市居巢区", "安徽省合肥市巢湖市"),
    ("安徽省六安市寿县", "安徽省淮南市寿县"),
    ("山东省莱芜市莱城区", "山东省济南市莱芜区"),
    ("四川省万县市", None),
    ("341421", "安徽省合肥市庐江县"),
]

PARTIAL = [
    ("安徽省合肥市朝阳区", "安徽省合肥市"),
    ("安徽省杭州市", "安徽省"),
    ("安徽省合肥市庐江县不存在镇", "安徽省合肥市庐江县"),
    ("庐江县庐城镇不存在村", "安徽省合肥市庐江县庐城镇"),
    ("河南新乡新乡平原示范区", "河南省新乡市"),
    ("江西省九江市庐山区", "江西省九江市"),
    ("安徽省巢湖地区", "安徽省"),
    ("110100", "北京市"),
]

FROM_UNIT = [
    ("塔山社区", LUCHENG, "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "exact"),
    ("塔山社区 3 组", TASHAN, "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "exact"),
    ("庐城镇塔山社区", LUJIANG, "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "exact"),
    ("庐城镇塔山社区", TASHAN, "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "exact"),
    ("本镇塔山社区", TASHAN, "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "alias"),
    ("本村", TASHAN, "安徽省合肥市庐江县庐城镇塔山社区居民委员会", "alias"),
    ("本县", LUCHENG, "安徽省合肥市庐江县", "alias"),
    ("汤池镇", LUCHENG, "安徽省合肥市庐江县汤池镇", "exact"),
    ("朝阳区", "220102000000", "吉林省长春市朝阳区", "exact"),
    ("浙江省杭州市", LUCHENG, "浙江省杭州市", "exact"),
    ("中庙街道", LUJIANG, None, "none"),
    ("中庙街道", "340100000000", "安徽省合肥市巢湖市中庙街道", "exact"),
    ("中国科学院大学社区", "110107002000", "北京市石景山区老山街道中国科学院大学社区", "exact"),
    ("本村", LUCHENG, None, "none"),
    ("3组", TASHAN, None, "none"),
]

UNPROVEN = [
    None, "", "  ", "县城", "同上", "朝阳区", "鼓楼区", "城关镇", "务工", "老家",
    "中山路12号", "延安西路", "长春桥路6号", "平安大厦", "南京大学", "大同村3组", "999999", "34012",
]  # fmt: skip

STREETS = ["北京市朝阳区酒仙桥东路9号", "北京市海淀区中关村大街1号", "北京市西城区金融街"]

TWO_COUNTIES = "合肥市肥东县肥西县"

CODES = [("340124", "county"), ("340124100", "township"), (TASHAN, "village"), ("３４０１２４", "county")]


class Places:
    """The shipped register with a resolver on it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.division AS {register_query()}")
        self.resolver = PlaceResolver(connection)
        self._answers = self.resolve(_all_cases())

    def resolve(self, pairs: Iterable[tuple[str | None, str | None]]) -> dict[tuple[str | None, str | None], Answer]:
        self.connection.execute("CREATE OR REPLACE TABLE asked (text VARCHAR, context_code VARCHAR)")
        self.connection.executemany("INSERT INTO asked VALUES (?, ?)", list(pairs))
        self.resolver.resolve("asked", "found")
        found = self.connection.execute("SELECT text, context_code, code, level, match FROM found").fetchall()
        return {(text, context): (code, level, match) for text, context, code, level, match in found}

    def one(self, text: str | None, context: str | None = None) -> tuple[str | None, str]:
        """Return the full name of the place and the kind of match of one of the cases below."""
        code, _, match = self.answer(text, context)
        return self.full_name(code), match

    def answer(self, text: str | None, context: str | None = None) -> Answer:
        return self._answers[(text, context)]

    def full_name(self, code: str | None) -> str | None:
        names = self.connection.execute("SELECT full_name FROM raw.division WHERE code = ?", [code]).fetchall()
        return names[0][0] if names else None


def _all_cases() -> list[tuple[str | None, str | None]]:
    single = [each[0] for each in (*WRITTEN, *FORMER, *PARTIAL, *CODES)]
    return [(text, None) for text in (*single, *UNPROVEN, *STREETS, TWO_COUNTIES)] + [each[:2] for each in FROM_UNIT]


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    with duckdb.connect() as connection:
        yield Places(connection)


@pytest.mark.parametrize(("text", "name", "match"), WRITTEN)
def test_names_as_people_write_them(places: Places, text: str, name: str, match: str) -> None:
    assert places.one(text) == (name, match)


@pytest.mark.parametrize(("text", "name"), FORMER)
def test_former_names(places: Places, text: str, name: str | None) -> None:
    assert places.one(text) == (name, "former_name" if name else "none")


@pytest.mark.parametrize(("text", "name"), PARTIAL)
def test_more_was_written_than_is_proven(places: Places, text: str, name: str) -> None:
    assert places.one(text) == (name, "partial")


@pytest.mark.parametrize("text", UNPROVEN)
def test_nothing_is_guessed(places: Places, text: str | None) -> None:
    assert places.one(text) == (None, "none")


@pytest.mark.parametrize("text", STREETS)
def test_a_street_is_no_community(places: Places, text: str) -> None:
    name, _ = places.one(text)
    assert name == text[:6]


def test_a_county_followed_by_another_is_none(places: Places) -> None:
    assert places.one(TWO_COUNTIES) == ("安徽省合肥市", "partial")


@pytest.mark.parametrize(("code", "level"), CODES)
def test_a_code_is_its_division(places: Places, code: str, level: str) -> None:
    assert places.answer(code) == (str(int(code)).ljust(12, "0"), level, "exact")


@pytest.mark.parametrize(("text", "context", "name", "match"), FROM_UNIT)
def test_addresses_from_the_senders_unit(places: Places, text: str, context: str, name: str | None, match: str) -> None:
    assert places.one(text, context) == (name, match)


def test_each_pair_is_answered_once(places: Places) -> None:
    pairs = [("浙江", None), ("浙江", None), ("浙江", LUCHENG), (None, None), (None, LUCHENG)]
    answers = places.resolve(pairs)
    assert places.connection.execute("SELECT count(*) FROM found").fetchall() == [(4,)]
    assert set(answers) == set(pairs)


def test_two_resolvers_keep_apart(places: Places) -> None:
    places.connection.execute("CREATE OR REPLACE TABLE tiny AS SELECT * FROM raw.division WHERE code LIKE '11%'")
    PlaceResolver(places.connection, "tiny")
    answers = places.resolve([("浙江省", None)])
    assert answers == {("浙江省", None): ("330000000000", "province", "exact")}


def test_the_register_is_read_as_of_a_day(places: Places) -> None:
    day = date(2024, 6, 30)
    places.connection.execute(
        f"CREATE OR REPLACE TABLE dated AS SELECT * REPLACE (DATE '{day}' AS valid_to) FROM raw.division "
        "WHERE code IN ('340000000000', '340100000000', '340124000000')"
    )
    places.connection.execute(
        f"INSERT INTO dated SELECT * REPLACE (DATE '{day}' AS valid_from, NULL AS valid_to, '庐江市' AS name) "
        "FROM dated WHERE code = '340124000000'"
    )
    places.connection.execute("INSERT INTO dated SELECT * REPLACE (NULL AS valid_to) FROM dated WHERE code < '340124'")
    places.connection.execute("CREATE OR REPLACE TABLE asked AS SELECT '庐江市' AS text, NULL::VARCHAR AS context_code")
    for as_of, expected in ((day, "exact"), (date(2024, 6, 29), "none"), (None, "exact")):
        PlaceResolver(places.connection, "dated", as_of).resolve("asked", "found")
        assert places.connection.execute("SELECT match FROM found").fetchall() == [(expected,)]


def test_texts_that_stand_for_many_are_read_as_each_of_them(places: Places) -> None:
    """Addresses with numbers in and around the places whose own names have numbers, and in one that has none."""
    places.connection.execute(f"""
        CREATE OR REPLACE TABLE asked AS
        WITH numbered AS (
            SELECT name, full_name, township_code FROM raw.division WHERE level = 'village' AND name ~ '.*[0-9].*'
            UNION ALL SELECT name, full_name, township_code FROM raw.division WHERE code = '{TASHAN}'
        ),
        tail AS (SELECT unnest(['', '1号', '12组', '7080号3幢401室', '121街5号', '340124100001', '路8号']) AS tail)
        SELECT DISTINCT unnest([
            name || tail, regexp_replace(name, '(社区)?(居委会|村委会|居民委员会|村民委员会)$', '') || tail,
            full_name || tail, tail, regexp_extract(full_name, '^.*?(镇|乡|街道)') || tail
        ]) AS text, township_code AS context_code
        FROM numbered, tail
    """)
    same = places.resolver.same_reading("text")
    places.connection.execute(f"CREATE OR REPLACE TABLE asked_same AS SELECT {same} AS text, context_code FROM asked")
    places.resolver.resolve("asked", "found")
    places.resolver.resolve("asked_same", "found_same")
    counted = places.connection.execute(f"""
        SELECT
            count(*), count(*) FILTER (WHERE {same} <> text),
            count(*) FILTER (WHERE f.code IS DISTINCT FROM s.code OR f.match <> s.match)
        FROM found AS f LEFT JOIN (SELECT text AS same, context_code, code, match FROM found_same) AS s
            ON s.same = {same.replace("text", "f.text")} AND s.context_code = f.context_code
    """).fetchall()
    assert counted[0][0] > 2000
    assert counted[0][1] > 300
    assert counted[0][2] == 0


def test_every_full_name_is_its_division_or_an_honest_ancestor(places: Places) -> None:
    """All rows above the village and a tenth of the villages; two rows that brackets alone tell apart stay above."""
    places.connection.execute(
        "CREATE OR REPLACE TABLE asked AS SELECT full_name AS text, NULL::VARCHAR AS context_code, code AS own "
        "FROM raw.division WHERE NOT is_virtual AND (level <> 'village' OR hash(code) % 10 = 0)"
    )
    places.resolver.resolve("asked", "found")
    rows, elsewhere, coarser, upper_coarser = places.connection.execute("""
        SELECT
            count(*),
            count(*) FILTER (NOT starts_with(own, regexp_replace(code, '(00)+$|000$', ''))),
            count(*) FILTER (code <> own),
            count(*) FILTER (code <> own AND right(own, 3) = '000')
        FROM asked JOIN found USING (text)
    """).fetchall()[0]
    assert rows > 100_000
    assert elsewhere == 0
    assert upper_coarser <= 1
    assert coarser <= 10


@pytest.mark.reference
def test_real_addresses_agree_with_the_province_they_name(places: Places) -> None:
    if not COMPANY_ADDRESSES.is_file():
        pytest.skip(f"{COMPANY_ADDRESSES.name} is not here")
    with gzip.open(COMPANY_ADDRESSES, "rt", encoding="utf-8", newline="") as file:
        texts = {row[0] for row in list(csv.reader(file))[1:] if row and row[0].strip()}
    assert len(texts) > 16_000
    answers = places.resolve((text, None) for text in texts)
    matches = [match for _, _, match in answers.values()]
    resolved = {text: code for (text, _), (code, _, _) in answers.items() if code and text}
    assert len(resolved) / len(texts) > 0.80
    assert matches.count("exact") / len(texts) > 0.55
    named = {
        name: code[:2]
        for name, code in places.connection.execute(
            "SELECT name, code FROM raw.division WHERE level IN ('province', 'city') AND NOT is_virtual"
        ).fetchall()
    }
    checked = [(named[text[:3]], code[:2]) for text, code in resolved.items() if text[:3] in named]
    assert len(checked) > 9_000
    assert [pair for pair in checked if pair[0] != pair[1]] == []


@pytest.mark.reference
def test_another_years_register_is_read_in_its_own_province(places: Places) -> None:
    """Full names of 2022, a tenth of them: what changed since is read coarser, never elsewhere."""
    if not REGISTER_2022.is_file():
        pytest.skip(f"{REGISTER_2022.name} is not here")
    places.connection.execute(f"""
        CREATE OR REPLACE TABLE asked AS
        WITH other AS (SELECT code::VARCHAR AS code, parent_code::VARCHAR AS parent, name FROM '{REGISTER_2022}')
        SELECT concat_ws('', p4.name, p3.name, p2.name, p1.name, v.name) AS text, NULL::VARCHAR AS context_code,
            v.code AS own
        FROM other AS v
        JOIN other AS p1 ON p1.code = v.parent
        LEFT JOIN other AS p2 ON p2.code = p1.parent
        LEFT JOIN other AS p3 ON p3.code = p2.parent
        LEFT JOIN other AS p4 ON p4.code = p3.parent
        WHERE hash(v.code) % 10 = 0
    """)
    places.resolver.resolve("asked", "found")
    rows, none, wrong_province, wrong_county, same = places.connection.execute("""
        SELECT count(*), count(*) FILTER (code IS NULL), count(*) FILTER (left(code, 2) <> left(own, 2)),
            count(*) FILTER (level IN ('county', 'township', 'village') AND left(code, 6) <> left(own, 6)),
            count(*) FILTER (code = rpad(own, 12, '0'))
        FROM asked JOIN found USING (text)
    """).fetchall()[0]
    assert rows > 50_000
    assert wrong_province == 0
    assert none / rows < 0.001
    assert wrong_county / rows < 0.01
    assert same / rows > 0.95
