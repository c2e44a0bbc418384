"""Which pairs are worth a look: a record and whoever agrees with it on one of the declared keys.

Every key becomes one number for each profile and every block one join of them, so the cost grows with the pairs that
agree and not with the people there are. A key that very many share is left out, and counted: nothing is dropped in
silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.linking.model import Block, Declaration


@dataclass(frozen=True)
class Candidates:
    """How many pairs are looked at, and what was left out because too many share a key."""

    pairs: int
    keys_left_out: int
    pairs_left_out: int
    # pairs that each block found, those of other blocks among them
    by_block: dict[str, int]


def find_candidates(connection: duckdb.DuckDBPyConnection, declaration: Declaration) -> Candidates:
    """Create ``candidate(match_key, join_key_l, join_key_r)`` from ``prepared(unique_id, is_record, is_new, ...)``.

    A pair is of a record and another profile, has something new on one side at least and stands there once.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE found_pair (join_key_l INTEGER, join_key_r INTEGER)")
    by_block, keys_left_out, pairs_left_out = {}, 0, 0
    for block in declaration.blocks:
        _hash_keys(connection, block)
        keys, pairs = _leave_out(connection, declaration.most_in_block)
        keys_left_out, pairs_left_out = keys_left_out + keys, pairs_left_out + pairs
        by_block[block.name] = _join(connection)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE candidate AS
        SELECT DISTINCT '0' AS match_key, join_key_l, join_key_r FROM found_pair
    """)
    connection.execute("DROP TABLE found_pair; DROP TABLE blocked; DROP TABLE runaway")
    return Candidates(_count(connection, "candidate"), keys_left_out, pairs_left_out, by_block)


def _hash_keys(connection: duckdb.DuckDBPyConnection, block: Block) -> None:
    known = " AND ".join(f"({key}) IS NOT NULL" for key in block.keys)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE blocked AS
        WITH keyed AS (
            SELECT unique_id, is_record, is_new, hash({", ".join(block.keys)}) AS block_key FROM prepared WHERE {known}
        )
        SELECT * FROM keyed SEMI JOIN (SELECT block_key FROM keyed WHERE is_record) USING (block_key)
    """)


def _leave_out(connection: duckdb.DuckDBPyConnection, most: int) -> tuple[int, int]:
    """Create ``runaway(block_key)``: keys that too many share; return how many and how many pairs they have."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE runaway AS
        SELECT block_key, count(*) FILTER (is_record)::BIGINT * count(*) AS pairs
        FROM blocked GROUP BY block_key HAVING count(*) > {most}
    """)
    keys, pairs = connection.execute("SELECT count(*), coalesce(sum(pairs), 0)::BIGINT FROM runaway").fetchall()[0]
    return int(keys), int(pairs)


def _join(connection: duckdb.DuckDBPyConnection) -> int:
    """Add the pairs of one block; new records meet everybody, known records only what is new."""
    before = _count(connection, "found_pair")
    connection.execute("""
        INSERT INTO found_pair
        WITH kept AS (SELECT * FROM blocked ANTI JOIN runaway USING (block_key))
        SELECT record.unique_id, other.unique_id
        FROM kept AS record JOIN kept AS other USING (block_key)
        WHERE record.is_record AND record.is_new
            AND CASE WHEN other.is_record AND other.is_new THEN record.unique_id < other.unique_id
                ELSE record.unique_id <> other.unique_id END
        UNION ALL
        SELECT record.unique_id, other.unique_id
        FROM kept AS record JOIN kept AS other USING (block_key)
        WHERE record.is_record AND NOT record.is_new AND other.is_new AND NOT other.is_record
    """)
    return _count(connection, "found_pair") - before


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
