"""Decisions are kept for ever, in their order, and say the same under new keys once these are in use."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from ingest.keys import SiteKey, create_key, load_key
from warehouse.decisions import (
    Decision,
    Said,
    carry_over,
    keep_decisions,
    load_decisions,
    next_decision,
    read_decisions,
)
from warehouse.folders import SiteFolders
from warehouse.working_copy import SCHEMA_FILE


@pytest.fixture
def folders(tmp_path: Path) -> SiteFolders:
    folders = SiteFolders(tmp_path)
    folders.vault.mkdir()
    create_key(folders.key_file)
    return folders


@pytest.fixture
def key(folders: SiteFolders) -> SiteKey:
    return load_key(folders.key_file)


def _decide(folders: SiteFolders, key: SiteKey, *said: Said) -> Decision:
    made = next_decision(read_decisions(folders, key), key, said, about="pair", by="somebody")
    keep_decisions(folders, [made])
    return made


def test_the_latest_decision_holds_whatever_the_clock_says(folders: SiteFolders, key: SiteKey) -> None:
    first = _decide(folders, key, ("a", "b", "same"), ("c", "d", "different"))
    late = first.model_copy(update={"decided_at": first.decided_at + dt.timedelta(days=900)})
    keep_decisions(folders, [late])
    _decide(folders, key, ("b", "a", "different"))
    _decide(folders, key, ("c", "d", "open"))
    log = read_decisions(folders, key)
    times = [each.decided_at for each in log.decisions]
    assert len(times) == 4
    assert times == sorted(set(times))
    assert log.latest() == {("a", "b"): "different"}


def test_every_decision_is_loaded_once(folders: SiteFolders, key: SiteKey) -> None:
    _decide(folders, key, ("a", "b", "same"), ("c", "d", "different"))
    with duckdb.connect() as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        load_decisions(connection, folders, key)
        load_decisions(connection, folders, key)
        rows = connection.execute(
            "SELECT person_key, other_key, decision, decided_by FROM raw.person_decision"
        ).fetchall()
    assert sorted(rows) == [("a", "b", "same", "somebody"), ("c", "d", "different", "somebody")]


def test_nothing_decided_is_nothing_to_load(folders: SiteFolders, key: SiteKey) -> None:
    assert read_decisions(folders, key).decisions == ()
    with duckdb.connect() as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        assert not load_decisions(connection, folders, key).is_torn
        assert connection.execute("FROM raw.person_decision").fetchall() == []


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_cut_off_anywhere_was_never_said(folders: SiteFolders, key: SiteKey, cut: int) -> None:
    _decide(folders, key, ("a", "b", "same"))
    whole = folders.decisions_file.read_bytes()
    _decide(folders, key, ("c", "d", "same"))
    folders.decisions_file.write_bytes(folders.decisions_file.read_bytes()[: len(whole) + cut])
    log = read_decisions(folders, key)
    assert log.is_torn
    assert log.latest() == {("a", "b"): "same"}
    _decide(folders, key, ("e", "f", "different"))
    assert not read_decisions(folders, key).is_torn
    assert read_decisions(folders, key).latest() == {("a", "b"): "same", ("e", "f"): "different"}


def test_decisions_follow_new_keys_once_they_are_in_use(folders: SiteFolders, key: SiteKey) -> None:
    _decide(folders, key, ("a", "b", "same"), ("a", "gone", "different"))
    new = key.with_coming_pseudonyms("next").for_snapshot("next")
    carry_over(folders, key, {"a": "A", "b": "B"}, new.pseudonyms_id)
    assert read_decisions(folders, key).latest() == {("a", "b"): "same", ("a", "gone"): "different"}
    assert read_decisions(folders, new).latest() == {("A", "B"): "same"}
