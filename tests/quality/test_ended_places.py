"""Tests of evidence for a place that was and is no more: it is taken as far as it is certain, and asked about."""

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
ROWS: tuple[tuple[str, str, str | None], ...] = (
    (f"{OLD_NAME}5组", TOWN, "place_ended"),
    ("旧巷村", TOWN, "place_ended"),  # of which today's register knows nothing
    (OF_GONE_TOWN, HOME, "place_ended"),
    (f"{OF_GONE_TOWN}河东村", HOME, "place_ended"),
    ("安徽省合肥市庐江县汤池镇双墩村", "340124103202", None),
    ("安徽省合肥市庐江县汤池镇", TOWN, None),
    ("浙江省杭州市", "330100000000", None),
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
        for place, (text, _, _) in enumerate(ROWS):
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
    assert told(gated, form_id) == [(code, rule) for _, code, rule in ROWS]
    assert {row["severity"] for row in gated.rows("finding")} == {FORMS[form_id][2]}


@pytest.mark.parametrize("form_id", FORMS)
def test_a_place_that_ended_later_is_not_asked_about(judged: Any, form_id: str) -> None:
    assert told(judged(form_id, date(2024, 9, 30)), form_id) == [(code, None) for _, code, _ in ROWS]


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
