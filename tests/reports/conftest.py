"""A small invented warehouse with the published tables the report reads, and a stand-in for its table macro."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
TOWNS = ("庐城镇", "冶父山镇", "万山镇", "汤池镇", "郭河镇", "金牛镇", "石头镇", "同大镇", "白山镇", "盛桥镇", "白湖镇",
         "龙桥镇", "矾山镇", "罗河镇", "泥河镇", "乐桥镇", "柯坦镇")  # fmt: skip
FAR = {
    "110000000000": ("北京市", {}),
    "310000000000": ("上海市", {}),
    "320000000000": ("江苏省", {"320100000000": "南京市", "320500000000": "苏州市"}),
    "330000000000": ("浙江省", {"330100000000": "杭州市", "330200000000": "宁波市"}),
    "430000000000": ("湖南省", {"430100000000": "长沙市"}),
    "440000000000": ("广东省", {"440100000000": "广州市", "441900000000": "东莞市"}),
}
# What each asked level shows of a place: the finest code known that is not below it.
AT_LEVEL = """
    CASE {level}
        WHEN 'province' THEN {place}.province_code
        WHEN 'city' THEN coalesce({place}.city_code, {place}.province_code)
        WHEN 'county' THEN coalesce({place}.county_code, {place}.city_code, {place}.province_code)
        WHEN 'township' THEN coalesce({place}.township_code, {place}.county_code, {place}.city_code,
            {place}.province_code)
        ELSE {place}.code
    END
"""
SCHEMA = f"""
    CREATE SCHEMA ref; CREATE SCHEMA stats; CREATE SCHEMA ops;
    CREATE TABLE ref.division AS FROM raw.division;
    CREATE SCHEMA intermediate;
    CREATE TABLE intermediate.int_counting_month AS
        SELECT unnest([DATE '2024-08-31', DATE '2024-09-30', DATE '2024-10-31']) AS as_of;
    CREATE TABLE ref.code AS
        SELECT 'reason' AS list_id, unnest(['STUDY', 'VISIT', 'WORK']) AS code,
            unnest(['学习培训', '探亲访友', '务工']) AS name_zh, unnest(['study', 'visit', 'work']) AS name_en;
    CREATE TABLE ref.definition (
        definition_id VARCHAR, agency VARCHAR, name_zh VARCHAR, name_en VARCHAR, direction VARCHAR,
        boundary_level VARCHAR, within_boundary VARCHAR, excludes_intra_city BOOLEAN, min_duration VARCHAR,
        clock VARCHAR, age_min INTEGER, age_max INTEGER, hukou_nature VARCHAR, purpose_required VARCHAR,
        excluded_reasons VARCHAR, unit VARCHAR, valid_from DATE, valid_to DATE, source VARCHAR, note VARCHAR,
        note_zh VARCHAR, text_zh VARCHAR, text_en VARCHAR);
    INSERT INTO ref.definition VALUES
        ('NBS_LDRK', 'NBS', '流动人口', 'floating population', 'in', 'township', NULL, true, 'P6M', 'left_hukou',
            NULL, NULL, NULL, NULL, NULL, 'person', '2010-11-01', NULL, '第七次全国人口普查公报', NULL,
            NULL, '不在同一乡镇，满六个月。', 'In another township, for six months.'),
        ('CMDS_2014', 'NHFPC', '流动人口动态监测调查 2014', 'China Migrants Dynamic Survey 2014', 'in', 'county', NULL,
            NULL, 'P1M', 'arrived', 15, 59, 'rural', NULL, 'STUDY;VISIT', 'person', '2013-05-01', '2014-12-31',
            '2014 年调查说明', 'A sample survey.', '抽样调查。',
            '不在同一县，满一个月。', 'In another county, for a month.'),
        ('OTHER', 'X', '别的', 'other', 'in', 'none', 'province', false, 'P0D', 'arrived', NULL, 15, NULL, NULL, NULL,
            'person', '2020-01-01', '2023-01-01', 'x', NULL, NULL, '任何地方。', 'Anywhere.');
    CREATE TABLE stats.od (as_of DATE, definition_id VARCHAR, origin_code VARCHAR, dest_code VARCHAR,
        persons BIGINT, persons_unknown BIGINT);
    CREATE VIEW ops.file AS FROM raw.file;
    CREATE MACRO od_on(definition, date, origin_level, dest_level) AS TABLE
        SELECT
            origin.code AS origin_code, any_value(origin.name) AS origin_name, any_value(origin.level) AS origin_level,
            dest.code AS dest_code, any_value(dest.name) AS dest_name, any_value(dest.level) AS dest_level,
            sum(persons)::BIGINT AS persons, sum(persons_unknown)::BIGINT AS persons_unknown
        FROM stats.od
        LEFT JOIN ref.division AS o ON o.code = stats.od.origin_code
        LEFT JOIN ref.division AS d ON d.code = stats.od.dest_code
        LEFT JOIN ref.division AS origin ON origin.code = {AT_LEVEL.format(level="origin_level", place="o")}
        LEFT JOIN ref.division AS dest ON dest.code = {AT_LEVEL.format(level="dest_level", place="d")}
        WHERE definition_id = definition AND as_of = date
        GROUP BY origin.code, dest.code
