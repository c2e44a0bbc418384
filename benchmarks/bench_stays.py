"""What building everybody's stays costs, and what a night costs that changes one row in a hundred.

Evidence is written straight into schema raw (evidence_load.py). At each size everything up to schema core is built,
then a night of about 1 % more rows, then the same on twice the history. Each build runs in a process of its own. The
peer, in the same run, is the least any such build could do: DuckDB grouping the same rows by person.
Usage: bench_stays.py [PEOPLE ...]
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
from evidence_load import add_night, make_warehouse
from measuring import MemoryWatch

PEOPLE = (400_000, 1_200_000, 4_000_000)
SHARE = 0.01
CORE = "+path:models/core"
WANTED_SECONDS = 360.0
WANTED_BYTES = 12 * 2**30
WANTED_NIGHT_SHARE = 0.1
SLOWEST = 12


@dataclass(frozen=True)
class Build:
    """What one build took: the models and the data tests, each by name."""

    models: dict[str, float]
    tests: dict[str, float]
    wall: float
    processor: float
    peak_bytes: int
    touched: int


def main(sizes: tuple[int, ...] = PEOPLE) -> None:
    """Measure each size and print what it took."""
    for people in sizes:
        with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
            night_seconds = [_measure(Path(folder) / str(years), people, years) for years in (1, 2)]
            print(f"  a night on twice the history takes {night_seconds[1] / night_seconds[0]:.2f} times as long\n")


def _measure(folder: Path, people: int, years: int) -> float:
    folder.mkdir()
    path = folder / "popflow.duckdb"
    make_warehouse(path, people, years)
    rows, grouping = _peer(path)
    full = _build(path)
    fresh = add_night(path, people, years, SHARE)
    night = _build(path)
    print(f"{people:,} people, {rows:,} rows, {years} year(s); file {path.stat().st_size / 2**30:.1f} GB")
    print(f"  grouping the rows by person (peer) {grouping:7.1f} s")
    _report("everybody", full, grouping)
    _report(f"a night, {fresh:,} rows more", night, grouping)
    share = night.wall / full.wall
    print(f"  a night takes {share:.1%} of building everybody (wanted <= {WANTED_NIGHT_SHARE:.0%})")
    shutil.rmtree(folder)
    return night.wall


def _report(name: str, build: Build, grouping: float) -> None:
    models, tests = sum(build.models.values()), sum(build.tests.values())
    print(
        f"  {name}: {build.wall:.1f} s ({build.wall / grouping:.1f} times the peer), "
        f"processor {build.processor:.1f} s, {build.touched:,} people, "
        f"peak {build.peak_bytes / 2**30:.1f} GB; thread seconds: models {models:.1f}, tests {tests:.1f}"
    )
    slowest = sorted((build.models | build.tests).items(), key=lambda each: -each[1])[:SLOWEST]
    print("    " + ", ".join(f"{model} {seconds:.1f}" for model, seconds in slowest))


def _peer(path: Path) -> tuple[int, float]:
    """Group the rows by person, each person's in the order of their lists; return how many there are, and seconds."""
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = int(connection.execute("SELECT count(*) FROM raw.person_row").fetchall()[0][0])
        begun = time.monotonic()
        connection.execute("""
            CREATE TEMP TABLE grouped AS
            SELECT person_key, array_agg(dest_code ORDER BY reported_on) AS places, min(left_hukou_from) AS left_from,
                max(ended_to) AS ended_to
            FROM raw.person_row GROUP BY person_key
        """)
        return rows, time.monotonic() - begun


def _build(path: Path) -> Build:
    """Build in a process of its own, so that its memory can be told from that of making the evidence."""
    begun = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([sys.executable, __file__, "build", str(path)])  # noqa: S603 - the arguments are ours
    watch = MemoryWatch(process.pid)
    code = process.wait()
    wall, peak = time.monotonic() - begun, watch.stop()
    assert code == 0, f"the build ended with {code}"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return Build(took["models"], took["tests"], wall, processor, peak, took["touched"])


def build(path: Path) -> None:
    """Build everything up to schema core and write down what it took."""
    from warehouse import dbt_runner

    outcome = dbt_runner.build(path, path.parent, select=[CORE])
    assert not outcome.failed, outcome.failed
    with duckdb.connect(str(path), read_only=True) as connection:
        touched = connection.execute("SELECT count(*) FROM intermediate.int_touched_person").fetchall()[0][0]
    built = set(outcome.built)
    took = {
        "models": {name: seconds for name, seconds in outcome.seconds.items() if name in built},
        "tests": {name: seconds for name, seconds in outcome.seconds.items() if name not in built},
        "touched": touched,
    }
    path.with_suffix(".json").write_text(json.dumps(took), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["build"]:
        build(Path(sys.argv[2]))
    else:
        main(tuple(int(argument) for argument in sys.argv[1:]) or PEOPLE)
