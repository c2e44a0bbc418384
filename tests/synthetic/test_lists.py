"""Lists carry the truth: every row stands where it is said to, says what it is said to say, and is made anew alike."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from invented import make_county
from python_calamine import CalamineWorkbook

from ingest.declaration import PersonForm, load_forms, load_value_lists
from popflow.synthetic.delivered import Delivered, Delivery
from popflow.synthetic.faults import ACCEPTED, FAULTS, RETURNED, Setting
from popflow.synthetic.habits import HEADINGS, INFLOW, WORDS, hire_clerk, write_date
from popflow.synthetic.population import Scale, make_population, month_end_after
from popflow.synthetic.truth import deliver_with_truth

SCALE = Scale(people=900, months=2, seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Delivered]]:
    folder = tmp_path_factory.mktemp("made")
    return folder, _deliver(folder)


def _deliver(folder: Path) -> list[Delivered]:
    county = make_county()
    delivery = Delivery(folder / "delivered", county, SCALE, fault_share=0.1, with_departments=False)
    return deliver_with_truth(folder / "truth", make_population(county, SCALE), delivery)


def _cells(path: Path, encoding: str) -> Sequence[Sequence[object]]:
    if path.suffix == ".csv":
        with path.open(encoding=encoding, newline="") as file:
            return list(csv.reader(file))
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)


def _open(path: Path) -> Sequence[Sequence[object]]:
    try:
        return _cells(path, "utf-8-sig")
    except UnicodeDecodeError:
        return _cells(path, "gb18030")


def test_every_row_stands_at_its_number(made: tuple[Path, list[Delivered]]) -> None:
    folder, delivered = made
    checked = 0
    for each in delivered:
        cells = _open(folder / "delivered" / f"night{each.night}" / each.path) if each.rows else []
        for row_number, row in each.rows:
            name = row.cells["person_name"]
            if name is not None:
                assert name in cells[row_number - 1], each.path
                checked += 1
    assert checked > SCALE.people


def test_all_formats_and_all_faults_occur(made: tuple[Path, list[Delivered]]) -> None:
    _, delivered = made
    assert {Path(each.path).suffix for each in delivered} == {".xlsx", ".xls", ".csv"}
    faults = {row.fault for each in delivered for _, row in each.rows}
    assert faults - {None} >= FAULTS.keys() - {"no_place", "twice"}
    for each in delivered:
        for _, row in each.rows:
            assert row.outcome != RETURNED or row.rules or each.fault == "all_numeric"


@pytest.mark.parametrize(
    ("kind", "with_birth", "without"),
    [
        ("wrong_check", ACCEPTED, ACCEPTED), ("no_number", ACCEPTED, RETURNED), ("placeholder", ACCEPTED, RETURNED),
        ("numeric_number", RETURNED, RETURNED), ("nobody", RETURNED, RETURNED),
    ],
)  # fmt: skip
def test_a_row_without_its_number_is_let_in_where_name_and_birth_date_say_who_it_is(
    made: tuple[Path, list[Delivered]], kind: str, with_birth: str, without: str
) -> None:
    row = next(row for each in made[1] for _, row in each.rows if row.fault is None)
    clerk = hire_clerk(np.random.default_rng(1), INFLOW)
    for columns, outcome in ((("person_name", "id_number", "birth_date"), with_birth), (("id_number",), without)):
        setting = Setting(replace(clerk, columns=columns), date(2024, 10, 31), "东村")
        (written,) = FAULTS[kind].make(np.random.default_rng(1), row, setting)
        assert written.outcome == outcome
        assert written.cells["id_number"] != row.known.id_number
        assert written.known == row.known


def test_the_same_seed_makes_the_same_bytes(made: tuple[Path, list[Delivered]], tmp_path: Path) -> None:
    folder, delivered = made
    again = _deliver(tmp_path)
    assert [each.path for each in again] == [each.path for each in delivered]
    for each in delivered:
        place = Path("delivered") / f"night{each.night}" / each.path
        digests = [hashlib.sha256((root / place).read_bytes()).hexdigest() for root in (folder, tmp_path)]
        assert digests[0] == digests[1], each.path


def test_headings_and_words_are_those_of_the_forms() -> None:
    forms, lists = load_forms(), load_value_lists()
    for form_id, fields in HEADINGS.items():
        form = forms[form_id]
        assert isinstance(form, PersonForm)
        assert fields.keys() <= form.fields.keys()
    for field, words in WORDS.items():
        for code, spellings in words.items():
            assert [lists[field].code_of(text) for text in spellings] == [code] * len(spellings)


def test_a_person_is_at_one_place_at_a_time(made: tuple[Path, list[Delivered]]) -> None:
    folder, _ = made
    with duckdb.connect() as connection:
        ((stays, overlaps),) = connection.execute(f"""
            SELECT count(*), count(*) FILTER (WHERE arrived_date < before OR left_hukou_date > arrived_date)
            FROM (
                SELECT *, lag(ended_date) OVER (PARTITION BY person_id ORDER BY stay_number) AS before
                FROM '{folder}/truth/stay.parquet'
            )
        """).fetchall()
    assert stays > SCALE.people
    assert overlaps == 0


def test_dates_are_written_in_all_styles() -> None:
    day = date(2023, 3, 5)
    styles = ("iso", "slash", "dot", "chinese", "compact", "serial", "with_time", "cell")
    assert [write_date(style, day) for style in styles] == [
        "2023-03-05", "2023/3/5", "2023.3.5", "2023年3月5日", "20230305", 44990, "2023-03-05 00:00:00", day,
    ]  # fmt: skip


def test_month_ends_follow_one_another() -> None:
    assert Scale(first_month_end=date(2024, 11, 30), months=4).month_ends == (
        date(2024, 11, 30), date(2024, 12, 31), date(2025, 1, 31), date(2025, 2, 28),
    )  # fmt: skip
    assert month_end_after(date(2024, 1, 31)) == date(2024, 2, 29)


def test_the_seed_decides_who_people_are() -> None:
    county = make_county()
    one, same, other = (make_population(county, Scale(people=50, seed=seed)) for seed in (1, 1, 2))
    assert one.person.equals(same.person)
    assert not one.person.equals(other.person)
    assert np.array_equal(one.stay["person_id"], same.stay["person_id"])
