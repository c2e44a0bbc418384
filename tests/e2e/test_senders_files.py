"""The nastiest office: three nights of one site take everything at once, through the real command line and register.

Whatever is sent, each file is named in one clear line or slip, the good files of the same night are loaded, nothing is
lost and nothing half-loaded, and no invented person's name, number or phone is found anywhere outside archive and
vault but in the slips that carry their sender's own rows.
"""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from gated_once import nights_gated_once
from messy_files import VILLAGE_CODE, Crowd, Person, inflow, refused_files, sheet_bytes, web_page
from office_nights import Office, added_texts, run, village_list

from popflow.journal import NightRecord, records
from popflow.synthetic.writers import Row
from warehouse.archive import read_original

FIRST, SECOND = "2024-11-01", "2024-12-06"
NO_DELIVERIES = ("~$名单.xlsx", ".DS_Store", "Thumbs.db", "上传中.xlsx.part")


@contextmanager
def unsteady(changing: str, forbidden: str) -> Iterator[None]:
    """Let one file grow while it is read, and let the system refuse another."""
    read_bytes = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.name == forbidden:
            raise PermissionError(13, "Permission denied", str(path))
        content = read_bytes(path)
        if path.name == changing:
            with path.open("ab") as file:
                file.write(b" ")
        return content

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", read)
        yield


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    with nights_gated_once():
        office = Office.new(tmp_path_factory.mktemp("office") / "site")
        _first_night(office)
        _second_night(office)
        _third_night(office)
    return office


def _first_night(office: Office) -> None:
    crowd, inbox = office.crowd, office.site.folders.inbox
    for path, content, rule, words in refused_files(crowd):
        office.send(path, content)
        office.refused[path] = rule, words
    for encoding, village in (("gb18030", "罗埠村"), ("utf-8-sig", "莲花社区"), ("utf-16", "观音桥社区")):
        office.send(f"好/{encoding}.csv", sheet_bytes(village_list(crowd.rows(), village), ".csv", encoding))
    office.send("好/网页.xls", web_page(inflow(crowd.rows(), unit="庐江县石头镇")))
    office.send("好/新桥.xlsx", sheet_bytes(village_list(crowd.rows(), "新桥村")))
    office.send("早报/迎松.xlsx", sheet_bytes(village_list(crowd.rows(), "迎松村", "2024-12-05")))
    office.send("不一致/一.xlsx", sheet_bytes(village_list(crowd.rows(), "福安社区")))
    office.send("不一致/二.xlsx", sheet_bytes(village_list(crowd.rows(), "福安社区")))
    office.send("更新/旧.xlsx", sheet_bytes(village_list(crowd.rows(), "北苑社区", "2024-10-10")))
    office.redated = crowd.rows()
    office.send("更新/十日.xlsx", sheet_bytes(village_list(office.redated, "方店社区", "2024-10-10")))
    office.send("写入中.csv", sheet_bytes(village_list(crowd.rows(), "鲍井社区"), ".csv"))
    office.send("无权限.csv", sheet_bytes(village_list(crowd.rows(), "申山村"), ".csv"))
    office.send("名字/" + "长" * 83 + ".xlsx", sheet_bytes(village_list(crowd.rows(), "磙塘社区")))
    person = crowd.invent(1)[0]
    office.send(f"名字/【新】（{person.number}）😀{person.phone}.xlsx", _named(office, [person]))
    office.send("名字/\n\x1b[31m..\\..\\x\u202e.xlsx", sheet_bytes(village_list(crowd.rows(), "塔山社区")))
    office.send("公式.xlsx", sheet_bytes(_formulas(crowd)))
    same = sheet_bytes(inflow(crowd.rows(), unit="庐江县冶父山镇铺岗村", day=None))
    office.send("2024-09/铺岗.xlsx", same)
    office.send("2024-10/铺岗.xlsx", same)
    for name in NO_DELIVERIES:
        (inbox / name).write_bytes(b"x")
    (inbox / "链接.xlsx").symlink_to("/etc/passwd")
    (inbox / "文件夹.xlsx").mkdir()
    os.mkfifo(inbox / "管道.xlsx")
    old_name = os.fsencode(inbox) + b"/" + "乡".encode("gb18030") * 120 + b".xlsx"
    Path(os.fsdecode(old_name)).write_bytes(sheet_bytes(inflow(crowd.rows(), unit="庐江县汤池镇")))
    with unsteady("写入中.csv", "无权限.csv"):
        office.night(FIRST)


