"""A row without a number becomes part of a person, is parted again, and joined again, and every number follows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from messy_files import sheet_bytes
from office_nights import Office, Values, run, village_list

pytestmark = pytest.mark.slow

RUN = "2024-12-06"
OCTOBER, NOVEMBER = "新桥/十月.xlsx", "新桥/十一月.xlsx"


def _deliver(office: Office) -> None:
    """October's list has everybody's number; in November's that of the first has a wrong digit."""
    rows = office.crowd.rows(4)
    office.send(OCTOBER, sheet_bytes(village_list(rows, "新桥村", "2024-10-31")))
    later = [[*row] for row in rows]
    number = office.crowd.people[0].number
    wrong = number[:15] + str((int(number[15]) + 1) % 10) + number[16:]
    later[0] = [wrong if cell == number else cell for cell in later[0]]
    assert later[0] != rows[0]
    office.send(NOVEMBER, sheet_bytes(village_list(later, "新桥村", "2024-11-30")))


def _review(office: Office, *arguments: str) -> str:
    said = run("--site", office.site.root, "review", *arguments)
    assert said.code == 0, said.err
    return said.out


# What was known on which night: history, to which an undo adds.
HISTORY = ("core.stay_version", "stats.revision")
VERSIONS_NOW = """
    SELECT * EXCLUDE (recorded_from, recorded_from_snapshot, recorded_to, recorded_to_snapshot)
    FROM core.stay_version WHERE recorded_to_snapshot IS NULL ORDER BY ALL
"""


def _tables(office: Office) -> dict[str, list[Values]]:
    """Return all of core and stats as it is now."""
    now = {name: rows for name, rows in office.tables().items() if name not in HISTORY}
    return now | {"versions now": office.ask(VERSIONS_NOW)}


def _persons(office: Office) -> int:
    return int(str(office.ask("SELECT count(*) FROM core.person")[0][0]))


def test_undo_restores_every_number_and_redo_joins_again(tmp_path: Path) -> None:
    office = Office.new(tmp_path / "site")
    _deliver(office)
    assert office.night(RUN).code == 0
    ((merge_id, rule),) = office.ask("SELECT merge_id, rule_id FROM ops.person_merge")
    assert rule == "link_number"
    joined = _tables(office)
    assert _persons(office) == 4
    assert office.ask("SELECT count(*) FROM core.stay WHERE ended_after IS NOT NULL") == [(0,)]

    said = _review(office, "undo", str(merge_id)[:10])
    assert "will no longer count as the person of" in said
    assert not any(secret in said for secret in office.crowd.secrets())
    assert _tables(office) == joined, "a decision changes nothing before the next night"
    assert office.night(RUN).code == 0
    parted = _tables(office)
    assert _persons(office) == 5

    ((split_id,),) = office.ask("SELECT merge_id FROM ops.person_merge WHERE kind = 'split' AND undone_by IS NULL")
    assert "will count as the person of" in _review(office, "undo", str(split_id))
    assert office.night(RUN).code == 0
    assert _tables(office) == joined
    events = json.loads(_review(office, "merges", "--format", "json"))
    assert [(each["kind"], each["rule_id"], each["undone_by"] is None) for each in events] == [
        ("merge", "decided_same", True),
        ("split", "decided_different", False),
        ("merge", "link_number", False),
    ]
    assert run("--site", office.site.root, "review", "undo", str(merge_id)).code == 2
    assert parted == _never_joined(office, tmp_path / "other")


def _never_joined(office: Office, root: Path) -> dict[str, list[Values]]:
    """Return the tables of a site with the same keys that was told from the start that the two are different."""
    other = Office.new(root)
    shutil.copy(office.site.folders.key_file, other.site.folders.key_file)
    first = office.site.folders.decisions_file.read_text(encoding="utf-8").splitlines(keepends=True)[0]
    other.site.folders.decisions_file.write_text(first, encoding="utf-8")
    for path, content in office.sent.items():
        other.send(path, content)
    assert other.night(RUN).code == 0
    assert other.ask("SELECT count(*) FROM ops.person_merge") == [(0,)]
    return _tables(other)
