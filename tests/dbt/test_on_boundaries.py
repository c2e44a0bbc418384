"""Numbers of one day on the divisions of another: nothing is lost, exact stays exact, estimated is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from counting_site import CountingSite
from division_site import LINEAGE, OPEN_START, PLACES_OF_DAYS, Change, Division, DivisionSite, copy_of
from naive.counting import Stay
from naive.places import Change as NaiveChange
from naive.places import History, Span

from ingest.division_changes import import_changes
from ingest.register import register_query

FAR = date(9999, 1, 1)
DAYS = [date(2000 + 2 * number, 12, 31) for number in range(6)]
CITY = "3401"
COUNTY_HISTORY = Path(__file__).parents[3] / "shared/reference/county_code_history/yescallop_result.csv.gz"
FIRST_YEAR, LAST_YEAR = 1981, 2024


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DivisionSite]:
    site = DivisionSite(built_site, copy_of(built_site, tmp_path_factory.mktemp("boundaries")))
    yield site
    site.connection.close()


# --- invented histories ---------------------------------------------------------------------------------------------


@dataclass
class Invented:
    """A history of the counties of a city, drawn change by change; a day changes each of them once at most."""

    random: Random
    first_day: dict[str, date] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    used: int = 0

    def draw(self) -> None:
        self.first_day = {self.fresh(): OPEN_START for _ in range(6)}
        for day in DAYS:
            free = sorted(self.first_day)
            self.random.shuffle(free)
            for _ in range(self.random.randint(1, 3)):
                if len(free) >= 3:
                    self.change(day, [free.pop(), free.pop(), free.pop()])
        self.spans += [Span(code, first, FAR) for code, first in self.first_day.items()]

    def fresh(self) -> str:
        self.used += 1
        return f"{CITY}{self.used:02d}000000"

    def retired(self, day: date) -> str:
        """Return a code for a new county: at times one that was another county's, long ago."""
        known = {change.from_code for change in self.changes if change.change_date < day - timedelta(days=400)}
        gone = sorted(
            known - set(self.first_day) - {code for c in self.changes for code in (c.to_code,) if c.change_date == day}
        )
        return self.random.choice(gone) if gone and self.random.random() < 0.5 else self.fresh()

    def end(self, code: str, day: date) -> None:
        self.spans.append(Span(code, self.first_day.pop(code), day))

    def say(self, source: str, target: str, day: date, kind: str, weight: float | None = None) -> None:
        self.changes.append(Change(source, target, day, kind, weight))
        self.first_day.setdefault(target, day)

    def change(self, day: date, codes: list[str]) -> None:
        one, two, three = codes
        kind = self.random.choice(["rename", "recode", "merge", "absorb", "split", "transfer", "swap"])
        if kind == "rename":
            self.say(one, one, day, "rename")
        elif kind in ("recode", "split"):
            targets = [self.retired(day)] if kind == "recode" else [self.fresh(), self.fresh(), two]
            weights = self.random.choice([(0.5, 0.2, 0.3), (None, None, None), (0.6, None, None)])
            self.end(one, day)
            for target, weight in zip(targets, weights, strict=False):
                self.say(one, target, day, kind, weight if kind == "split" else None)
        elif kind == "merge":
            target = self.retired(day)
            for source in (one, two):
                self.end(source, day)
                self.say(source, target, day, "merge")
        elif kind == "absorb":
            self.end(one, day)
            self.say(one, two, day, "merge")
        elif kind == "transfer":
            self.say(one, two, day, "transfer", self.random.choice([0.1, None]))
            self.say(one, three, day, "transfer", self.random.choice([0.3, None]))
        else:
            for source in (one, two):
                self.end(source, day)
            self.say(one, two, day, "recode")
            self.say(two, one, day, "recode")

    def register(self) -> list[Division]:
        return [
            Division("340000000000"),
            Division(f"{CITY}00000000"),
            *(Division(s.code, s.first, None if s.last == FAR else s.last) for s in self.spans),
        ]

    def naive(self) -> History:
        return History(
            self.spans,
            [NaiveChange(c.from_code, c.to_code, c.change_date, c.kind, c.weight) for c in self.changes],
        )


