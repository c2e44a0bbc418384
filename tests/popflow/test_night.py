from __future__ import annotations

import datetime as dt
import errno
from pathlib import Path

import duckdb
import pytest
from night_fakes import ANNA, BERTA, CARLA, FAILING_CHECK, content, files_in, write_list

from ingest.errors import NightHeldError, UsageError
from popflow import steps
from popflow.journal import records
from popflow.lock import read_lease
from popflow.night import import_divisions, run_night
from popflow.site import Site, open_site
from warehouse.access import open_current
from warehouse.archive import read_original
from warehouse.disk import DiskFullError, read_json
from warehouse.folders import DATABASE_NAME

OCTOBER, NOVEMBER = dt.date(2024, 11, 1), dt.date(2024, 12, 1)
ONE = [(ANNA, "安娜", "ok")]


def test_the_first_night_publishes_the_register_with_an_empty_inbox(site: Site) -> None:
    assert run_night(site, OCTOBER).state == "published"

    with open_current(site.folders.warehouse) as connection:
        assert connection.execute("SELECT count(*) FROM ref.division").fetchall() == [(9,)]
        assert connection.execute("SELECT count(*) FROM ref.definition").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM raw.file").fetchall() == [(0,)]


def test_a_published_night_moves_the_inbox_into_the_archive(site: Site) -> None:
    path = write_list(site, "庐城镇/城东.txt", [(ANNA, "安娜", "ok"), (BERTA, "贝塔", "returned")])
    text = path.read_bytes()

    record = run_night(site, OCTOBER)

    assert files_in(site.folders.inbox) == []
    assert (site.folders.inbox / "庐城镇").is_dir(), "folders of senders stay"
    assert len(files_in(site.folders.archive)) == 1
    rows = content(site)
    assert (len(rows["person_row"]), len(rows["returned_row"])) == (1, 1)
    sha256 = rows["file"][0][2]
    assert read_original(site.folders, sha256, site.key) == text
    assert not site.folders.work.exists() or not any(site.folders.work.iterdir())
    assert read_lease(site.folders) is None
    assert [stage.stage for stage in record.stages] == ["begin", "land", "gate in", "build", "gate out", "publish"]


