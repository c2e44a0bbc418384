"""A county's month in one night: about 500 files with 260,000 rows, from the inbox to the published warehouse.

The night runs as an operator would start it, in a process of its own. Beside it stands the least any intake could cost:
DuckDB reading the same rows as one clean CSV file. Prints seconds by stage, the largest memory of all its processes
together, and how many times the bare reading the intake takes. Usage: bench_county_night.py [PEOPLE [VILLAGES]]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from measuring import MemoryWatch

from popflow.journal import NightRecord, records
from popflow.synthetic.demo import DemoCounty, make_demo
from popflow.synthetic.population import Scale

PEOPLE = 288_000
WANTED_SECONDS = 120.0
WANTED_BYTES = 4 * 2**30


def main(people: int = PEOPLE, villages: int | None = None) -> None:
    """Make the county, run its night and print what it took."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        begun = time.monotonic()
        county = make_demo(Path(folder) / "site", Scale(people=people, months=1), villages)
        files = county.arrive(1)
        print(f"made {files} files for {people:,} people in {time.monotonic() - begun:.0f} s (not part of the night)")
        seconds, peak = _run_night(county)
        record = records(county.site.folders)[-1]
        bare_rows, bare_seconds = _read_bare_csv(county, Path(folder) / "rows.csv")
        _report(record, files, seconds, peak, bare_rows, bare_seconds)


def _run_night(county: DemoCounty) -> tuple[float, int]:
    """Run the night by the command line; return its seconds and the peak memory of its processes."""
    night = ["--site", str(county.site.root), "nightly", "--run-date", county.scale.first_month_end.isoformat()]
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "popflow.cli", *night])  # noqa: S603 - the arguments are ours
    watch = MemoryWatch(process.pid)
    code = process.wait()
    seconds, peak = time.monotonic() - begun, watch.stop()
    assert code == 0, f"the night ended with {code}"
    return seconds, peak


def _read_bare_csv(county: DemoCounty, path: Path) -> tuple[int, float]:
    """Write all person rows as one CSV file; return their number and the seconds DuckDB needs to read them."""
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * EXCLUDE (rules) FROM read_parquet('{county.truth}/row.parquet')) TO '{path}' (HEADER)"
        )
        begun = time.monotonic()
        connection.execute(f"CREATE TABLE bare AS FROM read_csv('{path}', all_varchar = true)")
        seconds = time.monotonic() - begun
        ((rows,),) = connection.execute("SELECT count(*) FROM bare").fetchall()
    return rows, seconds


def _report(record: NightRecord, files: int, seconds: float, peak: int, bare_rows: int, bare_seconds: float) -> None:
    """Print the split by stage, the memory and the ratio."""
    by_stage = {stage.stage: stage.seconds for stage in record.stages}
    print(f"night of {files} files, {bare_rows:,} person rows")
    for name, took in by_stage.items():
        print(f"  {name:<10} {took:7.1f} s")
    print(f"  {'whole':<10} {seconds:7.1f} s (wanted {WANTED_SECONDS:.0f}), {bare_rows / seconds:,.0f} rows/s")
    print(f"  {'memory':<10} {peak / 2**30:7.2f} GiB at most (wanted {WANTED_BYTES / 2**30:.0f})")
    landing = by_stage.get("land", 0.0)
    intake = landing + by_stage.get("gate in", 0.0)
    print(f"  bare read of the same rows as CSV: {bare_seconds:.2f} s")
    print(f"  landing takes {landing / bare_seconds:.0f} times that, landing and gate {intake / bare_seconds:.0f}")


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*arguments)
