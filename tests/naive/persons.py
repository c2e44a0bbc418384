"""What is known of a person, in plain Python: each attribute as the form says it that knows it best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from naive.listed import Evidence, File, Row, current_files
from naive.merging import ranks


@dataclass(frozen=True)
class Person:
    sex: str | None
    birth: date | None
    nature: str | None
    education: str | None
    reported: tuple[date, date]


def build_persons(evidence: Evidence) -> dict[str, Person]:
    """Return all people by their keys."""
    current = current_files(evidence.files)
    rows_of: dict[str, list[tuple[File, Row]]] = defaultdict(list)
    for row in evidence.rows:
        if row.file_id in current and row.place_in_file not in evidence.replaced:
            rows_of[evidence.person_of(row.person)].append((current[row.file_id], row))
    return {key: _person(rows) for key, rows in rows_of.items()}


def _person(rows: Sequence[tuple[File, Row]]) -> Person:
    days = [file.reported_on for file, _ in rows]
    return Person(
        sex=_best(rows, "sex", "sex", by_number=True),
        birth=_best(rows, "birth", "birth_date", by_number=True),
        nature=_best(rows, "nature", "hukou_nature"),
        education=_best(rows, "education", "education_code"),
        reported=(min(days), max(days)),
    )


def _best(rows: Sequence[tuple[File, Row]], field: str, attribute: str, *, by_number: bool = False) -> object:
    """What a valid number says goes first, then the form that knows best, the latest report, the smallest value."""
    said = [
        (
            by_number and not row.is_numbered,
            ranks()[file.form_id, attribute],
            -file.reported_on.toordinal(),
            getattr(row, field),
        )
        for file, row in rows
        if getattr(row, field) is not None
    ]
    return min(said)[3] if said else None
