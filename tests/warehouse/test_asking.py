"""What senders are asked about people that only all lists together make doubtful."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from vault_site import OTHER_FORM, OTHER_VILLAGE, Person, VaultSite

from ingest.keys import SiteKey
from quality.rules import later_rules
from warehouse import vault
from warehouse.vault.asking import FINDINGS

ANNA = Person("欧阳慕雪", number="340124199001010046")
NOBODY = Person("诸葛明月")


@pytest.fixture
def site(tmp_path: Path, key: SiteKey) -> VaultSite:
    return VaultSite(tmp_path / "vault", key)


@pytest.mark.parametrize(
    ("name", "is_asked"),
    [("诸葛明月", True), ("欧阳雪", False), ("欧阳暮雪", False), ("欧阳 慕雪", False), ("李四", True), ("欧阳", False)],
)
def test_one_number_with_clearly_different_names(site: VaultSite, name: str, is_asked: bool) -> None:
    site.night({"roster": [ANNA]})
    site.night({"labour": [replace(ANNA, name=name)]}, form=OTHER_FORM, unit=OTHER_VILLAGE)

    assert site.asked("labour") == ([(1, "number_many_names")] if is_asked else [])
    assert site.asked("roster") == [], "only the rows of tonight are asked about"


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        ({}, True),
        ({"origin": "340124100002"}, True),
        ({"origin": "340103100002"}, False),
        ({"sex": "1"}, False),
        ({"birth": dt.date(1990, 1, 2)}, False),
        ({"name": "欧阳暮雪"}, False),
    ],
)
def test_one_person_with_two_numbers(site: VaultSite, change: dict[str, object], is_asked: bool) -> None:
    site.night({"roster": [ANNA]})
    other = replace(ANNA, number="340124199001010089", **change)  # type: ignore[arg-type]
    site.night({"labour": [other]}, form=OTHER_FORM, unit=OTHER_VILLAGE)

    assert site.asked("labour") == ([(1, "person_two_numbers")] if is_asked else [])
    assert len({*site.keys("roster"), *site.person_of("labour")}) == 2, "two valid numbers never link"


def test_both_rows_are_asked_about_where_both_come_tonight(site: VaultSite) -> None:
    site.night({"roster": [ANNA], "labour": [replace(ANNA, name="李四")]})
    assert site.asked("roster") == site.asked("labour") == [(1, "number_many_names")]


def test_two_rows_without_number_of_one_name_and_birth_in_one_list(site: VaultSite) -> None:
    twin = replace(NOBODY, written="34012419900101004*", birth=None)
    site.night({"oct": [NOBODY, twin, replace(NOBODY, birth=dt.date(1961, 7, 9))], "nov": [NOBODY]})

    assert site.asked("oct") == [(1, "same_name_same_birth"), (2, "same_name_same_birth")], "a damaged number says it"
    assert site.asked("nov") == [(1, "row_held")], "it may be either of the two"
    assert len(set(site.person_of("oct"))) == 3, "one list never has two rows of one person"


def test_a_row_that_is_held_is_asked_about(site: VaultSite) -> None:
    site.night({"roster": [ANNA]})
    site.connection.execute("INSERT INTO raw.person_review SELECT 'x', 'y', 1, '', 'twins'")
    site.night({"labour": [NOBODY]}, form=OTHER_FORM)
    assert site.asked("labour") == []
    (held,) = site.keys("labour")
    site.connection.execute("INSERT INTO raw.person_review VALUES (?, 'somebody', 5, 'name: same', 'twins')", [held])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "link_people", lambda *_, **__: None)
        site.night({"labour 2": [NOBODY, ANNA]}, form=OTHER_FORM)
    assert site.asked("labour 2") == [(1, "row_held")]


@pytest.mark.parametrize(
    ("death", "is_asked"),
    [
        ("end_code = 'DEATH', ended_to = DATE '2024-10-20'", True),
        ("end_code = 'DEATH'", True),
        ("end_code = 'DEATH', ended_to = DATE '2024-11-30'", False),
        ("end_code = 'LEFT', ended_to = DATE '2024-10-20'", False),
    ],
)
def test_somebody_still_listed_after_their_death(site: VaultSite, death: str, is_asked: bool) -> None:
    site.night({"police": [ANNA, NOBODY]}, form=OTHER_FORM, day=dt.date(2024, 10, 31))
    site.connection.execute(f"UPDATE raw.person_row SET {death} WHERE row_number = 1")
    site.night({"roster": [NOBODY, ANNA]}, day=dt.date(2024, 11, 30))
    assert site.asked("police") == []
    assert site.asked("roster") == ([(2, "listed_after_death")] if is_asked else [])


def test_the_same_is_not_asked_again_while_nothing_is_new(site: VaultSite) -> None:
    site.night({"roster": [ANNA]})
    site.night({"labour": [replace(ANNA, name="李四")]}, form=OTHER_FORM)
    site.night({"labour 2": [replace(ANNA, name="李四")], "roster 2": [ANNA]}, form=OTHER_FORM)
    assert site.asked("labour 2") == []


def test_findings_have_advice_and_no_word_of_an_identity(site: VaultSite) -> None:
    site.night({"roster": [ANNA], "labour": [replace(ANNA, name="李四"), NOBODY, NOBODY]})

    assert site.findings == 4
    assert (site.folder / FINDINGS).exists()
    with duckdb.connect() as connection:
        shown = connection.execute(f"FROM '{site.folder / FINDINGS}'").fetchall()
    assert len(shown) == 4
    said = str(shown) + str(site.rows("FROM raw.finding"))
    assert later_rules()["number_many_names"].advice_zh in said
    assert not [text for text in (ANNA.name, ANNA.number, "李四", NOBODY.name) if str(text) in said]
    assert site.rows("SELECT DISTINCT severity, status, value_shown FROM raw.finding") == [("query", "open", None)]


def test_an_explained_question_is_not_open_again(site: VaultSite) -> None:
    site.night({"oct": [NOBODY, NOBODY]})
    site.connection.execute("INSERT INTO raw.explanation SELECT DISTINCT subject, rule_id, 'slip' FROM raw.finding")
    site.night({"nov": [NOBODY, NOBODY]})

    assert site.rows("SELECT file_id, status, count(*) FROM raw.finding GROUP BY ALL ORDER BY ALL") == [
        ("nov", "explained", 2),
        ("oct", "open", 2),
    ]


def test_a_slip_explains_what_was_asked_about_its_list(site: VaultSite) -> None:
    site.night({"oct": [NOBODY, NOBODY, ANNA]})
    landed = site.folder / "landed.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"""
            COPY (SELECT 'slip' AS file_id, '1' AS sheet, 1::BIGINT AS row_number, '同名两人' AS explanation)
            TO '{landed}' (FORMAT parquet)
        """)
    with pytest.MonkeyPatch.context() as patch:
        ask = vault.ask_senders
        patch.setattr(
            vault, "ask_senders", lambda connection, key, gated, *_: ask(connection, key, gated, [landed], ())
        )
        site.night({"slip": [NOBODY, NOBODY]}, corrects={"slip": [("oct", 1), ("oct", 2)]})

    assert site.rows("SELECT rule_id, file_id FROM raw.explanation") == [("same_name_same_birth", "slip")]
    assert site.rows("SELECT DISTINCT file_id, status FROM raw.finding ORDER BY ALL") == [
        ("oct", "open"),
        ("slip", "explained"),
    ]
