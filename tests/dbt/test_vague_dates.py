"""Dates known only to a month, a year or a range, and further forms, as stories of lists and the stays that follow."""

from __future__ import annotations

import pytest
from list_maker import HANGZHOU, LINGYIN_VILLAGE, NINGBO, OTHER_VILLAGE, XIHU, Case, Row
from stories import Stay, Told, teller_of

AUG, SEP, OCT = "2024-08-31", "2024-09-30", "2024-10-31"
STORIES: dict[str, list[Stay]] = {}
story = teller_of(STORIES)


@story
def arrived_in_a_month_is_an_interval(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024-03"))
    return [Stay(OTHER_VILLAGE, arrived_between=("2024-02-29", "2024-03-31"))]


@story
def arrived_in_the_year_of_the_list_is_by_the_list(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024"))
    return [Stay(OTHER_VILLAGE, arrived_between=("2023-12-31", AUG))]


@story
def left_in_a_month_arrived_in_the_month(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03"))
    return [Stay(HANGZHOU, arrived_between=("2024-02-29", "2024-03-31"), left_between=("2024-02-29", "2024-03-31"))]


@story
def left_in_a_range_before_a_known_arrival(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, left="2024-03-01/2024-04-15", arrived="2024-03-20"))
    return [Stay(OTHER_VILLAGE, arrived="2024-03-20", left_between=("2024-02-29", "2024-03-20"))]


@story
def ended_in_a_month_lies_between_the_lists(case: Case) -> list[Stay]:
    case.inflow("2024-08-10", Row(dest=OTHER_VILLAGE, arrived="2024-03-01"))
    case.inflow("2024-08-25", Row(dest=OTHER_VILLAGE, ended="2024-08"), kind="removed")
    case.inflow(AUG, Row("B", dest=OTHER_VILLAGE, arrived="2024-03-01", ended="2024-07"), unit="other")
    return [
        Stay(OTHER_VILLAGE, arrived="2024-03-01", ended_between=("2024-08-10", "2024-08-25"), kind="left"),
        Stay(OTHER_VILLAGE, arrived="2024-03-01", ended_between=("2024-06-30", "2024-07-31"), kind="left", person="B"),
    ]


@story
def a_day_in_the_month_said_later_or_before_is_the_day(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024-03-05"), Row("B", dest=OTHER_VILLAGE, arrived="2024-03"))
    case.inflow(SEP, Row(dest=OTHER_VILLAGE, arrived="2024-03"), Row("B", dest=OTHER_VILLAGE, arrived="2024-03-05"))
    return [
        Stay(OTHER_VILLAGE, arrived="2024-03-05"),
        Stay(OTHER_VILLAGE, arrived="2024-03-05", person="B"),
    ]


@story
def a_month_said_later_corrects_a_day_that_lies_elsewhere(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024-03-05"))
    case.inflow(SEP, Row(dest=OTHER_VILLAGE, arrived="2024-04"))
    return [Stay(OTHER_VILLAGE, arrived_between=("2024-03-31", "2024-04-30"))]


@story
def the_origin_side_may_know_the_day_of_the_destinations_month(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-03-01", arrived="2024-03-03"), unit="home")
    case.inflow(SEP, Row(dest=XIHU, arrived="2024-03"), unit="there")
    return [Stay(XIHU, left="2024-03-01", arrived="2024-03-03")]


@story
def a_day_of_the_origin_side_elsewhere_yields_to_the_destinations_month(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-03-01"), unit="home")
    case.inflow(SEP, Row(dest=XIHU, arrived="2024-05"), unit="there")
    return [Stay(XIHU, left="2024-03-01", arrived_between=("2024-04-30", "2024-05-31"))]


@story
def the_day_of_an_end_is_better_than_its_month(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-03-01", ended="2024-08-12"), unit="home")
    case.inflow(SEP, Row(dest=XIHU, arrived="2024-03-01", ended="2024-08"), unit="there")
    return [Stay(XIHU, left="2024-03-01", arrived="2024-03-01", ended="2024-08-12", kind="left")]


@story
def a_year_that_began_before_the_last_list_is_no_new_start(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(OCT, Row(left="2024"))
    return [Stay(HANGZHOU, left="2024-03-01", arrived="2024-03-01")]


@story
def a_month_after_the_last_list_is_a_new_start(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(OCT, Row(left="2024-09"))
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="absent_from_list"),
        Stay(HANGZHOU, arrived_between=(AUG, SEP), left_between=(AUG, SEP)),
    ]


@story
def an_onward_move_keeps_the_month_of_leaving(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03"))
    case.outflow(SEP, Row(dest=NINGBO))
    month = ("2024-02-29", "2024-03-31")
    return [
        Stay(HANGZHOU, arrived_between=month, left_between=month, ended_between=(AUG, SEP), kind="moved_on"),
        Stay(NINGBO, arrived_between=(AUG, SEP), left_between=month),
    ]


@story
def somebody_on_the_village_list_and_the_police_list_has_one_stay(case: Case) -> list[Stay]:
    case.inflow(SEP, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="village")
    case.deliver("police_registration", SEP, [Row(dest=XIHU, arrived="2024-03")], unit="police")
    return [Stay(LINGYIN_VILLAGE, arrived="2024-03-03", forms="police_registration+village_inflow")]


@story
def missing_from_the_police_list_does_not_end_what_the_village_list_proves(case: Case) -> list[Stay]:
    for on in (AUG, SEP):
        case.inflow(on, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="village")
    case.deliver("police_registration", AUG, [Row(dest=XIHU, arrived="2024-03-03")], unit="police")
    case.deliver("police_registration", SEP, [], unit="police")
    return [Stay(LINGYIN_VILLAGE, arrived="2024-03-03", forms="police_registration+village_inflow")]


@story
def a_roster_that_still_has_somebody_does_not_keep_open_what_the_village_list_ends(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="village")
    case.inflow(SEP, unit="village")
    for on in (AUG, SEP, OCT):
        case.deliver("health_roster", on, [Row(dest=LINGYIN_VILLAGE, arrived="2024-03-09")], unit="clinic")
    return [
        Stay(
            LINGYIN_VILLAGE, arrived="2024-03-03", ended_between=(AUG, SEP), kind="absent_from_list",
            forms="health_roster+village_inflow",
        )
    ]  # fmt: skip


@story
def a_day_that_another_form_names_is_the_day_of_an_absence(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="village")
    case.inflow(SEP, unit="village")
    case.deliver("health_roster", SEP, [Row(dest=XIHU, arrived="2024-03-03", ended="2024-09-12")], unit="clinic")
    return [
        Stay(
            LINGYIN_VILLAGE, arrived="2024-03-03", ended="2024-09-12", kind="left", forms="health_roster+village_inflow"
        )
    ]


@story
def a_day_before_the_last_list_is_not_the_day_of_an_absence(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="village")
    case.inflow(SEP, unit="village")
    case.deliver("health_roster", SEP, [Row(dest=XIHU, arrived="2024-03-03", ended="2024-08-12")], unit="clinic")
    return [
        Stay(
            LINGYIN_VILLAGE, arrived="2024-03-03", ended_between=(AUG, SEP), kind="absent_from_list",
            forms="health_roster+village_inflow",
        )
    ]  # fmt: skip


@story
def missing_from_the_next_roster_ended_where_nothing_else_knows(case: Case) -> list[Stay]:
    case.deliver("education_roster", AUG, [Row(dest=OTHER_VILLAGE, arrived="2023-09")], unit="school")
    case.deliver("education_roster", SEP, [], unit="school")
    return [
        Stay(
            OTHER_VILLAGE, arrived_between=(AUG.replace("2024", "2023"), "2023-09-30"), ended_between=(AUG, SEP),
            kind="absent_from_list",
        )
    ]  # fmt: skip


@story
def a_form_that_lists_both_who_came_and_who_left_tells_them_apart(case: Case) -> list[Stay]:
    came = Row(dest=OTHER_VILLAGE, arrived="2024-03-03", side="destination")
    left = Row(dest=NINGBO, left="2024-09-10", side="origin")
    case.deliver("labour_roster", AUG, [came])
    case.deliver("labour_roster", SEP, [left])
    case.deliver("labour_roster", OCT, [left])
    return [
        Stay(OTHER_VILLAGE, arrived="2024-03-03", ended_between=(AUG, "2024-09-10"), kind="moved_on"),
        Stay(NINGBO, left="2024-09-10", arrived="2024-09-10"),
    ]


@pytest.mark.parametrize("name", STORIES)
def test_story(told: Told, name: str) -> None:
    stays = told.stays_of(name, with_forms=any(stay.forms for stay in STORIES[name]))
    assert len(stays) == len(STORIES[name])
    assert stays == STORIES[name]