def invent(seed: int) -> Invented:
    invented = Invented(Random(seed))  # noqa: S311 - invented, the same in every run
    invented.draw()
    return invented


def _crosswalk(site: DivisionSite, day: date, target: date) -> dict[str, dict[str, tuple[float, bool]]]:
    found: dict[str, dict[str, tuple[float, bool]]] = defaultdict(dict)
    rows = site.rows("SELECT from_code, to_code, weight, is_estimated FROM division_crosswalk($1, $2)", day, target)
    for source, code, weight, is_estimated in rows:
        found[source][code] = (weight, is_estimated)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_an_invented_history_is_followed_as_by_hand(site: DivisionSite, seed: int) -> None:
    invented = invent(seed)
    naive = invented.naive()
    assert len(invented.changes) >= 6
    site.register(invented.register(), invented.changes)
    site.make(*LINEAGE)
    days = [DAYS[0] - timedelta(days=1), *DAYS]
    for day in days:
        for target in days:
            found = _crosswalk(site, day, target)
            for code in sorted({span.code for span in invented.spans if naive.lives(span.code, day)}):
                expected = naive.crosswalk(code, day, target)
                assert {to: round(weight, 9) for to, (weight, _) in found[code].items()} == {
                    to: round(weight, 9) for to, weight in expected.items()
                }, (day, target, code)
                assert all(naive.lives(to, target) for to in found[code])
                assert {estimated for _, estimated in found[code].values()} == {len(expected) > 1}


@pytest.mark.parametrize("seed", range(6, 8))
def test_places_are_compared_as_by_hand(site: DivisionSite, seed: int) -> None:
    """What is reported on two days may be one place exactly where the one became the other, or a part of it."""
    invented = invent(seed)
    naive = invented.naive()
    site.register(invented.register(), invented.changes)
    site.make(*LINEAGE)
    days = [DAYS[0] - timedelta(days=1), *DAYS]
    reports = [(s.code, day) for day in days for s in invented.spans if s.first <= day < s.last]
    assert len(reports) > 20
    paths = {
        (code, day): site.rows(
            "SELECT path FROM intermediate.int_division_path WHERE code = ? AND reported_from <= ? AND ? < reported_to",
            code, day, day,
        )
        for code, day in reports
    }  # fmt: skip
    for one in reports:
        for other in reports:
            if not (paths[one] and paths[other]):
                continue
            assert _compatible(paths[one][0][0], paths[other][0][0]) == naive.is_related(*one, *other), (one, other)


def _compatible(one: str, other: str) -> bool:
    return any(a.startswith(b) or b.startswith(a) for a in one.split("|") for b in other.split("|"))


# --- the macros that count ------------------------------------------------------------------------------------------


COUNTY, NEW_COUNTY = "340124000000", "340125000000"
STAYING, MOVED = "340124100201", "340125101201"
SPLIT_ON = date(2024, 7, 1)
BEFORE, AFTER = date(2024, 6, 30), date(2024, 10, 31)
TOWN_OF_BOTH = ("340124101000", "340125101000"), ("340124101201", MOVED)
PEOPLE = {STAYING: 5, MOVED: 10, COUNTY: 3, NEW_COUNTY: 4}


@pytest.fixture(scope="module")
def divided(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingSite]:
    """A county of which a town became a county of its own; of some people only the county is known."""
    counting = CountingSite(built_site, tmp_path_factory.mktemp("divided"))
    site = DivisionSite(built_site, counting.connection)
    always = ("340000000000", "340100000000", COUNTY, "340124100000", STAYING, "440000000000", "440100000000")
    site.register(
        [
            *(Division(code) for code in always),
            *(Division(old, valid_to=SPLIT_ON) for old, _ in TOWN_OF_BOTH),
            *(Division(code, SPLIT_ON) for code in (NEW_COUNTY, *(new for _, new in TOWN_OF_BOTH))),
        ],
        [
            Change(COUNTY, NEW_COUNTY, SPLIT_ON, "split", 0.4),
            Change(COUNTY, COUNTY, SPLIT_ON, "split", 0.6),
            *(Change(old, new, SPLIT_ON, "recode") for old, new in TOWN_OF_BOTH),
        ],
    )
    site.make(*LINEAGE)
    codes = [code for code, count in PEOPLE.items() for _ in range(count)]
    counting.count(
        [
            Stay(
                f"stay{number}", f"person{number}", origin_code="440100000000", dest_code=code,
                left_hukou_date=date(2023, 1, 5), arrived_date=date(2023, 1, 5), reason_code="WORK", sex="1",
                birth_date=date(1990, 1, 1), hukou_nature="rural",
            )
            for number, code in enumerate(codes)
        ],
        home_code="340100000000",
    )  # fmt: skip
    yield counting
    counting.connection.close()


