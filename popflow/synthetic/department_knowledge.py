"""What a department of the county knows on the last day of a month: part of the true stays, some of them late.

Departments hear of people who cross the county's border: those who live in its villages with their hukou elsewhere and
those of its villages who live elsewhere. Whom a department knows it knows for good; it hears of each stay some weeks
after its start, and names the far end to a level of its own. What it says is true, so its lists agree with all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import duckdb

from popflow.synthetic.county import LEVELS
from popflow.synthetic.faults import DESTINATION, ORIGIN, Known

_DEPTH: Final = len(LEVELS)
# The query's columns: about the person, the origin, the destination, and the stay.
_PERSON_COLUMNS: Final = 8
_END_COLUMNS: Final = 3
_STAY_COLUMNS: Final = 5


@dataclass(frozen=True)
class Reach:
    """Which stays a department hears of.

    ``share`` is in hundredths of the people for whom the SQL condition ``whom`` holds, ``days_late`` the most days
    until it hears, ``far_levels`` the levels to which it names far places.
    """

    whom: str
    share: int
    days_late: int
    far_levels: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One row of a department: what it rightly says, and what the columns of its own are made from.

    The names of both ends go from the province down, as far as the department names them.
    """

    known: Known
    draw: int
    age: int
    registered_date: date
    told_on: date
    origin_names: tuple[str | None, ...]
    dest_names: tuple[str | None, ...]


def read_entries(
    truth: duckdb.DuckDBPyConnection, form_id: str, reach: Reach, month_end: date, first_year: int
) -> Iterator[Entry]:
    """Yield what a department knows at a month's end; ages are those of the first year, so that nobody grows out."""
    parameters = {
        "form_id": form_id, "share": reach.share, "days_late": reach.days_late, "levels": list(reach.far_levels),
        "first_day": month_end.replace(day=1), "month_end": month_end, "year": first_year,
    }  # fmt: skip
    for row in truth.execute(_QUERY.format(whom=reach.whom), parameters).fetchall():
        yield _make_entry(row, month_end)


def _make_entry(row: tuple[Any, ...], told_on: date) -> Entry:
    """Build an entry from a row of the query."""
    widths = (_PERSON_COLUMNS, _END_COLUMNS, _END_COLUMNS, _STAY_COLUMNS, _DEPTH, _DEPTH)
    parts, first = [], 0
    for width in widths:
        parts.append(row[first : first + width])
        first += width
    person, origin, destination, stay, origin_names, dest_names = parts
    is_out, draw, age, registered_date = row[first:]
    known = Known(*(*person, *origin, *destination, *stay, ORIGIN if is_out else DESTINATION))
    return Entry(known, draw, age, registered_date, told_on, origin_names, dest_names)


def _end(end: str, attribute: str) -> str:
    """Return the SQL of what naming an end down to its level gives."""
    cases = " ".join(f"WHEN '{level}' THEN {end}.{level}_{attribute}" for level in LEVELS)
    return f"CASE {end}_level {cases} END"


def _names(end: str) -> str:
    """Return the SQL of the names of an end, one column a level; those below its level are null."""
    positions = f"list_position({list(LEVELS)}, {end}_level)"
    return ", ".join(
        f"CASE WHEN {positions} >= {depth} THEN {end}.{level}_name END" for depth, level in enumerate(LEVELS, start=1)
    )


_QUERY: Final = f"""
WITH crossing AS (
    SELECT
        stay.*, origin.is_home AS is_out, stay.ended_date <= $month_end AS is_gone,
        $year - year(person.birth_date) AS age,
        CAST(hash(stay.person_id, stay.stay_number, $form_id) % 1000003 AS INTEGER) AS draw
    FROM stay
    JOIN person USING (person_id)
    JOIN place AS origin ON origin.place_id = stay.origin_place
    JOIN place AS dest ON dest.place_id = stay.dest_place
    WHERE origin.is_home <> dest.is_home AND hash(stay.person_id, $form_id) % 100 < $share
), heard AS (
    SELECT *, arrived_date + CAST(draw % $days_late AS INTEGER) AS registered_date FROM crossing WHERE {{whom}}
), listed AS (
    -- Of somebody who has come back to the county's lists only the newest stay is told.
    SELECT * FROM heard
    WHERE registered_date <= $month_end AND registered_date < ended_date
        AND (NOT is_gone OR (ended_date > $first_day AND (returned OR NOT is_out)))
    QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY is_gone, arrived_date DESC) = 1
), levelled AS (
    SELECT
        *,
        CASE WHEN is_out THEN 'village' ELSE list_extract($levels, 1 + draw % len($levels)) END AS origin_level,
        CASE WHEN is_out THEN list_extract($levels, 1 + draw % len($levels)) ELSE 'village' END AS dest_level
    FROM listed
)
SELECT
    person.person_id, person.person_name, person.id_number, person.sex, person.birth_date, person.phone,
    person.hukou_nature, person.education_code,
    {_end("origin", "proven_code")}, {_end("origin", "proven_level")}, {_end("origin", "text")},
    {_end("dest", "proven_code")}, {_end("dest", "proven_level")}, {_end("dest", "text")},
    left_hukou_date, arrived_date, CASE WHEN is_gone THEN ended_date END, reason_code, dwelling_code,
    {_names("origin")},
    {_names("dest")},
    is_out, draw, age, registered_date
FROM levelled
JOIN person USING (person_id)
JOIN place AS origin ON origin.place_id = levelled.origin_place
JOIN place AS dest ON dest.place_id = levelled.dest_place
ORDER BY hash(person_id, $form_id)
"""
