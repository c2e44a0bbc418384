"""Small invented worlds for the stay rules: a township of three villages, a few people, half a year of lists.

Each world has its own villages and people, so that hundreds of them fit into one warehouse file and one dbt build.
The histories are mostly plausible (the same person, the same place, the same dates from list to list), because rules
show their corners where consecutive lists almost agree.
"""

from __future__ import annotations

import calendar
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from naive.listed import Evidence, File, Returned, Row, Span
from naive.places import Place, Places

_DATED = tuple(f"{date}_{part}" for date in ("left_hukou", "arrived", "ended") for part in ("date", "from", "to"))
COLUMNS = {
    "file": (
        *("file_id", "path", "sha256", "content_id", "form_id", "unit_code", "unit_level", "period", "reported_on"),
        *("list_kind", "received_at", "night_id", "status", "rows_in", "rows_accepted", "rows_returned"),
        *("rows_duplicate", "corrects_file_id"),
    ),
    "person_row": (
        *("file_id", "sheet", "row_number", "form_id", "unit_code", "period", "reported_on", "list_kind", "side"),
        *("person_key", "sex", "birth_date", "hukou_nature", "education_code"),
        *("origin_code", "origin_level", "origin_match", "dest_code", "dest_level", "dest_match"),
        *(*_DATED, "registered_date", "reason_code", "dwelling_code", "end_code", "is_numbered"),
    ),
    "person_link": ("person_key", "linked_key", "rule_id"),
    "correction": ("file_id", "sheet", "row_number", "by_file_id"),
}
RAW_SCHEMA = Path(__file__).parents[2] / "warehouse" / "raw.sql"
LEVELS = ("province", "city", "county", "township", "village")
HOME = "340124000000"
# Which villages of a world send a form, and from which side they mostly see people.
FORMS = {
    "village_inflow": ("destination", (0, 1)),
    "village_outflow": ("origin", (0,)),
    "police_registration": ("destination", (2,)),
    "health_roster": ("destination", (2,)),
    "labour_roster": ("origin", (0,)),
    "education_roster": ("destination", (1,)),
}
CONFIRM = {form: "registered_date" if form == "police_registration" else "report" for form in FORMS}
# Why a row says that somebody has gone or is missed; most give no reason.
END_CODES = ("LEFT", "LEFT", "OTHER", "RETURNED", "DEATH", "BECAME_LOCAL_HUKOU", "EXPIRED", "MISSING", "MISTAKE")
# The village lists come from every world, the others from every third.
RARE_FORMS = ("police_registration", "health_roster", "labour_roster", "education_roster")
MONTH_ENDS = (date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 31), date(2024, 9, 30), date(2024, 10, 31))
RUN_DATE = date(2024, 11, 30)
STARTS = (
    date(2023, 11, 3),
    date(2024, 3, 5),
    date(2024, 6, 20),
    date(2024, 7, 10),
    date(2024, 8, 15),
    date(2024, 9, 12),
)

# Far places: two provinces; a city with a district and a county, one without counties, one village.
FAR = {
    "330000000000": ("province",),
    "330100000000": ("city",),
    "330106000000": ("county",),
    "330122000000": ("county",),
    "330106001000": ("township",),
    "330106001001": ("village",),
    "330200000000": ("city",),
    "440000000000": ("province",),
    "441900000000": ("city",),
    "340000000000": ("province",),
    "340100000000": ("city",),
    HOME: ("county",),
}


@dataclass(frozen=True)
class World:
    """What was delivered about one township's people."""

    number: int
    files: tuple[File, ...]
    rows: tuple[Row, ...]
    returned: tuple[Returned, ...]
    # (file, row) that a slip has replaced, and the slip
    corrections: tuple[tuple[str, int, str], ...] = ()
    # keys of rows without a valid number, and whose they are
    links: tuple[tuple[str, str], ...] = ()


