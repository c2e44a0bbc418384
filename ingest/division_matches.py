"""The steps by which divisions of one register are found again in another, each a SELECT over the tables of the diff.

``old`` and ``new`` are the divisions with base and kind of their names; ``pair`` is what was found so far. A step gives
candidates (level, from_code, to_code, share, score, evidence): ``share`` is how much of a division went there.
"""

from __future__ import annotations

# A part of a division counts as gone to another one from this share of its villages on, and from this many.
_LEAST_SHARE = 0.1
_LEAST_VILLAGES = 2

# Codes that stand for the same place in both registers: the base of the name is the same. Its kind may have changed.
SAME = """
    SELECT
        o.level, o.code AS from_code, n.code AS to_code, o.name AS from_name, n.name AS to_name,
        CASE
            WHEN o.name = n.name THEN 'unchanged'
            WHEN o.kind = n.kind OR '' IN (o.kind, n.kind) THEN 'respelled'
            ELSE 'level_change'
        END AS shown,
        1.0::DOUBLE AS share, 1.0::DOUBLE AS score, 'same code, same name' AS evidence
    FROM old AS o JOIN new AS n ON n.code = o.code AND n.base = o.base
"""

# Candidates as pairs: what one became several of is a split, what several became is a merger, and so is what became one
# that was there. A code that changed because its parent's did is recoded; one below another parent was moved.
TAKEN = """
    WITH counted AS (
        SELECT c.*, o.name AS from_name, n.name AS to_name, o.base = n.base AS same_base,
            o.kind <> n.kind AND o.kind <> '' AND n.kind <> '' AS other_kind,
            o.parent_code IN (SELECT from_code FROM pair)
                AND (o.parent_code, n.parent_code) NOT IN (SELECT (from_code, to_code) FROM pair) AS other_parent,
            count(*) OVER (PARTITION BY c.from_code) AS successors,
            count(*) OVER (PARTITION BY c.to_code) AS predecessors,
            c.to_code IN (SELECT to_code FROM pair) AS was_there
        FROM candidate AS c
        JOIN old AS o ON o.code = c.from_code
        JOIN new AS n ON n.code = c.to_code
    )
    SELECT
        level, from_code, to_code, from_name, to_name,
        CASE
            WHEN successors > 1 THEN 'split'
            WHEN predecessors > 1 OR was_there THEN 'merge'
            WHEN same_base AND other_kind THEN 'level_change'
            WHEN from_code = to_code THEN 'rename'
            WHEN other_parent THEN 'moved'
            ELSE 'recode'
        END AS shown,
        share, score, evidence
    FROM counted
"""


def _by_villages(level: str, column: str) -> str:
    """Return where the villages of the cities or counties went that are gone.

    A village tells where its name, with its township's, is the only one in the province in both registers. A division
    of which no village tells is looked for by its name.
    """
    return f"""
        WITH gone AS (
            SELECT code, base, province_code FROM old
            WHERE level = '{level}' AND code NOT IN (SELECT from_code FROM pair)
        ),
        was AS ({_only_ones("old", column)}),
        became AS ({_only_ones("new", column)}),
        went AS (
            SELECT w.place AS from_code, b.place AS to_code, count(*) AS found,
                round(count(*) / sum(count(*)) OVER (PARTITION BY w.place), 6) AS share
            FROM was AS w JOIN became AS b USING (province_code, told)
            WHERE w.place IN (SELECT code FROM gone) AND b.place IN (SELECT code FROM new WHERE level = '{level}')
            GROUP BY w.place, b.place
        ),
        kept AS (FROM went WHERE share >= {_LEAST_SHARE} AND found >= {_LEAST_VILLAGES}),
        named AS (
            SELECT g.code AS from_code, n.code AS to_code
            FROM gone AS g
            JOIN new AS n ON n.level = '{level}' AND n.base = g.base AND n.province_code = g.province_code
            WHERE n.code NOT IN (SELECT to_code FROM pair) AND g.code NOT IN (SELECT from_code FROM kept)
            QUALIFY count(*) OVER (PARTITION BY g.code) = 1 AND count(*) OVER (PARTITION BY n.code) = 1
        )
        SELECT '{level}' AS level, from_code, to_code, share / sum(share) OVER (PARTITION BY from_code) AS share,
            0.5 + 0.5 * share * least(found / 10, 1) AS score,
            format('{{}} of {{}} villages that tell', found, sum(found) OVER (PARTITION BY from_code)::BIGINT)
                AS evidence
        FROM kept
        UNION ALL
        SELECT '{level}', from_code, to_code, 1.0, 0.6, 'the only one of the name in the province' FROM named
        UNION ALL
        SELECT '{level}', g.code, g.code, 1.0, 0.6, 'same code' FROM gone AS g
        JOIN new AS n ON n.code = g.code
        WHERE n.code NOT IN (SELECT to_code FROM pair) AND g.code NOT IN (SELECT from_code FROM kept)
            AND g.code NOT IN (SELECT from_code FROM named) AND n.code NOT IN (SELECT to_code FROM kept)
            AND n.code NOT IN (SELECT to_code FROM named)
    """


