"""Every kind of trouble in the corpus is told as its folder expects, and no row of any of them is lost."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import yaml
from golden.corpus import EXPECTATION, FOLDER, Corpus, cases, inputs, run_corpus, trouble_of
from golden.making import load_cases
from golden.making.kit import made

from ingest.declaration import FORMS_DIRECTORY, load_forms

LEAST_CASES = 120
CASES = cases()
MADE = load_cases()
# A fault of popflow itself, and files that change or may not be read.
NOT_DELIVERED = {"file_failed", "file_changing", "file_unreadable"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return run_corpus(tmp_path_factory.mktemp("corpus"), CASES)


def test_there_are_enough_cases_and_each_has_its_maker() -> None:
    assert len(CASES) >= LEAST_CASES
    assert {case.relative_to(FOLDER).as_posix() for case in CASES} == {f"{kind}/{name}" for kind, name in MADE}


def test_every_form_and_every_reason_to_return_a_file_is_met(corpus: Corpus) -> None:
    files = [file for each in corpus.told.values() for file in each.values()]
    assert {file.get("form_id") for file in files} - {None} == set(load_forms())
    told = {finding.split()[1] for file in files for finding in file.get("findings", []) if finding.startswith("file ")}
    declared = yaml.safe_load((FORMS_DIRECTORY / "refusals.yaml").read_text(encoding="utf-8"))
    assert set(declared) - told == NOT_DELIVERED


@pytest.mark.parametrize(("kind", "name"), MADE, ids=["/".join(each) for each in MADE])
def test_the_files_of_a_case_are_those_its_maker_makes(kind: str, name: str) -> None:
    folder, files = FOLDER / kind / name, made(kind, name)
    assert {path.relative_to(folder).as_posix() for path in inputs(folder)} == set(files)
    for path, content in files.items():
        assert _unpacked((folder / path).read_bytes()) == _unpacked(content), path
    assert yaml.safe_load((folder / EXPECTATION).read_text(encoding="utf-8"))["trouble"] == trouble_of(kind, name)


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


def _unpacked(content: bytes) -> object:
    """Return the content of a package without how tightly it was packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return content
