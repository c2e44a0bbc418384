"""Changes of divisions: what a table of them must say, and what follows from it and from the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from ingest.division_change_table import read_changes
from ingest.division_changes import import_changes, import_register
from ingest.errors import UsageError
from ingest.register import OPEN_START, SHIPPED_AS_OF, division_query

RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"

REGISTER = """code,name
34,安徽省
3401,合肥市
340124,庐江县
340124100,庐城镇
340124100201,新桥村民委员会
340124100202,塔山村民委员会
340124101,汤池镇
340124101201,果树村民委员会
"""
HEADING = "from_code,from_name,to_code,to_name,change_date,kind,weight,weight_basis,to_is_new,source\n"
MOVED = HEADING + (
    "341421,庐江县,340124,庐江县,2011-08-22,recode,,,,notice\n3414,巢湖市,3401,合肥市,2011-08-22,merge,,,no,notice\n"
)

Table = Callable[[str], Path]


@pytest.fixture
def known(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a warehouse with the little register as the one that ships."""
    path = tmp_path / "register.csv"
    path.write_text(REGISTER, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        listed = (
            "SELECT rpad(code, 12, '0') AS code, name, NULL AS urban_rural_code "
            f"FROM read_csv('{path}', all_varchar = true)"
        )
        connection.execute(f"INSERT INTO raw.division BY NAME {division_query(listed, OPEN_START)}")
        yield connection


@pytest.fixture
def table(tmp_path: Path) -> Table:
    def write(text: str) -> Path:
        path = tmp_path / "changes.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def lives(connection: duckdb.DuckDBPyConnection, code: str) -> list[tuple[str, date, date | None]]:
    """Return full name, begin and end of all rows of a code."""
    return connection.execute(
        "SELECT full_name, valid_from, valid_to FROM raw.division WHERE code = ? ORDER BY valid_from",
        [code.ljust(12, "0")],
    ).fetchall()


def test_a_county_that_moved_was_its_old_code_before(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    day = date(2011, 8, 22)
    summary = import_changes(known, table(MOVED))
    assert (summary.changes, summary.ended_codes, summary.refuted) == (2, 2, 0)
    assert lives(known, "341421") == [("安徽省巢湖市庐江县", OPEN_START, day)]
    assert lives(known, "340124") == [("安徽省合肥市庐江县", day, None)]
    # what lies in it does not begin before it
    assert lives(known, "340124100201") == [("安徽省合肥市庐江县庐城镇新桥村民委员会", day, None)]
    assert lives(known, "3401") == [("安徽省合肥市", OPEN_START, None)]


def test_importing_again_changes_nothing(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    def content() -> list[list[tuple[object, ...]]]:
        return [
            known.execute(f"SELECT * FROM raw.{name} ORDER BY ALL").fetchall()
            for name in ("division", "division_change", "division_register", "known_change")
        ]

    import_changes(known, table(MOVED))
    before = content()
    assert [len(rows) for rows in before] == [10, 2, 8, 2]
    import_changes(known, table(MOVED))
    assert content() == before


def test_a_successor_that_does_not_exist_is_refused(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    with pytest.raises(UsageError, match="a successor that does not exist"):
        import_changes(known, table(HEADING + "341421,庐江县,340125,,2011-08-22,merge,,,no,notice\n"))


def test_both_orders_of_a_register_and_changes_give_the_same(
    known: duckdb.DuckDBPyConnection, table: Table, tmp_path: Path
) -> None:
    newer = tmp_path / "newer.csv"
    newer.write_text(REGISTER.replace("塔山村", "塔山新村").replace("340124101201", "340124101202"), encoding="utf-8")
    known.execute("CREATE TABLE start AS FROM raw.division")
    import_changes(known, table(MOVED))
    import_register(known, newer, date(2024, 12, 31))
    first = known.execute("SELECT * FROM raw.division ORDER BY ALL").fetchall()
    assert len(first) == 12
    for name in ("division", "division_register", "known_change", "division_change"):
        known.execute(f"DELETE FROM raw.{name}")
    known.execute("INSERT INTO raw.division FROM start")
    import_register(known, newer, date(2024, 12, 31))
    import_changes(known, table(MOVED))
    assert known.execute("SELECT * FROM raw.division ORDER BY ALL").fetchall() == first


# One row of each kind, and what is then known of the codes: (code, full name without the county's, begin, end).
COUNTY = "安徽省合肥市庐江县"
DAY = date(2020, 3, 1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ["340124101,汤泉镇,340124101,汤池镇,2020-03-01,rename,,,,notice"],
            {"340124101": [("汤泉镇", OPEN_START, DAY), ("汤池镇", DAY, None)],
             "340124101201": [("汤泉镇果树村民委员会", OPEN_START, DAY), ("汤池镇果树村民委员会", DAY, None)]},
        ),
        (
            ["340124200,汤池乡,340124101,汤池镇,2020-03-01,level_change,,,,notice"],
            {"340124200": [("汤池乡", OPEN_START, DAY)], "340124101": [("汤池镇", DAY, None)],
             "340124101201": [("汤池镇果树村民委员会", DAY, None)]},
        ),
        (
            ["340124100207,老桥村,340124100201,新桥村民委员会,2020-03-01,merge,,,,notice"],
            {"340124100207": [("庐城镇老桥村", OPEN_START, DAY)],
             "340124100201": [("庐城镇新桥村民委员会", OPEN_START, None)]},
        ),
        (
            ["340124100207,老桥村,340124100201,新桥村民委员会,2020-03-01,merge,,,,notice",
             "340124100208,小桥村,340124100201,新桥村民委员会,2020-03-01,merge,,,,notice"],
            {"340124100207": [("庐城镇老桥村", OPEN_START, DAY)], "340124100208": [("庐城镇小桥村", OPEN_START, DAY)],
             "340124100201": [("庐城镇新桥村民委员会", DAY, None)]},
        ),
        (
            ["340124100209,大桥村,340124100201,新桥村民委员会,2020-03-01,split,0.6,registered people,,notice",
             "340124100209,大桥村,340124100202,塔山村民委员会,2020-03-01,split,0.4,registered people,,notice"],
            {"340124100209": [("庐城镇大桥村", OPEN_START, DAY)],
             "340124100201": [("庐城镇新桥村民委员会", DAY, None)],
             "340124100202": [("庐城镇塔山村民委员会", DAY, None)]},
        ),
        (
            ["340124101,,340124100,,2020-03-01,transfer,,,,notice"],
            {"340124100": [("庐城镇", OPEN_START, None)], "340124101": [("汤池镇", OPEN_START, None)]},
        ),
        (
            [",,340124101201,果树村民委员会,2020,new,,,,list",
             "340124101202,老街居委会,,,2020,retired,,,,list"],
            {"340124101201": [("汤池镇果树村民委员会", date(2020, 12, 31), None)],
             "340124101202": [("汤池镇老街居委会", OPEN_START, date(2020, 12, 31))]},
        ),
        (  # a code that was another place's before
            ["340124101201,老街村,340124101202,老街居委会,2010-01-01,recode,,,,notice",
             ",,340124101201,果树村民委员会,2012-01-01,new,,,,notice"],
            {"340124101201": [("汤池镇老街村", OPEN_START, date(2010, 1, 1)),
                              ("汤池镇果树村民委员会", date(2012, 1, 1), None)],
             "340124101202": [("汤池镇老街居委会", date(2010, 1, 1), SHIPPED_AS_OF)]},
        ),
    ],
    ids=["rename", "level_change", "merged into one that was there", "merged into a new one", "split", "transfer",
         "one side only", "reused"],
)  # fmt: skip
def test_what_each_kind_means_for_the_codes(
    known: duckdb.DuckDBPyConnection,
    table: Table,
    rows: list[str],
    expected: dict[str, list[tuple[str, date, date | None]]],
) -> None:
    import_changes(known, table(HEADING + "\n".join(rows) + "\n"))
    found = {code: lives(known, code) for code in expected}
    assert {code: len(each) for code, each in found.items()} == {code: len(each) for code, each in expected.items()}
    assert found == {code: [(COUNTY + name, *days) for name, *days in each] for code, each in expected.items()}


GOOD = "341421,庐江县,340124,庐江县,2011-08-22,recode,,,,notice"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("from_code,to_code,change_date,kind\n1,2,3,4\n", "have no column source"),
        (HEADING.replace("to_is_new", "new") + GOOD, "have a column 'new', which nobody reads"),
        (HEADING, "have no rows"),
        (HEADING + GOOD.replace("341421", "34142"), "a code that is not 2, 4, 6, 9 or 12 digits"),
        (HEADING + GOOD.replace("2011-08-22", "2011-02-30"), "a change_date that is no date"),
        (HEADING + GOOD.replace("2011-08-22", "1911"), "a change_date before 1949-10-01"),
        (HEADING + GOOD.replace("recode", "moved"), "a kind that is none of rename, recode"),
        (HEADING + GOOD.replace("notice", ""), "no source"),
        (HEADING + GOOD.replace("341421", ""), "a code too few or too many"),
        (HEADING + GOOD.replace("341421", "340124"), "a recode or transfer of a division to itself"),
        (HEADING + GOOD.replace("recode", "rename"), "a rename with two codes"),
        (HEADING + GOOD.replace("recode,,", "split,1.5,x"), "a weight that is not a share"),
        (HEADING + GOOD.replace("recode,,", "split,0.5,"), "a weight without weight_basis"),
        (HEADING + GOOD.replace(",,notice", ",perhaps,notice"), "a to_is_new that is neither yes nor no"),
        (HEADING + GOOD + "\n" + GOOD.replace("recode", "merge"), "one change twice with different words"),
        (
            HEADING + "341421,a,340124,庐江县,2011,split,0.7,x,,n\n341421,a,340125,b,2011,split,0.7,x,,n\n",
            "weights of one division that sum to more than 1",
        ),
        (
            HEADING + "341421,a,340124,b,2011,recode,,,,n\n340124,b,341421,a,2011,recode,,,,n\n",
            "divisions that become each other in a circle",
        ),
        (
            HEADING + "341421,a,340125,b,2011,recode,,,,n\n340125,b,340124,庐江县,2011,recode,,,,n\n",
            "in row 2 a successor that ends on the same day",
        ),
        (
            HEADING + "341421,a,340124,庐江县,2011,split,0.3,x,,n\n341421,a,340125,b,2011,split,0.4,x,,n\n",
            r"weights .* sum to less than 1, .*: 341421000000 \(rows 2, 3; 0.70 on 2011-12-31\)",
        ),
        (HEADING + GOOD.replace("recode,,", "split,-0.5,x"), "in row 2 a weight that is not a share"),
        (HEADING + "341421,,340124,庐江县,2011,recode,,,,n\n", "a code that no register has, without a name"),
        (
            HEADING + "341421,a,340124,,2011,recode,,,,n\n341421,a,3401,,2013,merge,,,no,n\n",
            "a code that ends although it had ended before",
        ),
        (HEADING + ",,340124,,2011,new,,,,n\n,,340124,,2013,new,,,,n\n", "a code that begins although it was there"),
        (HEADING.replace("source", "source,decision") + GOOD + ",ok\n", "a decision that is neither yes nor no"),
        (HEADING.replace("source", "source,decision") + GOOD + ",no\n", "no change in .* is confirmed"),
    ],
)
def test_every_fault_is_said_in_one_sentence(
    known: duckdb.DuckDBPyConnection, table: Table, text: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence) as refused:
        import_changes(known, table(text))
    assert "\n" not in str(refused.value)


