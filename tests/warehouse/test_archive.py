from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ingest.errors import UsageError
from ingest.keys import SiteKey
from warehouse.archive import (
    empty_inbox,
    fitting_name,
    hash_of,
    is_kept,
    keep_originals,
    put_beside,
    read_original,
    set_aside_name,
)
from warehouse.folders import SiteFolders

TEXT = "姓名,身份证号\n".encode()
SHA256 = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
def folders(tmp_path: Path) -> SiteFolders:
    made = SiteFolders(tmp_path / "site")
    made.inbox.mkdir(parents=True)
    made.archive.mkdir()
    return made


def _sealed(folder: Path, key: SiteKey, content: bytes = TEXT) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{SHA256}.sealed").write_bytes(key.seal(content, "archive"))
    return folder


def test_an_original_can_be_had_back(folders: SiteFolders, key: SiteKey, tmp_path: Path) -> None:
    originals = _sealed(tmp_path / "originals", key)
    assert is_kept(folders, originals, SHA256)
    keep_originals(folders, originals, [SHA256, SHA256])

    assert list(originals.iterdir()) == []
    assert folders.archived(SHA256).parent.name == SHA256[:2]
    assert TEXT not in folders.archived(SHA256).read_bytes()
    assert read_original(folders, SHA256, key) == TEXT
    keep_originals(folders, originals, [SHA256])
    assert is_kept(folders, originals, SHA256)


def test_an_original_that_is_not_what_it_was_is_refused(folders: SiteFolders, key: SiteKey, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the archive has no file"):
        read_original(folders, SHA256, key)
    keep_originals(folders, _sealed(tmp_path / "originals", key, b"something else"), [SHA256])
    with pytest.raises(UsageError, match="is damaged"):
        read_original(folders, SHA256, key)


def test_only_what_was_taken_leaves_the_inbox(folders: SiteFolders) -> None:
    taken, changed = folders.inbox / "a.csv", folders.inbox / "b.csv"
    taken.write_bytes(TEXT)
    changed.write_bytes(b"newer")

    gone = empty_inbox(folders.inbox, [("a.csv", SHA256), ("b.csv", SHA256), ("gone.csv", SHA256)])
    assert gone == ["b.csv"]
    assert [path.name for path in folders.inbox.iterdir()] == ["b.csv"]
    assert changed.read_bytes() == b"newer"


@pytest.mark.parametrize("there_is_a_newer_one", [True, False])
def test_a_file_set_aside_before_a_crash_is_settled(folders: SiteFolders, there_is_a_newer_one: bool) -> None:
    path = folders.inbox / "a.csv"
    set_aside_name(path).write_bytes(b"replaced while the night ran")
    if there_is_a_newer_one:
        path.write_bytes(TEXT)
    empty_inbox(folders.inbox, [("a.csv", SHA256)])

    left = [path.read_bytes() for path in folders.inbox.iterdir()]
    assert left == [b"replaced while the night ran"], "nothing of a sender's is lost, what was taken is gone"


def test_what_is_put_beside_never_replaces_a_file(tmp_path: Path) -> None:
    wanted = tmp_path / "a.csv"
    wanted.write_bytes(b"first")
    (tmp_path / "a (2).csv").write_bytes(b"second")
    source = tmp_path / "source"
    source.write_bytes(b"third")

    assert put_beside(source, wanted).name == "a (3).csv"
    assert sorted(hash_of(path) for path in tmp_path.iterdir()) == sorted(
        hashlib.sha256(text).hexdigest() for text in (b"first", b"second", b"third")
    )


def test_a_name_stays_as_short_as_a_name_must_be() -> None:
    name = "村" * 83 + ".csv"
    longer = fitting_name(name, " (2)")
    assert len(longer.encode()) <= 255
    assert longer.endswith(" (2).csv")
