"""Tests of evidence for a place that was and is no more: as of the day of the list, then as what it became."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from gated_night import PADS, Gated
from landed_factory import HOME, RUN_DATE, TOWN, VILLAGE, Night, number, register

from ingest.places import PlaceResolver
from quality import gate_in

ENDED_ON = date(2024, 10, 15)
GONE_VILLAGE, GONE_TOWN, VILLAGE_IN_IT = "340124103250", "340124150000", "340124150201"
OLD_NAME, OF_GONE_TOWN = "安徽省合肥市庐江县汤池镇旧巷村", "安徽省合肥市庐江县旧桥镇"
NEIGHBOUR = "340124103202"
# What is written, what it is taken for in a list from before and from after the end, and what is asked then.
ROWS: tuple[tuple[str, str, str, str | None], ...] = (
    (f"{OLD_NAME}5组", GONE_VILLAGE, TOWN, "place_ended"),
    ("旧巷村", GONE_VILLAGE, TOWN, "place_ended"),  # of which today's register knows nothing
    (GONE_VILLAGE, GONE_VILLAGE, TOWN, "place_ended"),
    (OF_GONE_TOWN, GONE_TOWN, HOME, "place_ended"),
    (f"{OF_GONE_TOWN}河东村", VILLAGE_IN_IT, HOME, "place_ended"),
    ("安徽省合肥市庐江县汤池镇双墩村", NEIGHBOUR, NEIGHBOUR, None),
    ("安徽省合肥市庐江县汤池镇", TOWN, TOWN, None),
    ("浙江省杭州市", "330100000000", "330100000000", None),
)
# A place of today is asked about; a hukou place only noted, because papers keep the name they were made out with.
FORMS = {
    "village_inflow": ("hukou_address", "origin_code", "note"),
    "village_outflow": ("dest_address", "dest_code", "query"),
}


def _columns(facts: dict[str, str]) -> str:
    return ", ".join(f"'{value}' AS {name}" for name, value in facts.items())


@pytest.fixture
def dated_register(tmp_path: Path) -> str:
    """Return the little register with a village, and a town with its village, that ended on a day."""
    path = register(tmp_path / "register.parquet")
    today = f"SELECT * FROM read_parquet('{path}')"
    gone = (
        (VILLAGE, {"code": GONE_VILLAGE, "village_code": GONE_VILLAGE, "name": "旧巷村"}),
        (TOWN, {"code": GONE_TOWN, "township_code": GONE_TOWN, "name": "旧桥镇"}),
        (
            VILLAGE,
            {"code": VILLAGE_IN_IT, "village_code": VILLAGE_IN_IT, "name": "河东村", "parent_code": GONE_TOWN,
             "township_code": GONE_TOWN},
        ),
    )  # fmt: skip
    ended = [
        f"SELECT * REPLACE ({_columns(facts)}, DATE '{ENDED_ON}' AS valid_to) FROM ({today}) WHERE code = '{like}'"
        for like, facts in gone
    ]
    return " UNION ALL ".join((today, *ended))


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dated_register: str) -> Any:
    monkeypatch.setattr(gate_in, "run_expectations", lambda *_: ())
    monkeypatch.setattr(gate_in, "load_in_background", lambda: None)

    def run(form_id: str, reported_on: date) -> Gated:
        night = Night()
        for place, (text, *_) in enumerate(ROWS):
            row = {"id_number": number(place + 1), "birth_date": None, FORMS[form_id][0]: text}
            day = {"period": f"list {place}", "reported_on": reported_on}
            night.add_list([row], form_id=form_id, path=f"{place}.xlsx", unit_code=VILLAGE, **day)
        work = night.write(tmp_path)
        summary = gate_in.run_gate_in(work, home_code=HOME, run_date=RUN_DATE, register=dated_register, pads=PADS)
        return Gated(work, summary)

    return run


def told(gated: Gated, form_id: str) -> list[tuple[str, str | None]]:
    """Return of each row the code of its place and the rule that speaks of it."""
    rules = {row["file_id"]: row["rule_id"].partition(":")[0] for row in gated.rows("finding")}
    paths = {row["file_id"]: row["path"] for row in gated.rows("file")}
    rows = sorted(gated.rows("person_row"), key=lambda row: str(paths[row["file_id"]]))
    return [(row[FORMS[form_id][1]], rules.get(row["file_id"])) for row in rows]


@pytest.mark.parametrize("form_id", FORMS)
def test_a_place_that_ended_is_taken_as_far_as_it_goes_on(judged: Any, form_id: str) -> None:
    gated = judged(form_id, date(2024, 10, 31))
    assert told(gated, form_id) == [(code, rule) for _, _, code, rule in ROWS]
    assert {row["severity"] for row in gated.rows("finding")} == {FORMS[form_id][2]}


@pytest.mark.parametrize("form_id", FORMS)
def test_a_place_that_ended_later_is_taken_as_it_was(judged: Any, form_id: str) -> None:
    assert told(judged(form_id, date(2024, 9, 30)), form_id) == [(code, None) for _, code, _, _ in ROWS]


# A code that was one village's until 2021 and is another's since 2022, and a village that became two.
REUSED, DIVIDED, PART = "340124103260", "340124103261", "340124103203"
# The county under the code that it had in another city, as if it had moved in 2021.
FORMER_COUNTY, OF_FORMER_COUNTY = "341421000000", "安徽省巢湖市庐江县汤池镇双墩村"
BECAME = (
    (FORMER_COUNTY, HOME, date(2021, 1, 1)),
    (REUSED, NEIGHBOUR, date(2021, 1, 1)),
    (DIVIDED, NEIGHBOUR, date(2023, 1, 1)),
    (DIVIDED, PART, date(2023, 1, 1)),
    (GONE_VILLAGE, NEIGHBOUR, ENDED_ON),
)


@pytest.fixture
def changed_register(tmp_path: Path, dated_register: str) -> Path:
    """Return a warehouse that also knows what became of the villages."""
    path = tmp_path / "base.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.division AS {dated_register}")
        for code, name, begun, ended in (
            (REUSED, "老石村", date(2020, 1, 1), date(2021, 1, 1)),
            (REUSED, "新石村", date(2022, 1, 1), None),
            (DIVIDED, "大圩村", date(2020, 1, 1), date(2023, 1, 1)),
            (PART, "小圩村", date(2023, 1, 1), None),
        ):
            connection.execute(
                f"INSERT INTO raw.division SELECT * REPLACE ($code AS code, $code AS village_code, $name AS name, "
                f"$begun AS valid_from, $ended AS valid_to) FROM raw.division WHERE code = '{NEIGHBOUR}'",
                {"code": code, "name": name, "begun": begun, "ended": ended},
            )
        connection.execute(
            f"INSERT INTO raw.division SELECT * REPLACE ('{FORMER_COUNTY}' AS code, '{FORMER_COUNTY}' AS county_code, "
            f"DATE '2021-01-01' AS valid_to) FROM raw.division WHERE code = '{HOME}'"
        )
        connection.execute(
            "CREATE TABLE raw.division_change (from_code VARCHAR, to_code VARCHAR, change_date DATE, kind VARCHAR)"
        )
        connection.executemany("INSERT INTO raw.division_change VALUES ($1, $2, $3, 'merge')", list(BECAME))
    return path


TAKEN: tuple[tuple[str, date, str, str], ...] = (
    (REUSED, date(2020, 6, 30), REUSED, "exact"),
    (REUSED, date(2021, 6, 30), NEIGHBOUR, "former_name"),
    (REUSED, date(2024, 6, 30), REUSED, "exact"),
    (DIVIDED, date(2022, 12, 31), DIVIDED, "exact"),
    (DIVIDED, date(2023, 1, 1), TOWN, "partial"),
    (OF_FORMER_COUNTY, date(2020, 12, 31), NEIGHBOUR, "exact"),
    (OF_FORMER_COUNTY, date(2021, 1, 31), NEIGHBOUR, "former_name"),
    (OLD_NAME, date(2024, 9, 30), GONE_VILLAGE, "exact"),
    (OLD_NAME, date(2024, 10, 31), NEIGHBOUR, "former_name"),
)


def test_a_place_is_what_it_was_on_the_day_of_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed_register: Path
) -> None:
    monkeypatch.setattr(gate_in, "run_expectations", lambda *_: ())
    monkeypatch.setattr(gate_in, "load_in_background", lambda: None)
    night = Night()
    for number_of_list, (text, reported_on, _, _) in enumerate(TAKEN):
        row = {"hukou_address": text, "left_hukou_date": None, "arrived_date": "2019-03-05", "registered_date": None}
        facts = {"path": f"{number_of_list}.xlsx", "period": f"list {number_of_list}", "reported_on": reported_on}
        night.add_list([row], unit_code=VILLAGE, first=number_of_list + 1, **facts)
    work = night.write(tmp_path)
    summary = gate_in.run_gate_in(work, home_code=HOME, run_date=RUN_DATE, register=changed_register, pads=PADS)
    gated = Gated(work, summary)
    path = {row["file_id"]: str(row["path"]) for row in gated.rows("file")}
    rows = sorted(gated.rows("person_row"), key=lambda row: path[row["file_id"]])
    assert [(row["origin_code"], row["origin_match"]) for row in rows] == [(code, match) for *_, code, match in TAKEN]
    asked = sorted(path[row["file_id"]] for row in gated.rows("finding") if row["rule_id"].startswith("place_ended"))
    assert asked == [f"{place}.xlsx" for place, (*_, match) in enumerate(TAKEN) if match != "exact"]


def test_without_ended_divisions_nothing_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(PlaceResolver):
        def __init__(self, connection: duckdb.DuckDBPyConnection, relation: str) -> None:
            made.append(relation)
            super().__init__(connection, relation)

    monkeypatch.setattr(gate_in, "run_expectations", lambda *_: ())
    monkeypatch.setattr(gate_in, "load_in_background", lambda: None)
    night = Night()
    night.add_list([{"hukou_address": "不知哪里"}])
    gate_in.run_gate_in(
        night.write(tmp_path), home_code=HOME, run_date=RUN_DATE, register=register(tmp_path / "register.parquet"),
        pads=PADS, make_resolver=Counted,
    )  # fmt: skip
    assert len(made) == 1