def _only_ones(side: str, column: str) -> str:
    return f"""
            SELECT v.province_code, any_value(v.{column}) AS place, t.base || '/' || v.base AS told
            FROM {side} AS v JOIN {side} AS t ON t.code = v.township_code
            WHERE v.level = 'village' GROUP BY v.province_code, told HAVING count(*) = 1
    """


_TOWNSHIPS_BY_NAME = """
    SELECT 'township' AS level, o.code AS from_code, n.code AS to_code, 1.0 AS share,
        CASE WHEN o.kind = n.kind THEN 0.95 ELSE 0.9 END AS score,
        'the only one of the name in what its county became' AS evidence
    FROM old AS o
    JOIN pair AS p ON p.from_code = o.seat_code
    JOIN new AS n ON n.seat_code = p.to_code AND n.base = o.base AND n.level = 'township'
    WHERE o.level = 'township' AND o.code NOT IN (SELECT from_code FROM pair)
        AND n.code NOT IN (SELECT to_code FROM pair)
    QUALIFY count(*) OVER (PARTITION BY o.code) = 1 AND count(*) OVER (PARTITION BY n.code) = 1
"""

# A village is weighed by how many of its name there are in what its county became, or in the city around that.
_TOWNSHIPS_BY_VILLAGES = f"""
    WITH gone AS (
        SELECT code, seat_code, city_code FROM old
        WHERE level = 'township' AND code NOT IN (SELECT from_code FROM pair)
    ),
    unfound AS (
        SELECT code, base, township_code, seat_code, city_code FROM new
        WHERE level = 'village' AND code NOT IN (SELECT to_code FROM pair)
    ),
    went AS (
        SELECT v.code, v.township_code AS from_code, left(p.to_code, 9) || '000' AS to_code, 1.0 AS weight
        FROM old AS v
        JOIN pair AS p ON p.from_code = v.code
        WHERE v.level = 'village' AND v.township_code IN (SELECT code FROM gone)
        UNION ALL
        SELECT v.code, v.township_code, w.township_code,
            CASE WHEN s.to_code IS NULL THEN 0.3 ELSE 1.0 END / count(*) OVER (PARTITION BY v.code)
        FROM old AS v
        JOIN gone AS g ON g.code = v.township_code
        JOIN pair AS c ON c.from_code = g.city_code
        JOIN unfound AS w ON w.city_code = c.to_code AND w.base = v.base
        LEFT JOIN pair AS s ON s.from_code = g.seat_code AND s.to_code = w.seat_code
        WHERE v.level = 'village' AND v.code NOT IN (SELECT from_code FROM pair)
    ),
    weighed AS (
        SELECT from_code, to_code, round(sum(weight), 6) AS found, count(*) AS villages FROM went GROUP BY ALL
    ),
    shared AS (SELECT *, round(found / sum(found) OVER (PARTITION BY from_code), 6) AS share FROM weighed),
    kept AS (FROM shared WHERE share >= 2 * {_LEAST_SHARE} AND (found >= {_LEAST_VILLAGES} OR share > 0.5))
    SELECT 'township' AS level, from_code, to_code, share / sum(share) OVER (PARTITION BY from_code) AS share,
        0.4 + 0.5 * share * least(found / 5, 1) AS score,
        format('{{}} villages of the same names', villages) AS evidence
    FROM kept JOIN new AS n ON n.code = to_code
    UNION ALL
    SELECT 'township', g.code, g.code, 1.0, 0.6, 'same code' FROM gone AS g
    JOIN new AS n ON n.code = g.code
    WHERE g.code NOT IN (SELECT from_code FROM kept) AND g.code NOT IN (SELECT to_code FROM kept)
        AND g.code NOT IN (SELECT to_code FROM pair)
"""

