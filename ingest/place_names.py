"""The dictionary of places: which names lead from one division to another below it.

An entry says: read inside ``scope``, this text is that division. Entries cover the full name, the short forms that
people write (安徽, 内蒙, 延边州, 庐城, 高新区), skipped levels (province to county, city to township) and former names.
Villages are kept apart, by the base of their name: there are too many of them to list every form.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from ingest.place_text import STREET_NAME, VILLAGE_COMMITTEE, normalised
from ingest.place_words import word_select

_DATA = Path(__file__).parent / "data"
FORMER_NAMES = _DATA / "former_names.csv"
ALIASES = _DATA / "place_aliases.csv"

NATION = 0

PROVINCE, CITY, COUNTY, TOWNSHIP, VILLAGE = 1, 2, 3, 4, 5

# How far a reading is from the official name; the sum over a path ranks readings that explain the same text.
FULL, ALIAS, FORMER, FORMER_ALIAS, BARE_VILLAGE = 0, 1, 2, 3, 3

_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|"
    "达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|鄂温克|德昂|保安|裕固|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_AUTONOMOUS = f"((({_PEOPLES})族)+|哈萨克|柯尔克孜|蒙古|维吾尔|塔吉克|锡伯)?自治(州|县|旗)$"
_PEOPLES_TOWNSHIP = f"((({_PEOPLES})族)+|(蒙古|达斡尔|鄂温克|鄂伦春|俄罗斯|满|回)?民族|哈萨克|塔吉克)(乡|镇|苏木)$"

# Type words that say too little to stand for a division by themselves.
_BARE_SAYS_NOTHING = "'市中', '城中', '城东', '城西', '城南', '城北', '城关', '市区', '城区', '新区', '郊区', '矿区'"

_HIGH_TECH = "高新区|高新技术开发区|高新技术产业开发区|高新技术产业园区|高新开发区"
_ECONOMIC = "经开区|经济开发区|经济技术开发区"


class PlaceNames:
    """The dictionary tables of one register, as temporary tables of the connection with a prefix of their own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, valid_register: str, prefix: str) -> None:
        """Load from ``valid_register``, a SELECT over the register's rows that are valid on one day."""
        self.division = f"{prefix}_division"
        self.village = f"{prefix}_village"
        self.former = f"{prefix}_former"
        self.entry = f"{prefix}_entry"
        self.word = f"{prefix}_word"
        self._form = f"{prefix}_form"
        for table, query in (
            (self.division, _division_select(valid_register)),
            (self.village, _village_select(valid_register)),
            (self.former, _former_select(self.division)),
            (self._form, _form_select(self.division)),
            (self.entry, _entry_select(self.division, self._form, self.former)),
            (self.word, word_select()),
        ):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
        self.with_number = _pattern_of_numbers(connection, self.village, self.entry, self.word)


def _pattern_of_numbers(connection: duckdb.DuckDBPyConnection, village: str, entry: str, word: str) -> str:
    """Return the pattern of the names with a number in them (7080社区), and of what may be a code.

    A village is told by the base of its name; of other names, which have no numbers in any register seen so far, the
    numbers alone are enough.
    """
    found = connection.execute(f"""
        SELECT base FROM {village} WHERE regexp_matches(base, '[0-9]')
        UNION SELECT unnest(regexp_extract_all(name, '[0-9]+')) FROM {entry} WHERE regexp_matches(name, '[0-9]')
        UNION SELECT unnest(regexp_extract_all(word, '[0-9]+')) FROM {word} WHERE regexp_matches(word, '[0-9]')
        ORDER BY ALL
    """).fetchall()
    return "|".join(["[0-9]{6}", *(re.escape(name) for (name,) in found)]).replace("'", "''")


def _division_select(register: str) -> str:
    """Return the divisions above the village with their real ancestors as numbers."""
    return f"""
        WITH upper AS (
            SELECT *, {normalised("name")} AS plain FROM ({register}) WHERE level <> 'village'
        ),
        virtual AS (SELECT code FROM upper WHERE is_virtual)
        SELECT
            code::BIGINT AS code,
            list_position(['province', 'city', 'county', 'township'], level)::TINYINT AS level,
            plain AS name,
            is_virtual,
            left(province_code, 12)::BIGINT AS province,
            CASE WHEN city_code NOT IN (FROM virtual) THEN city_code::BIGINT END AS city,
            CASE WHEN county_code NOT IN (FROM virtual) THEN county_code::BIGINT END AS county,
            township_code::BIGINT AS township,
            level = 'county' AND substr(code, 5, 2) BETWEEN '70' AND '80' AS is_zone,
            parent_code::BIGINT AS parent
        FROM upper
    """


