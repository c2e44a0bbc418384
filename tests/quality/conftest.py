"""What the tests of the gate share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gated_night import Judge, judge_in
from gated_once import gated_once


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    """Return a function that writes a night and runs the gate on it, for tests of what the SQL pass decides."""
    with gated_once():
        yield lambda night: judge_in(tmp_path / f"night{len(list(tmp_path.iterdir()))}", night)
