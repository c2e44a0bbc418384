"""The command line on small sites: what it prints, where errors go, and its exit codes."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest
from night_fakes import ANNA, BERTA, CARLA, Popflow, content, copy_of, files_in, write_list

from ingest.errors import NightHeldError, NightRunningError, UsageError
from popflow import cli
from popflow.commands.common import table, width
from popflow.lock import site_to_itself
from popflow.night import run_night
from popflow.site import Site, init_site
from warehouse.access import open_current

OCTOBER, NOVEMBER, DECEMBER = "2024-11-01", "2024-12-01", "2025-01-01"


@pytest.fixture
def popflow(site: Site, capsys: pytest.CaptureFixture[str]) -> Popflow:
    return Popflow(site, capsys)


@pytest.fixture(scope="module")
def site_of_two_nights(tmp_path_factory: pytest.TempPathFactory, fakes_of_module: None) -> Site:
    site = init_site(tmp_path_factory.mktemp("two-nights") / "site", "340124")
    write_list(site, "城东/a.txt", [(ANNA, "安娜", "ok"), (BERTA, "贝塔", "ok")])
    assert cli.run(["--site", str(site.root), "nightly", "--run-date", OCTOBER]) == 0
    write_list(site, "城东/b.txt", [(ANNA, "安娜", "ok"), (CARLA, "卡拉", "returned")], "2024-11-30")
    assert cli.run(["--site", str(site.root), "nightly", "--run-date", NOVEMBER]) == 0
    return site


@pytest.fixture
def two_nights(site_of_two_nights: Site, fakes: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Popflow:
    return Popflow(copy_of(site_of_two_nights, tmp_path / "copy"), capsys)


def test_a_night_says_its_stages_and_what_it_took(popflow: Popflow) -> None:
    write_list(popflow.site, "a.txt", [(ANNA, "安娜", "ok")])
    assert popflow("nightly", "--run-date", OCTOBER) == 0

    assert popflow.out.startswith("published 20241101-01: 1 files")
    for stage in ("begin", "land", "gate in", "build", "gate out", "publish"):
        assert f"{stage} done in" in popflow.error
    assert popflow("nightly", "--run-date", OCTOBER) == 0
    assert "last time" in popflow.error


def test_a_held_night_exits_with_3_and_status_says_why(popflow: Popflow) -> None:
    write_list(popflow.site, "this fails.txt", [(ANNA, "安娜", "ok")])
    assert popflow("nightly", "--run-date", OCTOBER) == 3
    assert popflow.error.splitlines()[-1].startswith("popflow: the night is held, yesterday stays published")

    assert popflow("status") == 0
    lines = popflow.out.splitlines()
    assert lines[0].startswith("published: nothing yet")
    assert "waiting in the inbox: 1 files" in lines
    assert any(line.startswith("held: ") and "people without a hukou place" in line for line in lines)


def test_a_second_night_exits_with_4(popflow: Popflow) -> None:
    with site_to_itself(popflow.site.folders):
        assert popflow("nightly", "--run-date", OCTOBER) == 4
    assert popflow.error.startswith("popflow: another popflow command is working on this site")


def test_status_says_who_is_late(two_nights: Popflow) -> None:
    assert two_nights("status") == 0
    line = "village_outflow 2024-11 庐城镇 (340124100000): expected 1, arrived 1, late 0, returned 0"
    assert two_nights.out.splitlines()[-1] == line


def test_status_while_a_reader_has_the_warehouse_open(two_nights: Popflow) -> None:
    with open_current(two_nights.site.folders.warehouse):
        assert two_nights("status") == 0
        assert two_nights("snapshots", "diff", "20241101-01", "20241201-01") == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nonsense",), "No such command"),
        (("sql",), "Missing argument"),
        (("sql", "select"), "the query does not work: Parser Error"),
        (("sql", " ; "), "the query is empty"),
        (("sql", "select 1", "--format", "parquet"), "give a file with -o FILE"),
        (("sql", "select 1", "--snapshot", "19000101-01"), "there is no snapshot 19000101-01"),
        (("sql", "select 1", "--snapshot", "../20241101-01"), "there is no snapshot"),
        (("sql", "select 1", "-o", "/nonexistent/x.csv"), "there is no folder /nonexistent"),
        (("snapshots", "rollback", "19000101-01"), "there is no snapshot 19000101-01"),
        (("snapshots", "diff", "20241101-01", "19000101-01"), "there is no snapshot 19000101-01"),
        (("od", "--origin-level", "town"), "Missing option"),
    ],
)
def test_wrong_use_is_one_line_and_2(two_nights: Popflow, arguments: tuple[str, ...], said: str) -> None:
    assert two_nights(*arguments) == 2
    assert two_nights.out == ""
    (line,) = two_nights.error.splitlines()
    assert line.startswith("popflow: ")
    assert said in line


def test_before_the_first_night_there_is_nothing_to_ask(popflow: Popflow) -> None:
    assert popflow("sql", "select 1") == 2
    assert "run popflow nightly first" in popflow.error


def test_debug_shows_where_an_error_came_from(popflow: Popflow) -> None:
    assert popflow("--debug", "sql", "select 1") == 2
    assert "Traceback" in popflow.error


@pytest.mark.parametrize(
    ("error", "code"),
    [(UsageError("x"), 2), (NightHeldError("x"), 3), (NightRunningError("x"), 4), (KeyError("x"), 1)],
)
def test_every_kind_of_error_has_its_exit_code(
    popflow: Popflow, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("popflow.night.run_night", fail)
    assert popflow("nightly") == code
    assert len(popflow.error.splitlines()) == 1


def test_sql_as_a_table(two_nights: Popflow) -> None:
    assert two_nights("sql", "select path, rows_in from ops.file order by path") == 0
    assert two_nights.out.splitlines() == [
        "path        rows_in",
        "----------  -------",
        "城东/a.txt  2",
        "城东/b.txt  2",
    ]


def test_sql_as_csv_json_and_parquet(two_nights: Popflow, tmp_path: Path) -> None:
    query = "select path, reported_on, null as nothing from ops.file order by path"
    outputs = {name: tmp_path / f"answer.{name}" for name in ("csv", "json", "parquet")}
    for name, path in outputs.items():
        assert two_nights("sql", query, "--format", name, "-o", str(path)) == 0

    assert outputs["csv"].read_text(encoding="utf-8").splitlines()[1] == '"城东/a.txt",2024-10-31,'
    assert json.loads(outputs["json"].read_text(encoding="utf-8"))[1]["reported_on"] == "2024-11-30"
    assert pq.read_table(outputs["parquet"]).num_rows == 2
    assert sorted(path.name for path in tmp_path.glob("*answer*")) == ["answer.csv", "answer.json", "answer.parquet"]


def test_sql_without_rows(two_nights: Popflow, tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    assert two_nights("sql", "select 1 as a where false", "--format", "json", "-o", str(path)) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == []


def test_a_long_answer_is_cut_on_the_terminal_and_says_so(two_nights: Popflow) -> None:
    assert two_nights("sql", "select * from range(1000)") == 0
    assert len(two_nights.out.splitlines()) == 203
    assert "--format csv gives all" in two_nights.out


def test_sql_on_an_older_version(two_nights: Popflow) -> None:
    assert two_nights("sql", "select count(*) as n from ops.file", "--snapshot", "20241101-01") == 0
    assert two_nights.out.splitlines()[-1] == "1"


def test_the_shell_answers_and_survives_mistakes(two_nights: Popflow, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = [
        *(".tables", ".schema ops.file", ".what", "select nonsense;", "select 1 + 1", "  as two;"),
        *("set threads = 1;", ".quit", "select 9"),
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed)))
    assert two_nights("shell") == 0
    assert "reported_on" in two_nights.out
    assert "the query does not work: Binder Error" in two_nights.out
    assert "two\n---\n2" in two_nights.out
    assert "configuration has been locked" in two_nights.out
    assert "9" not in two_nights.out.splitlines()[-1]


def test_versions_are_listed_compared_and_one_is_gone_back_to(two_nights: Popflow) -> None:
    two_nights("snapshots", "list")
    assert [line.split()[0] for line in two_nights.out.splitlines()[2:]] == ["20241101-01", "*"]
    two_nights("snapshots", "diff", "20241101-01", "20241201-01")
    assert "rows of ops.file" in two_nights.out
    assert two_nights("snapshots", "diff", "20241101-01", "20241101-01") == 0
    assert "same numbers" in two_nights.out

    before = content(two_nights.site, "20241101-01")
    assert two_nights("snapshots", "rollback", "20241101-01") == 0
    assert "taken later: 城东/b.txt" in two_nights.out
    assert content(two_nights.site) == before
    assert files_in(two_nights.site.folders.inbox) == []


def test_files_of_later_nights_can_be_put_back_then_or_afterwards(two_nights: Popflow) -> None:
    taken = content(two_nights.site)
    two_nights("snapshots", "rollback", "20241101-01")
    for restored in (1, 0):
        assert two_nights("snapshots", "rollback", "20241101-01", "--restore-files") == 0
        assert f"put {restored} files back" in two_nights.out
    assert files_in(two_nights.site.folders.inbox) == ["城东/b.txt"]

    assert two_nights("nightly", "--run-date", NOVEMBER) == 0
    again = content(two_nights.site)
    assert again["person_row"] == taken["person_row"]
    assert again["returned_match"] == taken["returned_match"]
    assert [row[:11] for row in again["file"]] == [row[:11] for row in taken["file"]], "also when they were received"


def test_the_vault_follows_a_rollback(two_nights: Popflow) -> None:
    """A returned row of the night gone back from is nobody's any more, and comes back with its list."""
    write_list(two_nights.site, "c.txt", [("-", "贝塔", "returned")], "2024-11-30")
    assert two_nights("nightly", "--run-date", NOVEMBER) == 0
    assert len(content(two_nights.site)["returned_match"]) == 1

    two_nights("snapshots", "rollback", "20241201-01")
    write_list(two_nights.site, "d.txt", [("-", "贝塔", "returned")], "2024-12-31")
    assert two_nights("nightly", "--run-date", DECEMBER) == 0
    assert len(content(two_nights.site)["returned_match"]) == 1


