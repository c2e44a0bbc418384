"""What villages know on the last day of a month: the rows their lists would have if every clerk were perfect.

An outflow list has the village's hukou people who live elsewhere that day; an inflow list has the people living there
with their hukou elsewhere. Some clerks also keep, for one more month, those who have gone, with the date they went.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any, Final

import duckdb

from popflow.synthetic.faults import DESTINATION, ORIGIN, Known
from popflow.synthetic.habits import INFLOW

# The query's columns about the person, then those about the far place, then the stay's.
_PERSON_COLUMNS: Final = 8
_FAR_COLUMNS: Final = 11

# The level to which a far place is named, by a hash of person and stay; one time in twenty a level less is said.
_LEVEL: Final = """
    CASE
        WHEN {is_within}
            THEN list_extract(['county', 'township', 'village', 'village', 'village'], 1 + CAST(draw % 5 AS INTEGER))
        WHEN draw % 100 < 8 THEN 'province'
        WHEN draw % 100 < 48 THEN 'city'
        WHEN draw % 100 < 75 THEN 'county'
        WHEN draw % 100 < 87 THEN 'township'
        ELSE 'village'
    END
"""
_COARSER: Final = """
    CASE WHEN hash(person_id, stay_number, month_end) % 20 = 0
        THEN
            CASE level
                WHEN 'village' THEN 'township' WHEN 'township' THEN 'county' WHEN 'county' THEN 'city' ELSE level
            END
        ELSE level
    END
"""


def _far(level: str, attribute: str) -> str:
    """Return the SQL that takes what naming a far place down to a level gives."""
    cases = " ".join(
        f"WHEN '{each}' THEN far.{each}_{attribute}" for each in ("province", "city", "county", "township", "village")
    )
    return f"CASE {level} {cases} END"


_QUERY: Final = f"""
WITH event AS (
    SELECT stay.*, CAST($month_end AS DATE) AS month_end,
        stay.arrived_date <= $month_end AND stay.ended_date > $month_end AS is_there,
        stay.ended_date > $month_before AND stay.ended_date <= $month_end AS is_gone
    FROM stay
), listed AS (
    SELECT 'village_outflow' AS form_id, event.origin_place AS unit_place, event.dest_place AS far_place, event.*
    FROM event JOIN place ON place.place_id = event.origin_place AND place.is_home
    WHERE is_there OR (is_gone AND returned)
    UNION ALL
    SELECT 'village_inflow', event.dest_place, event.origin_place, event.*
    FROM event JOIN place ON place.place_id = event.dest_place AND place.is_home
    WHERE is_there OR is_gone
), once AS (
    -- Somebody who is there again stands in the list as such, not as gone.
    SELECT *, hash(person_id, stay_number, form_id) AS draw FROM listed
    QUALIFY row_number() OVER (
        PARTITION BY form_id, unit_place, person_id ORDER BY is_there DESC, arrived_date DESC
    ) = 1
), levelled AS (
    SELECT once.*, {_LEVEL.format(is_within="far_home.is_home")} AS level
    FROM once JOIN place AS far_home ON far_home.place_id = once.far_place
), said AS (
    SELECT *, {_COARSER} AS said_level FROM levelled
)
SELECT
    said.form_id,
    unit.village_code AS unit_code,
    person.person_id, person.person_name, person.id_number, person.sex, person.birth_date, person.phone,
    person.hukou_nature, person.education_code,
    {_far("said_level", "proven_code")} AS far_code,
    {_far("said_level", "proven_level")} AS far_level,
    {_far("said_level", "text")} AS far_text,
    said.left_hukou_date,
    said.arrived_date,
    CASE WHEN NOT is_there THEN said.ended_date END AS ended_date,
    said.reason_code, said.dwelling_code
FROM said
JOIN place AS unit ON unit.place_id = said.unit_place
JOIN place AS far ON far.place_id = said.far_place
JOIN person USING (person_id)
ORDER BY said.form_id, unit_code, hash(said.person_id)
"""


def read_known(
    truth: duckdb.DuckDBPyConnection, month_before: date, month_end: date
) -> Iterator[tuple[str, str, list[Known]]]:
    """Yield form, village code and people of every list of a month; ``truth`` has tables place, person and stay."""
    rows = truth.execute(_QUERY, {"month_before": month_before, "month_end": month_end}).fetchall()
    for (form_id, unit_code), group in groupby(rows, key=lambda row: (row[0], row[1])):
        yield form_id, unit_code, [_make_known(form_id, unit_code, row[2:]) for row in group]


def _make_known(form_id: str, unit_code: str, row: tuple[Any, ...]) -> Known:
    """Build what a list says of one person: the village itself, and the far end to the level said."""
    person, far, rest = row[:_PERSON_COLUMNS], row[_PERSON_COLUMNS:_FAR_COLUMNS], row[_FAR_COLUMNS:]
    own = (unit_code, "village", None)
    origin, destination = (far, own) if form_id == INFLOW else (own, far)
    side = DESTINATION if form_id == INFLOW else ORIGIN
    return Known(*(*person, *origin, *destination, *rest, side))
