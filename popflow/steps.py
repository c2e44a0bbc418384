"""The steps of a night after its beginning, each a plain function on a handle.

A step reads files in the work folder and writes files in the work folder; only `publish` changes the site. Each can be
run again after it failed, and in a process of its own.
"""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq

from ingest.keys import load_key
from ingest.safe_text import shown_path
from popflow.handle import Night, step
from popflow.inbox import Found
from popflow.journal import NightRecord
from popflow.known import write_known_rows
from popflow.progress import NightProgress, Silent
from warehouse import gate_out as gate
from warehouse.access import current_snapshot
from warehouse.archive import is_kept
from warehouse.checks import CheckResult, read_results, write_results
from warehouse.decisions import load_decisions
from warehouse.disk import read_json, write_json
from warehouse.load import NightFacts, load_night
from warehouse.manifest import Manifest, TakenFile, read_manifest
from warehouse.publishing import live_segments
from warehouse.publishing import publish as publish_snapshot
from warehouse.working_copy import make_working_copy

if TYPE_CHECKING:
    from quality.gate_in import GateInSummary

VERSIONED = ("popflow", "duckdb", "dbt-core", "dbt-duckdb", "great-expectations")


def land(night: Night, batch: int) -> dict[str, int]:
    """Read one batch of inbox files into landed rows, and seal their originals."""
    from ingest.landing import InboxFile, LandingContext, land_batch

    with step(night, "land", batch) as counts:
        found = [Found.model_validate(each) for each in read_json(night.work.batches / f"{batch}.json")]
        context = LandingContext(
            home_code=night.site.settings.site.division,
            units_path=night.work.units,
            elsewhere_path=night.work.units_elsewhere,
            known_files=night.work.known_files,
            originals=night.work.originals,
            key=night.site.key,
        )
        files = [InboxFile(night.folders.inbox / each.path, each.path) for each in found]
        summary = land_batch(files, night.work.landed / str(batch), context)
        counts.update(files=summary.files, rows=summary.rows, unreadable=summary.returned, still_changing=summary.left)
    return counts


def gate_in(night: Night) -> dict[str, int]:
    """Judge everything landed, row by row."""
    with step(night, "gate in") as counts:
        if night.plan.files == 0:
            return counts  # nothing to judge; starting the judge takes longer than all the rest of an empty night
        summary = judge_lists(night)
        counts.update(
            files=summary.files,
            files_returned=summary.files_returned,
            files_duplicate=summary.files_duplicate,
            rows=summary.rows_in,
            accepted=summary.accepted,
            returned=summary.returned,
            duplicate=summary.duplicate,
            findings=summary.findings,
        )
    return counts


def judge_lists(night: Night, *, twice: bool = True) -> GateInSummary:
    """Run the gate in over the landed lists; great_expectations is only loaded where rules are checked ``twice``."""
    from quality.gate_in import run_gate_in

    write_known_rows(night)
    intake = night.site.settings.intake
    return run_gate_in(
        night.work.path,
        home_code=night.site.settings.site.division,
        run_date=night.plan.run_date,
        register=night.register,
        pads=night.site.key.pads("mark"),
        max_returned_share=intake.max_returned_share,
        min_rows_for_share=intake.min_rows_for_share,
        twice=twice,
    )


def build(night: Night) -> dict[str, int]:
    """Copy yesterday's warehouse, load the night into it, write the senders' return slips, and build the models."""
    with step(night, "build") as counts:
        make_working_copy(night.work.database, night.base)
        if _load_decisions(night):
            counts.update(decisions_cut_off=1)
        segments = load_night(
            night.work, facts_of(night), night.site.key, live_segments(night.folders), _vintage(night)
        )
        note_segments(night, segments)
        counts.update(slips=_write_slips(night))
        counts.update(build_and_check(night))
        counts.update(ledger_slips=_write_ledger_slips(night))
    return counts


def _load_decisions(night: Night) -> bool:
    """Load what people decided about pairs of keys, before the links are made; return whether the last was cut off."""
    with duckdb.connect(str(night.work.database)) as connection:
        return load_decisions(connection, night.folders, night.site.key).is_torn


def facts_of(night: Night) -> NightFacts:
    """Return what the warehouse is told about a night."""
    return NightFacts(
        night_id=night.night_id,
        run_date=night.plan.run_date,
        built_at=night.plan.started.replace(tzinfo=None),
        home_code=night.site.settings.site.division,
        history_months=night.site.settings.site.history_months,
        popflow_version=version("popflow"),
    )


def note_segments(night: Night, segments: list[str], *, replacing: bool = False) -> None:
    """Note the night's vault segments for its manifest: beside the live ones, or in their place."""
    base = night.plan.base_snapshot
    live = () if base is None or replacing else read_manifest(night.folders.snapshots / base).vault_segments
    write_json(_segments_file(night), [*live, *segments])


