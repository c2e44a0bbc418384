"""The county's departments deliver too: public security, health, labour, education and statistics.

Their lists tell of the same people and stays as the villages' (``department_knowledge``), in their own words
(``department_lists``); the tables of counts (``department_counts``) tell what is true of all.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

import duckdb
import numpy as np

from popflow.synthetic.delivered import CONTAINER, Delivered, Delivery
from popflow.synthetic.department_counts import write_count_tables
from popflow.synthetic.department_knowledge import read_entries
from popflow.synthetic.department_lists import DEPARTMENTS, Department, write_entries
from popflow.synthetic.faults import ACCEPTED, RETURNED
from popflow.synthetic.lists import Head, lay_out
from popflow.synthetic.writers import pack, write_sheet

_FOLDER: Final = "县直部门"


def deliver_departments(
    delivery: Delivery, truth: duckdb.DuckDBPyConnection, night: int, month_end: date
) -> Iterator[Delivered]:
    """Write what the departments have for a month."""
    for department in DEPARTMENTS:
        if (night - 1) % department.every == 0:
            yield from _deliver_list(delivery, truth, department, night, month_end)
    yield from write_count_tables(delivery, truth, night, month_end, _FOLDER)


def _deliver_list(
    delivery: Delivery, truth: duckdb.DuckDBPyConnection, department: Department, night: int, month_end: date
) -> Iterator[Delivered]:
    """Write one department's list; a late one comes in a later night, as long as there is one."""
    county = delivery.county
    head = Head("", department.office, department.office, county.home_code, month_end)
    first_year = delivery.scale.first_month_end.year
    known = read_entries(truth, department.form_id, department.reach, month_end, first_year)
    # Whoever has gone stands in the list once more only where it has a column to say so.
    says_ends = "ended_date" in department.columns
    entries = [entry for entry in known if says_ends or entry.known.ended_date is None]
    if not entries:
        return
    seed = zlib.crc32(f"{department.form_id}/{month_end}".encode())
    rng = np.random.default_rng([delivery.scale.seed, seed])
    rows = write_entries(rng, department, head, entries, delivery.fault_share)
    composed = lay_out(rng, department.clerk(), head, rows)
    night_sent = min(night + department.nights_late.get(night, 0), delivery.scale.months)
    status = "partly_returned" if any(row.outcome == RETURNED for row in rows) else ACCEPTED
    delivered = Delivered(
        night_sent, f"{_FOLDER}/{county.name}{department.office}{month_end:%Y-%m}{department.suffix}",
        department.form_id, county.home_code, month_end, "full", status,
        "late" if night_sent > night else None, rows=composed.rows,
    )  # fmt: skip
    path = delivery.inbox(night_sent) / delivered.path
    write_sheet(path, composed.sheet, department.encoding, department.markup)
    yield from _pack(delivery, delivered) if department.is_packed else (delivered,)


def _pack(delivery: Delivery, delivered: Delivered) -> Iterator[Delivered]:
    """Put the file into an archive; the archive itself has no rows."""
    member = delivery.inbox(delivered.night) / delivered.path
    archive = member.with_suffix(".zip")
    pack(archive, member)
    path = archive.relative_to(delivery.inbox(delivered.night)).as_posix()
    yield replace(delivered, path=f"{path}/{member.name}")
    yield Delivered(delivered.night, path, None, None, None, "full", CONTAINER)
