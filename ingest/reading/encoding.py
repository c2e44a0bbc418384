"""Which encoding a text is in, decided so that no text is ever read as something it is not.

UTF-8 proves itself. What is not UTF-8 is GB18030 or Big5 if the text reads like Chinese in one of them: by how many of
its characters are among the commonest. Lines that are UTF-8 inside a text that is not, or the other way round, mean a
file pasted together of two; it goes back, for a guess would turn names into other names.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ingest.refusals import refusal

# Bytes no text holds, other than those of UTF-16.
_CONTROLS: Final = bytes({*range(32)} - {9, 10, 11, 12, 13, 27})
_UTF8_HAN: Final = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_FEW_CONTROLS: Final = 2
_OTHER_FORMATS: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf")
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_JUDGED_BYTES: Final = 1 << 18
_UTF16_READABLE: Final = 0.9
_LEAST_COMMON: Final = 0.25
_ENOUGH_TO_JUDGE: Final = 20
_LINES_TOLD: Final = 5
# A pasted line is only told from a chance if it holds a few characters.
_LEAST_HAN: Final = 2

_SIMPLIFIED: Final = (
    "的一是不了在人有我他这中大来上个国和也子时道说出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方"
    "成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从知使开全文名性别民族身份证号码户籍地址"
    "省市区县镇乡街道村组居委委会男女汉电话联系备注姓入口流动出生月务工商经营住所单位填报表序编期间是否原因现至手机类型"
    "城社山河江西东南北京海湖广川云安徽苏浙福建贵州陕甘青新疆内蒙古宁夏黑龙吉林辽张王李赵刘陈杨黄周吴业部本代理内高"
    "重新数据信息管理系统关于实现网站更加情况问题我们他们可以没有什么自己这样因为但如果时候很让最些被给把等想做点手"
)
_TRADITIONAL: Final = (
    "的一是不了在人有我他這中大來上個國和也子時道說出而要於就下得可你年生自會那後能對著事其裡裏所去行過家十用發天如然作方"
    "成者多日都三小軍二無同麼經法當起與好看學進種將還分此心前面又定見只主沒公從知使開全文名性別民族身份證號碼戶籍地址"
    "省市區縣鎮鄉街道村組居委員會男女漢電話聯繫備註姓入口流動出生月務工商經營住所單位填報表序編期間否原因現至手機類型"
    "城社山河江西東南北京海湖廣川雲安徽蘇浙福建貴州陝甘青新疆內蒙古寧夏黑龍吉林遼張王李趙劉陳楊黃周吳業部本代理高"
    "重數據資訊管統關實網站更加情況問題們以什自己樣因為但如果候很讓最些被給把等想做點台灣臺港"
)
# What names are made of, for a list may hold nothing but names.
_NAMES: Final = (
    "孙孫马馬胡朱郭何林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖田董袁潘于蒋蔣蔡余杜叶葉程魏吕呂丁任沈姚卢盧姜崔钟鐘谭譚陆陸"
    "汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱尹薛段雷侯龙史陶贺賀顾顧毛郝邵万萬钱錢严嚴武戴莫孔汤湯伟偉芳娜秀英敏静靜丽麗强強"
    "磊军軍洋勇艳豔杰傑娟涛濤超兰蘭霞刚剛桂玉红紅春梅华華建志德俊辉輝婷雪琴莹飞飛鹏鵬波斌宇浩欣怡佳晨玲慧峰亮荣榮翔坤"
)
_COMMON: Final = frozenset(_SIMPLIFIED + _TRADITIONAL + _NAMES + "，。、；：？！「」“”（）《》　")
_CODECS: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "utf8": "utf-8",
}
_TRUSTED: Final = frozenset({"gb18030", "big5hkscs", "utf-8", "utf-16", "utf-16le", "utf-16be"})


def decoded(content: bytes, declared: str | None = None) -> tuple[str, str]:
    """Return a text and the encoding it is in; ``declared`` is what the text says of itself, if it does.

    Raises ``FileRefusedError`` where the bytes are no text or parts of it cannot be read.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded_as(content, "utf-16"), "utf-16"
    if content.startswith(codecs.BOM_UTF8):
        return _decoded_as(content, "utf-8-sig"), "utf-8-sig"
    if content.startswith(_OTHER_FORMATS):
        raise refusal("file_format_unknown")
    if b"\0" in content[:_JUDGED_BYTES]:
        encoding = _utf16_without_mark(content)
        return _decoded_as(content, encoding), encoding
    if _is_binary(content):
        raise refusal("file_format_unknown")
    text = _tried(content, "utf-8")
    if text is not None:
        return text, "utf-8"
    return _decoded_by_content(content, declared)


def encoding_of(content: bytes) -> str:
    """Return the encoding of bytes that are not UTF-8: the one in which they read like Chinese."""
    sample = content[:_JUDGED_BYTES]
    marks = {encoding: _commonness(sample, encoding) for encoding in ("gb18030", "big5hkscs")}
    return max(marks, key=lambda encoding: marks[encoding])


