"""Every kind of trouble in the corpus is told as its folder expects, and no row of any of them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from golden.corpus import EXPECTATION, FOLDER, Corpus, cases, inputs, run_corpus

LEAST_CASES = 120
CASES = cases()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return run_corpus(tmp_path_factory.mktemp("corpus"), CASES)


def test_there_are_enough_cases_and_each_has_an_input_and_says_what_its_trouble_is() -> None:
    assert len(CASES) >= LEAST_CASES
    for case in CASES:
        assert inputs(case), case
        assert yaml.safe_load((case / EXPECTATION).read_text(encoding="utf-8"))["trouble"], case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.relative_to(FOLDER).as_posix())
def test_a_trouble_is_told_as_expected(corpus: Corpus, case: Path) -> None:
    expected = yaml.safe_load((case / EXPECTATION).read_text(encoding="utf-8"))["files"]
    told = corpus.told[case.relative_to(FOLDER).as_posix()]
    assert set(told) == set(expected)
    for path, file in expected.items():
        assert told[path] == file


def test_every_row_of_every_file_is_accounted_for(corpus: Corpus) -> None:
    counted = [map(int, file["rows"].split()) for files in corpus.told.values() for file in files.values()]
    assert len(counted) >= LEAST_CASES
    for rows_in, accepted, returned, duplicate in counted:
        assert rows_in == accepted + returned + duplicate
