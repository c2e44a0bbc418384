"""`popflow review`: what it lists, what it refuses in one sentence, and what it keeps."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import duckdb
import pytest

from ingest.errors import PopflowError
from popflow import cli
from popflow.site import Site, init_site
from popflow.status import Linking, Status, read_linking, status_lines
from warehouse.decisions import read_decisions
from warehouse.folders import DATABASE_NAME
from warehouse.publishing import point_to
from warehouse.working_copy import make_working_copy

NIGHT = "20241101-01"
# Rows as (file, row, key); keys that begin with P have numbers.
ROWS = (
    ("f1", 1, "P1"), ("f1", 2, "P2"), ("f1", 3, "P3"), ("f2", 1, "r1"), ("f2", 2, "r2"), ("f2", 3, "r3"),
    ("f3", 1, "r4"), ("f3", 2, "r5"), ("f1", 4, "r6"),
)  # fmt: skip
PAIRS = (
    ("r1", "P1", 7.0), ("r2", "P2", 12.0), ("r4", "P1", 6.5), ("r4", "r1", 12.0), ("r6", "P3", 20.0),
    ("r5", "P2", 11.0), ("r2", "r5", 14.0),
)  # fmt: skip
LINKS = (("r2", "P2"), ("r5", "P2"), ("r4", "r1"))
HELD = (("r1", "P1", "between_thresholds"), ("r4", "P1", "between_thresholds"), ("r6", "P3", "same_list"))
EVENTS = (("aa11", "merge", "r2", "P2"), ("bb22", "merge", "r4", "r1"), ("cc33", "split", "r3", "P3"))


@pytest.fixture(autouse=True)
def round_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve with round thresholds, whatever the shipped model says."""
    from warehouse.linking.model import Declaration, LinkageModel

    model = LinkageModel("small", Declaration((), (), ()), 0.001, link_weight=10, review_weight=5, margin=3)
    monkeypatch.setattr("warehouse.linking.model.shipped_model", lambda: model)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return init_site(tmp_path / "site", "340124")


@pytest.fixture
def published(site: Site) -> Site:
    """A site whose warehouse has a few keys, and pairs, links and events about them."""
    folder = site.folders.snapshots / NIGHT
    folder.mkdir()
    make_working_copy(folder / DATABASE_NAME, None)
    with duckdb.connect(str(folder / DATABASE_NAME)) as connection:
        _fill(connection)
    point_to(site.folders, NIGHT)
    return site


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    for file_id in ("f1", "f2", "f3"):
        connection.execute(
            "INSERT INTO raw.file (file_id, path, sha256, received_at, night_id, status, rows_in, rows_accepted, "
            "rows_returned, rows_duplicate) VALUES ($id, $id || '.xlsx', '', '2024-11-01', '', 'accepted', 1, 1, 0, 0)",
            {"id": file_id},
        )
    connection.executemany(
        "INSERT INTO raw.person_row (file_id, sheet, row_number, form_id, unit_code, period, reported_on, list_kind, "
        "side, person_key, is_numbered) "
        "VALUES (?, 'Sheet1', ?, 'f', 'u', '2024-10', '2024-10-31', 'full', 'dest', ?, ?)",
        [(file_id, row, key, key.startswith("P")) for file_id, row, key in ROWS],
    )
    connection.executemany("INSERT INTO raw.person_pair VALUES (?, ?, ?, 'name: same', 'small')", PAIRS)
    connection.executemany("INSERT INTO raw.person_link VALUES (?, ?, 'link_number', 12, 'name: same')", LINKS)
    connection.execute("""
        CREATE SCHEMA ops;
        CREATE TABLE ops.file AS FROM raw.file;
        CREATE TABLE ops.person_review (
            review_id VARCHAR, person_key VARCHAR, other_key VARCHAR, weight DOUBLE, evidence VARCHAR, reason VARCHAR
        );
        CREATE TABLE ops.person_merge AS SELECT *, NULL::VARCHAR AS undone_by FROM raw.person_merge
    """)
    connection.executemany(
        "INSERT INTO ops.person_review VALUES (md5(concat($1, ' ', $2)), $1, $2, 7, 'name: same', $3)", HELD
    )
    connection.executemany(
        "INSERT INTO ops.person_merge VALUES ($1, '20241101-01', '2024-11-01', $2, $3, $4, 'link_number', 12, "
        "'name: same', 'small', NULL)",
        EVENTS,
    )


