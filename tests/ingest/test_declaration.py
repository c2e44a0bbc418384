from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from ingest.declaration import (
    FORMS_DIRECTORY,
    CountForm,
    PersonForm,
    load_declarations,
    load_dropped,
    load_forms,
    load_layout,
    load_value_lists,
    person_fields,
)
from ingest.errors import UsageError


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FORMS_DIRECTORY, tmp_path / "forms"))


def _change(path: Path, key: str, value: object) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    *groups, last = key.split(".")
    inner = document
    for group in groups:
        inner = inner[int(group)] if isinstance(inner, list) else inner[group]
    inner[last] = value
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")


def test_the_shipped_forms_load() -> None:
    forms = load_forms()
    assert sorted(forms) == ["township_report", "village_inflow", "village_outflow"]
    assert [form.kind for form in forms.values()].count("person") == 2
    report = forms["township_report"]
    assert isinstance(report, CountForm)
    assert len(report.items) == 12
    assert report.items["outflow_half_year"].meaning.min_duration == "P6M"
    assert len(person_fields()) == 16
    assert len(load_value_lists()) == 5
    assert len(load_dropped()) >= 8
    assert "填报单位" in load_layout().unit_labels


def test_every_person_form_asks_for_name_and_number_and_has_rules() -> None:
    forms = [form for form in load_forms().values() if isinstance(form, PersonForm)]
    assert len(forms) == 2
    for form in forms:
        assert form.fields["person_name"].required
        assert form.fields["id_number"].required
        assert {"valid_number", "number_not_numeric", "not_at_home"} <= {rule.rule for rule in form.rules}


def test_residence_and_hukou_share_no_heading_in_an_inflow_list() -> None:
    form = load_forms()["village_inflow"]
    assert isinstance(form, PersonForm)
    hukou = {heading.path for heading in form.fields["hukou_address"].headings}
    residence = {heading.path for heading in form.fields["residence_address"].headings}
    assert len(hukou) > 10
    assert len(residence) > 10
    assert not hukou & residence


@pytest.mark.parametrize(
    ("file", "key", "value", "told"),
    [
        ("village_inflow.yaml", "colour", "red", "village_inflow.yaml: person.colour"),
        ("village_inflow.yaml", "fields.phone.type", "fax", "village_inflow.yaml: person.fields.phone.type"),
        ("village_inflow.yaml", "fields.phone.values", "sex", "a field of type phone has no `values`"),
        ("village_inflow.yaml", "fields.reason.values", "reasons", "fields.reason.values names the list reasons"),
        (
            "village_inflow.yaml",
            "fields.sex.headings",
            ["姓名"],
            "the heading 姓名 stands for both person_name and sex",
        ),
        ("village_inflow.yaml", "rules.0.field", "shoe_size", "rule required names the field shoe_size"),
        ("village_inflow.yaml", "rules.3.field", "sex", "rule valid_number does not fit the field sex"),
        ("village_inflow.yaml", "form_id", "inflow", "form_id is inflow, but the file is called village_inflow"),
        ("village_inflow.yaml", "origin.field", "birthplace", "a place is taken from birthplace"),
        ("village_outflow.yaml", "fields.village.type", "place", "another form declares it as"),
        ("township_report.yaml", "items.inflow_male.headings", ["流入女"], "流入女 stands for both"),
        ("values/sex.yaml", "codes.0.words", ["女"], "the word 女 stands for both 1 and 2"),
    ],
)
def test_a_wrong_declaration_is_one_sentence_naming_file_and_key(
    forms: Path, file: str, key: str, value: object, told: str
) -> None:
    _change(forms / file, key, value)
    with pytest.raises(UsageError) as error:
        load_declarations(directory=forms)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_yaml_is_told(forms: Path) -> None:
    (forms / "village_inflow.yaml").write_text("form_id: [", encoding="utf-8")
    with pytest.raises(UsageError, match=r"village_inflow\.yaml: cannot be read as YAML"):
        load_declarations(directory=forms)


@pytest.mark.parametrize(
    ("list_id", "text", "code"),
    [
        ("reason", "01-内部单位合同工", "WORK"),
        ("reason", "01", "WORK"),
        ("reason", "１ 务 工", "WORK"),
        ("reason", "1、经商", "BUSINESS"),
        ("reason", "务工经商", "WORK_OR_BUSINESS"),
        ("reason", "99", "JOIN_KIN"),
        ("reason", "1", None),
        ("reason", "看风景", None),
        ("sex", "男性", "1"),
        ("sex", "0", None),
        ("dwelling", "租房", "RENTED"),
        ("education", "大专", "30"),
        ("hukou_nature", "非农业", "urban"),
        ("hukou_nature", "农业户口", "rural"),
    ],
)
def test_senders_words_have_codes(list_id: str, text: str, code: str | None) -> None:
    assert load_value_lists()[list_id].code_of(text) == code


def test_no_word_of_a_list_is_lost_in_the_code_map() -> None:
    lists = load_value_lists()
    assert len(lists["reason"].code_by_word()) > 150
    for value_list in lists.values():
        codes = {entry.code for entry in value_list.codes}
        assert codes == set(value_list.code_by_word().values())
