"""What an origin-destination report says, before it takes a form: the pairs, the two-way table, where they come from.

Everything a reader gets is decided here, small counts included: what leaves this module is already fit to be shown, and
the modules that lay it out (`od_workbook`, `od_page`) never see a hidden count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from ingest.declaration import load_forms
from ingest.errors import UsageError
from ingest.register import LEVELS, SHIPPED_AS_OF
from reports.disclosure import TOTAL, Position, hidden_positions

LEVEL_NAMES = MappingProxyType(
    {"province": "省级", "city": "市级", "county": "县级", "township": "乡级", "village": "村级"}
)
# How a rest is marked: the place is known, but not to the level asked.
NOT_KNOWN = MappingProxyType({"city": "市不详", "county": "县不详", "township": "乡镇不详", "village": "村不详"})
FORMATS = ("xlsx", "html", "csv", "parquet")
UNKNOWN_PLACE = ""
"""The code of a place of which not even the province is known."""


@dataclass(frozen=True)
class ODRequest:
    """What is asked: between which levels, when, by which definition, and how small a count may be shown.

    ``within`` keeps the pairs with the origin or the destination inside one division. ``od_threshold`` is for the
    cells, ``small_place_threshold`` for the totals of townships and villages, ``place_threshold`` for other totals.
    """

    origin_level: str
    dest_level: str
    as_of: date
    definition_id: str
    within: str | None = None
    formats: tuple[str, ...] = FORMATS
    od_threshold: int = 10
    small_place_threshold: int = 10
    place_threshold: int = 5


@dataclass(frozen=True)
class Place:
    """One row or column: a division, or the rest of a coarser one whose finer part is not known."""

    code: str
    name: str
    level: str
    is_rest: bool = False


@dataclass(frozen=True)
class ODTable:
    """The two-way table as it may be shown.

    ``persons`` and ``unknown`` run over origins and destinations, each with ``TOTAL``; a hidden count is missing (NA),
    zero is zero. ``pairs`` is the long form of the same.
    """

    origins: tuple[Place, ...]
    dests: tuple[Place, ...]
    persons: pd.DataFrame
    unknown: pd.DataFrame
    pairs: pd.DataFrame

    def persons_at(self, origin: str, dest: str) -> int | None:
        """Return the persons counted from one place to another (or ``TOTAL``), None where hidden."""
        return _shown(self.persons.at[origin, dest])

    def undecided_at(self, origin: str, dest: str) -> int | None:
        """Return the persons who may or may not count, None where hidden."""
        return _shown(self.unknown.at[origin, dest])


@dataclass(frozen=True)
class Source:
    """Where the numbers come from: the site, its snapshot, its register and the lists that had arrived."""

    home_code: str
    home_name: str
    snapshot_id: str
    run_date: date
    register_date: date | None
    period: str | None
    coverage: pd.DataFrame


@dataclass(frozen=True)
class ODReport:
    """All that a report says."""

    request: ODRequest
    definition: MappingProxyType[str, Any]
    within_name: str | None
    table: ODTable
    source: Source


def _shown(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


PAIRS = """
    WITH inside AS (
        SELECT DISTINCT code
        FROM ref.division
        WHERE $within IN (province_code, city_code, county_code, township_code, village_code)
    )
    SELECT
        coalesce(origin_code, '') AS origin_code,
        coalesce(max(origin_name), '不详') AS origin_name,
        coalesce(max(origin_level), 'unknown') AS origin_level,
        coalesce(dest_code, '') AS dest_code,
        coalesce(max(dest_name), '不详') AS dest_name,
        coalesce(max(dest_level), 'unknown') AS dest_level,
        sum(persons)::BIGINT AS persons,
        sum(persons_unknown)::BIGINT AS persons_unknown
    FROM od_on($definition_id, $as_of, $origin_level, $dest_level)
    WHERE $within IS NULL OR origin_code IN (FROM inside) OR dest_code IN (FROM inside)
    GROUP BY 1, 4
    HAVING sum(persons) + sum(persons_unknown) > 0
    ORDER BY 1, 4
"""
# A coarser place is a rest where it has parts of the level asked; 东莞, without counties, is whole by itself.
PLACE_FACTS = """
    SELECT place.code, max(whole.full_name), bool_or(part.ancestor IS NOT NULL)
    FROM (SELECT unnest($codes) AS code) AS place
    LEFT JOIN ref.division AS whole ON whole.code = place.code
    LEFT JOIN (
        SELECT DISTINCT unnest([province_code, city_code, county_code, township_code]) AS ancestor
        FROM ref.division
        WHERE level = $level AND NOT is_virtual
    ) AS part ON part.ancestor = place.code
    GROUP BY place.code