def _village_select(register: str) -> str:
    """Return the villages by the base of their name (新桥 of 新桥村民委员会), never shorter than two characters."""
    return f"""
        WITH named AS (
            SELECT
                code::BIGINT AS code, township_code::BIGINT AS township,
                coalesce(county_code, city_code)::BIGINT AS county,
                {normalised("name")} AS name
            FROM ({register})
            WHERE level = 'village'
        ),
        based AS (SELECT *, regexp_replace(name, '{VILLAGE_COMMITTEE}', '') AS short FROM named WHERE length(name) >= 2)
        SELECT
            code, township, county, name,
            CASE WHEN length(short) >= 2 THEN short WHEN name LIKE '_社区%' THEN left(name, 3) ELSE left(name, 2) END
                AS base,
            left(name, 2) AS key,
            regexp_matches(name, '社区|居') AS is_community
        FROM based
    """


def _former_select(division: str) -> str:
    """Return the former names whose division of today is in the register, the parent as the scope it opens.

    A prefecture that is gone, or had another name, opens a scope of its own: minus its former code. One that is gone
    proves its province, or nothing where its counties are in another province today (万县市 was in 四川省).
    """
    return f"""
        WITH listed AS (
            SELECT
                name, level, parent_code::BIGINT AS parent, former_code::BIGINT AS former,
                current_code::BIGINT AS code
            FROM read_csv('{FORMER_NAMES}', header = true, all_varchar = true)
        ),
        former_city AS (SELECT DISTINCT former FROM listed WHERE level = 'city'),
        moved AS (
            SELECT DISTINCT parent AS former FROM listed
            WHERE level = 'county' AND code // 10000000000 <> parent // 10000000000
        )
        SELECT
            l.name, list_position(['', 'city', 'county'], l.level)::TINYINT AS level, l.former, d.code,
            (l.former // 10000000000) * 10000000000 AS province,
            coalesce(d.code, CASE WHEN m.former IS NULL THEN (l.former // 10000000000) * 10000000000 END, {NATION})
                AS proven,
            CASE WHEN l.level = 'county' AND p.code IS NOT NULL THEN l.parent END AS parent,
            CASE WHEN l.level = 'county' AND c.former IS NOT NULL THEN -l.parent END AS former_parent
        FROM listed AS l
        LEFT JOIN {division} AS d ON d.code = l.code
        LEFT JOIN {division} AS p ON p.code = l.parent
        LEFT JOIN former_city AS c ON c.former = l.parent
        LEFT JOIN moved AS m ON m.former = l.former
        WHERE d.code IS NOT NULL OR l.level = 'city'
    """


