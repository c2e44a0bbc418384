"""Loading a night: what of the gated tables goes into schema raw, and what of a file that is judged again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.keys import SiteKey
from warehouse.folders import WorkFolder
from warehouse.load import NightFacts, load_night
from warehouse.working_copy import SCHEMA_FILE, make_working_copy

FORM, VILLAGE, DAY = "village_outflow", "340124100201", dt.date(2024, 10, 31)
NUMBER = "340124199001010011"
_GATED = (
    *("file", "person_row", "person_value", "returned_row", "report_cell", "row_mark", "correction", "explanation"),
    *("finding", "dropped_column", "unmapped_value", "check_result"),
)

Rows = Sequence[Mapping[str, object]]


def _write_gated(folder: Path, tables: Mapping[str, Rows]) -> None:
    """Write the gated tables of a night: those of schema raw, with identities and what only the slips read."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        connection.execute("ALTER TABLE raw.person_row DROP COLUMN person_key")
        for table, column in (
            *(("person_row", name) for name in ("id_number", "number_written", "person_name", "phone")),
            *(("returned_row", name) for name in ("id_number", "person_name")),
            ("finding", "field"),
        ):
            connection.execute(f"ALTER TABLE raw.{table} ADD COLUMN {column} VARCHAR")
        for table in ("file", "check_result"):
            connection.execute(f"ALTER TABLE raw.{table} DROP COLUMN night_id")
        for table in _GATED:
            for row in tables.get(table, ()):
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO raw.{table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
            connection.execute(f"COPY raw.{table} TO '{folder / table}.parquet' (FORMAT parquet)")


def _file(file_id: str, status: str = "accepted", **other: object) -> dict[str, object]:
    return {
        "file_id": file_id, "path": f"{file_id}.xlsx", "sha256": file_id, "form_id": FORM, "unit_code": VILLAGE,
        "period": "2024-10", "reported_on": DAY, "list_kind": "full", "received_at": dt.datetime(2024, 11, 1),  # noqa: DTZ001
        "status": status, "rows_in": 1, "rows_accepted": 1, "rows_returned": 0, "rows_duplicate": 0, **other,
    }  # fmt: skip


def _row(file_id: str, number: int = 2) -> dict[str, object]:
    return {"file_id": file_id, "sheet": "1", "row_number": number}


def _person(file_id: str) -> dict[str, object]:
    return {
        **_row(file_id), "form_id": FORM, "unit_code": VILLAGE, "period": "2024-10", "reported_on": DAY,
        "list_kind": "full", "side": "origin", "id_number": NUMBER, "person_name": "安娜", "id_kind": "RESIDENT",
        "is_numbered": True, "left_hukou_from": dt.date(2024, 3, 1), "left_hukou_to": dt.date(2024, 3, 31),
    }  # fmt: skip


def _finding(file_id: str, subject: str | None) -> dict[str, object]:
    return {
        **_row(file_id), "rule_id": "asked", "severity": "query", "advice_zh": "请核对。", "advice_en": "Check.",
        "status": "open", "subject": subject, "suggestion": "应为女", "field": "sex",
    }  # fmt: skip


class Site:
    """A warehouse that is loaded night after night."""

    def __init__(self, folder: Path, key: SiteKey) -> None:
        self.work = WorkFolder(folder / "work")
        self.work.path.mkdir(parents=True)
        self.key, self.segments, self.nights = key, [], 0
        make_working_copy(self.work.database, None)
        with duckdb.connect(str(self.work.database)) as connection:  # a register of one, to load no large one
            connection.execute(
                "INSERT INTO raw.division (code, level, name, full_name, is_virtual, valid_from) "
                "VALUES ('340124000000', 'county', '庐江县', '安徽省合肥市庐江县', false, DATE '2020-01-01')"
            )

    def night(self, **tables: Rows) -> None:
        self.nights += 1
        _write_gated(self.work.gated, tables)
        facts = NightFacts(f"20241101-{self.nights:02d}", DAY, dt.datetime(2024, 11, 1), "340124000000", 3, "1")  # noqa: DTZ001
        names = load_night(self.work, facts, self.key, self.segments)
        self.segments += [self.work.vault / name for name in names]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.work.database), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def site(tmp_path: Path, key: SiteKey) -> Site:
    return Site(tmp_path, key)


