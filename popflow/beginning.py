"""Beginning a night: what the last one left is put in order, then the new one gets its folder and its batches."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb

from ingest.errors import UsageError
from ingest.keys import SiteKey, load_key, replace_key
from ingest.safe_text import shown_path
from ingest.sql_text import sql_text
from popflow.handle import Kind, Night, NightPlan, Vintage, noted, read_stages, work_folder
from popflow.inbox import Found, Passed, in_batches, left_while_landing, look_into, remarks
from popflow.journal import NightRecord, next_night_id, read_record, write_record
from popflow.known import write_known_files
from popflow.lock import Owner, new_lease, read_lease, release_lease, site_to_itself, take_lease
from popflow.site import Site
from warehouse.access import current_snapshot
from warehouse.disk import read_json, require_free_space, write_json
from warehouse.folders import DATABASE_NAME, SiteFolders, make_private
from warehouse.manifest import read_manifest
from warehouse.publishing import finish, is_finished, mark_finished, remove_unpublished, wipe


def begin_scheduled(site: Site, run_date: dt.date) -> Night:
    """Begin a night whose steps run in processes of their own (Airflow); its lease keeps others out in between."""
    with site_to_itself(site.folders):
        return begin(site, run_date, owner="airflow")


def begin(
    site: Site,
    run_date: dt.date,
    owner: Owner = "process",
    kind: Kind = "nightly",
    vintage: Vintage | None = None,
    *,
    rebuild: bool = False,
) -> Night:
    """Begin a night; the caller holds the site alone (`popflow.lock.site_to_itself`).

    Raises ``DiskFullError`` where there is not enough room, ``UsageError`` where the site cannot have this night
    or its key cannot be used.
    """
    key = site.key  # a key that is missing or open to others ends the night before it begins
    recover(site.folders)
    base = current_snapshot(site.folders)
    _refuse_other_pseudonyms(key, base)
    _refuse_other_home(site, base)
    _refuse_earlier_date(base, run_date)
    files, passed = look_into(site.folders.inbox) if kind == "nightly" else ([], [])
    _require_room(site.folders, base, files)
    batches = in_batches(files, site.settings.intake.files_per_batch)
    plan = NightPlan(
        night_id=next_night_id(site.folders, run_date),
        kind=kind,
        owner=owner,
        run_date=run_date,
        started=dt.datetime.now(dt.UTC),
        base_snapshot=None if base is None else base.name,
        batch_sizes=tuple(len(batch) for batch in batches),
        vintage=vintage,
        rebuild=rebuild,
    )
    take_lease(site.folders, new_lease(plan.night_id, owner, site.settings.night.lease_minutes))
    night = Night(site, plan)
    try:
        _lay_out(night, batches, passed)
    except BaseException:
        wipe(night.work.path)
        release_lease(site.folders, night.night_id)
        raise
    return night


def recover(folders: SiteFolders) -> None:
    """Put in order what a night that died has left: finish what was published, remove what was not."""
    snapshot = current_snapshot(folders)
    if snapshot is not None and not is_finished(snapshot):
        conclude(folders, snapshot.name)
    _record_silent(folders)
    remove_unpublished(folders)
    if folders.work.exists():
        for work in folders.work.iterdir():
            wipe(work)
    settle_key(folders)
    folders.lease_file.unlink(missing_ok=True)


def settle_key(folders: SiteFolders) -> None:
    """Put pseudonym keys in force that came with the published snapshot, and forget those of one that never came."""
    if not folders.key_file.exists():
        return
    key = load_key(folders.key_file)
    snapshot = current_snapshot(folders)
    settled = key.for_snapshot(None if snapshot is None else snapshot.name)
    if settled != key:
        replace_key(folders.key_file, settled)


def _record_silent(folders: SiteFolders) -> None:
    """Use up the id of a scheduled night that fell silent: a step of it may wake up and must not meet another night."""
    lease = read_lease(folders)
    if lease is None or lease.owner != "airflow" or read_record(folders, lease.night_id) is not None:
        return
    work = work_folder(folders, lease.night_id)
    if work.night_file.exists():
        plan = NightPlan.model_validate(read_json(work.night_file))
        record = NightRecord(
            night_id=plan.night_id,
            kind=plan.kind,
            state="failed",
            run_date=plan.run_date,
            started=plan.started,
            ended=dt.datetime.now(dt.UTC),
            causes=(f"no step of it was heard of for {lease.minutes} minutes; another night took over",),
            stages=read_stages(work),
        )
        write_record(folders, record)


def conclude(folders: SiteFolders, night_id: str) -> NightRecord:
    """Do what follows the swap of the pointer: empty the inbox, deliver slips, write the log, wipe the work folder.

    A night that was concluded before gives its record again.
    """
    snapshot = folders.snapshots / night_id
    earlier = read_record(folders, night_id)
    if is_finished(snapshot) and earlier is not None:
        return earlier
    manifest = read_manifest(snapshot)
    work = work_folder(folders, night_id)
    stays = [Passed.model_validate(each) for each in read_json(work.passed_file)] if work.passed_file.exists() else []
    changed = finish(folders, work)
    stays += [*left_while_landing(work), *(Passed(path=path, reason="changed") for path in changed)]
    record = NightRecord(
        night_id=night_id,
        kind=manifest.kind,
        state="published",
        run_date=manifest.run_date,
        started=manifest.started,
        ended=dt.datetime.now(dt.UTC),
        stages=read_stages(work),
        files_changed_meanwhile=tuple(map(shown_path, changed)),
        remarks=remarks(stays),
    )
    write_record(folders, record)
    settle_key(folders)
    mark_finished(snapshot)
    wipe(work.path)
    release_lease(folders, night_id)
    return record


def _lay_out(night: Night, batches: list[list[Found]], passed: list[Passed]) -> None:
    make_private(night.folders.work)
    make_private(night.work.path)
    write_json(night.work.night_file, night.plan.model_dump(mode="json"))
    write_json(night.work.passed_file, [each.model_dump(mode="json") for each in passed])
    with noted(night, "begin") as counts:
        make_private(night.work.batches)
        for number, batch in enumerate(batches):
            write_json(night.work.batches / f"{number}.json", [file.model_dump(mode="json") for file in batch])
        write_inputs(night)
        counts["files"] = night.plan.files
        counts["batches"] = len(batches)


def write_inputs(night: Night) -> None:
    """Write what landing and the gate ask about yesterday: the files known, and the units of the home and elsewhere."""
    write_known_files(night)
    register = f"({night.register})"
    with duckdb.connect() as connection:
        if night.base is not None:
            connection.execute(f"ATTACH {sql_text(night.base)} AS base (READ_ONLY)")
            register = "base.raw.division"
        home = night.site.settings.site.division
        is_home = f"coalesce('{home}' IN (code, province_code, city_code, county_code, township_code), false)"
        is_elsewhere = f"NOT {is_home} AND level IN ('county', 'city', 'province') AND NOT is_virtual"
        for units, path in ((is_home, night.work.units), (is_elsewhere, night.work.units_elsewhere)):
            connection.execute(
                f"""
                COPY (
                    SELECT * FROM {register}
                    WHERE {units}
                        AND valid_from <= DATE '{night.plan.run_date}'
                        AND coalesce(valid_to > DATE '{night.plan.run_date}', true)
                ) TO {sql_text(path)} (FORMAT parquet)
                """
            )


def _refuse_other_pseudonyms(key: SiteKey, base: Path | None) -> None:
    if base is not None and read_manifest(base).pseudonyms != key.pseudonyms_id:
        raise UsageError(
            "the site key makes other pseudonyms than those of the published warehouse: everybody would be counted "
            "again as somebody else; put back the key file that belongs to this site"
        )


def _refuse_other_home(site: Site, base: Path | None) -> None:
    if base is None:
        return
    home = read_manifest(base).home_code
    if home != site.settings.site.division:
        raise UsageError(
            f"the warehouse of this site is about {home}, but popflow.toml says site.division = "
            f"{site.settings.site.division}: put it back, or make a new site for the other division"
        )


def _refuse_earlier_date(base: Path | None, run_date: dt.date) -> None:
    if base is None:
        return
    published = read_manifest(base).run_date
    if run_date < published:
        raise UsageError(
            f"the published warehouse is of {published}: a night of {run_date} would go back in time; "
            "take a later --run-date or roll back first"
        )


def _require_room(folders: SiteFolders, base: Path | None, files: list[Found]) -> None:
    published = 0 if base is None else (base / DATABASE_NAME).stat().st_size
    require_free_space(folders.root, 2 * published + sum(file.size_bytes for file in files))