def place(code: str) -> Place:
    """Return a division of the test register; its ancestors are read off its code."""
    level = FAR[code][0] if code in FAR else "village"
    depth = LEVELS.index(level)
    chain = {
        name: code[:digits].ljust(12, "0")
        for name, digits in zip(LEVELS[: depth + 1], (2, 4, 6, 9, 12), strict=False)
        if not (name == "county" and code.startswith("4419"))
    }
    return Place(code, level, chain)


def villages(number: int) -> tuple[str, str, str]:
    """Return the three villages of a world."""
    township = f"340124{100 + number:03d}"
    return f"{township}201", f"{township}202", f"{township}203"


def collect(count: int, seed: int = 0) -> list[World]:
    """Return invented worlds; the same arguments give the same ones, and each depends on its number alone."""
    return [draw_world(Random(f"{seed}/{number}"), number) for number in range(count)]  # noqa: S311


def draw_world(rng: Random, number: int) -> World:
    """Draw one world."""
    people = [draw_life(rng, number, person) for person in range(rng.randint(1, 3))]
    files: list[File] = []
    rows: list[Row] = []
    returned: list[Returned] = []
    for form_id, (side, senders) in FORMS.items():
        if form_id in RARE_FORMS and rng.random() < 0.67:
            continue
        for unit in (villages(number)[sender] for sender in senders):
            for month, month_end in enumerate(MONTH_ENDS):
                for file in draw_files(rng, number, form_id, unit, month, month_end):
                    files.append(file)
                    rows += [row for life in people for row in draw_rows(rng, file, side, unit, month, life)]
                    returned += draw_refusals(rng, file, people)
    slips = draw_slips(rng, files, rows, returned)
    replaced = {(file_id, row) for file_id, row, _ in slips.corrections}
    standing = {row.person for row in (*rows, *slips.rows) if row.place_in_file not in replaced}
    links = tuple(
        (record_key(life.person), life.person)
        for life in people
        if life.is_linked and standing.issuperset({record_key(life.person), life.person})
    )
    return World(
        number, (*files, *slips.files), (*rows, *slips.rows), (*returned, *slips.returned), slips.corrections, links
    )


def record_key(person: str) -> str:
    """Return the key of somebody's rows without a valid number."""
    return f"{person}-record"


def draw_slips(rng: Random, files: Sequence[File], rows: Sequence[Row], returned: Sequence[Returned]) -> World:
    """Draw corrected slips: some rows come again, mended, dropped or returned once more; at times there is a second."""
    found = World(0, (), (), ())
    for file in (file for file in files if rng.random() < 0.05):
        source, own = file, [row for row in rows if row.file_id == file.file_id]
        refused = [each for each in returned if each.file_id == file.file_id]
        for round_number in range(rng.choice([1, 1, 1, 2])):
            slip = draw_slip(rng, source, own, refused, round_number)
            found = World(
                0,
                found.files + slip.files,
                found.rows + slip.rows,
                found.returned + slip.returned,
                found.corrections + slip.corrections,
            )
            source, own, refused = slip.files[0], list(slip.rows), list(slip.returned)
    return found


def draw_slip(rng: Random, source: File, own: Sequence[Row], refused: Sequence[Returned], round_number: int) -> World:
    """Draw one corrected slip of a file: sent on the same day, or later and then dated so."""
    slip = replace(
        source,
        file_id=f"{source.file_id}/slip{round_number}",
        reported_on=source.reported_on + timedelta(days=rng.choice([0, 0, 20])),
        status=rng.choice(["accepted", "accepted", "accepted", "returned"]),
        corrects=source.file_id,
    )
    if slip.status == "returned":
        return World(0, (slip,), (), ())
    mended = [row for row in own if rng.random() < 0.7]
    answered = [each for each in refused if rng.random() < 0.7]
    rows = [
        replace(row, file_id=slip.file_id, ended=None, dest=row.dest if rng.random() < 0.8 else None)
        for row in mended
        if rng.random() < 0.9
    ]
    return World(
        0,
        (slip,),
        tuple(rows),
        tuple(replace(each, file_id=slip.file_id) for each in answered if rng.random() < 0.3),
        tuple((each.file_id, each.row_number, slip.file_id) for each in (*mended, *answered)),
    )


