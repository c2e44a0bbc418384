"""What a bridge between two definitions says, before it takes a form: its steps, for one division or for many.

Everything a reader gets is decided here, small numbers included: what leaves this module is already fit to be shown,
and the modules that lay it out never see a hidden number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import duckdb

from ingest.errors import UsageError
from ingest.register import LEVELS
from reports.bridge_hiding import HOME, START, Chain, Hidden, hidden_of_home, hidden_of_parts
from reports.bridge_words import Words, step_words, stock_words
from reports.od_table import NOT_KNOWN, PLACE_FACTS, Source, check_date, read_definition, read_source

FORMATS = ("xlsx", "html", "csv")
DIRECTIONS = ("in", "out")
SMALL_LEVELS = frozenset({"township", "village"})
STOCKS = frozenset({"stock_from", "stock_to"})
OUTER = frozenset({"unit_from", "coverage_from", "coverage_to", "unit_to"})
LEGS = MappingProxyType({"in": ("流入部分", "those here"), "out": ("外出部分", "those away")})
MEASURES = ("persons", "persons_unknown")


@dataclass(frozen=True)
class BridgeRequest:
    """What is asked: from which definition to which, when, seen from which side, and where.

    Without ``within`` the bridge is that of the home division, with a ``level`` below it also that of every division of
    the level. ``within`` asks for one division instead. The thresholds are the smallest numbers that may be shown, of
    townships and villages and of other divisions.
    """

    from_definition: str
    to_definition: str
    as_of: date | None = None
    direction: str | None = None
    level: str | None = None
    within: str | None = None
    formats: tuple[str, ...] = FORMATS
    small_place_threshold: int = 10
    place_threshold: int = 5


@dataclass(frozen=True)
class BridgeRow:
    """One line: a count (``is_count``) or a step. A number that is hidden, or that there is none of, is None."""

    step: str
    words: Words
    is_count: bool
    persons: int | None
    unknown: int | None
    before: int | None
    after: int | None
    lowest: int | None = None
    highest: int | None = None
    share: float | None = None

    @property
    def is_axis(self) -> bool:
        """Whether the line is a difference of the two definitions themselves."""
        return self.step not in STOCKS | OUTER


@dataclass(frozen=True)
class Bridge:
    """The bridge of one division."""

    division_code: str
    name: str
    level: str
    rows: tuple[BridgeRow, ...]
    hides_orders: bool
    """Whether the effect of the order is withheld."""

    def row(self, step: str) -> BridgeRow | None:
        """Return the line of a step, None where the bridge has none."""
        return next((row for row in self.rows if row.step == step), None)

    @property
    def counts_nobody(self) -> bool:
        """Whether nobody counts or might count, after any step."""
        return all(row.persons == row.after == row.unknown == 0 for row in self.rows)

    @property
    def difference(self) -> int | None:
        """By how much the second definition counts more than the first; None where it is hidden."""
        begin, end = self.row("stock_from"), self.row("stock_to")
        if begin is None or end is None or begin.persons is None or end.persons is None:
            return None
        return end.persons - begin.persons


@dataclass(frozen=True)
class BridgeReport:
    """All that a report says; ``parts`` are the divisions of the level asked where there is one below."""

    request: BridgeRequest
    as_of: date
    direction: str
    definitions: tuple[MappingProxyType[str, Any], MappingProxyType[str, Any]]
    whole: Bridge
    parts: tuple[Bridge, ...]
    threshold: int
    source: Source

    @property
    def part_level(self) -> str | None:
        """The level of the parts, None where there are none."""
        return self.request.level if self.parts else None


ROWS = """
    SELECT
        bridge.division_code,
        bridge.step,
        bridge.from_value,
        bridge.to_value,
        bridge.persons,
        bridge.persons_unknown,
        bridge.persons_after,
        bridge.unknown_after,
        bridge.persons_lowest,
        bridge.persons_highest
    FROM bridge_on($from_definition, $to_definition, $as_of, $direction, $level) AS bridge
    ORDER BY bridge.division_code, bridge.step_order
"""
NAMES = """
    SELECT code, max_by(name, valid_from), max_by(level, valid_from)
    FROM ref.division
    WHERE code IN (SELECT unnest($codes))
    GROUP BY code
