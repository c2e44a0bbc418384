"""What happens to a cell by accident: slips of the keyboard, wrong cells, marks of other programs, nonsense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from good_lists import GoodList

HEADING_ROW: Final = 2
LABEL_ROW: Final = 1
# Texts that rows of other kinds begin with, or that say nothing.
WORDS: Final = ("合计", "小计", "无", "同上", "不详", "备注", "/", "以上共4人", "填表人：张三", "流入", "姓名", "省外")
_PLAUSIBLE: Final = ("女", "2020-02-29", "河北省邢台市", "3", "李四", "13900000000", "是", "其他")
_TITLES: Final = ("流出人口登记表", "流入人口新增名单", "2023年9月统计表", "花名册", "户籍人口统计表")


def _at(text: str, place: float) -> int:
    return min(int(len(text) * place), len(text) - 1)


def _swapped(text: str) -> str:
    middle = _at(text, 0.5)
    return text[: middle - 1] + text[middle] + text[middle - 1] + text[middle + 1 :] if middle else text + text


def _full_width(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def _with_wrong_letter(text: str) -> str:
    place = _at(text, 0.7)
    return text[:place] + ("7" if text.isascii() else "囧") + text[place + 1 :]


KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    "blank": lambda _: "",
    "letter lost": lambda text: text[: _at(text, 0.6)] + text[_at(text, 0.6) + 1 :],
    "letter wrong": lambda text: (
        text[: _at(text, 0.7)] + ("7" if text.isascii() else "囧") + text[_at(text, 0.7) + 1 :]
    ),
    "letters swapped": _swapped,
    "nonsense": lambda _: "#￥%……&*",
    "full width": _full_width,
    "spaces": lambda text: f"\u3000{text[:1]}\u00a0{text[1:]} ",
    "too long": lambda text: text + "0000",
    "formula": lambda text: f"=1+1|@{text[:1]}",
    "out of order": lambda text: "2199-01-01" if text[:1].isdigit() else f"{text}{text}",
}
# Of a cell among others there are more: what stands beside or below it, or belongs elsewhere.
BESIDE: Final = ("right neighbour", "lower neighbour", "a word", "plausible")


@dataclass(frozen=True)
class Mutation:
    """One cell with another text."""

    row: int
    column: int
    kind: str
    text: str

    @property
    def is_body(self) -> bool:
        """Whether it is a cell below the headings."""
        return self.row > HEADING_ROW


def mutations(good: GoodList, seed: int, share: float) -> Iterator[Mutation]:
    """Give mutations of a list: of every cell that is not blank some kinds, about ``share`` of all, at least one.

    Some leave the text as it is; the same cells are given for every list of a form.
    """
    rng = Random(f"{good.form_id}/{seed}")  # noqa: S311 - the same mutations every time
    for row, cells in enumerate(good.rows):
        for column, text in enumerate(cells):
            if not text:
                continue
            kinds = [*KINDS, *BESIDE]
            for kind in rng.sample(kinds, max(1, round(len(kinds) * share))):
                changed = KINDS[kind](text) if kind in KINDS else _beside(rng, good, row, column, kind)
                yield Mutation(row, column, kind, changed)


def _beside(rng: Random, good: GoodList, row: int, column: int, kind: str) -> str:
    cells = good.rows[row]
    if kind == "right neighbour":
        return cells[(column + 1) % len(cells)]
    if kind == "lower neighbour":
        return good.rows[row + 1 if row + 1 < len(good.rows) else HEADING_ROW + 1][column]
    if kind == "a word":
        return rng.choice(WORDS)
    return rng.choice(_TITLES if row == 0 else _PLAUSIBLE)
