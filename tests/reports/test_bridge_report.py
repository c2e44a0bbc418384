"""The bridge as page, workbook and table, on an invented warehouse whose numbers are written down here."""

from __future__ import annotations

import csv
import dataclasses
import re
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest

from ingest.declaration import load_value_lists
from ingest.errors import UsageError
from reports.bridge import BridgeRequest, long_rows, read_bridge, write_bridge_report
from reports.bridge_notes import notes, summary, titles
from reports.bridge_page import draw
from reports.bridge_table import BridgeReport
from reports.bridge_words import step_words

AS_OF = date(2024, 10, 31)
COUNTY, TOWN, OTHER_TOWN = "340124000000", "340124100000", "340124101000"
REQUEST = BridgeRequest("NBS_LDRK", "CMDS_2014", as_of=AS_OF)
HEADER = ("division_code", "level", "step", "from_value", "to_value", "persons", "persons_unknown", "persons_after",
          "unknown_after", "persons_lowest", "persons_highest")  # fmt: skip
# One huge step, one that changes nothing, and one small enough to be withheld.
STEPS = (
    ("boundary", "township", "county", -52_000, 400, -52_000, -51_000),
    ("intra_city", "true", "", 0, 0, 0, 0),
    ("clock", "left_hukou", "arrived", 1_200, -30, 1_200, 1_300),
    ("duration", "P6M", "P1M", 9_000, 60, 8_900, 9_000),
    ("age", "-", "15-59", -6, 0, -6, -6),
    ("reason", "", "STUDY;VISIT", -800, 26, -900, -800),
)


def bridge_rows(code: str, level: str, start: int, share: float) -> list[tuple[object, ...]]:
    persons, unknown = start, int(180 * share)
    rows: list[tuple[object, ...]] = [
        (code, level, "stock_from", None, None, persons, unknown, persons, unknown, None, None)
    ]
    for step, begin, end, change, doubt, lowest, highest in STEPS:
        change, doubt, lowest, highest = (int(number * share) for number in (change, doubt, lowest, highest))
        persons, unknown = persons + change, unknown + doubt
        rows.append((code, level, step, begin or None, end or None, change, doubt, persons, unknown, lowest, highest))
    rows.append((code, level, "stock_to", None, None, persons, unknown, persons, unknown, None, None))
    covered = int(-20_000 * share)
    own = (None, "police_registration", covered, 0, persons + covered, unknown, None, None)
    rows.append((code, level, "coverage_to", *own))
    return rows


