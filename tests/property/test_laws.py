"""The laws that hold on every night, tried on whole nights of a tiny invented county.

The same files are delivered in several orders, in one night or in several, some of them again under other names and in
other encodings: what is published about people must not depend on it, nor who the rows without a number are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from random import Random

import duckdb
import pytest
from gated_once import nights_gated_once

from popflow.night import run_night
from popflow.site import Site, init_site, open_site
from popflow.synthetic.demo import DemoCounty, make_demo
from popflow.synthetic.population import Scale
from warehouse.access import open_current

SCALE = Scale(people=260, months=2, seed=11)
VILLAGES = 5
# So that some rows of so few people have no number.
FAULT_SHARE = 0.05
LAST_DAY = SCALE.month_ends[-1]
OTHER_ENCODING = {"utf-8-sig": "gb18030", "gb18030": "utf-8-sig"}

# What must not depend on the order of arrival. Which of two identical files stands for both may.
ORDERLESS = (
    "core.person", "core.stay", "core.move", "core.service", "stats.stock", "stats.od", "stats.change",
    "stats.frequency", "stats.known_by", "stats.coverage",
)  # fmt: skip
# Who is who, and why.
LINKS = ("raw.person_pair", "raw.person_link", "raw.person_review")

REBUILT = "rebuilt"
OTHERS = (
    "shuffled",
    pytest.param(REBUILT, marks=pytest.mark.slow),
    pytest.param("as_delivered", marks=pytest.mark.slow),
)

COUNT_FORMS = ("township_report", "hukou_population", "od_return")

File = tuple[str, Path]


class Nights:
    """The same files as several sites take them; each site's nights are run when it is first asked for."""

    def __init__(self, county: DemoCounty, stack: ExitStack) -> None:
        self._county = county
        self._stack = stack
        self._open: dict[str, duckdb.DuckDBPyConnection] = {}

    def __getitem__(self, name: str) -> duckdb.DuckDBPyConnection:
        if name == REBUILT:
            return self._rebuilt()
        if name not in self._open:
            site = _site_with_the_same_key(self._county, self._county.site.root.parent / name)
            for run_date, delivered in self._deliveries(name):
                _put(site, delivered)
                run_night(site, run_date)
            self._open[name] = self._stack.enter_context(open_current(site.folders.warehouse))
        return self._open[name]

    def _rebuilt(self) -> duckdb.DuckDBPyConnection:
        """Return what a night makes that takes nothing new and builds everybody anew, after the shuffled ones."""
        if REBUILT not in self._open:
            assert self["shuffled"] is not None
            built = self._county.site.root.parent / "shuffled"
            site = open_site(shutil.copytree(built, built.with_name(REBUILT), symlinks=True))
            run_night(site, LAST_DAY, rebuild=True)
            self._open[REBUILT] = self._stack.enter_context(open_current(site.folders.warehouse))
        return self._open[REBUILT]

    def _deliveries(self, name: str) -> list[tuple[date, list[File]]]:
        files = _files(self._county)
        if name == "as_delivered":
            by_night = [[file for file in files if file[0].startswith(f"night{n}")] for n in (1, 2)]
            return list(zip(SCALE.month_ends, by_night, strict=True))
        if name == "shuffled":
            mixed = Random(5).sample(files, len(files))  # noqa: S311
            first, second = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
            again = _again(first, self._county.site.root.parent / "again")
            return [(LAST_DAY, first), (LAST_DAY, [*second, *again])]
        return [(LAST_DAY, files)]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> DemoCounty:
    return make_demo(
        tmp_path_factory.mktemp("laws") / "made", SCALE, VILLAGES, with_departments=True, fault_share=FAULT_SHARE
    )


@pytest.fixture(scope="module")
def nights(county: DemoCounty) -> Iterator[Nights]:
    with ExitStack() as stack:
        stack.enter_context(nights_gated_once())
        yield Nights(county, stack)


def _files(county: DemoCounty) -> list[File]:
    """Return every file with its path below the inbox; the night keeps apart files that share a name."""
    waiting = county.truth / "delivered"
    return [(path.relative_to(waiting).as_posix(), path) for path in sorted(waiting.rglob("*")) if path.is_file()]


def _site_with_the_same_key(county: DemoCounty, root: Path) -> Site:
    site = init_site(root, "340124")
    shutil.copyfile(county.site.folders.key_file, site.folders.key_file)
    return site


def _put(site: Site, delivered: Sequence[File]) -> None:
    for relative, source in delivered:
        target = site.folders.inbox / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _again(delivered: Sequence[File], folder: Path) -> list[File]:
    """Return every second file once more, under another name and, where it is text, in another encoding."""
    folder.mkdir()
    copies = []
    for number, (relative, source) in enumerate(delivered[::2]):
        copy = folder / f"{number}{source.suffix}"
        copy.write_bytes(_in_other_encoding(source))
        copies.append((str(Path(relative).with_name(f"再报{number}_{source.name}")), copy))
    return copies


def _in_other_encoding(source: Path) -> bytes:
    content = source.read_bytes()
    if source.suffix != ".csv":
        return content
    for encoding, other in OTHER_ENCODING.items():
        try:
            return content.decode(encoding).encode(other)
        except UnicodeDecodeError:
            continue
    raise AssertionError(source)


def _table(warehouse: duckdb.DuckDBPyConnection, name: str) -> list[tuple[object, ...]]:
    """Return the rows of a table, without the file that a row was taken from: of two identical ones, either."""
    columns = "COLUMNS(lambda name: name <> 'file_id')"
    return warehouse.execute(f"SELECT {columns} FROM {name} ORDER BY ALL").fetchall()


