"""The bridge between two definitions: it closes to the person, and the naive second implementation builds the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from counting_site import DEFINITIONS, REGISTER, CountingSite
from naive.bridge import Bridge, Step, bridge
from naive.counting import Stay
from test_marts import AS_OF, population

HOME = "340100000000"
DOZEN = (
    "NBS_RHFL", "NBS_SXQ", "NBS_LDRK", "NBS_LDRK_INPROV", "NBS_1990", "NBS_WCNMG", "MPS_ZZRK", "MPS_GD", "NHC_AH",
    "NHC_QY", "CMDS_2015", "HRSS_REG", "MOA_WC",
)  # fmt: skip
PAIRS = (
    ("NBS_LDRK", "MPS_ZZRK"),
    ("MPS_ZZRK", "NBS_LDRK"),
    ("NBS_SXQ", "HRSS_REG"),
    ("NHC_AH", "NBS_LDRK_INPROV"),
    ("NHC_XCHG", "NHC_QY"),
    ("MPS_ZZRK", "MPS_ZZZ"),
    ("NBS_JCNMG", "NBS_WCNMG"),
    ("NBS_RHFL", "NBS_2000"),
)


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingSite]:
    site = CountingSite(built_site, tmp_path_factory.mktemp("bridge"))
    yield site
    site.connection.close()


@pytest.fixture(scope="module")
def people(site: CountingSite) -> list[Stay]:
    people = population(11, AS_OF)
    site.count(people, home_code=HOME)
    site.rows(ALL_PAIRS, AS_OF)
    return people


ALL_PAIRS = f"""
    CREATE OR REPLACE TEMP TABLE bridges AS
    SELECT bridge.*
    FROM (SELECT unnest({list(DOZEN)}) AS id) AS a
    CROSS JOIN (SELECT unnest({list(DOZEN)}) AS id) AS b
    CROSS JOIN (SELECT unnest(['in', 'out']) AS direction) AS side
    CROSS JOIN LATERAL (FROM bridge_on(a.id, b.id, $1, side.direction, 'village')) AS bridge
"""
STOCKS = f"""
    CREATE OR REPLACE TEMP TABLE stocks AS
    SELECT a.id AS definition_id, stock.*
    FROM (SELECT unnest({list(DOZEN)}) AS id) AS a
    CROSS JOIN LATERAL (FROM stock_on(a.id, $1, 'village')) AS stock
"""
# The columns of a sum of steps, and of the end of the same bridge.
CLOSES = """
    SELECT
        from_definition,
        to_definition,
        direction,
        division_code,
        sum(persons) FILTER (step = 'stock_from' OR persons_lowest IS NOT NULL) AS persons,
        sum(persons_unknown) FILTER (step = 'stock_from' OR persons_lowest IS NOT NULL) AS unknown,
        max(persons) FILTER (step = 'stock_to') AS persons_to,
        max(persons_unknown) FILTER (step = 'stock_to') AS unknown_to,
        round(sum(persons_mean), 4) AS mean
    FROM bridges
    GROUP BY ALL