def test_a_month_and_the_values_without_a_column_are_loaded(site: Site) -> None:
    value = {**_row("list"), "field": "insurance", "code": "MEDICAL"}
    mark = {**_row("list"), "person_mark": "p", "content_mark": "c"}
    site.night(file=[_file("list", format="xlsx")], person_row=[_person("list")], person_value=[value], row_mark=[mark])

    assert site.rows("SELECT left_hukou_date, left_hukou_from, left_hukou_to, id_kind FROM raw.person_row") == [
        (None, dt.date(2024, 3, 1), dt.date(2024, 3, 31), "RESIDENT")
    ]
    assert site.rows("SELECT field, code FROM raw.person_value") == [("insurance", "MEDICAL")]
    assert site.rows("SELECT person_mark, content_mark FROM raw.row_mark") == [("p", "c")]
    assert site.rows("SELECT format, container_path FROM raw.file") == [("xlsx", None)]


def test_corrections_explanations_and_suggestions_of_a_slip_are_loaded_once(site: Site) -> None:
    site.night(file=[_file("list")], person_row=[_person("list")], finding=[_finding("list", "mark")])
    slip: dict[str, Rows] = {
        "file": [_file("slip", corrects_file_id="list")],
        "person_row": [_person("slip")],
        "correction": [{**_row("list"), "by_file_id": "slip"}],
        "explanation": [{"subject": "mark", "rule_id": "asked", "file_id": "slip"}],
    }
    site.night(**slip)
    site.night(**slip)

    assert site.rows("SELECT file_id, row_number, by_file_id FROM raw.correction") == [("list", 2, "slip")]
    assert site.rows("SELECT subject, rule_id, file_id FROM raw.explanation") == [("mark", "asked", "slip")]
    assert site.rows("SELECT suggestion, subject FROM raw.finding") == [("应为女", "mark")]
    assert site.rows("SELECT file_id FROM raw.person_row ORDER BY ALL") == [("list",), ("slip",)]


def test_an_archive_is_a_file_of_no_rows(site: Site) -> None:
    none = {"rows_in": 0, "rows_accepted": 0, "form_id": None, "unit_code": None}
    inside = _file("list", container_path="十月.zip")
    site.night(file=[_file("zip", "container", **none), inside], person_row=[_person("list")])

    assert site.rows("SELECT file_id, status, container_path FROM raw.file ORDER BY ALL") == [
        ("list", "accepted", "十月.zip"),
        ("zip", "container", None),
    ]


def test_what_a_returned_slip_said_goes_when_it_is_judged_again(site: Site) -> None:
    explained = {"subject": "mark", "rule_id": "asked", "file_id": "slip"}
    back = {"rows_accepted": 0, "rows_returned": 1}
    site.night(file=[_file("slip", "returned", **back)], explanation=[explained], finding=[_finding("slip", "mark")])
    assert site.rows("SELECT count(*) FROM raw.explanation") == [(1,)]
    site.night(file=[_file("slip")], person_row=[_person("slip")])

    assert site.rows("SELECT count(*) FROM raw.explanation") == [(0,)]
    assert site.rows("SELECT status FROM raw.file") == [("accepted",)]


def test_the_words_of_a_field_are_in_the_code_map(site: Site) -> None:
    site.night()
    ((words, forms),) = site.rows("SELECT count(*), count(DISTINCT form_id) FROM raw.code_map")
    assert words > 500
    assert forms > 5


def test_how_long_each_person_form_vouches_is_loaded_anew_every_night(site: Site) -> None:
    site.night()
    site.night()
    rows = site.rows("SELECT form_id, confirm_by, confirm_months, confirm_days FROM raw.form ORDER BY form_id")
    assert len(rows) == 6
    assert ("police_registration", "registered_date", 12, 0) in rows
    assert [by for _, by, *_ in rows].count("report") == 5
