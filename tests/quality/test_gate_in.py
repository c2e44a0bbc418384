"""What becomes of files and rows: accepted, returned or duplicate, and for every file it adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from gated_night import PADS, Gated, Judge, judge_in
from gated_once import gated_once
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landed_factory import HOME, OTHER_VILLAGE, RUN_DATE, TOWN, VILLAGE, ExactResolver, Night, number, register

from ingest.errors import UsageError
from quality.gate_in import run_gate_in

BAD = {"id_number": "000000000000000000", "birth_date": None}
RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"


def counts(row: dict[str, Any]) -> tuple[str, int, int, int, int]:
    return (row["status"], row["rows_in"], row["rows_accepted"], row["rows_returned"], row["rows_duplicate"])


def test_a_first_night_without_files(judge: Judge) -> None:
    gated = judge(Night())
    assert gated.summary.files == gated.summary.rows_in == gated.summary.findings == 0
    assert gated.rows("file") == gated.rows("person_row") == gated.rows("check_result") == []


def test_a_night_without_any_landed_folder(tmp_path: Path) -> None:
    summary = run_gate_in(
        tmp_path,
        home_code=HOME,
        run_date=RUN_DATE,
        register=register(tmp_path / "register.parquet"),
        make_resolver=ExactResolver,
        pads=PADS,
    )
    assert summary.files == 0
    assert (tmp_path / "gated" / "person_row.parquet").exists()


def test_rows_go_their_ways(judge: Judge) -> None:
    night = Night()
    inflow = night.add_list([{}, BAD, {"reason": "?"}, {}])
    report = night.add_report([("果树村", {"inflow_total": "3"}), ("月亮村", {"inflow_total": "1"})])
    gated = judge(night)
    assert counts(gated.file(inflow)) == ("partly_returned", 4, 3, 1, 0)
    assert counts(gated.file(report)) == ("partly_returned", 2, 1, 1, 0)
    assert [row["row_number"] for row in gated.rows("person_row")] == [4, 6, 7]
    assert {(row["file_id"], row["row_number"]) for row in gated.rows("returned_row")} == {(inflow, 5), (report, 6)}
    assert [(row["cell_unit_code"], row["persons"]) for row in gated.rows("report_cell")] == [(VILLAGE, 3)]
    assert [(row["field"], row["source_value"], row["row_count"]) for row in gated.rows("unmapped_value")] == [
        ("reason", "?", 1)
    ]
    assert gated.summary.accepted == 4
    assert gated.summary.returned == 2


def test_an_accepted_row_is_typed(judge: Judge) -> None:
    night = Night()
    person = {"id_number": number(7, born=date(1990, 1, 1), sex="2").lower(), "sex": None, "birth_date": "1990.1"}
    night.add_list([{**person, "person_name": "试　验", "phone": "138 0000 0000", "education": "初中"}])
    row = judge(night).rows("person_row")[0]
    assert {name: row[name] for name in ("id_number", "person_name", "phone", "sex", "birth_date")} == {
        "id_number": person["id_number"].upper(), "person_name": "试验", "phone": "13800000000", "sex": "2",
        "birth_date": date(1990, 1, 1),
    }  # fmt: skip
    assert (row["left_hukou_date"], row["arrived_date"]) == (date(2023, 3, 5), date(2023, 3, 6))
    assert (row["reason_code"], row["dwelling_code"], row["education_code"]) == ("WORK", "RENTED", "70")
    assert (row["origin_code"], row["origin_level"]) == ("330100000000", "city")
    assert (row["side"], row["list_kind"], row["unit_code"]) == ("destination", "full", VILLAGE)


@pytest.mark.parametrize(
    ("facts", "cells", "dest"),
    [
        ({}, {"residence_address": None}, (VILLAGE, "village", "exact")),
        ({}, {"residence_address": "安徽省合肥市"}, (VILLAGE, "village", "exact")),  # contains the unit, proves less
        ({}, {"residence_address": "双墩村"}, (VILLAGE, "village", "partial")),  # contradicts the unit
        ({}, {"residence_address": "月亮"}, (VILLAGE, "village", "partial")),
        (
            {"unit_code": TOWN, "unit_level": "township"},
            {"residence_address": "双墩村"},
            (OTHER_VILLAGE, "village", "exact"),
        ),
        ({"unit_code": TOWN, "unit_level": "township"}, {"residence_address": None}, (TOWN, "township", "exact")),
        (
            {"unit_code": TOWN, "unit_level": "township"},
            {"residence_address": None, "village": "双墩村"},
            (OTHER_VILLAGE, "village", "exact"),
        ),
        (
            {"unit_code": TOWN, "unit_level": "township"},
            {"residence_address": None, "village": "杭州市"},
            (TOWN, "township", "exact"),
        ),
    ],
)
def test_where_an_inflow_row_lives(
    judge: Judge, facts: dict[str, Any], cells: dict[str, Any], dest: tuple[str, str, str]
) -> None:
    night = Night()
    night.add_list([cells], **facts)
    row = judge(night).rows("person_row")[0]
    assert (row["dest_code"], row["dest_level"], row["dest_match"]) == dest


@pytest.mark.parametrize(
    ("cells", "dest", "origin"),
    [
        ({}, ("330100000000", "city", "exact"), (VILLAGE, "village", "exact")),
        ({"dest_address": None}, (None, None, None), (VILLAGE, "village", "exact")),
        ({"hukou_address": "双墩村"}, ("330100000000", "city", "exact"), (VILLAGE, "village", "partial")),
    ],
)
def test_where_an_outflow_row_comes_from_and_goes(
    judge: Judge, cells: dict[str, Any], dest: tuple[Any, ...], origin: tuple[Any, ...]
) -> None:
    night = Night()
    night.add_list([cells], form_id="village_outflow")
    row = judge(night).rows("person_row")[0]
    assert (row["dest_code"], row["dest_level"], row["dest_match"]) == dest
    assert (row["origin_code"], row["origin_level"], row["origin_match"]) == origin


@pytest.mark.parametrize(
    ("bad", "good", "status"),
    [(6, 4, "returned"), (5, 5, "partly_returned"), (6, 3, "partly_returned"), (3, 0, "returned"), (0, 3, "accepted")],
)
def test_more_than_half_of_at_least_ten_rows_return_the_file(judge: Judge, bad: int, good: int, status: str) -> None:
    night = Night()
    file_id = night.add_list([BAD] * bad + [{}] * good)
    gated = judge(night)
    row = gated.file(file_id)
    assert row["status"] == status
    assert ("file_mostly_wrong" in gated.rules(file_id)) == (status == "returned" and bad + good >= 10)
    accepted = good if status != "returned" else 0
    assert (len(gated.rows("person_row")), len(gated.rows("returned_row"))) == (accepted, bad + good - accepted)


def test_a_report_from_the_future_is_returned_whole(judge: Judge) -> None:
    night = Night()
    early = night.add_list([{}, {}], reported_on=RUN_DATE)
    late = night.add_list([{}, {}], reported_on=date(2024, 11, 6), period="2024-11")
    gated = judge(night)
    assert counts(gated.file(early)) == ("accepted", 2, 2, 0, 0)
    assert counts(gated.file(late)) == ("returned", 2, 0, 2, 0)
    assert gated.rules(late) == ["file_reported_in_future"]


def test_the_original_of_two_copies_is_one_that_can_be_taken(judge: Judge) -> None:
    night = Night()
    content = {"content_id": "c" * 64}
    late = night.add_list([{}], path="a.xlsx", reported_on=date(2024, 11, 6), **content)
    good = night.add_list([{}], path="b.xlsx", **content)
    gated = judge(night)
    assert [gated.file(file_id)["status"] for file_id in (late, good)] == ["returned", "accepted"]


def test_a_unit_outside_the_home_division_is_returned_whole(judge: Judge) -> None:
    night = Night()
    file_id = night.add_list([{}], unit_code="330106103201")
    gated = judge(night)
    assert gated.file(file_id)["status"] == "returned"
    assert gated.rules(file_id) == ["file_outside_home"]


def test_the_other_end_of_a_flow_is_taken_from_outside_the_home(judge: Judge) -> None:
    night = Night()
    file_id = night.add_counts(
        [({"origin": "安徽省合肥市庐江县"}, {"flow_total": "5"})], form_id="od_return", unit_code="330106000000"
    )
    gated = judge(night)
    assert gated.file(file_id)["status"] == "accepted"
    (cell,) = gated.rows("report_cell")
    assert (cell["origin_code"], cell["dest_code"]) == ("340124000000", "330106000000")


def test_a_file_returned_while_landing_stays_returned_and_one_left_is_not_taken(judge: Judge) -> None:
    night = Night()
    facts = {"form_id": None, "unit_code": None, "reported_on": None, "content_id": None, "rows_in": 0}
    file_id = night.add_list([], path="a.xlsx")
    night.files[-1].update(facts, status="returned")
    night.findings.append({
        "file_id": file_id, "rule_id": "form_unknown", "severity": "error", "advice_zh": "…", "advice_en": "…"
    })  # fmt: skip
    left = night.add_list([{}], path="b.xlsx", status="left")
    gated = judge(night)
    assert [row["file_id"] for row in gated.rows("file")] == [file_id] != [left]
    assert counts(gated.file(file_id)) == ("returned", 0, 0, 0, 0)
    assert gated.rules(file_id) == ["form_unknown"]
    assert gated.rows("person_row") == []


def test_the_same_content_under_two_names_is_taken_once(judge: Judge) -> None:
    night = Night()
    second = night.add_list([{}, BAD], path="b/list.csv", sha256="2" * 64)
    first = night.add_list([{}, BAD], path="a/list.xlsx", sha256="1" * 64)
    gated = judge(night)
    assert counts(gated.file(first)) == ("partly_returned", 2, 1, 1, 0)
    assert counts(gated.file(second)) == ("duplicate", 2, 0, 0, 2)
    assert gated.rules(second) == ["file_duplicate"]
    assert {row["file_id"] for row in gated.rows("person_row")} == {first}


@pytest.mark.parametrize(("same", "other"), [("content_id", "sha256"), ("sha256", "content_id")])
def test_what_an_earlier_night_took_is_a_duplicate(judge: Judge, same: str, other: str) -> None:
    night = Night()
    file_id = night.add_list([{}, {}])
    night.know(file_id)
    night.known[0][other] = "0" * 64
    gated = judge(night)
    assert counts(gated.file(file_id)) == ("duplicate", 2, 0, 0, 2)
    assert gated.rules(file_id) == ["file_duplicate"]
    assert gated.rows("person_row") == []


def test_the_same_bytes_said_to_be_of_another_month_are_another_list(judge: Judge) -> None:
    night = Night()
    known = night.add_list([{}], sha256="1" * 64, period="2024-09", reported_on=date(2024, 9, 30))
    night.know(known)
    night.files.clear()
    night.person_rows.clear()
    one = night.add_list([{}], sha256="1" * 64, content_id="one", path="2024-10/a.csv")
    two = night.add_list([{}], sha256="1" * 64, content_id="two", path="b/a.csv", unit_code=OTHER_VILLAGE)
    gated = judge(night)
    assert [gated.file(file_id)["status"] for file_id in (one, two)] == ["accepted"] * 2
    assert not {"file_duplicate", "file_lists_disagree"} & {*gated.rules(one), *gated.rules(two)}


def test_what_an_earlier_night_returned_is_judged_again(judge: Judge) -> None:
    night = Night()
    file_id = night.add_list([{}, {}])
    night.know(file_id, status="returned")
    assert judge(night).file(file_id)["status"] == "accepted"


def test_two_lists_of_one_unit_and_date_that_disagree_are_both_asked_about(judge: Judge) -> None:
    night = Night()
    one = night.add_list([{}, {}])
    two = night.add_list([{}, {}, {}])
    added = night.add_list([{}], list_kind="added")
    other = night.add_list([{"residence_address": None}], unit_code=OTHER_VILLAGE, first=50)
    gated = judge(night)
    assert [gated.file(file_id)["status"] for file_id in (one, two, added)] == ["accepted"] * 3
    assert gated.rules(one) == ["file_lists_disagree"]
    assert gated.rules(two) == ["file_lists_disagree", "file_new_version"]
    assert "file_lists_disagree" not in gated.rules(added) + gated.rules(other)


def test_a_list_that_disagrees_with_a_known_one_is_asked_about(judge: Judge) -> None:
    night = Night()
    known = night.add_list([{}])
    night.know(known)
    night.files.clear()
    night.person_rows.clear()
    new = night.add_list([{}, {}], path="new.xlsx")
    assert judge(night).rules(new) == ["file_lists_disagree"]


def test_returned_rows_say_whether_they_can_be_somebody(judge: Judge) -> None:
    night = Night()
    nobody = {"person_name": None, "id_number": None}
    night.add_list([
        nobody, {**nobody, "id_number": "0" * 18}, {**nobody, "id_number": "无"},
        {**nobody, "id_number": "3401241990"}, {**nobody, "person_name": "试"}, {},
    ])  # fmt: skip
    rows = judge(night).rows("returned_row")
    assert [row["has_identity"] for row in rows] == [False, False, False, True, True]


def test_the_senders_own_heading_is_named(judge: Judge) -> None:
    night = Night()
    file_id = night.add_list([BAD])
    night.columns.append({
        "file_id": file_id, "sheet": "名单", "heading": "公民身份号码", "field": "id_number", "match_kind": "exact"
    })  # fmt: skip
    night.columns.append({
        "file_id": file_id, "sheet": "名单", "heading": "民族", "match_kind": "dropped", "reason": "不应收集"
    })  # fmt: skip
    gated = judge(night)
    finding = gated.rows("finding")[0]
    assert finding["column_name"] == "公民身份号码"
    assert "公民身份号码" in finding["advice_zh"]
    assert [(row["heading"], row["kind"]) for row in gated.rows("dropped_column")] == [("民族", "dropped")]


def test_the_gated_tables_have_the_columns_of_raw(judge: Judge) -> None:
    night = Night()
    night.add_list([{}, BAD])
    gated = judge(night)
    extra = {
        "file": {"-night_id"}, "check_result": {"-night_id"}, "returned_row": {"person_name", "id_number"},
        "person_row": {"-person_key", "id_number", "number_written", "person_name", "phone"}, "finding": {"field"},
    }  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        for path in sorted((gated.work / "gated").glob("*.parquet")):
            # It is for those who ask before a night; the warehouse works it out from the marks of rows.
            if path.stem == "file_change":
                continue
            columns = {row[0] for row in connection.execute(f"DESCRIBE raw.{path.stem}").fetchall()}
            difference = extra.get(path.stem, set())
            columns -= {name[1:] for name in difference if name.startswith("-")}
            columns |= {name for name in difference if not name.startswith("-")}
            assert set(pq.read_schema(path).names) == columns, path.stem
    assert len(list((gated.work / "gated").glob("*.parquet"))) == 13


def test_the_gate_leaves_no_working_file_and_the_same_bytes_twice(judge: Judge) -> None:
    night = Night()
    night.add_list([{}, BAD, {"reason": "?"}])
    one, two = judge(night), judge(night)
    assert not list(one.work.glob("gate.duckdb*"))
    names = sorted(path.name for path in (one.work / "gated").iterdir())
    assert len(names) == 13
    for name in names:
        assert (one.work / "gated" / name).read_bytes() == (two.work / "gated" / name).read_bytes(), name


def test_a_register_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"neither a \.parquet nor a \.duckdb"):
        run_gate_in(tmp_path, home_code=HOME, run_date=RUN_DATE, register=tmp_path / "register.csv", pads=PADS)


def test_a_register_in_a_duckdb_file(tmp_path: Path) -> None:
    parquet = register(tmp_path / "register.parquet")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute(f"CREATE TABLE raw.division AS SELECT * FROM read_parquet('{parquet}')")
    night = Night()
    night.add_list([{}])
    night.write(tmp_path)
    summary = run_gate_in(
        tmp_path,
        home_code=HOME,
        run_date=RUN_DATE,
        register=tmp_path / "warehouse.duckdb",
        pads=PADS,
        make_resolver=ExactResolver,
    )
    assert summary.accepted == 1


def test_the_gate_with_the_resolver_that_ships(tmp_path: Path) -> None:
    night = Night()
    inflow = night.add_list([
        {"hukou_address": "杭州西湖区", "residence_address": "本村三组"}, {"hukou_address": "本镇双墩村"},
        {"hukou_address": "安徽省合肥市庐江县汤池镇果树村"},
    ])  # fmt: skip
    report = night.add_report([("双墩村", {"inflow_total": "1"}), ("本镇", {"inflow_total": "1"})])
    night.write(tmp_path)
    register_path = register(tmp_path / "register.parquet")
    gated = Gated(tmp_path, run_gate_in(tmp_path, home_code=HOME, run_date=RUN_DATE, register=register_path, pads=PADS))
    origins = [row["origin_code"] for row in gated.rows("person_row")]
    assert origins == ["330106000000", OTHER_VILLAGE]
    assert [row["dest_code"] for row in gated.rows("person_row")] == [VILLAGE, VILLAGE]
    assert gated.rules(inflow) == ["not_at_home:hukou_address"]
    assert [row["cell_unit_code"] for row in gated.rows("report_cell")] == [OTHER_VILLAGE, TOWN]
    assert gated.rules(report) == []


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "id_number": st.sampled_from([number(1), number(2), number(3).lower(), "000000000000000000", None, "x"]),
        "person_name": st.sampled_from(["试甲", "试乙", None]),
        "sex": st.sampled_from(["男", "女", "?", None]),
        "birth_date": st.sampled_from(["1990-01-01", "1990.1.1", "44990", None]),
        "arrived_date": st.sampled_from(["2024-01-01", "2030-01-01", "不详"]),
        "hukou_address": st.sampled_from(["浙江省", "果树村", "月亮", None]),
        "reason": st.sampled_from(["务工", "?", None]),
    },
)
LISTS = st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=14), st.booleans(), st.integers(0, 2)), max_size=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with gated_once():
        yield tmp_path_factory.mktemp("law")


@given(LISTS, st.lists(st.booleans(), max_size=3))
@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_are_accepted_returned_or_duplicate(
    folder: Path, lists: list[tuple[list[dict[str, Any]], bool, int]], known: list[bool]
) -> None:
    night = Night()
    for rows, is_inflow, month in lists:
        form = "village_inflow" if is_inflow else "village_outflow"
        night.add_list(rows, form_id=form, period=f"2024-{month + 8}", reported_on=date(2024, 9 + month, 15))
    for is_known, file in zip(known, list(night.files), strict=False):
        if is_known:
            night.know(file["file_id"])
    gated = judge_in(folder / str(len(list(folder.iterdir()))), night)
    files = gated.rows("file")
    assert len(files) == len(lists)
    accepted, returned = gated.rows("person_row"), gated.rows("returned_row")
    for row in files:
        assert row["rows_in"] == row["rows_accepted"] + row["rows_returned"] + row["rows_duplicate"]
        assert row["rows_accepted"] == sum(line["file_id"] == row["file_id"] for line in accepted)
        assert row["rows_returned"] == sum(line["file_id"] == row["file_id"] for line in returned)
    assert all(line["person_name"] and (line["id_number"] or line["birth_date"]) for line in accepted)
