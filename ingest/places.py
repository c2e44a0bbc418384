"""From an address as people write it to the division it proves, set-wise in SQL.

A text is read from its start: the dictionary of ``ingest.place_names`` says which names can follow inside the division
reached so far. All readings are kept; the one that explains most of the text wins, and where several do equally well
only what they have in common is proven. A text that a sender writes relative to its own unit is also read from there.
"""

from __future__ import annotations

import itertools
from datetime import date

import duckdb

from ingest.place_names import (
    ALIAS,
    BARE_VILLAGE,
    CITY,
    COUNTY,
    FORMER,
    FULL,
    NATION,
    PROVINCE,
    TOWNSHIP,
    VILLAGE,
    PlaceNames,
)
from ingest.place_text import (
    CODE_TEXT,
    DIVISION_FOLLOWS,
    GROUP_FOLLOWS,
    OWN_DIVISION,
    ROAD_FOLLOWS,
    STREET_NAME,
    VILLAGE_ROAD_FOLLOWS,
    VILLAGE_SUFFIX,
    normalised,
    of_the_sender,
    unwrapped,
    without_frame,
    without_numbers,
)
from ingest.place_words import STROKES, UNKNOWN, begins_with_word
from ingest.register import LEVELS, level_of

# Province, city, county and township, and two of them written twice: few texts have more names above the village.
_STEPS = 6

# A reading's rank: characters explained, then closeness to official names, then closeness to the sender.
_RANK = "used * 10000 - penalty * 100 + is_whole::INTEGER * 10 + start_level"

_READING = "id, level, code, penalty, is_former, rest"

_prefixes = (f"place_{number}" for number in itertools.count(1))


