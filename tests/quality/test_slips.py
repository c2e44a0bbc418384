"""Return slips: what a clerk gets back, and what must never be in it."""

from __future__ import annotations

import time
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.safe_text import masked
from quality.slips import NAME_BYTES, safe_name, split_advice, write_slips

RAW_SCHEMA = (Path(__file__).parents[2] / "warehouse" / "raw.sql").read_text()
NIGHT = "20241105-01"
UNIT = "340124102003"
UNIT_NAME = "安徽省合肥市庐江县白湖镇测试村"


def delivered(file_id: str, path: str, **changes: Any) -> dict[str, Any]:
    return {
        "file_id": file_id, "path": path, "sha256": "0" * 64, "form_id": "village_outflow", "unit_code": UNIT,
        "unit_level": "village", "period": "2024-10", "received_at": "2024-11-01", "night_id": NIGHT,
        "status": "partly_returned", "rows_in": 12, "rows_accepted": 9, "rows_returned": 2, "rows_duplicate": 1,
        **changes,
    }  # fmt: skip


def found(file_id: str, row_number: int | None, **changes: Any) -> dict[str, Any]:
    return {
        "file_id": file_id, "sheet": "Sheet1", "row_number": row_number, "column_name": "身份证号",
        "rule_id": "village_outflow.id_number.valid_number", "severity": "error", "value_shown": "340124********1234",
        "advice_zh": "校验位不对，请按身份证核对后改正。", "advice_en": "The check digit is wrong.", "status": "open",
        **changes,
    }  # fmt: skip


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO raw.{table} ({columns}) VALUES ({marks})", list(row.values()))


def make_gated(
    work: Path, files: Sequence[dict[str, Any]], findings: Sequence[dict[str, Any]], copies: int = 1
) -> Path:
    gated = work / "gated"
    gated.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA)
        insert(connection, "file", files)
        insert(connection, "finding", findings)
        connection.execute(f"COPY (SELECT * EXCLUDE (night_id) FROM raw.file) TO '{gated}/file.parquet'")
        connection.execute(
            f"COPY (SELECT f.* REPLACE (f.row_number + n AS row_number) FROM raw.finding AS f, range({copies}) AS r (n)"
            f" ORDER BY hash(n)) TO '{gated}/finding.parquet'"
        )
        connection.execute(f"COPY (SELECT '{UNIT}' AS code, '{UNIT_NAME}' AS full_name) TO '{work}/units.parquet'")
    return gated


def rows_of(path: Path, sheet: str = "明细") -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return [tuple(row) for row in book[sheet].iter_rows(values_only=True)]


def text_of(path: Path) -> str:
    return "\n".join(str(cell) for sheet in ("回执", "明细") for row in rows_of(path, sheet) for cell in row if cell)


def test_one_slip_for_each_file_with_findings(tmp_path: Path) -> None:
    files = [delivered("a" * 16, "十月/流出.xlsx"), delivered("b" * 16, "无误.xlsx"),
             delivered("c" * 16, "十月/流出.xls", unit_code=None, status="returned")]  # fmt: skip
    gated = make_gated(tmp_path, files, [found("a" * 16, 5), found("c" * 16, None)])
    paths = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert [str(path.relative_to(tmp_path / "outbox")) for path in paths] == [
        f"{UNIT}/流出_回执_{'a' * 16}.xlsx", f"未识别/流出_回执_{'c' * 16}.xlsx"
    ]  # fmt: skip
    assert sorted((tmp_path / "outbox").rglob("*.*")) == paths


def test_a_night_without_findings_writes_nothing(tmp_path: Path) -> None:
    gated = make_gated(tmp_path, [delivered("a" * 16, "x.csv")], [])
    assert write_slips(gated, tmp_path / "outbox", NIGHT) == []


def test_the_cover_says_file_unit_night_and_counts(tmp_path: Path) -> None:
    gated = make_gated(tmp_path, [delivered("a" * 16, "十月/流出.xlsx", rows_in=1234)], [found("a" * 16, 5)])
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    cover = {row[0]: row[1] for row in rows_of(path, "回执") if row[0]}
    assert cover["文件"] == "十月/流出.xlsx"
    assert cover["填报单位"] == f"{UNIT_NAME} {UNIT}"
    assert (cover["所属期"], cover["处理批次"]) == ("2024-10", NIGHT)
    assert cover["行数"] == "收到 1,234 行，接收 9 行，退回 2 行，重复 1 行"
    assert "部分接收：下列退回的行请改正，随下一次名单重报。" in cover


