"""The scheduled night: its shape, and that it makes the same warehouse as the command line."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import DAG

CHAIN = ["gate_in", "build", "gate_out", "publish"]


def test_one_writer_after_another(nightly_load: DAG) -> None:
    assert sorted(nightly_load.task_ids) == sorted(["begin", "list_batches", "land", *CHAIN, "close"])
    assert nightly_load.max_active_runs == 1
    assert nightly_load.get_task("land").is_mapped
    for earlier, later in pairwise(CHAIN):
        assert later in nightly_load.get_task(earlier).downstream_task_ids


def test_two_in_the_morning_in_shanghai(nightly_load: DAG) -> None:
    timetable = nightly_load.timetable
    assert timetable.expression == "0 2 * * *"
    assert "Asia/Shanghai" in str(timetable.timezone)
    assert nightly_load.catchup is False
