"""Every rule of every form has a row that fails it and a row that passes, and says what to do in two languages."""

from __future__ import annotations

import pytest
from gated_night import Gated, judge_in
from landed_factory import TOWN, Night
from rule_cases import LINES, MAN, PASSES, ROWS

from ingest.declaration import PersonForm, load_forms
from quality.rule import load_advice
from quality.rules import all_rules, later_rules

PERSON_FORMS = [form.form_id for form in load_forms().values() if isinstance(form, PersonForm)]


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Gated, list[str], list[str], list[str]]:
    """Judge one night with a file of its own for every case."""
    night = Night()
    wrong = [night.add_list([cells], form_id=form, period=f"w{i}") for i, (form, _, cells, _) in enumerate(ROWS)]
    right = [night.add_list([cells], form_id=form, period=f"r{i}") for i, (form, cells) in enumerate(PASSES)]
    lines = [night.add_counts(case, form_id=form, period=f"l{i}") for i, (form, _, case, _) in enumerate(LINES)]
    for form in PERSON_FORMS:
        town = {"unit_code": TOWN, "unit_level": "township", "period": "village", "path": f"{form} village"}
        night.add_list([{"village": "月亮村"}, {**MAN, "village": "同名的月亮村"}], form_id=form, **town)
        night.add_list([{}, {**MAN}, {**MAN}, {**MAN, "hukou_nature": "农业"}], form_id=form, path=f"{form} same")
        night.add_list([{**MAN}, {**MAN}], form_id=form, path=f"{form} twice", period="2024-09")
    return judge_in(tmp_path_factory.mktemp("rules"), night), wrong, right, lines


def test_every_failing_row_fails_its_rule_only(gated: tuple[Gated, list[str], list[str], list[str]]) -> None:
    night, wrong, _, _ = gated
    assert len(wrong) == len(ROWS) > 280
    found = {place: set(night.rules(file_id)) for place, file_id in enumerate(wrong)}
    assert found == {place: {rule, *others} for place, (_, rule, _, others) in enumerate(ROWS)}


def test_rows_that_only_look_wrong_pass(gated: tuple[Gated, list[str], list[str], list[str]]) -> None:
    night, _, right, _ = gated
    assert len(right) == len(PASSES) == 17
    assert {file_id: night.rules(file_id) for file_id in right} == {file_id: [] for file_id in right}
    assert {night.file(file_id)["status"] for file_id in right} == {"accepted"}


def test_every_line_fails_its_rule_only(gated: tuple[Gated, list[str], list[str], list[str]]) -> None:
    night, _, _, lines = gated
    assert len(lines) == len(LINES) > 90
    found = {place: set(night.rules(file_id)) for place, file_id in enumerate(lines)}
    assert found == {place: {rule, *others} for place, (_, rule, _, others) in enumerate(LINES)}


def test_severity_decides_what_becomes_of_a_row(gated: tuple[Gated, list[str], list[str], list[str]]) -> None:
    night, wrong, _, _ = gated
    severity = {(rule.form_id, rule.rule_id): rule.severity for rule in all_rules()}
    expected = {"error": "returned", "query": "accepted", "note": "accepted"}
    found = [night.file(file_id)["status"] for file_id in wrong]
    assert found == [expected[severity[form, rule]] for form, rule, _, _ in ROWS]


def test_equal_rows_are_taken_once_and_contradicting_ones_returned(
    gated: tuple[Gated, list[str], list[str], list[str]],
) -> None:
    night = gated[0]
    by_path = {row["path"]: row for row in night.rows("file")}
    for form in PERSON_FORMS:
        same, twice = by_path[f"{form} same"], by_path[f"{form} twice"]
        assert night.rules(same["file_id"]) == ["duplicate_row:id_number", *["same_number_differs:id_number"] * 3]
        assert (same["rows_accepted"], same["rows_returned"], same["rows_duplicate"]) == (1, 3, 0)
        assert night.rules(twice["file_id"]) == ["duplicate_row:id_number"]
        assert (twice["rows_accepted"], twice["rows_returned"], twice["rows_duplicate"]) == (1, 0, 1)


def test_every_row_rule_was_hit(gated: tuple[Gated, list[str], list[str], list[str]]) -> None:
    night = gated[0]
    form_of = {row["file_id"]: row["form_id"] for row in night.rows("file")}
    hit = {(form_of[row["file_id"]], row["rule_id"]) for row in night.rows("finding")}
    declared = {(rule.form_id, rule.rule_id) for rule in all_rules() if rule.relation != "file"}
    assert len(declared) > 380
    assert declared - hit == set()


def test_a_text_that_cannot_be_typed_is_never_silent() -> None:
    rules = {(rule.form_id, rule.rule_id) for rule in all_rules()}
    speaks = {"date": "valid_date", "code": "known_code", "sex": "known_code", "id_number": "valid_number",
              "place": "place_resolvable", "integer": "valid_integer", "credit_code": "valid_credit_code"}  # fmt: skip
    typed = [
        (form.form_id, f"{speaks[field.type]}:{name}")
        for form in load_forms().values()
        if isinstance(form, PersonForm)
        for name, field in form.fields.items()
        if field.type in speaks
    ]
    assert len(typed) > 20
    assert set(typed) - rules == set()


def test_every_rule_has_advice_in_both_languages() -> None:
    advice = load_advice()
    assert {rule.name for rule in all_rules()} | set(later_rules()) == set(advice)
    for rule in (*all_rules(), *later_rules().values()):
        assert rule.advice_zh.endswith("。")
        assert rule.advice_en[-1] in ".?"
        assert "{values}" not in rule.advice_zh + rule.advice_en


def test_rule_ids_are_unique_in_a_form() -> None:
    ids = [(rule.form_id, rule.rule_id) for rule in all_rules()]
    assert len(ids) == len(set(ids))


def test_findings_name_the_column_and_show_no_person(gated: tuple[Gated, list[str], list[str], list[str]]) -> None:
    night = gated[0]
    findings = night.rows("finding")
    assert len(findings) > 80
    people = {row[field] for row in night.rows("returned_row") for field in ("person_name", "id_number") if row[field]}
    people |= {row[field] for row in night.rows("person_row") for field in ("person_name", "id_number")}
    shown = {row["value_shown"] for row in findings} - {None}
    assert len(people) > 5
    assert not shown & people
    assert all(row["column_name"] for row in findings)
    assert all("{" not in row["advice_zh"] + row["advice_en"] for row in findings)
