"""Rows that are loaded get the codes of their words once those have them, from the findings that asked about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from ingest.decided_words import FILE_NAME, DecidedWord, as_yaml
from ingest.declaration import declarations, load_declarations, use_declarations
from warehouse import vault
from warehouse.words import read_words_again
from warehouse.working_copy import SCHEMA_FILE

LONG = "在本地帮亲戚照看生意顺便接送孩子上学放学并且做一些零工补贴家用"


Words = list[tuple[str, str, str]]


@pytest.fixture
def decide(tmp_path: Path) -> Iterator[Callable[[Words], None]]:
    """Decide about words for the length of a test, in place of what was decided before."""
    before = declarations()

    def write(words: Words) -> None:
        (tmp_path / FILE_NAME).write_text(as_yaml(_decisions(words)), encoding="utf-8")
        use_declarations(load_declarations(tmp_path))

    yield write
    use_declarations(before)


@pytest.fixture
def decided(decide: Callable[[Words], None]) -> None:
    """Decide about a word of several fields."""
    decide(
        [
            ("reason", "跑外卖的", "SERVICE"),
            ("reason", LONG[:30], "WORK"),
            ("sex", "汉子", "1"),
            ("insurance", "养老金", "PENSION"),
            ("returned", "还没", "NO"),
            ("flow_direction", "去了", "OUT"),
        ]
    )


def _decisions(words: Words) -> list[DecidedWord]:
    forms = {"insurance": "labour_roster", "returned": "labour_roster", "flow_direction": "health_roster"}
    return [
        DecidedWord.model_validate(
            {"form_id": forms.get(field, "village_inflow"), "field": field, "word": word, "code": code, "by": "束某",
             "on": "2024-11-20"}
        )
        for field, word, code in words
    ]  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path / "popflow.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        connection.execute("CREATE SCHEMA built; CREATE TABLE built.file (file_id VARCHAR)")
    with vault.open_in_memory(path) as connection:
        yield connection


def _load(connection: duckdb.DuckDBPyConnection, form_id: str, field: str, words: list[str | None]) -> None:
    """Load a file whose rows have these words, and the findings that asked about them."""
    connection.execute("INSERT INTO warehouse.built.file VALUES ($1)", [form_id])
    connection.execute(
        "INSERT INTO raw.file BY NAME SELECT $1 AS file_id, $1 AS path, 's' AS sha256, $1 AS form_id, "
        "TIMESTAMP '2024-11-01' AS received_at, 'n' AS night_id, 'accepted' AS status, 0 AS rows_in, "
        "0 AS rows_accepted, 0 AS rows_returned, 0 AS rows_duplicate",
        [form_id],
    )
    for number, word in enumerate(words, start=4):
        connection.execute(
            "INSERT INTO raw.person_row BY NAME SELECT $1 AS file_id, '' AS sheet, $2 AS row_number, $1 AS form_id, "
            "'u' AS unit_code, '2024-10' AS period, DATE '2024-10-31' AS reported_on, 'full' AS list_kind, "
            "'destination' AS side, 'p' || $2 AS person_key",
            [form_id, number],
        )
        if word is not None:
            connection.execute(
                "INSERT INTO raw.finding BY NAME SELECT $1 AS file_id, '' AS sheet, $2 AS row_number, $3 AS rule_id, "
                "'query' AS severity, $4 AS value_shown, '' AS advice_zh, '' AS advice_en, 'open' AS status",
                [form_id, number, f"known_code:{field}", word],
            )


def test_a_loaded_row_gets_the_code_and_its_people_are_built_anew(
    warehouse: duckdb.DuckDBPyConnection, decided: None
) -> None:
    _load(warehouse, "village_inflow", "reason", ["跑外卖的", "不知道的词", None])
    assert read_words_again(warehouse) == 1
    codes = "SELECT row_number, reason_code FROM raw.person_row ORDER BY ALL"
    assert warehouse.execute(codes).fetchall() == [(4, "SERVICE"), (5, None), (6, None)]
    assert warehouse.execute("FROM warehouse.built.file").fetchall() == []
    assert read_words_again(warehouse) == 0


def test_a_word_of_a_field_without_a_column_becomes_a_value(
    warehouse: duckdb.DuckDBPyConnection, decided: None
) -> None:
    _load(warehouse, "labour_roster", "insurance", ["养老金、工伤"])
    assert read_words_again(warehouse) == 1
    values = "SELECT row_number, field, code FROM raw.person_value ORDER BY ALL"
    assert warehouse.execute(values).fetchall() == [(4, "insurance", "INJURY"), (4, "insurance", "PENSION")]
    assert read_words_again(warehouse) == 0


def test_a_cut_word_proves_nothing(warehouse: duckdb.DuckDBPyConnection, decided: None) -> None:
    assert len(LONG) > 30
    _load(warehouse, "village_inflow", "reason", [LONG[:30]])
    assert read_words_again(warehouse) == 0


@pytest.mark.parametrize(
    ("form_id", "field", "word"), [("labour_roster", "returned", "还没"), ("health_roster", "flow_direction", "去了")]
)
def test_what_says_nothing_of_a_loaded_row_changes_none(
    warehouse: duckdb.DuckDBPyConnection, decided: None, form_id: str, field: str, word: str
) -> None:
    _load(warehouse, form_id, field, [word])
    assert read_words_again(warehouse) == 0
    assert warehouse.execute("SELECT count(*) FROM warehouse.built.file").fetchall() == [(1,)]


def test_a_night_that_never_built_has_nothing_to_forget(warehouse: duckdb.DuckDBPyConnection, decided: None) -> None:
    _load(warehouse, "village_inflow", "sex", ["汉子"])
    warehouse.execute("DROP SCHEMA warehouse.built CASCADE")
    assert read_words_again(warehouse) == 1
    assert warehouse.execute("SELECT sex FROM raw.person_row").fetchall() == [("1",)]


def test_a_decision_that_was_changed_or_withdrawn_is_read_by_again(
    warehouse: duckdb.DuckDBPyConnection, decide: Callable[[Words], None]
) -> None:
    _load(warehouse, "village_inflow", "reason", ["跑外卖的", "务工"])
    _load(warehouse, "labour_roster", "insurance", ["养老金、工伤"])
    says = "SELECT reason_code FROM raw.person_row WHERE file_id = 'village_inflow' AND row_number = 4"
    values = "SELECT code FROM raw.person_value ORDER BY ALL"
    decide([("reason", "跑外卖的", "SERVICE"), ("insurance", "养老金", "PENSION")])
    assert read_words_again(warehouse) == 3
    decide([("reason", "跑外卖的", "WORK"), ("insurance", "养老金", "MEDICAL")])
    assert read_words_again(warehouse) == 2
    assert warehouse.execute(says).fetchall() == [("WORK",)]
    assert warehouse.execute(values).fetchall() == [("INJURY",), ("MEDICAL",)]
    decide([])
    assert read_words_again(warehouse) == 2
    assert warehouse.execute(says).fetchall() == [(None,)]
    assert warehouse.execute(values).fetchall() == []


def test_whoever_came_back_by_a_word_is_there_again_without_it(
    warehouse: duckdb.DuckDBPyConnection, decide: Callable[[Words], None]
) -> None:
    _load(warehouse, "labour_roster", "returned", ["还没"])
    for code, says in (("YES", "RETURNED"), ("NO", None)):
        decide([("returned", "还没", code)])
        assert read_words_again(warehouse) == 1
        assert warehouse.execute("SELECT end_code FROM raw.person_row").fetchall() == [(says,)]


def test_a_word_does_not_change_the_sex_that_a_number_says(warehouse: duckdb.DuckDBPyConnection, decided: None) -> None:
    _load(warehouse, "village_inflow", "sex", ["汉子", "汉子"])
    warehouse.execute("UPDATE raw.person_row SET sex = '2', id_kind = 'RESIDENT' WHERE row_number = 4")
    warehouse.execute("UPDATE raw.person_row SET is_numbered = false WHERE row_number = 5")
    assert read_words_again(warehouse) == 1
    assert warehouse.execute("SELECT sex FROM raw.person_row ORDER BY row_number").fetchall() == [("2",), ("1",)]
