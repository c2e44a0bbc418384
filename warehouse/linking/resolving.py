"""Who is who: from the weights of pairs, the lists that keys stand in and what people decided, to links.

The rules, as ``docs/linking.md`` says them too:

- A record (a key without a number) links to a person with a number when the weight of the pair reaches the model's link
  weight and every other person fits worse by the margin. Otherwise all that fit about as well are held:
  ``two_candidates``. Weights between the review and the link weight are held: ``between_thresholds``.
- Where the names differ, only a decision links, whatever the weight: ``twins`` where birth and hukou place agree, else
  ``other_name``.
- One list never has two rows of one person. A record is not a person whose number stands in its own list, and of
  several records of one list that fit a person only the best can link, none where they fit equally: ``same_list``.
- A record that fits a record of a person joins that person when nothing speaks against it: no common list, no other
  person that fits at all, no other record that fits about as well. One step, never further; else ``through_record``.
- Records that nobody's number claims are one where each two of them are a pair; a record that fits two others that are
  no pair joins neither (``two_candidates``), and two groups do not join unless all of both fit (``not_all_alike``).
- Decisions come first. Keys decided to be the same are one from the start, unless two of them have numbers
  (``two_numbers``), stand in one list, or are decided to be different (``decisions_contradict``). Keys decided to be
  different are never one person, by no way round.

All of it is a function of the relations read, whatever the order of their rows; ties are settled by the keys.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import duckdb

from warehouse.linking import clusters, joining, nodes
from warehouse.linking.clusters import cluster_records
from warehouse.linking.joining import join_persons
from warehouse.linking.model import LinkageModel
from warehouse.linking.nodes import make_nodes

THROUGH: Final = "through a record: "
DECIDED_ONLY: Final = "decided; no pair"
_TABLES: Final = (*nodes.TABLES, *joining.TABLES, *clusters.TABLES, "grouped", "whose")

# Whose every key is: its group, and for groups of several the key that leads, the numbered or the first reported one.
_WHOSE: Final = """
    CREATE OR REPLACE TEMP TABLE grouped AS
    SELECT
        place.id, place.node, coalesce(joined.person, clustered.cluster, place.node) AS person,
        joined.person IS NOT NULL OR place.is_numbered AS has_number
    FROM place LEFT JOIN joined USING (node) LEFT JOIN clustered USING (node);

    CREATE OR REPLACE TEMP TABLE whose AS
    WITH foremost AS (
        SELECT
            grouped.person,
            first(item.id ORDER BY item.is_numbered DESC, item.first_reported NULLS LAST, item.id) AS leader
        FROM grouped JOIN item USING (id)
        GROUP BY grouped.person HAVING count(*) > 1
    )
    SELECT grouped.id, grouped.node, grouped.has_number, foremost.leader FROM grouped JOIN foremost USING (person);
"""

# The pair that is named: the one by which a node joined its person, else the key's best one with the foremost key, else
# with another of its group.
_LINK: Final = """
    CREATE OR REPLACE TABLE link AS
    WITH follower AS (FROM whose WHERE id <> leader),
    decided AS (
        SELECT follower.id FROM follower
        JOIN verdict
            ON least(follower.id, follower.leader) = verdict.low
            AND greatest(follower.id, follower.leader) = verdict.high
        WHERE verdict.decision = 'same'
    ),
    by_number AS (
        SELECT follower.id, joined.low, joined.high, joined.is_through
        FROM follower JOIN joined USING (node) WHERE follower.id IN (joined.low, joined.high)
    ),
    own_pair AS (
        SELECT unnest([low, high]) AS id, unnest([high, low]) AS other, low, high, weight FROM score
    ),
    inside AS (
        SELECT
            follower.id, own_pair.low, own_pair.high, other.node = follower.node AS is_bundled
        FROM follower JOIN own_pair USING (id)
        JOIN whose AS other ON own_pair.other = other.id AND follower.leader = other.leader
        QUALIFY row_number() OVER (
            PARTITION BY follower.id
            ORDER BY own_pair.other = follower.leader DESC, own_pair.weight DESC, own_pair.low, own_pair.high
        ) = 1
    ),
    reason AS (
        SELECT
            follower.id, follower.leader,
            CASE
                WHEN decided.id IS NOT NULL THEN 'decided_same'
                WHEN by_number.is_through THEN 'link_through_record'
                WHEN by_number.id IS NOT NULL THEN 'link_number'
                WHEN follower.has_number OR inside.id IS NULL OR inside.is_bundled THEN 'decided_same'
                ELSE 'link_records'
            END AS rule_id,
            coalesce(by_number.low, inside.low) AS low, coalesce(by_number.high, inside.high) AS high
        FROM follower LEFT JOIN decided USING (id) LEFT JOIN by_number USING (id) LEFT JOIN inside USING (id)
    )
    SELECT
        own.person_key, foremost.person_key AS linked_key, reason.rule_id, score.weight,
        CASE WHEN reason.rule_id = 'link_through_record' THEN $through ELSE '' END || statement.evidence AS evidence
    FROM reason
    JOIN item AS own ON reason.id = own.id
    JOIN item AS foremost ON reason.leader = foremost.id
    LEFT JOIN score ON reason.low = score.low AND reason.high = score.high
    LEFT JOIN statement USING (statement)
    ORDER BY own.person_key
