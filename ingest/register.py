"""The division register: what a list of codes and names says about five levels of divisions, and since when.

A register is a list of 12-digit codes and names; level, parent, ancestors and full name follow from the codes by the
rules written here once, for the register that ships with popflow as for any other vintage. ``merge_vintage`` brings a
later vintage into a table of dated divisions.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

SHIPPED_REGISTER = Path(__file__).parent / "data" / "division_register.parquet"

# The date of the shipped register.
SHIPPED_AS_OF = date(2023, 6, 30)

# Since when a division has its name and place is not in a register, and stays reach back for decades. Divisions of the
# first register are therefore taken as valid from the beginning of the republic; former names are known apart from it.
OPEN_START = date(1949, 10, 1)

LEVELS = ("province", "city", "county", "township", "village")

COLUMNS = (
    "code",
    "level",
    "name",
    "full_name",
    "parent_code",
    "province_code",
    "city_code",
    "county_code",
    "township_code",
    "village_code",
    "urban_rural_code",
    "is_virtual",
    "is_city_district",
    "valid_from",
    "valid_to",
)

# Rows that only hold a place in the code: 市辖区 and 县 of municipalities, 省直辖县级行政区划, 市辖区 of a city.
_VIRTUAL_NAME = "^(市辖区|市辖县|县|市|(省|自治区)直辖.*)$"

# County codes ending in 71 to 80 are development zones, not divisions by law.
_ZONE_DIGITS = "substr(d.code, 5, 2) BETWEEN '70' AND '80'"


def register_query(path: Path = SHIPPED_REGISTER) -> str:
    """Return the SELECT with the columns of raw.division over a compact register (code as number, name)."""
    quoted = str(path).replace("'", "''")
    return division_query(
        f"SELECT code::VARCHAR AS code, name, NULL::VARCHAR AS urban_rural_code FROM read_parquet('{quoted}')",
        OPEN_START,
    )


def division_query(listed: str, valid_from: date) -> str:
    """Return the SELECT with the columns of raw.division over a SELECT of (code, name, urban_rural_code).

    Codes have 12 digits and are unique. A county row that repeats a city without counties (嘉峪关) is left out.
    """
    return f"""
        WITH listed AS ({listed}),
        placed AS MATERIALIZED (
            SELECT
                code, name, urban_rural_code, {level_of("code")} AS level,
                left(code, 2) || '0000000000' AS province_key,
                left(code, 4) || '00000000' AS city_key,
                left(code, 6) || '000000' AS county_key,
                left(code, 9) || '000' AS township_key
            FROM listed
        ),
        province AS (SELECT code, name FROM placed WHERE level = 'province'),
        city AS (
            SELECT code, name, regexp_matches(name, '{_VIRTUAL_NAME}') AS is_virtual FROM placed WHERE level = 'city'
        ),
        county AS (
            SELECT c.code, c.name, regexp_matches(c.name, '{_VIRTUAL_NAME}') AS is_virtual
            FROM placed AS c LEFT JOIN city AS p ON p.code = c.city_key
            WHERE c.level = 'county' AND c.name IS DISTINCT FROM p.name
        ),
        with_counties AS (SELECT DISTINCT left(code, 4) || '00000000' AS code FROM county WHERE NOT is_virtual),
        township AS (SELECT code, name FROM placed WHERE level = 'township'),
        named AS (
            SELECT
                d.code, d.level, d.name, d.urban_rural_code,
                p.code AS province_code, p.name AS province_name,
                c.code AS city_code, c.name AS city_name, coalesce(c.is_virtual, false) AS city_is_virtual,
                x.code AS county_code, x.name AS county_name, coalesce(x.is_virtual, false) AS county_is_virtual,
                t.code AS township_code, t.name AS township_name,
                CASE WHEN d.level = 'village' THEN d.code END AS village_code,
                c.code IS NOT NULL AND NOT c.is_virtual AND w.code IS NULL AS city_without_counties
            FROM placed AS d
            LEFT JOIN province AS p ON p.code = d.province_key
            LEFT JOIN city AS c ON c.code = d.city_key AND d.level <> 'province'
            LEFT JOIN county AS x
                ON x.code = d.county_key
                AND (d.code = x.code OR d.level IN ('township', 'village') AND NOT x.is_virtual)
            LEFT JOIN township AS t ON t.code = d.township_key AND d.level IN ('township', 'village')
            LEFT JOIN with_counties AS w ON w.code = c.code
            WHERE d.level <> 'county' OR x.code IS NOT NULL
        )
        SELECT
            d.code,
            d.level,
            d.name,
            concat(
                d.province_name,
                CASE WHEN NOT d.city_is_virtual THEN d.city_name END,
                CASE WHEN NOT d.county_is_virtual THEN d.county_name END,
                d.township_name,
                CASE WHEN d.level = 'village' THEN d.name END
            ) AS full_name,
            CASE d.level
                WHEN 'city' THEN d.province_code
                WHEN 'county' THEN d.city_code
                WHEN 'township' THEN coalesce(d.county_code, d.city_code)
                WHEN 'village' THEN d.township_code
            END AS parent_code,
            d.province_code,
            d.city_code,
            d.county_code,
            d.township_code,
            d.village_code,
            d.urban_rural_code,
            CASE
                WHEN d.level = 'city' THEN d.city_is_virtual
                WHEN d.level = 'county' THEN d.county_is_virtual
                ELSE false
            END AS is_virtual,
            {_IS_CITY_DISTRICT} AS is_city_district,
            DATE '{valid_from.isoformat()}' AS valid_from,
            NULL::DATE AS valid_to
        FROM named AS d
    """


def level_of(code: str) -> str:
    """Return the SQL expression of the level that a 12-digit code is padded from."""
    return (
        f"CASE WHEN right({code}, 3) <> '000' THEN 'village' WHEN substr({code}, 7, 3) <> '000' THEN 'township' "
        f"WHEN substr({code}, 5, 2) <> '00' THEN 'county' WHEN substr({code}, 3, 2) <> '00' THEN 'city' "
        "ELSE 'province' END"
    )


# 市辖区 belong to a municipality or a city, never to a prefecture or directly to a province. 特区 (六枝) and the
# islands of 三沙 are neither; a city without counties is one district all over; a development zone may lie in several.
_IS_CITY_DISTRICT = f"""CASE
                WHEN d.city_without_counties THEN true
                WHEN d.county_code IS NULL OR d.county_is_virtual OR {_ZONE_DIGITS} THEN NULL
                WHEN d.county_name LIKE '%群岛%' THEN NULL
                WHEN substr(d.code, 3, 2) = '90' THEN false
                WHEN d.county_name NOT LIKE '%区' OR d.county_name LIKE '%特区' THEN false
                ELSE d.city_is_virtual OR d.city_name LIKE '%市'
            END"""
