"""How long linking rows without a number takes at three sizes, against Splink with its stock comparisons.

The people are invented and the numbers of their rows are missing or damaged. The peer is Splink's own predict on the
same data in the same run, told the same blocking keys; it has no notion of sounds, shapes or calendars. It runs up to
the size given with --peer.
"""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from measuring import MemoryWatch

from popflow.synthetic.identity import draw_names
from warehouse.linking.comparisons import chinese_people
from warehouse.linking.model import shipped_model
from warehouse.linking.profiles import prepare
from warehouse.linking.scoring import score_pairs

SIZES = ((50_000, 200_000), (200_000, 800_000), (1_000_000, 4_000_000))
WANTED_SECONDS, WANTED_BYTES = 600, 12 << 30
SEED = 3

# Three of five people are of the eight counties of one city, the others of a hundred counties elsewhere.
_PERSON = """
    CREATE OR REPLACE TABLE person AS
    WITH drawn AS (
        SELECT *, hash(person, 1) AS place, hash(person, 2) AS village, hash(person, 3) AS serial FROM person_frame
    ),
    placed AS (
        SELECT *, CASE WHEN place % 10 < 6 THEN 341221 + (place // 10) % 8
            ELSE (11 + (place // 10) % 50) * 10000 + 121 + (place // 1000) % 2 END AS county
        FROM drawn
    )
    SELECT person, name, sex, birth_date, county || lpad((1 + village % 20)::VARCHAR, 3, '0')
            || lpad((1 + village // 20 % 15)::VARCHAR, 3, '0') AS village_code,
        county || strftime(birth_date, '%Y%m%d') || lpad((serial % 1000)::VARCHAR, 3, '0') || (serial // 1000 % 10)
            AS number,
        '13' || lpad((serial % 1000000000)::VARCHAR, 9, '0') AS phone
    FROM placed
"""
_PROFILE = """
    CREATE OR REPLACE TABLE profile AS
    SELECT 'p' || lpad(person::VARCHAR, 9, '0') AS person_key, true AS is_numbered, name, number, sex, birth_date,
        village_code AS origin_code, 'village' AS origin_level, CASE WHEN person % 2 = 0 THEN phone END AS phone,
        'police' AS form_id, 'u1' AS unit_code, true AS is_new
    FROM person WHERE person < $people
    UNION ALL
    SELECT 'r' || lpad(person::VARCHAR, 9, '0'), false,
        CASE WHEN hash(person, 4) % 20 = 0 THEN reverse(name) ELSE name END,
        CASE WHEN hash(person, 5) % 2 = 0
            THEN left(number, 11) || ((substr(number, 12, 1)::INTEGER + 1) % 10) || substr(number, 13) END,
        sex, CASE WHEN hash(person, 6) % 20 = 0 THEN birth_date + 10 ELSE birth_date END,
        left(village_code, 9) || '000', 'township', CASE WHEN person % 3 = 0 THEN phone END, 'roster', 'u2', true
    -- one record in ten is of somebody who is not known
    FROM person WHERE person >= $people - $records * 9 // 10 AND person < $people + $records // 10
"""


@dataclass(frozen=True)
class Spent:
    """What a piece of work took: time on the clock and on the processors, and the most memory at once."""

    seconds: float
    processor_seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.seconds:7.1f} s ({self.processor_seconds:7.1f} s of processors), {self.peak_bytes / 2**30:5.2f} GiB"
        )


