"""What resolving works on: keys as whole numbers, those decided to be the same as one node, and pairs of nodes.

Whole numbers are given in the order of the keys, so that ties settled by them are settled by the keys, and so that
millions of pairs take little room.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from warehouse.linking.model import LinkageModel

TABLES: Final = (
    *("item", "statement", "score", "listed", "verdict", "refused"),
    *("bundle", "place", "node_list", "barred", "tie", "edge"),
)

_ITEMS: Final = """
    CREATE OR REPLACE TEMP TABLE item AS
    SELECT row_number() OVER (ORDER BY person_key) AS id, person_key, is_numbered, first_reported FROM key;

    -- What is said of pairs, once each, and whether it says that the names differ.
    CREATE OR REPLACE TEMP TABLE statement AS
    WITH said AS (
        SELECT evidence, string_split(evidence, '; ') AS words FROM (SELECT DISTINCT evidence FROM pair)
    )
    SELECT
        row_number() OVER () AS statement, evidence,
        CASE
            WHEN NOT list_has_any(words, getvariable('holding')) THEN NULL
            WHEN list_has_any(words, ['name: same surname', 'name: one character'])
                AND list_contains(words, 'birth: same') AND contains(evidence, 'hukou: same') THEN 'twins'
            ELSE 'other_name'
        END AS name_says
    FROM said;

    CREATE OR REPLACE TEMP TABLE score AS
    SELECT
        least(one.id, other.id) AS low, greatest(one.id, other.id) AS high, pair.weight,
        statement.statement, statement.name_says
    FROM pair
    JOIN item AS one ON pair.person_key = one.person_key
    JOIN item AS other ON pair.other_key = other.person_key
    JOIN statement ON pair.evidence = statement.evidence
    WHERE pair.weight >= getvariable('review_weight') AND NOT (one.is_numbered AND other.is_numbered);

    CREATE OR REPLACE TEMP TABLE listed AS
    WITH list AS (
        SELECT list_id, row_number() OVER () AS list FROM (SELECT DISTINCT list_id FROM member)
    )
    SELECT DISTINCT item.id, list.list FROM member JOIN item USING (person_key) JOIN list USING (list_id);
"""

_VERDICTS: Final = """
    CREATE OR REPLACE TEMP TABLE verdict AS
    SELECT
        least(one.id, other.id) AS low, greatest(one.id, other.id) AS high, min(decision.decision) AS decision,
        bool_and(one.is_numbered AND other.is_numbered) AS are_numbered
    FROM decision
    JOIN item AS one ON decision.person_key = one.person_key
    JOIN item AS other ON decision.other_key = other.person_key
    WHERE decision.decision IN ('same', 'different') AND one.id <> other.id
    GROUP BY ALL;

    -- Decisions that cannot hold, each for itself.
    CREATE OR REPLACE TEMP TABLE refused AS
    SELECT low, high, 'two_numbers' AS reason FROM verdict WHERE decision = 'same' AND are_numbered
    UNION ALL
    SELECT DISTINCT low, high, 'same_list'
    FROM verdict JOIN listed AS one ON verdict.low = one.id
    JOIN listed AS other ON verdict.high = other.id AND one.list = other.list
    WHERE decision = 'same' AND NOT are_numbered;
"""

# Decisions that can hold each for itself but not all together: then none of them does.
_REFUSE_TOGETHER: Final = """
    CREATE OR REPLACE TEMP TABLE contradictory AS
    SELECT bundle, 'two_numbers' AS reason FROM bundle JOIN item USING (id)
    GROUP BY bundle HAVING count_if(is_numbered) > 1
    UNION ALL
    SELECT DISTINCT bundle, 'decisions_contradict' FROM (
        SELECT bundle FROM bundle JOIN listed USING (id) GROUP BY bundle, list HAVING count(*) > 1
        UNION ALL
        SELECT one.bundle FROM verdict JOIN bundle AS one ON verdict.low = one.id
        JOIN bundle AS other ON verdict.high = other.id AND one.bundle = other.bundle
        WHERE verdict.decision = 'different'
    );

    INSERT INTO refused
    SELECT low, high, min(contradictory.reason)
    FROM verdict JOIN bundle ON verdict.low = bundle.id JOIN contradictory USING (bundle)
    WHERE verdict.decision = 'same' AND NOT EXISTS (
        SELECT 1 FROM refused WHERE refused.low = verdict.low AND refused.high = verdict.high
    )
    GROUP BY low, high;

    DELETE FROM bundle WHERE bundle IN (SELECT bundle FROM contradictory);
    DROP TABLE contradictory;
