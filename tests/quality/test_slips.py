"""Return slips of files whose original is not there: a summary and a list, and what must never be in them."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slip_night import FILE_ID, KEY, NIGHT, UNIT, UNIT_NAME, delivered, found, write_night

from ingest.safe_text import masked
from quality.slips import NAME_BYTES, safe_name, split_advice, write_slips


def rows_of(path: Path, sheet: str = "明细") -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return [tuple(row) for row in book[sheet].iter_rows(values_only=True)]


def text_of(path: Path) -> str:
    return "\n".join(str(cell) for sheet in ("回执", "明细") for row in rows_of(path, sheet) for cell in row if cell)


def test_one_slip_for_each_file_with_findings(tmp_path: Path) -> None:
    files = [delivered("十月/流出.xlsx"), delivered("无误.xlsx", file_id="b" * 16),
             delivered("十月/流出.xls", file_id="c" * 16, unit_code=None, status="returned")]  # fmt: skip
    work = write_night(tmp_path, files, [found(5), found(None, file_id="c" * 16)])
    paths = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert [str(path.relative_to(tmp_path / "outbox")) for path in paths] == [
        f"{UNIT}/流出_回执_{FILE_ID}.xlsx", f"未识别/流出_回执_{'c' * 16}.xlsx"
    ]  # fmt: skip
    assert sorted((tmp_path / "outbox").rglob("*.*")) == paths


def test_a_night_without_findings_writes_nothing(tmp_path: Path) -> None:
    work = write_night(tmp_path, [delivered("x.csv")], [])
    assert write_slips(work, tmp_path / "outbox", NIGHT, KEY) == []


def test_the_cover_says_file_unit_night_and_counts(tmp_path: Path) -> None:
    work = write_night(tmp_path, [delivered("十月/流出.xlsx", rows_in=1234)], [found(5)])
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    cover = {row[0]: row[1] for row in rows_of(path, "回执") if row[0]}
    assert cover["文件"] == "十月/流出.xlsx"
    assert cover["填报单位"] == f"{UNIT_NAME} {UNIT}"
    assert (cover["所属期"], cover["处理批次"]) == ("2024-10", NIGHT)
    assert cover["行数"] == "收到 1,234 行，接收 9 行，退回 2 行，重复 1 行"
    assert "部分接收：标红的行已退回，请在本文件中改正后送回。" in cover


def test_findings_are_ordered_and_worded(tmp_path: Path) -> None:
    findings = [
        found(7, severity="note", advice_zh="与第 5 行重复，只计一次。", value_shown=None),
        found(5, severity="query", column_name="性别", value_shown="男"),
        found(5),
        found(None, column_name=None, sheet=None, value_shown=None, advice_zh="请补报填报日期。"),
    ]
    work = write_night(tmp_path, [delivered("x.xlsx")], findings)
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert rows_of(path) == [
        ("工作表", "行号", "列", "单元格内容（已遮盖）", "处理", "原因", "怎么改"),
        (None, "整份文件", None, None, "退回，请改正", None, "请补报填报日期。"),
        ("Sheet1", "5", "身份证号", "340124********1234", "退回，请改正", "校验位不对", "请按身份证核对后改正。"),
        ("Sheet1", "5", "性别", "男", "已接收，请核对", "校验位不对", "请按身份证核对后改正。"),
        ("Sheet1", "7", "身份证号", None, "提示", "与第 5 行重复，只计一次。", None),
    ]  # fmt: skip


def test_the_same_findings_in_another_order_give_the_same_slip(tmp_path: Path) -> None:
    findings = [found(row, column_name=name) for row in (9, 5, 7) for name in ("姓名", "性别")]
    lists = []
    for name, ordered in (("one", findings), ("two", findings[::-1])):
        work = write_night(tmp_path / name, [delivered("x.xlsx")], ordered)
        (path,) = write_slips(work, tmp_path / name / "outbox", NIGHT, KEY)
        lists.append(rows_of(path))
    assert lists[0] == lists[1]


def test_two_thousand_findings_are_all_there(tmp_path: Path) -> None:
    work = write_night(tmp_path, [delivered("x.xlsx")], [found(2 + number) for number in range(2_000)])
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    rows = rows_of(path)[1:]
    assert len(rows) == 2_000
    assert [row[1] for row in rows] == [str(number) for number in range(2, 2_002)]


def test_a_list_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.slips.plain.ROWS_PER_SHEET", 100)
    work = write_night(tmp_path, [delivered("x.xlsx")], [found(2 + number) for number in range(250)])
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert [len(rows_of(path, name)) - 1 for name in ("明细", "明细2", "明细3")] == [100, 100, 50]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org"])
def test_what_a_sender_typed_is_text_and_no_formula(tmp_path: Path, text: str) -> None:
    work = write_night(tmp_path, [delivered("x.xlsx")], [found(5, value_shown=text, column_name=text)])
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert rows_of(path)[1][2:4] == (text, text)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))}
    assert not [
        name for name, part in parts.items() if "<f>" in part or "<f " in part or 'TargetMode="External"' in part
    ]


def test_control_characters_do_not_break_a_slip(tmp_path: Path) -> None:
    findings = [found(5, value_shown="张\x00\x1b[31m\u202e某\uffff", column_name="姓\n名")]
    work = write_night(tmp_path, [delivered("x.xlsx")], findings)
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert rows_of(path)[1][2:4] == ("姓名", "张[31m某")


def test_a_number_in_the_file_name_is_masked_everywhere(tmp_path: Path) -> None:
    number, phone = "34012419900101123X", "13812345678"
    work = write_night(tmp_path, [delivered(f"{number}_{phone}.xlsx")], [found(5)])
    (path,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert "340****3X_138****78.xlsx" in text_of(path)
    for shown in (path.name, text_of(path)):
        assert number not in shown
        assert phone not in shown


def test_writing_a_night_again_replaces_its_slips(tmp_path: Path) -> None:
    work = write_night(tmp_path, [delivered("x.xlsx")], [found(5)])
    assert write_slips(work, tmp_path / "outbox", NIGHT, KEY) == write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert len(list((tmp_path / "outbox").rglob("*.*"))) == 1


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot"),
        ("a/b/名单 (1).xlsx", "名单_(1)"),
        ("=cmd|x.csv", "=cmd_x"),
        ("\x00\x1b.xlsx", "未识别"),
        ("340124102003_2024.10.xlsx", "340124102003_2024_10"),
    ],
)
def test_slip_names_come_from_the_delivered_name_made_safe(tmp_path: Path, path: str, name: str) -> None:
    work = write_night(tmp_path, [delivered(path)], [found(5)])
    (slip,) = write_slips(work, tmp_path / "outbox", NIGHT, KEY)
    assert slip.parent == tmp_path / "outbox" / UNIT
    assert slip.name == f"{name}_回执_{FILE_ID}.xlsx"


@given(st.text())
@example("..")
@example("/")
@example("村" * 500)
def test_law_a_safe_name_is_one_name_inside_its_folder(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= NAME_BYTES
    assert Path(name).name == name
    assert name not in {".", ".."}
    assert not {unicodedata.category(letter) for letter in name} & {"Cc", "Cs"}


def test_unit_codes_and_dates_in_a_name_are_not_masked() -> None:
    assert masked("340124102003_20241031_2024103112.xlsx") == "340124102003_20241031_2024103112.xlsx"


@pytest.mark.parametrize(
    ("advice", "parts"),
    [
        ("校验位不对，请核对。", ("校验位不对", "请核对。")),
        ("请补报。", ("", "请补报。")),
        ("与第 5 行重复。", ("与第 5 行重复。", "")),
        ("与前面一行相同，只登记一次，无需处理。", ("与前面一行相同，只登记一次", "无需处理。")),
        ("无法识别，可填：男, 女。", ("无法识别", "可填：男, 女。")),
        ("日期不对；请改正。没有就留空，请勿填 0。", ("日期不对", "请改正。没有就留空，请勿填 0。")),
    ],
)  # fmt: skip
def test_advice_parts_into_reason_and_request(advice: str, parts: tuple[str, str]) -> None:
    assert split_advice(advice) == parts