"""

# Pairs that may be one person and are not counted as one; not those of two different numbers, nor of two persons who
# somebody said are different, nor what is of no use: two rows of one list that are not enough alike to link.
_HELD: Final = """
    CREATE OR REPLACE TABLE held AS
    WITH different AS (
        SELECT DISTINCT least(one.person, other.person) AS low, greatest(one.person, other.person) AS high
        FROM verdict JOIN grouped AS one ON verdict.low = one.id JOIN grouped AS other ON verdict.high = other.id
        WHERE verdict.decision = 'different'
    ),
    open AS (
        SELECT
            tie.*, edge.stopped, one.has_number OR other.has_number AS has_number,
            CASE WHEN one.has_number THEN other.node ELSE one.node END AS record,
            CASE WHEN one.has_number THEN one.person ELSE other.person END AS person
        FROM tie JOIN edge USING (x, y)
        JOIN grouped AS one ON tie.low = one.id
        JOIN grouped AS other ON tie.high = other.id
        ANTI JOIN different
            ON least(one.person, other.person) = different.low AND greatest(one.person, other.person) = different.high
        WHERE one.person <> other.person AND NOT (one.has_number AND other.has_number)
    ),
    outdone AS (SELECT x AS record, y AS person, min(reason) AS reason FROM lost GROUP BY ALL),
    told AS (
        SELECT
            open.low, open.high, open.weight, open.statement,
            CASE
                WHEN open.stopped = 'same_list' THEN open.stopped
                WHEN coalesce(refused.reason, open.name_says) IS NOT NULL THEN coalesce(refused.reason, open.name_says)
                WHEN open.weight < getvariable('link_weight') THEN 'between_thresholds'
                WHEN open.to_person THEN coalesce(outdone.reason, 'two_candidates')
                WHEN open.has_number THEN coalesce(outdone.reason, 'through_record')
                ELSE coalesce(unclustered.reason, 'not_all_alike')
            END AS reason,
            refused.reason IS NOT NULL AS is_decided
        FROM open
        LEFT JOIN refused USING (low, high)
        LEFT JOIN outdone USING (record, person)
        LEFT JOIN unclustered USING (x, y)
    ),
    all_held AS (
        SELECT low, high, weight, statement, reason FROM told
        WHERE is_decided OR reason <> 'same_list' OR weight >= getvariable('link_weight')
        UNION ALL
        SELECT low, high, 0, NULL, reason FROM refused ANTI JOIN score USING (low, high)
    )
    SELECT
        CASE WHEN one.is_numbered AND NOT other.is_numbered THEN other.person_key ELSE one.person_key END AS person_key,
        CASE WHEN one.is_numbered AND NOT other.is_numbered THEN one.person_key ELSE other.person_key END AS other_key,
        all_held.weight, coalesce(statement.evidence, $decided) AS evidence, all_held.reason
    FROM all_held
    JOIN item AS one ON all_held.low = one.id
    JOIN item AS other ON all_held.high = other.id
    LEFT JOIN statement USING (statement)
    ORDER BY ALL
"""


def resolve(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """Make tables ``link`` and ``held`` from the relations ``pair``, ``member``, ``decision`` and ``key``.

    ``key`` has every key of the other three; ``decision`` has the latest decision about each pair, and nothing where
    it was taken back.
    """
    make_nodes(connection, model)
    join_persons(connection)
    cluster_records(connection)
    connection.execute(_WHOSE)
    connection.execute(_LINK, {"through": THROUGH})
    connection.execute(_HELD, {"decided": DECIDED_ONLY})
    for table in _TABLES:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


# What ends a link: a decision, another link of one of the two, a pair that is held now, or rows that are gone.
_CHANGES: Final = """
    CREATE OR REPLACE TABLE link_change AS
    WITH gone AS (SELECT * FROM link_before ANTI JOIN link USING (person_key, linked_key)),
    come AS (SELECT * FROM link ANTI JOIN link_before USING (person_key, linked_key)),
    event AS (
        SELECT 'merge' AS kind, person_key, linked_key, rule_id, weight, evidence FROM come
        UNION ALL
        SELECT
            'split', gone.person_key, gone.linked_key,
            CASE
                WHEN different.a IS NOT NULL THEN 'decided_different'
                WHEN own.person_key IS NOT NULL OR foremost.person_key IS NOT NULL THEN 'linked_elsewhere'
                ELSE coalesce(doubt.reason, 'no_longer_proven')
            END,
            gone.weight, gone.evidence
        FROM gone
        LEFT JOIN (
            SELECT DISTINCT least(person_key, other_key) AS a, greatest(person_key, other_key) AS b
            FROM decision WHERE decision = 'different'
        ) AS different
            ON least(gone.person_key, gone.linked_key) = different.a
            AND greatest(gone.person_key, gone.linked_key) = different.b
        LEFT JOIN link AS own ON gone.person_key = own.person_key
        LEFT JOIN link AS foremost ON gone.linked_key = foremost.person_key
        LEFT JOIN (
            SELECT least(person_key, other_key) AS a, greatest(person_key, other_key) AS b, min(reason) AS reason
            FROM held GROUP BY ALL
        ) AS doubt
            ON least(gone.person_key, gone.linked_key) = doubt.a
            AND greatest(gone.person_key, gone.linked_key) = doubt.b
    )
    SELECT
        left(md5(concat_ws(' ', $night_id, kind, person_key, linked_key)), 16) AS merge_id,
        $night_id AS night_id, $happened_at::TIMESTAMP AS happened_at, * , $model_id AS model_id
    FROM event
    ORDER BY person_key, kind DESC
"""


def changes(
    connection: duckdb.DuckDBPyConnection, model: LinkageModel, night_id: str, happened_at: dt.datetime
) -> None:
    """Make table ``link_change``: what the night adds to raw.person_merge.

    Reads ``link_before`` (the links of the night before), ``link``, ``held`` and ``decision``.
    """
    connection.execute(_CHANGES, {"night_id": night_id, "happened_at": happened_at, "model_id": model.model_id})
