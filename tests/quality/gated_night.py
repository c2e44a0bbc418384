"""A night of the tests, run through the gate: what it decided, table by table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from landed_factory import HOME, RUN_DATE, ExactResolver, Night, register

from quality.gate_in import GateInSummary, run_gate_in


class Gated:
    """A night that went through the gate."""

    def __init__(self, work: Path, summary: GateInSummary) -> None:
        self.work = work
        self.summary = summary

    def rows(self, table: str) -> list[dict[str, Any]]:
        return list(pq.read_table(self.work / "gated" / f"{table}.parquet").to_pylist())

    def file(self, file_id: str) -> dict[str, Any]:
        found = [row for row in self.rows("file") if row["file_id"] == file_id]
        assert len(found) == 1
        return found[0]

    def rules(self, file_id: str) -> list[str]:
        """Return the rule ids of the findings of one file, sorted."""
        return sorted(row["rule_id"] for row in self.rows("finding") if row["file_id"] == file_id)


PADS = (b"\x36" * 64, b"\x5c" * 64)

Judge = Callable[[Night], Gated]


def judge_in(work: Path, night: Night, **options: Any) -> Gated:
    work.mkdir(exist_ok=True)
    night.write(work)
    summary = run_gate_in(
        work,
        home_code=HOME,
        run_date=RUN_DATE,
        register=register(work / "register.parquet"),
        make_resolver=ExactResolver,
        pads=PADS,
        **options,
    )
    return Gated(work, summary)