def _named(office: Office, people: list[Person]) -> bytes:
    return sheet_bytes(inflow([person.row for person in people], unit="庐江县金牛镇铺岗村"))


def _formulas(crowd: Crowd) -> list[Row]:
    first, second, third = crowd.rows(3)
    first[0] = f'=HYPERLINK("http://x.invalid","{first[0]}")'
    second[3] = "=1+1|@cmd"
    third[5] = f"+{third[6]}"
    return inflow([first, second, third], unit="庐江县白湖镇")


def _second_night(office: Office) -> None:
    office.send("早报/迎松.xlsx", office.sent["早报/迎松.xlsx"])
    office.send("坏/密码.xls", office.sent["坏/密码.xls"])
    office.send("更新/新.xlsx", sheet_bytes(village_list(office.crowd.rows(2), "北苑社区", "2024-10-25")))
    office.send("更新/廿八日.xlsx", sheet_bytes(village_list(office.redated, "方店社区", "2024-10-28")))
    office.night(SECOND)
    office.before = office.tables()


def _third_night(office: Office) -> None:
    """Send what is known under another name, in another encoding and in other formats."""
    office.send("再报/新桥（改名）.xlsx", office.sent["好/新桥.xlsx"])
    text = office.sent["好/gb18030.csv"].decode("gb18030")
    office.send("再报/换编码.csv", text.encode("utf-8-sig"))
    rows = [[cell or None for cell in line.split(",")] for line in text.splitlines()]
    office.send("再报/换格式.xlsx", sheet_bytes(rows))
    office.send("再报/换格式.xls", sheet_bytes(rows, ".xls"))
    office.send("早报/迎松.xlsx", office.sent["早报/迎松.xlsx"])
    office.send("公式.xlsx", office.sent["公式.xlsx"])
    office.night(SECOND)


# --- what became of the files -----------------------------------------------------------------------------------------


def test_every_night_was_published(office: Office) -> None:
    assert [night.code for night in office.nights] == [0, 0, 0]
    assert all("published " in night.out for night in office.nights)
    assert all("popflow: " not in night.err for night in office.nights)


def test_a_file_that_cannot_be_used_comes_back_with_what_to_do(office: Office) -> None:
    assert len(office.refused) >= 20
    for path, (rule, words) in office.refused.items():
        file = office.file(path)
        assert (file["status"], office.rules(path)) == ("returned", [rule]), path
        assert file["rows_in"] == file["rows_returned"], path
        assert words in office.slip(path), path
        assert "整份退回" in office.slip(path), path
        assert office.rows_of(path) == 0, path


def test_a_slip_goes_to_the_unit_wherever_the_file_names_it(office: Office) -> None:
    for path in ("坏/错列.xlsx", "坏/两列.xlsx", "坏/无人.xlsx"):
        assert office.file(path)["unit_code"] == VILLAGE_CODE, path
        assert list((office.site.folders.outbox / VILLAGE_CODE).glob(f"*_{office.file(path)['file_id']}.xlsx")), path


def test_the_good_files_of_the_night_are_loaded(office: Office) -> None:
    for path in ("好/gb18030.csv", "好/utf-8-sig.csv", "好/utf-16.csv", "好/网页.xls", "好/新桥.xlsx"):
        assert (office.file(path)["status"], office.rows_of(path)) == ("accepted", 3), path


def test_rows_add_up(office: Office) -> None:
    files = office.ask(
        "SELECT path, rows_in, rows_accepted + rows_returned + rows_duplicate, rows_accepted FROM ops.file"
    )
    assert len(files) >= len(office.refused) + 18
    assert [file for file in files if file[1] != file[2]] == []
    listed = office.ask("SELECT count(*), count(DISTINCT (file_id, sheet, row_number)) FROM raw.person_row")
    assert listed == [(sum(int(str(file[3])) for file in files),) * 2]