@pytest.mark.parametrize("table", ORDERLESS)
@pytest.mark.parametrize("other", OTHERS)
def test_order_and_repetition_change_nothing(nights: Nights, table: str, other: str) -> None:
    """Laws 2, 3 and 4."""
    expected = _table(nights["all_at_once"], table)
    assert len(expected) > VILLAGES
    assert _table(nights[other], table) == expected


@pytest.mark.parametrize("table", LINKS)
@pytest.mark.parametrize("other", OTHERS)
def test_order_and_repetition_make_nobody_somebody_else(nights: Nights, table: str, other: str) -> None:
    """Laws 2, 3 and 4, of the rows without a number."""
    rows = nights["all_at_once"].execute("SELECT count(DISTINCT person_key) FROM raw.person_row WHERE NOT is_numbered")
    assert rows.fetchall()[0][0] > 2
    assert len(_table(nights["all_at_once"], "raw.person_link")) > 2
    assert _table(nights[other], table) == _table(nights["all_at_once"], table)


def test_what_was_delivered_again_is_known(nights: Nights) -> None:
    """Law 2: every repeated file is a duplicate or comes back as it did, and none is taken twice."""
    rows = (
        nights["shuffled"]
        .execute("SELECT status, count(*) FROM ops.file WHERE path LIKE '%再报%' GROUP BY ALL")
        .fetchall()
    )
    statuses = dict(rows)
    assert sum(statuses.values()) > VILLAGES
    # An archive is only opened again; what is in it is known.
    assert statuses.keys() <= {"duplicate", "returned", "container"}
    assert statuses["duplicate"] > VILLAGES


def test_every_row_is_accounted_for(nights: Nights) -> None:
    """Law 1: accepted, returned or duplicate, in the totals as in the rows themselves."""
    for warehouse in (nights["all_at_once"], nights["shuffled"]):
        files = warehouse.execute("""
            SELECT file_id, rows_in, rows_accepted, rows_returned, rows_duplicate, form_id FROM ops.file
        """).fetchall()
        assert len(files) > 4 * VILLAGES
        assert all(rows_in == accepted + back + twice for _, rows_in, accepted, back, twice, _ in files)
        taken = dict(warehouse.execute("SELECT file_id, count(*) FROM raw.person_row GROUP BY ALL").fetchall())
        for file_id, _, accepted, _, _, form_id in files:
            if form_id not in COUNT_FORMS:
                assert taken.get(file_id, 0) == accepted


TILING: dict[str, Callable[[duckdb.DuckDBPyConnection], list[tuple[object, ...]]]] = {
    "levels": lambda warehouse: warehouse.execute("""
        SELECT as_of, definition_id, direction, min(persons), max(persons) FROM (
            SELECT as_of, definition_id, direction, level, sum(persons) AS persons FROM stats.stock GROUP BY ALL
        ) GROUP BY ALL HAVING min(persons) <> max(persons) OR count(*) <> 3
    """).fetchall(),
    "unknown": lambda warehouse: warehouse.execute("""
        SELECT as_of, definition_id, direction FROM (
            SELECT as_of, definition_id, direction, level, sum(persons_unknown) AS persons FROM stats.stock GROUP BY ALL
        ) GROUP BY ALL HAVING min(persons) <> max(persons)
    """).fetchall(),
    "origins": lambda warehouse: warehouse.execute("""
        SELECT stock.as_of, stock.definition_id, stock.persons, od.persons FROM (
            SELECT as_of, definition_id, sum(persons) AS persons FROM stats.stock
            WHERE level = 'county' AND direction = 'out' GROUP BY ALL
        ) AS stock JOIN (
            SELECT as_of, definition_id, sum(persons) AS persons FROM stats.od
            WHERE origin_code LIKE '340124%' GROUP BY ALL
        ) AS od USING (as_of, definition_id)
        WHERE stock.persons <> od.persons
    """).fetchall(),
    "destinations": lambda warehouse: warehouse.execute("""
        SELECT stock.as_of, stock.definition_id, stock.persons, od.persons FROM (
            SELECT as_of, definition_id, sum(persons) AS persons FROM stats.stock
            WHERE level = 'county' AND direction = 'in' GROUP BY ALL
        ) AS stock JOIN (
            SELECT as_of, definition_id, sum(persons) AS persons FROM stats.od
            WHERE dest_code LIKE '340124%' GROUP BY ALL
        ) AS od USING (as_of, definition_id)
        WHERE stock.persons <> od.persons
    """).fetchall(),
}  # fmt: skip


@pytest.mark.parametrize("margin", TILING)
def test_counts_tile(nights: Nights, margin: str) -> None:
    """Law 5: levels sum to the one above, and the pairs of places sum to the stocks of either end."""
    counted = nights["all_at_once"].execute("SELECT sum(persons) FROM stats.stock").fetchall()
    assert counted[0][0] > SCALE.people
    assert TILING[margin](nights["all_at_once"]) == []


def test_nobody_is_counted_twice(nights: Nights) -> None:
    """Law 7: at the end of every month no person has two stays that count."""
    ((days, persons, twice),) = (
        nights["all_at_once"]
        .execute("""
        WITH open AS (
            SELECT day.as_of, stay.person_key, count(*) AS stays
            FROM (SELECT DISTINCT as_of FROM stats.stock) AS day
            JOIN core.stay ON stay.arrived_date <= day.as_of AND (
                stay.ended_date > day.as_of OR stay.ended_after >= day.as_of
                OR coalesce(stay.ended_date, stay.ended_after, stay.ended_before) IS NULL
            )
            GROUP BY ALL
        )
        SELECT count(DISTINCT as_of), count(*), count(*) FILTER (WHERE stays > 1) FROM open
    """)
        .fetchall()
    )
    assert days > 2
    assert persons > SCALE.people
    assert twice == 0
