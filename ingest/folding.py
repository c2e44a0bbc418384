"""How headings and labels are compared: width, case, spaces, marks and harmless notes folded away.

Folding is for comparing only; what is kept of a cell is what was written in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from ingest.declaration import load_layout, per_declarations

BRACKETS: Final = re.compile(r"[(\[【〔{]([^)\]】〕}]*)[)\]】〕}]")
CIRCLED: Final = re.compile(r"^\s*[\u2460-\u249b\u24eb-\u24ff\u2776-\u2793]")
MARKS: Final = re.compile(
    r"[*★●☆※△▲◆:：]+|^(?:\d{1,2}[.、)]|\(\d{1,2}\)[.、]?|\(?[一二三四五六七八九十]{1,3}[、)]\.?)(?=.)|^其中[:：,，]?(?=.)"
)
LONGEST_KEPT: Final = 60


def fold(text: str) -> str:
    """Fold width, case, spaces and line breaks, numbering, the marks of required columns and a colon at the end."""
    return _fold_short(text) if len(text) <= LONGEST_KEPT else _fold(text)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", CIRCLED.sub("", text))
    return MARKS.sub("", "".join(plain.split()).lower())


_fold_short = lru_cache(maxsize=16_384)(_fold)


def fold_note(text: str) -> str:
    """Fold, and take away a bracketed note that says how to fill in and not what the column is."""
    folded = fold(text)
    return _without_notes(folded) if BRACKETS.search(folded) else folded


@per_declarations
def _without_notes(folded: str) -> str:
    return BRACKETS.sub(_drop_harmless, folded)


def _drop_harmless(note: re.Match[str]) -> str:
    layout = load_layout()
    inner = note.group(1)
    names_another = any(word in inner for word in layout.other_person_words)
    if inner == "" or inner in map(fold, layout.units_of_people):
        return ""
    is_harmless = any(word in inner for word in layout.harmless_heading_notes)
    tells = sum(word in inner for word in layout.telling_notes) == 1
    return "" if is_harmless and not names_another and not tells else note.group(0)


def read_across(texts: Iterable[str]) -> str | None:
    """Return what two or more pieces of equal length say when read column by column, as a narrow cell wraps them.

    ``半以`` over ``年下`` is 半年以下; None where the pieces cannot be such columns.
    """
    pieces = [piece for text in texts for piece in text.split()]
    width = len(pieces[0]) if pieces else 0
    if len(pieces) < 2 or width < 2 or any(len(piece) != width for piece in pieces[:-1]) or len(pieces[-1]) > width:
        return None
    return "".join("".join(column) for column in zip_longest(*pieces, fillvalue=""))
