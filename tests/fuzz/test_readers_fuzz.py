"""Damaged files of every format: each is read or refused with advice, in time, and nothing is written anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz.mutation import mutated, read_or_refuse
from fuzz.office_files import FORMATS, text_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import FileRefusedError
from ingest.reading.document import Limits, read_document
from ingest.reading.encoding import decoded
from ingest.reading.text import sniffed_separator

SEEDS = {name: write() for name, write in FORMATS.items()}
# Longer than any damaged small file may take, machine and neighbours considered.
SECONDS = 5
QUICK = settings(
    max_examples=200,
    deadline=SECONDS * 1000,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DEEP = settings(QUICK, max_examples=4000)
HARNESS = Path(__file__).with_name("fuzz_readers.py")


@pytest.mark.parametrize("name", SEEDS)
@QUICK
@given(seed=st.integers(0, 1 << 48))
def test_damaged_files_are_read_or_refused(name: str, seed: int) -> None:
    read_or_refuse(mutated(SEEDS[name], seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
@DEEP
@given(seed=st.integers(0, 1 << 48))
def test_many_damaged_files_are_read_or_refused(name: str, seed: int) -> None:
    read_or_refuse(mutated(SEEDS[name], seed))


@pytest.mark.parametrize("name", SEEDS)
def test_files_cut_short_anywhere_are_read_or_refused(name: str) -> None:
    content = SEEDS[name]
    for length in range(0, len(content), max(1, len(content) // 150)):
        read_or_refuse(content[:length])


# What ends these formats is known; without it a part may be missing that nobody would miss.
@pytest.mark.parametrize("name", ["xlsx", "xlsb", "ods", "fods", "spreadsheetml", "html", "dbf", "biff5", "zip"])
def test_files_cut_short_are_never_read_as_less(name: str) -> None:
    content = SEEDS[name]
    whole = "</table>" if name == "html" else None
    last = content.index(whole.encode()) if whole else len(content) - 2
    # A beginning too short to show its format is the text of one cell.
    for length in range(300, last, max(1, last // 200)):
        assert read_or_refuse(content[:length]).startswith("file_"), length


@QUICK
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    read_or_refuse(content)


@QUICK
@given(text=st.text(st.characters(codec="gb18030", exclude_categories=["Cs", "Cc"]), max_size=60))
def test_texts_are_never_read_as_others(text: str) -> None:
    framed = f"姓名,性别,户籍地址,联系电话\n束甲,男,安徽省合肥市,{text}\n"
    for encoding in ("utf-8", "utf-16", "gb18030"):
        try:
            read, _ = decoded(framed.encode(encoding))
        except FileRefusedError:
            continue
        assert read == framed


@QUICK
@given(
    rows=st.lists(
        st.lists(st.text(st.sampled_from("束甲乙0123x，、 \"'\n=-"), max_size=8), min_size=3, max_size=3),
        min_size=2,
        max_size=8,
    )
)
def test_cells_written_by_the_book_come_back(rows: list[list[str]]) -> None:
    table = [["姓名", "编码", "备注"], *([f"a{cell}b" for cell in row] for row in rows)]
    (sheet,) = read_document(text_of(table), Limits()).sheets
    assert sheet.head(sheet.height) == table


@QUICK
@given(text=st.text(max_size=200))
def test_a_separator_is_found_for_any_text(text: str) -> None:
    assert sniffed_separator(text)


def test_reading_writes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    opened: list[str] = []
    watching = [True]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if (
            watching[0]
            and event == "open"
            and isinstance(arguments[2], int)
            and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        ):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    for content in SEEDS.values():
        read_or_refuse(content)
    watching[0] = False
    assert not [path for path in opened if not path.endswith(".pyc") and "__pycache__" not in path]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
def test_guided_fuzzing_finds_nothing(name: str, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        pytest.skip("atheris is not installed for this Python")
    seconds = int(os.environ.get("POPFLOW_FUZZ_SECONDS", "200"))
    command = [sys.executable, str(HARNESS), name, str(seconds), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603 - a command of the test itself
    assert done.returncode == 0, done.stderr[-4000:]