def main() -> None:
    """Measure every size and print the figures; the largest one has to keep to the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=1, help="the first of the sizes to run")
    parser.add_argument("--last", type=int, default=len(SIZES), help="the last of the sizes to run")
    parser.add_argument("--peer", type=int, default=1, help="up to which of the sizes the peer runs too")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    before: Spent | None = None
    for number in range(asked.first, asked.last + 1):
        records, people = SIZES[number - 1]
        with duckdb.connect(config={"threads": 2, "memory_limit": "12GB", "temp_directory": ""}) as connection:
            _invent(connection, records, people)
            spent, said = _measured(lambda: _ours(connection))
            print(f"{records:>9,} / {people:>9,}: {spent}, {said}", flush=True)
            if before:
                print(f"{'the size before':>21}: times {spent.processor_seconds / before.processor_seconds:.2f}")
            if number <= asked.peer:
                theirs, said = _measured(lambda: _peer(connection))
                ratio = spent.processor_seconds / theirs.processor_seconds
                print(f"{'Splink':>21}: {theirs}, {said}; ours / theirs {ratio:.2f}", flush=True)
        before = spent
        assert spent.seconds <= WANTED_SECONDS, "linking is slower than wanted"
        assert spent.peak_bytes <= WANTED_BYTES, "linking needs more memory than wanted"


def _invent(connection: duckdb.DuckDBPyConnection, records: int, people: int) -> None:
    rng = np.random.default_rng(SEED)
    count = people + records // 10
    sex = rng.integers(1, 3, count)
    births = np.datetime64("1945-01-01") + rng.integers(0, 27_000, count).astype("timedelta64[D]")
    names = pa.array(draw_names(rng, sex).tolist())
    frame = pa.table({"person": np.arange(count), "name": names, "sex": sex.astype(str).tolist(), "birth_date": births})
    connection.register("person_frame", frame)
    connection.execute(_PERSON)
    connection.unregister("person_frame")
    connection.execute(_PROFILE, {"people": people, "records": records})
    connection.execute("DROP TABLE person")


def _ours(connection: duckdb.DuckDBPyConnection) -> str:
    found = score_pairs(connection, shipped_model())
    scored, right = connection.execute(
        "SELECT count(*), count(*) FILTER (person_key[2:] = other_key[2:]) FROM scored_pair"
    ).fetchall()[0]
    left_out = f"{found.keys_left_out} keys with {found.pairs_left_out:,} pairs left out"
    blocks = ", ".join(f"{name} {pairs:,}" for name, pairs in found.by_block.items())
    return f"{found.pairs:,} pairs looked at ({blocks}), {left_out}, {scored:,} scored, {right:,} of one person"


def _peer(connection: duckdb.DuckDBPyConnection) -> str:
    """Return what plain Splink does: its stock comparisons on the columns as they are written."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator

    prepare(connection, shipped_model())
    rules = [
        "NOT (l.is_numbered AND r.is_numbered) AND "
        + " AND ".join(f"{_of('l', key)} = {_of('r', key)}" for key in block.keys if not key.endswith("NULL"))
        for block in chinese_people().blocks
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=shipped_model().prior,
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.NameComparison("name"),
            cl.ExactMatch("sex"),
            cl.DateOfBirthComparison("birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("number", [1, 2]),
            cl.ExactMatch("hukou"),
            cl.DamerauLevenshteinAtThresholds("phone", [1]),
        ],
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register("prepared"), settings, log_level=None)
    scored = linker.inference.predict(threshold_match_weight=0, warning_mode="never")
    rows = connection.execute(f"SELECT count(*) FROM {scored.physical_name}").fetchall()[0][0]
    return f"{rows:,} scored (untrained)"


def _of(side: str, key: str) -> str:
    """Return a blocking key on one side."""
    for column in ("name_sorted", "sound", "birth", "number", "hukou", "phone", "sex"):
        if column in key:
            return key.replace(column, f"{side}.{column}")
    raise ValueError(f"no column in {key}")


def _measured(work: Callable[[], str]) -> tuple[Spent, str]:
    watch = MemoryWatch(os.getpid())
    begun, begun_processors = time.monotonic(), time.process_time()
    said = work()
    return Spent(time.monotonic() - begun, time.process_time() - begun_processors, watch.stop()), said


if __name__ == "__main__":
    main()
