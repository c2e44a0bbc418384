"""The clumsiest operator: every slip of the command line is one clear line, and does nothing to the site."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from messy_files import Crowd, inflow, refused_files, sheet_bytes
from office_nights import Office, run, village_list

from popflow.journal import records
from popflow.lock import site_to_itself
from popflow.site import Site, open_site

FIRST, SECOND = "2024-11-01", "2024-12-06"
INSPECTED = ("坏/密码.xls", "坏/错列.xlsx", "坏/炸弹.xlsx")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A site after one night with a good list and a few that went back."""
    office = Office.new(tmp_path_factory.mktemp("office") / "site")
    for path, content, rule, words in refused_files(office.crowd):
        if path in INSPECTED:
            office.send(path, content)
            office.refused[path] = rule, words
    office.send("好/新桥.xlsx", sheet_bytes(village_list(office.crowd.rows(), "新桥村")))
    assert office.night(SECOND).code == 0
    return office


@pytest.mark.parametrize("path", ["坏/密码.xls", "坏/错列.xlsx", "坏/炸弹.xlsx"])
def test_inspect_says_what_is_wrong_with_a_file(office: Office, tmp_path: Path, path: str) -> None:
    file = tmp_path / Path(path).name
    file.write_bytes(office.sent[path])
    said = run("--site", office.site.root, "inspect", file)
    assert said.code == 0
    assert "the night would return the whole file" in said.out
    assert "returned, 1 ×: " in said.out
    assert office.refused[path][1] in said.out
    assert not any(secret in said.out for secret in office.crowd.secrets())


WRITING = (
    "CREATE TABLE t AS SELECT 1", "INSERT INTO raw.file SELECT * FROM raw.file", "DELETE FROM ops.file",
    "DROP TABLE ops.file", "UPDATE core.stay SET forms = NULL", "ATTACH '{outside}.duckdb' AS y",
    "COPY (SELECT 1) TO '{outside}.csv'", "SELECT * FROM read_csv('/etc/passwd')", "FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM glob('/*')", "SET enable_external_access = true",
    "EXPORT DATABASE '{outside}'", "INSTALL httpfs", "LOAD httpfs", "SELECT 1; DROP TABLE ops.file",
)  # fmt: skip


@pytest.mark.parametrize("query", WRITING)
def test_sql_only_reads(office: Office, tmp_path: Path, query: str) -> None:
    said = run("--site", office.site.root, "sql", query.format(outside=tmp_path / "out"))
    assert (said.code, said.out) == (2, "")
    assert said.error.startswith("popflow: the query does not work: ")
    assert list(tmp_path.iterdir()) == []


WRONG_SETTINGS = (
    ("[intake]", "[intake]\nprocesess = 3", "there is no setting intake.processes"),
    ("[intake]", "[intake]\nprocesses = 0", "intake.processes = 0 does not fit"),
    ("[snapshots]", "[snapshot]", "there is no setting snapshot"),
    ('"340124000000"', '"34"', "site.division = '34' does not fit"),
    ("[site]", "[site", "cannot be read as TOML"),
)


@pytest.fixture
def empty_site(tmp_path: Path) -> Site:
    root = tmp_path / "site"
    assert run("init", root, "--division", "340124").code == 0
    site = open_site(root)
    (site.folders.inbox / "a.xlsx").write_bytes(sheet_bytes(inflow(Crowd().rows())))
    return site


def _nothing_happened(site: Site) -> None:
    assert [path.name for path in site.folders.inbox.iterdir()] == ["a.xlsx"]
    assert list(site.folders.snapshots.iterdir()) == []
    assert not site.folders.work.exists() or list(site.folders.work.iterdir()) == []
    assert list(site.folders.outbox.iterdir()) == []


@pytest.mark.parametrize(("old", "new", "line"), WRONG_SETTINGS)
def test_a_wrong_setting_is_named(empty_site: Site, old: str, new: str, line: str) -> None:
    file = empty_site.folders.settings_file
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    said = run("--site", empty_site.root, "nightly", "--run-date", FIRST)
    assert said.code == 2
    assert line[:30] in said.error
    _nothing_happened(empty_site)


