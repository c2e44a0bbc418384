"""Rotating the keys of a site: a new sealing secret, and, where asked for, new pseudonyms for everybody.

New pseudonyms are published like a night: a working copy gets them, everything is built anew on it, the gate out
compares it with yesterday, and one swap of the pointer puts warehouse, vault and keyring in force together.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingest.keys import SiteKey, load_key, replace_key
from popflow.beginning import begin, recover
from popflow.handle import Night, step
from popflow.journal import NightRecord, write_event
from popflow.lock import site_to_itself
from popflow.night import abandon
from popflow.progress import NightProgress, Silent
from popflow.site import Site
from popflow.steps import build_and_check, facts_of, gate_out, note_segments, publish
from warehouse.access import current_snapshot
from warehouse.decisions import carry_over, load_decisions, read_decisions
from warehouse.disk import disk_full_is_said
from warehouse.load import note_night
from warehouse.manifest import read_manifest
from warehouse.publishing import live_segments
from warehouse.resealing import rotate_secret
from warehouse.vault import open_in_memory
from warehouse.vault.rekeying import keys_of, make_new_keys, rekey_people, rename_stays
from warehouse.working_copy import make_working_copy


@dataclass(frozen=True)
class Rotation:
    """What was rotated: how many sealed files, and the snapshot with new pseudonyms, if there is one."""

    files: int
    snapshot_id: str | None


def rotate_key(site: Site, *, pseudonyms: bool, progress: NightProgress | None = None) -> Rotation:
    """Seal everything under a new secret; with ``pseudonyms``, publish the warehouse under new keys of people as well.

    Raises ``NightRunningError`` where a night runs, ``NightHeldError`` where the gate out finds a difference.
    """
    shown = progress or Silent()
    with site_to_itself(site.folders), disk_full_is_said(site.root):
        recover(site.folders)
        files = rotate_secret(site.folders, shown.reached)
        record = _renew_pseudonyms(site, shown) if pseudonyms else None
        snapshot_id = None if record is None else record.night_id
        write_event(site.folders, "rotation", files_sealed=files, snapshot=snapshot_id)
        return Rotation(files, snapshot_id)


def _renew_pseudonyms(site: Site, shown: NightProgress) -> NightRecord | None:
    base = current_snapshot(site.folders)
    key = load_key(site.folders.key_file)
    if base is None:  # nobody has a pseudonym yet
        replace_key(site.folders.key_file, key.with_coming_pseudonyms("").for_snapshot(""))
        return None
    fresh = Site(site.folders, site.settings)  # its keyring is read again: the sealing secret has changed
    night = begin(fresh, read_manifest(base).run_date, kind="rotation", rebuild=True)
    coming = key.with_coming_pseudonyms(night.night_id)
    try:
        replace_key(site.folders.key_file, coming)
        shown.reached("new pseudonyms kept")
        _build_rotated(night, key, coming.for_snapshot(night.night_id))
        shown.reached("build")
        gate_out(night)
        shown.reached("gate out")
        return publish(night, shown)
    except BaseException as error:
        abandon(night, error)
        raise


def _build_rotated(night: Night, old: SiteKey, new: SiteKey) -> None:
    """Put the new keys of people in the place of the old ones on a working copy, and build everything anew on it."""
    with step(night, "build") as counts:
        make_working_copy(night.work.database, night.base)
        with open_in_memory(night.work.database) as connection:
            live = live_segments(night.folders)
            make_new_keys(connection, old, new, live)
            _carry_decisions(connection, night, old, new)
            segments = rekey_people(
                connection, new=new, night_id=night.night_id, new_segments=night.work.vault, live_segments=live
            )
            note_night(connection, facts_of(night))
        note_segments(night, segments, replacing=True)
        build_and_check(night, exclude=["stay_version+"])
        with duckdb.connect(str(night.work.database)) as connection:
            rename_stays(connection, new)
        counts.update(build_and_check(night))


def _carry_decisions(connection: duckdb.DuckDBPyConnection, night: Night, old: SiteKey, new: SiteKey) -> None:
    decided = read_decisions(night.folders, old).decisions
    asked = {key for each in decided for one, other, _ in each.said for key in (one, other)}
    carry_over(night.folders, old, keys_of(connection, asked), new.pseudonyms_id)
    load_decisions(connection, night.folders, new)