def _is_binary(content: bytes) -> bool:
    """Whether there are more control characters than slips of the keyboard and of exports."""
    controls = len(content) - len(content.translate(None, _CONTROLS))
    return controls > max(_FEW_CONTROLS, len(content) // 1000)


def _decoded_by_content(content: bytes, declared: str | None) -> tuple[str, str]:
    known = _CODECS.get((declared or "").lower(), (declared or "").lower())
    encoding = known if known in _TRUSTED and known != "utf-8" else encoding_of(_without_ascii(content))
    text = _tried(content, encoding)
    if text is None:
        _refuse_unreadable(content, ("utf-8", encoding))
        raise refusal("file_encoding")
    _refuse_mixed(content, encoding)
    if not _reads_as_chinese(text[:_JUDGED_BYTES]):
        raise refusal("file_encoding")
    return text, encoding.replace("big5hkscs", "big5")


def _reads_as_chinese(text: str) -> bool:
    """Whether there are as many common characters, or kinds of them, as a text of any sort has."""
    characters = [letter for letter in text if letter > "\x7f"]
    kinds = "".join(set(characters))
    return len(kinds) < _ENOUGH_TO_JUDGE or max(_share(text), _share(kinds)) >= _LEAST_COMMON


def _refuse_mixed(content: bytes, encoding: str) -> None:
    """Refuse a text with lines that read as Chinese in UTF-8 and not in the encoding of the rest."""
    if _UTF8_HAN.search(content):
        lines = enumerate(content.splitlines(), 1)
        _refuse_lines(number for number, line in lines if _UTF8_HAN.search(line) and _is_in_utf8(line, encoding))


def _refuse_unreadable(content: bytes, encodings: Sequence[str]) -> None:
    """Refuse a text that is in no encoding as a whole, telling the lines that are not in that of most of it."""
    lines = [(number, line) for number, line in enumerate(content.splitlines(), 1) if _NOT_ASCII.search(line)]
    others = {encoding: [number for number, line in lines if _tried(line, encoding) is None] for encoding in encodings}
    nearest = min(others, key=lambda encoding: len(others[encoding]))
    fewest = others[nearest]
    if lines and fewest == [lines[-1][0]] and _is_cut_off(content, nearest):
        raise refusal("file_damaged", detail="cut off in the middle of a character")
    if len(lines) > 1 and len(fewest) * 2 <= len(lines):
        _refuse_lines(iter(fewest))


def _is_cut_off(content: bytes, encoding: str) -> bool:
    """Whether nothing is wrong with a text but that its last character is not whole."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_lines(numbers: Iterator[int]) -> None:
    told = list(islice(numbers, _LINES_TOLD))
    if told:
        raise refusal("file_mixed_encoding", detail="第 " + "、".join(map(str, told)) + " 行")


def _is_in_utf8(line: bytes, encoding: str) -> bool:
    in_utf8 = _tried(line, "utf-8")
    return in_utf8 is not None and _is_better(in_utf8, line, encoding)


def _is_better(in_utf8: str, line: bytes, encoding: str) -> bool:
    """Whether a line reads more like Chinese in UTF-8 than in the encoding of the rest."""
    characters = [letter for letter in in_utf8 if letter > "\x7f"]
    if len(characters) < _LEAST_HAN or any(letter < "\u2000" for letter in characters):
        return False
    return _share(in_utf8) >= _commonness(line, encoding)


def _without_ascii(content: bytes) -> bytes:
    """Return the first lines that hold other characters than ASCII, for these alone tell an encoding."""
    lines = content.splitlines()
    chosen: list[bytes] = []
    size = 0
    for line in lines:
        if _NOT_ASCII.search(line):
            chosen.append(line)
            size += len(line)
            if size > _JUDGED_BYTES:
                break
    return b"\n".join(chosen)


def _commonness(sample: bytes, encoding: str) -> float:
    """Return the share of common characters a text has in an encoding; less than 0 where it is not in it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return _share(decoder.decode(sample))
    except UnicodeDecodeError:
        text = sample.decode(encoding, "replace")
        return _share(text) - 10 * text.count("\ufffd") / max(len(text), 1) - 0.01


def _share(text: str) -> float:
    characters = [letter for letter in text if letter > "\x7f"]
    return sum(letter in _COMMON for letter in characters) / max(len(characters), 1)


def _utf16_without_mark(content: bytes) -> str:
    """Return which byte comes first in UTF-16 that does not say so, by which way it reads like a text."""
    sample = content[: _JUDGED_BYTES & ~1]
    sample = sample[: len(sample) & ~1]
    marks = {encoding: _readable(sample, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    best = max(marks, key=lambda encoding: marks[encoding])
    if marks[best] < _UTF16_READABLE:
        raise refusal("file_format_unknown")
    return best


def _readable(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, "replace")
    readable = sum(_is_readable(letter) for letter in text)
    return readable / max(len(text), 1)


def _is_readable(letter: str) -> bool:
    return (
        " " <= letter <= "~" or letter in "\t\r\n" or "\u3000" <= letter <= "\u9fff" or "\uff01" <= letter <= "\uffe5"
    )


def _decoded_as(content: bytes, encoding: str) -> str:
    text = _tried(content, encoding)
    if text is None:
        if encoding.startswith("utf-8"):
            _refuse_unreadable(content.removeprefix(codecs.BOM_UTF8), ("utf-8",))
        raise refusal("file_encoding")
    return text


def _tried(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