def _loosen(key: Path) -> None:
    key.chmod(0o644)


def _cut(key: Path) -> None:
    key.write_bytes(b"short")


@pytest.mark.parametrize(
    ("spoil", "line"),
    [(Path.unlink, "is missing: restore it"), (_loosen, "run chmod 600"), (_cut, "is damaged (5 bytes")],
)
def test_a_wrong_key_ends_the_night_before_it_begins(empty_site: Site, spoil: object, line: str) -> None:
    spoil(empty_site.folders.key_file)
    said = run("--site", empty_site.root, "nightly", "--run-date", FIRST)
    assert said.code == 2
    assert line in said.error
    assert records(empty_site.folders) == []
    _nothing_happened(empty_site)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--site", "/nonexistent", "nightly"), "is missing: popflow init makes a site"),
        (("--site", "/etc/passwd", "nightly"), "name the folder of a site"),
        (("init", "/proc/site", "--division", "340124"), "choose another folder"),
        (("init", "{site}", "--division", "340124"), "is not empty"),
        (("--site", "{site}", "nightly", "--run-date", "2024-13-01"), "is not a date: write it like 2024-10-31"),
        (("--site", "{site}", "nightly", "--run-date", "9999-12-31"), "lies in the future"),
        (("--site", "{site}", "nightly", "--run-date", "2024-10-01"), "would go back in time"),
        (("--site", "{site}", "inspect", "/nonexistent"), "does not exist"),
        (("--site", "{site}", "inspect", "/"), "is a directory"),
        (("--site", "{site}", "divisions", "import", "/nonexistent.csv", "--as-of", "2024-01-01"), "does not exist"),
    ],
)
def test_a_slip_of_the_operator_is_one_line(office: Office, arguments: tuple[str, ...], line: str) -> None:
    said = run(*(each.format(site=office.site.root) for each in arguments))
    assert said.code == 2
    assert line in said.error


def test_a_second_night_is_turned_away(empty_site: Site) -> None:
    command = [sys.executable, "-m", "popflow.cli", "--site", str(empty_site.root), "nightly", "--run-date", FIRST]
    with site_to_itself(empty_site.folders):
        second = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a command of the test itself
    assert second.returncode == 4
    assert second.stderr.splitlines()[-1].startswith("popflow: ")
    assert "wait until it has ended" in second.stderr
    _nothing_happened(empty_site)


def test_a_disk_that_fills_up_while_originals_are_sealed_returns_nothing_to_senders(
    empty_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingest.landing.seal_original", fill)
    said = run("--site", empty_site.root, "nightly", "--run-date", FIRST)
    assert said.code == 1
    assert "no space left on the disk of" in said.error
    _nothing_happened(empty_site)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False)  # noqa: S603 - a command of the test itself
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


def test_a_disk_that_is_full_undoes_the_night(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = small_disk / "site"
    run("init", root, "--division", "340124")
    site = open_site(root)
    (site.folders.inbox / "a.xlsx").write_bytes(sheet_bytes(inflow(Crowd().rows())))

    before = run("--site", root, "nightly", "--run-date", FIRST)
    assert before.code == 1
    assert "not enough room on the disk of" in before.error
    monkeypatch.setattr("warehouse.disk.RESERVE_BYTES", 0)
    meanwhile = run("--site", root, "nightly", "--run-date", FIRST)
    assert meanwhile.code == 1
    assert "no space left on the disk of" in meanwhile.error
    _nothing_happened(site)


def test_a_fault_of_popflow_shows_nobody(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Crowd().invent(1)[0]

    def fail(*_: object) -> None:
        raise ValueError(f"cannot read {person.number} of {person.name}")

    monkeypatch.setattr("popflow.night.gate_in", fail)
    said = run("--site", empty_site.root, "nightly", "--run-date", FIRST)
    assert said.code == 1
    assert said.error == "popflow: unexpected ValueError: this is a fault in popflow (--debug shows where)"
    _nothing_happened(empty_site)
