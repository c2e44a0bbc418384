"""What is proposed to have become of divisions between two registers, on invented ones and on two real ones."""

from __future__ import annotations

import codecs
import csv
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingest.county_history import make_changes
from ingest.division_change_table import read_changes
from ingest.division_changes import import_changes
from ingest.division_diff import compare_registers, write_proposals
from ingest.division_names import name_base, name_kind, plain_name
from ingest.errors import UsageError
from ingest.register import register_query

SHARED = Path(__file__).parents[3] / "shared"
OLD_REAL = SHARED / "testdata" / "divisions_village" / "nbs_2016-07-31.parquet"
NEW_REAL = SHARED / "reference" / "divisions_village" / "nbs_2022-10-31.parquet"
HISTORY = SHARED / "reference" / "county_code_history" / "yescallop_result.csv.gz"
RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"
DAY = date(2022, 10, 31)

ABOVE = "34,安徽省\n3401,合肥市\n"
OLD = (
    ABOVE
    + """3414,巢湖市
341421,庐江县
341421100,庐城镇
341421100201,新桥村民委员会
341421100202,塔山村委会
341421100203,罗埠村
341421101,汤池乡
341421101201,果树村
341421101202,双墩村
341421101203,百花村
340102,瑶海区
340102001,明光路街道办事处
340102001001,明光社区居委会
340102001002,车站社区居委会
340102002,车站街道
340102002001,长淮社区
340102002002,东门社区
340102002003,凤阳社区
340102003,和平路街道
340102003001,和平社区
340102003002,钢铁社区
"""
)
NEW = ABOVE + """340124,庐江县
340124100,庐城镇
340124100201,新桥村委会
340124100202,塔山社区居委会
340124100203,羅埠村
340124102,汤池镇
340124102201,果树村
340124102202,双墩村
340102,瑶海区
340102001,明光路街道
340102001001,明光社区居民委员会
340102001002,站前社区
340102002,车站街道
340102002001,长淮社区
340102002002,东门社区
340102002007,和平社区
340102002008,钢铁社区
340102004,新街道
340102004001,凤阳社区
"""  # fmt: skip
EXPECTED = {
    ("3414", "3401"): "merge",
    ("341421", "340124"): "recode",
    ("341421100", "340124100"): "recode",
    ("341421100201", "340124100201"): "recode",
    ("341421100202", "340124100202"): "level_change",
    ("341421100203", "340124100203"): "recode",
    ("341421101", "340124102"): "level_change",
    ("341421101201", "340124102201"): "recode",
    ("341421101202", "340124102202"): "recode",
    ("341421101203", None): "retired",
    ("340102001", "340102001"): "respelled",
    ("340102001001", "340102001001"): "respelled",
    ("340102001002", "340102001002"): "rename",
    ("340102002003", "340102004001"): "moved",
    ("340102002", "340102004"): "transfer",
    ("340102003", "340102002"): "merge",
    ("340102003001", "340102002007"): "recode",
    ("340102003002", "340102002008"): "recode",
    (None, "340102004"): "new",
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("registers")
    old, new = folder / "old.csv", folder / "new.csv"
    old.write_text("code,name\n" + OLD, encoding="utf-8")
    new.write_text("code,name\n" + NEW, encoding="utf-8")
    with duckdb.connect() as connection:
        compare_registers(connection, old, new, DAY)
        write_proposals(connection, folder / "proposals.csv")
        assert (folder / "proposals.csv").read_bytes().startswith(codecs.BOM_UTF8), "a spreadsheet takes it for another"
        connection.execute(f"CREATE TABLE written AS FROM read_csv('{folder}/proposals.csv', all_varchar = true)")
        yield connection


def test_what_became_of_every_division(compared: duckdb.DuckDBPyConnection) -> None:
    rows = compared.execute("SELECT from_code, to_code, shown FROM proposal WHERE shown <> 'unchanged'").fetchall()
    expected = {tuple(code and code.ljust(12, "0") for code in pair): shown for pair, shown in EXPECTED.items()}
    assert len(rows) == len(expected)
    assert {(old, new): shown for old, new, shown in rows} == expected


def test_every_division_is_counted_once(compared: duckdb.DuckDBPyConnection) -> None:
    """Each old one has a fate, each new one an origin; nothing has two but what was divided or put together."""
    for side, table in (("from_code", "old"), ("to_code", "new")):
        missing = compared.execute(
            f"SELECT code FROM {table} WHERE code NOT IN (SELECT {side} FROM proposal WHERE {side} IS NOT NULL)"
        ).fetchall()
        assert missing == []


def test_the_table_is_what_import_changes_reads(compared: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = compared.execute("SELECT * FROM written").fetchall()
    names = [column[0] for column in compared.description or ()]
    assert len(rows) == len(EXPECTED) - 2  # respelled ones are no change
    assert {row[names.index("decision")] for row in rows} == {None}
    confirmed = tmp_path / "confirmed.csv"
    with confirmed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([*row[:-1], "yes"] for row in rows)
    with duckdb.connect() as connection:
        read_changes(connection, confirmed, "read")
        assert connection.execute("SELECT count(*), min(change_date) FROM read").fetchall() == [(len(rows), DAY)]


@pytest.mark.parametrize(
    ("level", "names"),
    [
        ("village", ("新桥村民委员会", "新桥村委会", "新桥村", "新橋村")),
        ("village", ("塔山社区居民委员会", "塔山社区居委会", "塔山居委会", "塔山社区")),
        ("township", ("城关街道办事处", "城关街道", "城关办事处")),
        ("village", ("１２３社区", "123社区居委会")),
    ],
)
def test_spellings_of_one_name(level: str, names: tuple[str, ...]) -> None:
    listed = ", ".join(f"('{name}')" for name in names)
    found = duckdb.sql(
        f"SELECT DISTINCT {name_base('plain', f'{chr(39)}{level}{chr(39)}')}, "
        f"{name_kind('plain', f'{chr(39)}{level}{chr(39)}')} "
        f"FROM (SELECT {plain_name('name')} AS plain FROM (VALUES {listed}) AS n (name))"
    ).fetchall()
    assert len(found) == 1


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[duckdb.DuckDBPyConnection, float]]:
    for path in (OLD_REAL, NEW_REAL, HISTORY):
        if not path.is_file():
            pytest.skip(f"{path.name} is not here")
    with duckdb.connect() as connection:
        begun = time.process_time()
        compare_registers(connection, OLD_REAL, NEW_REAL, DAY)
        took = time.process_time() - begun
        make_changes(connection, f"read_csv('{HISTORY}', all_varchar = true)", HISTORY, "fact")
        yield connection, took


@pytest.mark.reference
@pytest.mark.slow
def test_two_real_village_registers_are_compared_in_a_minute(real: tuple[duckdb.DuckDBPyConnection, float]) -> None:
    connection, took = real
    assert took < 60
    counts = dict(
        connection.execute(
            "SELECT shown, count(DISTINCT coalesce(from_code, to_code)) FROM proposal "
            "WHERE level = 'village' GROUP BY shown"
        ).fetchall()
    )
    assert sum(counts[kind] for kind in counts if kind not in ("new", "unlisted")) == 666_654 - counts["unlisted"]
    assert counts["unchanged"] > 300_000
    assert counts["respelled"] > 100_000
    assert 60_000 < counts["recode"] < 90_000
    assert 60_000 < counts["retired"] < 100_000
    merged = connection.execute(
        "SELECT count(*) FROM proposal WHERE to_code = '331024207231' AND shown = 'merge'"
    ).fetchall()
    assert merged == [(5,)]


@pytest.mark.reference
@pytest.mark.slow
def test_proposals_for_counties_agree_with_the_history_of_codes(
    real: tuple[duckdb.DuckDBPyConnection, float],
) -> None:
    """Compared where both ends are codes that the history knows; statistics have some of their own."""
    connection, _ = real
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE truth AS
        WITH RECURSIVE became AS (FROM fact WHERE kind NOT IN ('transfer', 'new', 'retired')
            AND change_date BETWEEN DATE '2016-07-31' AND DATE '2022-12-31'),
        walk AS (
            SELECT from_code AS root, to_code, change_date FROM became
            WHERE from_code IN (SELECT code FROM old WHERE level = 'county')
            UNION
            SELECT w.root, b.to_code, b.change_date FROM walk AS w
            JOIN became AS b ON b.from_code = w.to_code AND b.change_date > w.change_date
        )
        SELECT DISTINCT root AS from_code, to_code FROM walk
        WHERE to_code IN (SELECT code FROM new) AND root <> to_code
    """)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE proposed AS
        SELECT DISTINCT from_code, to_code FROM proposal
        WHERE level = 'county' AND shown IN ('recode', 'moved', 'merge', 'split', 'level_change')
            AND from_code <> to_code AND to_code IN (SELECT to_code FROM fact UNION SELECT from_code FROM fact)
    """)
    proposed, true, right = connection.execute("""
        SELECT (SELECT count(*) FROM proposed), (SELECT count(*) FROM truth),
            (SELECT count(*) FROM proposed SEMI JOIN truth USING (from_code, to_code))
    """).fetchall()[0]
    assert (proposed > 130, true > 130) == (True, True)
    assert right / proposed > 0.95
    assert right / true > 0.9