"""


def test_bridges_between_all_pairs_close_to_the_person(site: CountingSite, people: list[Stay]) -> None:
    pairs = site.rows("SELECT count(DISTINCT from_definition || to_definition), count(*) FROM bridges")
    assert pairs[0][0] >= len(DOZEN) * (len(DOZEN) - 1)  # nobody may count under a pair of the same
    assert site.rows(f"FROM ({CLOSES}) WHERE persons != persons_to OR unknown != unknown_to") == []
    assert site.rows(
        f"SELECT a.* FROM ({CLOSES}) AS a INNER JOIN bridges AS b USING (from_definition, to_definition, direction, "
        "division_code) WHERE b.step = 'stock_from' AND a.persons_to - b.persons != coalesce(a.mean, 0)"
    ) == []  # fmt: skip
    far = site.rows("SELECT count(*) FROM bridges WHERE persons_lowest IS NOT NULL AND persons != 0")
    assert far[0][0] > 1000


def test_both_ends_of_a_bridge_are_the_published_stocks(site: CountingSite, people: list[Stay]) -> None:
    site.rows(STOCKS, AS_OF)
    for end, definition in (("stock_from", "from_definition"), ("stock_to", "to_definition")):
        shown = f"""
            SELECT {definition}, direction, division_code, max(persons), max(persons_unknown) FROM bridges
            WHERE step = '{end}' AND persons + persons_unknown > 0 GROUP BY ALL
        """
        stock = "SELECT definition_id, direction, division_code, persons, persons_unknown FROM stocks"
        assert len(site.rows(shown)) > 100
        assert site.rows(f"({shown}) EXCEPT ({stock})") == []
        assert site.rows(f"({stock}) EXCEPT ({shown})") == []


def test_the_way_back_undoes_every_axis(site: CountingSite, people: list[Stay]) -> None:
    """Over all orders an axis changes on the way back what it changed on the way there, the other way round."""
    there_and_back = """
        FROM bridges AS there INNER JOIN bridges AS back
            ON there.from_definition = back.to_definition AND there.to_definition = back.from_definition
            AND there.direction = back.direction AND there.division_code = back.division_code
            AND there.step = back.step
        WHERE there.persons_lowest IS NOT NULL
    """
    assert site.rows(f"SELECT count(*) > 1000 {there_and_back}") == [(True,)]
    undone = "there.persons_lowest = -back.persons_highest AND abs(there.persons_mean + back.persons_mean) < 1e-6"
    assert site.rows(f"SELECT there.* {there_and_back} AND NOT ({undone})") == []


@pytest.mark.parametrize(("begin", "end"), PAIRS)
def test_a_bridge_is_the_naive_one_in_the_stated_and_in_any_order(
    site: CountingSite, people: list[Stay], begin: str, end: str
) -> None:
    expected = bridge(people, DEFINITIONS[begin], DEFINITIONS[end], AS_OF, "township", REGISTER, HOME)
    rows = [
        row
        for direction in ("in", "out")
        for row in site.rows(
            "SELECT direction, division_code, step, persons, persons_unknown, persons_lowest, persons_highest, "
            "round(persons_mean, 6) FROM bridge_on(?, ?, ?, ?, 'township') "
            "WHERE step LIKE 'stock%' OR persons_lowest IS NOT NULL",
            begin,
            end,
            AS_OF,
            direction,
        )
    ]
    assert len(expected) > 5
    assert _bridges(rows) == expected


def _bridges(rows: list[tuple[Any, ...]]) -> dict[tuple[str | None, ...], Bridge]:
    found: dict[tuple[str | None, ...], Bridge] = {}
    for key in {row[:2] for row in rows}:
        begin, *steps, end = [row[2:] for row in rows if row[:2] == key]
        assert (begin[0], end[0]) == ("stock_from", "stock_to")
        found[key] = Bridge(begin[1:3], tuple(Step(*step) for step in steps), end[1:3])
    return found


def test_the_view_says_what_bridge_on_says(site: CountingSite, people: list[Stay]) -> None:
    view = site.rows(
        "FROM stats.definition_bridge WHERE from_definition = 'NBS_LDRK' AND to_definition = 'NHC_QY' AND "
        "direction = 'out' AND level = 'township' ORDER BY division_code, step_order"
    )
    assert len(view) > 20
    assert view == site.rows("FROM bridge_on('NBS_LDRK', 'NHC_QY', ?, 'out', 'township')", AS_OF)


def test_a_definition_has_no_bridge_to_itself(site: CountingSite, people: list[Stay]) -> None:
    rows = site.rows("SELECT step, persons FROM bridge_on('NBS_RHFL', 'NBS_RHFL', ?, 'in', 'city')", AS_OF)
    assert [step for step, _ in rows] == ["stock_from", "stock_to"]
    assert rows[0][1] == rows[1][1]


def test_levels_of_a_bridge_add_up(site: CountingSite, people: list[Stay]) -> None:
    sums = [
        site.rows(
            "SELECT step, sum(persons)::BIGINT, sum(persons_unknown)::BIGINT "
            "FROM bridge_on('NBS_LDRK', 'MPS_ZZRK', ?, 'out', ?) GROUP BY ALL ORDER BY step",
            AS_OF,
            level,
        )
        for level in ("city", "county", "township", "village")
    ]
    assert len(sums[0]) > 4
    assert sums[1:] == sums[:1] * 3


def test_what_a_form_covers_and_another_unit_stand_outside_the_stocks(site: CountingSite, people: list[Stay]) -> None:
    """Half the people are on the list of one beat, some of them on two: registrations are more than persons."""
    site.rows("DELETE FROM core.stay_sender")
    listed = "SELECT stay_id, person_key FROM core.stay WHERE hash(stay_id) % 2 = 0"
    for unit in ("340124100201", "340124100202"):
        site.rows(
            "INSERT INTO core.stay_sender BY NAME SELECT stay_id, person_key, 'police_registration' AS form_id, "
            f"'{unit}' AS unit_code, 'destination' AS side, DATE '2020-01-01' AS says_from FROM ({listed})"
        )
        listed += " AND hash(stay_id) % 3 = 0"
    relation, query = site.models["int_known_interval"]
    site.rows(f"DELETE FROM {relation}")
    site.rows(f"INSERT INTO {relation} BY NAME {query}")
    rows = site.rows(
        "SELECT step, persons, persons_after FROM bridge_on('MPS_ZZRK', 'NBS_LDRK', ?, 'in', 'city')", AS_OF
    )
    steps = {step: (persons, after) for step, persons, after in rows}
    assert list(steps)[:3] == ["unit_from", "coverage_from", "stock_from"]
    units = site.rows("SELECT units FROM units_on('MPS_ZZRK', ?, 'city') WHERE direction = 'in'", AS_OF)
    assert units == [(steps["unit_from"][1] - steps["unit_from"][0],)]
    assert steps["unit_from"][0] < 0 < steps["coverage_from"][0]
    assert steps["unit_from"][1] + steps["coverage_from"][0] == steps["stock_from"][1]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("bridge_on('NBS', 'NBS_LDRK', '2024-10-31', 'in', 'county')", "No definition named NBS"),
        ("bridge_on('NBS_LDRK', 'POLICE', '2024-10-31', 'in', 'county')", "No definition named POLICE"),
        ("bridge_on('NBS_LDRK', 'NHC_AH', '2024-10-31', 'both', 'county')", "No direction named both"),
        (
            "bridge_on('NBS_LDRK', 'NHC_AH', '2024-10-31', 'in', 'province')",
            "The level province lies above the home division",
        ),
    ],
)
def test_bridge_on_refuses_what_does_not_exist(
    site: CountingSite, people: list[Stay], call: str, sentence: str
) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=sentence):
        site.rows(f"FROM {call}")
