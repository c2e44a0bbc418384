"""The headings of real forms: every path composes as it was, and nobody's place or number is taken for another's."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.declaration import load_forms
from ingest.heading_rows import compose_paths
from ingest.headings import Column, double_claims, match_columns, missing_fields
from ingest.reading.sheet import Merge, sheet_of
from ingest.tables import find_tables

REAL_FORMS = Path(__file__).parents[3] / "shared" / "reference" / "messy_headers" / "forms.jsonl"
pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not REAL_FORMS.is_file(), reason="the headings of real forms are not here"),
]
Path_ = tuple[str, ...]
RELATIVES = re.compile("配偶|丈夫|妻子|父亲|母亲|户主|房主|房东|监护人|联系人")


def _real_forms() -> list[tuple[str, list[Path_]]]:
    if not REAL_FORMS.is_file():
        return []
    found = []
    for line in REAL_FORMS.read_text(encoding="utf-8").splitlines():
        form: dict[str, Any] = json.loads(line)
        paths = form.get("header_paths") or form.get("headers") or [name for _, name in form.get("fields", [])]
        if paths:
            found.append((form["id"], [(path,) if isinstance(path, str) else tuple(path) for path in paths]))
    return found


FORMS = _real_forms()


def _as_sheet(paths: Sequence[Path_]) -> tuple[list[list[str | None]], list[Merge]]:
    """Write paths as rows of headings: a group in its first column only, and the merges that say how far it reaches."""
    depth = max(map(len, paths))
    rows: list[list[str | None]] = [[None] * len(paths) for _ in range(depth)]
    merges: list[Merge] = []
    for level in range(depth):
        for column, path in enumerate(paths):
            if level >= len(path):
                continue
            last = column
            while level < len(path) - 1 and last + 1 < len(paths) and paths[last + 1][: level + 1] == path[: level + 1]:
                last += 1
            follows = column > 0 and level < len(path) - 1 and paths[column - 1][: level + 1] == path[: level + 1]
            if not follows:
                rows[level][column] = path[level]
                bottom = depth - 1 if level == len(path) - 1 else level
                if (bottom, last) != (level, column):
                    merges.append(((level, column), (bottom, last)))
    return rows, merges


def _expected(paths: Sequence[Path_]) -> list[Path_]:
    return [tuple(" ".join(part.split()) for part in path) for path in paths]


def _without_place(path: Path_) -> Path_:
    """Return the path without the place that a bare 省, 市 or 县 was put behind."""
    return path[1:] if len(path) == 2 and re.fullmatch("省（区、市）|省|市|县", path[1]) else path


def _fields(paths: Sequence[Path_], form_id: str) -> list[Column]:
    return [column for column in match_columns(tuple(paths), form_id) if column.field is not None]


def test_there_are_real_forms() -> None:
    assert len(FORMS) == 19
    assert sum(len(paths) for _, paths in FORMS) == 446


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(("name", "paths"), FORMS)
def test_every_path_composes(name: str, paths: list[Path_], merged: bool) -> None:
    rows, merges = _as_sheet(paths)
    sheet = sheet_of("Sheet1", rows, merges=merges if merged else ())
    composed = compose_paths(sheet.merges, sheet.head(len(rows)), 0)
    if name == "census2020_export":
        behind = {path[0] for path in composed if len(path) == 2}
        assert behind == {"出生地", "五年前常住地"}
        composed = tuple(map(_without_place, composed))
    assert list(composed) == _expected(paths)


@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(("name", "paths"), FORMS)
def test_the_rows_of_headings_are_found(name: str, paths: list[Path_], merged: bool) -> None:
    rows, merges = _as_sheet(paths)
    body = [[f"第{row}行" if column else str(row) for column in range(len(paths))] for row in range(3)]
    tables = find_tables(sheet_of("Sheet1", [*rows, *body], merges=merges if merged else ()))
    if name == "return_home_stat":
        assert tables == []  # a form that popflow does not have
        return
    assert [(table.first_heading_row, table.last_heading_row) for table in tables] == [(0, len(rows) - 1)]
    assert tables[0].body_rows == 3


@pytest.mark.parametrize("form_id", list(load_forms()))
@pytest.mark.parametrize(("name", "paths"), FORMS)
def test_places_are_never_confused(name: str, paths: list[Path_], form_id: str) -> None:
    for column in _fields(paths, form_id):
        heading = column.heading
        if column.field == "hukou_address":
            assert not re.search("现居|居住地|现住|常住|务工|目的|去往|出生地|五年前", heading), heading
        if column.field in {"residence_address", "dest_address"}:
            assert not re.search("户籍|户口|来源|来自|原籍|出生地|五年前", heading), heading


@pytest.mark.parametrize("form_id", list(load_forms()))
@pytest.mark.parametrize(("name", "paths"), FORMS)
def test_nobody_else_is_taken_for_the_person(name: str, paths: list[Path_], form_id: str) -> None:
    for column in _fields(paths, form_id):
        if column.field in {"person_name", "id_number", "phone", "residence_address", "birth_date", "sex"}:
            assert not RELATIVES.search(column.heading), column.heading


@pytest.mark.parametrize("form_id", list(load_forms()))
@pytest.mark.parametrize(("name", "paths"), FORMS)
def test_no_real_heading_is_taken_for_a_misspelt_one_with_another_meaning(
    name: str, paths: list[Path_], form_id: str
) -> None:
    misspelt = {(column.heading, column.matched) for column in _fields(paths, form_id) if column.kind == "fuzzy"}
    assert misspelt <= {("参加过何种培训", "参加何种培训")}


@pytest.mark.parametrize(
    ("name", "form_id"),
    [
        ("temp_pop_stat_report", "township_report"),
        ("syrk_ldrkxxb", "police_registration"),
        ("police_bulk_collect", "police_registration"),
        ("qyk_person_import", "health_roster"),
        ("labour_out", "labour_roster"),
        ("census2020_export", "village_inflow"),
        ("return_home_5level", "village_outflow"),
    ],
)
def test_a_real_form_has_one_column_for_every_field(name: str, form_id: str) -> None:
    columns = match_columns(tuple(dict(FORMS)[name]), form_id)
    assert double_claims(columns) == []
    assert missing_fields(columns, load_forms()[form_id]) == []
