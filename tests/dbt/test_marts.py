"""The published counts against the naive second implementation, and the laws they must keep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TypeVar

import duckdb
import pytest
from counting_site import CODES, DEFINITIONS, HOMES, REGISTER, CountingSite
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from naive.counting import LEVELS, ServiceSpan, ToldStay, plus_months
from naive.counts import Counts, count_cells, count_changes, count_od, count_stock, count_unknown

AS_OF = date(2024, 10, 31)
REASONS = (None, "UNKNOWN", "WORK", "BUSINESS", "STUDY", "VISIT", "MARRIAGE", "MEDICAL", "OTHER")
ROUNDS = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # a seed cannot be shrunk
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SERVICES = sorted({row.required_service for row in DEFINITIONS.values() if row.required_service})
T = TypeVar("T")


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingSite]:
    site = CountingSite(built_site, tmp_path_factory.mktemp("counting"))
    yield site
    site.connection.close()


@dataclass
class Chance:
    """Draws stays whose days lie around the thresholds that the definitions have on ``day``."""

    random: Random
    day: date

    def one_of(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def near(self) -> date:
        if self.random.random() < 0.2:
            return date(2022, 1, 1) + timedelta(days=self.random.randrange(1095))
        threshold = self.one_of([timedelta(0), *(self.day - plus_months(self.day, -count) for count in (1, 3, 6, 12))])
        short = self.one_of([0, 0, 1, 3])
        return self.day - threshold - timedelta(days=short) + timedelta(days=self.random.randint(-2, 2))

    def maybe_near(self) -> date | None:
        return self.near() if self.random.random() < 0.6 else None

    def interval(self) -> tuple[date | None, date | None]:
        """The days after which and before which something happened, one or the other perhaps not known."""
        after, before = sorted((self.near(), self.near()))
        if self.random.random() < 0.5:  # just around the day itself
            after = self.day + timedelta(days=self.random.randint(-2, 1))
            before = after + timedelta(days=self.random.randint(0, 2))
        return self.one_of([None, after]), self.one_of([None, before + timedelta(days=1)])

    def closed_interval(self) -> tuple[date, date]:
        """The days after which and by which something happened, both known."""
        after, before = sorted((self.near(), self.near()))
        return after - timedelta(days=1), before

    def birth_date(self) -> date:
        age = self.one_of([14, 15, 16, 17, 18, 49, 50, 59, 60, 61, 3])
        return plus_months(self.day, -12 * age) + timedelta(days=self.random.randint(-1, 1))

    def services(self) -> Iterator[ServiceSpan]:
        """What is said of the services that definitions ask for, over all time, or nothing."""
        for service in SERVICES:
            if self.random.random() < 0.7:
                days = sorted({date.min, *(self.near() for _ in range(3)), date(9999, 1, 1)})
                for first, after in pairwise(days):
                    yield ServiceSpan(service, first, after, self.one_of([True, True, False, None]))

    def stay(self, number: int) -> ToldStay:
        arrived, ended = self.maybe_near(), self.one_of([None, self.maybe_near()])
        arrived_after, arrived_before = (None, None) if arrived else self.interval()
        left = self.maybe_near()
        left_after, left_before = (None, None) if left else self.one_of([(None, None), self.closed_interval()])
        ended_after, ended_before = (None, None) if ended else self.one_of([(None, None), self.interval()])
        registered = self.maybe_near()
        return ToldStay(
            stay_id=f"stay{number}",
            person_key=f"person{number}",
            origin_code=self.one_of([None, "999900000000", *CODES]),
            dest_code=self.one_of(CODES),
            left_hukou_date=left,
            left_hukou_after=left_after,
            left_hukou_before=left_before,
            arrived_date=arrived,
            arrived_after=arrived_after,
            arrived_before=arrived_before,
            ended_date=ended,
            ended_after=ended_after,
            ended_before=ended_before,
            reason_code=self.one_of(REASONS),
            sex=self.one_of([None, "1", "2"]),
            birth_date=self.one_of([None, *[self.birth_date() for _ in range(4)]]),
            hukou_nature=self.one_of([None, "rural", "rural", "urban"]),
            registered_from=self.one_of([None, registered]),
            registered_by=registered and registered + timedelta(days=self.one_of([0, 0, 1])),
            services=tuple(self.services()),
        )


def population(seed: int, day: date) -> list[ToldStay]:
    chance = Chance(Random(seed), day)  # noqa: S311
    return [chance.stay(number) for number in range(200)]


SEED = st.integers(0, 2**32)
HOME = st.sampled_from(list(HOMES))
NAME = st.sampled_from(sorted(DEFINITIONS))
DAY = st.sampled_from([date(2024, 2, 29), date(2023, 6, 30), date(2023, 8, 31)]) | st.dates(
    date(2022, 7, 1), date(2024, 12, 31)
)


def _as_counts(rows: list[tuple[object, ...]]) -> Counts:
    return {row[:-2]: row[-2:] for row in rows}


@ROUNDS
@given(seed=SEED, home_code=HOME)
def test_stock_at_a_month_end_is_the_naive_count(site: CountingSite, seed: int, home_code: str) -> None:
    people = population(seed, AS_OF)
    site.count(people, home_code=home_code)
    rows = site.rows(
        "SELECT definition_id, level, direction, division_code, sum(persons)::BIGINT, sum(persons_unknown)::BIGINT "
        "FROM stats.stock WHERE as_of = ? GROUP BY ALL",
        AS_OF,
    )
    expected = {
        (name, level, *key): counts
        for name, definition in DEFINITIONS.items()
        for level in LEVELS[LEVELS.index(HOMES[home_code]) :]
        for key, counts in count_stock(people, definition, AS_OF, level, REGISTER, home_code).items()
    }
    assert sum(persons for persons, _ in expected.values()) > 30
    assert _as_counts(rows) == expected
    causes = site.rows(
        "SELECT definition_id, level, direction, division_code, cause, persons_unknown FROM stats.unknown "
        "WHERE as_of = ?",
        AS_OF,
    )
    naive_causes = {
        (name, level, *key): count
        for name, definition in DEFINITIONS.items()
        for level in LEVELS[LEVELS.index(HOMES[home_code]) :]
        for key, count in count_unknown(people, definition, AS_OF, level, REGISTER, home_code).items()
    }
    assert {row[:-1]: row[-1] for row in causes} == naive_causes


@ROUNDS
@given(seed=SEED, day=DAY, home_code=HOME, level=st.sampled_from(LEVELS))
def test_all_definitions_of_a_day_are_those_of_the_intervals(
    site: CountingSite, seed: int, day: date, home_code: str, level: str
) -> None:
    people = population(seed, day)
    site.count(people, home_code=home_code)
    level = LEVELS[max(LEVELS.index(HOMES[home_code]), LEVELS.index(level))]
    at_once = site.rows(
        "SELECT definition_id, direction, division_code, persons, persons_unknown FROM stocks_on(?, ?)", day, level
    )
    expected = {
        (name, *key): counts
        for name, definition in DEFINITIONS.items()
        for key, counts in count_stock(people, definition, day, level, REGISTER, home_code).items()
    }
    assert _as_counts(at_once) == expected
    by_intervals = site.rows(_BY_INTERVALS, day, level)
    assert _as_counts(by_intervals) == expected


_BY_INTERVALS = """
    WITH asked AS (SELECT ?::DATE AS day, ? AS level)
    SELECT
        definition_id, direction, division_code,
        count(*) FILTER (certain_from <= day AND day < certain_to),
        count(*) FILTER (NOT (certain_from <= day AND day < certain_to))
    FROM asked
    JOIN intermediate.int_counting_interval ON possible_from <= day AND day < possible_to
    JOIN intermediate.int_counting_stay USING (part_number)
    CROSS JOIN (SELECT unnest(['in', 'out']) AS direction)
    JOIN intermediate.int_counting_home AS home
        ON home.level = asked.level AND home.known_from <= day AND day < home.known_to
        AND place_code = CASE direction WHEN 'in' THEN dest_code ELSE origin_code END
    GROUP BY ALL
