"""A site's own definitions: rows that count, and one clear sentence for every row that cannot."""

from __future__ import annotations

import csv
import io
import pickle
import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from ingest.declaration import PersonForm, load_declarations, load_forms, load_value_lists
from ingest.definition_checks import CHECKS, Known
from ingest.definitions import (
    COLUMNS,
    SHIPPED,
    DefinitionRow,
    known_codes,
    own_definitions,
    read_definitions,
    shipped_ids,
)
from ingest.errors import UsageError

# 广东: from another prefecture-level city or another province, whatever the time.
GUANGDONG = {
    "definition_id": "GD_LDRK",
    "agency": "Guangdong",
    "name_zh": "广东省流动人口（跨市）",
    "name_en": "floating population across prefectures",
    "direction": "in",
    "stock_or_flow": "stock",
    "boundary_level": "city",
    "excludes_intra_city": "true",
    "min_duration": "P0D",
    "clock": "arrived",
    "unit": "registration",
    "own_form": "police_registration",
    "source": "invented for a test",
}


@cache
def _known() -> Known:
    rosters = [form.form_id for form in load_forms().values() if isinstance(form, PersonForm)]
    return known_codes([code.code for code in load_value_lists()["reason"].codes], rosters)


def _written(path: Path, *rows: Mapping[str, str], encoding: str = "utf-8", end: str = "\n", sign: str = ",") -> Path:
    lines = io.StringIO(newline="")
    writer = csv.DictWriter(lines, COLUMNS, lineterminator=end, delimiter=sign)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(lines.getvalue().encode(encoding))
    return path


def _read(path: Path) -> list[DefinitionRow]:
    return read_definitions(path, _known(), dict.fromkeys(shipped_ids(), "ships with popflow"))


def _refusal(path: Path) -> str:
    with pytest.raises(UsageError) as refused:
        _read(path)
    text = str(refused.value)
    assert "\n" not in text
    return text.removeprefix(f"{path.parent}/")


def test_what_ships_passes_the_same_checks() -> None:
    rows = read_definitions(SHIPPED, _known(), {})
    assert len(rows) == 36
    assert tuple(row[0] for row in rows) == shipped_ids()
    assert SHIPPED.read_text(encoding="utf-8").splitlines()[0].split(",") == list(COLUMNS) == list(CHECKS)


def test_a_row_of_ones_own(tmp_path: Path) -> None:
    (row,) = _read(_written(tmp_path / "guangdong.csv", GUANGDONG))
    cells = dict(zip(COLUMNS, row, strict=True))
    assert {column: text for column, text in cells.items() if text is not None} == GUANGDONG
    assert cells["within_boundary"] is None


def test_a_file_as_excel_saves_it(tmp_path: Path) -> None:
    """With the mark before UTF-8, the line ends of Windows, truth values in capitals and rows left empty below."""
    saved = {**GUANGDONG, "excludes_intra_city": "TRUE", "definition_id": " GD_LDRK "}
    nothing: dict[str, str] = {}
    path = _written(tmp_path / "a.CSV", saved, nothing, nothing, encoding="utf-8-sig", end="\r\n")
    assert _read(path) == _read(_written(tmp_path / "b.csv", GUANGDONG))


def test_columns_with_nothing_to_say_may_be_left_out(tmp_path: Path) -> None:
    names = list(GUANGDONG)
    path = tmp_path / "short.csv"
    path.write_text(",".join(names) + "\n" + ",".join(GUANGDONG.values()) + "\n", encoding="utf-8")
    assert _read(path) == _read(_written(tmp_path / "whole.csv", GUANGDONG))