@pytest.fixture(scope="module")
def bridged(warehouse_to_read: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The warehouse of the reports with bridges of its home and of two of its towns."""
    warehouse_to_read.execute(
        """
        CREATE TABLE intermediate.int_counting_place AS SELECT code AS place_code, level FROM ref.division;
        CREATE TABLE intermediate.int_counting_home AS
            SELECT code AS place_code FROM ref.division WHERE county_code = '340124000000';
        CREATE TABLE bridge_row (division_code VARCHAR, level VARCHAR, step VARCHAR, from_value VARCHAR,
            to_value VARCHAR, persons BIGINT, persons_unknown BIGINT, persons_after BIGINT, unknown_after BIGINT,
            persons_lowest BIGINT, persons_highest BIGINT, step_order INTEGER);
        CREATE MACRO bridge_on(from_definition, to_definition, date, direction, level) AS TABLE
            SELECT bridge_row.* FROM bridge_row WHERE bridge_row.level = level AND direction = 'in'
        """
    )
    for code, level, start, share in (
        (COUNTY, "county", 100_000, 1.0), (TOWN, "township", 60_000, 0.5), (OTHER_TOWN, "township", 40_000, 0.5),
    ):  # fmt: skip
        rows = [(*row, order) for order, row in enumerate(bridge_rows(code, level, start, share))]
        assert len(rows) == len(STEPS) + 3
        warehouse_to_read.executemany(f"INSERT INTO bridge_row VALUES ({', '.join('?' * 12)})", rows)
    return warehouse_to_read


@pytest.fixture(scope="module")
def report(bridged: duckdb.DuckDBPyConnection) -> BridgeReport:
    return read_bridge(bridged, dataclasses.replace(REQUEST, place_threshold=10))


def test_steps_add_up_to_the_difference(bridged: duckdb.DuckDBPyConnection) -> None:
    report = read_bridge(bridged, dataclasses.replace(REQUEST, place_threshold=1))
    axes = [row for row in report.whole.rows if row.is_axis]
    assert len(axes) == len(STEPS)
    assert sum(row.persons or 0 for row in axes) == report.whole.difference == -42_606
    assert sum(row.share or 0 for row in axes) == pytest.approx(1)
    assert not report.whole.hides_orders
    assert [(row.lowest, row.highest) for row in axes][2] == (1_200, 1_300)


def test_a_small_step_is_withheld_with_another(report: BridgeReport) -> None:
    hidden = [row.step for row in report.whole.rows if row.persons is None]
    assert "age" in hidden
    assert len(hidden) == 2
    assert report.whole.row("intra_city").persons == 0  # type: ignore[union-attr]
    assert all(row.lowest is None for row in report.whole.rows)
    assert [row.persons for row in report.whole.rows if row.is_count] == [100_000, 57_394]


def test_divisions_of_a_level_stand_below_the_whole(bridged: duckdb.DuckDBPyConnection) -> None:
    report = read_bridge(bridged, dataclasses.replace(REQUEST, level="township"))
    assert [part.name for part in report.parts] == ["庐城镇", "冶父山镇"]
    assert all(part.row("age").persons is None for part in report.parts)  # type: ignore[union-attr]


def test_the_rest_of_the_home_is_a_part_and_not_the_home(bridged: duckdb.DuckDBPyConnection) -> None:
    """People of the county of whom the town is not known stand under the county's own code."""
    bridged.execute("BEGIN")
    bridged.execute("DELETE FROM bridge_row WHERE division_code = $town", {"town": TOWN})
    for code, start, share in ((TOWN, 59_000, 0.4), (COUNTY, 1_000, 0.1)):
        rows = [(*row, order) for order, row in enumerate(bridge_rows(code, "township", start, share))]
        bridged.executemany(f"INSERT INTO bridge_row VALUES ({', '.join('?' * 12)})", rows)
    report = read_bridge(bridged, dataclasses.replace(REQUEST, level="township"))
    alone = read_bridge(bridged, dataclasses.replace(REQUEST, within=TOWN))
    bridged.execute("ROLLBACK")
    begins = [(each.name, each.level, each.rows[0].persons) for each in (report.whole, *report.parts)]
    assert begins == [
        ("庐江县", "county", 100_000),
        ("庐江县（乡镇不详）", "township", 1_000),
        ("庐城镇", "township", 59_000),
        ("冶父山镇", "township", 40_000),
    ]
    assert (alone.whole.name, alone.whole.rows[0].persons) == ("庐城镇", 59_000)


def test_a_division_that_lacks_the_level_is_shown_as_itself(bridged: duckdb.DuckDBPyConnection) -> None:
    """A town without villages of its own is not a rest of which the village is not known."""
    bridged.execute("BEGIN")
    rows = [(*row, order) for order, row in enumerate(bridge_rows(OTHER_TOWN, "village", 100_000, 1.0))]
    bridged.executemany(f"INSERT INTO bridge_row VALUES ({', '.join('?' * 12)})", rows)
    report = read_bridge(bridged, dataclasses.replace(REQUEST, level="village"))
    bridged.execute("ROLLBACK")
    assert [(part.name, part.level) for part in report.parts] == [("冶父山镇", "village")]


def test_where_nobody_counts_nothing_is_said_of_the_definitions(bridged: duckdb.DuckDBPyConnection) -> None:
    zh, en = summary(read_bridge(bridged, dataclasses.replace(REQUEST, direction="out")))
    assert zh == "按“流动人口”（NBS_LDRK）和“流动人口动态监测调查 2014”（CMDS_2014）计，均无一人。"
    assert en == "Nobody counts under NBS_LDRK or CMDS_2014, and of nobody is it undecided."


def test_of_residents_only_the_leg_of_the_direction_is_compared(bridged: duckdb.DuckDBPyConnection) -> None:
    bridged.execute("BEGIN")
    bridged.execute("UPDATE ref.definition SET direction = 'resident', name_zh = '常住人口', name_en = 'residents' "
                    "WHERE definition_id = 'NBS_LDRK'")  # fmt: skip
    report = read_bridge(bridged, REQUEST)
    bridged.execute("ROLLBACK")
    zh, _ = summary(report)
    assert zh.startswith("按“常住人口的流入部分”（NBS_LDRK）计 100,000 人，")
    assert titles(report)[1].startswith("Why residents (those here) and China Migrants")
    assert report.whole.rows[0].words.name_zh == "常住人口的流入部分"
    text = notes(report)[0].text_zh
    assert "NBS_LDRK　常住人口的流入部分（NBS）。" in text
    assert text.endswith("常住人口为户籍人口减去外出部分、加上流入部分，总数见 stats.resident。")


def test_definitions_are_told_with_their_notes_and_when_they_were_official(
    bridged: duckdb.DuckDBPyConnection,
) -> None:
    first, second = notes(read_bridge(bridged, REQUEST))[:2]
    assert first.text_zh.endswith("不在同一乡镇，满六个月。")
    assert second.text_zh.endswith("不在同一县，满一个月。抽样调查。时点不在本口径的现行期内，仅供比较。")
    assert second.text_en.endswith("for a month. A sample survey. It was not official on that day; use for comparison.")


def test_one_division_by_itself(bridged: duckdb.DuckDBPyConnection) -> None:
    report = read_bridge(bridged, dataclasses.replace(REQUEST, within="340124100"))
    assert (report.whole.name, report.whole.level, report.parts) == ("庐城镇", "township", ())
    nobody = read_bridge(bridged, dataclasses.replace(REQUEST, within="340124105000"))
    assert [row.persons for row in nobody.whole.rows] == [0] * (len(STEPS) + 3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"from_definition": "NBS"}, "there is no definition 'NBS': use one of CMDS_2014, NBS_LDRK, OTHER"),
        ({"as_of": date(2030, 1, 1)}, "nothing to report as of 2030-01-01: use a date from 2024-08-31"),
        ({"level": "province"}, "the level province lies above the home division: use one from county down"),
        ({"level": "town"}, "there is no level 'town'"),
        ({"direction": "both"}, "there is no direction 'both': use in or out"),
        ({"within": "430121"}, "there is no division '430121' in the home division"),
        ({"within": TOWN, "level": "village"}, "is a township, not a village"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(
    bridged: duckdb.DuckDBPyConnection, change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        read_bridge(bridged, dataclasses.replace(REQUEST, **change))  # type: ignore[arg-type]


def test_without_a_date_the_last_month_end_is_reported(bridged: duckdb.DuckDBPyConnection) -> None:
    assert read_bridge(bridged, dataclasses.replace(REQUEST, as_of=None)).as_of == AS_OF


def test_files_are_written_whole_and_say_the_same_twice(report: BridgeReport, tmp_path: Path) -> None:
    paths = write_bridge_report(report, tmp_path / "a")
    assert [path.name for path in paths] == [
        f"bridge_NBS_LDRK_CMDS_2014_2024-10-31_in_county.{form}" for form in ("xlsx", "html", "csv")
    ]
    again = write_bridge_report(report, tmp_path / "b")
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(path.name for path in paths)


def test_the_page_shows_no_hidden_number_and_fetches_nothing(report: BridgeReport, tmp_path: Path) -> None:
    page = write_bridge_report(dataclasses.replace(report), tmp_path)[1].read_text(encoding="utf-8")
    assert "NBS_LDRK" in page
    assert "CMDS_2014" in page
    assert "跨乡镇（街道） → 跨县（市、区）" in page
    assert "−52,000" in page
    for number in ("−6", "-6", "58,194", "−800"):
        assert f">{number}<" not in page
    assert not re.search(r"https?://|<script|src=|url\(", page)


def test_the_workbook_has_numbers_marks_and_a_chart(report: BridgeReport, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_bridge_report(report, tmp_path)[0])
    assert book.sheetnames == ["分解 Bridge", "说明 Notes"]
    sheet = book["分解 Bridge"]
    column = [sheet.cell(row, 3).value for row in range(6, 6 + len(STEPS) + 3)]
    assert column[:3] == [100_000, -52_000, 0]
    assert column.count("＊") == 2
    assert len(sheet._charts) == 1  # type: ignore[attr-defined]
    shown = {cell.value for row in sheet.iter_rows() for cell in row}
    assert not shown & {-6, 6, 58_194, -800, 800}


def test_the_long_form_flags_what_is_withheld(report: BridgeReport, tmp_path: Path) -> None:
    with write_bridge_report(report, tmp_path)[2].open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(long_rows(report)) == len(STEPS) + 3
    assert {line["persons"] for line in lines if line["persons_suppressed"] == "True"} == {""}
    assert {line["from_definition"] + line["to_definition"] for line in lines} == {"NBS_LDRKCMDS_2014"}


def test_bars_stay_inside_the_drawing_and_hidden_ones_have_no_place(report: BridgeReport) -> None:
    waterfall = draw(report.whole)
    assert len(waterfall.bars) == len(STEPS) + 3
    hidden = [bar for bar in waterfall.bars if bar.x is None]
    assert len(hidden) == 2
    placed = [bar for bar in waterfall.bars if bar.x is not None]
    assert all(bar.x >= 300 and bar.x + bar.length <= 960 - 90 for bar in placed)  # type: ignore[operator]
    assert waterfall.floor == 0


def test_an_axis_of_close_counts_does_not_begin_at_zero(bridged: duckdb.DuckDBPyConnection) -> None:
    bridged.execute("BEGIN")
    bridged.execute("DELETE FROM bridge_row WHERE step LIKE 'coverage%'")
    bridged.execute("UPDATE bridge_row SET persons_after = persons_after + 900000")
    bridged.execute("UPDATE bridge_row SET persons = persons_after WHERE step LIKE 'stock%'")
    waterfall = draw(read_bridge(bridged, REQUEST).whole)
    bridged.execute("ROLLBACK")
    assert 0 < waterfall.floor < 940_000


@pytest.mark.parametrize(
    ("step", "values", "words"),
    [
        ("boundary", ("township/city_districts", "none"), "跨乡镇（街道），限同一城市市辖区内 → 不限跨越范围"),
        ("intra_city", ("false", None), "计入 → 规定未明"),
        ("duration", ("P0D", "P3D"), "不限 → 满 3 天"),
        ("age", ("16-59", "-17"), "16—59 周岁 → 17 周岁及以下"),
        ("sex", (None, "2"), "不限 → 女"),
        ("hukou_nature", ("rural", None), "农业户口 → 不限"),
        ("area", ("urban", None), "限城镇 → 不限"),
        ("reason", (None, "STUDY;VISIT"), "不限 → 除学习培训、探亲访友外"),
        ("reason", ("MARRIAGE;MEDICAL;STUDY;VISIT", None), "除 4 类事由外 → 不限"),
        ("service", ("RESIDENCE_PERMIT/TEMPORARY_PERMIT", "SCHOOLING"), "居住证（暂住证） → 随迁子女就学"),
        ("unit_from", ("registration", "person"), "登记 → 人"),
        ("coverage_to", (None, "police_registration"), "全部名单 → 仅公安流动人口登记表"),
    ],
)
def test_every_step_is_said_in_words(step: str, values: tuple[str | None, str | None], words: str) -> None:
    assert step_words(step, *values).change_zh == words
    assert "→" in step_words(step, *values).change_en


def test_a_purpose_is_said_by_how_many_reasons_it_leaves() -> None:
    codes = [code.code for code in load_value_lists()["reason"].codes if code.code not in {"WORK", "FARM", "UNKNOWN"}]
    assert step_words("reason", None, ";".join(codes)).change_zh == "不限 → 限 2 类事由"
