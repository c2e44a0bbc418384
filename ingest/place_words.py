"""What senders write where no division of the register is meant: 外省, 不详, 美国, 香港九龙, 沪.

The words are data. One that is the whole text always counts; one that a text only begins with counts where the register
has no reading of the text, and not where a road, a house or a village follows (加拿大花园 is no country).
"""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).parent / "data"
PLACE_WORDS = _DATA / "place_words.csv"
COUNTRIES = _DATA / "countries.csv"

ABROAD, HMT, ELSEWHERE, UNKNOWN = "abroad", "hmt", "elsewhere", "unknown"

# How a word may stand: alone, before anything, before anything but a part of an address in town or village.
_WHOLE, _START, _FOLLOWS = "whole", "start", "follows"
_LOCAL = (
    "^(族|路|街|道|巷|城|楼|村|庄|屯|店|岛路)"
    "|小区|花园|广场|大厦|公寓|酒店|宾馆|公司|家园|社区|街道|学校|[路街巷弄村苑镇乡栋幢室组号]$|[0-9一二三四五六七八九十]+[号栋幢室组]"
)

# A cell that was filled with a stroke.
STROKES = r"^[\s\p{Z}]*[-—–－_/／\\＼*＊.。、?？~～]+[\s\p{Z}]*$"


def word_select() -> str:
    """Return the words as a SELECT (word, key, match, code, how)."""
    return f"""
        SELECT word, left(word, 2) AS key, match, code, how
        FROM read_csv('{PLACE_WORDS}', header = true, all_varchar = true)
        UNION ALL
        SELECT name, left(name, 2), '{ABROAD}', NULL, '{_FOLLOWS}'
        FROM read_csv('{COUNTRIES}', header = true, all_varchar = true)
    """


def begins_with_word(text: str, word: str) -> str:
    """Return whether a text begins with a row of ``word_select`` in a way that counts."""
    rest = f"substr({text}, length({word}.word) + 1)"
    return (
        f"{word}.key = left({text}, 2) AND starts_with({text}, {word}.word) AND ({word}.how = '{_START}' "
        f"OR {word}.how = '{_FOLLOWS}' AND NOT regexp_matches({rest}, '{_LOCAL}'))"
    )
