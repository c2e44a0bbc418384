"""The rules of moves, each as a short story of lists and the moves that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pytest
from list_maker import (
    DONGGUAN,
    HANGZHOU,
    HOME_VILLAGE,
    NINGBO,
    OTHER_VILLAGE,
    XIHU,
    ZHEJIANG,
    Case,
    Row,
)
from stories import Told, teller_of

AUG, SEP, OCT, NOV, DEC = "2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31"


@dataclass(frozen=True)
class Move:
    """What a story expects of one move; ``between`` is (after, on or before)."""

    kind: str
    start: str | None
    to: str | None
    on: str | None = None
    between: tuple[str | None, str | None] = (None, None)


STORIES: dict[str, list[Move]] = {}
story = teller_of(STORIES)


@story
def whoever_is_listed_again_and_again_moved_once(case: Case) -> list[Move]:
    for on in (AUG, SEP, OCT):
        case.outflow(on, Row(left="2024-03-01"))
    return [Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01")]


@story
def a_corrected_date_and_a_more_precise_place_are_no_moves(case: Case) -> list[Move]:
    case.outflow(AUG, Row(dest=ZHEJIANG, left="2024-03-01"))
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-02-01"))
    case.outflow(OCT, Row(dest=XIHU, left="2024-02-01"))
    return [Move("departure", HOME_VILLAGE, XIHU, "2024-02-01")]


@story
def a_first_stay_without_a_day_began_before_its_first_report(case: Case) -> list[Move]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, origin=None))
    return [Move("departure", None, OTHER_VILLAGE, between=(None, AUG))]


@story
def nobody_arrives_before_leaving_home(case: Case) -> list[Move]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, left="2024-03-01"))
    return [Move("departure", HOME_VILLAGE, OTHER_VILLAGE, between=("2024-02-29", AUG))]


@story
def a_new_destination_in_the_next_list_is_an_onward_move_between_them(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(dest=NINGBO, left="2024-03-01"))
    return [
        Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01"),
        Move("onward", HANGZHOU, NINGBO, between=(AUG, SEP)),
    ]


@story
def an_arrival_elsewhere_is_an_onward_move_of_that_day(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01"), unit="home")
    case.inflow(OCT, Row(dest=OTHER_VILLAGE, arrived="2024-10-08"), unit="there")
    return [
        Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01"),
        Move("onward", HANGZHOU, OTHER_VILLAGE, "2024-10-08"),
    ]


@story
def a_return_and_leaving_again_are_three_moves(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(left="2024-03-01", ended="2024-09-12"))
    case.outflow(OCT, Row(left="2024-10-05"))
    return [
        Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01"),
        Move("return", HANGZHOU, HOME_VILLAGE, "2024-09-12"),
        Move("redeparture", HOME_VILLAGE, HANGZHOU, "2024-10-05"),
    ]


@story
def a_last_return_leads_home(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01", ended="2024-08-20"))
    return [
        Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01"),
        Move("return", HANGZHOU, HOME_VILLAGE, "2024-08-20"),
    ]


@story
def leaving_home_again_proves_a_return_that_nobody_reported(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(OCT, Row(dest=NINGBO, left="2024-10-05"))
    return [
        Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01"),
        Move("return", HANGZHOU, HOME_VILLAGE, between=(AUG, "2024-10-05")),
        Move("redeparture", HOME_VILLAGE, NINGBO, "2024-10-05"),
    ]


@story
def missing_from_a_list_is_no_return(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP)
    return [Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01")]


@story
def missing_once_and_listed_again_never_moved(case: Case) -> list[Move]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP)
    case.outflow(OCT, Row(left="2024-03-01"))
    return [Move("departure", HOME_VILLAGE, HANGZHOU, "2024-03-01")]


@story
def gone_and_there_again_is_unexplained(case: Case) -> list[Move]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024-03-01", ended="2024-08-20"))
    case.inflow(OCT, Row(dest=OTHER_VILLAGE))
    return [
        Move("departure", HOME_VILLAGE, OTHER_VILLAGE, "2024-03-01"),
        Move("unexplained", OTHER_VILLAGE, OTHER_VILLAGE, between=("2024-08-20", OCT)),
    ]


@story
def somebody_who_left_and_shows_elsewhere_may_have_been_home(case: Case) -> list[Move]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024-03-01", ended="2024-08-20"))
    case.outflow(OCT, Row(dest=DONGGUAN), unit="home")
    return [
        Move("departure", HOME_VILLAGE, OTHER_VILLAGE, "2024-03-01"),
        Move("unexplained", OTHER_VILLAGE, DONGGUAN, between=("2024-08-19", OCT)),
    ]


@story
def somebody_away_all_the_time_moved_onward_over_a_gap(case: Case) -> list[Move]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, left="2024-02-01", arrived="2024-03-01", ended="2024-08-20"))
    case.inflow(OCT, Row(dest=HOME_VILLAGE, left="2024-02-01", arrived="2024-10-03"), unit="next")
    return [
        Move("departure", HOME_VILLAGE, OTHER_VILLAGE, "2024-03-01"),
        Move("onward", OTHER_VILLAGE, HOME_VILLAGE, "2024-10-03"),
    ]


def _moves_of(told: Told, case: str) -> list[Move]:
    with duckdb.connect(str(told.path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT move_kind, from_code, to_code, moved_on, moved_after, moved_before FROM core.move "
            "WHERE person_key = ? ORDER BY move_number",
            [f"{case}:A"],
        ).fetchall()
    texts = [[None if value is None else str(value) for value in row] for row in rows]
    return [Move(str(kind), start, to, on, (after, before)) for kind, start, to, on, after, before in texts]


@pytest.mark.parametrize("name", STORIES)
def test_story(told: Told, name: str) -> None:
    moves = _moves_of(told, name)
    assert len(moves) == len(STORIES[name])
    assert moves == STORIES[name]


def test_the_data_tests_of_moves_hold_for_all_stories(told: Told) -> None:
    outcomes = {check.check_id: check.success for check in told.outcome.checks if "move" in check.check_id}
    assert len(outcomes) >= 5
    assert [name for name, success in outcomes.items() if not success] == []
