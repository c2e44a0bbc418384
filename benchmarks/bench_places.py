"""How many distinct addresses a second one core resolves, against a Python loop that looks for known full names.

The peer only knows the official full name of every division and takes the longest one a text begins with; the resolver
also reads short forms, former names and relative addresses. Both run on one thread over the same invented addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import duckdb

from ingest.places import PlaceResolver
from ingest.register import register_query

Result = TypeVar("Result")

ADDRESSES = 200_000
WANTED_PER_SECOND = 50_000
WANTED_LOAD_SECONDS = 3.0

# Full names, short forms, skipped levels, spaces, relative addresses: as senders write them.
_MIX = """
    CASE hash(code) % 6
        WHEN 0 THEN full_name || (hash(name) % 300)::VARCHAR || '号'
        WHEN 1 THEN replace(replace(full_name, '省', ''), '市', '') || '3组'
        WHEN 2 THEN replace(replace(full_name, '省', '省 '), '县', '县　') || '（东头）'
        WHEN 3 THEN regexp_replace(full_name, '(村民委员会|居民委员会|村委会|居委会)$', '') || '12'
        WHEN 4 THEN regexp_replace(full_name, '^[^省市区]+[省市区]', '')
        ELSE name || (hash(full_name) % 50)::VARCHAR || '组'
    END
"""


def main() -> None:
    """Measure loading and resolving and print them beside the peer."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.division AS {register_query()}")
        connection.execute(f"""
            CREATE TABLE asked AS
            SELECT {_MIX} AS text, CASE WHEN hash(code) % 6 = 5 THEN township_code END AS context_code
            FROM raw.division WHERE level = 'village' ORDER BY hash(code) LIMIT {ADDRESSES}
        """)
        load, resolver = _timed(lambda: PlaceResolver(connection))
        took, _ = _timed(lambda: resolver.resolve("asked", "found"))
        texts = [row[0] for row in connection.execute("SELECT DISTINCT text FROM asked").fetchall()]
        names = dict(connection.execute("SELECT full_name, code FROM raw.division").fetchall())
        peer, found_by_peer = _timed(lambda: _peer(texts, names))
        rows, found = connection.execute("SELECT count(*), count(code) FROM found").fetchall()[0]
    print(f"load dictionaries   {load:6.2f} s (wanted <= {WANTED_LOAD_SECONDS:.0f})")
    print(f"resolver            {rows / took:10,.0f} addresses/s, {found / rows:6.1%} to some division")
    print(f"python loop (peer)  {len(texts) / peer:10,.0f} addresses/s, {found_by_peer / len(texts):6.1%}")
    print(f"ratio               {rows / took / (len(texts) / peer):10.2f}")
    assert rows / took >= WANTED_PER_SECOND, "the resolver is slower than wanted"
    assert load <= WANTED_LOAD_SECONDS, "the dictionaries load slower than wanted"


def _peer(texts: list[str], names: dict[str, str]) -> int:
    """Return how many texts begin with a known full name."""
    longest = max(map(len, names))
    return sum(any(text[:length] in names for length in range(min(longest, len(text)), 1, -1)) for text in texts)


def _timed(measured: Callable[[], Result]) -> tuple[float, Result]:
    begun = time.process_time()
    result = measured()
    return time.process_time() - begun, result


if __name__ == "__main__":
    main()