class PlaceResolver:
    """Resolves address texts on the register as it is valid on one day (without a day: on its open rows)."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, register: str = "raw.division", as_of: date | None = None
    ) -> None:
        """Load the dictionaries from ``register``, a relation with the columns of raw.division."""
        self._connection = connection
        self._prefix = next(_prefixes)
        self._register = f"SELECT * FROM {register} WHERE {_valid(as_of)}"
        self._names = PlaceNames(connection, self._register, self._prefix)

    def same_reading(self, text: str) -> str:
        """Return the SQL expression of a text that is resolved as ``text`` is: one for all houses of a street."""
        return without_numbers(text, self._names.with_number)

    def resolve(self, texts: str, into: str) -> None:
        """Create the table ``into`` (text, context_code, code, level, match, is_several), a row per text and context.

        ``texts`` names a relation (text, context_code); ``context_code`` is the unit whose sender wrote the text, or
        NULL. ``match`` is exact, alias, former_name, partial or none; or what a text says that names no division of
        the register: abroad, hmt (Hong Kong, Macao, Taiwan), elsewhere (known only as not here), unknown. ``code`` is
        NULL for these, but for one of the three, and where nothing was found. ``is_several`` says that places of the
        same name were found and what is coarser than all of them, if anything, was taken.
        """
        self._make("text", _text_select(texts, self._names.word))
        self._make("state_0", self._start_select())
        for step in range(_STEPS):
            self._make(f"state_{step + 1}", self._step_select(step))
        self._make("upper", " UNION ALL ".join(f"SELECT * FROM {self._table(f'state_{n}')}" for n in range(_STEPS + 1)))
        self._make("reading", self._reading_select())
        self._make("best", self._best_select())
        self._make("proven", self._proven_select())
        self._make("worded", self._worded_select())
        self._connection.execute(f"CREATE OR REPLACE TABLE {into} AS {self._answer_select()}")
        for table in (
            "text",
            "upper",
            "reading",
            "best",
            "proven",
            "worded",
            *(f"state_{n}" for n in range(_STEPS + 1)),
        ):
            self._connection.execute(f"DROP TABLE {self._table(table)}")

    def _table(self, name: str) -> str:
        return f"{self._prefix}_{name}"

    def _make(self, name: str, query: str) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {self._table(name)} AS {query}")

    def _start_select(self) -> str:
        """Return the states before reading: at the nation, and at the sender's unit and the divisions around it.

        本镇 starts at the sender's township only. From a division around the sender only names of its own next level
        are read (``is_own`` false): that 城关镇 is the only one of the city does not make it the sender's.
        """
        return f"""
            WITH around AS (
                SELECT
                    t.id, t.own, t.rest, d.level AS own_level,
                    unnest([
                        {{'level': {PROVINCE}, 'code': d.province}}, {{'level': {CITY}, 'code': d.city}},
                        {{'level': {COUNTY}, 'code': d.county}}, {{'level': {TOWNSHIP}, 'code': d.township}},
                        {{'level': {VILLAGE}, 'code': CASE WHEN t.context <> d.code THEN t.context END}}
                    ], recursive := true)
                FROM {self._table("text")} AS t
                JOIN {self._names.division} AS d
                    ON d.code = CASE WHEN t.context % 1000 = 0 THEN t.context ELSE t.context - t.context % 1000 END
                WHERE t.plain <> ''
            ),
            placed AS (
                SELECT a.*, n.name AS around_name
                FROM around AS a LEFT JOIN {self._names.division} AS n ON n.code = a.code
                WHERE a.code IS NOT NULL AND (a.level < {VILLAGE} OR a.code IN (SELECT code FROM {self._names.village}))
            )
            SELECT
                id, 0::TINYINT AS start_level, true AS is_own, {NATION}::BIGINT AS scope, 0::TINYINT AS level,
                {NATION}::BIGINT AS code, 0 AS used, {FULL} AS penalty, false AS is_former, false AS pending, rest
            FROM {self._table("text")} WHERE plain <> '' AND own = ''
            UNION ALL
            SELECT
                id, level::TINYINT, level = own_level OR level = {TOWNSHIP}, code, level::TINYINT,
                CASE WHEN own = '' THEN {NATION} ELSE code END, length(own) + (own <> '')::INTEGER,
                (own <> '')::INTEGER * {ALIAS}, false, false, rest
            FROM placed
            WHERE own = '' AND level < {VILLAGE}
                OR own IN ('村', '社区') AND level = {VILLAGE}
                OR own IN ('镇', '乡', '街道') AND level = {TOWNSHIP}
                OR own IN ('县', '区', '旗') AND level = {COUNTY}
                OR own = '市' AND (level = {CITY} OR level = {COUNTY}) AND around_name LIKE '%市'
                OR own = '省' AND level = {PROVINCE}
        """

    def _step_select(self, step: int) -> str:
        """Return the states one name further."""
        return f"""
            SELECT
                s.id, s.start_level, s.is_own, e.next_scope AS scope, e.level, e.code, s.used + e.length AS used,
                s.penalty + e.penalty AS penalty, s.is_former OR e.penalty >= {FORMER} AS is_former,
                e.strict OR e.loose AND regexp_matches(substr(s.rest, e.length + 1), '{ROAD_FOLLOWS}') AS pending,
                substr(s.rest, e.length + 1) AS rest
            FROM {self._table(f"state_{step}")} AS s
            JOIN {self._names.entry} AS e ON e.scope = s.scope AND e.key = left(s.rest, 2)
            WHERE starts_with(s.rest, e.name) AND (s.is_own OR s.used > 0 OR e.direct)
        """

    def _reading_select(self) -> str:
        """Return all states that are readings, with the village that may follow."""
        return f"""
            SELECT {_READING}, used, start_level, false AS is_whole
            FROM {self._table("upper")}
            WHERE (code <> {NATION} OR is_former) AND (NOT pending OR rest = '')
            UNION ALL
            ({self._village_select("township", TOWNSHIP)})
            UNION ALL
            ({self._village_select("county", COUNTY)})
        """

    def _village_select(self, scope: str, level: int) -> str:
        """Return the readings that go on to a village of the township; or of the county, where the name has its suffix.

        A city without counties stands for the county.
        """
        levels = f"({COUNTY}, {CITY})" if level == COUNTY else f"({level})"
        return f"""
            WITH found AS (
                SELECT
                    s.*, v.code AS village, v.name, v.base, v.is_community,
                    substr(s.rest, length(v.base) + 1) AS after,
                    regexp_extract(substr(s.rest, length(v.base) + 1), '{VILLAGE_SUFFIX}') AS suffix
                FROM {self._table("upper")} AS s
                JOIN {self._names.village} AS v ON v.{scope} = s.scope AND v.key = left(s.rest, 2)
                WHERE s.level IN {levels} AND starts_with(s.rest, v.base) AND (s.used > 0 OR s.is_own)
            ),
            measured AS (
                SELECT *,
                    starts_with(rest, name) AND length(name) >= length(base) + length(suffix) AS is_whole,
                    (suffix LIKE '%社区%' OR suffix LIKE '%居%') = is_community AS is_same_kind
                FROM found
            ),
            judged AS (
                SELECT *,
                    CASE WHEN is_whole THEN length(name) ELSE length(base) + length(suffix) END AS length,
                    CASE
                        WHEN is_whole OR suffix <> '' AND is_same_kind THEN {FULL}
                        WHEN suffix = '' AND regexp_matches(base, CASE WHEN is_community THEN '社区$' ELSE '村$' END)
                            THEN {FULL}
                        -- villages become communities, not the other way
                        WHEN suffix <> '' AND is_community THEN {ALIAS}
                        WHEN regexp_matches(base, '(村|社区|嘎查|生活区)$') THEN {ALIAS}
                        WHEN after = '' OR regexp_matches(after, '{GROUP_FOLLOWS}') THEN {BARE_VILLAGE}
                    END AS distance
                FROM measured
                WHERE {"suffix <> '' AND (is_whole OR is_same_kind)" if level == COUNTY else "true"}
                    AND (suffix <> '' OR is_whole OR NOT pending AND NOT regexp_matches(base, '{STREET_NAME}'))
            )
            SELECT
                id, {VILLAGE}::TINYINT AS level, village AS code, penalty + distance AS penalty, is_former,
                substr(rest, length + 1) AS rest, used + length AS used, start_level, is_whole
            FROM judged
            WHERE distance IS NOT NULL AND NOT (
                length <= length(base) + 1 AND regexp_matches(substr(rest, length + 1), '{VILLAGE_ROAD_FOLLOWS}')
            )
        """

    def _best_select(self) -> str:
        """Return the best readings of each text, and what speaks against them.

        A county followed by the full name of another county or city is no county: the text was read wrongly or is
        wrong, and the other one joins the readings, so that only what both share stays.
        """
        return f"""
            WITH best AS (
                SELECT {_READING}
                FROM {self._table("reading")}
                JOIN (
                    SELECT id, max({_RANK}) AS rank FROM {self._table("reading")} GROUP BY id
                ) AS top USING (id)
                WHERE {_RANK} = top.rank
            )
            SELECT {_READING} FROM best
            UNION ALL
            SELECT b.id, e.level, e.code, b.penalty, b.is_former, b.rest
            FROM best AS b
            JOIN {self._names.entry} AS e ON e.scope = {NATION} AND e.key = left(b.rest, 2)
            WHERE b.level = {COUNTY} AND e.penalty = {FULL} AND e.level IN ({CITY}, {COUNTY}) AND e.length > 2
                AND starts_with(b.rest, e.name)
        """

    def _proven_select(self) -> str:
        """Return per text the deepest division that all its best readings lie in.

        ``is_several`` says that it is coarser than each of them.
        """
        shared = f"coalesce({', '.join(_common(column) for column in ('village', *reversed(LEVELS[:4])))})"
        return f"""
            WITH pathed AS (
                SELECT
                    b.*, d.province, d.city, d.county, d.township,
                    CASE WHEN b.level = {VILLAGE} THEN b.code END AS village
                FROM {self._table("best")} AS b
                JOIN {self._names.division} AS d
                    ON d.code = CASE WHEN b.level = {VILLAGE} THEN b.code - b.code % 1000 ELSE b.code END
            )
            SELECT
                id, {shared} AS code, arg_min(code, level) IS DISTINCT FROM {shared} AS is_several,
                bool_or(is_former) AS is_former, max(penalty) AS penalty, min(level) AS level, max(rest) AS rest
            FROM pathed
            GROUP BY id
        """

    def _worded_select(self) -> str:
        """Return what the texts say that name no division: the whole text is a word, or nothing else could be read."""
        return f"""
            SELECT id, word_match AS match, word_code AS code FROM {self._table("text")} WHERE word_match IS NOT NULL
            UNION ALL
            SELECT t.id, arg_max(w.match, length(w.word)), arg_max(w.code, length(w.word))
            FROM (
                FROM {self._table("text")}
                WHERE plain <> '' AND id NOT IN (SELECT id FROM {self._table("proven")} WHERE code IS NOT NULL)
            ) AS t
            JOIN {self._names.word} AS w ON {begins_with_word("t.plain", "w")}
            GROUP BY t.id
        """

    def _answer_select(self) -> str:
        """Return the answer for every distinct text and context."""
        coded = f"""
            SELECT
                t.id, CASE WHEN r.is_virtual THEN r.parent_code ELSE coalesce(r.code, f.code::VARCHAR) END AS code,
                CASE WHEN r.is_virtual THEN 'partial' WHEN r.code IS NULL THEN 'former_name' ELSE 'exact' END AS match
            FROM {self._table("text")} AS t
            LEFT JOIN ({self._register}) AS r ON r.code = t.written_code
            LEFT JOIN (
                SELECT former, any_value(code) AS code FROM {self._names.former} WHERE code IS NOT NULL
                GROUP BY former HAVING count(DISTINCT code) = 1
            ) AS f ON f.former = t.written_code::BIGINT
            WHERE t.written_code IS NOT NULL AND (r.code IS NOT NULL OR f.code IS NOT NULL)
        """
        follows = " ".join(
            f"WHEN p.level {'<=' if level == CITY else '='} {level} THEN regexp_matches(p.rest, '{pattern}')"
            for level, pattern in DIVISION_FOLLOWS.items()
        )
        return f"""
            WITH coded AS ({coded}),
            answered AS (
                SELECT
                    t.text, t.context_code, coalesce(c.code, w.code, p.code::VARCHAR) AS code,
                    CASE
                        WHEN c.code IS NOT NULL THEN c.match
                        WHEN w.id IS NOT NULL THEN w.match
                        WHEN p.code IS NULL THEN 'none'
                        WHEN p.is_several OR p.is_former AND p.level = {PROVINCE} THEN 'partial'
                        WHEN CASE {follows} ELSE false END THEN 'partial'
                        WHEN p.is_former THEN 'former_name'
                        WHEN p.penalty > {FULL} THEN 'alias'
                        ELSE 'exact'
                    END AS match,
                    coalesce(p.is_several AND c.id IS NULL AND w.id IS NULL, false) AS is_several
                FROM {self._table("text")} AS t
                LEFT JOIN coded AS c ON c.id = t.id
                LEFT JOIN {self._table("proven")} AS p ON p.id = t.id
                LEFT JOIN {self._table("worded")} AS w ON w.id = t.id
            )
            SELECT
                text, context_code, code, CASE WHEN code IS NOT NULL THEN {level_of("code")} END AS level, match,
                is_several
            FROM answered
        """


def _valid(as_of: date | None) -> str:
    """Return the condition that a row of the register is valid on the day."""
    if as_of is None:
        return "valid_to IS NULL"
    day = f"DATE '{as_of.isoformat()}'"
    return f"valid_from <= {day} AND (valid_to IS NULL OR {day} < valid_to)"


def _text_select(texts: str, words: str) -> str:
    """Return the distinct texts with what is compared: the plain text, 本X taken off, a code or word that is all."""
    return f"""
        WITH distinct_text AS (SELECT DISTINCT text, context_code FROM {texts}),
        opened AS (SELECT *, {unwrapped("coalesce(text, '')")} AS address FROM distinct_text),
        compared AS (SELECT *, {of_the_sender(normalised("address"))} AS name FROM opened),
        framed AS (
            SELECT *, {without_frame("name")} AS plain, regexp_extract(name, '{OWN_DIVISION}', 1) AS own FROM compared
        ),
        worded AS (
            SELECT f.*, regexp_full_match(name, '{CODE_TEXT}') AS is_code, w.code AS word_code,
                CASE WHEN name = '' AND regexp_matches(text, '{STROKES}') THEN '{UNKNOWN}' ELSE w.match END
                    AS word_match
            FROM framed AS f LEFT JOIN {words} AS w ON w.word = f.plain
        )
        SELECT
            row_number() OVER ()::INTEGER AS id, text, context_code, try_cast(context_code AS BIGINT) AS context, own,
            CASE WHEN own = '' THEN plain ELSE substr(plain, length(own) + 2) END AS rest,
            CASE WHEN is_code OR word_match IS NOT NULL THEN '' ELSE plain END AS plain,
            CASE WHEN is_code THEN rpad(name, 12, '0') END AS written_code, word_match, word_code
        FROM worded
    """


def _common(column: str) -> str:
    """Return the value of the column where all rows of the group have the same one, else NULL."""
    return f"CASE WHEN count({column}) = count(*) AND min({column}) = max({column}) THEN min({column}) END"
