"""Invented Chinese people for the tests of linking: who they are, what lists say of them, and how rows are spoilt.

The hard cases are in it: common names, brothers and sisters in one village, twins, namesakes with the same birth date
elsewhere, and rows about people whom nobody reported with a number. Everything follows from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from popflow.synthetic.identity import draw_names, settle_numbers
from warehouse.linking.damage import BIRTHS, NUMBERS, OTHER_ORDER, place_of_county
from warehouse.linking.lunar import lunar_dates

FAMILY_SHARE = 0.3
TWIN_SHARE = 0.02
NAMESAKE_SHARE = 0.01
KNOWN_SHARE = 0.85
# Most of whom a site knows has its hukou in one county.
HOME, HOME_SHARE = "341221", 0.6
VILLAGES_A_TOWNSHIP, TOWNSHIPS_A_COUNTY = 12, 15
COUNTIES = [
    f"{province}{city:02}{county:02}"
    for province in (34, 41, 42, 51)
    for city in range(1, 6)
    for county in range(21, 26)
]

HIDDEN = ("missing", "placeholder", "one_wrong_digit", "two_swapped", "digit_lost", "fifteen_digits", "rounded")


@dataclass(frozen=True)
class Invented:
    """The relation ``profile`` as linking wants it, and the truth behind the records."""

    people: int
    records: int


def invent(
    connection: duckdb.DuckDBPyConnection, people: int, records: int, seed: int = 4, slip: float = 0.1
) -> Invented:
    """Create ``profile`` and ``truth(person_key, true_key, is_known, number_damage, other_damage)``.

    ``slip`` is the share of records that also have something else wrong than the number.
    """
    rng = np.random.default_rng(seed)
    connection.register("person_frame", _people(rng, people))
    connection.execute("CREATE OR REPLACE TABLE person AS SELECT * FROM person_frame")
    connection.unregister("person_frame")
    _report(connection, rng, people, records, slip)
    return Invented(people, records)


def _people(rng: np.random.Generator, people: int) -> pa.Table:
    """Return people with names, numbers, birth dates, hukou places and phones; families and namesakes among them."""
    sex = rng.integers(1, 3, people)
    names = draw_names(rng, sex)
    births = np.datetime64("1945-01-01") + rng.integers(0, 27_000, people).astype("timedelta64[D]")
    county = np.where(rng.random(people) < HOME_SHARE, HOME, rng.choice(np.array(COUNTIES), people))
    township = rng.integers(1, TOWNSHIPS_A_COUNTY + 1, people)
    village = rng.integers(1, VILLAGES_A_TOWNSHIP + 1, people)
    phones = rng.integers(0, 10**8, people)
    family, twin, namesake = (rng.random(people) < share for share in (FAMILY_SHARE, TWIN_SHARE, NAMESAKE_SHARE))
    family[0] = twin[0] = namesake[0] = False
    twin &= ~family
    namesake &= ~(family | twin)
    before = np.arange(people) - 1
    surnames = np.array([name[: 2 if name.startswith("欧阳") else 1] for name in names])
    given = np.array([name[len(surname) :] for name, surname in zip(names, surnames, strict=True)])
    for of_family in (county, township, village, phones, surnames):
        of_family[family | twin] = of_family[before[family | twin]]
    # brothers and sisters often share the first character of the given name
    shared = (
        (family | twin)
        & (rng.random(people) < 0.4)
        & (np.char.str_len(given) == 2)
        & (np.char.str_len(given[before]) == 2)
    )
    given[shared] = [given[each - 1][0] + given[each][1] for each in np.flatnonzero(shared)]
    births[twin] = births[before[twin]]
    sex[namesake], births[namesake] = sex[before[namesake]], births[before[namesake]]
    surnames[namesake], given[namesake] = surnames[before[namesake]], given[before[namesake]]
    numbers, births = settle_numbers(rng, _first_regions(rng, county), births, sex)
    return pa.table(
        {
            "person": np.arange(people),
            "name": np.char.add(surnames, given).tolist(),
            "number": numbers.tolist(),
            "sex": sex.astype(str).tolist(),
            "birth_date": pa.array(births.astype("datetime64[D]")),
            "village_code": [f"{c}{t:03}{v:03}" for c, t, v in zip(county, township, village, strict=True)],
            "phone": [f"139{phone:08}" for phone in phones],
        }
    )


def _first_regions(rng: np.random.Generator, county: np.ndarray) -> np.ndarray:
    """Return where numbers were first given: in the county of the hukou or in another one of its city."""
    city = np.array([code[:4] for code in county])
    return np.where(
        rng.random(len(county)) < 0.3, county, np.char.add(city, rng.integers(21, 40, len(county)).astype(str))
    )


def _report(
    connection: duckdb.DuckDBPyConnection, rng: np.random.Generator, people: int, records: int, slip: float
) -> None:
    """Write the profiles: one or two of each numbered person, one of each record, spoilt as its kind says."""
    reported = rng.permutation(people)[:records]
    kinds = rng.choice(np.array(HIDDEN), records, p=[0.4, 0.1, 0.2, 0.1, 0.1, 0.05, 0.05])
    others = np.where(rng.random(records) < slip, rng.choice(np.array(sorted(SLIPS)), records), "none")
    known = rng.random(people) < KNOWN_SHARE
    connection.register("known_frame", pa.table({"person": np.arange(people), "is_known": known}))
    connection.register(
        "record_frame",
        pa.table(
            {
                "person": reported,
                "number_damage": kinds.tolist(),
                "other_damage": others.tolist(),
                "place": rng.integers(1, 18, records),
                "digit": rng.integers(1, 10, records),
                "chance": rng.random(records),
                "second_chance": rng.random(records),
            }
        ),
    )
    slips = " ".join(
        f"WHEN '{kind}' THEN {expression}" for kind, (field, expression) in SLIPS.items() if field == "name"
    )
    births = " ".join(
        f"WHEN '{kind}' THEN {expression}" for kind, (field, expression) in SLIPS.items() if field == "birth"
    )
    numbers = " ".join(f"WHEN '{kind}' THEN {expression}" for kind, expression in NUMBERS.items())
    connection.register("sound_frame", _variants(connection))
    connection.execute(f"""
        CREATE OR REPLACE TABLE truth AS
        SELECT 'r' || lpad(person::VARCHAR, 8, '0') AS person_key, 'p' || lpad(person::VARCHAR, 8, '0') AS true_key,
               is_known, number_damage, other_damage
        FROM record_frame JOIN known_frame USING (person) ORDER BY person;
        CREATE OR REPLACE TABLE profile AS
        WITH record AS (
            SELECT person.*, record_frame.* EXCLUDE (person), sound_frame.* EXCLUDE (person)
            FROM record_frame JOIN person USING (person) LEFT JOIN sound_frame USING (person)
        )
        SELECT 'p' || lpad(person::VARCHAR, 8, '0') AS person_key, true AS is_numbered, name, number, sex, birth_date,
            CASE WHEN level = 'village' THEN village_code WHEN level = 'township' THEN left(village_code, 9) || '000'
                ELSE left(village_code, 6) || '000000' END AS origin_code,
            level AS origin_level,
            CASE WHEN hash(person, form_id) % 10 < 6 THEN phone END AS phone, form_id, unit_code, true AS is_new
        FROM person JOIN known_frame USING (person)
        JOIN (VALUES ('police', 'u1', 10), ('health', 'u3', 3)) AS form (form_id, unit_code, tenths)
            ON hash(person, 5) % 10 < tenths
        JOIN (VALUES ('village', 0, 7), ('township', 7, 9), ('county', 9, 10)) AS said (level, least, below)
            ON hash(person, form_id, 3) % 10 BETWEEN least AND below - 1
        WHERE is_known
        UNION ALL
        SELECT 'r' || lpad(person::VARCHAR, 8, '0'), false,
            CASE other_damage {slips} ELSE name END,
            CASE number_damage {numbers} END,
            CASE WHEN hash(person, 7) % 500 = 0 THEN CASE sex WHEN '1' THEN '2' ELSE '1' END ELSE sex END,
            CASE other_damage {births} ELSE birth_date END,
            CASE WHEN other_damage = 'hukou_coarser' THEN {place_of_county("village_code")}
                WHEN chance < 0.02 THEN left(village_code, 6) || '099001'
                WHEN chance < 0.03 THEN left(village_code, 9) || '099'
                WHEN chance < 0.04 THEN '320583001001'
                WHEN chance < 0.6 THEN village_code ELSE left(village_code, 9) || '000' END,
            CASE WHEN other_damage = 'hukou_coarser' THEN 'county' WHEN chance < 0.6 THEN 'village' ELSE 'township' END,
            CASE WHEN other_damage <> 'phone_missing' AND second_chance < 0.6
                THEN CASE WHEN second_chance < 0.08 THEN '138' || lpad((hash(person) % 100000000)::VARCHAR, 8, '0')
                    WHEN second_chance < 0.09 THEN left(phone, 10) || ((right(phone, 1)::INTEGER + 1) % 10)::VARCHAR
                    ELSE phone END END,
            'roster', 'u2', true
        FROM record
    """)
    for frame in ("known_frame", "record_frame", "sound_frame"):
        connection.unregister(frame)


# Characters that sound alike, and that look alike, as far as the invented names are made of them.
SOUNDS = """
    伟维炜 强墙 磊垒 军君钧均 勇永 杰洁捷 涛韬 明名铭 刚钢岗 平萍苹 辉晖徽 鹏朋 华桦骅 飞菲霏 波玻 斌彬宾
    宇雨羽 浩皓昊 健建剑 俊峻骏 文闻雯 志智 峰锋枫丰 福富 芳方 敏闽 静靖婧 丽莉利 艳燕彦 秀绣 英瑛颖 霞侠
    玲铃灵 兰岚 凤奉 梅媚 琳林霖 云芸 莲连 真珍贞 红虹宏 荣容 香湘 媛缘 春椿 菊局 慧惠 巧桥 婷亭 娟涓 娜那
    龙隆 林琳 阳洋扬 国果 建健 海害 贵桂 德得 胜盛 根跟 家佳嘉 宝保 道到 业叶 月悦 雪血
