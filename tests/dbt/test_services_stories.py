"""The rules of services, each as a short story of answers in lists; and that no answer a list can give is forgotten."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

import duckdb
import pytest
from list_maker import HOME_VILLAGE, NINGBO, OTHER_VILLAGE, Case, Row
from stories import Told, teller_of

from ingest.declaration import PersonForm, load_forms, load_value_lists
from quality.handed_on import _value_selects
from warehouse import dbt_runner

AUG, SEP, OCT, NOV = "2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30"
SEEDS = dbt_runner.PROJECT_DIR / "seeds"


@dataclass(frozen=True)
class Service:
    """What a story expects of one service."""

    code: str
    status: str
    since: str
    until: str | None = None
    detail: str | None = None
    form: str = "labour_roster"


@dataclass
class Book:
    """The lists of one story, with what the rows say of services."""

    case: Case

    def list(self, form: str, on: str, *, dest: str = OTHER_VILLAGE, unit: str = "unit", **said: Any) -> None:
        """Deliver a list with one row and its further answers: codes, dates or numbers by field."""
        row = Row(
            dest=dest, origin=HOME_VILLAGE, arrived=said.pop("arrived", None), dwelling=said.pop("dwelling", None)
        )
        file_id = self.case.deliver(form, on, [row], unit=unit)
        values = self.case.tables.setdefault("person_value", [])
        for name, answer in said.items():
            for each in answer if isinstance(answer, tuple) else (answer,):
                day = each if isinstance(each, date) else None
                number = each if isinstance(each, int) else None
                code = each if isinstance(each, str) else None
                values.append((file_id, "Sheet1", 2, name, code, day, day, number))


Story = Callable[[Book], Sequence[Service]]
STORIES: dict[str, Sequence[Service]] = {}


def story(tell: Story) -> Story:
    @teller_of(STORIES)
    @wraps(tell)
    def told(case: Case) -> Sequence[Service]:
        return tell(Book(case))

    return tell


@story
def lists_that_say_the_same_are_one_time(book: Book) -> Sequence[Service]:
    for on in (AUG, SEP, OCT):
        book.list("labour_roster", on, training="YES")
    return [Service("TRAINING", "yes", AUG)]


@story
def another_answer_closes_the_time_before(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, contract="NONE")
    book.list("labour_roster", SEP, contract="FIXED_TERM")
    return [
        Service("CONTRACT", "no", AUG, SEP, detail="NONE"),
        Service("CONTRACT", "yes", SEP, detail="FIXED_TERM"),
    ]


@story
def silence_is_no_answer(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, training="YES")
    book.list("labour_roster", SEP)
    book.list("labour_roster", OCT, training="YES")
    return [Service("TRAINING", "yes", AUG)]


@story
def the_insurances_not_named_are_not_known(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, insurance=("PENSION", "MEDICAL"))
    return [
        Service("INSURANCE_ANY", "yes", AUG),
        Service("INSURANCE_MEDICAL", "yes", AUG),
        Service("INSURANCE_PENSION", "yes", AUG),
    ]


@story
def none_of_the_insurances_is_no_for_each_but_for_the_one_named(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, insurance="NONE", insured_injury="YES")
    no = ("MATERNITY", "MEDICAL", "PENSION", "UNEMPLOYMENT")
    return sorted(
        [
            Service("INSURANCE_ANY", "yes", AUG),
            Service("INSURANCE_INJURY", "yes", AUG),
            *(Service(f"INSURANCE_{kind}", "no", AUG) for kind in no),
        ],
        key=lambda service: service.code,
    )


@story
def wages_not_paid_every_month_are_arrears(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, wages_paid_monthly="NO")
    book.list("labour_roster", SEP, wages_paid_monthly="YES")
    book.list("labour_roster", OCT, wages_paid_monthly="YES", wage_arrears="YES")
    return [
        Service("WAGE_ARREARS", "yes", AUG, SEP),
        Service("WAGE_ARREARS", "no", SEP, OCT),
        Service("WAGE_ARREARS", "yes", OCT),
    ]


@story
def a_permit_holds_from_its_issue_to_its_last_day(book: Book) -> Sequence[Service]:
    book.list(
        "police_registration",
        OCT,
        permit_kind="RESIDENCE_PERMIT",
        permit_date=date(2024, 3, 1),
        permit_until=date(2025, 2, 28),
    )
    return [
        Service("RESIDENCE_PERMIT", "yes", "2024-03-01", "2025-03-01", "RESIDENCE_PERMIT", "police_registration"),
    ]


@story
def an_issue_before_the_last_no_begins_after_it(book: Book) -> Sequence[Service]:
    book.list("police_registration", SEP, permit_kind="PENDING")
    book.list("police_registration", OCT, permit_kind="RESIDENCE_PERMIT", permit_date=date(2024, 3, 1))
    return [
        Service("RESIDENCE_PERMIT", "pending", SEP, "2024-10-01", "PENDING", "police_registration"),
        Service("RESIDENCE_PERMIT", "yes", "2024-10-01", None, "RESIDENCE_PERMIT", "police_registration"),
    ]


@story
def forms_that_contradict_each_other_stand_side_by_side(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, permit_kind="NONE")
    book.list("police_registration", AUG, permit_kind="RESIDENCE_PERMIT", unit="station")
    return [
        Service("RESIDENCE_PERMIT", "no", AUG, None, "NONE"),
        Service("RESIDENCE_PERMIT", "yes", AUG, None, "RESIDENCE_PERMIT", "police_registration"),
    ]


@story
def a_child_in_school_goes_to_a_stage(book: Book) -> Sequence[Service]:
    book.list("education_roster", SEP, in_school="YES", school_stage="PRIMARY", school_entry_date=date(2024, 9, 1))
    book.list("education_roster", OCT, in_school="NO")
    return [
        Service("SCHOOLING", "yes", "2024-09-01", OCT, "PRIMARY", "education_roster"),
        Service("SCHOOLING", "no", OCT, None, None, "education_roster"),
    ]


@story
def health_services_and_the_dwelling_have_their_own_rows(book: Book) -> Sequence[Service]:
    book.list("health_roster", AUG, health_record="YES", vaccination="NO", dwelling="RENTED")
    return [
        Service("HEALTH_RECORD", "yes", AUG, form="health_roster"),
        Service("HOUSING", "yes", AUG, None, "RENTED", "health_roster"),
        Service("VACCINATION", "no", AUG, form="health_roster"),
    ]


@story
def a_new_stay_is_asked_anew(book: Book) -> Sequence[Service]:
    book.list("labour_roster", AUG, contract="SIGNED")
    book.list("labour_roster", SEP, contract="SIGNED", dest=NINGBO)
    return [
        Service("CONTRACT", "yes", AUG, None, "SIGNED"),
        Service("CONTRACT", "yes", SEP, None, "SIGNED"),
    ]


def _services_of(told: Told, case: str) -> list[Service]:
    with duckdb.connect(str(told.path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT service_code, status, from_date, to_date, detail_code, form_id FROM core.service "
            "WHERE person_key = ? ORDER BY service_code, from_date, form_id",
            [f"{case}:A"],
        ).fetchall()
    return [
        Service(code, status, str(since), str(until) if until else None, detail, form)
        for code, status, since, until, detail, form in rows
    ]


@pytest.mark.parametrize("name", STORIES)
def test_story(told: Told, name: str) -> None:
    services = _services_of(told, name)
    assert len(services) == len(STORIES[name])
    assert services == list(STORIES[name])


def test_the_data_tests_of_services_hold_for_all_stories(told: Told) -> None:
    outcomes = {check.check_id: check.success for check in told.outcome.checks if "service" in check.check_id}
    assert len(outcomes) >= 8
    assert [name for name, success in outcomes.items() if not success] == []


def test_every_service_leads_back_to_the_row_that_says_so(told: Told) -> None:
    with duckdb.connect(str(told.path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT count(*), count(e.stay_id) FROM core.service AS s LEFT JOIN core.stay_evidence AS e "
            "ON e.file_id = s.file_id AND e.sheet = s.sheet AND e.row_number = s.row_number "
            "AND e.stay_id = s.stay_id AND e.reported_on = s.last_reported AND e.person_key = s.person_key"
        ).fetchall()
    assert rows[0][0] > 20
    assert rows[0][0] == rows[0][1]


def _map() -> list[dict[str, str]]:
    with (SEEDS / "service_map.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _declared() -> Iterator[tuple[str, str | None]]:
    """Name every field that the gate hands on as further values, and the dwelling, with each of its codes."""
    lists = load_value_lists()
    for form in load_forms().values():
        if isinstance(form, PersonForm):
            handed_on = {select.split("'")[1] for select in _value_selects(form)}
            for name, declaration in form.fields.items():
                if name in handed_on or name == "dwelling":
                    entries = lists[declaration.values].codes if declaration.values else ()
                    yield from ((name, entry.code) for entry in entries)
                    if not entries:
                        yield name, None


def test_everything_lists_can_say_is_mapped_or_explained() -> None:
    rows = _map()
    said = {(row["field"], row["code"]) for row in rows}
    silent = {row["field"] for row in rows if row["says"] == "none"}
    declared = list(_declared())
    assert len(declared) > 80
    forgotten = [each for each in declared if each[0] not in silent and (each[0], each[1] or "") not in said]
    assert forgotten == []
    assert {row["field"] for row in rows} - {name for name, _ in declared} == set()
    assert [row for row in rows if row["says"] == "none" and not row["note"]] == []


def test_one_field_and_code_says_one_thing_of_a_service() -> None:
    keys = [(row["field"], row["code"], row["service_code"]) for row in _map()]
    assert len(keys) > 90
    assert len(keys) == len(set(keys))
