"""A province's own definition: one row in a file of the site, and every table counts by it from the next night on."""

from __future__ import annotations

from pathlib import Path

import pytest
from messy_files import sheet_bytes
from office_nights import Office, Values, run, village_list

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = "2024-12-06", "2024-12-07", "2024-12-08"
HEADINGS = (
    "definition_id,agency,name_zh,name_en,direction,stock_or_flow,boundary_level,excludes_intra_city,min_duration,clock,"
    "age_min,unit,own_form,source"
)
# Guangdong counts whoever comes from another prefecture, as a shipped row says too; the second row nobody else has.
OURS = (
    "GD_LDRK,Guangdong,广东省流动人口（跨市）,floating population across prefectures,in,stock,city,true,P0D,arrived,,"
    "registration,police_registration,invented for a test"
)
YOUNG = "GD_YOUNG,Guangdong,跨市青年,the young across prefectures,in,stock,city,true,P0D,arrived,200,person,,invented"
COUNTED = ("stats.stock", "stats.od", "stats.change", "stats.unknown")


def _columns(office: Office) -> list[Values]:
    return office.ask(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns "
        "WHERE table_schema IN ('ref', 'core', 'stats', 'intermediate', 'staging') ORDER BY ALL"
    )


def _counts(office: Office, table: str, definition_id: str) -> list[Values]:
    query = f"SELECT * EXCLUDE (definition_id) FROM {table} WHERE definition_id = $name ORDER BY ALL"
    return office.ask(query, name=definition_id)


def _define(office: Office, *rows: str) -> None:
    folder = office.site.root / "definitions"
    folder.mkdir(exist_ok=True)
    (folder / "guangdong.csv").write_text("\n".join((HEADINGS, *rows)) + "\n", encoding="utf-8-sig")


def test_one_row_is_all_there_is_to_add(tmp_path: Path) -> None:
    office = Office.new(tmp_path / "site")
    rows = office.crowd.rows(4)
    office.send("新桥/十月.xlsx", sheet_bytes(village_list(rows, "新桥村", "2024-10-31")))
    office.send("新桥/十二月.xlsx", sheet_bytes(village_list(rows[:3], "新桥村", "2024-12-05")))
    assert office.night(FIRST).code == 0
    before = _columns(office)
    assert _counts(office, "stats.stock", "GD_LDRK") == []

    _define(office, OURS)
    assert office.night(SECOND).code == 0
    assert _columns(office) == before, "no table, no column"
    ((persons,),) = office.ask("SELECT sum(persons)::INTEGER FROM stats.stock WHERE definition_id = 'GD_LDRK'")
    assert persons
    for table in COUNTED:
        ours = _counts(office, table, "GD_LDRK")
        assert ours == _counts(office, table, "MPS_GD"), table
        assert ours, table

    said = run("--site", office.site.root, "definitions", "gd_ldrk")
    assert said.code == 0
    assert "居住地与户口登记地不在同一地级市（地区、州、盟），在居住地居住时间不限；不含市辖区内人户分离。" in said.out
    assert "row: this site's own" in said.out
    listed = run("--site", office.site.root, "definitions").out.splitlines()
    assert len(listed) == 2 + 37
    assert listed[-1].startswith("GD_LDRK")

    _define(office, OURS, YOUNG)
    refused = office.night(THIRD)
    assert refused.code == 2
    assert refused.error.endswith(
        "guangdong.csv, line 3, column age_min: 200 is no age; write completed years from 0 to 120, or nothing for no "
        "limit"
    )
    _define(office, OURS, YOUNG.replace(",200,", ",16,"))
    assert office.night(THIRD).code == 0
    assert _counts(office, "stats.stock", "GD_YOUNG")

    (office.site.root / "definitions" / "guangdong.csv").unlink()
    assert office.night("2024-12-09").code == 0
    assert _counts(office, "stats.stock", "GD_LDRK") == []
    assert _columns(office) == before