def test_old_versions_go_but_never_the_current_one_nor_what_it_lives_on(two_nights: Popflow) -> None:
    settings = two_nights.site.folders.settings_file
    text = settings.read_text(encoding="utf-8").replace("# keep = 30", "keep = 1")
    settings.write_text(text, encoding="utf-8")
    two_nights("snapshots", "rollback", "20241101-01")
    assert two_nights("snapshots", "prune") == 0
    assert "removed 0 versions" in two_nights.out, "the older one is current, the newer one is the one kept"

    two_nights("snapshots", "rollback", "20241201-01")
    originals = files_in(two_nights.site.folders.archive)
    assert two_nights("snapshots", "prune") == 0
    assert two_nights.out.strip() == "removed 1 versions: 20241101-01"
    assert [path.name for path in two_nights.site.folders.snapshots.iterdir()] == ["20241201-01"]
    assert len(list(two_nights.site.folders.vault.glob("*.sealed"))) == 2
    assert files_in(two_nights.site.folders.archive) == originals


def test_forms_are_listed(popflow: Popflow) -> None:
    assert popflow("forms") == 0
    assert "village_inflow" in popflow.out
    assert "流入人口登记表" in popflow.out


def test_tables_keep_columns_under_each_other_with_chinese_text() -> None:
    lines = table(("名称", "n"), [("庐江县", 1), ("a", None)]).splitlines()
    assert width("庐江县") == 6
    assert lines[2] == "庐江县  1"
    assert lines[0] == "名称    n"


def test_a_library_call_gives_the_record(site: Site) -> None:
    record = run_night(site, dt.date(2024, 11, 1))
    assert isinstance(record.ended, dt.datetime)


def test_every_command_has_help() -> None:
    context = click.Context(cli.popflow)
    names = cli.popflow.list_commands(context)
    assert set(names) >= {
        "init", "nightly", "status", "inspect", "sql", "shell", "od", "snapshots", "divisions", "forms", "demo",
    }  # fmt: skip
    assert all(cli.popflow.commands[name].help for name in names)
