"""A night killed at any boundary: the next night gives the warehouse an undisturbed one would have given."""

from __future__ import annotations

import datetime as dt
import os
import signal
from pathlib import Path

import pytest
from night_fakes import ANNA, BERTA, CARLA, CrashAt, content, copy_of, files_in, write_list

from ingest.errors import NightRunningError
from popflow.beginning import recover
from popflow.journal import records
from popflow.lock import read_lease, running_night
from popflow.night import run_night
from popflow.site import Site, init_site, open_site
from warehouse.archive import read_original, set_aside_name
from warehouse.disk import read_json

OCTOBER, NOVEMBER = dt.date(2024, 11, 1), dt.date(2024, 12, 1)
BEFORE_THE_SWAP = (
    "begun",
    "land",
    "gate in",
    "build",
    "gate out",
    "snapshot prepared",
    "vault segments kept",
    "originals kept",
    "snapshot in place",
)
AFTER_THE_SWAP = ("published", "finished")


class Killed(BaseException):
    """Stands for what no handler inside a night may catch."""


@pytest.fixture(scope="module")
def site_of_one_night(tmp_path_factory: pytest.TempPathFactory, fakes_of_module: None) -> Site:
    """Make a site with a published night, and lists in its inbox for the next one."""
    site = init_site(tmp_path_factory.mktemp("one-night") / "site", "340124")
    write_list(site, "城东/a.txt", [(ANNA, "安娜", "ok"), (BERTA, "贝塔", "ok")])
    run_night(site, OCTOBER)
    write_list(site, "城东/b.txt", [(ANNA, "安娜", "ok"), ("-", "贝塔", "returned")], "2024-11-30")
    write_list(site, "城西/c.txt", [(CARLA, "卡拉", "ok")], "2024-11-30", unit="340124100002")
    return open_site(site.root)


@pytest.fixture
def filled(site_of_one_night: Site, fakes: None, tmp_path: Path) -> Site:
    return copy_of(site_of_one_night, tmp_path / "site")


def _kill_a_night(site: Site, boundary: str) -> int:
    """Run the night in a child that kills itself with SIGKILL at a boundary; return how it ended."""
    child = os.fork()
    if child == 0:
        try:
            run_night(site, NOVEMBER, CrashAt(boundary, lambda: os.kill(os.getpid(), signal.SIGKILL)))
        finally:
            os._exit(7)
    return os.waitpid(child, 0)[1]


@pytest.fixture(scope="module")
def undisturbed(site_of_one_night: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    calm = copy_of(site_of_one_night, tmp_path_factory.mktemp("calm") / "site")
    run_night(calm, NOVEMBER)
    return calm


def _without_times(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """Leave out when files arrived: the two sites were filled one after the other."""
    found = content(site)
    return {
        **found,
        "file": [tuple(cell for cell in row if not isinstance(cell, dt.datetime)) for row in found["file"]],
    }


@pytest.mark.parametrize("boundary", BEFORE_THE_SWAP + AFTER_THE_SWAP)
def test_a_killed_night_leaves_no_trace_in_the_next(filled: Site, undisturbed: Site, boundary: str) -> None:
    yesterday = content(filled)
    before = files_in(filled.folders.inbox)

    assert os.WTERMSIG(_kill_a_night(filled, boundary)) == signal.SIGKILL

    if boundary in BEFORE_THE_SWAP:
        assert content(filled) == yesterday
        assert files_in(filled.folders.inbox) == before, "nothing has left the inbox"
        run_night(filled, NOVEMBER)
    else:
        recover(filled.folders)  # what the next night does first

    assert _without_times(filled) == _without_times(undisturbed)
    assert files_in(filled.folders.inbox) == []
    assert files_in(filled.folders.outbox) == files_in(undisturbed.folders.outbox) != []
    for row in content(filled)["file"]:
        assert read_original(filled.folders, str(row[2]), filled.key)
    _assert_tidy(filled)


def _assert_tidy(site: Site) -> None:
    """The vault has the live segments and no other, no work is left, every version is one that was published."""
    live = set(read_json(site.folders.current / "manifest.json")["vault_segments"])
    named = {
        name
        for snapshot in site.folders.snapshots.iterdir()
        for name in read_json(snapshot / "manifest.json")["vault_segments"]
    }
    assert {path.name for path in site.folders.vault.glob("*.sealed")} == named >= live
    assert not any(site.folders.work.iterdir())
    assert read_lease(site.folders) is None
    assert {path.name for path in site.folders.snapshots.iterdir()} == {
        record.night_id for record in records(site.folders) if record.state == "published"
    }


@pytest.mark.parametrize("boundary", ["build", "originals kept", "published"])
def test_a_stopped_night_puts_itself_in_order(filled: Site, boundary: str) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_night(filled, NOVEMBER, CrashAt(boundary, stop))

    last = records(filled.folders)[-1]
    assert last.state == ("published" if boundary == "published" else "failed")
    assert not any(filled.folders.work.iterdir())
    run_night(filled, NOVEMBER)
    _assert_tidy(filled)
    assert len(content(filled)["file"]) == 3


def test_a_death_in_the_middle_of_emptying_the_inbox_loses_no_newer_file(
    filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender's newer file was set aside just before the night died: it comes back and is taken by the next."""
    newer = write_list(filled, "城东/b.txt", [(ANNA, "安娜", "ok")], "2024-11-29").read_bytes()
    write_list(filled, "城东/b.txt", [(ANNA, "安娜", "ok"), ("-", "贝塔", "returned")], "2024-11-30")

    def die_while_removing(path: Path, sha256: str) -> bool:
        if path.name == "b.txt":
            path.write_bytes(newer)
            path.replace(set_aside_name(path))
            raise Killed
        return True

    monkeypatch.setattr("warehouse.archive._remove_taken", die_while_removing)
    monkeypatch.setattr("popflow.night._give_up", lambda *_: None)
    with pytest.raises(Killed):
        run_night(filled, NOVEMBER)
    monkeypatch.undo()
    assert "城东/b.txt" not in files_in(filled.folders.inbox)

    recover(filled.folders)
    assert (filled.folders.inbox / "城东" / "b.txt").read_bytes() == newer


def test_a_second_night_is_told_whose_it_is_and_since_when(site: Site) -> None:
    ready, release = os.pipe(), os.pipe()

    def wait() -> None:
        os.write(ready[1], b"x")
        os.read(release[0], 1)

    child = os.fork()
    if child == 0:
        try:
            run_night(site, OCTOBER, CrashAt("build", wait))
        finally:
            os._exit(0)
    os.read(ready[0], 1)
    try:
        with pytest.raises(NightRunningError, match=r"night 20241101-01 has been running since 20\d\d-.*wait"):
            run_night(site, OCTOBER)
        running = running_night(site.folders)
        assert running is not None
        assert running.pid == child
    finally:
        os.write(release[1], b"x")
        os.waitpid(child, 0)

    assert records(site.folders)[-1].state == "published"
    assert running_night(site.folders) is None
    assert run_night(site, OCTOBER).night_id == "20241101-02"
