"""`popflow unmapped`: the sheet that goes out, what is taken of it when it comes back, and every slip of the pen."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest
import yaml

from ingest.decided_words import DecidedWord, as_yaml, decisions_of
from ingest.declaration import declarations, load_forms, load_value_lists, use_declarations
from ingest.declared_yaml import read_raw
from ingest.errors import UsageError
from popflow import cli, unmapped
from popflow.attention import read_attention
from popflow.lock import new_lease, take_lease
from popflow.site import Site, open_site
from popflow.unmapped import HEADINGS, Unmapped, import_decisions
from popflow.unmapped_sheet import write_sheet

TODAY = dt.date(2024, 11, 20)
WORDS = [
    Unmapped("village_inflow", "reason", "跑外卖的", 12, 2, 2, TODAY, TODAY, None, None),
    Unmapped("village_inflow", "dwelling", "=老宅", 3, 1, 1, TODAY, TODAY, "自有住宅", "RESIDENT_HOME"),
    Unmapped("township_report", "category", "送货", 2, 1, 1, TODAY, TODAY, None, None),
    Unmapped("village_inflow", "reason", "138******", 1, 1, 1, TODAY, TODAY, None, None, is_whole=False),
]
Fill = Callable[..., Path]


@pytest.fixture
def listed(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Open a site whose published warehouse has three words without a code."""
    before = declarations()

    def read(_: Site) -> list[Unmapped]:
        decided = {each.about for each in declarations().decided}
        return [each for each in WORDS if each.about not in decided]

    monkeypatch.setattr(unmapped, "read_unmapped", read)
    yield site
    use_declarations(before)


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Fill in the sheet: decisions by word, or whole rows in the order of the headings that matter."""

    def write(*rows: tuple[str, str, str, str], name: str = "decided.csv") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(("form 表", "field 栏目", "word 原词", "decision 归入代码", "note 说明"))
            lines.writerows((*row, "") for row in rows)
        return path

    return write


INFLOW = ("village_inflow", "reason", "跑外卖的")


def test_the_workbook_offers_the_codes_of_each_field(tmp_path: Path) -> None:
    path = tmp_path / "words.xlsx"
    write_sheet(WORDS, path)
    page, codes = openpyxl.load_workbook(path).worksheets
    assert page.max_row == 1 + len(WORDS)
    assert [cell.value for cell in page[3]][:4] == ["village_inflow", "dwelling", "=老宅", 3]
    assert page["C3"].data_type == "s"
    offered = {str(each.sqref): each.formula1 for each in page.data_validations.dataValidation}
    assert set(offered) == {"J2", "J3", "J4"}
    assert offered["J2"] == offered["J4"] != offered["J3"]
    lists = load_value_lists()
    assert [codes.cell(row, 1).value for row in (1, 2)] == ["reason", "WORK 务工"]
    assert codes.max_row == 1 + max(len(lists[name].codes) for name in ("reason", "dwelling"))


def test_a_sheet_comes_back_as_it_went(listed: Site, tmp_path: Path) -> None:
    for suffix in ("xlsx", "csv"):
        path = tmp_path / f"words.{suffix}"
        write_sheet(WORDS, path)
        taken, wrong = import_decisions(listed, path, "束某", TODAY)
        assert (wrong, taken and taken.decisions) == ([], ())
    with pytest.raises(UsageError, match=r"written as \.xlsx or \.csv"):
        write_sheet(WORDS, tmp_path / "words.docx")
    for suffix in ("xlsx", "csv"):
        with pytest.raises(UsageError, match="cannot be written"):
            write_sheet(WORDS, tmp_path / "nowhere" / f"words.{suffix}")


def test_a_decision_becomes_the_sites_own_declaration(listed: Site, fill: Fill) -> None:
    file = fill((*INFLOW, "SERVICE 服务"), ("village_inflow", "dwelling", "=老宅", "居民家中或自有住宅"),
                ("township_report", "category", "送货", "service"))  # fmt: skip
    taken, wrong = import_decisions(listed, file, "束某", TODAY)
    assert (wrong, taken is not None) == ([], True)
    assert taken is not None
    assert (len(taken.decisions), taken.rows_again, taken.rows_not_again) == (3, 15, 2)
    kept = yaml.safe_load((listed.root / "forms" / "decided_words.yaml").read_text(encoding="utf-8"))["decided"]
    assert [(each["word"], each["code"], each["by"], each["on"]) for each in kept] == [
        ("跑外卖的", "SERVICE", "束某", TODAY), ("=老宅", "RESIDENT_HOME", "束某", TODAY),
        ("送货", "SERVICE", "束某", TODAY),
    ]  # fmt: skip
    open_site(listed.root)
    field = load_forms()["village_inflow"].fields["reason"]  # type: ignore[union-attr]
    assert load_value_lists()["reason"].code_of("跑外卖的", field.words) == "SERVICE"
    assert load_value_lists()["reason"].code_of("跑外卖的") is None
    again, wrong = import_decisions(listed, file, "宛某", TODAY)
    assert (wrong, again and again.decisions) == ([], ())
    other, wrong = import_decisions(listed, fill((*INFLOW, "WORK")), "宛某", TODAY)
    assert other is None
    assert len(wrong) == 1
    assert wrong[0].startswith("row 2: 跑外卖的 was decided to be SERVICE on 2024-11-20 by 束某, and here it is WORK")
    assert wrong[0].endswith("change its line in forms/decided_words.yaml")


def test_nothing_is_taken_while_a_night_runs(listed: Site, fill: Fill, capsys: pytest.CaptureFixture[str]) -> None:
    file = fill((*INFLOW, "WORK"))
    take_lease(listed.folders, new_lease("20241120-01", "airflow", 60))
    assert cli.run(["--site", str(listed.root), "unmapped", "import", str(file), "--by", "王"]) == 4
    assert "20241120-01" in capsys.readouterr().err
    assert not list(listed.root.glob("forms/*"))


def test_every_wrong_row_is_one_sentence_and_nothing_is_taken(listed: Site, fill: Fill) -> None:
    file = fill(
        (*INFLOW, "SERVICE"),
        ("village_inflow", "dwelling", "=老宅", "PALACE"),
        (*INFLOW, "WORK"),
        ("village_inflow", "reason", "没见过的词", "WORK"),
        ("village_inflow", "shoe", "跑外卖的", "WORK"),
        ("township_report", "category", "送货", ""),
    )
    taken, wrong = import_decisions(listed, file, "束某", TODAY)
    assert taken is None
    assert [line.split(": ")[0] for line in wrong] == ["row 3", "row 4", "row 5", "row 6"]
    assert wrong[0].startswith("row 3: PALACE is no code of dwelling: take one of RENTED, RESIDENT_HOME")
    assert wrong[1] == "row 4: 跑外卖的 was decided to be SERVICE in row 2, and here it is WORK"
    assert wrong[2].startswith("row 5: 没见过的词 (village_inflow, reason) is not in the list of words without a code")
    assert wrong[3].startswith("row 6: 跑外卖的 (village_inflow, shoe) is not in the list")
    assert not (listed.root / "forms" / "decided_words.yaml").exists()


@pytest.mark.parametrize(
    ("content", "says"), [(b"a,b\n1,2\n", "its first row has no form, field, word, decision"), (b"", "cannot be read")]
)
def test_another_sheet_is_refused(listed: Site, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "other.csv").write_bytes(content)
    with pytest.raises(UsageError, match=says):
        import_decisions(listed, tmp_path / "other.csv", "束某", TODAY)


WRONG = (
    ("{form_id: shoe, field: reason, word: x, code: WORK, by: a, on: 2024-11-20}", "there is no form shoe"),
    ("{form_id: village_inflow, field: shoe, word: x, code: WORK, by: a, on: 2024-11-20}", "has no field shoe with"),
    ("{form_id: village_inflow, field: reason, word: x, code: SHOE, by: a, on: 2024-11-20}", "does not have"),
    ("{form_id: village_inflow, field: reason, word: x, code: WORK, on: 2024-11-20}", "decided.0.by"),
)


@pytest.mark.parametrize(("line", "says"), WRONG)
def test_a_file_of_decisions_that_cannot_be_is_one_sentence(listed: Site, line: str, says: str) -> None:
    folder = listed.root / "forms"
    folder.mkdir()
    (folder / "decided_words.yaml").write_text(f"decided:\n- {line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        open_site(listed.root)


def test_a_word_is_not_decided_in_two_ways(listed: Site) -> None:
    lines = [
        f"- {{form_id: village_inflow, field: reason, word: {word}, code: {code}, by: {by}, on: 2024-11-20}}"
        for word, code, by in (("跑外卖", "WORK", "束某"), ("跑 外卖", "SERVICE", "宛某"))
    ]
    folder = listed.root / "forms"
    folder.mkdir()
    (folder / "decided_words.yaml").write_text("\n".join(["decided:", *lines]), encoding="utf-8")
    with pytest.raises(UsageError, match="is WORK, as decided by 束某, and SERVICE, as decided by 宛某"):
        open_site(listed.root)


def test_nothing_is_decided_about_a_part_of_a_word(listed: Site, fill: Fill) -> None:
    taken, wrong = import_decisions(listed, fill(("village_inflow", "reason", "138******", "WORK")), "束某", TODAY)
    assert (taken, len(wrong)) == (None, 1)
    assert wrong[0].startswith("row 2: 138****** is only a part of what was written")


def _as_text(path: Path, encoding: str, separator: str, mark: str = "") -> None:
    rows = [(*HEADINGS[:3], *HEADINGS[-2:]), (*INFLOW, "服务", "骑手"), ("township_report", "category", "送货", "", "")]
    path.write_text(mark + "\n".join(separator.join(row) for row in rows), encoding=encoding)


def _as_workbook(path: Path, before: str, code: str) -> None:
    book = openpyxl.Workbook()
    if before:
        book.active.title = before  # type: ignore[union-attr]
        book.create_sheet("待定")
    page = book.worksheets[-1]
    page.append(HEADINGS)
    page.append([*INFLOW, 12, 2, 2, TODAY, TODAY, None, code, "骑手"])
    book.save(path)


@pytest.mark.parametrize(
    "save",
    [
        lambda path: _as_text(path, "gb18030", ","),
        lambda path: _as_text(path, "gb18030", ",", "\ufeff"),
        lambda path: _as_text(path, "utf-16", "\t"),
        lambda path: _as_workbook(path, "代码", "ＳＥＲＶＩＣＥ 服务"),
        lambda path: _as_workbook(path, "", "service"),
    ],
)
def test_a_sheet_is_taken_as_office_programs_save_it(
    listed: Site, tmp_path: Path, save: Callable[[Path], None]
) -> None:
    path = tmp_path / "saved"
    save(path)
    taken, wrong = import_decisions(listed, path, "束某", TODAY)
    assert (wrong, taken is not None) == ([], True)
    assert taken is not None
    assert [(each.word, each.code, each.note) for each in taken.decisions] == [("跑外卖的", "SERVICE", "骑手")]


def test_a_code_of_digits_may_be_a_number_in_its_cell(
    listed: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [Unmapped("village_inflow", "sex", "77", 1, 1, 1, TODAY, TODAY, None, None)]
    monkeypatch.setattr(unmapped, "read_unmapped", lambda _: asked)
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(HEADINGS)
    page.append(("village_inflow", "sex", 77, 1, 1, 1, TODAY, TODAY, None, 1, None))
    book.save(tmp_path / "saved.xlsx")
    taken, wrong = import_decisions(listed, tmp_path / "saved.xlsx", "束某", TODAY)
    assert (wrong, taken and [(each.word, each.code) for each in taken.decisions]) == ([], [("77", "1")])


def test_every_word_can_be_kept(tmp_path: Path) -> None:
    words = ("077", "=", "=A1", "-2-3", "no", "null", "1990.01.01", "'单引号", "a: b #c", "%%", "𠮷野词", "~", "07:30")
    decisions = tuple(
        DecidedWord(form_id="village_inflow", field="reason", word=word, code="WORK", by="束某", on=TODAY)
        for word in words
    )
    path = tmp_path / "decided_words.yaml"
    path.write_text(as_yaml(decisions), encoding="utf-8")
    assert decisions_of(path, read_raw(path)) == decisions
    assert path.read_text(encoding="utf-8").count("2024-11-20") == len(words), "each line stands by itself"


def test_what_can_be_decided_stands_first_and_is_what_waits() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE SCHEMA ops; CREATE SCHEMA stats; CREATE SCHEMA intermediate;
            CREATE TABLE stats.report_check (within_unknown BOOLEAN);
            CREATE TABLE intermediate.int_report_cell (period VARCHAR);
            CREATE TABLE ops.unmapped_value AS
            SELECT 'f' AS form_id, 'reason' AS field, word AS source_value, rows AS row_count, 1 AS files, 1 AS senders,
                DATE '2024-11-20' AS first_seen, DATE '2024-11-20' AS last_seen, NULL::VARCHAR AS suggested_word,
                NULL::VARCHAR AS suggested_code, code
            FROM (
                VALUES ('138******', 9, NULL), ('送货', 2, NULL), ('跑腿', 3, NULL), ('打工', 5, 'WORK')
            ) AS t(word, rows, code)
        """)
        words = unmapped._read(connection)
        waiting = read_attention(connection)
    assert [(each.word, each.is_whole) for each in words] == [("跑腿", True), ("送货", True), ("138******", False)]
    assert waiting is not None
    assert waiting.words == 2
