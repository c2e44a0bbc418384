"""A real night in a process of its own, killed while it reads, and run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from popflow.journal import records
from popflow.lock import running_night
from popflow.site import Site
from popflow.synthetic.demo import make_demo
from popflow.synthetic.population import Scale
from warehouse.access import open_current

RUN_DATE = "2024-10-31"


def _begin_a_night(site: Site) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "popflow.cli", "--site", str(site.root), "nightly", "--run-date", RUN_DATE]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - a command of the test itself


def _wait_for(night: subprocess.Popen[str], line: str) -> None:
    assert night.stderr is not None
    for said in night.stderr:
        if said.startswith(line):
            return
    raise AssertionError(f"the night ended before it said {line}")


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    if not path.exists():
        pytest.skip("needs /proc")
    return [int(each) for each in path.read_text(encoding="ascii").split()]


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
@pytest.mark.parametrize("line", ["land …", "build …"])
def test_a_killed_night_is_run_again(tmp_path: Path, line: str) -> None:
    demo = make_demo(tmp_path / "site", Scale(), villages=4)
    site = demo.site
    settings = site.folders.settings_file
    text = settings.read_text(encoding="utf-8").replace("# files_per_batch = 100", "files_per_batch = 5")
    settings.write_text(text, encoding="utf-8")
    waiting = demo.arrive(1)
    night = _begin_a_night(site)
    _wait_for(night, line)
    assert running_night(site.folders) is not None
    readers = _children(night.pid)
    os.kill(night.pid, signal.SIGKILL)
    night.wait()

    deadline = time.monotonic() + 30
    while not all(map(_is_gone, readers)):
        assert time.monotonic() < deadline, "the processes that read files outlive their night"
        time.sleep(0.1)  # other processes end in their own time
    assert list(site.folders.snapshots.iterdir()) == []
    assert records(site.folders) == []
    assert len([path for path in site.folders.inbox.rglob("*") if path.is_file()]) == waiting
    assert running_night(site.folders) is None

    again = _begin_a_night(site)
    out, error = again.communicate()
    assert again.returncode == 0, error
    assert out.startswith("published 20241031-01")
    with open_current(site.folders.warehouse) as connection:
        files, unequal = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE rows_in <> rows_accepted + rows_returned + rows_duplicate) "
            "FROM ops.file"
        ).fetchall()[0]
    assert (files, unequal) == (waiting, 0)
