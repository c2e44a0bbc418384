"""What the truth of an invented county says should stand in the warehouse, worked out with the naive rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
from naive import counting, listed, stays
from naive.matches import Listed, has_identity, possible_persons
from naive.places import LEVELS, Place, Places

Truth = dict[str, object]
COUNT_FORMS = ("township_report", "hukou_population", "od_return")


class IndexedRegister(counting.Register):
    """The naive register with its rows found by code: the demo has too many places to look through all of them."""

    def __init__(self, divisions: Iterable[counting.Division]) -> None:
        super().__init__(divisions)
        self._by_code = {row.code: row for row in self.divisions}

    def place(self, code: str | None, day: date) -> counting.Division | None:  # noqa: ARG002 - one vintage only
        return None if code is None else self._by_code.get(code)


def read_rows(path: Path) -> list[Truth]:
    """Return a table of the truth, row by row."""
    with duckdb.connect() as connection:
        cursor = connection.execute("FROM read_parquet($path)", {"path": str(path)})
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_register(warehouse: duckdb.DuckDBPyConnection) -> IndexedRegister:
    """Return the divisions that the naive counting needs: all counties and above, and the stays' own places."""
    rows = warehouse.execute("""
        SELECT code, level, name, province_code, city_code, county_code, township_code, village_code, is_virtual,
               is_city_district, valid_from, valid_to
        FROM ref.division WHERE level IN ('province', 'city', 'county') OR code IN (
            SELECT unnest([code, township_code]) FROM ref.division
            WHERE code IN (SELECT unnest([origin_code, dest_code]) FROM core.stay)
        )
    """).fetchall()
    return IndexedRegister(counting.Division(*row) for row in rows)


@dataclass(frozen=True)
class Told:
    """The truth of a county and what follows from it.

    ``alone`` names the persons of rows without a number of whom the lists do not prove who they are about, by night,
    path and row: nobody can know what the truth knows of them.
    """

    folder: Path
    register: IndexedRegister
    alone: Mapping[tuple[object, object, object], str] = field(default_factory=dict)

    @cached_property
    def files(self) -> list[Truth]:
        return read_rows(self.folder / "file.parquet")

    @cached_property
    def rows(self) -> list[Truth]:
        return read_rows(self.folder / "row.parquet")

    @cached_property
    def places(self) -> Places:
        found = {}
        for row in self.register.divisions:
            chain = {level: getattr(row, f"{level}_code") for level in LEVELS}
            found[row.code] = Place(row.code, row.level, {k: v for k, v in chain.items() if v})
        return found

    @cached_property
    def counts(self) -> list[Truth]:
        return read_rows(self.folder / "count.parquet")

    @cached_property
    def taken(self) -> dict[int, Truth]:
        """The person lists that stand, by number: not those that came back whole or were known already."""
        return {
            file["file_number"]: file
            for file in self.files
            if file["form_id"] not in COUNT_FORMS and file["status"] in listed.TAKEN
        }

    def evidence(self) -> listed.Evidence:
        """Return what the naive stay rules read."""
        files = [_file(file) for file in self.taken.values()]
        accepted = [r for r in self.rows if r["outcome"] == "accepted" and r["file_number"] in self.taken]
        return listed.Evidence(files, [self._row(row) for row in accepted], self._returned(accepted), self.places)

    def _row(self, row: Truth) -> listed.Row:
        return listed.Row(
            file_id=str(row["file_number"]), row_number=row["row_number"],
            side=str(row["side"]), person=self.person(row),
            origin=row["origin_code"], dest=row["dest_code"], reason=row["reason_code"],
            left=listed.on(row["left_hukou_date"]), arrived=listed.on(row["arrived_date"]),
            ended=listed.on(row["ended_date"]),
            dwelling=row["dwelling_code"],
        )  # fmt: skip

    def person(self, row: Truth) -> str:
        """Return whom a row is about, as far as it can be known."""
        return self._alone.get((row["file_number"], row["row_number"]), str(row["person_id"]))

    @cached_property
    def _alone(self) -> dict[tuple[object, object], str]:
        numbers = {copy: number for number, file in self.taken.items() for copy in self.copies_of(file)}
        return {(numbers[night, path], row): person for (night, path, row), person in self.alone.items()}

    def _returned(self, accepted: Iterable[Truth]) -> list[listed.Returned]:
        """Return the returned rows of lists that stand, with the persons who may be in them."""
        people: dict[tuple[object, object], set[Listed]] = defaultdict(set)
        for row in accepted:
            file = self.taken[row["file_number"]]
            person = Listed(self.person(row), str(row["person_name"]), str(row["id_number"]))
            people[file["form_id"], file["unit_code"]].add(person)
        found = []
        for row in self.rows:
            if row["outcome"] != "returned" or row["file_number"] not in self.taken:
                continue
            file = self.taken[row["file_number"]]
            name, number = row["written_name"], row["written_number"]
            persons = possible_persons(name, number, people[file["form_id"], file["unit_code"]])
            known = has_identity(name, number)
            found.append(listed.Returned(str(row["file_number"]), row["row_number"], known, persons))
        return found

    def broken_rows(self) -> Iterator[tuple[Truth, int, Truth]]:
        """Yield every row of a standing list that has to come back, with its file and number."""
        for row in self.rows:
            if row["outcome"] == "returned" and row["file_number"] in self.taken:
                yield self.taken[row["file_number"]], row["row_number"], row

    def copies_of(self, file: Truth) -> list[tuple[object, object]]:
        """Return night and path of a file and of all that say the same."""
        same = ("form_id", "unit_code", "reported_on", "list_kind", "rows_in")
        copies = [
            other
            for other in self.files
            if other["fault"] == "same_content" and all(other[name] == file[name] for name in same)
        ]
        return [(each["night"], each["path"]) for each in (file, *copies)]

    def stays(self) -> list[counting.Stay]:
        """Return all stays that can be proven, with what is known of their persons."""
        persons = self._persons()
        return [
            counting.Stay(
                stay_id=str(number), person_key=stay.person, origin_code=stay.origin, dest_code=stay.dest,
                left_hukou_date=stay.left_date, left_hukou_after=stay.left_after, left_hukou_before=stay.left_before,
                arrived_date=stay.arrived, arrived_after=stay.arrived_after,
                arrived_before=stay.arrived_before, ended_date=stay.ended, ended_after=stay.ended_after,
                ended_before=stay.ended_before, reason_code=stay.reason, **persons[stay.person],
            )
            for number, stay in enumerate(stays.build_stays(self.evidence()))
        ]  # fmt: skip

    def _persons(self) -> dict[str, Truth]:
        current = listed.current_files(_file(file) for file in self.taken.values())
        persons: dict[str, Truth] = {}
        for row in self.rows:
            if row["outcome"] == "accepted" and str(row["file_number"]) in current:
                person = persons.setdefault(
                    self.person(row), {"sex": row["sex"], "birth_date": row["birth_date"], "hukou_nature": None}
                )
                person["hukou_nature"] = person["hukou_nature"] or row["hukou_nature"]
        return persons


def _file(file: Truth) -> listed.File:
    reported_on: date = file["reported_on"]
    return listed.File(
        file_id=str(file["file_number"]), form_id=str(file["form_id"]), unit_code=str(file["unit_code"]),
        period=f"{reported_on:%Y-%m}", reported_on=reported_on, list_kind=str(file["list_kind"]),
        status=str(file["status"]),
    )  # fmt: skip
