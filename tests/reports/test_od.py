"""The origin-destination report as its readers get it: workbook, page, CSV and Parquet of one small warehouse."""

from __future__ import annotations

import csv
import dataclasses
import re
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet
import pytest

from ingest.errors import UsageError
from reports.disclosure import TOTAL, exposed_positions, with_margins
from reports.od import ODRequest, write_od_report
from reports.od_notes import HIDDEN_MARK, notes
from reports.od_table import read_od_report

REQUEST = ODRequest("township", "province", date(2024, 10, 31), "NBS_LDRK")
ALL_LEVELS = "province, city, county, township, village"
POSSIBLE_DATES = "use a date from 2024-08-31 to 2024-11-05"
LUCHENG, HUNAN = "340124100000", "430000000000"


def true_counts(connection: duckdb.DuckDBPyConnection, request: ODRequest) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        "SELECT origin_code, dest_code, persons FROM od_on(?, ?, ?, ?) ORDER BY ALL",
        [request.definition_id, request.as_of, request.origin_level, request.dest_level],
    ).fetchall()
    return {(origin, dest): persons for origin, dest, persons in rows}


def sheet_rows(path: Path, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in openpyxl.load_workbook(path)[name].iter_rows(values_only=True)]


def test_each_format_is_one_file_named_after_the_request(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = write_od_report(warehouse, REQUEST, tmp_path / "out")
    stem = "od_NBS_LDRK_2024-10-31_township-province"
    assert [path.name for path in paths] == [f"{stem}.{name}" for name in ("xlsx", "html", "csv", "parquet")]
    assert sorted((tmp_path / "out").iterdir()) == sorted(paths)


def test_only_the_formats_asked_are_written(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    paths = write_od_report(warehouse, dataclasses.replace(REQUEST, formats=("parquet", "csv")), tmp_path)
    assert [path.suffix for path in paths] == [".csv", ".parquet"]
    assert len(list(tmp_path.iterdir())) == 2


def test_what_is_shown_is_true_and_what_is_hidden_is_safe(warehouse: duckdb.DuckDBPyConnection) -> None:
    truth = with_margins(true_counts(warehouse, REQUEST))
    table = read_od_report(warehouse, REQUEST).table
    assert len(table.origins) == 19
    assert len(table.dests) == 7
    hidden = set()
    for origin in (*(place.code for place in table.origins), TOTAL):
        for dest in (*(place.code for place in table.dests), TOTAL):
            shown = table.persons_at(origin, dest)
            if shown is None:
                hidden.add((origin, dest))
            else:
                assert shown == truth.get((origin, dest), 0)
    assert (LUCHENG, "110000000000") in hidden
    assert exposed_positions(truth, hidden) == frozenset()
    assert not [position for position in set(truth) - hidden if TOTAL not in position and truth[position] < 10]


def test_no_file_holds_a_hidden_count(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A single flow of seven persons among large ones appears nowhere, not even as a hidden column or property."""
    warehouse.execute("DELETE FROM stats.od")
    warehouse.execute(
        "INSERT INTO stats.od SELECT DATE '2024-10-31', 'NBS_LDRK', o.code, d.code,"
        " 40000 + hash(o.code || d.code) % 999, 0 FROM raw.division o, raw.division d"
        " WHERE o.code IN ('340124100000', '340124101000', '340124102000')"
        " AND d.code IN ('310000000000', '110000000000', '430000000000')"
    )
    warehouse.execute(
        "UPDATE stats.od SET persons = 7 WHERE origin_code = '340124101000' AND dest_code = '310000000000'"
    )
    truth = true_counts(warehouse, REQUEST)
    table = read_od_report(warehouse, REQUEST).table
    hidden = [position for position in truth if table.persons_at(*position) is None]
    assert len(hidden) == 4
    large = {truth[position] for position in hidden} - {7}
    for path in write_od_report(warehouse, REQUEST, tmp_path):
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
        elif path.suffix == ".parquet":
            cells = {value for column in pyarrow.parquet.read_table(path).to_pydict().values() for value in column}
        else:
            cells = {
                int(digits.replace(",", "")) for digits in re.findall(r"\b[\d,]*\d\b", path.read_text("utf-8-sig"))
            }
        assert not cells & large, path.suffix


def test_the_matrix_has_names_codes_totals_and_marks(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write_od_report(warehouse, REQUEST, tmp_path)[0]
    rows = sheet_rows(path, "矩阵 Matrix")
    assert rows[0][0] == "安徽省合肥市庐江县人口流动：来源地与流入地"
    assert rows[3][:5] == ("来源地（乡级）", "代码", "合计", "未定", "北京市")
    assert rows[4][4] == "110000000000"
    truth = with_margins(true_counts(warehouse, REQUEST))
    assert rows[5][:3] == ("合计 Total", None, truth[TOTAL, TOTAL])
    lines = {row[1]: row for row in rows[6:] if row[1]}
    assert len(lines) == 19
    assert lines[LUCHENG][:2] == ("庐城镇", LUCHENG)
    assert lines[LUCHENG][4] == HIDDEN_MARK
    assert lines[HUNAN][0] == "湖南省（乡镇不详）"
    assert lines[LUCHENG][8] == 0
    sheet = openpyxl.load_workbook(path)["矩阵 Matrix"]
    assert sheet.freeze_panes == "E7"


def test_a_place_without_parts_of_the_level_asked_is_no_rest(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Cities without counties, and municipalities among cities, are whole by themselves."""
    warehouse.execute(
        "INSERT INTO ref.division BY NAME SELECT '110100000000' AS code, 'city' AS level, '市辖区' AS name,"
        " '北京市市辖区' AS full_name, '110000000000' AS province_code, code AS city_code, true AS is_virtual,"
        " DATE '1949-10-01' AS valid_from"
    )
    names = {}
    for level in ("city", "county"):
        table = read_od_report(warehouse, dataclasses.replace(REQUEST, dest_level=level)).table
        names[level] = {place.code: place.name for place in table.dests}
    assert names["city"]["110000000000"] == "北京市"
    assert names["city"]["330000000000"] == "浙江省（市不详）"
    assert names["county"]["441900000000"] == "东莞市"
    assert names["county"]["430100000000"] == "长沙市（县不详）"


def test_the_long_sheet_lists_every_pair(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write_od_report(warehouse, REQUEST, tmp_path)[0]
    rows = sheet_rows(path, "长表 Long")[5:]
    assert len(rows) == len(read_od_report(warehouse, REQUEST).table.pairs)
    assert {row[1] for row in rows} >= {LUCHENG, HUNAN}
    assert all(isinstance(row[6], int) or row[6] == HIDDEN_MARK for row in rows)


def test_csv_and_parquet_say_the_same(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    _, _, csv_path, parquet_path = write_od_report(warehouse, REQUEST, tmp_path)
    assert csv_path.read_bytes().startswith(b"\xef\xbb\xbf")
    with csv_path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(parquet_path)
    assert len(lines) == table.num_rows > 80
    assert [line["persons"] for line in lines] == [
        "" if value is None else str(value) for value in table["persons"].to_pylist()
    ]
    assert table.column_names == list(lines[0])
    types = [str(table.schema.field(name).type) for name in ("as_of", "origin_code", "persons", "persons_suppressed")]
    assert types == ["date32[day]", "large_string", "int64", "bool"]
    flags, values = table["persons_suppressed"].to_pylist(), table["persons"].to_pylist()
    assert [value is None for value in values] == flags
    assert 0 < sum(flags) < len(flags)


def test_zero_stays_zero_beside_undecided(warehouse: duckdb.DuckDBPyConnection) -> None:
    pairs = read_od_report(warehouse, REQUEST).table.pairs
    zeros = pairs[pairs["persons"] == 0]
    assert len(zeros) > 0
    assert not zeros["persons_suppressed"].any()
    assert pairs["persons_unknown_suppressed"].any()


class Links(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, Any]] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.rows += tag == "tr"
        self.found += [(tag, value) for name, value in attrs if name in {"src", "href", "action", "data", "srcset"}]
        if tag in {"script", "link", "iframe", "img", "object", "embed", "form"}:
            self.found.append((tag, None))


def test_the_page_stands_alone(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = write_od_report(warehouse, REQUEST, tmp_path)[1].read_text()
    links = Links()
    links.feed(text)
    assert links.found == []
    assert links.rows > 19
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in re.sub(r"http-equiv", "", text)


def test_the_page_says_definition_date_coverage_and_rule(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = write_od_report(warehouse, REQUEST, tmp_path)[1].read_text()
    for words in ("NBS_LDRK", "floating population", "2024-10-31", "20241105-01", "不在同一乡镇，满六个月。",
                  "曾报送的 17 个单位中 15 个已到", "矾山镇", "流向人数不足 10 人", "2023-06-30"):  # fmt: skip
        assert words in text


def test_every_note_is_in_both_languages(warehouse: duckdb.DuckDBPyConnection) -> None:
    for note in notes(read_od_report(warehouse, REQUEST)):
        assert re.search(r"[\u4e00-\u9fff]", note.heading_zh + note.text_zh)
        assert re.fullmatch(r"[^\u4e00-\u9fff]+", note.heading_en + note.text_en)


def test_within_keeps_flows_that_touch_the_division(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    request = dataclasses.replace(REQUEST, within="430000")
    report = read_od_report(warehouse, request)
    assert report.within_name == "湖南省"
    ends = set(zip(report.table.pairs["origin_code"], report.table.pairs["dest_code"], strict=True))
    assert len(ends) > 5
    assert all(HUNAN in pair or "430100000000" in pair for pair in ends)
    assert write_od_report(warehouse, request, tmp_path)[0].name.endswith("township-province_430000.xlsx")


def test_names_that_look_like_formulas_stay_text(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    evil = '=HYPERLINK("x")<b>'
    warehouse.execute("UPDATE ref.division SET name = ? WHERE code = ?", [evil, LUCHENG])
    xlsx, html, csv_path, parquet = write_od_report(warehouse, REQUEST, tmp_path)
    cell = next(row[0] for row in openpyxl.load_workbook(xlsx)["矩阵 Matrix"].iter_rows() if row[0].value == evil)
    assert cell.data_type == "s"
    assert "<b>" not in html.read_text().split("</style>")[1].replace("<b>", "", 4)
    with csv_path.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.DictReader(file))["origin_name"] == f"'{evil}"
    assert pyarrow.parquet.read_table(parquet)["origin_name"].to_pylist()[0] == evil


def test_two_places_of_one_name_are_named_in_full(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("UPDATE ref.division SET name = '城关镇' WHERE code IN (?, '340124101000')", [LUCHENG])
    names = [place.name for place in read_od_report(warehouse, REQUEST).table.origins]
    assert names[:3] == ["安徽省合肥市庐江县庐城镇", "安徽省合肥市庐江县冶父山镇", "万山镇"]


def test_the_same_snapshot_gives_the_same_bytes(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    one = write_od_report(warehouse, REQUEST, tmp_path / "one")
    two = write_od_report(warehouse, REQUEST, tmp_path / "two")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert openpyxl.load_workbook(one[0]).properties.created == datetime(2024, 11, 5)  # noqa: DTZ001


def test_a_report_without_any_flow_is_still_a_report(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    request = dataclasses.replace(REQUEST, definition_id="CMDS_2014")
    xlsx, html, _, parquet = write_od_report(warehouse, request, tmp_path)
    assert pyarrow.parquet.read_table(parquet).num_rows == 0
    assert sheet_rows(xlsx, "矩阵 Matrix")[5][:3] == ("合计 Total", None, 0)
    assert "没有可公布的数值" in html.read_text()
    assert "不在本口径的现行期内" in html.read_text()


def test_an_unnamed_place_is_shown_as_unknown(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("INSERT INTO stats.od VALUES ('2024-10-31', 'NBS_LDRK', ?, NULL, 120, 0)", [LUCHENG])
    table = read_od_report(warehouse, REQUEST).table
    assert table.dests[-1].name == "不详"
    assert table.persons_at(LUCHENG, "") == 120
    assert len(write_od_report(warehouse, REQUEST, tmp_path)) == 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"origin_level": "town"}, f"there is no origin level 'town': use one of {ALL_LEVELS}"),
        ({"dest_level": "x"}, f"there is no destination level 'x': use one of {ALL_LEVELS}"),
        ({"definition_id": "NBS"}, "there is no definition 'NBS': use one of CMDS_2014, NBS_LDRK, OTHER"),
        ({"as_of": date(2030, 1, 1)}, f"there is nothing to report as of 2030-01-01: {POSSIBLE_DATES}"),
        ({"as_of": date(2024, 8, 30)}, f"there is nothing to report as of 2024-08-30: {POSSIBLE_DATES}"),
        ({"within": "999999"}, "there is no division '999999' in the register: use a code from ref.division"),
        ({"formats": ("pdf",)}, "there is no report format pdf: use some of xlsx, html, csv, parquet"),
    ],
)  # fmt: skip
def test_what_cannot_be_reported_is_one_sentence(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        write_od_report(warehouse, dataclasses.replace(REQUEST, **changes), tmp_path / "out")
    assert str(caught.value) == sentence
    assert not (tmp_path / "out").exists()


def test_a_warehouse_without_lists_gives_an_empty_report(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.execute("DELETE FROM stats.od")
    warehouse.execute("DELETE FROM raw.file")
    report = read_od_report(warehouse, REQUEST)
    assert report.table.persons_at(TOTAL, TOTAL) == 0
    assert "尚未收到名单。" in [note.text_zh for note in notes(report)]
    assert len(write_od_report(warehouse, REQUEST, tmp_path)) == 4


def test_the_rule_stands_in_the_words_of_the_warehouse(warehouse: duckdb.DuckDBPyConnection) -> None:
    note = notes(read_od_report(warehouse, dataclasses.replace(REQUEST, definition_id="CMDS_2014")))[1]
    assert (note.heading_zh, note.heading_en) == ("口径要点", "What counts")
    assert (note.text_zh, note.text_en) == ("不在同一县，满一个月。", "In another county, for a month.")


@pytest.mark.parametrize(
    ("first", "last", "is_said"),
    [
        ("2024-10-31", "2024-10-31", False),
        (None, None, False),
        ("2024-11-01", None, True),
        (None, "2024-10-30", True),
    ],
)
def test_a_day_on_which_the_definition_was_not_official_is_said(
    warehouse: duckdb.DuckDBPyConnection, first: str | None, last: str | None, is_said: bool
) -> None:
    """The last day of a definition is one on which it still is official."""
    report = read_od_report(warehouse, REQUEST)
    dated = MappingProxyType({**report.definition, "valid_from": first, "valid_to": last})
    texts = [note.text_zh for note in notes(dataclasses.replace(report, definition=dated))]
    assert any("不在本口径的现行期内" in text for text in texts) == is_said


def test_a_matrix_wider_than_a_sheet_is_refused(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.od_workbook.SHEET_COLUMNS", 10)
    with pytest.raises(UsageError, match="ask for a coarser destination level"):
        write_od_report(warehouse, REQUEST, tmp_path)
    assert list(tmp_path.iterdir()) == []
