"""Departments tell of the same stays in other words: their lists are read as meant, and nothing in them is invented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest
from invented import make_county
from stdnum.cn import uscc

from ingest.declaration import CountForm, PersonForm, load_forms, load_value_lists
from ingest.headings import match_columns
from ingest.reading.archive import read_container
from ingest.reading.delivery import Limits
from ingest.reading.document import read_document
from ingest.reading.sheet import Sheet
from ingest.tables import find_tables
from popflow.synthetic import department_lists
from popflow.synthetic.delivered import CONTAINER, Delivered, Delivery
from popflow.synthetic.department_lists import DEPARTMENTS, Department
from popflow.synthetic.population import Scale, make_population
from popflow.synthetic.truth import deliver_with_truth

SCALE = Scale(people=900, months=3, seed=3)
FORMS = (
    "police_registration", "health_roster", "labour_roster", "education_roster", "hukou_population", "od_return",
)  # fmt: skip
Made = tuple[Path, list[Delivered]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    county = make_county()
    delivery = Delivery(folder / "delivered", county, SCALE, fault_share=0.05)
    delivered = deliver_with_truth(folder / "truth", make_population(county, SCALE), delivery)
    return folder, [each for each in delivered if each.form_id in FORMS or each.status == CONTAINER]


def _read(folder: Path, each: Delivered) -> Sheet:
    path = folder / "delivered" / f"night{each.night}" / each.path
    if path.is_file():
        content = path.read_bytes()
    else:
        members = read_container(path.parent.read_bytes(), Limits())
        assert members is not None
        (content,) = (member.content for member in members)
    return read_document(content, Limits()).sheets[0]


def test_every_form_comes_in_a_format_of_its_own(made: Made) -> None:
    folder, delivered = made
    counted = Counter(each.form_id for each in delivered)
    assert counted == dict(zip((*FORMS, None), (3, 3, 2, 2, 1, 6, 3), strict=True))
    formats = set()
    for each in delivered:
        path = folder / "delivered" / f"night{each.night}" / each.path
        if each.form_id is None:
            assert path.is_file()
        elif path.is_file():
            formats.add((each.form_id, read_document(path.read_bytes(), Limits()).format))
    assert formats == {
        ("health_roster", "html"), ("labour_roster", "csv"), ("education_roster", "spreadsheetml"),
        ("hukou_population", "xls"), ("od_return", "xlsx"),
    }  # fmt: skip


def test_one_list_comes_a_night_late(made: Made) -> None:
    _, delivered = made
    late = [each for each in delivered if each.fault == "late"]
    assert [(each.form_id, each.night) for each in late] == [("health_roster", 2)]
    assert late[0].reported_on == SCALE.month_ends[0]


def test_every_column_is_read_as_what_it_was_written_for(made: Made) -> None:
    folder, delivered = made
    declared: Mapping[str | None, Department] = {each.form_id: each for each in DEPARTMENTS}
    read = 0
    for each in delivered:
        if each.form_id is None or each.form_id not in declared:
            continue
        (table,) = find_tables(_read(folder, each))
        columns = match_columns(table.paths, each.form_id)
        assert {column.kind for column in columns} == {"exact", "dropped"}
        assert [column.heading for column in columns if column.kind == "dropped"] == ["序号"]
        ends = {"origin": "hukou_address", "dest": "residence_address"}
        pieces = {f"{end}_{depth}": (field, depth) for end, field in ends.items() for depth in range(5)}
        expected = [pieces.get(name, (name, None)) for name in declared[each.form_id].columns]
        assert [(column.field, column.part) for column in columns if column.kind == "exact"] == expected
        read += 1
    assert read == 10


def test_every_word_means_the_true_code() -> None:
    forms, lists = load_forms(), load_value_lists()
    tables: dict[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
        ("police_registration", "reason"): department_lists.POLICE_REASONS,
        ("police_registration", "dwelling"): department_lists.POLICE_DWELLINGS,
        ("health_roster", "reason"): department_lists.HEALTH_REASONS,
        ("health_roster", "hukou_nature"): department_lists.HEALTH_NATURES,
        ("labour_roster", "education"): department_lists.EDUCATION,
    }
    for (form_id, name), words in tables.items():
        form = forms[form_id]
        assert isinstance(form, PersonForm)
        field = form.fields[name]
        assert field.values is not None
        values = lists[field.values]
        systems = {text: code for system in field.systems for text, code in values.system(system).items()}
        for code, spellings in words.items():
            assert [values.code_of(text, systems) for text in spellings] == [code] * len(spellings), (form_id, name)


def test_every_row_stands_at_its_number(made: Made) -> None:
    folder, delivered = made
    rows: Counter[str | None] = Counter()
    for each in delivered:
        sheet = _read(folder, each) if each.rows else None
        for row_number, row in each.rows:
            name = row.cells["person_name"]
            if sheet is not None and name is not None:
                assert name in sheet.row(row_number - 1), (each.path, row_number)
                rows[each.form_id] += 1
    assert rows.keys() == {each.form_id for each in DEPARTMENTS}
    assert min(rows.values()) > 10


def test_what_a_department_says_is_a_true_stay(made: Made) -> None:
    folder, delivered = made
    with duckdb.connect() as connection:
        said, true = connection.execute(f"""
            SELECT count(*), count(stay.person_id)
            FROM '{folder}/truth/row.parquet' AS said
            JOIN '{folder}/truth/file.parquet' AS file USING (file_number)
            LEFT JOIN (
                SELECT stay.*, origins, dests FROM '{folder}/truth/stay.parquet' AS stay
                JOIN (SELECT place_id, [*COLUMNS('.*_code')] AS origins FROM '{folder}/truth/place.parquet') AS origin
                    ON origin.place_id = stay.origin_place
                JOIN (SELECT place_id, [*COLUMNS('.*_code')] AS dests FROM '{folder}/truth/place.parquet') AS dest
                    ON dest.place_id = stay.dest_place
            ) AS stay ON stay.person_id = said.person_id
                AND coalesce(said.left_hukou_date = stay.left_hukou_date, TRUE)
                AND coalesce(said.arrived_date = stay.arrived_date, TRUE)
                AND coalesce(said.ended_date = stay.ended_date, stay.ended_date > file.reported_on)
                AND coalesce(said.reason_code = stay.reason_code, TRUE)
                AND stay.arrived_date <= file.reported_on
                AND list_contains(origins, said.origin_code) AND list_contains(dests, said.dest_code)
            WHERE file.form_id IN {tuple(each.form_id for each in DEPARTMENTS)}
        """).fetchall()[0]
    assert said == sum(len(each.rows) for each in delivered)
    assert (said, true) == (said, said)


def test_tables_of_counts_are_read_and_add_up(made: Made) -> None:
    folder, delivered = made
    tables = [each for each in delivered if each.counts]
    assert len(tables) == 7
    for each in tables:
        assert each.form_id is not None
        form = load_forms()[each.form_id]
        assert isinstance(form, CountForm)
        (table,) = find_tables(_read(folder, each))
        columns = match_columns(table.paths, each.form_id)
        items = [column.field for column in columns if column.field in form.items]
        assert items == list(dict.fromkeys(count.item for count in each.counts))
        sums: Counter[str] = Counter()
        for count in each.counts:
            sums[count.item] += count.value
        kind = items[0].removesuffix("_total")
        assert 0 < sums[f"{kind}_total"] == sums[f"{kind}_male"] + sums[f"{kind}_female"]


def test_invented_firms_have_valid_codes() -> None:
    firms = [code for code in department_lists.FIRMS if code]
    assert len(set(firms)) == 4
    assert all(uscc.is_valid(code) for code in firms)