def test_every_original_taken_can_be_had_back(office: Office) -> None:
    hashes = [str(sha256) for (sha256,) in office.ask("SELECT DISTINCT sha256 FROM ops.file")]
    kept = {read_original(office.site.folders, sha256, office.site.key) for sha256 in hashes}
    assert set(office.sent.values()) <= {content.removesuffix(b" ") for content in kept} | kept
    assert len(kept) == len(hashes)


def test_what_is_no_delivery_stays_and_is_said(office: Office) -> None:
    left = {path.name for path in office.site.folders.inbox.rglob("*") if not path.is_dir() or path.suffix == ".xlsx"}
    assert left == {*NO_DELIVERIES, "链接.xlsx", "管道.xlsx", "文件夹.xlsx"}
    for name in left:
        assert name in office.nights[0].err, name
    assert "4 left in the inbox: temporary or system files" in office.nights[0].err
    assert "links, which are not followed" in run("--site", office.site.root, "status").out


def test_what_could_not_be_read_is_read_the_next_night(office: Office) -> None:
    assert "1 left in the inbox: still being written; the next night reads them (写入中.csv)" in office.nights[0].err
    assert "not readable for this account; correct their permissions (无权限.csv)" in office.nights[0].err
    for path in ("写入中.csv", "无权限.csv"):
        assert (office.file(path)["status"], office.rows_of(path)) == ("accepted", 3)
        assert office.ask("SELECT night_id FROM raw.file WHERE path = $path", path=path) == [("20241206-01",)]


def test_two_lists_that_disagree_are_both_kept_and_asked_about(office: Office) -> None:
    for path in ("不一致/一.xlsx", "不一致/二.xlsx"):
        assert (office.file(path)["status"], office.rows_of(path)) == ("accepted", 3)
        assert "file_lists_disagree" in office.rules(path)
        assert "请确认以哪一份为准" in office.slip(path)


def test_a_newer_list_of_the_month_replaces_the_older(office: Office) -> None:
    assert office.rows_of("更新/旧.xlsx") == 3
    assert _evidence_of(office, "更新/旧.xlsx") == 0
    assert _evidence_of(office, "更新/新.xlsx") == 2


def test_the_same_list_of_a_later_day_is_newer_evidence(office: Office) -> None:
    assert office.file("更新/廿八日.xlsx")["status"] == "accepted"
    assert (_evidence_of(office, "更新/十日.xlsx"), _evidence_of(office, "更新/廿八日.xlsx")) == (0, 3)


def test_the_same_bytes_in_the_folder_of_another_month_are_another_list(office: Office) -> None:
    for path in ("2024-09/铺岗.xlsx", "2024-10/铺岗.xlsx"):
        assert (office.file(path)["status"], _evidence_of(office, path)) == ("accepted", 3)


def _evidence_of(office: Office, path: str) -> int:
    query = "SELECT count(*) FROM core.stay_evidence JOIN ops.file USING (file_id) WHERE path = $path"
    return int(str(office.ask(query, path=path)[0][0]))


def test_a_returned_file_is_judged_again_when_its_cause_is_gone(office: Office) -> None:
    returned = [stage.counts["files_returned"] for stage in _record(office, 0).stages if stage.stage == "gate in"]
    assert returned == [len(office.refused) + 1]
    path = "早报/迎松.xlsx"
    assert (office.file(path)["status"], office.rules(path), office.rows_of(path)) == ("accepted", [], 3)
    assert _evidence_of(office, path) == 3
    held = office.ask("SELECT count(*) FROM raw.returned_row JOIN raw.file USING (file_id) WHERE path = $p", p=path)
    assert held == [(0,)]
    assert office.ask("SELECT night_id FROM raw.file WHERE path = '坏/密码.xls'") == [("20241206-01",)]


def _record(office: Office, number: int) -> NightRecord:
    return records(office.site.folders)[number]


