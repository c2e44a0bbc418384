"""Nights gated once: what checks a second time is left out where a suite is about something else.

Great Expectations counts again what the SQL pass has counted, in half of the gate's time; that both count the same is
held in tests/quality/test_expectations.py. The models' data tests take a third of a small build. Whole nights with
all of it run in tests/e2e/test_operator.py and test_demo_truth.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from quality import gate_in


@contextmanager
def gated_once() -> Iterator[None]:
    """Let the gate judge by its SQL pass alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate_in, "run_expectations", lambda *_: ())
        patch.setattr(gate_in, "load_in_background", lambda: None)
        yield


@contextmanager
def nights_gated_once() -> Iterator[None]:
    """Let whole nights judge by the SQL pass alone and build without the models' data tests."""
    from popflow import steps

    with gated_once(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "build_and_check", partial(steps.build_and_check, exclude=["resource_type:test"]))
        yield
