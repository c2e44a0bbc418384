"""A second demo replaces the first one and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import UsageError
from popflow.synthetic.demo import run_demo
from popflow.synthetic.population import Scale


def test_a_folder_that_is_no_earlier_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "popflow.toml").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        run_demo(tmp_path, lambda _: None, Scale(people=10), villages=2)
    assert (tmp_path / "popflow.toml").is_file()


def test_an_earlier_demo_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "demo"
    (site / "truth").mkdir(parents=True)
    for name in ("popflow.toml", "truth/file.parquet", "leftover"):
        (site / name).write_text("", encoding="utf-8")

    class ReachedTheNightError(Exception):
        pass

    def stop(*_: object) -> None:
        raise ReachedTheNightError

    monkeypatch.setattr("popflow.synthetic.demo.run_night", stop)
    with pytest.raises(ReachedTheNightError):
        run_demo(site, lambda _: None, Scale(people=60, months=1), villages=3)
    assert not (site / "leftover").exists()
    assert any((site / "inbox").rglob("*.*"))
