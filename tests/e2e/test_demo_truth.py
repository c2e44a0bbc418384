"""A whole invented county: what the nights publish is what was delivered, cell by cell, and nothing broken gets in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from naive import counting
from naive.listed import TAKEN
from told import COUNT_FORMS, Told, read_register

from ingest.declaration import load_forms
from popflow.synthetic.demo import DEMO_VILLAGES, DemoCounty, run_demo
from popflow.synthetic.population import Scale
from warehouse.access import open_current

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
HOME = "340124000000"
DEFINITIONS = (
    "NBS_RHFL", "NBS_LDRK", "NBS_LDRK_PROV", "NBS_LDRK_INPROV", "NBS_SXQ", "NBS_WCNMG", "MPS_ZZRK", "MPS_GD",
    "NHC_QY", "NHC_XJ3M", "CMDS_2014", "CMDS_2015", "MOA_WC",
)  # fmt: skip
LEVELS = ("county", "township", "village")
PAIRS = (("county", "province"), ("township", "city"), ("village", "county"), ("province", "village"))
NO_NUMBER = {"wrong_check", "no_number", "placeholder"}
# Rows without a valid number, by what becomes of them, in counties of so many people.
WITHOUT_NUMBER = {2_400: Counter(linked=24, apart=1), Scale().people: Counter(linked=49, held=1)}

Cells = dict[tuple[str | None, ...], tuple[int, int]]


@dataclass(frozen=True)
class Published:
    """A county whose nights have been run, and its published warehouse."""

    county: DemoCounty
    warehouse: duckdb.DuckDBPyConnection
    told: Told
    lines: tuple[str, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """The three dates that are compared: the ends of the months reported."""
        return self.county.scale.month_ends


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((Scale(people=2_400), 30), id="small"),
        pytest.param((Scale(), DEMO_VILLAGES), id="demo", marks=pytest.mark.slow),
    ],
)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    scale, villages = request.param
    lines: list[str] = []
    county = run_demo(tmp_path_factory.mktemp("county") / "site", lines.append, scale, villages)
    with open_current(county.site.folders.warehouse) as warehouse:
        told = Told(county.truth, read_register(warehouse), _alone(warehouse))
        yield Published(county, warehouse, told, tuple(lines))


def _alone(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[object, object, object], str]:
    """Return the rows without a number that have not become part of a person with one, and whom they stand for."""
    nights = _night_numbers(warehouse)
    rows = warehouse.execute("""
        SELECT night_id, path, row_number, person_key FROM staging.stg_person_row SEMI JOIN
        (SELECT person_key FROM staging.stg_person_row GROUP BY ALL HAVING NOT bool_or(is_numbered)) USING (person_key)
        JOIN raw.file USING (file_id)
    """).fetchall()
    return {(nights[night], path, row): person for night, path, row, person in rows}


@pytest.fixture(scope="module")
def verdicts(published: Published) -> dict[tuple[str, date], list[tuple[counting.Stay, counting.Verdict]]]:
    definitions = counting.read_definitions(SEEDS)
    stays = published.told.stays()
    return {
        (name, day): [(s, counting.verdict(s, definitions[name], day, published.told.register)) for s in stays]
        for name in DEFINITIONS
        for day in published.days
    }


def _tally(keys: Iterator[tuple[tuple[str | None, ...], counting.Verdict]]) -> Cells:
    counted: Counter[tuple[str | None, ...]] = Counter()
    unknown: Counter[tuple[str | None, ...]] = Counter()
    for key, verdict in keys:
        if verdict is not False:
            (counted if verdict else unknown)[key] += 1
    return {key: (counted[key], unknown[key]) for key in counted.keys() | unknown.keys()}


def test_every_stay_that_can_be_proven_is_there(published: Published) -> None:
    expected = Counter(
        (stay.origin_code, stay.dest_code, stay.left_hukou_date, stay.arrived_date, stay.arrived_before,
         stay.ended_date, stay.ended_after, stay.ended_before, stay.reason_code, stay.sex, stay.birth_date,
         stay.hukou_nature)
        for stay in published.told.stays()
    )  # fmt: skip
    built = Counter(
        published.warehouse.execute("""
            SELECT origin_code, dest_code, left_hukou_date, arrived_date, arrived_before, ended_date, ended_after,
                   ended_before, reason_code, sex, birth_date, hukou_nature
            FROM core.stay JOIN core.person USING (person_key)
        """).fetchall()
    )

    assert built.total() == expected.total()
    assert built - expected == Counter()


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_every_stock_is_the_true_one(
    published: Published,
    verdicts: dict[tuple[str, date], list[tuple[counting.Stay, counting.Verdict]]],
    definition: str,
) -> None:
    register = published.told.register
    for day in published.days:
        for level in LEVELS:
            expected = _tally(
                ((direction, register.shown_at(code, level, day)), verdict)
                for stay, verdict in verdicts[definition, day]
                for direction, code in (("in", stay.dest_code), ("out", stay.origin_code))
                if register.is_within(code, HOME, day)
            )
            built = {
                (direction, code): (persons, unknown)
                for direction, code, persons, unknown in published.warehouse.execute(
                    """
                    SELECT direction, division_code, sum(persons)::INT, sum(persons_unknown)::INT FROM stats.stock
                    WHERE definition_id = $definition AND as_of = $day AND level = $level
                    GROUP BY ALL HAVING sum(persons) + sum(persons_unknown) > 0
                    """,
                    {"definition": definition, "day": day, "level": level},
                ).fetchall()
            }
            assert built == expected, (definition, day, level)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_every_pair_of_places_is_the_true_one(
    published: Published,
    verdicts: dict[tuple[str, date], list[tuple[counting.Stay, counting.Verdict]]],
    definition: str,
) -> None:
    register = published.told.register
    for day in published.days:
        for origin_level, dest_level in PAIRS:
            expected = _tally(
                (
                    (
                        register.shown_at(stay.origin_code, origin_level, day),
                        register.shown_at(stay.dest_code, dest_level, day),
                    ),
                    verdict,
                )
                for stay, verdict in verdicts[definition, day]
            )
            built = {
                (origin, dest): (persons, unknown)
                for origin, dest, persons, unknown in published.warehouse.execute(
                    "SELECT origin_code, dest_code, persons, persons_unknown FROM od_on(?, ?, ?, ?)",
                    [definition, day, origin_level, dest_level],
                ).fetchall()
                if persons + unknown > 0
            }
            assert built == expected, (definition, day, origin_level, dest_level)


def test_the_counts_bracket_what_truly_is(published: Published) -> None:
    """Whoever is counted was truly away, and whoever was truly away and listed is counted or unknown."""
    for day in published.days:
        certain, possible = published.warehouse.execute(
            """
            SELECT count(*) FILTER (WHERE arrived_date <= $day AND (
                       ended_date > $day OR (ended_date IS NULL AND (ended_after >= $day OR end_kind IS NULL)))),
                   count(*)
            FROM core.stay WHERE coalesce(arrived_date, arrived_after, DATE '1900-01-01') <= $day
              AND coalesce(ended_date, ended_before, DATE '2200-01-01') > $day
            """,
            {"day": day},
        ).fetchall()[0]
        with duckdb.connect() as connection:
            ((true,),) = connection.execute(
                f"""
                SELECT count(*) FROM '{published.county.truth}/stay.parquet'
                WHERE arrived_date <= $day AND ended_date > $day
                """,
                {"day": day},
            ).fetchall()
        assert certain <= true * 1.01
        assert true * 0.97 <= possible


def test_rows_without_number_are_of_whom_they_are_about(published: Published) -> None:
    """Nobody is merged who is not one person, and of the few who stand alone somebody is asked to say who they are."""
    told = published.told
    ids = _night_numbers(published.warehouse)
    people: dict[str, set[object]] = {}
    become: Counter[str] = Counter()
    truth = {
        (*copy, row["row_number"]): row["person_id"]
        for row in told.rows
        if row["outcome"] == "accepted" and row["file_number"] in told.taken
        for copy in told.copies_of(told.taken[int(str(row["file_number"]))])
    }
    for night, path, row_number, key, own_key, is_numbered, is_held in published.warehouse.execute("""
        SELECT night_id, path, row_number, person_key, row_key, is_numbered,
            row_key IN (SELECT unnest([person_key, other_key]) FROM ops.person_review)
        FROM staging.stg_person_row JOIN raw.file USING (file_id)
    """).fetchall():
        people.setdefault(key, set()).add(truth[ids[night], path, row_number])
        if not is_numbered:
            become["linked" if key != own_key else "held" if is_held else "apart"] += 1

    assert len(people) > published.county.scale.people // 2
    assert {key for key, persons in people.items() if len(persons) > 1} == set()
    assert become == WITHOUT_NUMBER[published.county.scale.people]
    without = Counter(row["fault"] for row in told.rows if row["outcome"] == "accepted" and row["fault"] in NO_NUMBER)
    assert without.keys() == NO_NUMBER
    assert become.total() == without.total()


def test_every_broken_row_comes_back_and_no_good_one(published: Published) -> None:
    told = published.told
    ids = _night_numbers(published.warehouse)
    # Of two identical files either may stand for both.
    taken = {
        (ids[night], path)
        for night, path in published.warehouse.execute(
            "SELECT night_id, path FROM ops.file WHERE status IN ('accepted', 'partly_returned')"
        ).fetchall()
    }
    expected = {}
    for file, row_number, row in told.broken_rows():
        copies = [copy for copy in told.copies_of(file) if copy in taken]
        assert len(copies) == 1, file
        expected[(*copies[0], row_number)] = row
    found: dict[tuple[object, ...], set[str]] = {}
    for night, path, row_number, rule in published.warehouse.execute("""
        SELECT file.night_id, file.path, issue.row_number, issue.rule_id
        FROM ops.issue JOIN ops.file USING (file_id)
        WHERE issue.severity = 'error' AND issue.row_number IS NOT NULL AND file.status <> 'returned'
    """).fetchall():
        found.setdefault((ids[night], path, row_number), set()).add(rule)

    assert len(expected) > published.county.scale.people // 60
    missed = [(key, expected[key]["fault"]) for key in expected.keys() - found.keys()]
    assert not missed, f"{len(missed)} broken rows got in"
    wrong = [(key, found[key]) for key in found.keys() - expected.keys()]
    assert not wrong, f"{len(wrong)} good rows came back"
    for key, row in expected.items():
        rules = tuple(row["rules"])
        assert any(rule.startswith(rules) for rule in found[key]), (row["fault"], found[key])


def _night_numbers(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    ids = warehouse.execute("SELECT DISTINCT night_id FROM ops.file ORDER BY night_id").fetchall()
    return {night_id: number for number, (night_id,) in enumerate(ids, start=1)}


def test_every_file_is_accounted_for(published: Published) -> None:
    told = published.told
    outcomes: dict[object, Counter[object]] = {}
    for row in told.rows:
        outcomes.setdefault(row["file_number"], Counter())[row["outcome"]] += 1
    ids = _night_numbers(published.warehouse)
    built = {
        (ids[night], path): (form_id, unit_code, reported_on, status, *counts)
        for night, path, form_id, unit_code, reported_on, status, *counts in published.warehouse.execute("""
            SELECT night_id, path, form_id, unit_code, reported_on, status,
                   rows_in, rows_accepted, rows_returned, rows_duplicate
            FROM ops.file
        """).fetchall()
    }

    assert len(built) == len(told.files)
    for rows_in, accepted, returned, duplicate in (value[4:] for value in built.values()):
        assert rows_in == accepted + returned + duplicate
    for file in told.files:
        form_id, unit_code, reported_on, status, rows_in, *counts = built[file["night"], file["path"]]
        if file["status"] == "returned":
            assert status == "returned", file
        elif file["fault"] == "same_content":
            assert status in ("duplicate", *TAKEN), file
        elif file["form_id"] in COUNT_FORMS or file["status"] == "container":
            assert (form_id, unit_code, reported_on, status) == (
                file["form_id"], file["unit_code"], file["reported_on"], file["status"],
            ), file  # fmt: skip
        else:
            assert (form_id, unit_code, reported_on) == (
                file["form_id"], file["unit_code"], file["reported_on"],
            ), file  # fmt: skip
            expected = outcomes[file["file_number"]]
            assert (status == "duplicate") or [rows_in, *counts] == [
                expected.total(), expected["accepted"], expected["returned"], expected["duplicate"],
            ], file  # fmt: skip


def test_every_form_is_loaded(published: Published) -> None:
    accepted = dict(
        published.warehouse.execute("SELECT form_id, sum(rows_accepted)::INT FROM ops.file GROUP BY ALL").fetchall()
    )
    accepted.pop(None)
    evidence = dict(
        published.warehouse.execute("SELECT form_id, count(*) FROM core.stay_evidence GROUP BY ALL").fetchall()
    )

    assert accepted.keys() == load_forms().keys()
    assert evidence.keys() == accepted.keys() - set(COUNT_FORMS)
    assert min(evidence.values()) > 0


def test_every_count_of_the_departments_is_there(published: Published) -> None:
    told = published.told
    files = {file["file_number"]: file for file in told.files}
    expected = Counter(
        (
            files[count["file_number"]]["form_id"], files[count["file_number"]]["reported_on"], count["unit_code"],
            count["origin_code"], count["dest_code"], count["item"], count["value"],
        )
        for count in told.counts
    )  # fmt: skip
    built = Counter(
        published.warehouse.execute(
            """
            SELECT form_id, reported_on, CASE WHEN form_id = 'hukou_population' THEN cell_unit_code END,
                   origin_code, dest_code, item, persons
            FROM raw.report_cell WHERE form_id IN ('hukou_population', 'od_return')
            """
        ).fetchall()
    )

    assert expected.total() > 100
    assert built == expected


def _keys_of_reports(
    stay: counting.Stay, day: date, register: counting.Register
) -> Iterator[tuple[str, str | None, str | None]]:
    """Name the counts of reports that a stay is among: of the two villages, and of the flow from town to province."""
    yield "inflow", None, register.shown_at(stay.dest_code, "village", day)
    yield "outflow", register.shown_at(stay.origin_code, "village", day), None
    yield (
        "flow",
        register.shown_at(stay.origin_code, "township", day),
        register.shown_at(stay.dest_code, "province", day),
    )


def test_every_report_is_held_against_what_was_told(published: Published) -> None:
    """The records know less than the reports, which count everybody: what they know is what the lists told."""
    definitions = counting.read_definitions(SEEDS)
    stays, register = published.told.stays(), published.told.register
    expected: dict[tuple[object, ...], tuple[int, int]] = {}
    for day in published.days:
        for definition_id, items in (("MPS_LDRK", ("total", "male", "female")), ("NBS_RHFL", ("half_year",))):
            verdicts = [(stay, counting.verdict(stay, definitions[definition_id], day, register)) for stay in stays]
            for item in items:
                sex = {"male": "1", "female": "2"}.get(item)
                tallied = _tally(
                    ((f"{kind}_{item}", origin, dest), verdict if sex is None or stay.sex else verdict and None)
                    for stay, verdict in verdicts
                    if verdict is not False and (sex is None or stay.sex in (None, sex))
                    for kind, origin, dest in _keys_of_reports(stay, day, register)
                )
                expected |= {(day, *key): counts for key, counts in tallied.items()}
    rows = published.warehouse.execute("""
        SELECT
            reported_on, item,
            CASE WHEN starts_with(item, 'outflow') THEN unit_code ELSE origin_code END,
            CASE WHEN starts_with(item, 'inflow') THEN unit_code ELSE dest_code END,
            computed, computed_unknown, reported, difference, within_unknown
        FROM stats.report_check WHERE "check" = 'records'
    """).fetchall()
    assert len(rows) > 500
    assert {tuple(row[:4]): tuple(row[4:6]) for row in rows} == {
        tuple(row[:4]): expected.get(tuple(row[:4]), (0, 0)) for row in rows
    }
    assert all(row[6] - row[4] == row[7] for row in rows)
    # Nobody alters a total: whatever the reports say adds up in itself.
    inner = published.warehouse.execute("""
        SELECT "check", count(*), count(*) FILTER (WHERE difference <> 0)
        FROM stats.report_check WHERE "check" <> 'records' GROUP BY ALL
    """).fetchall()
    assert [(check, wrong) for check, _, wrong in inner] == [("bands", 0)]
    assert inner[0][1] > 100


def test_files_nobody_can_use_are_returned_for_the_right_reason(published: Published) -> None:
    ids = _night_numbers(published.warehouse)
    rules: dict[tuple[int, str], set[str]] = {}
    for night, path, rule in published.warehouse.execute(
        "SELECT night_id, path, rule_id FROM ops.file JOIN ops.issue USING (file_id) WHERE row_number IS NULL"
    ).fetchall():
        rules.setdefault((ids[night], path), set()).add(rule)
    spoiled = [file for file in published.told.files if file["status"] == "returned"]

    assert len(spoiled) >= 5 * published.county.scale.months
    for file in spoiled:
        found = rules.get((file["night"], file["path"]), set())
        assert found & set(file["rules"]), (file["path"], file["rules"], found)


def test_the_demo_says_where_to_look(published: Published) -> None:
    text = "\n".join(published.lines)
    assert text.count("rows accepted") == published.county.scale.months
    assert str(published.county.site.folders.outbox) in text
    assert list(published.county.site.folders.reports.glob("**/*.html"))
    assert not any(published.county.site.folders.inbox.rglob("*.xls*"))
