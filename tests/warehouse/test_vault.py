from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive.matches import Listed, possible_persons

from ingest.errors import UsageError
from ingest.keys import SiteKey, create_key
from warehouse import vault
from warehouse.vault import segments as sealed_segments
from warehouse.vault.segments import read_segment
from warehouse.working_copy import SCHEMA_FILE

FORM, VILLAGE, OTHER_VILLAGE = "village_outflow", "340124100001", "340124100002"
ANNA, BERTA, CARLA = "340124199001010011", "340124199001015218", "34012419850505002X"
DAY = dt.date(2024, 10, 31)


@dataclass(frozen=True)
class Row:
    """A row of a list: accepted (its number is then valid) or returned."""

    file_id: str
    number: str | None
    name: str | None
    returned: bool = False
    unit: str = VILLAGE


class Warehouse:
    """A warehouse that gets night after night, with its vault beside it."""

    def __init__(self, folder: Path, key: SiteKey) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        self.connection.execute("CREATE TABLE judged_again (file_id VARCHAR)")
        self.folder, self.key = folder, key
        self.segments: list[Path] = []

    def night(self, rows: Sequence[Row], night_id: str | None = None) -> list[str]:
        self._gate(rows)
        names = vault.admit(
            self.connection,
            key=self.key,
            night_id=night_id or f"20241101-{len(self.segments) + 1:02d}",
            new_segments=self.folder,
            live_segments=self.segments,
        )
        self.segments += [self.folder / name for name in names]
        return names

    def _gate(self, rows: Sequence[Row]) -> None:
        self.connection.execute("""
            CREATE OR REPLACE TEMP TABLE gated_person AS
                SELECT * EXCLUDE person_key, ''::VARCHAR AS id_number, ''::VARCHAR AS number_written,
                    ''::VARCHAR AS person_name, ''::VARCHAR AS phone
                FROM raw.person_row LIMIT 0;
            CREATE OR REPLACE TEMP TABLE gated_returned AS
                SELECT *, ''::VARCHAR AS id_number, ''::VARCHAR AS person_name FROM raw.returned_row LIMIT 0;
        """)
        for number, row in enumerate(rows, start=1):
            shared = [row.file_id, "1", number, FORM, row.unit, "2024-10", DAY]
            if row.returned:
                self.connection.execute(
                    "INSERT INTO gated_returned VALUES (?, ?, ?, ?, ?, ?, ?, true, ?, ?)",
                    [*shared, row.number, row.name],
                )
            else:
                self.connection.execute(
                    "INSERT INTO gated_person (file_id, sheet, row_number, form_id, unit_code, period, reported_on, "
                    "list_kind, side, is_numbered, id_number, person_name) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, 'full', 'origin', true, ?, ?)",
                    [*shared, row.number, row.name],
                )

    def replace(self, *rows: tuple[str, int]) -> None:
        """Note that a corrected slip of the coming night has replaced rows."""
        for file_id, number in rows:
            self.connection.execute(
                "INSERT INTO raw.correction (file_id, sheet, row_number, by_file_id) VALUES (?, '1', ?, 'slip')",
                [file_id, number],
            )

    def matches(self) -> list[tuple[str, str]]:
        return self.connection.execute("SELECT file_id, person_key FROM raw.returned_match ORDER BY ALL").fetchall()

    def key_of(self, number: str) -> str:
        return person_key(self.key, number)


def person_key(key: SiteKey, number: str) -> str:
    return hmac.new(key.derive("pseudonym"), number.encode(), hashlib.sha256).hexdigest()[:32]


@pytest.fixture
def warehouse(tmp_path: Path, key: SiteKey) -> Warehouse:
    return Warehouse(tmp_path / "segments", key)


def test_a_pseudonym_is_the_keyed_hash_of_the_number(warehouse: Warehouse) -> None:
    warehouse.night([Row("f1", ANNA, "安娜"), Row("f1", CARLA, "卡拉")])

    found = warehouse.connection.execute("SELECT person_key FROM raw.person_row ORDER BY row_number").fetchall()
    assert found == [(warehouse.key_of(ANNA),), (warehouse.key_of(CARLA),)]


def test_a_pseudonym_is_the_same_from_night_to_night_and_another_at_another_site(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.night([Row("f1", ANNA, "安娜")])
    warehouse.night([Row("f2", ANNA, "安娜")])
    keys = warehouse.connection.execute("SELECT DISTINCT person_key FROM raw.person_row").fetchall()

    assert keys == [(warehouse.key_of(ANNA),)]
    assert person_key(create_key(tmp_path / "other.key"), ANNA) != keys[0][0]


def test_identities_are_only_in_the_sealed_segments(warehouse: Warehouse) -> None:
    names = warehouse.night([Row("f1", ANNA, "安娜"), Row("f1", "340124", "贝塔", returned=True)])
    tables = [read_segment(warehouse.folder / name, warehouse.key) for name in names]

    assert names == ["20241101-01-profiles-01.sealed", "20241101-01-returned-01.sealed"]
    for name in names:
        sealed = warehouse.folder / name
        assert ANNA.encode() not in sealed.read_bytes()
        assert "安娜".encode() not in sealed.read_bytes()
        assert sealed.stat().st_mode & 0o777 == 0o600
    assert [table.select(["name", "number"]).to_pylist() for table in tables] == [
        [{"name": "安娜", "number": ANNA}],
        [{"name": "贝塔", "number": "340124"}],
    ]
    columns = warehouse.connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'raw' AND table_name LIKE '%_row'"
    ).fetchall()
    assert not {"id_number", "person_name", "phone"} & {column for (column,) in columns}


