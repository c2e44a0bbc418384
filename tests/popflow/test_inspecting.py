"""`popflow inspect`: one screen that says what a night would make of a file and change, and loads nothing."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from sheet_maker import make_list, make_number, to_csv, to_xlsx

from popflow.cli import popflow as command
from popflow.site import Site, init_site

WRONG_MONTH = f"{make_number(3)[:10]}13{make_number(3)[12:]}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return init_site(tmp_path_factory.mktemp("inspect") / "site", "340124")


def inspect(site: Site, file: Path, *options: str) -> str:
    said = CliRunner().invoke(command, ["--site", str(site.root), "inspect", str(file), *options])
    assert said.exit_code == 0, said.output
    return said.output


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list with one good row, one with a wrong number, a misspelt heading and a column that is dropped."""
    rows = make_list(3)
    headings = [("姓别" if cell == "性别" else cell) for cell in rows[2]]
    people = [list(row) for row in rows[3:]]
    people[1][1] = WRONG_MONTH
    file = tmp_path_factory.mktemp("lists") / "名单.xlsx"
    file.write_bytes(to_xlsx([*rows[:2], [*headings, "民族"], *([*row, "汉"] for row in people)]))
    return file


def test_the_screen_says_form_unit_columns_verdict_and_problems(site: Site, mixed: Path) -> None:
    said = inspect(site, mixed)
    lines = said.splitlines()
    assert lines[1].startswith("form    village_inflow 流入人口登记表 (seen in: title)")
    assert lines[2].startswith("unit    340124100")
    assert lines[3].startswith("period  2024-10, reported on 2024-10-31")
    assert "not loaded: 民族不属于本系统职责" in said
    assert "the night would take the right rows and return the wrong ones" in said
    assert "3 rows = 2 accepted + 1 returned + 0 duplicate" in said
    assert "1 columns dropped at the door" in said
    assert "it would be the first list of this form, unit and month" in said
    assert "returned, 1 ×: “身份证号码”第7至14位" in said
    assert "  rows 5 [342622**********" in said
    assert not any(secret in said for secret in (WRONG_MONTH, make_number(1), "束甲"))


def test_programs_get_everything_and_no_secret(site: Site, mixed: Path) -> None:
    said = inspect(site, mixed, "--json")
    (seen,) = json.loads(said)
    assert (seen["status"], seen["rows_in"], seen["rows_returned"]) == ("partly_returned", 3, 1)
    assert {column["field"] for column in seen["columns"]} >= {"person_name", "id_number", "sex", "hukou_address"}
    assert [problem["row_number"] for problem in seen["problems"] if problem["severity"] == "error"] == [5]
    assert not any(secret in said for secret in (WRONG_MONTH, make_number(1), "束甲"))


def test_every_file_of_an_archive_is_shown_and_the_site_is_as_before(site: Site, tmp_path: Path) -> None:
    before = sorted(path for path in site.root.rglob("*"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("好.csv", to_csv(make_list(2)))
        archive.writestr("坏.xlsx", to_xlsx(make_list(2))[:900])
    (tmp_path / "两份.zip").write_bytes(content.getvalue())
    said = inspect(site, tmp_path / "两份.zip")
    assert said.count("file    ") == 3
    assert "the night would open the archive and take each file in it on its own" in said
    assert "the night would take every row" in said
    assert "the night would return the whole file" in said
    assert sorted(path for path in site.root.rglob("*")) == before
