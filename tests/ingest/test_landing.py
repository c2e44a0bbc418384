from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sheet_maker import (
    HEADINGS,
    XINQIAO,
    Cell,
    deliver_as,
    make_context,
    make_list,
    make_number,
    to_csv,
    to_xls,
    to_xlsx,
)

from ingest import landed_tables, landing
from ingest.landed_tables import person_row_schema
from ingest.landing import InboxFile, LandingContext, land_batch
from ingest.reading.document import Limits

NAMES = ("file", "person_row", "report_row", "finding", "column")

Record = dict[str, Any]


@pytest.fixture
def context(tmp_path: Path) -> LandingContext:
    return make_context(tmp_path)


class Landed:
    """What a batch left behind."""

    def __init__(self, directory: Path, files: Iterable[InboxFile], context: LandingContext) -> None:
        self.directory = directory
        self.summary = land_batch(list(files), directory, context)

    def rows(self, name: str) -> list[Record]:
        found: list[Record] = pq.read_table(self.directory / f"{name}.parquet").to_pylist()
        return found

    def file(self, path: str) -> Record:
        (found,) = [record for record in self.rows("file") if record["path"] == path]
        return found


@pytest.fixture
def land(tmp_path: Path, context: LandingContext) -> Callable[..., Landed]:
    batches = iter(range(100))

    def land_files(files: dict[str, bytes], limits: Limits | None = None) -> Landed:
        delivered = [deliver_as(tmp_path, path, content) for path, content in files.items()]
        own = replace(context, limits=limits) if limits is not None else context
        return Landed(tmp_path / "landed" / str(next(batches)), delivered, own)

    return land_files


def test_a_list_lands_row_by_row_as_written(land: Callable[..., Landed]) -> None:
    landed = land({"新桥.xlsx": to_xlsx(make_list(3))})
    assert landed.summary == landing.BatchSummary(files=1, landed=1, returned=0, left=0, rows=3, findings=0)
    file = landed.file("新桥.xlsx")
    assert {name: file[name] for name in ("form_id", "unit_code", "unit_level", "period", "reported_on", "status")} == {
        "form_id": "village_inflow",
        "unit_code": XINQIAO,
        "unit_level": "village",
        "period": "2024-10",
        "reported_on": date(2024, 10, 31),
        "status": "landed",
    }
    assert (file["format"], file["list_kind"], file["rows_in"], file["size_bytes"] > 1000) == ("xlsx", "full", 3, True)
    rows = landed.rows("person_row")
    assert [row["row_number"] for row in rows] == [4, 5, 6]
    assert {row["file_id"] for row in rows} == {file["file_id"]}
    assert [row["id_number"] for row in rows] == [make_number(serial) for serial in (1, 2, 3)]
    assert rows[0]["dest_address"] is None
    assert not any(row["id_number_numeric"] for row in rows)


def test_the_files_of_a_batch_have_exactly_the_agreed_columns(land: Callable[..., Landed]) -> None:
    landed = land({})
    assert [pq.read_schema(landed.directory / f"{name}.parquet").names for name in NAMES] == [
        landing.FILE_SCHEMA.names,
        person_row_schema().names,
        landing.REPORT_ROW_SCHEMA.names,
        landing.FINDING_SCHEMA.names,
        landing.COLUMN_SCHEMA.names,
    ]
    assert not list(landed.directory.glob("*.part"))


def test_original_bytes_are_sealed_under_their_hash(land: Callable[..., Landed], context: LandingContext) -> None:
    content = to_csv(make_list(2))
    landed = land({"a.csv": content, "b.csv": content, "破.xlsx": b"PK\x03\x04damaged"})
    assert landed.summary.files == 3
    sealed = context.originals / f"{landed.file('a.csv')['sha256']}.sealed"
    assert context.key.unseal(sealed.read_bytes(), "archive") == content
    assert content not in sealed.read_bytes()
    assert len(list(context.originals.iterdir())) == 2


def test_one_bad_file_hurts_no_other(land: Callable[..., Landed]) -> None:
    files = {
        "坏.xlsx": to_xlsx(make_list(2))[:900],
        "空.xls": b"",
        "好.xlsx": to_xlsx(make_list(2)),
        "网页.xls": b"<html></html>",
    }
    landed = land(files)
    assert (landed.summary.landed, landed.summary.returned) == (1, 3)
    assert landed.file("好.xlsx")["status"] == "landed"
    findings = {record["file_id"]: record for record in landed.rows("finding")}
    rules = {path: findings[landed.file(path)["file_id"]]["rule_id"] for path in files if path != "好.xlsx"}
    assert rules == {"坏.xlsx": "file_damaged", "空.xls": "file_empty", "网页.xls": "file_html_no_table"}
    assert all(record["row_number"] is None and record["severity"] == "error" for record in findings.values())


