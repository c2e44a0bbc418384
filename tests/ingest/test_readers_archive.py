from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from sheet_maker import make_list, to_xlsx

from ingest.errors import FileRefusedError
from ingest.reading.archive import read_container, safe_name
from ingest.reading.delivery import Limits, Member

LIMITS = Limits()


def _zip(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _zip_with_raw_name(raw: bytes, content: bytes = b"x", flags: int = 0, extra: bytes = b"") -> bytes:
    """Return an archive of one member whose name is written byte for byte."""
    checksum, size = zlib.crc32(content), len(content)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, 0, 0, 33, checksum, size, size, len(raw), len(extra))
    body = local + raw + extra + content
    fields = (20, 20, flags, 0, 0, 33, checksum, size, size, len(raw), len(extra), 0, 0, 0, 0, 0)
    central = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *fields) + raw + extra
    return body + central + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(body), 0)


def _names(content: bytes) -> list[str]:
    members = read_container(content, LIMITS)
    assert members is not None
    return [member.name for member in members]


def _refused(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileRefusedError) as error:
        read_container(content, limits)
    assert "{" not in error.value.advice_zh + error.value.advice_en
    return error.value.rule_id


def test_files_come_out_with_their_folders() -> None:
    found = read_container(_zip({"庐城镇/新桥村.csv": b"a", "b.csv": b"b"}), LIMITS)
    assert found == [Member("庐城镇/新桥村.csv", b"a"), Member("b.csv", b"b")]


def test_workbooks_and_texts_are_no_archives() -> None:
    assert read_container(to_xlsx(make_list()), LIMITS) is None
    assert read_container(_zip({"mimetype": b"x", "content.xml": b"<x/>"}), LIMITS) is None
    assert read_container("姓名,性别".encode(), LIMITS) is None
    assert read_container(b"", LIMITS) is None


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_names_are_read_in_the_encoding_they_were_written_in(encoding: str) -> None:
    assert _names(_zip_with_raw_name("庐城镇流入人口.xls".encode(encoding))) == ["庐城镇流入人口.xls"]


def test_the_second_name_in_utf8_counts_while_it_belongs_to_the_first() -> None:
    raw, name = b"list.csv", "流入.csv".encode()
    for checksum, expected in ((zlib.crc32(raw), "流入.csv"), (1, "list.csv")):
        field = b"\x01" + struct.pack("<I", checksum) + name
        extra = struct.pack("<HH", 0x7075, len(field)) + field
        assert _names(_zip_with_raw_name(raw, extra=extra)) == [expected]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/root/a.csv", "root/a.csv"),
        ("C:\\temp\\a.csv", "temp/a.csv"),
        ("a/./b/../c.csv", "a/b/c.csv"),
        (".\u200b./a.csv", "a.csv"),
        ("a\x1b[31m\n.csv", "a[31m.csv"),
        ("..", "_"),
        ("", "_"),
        ("长" * 100 + ".xlsx", "长" * 65 + ".xlsx"),
    ],
)
def test_names_lead_nowhere_else(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_two_members_of_one_name_are_kept_apart() -> None:
    assert _names(_zip({"a.csv": b"1", "./a.csv": b"2", "../a.csv": b"3"})) == ["a.csv", "a (2).csv", "a (3).csv"]


def test_what_programs_leave_behind_is_not_handed_on() -> None:
    members = {"a.csv": b"1", "__MACOSX/._a.csv": b"2", "x/Thumbs.db": b"3", "~$a.xlsx": b"4", ".DS_Store": b"5"}
    assert _names(_zip(members)) == ["a.csv"]
    assert _refused(_zip({"__MACOSX/._a.csv": b"2"})) == "file_archive_empty"
    assert _refused(_zip({})) == "file_archive_empty"


def test_an_archive_in_an_archive_is_taken_out_once() -> None:
    inner = _zip({"b.csv": b"b", "book.xlsx": to_xlsx(make_list())})
    outer = {"a.csv": b"a", "inner.zip": inner, "book.xlsx": to_xlsx(make_list())}
    assert _names(_zip(outer)) == ["a.csv", "inner.zip/b.csv", "inner.zip/book.xlsx", "book.xlsx"]
    deepest = read_container(_zip({"outer.zip": _zip({"inner.zip": inner})}), LIMITS)
    assert deepest == [Member("outer.zip/inner.zip", inner)]


def test_locked_foreign_and_damaged_archives_are_refused() -> None:
    assert _refused(_zip_with_raw_name(b"a.csv", flags=1)) == "file_password"
    assert _refused(b"Rar!\x1a\x07\x01\x00") == "file_archive_format"
    assert _refused(b"7z\xbc\xaf\x27\x1c") == "file_archive_format"
    whole = _zip({"a.csv": b"abc" * 1000})
    for length in range(4, len(whole)):
        assert _refused(whole[:length]) == "file_damaged"


def test_bombs_are_refused_unopened() -> None:
    assert _refused(_zip({"a.csv": bytes(64 << 20)})) == "file_zip_bomb"
    assert _refused(_zip({"a.csv": b"abc"}), Limits(members_bytes=2)) == "file_too_large"
    assert _refused(_zip({f"{n}.csv": b"" for n in range(5)}), Limits(members=4)) == "file_too_large"
    bytes_inside = {f"{n}.zip": _zip({"a.csv": b"abc" * 1000}) for n in range(3)}
    assert _refused(_zip(bytes_inside), Limits(members_bytes=6500)) == "file_too_large"
    nested = {f"{n}.zip": _zip({f"{k}.csv": b"" for k in range(3)}) for n in range(2)}
    assert _refused(_zip(nested), Limits(members=4)) == "file_too_large"
