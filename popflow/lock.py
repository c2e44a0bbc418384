"""One night per site at a time.

Two things together say whose night it is. The kernel's lock on a file is held by the process that works on the site
and vanishes with it. The lease, a small record, says which night it is and bridges the gaps between the steps of a
scheduled night, whose processes come and go. A free lock and an expired (or one process's) lease mean that its owner
is dead.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.errors import NightRunningError
from warehouse.disk import read_json, write_json
from warehouse.folders import SiteFolders

Owner = Literal["process", "airflow"]


class Lease(BaseModel):
    """Whose night it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    night_id: str
    owner: Owner
    pid: int
    host: str
    started: dt.datetime
    renewed: dt.datetime
    minutes: int

    def is_alive(self, now: dt.datetime) -> bool:
        """Whether the lease holds by itself; one process's lease never does, its lock does."""
        return self.owner == "airflow" and now < self.renewed + dt.timedelta(minutes=self.minutes)


def read_lease(folders: SiteFolders) -> Lease | None:
    """Return the lease there is; one that cannot be read is the rest of a crash."""
    try:
        return Lease.model_validate(read_json(folders.lease_file))
    except (FileNotFoundError, ValueError, ValidationError):
        return None


def new_lease(night_id: str, owner: Owner, minutes: int) -> Lease:
    """Return a lease for a night that begins now in this process."""
    now = _now()
    return Lease(
        night_id=night_id,
        owner=owner,
        pid=os.getpid(),
        host=socket.gethostname(),
        started=now,
        renewed=now,
        minutes=minutes,
    )


@contextmanager
def site_to_itself(folders: SiteFolders) -> Iterator[None]:
    """Hold the site alone: no night runs, and none begins until this ends.

    Raises ``NightRunningError`` where one runs.
    """
    with _locked(folders, fcntl.LOCK_EX):
        lease = read_lease(folders)
        if lease is not None and lease.is_alive(_now()):
            raise _running(lease)
        yield


@contextmanager
def step_of(folders: SiteFolders, night_id: str) -> Iterator[None]:
    """Hold the site for one step of a scheduled night, whose other steps may run beside it, and renew its lease.

    Raises ``NightRunningError`` where the night is no longer the one that holds the site.
    """
    with _locked(folders, fcntl.LOCK_SH):
        _renew(folders, night_id)
        yield
        _renew(folders, night_id)


def take_lease(folders: SiteFolders, lease: Lease) -> None:
    """Write the lease; the caller holds the site alone."""
    write_json(folders.lease_file, lease.model_dump(mode="json"))


def release_lease(folders: SiteFolders, night_id: str) -> None:
    """Give the site back, if this night still holds it."""
    lease = read_lease(folders)
    if lease is not None and lease.night_id == night_id:
        folders.lease_file.unlink(missing_ok=True)


def _renew(folders: SiteFolders, night_id: str) -> None:
    lease = read_lease(folders)
    if lease is None or lease.night_id != night_id:
        owner = "nobody" if lease is None else f"night {lease.night_id}"
        raise NightRunningError(f"night {night_id} has lost the site to {owner}: start a new night")
    take_lease(folders, lease.model_copy(update={"renewed": _now()}))


@contextmanager
def _locked(folders: SiteFolders, kind: int) -> Iterator[None]:
    descriptor = os.open(folders.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _running(read_lease(folders)) from error
        yield
    finally:
        os.close(descriptor)


def _running(lease: Lease | None) -> NightRunningError:
    if lease is None:
        return NightRunningError("another popflow command is working on this site: wait until it has ended")
    since = lease.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return NightRunningError(
        f"night {lease.night_id} has been running since {since} on {lease.host} (process {lease.pid}): "
        "wait until it has ended"
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def running_night(folders: SiteFolders) -> Lease | None:
    """Return the lease of the night that runs at the moment; for showing, never for deciding."""
    lease = read_lease(folders)
    if lease is None or lease.is_alive(_now()):
        return lease
    return lease if lease.owner == "process" and _process_lives(lease) else None


def _process_lives(lease: Lease) -> bool:
    if lease.host != socket.gethostname():
        return False
    try:
        os.kill(lease.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