# The best of a name on both sides: in what the township became rather than elsewhere in what the county became, of the
# same kind, with the same last digits.
_VILLAGES_BY_NAME = """
    WITH gone AS (
        SELECT * FROM old WHERE level = 'village' AND code NOT IN (SELECT from_code FROM pair)
    ),
    unfound AS (
        SELECT * FROM new WHERE level = 'village' AND code NOT IN (SELECT to_code FROM pair)
    ),
    alike AS (
        SELECT DISTINCT o.code AS from_code, n.code AS to_code, t.to_code IS NOT NULL AS in_line,
            4 * (t.to_code IS NOT NULL)::INTEGER + 2 * (o.kind = n.kind)::INTEGER
                + (right(o.code, 3) = right(n.code, 3))::INTEGER AS fit
        FROM gone AS o
        JOIN pair AS s ON s.from_code = o.seat_code
        JOIN unfound AS n ON n.seat_code = s.to_code AND n.base = o.base
        LEFT JOIN pair AS t ON t.from_code = o.township_code AND t.to_code = n.township_code
    ),
    best AS (
        FROM alike QUALIFY fit = max(fit) OVER (PARTITION BY from_code) AND fit = max(fit) OVER (PARTITION BY to_code)
    )
    SELECT 'village' AS level, from_code, to_code, 1.0 AS share,
        CASE WHEN in_line THEN 0.95 ELSE 0.75 END AS score,
        CASE WHEN in_line THEN 'the only one of the name in what its township became'
            ELSE 'the only one of the name in what its county became' END AS evidence
    FROM best
    QUALIFY count(*) OVER (PARTITION BY from_code) = 1 AND count(*) OVER (PARTITION BY to_code) = 1
"""

# Another name under the same code, neither of which is found elsewhere: the more letters they share the better.
_VILLAGES_BY_CODE = """
    SELECT 'village' AS level, o.code AS from_code, n.code AS to_code, 1.0 AS share,
        0.6 + 0.35 * jaccard(o.base, n.base) AS score, 'same code, neither name elsewhere' AS evidence
    FROM old AS o JOIN new AS n ON n.code = o.code
    WHERE o.level = 'village' AND o.code NOT IN (SELECT from_code FROM pair)
        AND n.code NOT IN (SELECT to_code FROM pair)
"""

# A village that is gone and one whose name has it in it, in what the township became.
_VILLAGES_BY_PART = """
    WITH alike AS (
        SELECT o.code AS from_code, n.code AS to_code, jaccard(o.base, n.base) AS likeness
        FROM old AS o
        JOIN pair AS t ON t.from_code = o.township_code
        JOIN new AS n ON n.township_code = t.to_code AND n.level = 'village'
        WHERE o.level = 'village' AND o.code NOT IN (SELECT from_code FROM pair)
            AND length(o.base) >= 2 AND length(n.base) >= 2 AND (contains(n.base, o.base) OR contains(o.base, n.base))
    )
    SELECT 'village' AS level, from_code, to_code, 1.0 AS share, 0.4 + 0.2 * likeness AS score,
        'one name is part of the other' AS evidence
    FROM alike
    QUALIFY row_number() OVER (PARTITION BY from_code ORDER BY likeness DESC, to_code) = 1
"""

