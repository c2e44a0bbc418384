"""The notes of a bridge and its headings: the definitions, what steps and their order mean, what is withheld."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from reports.bridge_table import BridgeReport
from reports.bridge_words import signed
from reports.od_notes import HIDDEN_MARK, Note, coverage_note, is_unofficial, source_note

DIRECTION_NAMES = MappingProxyType({"in": ("流入", "at the destination"), "out": ("流出", "at the origin")})


def titles(report: BridgeReport) -> tuple[str, str, str]:
    """Return the title, its English and the line that names definitions, date and snapshot."""
    begin, end = report.definitions
    side_zh, side_en = DIRECTION_NAMES[report.direction]
    facts = (
        f"口径：{begin['definition_id']} → {end['definition_id']}",
        f"时点：{report.as_of:%Y-%m-%d}",
        f"方向：{side_zh}",
        f"快照：{report.source.snapshot_id}",
        "单位：人",
    )
    english = f"Why {begin['name_en']} and {end['name_en']} differ, seen {side_en}"
    return f"{report.whole.name}口径差异分解：{begin['name_zh']} → {end['name_zh']}", english, "　".join(facts)


def summary(report: BridgeReport) -> tuple[str, str]:
    """Say in one sentence by how much the two differ and which step weighs most."""
    begin, end = report.definitions
    if report.whole.counts_nobody:
        zh = f"按“{begin['name_zh']}”（{begin['definition_id']}）和“{end['name_zh']}”（{end['definition_id']}）计"
        en = f"Nobody counts under {begin['definition_id']} or {end['definition_id']}"
        return f"{zh}，均无一人。", f"{en}, and of nobody is it undecided."
    counts = [report.whole.row(step) for step in ("stock_from", "stock_to")]
    first, second = (HIDDEN_MARK if row is None or row.persons is None else f"{row.persons:,}" for row in counts)
    zh = (
        f"按“{begin['name_zh']}”（{begin['definition_id']}）计 {first} 人，"
        f"按“{end['name_zh']}”（{end['definition_id']}）计 {second} 人"
    )
    en = f"{first} persons under {begin['definition_id']}, {second} under {end['definition_id']}"
    if report.whole.difference is not None:
        difference = signed(report.whole.difference) if report.whole.difference else "0"
        zh += f"，相差 {difference} 人"
        en += f", a difference of {difference}"
    axes = [row for row in report.whole.rows if row.is_axis]
    if not axes:
        return f"{zh}。两个口径没有差别。", f"{en}. The two definitions do not differ."
    visible = [row for row in axes if row.persons]
    if visible:
        largest = max(visible, key=lambda row: abs(row.persons or 0))
        words, effect = largest.words, signed(largest.persons)
        zh += f"；可公布的各步中，“{words.name_zh}”（{words.change_zh}）影响最大，为 {effect} 人"
        en += f"; of the steps shown {words.name_en} ({words.change_en}) weighs most: {effect}"
    return f"{zh}。", f"{en}."


def notes(report: BridgeReport) -> list[Note]:
    """Return all notes of a report, in the order in which they are read."""
    return [
        *_definition_notes(report),
        _steps_note(),
        _order_note(report),
        _unknown_note(),
        *_outer_notes(report),
        _suppression_note(report),
        coverage_note(report.source),
        source_note(report.source),
    ]


def _definition_notes(report: BridgeReport) -> list[Note]:
    return [
        Note(f"{name_zh}口径", f"{name_en} definition", *_definition_in_words(each, report))
        for name_zh, name_en, each in zip(("甲", "乙"), ("First", "Second"), report.definitions, strict=True)
    ]


def _definition_in_words(definition: Mapping[str, Any], report: BridgeReport) -> tuple[str, str]:
    """Say what a definition counts, what of it is not tested, and whether it was official on the day."""
    zh = [
        f"{definition['definition_id']}　{definition['name_zh']}（{definition['agency']}）。",
        definition["text_zh"],
        definition["note_zh"] or "",
    ]
    en = [
        f"{definition['definition_id']}: {definition['name_en']} ({definition['agency']}).",
        definition["text_en"],
        definition["note"] or "",
    ]
    if is_unofficial(definition, pd.Timestamp(report.as_of)):
        zh.append("时点不在本口径的现行期内，仅供比较。")
        en.append("It was not official on that day; use for comparison.")
    if definition["direction"] == "resident":
        zh.append("常住人口为户籍人口减去外出部分、加上流入部分，总数见 stats.resident。")
        en.append("Residents are the registered people less those away, plus those here: stats.resident has them.")
    return "".join(zh), " ".join(filter(None, en))


def _steps_note() -> Note:
    return Note(
        "怎样分解",
        "Steps",
        "从甲口径出发，每一步只改一个方面，改为乙口径的规定，其余不变；每一步的人数之差即该步的影响。各步之和恰为两数之差。",
        "Starting from the first definition each step changes one thing to what the second asks for, and leaves the"
        " rest; by how much the number of persons changes is the effect of the step. Steps add up to the difference"
        " exactly.",
    )


def _order_note(report: BridgeReport) -> Note:
    if report.whole.hides_orders:
        return Note(
            "次序的影响",
            "Order",
            "各步的大小与先后次序有关。因其中有小数，本表不列各种次序下的范围。",
            "How large a step is depends on the order of the steps. The range over all orders is withheld here, because"
            " there are small numbers among them.",
        )
    return Note(
        "次序的影响",
        "Order",
        "各步的大小与先后次序有关；“各种次序”一栏为所有次序下该步影响的最小值和最大值。",
        "How large a step is depends on the order of the steps; the range is the least and the most over all orders.",
    )


def _unknown_note() -> Note:
    return Note(
        "未定",
        "Undecided",
        "未定者因资料不全，无法判定是否符合口径，不计入人数；其一栏为该步使未定人数增减多少。",
        "Undecided people may or may not count, for want of a date or place; they are not in the persons. Their column"
        " says by how many the step changes them.",
    )


def _outer_notes(report: BridgeReport) -> list[Note]:
    if all(row.is_count or row.is_axis for row in report.whole.rows):
        return []
    return [
        Note(
            "单位与覆盖",
            "Unit and coverage",
            "部门按自己的表、自己的单位（如登记、证件）统计。“单位”一步由其单位换算为人，“表的覆盖”一步由其表上有的人扩大到全部名单所知的人；"
            "这些步在两个人数之外。",
            "An agency counts from its own form and in its own unit (registrations, permits). The steps of unit and"
            " coverage lead from that to the persons known to all lists; they stand outside the two counts of persons.",
        )
    ]


def _suppression_note(report: BridgeReport) -> Note:
    return Note(
        "小数隐去",
        "Small numbers",
        f"“{HIDDEN_MARK}”表示不予公布：不足 {report.threshold} 人的步、步间人数或合计，"
        "或公布后可由加减推出上述小数的其他数。“–”表示零。不得将隐去的数据用于识别个人。",
        f"{HIDDEN_MARK} is withheld: a step, a count between steps or a total under {report.threshold}, or a larger"
        " number from which one of these would follow by adding and subtracting. – is zero.",
    )
