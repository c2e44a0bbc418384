"""How address texts are written: what is dropped before a text is read, and which words may follow a name.

All functions return SQL expressions for DuckDB. The patterns are regular expressions of RE2 and contain no quotes.
"""

from __future__ import annotations

import unicodedata

# Full-width ASCII, and the compatibility forms of Chinese characters that NFKC folds to one character.
_FULL_WIDTH = [chr(point) for point in range(0xFF01, 0xFF5F)]
_COMPATIBLE = [
    chr(point)
    for first, last in ((0x2E80, 0x2FDF), (0xF900, 0xFAFF))
    for point in range(first, last + 1)
    if len(unicodedata.normalize("NFKC", chr(point))) == 1 and unicodedata.normalize("NFKC", chr(point)) != chr(point)
]

_PLAIN = r"[一-龥]*"
_PLAIN_WITH_NUMBERS = r"[一-龥0-9]*[0-9][一-龥0-9]*"
_OPENING_BRACKET = r"[（(\[【〔｛{]"
_CLOSING_BRACKET = r"[）)\]】〕｝}]"
_BRACKETED = rf"{_OPENING_BRACKET}[^（）()\[\]【】〔〕｛｝{{}}]*{_CLOSING_BRACKET}"
_NOT_A_NAME = r"[\s\p{Z}\p{P}\p{S}\p{C}]+"

# Words of the register's own frame, and the offices that stand for their division.
_FRAME = "市辖区|(省|自治区)直辖县级行政区划|(省|自治区)直辖(县级)?行政单位"
# The register has the counties of 重庆市 below a row 县; their names are known in all the nation.
_COUNTIES_OF_CHONGQING = "重庆市县"
_OFFICE = "街道(办事处|办公室|办)"
# Before a province only: 中国科学院大学社区 keeps its name.
_NATION = (
    "^(?:中华人民共和国|中国|外省|省外|外地|市外|县外)((?:北京|天津|河北|山西|内蒙|辽宁|吉林|黑龙|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南"
    "|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾).*)$"
)
_CODE_BEFORE_NAME = r"^[0-9]{6,12}([^0-9])"

# A name without its type word followed by one of these is part of another name (中山路, 长春桥路, 南京西路, 北京大学)
# or has another type word: 庐山区 is not 庐山市.
_DIRECTION = "[东西南北中上下前后内外新老大小]{0,2}[一二三四五六七八九十0-9]*"
ROAD_FOLLOWS = (
    f"^({_DIRECTION}(路|街|道|巷|弄|胡同|环|里|桥|门|站|厦|学)"
    "|(省|自治|市|县|区|旗|州|盟|山|河|江|湖|港|湾|村|屯|庄|镇|乡|社区|广场|花园|花苑|公寓|公园|小区|新村|家园|苑|园|医院|酒店|宾馆|饭店|银行"
    "|商场|公司|集团|厂|店|寺|庙|城))"
)

# After 新桥村: the village's own name ends here, unless 村 is part of a road (中关村大街).
VILLAGE_ROAD_FOLLOWS = "^[东西南北中]?大?(路|街|道)"

# The committees and type words that a village's name may end with, longest first.
VILLAGE_SUFFIX = (
    "^(村村民委员会|村居民委员会|村村委会|村居委会|村民委员会|村委员会|村委会|村委|行政村|村社区居民委员会|村社区居委会|村社区|村"
    "|社区居民委员会|社区村民委员会|社区居委会|社区村委会|社区委员会|社区|居民委员会|居委会|居委|大队|嘎查村委会|嘎查)"
)
VILLAGE_COMMITTEE = (
    "(村|社区)?(社区居民委员会|社区居委会|村民委员会|村委员会|村委会|居民委员会|居委员会|居委会|委员会|社区|村)$"
)
GROUP_FOLLOWS = "^([0-9]+|[一二三四五六七八九十]+)(组|队|社|生产队|村民组|村民小组)"
# What stands inside a village and names no division: 3组, 第二村民组12号, 5栋201室.
PART_OF_VILLAGE = (
    "(?:第?[A-Za-z]?[0-9０-９一二三四五六七八九十]+(?:村民小组|村民组|生产队|小组|组|队|号楼|号|栋|幢|单元|楼|层|室|户)"
    "[-—,，、\\s]*)+[0-9０-９]*"
)
# A street may have given its name to the community (东路社区): without 社区 it is the street.
STREET_NAME = "(路|街|道|巷|弄|胡同)$"

