"""What is delivered, where to, and what popflow has to make of it: file by file, row by row, count by count."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from popflow.synthetic.county import County
from popflow.synthetic.faults import Written
from popflow.synthetic.lists import FAULT_SHARE
from popflow.synthetic.population import Scale

CONTAINER: Final = "container"


@dataclass(frozen=True)
class Counted:
    """One count of a table as written: of which unit, or from where to where, and what is counted."""

    item: str
    value: int
    unit_code: str | None = None
    origin_code: str | None = None
    dest_code: str | None = None


@dataclass(frozen=True)
class Delivered:
    """One file as delivered and what has to become of it."""

    night: int
    path: str
    form_id: str | None
    unit_code: str | None
    reported_on: date | None
    list_kind: str
    status: str
    fault: str | None = None
    rules: tuple[str, ...] = ()
    rows: tuple[tuple[int, Written], ...] = field(default=(), repr=False)
    counts: tuple[Counted, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Delivery:
    """Where the lists go, how the county is, and how its clerks are."""

    inboxes: Path
    county: County
    scale: Scale
    fault_share: float = FAULT_SHARE
    with_roles: bool = True
    with_departments: bool = True

    def inbox(self, night: int) -> Path:
        """The folder of what arrives before a night, counted from 1."""
        return self.inboxes / f"night{night}"