def _stock(site: CountingSite, day: date, boundaries: date) -> dict[object, tuple[object, ...]]:
    rows = site.rows(
        "SELECT division_code, round(persons, 9), round(persons_estimated, 9) "
        "FROM stock_on_boundaries('NBS_LDRK', $1, 'county', $2) WHERE direction = 'in'",
        day,
        boundaries,
    )
    return {code: tuple(counts) for code, *counts in rows}


def test_a_stock_is_shared_out_only_where_no_place_tells(divided: CountingSite) -> None:
    assert _stock(divided, BEFORE, BEFORE) == {COUNTY: (22.0, 0.0)}
    # 5 and 10 live in known villages, 4 in the new county; of 3 only the old county is known
    assert _stock(divided, BEFORE, AFTER) == {COUNTY: (6.8, 1.8), NEW_COUNTY: (15.2, 1.2)}


def test_a_stock_is_exact_on_boundaries_that_hold_it(divided: CountingSite) -> None:
    assert _stock(divided, AFTER, AFTER) == {COUNTY: (8.0, 0.0), NEW_COUNTY: (14.0, 0.0)}
    assert _stock(divided, AFTER, BEFORE) == {COUNTY: (22.0, 0.0)}


@pytest.mark.parametrize(("day", "boundaries"), [(BEFORE, AFTER), (AFTER, BEFORE), (AFTER, AFTER)])
def test_origins_and_destinations_sum_to_the_stock(divided: CountingSite, day: date, boundaries: date) -> None:
    found = divided.rows(
        "SELECT dest_code, round(sum(persons), 9), round(sum(persons_estimated), 9) "
        "FROM od_on_boundaries('NBS_LDRK', $1, 'province', 'county', $2) GROUP BY 1",
        day,
        boundaries,
    )
    assert {code: tuple(counts) for code, *counts in found} == _stock(divided, day, boundaries)
    assert divided.rows("SELECT DISTINCT origin_code FROM od_on_boundaries('NBS_LDRK', $1, 'province', 'county', $2)",
                        day, boundaries) == [("440000000000",)]  # fmt: skip


def test_values_of_any_relation_keep_their_sum_there_and_back(site: DivisionSite) -> None:
    invented = invent(11)
    naive = invented.naive()
    site.register(invented.register(), invented.changes)
    site.make(*LINEAGE)
    site.connection.execute("CREATE OR REPLACE TABLE main.series (code VARCHAR, as_of DATE, value DOUBLE)")
    rows = [
        (s.code, day, 1000.0 + number)
        for day in DAYS
        for number, s in enumerate(invented.spans)
        if s.first <= day < s.last
    ]
    site.connection.executemany("INSERT INTO main.series VALUES (?, ?, ?)", rows)
    for target in DAYS:
        found = site.rows(
            "SELECT as_of, sum(value), sum(value_estimated) FROM values_on_boundaries('main.series', $1) GROUP BY 1",
            target,
        )
        given = site.rows("SELECT as_of, sum(value) FROM main.series GROUP BY 1")
        sums = {as_of: value for as_of, value, _ in found}
        assert sums.keys() == {as_of for as_of, _ in given}
        assert all(abs(sums[as_of] - value) <= 1e-9 * value for as_of, value in given)
        estimated = {as_of: value for as_of, _, value in found}
        for day in DAYS:
            expected = sum(v for code, as_of, v in rows if as_of == day and len(naive.crosswalk(code, day, target)) > 1)
            assert abs(estimated[day] - expected) < 1e-6


