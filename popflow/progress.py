"""What the operator sees while a night runs: stages with counts and the time left.

On a terminal a bar per stage; elsewhere plain lines, few enough for a log. The time left of a stage that cannot be
counted is taken from the last night's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_SECONDS = 5.0


class NightProgress(Protocol):
    """What a night tells while it runs."""

    def begin(self, stage: str, total: int | None = None) -> None:
        """A stage begins; ``total`` is how many files it will go through, where that is known."""

    def advance(self, count: int) -> None:
        """So many more files of the stage are done."""

    def end(self, stage: str, seconds: float, says: str) -> None:
        """A stage has ended."""

    def reached(self, boundary: str) -> None:
        """A boundary inside a stage was passed."""


class Silent:
    """Shows nothing."""

    def begin(self, stage: str, total: int | None = None) -> None:
        """Show nothing."""

    def advance(self, count: int) -> None:
        """Show nothing."""

    def end(self, stage: str, seconds: float, says: str) -> None:
        """Show nothing."""

    def reached(self, boundary: str) -> None:
        """Show nothing."""


class PlainLines(Silent):
    """One line when a stage begins and ends, and one now and then in between."""

    def __init__(self, stream: TextIO, expected: Mapping[str, float]) -> None:
        self._stream = stream
        self._expected = expected
        self._stage = ""
        self._total: int | None = None
        self._done = 0
        self._begun = self._shown = time.monotonic()

    def begin(self, stage: str, total: int | None = None) -> None:
        """Say what begins and how long it took last time."""
        self._stage, self._total, self._done = stage, total, 0
        self._begun = self._shown = time.monotonic()
        parts = [f"{total:,} files" if total is not None else "", _last_time(self._expected.get(stage))]
        self._say(f"{stage} …", *parts)

    def advance(self, count: int) -> None:
        """Say how many are done and about how long the rest takes."""
        self._done += count
        now = time.monotonic()
        if self._total and self._done < self._total and now - self._shown >= LINE_EVERY_SECONDS:
            self._shown = now
            left = (now - self._begun) / self._done * (self._total - self._done)
            self._say(f"{self._stage} {self._done:,}/{self._total:,}", f"about {left:.0f} s left")

    def end(self, stage: str, seconds: float, says: str) -> None:
        """Say what came out."""
        self._say(f"{stage} done in {seconds:.1f} s", says)

    def _say(self, *parts: str) -> None:
        self._stream.write(", ".join(part for part in parts if part) + "\n")
        self._stream.flush()


def _last_time(seconds: float | None) -> str:
    return "" if seconds is None else f"last time {seconds:.0f} s"


class Bars(Silent):
    """A bar per stage, on a terminal."""

    def __init__(self, console: Console, expected: Mapping[str, float]) -> None:
        self._expected = expected
        self._task: TaskID | None = None
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            TextColumn("{task.fields[says]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, stage: str, total: int | None = None) -> None:
        """Show a new bar; without a count it only runs to and fro."""
        says = f"0/{total} files" if total is not None else _last_time(self._expected.get(stage))
        self._task = self._progress.add_task(stage, total=total, says=says)

    def advance(self, count: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, count)
            task = self._progress.tasks[self._task]
            self._progress.update(self._task, says=f"{task.completed:,.0f}/{task.total or 0:,.0f} files")

    def end(self, stage: str, seconds: float, says: str) -> None:  # noqa: ARG002 - the bar has name and time
        """Fill the bar and say what came out."""
        if self._task is not None:
            self._progress.update(self._task, total=1, completed=1, says=says)