def test_a_segment_of_another_site_does_not_open(warehouse: Warehouse, tmp_path: Path) -> None:
    (name,) = warehouse.night([Row("f1", ANNA, "安娜")])
    with pytest.raises(UsageError, match="does not open with this site's key"):
        read_segment(warehouse.folder / name, create_key(tmp_path / "other.key"))


def test_a_large_night_is_sealed_in_pieces(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_segments, "SEGMENT_ROWS", 2000)
    monkeypatch.setattr(sealed_segments, "BATCH_ROWS", 1000)
    rows = [Row("f1", f"{340124190001010000 + number}", "某") for number in range(5000)]
    monkeypatch.setattr(Warehouse, "_gate", _gate_many)
    names = warehouse.night(rows)

    assert len(names) >= 2
    assert sum(read_segment(warehouse.folder / name, warehouse.key).num_rows for name in names) == 5000


def _gate_many(warehouse: Warehouse, rows: Sequence[Row]) -> None:
    warehouse.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE gated_returned AS
            SELECT *, '' AS id_number, '' AS person_name FROM raw.returned_row LIMIT 0;
        CREATE OR REPLACE TEMP TABLE gated_person AS
            SELECT * EXCLUDE person_key, ''::VARCHAR AS id_number, ''::VARCHAR AS number_written,
                ''::VARCHAR AS person_name, ''::VARCHAR AS phone
            FROM raw.person_row LIMIT 0;
        INSERT INTO gated_person (file_id, sheet, row_number, form_id, unit_code, period, reported_on, list_kind, side,
            is_numbered, id_number, person_name)
        SELECT 'f1', '1', i, '{FORM}', '{VILLAGE}', '2024-10', DATE '{DAY}', 'full', 'origin', true,
            (340124190001010000 + i)::VARCHAR, '某'
        FROM range({len(rows)}) AS r(i);
    """)


def test_what_goes_back_again_is_sealed_once(warehouse: Warehouse) -> None:
    rows = [Row("f1", "34012419900101", "欧阳安娜", returned=True), Row("f1", None, "欧阳贝塔", returned=True)]
    assert len(warehouse.night(rows)) == 1
    warehouse.connection.execute("INSERT INTO judged_again VALUES ('f1')")

    warehouse.connection.execute("DELETE FROM raw.returned_row")
    assert warehouse.night(rows, "20241102-01") == []
    warehouse.connection.execute("DELETE FROM raw.returned_row")
    (name,) = warehouse.night([*rows, Row("f1", None, "欧阳卡拉", returned=True)], "20241103-01")
    assert read_segment(warehouse.folder / name, warehouse.key).num_rows == 1, "only what is read of it now"


def test_a_night_without_lists_writes_no_segment(warehouse: Warehouse) -> None:
    assert warehouse.night([]) == []


@pytest.mark.parametrize(
    ("number", "name", "who"),
    [
        (None, "安 娜", {ANNA}),
        (None, "安\u3000娜", {ANNA}),
        (ANNA, "别的名字", {ANNA}),
        ("34012419900101001*", "别的名字", {ANNA}),
        ("34012419900101****", "别的名字", {ANNA, BERTA}),
        ("3401241990********", "别的名字", set()),
        ("3401241990********", None, {ANNA, BERTA}),
        ("340124", None, {ANNA, BERTA, CARLA}),
        ("34012", None, set()),
        ("３４０１２４１９９００１０１００１１", "别的名字", {ANNA}),
        ("340124900101001", "别的名字", {ANNA}),
        ("340124198505050O2x", "别的名字", {CARLA}),
        ("34012419850505020X", "别的名字", {CARLA}),
        ("3401241985050502X", "别的名字", {CARLA}),
        ("510124199512120011", "别的名字", set()),
    ],
)
def test_whose_row_a_returned_row_may_be(
    warehouse: Warehouse, number: str | None, name: str | None, who: set[str]
) -> None:
    listed = [Row("f1", ANNA, "安娜"), Row("f1", BERTA, "贝塔"), Row("f1", CARLA, "卡拉")]
    warehouse.night([*listed, Row("f2", number, name, returned=True)])

    assert warehouse.matches() == sorted(("f2", warehouse.key_of(each)) for each in who)


def test_a_returned_row_is_not_looked_for_in_another_village(warehouse: Warehouse) -> None:
    warehouse.night([Row("f1", ANNA, "安娜", unit=OTHER_VILLAGE), Row("f2", ANNA, "安娜", returned=True)])
    assert warehouse.matches() == []


def test_a_list_that_comes_later_is_matched_with_rows_returned_before(warehouse: Warehouse) -> None:
    warehouse.night([Row("f2", None, "安娜", returned=True)])
    assert warehouse.matches() == []
    warehouse.night([Row("f1", ANNA, "安娜")])
    assert warehouse.matches() == [("f2", warehouse.key_of(ANNA))]


def test_a_row_that_a_slip_has_replaced_is_nobodys_whatever_unit_the_slip_is_of(warehouse: Warehouse) -> None:
    warehouse.night([Row("f1", ANNA, "安娜"), Row("f2", None, "安娜", returned=True)])
    assert warehouse.matches() == [("f2", warehouse.key_of(ANNA))]
    warehouse.replace(("f2", 2))
    warehouse.night([Row("slip", BERTA, "贝塔", unit=OTHER_VILLAGE)])
    assert warehouse.matches() == []
    warehouse.night([Row("f3", BERTA, "贝塔")])
    assert warehouse.matches() == []


def test_a_list_that_says_nothing_new_adds_nothing_and_opens_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.night([Row("f1", ANNA, "安娜"), Row("f2", None, "贝塔", returned=True, unit=OTHER_VILLAGE)])
    asked: list[object] = []
    monkeypatch.setattr(sealed_segments, "read_segment", lambda *given: asked.append(given))

    assert warehouse.night([Row("f3", ANNA, "安 娜")]) == []
    assert asked == []
    assert warehouse.connection.execute("SELECT count(*) FROM raw.person_row").fetchall() == [(2,)]


def test_untouched_villages_keep_their_matches(warehouse: Warehouse) -> None:
    warehouse.night([Row("f1", ANNA, "安娜"), Row("f2", None, "安娜", returned=True)])
    before = warehouse.matches()
    warehouse.night([Row("f3", BERTA, "贝塔", unit=OTHER_VILLAGE)])

    assert before == warehouse.matches() == [("f2", warehouse.key_of(ANNA))]


NUMBERS = [ANNA, BERTA, CARLA, "340124199001010054"]
NAMES = ["安娜", "贝塔", "卡拉", "安 娜"]
DAMAGED = [None, *NUMBERS, ANNA[:14] + "****", ANNA[:8], BERTA[:-1], CARLA.replace("05", "50", 1), "340124900101001"]
accepted_rows = st.builds(
    Row, st.sampled_from("abc"), st.sampled_from(NUMBERS), st.sampled_from(NAMES), st.just(value=False),
    st.sampled_from([VILLAGE, OTHER_VILLAGE]),
)  # fmt: skip
returned_rows = st.builds(
    Row, st.sampled_from("xyz"), st.sampled_from(DAMAGED), st.sampled_from([None, *NAMES, "某某"]), st.just(value=True),
    st.sampled_from([VILLAGE, OTHER_VILLAGE]),
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(st.one_of(accepted_rows, returned_rows), min_size=1, max_size=12), data=st.data())
def test_matches_are_the_naive_ones_in_whatever_order_and_nights_rows_come(
    rows: list[Row], data: st.DataObject
) -> None:
    rows = [
        Row(f"{row.file_id}{number}", row.number, row.name, row.returned, row.unit) for number, row in enumerate(rows)
    ]
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    returned = [row for row in rows if row.returned]
    replaced = data.draw(st.lists(st.sampled_from(returned), unique=True)) if returned else []
    with tempfile.TemporaryDirectory() as folder:
        key = create_key(Path(folder) / "key")
        at_once = Warehouse(Path(folder) / "once", key)
        at_once.replace(*((row.file_id, rows.index(row) + 1) for row in replaced))
        at_once.night(rows)
        in_two = Warehouse(Path(folder) / "twice", key)
        in_two.night(shuffled[:cut], "20241101-01")
        in_two.replace(*((row.file_id, _number(row, shuffled[:cut], shuffled[cut:])) for row in replaced))
        in_two.night(shuffled[cut:], "20241101-02")

        assert in_two.matches() == at_once.matches() == _naive(rows, replaced, key)


def _number(row: Row, *nights: Sequence[Row]) -> int:
    return next(night.index(row) + 1 for night in nights if row in night)


def _naive(rows: list[Row], replaced: Sequence[Row], key: SiteKey) -> list[tuple[str, str]]:
    found = []
    for row in (row for row in rows if row.returned and row not in replaced):
        listed = [
            Listed(person_key(key, each.number or ""), each.name or "", each.number or "")
            for each in rows
            if not each.returned and each.unit == row.unit
        ]
        found += [(row.file_id, person) for person in possible_persons(row.name, row.number, listed)]
    return sorted(found)