def test_known_content_changes_nothing(office: Office) -> None:
    for path in ("再报/新桥（改名）.xlsx", "再报/换编码.csv", "再报/换格式.xlsx", "再报/换格式.xls"):
        assert (office.file(path)["status"], office.rules(path)) == ("duplicate", ["file_duplicate"]), path
        assert "不再计入" in office.slip(path)
    after = office.tables()
    assert len(after) >= 5
    assert [name for name in after if after[name] != office.before[name]] == []
    assert "6 files (0 returned, 6 known already)" in office.nights[2].out


def test_names_of_files_do_no_harm(office: Office) -> None:
    names = [str(path) for (path,) in office.ask("SELECT path FROM ops.file WHERE path LIKE '名字/%' ORDER BY ALL")]
    assert len(names) == 3
    assert all(name.isprintable() for name in names)
    assert office.ask("SELECT count(*) FROM ops.file WHERE path LIKE '乡乡乡%.xlsx'") == [(1,)]
    outside = [path for path in office.site.root.parent.iterdir() if path != office.site.root]
    assert outside == []
    for slip in office.site.folders.outbox.rglob("*"):
        assert str(slip.relative_to(office.site.root)).isprintable()


def test_a_formula_in_a_cell_stays_text(office: Office) -> None:
    assert office.file("公式.xlsx")["status"] == "partly_returned"
    slips = sorted(office.site.folders.outbox.rglob(f"*_{office.file('公式.xlsx')['file_id']}*.xlsx"))
    assert len(slips) == 2
    assert "“户籍地址”在行政区划中找不到" in "\n".join(_texts(slips[0])), "the slip of the first night stays"
    assert "先前的回执如有退回的行" in "\n".join(_texts(slips[1]))


# --- nothing personal anywhere ----------------------------------------------------------------------------------------


def test_no_person_is_found_outside_archive_and_vault(office: Office, tmp_path: Path) -> None:
    secrets = list(office.crowd.secrets())
    assert len(secrets) > 250
    told = [night.out + night.err for night in office.nights]
    sent = {hashlib.sha256(content).hexdigest(): content for content in office.sent.values()}
    slips = [(slip, sent[sha256]) for sha256, slip in _slips(office)]
    assert len(slips) > len(office.refused)
    told += ["\n".join(added_texts(slip, content)) for slip, content in slips]
    assert {stat.S_IMODE(slip.stat().st_mode) for slip in office.site.folders.outbox.rglob("*.xlsx")} == {0o600}
    told += [str(path.relative_to(office.site.root)) for path in office.site.root.rglob("*")]
    assert len(told) > 100
    assert not [secret for secret in secrets if any(secret in text for text in told)]
    wanted = tmp_path / "secrets"
    wanted.write_text("\n".join(secrets), encoding="utf-8")
    look = ["grep", "-rlaF", "-f", str(wanted), "--exclude-dir=archive", str(office.site.root)]
    found = subprocess.run(look, capture_output=True, text=True, check=False, env={"LC_ALL": "C"})  # noqa: S603 - a command of the test itself
    assert (found.returncode, found.stdout) == (1, ""), found.stderr


def _slips(office: Office) -> Iterator[tuple[str, Path]]:
    """Give every slip in the outbox with the hash of what it answers."""
    hashes = {str(file_id): str(sha256) for file_id, sha256 in office.ask("SELECT file_id, sha256 FROM ops.file")}
    for slip in office.site.folders.outbox.rglob("*.xlsx"):
        (sha256,) = (sha256 for file_id, sha256 in hashes.items() if f"_{file_id}" in slip.name)
        yield sha256, slip


def _texts(book: Path) -> Iterator[str]:
    for page in openpyxl.load_workbook(book):
        yield from (str(value) for row in page.iter_rows(values_only=True) for value in row if value is not None)


def test_no_table_holds_a_person(office: Office) -> None:
    pattern = "|".join(office.crowd.secrets())
    tables = office.ask("""
        SELECT schema_name, table_name FROM duckdb_tables()
        WHERE database_name = current_database() AND table_name NOT LIKE '%division%'
    """)
    assert len(tables) > 25
    holding = [
        (schema, table)
        for schema, table in tables
        if office.ask(f"SELECT 1 FROM {schema}.{table} AS t WHERE regexp_matches(t::VARCHAR, $p) LIMIT 1", p=pattern)
    ]
    assert holding == []
