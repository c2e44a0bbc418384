"""Who outside the home a text names, and that only a form that may come from anywhere is taken from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sheet_maker import Cell, make_context, make_list, to_xlsx, write_units

from ingest.landing import InboxFile, LandingContext, land_batch
from ingest.units import UnitBook, load_units
from ingest.units_elsewhere import sender_elsewhere

XIHU, OTHER_XIHU, HANGZHOU, HEFEI = "330106000000", "360103000000", "330100000000", "340100000000"
_ELSEWHERE = (
    ("330000000000", "province", "浙江省", "浙江省"),
    (HANGZHOU, "city", "杭州市", "浙江省杭州市"),
    (XIHU, "county", "西湖区", "浙江省杭州市西湖区"),
    (OTHER_XIHU, "county", "西湖区", "江西省南昌市西湖区"),
    ("330110000000", "county", "余杭区", "浙江省杭州市余杭区"),
    ("340000000000", "province", "安徽省", "安徽省"),
    (HEFEI, "city", "合肥市", "安徽省合肥市"),
    ("340711000000", "county", "郊区", "安徽省铜陵市郊区"),
    ("110112000000", "county", "城郊区", "北京市城郊区"),
)


def _write_elsewhere(path: Path) -> Path:
    names = ("code", "level", "name", "full_name")
    rows = [dict(zip(names, values, strict=True)) | {"township_code": None} for values in _ELSEWHERE]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> UnitBook:
    folder = tmp_path_factory.mktemp("units")
    return load_units(write_units(folder / "units.parquet"), _write_elsewhere(folder / "elsewhere.parquet"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("浙江省杭州市西湖区统计局", XIHU),
        ("杭州市西湖区", XIHU),
        ("西湖区统计局", None),
        ("余杭区卫健局", "330110000000"),
        ("杭州市统计局", HANGZHOU),
        ("浙江省统计局", "330000000000"),
        (XIHU, XIHU),
        ("340124100201", None),
        ("北京市城郊区", "110112000000"),
        # those around the home give way to it
        ("安徽省合肥市庐江县统计局", None),
        ("安徽省合肥市庐江县庐城镇", None),
        ("合肥市统计局", HEFEI),
        # the title names the place that the people come from, too
        ("杭州市余杭区流入人口来源地统计表（庐江县）", "330110000000"),
        ("某某公司", None),
    ],
)
def test_a_text_names_a_unit_elsewhere(book: UnitBook, text: str, code: str | None) -> None:
    found = sender_elsewhere(book, [("label", text)])
    assert (found.unit.code if found is not None else None) == code


@pytest.fixture
def context(tmp_path: Path) -> LandingContext:
    return replace(make_context(tmp_path), elsewhere_path=_write_elsewhere(tmp_path / "elsewhere.parquet"))


def _land(content: bytes, context: LandingContext, folder: Path) -> dict[str, object]:
    path = folder / "表.xlsx"
    path.write_bytes(content)
    land_batch([InboxFile(path, "各地/表.xlsx")], folder / "landed", context)
    (file,) = pq.read_table(folder / "landed" / "file.parquet").to_pylist()
    return dict(file)


def test_the_other_end_of_a_flow_may_send_its_counts(context: LandingContext, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["流入人口来源地统计表", None, None],
        ["填报单位：杭州市西湖区统计局", None, "填报日期：2024年10月31日"],
        ["来源地", "流入地", "合计"],
        ["安徽省合肥市庐江县", "杭州市西湖区", 35],
        ["安徽省合肥市巢湖市", "杭州市西湖区", 20],
    ]
    file = _land(to_xlsx(rows), context, tmp_path)
    assert (file["status"], file["form_id"], file["unit_code"]) == ("landed", "od_return", XIHU)


def test_lists_of_people_are_not_taken_from_elsewhere(context: LandingContext, tmp_path: Path) -> None:
    file = _land(to_xlsx(make_list(unit="杭州市西湖区")), context, tmp_path)
    assert (file["status"], file["form_id"], file["unit_code"]) == ("returned", "village_inflow", None)


def test_a_slip_of_both_ends_is_no_return(context: LandingContext, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["流动人口流向对账单", None, None],
        ["单位：杭州市西湖区", None, None],
        ["来源地", "流入地", "对方数"],
        ["安徽省合肥市庐江县", "杭州市西湖区", "35"],
    ]
    assert _land(to_xlsx(rows), context, tmp_path)["status"] == "returned"
