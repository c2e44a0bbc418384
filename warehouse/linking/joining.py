"""Which records join a person with a number: by a pair with that person, or one step through a record that did.

Of all that a record fits about as well, only a single one can be joined; of all that fit a person and cannot all be the
same, only the best. What is undecided stays apart.
"""

from __future__ import annotations

from typing import Final

import duckdb

TABLES: Final = ("candidate", "contender", "foe", "lost", "joined", "likeness", "step", "of_person", "against")

_CANDIDATES: Final = """
    CREATE OR REPLACE TEMP TABLE candidate AS
    SELECT *, count_if(is_near) OVER (PARTITION BY x) AS near
    FROM (
        SELECT * EXCLUDE (to_person), weight > max(weight) OVER (PARTITION BY x) - getvariable('margin') AS is_near
        FROM edge WHERE to_person
    );

    CREATE OR REPLACE TEMP TABLE contender AS
    SELECT x, y, weight FROM candidate
    WHERE is_near AND stopped IS NULL AND weight >= getvariable('link_weight');

    -- Two that cannot be one person, because somebody said so or because their names differ.
    CREATE OR REPLACE TEMP TABLE foe AS
    SELECT x, y FROM barred
    UNION
    SELECT unnest([x, y]), unnest([y, x]) FROM edge
    WHERE NOT to_person AND stopped IN ('twins', 'other_name');

    CREATE OR REPLACE TEMP TABLE lost (x BIGINT, y BIGINT, reason VARCHAR);
"""

# Of several that cannot all be one person, the best one stays; none where they are equal.
_OUTDO: Final = """
    INSERT INTO lost
    WITH compared AS (
        SELECT
            contender.x, contender.y,
            contender.weight < max(contender.weight) OVER (PARTITION BY contender.y, node_list.list)
                OR count(*) OVER (PARTITION BY contender.y, node_list.list, contender.weight) > 1 AS is_outdone
        FROM contender JOIN node_list ON contender.x = node_list.node
    )
    SELECT DISTINCT x, y, 'same_list' FROM compared WHERE is_outdone
    UNION ALL
    SELECT DISTINCT one.x, one.y, 'two_candidates'
    FROM contender AS one JOIN foe ON one.x = foe.x
    JOIN contender AS other ON foe.y = other.x AND one.y = other.y AND one.weight <= other.weight;
"""

_JOIN: Final = """
    CREATE OR REPLACE TEMP TABLE joined AS
    SELECT x AS node, y AS person, low, high, false AS is_through
    FROM candidate SEMI JOIN contender USING (x, y) ANTI JOIN lost USING (x, y)
    WHERE near = 1;

    CREATE OR REPLACE TEMP TABLE likeness AS
    SELECT x, y, weight, low, high, stopped FROM edge WHERE NOT to_person
    UNION ALL
    SELECT y, x, weight, low, high, stopped FROM edge WHERE NOT to_person;
"""

_STEP: Final = """
    CREATE OR REPLACE TEMP TABLE step AS
    WITH reached AS (
        SELECT likeness.x, joined.person, likeness.y AS via, likeness.weight, likeness.low, likeness.high
        FROM likeness JOIN joined ON likeness.y = joined.node
        ANTI JOIN joined AS own ON likeness.x = own.node
        WHERE likeness.stopped IS NULL AND likeness.weight >= getvariable('link_weight')
    )
    SELECT * FROM reached
    QUALIFY row_number() OVER (PARTITION BY x ORDER BY weight DESC, via) = 1;

    CREATE OR REPLACE TEMP TABLE of_person AS
    SELECT node, person FROM joined UNION ALL SELECT DISTINCT person, person FROM joined;

    CREATE OR REPLACE TEMP TABLE against AS
    -- another person fits at all, or this one is out of the question
    SELECT step.x, step.person, 'two_candidates' AS reason
    FROM step JOIN candidate USING (x) WHERE step.person <> candidate.y OR candidate.stopped IS NOT NULL
    UNION
    -- somebody of this person is out of the question
    SELECT step.x, step.person, 'through_record'
    FROM step JOIN of_person USING (person) JOIN foe ON step.x = foe.x AND of_person.node = foe.y
    UNION
    SELECT step.x, step.person, 'same_list'
    FROM step JOIN of_person USING (person) JOIN node_list AS own ON step.x = own.node
    JOIN node_list AS other ON of_person.node = other.node AND own.list = other.list
    UNION
    -- another record fits about as well, and it is somebody else's or no pair of the one between
    SELECT step.x, step.person, 'two_candidates'
    FROM step JOIN likeness AS near
        ON step.x = near.x AND step.via <> near.y AND near.weight > step.weight - getvariable('margin')
    LEFT JOIN joined AS whose ON near.y = whose.node
    LEFT JOIN likeness AS alike ON near.y = alike.x AND step.via = alike.y AND alike.stopped IS NULL
    WHERE near.stopped IS NULL
        AND (step.person <> whose.person OR (whose.person IS NULL AND alike.x IS NULL));

    CREATE OR REPLACE TEMP TABLE contender AS
    SELECT x, person AS y, weight FROM step WHERE x NOT IN (SELECT x FROM against);
"""

_JOIN_BY_STEP: Final = """
    INSERT INTO joined
    SELECT step.x, step.person, step.low, step.high, true
    FROM step JOIN contender ON step.x = contender.x ANTI JOIN lost ON step.x = lost.x AND step.person = lost.y;

    INSERT INTO lost SELECT x, person, reason FROM against;
"""


def join_persons(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table ``joined``: which nodes are whose."""
    connection.execute(_CANDIDATES)
    connection.execute(_OUTDO)
    connection.execute(_JOIN)
    connection.execute(_STEP)
    connection.execute(_OUTDO)
    connection.execute(_JOIN_BY_STEP)
