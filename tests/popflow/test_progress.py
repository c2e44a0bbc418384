from __future__ import annotations

import io

import pytest
from rich.console import Console

from popflow import progress
from popflow.progress import Bars, PlainLines


def test_lines_say_how_long_the_rest_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 100.0, 110.0, 111.0, 120.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    lines = PlainLines(stream, {"build": 12.4})
    lines.begin("land", 300)
    lines.advance(100)
    lines.advance(50)
    lines.advance(150)
    lines.end("land", 20.0, "rows 9")

    assert stream.getvalue().splitlines() == [
        "land …, 300 files",
        "land 100/300, about 20 s left",
        "land done in 20.0 s, rows 9",
    ]


def test_lines_say_how_long_a_stage_took_last_time() -> None:
    stream = io.StringIO()
    PlainLines(stream, {"build": 12.4}).begin("build")
    assert stream.getvalue() == "build …, last time 12 s\n"


def test_bars_show_every_stage_and_its_counts() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with Bars(console, {"build": 12.4}) as bars:
        bars.begin("land", 300)
        bars.advance(300)
        bars.end("land", 1.0, "files 300")
        bars.begin("build")
        bars.end("build", 2.0, "models 5")
        bars.reached("build")
    shown = console.file.getvalue()
    assert "files 300" in shown
    assert "models 5" in shown
