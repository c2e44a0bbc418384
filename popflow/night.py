"""A night, end to end: the steps in their order, in one process or step by step from a scheduler.

`run_night` holds the site from the first step to the last; a scheduler calls `begin_scheduled`, then `land` for each
batch, `gate_in`, `build`, `gate_out` and `publish`, each with `open_night`, and `abandon` where one of them failed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from pathlib import Path

from ingest.errors import NightHeldError, PopflowError
from popflow.beginning import begin, begin_scheduled, conclude, recover
from popflow.handle import Failure, Night, Vintage, open_night, read_failure, read_stages
from popflow.journal import NightRecord, write_record
from popflow.lock import release_lease, site_to_itself
from popflow.progress import NightProgress, Silent
from popflow.site import Site
from popflow.steps import build, gate_in, gate_out, land, publish
from warehouse.access import current_snapshot
from warehouse.disk import disk_full_is_said, read_json
from warehouse.publishing import deliver_slips, wipe

# What it takes to start one more process that reads files is worth this many small files, or this much of large ones.
FILES_WORTH_A_PROCESS = 200
MEBIBYTES_WORTH_A_PROCESS = 8

__all__ = [
    "Night",
    "abandon",
    "begin",
    "begin_scheduled",
    "build",
    "gate_in",
    "gate_out",
    "import_changes",
    "import_divisions",
    "land",
    "open_night",
    "publish",
    "recover",
    "run_night",
]


def run_night(
    site: Site, run_date: dt.date, progress: NightProgress | None = None, *, rebuild: bool = False
) -> NightRecord:
    """Run a whole night in this process and return its record.

    With ``rebuild`` the tables about people are made for everybody, not only for those whom the night touches.

    Raises ``NightHeldError`` where a gate held it, ``NightRunningError`` where another one runs.
    """
    shown = progress or Silent()
    with site_to_itself(site.folders), disk_full_is_said(site.root):
        shown.begin("begin")
        night = begin(site, run_date, rebuild=rebuild)
        return _run(night, shown)


def import_divisions(
    site: Site, file: Path, as_of: dt.date, run_date: dt.date, progress: NightProgress | None = None
) -> NightRecord:
    """Bring a vintage of the division register into the warehouse: a night without lists."""
    return _bring_in(site, Vintage(file=file.resolve(), as_of=as_of), run_date, progress)


def import_changes(site: Site, file: Path, run_date: dt.date, progress: NightProgress | None = None) -> NightRecord:
    """Bring a table of changes of divisions into the warehouse: a night without lists."""
    return _bring_in(site, Vintage(file=file.resolve()), run_date, progress)


def _bring_in(site: Site, vintage: Vintage, run_date: dt.date, progress: NightProgress | None) -> NightRecord:
    shown = progress or Silent()
    with site_to_itself(site.folders), disk_full_is_said(site.root):
        shown.begin("begin")
        return _run(begin(site, run_date, kind="divisions", vintage=vintage), shown)


def _run(night: Night, shown: NightProgress) -> NightRecord:
    stages: list[tuple[str, int | None, Callable[[], object]]] = [
        ("land", night.plan.files, lambda: land_all(night, shown)),
        ("gate in", None, lambda: gate_in(night)),
        ("build", None, lambda: build(night)),
        ("gate out", None, lambda: gate_out(night)),
    ]
    try:
        shown.end("begin", _since(night), f"night {night.night_id}, {night.plan.files:,} files")
        shown.reached("begun")
        for stage, total, work in stages:
            shown.begin(stage, total)
            begun = time.monotonic()
            work()
            shown.end(stage, time.monotonic() - begun, _says(night, stage))
            shown.reached(stage)
        shown.begin("publish")
        begun = time.monotonic()
        record = publish(night, shown)
    except BaseException as error:
        _give_up(night, error)
        raise
    shown.end("publish", time.monotonic() - begun, f"snapshot {record.night_id}")
    return record


def _since(night: Night) -> float:
    return (dt.datetime.now(dt.UTC) - night.plan.started).total_seconds()


def _says(night: Night, stage: str) -> str:
    counts = next((each.counts for each in read_stages(night.work) if each.stage == stage), {})
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())


def land_all(night: Night, shown: NightProgress) -> None:
    """Land every batch, in several processes where there is enough to read."""
    processes = min(night.site.settings.intake.processes, _processes_worth_starting(night))
    if processes <= 1:
        for batch in night.batches:
            land(night, batch)
            shown.advance(night.plan.batch_sizes[batch])
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_end_with_parent) as pool:
        waiting = {
            pool.submit(_land_elsewhere, night.site.root, night.night_id, batch): batch for batch in night.batches
        }
        try:
            for done in as_completed(waiting):
                done.result()
                shown.advance(night.plan.batch_sizes[waiting[done]])
        except BrokenProcessPool as error:
            raise PopflowError(
                "a process that reads files was ended from outside (out of memory?): the night was undone; "
                "set intake.processes = 1 in popflow.toml or make room, and start it again"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _processes_worth_starting(night: Night) -> int:
    """Return how many processes have enough to read."""
    found = [each for batch in night.batches for each in read_json(night.work.batches / f"{batch}.json")]
    mebibytes = int(sum(each["size_bytes"] for each in found)) >> 20
    return min(len(night.batches), max(len(found) // FILES_WORTH_A_PROCESS, mebibytes // MEBIBYTES_WORTH_A_PROCESS))


def _land_elsewhere(root: Path, night_id: str, batch: int) -> None:
    land(open_night(root, night_id), batch)


def _end_with_parent() -> None:
    """Let this process end when the night's process dies, however it dies: nobody would wait for its work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def abandon(night: Night, error: BaseException | None = None) -> NightRecord | None:
    """Close a night that cannot go on: nothing of it stays but its log and, where a gate held it, its slips.

    A night that was published already is finished instead. Does nothing for a night that has ended.
    """
    if not night.work.path.exists():
        return None
    published = current_snapshot(night.folders)
    if published is not None and published.name == night.night_id:
        return conclude(night.folders, night.night_id)
    failure = read_failure(night.work) or _failure_of(error)
    record = NightRecord(
        night_id=night.night_id,
        kind=night.plan.kind,
        state=failure.state,
        run_date=night.plan.run_date,
        started=night.plan.started,
        ended=dt.datetime.now(dt.UTC),
        causes=(failure.cause,),
        stages=read_stages(night.work),
    )
    if failure.state == "held":
        deliver_slips(night.folders, night.work)
    wipe(night.work.path)
    write_record(night.folders, record)
    release_lease(night.folders, night.night_id)
    return record


def _failure_of(error: BaseException | None) -> Failure:
    if isinstance(error, PopflowError):
        return Failure(state="held" if isinstance(error, NightHeldError) else "failed", cause=str(error))
    # The text of an unforeseen error may hold a value of a person; its kind does not.
    kind = "it was stopped" if error is None else f"unexpected {type(error).__name__}"
    return Failure(state="failed", cause=kind)


def _give_up(night: Night, error: BaseException) -> None:
    # What cannot be put in order now (a full disk) is put in order by the next night.
    with contextlib.suppress(OSError):
        abandon(night, error)