WRONG_CELLS: dict[str, tuple[dict[str, str], str]] = {
    "an id in small letters": ({"definition_id": "gd-1"}, "column definition_id: gd-1 is no id; write capital letters"),
    "an id that ships": ({"definition_id": "NBS_LDRK"}, "column definition_id: NBS_LDRK ships with popflow; give"),
    "no source": ({"source": ""}, "column source: it is empty; say where the definition stands"),
    "no id": ({"definition_id": ""}, "column definition_id: it is empty; give the definition an id of its own"),
    "an unknown direction": (
        {"direction": "流入"},
        "column direction: 流入 is not known; write in, out, both or resident",
    ),
    "an unknown level": (
        {"boundary_level": "prefecture"},
        "column boundary_level: prefecture is not known; write prov",
    ),
    "an unknown clock": ({"clock": "left"}, "column clock: left is not known; write left_hukou, arrived or registered"),
    "an unknown unit": ({"unit": "family"}, "column unit: family is not known; write person, registration, permit"),
    "an unknown form": (
        {"own_form": "township_report"},
        "column own_form: township_report is no form of persons; write",
    ),
    "an unknown reason": (
        {"excluded_reasons": "WORK;PLAY"},
        "column excluded_reasons: PLAY is no reason; write codes of",
    ),
    "an unknown reason is no reason": (
        {"excluded_reasons": "UNKNOWN"},
        "column excluded_reasons: UNKNOWN is no reason",
    ),
    "a reason twice": ({"excluded_reasons": "VISIT;VISIT"}, "column excluded_reasons: VISIT stands twice; name every"),
    "reasons with commas": ({"excluded_reasons": "VISIT,STUDY"}, "column excluded_reasons: VISIT,STUDY is no reason"),
    "what is no employment anyway": (
        {"purpose_required": "employment", "excluded_reasons": "VISIT"},
        "column excluded_reasons: VISIT is no employment, which purpose_required asks for already; leave it out",
    ),
    "an unknown purpose": (
        {"purpose_required": "work"},
        "column purpose_required: work is not known; write employment",
    ),
    "an unknown service": (
        {"required_service": "PERMIT"},
        "column required_service: PERMIT is no service; write CHILD_H",
    ),
    "an unknown detail": (
        {"required_service": "RESIDENCE_PERMIT/GREEN"},
        "column required_service: RESIDENCE_PERMIT/GREEN is no service; write RESIDENCE_PERMIT/ISSUED, ",
    ),
    "the detail of a no": ({"required_service": "RESIDENCE_PERMIT/NONE"}, "RESIDENCE_PERMIT/NONE is no service; write"),
    "a duration in words": (
        {"min_duration": "6 months"},
        "column min_duration: 6 months is no duration; write it like",
    ),
    "a duration of nothing": ({"min_duration": "P"}, "column min_duration: P is no duration; write it like P6M"),
    "a duration without P": ({"min_duration": "6M"}, "column min_duration: 6M is no duration"),
    "a duration of hours": ({"min_duration": "PT72H"}, "column min_duration: PT72H is no duration"),
    "a negative duration": ({"min_duration": "P-3D"}, "column min_duration: P-3D is no duration"),
    "half a month": ({"min_duration": "P1.5M"}, "column min_duration: P1.5M is no duration"),
    "months and days": ({"min_duration": "P1M15D"}, "column min_duration: P1M15D mixes months and days; write either"),
    "a duration longer than a life": ({"min_duration": "P183Y"}, "column min_duration: P183Y is longer than a life"),
    "an age of 200": ({"age_max": "200"}, "column age_max: 200 is no age; write completed years from 0 to 120"),
    "an age in words": ({"age_min": "十六"}, "column age_min: 十六 is no age; write completed years"),
    "half an age": ({"age_min": "16.0"}, "column age_min: 16.0 is no age; write completed years"),
    "an age in full-width digits": ({"age_min": "１６"}, "column age_min: １６ is no age; write completed years"),
    "a day in full-width digits": (
        {"valid_from": "２０１０-01-01"},
        "column valid_from: ２０１０-01-01 is no day; write it",
    ),
    "from 50 to 18": (
        {"age_min": "50", "age_max": "18"},
        "column age_max: 18 is less than age_min 50; give the youngest",
    ),
    "a sex in words": ({"sex": "女"}, "column sex: 女 is not known; write 1 or 2"),
    "an unknown nature": ({"hukou_nature": "农业"}, "column hukou_nature: 农业 is not known; write rural or urban"),
    "an unknown area": ({"dest_area": "rural"}, "column dest_area: rural is not known; write urban"),
    "neither true nor false": (
        {"excludes_intra_city": "yes"},
        "column excludes_intra_city: yes is not known; write true",
    ),
    "a day as Excel writes it": (
        {"valid_from": "2010/1/1"},
        "column valid_from: 2010/1/1 is no day; write it like 2010-",
    ),
    "a day that is none": (
        {"valid_to": "2023-02-29"},
        "column valid_to: the calendar has no 2023-02-29; write a day like",
    ),
    "an end before the beginning": (
        {"valid_from": "2020-01-01", "valid_to": "2019-12-31"},
        "column valid_to: 2019-12-31 is before valid_from 2020-01-01; give the last day",
    ),
    "a boundary of what it lies within": (
        {"boundary_level": "province", "within_boundary": "province"},
        "column within_boundary: nobody crosses a boundary of level province within province; leave it empty",
    ),
    "another city within one city": (
        {"boundary_level": "city", "within_boundary": "city_districts"},
        "column within_boundary: nobody crosses a boundary of level city within city_districts",
    ),
    "inside a city and not inside a city": (
        {"boundary_level": "township", "within_boundary": "city_districts"},
        "column within_boundary: nobody would count within city_districts unless excludes_intra_city is false",
    ),
    "residents of an age": (
        {"direction": "resident", "unit": "person", "age_min": "16"},
        (
            "column age_min: residents are everybody, for the registered people are known only all together; "
            "leave it empty"
        ),
    ),
    "residents who moved for work": (
        {"direction": "resident", "unit": "person", "purpose_required": "employment"},
        "column purpose_required: residents are everybody",
    ),
    "a flow of residents": (
        {"direction": "resident", "unit": "person", "stock_or_flow": "flow"},
        "column stock_or_flow: residents are a stock; write stock",
    ),
    "registrations of residents": (
        {"direction": "resident"},
        "column unit: residents are persons; write person",
    ),
    "permits of no kind": (
        {"unit": "permit"},
        "column required_service: it is empty, but the unit is a permit; name the permit, as RESIDENCE_PERMIT",
    ),
    "households of a list": (
        {"unit": "household"},
        (
            "column own_form: no list tells who makes up a household, so households cannot be counted in it; "
            "leave it empty"
        ),
    ),
    "two lines in a cell": (
        {"note": "one\ntwo"},
        "column note: it holds a line break or a control character; write one",
    ),
}