"""

_NODES: Final = """
    -- A node is named by its number, or by its smallest key.
    CREATE OR REPLACE TEMP TABLE place AS
    WITH node AS (
        SELECT bundle, coalesce(min(id) FILTER (is_numbered), min(id)) AS node
        FROM bundle JOIN item USING (id) GROUP BY bundle
    ),
    placed AS (
        SELECT item.id, coalesce(node.node, item.id) AS node
        FROM item LEFT JOIN bundle USING (id) LEFT JOIN node USING (bundle)
    )
    SELECT placed.id, placed.node, item.is_numbered FROM placed JOIN item ON placed.node = item.id;

    CREATE OR REPLACE TEMP TABLE node_list AS
    SELECT DISTINCT place.node, listed.list FROM listed JOIN place USING (id);

    CREATE OR REPLACE TEMP TABLE barred AS
    SELECT DISTINCT unnest([one.node, other.node]) AS x, unnest([other.node, one.node]) AS y
    FROM verdict JOIN place AS one ON verdict.low = one.id JOIN place AS other ON verdict.high = other.id
    WHERE verdict.decision = 'different';
"""

# A tie is a pair of keys, an edge the best tie of two nodes. x is always without a number; ``stopped`` says why an edge
# can never link.
_EDGES: Final = """
    CREATE OR REPLACE TEMP TABLE tie AS
    WITH placed AS (
        SELECT
            one.node AS one, other.node AS other, one.is_numbered OR other.is_numbered AS to_person,
            one.is_numbered OR (NOT other.is_numbered AND one.node > other.node) AS is_turned, score.*
        FROM score JOIN place AS one ON score.low = one.id JOIN place AS other ON score.high = other.id
        WHERE one.node <> other.node AND NOT (one.is_numbered AND other.is_numbered)
    )
    SELECT
        CASE WHEN is_turned THEN other ELSE one END AS x, CASE WHEN is_turned THEN one ELSE other END AS y,
        * EXCLUDE (one, other, is_turned)
    FROM placed;

    CREATE OR REPLACE TEMP TABLE edge AS
    WITH best AS (
        SELECT * FROM tie ANTI JOIN barred USING (x, y)
        QUALIFY row_number() OVER (PARTITION BY x, y ORDER BY weight DESC, low, high) = 1
    ),
    shared AS (
        SELECT DISTINCT best.x, best.y
        FROM best JOIN node_list AS one ON best.x = one.node
        JOIN node_list AS other ON best.y = other.node AND one.list = other.list
    )
    SELECT
        best.* EXCLUDE (statement, name_says),
        CASE WHEN shared.x IS NOT NULL THEN 'same_list' ELSE coalesce(refused.reason, best.name_says) END AS stopped
    FROM best
    LEFT JOIN shared ON best.x = shared.x AND best.y = shared.y
    LEFT JOIN refused ON best.low = refused.low AND best.high = refused.high;
"""


def make_nodes(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Make the tables of this module from the relations ``pair``, ``member``, ``decision`` and ``key``."""
    connection.execute("SET VARIABLE holding = $words::VARCHAR[]", {"words": holding_words(model)})
    for name in ("link_weight", "review_weight", "margin"):
        connection.execute(f"SET VARIABLE {name} = $value::DOUBLE", {"value": getattr(model, name)})
    connection.execute(_ITEMS)
    connection.execute(_VERDICTS)
    _bundle(connection)
    connection.execute(_REFUSE_TOGETHER)
    connection.execute(_NODES)
    connection.execute(_EDGES)


def holding_words(model: LinkageModel) -> list[str]:
    """Return the words of evidence with which a pair is never linked by its weight."""
    return [
        f"{comparison.name}: {level.says}"
        for comparison in model.declaration.comparisons
        for level in comparison.levels
        if level.holds
    ]


def _bundle(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table ``bundle``: keys that decisions say are one, directly or through others; decisions are few."""
    pairs = connection.execute(
        "SELECT low, high FROM verdict ANTI JOIN refused USING (low, high) WHERE decision = 'same' ORDER BY ALL"
    ).fetchall()
    leader: dict[int, int] = {}

    def led(item: int) -> int:
        while leader.setdefault(item, item) != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    for low, high in pairs:
        one, other = sorted((led(low), led(high)))
        leader[other] = one
    made = pa.table({"id": pa.array(list(leader), pa.int64()), "bundle": pa.array(map(led, leader), pa.int64())})
    connection.register("bundled", made)
    connection.execute("CREATE OR REPLACE TEMP TABLE bundle AS SELECT id, bundle FROM bundled")
    connection.unregister("bundled")