def _form_select(division: str) -> str:
    """Return all forms of the names: (code, form, penalty, is_bare), shorter forms only where they say enough."""
    real = f"SELECT * FROM {division} WHERE NOT is_virtual"
    return f"""
        WITH real AS ({real}),
        based AS ({_base_select("real")}),
        forms AS (
            SELECT code, name AS form, {FULL} AS penalty, false AS is_bare FROM real
            UNION ALL SELECT b.code, b.base, {ALIAS}, true
            FROM based AS b LEFT JOIN based AS c ON c.code = b.city AND c.code <> b.code
            -- 新乡 is the city, not 新乡县 in it
            WHERE NOT (b.base IS NOT DISTINCT FROM c.base AND b.name LIKE '%县' AND c.name LIKE '%市')
            UNION ALL SELECT code, base || '自治区', {ALIAS}, false FROM based WHERE name LIKE '%自治区'
            UNION ALL SELECT code, base || '省', {ALIAS}, false FROM based WHERE name LIKE '%自治区'
            UNION ALL SELECT code, '内蒙', {ALIAS}, true FROM real WHERE name = '内蒙古自治区'
            UNION ALL SELECT code, base || '州', {ALIAS}, false FROM based WHERE name LIKE '%自治州'
            UNION ALL SELECT code, base || '县', {ALIAS}, false FROM based WHERE name LIKE '%自治县'
            UNION ALL SELECT code, base || '旗', {ALIAS}, false FROM based WHERE name LIKE '%自治旗'
            UNION ALL SELECT code, base || t.word, {ALIAS}, false
            FROM based, (VALUES ('镇'), ('乡'), ('街道')) AS t (word)
            WHERE level = {TOWNSHIP} AND regexp_matches(name, '(镇|乡|街道)$')
            UNION ALL {_zone_forms()}
            UNION ALL SELECT r.code, a.alias, {ALIAS}, false
            FROM read_csv('{ALIASES}', header = true, all_varchar = true) AS a JOIN real AS r ON r.code = a.code::BIGINT
        ),
        -- 城关镇 beside 城关乡: a form that is another one's full name is that one's alone
        taken AS (SELECT parent, name FROM real WHERE level >= {COUNTY})
        SELECT f.code, f.form, min(f.penalty)::TINYINT AS penalty, bool_and(f.is_bare) AS is_bare
        FROM forms AS f
        JOIN real AS r ON r.code = f.code
        LEFT JOIN taken AS t ON t.parent = r.parent AND t.name = f.form AND f.penalty > {FULL}
        WHERE length(f.form) >= 2 AND t.name IS NULL
            AND NOT (f.penalty > {FULL} AND f.form IN ({_BARE_SAYS_NOTHING}))
            AND NOT (f.is_bare AND regexp_matches(f.form, '{STREET_NAME}'))
        GROUP BY f.code, f.form
    """


def _base_select(real: str) -> str:
    """Return the divisions with the base of their name: without type word, without the names of peoples."""
    return f"""
        SELECT code, level, name, city, CASE
            WHEN level = {PROVINCE} THEN regexp_replace(name, '(省|市|(壮族|回族|维吾尔)?自治区)$', '')
            WHEN regexp_matches(name, '自治(州|县|旗)$')
                THEN coalesce(
                    nullif(regexp_replace(name, '{_AUTONOMOUS}', ''), ''), regexp_replace(name, '族?自治(县|旗)$', '')
                )
            WHEN level = {CITY} THEN regexp_replace(name, '(市|地区|盟)$', '')
            WHEN level = {COUNTY} THEN regexp_replace(name, '(新区|林区|特区|县|市|区|旗)$', '')
            WHEN regexp_matches(name, '{_PEOPLES_TOWNSHIP}') THEN regexp_replace(name, '{_PEOPLES_TOWNSHIP}', '')
            ELSE regexp_replace(name, '(街道|镇|乡|苏木|管理委员会|管委会)$', '')
        END AS base
        FROM {real}
        WHERE NOT is_zone
    """


def _zone_forms() -> str:
    """Return the short forms of development zones: without the names of their province and city, and 高新区 alike."""
    return f"""
        SELECT z.code, t.form, {ALIAS}, false
        FROM real AS z
        JOIN real AS c ON c.code = z.city
        JOIN real AS p ON p.code = z.province,
        LATERAL (
            SELECT regexp_replace(
                regexp_replace(z.name, '^' || left(p.name, 2), ''),
                '^' || regexp_replace(c.name, '市$', '') || '市?',
                ''
            ) AS own
        ) AS o,
        LATERAL (
            SELECT unnest(CASE
                WHEN regexp_full_match(o.own, '高新.*(开发区|园区)') THEN string_split('{_HIGH_TECH}', '|')
                WHEN regexp_full_match(o.own, '经济(技术)?开发区') THEN string_split('{_ECONOMIC}', '|')
                ELSE [] END || [o.own]) AS form
        ) AS t
        WHERE z.is_zone
    """


def _entry_select(division: str, form: str, former: str) -> str:
    """Return the entries (scope, key, name, length, code, level, next_scope, penalty, strict, loose, direct).

    ``strict`` asks that the text ends here or a division below follows, ``loose`` that no word follows which makes the
    name part of another one. ``direct`` is false where a level that exists was skipped.
    """
    return f"""
        WITH readings AS (
            {_current_readings(division, form)}
            UNION ALL
            {_former_readings(division, former)}
        )
        SELECT
            scope, left(name, 2) AS key, name, length(name)::INTEGER AS length, code, level, next_scope,
            min(penalty)::TINYINT AS penalty, bool_and(strict) AS strict, bool_and(loose) AS loose,
            bool_or(direct) AS direct
        FROM readings
        WHERE length(name) >= 2
        GROUP BY scope, name, code, level, next_scope
    """