"""
COVERAGE = """
    WITH taken AS (
        SELECT form_id, unit_code, period
        FROM ops.file
        WHERE status IN ('accepted', 'partly_returned') AND list_contains($forms, form_id) AND unit_code IS NOT NULL
    ), latest AS (
        SELECT coalesce(max(period) FILTER (period <= $month), max(period)) AS period FROM taken
    )
    SELECT
        taken.form_id,
        taken.unit_code,
        coalesce((SELECT max(full_name) FROM ref.division WHERE code = taken.unit_code), taken.unit_code) AS unit_name,
        max(taken.period) AS last_period,
        bool_or(taken.period = latest.period) AS arrived,
        max(latest.period) AS period
    FROM taken CROSS JOIN latest
    GROUP BY taken.form_id, taken.unit_code
    ORDER BY taken.form_id, taken.unit_code
"""


def read_od_report(connection: duckdb.DuckDBPyConnection, request: ODRequest) -> ODReport:
    """Read what was asked from a snapshot and hide what must not be shown.

    Raises ``UsageError`` where the snapshot has no such level, definition, date or division.
    """
    _check_words(request)
    definition = read_definition(connection, request.definition_id)
    check_date(connection, request.as_of)
    within, within_name = _within(connection, request)
    parameters = {
        "within": within,
        "definition_id": request.definition_id,
        "as_of": request.as_of,
        "origin_level": request.origin_level,
        "dest_level": request.dest_level,
    }
    pairs = connection.execute(PAIRS, parameters).df()
    origins = _places(connection, pairs, "origin", request.origin_level)
    dests = _places(connection, pairs, "dest", request.dest_level)
    table = shown_table(pairs, origins, dests, request)
    return ODReport(request, definition, within_name, table, read_source(connection, request.as_of))


def shown_table(pairs: pd.DataFrame, origins: Sequence[Place], dests: Sequence[Place], request: ODRequest) -> ODTable:
    """Hide the small counts of both measures and lay the pairs out both ways."""
    threshold = _thresholds(request, origins, dests)
    shown = pairs.copy()
    wide: dict[str, pd.DataFrame] = {}
    for measure in ("persons", "persons_unknown"):
        cells = dict(zip(zip(pairs.origin_code, pairs.dest_code, strict=True), map(int, pairs[measure]), strict=True))
        hidden = hidden_positions(cells, threshold)
        flags = pd.Series([position in hidden for position in cells], index=pairs.index, dtype="bool")
        shown[measure] = pairs[measure].astype("Int64").mask(flags)
        shown[f"{measure}_suppressed"] = flags
        wide[measure] = _wide(
            pairs, measure, hidden, [place.code for place in origins], [place.code for place in dests]
        )
    for side, places in (("origin", origins), ("dest", dests)):
        names = {place.code: place.name for place in places}
        shown[f"{side}_name"] = shown[f"{side}_code"].map(names)
    return ODTable(tuple(origins), tuple(dests), wide["persons"], wide["persons_unknown"], _long(shown, request))


def _long(shown: pd.DataFrame, request: ODRequest) -> pd.DataFrame:
    """Return the long form; its types are the same whether or not there is a row."""
    shown = shown.assign(as_of=request.as_of, definition_id=request.definition_id)
    ends = [f"{side}_{part}" for side in ("origin", "dest") for part in ("code", "name", "level")]
    measures = ["persons", "persons_suppressed", "persons_unknown", "persons_unknown_suppressed"]
    types = {"as_of": pd.ArrowDtype(pa.date32()), **dict.fromkeys(("definition_id", *ends), pd.StringDtype())}
    return shown[["as_of", "definition_id", *ends, *measures]].astype(types)


def _wide(
    pairs: pd.DataFrame, measure: str, hidden: frozenset[Position], origins: list[str], dests: list[str]
) -> pd.DataFrame:
    cells = pairs.pivot(index="origin_code", columns="dest_code", values=measure)
    cells = cells.reindex(index=origins, columns=dests).fillna(0).astype("int64")
    cells.loc[TOTAL] = cells.sum()
    cells[TOTAL] = cells.sum(axis=1)
    mask = np.zeros(cells.shape, dtype=bool)
    rows = cells.index.get_indexer(pd.Index([row for row, _ in hidden]))
    columns = cells.columns.get_indexer(pd.Index([column for _, column in hidden]))
    mask[rows, columns] = True
    return cells.astype("Int64").mask(mask)


def _thresholds(request: ODRequest, origins: Sequence[Place], dests: Sequence[Place]) -> Callable[[Position], int]:
    levels = {place.code: place.level for place in (*origins, *dests)}

    def threshold(position: Position) -> int:
        if TOTAL not in position:
            return request.od_threshold
        code = position[0] if position[1] == TOTAL else position[1]
        small = levels.get(code) in {"township", "village"}
        return request.small_place_threshold if small else request.place_threshold

    return threshold


def _places(connection: duckdb.DuckDBPyConnection, pairs: pd.DataFrame, side: str, asked: str) -> tuple[Place, ...]:
    """Name the places of one side: in full where two share a name, as a rest where no finer part is known."""
    columns = [f"{side}_code", f"{side}_name", f"{side}_level"]
    ends = sorted({tuple(map(str, row)) for row in pairs[columns].itertuples(index=False, name=None)})
    rows = connection.execute(PLACE_FACTS, {"codes": [end[0] for end in ends], "level": asked}).fetchall()
    facts = {code: (full_name, has_parts) for code, full_name, has_parts in rows}
    often = Counter(name for _, name, _ in ends)
    places = []
    for code, name, level in ends:
        full_name, has_parts = facts.get(code, (None, False))
        is_rest = level != asked and bool(has_parts)
        label = full_name if full_name and often[name] > 1 else name
        label = f"{label}（{NOT_KNOWN[asked]}）" if is_rest else label
        places.append(Place(code, label, level, is_rest))
    return tuple(sorted(places, key=lambda place: (place.code == UNKNOWN_PLACE, place.code)))


def _check_words(request: ODRequest) -> None:
    for option, level in (("origin level", request.origin_level), ("destination level", request.dest_level)):
        if level not in LEVELS:
            raise UsageError(f"there is no {option} {level!r}: use one of {', '.join(LEVELS)}")
    unknown = [name for name in request.formats if name not in FORMATS]
    if unknown or not request.formats:
        raise UsageError(
            f"there is no report format {', '.join(unknown) or '(none)'}: use some of {', '.join(FORMATS)}"
        )


def read_definition(connection: duckdb.DuckDBPyConnection, definition_id: str) -> MappingProxyType[str, Any]:
    """Read a row of ref.definition.

    Raises ``UsageError`` where there is no such definition.
    """
    rows = connection.execute("SELECT * FROM ref.definition ORDER BY definition_id").df().to_dict("records")
    for row in rows:
        if row["definition_id"] == definition_id:
            found = {str(name): None if pd.isna(value) else value for name, value in row.items()}
            return MappingProxyType(found)
    known = ", ".join(str(row["definition_id"]) for row in rows)
    raise UsageError(f"there is no definition {definition_id!r}: use one of {known}")


def check_date(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Raise ``UsageError`` where the snapshot cannot count a day."""
    # stats.od is a view over every definition and month; the months themselves are a small table.
    rows = connection.execute(
        "SELECT (SELECT min(as_of) FROM intermediate.int_counting_month), max(run_date) FROM raw.site"
    ).fetchall()
    first, last = rows[0]
    if not first <= as_of <= last:
        raise UsageError(f"there is nothing to report as of {as_of}: use a date from {first} to {last}")


