from __future__ import annotations

import pickle
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
    assert sorted(forms) == [
        "education_roster",
        "health_roster",
        "hukou_population",
        "labour_roster",
        "od_return",
        "police_registration",
        "township_report",
        "village_inflow",
        "village_outflow",
    ]
    assert [form.kind for form in forms.values()].count("person") == 6
    report = forms["township_report"]
    assert isinstance(report, CountForm)
    assert len(report.items) == 31
    assert report.rows_need == ("cell_unit", "category")
    assert report.items["outflow_half_year"].meaning.min_duration == "P6M"
    assert len(person_fields()) == 50
    assert len(load_value_lists()) == 16
    assert len(load_dropped()) >= 8
    assert "填报单位" in load_layout().unit_labels


def test_every_person_form_asks_for_name_and_number_and_has_rules() -> None:
    forms = [form for form in load_forms().values() if isinstance(form, PersonForm)]
    assert len(forms) == 6
    for form in forms:
        assert form.fields["person_name"].required
        assert form.fields["id_number"].required
        assert {"required", "valid_number", "number_not_numeric", "sex_agrees", "not_at_home"} <= {
            rule.rule for rule in form.rules
        }


def test_every_person_form_says_how_long_it_vouches_for_a_stay() -> None:
    vouching = {form.form_id: form.confirm for form in load_forms().values() if isinstance(form, PersonForm)}
    assert len(vouching) == 6
    periods = {name: confirm and (confirm.by, confirm.months_and_days) for name, confirm in vouching.items()}
    assert periods.pop("police_registration") == ("registered_date", (12, 0))
    assert set(periods.values()) == {("report", (12, 0))}


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
        ("village_inflow.yaml", "colour", "red", "village_inflow.yaml: person.colour: Extra inputs"),
        ("village_inflow.yaml", "kind", "people", "village_inflow.yaml: the whole file: Input tag 'people'"),
        ("village_inflow.yaml", "fields.phone.type", "fax", "village_inflow.yaml: person.fields.phone.type"),
        ("village_inflow.yaml", "fields.phone.values", "sex", "a field of type phone has no `values`"),
        ("village_inflow.yaml", "fields.reason.values", "reasons", "fields.reason.values names the list reasons"),
        ("village_inflow.yaml", "fields.phone.multiple", True, "only a code may be `multiple`"),
        ("village_inflow.yaml", "fields.phone.words", {"是": "YES"}, "only a code or sex has `words` and `systems`"),
        ("village_inflow.yaml", "fields.phone.parts", [["区号"]], "only a place has `parts`"),
        (
            "village_inflow.yaml",
            "fields.sex.words",
            {"公": "3"},
            "fields.sex.words.公 is 3, which the list sex does not",
        ),
        (
            "village_inflow.yaml",
            "fields.reason.systems",
            ["mars"],
            "fields.reason.systems: the list reason has no code system",
        ),
        ("village_inflow.yaml", "fields.reason.systems", ["health", "police_2_digit"], "stands for both"),
        (
            "village_inflow.yaml",
            "fields.sex.like",
            "gender",
            "fields.sex.like names gender, which is not in common.yaml",
        ),
        ("village_inflow.yaml", "fields.sex.rules", ["required"], "fields.sex.rules is no mapping"),
        (
            "village_inflow.yaml",
            "fields.sex.rules",
            {"valid_date": "error"},
            "rule valid_date does not fit the field sex",
        ),
        (
            "village_inflow.yaml",
            "fields.sex.headings",
            ["姓名"],
            "the heading 姓名 stands for both person_name and sex",
        ),
        ("village_inflow.yaml", "fields.sex.headings", [" "], "a heading is empty"),
        ("village_inflow.yaml", "fields.sex.headings", [{"leaves": ["男"], "tops": ["x"]}], "and no `tops`"),
        ("village_inflow.yaml", "fields.sex.headings", [{"leaves": "男"}], "`groups` and `leaves` are lists"),
        ("village_inflow.yaml", "fields.Sex", {"like": "phone", "headings": ["丙"]}, "the field name Sex is not plain"),
        ("village_inflow.yaml", "rules", [{"rule": "required", "field": "shoe"}], "rule required names the field shoe"),
        ("village_inflow.yaml", "rules", [{"rule": "shiny", "field": "sex"}], "person.rules.0.rule"),
        (
            "village_inflow.yaml",
            "rules",
            [{"rule": "required", "field": "sex"}] * 2,
            "the rule required stands twice for",
        ),
        ("village_inflow.yaml", "title_words", [], "village_inflow.yaml: person.title_words"),
        ("village_inflow.yaml", "title_words", ["流入月报"], "the title word 流入月报 can never be met"),
        ("village_inflow.yaml", "title_words", [" "], "`title_words` has an empty word"),
        ("village_inflow.yaml", "form_id", "inflow", "form_id is inflow, but the file is called village_inflow"),
        ("village_inflow.yaml", "origin.field", "birthplace", "a place is taken from birthplace"),
        ("village_inflow.yaml", "origin.field", "phone", "a place is taken from phone, which is not a place"),
        (
            "village_inflow.yaml",
            "side_field",
            "sex",
            "`side_field` names sex, which is no field with values flow_direction",
        ),
        ("village_inflow.yaml", "origin.otherwise", "unit_if_own_side", "needs a `side_field`"),
        ("village_outflow.yaml", "fields.village.type", "place", "another form declares it as"),
        ("township_report.yaml", "items.inflow_male.headings", ["流入女"], "流入女 stands for both"),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "up"},
            "count.items.inflow_male.meaning.direction",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"sex": "1"},
            "either a `direction` or `registered: true`",
        ),
        ("township_report.yaml", "items.inflow_male.meaning", {"direction": "in"}, "have the same `meaning`"),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "in", "age_min": 60, "age_max": 14},
            "nobody is at least 60 and at most 14 years old",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "in", "min_duration": "P5Y", "max_duration": "P6M"},
            "nothing lasts at least P5Y and less than P6M",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "in", "min_duration": "half"},
            "the duration half is none",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "out", "dwelling": "RENTED"},
            "not of those gone out",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "in", "range": "in_city", "origin_kind": "abroad"},
            "leave out `range`",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "in", "origin_kind": "other", "definition": "MPS_ZZTJ"},
            "nobody can say who came from anywhere else",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"registered": True, "range": "in_city"},
            "registered people have no duration",
        ),
        (
            "township_report.yaml",
            "items.inflow_male.meaning",
            {"direction": "in", "dwelling": "TENT"},
            "items.inflow_male.meaning.dwelling is TENT, which the list dwelling does not have",
        ),
        ("township_report.yaml", "rows_need", ["origin"], "`rows_need` names origin, which is not among `rows`"),
        ("village_inflow.yaml", "confirm.within", "a year", "the duration a year is none"),
        ("village_inflow.yaml", "confirm.by", "registered_date", "by registered_date, which is not among `fields`"),
        ("village_inflow.yaml", "confirm.until", "P1Y", "person.confirm.until: Extra inputs"),
        ("township_report.yaml", "rows.category.values", None, "the row field category needs `values`"),
        ("township_report.yaml", "rows.cell_unit.values", "reason", "the row field cell_unit has no `values`"),
        ("township_report.yaml", "rows.street", {"headings": ["街"]}, "count.rows.street"),
        ("township_report.yaml", "items.inflow_male.needs", "origin", "needs origin, which is not among `rows`"),
        (
            "township_report.yaml",
            "rules",
            [{"rule": "not_at_home", "field": "cell_unit"}],
            "rule not_at_home does not fit a form of counts",
        ),
        ("values/sex.yaml", "codes.0.words", ["女"], "the word 女 stands for both 1 and 2"),
        ("values/sex.yaml", "codes.0.code", "2", "the code 2 stands twice"),
        ("values/sex.yaml", "systems.man_0_woman_1.3", ["7"], "names the code 3, which the list does not have"),
        ("values/sex.yaml", "systems.man_0_woman_1.2", ["0"], "in the code system man_0_woman_1 0 stands for both"),
        ("values/sex.yaml", "list_id", "gender", "list_id is gender, but the file is called sex"),
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