def _current_readings(division: str, form: str) -> str:
    """Return the readings of names that are in the register."""
    return f"""
            SELECT s.scope, f.form AS name, d.code, d.level, d.code AS next_scope, f.penalty,
                CASE
                    WHEN d.level = {TOWNSHIP} THEN f.is_bare
                    ELSE s.scope = {NATION} AND d.level = {COUNTY} AND (f.is_bare OR length(f.form) = 2)
                END AS strict,
                f.is_bare AS loose, s.direct
            FROM {division} AS d
            JOIN {form} AS f USING (code),
            LATERAL (
                SELECT unnest([
                    {{'scope': {NATION}, 'direct': true, 'use': d.level <= {COUNTY} AND NOT d.is_zone}},
                    {{'scope': d.province, 'direct': d.city IS NULL OR d.level = {CITY}, 'use': d.level = {CITY}
                        OR d.level = {COUNTY} AND NOT (d.is_zone AND f.penalty > {FULL})
                        OR d.level = {TOWNSHIP} AND d.city IS NULL AND d.county IS NOT NULL AND f.penalty = {FULL}}},
                    {{'scope': d.city, 'direct': d.county IS NULL OR d.level = {COUNTY}, 'use': d.level = {COUNTY}
                        OR d.level = {TOWNSHIP} AND (d.county IS NULL OR f.penalty = {FULL})}},
                    {{'scope': d.county, 'direct': true, 'use': d.level = {TOWNSHIP}}},
                    {{'scope': d.code, 'direct': true, 'use': f.penalty = {FULL}}}
                ], recursive := true)
            ) AS s
            WHERE s.use AND s.scope IS NOT NULL
                -- 河南 is the province, not 河南蒙古族自治县
                AND NOT (s.scope = {NATION} AND f.is_bare AND d.level > {PROVINCE} AND f.form IN (
                    SELECT form FROM {form} JOIN {division} USING (code) WHERE level = {PROVINCE}
                ))
    """


def _former_readings(division: str, former: str) -> str:
    """Return the readings of former names; one that stands for several divisions of today is in no wider scope."""
    return f"""
            SELECT
                s.scope, n.form, f.proven, CASE WHEN f.code IS NULL THEN {PROVINCE} ELSE f.level END,
                s.next_scope, n.penalty, n.is_bare, n.is_bare, true
            FROM {former} AS f,
            LATERAL (
                SELECT unnest([
                    {{'form': f.name, 'penalty': {FORMER}, 'is_bare': false}},
                    {{
                        'form': regexp_replace(f.name, '(地区|市|县|区|盟|旗)$', ''),
                        'penalty': {FORMER_ALIAS}, 'is_bare': true
                    }}
                ], recursive := true)
            ) AS n,
            LATERAL (
                SELECT unnest([
                    {{'scope': f.parent, 'next_scope': f.code}},
                    {{'scope': f.former_parent, 'next_scope': f.code}},
                    {{'scope': f.province, 'next_scope': CASE WHEN f.level = {COUNTY} THEN f.code END}},
                    {{'scope': f.province, 'next_scope': CASE WHEN f.level = {CITY} THEN f.code END}},
                    {{'scope': f.province, 'next_scope': CASE WHEN f.level = {CITY} THEN -f.former END}},
                    {{'scope': {NATION}, 'next_scope': CASE WHEN NOT n.is_bare OR f.level = {CITY} THEN f.code END}},
                    {{'scope': {NATION}, 'next_scope': CASE WHEN f.level = {CITY} THEN -f.former END}}
                ], recursive := true)
            ) AS s
            WHERE s.scope IS NOT NULL AND s.next_scope IS NOT NULL
                AND NOT (n.is_bare AND (f.code IS NULL OR f.name LIKE '%自治%'))
                AND NOT (s.scope IN ({NATION}, f.province) AND s.next_scope > 0 AND n.form IN (
                    SELECT name FROM {division} WHERE level <= {COUNTY}
                ))
    """