class Answer:
    def __init__(self, site: Site, *arguments: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            self.code = cli.run(["--site", str(site.root), "review", *arguments])
        self.out, self.err = out.getvalue(), err.getvalue()


def _ids(site: Site) -> dict[str, str]:
    listed = json.loads(Answer(site, "list", "--format", "json").out)
    return {each["place"]["path"] + str(each["place"]["row_number"]): each["review_id"] for each in listed}


def _said(site: Site) -> list[tuple[str, str, str]]:
    return [said for each in read_decisions(site.folders, site.key).decisions for said in each.said]


def test_lists_one_line_for_two_people_and_where_their_rows_stand(published: Site) -> None:
    listed = Answer(published)
    assert listed.code == 0
    lines = listed.out.splitlines()
    assert len(lines) == 2 + 2
    assert any("between thresholds (+1 pairs)" in line and "f1.xlsx [Sheet1] row 1" in line for line in lines)
    assert any("same list" in line and "f1.xlsx [Sheet1] row 4" in line for line in lines)
    assert "1 more" in Answer(published, "list", "--limit", "1").err


def test_same_is_kept_and_says_what_the_next_night_changes(published: Site) -> None:
    (pair,) = (each for each in _ids(published).values() if each != _ids(published)["f1.xlsx4"])
    answer = Answer(published, "same", pair[:8])
    assert (answer.code, answer.err) == (0, "")
    assert "will count as the person of f1.xlsx [Sheet1] row 1" in answer.out
    assert len(_said(published)) == 1
    assert _said(published)[0][2] == "same"
    again = Answer(published, "same", pair)
    assert (again.code, again.out) == (2, "")
    assert "decided so already" in again.err
    assert Answer(published, "different", pair).code == 0, "the latest decision holds"
    assert {verdict for *_, verdict in _said(published)[1:]} == {"different"}


def test_different_holds_for_all_pairs_of_the_two_people(published: Site) -> None:
    (pair,) = (each for each in _ids(published).values() if each != _ids(published)["f1.xlsx4"])
    assert Answer(published, "different", pair).code == 0
    assert {frozenset(said[:2]) for said in _said(published)} == {frozenset(("r1", "P1")), frozenset(("r4", "P1"))}
    assert pair not in _ids(published).values()


def test_refuses_what_can_never_be_one(published: Site) -> None:
    answer = Answer(published, "same", _ids(published)["f1.xlsx4"])
    assert (answer.code, answer.out) == (2, "")
    assert "one list has rows of both" in answer.err
    assert answer.err.count("\n") == 1
    assert _said(published) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("same", "zz"), "there is no pair whose id begins with zz"),
        (("different", ""), "there is no pair whose id begins with nothing"),
        (("undo", "zz"), "there is no merge or split whose id begins with zz"),
    ],
)
def test_unknown_ids_are_one_sentence(published: Site, arguments: tuple[str, ...], says: str) -> None:
    answer = Answer(published, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_ambiguous_ids_are_refused(published: Site) -> None:
    folder = published.folders.snapshots / NIGHT / DATABASE_NAME
    with duckdb.connect(str(folder)) as connection:
        connection.execute("UPDATE ops.person_merge SET merge_id = 'aa' || merge_id")
    answer = Answer(published, "undo", "aa")
    assert answer.code == 2
    assert "3 ids begin with aa" in answer.err


def test_nothing_published_yet(site: Site) -> None:
    answer = Answer(site)
    assert (answer.code, answer.out) == (2, "")
    assert "has no published warehouse yet" in answer.err


def test_undoing_a_merge_parts_the_key_from_all_it_was_joined_with(published: Site) -> None:
    answer = Answer(published, "undo", "aa11")
    assert answer.code == 0, answer.err
    assert "f2.xlsx [Sheet1] row 2 will no longer count as the person of f1.xlsx [Sheet1] row 2" in answer.out
    assert {frozenset(said[:2]) for said in _said(published)} == {frozenset(("r2", "P2")), frozenset(("r2", "r5"))}
    assert {verdict for *_, verdict in _said(published)} == {"different"}
    assert "decided so already" in Answer(published, "undo", "aa11").err


def test_undoing_a_split_joins_again(published: Site) -> None:
    answer = Answer(published, "undo", "cc33")
    assert answer.code == 0, answer.err
    assert "f2.xlsx [Sheet1] row 3 will count as the person of f1.xlsx [Sheet1] row 3" in answer.out
    assert _said(published) == [("r3", "P3", "same")]


def test_merges_of_one_person(published: Site) -> None:
    events = json.loads(Answer(published, "merges", "--person", "P2", "--format", "json").out)
    assert [each["merge_id"] for each in events] == ["aa11"]
    assert len(Answer(published, "merges").out.splitlines()) == 2 + 3


def test_a_decision_that_was_cut_off_is_said_and_gives_way(published: Site) -> None:
    assert Answer(published, "undo", "cc33").code == 0
    file = published.folders.decisions_file
    with file.open("ab") as stream:
        stream.write(b'{"said":[["r1","P1","sa')
    assert "cut off" in Answer(published).err
    assert Answer(published, "undo", "bb22").code == 0
    assert len(_said(published)) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"nonsense\n" + file.read_bytes())
    with pytest.raises(PopflowError, match=r"line 1 of .* is not a decision"):
        read_decisions(published.folders, published.key)


def test_status_says_what_waits_and_how_well_linking_does() -> None:
    linking = Linking(waiting=1200, hidden=1000, right=950, wrong=10)
    lines = list(status_lines(Status(None, 0, None, None, (), linking)))
    assert "waiting for review: 1,200 pairs that may be one person (popflow review)" in lines
    assert any(line.endswith("precision 99.0%, recall 95.0%") for line in lines)


def test_status_reads_what_is_published(published: Site) -> None:
    with duckdb.connect(str(published.folders.snapshots / NIGHT / DATABASE_NAME)) as connection:
        assert read_linking(connection) is None
        connection.execute("CREATE TABLE ops.linkage_quality AS FROM raw.linkage_quality")
        assert read_linking(connection) == Linking(waiting=3, hidden=0, right=0, wrong=0)
        connection.execute(
            "INSERT INTO ops.linkage_quality VALUES ('1', 'm', 'missing', 9, 9, 0, 0, 0), "
            "('2', 'm', 'missing', 5, 4, 1, 0, 0), "
            "('2', 'm', 'swapped', 5, 3, 0, 2, 0)"
        )
        assert read_linking(connection) == Linking(waiting=3, hidden=10, right=7, wrong=1)
