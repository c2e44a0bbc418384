"""The log of a site: one JSON file per night with its stages, times and counts. Never a value of a person."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.disk import read_json, write_json
from warehouse.folders import SiteFolders

State = Literal["published", "held", "failed"]


class StageRecord(BaseModel):
    """One stage of a night."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    seconds: float
    counts: dict[str, Any] = {}


class NightRecord(BaseModel):
    """What there is to say about a night that has ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    night_id: str
    kind: str
    state: State
    run_date: dt.date
    started: dt.datetime
    ended: dt.datetime
    causes: tuple[str, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    files_changed_meanwhile: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def write_record(folders: SiteFolders, record: NightRecord) -> Path:
    """Write the record of a night."""
    path = folders.log / f"{record.night_id}.json"
    write_json(path, record.model_dump(mode="json"))
    return path


def write_event(folders: SiteFolders, event: str, **details: object) -> Path:
    """Note what an operator did to the published versions beside the nights."""
    now = dt.datetime.now(dt.UTC)
    path = folders.log / f"{event}-{now:%Y%m%dT%H%M%S%f}.json"
    write_json(path, {"event": event, "at": now.isoformat(), **details})
    return path


def read_record(folders: SiteFolders, night_id: str) -> NightRecord | None:
    """Return the record of a night, if it has one."""
    return _read(folders.log / f"{night_id}.json")


def records(folders: SiteFolders) -> list[NightRecord]:
    """Return the records of all nights, in the order of their ids."""
    found = (_read(path) for path in sorted(folders.log.glob("*.json")))
    return [record for record in found if record is not None]


def _read(path: Path) -> NightRecord | None:
    try:
        return NightRecord.model_validate(read_json(path))
    except (FileNotFoundError, ValueError, ValidationError):
        return None


def last_seconds(folders: SiteFolders) -> dict[str, float]:
    """Return how long each stage took in the last published night."""
    published = [record for record in records(folders) if record.state == "published" and record.kind == "nightly"]
    return {stage.stage: stage.seconds for stage in published[-1].stages} if published else {}


def next_night_id(folders: SiteFolders, run_date: dt.date) -> str:
    """Return the first free id of a date: no log, no snapshot has it."""
    prefix = f"{run_date:%Y%m%d}-"
    names = [path.stem for path in folders.log.glob(f"{prefix}*.json")]
    names += [path.name for path in folders.snapshots.glob(f"{prefix}*")]
    taken = [int(name.removeprefix(prefix)) for name in names if name.removeprefix(prefix).isdigit()]
    return f"{prefix}{max(taken, default=0) + 1:02d}"
