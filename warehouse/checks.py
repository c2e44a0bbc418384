"""What a check of the gate out says, and how it travels between the steps of a night."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from warehouse.disk import read_json, write_json

Severity = Literal["error", "warn"]


class CheckResult(BaseModel):
    """The outcome of one check on the built warehouse; ``error`` holds the night where it failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check_id: str
    subject: str
    severity: Severity
    success: bool
    evaluated: int | None = None
    unexpected: int = 0
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether this result alone keeps the night from being published."""
        return self.severity == "error" and not self.success

    @property
    def sentence(self) -> str:
        """One line for the operator."""
        return f"{self.check_id} ({self.subject}): {self.detail or f'{self.unexpected} unexpected'}"


_RESULTS = TypeAdapter(list[CheckResult])


def write_results(path: Path, results: list[CheckResult]) -> None:
    """Leave results for the next step."""
    write_json(path, _RESULTS.dump_python(results, mode="json"))


def read_results(path: Path) -> list[CheckResult]:
    """Read what the step before left."""
    return _RESULTS.validate_python(read_json(path))