def test_a_fault_of_popflow_itself_returns_the_file_and_shows_no_cell(
    land: Callable[..., Landed], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError(make_number(1))

    monkeypatch.setattr(landing, "recognise", fail)
    landed = land({"a.xlsx": to_xlsx(make_list(1))})
    assert landed.summary.returned == 1
    assert landed.rows("finding")[0]["rule_id"] == "file_failed"
    assert "KeyError" in caplog.text
    assert make_number(1) not in caplog.text + landed.rows("finding")[0]["advice_zh"]


def test_a_refused_file_goes_back_to_the_unit_its_path_names(land: Callable[..., Landed]) -> None:
    landed = land({"庐城镇/新桥村/2024-10流入.xlsx": b"PK\x03\x04damaged"})
    file = landed.file("庐城镇/新桥村/2024-10流入.xlsx")
    assert (file["status"], file["unit_code"], file["rows_in"]) == ("returned", XINQIAO, 0)


def test_a_returned_file_says_how_many_rows_it_had_and_leaves_none(land: Callable[..., Landed]) -> None:
    landed = land({"a.xlsx": to_xlsx(make_list(4, unit="某地"))})
    file = landed.file("a.xlsx")
    assert (file["status"], file["form_id"], file["rows_in"]) == ("returned", "village_inflow", 4)
    assert landed.rows("person_row") == []
    assert len(landed.rows("column")) == len(HEADINGS)


def test_a_file_that_changes_while_it_is_read_or_is_gone_is_left(
    land: Callable[..., Landed], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes = Path.read_bytes

    def grow(path: Path) -> bytes:
        content = read_bytes(path)
        if path.name == "长.csv":
            path.write_bytes(content + b"\n")
        if path.name == "失.csv":
            path.unlink()
        if path.name == "禁.csv":
            raise PermissionError(13, "Permission denied")
        return content

    monkeypatch.setattr(Path, "read_bytes", grow)
    landed = land({f"{name}.csv": to_csv(make_list(2)) for name in "长失禁稳"})
    assert [record["status"] for record in landed.rows("file")] == ["left", "left", "left", "landed"]
    assert {row["file_id"] for row in landed.rows("person_row")} == {landed.file("稳.csv")["file_id"]}
    assert [row["rule_id"] for row in landed.rows("finding")] == ["file_changing", "file_changing", "file_unreadable"]


def test_a_full_disk_is_no_fault_of_the_file(land: Callable[..., Landed], monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(original: object, folder: Path, key: object) -> None:
        raise OSError(28, "No space left on device", str(folder))

    with monkeypatch.context() as patch:
        patch.setattr(landing, "seal_original", fill)
        with pytest.raises(OSError, match="No space left"):
            land({"a.csv": to_csv(make_list(2))})


def test_a_file_refused_for_its_columns_is_still_addressed_to_its_unit(land: Callable[..., Landed]) -> None:
    rows = make_list(2)
    landed = land({"a.csv": to_csv([*rows[:2], ["姓名", "号码啊", *HEADINGS[2:]], *rows[3:]])})
    assert [row["rule_id"] for row in landed.rows("finding")] == ["heading_missing"]
    assert landed.file("a.csv")["unit_code"] == XINQIAO


def test_a_number_among_the_headings_is_masked(land: Callable[..., Landed]) -> None:
    rows = make_list(2)
    landed = land({"a.csv": to_csv([*rows[:2], [*HEADINGS, make_number(1)], *([*row, "x"] for row in rows[3:])])})
    headings = [record["heading"] for record in landed.rows("column")]
    assert len(headings) == len(HEADINGS) + 1
    assert make_number(1) not in "".join(headings)


def test_a_file_too_large_to_read_is_returned_with_its_hash_but_not_held(
    land: Callable[..., Landed], context: LandingContext
) -> None:
    landed = land({"大.csv": to_csv(make_list(50))}, Limits(file_bytes=500))
    file = landed.file("大.csv")
    assert (file["status"], len(file["sha256"])) == ("returned", 64)
    assert landed.rows("finding")[0]["rule_id"] == "file_too_large"
    assert list(context.originals.iterdir()) == []


def _with_dates(day: Cell) -> list[list[Cell]]:
    rows = make_list(6)
    return [*rows[:3], *([*row[:4], day, row[5]] for row in rows[3:])]


def test_content_id_names_the_rows_and_nothing_else(land: Callable[..., Landed]) -> None:
    rows = make_list(6)
    shuffled = [rows[number] for number in (6, 3, 8, 5, 4, 7)]
    same = {
        "a.xlsx": to_xlsx(_with_dates(date(2023, 3, 5))),
        "b.xls": to_xls(_with_dates("2023年3月5日")),
        "c.csv": to_csv(_with_dates("2023/3/5"), "gb18030"),
        "d.csv": to_csv([*rows[:3], *shuffled], "utf-8-sig"),
        "e.xlsx": to_xlsx([[*reversed(row)] for row in rows[2:]], name="庐城镇新桥村2024年10月流入"),
    }
    other = {
        "f.csv": to_csv(make_list(5)),
        "g.csv": to_csv(make_list(6, unit="庐城镇塔山社区")),
        "h.csv": to_csv(make_list(6, day="2024年11月30日")),
        "i.csv": to_csv([["新增流入人口登记表"], *rows[1:]]),
        "j.csv": to_csv(make_list(6, day="2024年10月20日")),
    }
    landed = land({**same, **other})
    assert landed.summary.landed == 10
    ids = {record["path"]: record["content_id"] for record in landed.rows("file")}
    assert len({ids[path] for path in same}) == 1
    assert len(set(ids.values())) == 6


def test_contradictions_are_asked_about_and_the_file_lands(land: Callable[..., Landed]) -> None:
    landed = land({"冶父山镇/铺岗村/2024-08.csv": to_csv(make_list(2))})
    assert landed.summary.landed == 1
    findings = landed.rows("finding")
    assert [(finding["rule_id"], finding["severity"]) for finding in findings] == [
        ("content_contradicts_path", "query"),
        ("content_contradicts_path", "query"),
    ]


def test_values_of_unknown_and_dropped_columns_are_nowhere(land: Callable[..., Landed], tmp_path: Path) -> None:
    rows = [
        [*row, extra, mark]
        for row, extra, mark in zip(
            make_list(2),
            [None, None, "宗教信仰", "秘密甲", "秘密甲"],
            [None, None, "网格员意见", "秘密乙", "秘密乙"],
            strict=True,
        )
    ]
    landed = land({"a.csv": to_csv(rows)})
    kinds = {record["heading"]: (record["match_kind"], record["field"]) for record in landed.rows("column")}
    assert kinds["宗教信仰"] == ("dropped", None)
    assert kinds["网格员意见"] == ("unknown", None)
    assert all(record["reason"] for record in landed.rows("column") if record["match_kind"] in {"dropped", "unknown"})
    for name in NAMES:
        assert "秘密" not in str(landed.rows(name))


def test_landing_again_gives_the_same(land: Callable[..., Landed]) -> None:
    files = {"a.xlsx": to_xlsx(make_list(3)), "b.csv": to_csv(make_list(2, unit="塔山社区"))}
    first, second = land(files), land(files)
    for name in ("person_row", "finding", "column"):
        assert first.rows(name) == second.rows(name)


def test_row_groups_hold_rows_of_many_files(land: Callable[..., Landed], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landed_tables, "ROWS_PER_GROUP", 6)
    files = {f"{number}.csv": to_csv(make_list(4, day=f"2024年{number}月28日")) for number in range(1, 6)}
    landed = land(files)
    metadata = pq.ParquetFile(landed.directory / "person_row.parquet").metadata
    assert [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)] == [6, 2, 6, 2, 4]


# --- any bytes at all -------------------------------------------------------------------------------------------------

SOUND = {
    "xlsx": to_xlsx(make_list(5), ("A1:F1",)),
    "xls": to_xls(make_list(5)),
    "csv": to_csv(make_list(5), "gb18030"),
}


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """Return a sound file with bytes overwritten, cut out, doubled or cut off."""
    content = bytearray(SOUND[draw(st.sampled_from(sorted(SOUND)))])
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(content) - 1))
        piece = draw(st.binary(min_size=0, max_size=8))
        content[start : start + draw(st.integers(0, 16))] = piece
        if not content:
            break
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(contents=st.lists(st.one_of(_damaged(), st.binary(max_size=400)), min_size=1, max_size=3))
def test_no_bytes_crash_a_batch(tmp_path: Path, context: LandingContext, contents: list[bytes]) -> None:
    shutil.rmtree(tmp_path / "inbox", ignore_errors=True)
    files = [deliver_as(tmp_path, f"{number}.bin", content) for number, content in enumerate(contents)]
    landed = Landed(tmp_path / "landed", [*files, deliver_as(tmp_path, "sound.csv", SOUND["csv"])], context)
    records = landed.rows("file")
    assert [record["path"] for record in records] == [*(file.relative_path for file in files), "sound.csv"]
    assert {record["status"] for record in records} <= {"landed", "returned", "left"}
    assert records[-1]["status"] == "landed"
    assert sum(record["rows_in"] for record in records if record["status"] == "landed") == len(
        landed.rows("person_row")
    ) + len(landed.rows("report_row"))
    returned = {record["file_id"] for record in records if record["status"] == "returned"}
    assert {finding["file_id"] for finding in landed.rows("finding") if finding["severity"] == "error"} == returned
    assert "file_failed" not in {finding["rule_id"] for finding in landed.rows("finding")}


def test_no_part_of_a_sealed_original_is_left_behind(land: Callable[..., Landed], context: LandingContext) -> None:
    land({"a.csv": to_csv(make_list(2))})
    assert [path.suffix for path in context.originals.iterdir()] == [".sealed"]
