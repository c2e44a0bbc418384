"""The typed relations keep every landed row, read intervals, documents and several codes, and suggest what is sure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from gated_night import Judge, judge_in
from gated_once import gated_once
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landed_factory import Night, number
from rule_cases import BORN, MAN, ROWS

from ingest.declaration import PersonForm, load_forms

FORMS = [form.form_id for form in load_forms().values() if isinstance(form, PersonForm)]
CELLS = st.sampled_from([cells for _, _, cells, _ in ROWS])
TEXT = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["不详", "外省", "2019年3月", "1", "\u3000", "'", "1e17"])
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with gated_once():
        yield tmp_path_factory.mktemp("kept")


@given(
    st.lists(
        st.tuples(st.sampled_from(FORMS), st.lists(st.tuples(CELLS, TEXT, TEXT), min_size=1, max_size=9)), max_size=6
    )
)
@settings(deadline=None, max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_landed_row_has_one_fate(
    folder: Path, lists: list[tuple[str, list[tuple[dict[str, Any], Any, Any]]]]
) -> None:
    night = Night()
    for place, (form_id, rows) in enumerate(lists):
        form = load_forms()[form_id]
        assert isinstance(form, PersonForm)
        names = list(form.fields)
        cells = [
            {**{k: v for k, v in row.items() if k in names or k == "id_number_numeric"}, names[at % len(names)]: one,
             names[(at * 7 + 3) % len(names)]: two}
            for at, (row, one, two) in enumerate(rows)
        ]  # fmt: skip
        night.add_list(cells, form_id=form_id, period=f"p{place}")
    gated = judge_in(folder / str(len(list(folder.iterdir()))), night)
    files = {row["file_id"]: row for row in gated.rows("file")}
    assert len(files) == len(lists)
    for file_id, file in files.items():
        fates = [
            row for table in ("person_row", "returned_row") for row in gated.rows(table) if row["file_id"] == file_id
        ]
        assert len({row["row_number"] for row in fates}) == len(fates) == file["rows_in"] - file["rows_duplicate"]
        assert file["rows_in"] == file["rows_accepted"] + file["rows_returned"] + file["rows_duplicate"]


def test_partial_dates_are_intervals(judge: Judge) -> None:
    night = Night()
    night.add_list([{"left_hukou_date": "2019年", "arrived_date": "2019年3月", "ended_date": "2020-01-05"}])
    row = judge(night).rows("person_row")[0]
    assert [row[f"left_hukou_{part}"] for part in ("date", "from", "to")] == [
        None,
        date(2019, 1, 1),
        date(2019, 12, 31),
    ]
    assert [row[f"arrived_{part}"] for part in ("date", "from", "to")] == [None, date(2019, 3, 1), date(2019, 3, 31)]
    assert [row[f"ended_{part}"] for part in ("date", "from", "to")] == [date(2020, 1, 5)] * 3


def test_another_document_says_nothing_of_sex_and_birth(judge: Judge) -> None:
    night = Night()
    night.add_list(
        [{"id_kind": "护照", "id_number": "AB1234567", "sex": "女", "birth_date": "1980-05-06"}],
        form_id="police_registration",
    )
    row = judge(night).rows("person_row")[0]
    assert (row["id_kind"], row["id_number"]) == ("PASSPORT", "PASSPORT:AB1234567")
    assert (row["sex"], row["birth_date"]) == ("2", date(1980, 5, 6))


def test_several_codes_and_further_dates_are_handed_on(judge: Judge) -> None:
    night = Night()
    night.add_list([{"insurance": "养老、医疗", "work_months": "7"}], form_id="labour_roster")
    night.add_list([{"permit_until": "2025年6月"}], form_id="police_registration")
    values = judge(night).rows("person_value")
    assert len(values) == 4
    assert sorted(row["code"] for row in values if row["field"] == "insurance") == ["MEDICAL", "PENSION"]
    assert [row["number"] for row in values if row["field"] == "work_months"] == [7]
    (until,) = (row for row in values if row["field"] == "permit_until")
    assert (until["day_from"], until["day_to"]) == (date(2025, 6, 1), date(2025, 6, 30))


def test_a_row_says_on_which_side_it_was_reported(judge: Judge) -> None:
    night = Night()
    away = {"hukou_address": None, "residence_address": "浙江省杭州市"}
    night.add_list([{"flow_direction": "流出", **away}, {"flow_direction": None}], form_id="health_roster")
    out, into = judge(night).rows("person_row")
    assert (out["side"], into["side"]) == ("origin", "destination")
    assert (out["origin_level"], out["dest_code"]) == ("village", "330100000000")


def test_a_place_known_only_as_not_here_keeps_saying_so(judge: Judge) -> None:
    night = Night()
    night.add_list([{"hukou_address": "外省"}, {"hukou_address": "不详"}, {"hukou_address": "美国"}])
    rows = judge(night).rows("person_row")
    assert [(row["origin_code"], row["origin_match"]) for row in rows] == [
        (None, "elsewhere"), (None, "unknown"), (None, "abroad")
    ]  # fmt: skip


def test_what_the_number_proves_is_suggested(judge: Judge) -> None:
    night = Night()
    night.add_list(
        [{**MAN, "sex": "女"}, {**MAN, "birth_date": "1991-01-01", "id_number": number(6, born=BORN)}, {"reason": "?"}]
    )
    suggested = {row["rule_id"]: row["suggestion"] for row in judge(night).rows("finding")}
    assert suggested == {
        "sex_agrees:sex": "男", "birth_agrees:birth_date": "1990-01-01", "known_code:reason": None
    }  # fmt: skip


def test_a_count_without_its_own_place_is_the_senders(judge: Judge) -> None:
    night = Night()
    night.add_counts([({"destination": "浙江省杭州市"}, {"flow_total": "5"})], form_id="od_return")
    (cell,) = judge(night).rows("report_cell")
    assert (cell["origin_code"], cell["origin_level"]) == ("340124103000", "township")
    assert (cell["dest_code"], cell["dest_level"], cell["persons"]) == ("330100000000", "city", 5)