"""


def add_division(connection: duckdb.DuckDBPyConnection, full_name: str, *codes: str, name: str) -> None:
    levels = ("province", "city", "county", "township", "village")
    ancestors = [*codes, *[None] * (5 - len(codes))]
    parent = codes[-2] if len(codes) > 1 else None
    connection.execute(
        f"INSERT INTO raw.division VALUES ({', '.join('?' * 15)})",
        [codes[-1], levels[len(codes) - 1], name, full_name, parent, *ancestors, None, False, None, "2023-06-30", None],
    )


def add_divisions(connection: duckdb.DuckDBPyConnection) -> None:
    anhui, hefei, lujiang = "340000000000", "340100000000", "340124000000"
    add_division(connection, "安徽省", anhui, name="安徽省")
    add_division(connection, "安徽省合肥市", anhui, hefei, name="合肥市")
    add_division(connection, "安徽省合肥市庐江县", anhui, hefei, lujiang, name="庐江县")
    for number, town in enumerate(TOWNS, start=100):
        code = f"340124{number}000"
        add_division(connection, f"安徽省合肥市庐江县{town}", anhui, hefei, lujiang, code, name=town)
    hunan, changsha, county = "430000000000", "430100000000", "430121000000"
    add_division(connection, "湖南省长沙市长沙县", hunan, changsha, county, name="长沙县")
    add_division(connection, "湖南省长沙市长沙县㮾梨街道", hunan, changsha, county, "430121001000", name="㮾梨街道")
    for code, (name, cities) in FAR.items():
        add_division(connection, name, code, name=name)
        for city, city_name in cities.items():
            add_division(connection, name + city_name, code, city, name=city_name)


def add_lists(connection: duckdb.DuckDBPyConnection) -> None:
    for number, town in enumerate(TOWNS, start=100):
        for period in ("2024-09", "2024-10"):
            if (town, period) not in {("矾山镇", "2024-10"), ("罗河镇", "2024-10")}:
                connection.execute(
                    "INSERT INTO raw.file BY NAME SELECT ? AS file_id, 'x.xlsx' AS path, '' AS sha256,"
                    " 'village_outflow' AS form_id, ? AS unit_code, 'township' AS unit_level, ? AS period,"
                    " TIMESTAMP '2024-11-01' AS received_at, '20241105-01' AS night_id, 'accepted' AS status,"
                    " 1 AS rows_in, 1 AS rows_accepted, 0 AS rows_returned, 0 AS rows_duplicate",
                    [f"{number}{period}", f"340124{number}000", period],
                )


def add_flows(connection: duckdb.DuckDBPyConnection) -> None:
    """Many people to the coast, few to the rest, some known to the province only, some undecided, some coming in."""
    connection.execute(
        """
        INSERT INTO stats.od
        SELECT
            DATE '2024-10-31', 'NBS_LDRK', o.code, d.code,
            CASE WHEN share > 40 THEN share * share // 4 WHEN share > 30 THEN share // 4 ELSE 0 END,
            CASE WHEN share % 7 = 0 THEN share // 4 ELSE 0 END
        FROM (SELECT code FROM raw.division WHERE township_code LIKE '340124%') AS o
        CROSS JOIN (SELECT code, level FROM raw.division WHERE level IN ('province', 'city')) AS d
        CROSS JOIN LATERAL (SELECT (hash(o.code || d.code) % 60 + if(d.level = 'city', 10, 0))::BIGINT AS share)
        WHERE d.code NOT IN ('340000000000', '340100000000')
        """
    )
    connection.execute(
        "INSERT INTO stats.od VALUES ('2024-10-31', 'NBS_LDRK', '430100000000', '340124100000', 31, 4),"
        " ('2024-10-31', 'NBS_LDRK', '430000000000', '340124101000', 8, 0),"
        " ('2024-08-31', 'CMDS_2014', '340124100000', '310000000000', 3, 0)"
    )


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    yield from made()


@pytest.fixture(scope="module")
def warehouse_to_read() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give the same warehouse to all tests of a module: they leave it as it is."""
    yield from made()


def made() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute((ROOT / "warehouse" / "raw.sql").read_text())
        connection.execute(
            "INSERT INTO raw.site VALUES ('340124000000', 'county', DATE '2024-11-05', '20241105-01', 24)"
        )
        add_divisions(connection)
        add_lists(connection)
        connection.execute(SCHEMA)
        add_flows(connection)
        yield connection
