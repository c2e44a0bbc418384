"""The notes of an origin-destination report: by which definition, when, from which lists, and what the marks mean.

A number without these cannot be read, so every form of the report carries all of them, in Chinese and in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.disclosure import TOTAL
from reports.od_table import LEVEL_NAMES, ODReport, Source

HIDDEN_MARK = "＊"
NAMED_UNITS = 12
"""So many missing units are named in a note; the coverage sheet lists every one."""


@dataclass(frozen=True)
class Note:
    """One note under its heading, in both languages."""

    heading_zh: str
    heading_en: str
    text_zh: str
    text_en: str


def notes(report: ODReport) -> list[Note]:
    """Return all notes of a report, in the order in which they are read."""
    return [
        _definition_note(report.definition),
        _rule_note(report.definition),
        _date_note(report),
        _scope_note(report),
        coverage_note(report.source),
        _unknown_note(report),
        _suppression_note(report),
        source_note(report.source),
    ]


def _definition_note(definition: Mapping[str, Any]) -> Note:
    return Note(
        "统计口径",
        "Definition",
        f"{definition['definition_id']}　{definition['name_zh']}（{definition['agency']}）。"
        f"{definition['note_zh'] or ''}依据：{definition['source']}",
        f"{definition['definition_id']}: {definition['name_en']} ({definition['agency']}). {definition['note'] or ''}",
    )


def _rule_note(definition: Mapping[str, Any]) -> Note:
    """The rule in the words that the warehouse makes of it."""
    return Note("口径要点", "What counts", definition["text_zh"], definition["text_en"])


def _date_note(report: ODReport) -> Note:
    as_of = report.request.as_of
    zh, en = f"{as_of:%Y-%m-%d}（当日仍在外的人数）。", f"{as_of:%Y-%m-%d}: people away on that day."
    if is_unofficial(report.definition, pd.Timestamp(as_of)):
        zh += "该日期不在本口径的现行期内，仅供比较。"
        en += " The definition was not official on that day; use for comparison."
    return Note("统计时点", "Date", zh, en)


def is_unofficial(definition: Mapping[str, Any], as_of: pd.Timestamp) -> bool:
    """Whether a day lies outside the time in which a definition was official."""
    valid_from, valid_to = definition["valid_from"], definition["valid_to"]
    too_early = valid_from is not None and as_of < pd.Timestamp(valid_from)
    return bool(too_early or (valid_to is not None and as_of > pd.Timestamp(valid_to)))


def _scope_note(report: ODReport) -> Note:
    request = report.request
    zh = f"来源地到{LEVEL_NAMES[request.origin_level]}，流入地到{LEVEL_NAMES[request.dest_level]}。"
    en = f"Origins by {request.origin_level}, destinations by {request.dest_level}."
    if report.within_name:
        zh += f"只列来源地或流入地在{report.within_name}以内的流向。"
        en += f" Only flows with one end in {report.within_name}."
    rests = sum(place.is_rest for place in (*report.table.origins, *report.table.dests))
    if rests:
        zh += f"标有“不详”的 {rests} 处，只知其上级地区；单独列出，合计因此不随所选级别变化。"
        en += " Places known only to a coarser level keep a line of their own, so totals do not depend on the level."
    return Note("层级与范围", "Levels and scope", zh, en)


def coverage_note(source: Source) -> Note:
    """Say of each form how many units' lists had arrived, and which had not."""
    coverage, period = source.coverage, source.period
    if coverage.empty or period is None:
        return Note("资料覆盖", "Coverage", "尚未收到名单。", "No lists have arrived.")
    zh, en = [], []
    for (form_id, form_name), units in coverage.groupby(["form_id", "form_name"]):
        arrived = int(units["arrived"].sum())
        zh.append(f"{form_name}：曾报送的 {len(units):,} 个单位中 {arrived:,} 个已到")
        en.append(f"{form_id} {arrived:,} of {len(units):,} units")
    missing = coverage.loc[~coverage["arrived"], "unit_name"].drop_duplicates().tolist()
    named = "、".join(missing[:NAMED_UNITS]) + ("等" if len(missing) > NAMED_UNITS else "")
    gaps_zh = f"未到 {len(missing):,} 个单位：{named}；未到单位沿用其上一期名单。" if missing else "无缺报。"
    gaps_en = " Units still missing keep their last list." if missing else ""
    return Note(
        "资料覆盖",
        "Coverage",
        f"{period} 期名单，{'；'.join(zh)}。{gaps_zh}",
        f"Lists of {period}: {'; '.join(en)} that ever delivered.{gaps_en}",
    )


def _unknown_note(report: ODReport) -> Note:
    total = report.table.undecided_at(TOTAL, TOTAL)
    shown = HIDDEN_MARK if total is None else f"{total:,}"
    return Note(
        "未定人数",
        "Undecided",
        f"另有 {shown} 人，因日期、地点等资料不全，无法判定是否符合本口径；单独列出，不计入人数。",
        f"A further {shown} people may or may not meet the definition, for want of a date or place; "
        "they are shown apart and not counted.",
    )


def _suppression_note(report: ODReport) -> Note:
    request = report.request
    hidden = int(report.table.persons.isna().sum().sum())
    return Note(
        "小数隐去",
        "Small counts",
        f"“{HIDDEN_MARK}”表示不予公布：流向人数不足 {request.od_threshold} 人，乡级、村级合计不足 "
        f"{request.small_place_threshold} 人，其他合计不足 {request.place_threshold} 人；"
        f"或数值虽大，但公布后可由合计倒推出上述小数。本表人数共隐去 {hidden:,} 格。"
        "“–”表示零。不得将隐去的数据用于识别个人。",
        f"{HIDDEN_MARK} is withheld: a flow under {request.od_threshold}, a township or village total under "
        f"{request.small_place_threshold}, another total under {request.place_threshold}, or a larger count from which "
        f"one of these would follow by subtraction. {hidden:,} cells of persons are withheld. – is zero.",
    )


def source_note(source: Source) -> Note:
    """Say which snapshot and which register the numbers are from."""
    register = f"{source.register_date:%Y-%m-%d}" if source.register_date else "（无）"
    return Note(
        "数据版本",
        "Version",
        f"快照 {source.snapshot_id}（{source.run_date:%Y-%m-%d} 发布），行政区划库版本 {register}。"
        f"本地：{source.home_name}（{source.home_code}）。同一快照、同一参数得出同一结果。",
        f"Snapshot {source.snapshot_id}, published {source.run_date:%Y-%m-%d}; division register of {register}.",
    )
