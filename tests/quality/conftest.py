"""What the tests of the gate share."""

from __future__ import annotations

from pathlib import Path

import pytest
from gated_night import Judge, judge_in

from quality import gate_in


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Return a function that writes a night and runs the gate on it, for tests of what the SQL pass decides.

    Great Expectations is left out, which halves the time; that it counts the same is held in test_expectations.py.
    """
    monkeypatch.setattr(gate_in, "run_expectations", lambda *_: ())
    monkeypatch.setattr(gate_in, "load_in_background", lambda: None)
    return lambda night: judge_in(tmp_path / f"night{len(list(tmp_path.iterdir()))}", night)
