"""What is in the inbox on each night: lists of villages and departments, late ones, copies, and files nobody can use.

Every file goes to its folder below a night's inbox together with what popflow has to make of it (``Delivered``), which
is what tests compare the night with.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import duckdb
import numpy as np

from popflow.synthetic.county import Place, short_name
from popflow.synthetic.delivered import Delivered, Delivery
from popflow.synthetic.departments import deliver_departments
from popflow.synthetic.faults import ACCEPTED, DUPLICATE, RETURNED, Known
from popflow.synthetic.habits import INFLOW, OUTFLOW, Clerk, hire_clerk
from popflow.synthetic.knowledge import read_known
from popflow.synthetic.lists import Composed, Head, compose_list, lay_out, write_people
from popflow.synthetic.population import Scale
from popflow.synthetic.spoiled import spoiled_files
from popflow.synthetic.township import write_township_reports
from popflow.synthetic.writers import write_sheet

# Of a month's lists, the share that is: sent a night late, unusable as a whole, of additions only, of those gone only,
# in two parts, sent in advance and then replaced, copied under another name, sent once more the next night.
_ROLE_SHARES: Final = (
    ("late", 0.015), ("all_numeric", 0.008), ("additions", 0.01), ("removals", 0.01), ("parts", 0.01),
    ("advance", 0.015), ("copied", 0.02), ("repeated", 0.015),
)  # fmt: skip
_ADVANCE_DAY: Final = 20
# Lists with fewer rows get no faults, so that one broken row does not decide about the file.
_LEAST_ROWS_WITH_FAULTS: Final = 6
_PATH_WORDS: Final = {INFLOW: "流入", OUTFLOW: "流出"}
_ENCODING_AGAIN: Final = {"utf-8": "gb18030", "utf-8-sig": "gb18030", "gb18030": "utf-8-sig"}


@dataclass(frozen=True)
class _List:
    """One list to be written: of which clerk and village, with whom."""

    night: int
    clerk: Clerk
    head: Head
    people: Sequence[Known]
    gone: Sequence[Known] = ()
    list_kind: str = "full"

    def seed(self, scale: Scale) -> list[int]:
        """The seed of everything drawn for this list."""
        text = f"{self.clerk.form_id}/{self.head.unit_code}/{self.head.reported_on}/{self.list_kind}"
        return [scale.seed, zlib.crc32(text.encode())]


def deliver(delivery: Delivery, truth: duckdb.DuckDBPyConnection) -> Iterator[Delivered]:
    """Write the files of every night; ``truth`` has tables place, person and stay."""
    ends = delivery.scale.month_ends
    clerks = _hire_clerks(delivery)
    homes = {place.code: place for place in delivery.county.villages}
    for night, month_end in enumerate(ends, start=1):
        for form_id, unit_code, people in read_known(truth, month_end.replace(day=1), month_end):
            clerk = clerks[form_id, unit_code]
            # Whoever has gone stands in the list once more only where it has a column to say so.
            gone = [person for person in people if person.ended_date is not None]
            kept = people if "ended_date" in clerk.columns else [p for p in people if p.ended_date is None]
            head = _make_head(homes[unit_code], month_end)
            if kept:
                yield from _deliver_list(delivery, _List(night, clerk, head, kept, gone))
        yield from _deliver_rest(delivery, truth, night, month_end)


def _deliver_rest(
    delivery: Delivery, truth: duckdb.DuckDBPyConnection, night: int, month_end: date
) -> Iterator[Delivered]:
    """Write the lists of the departments, the townships' reports and, where asked for, files nobody can use."""
    inbox = delivery.inbox(night)
    if delivery.with_departments:
        yield from deliver_departments(delivery, truth, night, month_end)
    for path, unit_code in write_township_reports(truth, inbox, delivery.county, month_end):
        yield Delivered(night, path, "township_report", unit_code, month_end, "full", ACCEPTED)
    if delivery.with_roles:
        for path, fault, rules in spoiled_files(inbox, month_end):
            yield Delivered(night, path, None, None, None, "full", RETURNED, fault, rules)


