"""Tests of which texts are the name of a person."""

from __future__ import annotations

import duckdb

from ingest.person_names import is_name

NAMES = ("张三", "欧阳娜娜", "阿依古丽·买买提", "Anna Lee", "李\ue123", "𠮷野", "无忌", "王未知", "O'Brien")
FILLERS = (
    "未知", "不详", "姓名不详", "无名氏", "某某", "张某", "张某某", "李**", "李XX", "王×", "无", "张", "A", "?", "？？",
    "13800000000", "340124199001010014", "婴儿", "同上", "null", "N/A", "", " ", None,
)  # fmt: skip


def test_names_are_told_from_what_stands_for_anybody() -> None:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT name, {is_name('name')} FROM (SELECT unnest($names) AS name)", {"names": [*NAMES, *FILLERS]}
        ).fetchall()
    assert found == [*((name, True) for name in NAMES), *((name, False) for name in FILLERS)]
