"""Nights whose steps run in processes of their own (Airflow), beside nights of the command line."""

from __future__ import annotations

import datetime as dt

import pytest
from night_fakes import ANNA, content, fake_judge, files_in, write_list

from ingest.errors import NightHeldError, NightRunningError, UsageError
from popflow import night as nights
from popflow.journal import records
from popflow.lock import Lease, read_lease, running_night, take_lease
from popflow.night import Night, abandon, begin_scheduled, open_night, run_night
from popflow.site import Site, open_site

OCTOBER = dt.date(2024, 11, 1)
ONE = [(ANNA, "安娜", "ok")]


def _again(night: Night) -> Night:
    """Make the handle anew, as another process would."""
    return open_night(night.site.root, night.night_id)


def _run_scheduled(site: Site) -> Night:
    night = begin_scheduled(site, OCTOBER)
    for batch in _again(night).batches:
        nights.land(_again(night), batch)
    nights.gate_in(_again(night))
    nights.build(_again(night))
    nights.gate_out(_again(night))
    return night


def _let_lease_expire(site: Site) -> Lease:
    lease = read_lease(site.folders)
    assert lease is not None
    old = lease.model_copy(update={"renewed": lease.renewed - dt.timedelta(minutes=lease.minutes + 1)})
    take_lease(site.folders, old)
    return old


def test_a_scheduled_night_gives_the_same_warehouse(site: Site) -> None:
    write_list(site, "a.txt", ONE)
    night = _run_scheduled(site)
    nights.publish(_again(night))

    assert len(content(site)["person_row"]) == 1
    assert files_in(site.folders.inbox) == []
    assert read_lease(site.folders) is None
    assert records(site.folders)[-1].state == "published"


def test_between_its_steps_a_scheduled_night_keeps_others_out(site: Site) -> None:
    night = begin_scheduled(site, OCTOBER)

    with pytest.raises(NightRunningError, match=f"night {night.night_id} has been running since"):
        run_night(site, OCTOBER)
    with pytest.raises(NightRunningError):
        begin_scheduled(site, OCTOBER)
    assert running_night(site.folders) is not None


def test_every_step_renews_the_lease(site: Site) -> None:
    night = begin_scheduled(site, OCTOBER)
    before = _let_lease_expire(site)
    nights.gate_in(_again(night))

    after = read_lease(site.folders)
    assert after is not None
    assert after.renewed > before.renewed
    assert after.started == before.started


def test_a_scheduled_night_that_fell_silent_is_taken_over(site: Site) -> None:
    write_list(site, "a.txt", ONE)
    silent = _run_scheduled(site)
    _let_lease_expire(site)
    run_night(site, OCTOBER)

    assert [(each.night_id, each.state) for each in records(site.folders)] == [
        ("20241101-01", "failed"),
        ("20241101-02", "published"),
    ]
    with pytest.raises(NightRunningError, match="has lost the site to nobody"):
        nights.publish(silent)
    with pytest.raises(UsageError, match="is not running"):
        _again(silent)
    assert len(content(site)["person_row"]) == 1


def test_a_night_that_was_taken_over_while_it_is_open_cannot_go_on(site: Site) -> None:
    silent = begin_scheduled(site, OCTOBER)
    lease = _let_lease_expire(site)
    take_lease(site.folders, lease.model_copy(update={"night_id": "20241101-09"}))
    with pytest.raises(NightRunningError, match="has lost the site to night 20241101-09"):
        nights.gate_in(silent)


def test_an_abandoned_night_gives_the_site_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_list(site, "a.txt", ONE)
    path.write_bytes(b"HOLD")
    night = begin_scheduled(site, OCTOBER)
    for batch in night.batches:
        nights.land(_again(night), batch)
    monkeypatch.setattr("popflow.steps.judge_lists", fake_judge)
    with pytest.raises(NightHeldError):
        nights.gate_in(_again(night))

    record = abandon(_again(night))
    assert record is not None
    assert (record.state, record.causes) == ("held", ("the judge holds this night",))
    assert read_lease(site.folders) is None
    assert path.exists()
    assert abandon(night) is None, "a second time does nothing"
    path.unlink()
    assert run_night(site, OCTOBER).state == "published"


def test_a_night_abandoned_after_it_was_published_is_finished(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    write_list(site, "a.txt", ONE)
    night = _run_scheduled(site)

    def die(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("popflow.beginning.finish", die)
    with pytest.raises(MemoryError):
        nights.publish(_again(night))
    monkeypatch.setattr("popflow.beginning.finish", __import__("warehouse.publishing", fromlist=["finish"]).finish)

    record = abandon(_again(night))
    assert record is not None
    assert record.state == "published"
    assert files_in(site.folders.inbox) == []


def test_a_step_can_be_run_again(site: Site) -> None:
    write_list(site, "a.txt", ONE)
    night = _run_scheduled(site)
    nights.gate_in(_again(night))
    nights.build(_again(night))
    nights.gate_out(_again(night))
    nights.gate_out(_again(night))
    nights.publish(_again(night))

    found = content(site)
    assert len(found["person_row"]) == 1
    checks = [row for row in found["check_result"] if row[0] == night.night_id]
    assert len({row[1:4] for row in checks}) == len(checks)


def test_a_lease_that_cannot_be_read_is_the_rest_of_a_crash(site: Site) -> None:
    site.folders.lease_file.write_text("{", encoding="utf-8")
    assert run_night(open_site(site.root), OCTOBER).state == "published"


def test_publishing_again_gives_the_same_record(site: Site) -> None:
    write_list(site, "a.txt", ONE)
    night = _run_scheduled(site)
    first = nights.publish(_again(night))

    assert nights.publish(night) == first
