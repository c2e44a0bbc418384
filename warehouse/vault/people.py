"""Who is who tonight: pairs are weighed, links made of all pairs, and what changed is noted.

A pair is weighed in the night that brings something new about one of the two, in memory, beside the identities. Links
are made of pairs, lists and decisions, all pseudonymous, and need no identity; they are made anew in every night that
could change them. A key none of whose rows stands any more keeps its pairs, which are true, but links nobody.
"""

from __future__ import annotations

import datetime as dt

import duckdb

from warehouse.linking import model as models

_STANDING = """
    CREATE OR REPLACE TABLE standing AS
    WITH asked AS (
        SELECT person_key FROM raw.person_pair UNION SELECT other_key FROM raw.person_pair
        UNION SELECT person_key FROM raw.person_decision UNION SELECT other_key FROM raw.person_decision
    )
    SELECT row.person_key, row.is_numbered, row.file_id, row.reported_on
    FROM raw.person_row AS row SEMI JOIN asked USING (person_key)
    ANTI JOIN raw.correction USING (file_id, sheet, row_number)
"""
# A corrected slip is one list with the file that it corrects.
_MEMBER = """
    CREATE OR REPLACE TABLE member AS
    WITH RECURSIVE chain AS (
        SELECT file_id, file_id AS list_id FROM raw.file
        WHERE corrects_file_id IS NULL OR corrects_file_id NOT IN (SELECT file_id FROM raw.file)
        UNION ALL
        SELECT file.file_id, chain.list_id FROM raw.file JOIN chain ON file.corrects_file_id = chain.file_id
    )
    SELECT DISTINCT chain.list_id, standing.person_key FROM standing JOIN chain USING (file_id)
"""
_RELATIONS = (
    _STANDING,
    _MEMBER,
    """
    CREATE OR REPLACE TABLE key AS
    SELECT person_key, bool_or(is_numbered) AS is_numbered, min(reported_on) AS first_reported
    FROM standing GROUP BY person_key
    """,
    """
    CREATE OR REPLACE TABLE pair AS
    SELECT person_key, other_key, weight, evidence FROM raw.person_pair
    SEMI JOIN key USING (person_key)
    WHERE other_key IN (SELECT person_key FROM key)
    """,
    """
    CREATE OR REPLACE TABLE decision AS
    SELECT person_key, other_key, decision FROM raw.person_decision
    WHERE person_key IN (SELECT person_key FROM key) AND other_key IN (SELECT person_key FROM key)
    QUALIFY decision IN ('same', 'different') AND row_number() OVER (
        PARTITION BY least(person_key, other_key), greatest(person_key, other_key)
        ORDER BY decided_at DESC, decision
    ) = 1
    """,
)


def is_other_model(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether pairs have been weighed before, and with another model: then all are weighed anew."""
    before = connection.execute("""
        SELECT model_id FROM raw.person_pair
        UNION (SELECT model_id FROM raw.linkage_quality ORDER BY night_id DESC LIMIT 1)
    """).fetchall()
    return bool(before) and any(model_id != models.shipped_model().model_id for (model_id,) in before)


def link_people(connection: duckdb.DuckDBPyConnection, night_id: str, happened_at: dt.datetime, *, anew: bool) -> None:
    """Weigh what is new of the profiles in ``known`` (with ``anew`` all of them), then make the links of tonight."""
    if anew:
        connection.execute("DELETE FROM raw.person_pair")
    something = f"SELECT ({anew} OR EXISTS (FROM fresh)) AND EXISTS (FROM known WHERE NOT is_numbered)"
    if connection.execute(something).fetchall()[0][0]:
        _weigh_pairs(connection, anew=anew)
        _estimate_quality(connection, night_id)
    if resolve_people(connection):
        note_changes(connection, night_id, happened_at)
        replace_links(connection)


def _weigh_pairs(connection: duckdb.DuckDBPyConnection, *, anew: bool) -> None:
    from warehouse.linking.scoring import score_pairs

    model = models.shipped_model()
    connection.execute(f"""
        CREATE OR REPLACE VIEW profile AS
        SELECT
            person_key, is_numbered, name, number, sex, birth_date, origin_code, origin_level, phone, form_id,
            unit_code, {"true" if anew else "is_new"} AS is_new
        FROM known
    """)
    score_pairs(connection, model)
    # The best pair of profiles stands for the two; of equally good ones the first by what it agrees in.
    connection.execute("""
        CREATE OR REPLACE TABLE better AS
        SELECT scored.* FROM scored_pair AS scored
        LEFT JOIN raw.person_pair AS before USING (person_key, other_key)
        WHERE before.weight IS NULL OR scored.weight > before.weight
            OR (scored.weight = before.weight AND scored.evidence < before.evidence)
    """)
    connection.execute("""
        DELETE FROM raw.person_pair AS pair WHERE EXISTS (
            FROM better WHERE better.person_key = pair.person_key AND better.other_key = pair.other_key
        )
    """)
    connection.execute(
        "INSERT INTO raw.person_pair BY NAME SELECT *, $model AS model_id FROM better ORDER BY person_key, other_key",
        {"model": model.model_id},
    )
    connection.execute("DROP TABLE better; DROP TABLE scored_pair")


def _estimate_quality(connection: duckdb.DuckDBPyConnection, night_id: str) -> None:
    from warehouse.linking.quality import estimate

    rows = estimate(connection, models.shipped_model(), night_id)
    if rows:
        connection.executemany("INSERT INTO raw.linkage_quality VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def resolve_people(connection: duckdb.DuckDBPyConnection) -> bool:
    """Create ``link`` and ``held`` of all pairs, lists and decisions; return whether there is anything to say."""
    asked = "SELECT EXISTS (FROM raw.person_pair) OR EXISTS (FROM raw.person_decision) OR EXISTS (FROM raw.person_link)"
    if not connection.execute(asked).fetchall()[0][0]:
        return False
    from warehouse.linking.resolving import resolve

    for relation in _RELATIONS:
        connection.execute(relation)
    resolve(connection, models.shipped_model())
    return True


def note_changes(connection: duckdb.DuckDBPyConnection, night_id: str, happened_at: dt.datetime) -> None:
    """Add what tonight's links change of yesterday's to raw.person_merge."""
    compare_links(connection, night_id, happened_at)
    connection.execute("INSERT INTO raw.person_merge BY NAME FROM link_change ORDER BY ALL")


def compare_links(connection: duckdb.DuckDBPyConnection, night_id: str, happened_at: dt.datetime) -> None:
    """Create ``link_change``: what the links just made change of those in raw.person_link."""
    from warehouse.linking.resolving import changes

    connection.execute("CREATE OR REPLACE TABLE link_before AS FROM raw.person_link")
    changes(connection, models.shipped_model(), night_id, happened_at)


def replace_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Put tonight's links, and what is held, in the place of yesterday's."""
    connection.execute("DELETE FROM raw.person_link")
    connection.execute("INSERT INTO raw.person_link BY NAME FROM link ORDER BY person_key")
    connection.execute("DELETE FROM raw.person_review")
    connection.execute("INSERT INTO raw.person_review BY NAME FROM held ORDER BY person_key, other_key")