def test_nothing_on_disk_outside_the_vault_has_a_name_or_a_number(site: Site) -> None:
    write_list(site, "a.txt", [(ANNA, "安娜", "ok"), (BERTA, "贝塔", "returned")])
    run_night(site, OCTOBER)

    files = [path for path in site.root.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        found = path.read_bytes()
        assert not [text for text in (ANNA, BERTA, "安娜", "贝塔") if text.encode() in found], path


def test_the_same_file_again_changes_nothing_but_the_list_of_files(site: Site) -> None:
    write_list(site, "a.txt", ONE)
    run_night(site, OCTOBER)
    before = content(site)
    write_list(site, "a.txt", ONE)
    write_list(site, "copy of a.txt", ONE)
    run_night(site, NOVEMBER)
    after = content(site)

    assert files_in(site.folders.inbox) == []
    assert len(after["file"]) == len(before["file"]) + 1, "the same path is the same file, another name is a duplicate"
    assert after["person_row"] == before["person_row"]


def test_a_held_night_leaves_yesterday_and_the_inbox(site: Site) -> None:
    run_night(site, OCTOBER)
    before = content(site)
    path = write_list(site, "this fails.txt", ONE)

    with pytest.raises(NightHeldError, match=f"{FAILING_CHECK}.*people without a hukou place"):
        run_night(site, NOVEMBER)

    assert content(site) == before
    assert path.exists()
    assert files_in(site.folders.archive) == []
    assert not any(site.folders.vault.glob("*.sealed"))
    assert not any(site.folders.work.iterdir())
    held = records(site.folders)[-1]
    assert (held.night_id, held.state, len(held.causes)) == ("20241201-01", "held", 1)


@pytest.mark.parametrize(("name", "state"), [("this fails.txt", "held"), ("this works.txt", "published")])
def test_slips_go_out_whether_the_night_is_published_or_held(site: Site, name: str, state: str) -> None:
    write_list(site, name, [(ANNA, "安娜", "ok"), (BERTA, "贝塔", "returned")])
    if state == "held":
        with pytest.raises(NightHeldError):
            run_night(site, OCTOBER)
    else:
        run_night(site, OCTOBER)

    assert records(site.folders)[-1].state == state
    (slip,) = files_in(site.folders.outbox)
    assert slip.startswith("340124100001/")


def test_a_night_that_failed_sends_no_slips(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write_list(site, "a.txt", [(BERTA, "贝塔", "returned")])

    def fault(*_: object, **__: object) -> None:
        raise ValueError

    monkeypatch.setattr("warehouse.dbt_runner.build", fault)
    with pytest.raises(ValueError, match=r"^$"):
        run_night(site, OCTOBER)
    assert files_in(site.folders.outbox) == []


def test_a_held_night_can_be_run_again_when_the_cause_is_gone(site: Site) -> None:
    path = write_list(site, "this fails.txt", ONE)
    with pytest.raises(NightHeldError):
        run_night(site, OCTOBER)
    path.rename(path.with_name("this works.txt"))

    assert run_night(site, OCTOBER).night_id == "20241101-02"


def test_a_night_held_by_the_gate_in_says_its_cause(site: Site) -> None:
    (site.folders.inbox / "a.txt").write_bytes(b"HOLD")

    with pytest.raises(NightHeldError, match="the judge holds"):
        run_night(site, OCTOBER)
    assert records(site.folders)[-1].causes == ("the judge holds this night",)


def _strict(site: Site) -> Site:
    text = site.folders.settings_file.read_text(encoding="utf-8")
    text = text.replace("# min_stock_compared = 100", "min_stock_compared = 2")
    site.folders.settings_file.write_text(text, encoding="utf-8")
    return open_site(site.root)


def test_a_collapse_of_the_stock_holds_the_night(site: Site) -> None:
    strict = _strict(site)
    write_list(strict, "a.txt", [(ANNA, "安娜", "ok"), (BERTA, "贝塔", "ok"), (CARLA, "卡拉", "ok")])
    run_night(strict, OCTOBER)
    write_list(strict, "collapse.txt", ONE, form="village_inflow")

    with pytest.raises(NightHeldError, match=r"stock_did_not_collapse.*NBS_LDRK out of 2024-10-31 from 3 to 0"):
        run_night(strict, OCTOBER)


def test_a_small_stock_may_fall(site: Site) -> None:
    strict = _strict(site)
    write_list(strict, "a.txt", ONE)
    run_night(strict, OCTOBER)
    write_list(strict, "collapse.txt", ONE, form="village_inflow")
    assert run_night(strict, OCTOBER).state == "published"


def test_readers_of_the_old_version_are_not_disturbed(site: Site) -> None:
    run_night(site, OCTOBER)
    with open_current(site.folders.warehouse) as old:
        assert old.execute("SELECT count(*) FROM ops.file").fetchall() == [(0,)]
        write_list(site, "a.txt", ONE)
        run_night(site, NOVEMBER)

        assert old.execute("SELECT count(*) FROM ops.file").fetchall() == [(0,)]
        with open_current(site.folders.warehouse) as new:
            assert new.execute("SELECT count(*) FROM ops.file").fetchall() == [(1,)]


def test_a_file_changed_after_it_was_read_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_list(site, "a.txt", ONE)
    publish_snapshot = steps.publish_snapshot

    def change_then_publish(*given: object) -> None:
        publish_snapshot(*given)
        path.write_text("something newer", encoding="utf-8")

    monkeypatch.setattr(steps, "publish_snapshot", change_then_publish)
    record = run_night(site, OCTOBER)

    assert record.files_changed_meanwhile == ("a.txt",)
    assert path.read_text(encoding="utf-8") == "something newer"
    assert files_in(site.folders.inbox) == ["a.txt"]


def test_no_room_is_said_before_anything_is_copied(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    run_night(site, OCTOBER)
    before = content(site)
    usage = type("Usage", (), {"free": 1024})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)

    with pytest.raises(DiskFullError, match="not enough room"):
        run_night(site, NOVEMBER)
    assert content(site) == before
    assert len(records(site.folders)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        duckdb.IOException("IO Error: Could not write file: No space left on device"),
    ],
)
def test_a_disk_that_fills_up_meanwhile_undoes_the_night(
    site: Site, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    path = write_list(site, "a.txt", ONE)

    def fill(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("warehouse.dbt_runner.build", fill)
    with pytest.raises(DiskFullError, match="no space left"):
        run_night(site, OCTOBER)

    assert path.exists()
    assert not any(site.folders.snapshots.iterdir())
    assert not any(site.folders.work.iterdir())
    assert records(site.folders)[-1].state == "failed"


def test_an_unforeseen_fault_leaves_no_text_of_its_own_in_the_log(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write_list(site, "a.txt", ONE)

    def fault(*_: object, **__: object) -> None:
        raise ValueError(f"cannot read {ANNA}")

    monkeypatch.setattr("warehouse.dbt_runner.build", fault)
    with pytest.raises(ValueError, match="cannot read"):
        run_night(site, OCTOBER)
    assert records(site.folders)[-1].causes == ("unexpected ValueError",)


def test_a_night_does_not_go_back_in_time(site: Site) -> None:
    run_night(site, NOVEMBER)
    with pytest.raises(UsageError, match="back in time"):
        run_night(site, OCTOBER)


def test_the_home_division_of_a_warehouse_cannot_be_changed(site: Site) -> None:
    run_night(site, OCTOBER)
    text = site.folders.settings_file.read_text(encoding="utf-8").replace('"340124000000"', '"340100000000"')
    site.folders.settings_file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="the warehouse of this site is about 340124000000"):
        run_night(open_site(site.root), NOVEMBER)


def test_files_that_are_no_deliveries_stay(site: Site) -> None:
    for name in ("~$a.xlsx", ".DS_Store", "Thumbs.db", "b.xlsx.part"):
        (site.folders.inbox / name).write_bytes(b"x")
    (site.folders.inbox / "link.txt").symlink_to(site.folders.settings_file)
    run_night(site, OCTOBER)

    assert len(files_in(site.folders.inbox)) == 5
    assert content(site)["file"] == []


def test_names_in_the_old_encoding_become_what_they_spell(site: Site) -> None:
    path = write_list(site, "list.txt", ONE)
    raw_name = bytes(site.folders.inbox) + b"/" + "城东.txt".encode("gb18030")
    path.rename(Path(raw_name.decode("utf-8", "surrogateescape")))
    run_night(site, OCTOBER)

    assert [row[1] for row in content(site)["file"]] == ["城东.txt"]
    assert files_in(site.folders.inbox) == []


def test_the_manifest_names_what_the_version_is_made_of(site: Site) -> None:
    write_list(site, "a.txt", ONE)
    run_night(site, OCTOBER)
    manifest = read_json(site.folders.current / "manifest.json")

    assert [file["path"] for file in manifest["files_taken"]] == ["a.txt"]
    assert manifest["vault_segments"] == ["20241101-01-profiles-01.sealed"]
    assert (manifest["rows_accepted"], manifest["rows_returned"]) == (1, 0)
    assert set(manifest["versions"]) >= {"popflow", "duckdb", "dbt-core", "python"}
    assert not (site.folders.current / f"{DATABASE_NAME}.wal").exists()


def test_a_register_is_brought_in_by_a_night_of_its_own(site: Site, tmp_path: Path) -> None:
    run_night(site, OCTOBER)
    write_list(site, "a.txt", ONE)
    register = tmp_path / "register.csv"
    register.write_text("code,name\n34,安徽省\n3401,合肥市\n340124,庐江新县\n", encoding="utf-8")
    record = import_divisions(site, register, dt.date(2024, 6, 30), OCTOBER)

    assert (record.kind, record.state) == ("divisions", "published")
    assert files_in(site.folders.inbox) == ["a.txt"], "lists wait for a night"
    with open_current(site.folders.warehouse) as connection:
        names = connection.execute(
            "SELECT name, valid_to FROM ref.division WHERE code = '340124000000' ORDER BY valid_from"
        ).fetchall()
    assert names == [("庐江县", dt.date(2024, 6, 30)), ("庐江新县", None)]