# --- the whole history of counties ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def county_history(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DivisionSite]:
    """All counties since 1981, without the divisions below them."""
    if not COUNTY_HISTORY.exists():
        pytest.skip(f"{COUNTY_HISTORY} is not here")
    folder = tmp_path_factory.mktemp("counties")
    site = DivisionSite(built_site, copy_of(built_site, folder))
    site.connection.execute("DELETE FROM raw.division; DELETE FROM raw.division_change")
    site.connection.execute(
        f"INSERT INTO raw.division BY NAME SELECT * FROM ({register_query()}) "
        "WHERE level IN ('province', 'city', 'county')"
    )
    import_changes(site.connection, COUNTY_HISTORY)
    site.make("division_change", *PLACES_OF_DAYS)
    site.connection.execute("""
        CREATE TABLE main.county_value AS
        SELECT code, as_of, (hash(code, as_of) % 1000000)::DOUBLE AS value
        FROM ref.division
        CROSS JOIN (SELECT make_date(year::INTEGER, 12, 31) AS as_of FROM range(1981, 2025) AS years(year))
        WHERE level = 'county' AND valid_from <= as_of AND (valid_to IS NULL OR as_of < valid_to)
    """)
    yield site
    site.connection.close()


@pytest.mark.reference
def test_every_retired_county_reaches_living_divisions(county_history: DivisionSite) -> None:
    (retired, reached, living) = county_history.rows("""
        WITH retired AS (
            SELECT code, max(valid_to) AS ended_on FROM ref.division WHERE level = 'county'
            GROUP BY code HAVING count(valid_to) = count(*)
        ),
        became AS (
            SELECT retired.code, lineage.to_code, lineage.to_known_to
            FROM retired JOIN intermediate.int_division_lineage AS lineage ON retired.code = lineage.from_code
            WHERE lineage.from_known_to = retired.ended_on
        ),
        final AS (
            SELECT became.* FROM became WHERE became.to_known_to = DATE '9999-01-01' AND became.to_code <> became.code
        )
        SELECT
            (SELECT count(*) FROM retired),
            (SELECT count(DISTINCT code) FROM final),
            (SELECT count(*) FROM final WHERE to_code NOT IN (SELECT code FROM ref.division WHERE valid_to IS NULL)) = 0
    """)[0]
    assert retired > 2500
    assert reached == retired
    assert living


@pytest.mark.reference
def test_a_county_that_became_one_other_comes_back_exactly(county_history: DivisionSite) -> None:
    """And one that became several, or is put together from several, is flagged."""
    first, last = date(FIRST_YEAR, 12, 31), date(LAST_YEAR, 12, 31)
    there, back = _crosswalk(county_history, first, last), _crosswalk(county_history, last, first)
    single = {code: next(iter(to)) for code, to in there.items() if len(to) == 1}
    alone = {code: to for code, to in single.items() if len(back[to]) == 1}
    assert len(alone) > 1000
    assert {code: there[code][to] for code, to in alone.items()} == dict.fromkeys(alone, (1.0, False))
    assert {code: back[to] for code, to in alone.items()} == {code: {code: (1.0, False)} for code in alone}
    several = [to for to in there.values() if len(to) > 1]
    assert len(several) > 100
    assert {estimated for to in several for _, estimated in to.values()} == {True}


def _assert_totals_are_kept(site: DivisionSite, years: range) -> None:
    given = dict(site.rows("SELECT as_of, sum(value) FROM main.county_value GROUP BY 1"))
    assert len(given) == LAST_YEAR - FIRST_YEAR + 1
    for year in years:
        found = dict(
            site.rows(
                "SELECT as_of, sum(value) FROM values_on_boundaries('main.county_value', $1) GROUP BY 1",
                date(year, 12, 31),
            )
        )
        assert found.keys() == given.keys()
        assert max(abs(found[as_of] / given[as_of] - 1) for as_of in given) < 1e-9


@pytest.mark.reference
def test_totals_of_counties_are_kept_on_the_boundaries_of_other_years(county_history: DivisionSite) -> None:
    _assert_totals_are_kept(county_history, range(FIRST_YEAR, LAST_YEAR + 1, 21))


@pytest.mark.reference
@pytest.mark.slow
def test_totals_of_counties_are_kept_on_the_boundaries_of_all_years(county_history: DivisionSite) -> None:
    _assert_totals_are_kept(county_history, range(FIRST_YEAR, LAST_YEAR + 1))