def _hire_clerks(delivery: Delivery) -> dict[tuple[str, str], Clerk]:
    """Draw the clerk of every village and form, the same for all months."""
    return {
        (form_id, place.code): hire_clerk(
            np.random.default_rng([delivery.scale.seed, zlib.crc32(f"{form_id}/{place.code}".encode())]), form_id
        )
        for form_id in (INFLOW, OUTFLOW)
        for place in delivery.county.villages
    }


def _make_head(place: Place, reported_on: date) -> Head:
    """Return what a village's list says about itself."""
    return Head(
        township=place.names["township"],
        village=short_name(place.names["village"]),
        official_name=place.names["village"],
        unit_code=place.code,
        reported_on=reported_on,
    )


def _deliver_list(delivery: Delivery, each: _List) -> Iterator[Delivered]:
    """Write one list in the role that falls to it this month."""
    rng = np.random.default_rng(each.seed(delivery.scale))
    role = _draw_role(rng, delivery, each)
    if role in _ROLES:
        yield from _ROLES[role](delivery, each, rng)
    else:
        yield _write(delivery, each, _compose(delivery, each, rng))


def _draw_role(rng: np.random.Generator, delivery: Delivery, each: _List) -> str | None:
    """Draw the role of a list; small lists and the last month's late ones stay ordinary."""
    draw = rng.random()
    if not delivery.with_roles or len(each.people) < 2 * _LEAST_ROWS_WITH_FAULTS:
        return None
    for role, share in _ROLE_SHARES:
        if draw < share:
            return None if role in ("late", "repeated") and each.night == delivery.scale.months else role
        draw -= share
    return None


def _compose(delivery: Delivery, each: _List, rng: np.random.Generator) -> Composed:
    """Write the cells of a list, with faults where it is long enough."""
    fault_share = delivery.fault_share if len(each.people) >= _LEAST_ROWS_WITH_FAULTS else 0.0
    return compose_list(rng, each.clerk, each.head, each.people, fault_share)


def _write(delivery: Delivery, each: _List, composed: Composed, mark: str = "") -> Delivered:
    """Write the file and say what has to become of it."""
    path = _name_file(each, mark)
    write_sheet(delivery.inbox(each.night) / path, composed.sheet, each.clerk.encoding)
    outcomes = {row.outcome for _, row in composed.rows}
    status = "partly_returned" if RETURNED in outcomes else ACCEPTED
    return Delivered(
        each.night, path, each.clerk.form_id, each.head.unit_code, each.head.reported_on, each.list_kind, status,
        rows=composed.rows,
    )  # fmt: skip


def _name_file(each: _List, mark: str) -> str:
    """Return the path as the clerk chooses it; the third style says nothing, where the content says all."""
    clerk, head = each.clerk, each.head
    month = f"{head.reported_on:%Y-%m}"
    word = f"{head.kind_word}{_PATH_WORDS[clerk.form_id]}人口{mark}"
    if clerk.path_style == 0 or "path" in (clerk.unit_in, clerk.date_in):
        return f"{head.township}/{head.village}/{month}{word}{clerk.suffix}"
    if clerk.path_style == 1:
        return f"{month}/{head.township}{head.village}_{word}{clerk.suffix}"
    number = zlib.crc32(f"{head.unit_code}{word}{month}".encode())
    return f"报送/{number:010d}{clerk.suffix}"