"""


@ROUNDS
@given(
    seed=SEED,
    day=DAY,
    home_code=HOME,
    levels=st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)),
    names=st.lists(NAME, min_size=8, max_size=8, unique=True),
)
def test_macros_on_any_day_are_the_naive_count(
    site: CountingSite, seed: int, day: date, home_code: str, levels: tuple[str, str], names: list[str]
) -> None:
    people = population(seed, day)
    site.count(people, home_code=home_code)
    level = LEVELS[max(LEVELS.index(HOMES[home_code]), LEVELS.index(levels[0]))]
    for name in names:
        definition = DEFINITIONS[name]
        od = site.rows(
            "SELECT origin_code, dest_code, persons, persons_unknown FROM od_on(?, ?, ?, ?)", name, day, *levels
        )
        assert _as_counts(od) == count_od(people, definition, day, *levels, REGISTER)
        stock = site.rows(
            "SELECT direction, division_code, persons, persons_unknown FROM stock_on(?, ?, ?)", name, str(day), level
        )
        assert _as_counts(stock) == count_stock(people, definition, day, level, REGISTER, home_code)
        causes = site.rows(
            "SELECT direction, division_code, cause, persons_unknown FROM unknown_on(?, ?, ?)", name, day, level
        )
        naive = count_unknown(people, definition, day, level, REGISTER, home_code)
        assert {row[:-1]: row[-1] for row in causes} == naive


@ROUNDS
@given(seed=SEED)
def test_od_at_a_month_end_is_the_naive_count(site: CountingSite, seed: int) -> None:
    people = population(seed, AS_OF)
    site.count(people)
    rows = site.rows(
        "SELECT definition_id, origin_code, dest_code, persons, persons_unknown FROM stats.od "
        "WHERE as_of = ? AND persons + persons_unknown > 0",
        AS_OF,
    )
    expected: Counts = {}
    for name, definition in DEFINITIONS.items():
        for stay in people:
            for counts in count_od([stay], definition, AS_OF, "village", "village", REGISTER).values():
                pair = (name, stay.origin_code, stay.dest_code)
                before = expected.get(pair, (0, 0))
                expected[pair] = (before[0] + counts[0], before[1] + counts[1])
    assert _as_counts(rows) == expected


@ROUNDS
@given(seed=SEED, name=NAME)
def test_stock_has_its_details(site: CountingSite, seed: int, name: str) -> None:
    people = population(seed, AS_OF)
    site.count(people)
    rows = site.rows(
        "SELECT direction, division_code, sex, age_band, reason_code, duration_band, persons, persons_unknown "
        "FROM stats.stock WHERE as_of = ? AND definition_id = ? AND level = 'village'",
        AS_OF,
        name,
    )
    ages = _bands(site, "SELECT unnest(range(age_from, age_to + 1))::VARCHAR, age_band FROM ref.age_band")
    months_bands = _bands(
        site, "SELECT unnest(range(months_from, months_to + 1))::VARCHAR, duration_band FROM ref.duration_band"
    )
    expected: Counts = {}
    cells = count_cells(people, DEFINITIONS[name], AS_OF, "village", REGISTER, "340124000000")
    for (direction, division, sex, age, reason, months), (persons, unknown) in cells.items():
        key = (direction, division, sex, ages.get(age, "unknown"), reason, months_bands.get(months, "unknown"))
        before = expected.get(key, (0, 0))
        expected[key] = (before[0] + persons, before[1] + unknown)
    assert expected
    assert _as_counts(rows) == expected


def _bands(site: CountingSite, query: str) -> dict[str | None, str]:
    return {str(number): str(band) for number, band in site.rows(query)}


@ROUNDS
@given(seed=SEED, name=NAME)
def test_arrivals_and_departures_are_the_naive_ones(site: CountingSite, seed: int, name: str) -> None:
    # the township that changes its county is left out: a change of the register is neither
    people = [stay for stay in population(seed, AS_OF) if "340124200" not in f"{stay.origin_code} {stay.dest_code}"]
    site.count(people)
    opening = date(2024, 9, 30)
    changes = count_changes(people, DEFINITIONS[name], opening, AS_OF, REGISTER).values()
    naive = (sum(arrivals for arrivals, _ in changes), sum(departures for _, departures in changes))
    total = "SELECT coalesce(sum(arrivals), 0)::BIGINT, coalesce(sum(departures), 0)::BIGINT FROM "
    assert site.rows(total + "stats.od WHERE as_of = ? AND definition_id = ?", AS_OF, name) == [naive]
    assert site.rows(total + "flows_between(?, ?, ?, 'city', 'county')", name, opening, AS_OF) == [naive]


@ROUNDS
@given(seed=SEED, home_code=HOME)
def test_counts_keep_the_laws(site: CountingSite, seed: int, home_code: str) -> None:
    site.count(population(seed, AS_OF), home_code=home_code)
    assert site.rows("SELECT count(*) > 50 FROM stats.change") == [(True,)]
    assert len(site.laws) == 6
    for name, query in site.laws.items():
        assert site.rows(query) == [], name


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("stock_on('NBS', '2024-10-31', 'county')", "No definition named NBS"),
        ("stock_on('NBS_LDRK', '2024-10-31', 'town')", "No level named town"),
        ("stock_on('NBS_LDRK', '2024-10-31', 'city')", "The level city lies above the home division"),
        ("od_on('NBS_LDRK', '2024-10-31', 'county', 'region')", "No level named region"),
        ("trace_stock('NBS_LDRK', '2024-10-31', 'inward', 'county', '340124000000')", "No direction named inward"),
    ],
)
def test_macros_refuse_what_does_not_exist(site: CountingSite, call: str, sentence: str) -> None:
    site.count([])
    with pytest.raises(duckdb.InvalidInputException, match=sentence):
        site.rows(f"SELECT * FROM {call}")


def test_a_number_leads_back_to_the_rows_it_counts(site: CountingSite) -> None:
    people = population(7, AS_OF)
    site.count(people)
    site.rows(
        "INSERT INTO core.stay_evidence BY NAME SELECT stay_id, 'village_inflow' AS form_id, 'f' AS file_id, "
        "'Sheet1' AS sheet, row_number() OVER (ORDER BY stay_id) AS row_number, 'destination' AS side, "
        "DATE '2024-04-25' AS reported_on FROM core.stay"
    )
    stock = site.rows("SELECT * EXCLUDE (level, division_name) FROM stock_on('MPS_ZZRK', ?, 'village')", AS_OF)
    assert len(stock) > 5
    for direction, division, persons, unknown in stock:
        traced = site.rows(
            "SELECT count(DISTINCT stay_id) FILTER (is_counted), count(DISTINCT stay_id) FILTER (NOT is_counted), "
            "count(path), count(*) FROM trace_stock('MPS_ZZRK', ?, ?, 'village', ?)",
            AS_OF,
            direction,
            division,
        )
        assert traced == [(persons, unknown, persons + unknown, persons + unknown)]


def test_every_published_column_carries_a_comment(site: CountingSite) -> None:
    columns = site.rows(
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE schema_name = 'stats' "
        "OR (schema_name = 'ref' AND table_name = 'definition')"
    )
    assert len(columns) >= 50
    assert [column for column in columns if not column[2]] == []
    macros = site.rows(
        "SELECT function_name FROM duckdb_functions() WHERE function_type = 'table_macro' AND comment IS NOT NULL "
        "AND function_name IN ('stock_on', 'od_on', 'division_on', 'flows_between', 'trace_stock')"
    )
    assert len(macros) == 5
