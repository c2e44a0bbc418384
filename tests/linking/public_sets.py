"""Labelled public sets for linking: how they are read, and what our engine is told to compare in them.

Only declarations are here; what trains, scores and resolves them is the code that links people.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.linking.model import Block, Comparison, Declaration, Level, LinkageModel

SETS = Path(__file__).parents[3] / "shared" / "testdata" / "record_linkage"


def read_febrl(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Create ``public(unique_id, cluster, ...)`` from a FEBRL file; empty cells are unknown."""
    connection.execute(f"""
        CREATE OR REPLACE TABLE public AS
        SELECT (row_number() OVER (ORDER BY rec_id))::INTEGER AS unique_id,
            regexp_extract(rec_id, '^rec-[0-9]+') AS cluster, * EXCLUDE (rec_id)
        FROM read_csv('{SETS / name}', all_varchar = true)
    """)


def read_fake(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``public(unique_id, cluster, ...)`` from the set that comes with Splink."""
    connection.execute(f"""
        CREATE OR REPLACE TABLE public AS
        SELECT unique_id::INTEGER AS unique_id, cluster, first_name, surname, dob, city, email
        FROM read_csv('{SETS / "splink_fake_1000.csv.gz"}', all_varchar = true)
    """)


def prepare_public(connection: duckdb.DuckDBPyConnection, extra: str, rare: tuple[str, ...]) -> None:
    """Create ``prepared`` from ``public``: every row looks for others; ``rare`` values bring their shares along."""
    shares = ", ".join(
        f"CASE WHEN {column} IS NOT NULL THEN count(*) OVER (PARTITION BY {column}) / count({column}) OVER () END"
        f" AS tf_{column}"
        for column in rare
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE prepared AS
        SELECT *, {shares} FROM (
            SELECT *, lpad(unique_id::VARCHAR, 8, '0') AS person_key, true AS is_record, true AS is_new,
                false AS is_numbered, {extra}
            FROM public
        )
    """)


def _unknown(column: str) -> Level:
    return Level("unknown", f"{column}_l IS NULL OR {column}_r IS NULL", is_unknown=True)


def _word(column: str, *, rare: bool = True, other: str | None = None) -> Comparison:
    """Return the comparison of a word: same, in the place of ``other``, alike, or different."""
    crossed = [Level("other order", f"{column}_l = {other}_r OR {other}_l = {column}_r")] if other else []
    return Comparison(
        column,
        (
            _unknown(column),
            Level("same", f"{column}_l = {column}_r", rarity=column if rare else None),
            *crossed,
            Level("one slip", f"damerau_levenshtein({column}_l, {column}_r) <= 1"),
            Level("much alike", f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.88"),
            Level("alike", f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.75"),
            Level("different", "ELSE"),
        ),
    )


def _digits(column: str, *, rare: bool = False) -> Comparison:
    return Comparison(
        column,
        (
            _unknown(column),
            Level("same", f"{column}_l = {column}_r", rarity=column if rare else None),
            Level("one slip", f"damerau_levenshtein({column}_l, {column}_r) <= 1"),
            Level("two slips", f"damerau_levenshtein({column}_l, {column}_r) <= 2"),
            Level("different", "ELSE"),
        ),
    )


FEBRL_EXTRA = "left(given_name, 3) AS given_start, left(surname, 3) AS surname_start"
FEBRL_RARE = ("given_name", "surname", "suburb", "address_1", "postcode", "street_number")
FAKE_EXTRA = (
    "left(first_name, 3) AS first_start, left(surname, 3) AS surname_start, split_part(email, '@', 1) AS mailbox, "
    "right(dob, 5) AS month_day"
)
FAKE_RARE = ("first_name", "surname", "city")


def febrl() -> Declaration:
    """Return what is compared in the FEBRL sets."""
    return Declaration(
        comparisons=(
            _word("given_name", other="surname"),
            _word("surname", other="given_name"),
            _digits("date_of_birth"),
            _digits("soc_sec_id"),
            _digits("street_number", rare=True),
            _word("address_1"),
            _word("suburb"),
            _digits("postcode", rare=True),
        ),
        blocks=(
            Block("number", ("soc_sec_id",)),
            Block("birth", ("date_of_birth",)),
            Block("names", ("given_name", "surname")),
            Block("starts of names", ("given_start", "surname_start")),
            Block("given name and postcode", ("given_name", "postcode")),
            Block("surname and postcode", ("surname", "postcode")),
            Block("street", ("address_1",)),
            Block("suburb and number", ("suburb", "street_number")),
            Block("postcode and number", ("postcode", "street_number")),
        ),
        training_blocks=("l.date_of_birth = r.date_of_birth", "l.postcode = r.postcode", "l.soc_sec_id = r.soc_sec_id"),
    )


def fake() -> Declaration:
    """Return what is compared in the set that comes with Splink."""
    email = Comparison(
        "email",
        (
            _unknown("email"),
            Level("same", "email_l = email_r"),
            Level("same mailbox", "mailbox_l = mailbox_r"),
            Level("few slips", "damerau_levenshtein(email_l, email_r) <= 4"),
            Level("alike", "jaro_winkler_similarity(email_l, email_r) >= 0.88"),
            Level("different", "ELSE"),
        ),
    )
    return Declaration(
        comparisons=(
            _word("first_name", other="surname"),
            _word("surname", other="first_name"),
            _digits("dob"),
            _word("city"),
            email,
        ),
        blocks=(
            Block("first name", ("first_name",)),
            Block("surname", ("surname",)),
            Block("email", ("email",)),
            Block("birth", ("dob",)),
            Block("mailbox", ("mailbox",)),
            Block("month and day", ("month_day",)),
            Block("start of first name and city", ("first_start", "city")),
            Block("start of surname and city", ("surname_start", "city")),
        ),
        training_blocks=("l.dob = r.dob", "l.first_name = r.first_name AND l.surname = r.surname", "l.email = r.email"),
    )


def untrained(declaration: Declaration, prior: float) -> LinkageModel:
    """Return the model of a set before it has learnt; its threshold is even odds."""
    return LinkageModel("public", declaration, prior=prior, link_weight=0.0, review_weight=0.0, margin=0.0)
