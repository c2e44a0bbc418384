"""The slip of the ledger of both ends (对账单): to each unit what it counts, what the other side counts, and why.

One workbook per unit, and only when something of it is new. It holds sums alone. Counts of the other side and of the
records below the site's threshold are withheld, and with the other side's count also what would tell it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, NamedTuple

import xlsxwriter

from ingest.declaration import CountForm, load_forms
from ingest.safe_text import printable
from quality.slips import put_slip
from reports.ledger_disputes import Account, Dispute, State, accounts_of, reading
from reports.od_notes import HIDDEN_MARK

TITLE: Final = "流动人口流向对账单"
SLIP_NAME: Final = "流向对账单_{night_id}.xlsx"
_A4: Final = 9
_INK, _LINE, _SHADE = "#1F3A5F", "#BFC7D1", "#E8EEF6"
_LINE_HEIGHT: Final = 15
STATES: Final[Mapping[State, str]] = {"new": "新", "changed": "有变化", "standing": "仍未一致"}
CAUSES: Final = {
    "missing_return": (
        "你单位没有报这个月的统计表，或者只有一部分地方报了。",
        "No return for the month, or of a part only.",
        "请补报这个月的流向统计表。",
    ),
    "definition": (
        "口径不同：一方填的是另一方“半年以上”的数，或者双方没有填同一栏。",
        "Definition: one side gives those of half a year or more, or the sides share no column.",
        "请核对这一栏应填全部人数还是半年以上人数，填错的改正后重报。",
    ),
    "timing": (
        "时间不同：一方的数是另一方前一期或后一期的数，或者双方统计的日期不同。",
        "Timing: one side gives the other's count of an earlier or later month or day.",
        "请核对统计时点，用了别的月份数字的，改正后重报。",
    ),
    "place": (
        "地方不同：几个地方各自对不上，合起来一样，只是分到哪个地方不同。",
        "Place: only how a sum is split between places differs.",
        "请核对这些人在哪个地方，地名写到与对方相同的一级，改正后重报。",
    ),
    "unexplained": (
        "原因不明。",
        "Unexplained.",
        "请与对方核对名单，有误的一方改正后重报这个月的统计表。",
    ),
}  # fmt: skip
WITHHELD_CAUSE: Final = (
    "对方的数太小，不便列出，原因也不列。\nThe other side's count is too small to be shown.",
    "请直接与对方核对。",
)


class Column(NamedTuple):
    """A column of the list: heading, its English, width."""

    heading: str
    english: str
    width: float


COLUMNS: Final = (
    Column("情况", "state", 9),
    Column("月份", "month", 9),
    Column("来源地", "origin", 17),
    Column("流入地", "destination", 17),
    Column("项目", "item", 13),
    Column("我方数", "yours", 9),
    Column("对方数", "theirs", 9),
    Column("系统记录", "records", 11),
    Column("可能原因", "probable cause", 40),
    Column("自何月起", "since", 9),
    Column("怎么办", "what to do", 26),
    Column("我方数在哪里", "where yours stands", 22),
)
_NOTES: Final = (
    "本单只列总数，没有个人信息。对方改正、补报以后，下一次对账即销号，不必回复本单。",
    "改正的办法：改好您的流向统计表，照平时的办法整份重报；新报的代替先前报的。请不要把本单放进报送文件夹。",
    "“未列”：统计表里没有这一行。“未报”：这个月没有收到统计表。",
    "“系统记录”：按同一口径从名单登记中数出的人数，括号内为资料不全、未能确定的人数；两头都不在本地的，名单数不全，不列。",
    "双方掌握的地名详略不同的，按双方都知道的一级相加后比较。",
    "Sums alone. Mend your return and send it again as a whole: the new one replaces it. Do not send this sheet back.",
)


def write_ledger_slips(
    database: Path, base: Path | None, outbox: Path, night_id: str, run_date: date, threshold: int
) -> list[Path]:
    """Write a slip for every unit that has something new to be told, to ``outbox/<unit code>``; return their paths."""
    accounts = accounts_of(database, base)
    if not accounts:
        return []
    names = _names(database, accounts)
    return [_write(account, names, outbox, night_id, run_date, threshold) for account in accounts]


def _names(database: Path, accounts: Sequence[Account]) -> dict[str, str]:
    """Return the full names of the divisions that the slips name."""
    disputes = [each for account in accounts for each in (*(open_ for open_, _ in account.open), *account.over)]
    codes = {account.unit_code for account in accounts} | {
        code for each in disputes for code in (each.origin_code, each.dest_code)
    }
    with reading(database) as connection:
        found = connection.execute(
            "SELECT code, max_by(full_name, valid_from) FROM ref.division WHERE list_contains($codes, code) GROUP BY 1",
            {"codes": sorted(codes)},
        ).fetchall()
    return dict(found)


def _write(
    account: Account, names: Mapping[str, str], outbox: Path, night_id: str, run_date: date, threshold: int
) -> Path:
    content = _Workbook(account, names, night_id, run_date, threshold).content()
    return put_slip(outbox, account.unit_code, SLIP_NAME.format(night_id=night_id), content)


def shown_count(count: int | None, threshold: int, smallest: int | None = None) -> str:
    """Return a count of others as the reader may see it; ``smallest`` is the smallest of those it makes sums with."""
    if count is None:
        return ""
    is_small = any(0 < each < threshold for each in (count, smallest or 0))
    return HIDDEN_MARK if count and is_small else f"{count:,}"


def line_of(
    dispute: Dispute, state: str, names: Mapping[str, str], items: Mapping[str, str], threshold: int
) -> tuple[str, ...]:
    """Return a dispute as a line of the list."""
    other = shown_count(dispute.other, 0 if dispute.is_own_both else threshold, dispute.smallest_other) or "未列"
    is_withheld = other == HIDDEN_MARK
    cause, english, advice = CAUSES[dispute.cause]
    awaited = dispute.standing == "awaited"
    own = "未报" if dispute.own is None and awaited else "未列" if dispute.own is None else f"{dispute.own:,}"
    told, advice = WITHHELD_CAUSE if is_withheld and not awaited else (f"{cause}\n{english}", advice)
    return (
        state,
        dispute.period,
        names.get(dispute.origin_code, dispute.origin_code),
        names.get(dispute.dest_code, dispute.dest_code),
        items.get(dispute.item, dispute.item),
        own,
        other,
        _on_record(dispute, threshold),
        told,
        dispute.disputed_since,
        advice,
        _where(dispute),
    )


def _on_record(dispute: Dispute, threshold: int) -> str:
    counted = shown_count(dispute.by_records, threshold, dispute.smallest_record)
    unknown = shown_count(dispute.by_records_unknown, threshold) if dispute.by_records_unknown else ""
    return f"{counted}（{unknown}）" if unknown else counted


def _where(dispute: Dispute) -> str:
    if dispute.own_path is None:
        return ""
    return printable(f"{dispute.own_path}　{dispute.own_sheet}　第{dispute.own_row_number}行")


class _Workbook:
    """One slip while it is written."""

    def __init__(
        self, account: Account, names: Mapping[str, str], night_id: str, run_date: date, threshold: int
    ) -> None:
        form = load_forms()["od_return"]
        self._items = {name: item.name_zh for name, item in form.items.items()} if isinstance(form, CountForm) else {}
        self._account, self._names, self._night_id, self._threshold = account, names, night_id, threshold
        self._stream = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._stream, options)
        self._book.set_properties({"title": TITLE, "created": datetime.combine(run_date, time())})
        base = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "num_format": "@"}
        edge = {**base, "border": 1, "border_color": _LINE, "text_wrap": True}
        styles: dict[str, dict[str, Any]] = {
            "title": {**base, "font_name": "黑体", "font_size": 18, "font_color": _INK},
            "plain": base,
            "note": {**base, "text_wrap": True, "valign": "top"},
            "verdict": {**base, "font_size": 12, "bold": True, "bg_color": _SHADE},
            "section": {**base, "font_name": "黑体", "font_size": 12, "font_color": _INK},
            "head": {**edge, "bold": True, "font_color": "#FFFFFF", "bg_color": _INK, "align": "center"},
            "cell": edge,
            "count": {**edge, "align": "right"},
            "new": {**edge, "bg_color": "#FFE8A3", "align": "center"},
            "standing": {**edge, "align": "center"},
        }  # fmt: skip
        self._styles = {name: self._book.add_format(style) for name, style in styles.items()}

    def content(self) -> io.BytesIO:
        """Return the workbook."""
        sheet = self._book.add_worksheet("对账单")
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
        sheet.set_footer(f"&L{TITLE}　{self._night_id}&R&P / &N")
        for number, column in enumerate(COLUMNS):
            sheet.set_column(number, number, column.width)
        row = self._write_head(sheet)
        row = self._write_open(sheet, row)
        row = self._write_over(sheet, row)
        self._write_notes(sheet, row)
        self._book.close()
        return self._stream

    def _write_head(self, sheet: Any) -> int:
        account = self._account
        unit = self._names.get(account.unit_code, "")
        news = sum(state != "standing" for _, state in account.open)
        sheet.set_row(0, 30)
        sheet.write_string(0, 0, TITLE, self._styles["title"])
        sheet.write_string(1, 0, f"单位：{unit}（{account.unit_code}）　批次：{self._night_id}", self._styles["plain"])
        text = f"未一致 {len(account.open):,} 处，其中新的或有变化的 {news:,} 处；已一致 {len(account.over):,} 处。"
        sheet.set_row(2, 26)
        sheet.merge_range(2, 0, 2, len(COLUMNS) - 1, text, self._styles["verdict"])
        return 4

    def _write_open(self, sheet: Any, row: int) -> int:
        if not self._account.open:
            return row
        sheet.set_row(row, 34)
        for number, column in enumerate(COLUMNS):
            sheet.write_string(row, number, f"{column.heading}\n{column.english}", self._styles["head"])
        sheet.repeat_rows(row)
        for offset, (dispute, state) in enumerate(self._account.open, start=1):
            line = line_of(dispute, STATES[state], self._names, self._items, self._threshold)
            styles = ["standing" if state == "standing" else "new", *["cell"] * 4, *["count"] * 3, *["cell"] * 4]
            sheet.set_row(row + offset, _LINE_HEIGHT * max(map(_lines, line, COLUMNS)) + 6)
            for number, (text, style) in enumerate(zip(line, styles, strict=True)):
                sheet.write_string(row + offset, number, text, self._styles[style])
        return row + len(self._account.open) + 2

    def _write_over(self, sheet: Any, row: int) -> int:
        if not self._account.over:
            return row
        sheet.write_string(row, 0, "已一致或已不再列出，不必再核对", self._styles["section"])
        for offset, each in enumerate(self._account.over, start=1):
            names = (self._names.get(code, code) for code in (each.origin_code, each.dest_code))
            text = f"{each.period}　{' → '.join(names)}　{self._items.get(each.item, each.item)}"
            sheet.write_string(row + offset, 0, text, self._styles["plain"])
        return row + len(self._account.over) + 2

    def _write_notes(self, sheet: Any, row: int) -> None:
        sheet.write_string(row, 0, "说明", self._styles["section"])
        small = f"对方的数和系统记录小于 {self._threshold} 的和能推算出它的不列出，以“{HIDDEN_MARK}”表示。"
        for number, text in enumerate((*_NOTES, small), start=row + 1):
            sheet.set_row(number, 18)
            sheet.merge_range(number, 0, number, len(COLUMNS) - 1, text, self._styles["note"])


def _lines(text: str, column: Column) -> int:
    """Return how many lines a text takes in a column; a Chinese character is two wide."""
    widths = (sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) for line in text.split("\n"))
    return sum(max(1, -(-width // int(column.width - 3))) for width in widths)
