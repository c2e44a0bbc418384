"""The attackers of these tests are independent of the code they attack: one solves equations, one tries every table."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure import TOTAL, Position, exposed_positions, hidden_positions, with_margins

THRESHOLD = 10


def hide(cells: Mapping[Position, int], threshold: int = THRESHOLD) -> frozenset[Position]:
    return hidden_positions(cells, lambda _: threshold)


def tables(rows: int, columns: int, largest: int) -> st.SearchStrategy[dict[Position, int]]:
    positions = [(f"o{row}", f"d{column}") for row in range(rows) for column in range(columns)]
    counts = st.one_of(st.just(0), st.just(1), st.integers(0, 12), st.integers(0, largest))
    return st.lists(counts, min_size=len(positions), max_size=len(positions)).map(
        lambda values: dict(zip(positions, values, strict=True))
    )


def equations(table: Mapping[Position, int]) -> list[list[tuple[Position, int]]]:
    """Every sum a reader can form: cells of a line add up to its total, totals to the grand total."""
    rows = sorted({row for row, _ in table})
    columns = sorted({column for _, column in table})
    lines = [[(row, column) for column in columns] for row in rows]
    lines += [[(row, column) for row in rows] for column in columns]
    return [
        [(position, -1 if TOTAL in position[axis] else 1) for position in line if position in table]
        for axis, line in zip([1] * len(rows) + [0] * len(columns), lines, strict=True)
    ]


def solved_by_linear_algebra(table: Mapping[Position, int], hidden: Collection[Position]) -> set[Position]:
    unknown = sorted(hidden)
    matrix = np.zeros((len(equations(table)), len(unknown)))
    for number, line in enumerate(equations(table)):
        for position, sign in line:
            if position in hidden:
                matrix[number, unknown.index(position)] = sign
    rank = np.linalg.matrix_rank(matrix)
    pinned = set()
    for number, position in enumerate(unknown):
        unit = np.zeros((1, len(unknown)))
        unit[0, number] = 1
        if np.linalg.matrix_rank(np.vstack([matrix, unit])) == rank:
            pinned.add(position)
    return pinned


def solved_by_trying_everything(
    cells: Mapping[Position, int], table: Mapping[Position, int], hidden: Collection[Position]
) -> set[Position]:
    """Fill the hidden cells with every number from 1 up and keep what all fitting tables have in common."""
    inside = sorted(position for position in hidden if TOTAL not in position)
    known = {position: value for position, value in cells.items() if value and position not in hidden}
    seen: dict[Position, set[int]] = {position: set() for position in hidden}
    for values in itertools.product(*(range(1, cells[position] + 3) for position in inside)):
        candidate = with_margins({**known, **dict(zip(inside, values, strict=True))})
        if all(candidate[position] == value for position, value in table.items() if position not in hidden):
            for position in hidden:
                seen[position].add(candidate[position])
    return {position for position, values in seen.items() if len(values) == 1}


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    assert hide({("a", "x"): 10, ("a", "y"): 0, ("b", "y"): 250}) == frozenset()


def test_one_small_cell_takes_the_cheapest_rectangle_with_it() -> None:
    cells = {("a", "x"): 3, ("a", "y"): 500, ("a", "z"): 20,
             ("b", "x"): 900, ("b", "y"): 400, ("b", "z"): 700,
             ("c", "x"): 30, ("c", "y"): 600, ("c", "z"): 40}  # fmt: skip
    assert hide(cells) == {("a", "x"), ("a", "z"), ("c", "x"), ("c", "z")}


def test_zero_is_never_hidden_and_small_totals_are() -> None:
    hidden = hide({("a", "x"): 3, ("a", "y"): 0, ("b", "x"): 40, ("b", "y"): 50})
    assert ("a", "y") not in hidden
    assert {("a", "x"), ("a", TOTAL)} <= hidden


def test_hidden_ones_that_must_fill_a_total_are_not_left_exposed() -> None:
    """Twelve hidden cells under a total of twelve can only be ones, though no equation pins any of them."""
    cells = {("a", f"d{number}"): 1 for number in range(12)} | {("b", f"d{number}"): 50 for number in range(12)}
    table = with_margins(cells)
    small = {position for position, value in table.items() if value < THRESHOLD}
    ones = {("a", f"d{number}") for number in range(12)}
    naive = small | {("b", f"d{number}") for number in range(12)}
    assert solved_by_linear_algebra(table, naive) == set()
    assert exposed_positions(table, naive) >= ones
    assert ("a", TOTAL) in hide(cells)


def test_a_lone_small_cell_hides_every_total() -> None:
    assert hide({("a", "x"): 3}) == {("a", "x"), ("a", TOTAL), (TOTAL, "x"), (TOTAL, TOTAL)}


def test_thresholds_may_differ_by_position() -> None:
    cells = {("a", "x"): 7, ("a", "y"): 60, ("b", "x"): 80, ("b", "y"): 90}
    assert hidden_positions(cells, lambda _: 5) == frozenset()
    assert len(hidden_positions(cells, lambda position: 5 if TOTAL in position else 10)) == 4


@pytest.mark.parametrize("threshold", [0, 1])
def test_a_threshold_of_one_hides_nothing(threshold: int) -> None:
    assert hide({("a", "x"): 1, ("b", "y"): 2}, threshold) == frozenset()


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="not a cell of counts"):
        with_margins({("a", "x"): -1})


def test_an_empty_table_hides_nothing() -> None:
    assert hide({}) == frozenset()


@given(cells=tables(5, 6, 400))
@settings(max_examples=150, deadline=None)
def test_law_no_equation_gives_a_hidden_count(cells: dict[Position, int]) -> None:
    table = with_margins(cells)
    hidden = hide(cells)
    assert {position for position, value in table.items() if value < THRESHOLD} <= hidden
    assert solved_by_linear_algebra(table, hidden) == set()


@given(cells=tables(2, 3, 5))
@settings(max_examples=150, deadline=None)
def test_law_trying_every_table_gives_no_hidden_count(cells: dict[Position, int]) -> None:
    hidden = hide(cells, threshold=3)
    assert solved_by_trying_everything(cells, with_margins(cells), hidden) == set()


@given(cells=tables(2, 3, 4), data=st.data())
@settings(max_examples=200, deadline=None)
def test_law_the_audit_finds_exactly_what_trying_every_table_finds(
    cells: dict[Position, int], data: st.DataObject
) -> None:
    table = with_margins(cells)
    hidden = data.draw(st.sets(st.sampled_from(sorted(table)))) if table else set()
    assert exposed_positions(table, hidden) == solved_by_trying_everything(cells, table, hidden)


@given(cells=tables(4, 5, 100))
@settings(max_examples=100, deadline=None)
def test_law_large_counts_are_hidden_only_where_needed(cells: dict[Position, int]) -> None:
    table = with_margins(cells)
    hidden = hide(cells)
    small = {position for position in hidden if table[position] < THRESHOLD}
    for position in hidden - small:
        assert exposed_positions(table, hidden - {position}) & small


@given(cells=tables(4, 5, 100), data=st.data())
@settings(max_examples=50, deadline=None)
def test_law_the_same_counts_hide_the_same_cells_in_any_order(cells: dict[Position, int], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(cells.items()))))
    assert hide(shuffled) == hide(cells)