def test_findings_are_ordered_and_worded(tmp_path: Path) -> None:
    findings = [
        found("a" * 16, 7, severity="note", advice_zh="与第 5 行重复，只计一次。", value_shown=None),
        found("a" * 16, 5, severity="query", column_name="性别", value_shown="男"),
        found("a" * 16, 5),
        found("a" * 16, None, column_name=None, sheet=None, value_shown=None, advice_zh="请补报填报日期。"),
    ]
    gated = make_gated(tmp_path, [delivered("a" * 16, "x.xlsx")], findings)
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert rows_of(path) == [
        ("工作表", "行号", "列", "单元格内容（已遮盖）", "处理", "原因", "怎么改"),
        (None, "整份文件", None, None, "退回，请改正", None, "请补报填报日期。"),
        ("Sheet1", "5", "身份证号", "340124********1234", "退回，请改正", "校验位不对", "请按身份证核对后改正。"),
        ("Sheet1", "5", "性别", "男", "已接收，请核对", "校验位不对", "请按身份证核对后改正。"),
        ("Sheet1", "7", "身份证号", None, "提示", "与第 5 行重复，只计一次。", None),
    ]  # fmt: skip


def test_the_same_findings_in_another_order_give_the_same_slip(tmp_path: Path) -> None:
    findings = [found("a" * 16, row, column_name=name) for row in (9, 5, 7) for name in ("姓名", "性别")]
    lists = []
    for name, ordered in (("one", findings), ("two", findings[::-1])):
        gated = make_gated(tmp_path / name, [delivered("a" * 16, "x.xlsx")], ordered)
        (path,) = write_slips(gated, tmp_path / name / "outbox", NIGHT)
        lists.append(rows_of(path))
    assert lists[0] == lists[1]


def test_twenty_thousand_findings_are_all_there_and_quick(tmp_path: Path) -> None:
    gated = make_gated(tmp_path, [delivered("a" * 16, "x.xlsx")], [found("a" * 16, 2)], copies=20_000)
    started = time.perf_counter()
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert time.perf_counter() - started < 20
    rows = rows_of(path)[1:]
    assert len(rows) == 20_000
    assert [row[1] for row in rows] == [str(number) for number in range(2, 20_002)]


def test_a_list_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.slips.ROWS_PER_SHEET", 100)
    gated = make_gated(tmp_path, [delivered("a" * 16, "x.xlsx")], [found("a" * 16, 2)], copies=250)
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert [len(rows_of(path, name)) - 1 for name in ("明细", "明细2", "明细3")] == [100, 100, 50]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "http://example.org"])
def test_what_a_sender_typed_is_text_and_no_formula(tmp_path: Path, text: str) -> None:
    gated = make_gated(
        tmp_path, [delivered("a" * 16, "x.xlsx")], [found("a" * 16, 5, value_shown=text, column_name=text)]
    )
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert rows_of(path)[1][2:4] == (text, text)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith((".xml", ".rels"))}
    assert not [
        name for name, part in parts.items() if "<f>" in part or "<f " in part or 'TargetMode="External"' in part
    ]


def test_control_characters_do_not_break_a_slip(tmp_path: Path) -> None:
    findings = [found("a" * 16, 5, value_shown="张\x00\x1b[31m\u202e某\uffff", column_name="姓\n名")]
    gated = make_gated(tmp_path, [delivered("a" * 16, "x.xlsx")], findings)
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert rows_of(path)[1][2:4] == ("姓名", "张[31m某")


def test_a_number_in_the_file_name_is_masked_everywhere(tmp_path: Path) -> None:
    number, phone = "34012419900101123X", "13812345678"
    gated = make_gated(tmp_path, [delivered("a" * 16, f"{number}_{phone}.xlsx")], [found("a" * 16, 5)])
    (path,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert "340****3X_138****78.xlsx" in text_of(path)
    for shown in (path.name, text_of(path)):
        assert number not in shown
        assert phone not in shown


def test_writing_a_night_again_replaces_its_slips(tmp_path: Path) -> None:
    gated = make_gated(tmp_path, [delivered("a" * 16, "x.xlsx")], [found("a" * 16, 5)])
    assert write_slips(gated, tmp_path / "outbox", NIGHT) == write_slips(gated, tmp_path / "outbox", NIGHT)
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
    gated = make_gated(tmp_path, [delivered("a" * 16, path)], [found("a" * 16, 5)])
    (slip,) = write_slips(gated, tmp_path / "outbox", NIGHT)
    assert slip.parent == tmp_path / "outbox" / UNIT
    assert slip.name == f"{name}_回执_{'a' * 16}.xlsx"


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
