"""Laws 3 and 4 for the tables about people: built night by night, in any order, they equal one build of everything."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from deliveries import Cells, Deliveries, Links
from histories import RUN_DATE, collect, write_raw

from warehouse import dbt_runner

WORLDS = 60
# What is stamped with the night that wrote it, and so cannot be the same.
STAMPED = ("stay_version",)
# What a build may leave as the first one made it.
STANDING = ("resource_type:seed", "config.materialized:view")


def _tables() -> list[str]:
    nodes = dbt_runner.read_project().nodes.values()
    names = [node.name for node in nodes if getattr(node.config, "incremental_strategy", None) == "per_person"]
    assert len(names) >= 3
    return sorted(set(names) - set(STAMPED))


def _build(delivered: Deliveries, *, is_first: bool = False, rebuild: bool = False) -> set[str]:
    """Build the tables about people; return whom the build touched."""
    tables = [f"+{table}" for table in _tables()]
    exclude = ["resource_type:test", *([] if is_first else STANDING)]
    dbt_runner.build(delivered.path, delivered.path.parent, select=tables, exclude=exclude, rebuild=rebuild)
    return {str(key) for (key,) in delivered.read("SELECT person_key FROM intermediate.int_touched_person")}


def _is_full(delivered: Deliveries) -> bool:
    return delivered.read("SELECT is_full FROM intermediate.int_build") == [(True,)]


def _core(delivered: Deliveries) -> dict[str, Cells]:
    return {table: delivered.read(f"SELECT * FROM core.{table} ORDER BY ALL") for table in _tables()}


def _assert_same(found: dict[str, Cells], wanted: dict[str, Cells]) -> None:
    for table, rows in wanted.items():
        other = set(found[table]) ^ set(rows)
        assert found[table] == rows, f"core.{table}: {len(other)} rows differ: {sorted(other, key=repr)[:2]}"


def _column(path: Path, query: str) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [str(value) for (value,) in connection.execute(query).fetchall()]


def _draw_links(rng: Random, people: list[str]) -> Links:
    """Link some people to others of their world; nobody who is linked is linked to."""
    first = [person for person in people if person.endswith("p0")]
    return [(person, person.replace("p0", rng.choice(("p1", "p2")))) for person in first if rng.random() < 0.3]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "popflow.duckdb"
    write_raw(path, collect(WORLDS, seed=7))
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE raw.form SET confirm_months = 2")
        connection.execute("""
            INSERT INTO raw.person_value (file_id, sheet, row_number, field, code)
            SELECT file_id, sheet, row_number, 'contract', ['FIXED_TERM', 'OPEN_ENDED', 'TASK'][1 + row_number % 3]
            FROM raw.person_row WHERE form_id IN ('labour_roster', 'village_outflow')
        """)
    return path


def _deal(rng: Random, files: list[str], nights: int) -> list[list[str]]:
    """Deal files out at random; most come in the first night."""
    dealt: list[list[str]] = [[] for _ in range(nights)]
    for file in rng.sample(files, len(files)):
        dealt[0 if rng.random() < 0.6 else rng.randrange(1, nights)].append(file)
    return dealt


@pytest.mark.parametrize(
    ("seed", "nights"), [(0, 2), *(pytest.param(seed, 7, marks=pytest.mark.slow) for seed in range(1, 6))]
)
def test_nights_in_any_order_equal_one_build(tmp_path: Path, source: Path, seed: int, nights: int) -> None:
    """Late, replaced and corrected files, files judged again, links that change, days that go back and forth."""
    rng = Random(seed)  # noqa: S311
    files = _column(source, "SELECT file_id FROM raw.file ORDER BY 1")
    people = _column(source, "SELECT DISTINCT person_key FROM raw.person_row ORDER BY 1")
    assert len(files) > 10 * WORLDS
    assert len(people) > WORLDS
    dealt = _deal(rng, files, nights)
    delivered = Deliveries(tmp_path / "popflow.duckdb", source)
    delivered.refuse(rng.sample(dealt[-1], len(dealt[-1]) // 4))
    for number, portion in enumerate(dealt):
        delivered.take(portion)
        delivered.link(_draw_links(rng, people))
        delivered.run_on(RUN_DATE - timedelta(days=rng.randrange(200)) if number + 1 < nights else RUN_DATE)
        touched = _build(delivered, is_first=number == 0)
        assert _is_full(delivered) == (number == 0)
    assert 0 < len(touched) < len(people)
    built = _core(delivered)
    assert all(len(rows) > WORLDS for rows in built.values())
    assert delivered.read("SELECT count(*) > 5 FROM core.stay WHERE end_kind = 'lapsed'") == [(True,)]
    assert _build(delivered) == set()
    _assert_same(_core(delivered), built)
    _build(delivered, rebuild=True)
    assert _is_full(delivered)
    _assert_same(built, _core(delivered))
