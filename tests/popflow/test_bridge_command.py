"""`popflow bridge`: what it prints of a bridge, and what it writes."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

import reports.bridge
from popflow import cli
from popflow.commands import bridge as command
from popflow.site import Site
from reports.bridge import BridgeReport, BridgeRequest, BridgeRow
from reports.bridge_table import Bridge
from reports.bridge_words import step_words, stock_words
from reports.od_table import Source

DEFINITIONS = tuple(
    MappingProxyType({"definition_id": each, "name_zh": name, "name_en": each, "agency": "X",
                      "direction": "in", "valid_from": None, "valid_to": None, "note": None, "note_zh": None,
                      "text_zh": "规则", "text_en": "rule"})
    for each, name in (("NBS_LDRK", "流动人口"), ("MPS_ZZRK", "暂住人口"))
)  # fmt: skip


def made(request: BridgeRequest) -> BridgeReport:
    rows = (
        BridgeRow("stock_from", stock_words(DEFINITIONS[0]), True, 500, 9, 0, 500),
        BridgeRow("duration", step_words("duration", "P6M", "P3D"), False, 120, None, 500, 620, 100, 120, 0.75),
        BridgeRow("reason", step_words("reason", None, "STUDY"), False, None, 0, 620, None),
        BridgeRow("stock_to", stock_words(DEFINITIONS[1]), True, 660, 9, 0, 660),
    )
    coverage = pd.DataFrame(columns=["form_id", "form_name", "unit_code", "unit_name", "last_period", "arrived"])
    source = Source("340124000000", "庐江县", "20241101-01", date(2024, 11, 1), None, None, coverage)
    whole = Bridge("340124000000", "庐江县", "county", rows, hides_orders=False)
    first, second = DEFINITIONS
    return BridgeReport(request, request.as_of or date(2024, 10, 31), "in", (first, second), whole, (), 5, source)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[BridgeRequest]:
    requests: list[BridgeRequest] = []

    def read(_connection: object, request: BridgeRequest) -> BridgeReport:
        requests.append(request)
        return made(request)

    monkeypatch.setattr(command, "open_current", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(reports.bridge, "read_bridge", read)
    return requests


def say(site: Site, *arguments: str) -> int:
    return cli.run(["--site", str(site.root), "bridge", "NBS_LDRK", "MPS_ZZRK", *arguments])


def test_the_table_says_steps_in_words_and_marks_what_is_withheld(
    site: Site, asked: list[BridgeRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(site, "--as-of", "2024-10-31", "--direction", "in", "--within", "340124") == 0
    out = capsys.readouterr().out
    assert asked[0].within == "340124"
    assert asked[0].place_threshold == site.settings.small_counts.elsewhere
    for words in ("流动人口 NBS_LDRK", "满 6 个月 → 满 3 天", "+120", "75.0%", "+100 … +120", "＊", "660"):
        assert words in out


def test_ids_are_known_however_they_are_capitalised(site: Site, asked: list[BridgeRequest]) -> None:
    assert cli.run(["--site", str(site.root), "bridge", "nbs_ldrk", "Mps_zzrk"]) == 0
    assert (asked[0].from_definition, asked[0].to_definition) == ("NBS_LDRK", "MPS_ZZRK")


def test_json_and_csv_carry_flags(site: Site, asked: list[BridgeRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert say(site, "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert say(site, "--format", "csv") == 0
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(lines) == 4
    assert [row["persons_suppressed"] for row in rows] == [False, False, True, False]
    assert lines[2]["persons"] == ""


def test_a_format_to_print_and_a_folder_to_write_do_not_go_together(
    site: Site, asked: list[BridgeRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(site, "--format", "json", "-o", str(tmp_path / "out")) == 2
    assert "--format says how to print, and -o writes page, workbook and CSV: leave one out" in capsys.readouterr().err
    assert asked == []


def test_a_folder_gets_page_workbook_and_csv(
    site: Site, asked: list[BridgeRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert say(site, "-o", str(tmp_path / "out")) == 0
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [path.suffix for path in paths] == [".xlsx", ".html", ".csv"]
    assert all(path.is_file() for path in paths)
