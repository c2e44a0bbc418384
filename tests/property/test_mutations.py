"""A mutation of any single cell of a good file is without effect on meaning, is found, or changes exactly its row.

Good lists of all nine forms are mutated cell by cell, each for a unit and a month of its own, and judged in one night.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from good_lists import FIRST_BODY_ROW, FORMS, ROWS, GoodList, is_count_form, units_with_months
from judged_lists import Outcome, judge, prepare_register
from mutated_cells import Mutation, mutations

BODY = range(FIRST_BODY_ROW, FIRST_BODY_ROW + ROWS)
# Two rows that contradict each other both come back: which of them was changed cannot be told.
OF_BOTH_ROWS = {"same_number_differs:id_number"}
# A text that says nothing, or that the value is not known, may leave nothing behind.
SAYS_NOTHING = {"", "无", "不详", "/", "#￥%……&*"}


@dataclass(frozen=True)
class Tried:
    """A mutated list, its mutation, and what came of it and of the good list."""

    good: GoodList
    mutation: Mutation
    outcome: Outcome
    reference: Outcome

    def __str__(self) -> str:
        cell = self.good.rows[self.mutation.row][self.mutation.column]
        return f"{self.good.form_id}: {cell!r} -> {self.mutation.text!r} ({self.mutation.kind})"


@pytest.fixture(
    scope="module", params=[pytest.param(0.15, id="some"), pytest.param(1.0, id="all", marks=pytest.mark.slow)]
)
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    work = tmp_path_factory.mktemp("mutations")
    register = prepare_register(work)
    files, tokens, told = {}, {}, []
    for form_id in FORMS:
        for good, mutation in _pairs(form_id, register, float(request.param)):
            path = f"{form_id}/{len(files)}.xlsx"
            mutated = good if mutation is None else good.with_cell(mutation.row, mutation.column, mutation.text)
            files[path], tokens[path] = mutated.workbook(), good.tokens
            told.append((path, good, mutation))
    outcomes = judge(work, files, tokens)
    assert len(outcomes) == len(files)
    good_ones = {good.form_id: outcomes[path] for path, good, mutation in told if mutation is None}
    return [
        Tried(good, mutation, outcomes[path], good_ones[good.form_id]) for path, good, mutation in told if mutation
    ] + [Tried(good, Mutation(9, 0, "none", ""), outcomes[path], outcomes[path]) for path, good, m in told if m is None]


def _pairs(form_id: str, register: Path, share: float) -> Iterator[tuple[GoodList, Mutation | None]]:
    """Give the good list of a form, and good lists with the one cell each in which they are to differ."""
    lists = units_with_months(form_id, register)
    first = next(lists)
    yield first, None
    for serial in range(len(list(mutations(first, 1, share)))):
        good = next(lists)
        mutation = list(mutations(good, 1, share))[serial]
        if good.rows[mutation.row][mutation.column] != mutation.text:
            yield good, mutation


def test_the_good_lists_are_good(tried: list[Tried]) -> None:
    whole = [each for each in tried if each.mutation.kind == "none"]
    assert len(whole) == len(FORMS)
    for each in whole:
        assert each.outcome.file["form_id"] == each.good.form_id
        assert set(each.outcome.accepted) == set(BODY), (each.good.form_id, dict(each.outcome.findings))
        assert not [row for row in each.outcome.findings if row is not None], dict(each.outcome.findings)


def test_every_row_is_accounted_for(tried: list[Tried]) -> None:
    """Law 1, and no row of a list that was read is left out."""
    assert len(tried) > 40 * len(FORMS)
    assert not [str(each) for each in tried if not each.outcome.balances]
    lost = [each for each in tried if each.outcome.fields and each.outcome.file["rows_in"] != ROWS]
    silent = [each for each in lost if not _came_back(each.outcome) and not _says_total(each)]
    assert not [f"{each}: {each.outcome.file['rows_in']} rows" for each in silent]


def test_a_cell_of_a_row_concerns_that_row_alone(tried: list[Tried]) -> None:
    bodies = [each for each in tried if each.mutation.is_body and each.mutation.kind != "none"]
    assert len(bodies) > 20 * len(FORMS)
    assert not [text for each in bodies for text in _wrong_in_body(each)]


def _wrong_in_body(each: Tried) -> Iterator[str]:
    outcome, reference, own = each.outcome, each.reference, each.mutation.row + 1
    if outcome.file["form_id"] != each.good.form_id or outcome.file["unit_code"] != each.good.unit.code:
        yield f"{each}: taken for {outcome.facts}"
    for row in BODY:
        is_told = row in outcome.returned and bool(outcome.findings[row] & OF_BOTH_ROWS)
        if row != own and outcome.accepted.get(row) != reference.accepted[row] and not is_told:
            yield f"{each}: row {row} is {outcome.accepted.get(row)} {dict(outcome.findings)}"
    if _says_total(each):
        return
    if own not in outcome.accepted and not outcome.file["rows_duplicate"]:
        if own not in outcome.returned or not outcome.findings[own]:
            yield f"{each}: nothing came of the row"
    elif each.mutation.text not in SAYS_NOTHING and own in outcome.accepted and not outcome.findings[own]:
        lost = {name for name, _ in reference.accepted[own]} - {name for name, _ in outcome.accepted[own]}
        lost = {name for name in lost if " " not in name}
        if lost:
            yield f"{each}: {sorted(lost)} silently lost"


def _says_total(each: Tried) -> bool:
    """Whether a row of counts now says that it counts others together, and is one of totals."""
    is_key = each.mutation.is_body and each.mutation.column == 0 and is_count_form(each.good.form_id)
    return is_key and each.mutation.text in {"合计", "小计", "以上共4人"}


def test_a_cell_above_the_rows_changes_visibly_or_nothing(tried: list[Tried]) -> None:
    heads = [each for each in tried if not each.mutation.is_body]
    assert len(heads) > 10 * len(FORMS)
    assert not [text for each in heads for text in _wrong_in_head(each)]


def _wrong_in_head(each: Tried) -> Iterator[str]:
    outcome, reference, column = each.outcome, each.reference, each.mutation.column
    if _came_back(outcome) or _is_another_list(each):
        return
    if each.mutation.row == 2 and outcome.fields.get(column, "") != reference.fields[column]:
        if column not in outcome.fields and "columns_unnamed" not in outcome.findings[None]:
            yield f"{each}: the column is not told of"
        others = {place: name for place, name in outcome.fields.items() if place != column}
        if others != {place: name for place, name in reference.fields.items() if place != column}:
            yield f"{each}: columns are {outcome.fields}"
        return
    if outcome.accepted != reference.accepted:
        yield f"{each}: rows differ"


def _came_back(outcome: Outcome) -> bool:
    """Whether the whole file went back with its reason."""
    return outcome.file["status"] == "returned" and bool(outcome.findings[None] or outcome.findings)


def _is_another_list(each: Tried) -> bool:
    """Whether it was taken for another form, unit, month, day or kind, as everybody can see."""
    own = (each.good.form_id, each.good.unit.code, f"{each.good.month:%Y-%m}", each.good.month, "full")
    return each.outcome.facts != own