@pytest.mark.parametrize(("cells", "sentence"), WRONG_CELLS.values(), ids=WRONG_CELLS)
def test_a_wrong_cell_is_one_sentence(tmp_path: Path, cells: dict[str, str], sentence: str) -> None:
    good = {**GUANGDONG, "definition_id": "GD_OTHER"}
    refusal = _refusal(_written(tmp_path / "own.csv", good, GUANGDONG | cells))
    line = 4 if "\n" in cells.get("note", "") else 3  # the line at which the row ends
    assert refusal.startswith(f"own.csv, line {line}, column ")
    assert sentence in refusal


def test_all_reasons_excluded_counts_nobody(tmp_path: Path) -> None:
    employment = ";".join(sorted(_known().employment))
    cells = {"purpose_required": "employment", "excluded_reasons": employment}
    assert "no reason is left that counts" in _refusal(_written(tmp_path / "own.csv", GUANGDONG | cells))


def test_the_same_id_twice(tmp_path: Path) -> None:
    path = _written(tmp_path / "own.csv", GUANGDONG, GUANGDONG)
    assert "line 3, column definition_id: GD_LDRK stands already in own.csv, line 2; give" in _refusal(path)
    _written(path, GUANGDONG)
    _written(tmp_path / "second.csv", GUANGDONG)
    with pytest.raises(UsageError, match=r"second\.csv, line 2, .*GD_LDRK stands already in own\.csv, line 2"):
        own_definitions(tmp_path, _known().reasons, _known().forms)


def test_an_unknown_column(tmp_path: Path) -> None:
    path = _written(tmp_path / "own.csv", GUANGDONG)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("age_min", "min_age", 1), encoding="utf-8")
    assert "own.csv, line 1, column min_age: a definition has no such column; take it out" in _refusal(path)
    path.write_text(text.replace("age_min", "age_max", 1), encoding="utf-8")
    assert "own.csv, line 1, column age_max: it stands twice; take one out" in _refusal(path)
    path.write_text(text.replace("clock,", "", 1), encoding="utf-8")
    assert "own.csv, line 1, column clock: it is missing; the first line names the columns" in _refusal(path)
    path.write_text("", encoding="utf-8")
    assert "own.csv, line 1, column definition_id: it is missing" in _refusal(path)


def test_a_row_of_another_length(tmp_path: Path) -> None:
    path = _written(tmp_path / "own.csv", GUANGDONG)
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + ",of 2010\n", encoding="utf-8")
    assert f"own.csv, line 2: it has {len(COLUMNS) + 1} cells and the first line has {len(COLUMNS)}" in _refusal(path)