@dataclass(frozen=True)
class Life:
    """What one person mostly does: one or two destinations, and from which month on the second."""

    person: str
    origin: str | None
    outward: tuple[str, str]
    inward_to: int
    starts: tuple[date, ...]
    changes_in: int
    leaves_in: int
    # whether rows without a valid number are known to be of this person
    is_linked: bool


def draw_life(rng: Random, number: int, person: int) -> Life:
    """Draw what one person mostly does."""
    own = villages(number)
    far = [*FAR, own[1], own[2]]
    return Life(
        person=f"w{number:04d}p{person}",
        origin=rng.choice([own[0], own[0], own[2], "330106001001", "330000000000", None]),
        outward=(rng.choice([*far, own[1], own[1]]), rng.choice([*far, own[1], own[1]])),
        inward_to=rng.randint(0, 1),
        starts=tuple(sorted(rng.choices(STARTS, k=2))),
        changes_in=rng.randint(1, 7),
        leaves_in=rng.randint(1, 9),
        is_linked=rng.random() < 0.7,
    )


def draw_files(rng: Random, number: int, form_id: str, unit: str, month: int, month_end: date) -> list[File]:
    """Draw the files of one form, unit and month: mostly one full list of the month's end."""

    def file(mark: str, day: date, kind: str = "full", status: str = "accepted") -> File:
        return File(f"w{number}/{form_id}/{unit}/{month}{mark}", form_id, unit, f"{day:%Y-%m}", day, kind, status)

    kind = rng.choice(["one"] * 12 + ["none", "parts", "replaced", "refused", "added", "removed", "changes"])
    early = month_end.replace(day=18)
    return {
        "none": [],
        "one": [file("", month_end)],
        "parts": [file("a", month_end), file("b", month_end)],
        "replaced": [file("a", early), file("b", month_end)],
        "refused": [file("", month_end, status="returned")],
        "added": [file("", month_end, "added")],
        "removed": [file("", month_end, "removed")],
        "changes": [file("", month_end, "changes")],
    }[kind]


def draw_rows(rng: Random, file: File, side: str, unit: str, month: int, life: Life) -> list[Row]:
    """Draw the rows of one person in one file: there while his life says so, at times otherwise."""
    if file.form_id == "police_registration" and rng.random() < 0.1:
        side = "origin" if side == "destination" else side
    here = villages_of(unit)[life.inward_to] if file.form_id in RARE_FORMS else unit
    is_due = month < life.leaves_in and (side == "origin" or villages_of(unit)[life.inward_to] == here)
    if file.status == "returned" or rng.random() < 0.06:
        is_due = not is_due and file.status != "returned"
    if not is_due:
        return []
    changed = month >= life.changes_in
    known = [start for start in life.starts if start <= file.reported_on]
    start = known[-1] if changed and known else known[0] if known else None
    noise = rng.randint(0, 11)
    goes = noise % 2 == 0 and (month + 1 == life.leaves_in or (month + 1 == life.changes_in and side == "origin"))
    end = date(2024, file.reported_on.month, 9) if goes else None
    far = life.outward[int(changed)]
    own = villages_of(unit)
    is_origin = side == "origin"
    origin = unit if is_origin else life.origin
    arrived_here = start if noise != 2 else None
    is_numbered = rng.random() < 0.9
    row = (
        Row(
            file_id=file.file_id,
            row_number=int(life.person[-1]) + 1,
            side=side,
            person=life.person if is_numbered else record_key(life.person),
            origin=None if not is_origin and origin == unit else origin,
            dest=far if is_origin else here,
            left=None if noise == 1 or (not is_origin and noise % 2) else said(rng, start),
            arrived=said(rng, _said_arrival(noise, start, file.reported_on) if is_origin else arrived_here),
            ended=None if end is None or (start is not None and end < start) else said(rng, end),
            reason=("WORK", "STUDY", None)[noise % 3],
            dwelling=("RENTED", None)[noise % 2],
            end_code=draw_end_code(rng, goes),
            registered=draw_registered(rng, file, start),
            is_numbered=is_numbered,
            sex=rng.choice(["1", "2", None]),
            birth=rng.choice([date(1988, 1, 5), date(1988, 5, 1), None]),
            nature=rng.choice(["rural", "urban", None]),
            education=rng.choice(["70", "60", None]),
        ),
    )
    return [*row, *draw_row_too_many(rng, row[0], own[1:])]


