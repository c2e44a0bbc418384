"""The steps of a bridge in plain words, in Chinese and in English: what each step is, and from what to what it goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ingest.declaration import load_forms, load_value_lists
from ingest.definitions import SEEDS, seed_rows
from reports.od_notes import HIDDEN_MARK

Pair = tuple[str, str]

STEP_NAMES: MappingProxyType[str, Pair] = MappingProxyType(
    {
        "unit_from": ("单位", "unit"),
        "coverage_from": ("表的覆盖", "coverage of the form"),
        "boundary": ("边界", "boundary"),
        "intra_city": ("市辖区内", "moves inside city districts"),
        "clock": ("时长起算", "start of the duration"),
        "duration": ("时长", "duration"),
        "age": ("年龄", "age"),
        "sex": ("性别", "sex"),
        "hukou_nature": ("户口性质", "hukou nature"),
        "area": ("城乡", "urban or rural"),
        "reason": ("事由", "reason"),
        "service": ("服务/证件", "service or permit"),
        "coverage_to": ("表的覆盖", "coverage of the form"),
        "unit_to": ("单位", "unit"),
    }
)
ANY: Pair = ("不限", "any")
UNITS: MappingProxyType[str, Pair] = MappingProxyType(
    {
        "person": ("人", "persons"),
        "registration": ("登记", "registrations"),
        "permit": ("证件", "permits"),
        "student": ("学生", "students"),
        "household": ("户", "households"),
    }
)
BOUNDARY_NAMES: MappingProxyType[str, Pair] = MappingProxyType(
    {
        "village": ("跨村（社区）", "village"),
        "township": ("跨乡镇（街道）", "township"),
        "county": ("跨县（市、区）", "county"),
        "city": ("跨地级市", "city"),
        "province": ("跨省", "province"),
    }
)
WITHIN_BOUNDARIES: MappingProxyType[str, Pair] = MappingProxyType(
    {
        "province": ("限省内", "within one province"),
        "city_districts": ("限同一城市市辖区内", "within the districts of one city"),
    }
)
CLOCKS: MappingProxyType[str, Pair] = MappingProxyType(
    {
        "left_hukou": ("自离开户籍地起算", "since leaving the hukou place"),
        "arrived": ("自到达现居住地起算", "since arriving at the present place"),
        "registered": ("自登记之日起算", "since registration"),
    }
)
DURATION_UNITS: MappingProxyType[str, Pair] = MappingProxyType({"D": ("天", "day"), "M": ("个月", "month")})
HUKOU_NATURES: MappingProxyType[str, Pair] = MappingProxyType(
    {"rural": ("农业户口", "rural hukou"), "urban": ("非农业户口", "urban hukou")}
)
SEXES: MappingProxyType[str, Pair] = MappingProxyType({"1": ("男", "men"), "2": ("女", "women")})
AREAS: MappingProxyType[str, Pair] = MappingProxyType(
    {"urban": ("限城镇", "urban places"), "rural": ("限乡村", "rural places")}
)
INTRA_CITY: MappingProxyType[str, Pair] = MappingProxyType(
    {"true": ("不计入", "left out"), "false": ("计入", "counted")}
)
NOT_LAID_DOWN: Pair = ("规定未明", "not laid down")
DURATION = re.compile(r"P(\d+)([DM])")
MANY_REASONS = 3
MINUS = "−"


@dataclass(frozen=True)
class Words:
    """What a step is called, and what it goes from and to; both empty where it goes from nowhere to nowhere."""

    name_zh: str
    name_en: str
    change_zh: str
    change_en: str


def step_words(step: str, from_value: str | None, to_value: str | None) -> Words:
    """Say a step in words."""
    name_zh, name_en = STEP_NAMES[step]
    say = _SAYERS[step.removesuffix("_from").removesuffix("_to")]
    (from_zh, from_en), (to_zh, to_en) = say(from_value), say(to_value)
    return Words(name_zh, name_en, f"{from_zh} → {to_zh}", f"{from_en} → {to_en}")


def stock_words(definition: Mapping[str, Any]) -> Words:
    """Say the count of a definition in words: its name and its id."""
    return Words(definition["name_zh"], definition["definition_id"], "", definition["name_en"])


def _boundary(value: str | None) -> Pair:
    level, _, within = (value or "none").partition("/")
    zh, en = BOUNDARY_NAMES.get(level, ("不限跨越范围", "none"))
    if within in WITHIN_BOUNDARIES:
        within_zh, within_en = WITHIN_BOUNDARIES[within]
        return f"{zh}，{within_zh}", f"{en}, {within_en}"
    return zh, en


def _intra_city(value: str | None) -> Pair:
    return INTRA_CITY.get(value or "", NOT_LAID_DOWN)


def _clock(value: str | None) -> Pair:
    return CLOCKS.get(value or "", ANY)


def _duration(value: str | None) -> Pair:
    match = DURATION.fullmatch(value or "")
    if match is None or match[1] == "0":
        return ANY
    zh, en = DURATION_UNITS[match[2]]
    return f"满 {match[1]} {zh}", f"{match[1]} {en}{'' if match[1] == '1' else 's'} or more"


def _age(value: str | None) -> Pair:
    youngest, _, oldest = (value or "-").partition("-")
    if youngest and oldest:
        return f"{youngest}—{oldest} 周岁", f"{youngest} to {oldest}"
    if youngest:
        return f"{youngest} 周岁及以上", f"{youngest} and over"
    return (f"{oldest} 周岁及以下", f"{oldest} and under") if oldest else ANY


def _sex(value: str | None) -> Pair:
    return SEXES.get(value or "", ANY)


def _hukou_nature(value: str | None) -> Pair:
    return HUKOU_NATURES.get(value or "", ANY)


def _area(value: str | None) -> Pair:
    return AREAS.get(value or "", ANY)


def _reason(value: str | None) -> Pair:
    """Say which reasons count: those that do not by name, or how many do where most do not."""
    if value is None:
        return ANY
    codes = value.split(";")
    names = {code.code: (code.name_zh, code.name_en) for code in load_value_lists()["reason"].codes}
    left = len(names.keys() - {"UNKNOWN"} - set(codes))
    if left < len(codes):
        return f"限 {left} 类事由", f"{left} reasons only"
    if len(codes) > MANY_REASONS:
        return f"除 {len(codes)} 类事由外", f"all but {len(codes)} reasons"
    said = [names.get(code, (code, code)) for code in codes]
    return f"除{'、'.join(zh for zh, _ in said)}外", f"all but {', '.join(en for _, en in said)}"


def _service(value: str | None) -> Pair:
    """Say a service by name, with its kind where the definition asks for one."""
    if value is None:
        return ANY
    code, _, detail = value.partition("/")
    services = {row["service_code"]: (row["name_zh"], row["name_en"]) for row in seed_rows(SEEDS / "service_code.csv")}
    zh, en = services.get(code, (code, code))
    fields = {row["field"] for row in seed_rows(SEEDS / "service_map.csv") if row["service_code"] == code}
    kinds = [
        kind
        for list_id, values in load_value_lists().items()
        for kind in values.codes
        if list_id in fields and kind.code == detail
    ]
    return (f"{zh}（{kinds[0].name_zh}）", f"{en} ({kinds[0].name_en})") if kinds else (zh, en)


def _unit(value: str | None) -> Pair:
    return UNITS.get(value or "", ANY)


def _coverage(value: str | None) -> Pair:
    if value is None:
        return "全部名单", "all lists"
    form = load_forms().get(value)
    return f"仅{form.name_zh if form else value}", f"only {value}"


_SAYERS: MappingProxyType[str, Callable[[str | None], Pair]] = MappingProxyType(
    {
        "boundary": _boundary,
        "intra_city": _intra_city,
        "clock": _clock,
        "duration": _duration,
        "age": _age,
        "sex": _sex,
        "hukou_nature": _hukou_nature,
        "area": _area,
        "reason": _reason,
        "service": _service,
        "unit": _unit,
        "coverage": _coverage,
    }
)


def count(number: int | None) -> str:
    """Say a number, zero and hidden ones by their marks."""
    if number is None:
        return HIDDEN_MARK
    return f"{number:,}" if number else "–"


def signed(number: int | None) -> str:
    """Say a change with its sign."""
    if number is None:
        return HIDDEN_MARK
    return f"{number:+,}".replace("-", MINUS) if number else "–"