"""
SHAPES = """
    伟玮炜 磊垒 杰烈 明朋 刚钢 辉晖挥 浩皓洁 健键 俊峻浚 峰锋蜂 福富 芳芬 敏梅 静靖 丽俪 娜哪 秀透 英瑛
    玲铃岭 洁浩 梅海 琳淋 莲连 荣莹 媛缓 珍诊 贞侦 婷停 倩清 娟捐 宁拧 林琳 海梅 强虽 波坡 斌斑 宇字 凯岂
    帆帅 帅师 旭旬 文纹 根很 家嫁
"""

# What else may be wrong: the field, and how it is then written.
SLIPS = {
    "name_same_sound": ("name", "sound_alike"),
    "name_same_shape": ("name", "shape_alike"),
    "name_other_order": ("name", OTHER_ORDER),
    "birth_lunar": ("birth", "coalesce(lunar_birth, birth_date)"),
    **{kind: ("birth", expression) for kind, expression in BIRTHS.items()},
    "hukou_coarser": ("hukou", ""),
    "phone_missing": ("phone", ""),
}


def _variants(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return for each reported person the name with one given character that sounds, and one that looks, alike."""
    lunar = dict(zip(*(column.to_pylist() for column in lunar_dates().columns), strict=True))
    sounds, shapes = _doubles(SOUNDS), _doubles(SHAPES)
    people = connection.execute(
        "SELECT person, name, strftime(birth_date, '%Y%m%d') FROM record_frame JOIN person USING (person) ORDER BY 1"
    ).fetchall()
    return pa.table(
        {
            "person": [person for person, _, _ in people],
            "sound_alike": [_replaced(name, sounds) for _, name, _ in people],
            "shape_alike": [_replaced(name, shapes) for _, name, _ in people],
            "lunar_birth": pa.array([_day(lunar[birth]) for _, _, birth in people], pa.date32()),
        }
    )


def _day(digits: str) -> np.datetime64 | None:
    try:
        return np.datetime64(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}").astype(object)
    except ValueError:
        return None


def _replaced(name: str, alike: dict[str, list[str]]) -> str:
    """Return the name with its last character that has a double replaced; the name itself where none has."""
    for place in range(len(name) - 1, 0, -1):
        doubles = alike.get(name[place])
        if doubles:
            return name[:place] + doubles[len(name) % len(doubles)] + name[place + 1 :]
    return name


def _doubles(groups: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in groups.split():
        for character in group:
            found.setdefault(character, []).extend(each for each in group if each != character)
    return found