def _send_late(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """The list of this month comes a night later."""
    late = replace(each, night=each.night + 1)
    yield replace(_write(delivery, late, _compose(delivery, late, rng)), fault="late")


def _send_all_numeric(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """Every number was typed as a number: the whole file has to come back."""
    rows = write_people(rng, each.clerk, each.head, each.people, 0.0)
    spoiled = [
        replace(row, cells=row.cells | {"id_number": _as_number(each.clerk, row.known.id_number)}, outcome=RETURNED)
        for row in rows
    ]
    delivered = _write(delivery, each, lay_out(rng, each.clerk, each.head, spoiled))
    yield replace(delivered, status=RETURNED, fault="all_numeric", rules=("file_mostly_wrong",))


def _as_number(clerk: Clerk, number: str) -> str | float:
    """Return a number as a spreadsheet keeps it when it is typed without a text mark."""
    digits = float(f"{number[:17]}0")
    return f"{digits:.5E}" if clerk.suffix == ".csv" else digits


def _send_additions(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """Only who came since the last list, and it says so."""
    first_day = each.head.reported_on.replace(day=1)
    came = [person for person in each.people if _started(person) >= first_day and person.ended_date is None]
    if came:
        additions = replace(each, people=came, head=replace(each.head, kind_word="新增"), list_kind="added")
        yield replace(_write(delivery, additions, _compose(delivery, additions, rng)), fault="additions")


def _send_removals(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """Only who has gone since the last list, with the day where the clerk has a column for it."""
    if each.gone:
        head = replace(each.head, kind_word="减少")
        removals = replace(each, people=each.gone, head=head, list_kind="removed")
        yield replace(_write(delivery, removals, _compose(delivery, removals, rng)), fault="removals")


def _started(person: Known) -> date:
    """Return when somebody truly came, which an outflow list's clerk knows as well."""
    return person.arrived_date or date.min


def _send_parts(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """One list in two files: together they are the list of that day."""
    middle = len(each.people) // 2
    for mark, people in (("（一）", each.people[:middle]), ("（二）", each.people[middle:])):
        part = replace(each, people=people)
        yield replace(_write(delivery, part, _compose(delivery, part, rng), mark), fault="parts")


def _send_advance(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """A list of the 20th, incomplete, and then the month's: the later one replaces it."""
    day = each.head.reported_on.replace(day=_ADVANCE_DAY)
    # Every ninth person was forgotten; nobody can be in it who came or left later.
    early = [person for number, person in enumerate(each.people) if number % 9 and _is_known_by(person, day)]
    if each.clerk.date_in not in ("label", "footer"):
        each = replace(each, clerk=replace(each.clerk, date_in="label"))
    advance = replace(each, people=early, head=replace(each.head, reported_on=day))
    yield replace(_write(delivery, advance, _compose(delivery, advance, rng), "（初报）"), fault="advance")
    yield _write(delivery, each, _compose(delivery, each, rng))


def _is_known_by(person: Known, day: date) -> bool:
    """Whether everything a row says of a person lies before the day."""
    days = (person.left_hukou_date, person.arrived_date, person.ended_date)
    return all(each is None or each <= day for each in days)


def _send_copied(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """The same file twice, under two names."""
    composed = _compose(delivery, each, rng)
    yield _write(delivery, each, composed)
    yield _duplicate(_write(delivery, each, composed, "（副本）"))


def _send_repeated(delivery: Delivery, each: _List, rng: np.random.Generator) -> Iterator[Delivered]:
    """The same list once more in the next night; a text file is saved in another encoding."""
    composed = _compose(delivery, each, rng)
    yield _write(delivery, each, composed)
    encoding = _ENCODING_AGAIN.get(each.clerk.encoding, each.clerk.encoding)
    again = replace(each, night=each.night + 1, clerk=replace(each.clerk, encoding=encoding))
    yield _duplicate(_write(delivery, again, composed, "（重报）"))


def _duplicate(delivered: Delivered) -> Delivered:
    """Return the delivery as one that changes nothing."""
    return replace(delivered, status=DUPLICATE, fault="same_content")


_ROLES: Final = {
    "late": _send_late,
    "all_numeric": _send_all_numeric,
    "additions": _send_additions,
    "removals": _send_removals,
    "parts": _send_parts,
    "advance": _send_advance,
    "copied": _send_copied,
    "repeated": _send_repeated,
}
