"""What every mart of a county costs: processor seconds by model, and how many times stats.change each of them takes.

Evidence is written straight into schema raw (evidence_load.py) and everything is built once; then each model of schema
stats and what it needs is made again by one thread. Processor seconds are told, so that what else runs on the machine
matters little. The home is the county that most of the people invented come from. Usage: bench_marts.py [PEOPLE]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
from evidence_load import make_warehouse

from warehouse import dbt_runner

PEOPLE = 300_000
YEARS = 2
HISTORY_MONTHS = 24
PEER = "change"
COUNTING = ("int_counting_", PEER)
WANTED_TIMES = 8.0


def main(people: int = PEOPLE) -> None:
    """Build the county and print what each mart takes."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        path = Path(folder) / "popflow.duckdb"
        make_warehouse(path, people, YEARS)
        _settle(path)
        dbt_runner.build(path, path.parent, exclude=["resource_type:test"])
        with duckdb.connect(str(path)) as connection:
            connection.execute("SET threads = 1; SET preserve_insertion_order = false")
            _report(connection, {name: _again(connection, *made) for name, made in _marts().items()})


def _settle(path: Path) -> None:
    """Make the county with the most people the home."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            UPDATE raw.site SET home_level = 'county', history_months = $1, home_code = (
                SELECT left(origin_code, 6) || '000000' AS county FROM raw.person_row GROUP BY ALL
                ORDER BY count(*) DESC, county LIMIT 1
            )
            """,
            [HISTORY_MONTHS],
        )


def _marts() -> dict[str, tuple[str, str]]:
    """Name the tables of schema stats and of what they are made of beyond stays, with their SQL, in the order built."""
    nodes = {
        key: node
        for key, node in ((key, node.to_dict()) for key, node in dbt_runner.read_project().nodes.items())
        if node["resource_type"] == "model" and node["config"]["materialized"] == "table"
    }
    waiting = {key: node for key, node in nodes.items() if node["schema"] in ("stats", "intermediate")}
    marts = [key for key, node in waiting.items() if node["schema"] == "stats"]
    wanted: set[str] = set()
    while marts:
        key = marts.pop()
        if key in waiting and key not in wanted:
            wanted.add(key)
            marts += waiting[key]["depends_on"]["nodes"]
    ordered: dict[str, tuple[str, str]] = {}
    while wanted:
        ready = sorted(key for key in wanted if not wanted & set(nodes[key]["depends_on"]["nodes"]))
        ordered |= {nodes[key]["name"]: (nodes[key]["relation_name"], nodes[key]["compiled_code"]) for key in ready}
        wanted -= set(ready)
    return ordered


def _again(connection: duckdb.DuckDBPyConnection, relation: str, query: str) -> tuple[float, int]:
    """Make a table again; return the processor seconds and its rows."""
    begun = time.process_time()
    connection.execute(f"CREATE OR REPLACE TABLE {relation} AS {query}")
    seconds = time.process_time() - begun
    return seconds, int(connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0])


def _report(connection: duckdb.DuckDBPyConnection, took: dict[str, tuple[float, int]]) -> None:
    stays, months = connection.execute(
        "SELECT (SELECT count(*) FROM core.stay), (SELECT count(*) FROM intermediate.int_counting_month)"
    ).fetchall()[0]
    peer = took[PEER][0]
    print(f"{stays:,} stays, {months} month ends; processor seconds, and how many times stats.{PEER}")
    for name, (seconds, rows) in sorted(took.items(), key=lambda each: -each[1][0]):
        print(f"  {name:<26} {seconds:7.2f} s {seconds / peer:6.2f} {rows:>12,} rows")
    counting = sum(seconds for name, (seconds, _) in took.items() if name.startswith(COUNTING))
    beside = sum(seconds for seconds, _ in took.values()) - counting
    print(f"  counting and stats.{PEER} {counting:.1f} s, everything else {beside:.1f} s")
    print(f"  everything else is {beside / peer:.1f} times stats.{PEER} (wanted <= {WANTED_TIMES:.0f})")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
