"""A counting site whose senders, services and reports of registered people a test can exchange as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, timedelta
from random import Random

from counting_site import CODES, REGISTER, CountingSite
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from naive.counting import Stay
from naive.units import Entry, HukouReport, Told

AS_OF = date(2024, 10, 31)
HOME = "340124000000"
VILLAGE = "340124100201"
ELSEWHERE = "441900101001"
# How worlds are drawn: each is counted by the models, so few of them.
ROUNDS = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SEED = st.integers(0, 10**6)


class UnitSite(CountingSite):
    """A site whose senders, services and reports of registered people a test can exchange as well."""

    def live(self, stays: Sequence[Stay], home_code: str = HOME) -> None:
        """Let these be the stays, and make the tables that units are counted from."""
        self.count(stays, home_code=home_code, tables=self.tables_of_counting())

    def tables_of_counting(self) -> list[tuple[str, str]]:
        """Name them with their SQL, each after those it reads."""
        tables = [(relation, query) for relation, query in self.tables if "int_counting_" in relation]
        assert tables
        return tables

    def remake(self, *models: str) -> None:
        for name in models:
            relation, query = self.models[name]
            self.rows(f"DELETE FROM {relation}")
            self.rows(f"INSERT INTO {relation} BY NAME {query}")

    def tell(self, entries: Sequence[Entry], told: Sequence[Told] = ()) -> None:
        """Say which senders show the stays, and what they say of services."""
        self._fill("core.stay_sender", entries, "'p' AS person_key, says_from AS first_reported")
        self._fill("core.service", told, "from_date AS first_reported")
        self.remake("int_stay_registration", "int_service_answer", "int_service_span")

    def report(self, reports: Sequence[HukouReport]) -> None:
        """Report registered people, each place in a file of its own."""
        files = [(f"f{number}", HOME, r.period, r.reported_on) for number, r in enumerate(reports)]
        self.deliver(files, [(f"f{n}", r.place_code, None, "hukou_total", r.persons) for n, r in enumerate(reports)])

    def deliver(
        self, files: Sequence[tuple[str, str, str, date]], cells: Sequence[tuple[str, str, str | None, str, int]]
    ) -> None:
        """Deliver files (name, unit, period, day) with cells (file, place, category, item, persons)."""
        run = self.connection
        run.execute("DELETE FROM raw.report_cell")
        run.execute("DELETE FROM intermediate.int_current_file")
        if files:
            run.executemany(
                "INSERT INTO intermediate.int_current_file "
                "(file_id, form_id, unit_code, period, reported_on, list_kind) "
                "VALUES ($1, 'hukou_population', $2, $3, $4, 'full')",
                files,
            )
            run.executemany(
                "INSERT INTO raw.report_cell (file_id, sheet, row_number, form_id, unit_code, cell_unit_code, period, "
                "reported_on, category, item, persons) "
                "VALUES ($1, 'S', 1, 'hukou_population', '', $2, '', DATE '2024-01-01', $3, $4, $5)",
                cells,
            )
        self.remake("int_hukou_report", "int_hukou_month")

    def _fill(self, table: str, rows: Sequence[Entry] | Sequence[Told], more: str) -> None:
        self.rows(f"DELETE FROM {table}")
        if rows:
            names = [field.name for field in fields(rows[0])]
            casts = ", ".join(f"CAST(? AS {'DATE' if _is_day(name) else 'VARCHAR'}) AS {name}" for name in names)
            self.connection.executemany(
                f"INSERT INTO {table} BY NAME SELECT *, {more} FROM (SELECT {casts})",
                [[getattr(row, name) for name in names] for row in rows],
            )


def _is_day(name: str) -> bool:
    return name.endswith(("_date", "_from", "_until", "_reported"))


def make_stay(stay_id: str, dest_code: str = VILLAGE, **other: object) -> Stay:
    """Make a stay of somebody who has been here since March."""
    given: dict[str, object] = {
        "origin_code": ELSEWHERE,
        "left_hukou_date": date(2024, 1, 1),
        "arrived_date": date(2024, 3, 1),
        **other,
    }
    return Stay(stay_id, stay_id, dest_code=dest_code, **given)  # type: ignore[arg-type]


def draw_people(rng: Random, count: int, home_code: str = HOME) -> list[Stay]:
    """Draw stays around the thresholds of definitions on ``AS_OF``, many of them in the home division."""
    at_home = [code for code in CODES if REGISTER.is_within(code, home_code, AS_OF)]

    def day() -> date:
        return AS_OF - timedelta(days=rng.choice([0, 1, 2, 3, 4, 29, 30, 31, 90, 183, 184, 185, 400]))

    def stay(number: int) -> Stay:
        arrived = day() if rng.random() < 0.8 else None
        return Stay(
            f"stay{number}",
            f"stay{number}",
            origin_code=rng.choice([None, *CODES]),
            dest_code=rng.choice(rng.choice([CODES, at_home])),
            left_hukou_date=rng.choice([None, day()]),
            arrived_date=arrived,
            arrived_before=None if arrived else rng.choice([None, day()]),
            ended_date=rng.choice([None, None, None, AS_OF, AS_OF + timedelta(days=1)]),
            reason_code=rng.choice([None, "WORK", "VISIT"]),
            birth_date=rng.choice([None, date(2008, 10, 31), date(2008, 11, 1), date(1990, 1, 1)]),
            hukou_nature=rng.choice([None, "rural", "urban"]),
        )

    return [stay(number) for number in range(count)]
