"""Populations made by the hundred: so many people of each kind, told apart as the reasons of their stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from counting_site import FIRST_REPORT, HOMES
from unit_site import AS_OF, UnitSite

CITY = "340100000000"

# Where the people of a figure live (first) and are registered (second).
HERE = "340104100201"
ROUTES: Mapping[str, tuple[str, str]] = {
    "inside the township": (HERE, "340104100202"),
    "between districts": (HERE, "340104101201"),
    "inside the city": (HERE, "340124100201"),
    "inside the province": (HERE, "340202100201"),
    "other province": (HERE, "441900101001"),
}


@dataclass(frozen=True)
class People:
    """So many people of one kind; the group is told apart as the reason of the stay."""

    group: str
    count: int
    dest_code: str
    origin_code: str
    left_hukou_date: date = date(2023, 3, 1)
    birth_date: date = date(1990, 1, 1)
    hukou_nature: str = "rural"


def by_route(group: str, parts: Mapping[str, int]) -> list[People]:
    return [People(group, count, *ROUTES[route]) for route, count in parts.items()]


class TruthSite(UnitSite):
    """A site whose stays are made by the hundred."""

    def populate(self, people: Sequence[People], home_code: str = CITY) -> None:
        run = self.connection.execute
        run("DELETE FROM core.stay")
        run("DELETE FROM core.person")
        for number, kind in enumerate(people):
            keys = f"'{number}-' || made.n AS person_key, '{number}-' || made.n AS stay_id"
            run(f"CREATE OR REPLACE TEMP TABLE kind AS SELECT {keys} FROM range({kind.count}) AS made(n)")
            run(
                "INSERT INTO core.person BY NAME SELECT person_key, '1' AS sex, $1::DATE AS birth_date, "
                "$2 AS hukou_nature, $3::DATE AS first_reported, $3::DATE AS last_reported FROM kind",
                [kind.birth_date, kind.hukou_nature, FIRST_REPORT],
            )
            run(
                "INSERT INTO core.stay BY NAME SELECT *, $1 AS reason_code, $2 AS origin_code, $3 AS dest_code, "
                "$4::DATE AS left_hukou_date, $4::DATE AS arrived_date, 1 AS evidence_count, 'f' AS forms, "
                "$5::DATE AS first_reported, $5::DATE AS last_reported FROM kind",
                [kind.group, kind.origin_code, kind.dest_code, kind.left_hukou_date, FIRST_REPORT],
            )
        run(
            "UPDATE raw.site SET home_code = $1, home_level = $2, run_date = $3",
            [home_code, HOMES[home_code], AS_OF],
        )
        for relation, query in self.tables_of_counting():
            run(f"DELETE FROM {relation}")
            run(f"INSERT INTO {relation} BY NAME {query}")

    def teach(self, people: Sequence[People], stages: Collection[str]) -> None:
        """Put those whose group is a school stage on the roster of a school, as pupils of that stage."""
        self.rows("DELETE FROM core.stay_sender")
        self.rows("DELETE FROM core.service")
        for number, kind in enumerate(people):
            if kind.group in stages:
                pupils = f"SELECT '{number}-' || n AS stay_id FROM range({kind.count}) AS made(n)"
                self.rows(
                    "INSERT INTO core.stay_sender BY NAME SELECT stay_id, 'education_roster' AS form_id, 'school' AS "
                    f"unit_code, $1::DATE AS says_from, $1::DATE AS first_reported FROM ({pupils})",
                    kind.left_hukou_date,
                )
                self.rows(
                    "INSERT INTO core.service BY NAME SELECT stay_id, 'education_roster' AS form_id, "
                    "'school' AS unit_code, 'SCHOOLING' AS service_code, 'yes' AS status, $1 AS detail_code, "
                    "$2::DATE AS from_date, $2::DATE AS first_reported, $2::DATE AS last_reported "
                    f"FROM ({pupils})",
                    *(kind.group, kind.left_hukou_date),
                )
        self.remake("int_service_answer", "int_service_span")

    def define(self, name: str, like: str, **changed: str | None) -> None:
        """Add an own definition: one row, like another but for some columns."""
        values = [f"{_literal(value)} AS {column}" for column, value in {"definition_id": name, **changed}.items()]
        self.rows(
            f"INSERT INTO ref.definition BY NAME SELECT * REPLACE ({', '.join(values)}) FROM ref.definition "
            "WHERE definition_id = ?",
            like,
        )

    def counted(self, group: str, direction: str = "in") -> dict[str, int]:
        """Count the people of a group by definition; nobody of it may be unknown."""
        level = self.rows("SELECT home_level FROM raw.site")[0][0]
        rows = self.rows(
            "SELECT definition_id, sum(persons), sum(persons_unknown) FROM stats.stock WHERE as_of = ? "
            "AND direction = ? AND level = ? AND reason_code = ? GROUP BY ALL",
            *(AS_OF, direction, level, group),
        )
        return {str(name): int(str(persons)) for name, persons, _ in rows}


def _literal(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"