# What looks like a division that was not found, by the level reached (2 city and above, 3 county, 4 township).
DIVISION_FOLLOWS = {
    2: "^[^0-9]{1,9}?(县|区|市|旗|镇|乡|街道|盟|州)([^路街道场政]|$)",
    3: "^[^0-9]{1,9}?(镇|乡|街道|苏木|农场|林场|村|社区|居委会|嘎查)([^路街大道]|$)",
    4: "^[^0-9]{1,9}?(村|社区|居委会|嘎查)([^路街大道]|$)",
}

# 本镇, 我县: the division of that kind around the sender.
OWN_DIVISION = "^(?:本|我|该)(省|市|县|区|旗|镇|乡|街道|社区|村)"

# 县内: the sender's own.
_INSIDE = "^(省|市|县|区|旗|镇|乡|街道|村|社区)[内里]$"

CODE_TEXT = "[0-9]{6}|[0-9]{9}|[0-9]{12}"


def normalised(text: str) -> str:
    """Return a name or address as it is compared: no brackets, spaces, punctuation; half width."""
    flat = f"regexp_replace({text}, '{_BRACKETED}', '', 'g')"
    folded = _folded(f"regexp_replace({flat}, '{_BRACKETED}', '', 'g')")
    plain = f"regexp_replace({folded}, '{_NOT_A_NAME}', '', 'g')"
    name = f"CASE WHEN regexp_full_match({text}, '{_PLAIN}') THEN {text} ELSE {plain} END"
    return f"CASE WHEN contains({text}, '街道办') THEN regexp_replace({name}, '{_OFFICE}', '街道', 'g') ELSE {name} END"


def without_numbers(text: str, names: str) -> str:
    """Return the text with a 0 for every number in it, where that cannot change how it is read.

    Nothing that is asked of a text tells one number from another, but for codes, which have six digits at least, and
    ``names``, a pattern of all names with a number in them. A text that is written in other characters stays as it is.
    """
    return (
        f"CASE WHEN regexp_full_match({text}, '{_PLAIN_WITH_NUMBERS}') AND NOT regexp_matches({text}, '{names}') "
        f"THEN regexp_replace({text}, '[0-9]+', '0', 'g') ELSE {text} END"
    )


def unwrapped(text: str) -> str:
    """Return an address whose first part is not in brackets any more: （安徽省）合肥市."""
    return f"regexp_replace({text}, '^\\s*{_OPENING_BRACKET}([^（(【]*?){_CLOSING_BRACKET}', '\\1')"


def without_frame(name: str) -> str:
    """Return a normalised address without the nation, the frame words and a code written before it."""
    framed = f"regexp_replace({name}, '{_FRAME}', '', 'g')"
    bare = f"regexp_replace(regexp_replace({framed}, '{_NATION}', '\\1'), '{_CODE_BEFORE_NAME}', '\\1')"
    return (
        f"CASE WHEN starts_with({name}, '{_COUNTIES_OF_CHONGQING}') THEN substr({name}, 5) "
        f"WHEN regexp_matches({name}, '^[中外省市县0-9]|辖') THEN {bare} ELSE {name} END"
    )


def of_the_sender(name: str) -> str:
    """Return a normalised address with 县内 written as 本县."""
    return f"CASE WHEN length({name}) <= 3 THEN regexp_replace({name}, '{_INSIDE}', '本\\1') ELSE {name} END"


def _folded(text: str) -> str:
    """Return the text with full-width and compatibility characters folded, only where there are some."""
    full_from, full_to = _mapping(_FULL_WIDTH)
    compatible_from, compatible_to = _mapping(_COMPATIBLE)
    translated = f"translate({text}, '{full_from}', '{full_to}')"
    half = f"CASE WHEN regexp_matches({text}, '[！-～]') THEN {translated} ELSE {text} END"
    return (
        f"CASE WHEN regexp_matches({text}, '[\\x{{2E80}}-\\x{{2FDF}}\\x{{F900}}-\\x{{FAFF}}]') "
        f"THEN translate({half}, '{compatible_from}', '{compatible_to}') ELSE {half} END"
    )


def _mapping(characters: list[str]) -> tuple[str, str]:
    to = "".join(unicodedata.normalize("NFKC", character) for character in characters)
    return "".join(characters).replace("'", "''"), to.replace("'", "''")
