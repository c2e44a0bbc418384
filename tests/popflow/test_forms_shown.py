"""The declared forms on a screen and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.declaration import load_declarations, load_forms, use_declarations
from ingest.errors import UsageError
from popflow.cli import popflow
from popflow.forms_shown import find_form, form_document, form_lines


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(popflow, list(arguments), catch_exceptions=True)


@pytest.fixture(autouse=True)
def _no_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POPFLOW_SITE", raising=False)
    use_declarations(load_declarations())


def test_the_nine_forms_are_listed_without_a_site() -> None:
    lines = _run("forms").output.splitlines()
    assert len(lines) == 2 + 9
    assert any(line.startswith("od_return") for line in lines)
    listed = json.loads(_run("forms", "--json").output)
    assert [each["form_id"] for each in listed] == list(load_forms())


@pytest.mark.parametrize("form_id", list(load_forms()))
def test_one_form_fits_a_screen_and_says_everything_to_programs(form_id: str) -> None:
    declared = load_declarations()
    form = declared.forms[form_id]
    assert 10 < len(form_lines(form, declared)) < 60
    document = form_document(form, declared)
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document
    assert json.loads(_run("forms", form_id, "--json").output) == document


def test_a_form_shows_its_headings_and_the_words_of_its_values() -> None:
    declared = load_declarations()
    fields = form_document(find_form(declared, "health_roster"), declared)["fields"]
    assert fields["flow_direction"]["codes"] == {"IN": "流入", "OUT": "流出"}
    assert fields["reason"]["words"]["02"] == "STUDY"
    assert fields["id_number"]["required"] is True
    assert "身份证号" in fields["id_number"]["headings"]


def test_a_form_that_is_not_there_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match="there is no form shoes: the forms are education_roster, health_roster"):
        find_form(load_declarations(), "shoes")
