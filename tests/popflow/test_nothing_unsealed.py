"""Identities are worked on in memory: nothing that says one lies on the disk unsealed while a night works or after."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import duckdb
import pytest
from night_fakes import ANNA, BERTA, write_list

from popflow.night import run_night
from popflow.rotation import rotate_key
from popflow.site import Site, open_site
from warehouse import vault
from warehouse.vault import open_in_memory, rekeying
from warehouse.working_copy import make_working_copy

OCTOBER = dt.date(2024, 11, 1)
NAMES = ("欧阳慕雪", "诸葛明月", "司马青云")
# What the senders wrote, and what the gate hands on until the night ends, in the work folder of the account alone.
BEFORE_THE_VAULT = ("inbox", "landed", "gated")


def _unsealed(*folders: Path) -> list[Path]:
    """Return the files of these folders in which a name or a number can be read."""
    texts = [text.encode() for text in (*NAMES, ANNA, BERTA)]
    files = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not set(BEFORE_THE_VAULT) & set(path.parts)
    ]
    assert files
    return [path for path in files if any(text in path.read_bytes() for text in texts)]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, and the one DuckDB would spill to by itself: that it was started in."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    (folder / "something").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.chdir(folder)
    return folder


def test_nothing_unsealed_is_on_the_disk_while_a_night_works_or_after(
    site: Site, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Path] = []
    looked: list[int] = []
    ask = vault.ask_senders

    def look_first(connection: duckdb.DuckDBPyConnection, *others: object) -> int:
        """All is in memory at this moment: tonight's rows, and the profiles of everybody."""
        looked.append(len(connection.execute("FROM known").fetchall()))
        connection.execute("CHECKPOINT warehouse")
        found.extend(_unsealed(site.root, scratch))
        return ask(connection, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(vault, "ask_senders", look_first)
    write_list(site, "a.txt", [(ANNA, NAMES[0], "ok"), (BERTA, NAMES[1], "ok")])
    run_night(site, OCTOBER)
    write_list(site, "b.txt", [("-", NAMES[2], "ok"), ("-", NAMES[0], "returned")], unit="340124100002")
    run_night(site, OCTOBER)

    assert looked == [2, 3]
    assert found == []
    assert _unsealed(site.root, scratch) == []


def test_new_pseudonyms_leave_nothing_unsealed(site: Site, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_list(site, "a.txt", [(ANNA, NAMES[0], "ok"), ("-", NAMES[1], "ok")])
    run_night(site, OCTOBER)
    found: list[list[Path]] = []
    replace = rekeying._replace_keys

    def look_first(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
        found.append(_unsealed(site.root, scratch))
        replace(connection, table, column)

    monkeypatch.setattr(rekeying, "_replace_keys", look_first)
    rotate_key(open_site(site.root), pseudonyms=True)
    assert len(found) > 5
    assert not any(found)
    assert _unsealed(site.root, scratch) == []


def test_identities_that_do_not_fit_into_memory_are_not_written_anywhere(tmp_path: Path, scratch: Path) -> None:
    database = tmp_path / "popflow.duckdb"
    make_working_copy(database, None)
    with open_in_memory(database) as connection:
        connection.execute("SET memory_limit = '50MB'")
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute(
                f"CREATE TABLE many AS SELECT '{NAMES[0]}' || hash(i) AS name FROM range(9000000) AS r(i)"
            )
        assert _unsealed(tmp_path) == []
    assert [path.name for path in scratch.iterdir()] == ["something"]
