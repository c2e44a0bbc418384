"""In what a table counts: people, and neither households nor times nor ten thousands."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sheet_maker import Cell, deliver_as, make_context, to_xlsx

from ingest.headings import match_columns
from ingest.landing import land_batch


@pytest.mark.parametrize(
    ("form_id", "heading"),
    [
        ("od_return", "流动人口户数"),
        ("od_return", "流动人口率"),
        ("od_return", "半年以上户数"),
        ("od_return", "半年以上人次"),
        ("od_return", "流动人口（户）"),
        ("od_return", "流动人口数（万人）"),
        ("od_return", "人数（人次）"),
        ("township_report", "流入人口户数"),
        ("township_report", "流入人口总户数"),
        ("hukou_population", "户籍人口户数"),
    ],
)
def test_households_times_and_rates_are_no_misspelt_people(form_id: str, heading: str) -> None:
    (column,) = match_columns(((heading,),), form_id)
    assert (column.kind, column.field) == ("unknown", None)


@pytest.mark.parametrize(
    ("form_id", "heading", "item"),
    [
        ("od_return", "流动人口（人）", "flow_total"),
        ("od_return", "人数(单位：人)", "flow_total"),
        ("township_report", "流入人口（名）", "inflow_total"),
        ("hukou_population", "户籍人口（人）", "hukou_total"),
        # slips of the pen are read as before
        ("od_return", "流动人口散", "flow_total"),
    ],
)
def test_a_note_that_says_people_changes_nothing(form_id: str, heading: str, item: str) -> None:
    (column,) = match_columns(((heading,),), form_id)
    assert column.field == item


def _land(folder: Path, *above: list[Cell]) -> dict[str, object]:
    rows: list[list[Cell]] = [
        ["庐江县庐城镇流动人口流向统计表"],
        ["填报单位：庐城镇", "统计时间：2024年10月31日"],
        *above,
        ["流入地", "人数", "男", "女"],
        ["浙江省杭州市", 3, 2, 1],
        ["浙江省宁波市", 5, 3, 2],
    ]
    land_batch([deliver_as(folder, "流向.xlsx", to_xlsx(rows))], folder / "landed", make_context(folder))
    (record,) = pq.read_table(folder / "landed" / "file.parquet").to_pylist()
    (finding,) = pq.read_table(folder / "landed" / "finding.parquet").to_pylist() or [{"rule_id": None}]
    return {"status": record["status"], "rule_id": finding["rule_id"]}


@pytest.mark.parametrize("said", ["单位：万人", "（单位：户）", "计量单位：人次", "单位: 千人", "单位：％"])
def test_a_table_in_anything_but_people_goes_back(tmp_path: Path, said: str) -> None:
    assert _land(tmp_path, ["", said]) == {"status": "returned", "rule_id": "count_unit"}


@pytest.mark.parametrize("said", ["单位：人", "（单位：人）", "单位：人、户", "计量单位：人"])
def test_a_table_in_people_is_taken(tmp_path: Path, said: str) -> None:
    assert _land(tmp_path, ["", said]) == {"status": "landed", "rule_id": None}