def test_two_forms_that_nothing_tells_apart_are_refused(forms: Path) -> None:
    text = (forms / "village_inflow.yaml").read_text(encoding="utf-8")
    (forms / "village_other.yaml").write_text(
        text.replace("form_id: village_inflow", "form_id: village_other"), encoding="utf-8"
    )
    with pytest.raises(UsageError, match=r"title_words: 流入 names both village_inflow and village_other"):
        load_declarations(directory=forms)


def test_a_key_that_stands_twice_is_told(forms: Path) -> None:
    path = forms / "village_inflow.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\nside: origin\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"village_inflow\.yaml: cannot be read as YAML: the key side stands twice"):
        load_declarations(directory=forms)


def test_groups_and_leaves_are_every_group_over_every_leaf() -> None:
    report = load_forms()["township_report"]
    assert isinstance(report, CountForm)
    paths = [heading.path for heading in report.items["inflow_male"].headings]
    assert len(paths) == 3 + 4 * 4
    assert ("外来人口", "其中男") in paths
    assert not any(heading.whole for heading in report.items["inflow_male"].headings)
    assert report.items["temporary_total"].headings[0].whole


def test_declarations_are_read_again_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("list_id: reason\nadd: {WORK: [搬砖]}\n", encoding="utf-8")
    declared = load_declarations(tmp_path)
    again = pickle.loads(pickle.dumps(declared))  # noqa: S301 - our own
    assert again.value_lists["reason"].code_of("搬砖") == "WORK"
    assert again.person_fields() == declared.person_fields()


def test_what_is_no_yaml_is_told(forms: Path) -> None:
    (forms / "village_inflow.yaml").write_text("form_id: [", encoding="utf-8")
    with pytest.raises(UsageError, match=r"village_inflow\.yaml: cannot be read as YAML"):
        load_declarations(directory=forms)