@pytest.mark.parametrize(
    ("encoding", "sign", "sentence"),
    [
        ("gb18030", ",", "own.csv: it is not in UTF-8; save it as CSV UTF-8 (comma separated)"),
        ("utf-16", ",", "own.csv: it is not in UTF-8; save it as CSV UTF-8 (comma separated)"),
        ("utf-8", ";", "own.csv, line 1: its cells are separated by semicolons; save it as CSV UTF-8"),
        ("utf-8-sig", "\t", "own.csv, line 1: its cells are separated by tabs; save it as CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_such_csv(tmp_path: Path, encoding: str, sign: str, sentence: str) -> None:
    assert _refusal(_written(tmp_path / "own.csv", GUANGDONG, encoding=encoding, sign=sign)).startswith(sentence)


def test_a_quote_that_does_not_end(tmp_path: Path) -> None:
    path = _written(tmp_path / "own.csv", GUANGDONG)
    path.write_text(path.read_text(encoding="utf-8").replace(",Guangdong,", ',"Guangdong,'), encoding="utf-8")
    assert "own.csv, line " in _refusal(path)
    assert "it is no CSV" in _refusal(path)


def test_a_workbook_in_the_folder_is_not_passed_over(tmp_path: Path) -> None:
    _written(tmp_path / "own.csv", GUANGDONG)
    (tmp_path / "README.md").write_text("ours", encoding="utf-8")
    (tmp_path / "~$own.xlsx").write_bytes(b"lock")
    assert len(own_definitions(tmp_path, _known().reasons, _known().forms)) == 1
    (tmp_path / "own.xlsx").write_bytes(b"PK")
    with pytest.raises(UsageError, match=r"own\.xlsx: it is no CSV file; save it as CSV UTF-8"):
        own_definitions(tmp_path, _known().reasons, _known().forms)


def test_a_file_in_the_place_of_the_folder_is_not_passed_over(tmp_path: Path) -> None:
    path = _written(tmp_path / "definitions", GUANGDONG)
    with pytest.raises(UsageError, match=r"definitions: it is a file; make it a folder and put the CSV files into it$"):
        own_definitions(path, _known().reasons, _known().forms)
    assert own_definitions(tmp_path / "nothing", _known().reasons, _known().forms) == ()


def test_they_are_declarations_of_the_site(tmp_path: Path) -> None:
    assert load_declarations().definitions == ()
    folder = tmp_path / "definitions"
    folder.mkdir()
    path = _written(folder / "own.csv", GUANGDONG)
    declared = load_declarations(own=folder)
    assert declared.definitions == tuple(_read(path))
    assert pickle.loads(pickle.dumps(declared)).definitions == declared.definitions  # noqa: S301 - our own
    _written(path, GUANGDONG, {**GUANGDONG, "definition_id": "GD_OTHER"})
    assert len(load_declarations(own=folder).definitions) == 2, "a changed file is read again"


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    page = (SHIPPED.parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    example = page.split("```csv\n")[1].split("```")[0]
    (tmp_path / "example.csv").write_text(example, encoding="utf-8")
    (row,) = _read(tmp_path / "example.csv")
    assert row[0] == "GD_LDRK"
    sentence = page.split("SITE/definitions/ours.csv, line 2, ")[1].splitlines()[0]
    path = _written(tmp_path / "ours.csv", GUANGDONG | {"age_min": "50", "age_max": "18"})
    assert _refusal(path) == f"ours.csv, line 2, {sentence}"
    for column in COLUMNS:
        assert f"`{column}`" in page


def test_whatever_a_file_holds_is_read_or_refused_with_one_sentence(tmp_path: Path) -> None:
    """Good files with bytes exchanged, left out and put in: nothing else ever happens."""
    chance = random.Random(20241031)  # noqa: S311 - cases, no secrets
    good = _written(tmp_path / "good.csv", GUANGDONG, {**GUANGDONG, "definition_id": "GD_OTHER"}).read_bytes()
    bits = [
        b",",
        b'"',
        b";",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xe4\xb8",
        "１".encode(),
        b"P",
        b"-1",
        b"\xef\xbb\xbf",
        b" ",
    ]
    path = tmp_path / "own.csv"
    sentences = []
    for _ in range(400):
        content = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(content))
            content[at : at + chance.randint(0, 2)] = chance.choice(bits)
        path.write_bytes(content)
        try:
            assert all(len(row) == len(COLUMNS) for row in _read(path))
        except UsageError as error:
            sentences.append(str(error))
    assert 200 < len(sentences) < 400
    assert all(sentence.startswith(str(path)) and sentence.isprintable() for sentence in sentences)
