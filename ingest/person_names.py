"""Which texts are the name of a person: what a name cell may hold instead of one, told apart in SQL.

A filler (未知, 张某某, ***) stands for anybody; a row that has only that cannot be compared with anybody by name.
"""

from __future__ import annotations

# Rare characters are written with private-use ones.
_TWO_LETTERS = r"[\p{L}\p{Co}].*[\p{L}\p{Co}]"
# Part of a name is left out, or the text is no name but a number.
_LEFT_OUT = r"某|[*＊?？×□○_0-9０-９]|[XxＸｘ]{2}"
_FILLER = (
    r"^(?:姓名)?(?:未知|不详|未详|不明|不清楚|不知道|不知|待查|待补|待定|待核实|保密|同上)$"
    "|^(?:姓名|没有|暂无|无名|无名氏|无名男|无名女|佚名|匿名|不知名|未填|未填写|未登记|未取名|未起名|未命名|空白|测试|本人|户主)$"
    "|^(?:婴儿|男婴|女婴|新生儿|小孩|孩子|男孩|女孩)$"
    "|^(?:N/?A|NULL|NONE|UNKNOWN|NAME|TEST)$"
)


def is_name(name: str) -> str:
    """Return whether a typed name is one by which its person can be told: two letters, no filler; never NULL."""
    return (
        f"coalesce(regexp_matches({name}, '{_TWO_LETTERS}') AND NOT regexp_matches({name}, '{_LEFT_OUT}') "
        f"AND NOT regexp_matches(upper({name}), '{_FILLER}'), false)"
    )
