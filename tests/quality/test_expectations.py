"""Great Expectations and the SQL pass count the same failing rows, and a night is held when they do not."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from gated_night import Gated, judge_in
from landed_factory import TOWN, Night
from rule_cases import LINES, MAN, ROWS

from ingest.errors import NightHeldError
from quality.expectations import CheckResult, run_expectations
from quality.gate_in import hold_on_disagreement
from quality.rule import InSet, NotNull, Rule
from quality.rules import all_rules, file_rules


def messy_night() -> Night:
    """Return a few thousand rows in which every rule is broken, some by several rows and some in company."""
    random_source = random.Random(20241031)  # noqa: S311 - reproducible dirt
    night = Night()
    forms = list(dict.fromkeys(form for form, _, _, _ in ROWS))
    for place in range(24):
        form = forms[place % len(forms)]
        cases = [cells for case_form, _, cells, _ in ROWS if case_form == form]
        rows = [{}] * 80 + cases + [{**random_source.choice(cases), **random_source.choice(cases)} for _ in range(30)]
        rows += [{**MAN}, {**MAN}, {**MAN, "hukou_nature": "农业"}]
        random_source.shuffle(rows)
        night.add_list(rows, form_id=form, period=f"2024-{place // len(forms) + 1:02d}", path=f"{place}.xlsx")
        town = {"unit_code": TOWN, "unit_level": "township"}
        places = [{"village": "月亮村"}, {"village": "同名的月亮村"}] * 2
        night.add_list(places, form_id=form, period=f"{place}", **town)
    for place, (form, _, lines, _) in enumerate(LINES * 2):
        night.add_counts(lines, form_id=form, period=f"{place}")
    night.add_list([{"id_number": None}] * 12, path="mostly wrong.xlsx", period="w")
    night.add_list([{}], path="future.xlsx", reported_on=date(2025, 1, 1))
    night.add_list([{}], path="outside.xlsx", unit_code="330106103201")
    night.add_list([{}], path="twice a.xlsx", content_id="c" * 64, period="c")
    night.add_list([{}], path="twice b.xlsx", content_id="c" * 64, period="c")
    night.add_list([{}, {}], path="disagrees.xlsx", period="c")
    return night


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Gated:
    return judge_in(tmp_path_factory.mktemp("messy"), messy_night())


def test_both_count_the_same_rows_for_every_rule(gated: Gated) -> None:
    assert gated.summary.rows_in > 3000
    form_of = {row["file_id"]: row["form_id"] for row in gated.rows("file")}
    files = {rule.rule_id for rule in file_rules()}
    findings = Counter(
        ("file" if row["rule_id"] in files else form_of[row["file_id"]], row["rule_id"])
        for row in gated.rows("finding")
    )
    results = gated.rows("check_result")
    assert len(results) == len(all_rules()) == gated.summary.expectations_run
    counted = {(row["subject"], row["check_id"]): row["unexpected"] for row in results}
    assert {check: count for check, count in counted.items() if count} == findings
    assert all(counted[check] for check in counted if check[0] != "file"), "every row rule is hit"
    assert all(row["success"] == (row["unexpected"] == 0) for row in results)
    assert {row["detail"] for row in results} == {
        "expect_column_values_to_not_be_null", "expect_column_values_to_be_in_set", "unexpected_rows_expectation"
    }  # fmt: skip
    assert all(row["evaluated"] >= row["unexpected"] for row in results)


def test_no_finding_shows_a_person(gated: Gated) -> None:
    shown = "\n".join(row["value_shown"] or "" for row in gated.rows("finding"))
    people = gated.rows("person_row") + gated.rows("returned_row")
    assert len(people) > 3000
    numbers = {row["id_number"].strip() for row in people if row["id_number"]}
    names = {row["person_name"] for row in people if row["person_name"]}
    assert len(shown) > 1000
    assert not [number for number in numbers if len(number) > 6 and number in shown]
    assert not [name for name in names if name in shown]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "checked.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            CREATE TABLE person_f AS
            SELECT 'f' AS file_id, CASE WHEN i % 4 > 0 THEN 'a' || i END AS name, i AS size FROM range(20) AS t(i)
        """)
    return path


def rule(predicate: str, native: NotNull | InSet | None = None) -> Rule:
    return Rule("rule", "f", "person", "name", "", "error", predicate, "NULL", "。", ".", native)


@pytest.mark.parametrize(
    ("checked", "unexpected"),
    [
        (rule("name IS NULL", NotNull("name")), 5),
        (rule("name NOT IN ('a1', 'a2')", InSet("name", ("a1", "a2"))), 13),
        (rule("size > 17"), 2),
        (rule("size > 99"), 0),
        (rule("regexp_full_match(name, 'a[0-9]{2}')"), 8),  # braces are the template's unless escaped
        (rule("name = 'a:b' OR name = 'a1'"), 1),  # a colon would be a parameter
        (rule("name = 'a1%'"), 0),
    ],
)
def test_counts_of_each_kind_of_expectation(database: Path, checked: Rule, unexpected: int) -> None:
    (result,) = run_expectations(database, [checked], {"person_f": 20})
    assert (result.evaluated, result.unexpected, result.success) == (20, unexpected, unexpected == 0)
    with duckdb.connect(str(database)) as connection:  # open to others again
        connection.execute("CREATE TABLE later AS SELECT 1")


def test_a_rule_that_cannot_be_run_holds_the_night(database: Path) -> None:
    with pytest.raises(NightHeldError, match="could not be run"):
        run_expectations(database, [rule("no_such_column > 1")], {"person_f": 20})
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE later AS SELECT 1")


def test_relations_without_rows_are_not_checked(database: Path) -> None:
    assert run_expectations(database, [rule("size > 1")], {"person_f": 0}) == ()


@pytest.mark.parametrize(("counted", "success"), [(2, False), (4, False), (3, True)])
def test_a_disagreement_holds_the_night(counted: int, success: bool) -> None:
    result = CheckResult(rule("size > 16"), "unexpected_rows_expectation", success, 20, counted)
    with pytest.raises(NightHeldError, match="disagree"):
        hold_on_disagreement([result], {("f", "rule:name"): 3})
    hold_on_disagreement([replace(result, unexpected=3, success=False)], {("f", "rule:name"): 3})
