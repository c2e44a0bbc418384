"""A month of nights in which nobody says anything new: nobody's key changes, and no published cell.

The inbox is empty, or holds the same lists again: as they were, under other names, or in other encodings.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from popflow.night import run_night
from popflow.synthetic.demo import DemoCounty, make_demo
from popflow.synthetic.population import Scale
from warehouse.access import open_current
from warehouse.publishing import live_segments
from warehouse.vault.segments import of_kind

SCALE = Scale(people=120, months=1, seed=11)
VILLAGES = 3
# So that some rows of so few have no number.
FAULT_SHARE = 0.15
FIRST_DAY = date(2024, 11, 1)
OTHER_ENCODINGS = {"utf-8-sig": "gb18030", "gb18030": "utf-8-sig"}
# What a night inserts of itself; stock and the like are counted up to the day of the night.
LASTING = (
    "core.person", "core.stay", "core.stay_evidence", "core.move", "core.service", "core.stay_version",
    "raw.person_row", "raw.person_pair", "raw.person_link", "raw.person_review", "raw.person_merge",
    "raw.known_profile", "raw.person_value", "raw.returned_match", "ops.person_review",
    "ops.person_merge", "ops.linkage_quality",
)  # fmt: skip

Cells = dict[str, list[tuple[object, ...]]]


@dataclass
class Nights:
    """A site after its first night, what was published then, and how many nights came since."""

    county: DemoCounty
    first: Cells
    segments: list[Path]
    since: int = 0

    @property
    def lists(self) -> list[tuple[str, Path]]:
        """The lists of the first night with their paths below the inbox."""
        waiting = self.county.truth / "delivered"
        return [(path.relative_to(waiting).as_posix(), path) for path in sorted(waiting.rglob("*")) if path.is_file()]

    def deliver(self, kind: str) -> None:
        """Put the lists into the inbox once more, or nothing."""
        for number, (relative, source) in enumerate([] if kind == "nothing" else self.lists):
            content = source.read_bytes()
            path = Path(relative)
            if kind != "the same":
                path = path.with_name(f"{kind}{self.since}_{number}{path.suffix}")
            if kind == "other encodings" and path.suffix == ".csv":
                content = _in_other_encoding(content)
            target = self.county.site.folders.inbox / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def pass_with(self, kind: str) -> Cells:
        """Pass a night; return what it published."""
        self.since += 1
        self.deliver(kind)
        assert run_night(self.county.site, FIRST_DAY + timedelta(days=self.since)).state == "published"
        return _published(self.county)


def _in_other_encoding(content: bytes) -> bytes:
    for encoding, other in OTHER_ENCODINGS.items():
        try:
            return content.decode(encoding).encode(other)
        except UnicodeDecodeError:
            continue
    raise AssertionError("neither of two encodings")


def _published(county: DemoCounty) -> Cells:
    with open_current(county.site.folders.warehouse) as connection:
        return {name: connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in LASTING}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    root = tmp_path_factory.mktemp("thirty") / "site"
    county = make_demo(root, SCALE, VILLAGES, with_departments=True, fault_share=FAULT_SHARE)
    nights = Nights(county, {}, [])
    for relative, source in nights.lists:
        target = county.site.folders.inbox / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    assert run_night(county.site, FIRST_DAY).state == "published"
    nights.first = _published(county)
    nights.segments = live_segments(county.site.folders)
    return nights


def _nothing_new(nights: Nights, kinds: list[str]) -> None:
    first = nights.first
    assert len(first["core.person"]) > SCALE.people // 2
    assert len(first["raw.person_link"]) > 0
    assert len(first["ops.person_merge"]) == len(first["raw.person_link"])
    for kind in kinds:
        now = nights.pass_with(kind)
        assert {name for name, rows in now.items() if rows != first[name]} == set(), (nights.since, kind)
        segments = live_segments(nights.county.site.folders)
        if kind.startswith("other"):
            # what went back as a whole is not known: under another name it is another file that goes back
            assert of_kind(segments, "profiles") == of_kind(nights.segments, "profiles"), (nights.since, kind)
            nights.segments = segments
        assert segments == nights.segments, (nights.since, kind)


@pytest.mark.slow
def test_nights_that_say_nothing_new_change_nothing(nights: Nights) -> None:
    _nothing_new(nights, ["nothing", "the same", "other encodings"])


@pytest.mark.slow
def test_thirty_nights_that_say_nothing_new_change_nothing(nights: Nights) -> None:
    kinds = ["nothing", "other names", "nothing", "the same", "other encodings"] * 6
    _nothing_new(nights, kinds[nights.since : 29])
    assert nights.since == 29
