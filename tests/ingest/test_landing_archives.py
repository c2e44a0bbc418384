"""Archives: the files in one are landed like any other, and the archive itself leaves the inbox with them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sheet_maker import make_context, make_list, to_csv, to_xlsx

from ingest.landing import BatchSummary, InboxFile, land_batch


def to_zip(members: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def land(inbox: Path) -> tuple[BatchSummary, list[dict[str, object]]]:
    """Land everything in the inbox; return the summary and the file records by path."""
    files = [InboxFile(path, path.name) for path in sorted(inbox.iterdir())]
    context = make_context(inbox.parent)
    summary = land_batch(files, inbox.parent / "landed", context)
    records = pq.read_table(inbox.parent / "landed" / "file.parquet").to_pylist()
    return summary, sorted(records, key=lambda record: record["path"])


def test_the_files_in_an_archive_are_landed_each_under_its_own_path(inbox: Path, tmp_path: Path) -> None:
    members = {"新桥村/流入.xlsx": to_xlsx(make_list(3)), "塔山社区.csv": to_csv(make_list(2, unit="塔山社区"))}
    (inbox / "十月.zip").write_bytes(to_zip(members))
    summary, files = land(inbox)
    assert (summary.files, summary.landed, summary.rows) == (3, 2, 5)
    assert [(file["path"], file["status"], file["rows_in"]) for file in files] == [
        ("十月.zip", "container", 0),
        ("十月.zip/塔山社区.csv", "landed", 2),
        ("十月.zip/新桥村/流入.xlsx", "landed", 3),
    ]
    assert [file["container_path"] for file in files] == [None, "十月.zip", "十月.zip"]
    assert len(list((tmp_path / "originals").iterdir())) == 3


def test_a_wrong_member_hurts_neither_its_neighbours_nor_the_archive(inbox: Path) -> None:
    (inbox / "a.zip").write_bytes(to_zip({"好.csv": to_csv(make_list(2)), "坏.xlsx": to_xlsx(make_list(2))[:900]}))
    _, files = land(inbox)
    assert [(file["path"], file["status"]) for file in files] == [
        ("a.zip", "container"),
        ("a.zip/坏.xlsx", "returned"),
        ("a.zip/好.csv", "landed"),
    ]


def test_an_archive_with_nothing_in_it_is_returned(inbox: Path) -> None:
    (inbox / "空.zip").write_bytes(to_zip({}))
    _, files = land(inbox)
    assert [(file["path"], file["status"]) for file in files] == [("空.zip", "returned")]