# --- codes of several places ----------------------------------------------------------------------------------------

OLD_PLACE, TAKEN_BY, RECODED = "340125000000", "340126000000", "340127000000"
ENDED_ON, GIVEN_ON = date(1990, 12, 31), date(2005, 3, 1)


@pytest.fixture(scope="module")
def reused(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingSite]:
    """Two codes were given to counties of unknown origin: one long afterwards, one on the day on which it was free."""
    counting = CountingSite(built_site, tmp_path_factory.mktemp("reused"))
    site = DivisionSite(built_site, counting.connection)
    site.register(
        [
            *(Division(code) for code in ("340000000000", "340100000000", "440000000000", "440100000000", TAKEN_BY)),
            Division(OLD_PLACE, valid_to=ENDED_ON, name="old"),
            Division(OLD_PLACE, GIVEN_ON, name="new"),
            Division(COUNTY, valid_to=GIVEN_ON, name="moved"),
            Division(RECODED, GIVEN_ON, name="moved"),
            Division(COUNTY, GIVEN_ON, name="fresh"),
        ],
        [Change(OLD_PLACE, TAKEN_BY, ENDED_ON, "merge"), Change(COUNTY, RECODED, GIVEN_ON, "recode")],
    )
    site.make(*LINEAGE)
    counting.count(
        [
            Stay(
                f"stay{number}", f"person{number}", origin_code="440100000000", dest_code=code,
                left_hukou_date=date(1985, 1, 5), arrived_date=date(1985, 1, 5), reason_code="WORK", sex="1",
                birth_date=date(1960, 1, 1), hukou_nature="rural",
            )
            for number, code in enumerate([OLD_PLACE, COUNTY, COUNTY, TAKEN_BY, TAKEN_BY])
        ],
        home_code="340100000000",
    )  # fmt: skip
    yield counting
    counting.connection.close()


@pytest.mark.parametrize(
    ("code", "day", "target", "expected"),
    [
        (OLD_PLACE, date(1985, 1, 1), date(2024, 1, 1), TAKEN_BY),
        (OLD_PLACE, date(2024, 1, 1), date(2000, 1, 1), "340100000000"),
        (OLD_PLACE, date(2024, 1, 1), date(1985, 1, 1), "340100000000"),
        (COUNTY, date(1985, 1, 1), date(2024, 1, 1), RECODED),
        (COUNTY, date(2024, 1, 1), date(1985, 1, 1), "340100000000"),
        (RECODED, date(2024, 1, 1), date(1985, 1, 1), COUNTY),
    ],
)
def test_a_code_of_two_places_is_followed_as_each_of_them(
    reused: CountingSite, code: str, day: date, target: date, expected: str
) -> None:
    rows = reused.rows("SELECT to_code, weight FROM division_crosswalk($1, $2) WHERE from_code = $3", day, target, code)
    assert rows == [(expected, 1.0)]


def test_a_code_means_the_place_that_has_it_on_the_day(reused: CountingSite) -> None:
    rows = reused.rows(
        "SELECT place_code FROM intermediate.int_division_path WHERE code = $1 ORDER BY reported_from", COUNTY
    )
    assert [code for (code,) in rows] == [RECODED, COUNTY]


def test_people_of_one_place_are_not_counted_in_another_of_its_code(reused: CountingSite) -> None:
    assert _stock(reused, date(2024, 1, 1), date(2024, 1, 1)) == {
        OLD_PLACE: (1.0, 0.0), COUNTY: (2.0, 0.0), TAKEN_BY: (2.0, 0.0),
    }  # fmt: skip
    # half of those who are known in what took the old place in were in it; of the others only the city is known
    assert _stock(reused, date(2024, 1, 1), date(1985, 6, 1)) == {
        "340100000000": (3.0, 0.0), OLD_PLACE: (1.0, 1.0), TAKEN_BY: (1.0, 1.0),
    }  # fmt: skip
    assert _stock(reused, date(1986, 1, 1), date(2024, 1, 1)) == {"340100000000": (3.0, 0.0), TAKEN_BY: (2.0, 0.0)}
