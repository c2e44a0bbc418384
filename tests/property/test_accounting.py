"""Nothing vanishes and nothing counts twice, however a list is written, spoiled or damaged.

Law 1: for every file the rows in it are those accepted, returned and known already, and of a list that was read they
are as many as a plain count of its rows says. Law 2: the same rows in another format, encoding or order, in several
sheets or under another name, are one content.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import openpyxl
import pytest
from fuzz import office_files
from fuzz.mutation import mutated
from good_lists import FORMS, ROWS, GoodList, units_with_months
from judged_lists import Outcome, judge, prepare_register
from mutated_cells import HEADING_ROW, WORDS, mutations

HEAD: Final = HEADING_ROW + 1
# The numbers and the dates of these formats are texts too, so that nothing but the format differs.
FORMATS: Final[Mapping[str, Callable[[office_files.Table], bytes]]] = {
    "名单.xlsx": office_files.xlsx,
    "旧.xls": office_files.xls,
    "更旧.xls": office_files.bare_biff5,
    "二进制.xlsb": office_files.xlsb,
    "开放.ods": office_files.ods,
    "平面.fods": office_files.fods,
    "表格.xml": office_files.spreadsheetml,
    "网页.xls": office_files.html,
    "归档.mht": office_files.mhtml,
    "文本.csv": office_files.text_of,
    "国标.csv": lambda table: office_files.text_of(table, "gb18030"),
    "宽.csv": lambda table: office_files.text_of(table, "utf-16"),
    "制表符.txt": lambda table: office_files.text_of(table, "utf-8-sig", "\t"),
    "分号.csv": lambda table: office_files.text_of(table, "utf-8", ";"),
}
# Names of people too rare for the old encodings.
COMMON_NAMES: Final = str.maketrans("䶮丌乜亓鼋鼍鼐鼒鼙鼛鼟鼢鼦鼫鼬鼯", "张王李赵伟强磊军勇杰涛超明刚平辉")


@dataclass(frozen=True)
class Delivered:
    """What came of every file of the night, and which file should be what."""

    outcomes: Mapping[str, Outcome]
    same: Mapping[str, list[str]]
    spoiled: list[str]
    damaged: list[str]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    work = tmp_path_factory.mktemp("accounting")
    register = prepare_register(work)
    files: dict[str, bytes] = {}
    same, spoiled, damaged = {}, [], []
    for form_id in FORMS:
        lists = units_with_months(form_id, register)
        again = dict(_same(next(lists)))
        same[form_id] = [f"{form_id}/{name}" for name in again]
        files |= {f"{form_id}/{name}": content for name, content in again.items()}
        for number in range(12):
            spoiled.append(f"{form_id}/多处{number}.xlsx")
            files[spoiled[-1]] = _spoiled(next(lists), number).workbook()
        for number in range(6):
            damaged.append(f"{form_id}/损坏{number}.xlsx")
            files[damaged[-1]] = mutated(next(lists).workbook(), number)
    return Delivered(judge(work, files, {path: {} for path in files}), same, spoiled, damaged)


def _same(good: GoodList) -> Iterator[tuple[str, bytes]]:
    """Give the list again and again, in every format, order and parting."""
    rows = tuple(tuple(text.translate(COMMON_NAMES) for text in row) for row in good.rows)
    for name, write in FORMATS.items():
        yield name, write(rows)
    head, body = rows[:HEAD], rows[HEAD:]
    yield "倒序.xlsx", office_files.xlsx((*head, *reversed(body)))
    yield "空行.xlsx", office_files.xlsx((("",) * len(rows[0]), *head, *body[:2], ("",) * len(rows[0]), *body[2:]))
    order = Random(3).sample(range(1, len(rows[0])), len(rows[0]) - 1)  # noqa: S311
    turned = (0, *order)
    yield (
        "换列.xlsx",
        office_files.xlsx((*rows[:HEADING_ROW], *(tuple(r[i] for i in turned) for r in rows[HEADING_ROW:]))),
    )
    yield "分页.xlsx", _in_sheets((*head, *body[:1]), (*head, *body[1:]))
    yield "接排.xlsx", office_files.xlsx((*head, *body[:3], rows[HEADING_ROW], *body[3:]))
    yield "全角.xlsx", office_files.xlsx((*head, *(tuple(f" {text}\u3000" for text in row) for row in body)))


def _in_sheets(*parts: office_files.Table) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, part in enumerate(parts, start=1):
        page = book.create_sheet(f"第{number}页")
        for row in part:
            page.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _spoiled(good: GoodList, seed: int) -> GoodList:
    """Return the list with two to eight cells of its rows spoiled; no row becomes one of totals or notes."""
    rng = Random(seed)  # noqa: S311
    possible = [each for each in mutations(good, seed, 1.0) if each.is_body and each.text not in {"", *WORDS}]
    for each in rng.sample(possible, rng.randint(2, 8)):
        good = good.with_cell(each.row, each.column, each.text)
    order = rng.sample(range(HEAD, HEAD + ROWS), ROWS)
    return replace(good, rows=(*good.rows[:HEAD], *(good.rows[row] for row in order)))


def test_every_file_adds_up(delivered: Delivered) -> None:
    """Law 1, for files of every make."""
    assert len(delivered.outcomes) > 35 * len(FORMS)
    assert not [path for path, outcome in delivered.outcomes.items() if not outcome.balances]
    taken = [outcome for outcome in delivered.outcomes.values() if outcome.file["rows_accepted"]]
    assert len(taken) > 12 * len(FORMS)
    assert not [outcome.file["path"] for outcome in taken if len(outcome.accepted) != outcome.file["rows_accepted"]]


def test_a_spoiled_list_has_as_many_rows_as_a_plain_count(delivered: Delivered) -> None:
    assert len(delivered.spoiled) == 12 * len(FORMS)
    counted = {path: delivered.outcomes[path].file["rows_in"] for path in delivered.spoiled}
    assert not {path: rows for path, rows in counted.items() if rows != ROWS}
    silent = [
        path
        for path in delivered.spoiled
        if delivered.outcomes[path].file["rows_returned"] and not _told(delivered, path)
    ]
    assert not silent


def test_a_damaged_file_is_read_whole_or_comes_back_with_its_reason(delivered: Delivered) -> None:
    statuses = {path: delivered.outcomes[path].file["status"] for path in delivered.damaged}
    assert len(set(statuses.values())) > 1
    assert not [path for path, status in statuses.items() if status != "accepted" and not _told(delivered, path)]


def _told(delivered: Delivered, path: str) -> bool:
    return any(delivered.outcomes[path].findings.values())


@pytest.mark.parametrize("form_id", FORMS)
def test_one_content_however_it_is_written(delivered: Delivered, form_id: str) -> None:
    """Law 2: one of them is taken and the others are known."""
    outcomes = {path: delivered.outcomes[path] for path in delivered.same[form_id]}
    assert len(outcomes) == len(FORMATS) + 6
    contents = {path: outcome.landed["content_id"] for path, outcome in outcomes.items()}
    first = contents[f"{form_id}/名单.xlsx"]
    assert first is not None
    assert not {path: outcomes[path].findings for path, content in contents.items() if content != first}
    statuses = sorted(outcome.file["status"] for outcome in outcomes.values())
    assert statuses == ["accepted", *["duplicate"] * (len(outcomes) - 1)]
    assert {outcome.file["rows_in"] for outcome in outcomes.values()} == {ROWS}