# What is gone in a township in which just one village is new: together they may have become that one.
_VILLAGES_LEFT_OVER = """
    WITH fresh AS (
        SELECT township_code, any_value(code) AS code, any_value(base) AS base FROM new
        WHERE level = 'village' AND code NOT IN (SELECT to_code FROM pair)
        GROUP BY township_code HAVING count(*) = 1
    )
    SELECT 'village' AS level, o.code AS from_code, f.code AS to_code, 1.0 AS share,
        CASE WHEN jaccard(o.base, f.base) > 0 THEN 0.4 ELSE 0.3 END AS score,
        'gone from a township in which one village is new' AS evidence
    FROM old AS o
    JOIN pair AS t ON t.from_code = o.township_code AND t.shown <> 'split'
    JOIN fresh AS f ON f.township_code = t.to_code
    WHERE o.level = 'village' AND o.code NOT IN (SELECT from_code FROM pair)
    QUALIFY count(*) OVER (PARTITION BY f.code) <= 8 AND count(*) OVER (PARTITION BY o.code) = 1
"""

STEPS = (
    _by_villages("city", "city_code"),
    _by_villages("county", "seat_code"),
    _TOWNSHIPS_BY_NAME,
    _TOWNSHIPS_BY_VILLAGES,
    _VILLAGES_BY_NAME,
    _VILLAGES_BY_CODE,
    _VILLAGES_BY_PART,
    _VILLAGES_LEFT_OVER,
)


# What is gone. Of a place that has no parts of a level in the newer register, and of a province that it does not have,
# nothing is known.
GONE = """
    SELECT o.level, o.code, o.name,
        o.level <> 'province' AND EXISTS (
            FROM pair AS p JOIN new AS n ON n.parent_code = p.to_code AND n.level = o.level
            WHERE p.from_code = o.parent_code
        ) OR o.parent_code NOT IN (SELECT from_code FROM pair) AND o.province_code IN (SELECT code FROM new)
        OR o.level = 'county' AND o.parent_code NOT IN (SELECT code FROM old) AS is_listed
    FROM old AS o WHERE o.code NOT IN (SELECT from_code FROM pair)
"""


def _transfers(level: str, part: str, parent: str) -> str:
    """Return the divisions that go on and lost parts to others that took them in."""
    return f"""
        SELECT
            '{level}' AS level, o.{parent} AS from_code, n.{parent} AS to_code, any_value(f.name) AS from_name,
            any_value(t.name) AS to_name, 'transfer' AS shown, count(*) / any_value(a.villages) AS share, 0.7 AS score,
            format('{{}} of {{}} villages', count(*), any_value(a.villages)) AS evidence
        FROM pair AS p
        JOIN old AS o ON o.code = p.from_code
        JOIN new AS n ON n.code = p.to_code
        JOIN old AS f ON f.code = o.{parent}
        JOIN new AS t ON t.code = n.{parent}
        JOIN (SELECT {parent} AS code, count(*) AS villages FROM old WHERE level = 'village' GROUP BY ALL) AS a
            ON a.code = o.{parent}
        WHERE p.level = '{part}'
            AND (o.{parent}, o.{parent}) IN (
                SELECT (from_code, to_code) FROM pair WHERE from_code = to_code AND shown <> 'split'
            )
            AND (o.{parent}, n.{parent}) NOT IN (SELECT (from_code, to_code) FROM pair)
        GROUP BY o.{parent}, n.{parent}
    """


TRANSFERS = " UNION ALL ".join(
    (_transfers("township", "village", "township_code"), _transfers("county", "village", "seat_code"))
)
