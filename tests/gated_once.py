"""Nights gated once: Great Expectations is left out where a suite is about something else.

It counts again what the SQL pass has counted, in half of the gate's time. That both count the same is held in
tests/quality/test_expectations.py, and whole nights with both run in tests/e2e/test_operator.py and test_demo_truth.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from quality import gate_in


@contextmanager
def gated_once() -> Iterator[None]:
    """Let the gate judge by its SQL pass alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate_in, "run_expectations", lambda *_: ())
        patch.setattr(gate_in, "load_in_background", lambda: None)
        yield
