"""The ledger of both ends: no finding where both sides agree, every altered cell found, and each with its cause."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

import pytest
from ledger_site import LedgerSite
from ledger_world import (
    DONGGUAN,
    FAR_TOWNS,
    HANGZHOU,
    HOME,
    HOME_TOWNS,
    KINDS,
    NINGBO,
    PLACES,
    Spoiler,
    World,
    consistent,
)
from naive.ledger import Count, Key, Pair, Place, Row, ledger

JUNE, JULY, AUGUST = "2024-06", "2024-07", "2024-08"
ZHEJIANG = HANGZHOU[:1]
TOWN, OTHER_TOWN = HOME_TOWNS[:2]


@pytest.fixture(scope="module")
def site(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> LedgerSite:
    return LedgerSite(built_site, tmp_path_factory.mktemp("ledger"), PLACES)


def _open(rows: dict[Key, Row]) -> dict[Key, str]:
    return {key: row.cause for key, row in rows.items() if row.standing in ("disputed", "awaited")}


def _spoiled(seed: int) -> tuple[World, Counter[str]]:
    rng = random.Random(seed)  # noqa: S311 - invented returns
    world = consistent(rng)
    spoiler = Spoiler(rng, world, ledger(world.counts()))
    return world, Counter({kind: int(spoiler.spoil(kind)) for kind in rng.sample(KINDS, len(KINDS))})


def _agrees_with_naive(site: LedgerSite, counts: Iterable[Count], cut: Collection[Count] = ()) -> dict[Key, Row]:
    counts = list(counts)
    rows = site.make(counts, cut)
    assert rows == ledger(counts, cut={(each.unit, each.period) for each in cut})
    assert site.broken_laws() == {}
    return rows


# --- whole worlds -----------------------------------------------------------------------------------------------------


def test_sides_that_tell_the_same_truth_have_no_dispute(site: LedgerSite) -> None:
    rows = _agrees_with_naive(site, consistent(random.Random(1)).counts())  # noqa: S311 - invented, the same in every run
    assert len(rows) == 348
    assert Counter(row.standing for row in rows.values()) == {"agreed": 348}


def test_every_altered_cell_is_found_with_its_cause_and_no_other(site: LedgerSite) -> None:
    world, made = _spoiled(1)
    assert made.total() == 4
    assert _open(_agrees_with_naive(site, world.counts())) == world.expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 14))
def test_altered_cells_of_many_worlds(site: LedgerSite, seed: int) -> None:
    world, made = _spoiled(seed)
    assert made.total() >= 3
    assert _open(_agrees_with_naive(site, world.counts())) == world.expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(15))
def test_whatever_is_sent_the_ledger_is_the_naive_one(site: LedgerSite, seed: int) -> None:
    """Senders in each other, any levels, small numbers that agree by chance, sheets of one item."""
    rng = random.Random(seed)  # noqa: S311 - invented returns
    units = (HOME, *HOME_TOWNS, HANGZHOU, ZHEJIANG, NINGBO, DONGGUAN)
    towns = (*HOME_TOWNS, *FAR_TOWNS)
    counts = {}
    for _ in range(60):
        unit, period = rng.choice(units), rng.choice((JUNE, JULY, AUGUST))
        pair = Pair(*(town[: rng.randint(1, len(town))] for town in rng.sample(towns, 2)))
        item = rng.choice(("flow_total", "flow_half_year", "flow_male"))
        count = Count(unit, period, item, pair, rng.randrange(4), rng.choice(("one", "two")))
        if any(_touches(unit, end) for end in pair):
            counts[unit, period, item, pair] = count
    rows = site.make(counts.values())
    assert rows == ledger(counts.values())


def _touches(unit: Place, end: Place) -> bool:
    return end[: len(unit)] == unit


# --- one cell ---------------------------------------------------------------------------------------------------------

from_home: Callable[..., Count] = partial(Count, HOME, sheet="out")
at_hangzhou: Callable[..., Count] = partial(Count, HANGZHOU, sheet="in")
XIHU, YUHANG = (place[:3] for place in (FAR_TOWNS[0], FAR_TOWNS[2]))


def _only(rows: dict[Key, Row], period: str = JUNE, item: str = "flow_total") -> Row:
    (row,) = (row for key, row in rows.items() if (key.period, key.item) == (period, item))
    return row


def test_a_side_that_knows_less_is_met_where_it_knows(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 12),
            from_home(JUNE, "flow_total", Pair(OTHER_TOWN, HANGZHOU), 3),
            at_hangzhou(JUNE, "flow_total", Pair(HOME, XIHU), 10),
            at_hangzhou(JUNE, "flow_total", Pair(HOME, YUHANG), 5),
        ],
    )
    assert rows == {Key(JUNE, Pair(HOME, HANGZHOU), "flow_total"): Row(15, 15, "agreed")}


def test_a_place_around_the_sender_is_the_sender(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", Pair(HOME[:1], HANGZHOU), 12),
            at_hangzhou(JUNE, "flow_total", Pair(HOME, ZHEJIANG), 11),
        ],
    )
    assert set(rows) == {Key(JUNE, Pair(HOME, HANGZHOU), "flow_total")}
    assert _only(rows).cause == "unexplained"


def test_of_units_in_each_other_the_widest_speaks(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 12),
            Count(TOWN, JUNE, "flow_total", Pair(TOWN, HANGZHOU), 99),
            at_hangzhou(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 12),
        ],
    )
    assert _only(rows) == Row(12, 12, "agreed")


def test_moves_inside_a_unit_are_said_by_both_its_sheets(site: LedgerSite) -> None:
    within = Pair(TOWN, OTHER_TOWN)
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", within, 7),
            from_home(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 1),
            Count(HOME, JUNE, "flow_total", within, 8, "in"),
            Count(HOME, JUNE, "flow_total", Pair(NINGBO, TOWN), 1, "in"),
        ],
    )
    assert rows[Key(JUNE, within, "flow_total")] == Row(
        7, 8, "disputed", "unexplained", JUNE, is_open=True, is_current=True
    )


def test_who_does_not_count_an_item_is_not_asked_for_it(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 12),
            from_home(JUNE, "flow_male", Pair(TOWN, HANGZHOU), 6),
            at_hangzhou(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 12),
        ],
    )
    assert (_only(rows).standing, _only(rows, item="flow_male").standing) == ("agreed", "uncompared")


def test_without_an_item_in_common_it_is_the_definition(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 12),
            at_hangzhou(JUNE, "flow_half_year", Pair(TOWN, HANGZHOU), 9),
        ],
    )
    assert {row.cause for row in rows.values()} == {"definition"}


def test_returns_of_a_part_alone_are_awaited(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            from_home(JUNE, "flow_total", Pair(TOWN, ZHEJIANG), 12),
            at_hangzhou(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 9),
        ],
    )
    assert _only(rows) == Row(12, 9, "awaited", "missing_return", JUNE, is_open=True, is_current=True)


def test_a_row_that_went_back_is_no_nought(site: LedgerSite) -> None:
    ours = [from_home(JUNE, "flow_total", Pair(TOWN, dest), 12) for dest in (XIHU, YUHANG)]
    theirs = at_hangzhou(JUNE, "flow_total", Pair(TOWN, XIHU), 12)
    causes = {None: "unexplained", theirs: "missing_return", ours[0]: "unexplained"}
    for cut, cause in causes.items():
        rows = _agrees_with_naive(site, [*ours, theirs], [cut] if cut else [])
        assert [row.cause for row in rows.values()] == ["none", cause]
    # nor does it end a dispute
    later = [from_home(JULY, "flow_total", Pair(TOWN, XIHU), 1), at_hangzhou(JULY, "flow_total", Pair(TOWN, XIHU), 1)]
    for cut, is_open in {later[0]: True, later[1]: True, ours[0]: False}.items():
        rows = _agrees_with_naive(site, [*ours, theirs, *later], [cut])
        assert _dated(rows)[JUNE, YUHANG] == (JUNE, is_open, is_open)


def test_a_cell_told_twice_is_added_up_in_one_sheet_and_counts_once_in_two(site: LedgerSite) -> None:
    pair = Pair(TOWN, XIHU)
    ours, theirs = from_home(JUNE, "flow_total", pair, 12), at_hangzhou(JUNE, "flow_total", pair, 12)
    again = {"out": Row(17, 12, "disputed", "unexplained", JUNE, is_open=True, is_current=True),
             "other sheet": Row(5, 12, "disputed", "unexplained", JUNE, is_open=True, is_current=True),
             "sheet after it": Row(12, 12, "agreed")}  # fmt: skip
    for sheet, row in again.items():
        twice = Count(HOME, JUNE, "flow_total", pair, 5, sheet)
        assert _only(_agrees_with_naive(site, [ours, theirs, twice])) == row


def test_nought_and_nothing_are_the_same(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site, [*_told_by_both(JUNE, XIHU, 4, 4), from_home(JUNE, "flow_total", Pair(TOWN, YUHANG), 0)]
    )
    assert [(row.by_origin, row.by_destination, row.standing) for row in rows.values()] == [
        (4, 4, "agreed"), (0, None, "agreed")
    ]  # fmt: skip


def test_a_dispute_is_as_old_as_the_last_agreement(site: LedgerSite) -> None:
    said = ((JUNE, 5, 6), (JULY, 7, 9), (AUGUST, 11, 14), ("2024-09", 20, 20), ("2024-10", 30, 34))
    rows = _agrees_with_naive(
        site,
        [
            count(period, "flow_total", Pair(TOWN, HANGZHOU), persons)
            for period, ours, theirs in said
            for count, persons in ((from_home, ours), (at_hangzhou, theirs))
        ],
    )
    assert len(rows) == 5
    assert [row.disputed_since for row in rows.values()] == [JUNE, JUNE, JUNE, None, "2024-10"]
    assert [row.is_open for row in rows.values()] == [False, False, False, False, True]


def _told_by_both(period: str, dest: Place, ours: int, theirs: int, their_dest: Place | None = None) -> list[Count]:
    return [
        from_home(period, "flow_total", Pair(TOWN, dest), ours),
        at_hangzhou(period, "flow_total", Pair(TOWN, their_dest or dest), theirs),
    ]


def _dated(rows: dict[Key, Row]) -> dict[tuple[str, Place], tuple[str | None, bool, bool]]:
    return {(key.period, key.pair.dest): (row.disputed_since, row.is_open, row.is_current) for key, row in rows.items()}


def test_a_dispute_goes_on_where_more_or_less_is_told_of_the_place(site: LedgerSite) -> None:
    rows = _agrees_with_naive(
        site,
        [
            *_told_by_both(JUNE, HANGZHOU, 5, 6, XIHU),
            *_told_by_both(JULY, XIHU, 7, 9),
            *_told_by_both(AUGUST, HANGZHOU, 7, 9),
        ],
    )
    assert _dated(rows) == {
        (JUNE, HANGZHOU): (JUNE, True, False),
        (JULY, XIHU): (JUNE, True, False),
        (AUGUST, HANGZHOU): (JUNE, True, True),
    }


def test_a_wider_dispute_is_over_when_all_its_parts_agree(site: LedgerSite) -> None:
    two_parts = [*_told_by_both(JULY, XIHU, 7, 7), *_told_by_both(JULY, YUHANG, 2, 2)]
    rows = _agrees_with_naive(
        site, [*_told_by_both(JUNE, HANGZHOU, 5, 6), *two_parts, *_told_by_both(AUGUST, HANGZHOU, 8, 9)]
    )
    assert _dated(rows)[JUNE, HANGZHOU] == (JUNE, False, False)
    assert _dated(rows)[AUGUST, HANGZHOU] == (AUGUST, True, True)


def test_a_part_that_still_differs_keeps_the_wider_dispute_alive(site: LedgerSite) -> None:
    two_parts = [*_told_by_both(JULY, XIHU, 7, 7), *_told_by_both(JULY, YUHANG, 2, 4)]
    rows = _agrees_with_naive(
        site, [*_told_by_both(JUNE, HANGZHOU, 5, 6), *two_parts, *_told_by_both(AUGUST, XIHU, 8, 9),
               *_told_by_both(AUGUST, YUHANG, 2, 3)]
    )  # fmt: skip
    assert _dated(rows) == {
        (JUNE, HANGZHOU): (JUNE, True, False),
        (JULY, XIHU): (None, False, False),
        (JULY, YUHANG): (JUNE, True, False),
        (AUGUST, YUHANG): (JUNE, True, True),
        # what was agreed in July is disputed anew
        (AUGUST, XIHU): (AUGUST, True, True),
    }


def test_a_dispute_is_over_when_both_leave_the_cell_out(site: LedgerSite) -> None:
    others = [count for period in (JULY, AUGUST) for count in _told_by_both(period, YUHANG, 2, 2)]
    rows = _agrees_with_naive(site, [*_told_by_both(JUNE, XIHU, 5, 6), *others, *_told_by_both("2024-09", XIHU, 1, 2)])
    assert _dated(rows)[JUNE, XIHU] == (JUNE, False, False)
    assert _dated(rows)["2024-09", XIHU] == ("2024-09", True, True)
    only_one = [count for count in others if count.sheet == "out"]
    rows = _agrees_with_naive(site, [*_told_by_both(JUNE, XIHU, 5, 6), *only_one])
    assert _dated(rows)[JUNE, XIHU] == (JUNE, True, True)


def test_those_of_whom_less_is_known_are_not_those_beside_them(site: LedgerSite) -> None:
    beside = [from_home(JUNE, "flow_total", Pair(TOWN, HANGZHOU), 3)]
    rows = _agrees_with_naive(site, [*beside, *_told_by_both(JUNE, XIHU, 7, 7), *_told_by_both(JULY, XIHU, 7, 9)])
    assert _dated(rows)[JUNE, HANGZHOU] == (JUNE, False, False)
    assert _dated(rows)[JULY, XIHU] == (JULY, True, True)


def test_a_count_that_comes_a_month_late_is_timing(site: LedgerSite) -> None:
    said = ((JUNE, 5, 5), (JULY, 8, 5), (AUGUST, 9, 9))
    rows = _agrees_with_naive(
        site,
        [
            count(period, "flow_total", Pair(TOWN, HANGZHOU), persons)
            for period, ours, theirs in said
            for count, persons in ((from_home, ours), (at_hangzhou, theirs))
        ],
    )
    assert [row.cause for row in rows.values()] == ["none", "timing", "none"]


def test_a_count_that_stands_out_for_one_month_is_not_timing(site: LedgerSite) -> None:
    said = ((JUNE, 5, 5), (JULY, 8, 5), (AUGUST, 5, 5))
    rows = _agrees_with_naive(
        site,
        [
            count(period, "flow_total", Pair(TOWN, HANGZHOU), persons)
            for period, ours, theirs in said
            for count, persons in ((from_home, ours), (at_hangzhou, theirs))
        ],
    )
    assert [row.cause for row in rows.values()] == ["none", "unexplained", "none"]