def _write_slips(night: Night) -> int:
    """Write the return slips (not delivered yet): they say what the gate and what the vault found."""
    from quality.slips import write_slips

    if night.plan.files == 0:
        return 0
    return len(write_slips(night.work.path, night.work.slips, night.night_id, night.site.key))


def _write_ledger_slips(night: Night) -> int:
    """Write what the units of both ends of a flow are to be told of each other's counts, where it is new."""
    from reports.ledger_slips import write_ledger_slips

    threshold = night.site.settings.small_counts.od
    written = write_ledger_slips(
        night.work.database, night.base, night.work.slips, night.night_id, night.plan.run_date, threshold
    )
    return len(written)


def build_and_check(night: Night, exclude: Sequence[str] = ()) -> dict[str, int]:
    """Build the models on the working copy, but those excluded, and note what their tests say."""
    from warehouse.dbt_runner import build as build_models

    outcome = build_models(night.work.database, night.work.path / "dbt", exclude=exclude, rebuild=night.plan.rebuild)
    results = [
        CheckResult(
            check_id=check.check_id,
            subject=check.subject,
            severity="error" if check.severity == "error" else "warn",
            success=check.success,
            unexpected=check.failures,
            detail="" if check.success else check.message,
        )
        for check in outcome.checks
    ]
    write_results(_checks_file(night), results)
    return {"models": len(outcome.built), "tests": len(results)}


def gate_out(night: Night) -> dict[str, int]:
    """Decide about the night: run the checks on the built copy, store all results, hold it where one fails.

    Raises ``NightHeldError``.
    """
    with step(night, "gate out") as counts:
        settings = night.site.settings.gate_out
        thresholds = gate.Thresholds(settings.max_stock_fall, settings.min_stock_compared)
        results = read_results(_checks_file(night))
        results += gate.judge(night.work.database, night.base, night.night_id, thresholds)
        gate.store(night.work.database, night.night_id, results)
        counts.update(checks=len(results), failed=sum(not each.success for each in results))
        gate.hold_on_failure(results)
    return counts


def publish(night: Night, progress: NightProgress | None = None) -> NightRecord:
    """Make the built copy the published version, then empty the inbox of what it took and deliver the slips."""
    from popflow.beginning import conclude

    reached = (progress or Silent()).reached
    published = current_snapshot(night.folders)
    if published is None or published.name != night.night_id:
        with step(night, "publish") as counts:
            taken = _files_taken(night)
            write_json(night.work.taken_file, [(file.path, file.sha256) for file in taken])
            manifest = _manifest(night, taken)
            publish_snapshot(night.folders, night.work, manifest, reached)
            counts["files_taken"] = len(manifest.files_taken)
    record = conclude(night.folders, night.night_id)
    reached("finished")
    return record


def _manifest(night: Night, taken: tuple[TakenFile, ...]) -> Manifest:
    rows = _rows_of(night)
    return Manifest(
        snapshot_id=night.night_id,
        kind=night.plan.kind,
        run_date=night.plan.run_date,
        started=night.plan.started,
        built_at=dt.datetime.now(dt.UTC),
        base_snapshot=night.plan.base_snapshot,
        home_code=night.site.settings.site.division,
        files_taken=tuple(file.model_copy(update={"path": shown_path(file.path)}) for file in taken),
        rows_accepted=rows[0],
        rows_returned=rows[1],
        vault_segments=tuple(read_json(_segments_file(night))),
        pseudonyms=load_key(night.folders.key_file).for_snapshot(night.night_id).pseudonyms_id,
        versions={"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
    )


def _rows_of(night: Night) -> tuple[int, int]:
    database = night.work.database if night.work.database.exists() else night.work.snapshot / night.work.database.name
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(
            "SELECT rows_accepted, rows_returned FROM raw.snapshot WHERE snapshot_id = $night",
            {"night": night.night_id},
        ).fetchall()[0]


def _files_taken(night: Night) -> tuple[TakenFile, ...]:
    """Return the judged files whose originals are kept; one too large for that goes back but stays in the inbox."""
    gated = night.work.gated / "file.parquet"
    if not gated.exists():
        return ()
    rows = pq.read_table(gated, columns=["file_id", "path", "sha256", "status"]).to_pylist()
    files = (TakenFile.model_validate(row) for row in rows)
    return tuple(file for file in files if is_kept(night.folders, night.work.originals, file.sha256))


def _segments_file(night: Night) -> Path:
    return night.work.path / "segments.json"


def _checks_file(night: Night) -> Path:
    return night.work.path / "checks.json"


def _vintage(night: Night) -> tuple[Path, dt.date | None] | None:
    vintage = night.plan.vintage
    return None if vintage is None else (vintage.file, vintage.as_of)
