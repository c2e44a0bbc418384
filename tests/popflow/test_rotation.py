"""Rotating keys: everything opens as before, whenever it is killed, and new pseudonyms change no count."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from night_fakes import ANNA, BERTA, CARLA, CrashAt, Reached, content, copy_of, files_in, write_list

from ingest.errors import UsageError
from ingest.keys import SiteKey, create_key, load_key
from popflow.beginning import recover
from popflow.night import run_night
from popflow.rotation import rotate_key
from popflow.site import Site, init_site, open_site
from warehouse.access import current_snapshot
from warehouse.archive import read_original
from warehouse.disk import read_json
from warehouse.manifest import read_manifest
from warehouse.publishing import live_segments
from warehouse.snapshots import prune, roll_back
from warehouse.vault.segments import read_segment

OCTOBER, NOVEMBER = dt.date(2024, 11, 1), dt.date(2024, 12, 1)
SEALING = ("new secret kept", "file sealed anew", "all sealed anew", "old secret gone")
PUBLISHING = (
    *("new pseudonyms kept", "build", "gate out", "snapshot prepared", "vault segments kept", "originals kept"),
    *("snapshot in place", "published", "finished"),
)


@pytest.fixture(scope="module")
def site_of_two_nights(tmp_path_factory: pytest.TempPathFactory, fakes_of_module: None) -> Site:
    site = init_site(tmp_path_factory.mktemp("two-nights") / "site", "340124")
    write_list(site, "城东/a.txt", [(ANNA, "安娜", "ok"), ("-", "戴安", "ok"), ("-", "贝塔", "returned")])
    run_night(site, OCTOBER)
    write_list(site, "城西/b.txt", [(BERTA, "贝塔", "ok"), (CARLA, "卡拉", "ok")], "2024-11-30")
    run_night(site, NOVEMBER)
    return open_site(site.root)


@pytest.fixture
def filled(site_of_two_nights: Site, fakes: None, tmp_path: Path) -> Site:
    return copy_of(site_of_two_nights, tmp_path / "site")


def _everything_opens(site: Site, key: SiteKey) -> None:
    for path in site.folders.vault.glob("*.sealed"):
        assert read_segment(path, key).num_rows
    for row in content(site)["file"]:
        assert read_original(site.folders, str(row[2]), key)


def _crash() -> None:
    raise Reached


def _keys(site: Site) -> set[str]:
    return {str(key) for (key,) in _rows(site, "SELECT DISTINCT person_key FROM raw.person_row")}


def _rows(site: Site, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(site.folders.current / "popflow.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_new_secret_opens_everything_and_the_old_one_nothing(filled: Site) -> None:
    old, before = load_key(filled.folders.key_file), content(filled)
    files = {path: path.read_bytes() for path in filled.root.rglob("*.sealed")}

    rotation = rotate_key(filled, pseudonyms=False)

    new = load_key(filled.folders.key_file)
    assert rotation.files == len(files) > 3
    assert rotation.snapshot_id is None
    assert all(path.read_bytes() != sealed for path, sealed in files.items())
    _everything_opens(filled, new)
    with pytest.raises(UsageError, match="does not open with this site's key"):
        _everything_opens(filled, old)
    assert content(filled) == before
    assert new.pseudonyms_id == old.pseudonyms_id
    assert new.derive("mark") == old.derive("mark"), "marks of rows stay comparable"
    assert new.derive("vault") != old.derive("vault")
    assert files_in(filled.folders.vault) == sorted(
        {"site.key", *(path.name for path in files if path.parent.name == "vault")}
    )


def test_the_one_secret_of_an_older_site_is_rotated_away(site: Site) -> None:
    site.folders.key_file.write_bytes(b"k" * 32)
    before = open_site(site.root).key.derive("pseudonym")
    rotate_key(open_site(site.root), pseudonyms=False)

    kept = site.folders.key_file.read_text()
    assert (b"k" * 32).hex() not in kept
    assert open_site(site.root).key.derive("pseudonym") == before


@pytest.mark.parametrize("boundary", SEALING)
def test_a_rotation_killed_while_sealing_is_finished_by_running_it_again(filled: Site, boundary: str) -> None:
    old = load_key(filled.folders.key_file)
    with pytest.raises(Reached):
        rotate_key(filled, pseudonyms=False, progress=CrashAt(boundary, _crash))
    _everything_opens(filled, load_key(filled.folders.key_file))
    write_list(filled, "城东/c.txt", [(ANNA, "安娜", "ok")], "2024-11-29")
    run_night(open_site(filled.root), NOVEMBER)

    rotate_key(open_site(filled.root), pseudonyms=False)

    key = load_key(filled.folders.key_file)
    assert not key.is_changing
    _everything_opens(filled, key)
    with pytest.raises(UsageError, match="does not open"):
        _everything_opens(filled, old)


def test_new_pseudonyms_change_every_key_and_no_count(filled: Site) -> None:
    old_keys, before = _keys(filled), _counts(filled)
    old = read_manifest(filled.folders.current.resolve())

    rotation = rotate_key(filled, pseudonyms=True)

    assert rotation.snapshot_id == "20241201-02"
    manifest = read_manifest(filled.folders.current.resolve())
    assert (manifest.kind, manifest.run_date) == ("rotation", NOVEMBER)
    assert manifest.pseudonyms != old.pseudonyms
    assert len(_keys(filled)) == len(old_keys) == 4
    assert not _keys(filled) & old_keys
    assert _counts(filled) == before
    assert open_site(filled.root).key.pseudonyms_id == manifest.pseudonyms
    _everything_opens(filled, load_key(filled.folders.key_file))


def _counts(site: Site) -> dict[str, object]:
    rows = content(site)
    return {
        "stock": _rows(site, "SELECT * FROM stats.stock ORDER BY ALL"),
        "rows": [(row[0], row[1], row[2], row[10]) for row in rows["person_row"]],
        "matches": [row[:3] for row in rows["returned_match"]],
        "people": len(_rows(site, "FROM core.person")),
        "findings": rows["finding"],
        "files": rows["file"],
    }


def test_the_same_lists_after_a_rotation_say_nothing_new(filled: Site) -> None:
    rotate_key(filled, pseudonyms=True)
    keys, segments = _keys(filled), live_segments(filled.folders)
    write_list(filled, "again.txt", [(ANNA, "安娜", "ok"), ("-", "戴安", "ok")], "2024-11-30")
    run_night(open_site(filled.root), NOVEMBER)

    assert _keys(filled) == keys
    assert live_segments(filled.folders) == segments


def test_an_older_snapshot_stays_readable_but_nothing_is_built_on_it(filled: Site) -> None:
    rotate_key(filled, pseudonyms=True)

    assert len(content(filled, "20241201-01")["person_row"]) == 4
    with pytest.raises(UsageError, match="has the pseudonyms of before popflow vault rotate-key"):
        roll_back(filled.folders, "20241201-01")
    prune(filled.folders, 1)
    names = set(read_json(filled.folders.current / "manifest.json")["vault_segments"])
    assert {path.name for path in filled.folders.vault.glob("*.sealed")} == names
    assert current_snapshot(filled.folders) == filled.folders.snapshots / "20241201-02"


@pytest.mark.parametrize("boundary", PUBLISHING)
def test_new_pseudonyms_come_with_the_snapshot_or_not_at_all(filled: Site, boundary: str) -> None:
    old_keys, before = _keys(filled), _counts(filled)
    _killed(filled, boundary)

    site = open_site(filled.root)
    arrived = boundary in {"published", "finished"}
    assert (_keys(site) & old_keys == set()) is arrived
    recover(site.folders)
    site = open_site(filled.root)
    assert site.key.pseudonyms_id == read_manifest(site.folders.current.resolve()).pseudonyms
    assert load_key(site.folders.key_file).coming_snapshot is None
    assert _counts(site) == before
    _everything_opens(site, site.key)
    assert not any(site.folders.work.iterdir())
    write_list(site, "again.txt", [(ANNA, "安娜", "ok"), ("-", "戴安", "ok")], "2024-11-30")
    keys = _keys(site)
    run_night(site, NOVEMBER)
    assert _keys(site) == keys


def _killed(site: Site, boundary: str) -> None:
    """Die at a boundary: no handler puts anything in order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("popflow.rotation.abandon", lambda *_: None)
        with pytest.raises(Reached):
            rotate_key(site, pseudonyms=True, progress=CrashAt(boundary, _crash))


def test_a_warehouse_is_not_built_on_with_the_key_of_another_site(filled: Site, tmp_path: Path) -> None:
    create_key(tmp_path / "other.key")
    filled.folders.key_file.write_bytes((tmp_path / "other.key").read_bytes())
    with pytest.raises(UsageError, match="the site key makes other pseudonyms"):
        run_night(open_site(filled.root), NOVEMBER)
