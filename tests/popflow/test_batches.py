"""How the files of an inbox are cut into batches: none too many, none too large, none left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from popflow.inbox import BATCH_BYTES, Found, in_batches


def found(*sizes: int) -> list[Found]:
    return [Found(path=f"{number}.csv", size_bytes=size, modified_ns=0) for number, size in enumerate(sizes)]


def test_a_large_file_stands_alone_and_small_ones_together() -> None:
    batches = in_batches(found(10, 10, BATCH_BYTES + 1, 10, 10), 3)
    assert [[each.size_bytes for each in batch] for batch in batches] == [[10, 10], [BATCH_BYTES + 1], [10, 10]]


@given(st.lists(st.integers(0, 2 * BATCH_BYTES)), st.integers(1, 5))
def test_every_file_is_in_one_batch_and_no_batch_is_too_much(sizes: list[int], most: int) -> None:
    files = found(*sizes)
    batches = in_batches(files, most)
    assert [each for batch in batches for each in batch] == files
    for batch in batches:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or sum(each.size_bytes for each in batch) <= BATCH_BYTES
