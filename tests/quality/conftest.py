"""What the tests of the gate share."""

from __future__ import annotations

from pathlib import Path

import pytest
from gated_night import Judge, judge_in


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Return a function that writes a night and runs the gate on it."""
    return lambda night: judge_in(tmp_path / f"night{len(list(tmp_path.iterdir()))}", night)
