"""Several nights in one throw-away warehouse file: what is new in the cases is delivered and everything built again."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from list_maker import (
    DONGGUAN,
    HANGZHOU,
    HOME_VILLAGE,
    NINGBO,
    OTHER_VILLAGE,
    XIHU,
    Case,
    Row,
    insert,
    write_warehouse,
)

from warehouse import dbt_runner

OCTOBER, NOVEMBER, DECEMBER = date(2024, 10, 31), date(2024, 11, 30), date(2024, 12, 31)
# With all that the table macros read: they are only made where it is there.
_HISTORY = [
    *("+stay_version", "+revision", "+stay_evidence", "+file", "+int_counting_interval"),
    *("+int_known_interval", "+int_hukou_report"),
]
_ACCOUNTS = ["+known_by", "+coverage", "+mirror", "+evidence_conflict", "+late_return"]
_ALONE = ["stay_version", "revision"]


@dataclass(frozen=True)
class ThreeNights:
    """The warehouse file as three nights left it, after the third was built once more, and after one without news."""

    second: Path
    third: Path
    repetition: Path
    last: Path


class Nights:
    """One site, night after night."""

    def __init__(self, path: Path, cases: Sequence[Case]) -> None:
        self._path = path
        self._cases = cases
        self._delivered: Counter[tuple[str, str]] = Counter()

    def run(self, run_date: date, snapshot_id: str, select: Sequence[str]) -> None:
        """Deliver what the cases have new, and build; no law of the data may be broken."""
        if not self._path.exists():
            write_warehouse(self._path, [])
        with duckdb.connect(str(self._path)) as connection:
            connection.execute("update raw.site set run_date = ?, snapshot_id = ?", [run_date, snapshot_id])
            for case in self._cases:
                for table, rows in case.tables.items():
                    insert(connection, table, rows[self._delivered[case.name, table] :])
                    self._delivered[case.name, table] = len(rows)
        outcome = dbt_runner.build(self._path, self._path.parent, select=select, exclude=["test_type:generic"])
        assert [check.check_id for check in outcome.checks if check.ran and not check.success] == []

    def keep(self, name: str) -> Path:
        """Keep the file as it is now under another name."""
        return Path(shutil.copy(self._path, self._path.parent / f"{name}.duckdb"))


def run_three_nights(folder: Path) -> ThreeNights:
    """Run the nights of the story, with a late list, a correction, and what departments say of other people."""
    case, others = Case("history"), Case("accounts")
    path = folder / "popflow.duckdb"
    nights = Nights(path, [case, others])

    september = case.outflow(
        "2024-09-30", Row("A", HANGZHOU, left="2024-03-01", sex="1"), Row("B", NINGBO, left="2024-05-01")
    )
    nights.run(OCTOBER, "20241031-01", _HISTORY)
    # a list that comes late and knows somebody who had gone by September; the next list lacks one
    case.outflow("2024-08-31", Row("A", HANGZHOU, left="2024-03-01"), Row("C", HANGZHOU, left="2024-04-01"))
    case.outflow("2024-10-31", Row("A", HANGZHOU, left="2024-03-01"))
    nights.run(NOVEMBER, "20241130-01", _HISTORY)
    second = nights.keep("second")
    # two slips say that A went elsewhere and is a woman, and that B left a month later
    for number, row in ((2, Row("A", DONGGUAN, left="2024-03-01", sex="2")), (3, Row("B", NINGBO, left="2024-06-01"))):
        case.outflow("2024-09-30", row, corrects=september, replaces=[number])
    deliver_other_peoples_lists(others)
    nights.run(DECEMBER, "20241231-01", [*_HISTORY, *_ACCOUNTS])
    third = nights.keep("third")
    nights.run(DECEMBER, "20241231-01", _ALONE)
    repetition = nights.keep("repetition")
    nights.run(DECEMBER, "20241231-02", _ALONE)
    return ThreeNights(second, third, repetition, path)


def deliver_other_peoples_lists(case: Case) -> None:
    """Deliver what several departments say of people who came from elsewhere to one village."""

    def row(person: str, arrived: str, **said: str) -> Row:
        return Row(person, HOME_VILLAGE, origin=said.pop("origin", HANGZHOU), arrived=arrived, **said)

    both_beats = row("T", "2024-03-01", sex="1")
    case.inflow("2024-10-31", row("T", "2024-03-15", sex="2", origin=XIHU), row("V", "2024-02-01"))
    case.inflow("2024-11-30", row("T", "2024-03-15", sex="2", origin=XIHU), row("V", "2024-02-01"))
    for beat in ("north", "south"):
        case.deliver("police_registration", "2024-10-31", [both_beats, row("V", "2024-02-01")], unit=beat)
        # V has gone from the lists of the police, and not from the village's
        case.deliver("police_registration", "2024-11-30", [both_beats], unit=beat)
    case.deliver("health_roster", "2024-10-31", [row("T", "2024-03", sex="1"), row("U", "2024-09-01")])
    # an onward journey that only the hukou village knows of
    case.outflow("2024-11-30", Row("W", OTHER_VILLAGE, origin=HOME_VILLAGE, left="2024-01-01"))
