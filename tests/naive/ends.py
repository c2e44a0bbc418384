"""What a row says about the end of a stay, in plain Python: gone, doubtful, or a registration that was a mistake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from naive.listed import ORIGIN, File, Row
from naive.places import Places, compatible

# The strongest word first: whoever has died is not said to have left as well.
GONE = {
    "DEATH": "died",
    "BECAME_LOCAL_HUKOU": "hukou_transferred",
    "RETURNED": "returned",
    "LEFT": "left",
    "OTHER": "left",
}
DOUBTFUL = {"MISSING": "unknown", "EXPIRED": "lapsed"}
MISTAKE = "MISTAKE"


def is_gone(row: Row, file: File) -> bool:
    """Whether a row says that somebody has gone, be it without a day."""
    return row.end_code in GONE or (row.end_code is None and file.list_kind == "removed")


def is_doubtful(row: Row) -> bool:
    """Whether a row says that nobody knows whether somebody is there."""
    return row.end_code in DOUBTFUL


def strongest(codes: Iterable[str | None]) -> str | None:
    """Return what the strongest of some end codes says."""
    said = set(codes)
    return next((kind for code, kind in GONE.items() if code in said), None)


def mistaken_rows(rows: Sequence[Row], current: Mapping[str, File], places: Places) -> list[Row]:
    """Return the rows of one person that cancellations as a mistake take back, themselves among them."""
    tracks: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        file = current[row.file_id]
        tracks[file.form_id, file.unit_code, row.side].append(row)
    return [row for track in tracks.values() for row in _taken_back(track, current, places)]


def _taken_back(track: Sequence[Row], current: Mapping[str, File], places: Places) -> Iterable[Row]:
    def day(row: Row) -> date:
        return current[row.file_id].reported_on

    cancelled = [row for row in track if row.end_code == MISTAKE]
    others = [row for row in track if row.end_code != MISTAKE]
    yield from cancelled
    taken: set[tuple[str, int]] = set()
    for mistake in cancelled:
        same_place = [row for row in others if compatible(row.dest, mistake.dest, places)]
        if any(day(row) == day(mistake) for row in same_place):
            continue  # only a row too many: the person is listed there
        ends = [day(row) for row in others if day(row) < day(mistake) and _says_end(row, current)]
        start = mistake.left if mistake.side == ORIGIN else mistake.arrived
        for row in same_place:
            is_before = day(row) < day(mistake) and (start is None or day(row) >= start.first)
            if is_before and all(end < day(row) for end in ends) and row.place_in_file not in taken:
                taken.add(row.place_in_file)
                yield row


def _says_end(row: Row, current: Mapping[str, File]) -> bool:
    """A list of people removed says an end whatever the reason that it gives."""
    if row.end_code in GONE or current[row.file_id].list_kind == "removed":
        return True
    return row.ended is not None and not is_doubtful(row)
