"""`popflow divisions`: registers and changes brought in by nights of their own, and what two registers differ in."""

from __future__ import annotations

from pathlib import Path

import pytest
from night_fakes import ANNA, Popflow, files_in, write_list

from popflow.site import Site
from warehouse.access import open_current

CHANGES = """from_code,from_name,to_code,to_name,change_date,kind,source
3414,巢湖市,3401,合肥市,2011,merge,notice
341421,庐江县,340124,庐江县,2011-08-22,recode,notice
"""
REGISTER = "code,name\n34,安徽省\n3401,合肥市\n340124,庐江新县\n"


class Divisions(Popflow):
    """Commands about divisions, the files they are given and what they leave in the register."""

    def file(self, name: str, text: str) -> str:
        path = self.site.root.parent / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def divisions(self) -> list[tuple[str, str, str, str | None]]:
        with open_current(self.site.folders.warehouse) as connection:
            return connection.execute(
                "SELECT code, name, valid_from::VARCHAR, valid_to::VARCHAR FROM raw.division "
                "WHERE level IN ('city', 'county') AND left(code, 4) IN ('3401', '3414') ORDER BY ALL"
            ).fetchall()


@pytest.fixture
def popflow(site: Site, capsys: pytest.CaptureFixture[str]) -> Divisions:
    made = Divisions(site, capsys)
    assert made("nightly", "--run-date", "2024-11-01") == 0
    return made


def test_changes_and_a_register_in_either_order(popflow: Divisions, tmp_path: Path) -> None:
    changes, register = popflow.file("changes.csv", CHANGES), popflow.file("register.csv", REGISTER)
    write_list(popflow.site, "a.txt", [(ANNA, "安娜", "ok")])
    assert popflow("divisions", "import-changes", changes) == 0
    assert "with the changes of changes.csv" in popflow.out
    assert files_in(popflow.site.folders.inbox) == ["a.txt"], "lists wait for a night"
    first = [row for row in popflow.divisions() if row[0].startswith(("340124", "3414"))]
    assert first == [
        ("340124000000", "庐江县", "2011-08-22", None),
        ("341400000000", "巢湖市", "1949-10-01", "2011-12-31"),
        ("341421000000", "庐江县", "1949-10-01", "2011-08-22"),
    ]
    assert popflow("divisions", "import", register, "--as-of", "2024-06-30") == 0
    both = popflow.divisions()
    assert ("340124000000", "庐江县", "2011-08-22", "2024-06-30") in both
    assert ("340124000000", "庐江新县", "2024-06-30", None) in both

    assert popflow("snapshots", "list") == 0
    start = popflow.site.folders.snapshots
    assert popflow("snapshots", "rollback", min(path.name for path in start.iterdir() if path.is_dir())) == 0
    assert popflow("divisions", "import", register, "--as-of", "2024-06-30") == 0
    assert popflow("divisions", "import-changes", changes) == 0
    assert popflow.divisions() == both


def test_a_wrong_table_of_changes_publishes_nothing(popflow: Divisions) -> None:
    before = popflow.site.folders.current.resolve()
    wrong = popflow.file("changes.csv", CHANGES.replace("2011-08-22", "last summer"))
    assert popflow("divisions", "import-changes", wrong) == 2
    assert "a change_date that is no date" in popflow.error
    assert popflow.site.folders.current.resolve() == before


def test_the_difference_of_two_registers(popflow: Divisions, tmp_path: Path) -> None:
    old = popflow.file("old.csv", REGISTER.replace("新", ""))
    new = popflow.file("new-2024-06-30.csv", REGISTER)
    assert popflow("divisions", "diff", old, new, "-o", str(tmp_path / "proposals.csv")) == 0
    assert [line.split() for line in popflow.out.splitlines()[:3]] == [
        ["province", "unchanged", "1"],
        ["city", "unchanged", "1"],
        ["county", "rename", "1"],
    ]
    lines = (tmp_path / "proposals.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:6] for line in lines[1:]] == [
        ["340124000000", "庐江县", "340124000000", "庐江新县", "2024-06-30", "rename"]
    ]
    assert popflow("divisions", "diff", new, old) == 2
    assert "--as-of" in popflow.error
