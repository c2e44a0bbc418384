"""The page about checks names every check there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

from quality.rules import all_rules, later_rules
from warehouse.gate_out import CHECKS, STOCK_CHECK_ID

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "checks.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, list[str]]:
    """Return the cells of the table under a heading, by the check's name."""
    (section,) = re.findall(rf"^## {heading}.*?\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_the_rules_of_the_gate_in() -> None:
    expected: dict[str, dict[str, set[str]]] = {}
    for rule in all_rules():
        severities = expected.setdefault(rule.name, {"error": set(), "query": set(), "note": set()})
        severities[rule.severity].add(rule.field or "file")
    found = table("Gate in")
    assert set(found) == set(expected)
    assert {name: cells[1:] for name, cells in found.items()} == {
        name: [", ".join(sorted(fields)) for fields in severities.values()] for name, severities in expected.items()
    }


def test_the_rules_after_the_gate_in() -> None:
    assert set(table("After the gate in")) == set(later_rules())


def test_the_tests_of_the_models() -> None:
    assert set(table("dbt tests")) == {path.stem for path in (PROJECT / "dbt_project" / "tests").glob("*.sql")}


def test_the_checks_of_the_gate_out() -> None:
    assert set(table("Gate out")) == {check.check_id for check in CHECKS} | {STOCK_CHECK_ID}
