"""The scheduled night: the steps of `popflow nightly` as Airflow tasks, at 02:00 Asia/Shanghai.

Wiring only. Landing fans out over batches of files; everything that writes the warehouse is one chain of single tasks.
Which site is loaded is said by POPFLOW_SITE, or by the run's own parameter, so that one deployment can serve several.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import CronTriggerTimetable, Param, TriggerRule, dag, get_current_context, task

if TYPE_CHECKING:
    from popflow.night import Night

TIME_ZONE = "Asia/Shanghai"


@dag(
    dag_id="nightly_load",
    schedule=CronTriggerTimetable("0 2 * * *", timezone=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    # A held night must stay held until somebody has looked; what is safe to try again is tried again by the next night.
    default_args={"retries": 0},
    params={
        "site": Param("", type="string", description="Folder of the site; empty: POPFLOW_SITE"),
        "run_date": Param("", type="string", description="YYYY-MM-DD; empty: today in the site's time zone"),
    },
    tags=["popflow"],
    doc_md=__doc__,
)
def nightly_load() -> None:
    """Wire one night: begin, land each batch, gate in, build, gate out, publish; close it where a step failed."""

    @task
    def begin() -> dict[str, str]:
        """Open the night; its handle is all that the other tasks are told."""
        from popflow.night import begin_scheduled
        from popflow.site import find_site

        parameters = get_current_context()["params"]
        site = find_site(parameters["site"] or None)
        asked = parameters["run_date"]
        night = begin_scheduled(site, dt.date.fromisoformat(asked) if asked else site.now().date())
        return {"site": str(site.root), "night_id": night.night_id}

    @task
    def list_batches(handle: dict[str, str]) -> list[int]:
        """Name the batches of files to land."""
        return list(_open(handle).batches)

    @task(map_index_template="batch {{ task.op_kwargs['batch'] }}")
    def land(handle: dict[str, str], batch: int) -> dict[str, int]:
        """Read one batch of files."""
        from popflow.night import land

        return land(_open(handle), batch)

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def gate_in(handle: dict[str, str]) -> dict[str, int]:
        """Judge everything landed."""
        from popflow.night import gate_in

        return gate_in(_open(handle))

    @task
    def build(handle: dict[str, str]) -> dict[str, int]:
        """Build the warehouse on a copy."""
        from popflow.night import build

        return build(_open(handle))

    @task
    def gate_out(handle: dict[str, str]) -> dict[str, int]:
        """Decide about the night."""
        from popflow.night import gate_out

        return gate_out(_open(handle))

    @task
    def publish(handle: dict[str, str]) -> str:
        """Swap the pointer, empty the inbox, deliver the slips."""
        from popflow.night import publish

        return publish(_open(handle)).night_id

    @task(trigger_rule=TriggerRule.ONE_FAILED)
    def close(handle: dict[str, str] | None) -> None:
        """Give the site back after a failed step, and fail as the night did."""
        from ingest.errors import NightHeldError
        from popflow.night import abandon

        if handle is None:
            raise NightHeldError("the night did not begin: the log of the task begin says why")
        record = abandon(_open(handle))
        raise NightHeldError("; ".join(record.causes) if record else "the night ended before it was published")

    # While the DAG is wired a task gives a promise of its result, not the result.
    handle: Any = begin()
    landed = land.partial(handle=handle).expand(batch=list_batches(handle))
    judged, built, decided, published = gate_in(handle), build(handle), gate_out(handle), publish(handle)
    landed >> judged >> built >> decided >> published
    [landed, judged, built, decided, published] >> close(handle)


def _open(handle: dict[str, str]) -> Night:
    # Imported here and in the tasks, so that reading the DAG stays quick for the scheduler.
    from popflow.night import open_night

    return open_night(Path(handle["site"]), handle["night_id"])


nightly = nightly_load()

if __name__ == "__main__":
    nightly.test()
