"""Texts from outside, made fit to be shown: in a slip, on a terminal, in a log, in the warehouse.

What a sender named a file may hold control characters that a terminal obeys, or a person's number or phone; whoever
shows such a text passes it through here.
"""

from __future__ import annotations

import re
from typing import Final

# Controls, surrogates, non-characters, and marks that turn the direction of a text.
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)
# A number of 15 digits or more, a mobile phone.
_PERSONAL_DIGITS: Final = re.compile(r"(?<!\d)(\d{15,}[\dXx]?|1[3-9]\d{9})(?!\d)")


def printable(text: str) -> str:
    """Drop what a spreadsheet cannot hold or a terminal should not obey; rare characters of names stay."""
    return _UNPRINTABLE.sub("", text)


def masked(text: str) -> str:
    """Hide the middle of anything in a file's name that looks like a personal number or a phone."""
    return _PERSONAL_DIGITS.sub(lambda match: f"{match[0][:3]}****{match[0][-2:]}", text)


def shown_path(path: str) -> str:
    """Return a delivered file's path as it may be shown."""
    return masked(printable(path))