def draw_end_code(rng: Random, goes: bool) -> str | None:
    """Draw the reason of an end: of every second end, and seldom of a row that says none."""
    return rng.choice(END_CODES) if rng.random() < (0.5 if goes else 0.03) else None


def draw_registered(rng: Random, file: File, start: date | None) -> date | None:
    """Draw the day of registration: that of the arrival, endorsed anew, or none."""
    renewed = file.reported_on - timedelta(days=rng.randint(-3, 400))
    return rng.choice([start, renewed, None])


def draw_row_too_many(rng: Random, row: Row, elsewhere: Sequence[str]) -> list[Row]:
    """Draw a second row of a person in the same list: the same place or another, at times cancelled as a mistake."""
    if rng.random() > 0.04:
        return []
    dest = rng.choice([row.dest, *elsewhere])
    return [replace(row, row_number=row.row_number + 10, dest=dest, end_code=rng.choice(["MISTAKE", "EXPIRED", None]))]


def said(rng: Random, day: date | None) -> Span | None:
    """Return what is written for a day: mostly it, at times only its month or year or a range, rarely another."""
    if day is None:
        return None
    kind = rng.choice(["day"] * 7 + ["month", "year", "range", "slip"])
    month = calendar.monthrange(day.year, day.month)[1]
    return {
        "day": Span(day, day),
        "month": Span(day.replace(day=1), day.replace(day=month)),
        "year": Span(date(day.year, 1, 1), date(day.year, 12, 31)),
        "range": Span(day - timedelta(days=rng.randint(0, 40)), day + timedelta(days=rng.randint(0, 40))),
        "slip": Span(day.replace(day=1) - timedelta(days=31), day.replace(day=1) - timedelta(days=1)),
    }[kind]


def _said_arrival(noise: int, start: date | None, reported_on: date) -> date | None:
    """Return the day of arrival where an outflow list has one: mostly a week after leaving."""
    if start is None or noise not in (3, 4):
        return None
    return min(start + timedelta(days=7), reported_on) if noise == 3 else start


def villages_of(unit: str) -> tuple[str, str, str]:
    """Return the villages of the world a unit is of."""
    return villages(int(unit[6:9]) - 100)


def draw_refusals(rng: Random, file: File, people: Sequence[Life]) -> list[Returned]:
    """Draw returned rows: who may be in them, or that nobody can be told."""
    if rng.random() < 0.85:
        return []
    persons = frozenset(
        life.person if rng.random() < 0.8 else record_key(life.person) for life in people if rng.random() < 0.5
    )
    return [Returned(file.file_id, 90, bool(persons) or rng.random() < 0.5, persons)]


# ---- the same as tables ---------------------------------------------------------------------------------------------


def places_of(count: int) -> Places:
    """Return all divisions of the test register."""
    codes = [*FAR, *(code for number in range(count) for code in villages(number))]
    return {code: place(code) for code in codes}


def evidence_of(found: Sequence[World], places: Places, run_date: date = RUN_DATE) -> Evidence:
    """Return what the naive rules read."""
    return Evidence(
        files=[file for world in found for file in world.files],
        rows=[row for world in found for row in world.rows],
        returned=[each for world in found for each in world.returned],
        places=places,
        replaced=frozenset((file_id, row) for world in found for file_id, row, _ in world.corrections),
        links={key: person for world in found for key, person in world.links},
        run_date=run_date,
        confirm=CONFIRM,
    )