def _within(connection: duckdb.DuckDBPyConnection, request: ODRequest) -> tuple[str | None, str | None]:
    if request.within is None:
        return None, None
    code = request.within.strip().ljust(12, "0")
    rows = connection.execute("SELECT max(full_name) FROM ref.division WHERE code = ?", [code]).fetchall()
    if rows[0][0] is None:
        raise UsageError(f"there is no division {request.within!r} in the register: use a code from ref.division")
    return code, str(rows[0][0])


def read_source(connection: duckdb.DuckDBPyConnection, as_of: date) -> Source:
    """Read where the numbers of a day come from."""
    rows = connection.execute(
        "SELECT home_code, (SELECT max(full_name) FROM ref.division WHERE code = home_code), snapshot_id, run_date,"
        " (SELECT greatest(max(valid_from), max(valid_to)) FROM ref.division) FROM raw.site"
    ).fetchall()
    home_code, home_name, snapshot_id, run_date, register_date = rows[0]
    forms = {form_id: form.name_zh for form_id, form in load_forms().items() if form.kind == "person"}
    month = f"{as_of:%Y-%m}"
    coverage = connection.execute(COVERAGE, {"forms": list(forms), "month": month}).df()
    coverage.insert(1, "form_name", coverage["form_id"].map(forms))
    period = None if coverage.empty else str(coverage["period"].iloc[0])
    return Source(
        home_code=home_code,
        home_name=home_name or home_code,
        snapshot_id=snapshot_id,
        run_date=run_date,
        # The register that ships is valid since long before its own date; a later vintage changes it on its own date.
        register_date=max(register_date, SHIPPED_AS_OF) if register_date else None,
        period=period,
        coverage=coverage.drop(columns="period"),
    )