def test_only_confirmed_rows_are_read(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    heading = HEADING.replace("source", "source,score,evidence,decision")
    rows = [f"{GOOD},0.9,seen,是", "340124100207,老桥村,340124100201,,2020,merge,,,no,notice,0.3,guess,"]
    summary = import_changes(known, table(heading + "\n".join(rows) + "\n"))
    assert (summary.changes, lives(known, "340124100207")) == (1, [])


def test_a_register_refutes_an_end(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The register of 2023 lists the town under its name: what the table says of 2020 only took land from it."""
    rows = "340124101,汤池镇,340124100,庐城镇,2020,merge,,,no,notice\n"
    summary = import_changes(known, table(HEADING + rows))
    assert summary.refuted == 1
    assert lives(known, "340124101") == [(f"{COUNTY}汤池镇", OPEN_START, None)]
    assert known.execute("SELECT kind FROM raw.division_change").fetchall() == [("transfer",)]


HISTORY_HEADING = "代码,一级行政区,二级行政区,名称,级别,状态,启用时间,变更/弃用时间,新代码\n"
HISTORY = HISTORY_HEADING + (
    "340000,安徽省,,安徽省,省级,在用,1981,,\n"
    "340100,安徽省,合肥市,合肥市,地级,在用,1981,,\n"
    "340124,安徽省,合肥市,庐江县,县级,在用,2011,,\n"
    "341400,安徽省,巢湖市,巢湖市,地级,弃用,1999,2011,\n"
    "341421,安徽省,巢湖市,庐江县,县级,弃用,1999,2011,340124\n"
    "342600,安徽省,巢湖地区,巢湖地区,地级,弃用,1981,1999,\n"
    "342622,安徽省,巢湖地区,庐江县,县级,弃用,1981,1999,341421\n"
)


def test_a_dissolved_prefecture_becomes_what_its_counties_became(
    known: duckdb.DuckDBPyConnection, table: Table
) -> None:
    summary = import_changes(known, table(HISTORY))
    assert (summary.changes, summary.ended_codes) == (4, 4)
    changes = known.execute(
        "SELECT left(from_code, 6), left(to_code, 6), change_date::VARCHAR, kind FROM raw.division_change ORDER BY ALL"
    ).fetchall()
    assert changes == [
        ("341400", "340100", "2011-12-31", "merge"),
        ("341421", "340124", "2011-12-31", "recode"),
        ("342600", "341400", "1999-12-31", "level_change"),
        ("342622", "341421", "1999-12-31", "recode"),
    ]
    assert lives(known, "342622") == [("安徽省巢湖地区庐江县", OPEN_START, date(1999, 12, 31))]


def test_an_exact_day_takes_the_place_of_a_year(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    import_changes(known, table(HISTORY))
    import_changes(known, table(HEADING + GOOD + "\n"))
    day = date(2011, 8, 22)
    assert lives(known, "341421") == [("安徽省巢湖市庐江县", date(1999, 12, 31), day)]
    assert lives(known, "340124") == [("安徽省合肥市庐江县", day, None)]
    assert known.execute("SELECT count(*) FROM raw.division_change WHERE from_code LIKE '341421%'").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HISTORY.replace("340124,安徽省,合肥市,庐江县,县级,在用,2011,,\n", ""), "1 successors that do not exist"),
        (HISTORY.replace("2011,340124", "2011,34012"), "successors that are not codes"),
        (HISTORY.replace("341421,安徽省", "34142,安徽省"), "a code that is not six digits"),
        (HISTORY.replace("县级,弃用,1999,2011", "县级,弃用,2011,1999"), "an end that is not after its beginning"),
        (HISTORY.replace("地级,弃用,1981,", "地级,弃用,从前,"), "no year"),
    ],
)
def test_a_wrong_history_is_refused(known: duckdb.DuckDBPyConnection, table: Table, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        import_changes(known, table(text))


# --- what several tables tell of one change ---------------------------------------------------------------------------

TOLD = HEADING + (
    "340124200,老乡,340124201,西乡,2016,split,,,yes,history\n340124200,老乡,340124202,东乡,2016,split,,,yes,history\n"
    "340124100,庐城镇,340124203,北乡,2018,transfer,,,,history\n,,340124203,北乡,2018,new,,,yes,history\n"
)
TOLD_AGAIN = HEADING + (
    "340124200,老乡,340124201,西乡,2022-10-31,split,0.5,villages,yes,lists\n"
    "340124200,老乡,340124202,东乡,2022-10-31,split,0.3,villages,yes,lists\n"
    "340124200,老乡,340124204,南区,2022-10-31,split,0.2,villages,yes,lists\n"
    "340124100,庐城镇,340124203,北乡,2022-10-31,transfer,0.4,villages,,lists\n,,340124203,,2022-10-31,new,,,yes,lists\n"
)


@pytest.mark.parametrize("order", [(TOLD, TOLD_AGAIN), (TOLD_AGAIN, TOLD)])
def test_what_is_told_again_later_happened_on_the_earlier_day(
    known: duckdb.DuckDBPyConnection, table: Table, order: tuple[str, str]
) -> None:
    """A comparison of registers knows the shares and one part more; the history knows the year."""
    for text in order:
        import_changes(known, table(text))
    changes = known.execute("""
        SELECT substr(from_code, 7, 3), substr(to_code, 7, 3), year(change_date), kind, weight, source
        FROM raw.division_change ORDER BY ALL
    """).fetchall()
    assert changes == [
        ("100", "203", 2018, "transfer", 0.4, "history"),
        ("200", "201", 2016, "split", 0.5, "history"),
        ("200", "202", 2016, "split", 0.3, "history"),
        ("200", "204", 2016, "split", 0.2, "lists"),
    ]
    assert lives(known, "340124200") == [(f"{COUNTY}老乡", OPEN_START, date(2016, 12, 31))]
    assert [each[1:] for each in lives(known, "340124203")] == [(date(2018, 12, 31), SHIPPED_AS_OF)]


@pytest.mark.parametrize("stated", ["2011", "2022-10-31"])
def test_what_lies_in_a_county_changes_with_it(known: duckdb.DuckDBPyConnection, table: Table, stated: str) -> None:
    town = f"341421100,庐城镇,340124100,庐城镇,{stated},recode,,,,lists\n"
    import_changes(known, table(MOVED + town))
    assert lives(known, "341421100") == [("安徽省巢湖市庐江县庐城镇", OPEN_START, date(2011, 8, 22))]
    assert lives(known, "340124100") == [(f"{COUNTY}庐城镇", date(2011, 8, 22), None)]


def test_what_comes_to_a_town_came_when_the_town_began(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The county changed in 2011 and its villages with it; but the new town of one of them began between two lists."""
    rows = (
        ",,340124105,新街道,2022-10-31,new,,,yes,lists\n"
        "341421100,庐城镇,340124100,庐城镇,2022-10-31,recode,,,yes,lists\n"
        "341421100201,老街村,340124105201,老街村,2022-10-31,recode,,,yes,lists\n"
        "341421100202,大桥村,340124100202,塔山村民委员会,2022-10-31,recode,,,yes,lists\n"
    )
    import_changes(known, table(MOVED + rows))
    found = known.execute("SELECT to_code, change_date FROM raw.division_change WHERE to_code LIKE '%20_'").fetchall()
    assert dict(found) == {"340124105201": date(2022, 10, 31), "340124100202": date(2011, 8, 22)}


def test_a_contradiction_is_said_with_its_row_and_a_way_out(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    """A code was given to another place, and the table has to say since when."""
    import_changes(known, table(HEADING + "340124200,老乡,340124101,汤池镇,1990,merge,,,,history\n"))
    rows = HEADING + "340124200,新乡,340124100,庐城镇,2022-10-31,merge,,,,lists\n"
    with pytest.raises(UsageError, match=r"of kind new .*: 340124200000 \(row 2; 老乡 until 1990-12-31\)$"):
        import_changes(known, table(rows))
    import_changes(known, table(rows + ",,340124200,新乡,2013,new,,,,notice\n"))
    assert lives(known, "340124200") == [
        (f"{COUNTY}老乡", OPEN_START, date(1990, 12, 31)),
        (f"{COUNTY}新乡", date(2013, 12, 31), date(2022, 10, 31)),
    ]


def test_a_workbook_is_read_as_the_same_table(known: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Codes and years are numbers in it, days are days; notes on another sheet and blank rows do not matter."""
    path = tmp_path / "changes.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("notes").write(0, 0, "seen by two of us")
        page, day = book.add_worksheet("changes"), book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, [*HEADING.strip().split(","), "decision"])
        page.write_row(1, 0, [341421, "庐江县", 340124000000, "庐江县"])
        page.write_datetime(1, 4, datetime(2011, 8, 22), day)  # noqa: DTZ001 - a day of a calendar
        page.write_row(1, 5, ["recode", "", "", "", "notice", "是"])
        page.write_row(3, 0, [3414, "巢湖市", 3401, "合肥市", 2011, "merge", "", "", False, "notice", "yes"])
    import_changes(known, path)
    changes = known.execute("SELECT * FROM raw.known_change ORDER BY from_code DESC").fetchall()
    assert changes == [
        ("341421000000", "庐江县", "340124000000", "庐江县", date(2011, 8, 22), "recode", None, None, True, "notice"),
        ("341400000000", "巢湖市", "340100000000", "合肥市", date(2011, 12, 31), "merge", None, None, False, "notice"),
    ]


@pytest.mark.parametrize(
    ("sheets", "sentence"),
    [
        ([["code", "name"]], "have no column from_code and no column to_code"),
        ([HEADING.strip().split(",")] * 2, r"stand in several sheets \(Sheet1, Sheet2\): put them into one"),
        ([["source", *HEADING.strip().split(",")]], "have two columns 'source': keep one of them"),
        ([[]], "have no rows"),
        (None, r"changes.xlsx cannot be read: .*"),
    ],
)
def test_a_damaged_workbook_is_refused(
    known: duckdb.DuckDBPyConnection, tmp_path: Path, sheets: list[list[str]] | None, sentence: str
) -> None:
    path = tmp_path / "changes.xlsx"
    path.write_bytes(b"PK\3\4 broken")
    if sheets is not None:
        with xlsxwriter.Workbook(str(path)) as book:
            for headings in sheets:
                book.add_worksheet().write_row(0, 0, headings)
    with pytest.raises(UsageError, match=sentence) as refused:
        import_changes(known, path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        (HEADING + GOOD).encode("gb18030"),
        (HEADING + GOOD).replace(",", ";").encode("utf-8-sig"),
        (HEADING.upper() + GOOD.replace("2011-08-22", "2011年8月22日") + "\r\n,,,,,,,,,\r\n").encode(),
    ],
    ids=["GB 18030", "semicolons", "capitals"],
)
def test_a_table_is_read_whatever_program_saved_it(
    known: duckdb.DuckDBPyConnection, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "changes.csv"
    path.write_bytes(content)
    read_changes(known, path, "read")
    rows = known.execute("SELECT from_name, to_code, change_date, line FROM read").fetchall()
    assert rows == [("庐江县", "340124000000", date(2011, 8, 22), 2)]


def test_a_row_with_cells_too_many_is_refused(known: duckdb.DuckDBPyConnection, table: Table) -> None:
    with pytest.raises(UsageError, match="have cells beside the columns with a name"):
        read_changes(known, table(HEADING + GOOD + ",one more\n"), "read")