# Codes that statistics gave to counties that are 定州市 and 辛集市, and the ministry to another one, or long before.
GIVEN_ANEW = "139001000000"
THERE_ALREADY = ("130181000000", "130682000000")


@pytest.mark.reference
@pytest.mark.slow
def test_a_whole_comparison_is_brought_in_beside_the_history(
    real: tuple[duckdb.DuckDBPyConnection, float], tmp_path: Path
) -> None:
    """Three codes contradict it: each refusal names rows, and what it says to do is enough."""
    written, confirmed = tmp_path / "proposals.csv", tmp_path / "confirmed.parquet"
    write_proposals(real[0], written)

    def confirm(is_new: str, more: str) -> None:
        duckdb.sql(f"""
            COPY (
                SELECT * REPLACE ('yes' AS decision, {is_new} AS to_is_new)
                FROM read_csv('{written}', all_varchar = true) {more}
            ) TO '{confirmed}' (FORMAT parquet)
        """)

    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute(f"INSERT INTO raw.division BY NAME {register_query()}")
        import_changes(connection, HISTORY)
        confirm("to_is_new", "")
        with pytest.raises(
            UsageError, match=rf"of kind new [^:]*: {GIVEN_ANEW} \(row [0-9]+; 武安市 until 1990-12-31\)$"
        ):
            import_changes(connection, confirmed)
        given = f"UNION ALL BY NAME SELECT '{GIVEN_ANEW}' AS to_code, '定州市' AS to_name, '2013' AS change_date"
        given += ", 'new' AS kind, 'a person' AS source, 'yes' AS to_is_new, 'yes' AS decision"
        confirm("to_is_new", given)
        with pytest.raises(UsageError, match="write no into to_is_new: {} .*, {} [^,]*$".format(*THERE_ALREADY)):
            import_changes(connection, confirmed)
        confirm(f"CASE WHEN to_code IN {THERE_ALREADY} THEN 'no' ELSE to_is_new END", given)
        summary = import_changes(connection, confirmed)
        assert summary.changes > 130_000
        # the year of the history, the shares of the comparison, and the zone that only the comparison knows
        split = connection.execute(
            "SELECT to_code, year(change_date), weight > 0 FROM raw.division_change "
            "WHERE from_code = '130421000000' AND kind = 'split' ORDER BY to_code"
        ).fetchall()
        assert split == [(code, 2016, True) for code in ("130402000000", "130403000000", "130471000000")]
