"""What the benchmarks measure with: the memory of a process and all it starts."""

from __future__ import annotations

import threading
from pathlib import Path

POLL_SECONDS = 0.2
PAGE_BYTES = 4096


class MemoryWatch:
    """Watches how much memory a process and all its descendants hold together."""

    def __init__(self, process_id: int) -> None:
        self.peak_bytes = 0
        self._root = process_id
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Stop watching; return the largest sum seen."""
        self._stop.set()
        self._thread.join()
        return self.peak_bytes

    def _watch(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.peak_bytes = max(self.peak_bytes, sum(_resident_bytes(each) for each in _family(self._root)))


def _family(root: int) -> set[int]:
    """Return a process and all its descendants."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def _resident_bytes(process_id: int) -> int:
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0
