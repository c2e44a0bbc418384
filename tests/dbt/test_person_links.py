"""What holds a night because of links: a chain, a link to nobody, a number linked away, somebody twice in a list."""

from __future__ import annotations

from pathlib import Path

import duckdb
from list_maker import Case, Row, write_warehouse

from warehouse import dbt_runner

MODELS = ["stg_person_row", "stg_person_link", "stg_file"]
CRITICAL = ("person_link_is_flat", "list_has_nobody_twice_by_link")


def _failures(tmp_path: Path, dbt_folder: Path, links: list[tuple[str, str]], numberless: list[str]) -> dict[str, int]:
    case = Case("small")
    case.outflow("2024-09-30", Row("A"), Row("B"))
    case.outflow("2024-10-31", Row("C"))
    path = write_warehouse(tmp_path / "popflow.duckdb", [case])
    with duckdb.connect(str(path)) as connection:
        keys = [key for (key,) in connection.execute("SELECT person_key FROM raw.person_row ORDER BY ALL").fetchall()]
        named = dict(zip("ABC", keys, strict=True))
        for one, other in links:
            connection.execute(
                "INSERT INTO raw.person_link VALUES (?, ?, 'link_number', 12, '')",
                [named.get(one, one), named.get(other, other)],
            )
        connection.execute(
            "UPDATE raw.person_row SET is_numbered = false WHERE list_contains(?, person_key)",
            [[named[each] for each in numberless]],
        )
    outcome = dbt_runner.build(path, dbt_folder, select=MODELS)
    found = {check.check_id: check for check in outcome.checks if check.check_id in CRITICAL}
    assert set(found) == set(CRITICAL)
    assert {check.severity for check in found.values()} == {"error"}
    return {check_id: check.failures for check_id, check in found.items() if not check.success}


def test_a_link_between_lists_is_good(tmp_path: Path, dbt_folder: Path) -> None:
    assert _failures(tmp_path, dbt_folder, [("C", "A")], ["C"]) == {}


def test_wrong_links_are_found(tmp_path: Path, dbt_folder: Path) -> None:
    links = [("C", "A"), ("A", "B"), ("B", "nobody")]
    assert _failures(tmp_path, dbt_folder, links, ["C", "A"])["person_link_is_flat"] == 3


def test_somebody_twice_in_a_list_is_found(tmp_path: Path, dbt_folder: Path) -> None:
    assert _failures(tmp_path, dbt_folder, [("B", "A")], ["B"]) == {"list_has_nobody_twice_by_link": 1}