"""
Row = Mapping[str, Any]
Lines = dict[str, list[Row]]


def read_bridge(connection: duckdb.DuckDBPyConnection, request: BridgeRequest) -> BridgeReport:
    """Read what was asked from a snapshot and hide what must not be shown.

    Raises ``UsageError`` where the snapshot has no such definition, date, direction, level or division.
    """
    _check_words(request)
    found = [read_definition(connection, each) for each in (request.from_definition, request.to_definition)]
    as_of = request.as_of or _last_month_end(connection)
    check_date(connection, as_of)
    direction = request.direction or (found[0]["direction"] if found[0]["direction"] in DIRECTIONS else "in")
    ends = (_leg(found[0], direction), _leg(found[1], direction))
    home_code, home_level = connection.execute("SELECT home_code, home_level FROM raw.site").fetchall()[0]
    asked_code, asked_level = _division(connection, request, home_code, home_level)

    def lines(level: str) -> Lines:
        parameters = {
            "from_definition": request.from_definition,
            "to_definition": request.to_definition,
            "as_of": as_of,
            "direction": direction,
            "level": level,
        }
        cursor = connection.execute(ROWS, parameters)
        names = [column[0] for column in cursor.description or ()]
        found: Lines = {}
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            found.setdefault(row["division_code"], []).append(row)
        return found

    home_lines = lines(home_level).get(home_code) or _nobody()
    part_lines = lines(asked_level) if asked_level != home_level else {}
    report = _Report(connection, request, ends, home_level, asked_level)
    threshold = report.threshold(asked_level if asked_code != home_code else home_level)
    whole, parts = report.bridges(home_code, home_lines, part_lines, asked_code)
    return BridgeReport(request, as_of, direction, ends, whole, parts, threshold, read_source(connection, as_of))


def _check_words(request: BridgeRequest) -> None:
    if request.direction is not None and request.direction not in DIRECTIONS:
        raise UsageError(f"there is no direction {request.direction!r}: use in or out")
    if request.level is not None and request.level not in LEVELS:
        raise UsageError(f"there is no level {request.level!r}: use one of {', '.join(LEVELS)}")
    unknown = [name for name in request.formats if name not in FORMATS]
    if unknown or not request.formats:
        raise UsageError(
            f"there is no report format {', '.join(unknown) or '(none)'}: use some of {', '.join(FORMATS)}"
        )


def _leg(definition: MappingProxyType[str, Any], direction: str) -> MappingProxyType[str, Any]:
    """Return a definition as a bridge compares it: of residents one leg, the stays seen from one side."""
    if definition["direction"] != "resident":
        return definition
    leg_zh, leg_en = LEGS[direction]
    names = {"name_zh": f"{definition['name_zh']}的{leg_zh}", "name_en": f"{definition['name_en']} ({leg_en})"}
    return MappingProxyType({**definition, **names})


def _last_month_end(connection: duckdb.DuckDBPyConnection) -> date:
    last: date = connection.execute("SELECT max(as_of) FROM intermediate.int_counting_month").fetchall()[0][0]
    return last


def _division(
    connection: duckdb.DuckDBPyConnection, request: BridgeRequest, home_code: str, home_level: str
) -> tuple[str, str]:
    """Return the division whose bridge is asked for, and the level of the bridges to be read."""
    level = request.level or home_level
    if request.within is not None:
        code = request.within.strip().ljust(12, "0")
        rows = connection.execute(
            "SELECT max(place.level), count(home.place_code) FROM intermediate.int_counting_place AS place"
            " LEFT JOIN intermediate.int_counting_home AS home ON place.place_code = home.place_code"
            " WHERE place.place_code = ?",
            [code],
        ).fetchall()
        found, at_home = rows[0]
        if found is None or not at_home:
            raise UsageError(f"there is no division {request.within!r} in the home division: use a code of one in it")
        if code != home_code:
            if request.level is not None and request.level != found:
                raise UsageError(
                    f"{code} is a {found}, not a {request.level}: ask for a level or for one division, not for both"
                )
            return code, str(found)
    if LEVELS.index(level) < LEVELS.index(home_level):
        raise UsageError(f"the level {level} lies above the home division: use one from {home_level} down")
    return home_code, level


def _nobody() -> list[Row]:
    """Return the bridge of a division where nobody counts."""
    names = ("from_value", "to_value", "persons_lowest", "persons_highest")
    counts = ("persons", "persons_unknown", "persons_after", "unknown_after")
    return [{"step": step, **dict.fromkeys(names), **dict.fromkeys(counts, 0)} for step in ("stock_from", "stock_to")]


def _without_anybody(rows: Sequence[Row]) -> list[Row]:
    """Return the same steps for a division where nobody counts."""
    numbers = [name for name in rows[0] if name.startswith(("persons", "unknown"))]
    return [{**row, **{name: None if row[name] is None else 0 for name in numbers}} for row in rows]


class _Report:
    """Makes bridges out of the rows read."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        request: BridgeRequest,
        ends: Sequence[Mapping[str, Any]],
        home_level: str,
        asked_level: str,
    ) -> None:
        self._connection = connection
        self._request = request
        self._stocks = {step: stock_words(end) for step, end in zip(("stock_from", "stock_to"), ends, strict=True)}
        self._home_level = home_level
        self._asked_level = asked_level

    def threshold(self, level: str) -> int:
        """Return the smallest number of a division of a level that may be shown."""
        small = level in SMALL_LEVELS
        return self._request.small_place_threshold if small else self._request.place_threshold

    def bridges(
        self, home_code: str, home: Sequence[Row], parts: Lines, asked_code: str
    ) -> tuple[Bridge, tuple[Bridge, ...]]:
        """Return the bridge asked for, and those of its parts; the rest of the home is one, under the home's code."""
        if asked_code != home_code:
            parts = {asked_code: _without_anybody(home), **parts}
        hidden = {measure: self._hidden(home, parts, measure) for measure in MEASURES}
        names = self._names([home_code, *parts])

        def part(code: str) -> Bridge:
            place = (names[code][1], self._asked_level)
            return self._bridge(code, place, parts[code], {measure: hidden[measure][code] for measure in MEASURES})

        if asked_code != home_code:
            return part(asked_code), ()
        place = (names[home_code][0], self._home_level)
        whole = self._bridge(home_code, place, home, {measure: hidden[measure][HOME] for measure in MEASURES})
        return whole, tuple(part(code) for code in sorted(parts))

    def _hidden(self, home: Sequence[Row], parts: Lines, measure: str) -> dict[str, Hidden]:
        """Return what is hidden of the home (``HOME``) and of each part."""
        home_threshold = self.threshold(self._home_level)
        if not parts:
            return {HOME: hidden_of_home(_chain(home, measure), home_threshold)}
        return hidden_of_parts(
            _chain(home, measure),
            {code: _chain(rows, measure) for code, rows in parts.items()},
            home_threshold,
            self.threshold(self._asked_level),
        )

    def _names(self, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return what divisions are called as a whole, and as a part of the level asked.

        As a part, a coarser division stands for those whose place in it is not known, unless it has no such level.
        """
        named = {code: each for code, *each in self._connection.execute(NAMES, {"codes": codes}).fetchall()}
        facts = self._connection.execute(PLACE_FACTS, {"codes": codes, "level": self._asked_level}).fetchall()
        divided = {code for code, _, has_parts in facts if has_parts}
        names = {}
        for code in codes:
            name, level = named.get(code, (code, self._asked_level))
            is_rest = level != self._asked_level and code in divided
            names[code] = (name, f"{name}（{NOT_KNOWN[self._asked_level]}）" if is_rest else name)
        return names

    def _bridge(self, code: str, place: tuple[str, str], rows: Sequence[Row], hidden: Mapping[str, Hidden]) -> Bridge:
        name, level = place
        hides_orders = bool(hidden["persons"]) or _has_small_effects(rows, self.threshold(level))
        return Bridge(code, name, level, tuple(_lines(rows, hidden, hides_orders, self._stocks)), hides_orders)


def _chain(rows: Sequence[Row], measure: str) -> Chain:
    after = {"persons": "persons_after", "persons_unknown": "unknown_after"}[measure]
    steps = [row for row in rows if row["step"] not in STOCKS]
    begin = rows[0]
    start = begin[after] if begin["step"] in STOCKS else begin[after] - begin[measure]
    names = [row["step"] for row in rows]
    stocks = {names[names.index(stock) - 1] for stock in STOCKS if names.index(stock) > 0}
    return Chain(start, tuple((row["step"], row[measure]) for row in steps), frozenset(stocks))


def _has_small_effects(rows: Sequence[Row], threshold: int) -> bool:
    """Whether in some order an axis changes, or leaves, few people: then the orders are not shown."""
    stocks = {row["step"]: row["persons"] for row in rows if row["step"] in STOCKS}
    effects = [
        effect
        for row in rows
        for effect in (row["persons_lowest"], row["persons_highest"])
        if effect is not None and row["persons_lowest"] != row["persons_highest"]
    ]
    counts = [count for effect in effects for count in (stocks["stock_from"] + effect, stocks["stock_to"] - effect)]
    return any(0 < abs(number) < threshold for number in (*effects, *counts))


def _lines(
    rows: Sequence[Row], hidden: Mapping[str, Hidden], hides_orders: bool, stocks_in_words: Mapping[str, Words]
) -> list[BridgeRow]:
    persons, unknown = hidden["persons"], hidden["persons_unknown"]
    stocks = {row["step"]: row["persons"] for row in rows if row["step"] in STOCKS}
    ends_shown = not {_last_step(rows, stock) for stock in STOCKS} & persons.counts
    difference = stocks["stock_to"] - stocks["stock_from"] if ends_shown else 0
    lines, last = [], START
    for row in rows:
        step = row["step"]
        is_count = step in STOCKS
        here = last if is_count else step
        change = None if (here in persons.counts if is_count else step in persons.changes) else row["persons"]
        doubt_hidden = here in unknown.counts if is_count else step in unknown.changes
        before = None if last in persons.counts else row["persons_after"] - row["persons"]
        is_axis = not is_count and step not in OUTER
        shows_orders = is_axis and not hides_orders
        lines.append(
            BridgeRow(
                step,
                stocks_in_words[step] if is_count else step_words(step, row["from_value"], row["to_value"]),
                is_count,
                change,
                None if doubt_hidden else row["persons_unknown"],
                0 if is_count else before,
                None if here in persons.counts else row["persons_after"],
                row["persons_lowest"] if shows_orders else None,
                row["persons_highest"] if shows_orders else None,
                change / difference if is_axis and change and difference else None,
            )
        )
        last = here
    return lines


def _last_step(rows: Sequence[Row], stock: str) -> str:
    """Return after which step a stock stands."""
    names = [row["step"] for row in rows]
    before = [name for name in names[: names.index(stock)] if name not in STOCKS]
    return before[-1] if before else START