def write_raw(path: Path, found: Sequence[World], run_date: date = RUN_DATE) -> None:
    """Write the worlds as schema raw of a new warehouse file, in an order that has nothing to do with their dates."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO raw.site VALUES (?, 'county', ?, '20241130-01', 3)", [HOME, run_date])
        _insert(connection, "form", ((form, by, 12, 0) for form, by in CONFIRM.items()))
        _insert(connection, "person_link", ((*link, "link_number") for world in found for link in world.links))
        _insert(connection, "division", (_division(each) for each in _with_townships(len(found))))
        files = {file.file_id: file for world in found for file in world.files}
        _insert(connection, "file", (_file(file) for file in files.values()))
        _insert(connection, "person_row", (_row(row, files[row.file_id]) for w in found for row in w.rows))
        returned = [each for world in found for each in world.returned]
        _insert(connection, "returned_row", (_returned(each, files[each.file_id]) for each in returned))
        _insert(
            connection,
            "returned_match",
            ((each.file_id, "Sheet1", each.row_number, person) for each in returned for person in sorted(each.persons)),
        )
        corrections = [each for world in found for each in world.corrections]
        _insert(connection, "correction", ((file_id, "Sheet1", row, slip) for file_id, row, slip in corrections))


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    columns = COLUMNS.get(table) or [name for name, *_ in connection.execute(f"DESCRIBE raw.{table}").fetchall()]
    values = list(rows)
    Random(table).shuffle(values)  # noqa: S311
    if values:
        arrow = pa.table({name: [row[position] for row in values] for position, name in enumerate(columns)})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            pq.write_table(arrow, path)
            connection.execute(f"INSERT INTO raw.{table} BY NAME FROM read_parquet($path)", {"path": str(path)})


def _with_townships(count: int) -> list[Place]:
    townships = [
        Place(
            f"340124{100 + n:03d}000", "township", place(villages(n)[0]).chain | {"township": f"340124{100 + n:03d}000"}
        )
        for n in range(count)
    ]
    for each in townships:
        each.chain.pop("village", None)
    return [*places_of(count).values(), *townships]


def _division(each: Place) -> tuple[object, ...]:
    upper = [each.chain.get(level) for level in LEVELS]
    parents = [code for code in upper if code and code != each.code]
    return (
        each.code, each.level, each.code, each.code, parents[-1] if parents else None, *upper, None, False,
        each.code.startswith("330106"), date(2000, 1, 1), None,
    )  # fmt: skip


def _file(file: File) -> tuple[object, ...]:
    return (
        file.file_id, file.file_id, file.file_id, file.file_id, file.form_id, file.unit_code, "village", file.period,
        file.reported_on, file.list_kind, datetime(2024, 11, 1), "20241101-01", file.status, 9, 9, 0, 0,  # noqa: DTZ001
        file.corrects,
    )  # fmt: skip


def _row(row: Row, file: File) -> tuple[object, ...]:
    origin = place(row.origin).level if row.origin else None
    dest = place(row.dest).level if row.dest else None
    return (
        row.file_id, row.sheet, row.row_number, file.form_id, file.unit_code, file.period, file.reported_on,
        file.list_kind, row.side, row.person, row.sex, row.birth, row.nature, row.education, row.origin, origin,
        "exact" if row.origin else "none", row.dest, dest, "exact" if row.dest else "none",
        *_days(row.left), *_days(row.arrived), *_days(row.ended), row.registered, row.reason, row.dwelling,
        row.end_code, row.is_numbered,
    )  # fmt: skip


def _days(span: Span | None) -> tuple[date | None, date | None, date | None]:
    return (span.day, span.first, span.last) if span else (None, None, None)


def _returned(each: Returned, file: File) -> tuple[object, ...]:
    return (
        each.file_id, "Sheet1", each.row_number, file.form_id, file.unit_code, file.period, file.reported_on,
        each.has_identity,
    )  # fmt: skip
