"""The words of a return slip: what a severity and a verdict are called, and what a comment says about a cell.

Whatever comes from a finding is shown masked and as plain text, so a slip can be handed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from ingest.safe_text import masked, printable, shown_path
from ingest.slip_mark import EXPLANATION_HEADING
from quality.slips.findings import Delivery, Finding

UNKNOWN_UNIT: Final = "未识别"
SEVERITY_WORDS: Final = {"error": "退回，请改正", "query": "已接收，请核对", "note": "提示"}
SEVERITIES: Final = tuple(SEVERITY_WORDS)
STATUS_WORDS: Final = {
    "accepted": "已全部接收，无退回。",
    "partly_returned": "部分接收：标红的行已退回，请在本文件中改正后送回。",
    "returned": "整份退回：请按下列原因改正后重报。",
    "duplicate": "重复报送：内容与已收到的名单相同，不再计入。先前的回执如有退回的行，仍请改正后重报。",
}
HOW_TO_SEND_BACK: Final = (
    "直接在本文件的名单中改正标色的格子；鼠标移到格子上，可看到问题和改法。",
    f"疑问经核对确实无误的，不用改，在该行右边的“{EXPLANATION_HEADING}”栏写明原因，以后不再提问。",
    "可以增加、删除、重新排列行；请勿删除隐藏的列和“回执”表，它们用来对应原来的行。",
    "改好后保存，把本文件照平时的办法报来，文件名随意。系统只更正有变化的行，其余的行保持不变。",
)
LIST_COLUMNS: Final = (
    ("工作表", 14), ("行号", 8), ("列", 16), ("单元格内容（已遮盖）", 22), ("处理", 15), ("原因", 42), ("怎么改", 42)
)  # fmt: skip
"""Headings and widths of the list of findings."""
HOW_TO_READ_LIST: Final = ("逐行说明见“明细”表。行号与您报来的表格中的行号一致。",)
# The reason ends where the request begins: 校验位不对，请按身份证核对。
REQUEST: Final = re.compile(r"[，。；：,;:]\s*(?=请|可填|无需处理)")
UNSAFE_IN_NAME: Final = re.compile(r'[\\/:*?"<>|\s.]+')
NAME_BYTES: Final = 120
CELL_CHARACTERS: Final = 32_767


def slip_name(delivery: Delivery) -> str:
    """Return the name of a file's slip; the slip that said what to correct stays when the same file comes again."""
    mark = "_重复" if delivery.status == "duplicate" else ""
    return f"{safe_name(Path(delivery.path).stem)}_回执_{delivery.file_id}{mark}.xlsx"


def delivery_lines(delivery: Delivery, night_id: str) -> list[tuple[str, str]]:
    """Return which file this is, whose, of which month, and what became of its rows."""
    unit = " ".join(filter(None, (delivery.unit_name, delivery.unit_code))) or UNKNOWN_UNIT
    counts = (
        f"收到 {delivery.rows_in:,} 行，接收 {delivery.rows_accepted:,} 行，"
        f"退回 {delivery.rows_returned:,} 行，重复 {delivery.rows_duplicate:,} 行"
    )
    return [
        ("文件", cell_text(shown_path(delivery.path))),
        ("填报单位", cell_text(unit)),
        ("所属期", delivery.period or UNKNOWN_UNIT),
        ("处理批次", night_id),
        ("行数", counts),
    ]


def problems(findings: Iterable[Finding]) -> list[tuple[str, str, int]]:
    """Count the findings by severity and advice, in the order in which severities weigh and findings come."""
    counts: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (finding.severity, finding.advice)
        counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (SEVERITIES.index(item[0][0]), -item[1], item[0][1]))
    return [(severity, shown(advice), count) for (severity, advice), count in ordered]


def list_line(finding: Finding) -> tuple[str, ...]:
    """Return a finding as a line of the list of findings."""
    reason, request = split_advice(finding.advice)
    suggestion = f"建议：{finding.suggestion}" if finding.suggestion else ""
    return (
        cell_text(finding.sheet),
        "整份文件" if finding.row_number is None else str(finding.row_number),
        cell_text(finding.column_name),
        cell_text(finding.value_shown),
        SEVERITY_WORDS[finding.severity],
        shown(reason),
        shown("\n".join(filter(None, (request, suggestion)))),
    )


def comment_text(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the lines of a cell's comment: for each finding what is wrong, what is expected, and a suggestion."""
    lines = [line for finding in findings for line in _comment_lines(*_worded(finding))]
    return tuple(dict.fromkeys(lines))


def _worded(finding: Finding) -> tuple[str, str, str]:
    return finding.severity, finding.advice, finding.suggestion or ""


@lru_cache(maxsize=10_000)
def _comment_lines(severity: str, advice: str, suggestion: str) -> tuple[str, ...]:
    reason, request = split_advice(advice)
    labelled = (("问题：", reason), ("应当：", request), ("建议：", suggestion))
    lines = [f"【{SEVERITY_WORDS[severity]}】", *(label + shown(text) for label, text in labelled if text)]
    return tuple(lines)


def split_advice(advice: str) -> tuple[str, str]:
    """Part an advice into its reason and its request (the part from 请, 可填 or 无需处理 on); either may be missing."""
    if advice.startswith("请"):
        return "", advice
    reason, *request = REQUEST.split(advice, maxsplit=1)
    return reason, "".join(request)


def shown(text: str) -> str:
    """Return a text of ours as it may be shown, whatever was put into it."""
    return masked("\n".join(printable(line) for line in text.split("\n")))[:CELL_CHARACTERS]


def cell_text(text: str | None) -> str:
    """Return a text as a cell can hold it."""
    return printable(text or "")[:CELL_CHARACTERS]


def safe_name(text: str) -> str:
    """Make a text from outside fit to be one file or folder name, whatever it holds."""
    name = UNSAFE_IN_NAME.sub("_", shown_path(text)).strip("_-")
    name = name.encode()[:NAME_BYTES].decode(errors="ignore")
    return name or UNKNOWN_UNIT
