"""A night as its steps see it: which site, which work folder, what it was begun with.

The steps of a night may run in one process or in several; everything they share is in the work folder, and a handle can
be made again from it anywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ingest.errors import NightHeldError, PopflowError, UsageError
from ingest.register import SHIPPED_REGISTER, register_query
from popflow.journal import StageRecord
from popflow.lock import Owner, step_of
from popflow.site import Site, open_site
from warehouse.disk import disk_full_is_said, read_json, write_json
from warehouse.folders import DATABASE_NAME, SiteFolders, WorkFolder

Kind = Literal["nightly", "divisions", "rotation"]
State = Literal["held", "failed"]


class Vintage(BaseModel):
    """What a night brings in about divisions: a register and its day, or, without a day, a table of changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    as_of: dt.date | None = None


class NightPlan(BaseModel):
    """What a night was begun with; written once into its work folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    night_id: str
    kind: Kind
    owner: Owner
    run_date: dt.date
    started: dt.datetime
    base_snapshot: str | None
    batch_sizes: tuple[int, ...] = ()
    vintage: Vintage | None = None
    # the tables about people are made for everybody, not only for the people the night touches
    rebuild: bool = False

    @property
    def files(self) -> int:
        """How many inbox files it goes through."""
        return sum(self.batch_sizes)


@dataclass(frozen=True)
class Night:
    """A night that has begun and not ended."""

    site: Site
    plan: NightPlan

    @property
    def night_id(self) -> str:
        """Its id, which becomes the snapshot's."""
        return self.plan.night_id

    @property
    def batches(self) -> range:
        """The numbers of its batches, for `land`."""
        return range(len(self.plan.batch_sizes))

    @property
    def folders(self) -> SiteFolders:
        """The site's folders."""
        return self.site.folders

    @property
    def work(self) -> WorkFolder:
        """Its work folder."""
        return work_folder(self.folders, self.night_id)

    @property
    def base(self) -> Path | None:
        """The published database it begins from; None on the first night."""
        if self.plan.base_snapshot is None:
            return None
        return self.folders.snapshots / self.plan.base_snapshot / DATABASE_NAME

    @property
    def register(self) -> str | Path:
        """The register the lists are read against: a published database, or a query on the one that ships."""
        return self.base or register_query(SHIPPED_REGISTER)


def work_folder(folders: SiteFolders, night_id: str) -> WorkFolder:
    """Return the work folder of a night."""
    return WorkFolder(folders.work / night_id)


def open_night(site: Site | Path, night_id: str) -> Night:
    """Make the handle of a night that has begun, in any process.

    Raises ``UsageError`` where there is no such night (any more).
    """
    opened = open_site(site) if isinstance(site, Path) else site
    try:
        plan = NightPlan.model_validate(read_json(work_folder(opened.folders, night_id).night_file))
    except FileNotFoundError as error:
        raise UsageError(f"night {night_id} is not running: it has ended, or it was never begun") from error
    return Night(opened, plan)


class Failure(BaseModel):
    """Why a night cannot go on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State
    cause: str


class StagePart(BaseModel):
    """One piece of work of a stage: when, and what came out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    begun: dt.datetime
    ended: dt.datetime
    counts: dict[str, int]


@contextmanager
def step(night: Night, stage: str, part: int = 0) -> Iterator[dict[str, int]]:
    """Run one step of a night: keep the site while it runs, note its time and counts, note why it failed.

    Yields the dictionary to put counts into.
    """
    with _site_kept(night), noted(night, stage, part) as counts:
        yield counts


@contextmanager
def noted(night: Night, stage: str, part: int = 0) -> Iterator[dict[str, int]]:
    """Note the time and counts of a step whose caller keeps the site already, and why it failed."""
    counts: dict[str, int] = {}
    begun = dt.datetime.now(dt.UTC)
    try:
        with disk_full_is_said(night.site.root):
            yield counts
    except PopflowError as error:
        _note_failure(night, error)
        raise
    entry = StagePart(stage=stage, begun=begun, ended=dt.datetime.now(dt.UTC), counts=counts)
    write_json(_stage_folder(night.work) / f"{begun:%Y%m%d%H%M%S%f}-{stage}-{part}.json", _plain(entry))


@contextmanager
def _site_kept(night: Night) -> Iterator[None]:
    if night.plan.owner == "process":  # the process that runs the night holds the site all along
        yield
        return
    with step_of(night.folders, night.night_id):
        yield


def _note_failure(night: Night, error: PopflowError) -> None:
    path = _failure_file(night.work)
    if night.work.path.exists() and not path.exists():
        state: State = "held" if isinstance(error, NightHeldError) else "failed"
        try:
            write_json(path, _plain(Failure(state=state, cause=str(error))))
        except OSError:
            return  # a full disk: the error itself says so


def _plain(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


def _stage_folder(work: WorkFolder) -> Path:
    folder = work.path / "stages"
    folder.mkdir(exist_ok=True)
    return folder


def _failure_file(work: WorkFolder) -> Path:
    return work.path / "failure.json"


def read_failure(work: WorkFolder) -> Failure | None:
    """Return why the night failed, where a step has said so."""
    path = _failure_file(work)
    return Failure.model_validate(read_json(path)) if path.exists() else None


def read_stages(work: WorkFolder) -> tuple[StageRecord, ...]:
    """Return the stages done so far, the parts of one stage taken together, in the order in which they began."""
    by_stage: dict[str, list[StagePart]] = {}
    for path in sorted((work.path / "stages").glob("*.json")):
        part = StagePart.model_validate(read_json(path))
        by_stage.setdefault(part.stage, []).append(part)
    return tuple(_together(stage, parts) for stage, parts in by_stage.items())


def _together(stage: str, parts: list[StagePart]) -> StageRecord:
    counts: dict[str, int] = {}
    for part in parts:
        for name, count in part.counts.items():
            counts[name] = counts.get(name, 0) + count
    seconds = (max(part.ended for part in parts) - min(part.begun for part in parts)).total_seconds()
    return StageRecord(stage=stage, seconds=round(seconds, 3), counts=counts)
