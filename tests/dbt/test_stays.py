"""The rules of stays, each as a short story of lists and the stays that follow from it."""

from __future__ import annotations

import pytest
from list_maker import (
    CHANGAN,
    DONGGUAN,
    HANGZHOU,
    HOME,
    HOME_VILLAGE,
    LINGYIN,
    LINGYIN_VILLAGE,
    NINGBO,
    OTHER_VILLAGE,
    XIHU,
    ZONE_TOWN,
    Case,
    Row,
)
from stories import Stay, Told, teller_of

JUL, AUG, SEP, OCT, NOV, DEC = "2024-07-31", "2024-08-31", "2024-09-30", "2024-10-31", "2024-11-30", "2024-12-31"


STORIES: dict[str, list[Stay]] = {}
story = teller_of(STORIES)


@story
def listed_again_and_again_is_one_open_stay(case: Case) -> list[Stay]:
    for on in (AUG, SEP, OCT):
        case.outflow(on, Row(left="2024-03-01"))
    return [Stay(HANGZHOU, left="2024-03-01", arrived="2024-03-01")]


@story
def a_correction_of_the_start_counts_from_the_latest_list(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(left="2024-02-01"))
    case.outflow(OCT, Row(left=None))
    return [Stay(HANGZHOU, left="2024-02-01", arrived="2024-02-01")]


@story
def a_new_destination_moved_between_the_reports_and_keeps_its_left_date(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(dest=NINGBO, left="2024-03-01"))
    case.outflow(OCT, Row(dest=DONGGUAN))
    return [
        Stay(HANGZHOU, left="2024-03-01", arrived="2024-03-01", ended_between=(AUG, SEP), kind="moved_on"),
        Stay(NINGBO, left="2024-03-01", arrived_between=(AUG, SEP), ended_between=(SEP, OCT), kind="moved_on"),
        Stay(DONGGUAN, left="2024-03-01", arrived_between=(SEP, OCT)),
    ]


@story
def left_again_after_the_last_report_is_a_new_stay(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(OCT, Row(left="2024-10-05"))
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, "2024-10-05"), kind="absent_from_list"),
        Stay(HANGZHOU, "2024-10-05", "2024-10-05"),
    ]


@story
def left_again_elsewhere_is_a_new_absence(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(dest=NINGBO, left="2024-09-10"))
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, "2024-09-10"), kind="absent_from_list"),
        Stay(NINGBO, "2024-09-10", "2024-09-10"),
    ]


@story
def missing_from_a_list_before_leaving_again_ended_before_that_list(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row("B"))
    case.outflow(OCT, Row(left="2024-10-10"), Row("B"))
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="absent_from_list"),
        Stay(HANGZHOU, "2024-10-10", "2024-10-10"),
        Stay(HANGZHOU, arrived_between=(None, SEP), person="B"),
    ]


@story
def missing_from_the_next_full_list_ended_between(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP)
    case.outflow(OCT)
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="absent_from_list")]


@story
def a_returned_row_that_may_be_the_person_holds_the_stay_open(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, held="A", status="partly_returned")
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01")]


@story
def held_once_and_then_missing_ended_after_the_list_that_held(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, held="A")
    case.outflow(OCT)
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(SEP, OCT), kind="absent_from_list")]


@story
def a_row_that_names_nobody_makes_the_missing_unknown(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, unidentified=1)
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, None), kind="unknown")]


@story
def a_later_clean_list_closes_the_unknown(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, unidentified=1)
    case.outflow(OCT)
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, OCT), kind="absent_from_list")]


@story
def held_after_unknown_is_certain_again(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, unidentified=1)
    case.outflow(OCT, held="A")
    case.outflow(NOV)
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(OCT, NOV), kind="absent_from_list")]


@story
def a_hold_after_the_person_was_missing_comes_too_late(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP)
    case.outflow(OCT, held="A")
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="absent_from_list")]


@story
def listed_after_an_unknown_list_is_one_stay(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, unidentified=1)
    case.outflow(OCT, Row(left="2024-03-01"))
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01")]


@story
def an_explicit_end_on_the_origin_side_is_a_return(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(left="2024-03-01", ended="2024-09-12"))
    case.outflow(OCT)
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended="2024-09-12", kind="returned")]


@story
def an_explicit_end_on_the_destination_side_is_a_leaving(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, arrived="2024-03-01", ended="2024-08-12"))
    return [Stay(OTHER_VILLAGE, arrived="2024-03-01", ended="2024-08-12", kind="left")]


@story
def an_end_that_stays_in_the_lists_is_said_once(case: Case) -> list[Stay]:
    for on in (AUG, SEP, OCT):
        case.outflow(on, Row(left="2024-03-01", ended="2024-08-12"))
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended="2024-08-12", kind="returned")]


@story
def listed_without_an_end_after_an_end_has_come_again(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01", ended="2024-08-12"))
    case.outflow(SEP, Row(left="2024-08-20"))
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended="2024-08-12", kind="returned"),
        Stay(HANGZHOU, "2024-08-20", "2024-08-20"),
    ]


@story
def an_old_start_after_an_end_is_not_believed(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(arrived="2024-03-01", ended="2024-08-12"))
    case.inflow(SEP, Row(arrived="2024-03-01"))
    return [
        Stay(HANGZHOU, arrived="2024-03-01", ended="2024-08-12", kind="left"),
        Stay(HANGZHOU, arrived_between=("2024-08-12", SEP)),
    ]


@story
def a_removed_list_ends_between_the_previous_report_and_itself(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"), Row("B", left="2024-04-01"))
    case.outflow("2024-09-20", Row(), kind="removed")
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, "2024-09-20"), kind="returned"),
        Stay(HANGZHOU, "2024-04-01", "2024-04-01", person="B"),
    ]


@story
def a_removed_list_with_the_day_ends_on_the_day(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(arrived="2024-03-01"))
    case.inflow(SEP, Row(ended="2024-09-03"), kind="removed")
    return [Stay(HANGZHOU, arrived="2024-03-01", ended="2024-09-03", kind="left")]


@story
def removed_without_ever_being_listed_was_there_some_time_before(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(left="2024-03-01"), kind="removed")
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=("2024-03-01", SEP), kind="returned")]


@story
def a_list_of_changes_implies_no_absence(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row("B", left="2024-09-05"), kind="added")
    case.outflow(OCT, Row("B", dest=NINGBO), kind="changes")
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01"),
        Stay(HANGZHOU, "2024-09-05", "2024-09-05", ended_between=(SEP, OCT), kind="moved_on", person="B"),
        Stay(NINGBO, "2024-09-05", arrived_between=(SEP, OCT), person="B"),
    ]


@story
def a_list_of_changes_does_not_replace_the_full_list_of_its_month(case: Case) -> list[Stay]:
    case.outflow("2024-09-05", Row(left="2024-03-01"))
    case.outflow("2024-09-25", Row("B", left="2024-09-20"), kind="added")
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01"),
        Stay(HANGZHOU, "2024-09-20", "2024-09-20", person="B"),
    ]


@story
def a_newer_delivery_of_the_month_replaces_the_older(case: Case) -> list[Stay]:
    case.outflow("2024-09-05", Row(left="2024-03-01"), Row("B", left="2024-03-01"))
    case.outflow("2024-09-25", Row(dest=NINGBO, left="2024-03-01"))
    return [Stay(NINGBO, "2024-03-01", "2024-03-01")]


@story
def a_returned_file_is_no_delivery(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, status="returned")
    case.outflow(OCT, status="duplicate")
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01")]


@story
def two_lists_of_one_date_stand_together(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-03-05"), Row("B", left="2024-04-01"))
    case.outflow(SEP, Row(dest=XIHU, left="2024-03-01"))
    return [
        Stay(XIHU, "2024-03-01", "2024-03-01"),
        Stay(HANGZHOU, "2024-04-01", "2024-04-01", person="B"),
    ]


@story
def a_list_that_comes_late_is_applied_by_its_date(case: Case) -> list[Stay]:
    case.outflow(OCT)
    case.outflow(AUG, Row(left="2024-03-01"))
    case.outflow(SEP, Row(left="2024-03-01"))
    return [Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(SEP, OCT), kind="absent_from_list")]


@story
def a_more_precise_destination_is_no_move(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"))
    case.outflow(SEP, Row(dest=ZONE_TOWN, left="2024-03-01"))
    case.outflow(OCT, Row(dest=XIHU, left="2024-03-01"))
    case.outflow(AUG, Row("B", dest=CHANGAN, left="2024-03-01"), unit="other")
    case.outflow(SEP, Row("B", dest=DONGGUAN, left="2024-03-01"), unit="other")
    return [
        Stay(ZONE_TOWN, "2024-03-01", "2024-03-01"),
        Stay(CHANGAN, "2024-03-01", "2024-03-01", person="B"),
    ]


@story
def a_move_behind_a_coarse_report_is_a_move(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(dest=LINGYIN, left="2024-03-01"))
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-03-01"))
    case.outflow(OCT, Row(dest=ZONE_TOWN, left="2024-03-01"))
    return [
        Stay(LINGYIN, "2024-03-01", "2024-03-01", ended_between=(SEP, OCT), kind="moved_on"),
        Stay(ZONE_TOWN, "2024-03-01", arrived_between=(SEP, OCT)),
    ]


@story
def a_code_that_only_looks_like_an_ancestor_is_a_move(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(dest=LINGYIN, left="2024-03-01"))
    case.outflow(SEP, Row(dest=ZONE_TOWN, left="2024-03-01"))
    return [
        Stay(LINGYIN, "2024-03-01", "2024-03-01", ended_between=(AUG, SEP), kind="moved_on"),
        Stay(ZONE_TOWN, "2024-03-01", arrived_between=(AUG, SEP)),
    ]


@story
def both_sides_of_a_stay_are_one(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(dest=HANGZHOU, origin=HOME_VILLAGE, left="2024-03-01"), unit="home")
    case.inflow("2024-09-25", Row(dest=LINGYIN_VILLAGE, origin=HOME, arrived="2024-03-03"), unit="there")
    return [Stay(LINGYIN_VILLAGE, left="2024-03-01", arrived="2024-03-03")]


@story
def the_destination_side_says_how_a_shared_stay_ended(case: Case) -> list[Stay]:
    for on in (AUG, SEP):
        case.outflow(on, Row(dest=HANGZHOU, left="2024-03-01"), unit="home")
    case.inflow(AUG, Row(dest=XIHU, arrived="2024-03-03"), unit="there")
    case.inflow(SEP, unit="there")
    return [Stay(XIHU, "2024-03-01", "2024-03-03", ended_between=(AUG, SEP), kind="absent_from_list")]


@story
def a_coarse_report_does_not_tie_two_places_together(case: Case) -> list[Stay]:
    for on in (AUG, SEP):
        case.outflow(on, Row(dest=HANGZHOU, left="2024-03-01"), unit="home")
    case.inflow(AUG, Row(dest=LINGYIN_VILLAGE, arrived="2024-03-03"), unit="there")
    case.inflow(SEP, unit="there")
    case.inflow(SEP, Row(dest=ZONE_TOWN, arrived="2024-09-10"), unit="zone")
    return [
        Stay(LINGYIN_VILLAGE, "2024-03-01", "2024-03-03", ended_between=(AUG, "2024-09-10"), kind="moved_on"),
        Stay(ZONE_TOWN, "2024-03-01", "2024-09-10"),
    ]


@story
def a_later_arrival_elsewhere_ends_the_earlier_stay(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"), unit="home")
    case.inflow(OCT, Row(dest=OTHER_VILLAGE, arrived="2024-10-08"), unit="there")
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended="2024-10-08", kind="moved_on"),
        Stay(OTHER_VILLAGE, "2024-03-01", "2024-10-08"),
    ]


@story
def a_later_arrival_of_unknown_day_ends_the_earlier_stay_by_its_report(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01"), unit="home")
    case.inflow(OCT, Row(dest=OTHER_VILLAGE), unit="there")
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended_between=(AUG, OCT), kind="moved_on"),
        Stay(OTHER_VILLAGE, "2024-03-01", arrived_between=(None, OCT)),
    ]


@story
def a_later_arrival_does_not_reopen_what_has_ended(case: Case) -> list[Stay]:
    case.outflow(AUG, Row(dest=HANGZHOU, left="2024-03-01", ended="2024-08-20"), unit="home")
    case.inflow(OCT, Row(dest=OTHER_VILLAGE, arrived="2024-10-08"), unit="there")
    return [
        Stay(HANGZHOU, "2024-03-01", "2024-03-01", ended="2024-08-20", kind="returned"),
        Stay(OTHER_VILLAGE, None, "2024-10-08"),
    ]


@story
def an_unknown_arrival_is_bounded_by_the_first_report(case: Case) -> list[Stay]:
    case.inflow(AUG, Row(dest=OTHER_VILLAGE, left="2024-03-01"))
    case.inflow(SEP, Row(dest=OTHER_VILLAGE))
    return [Stay(OTHER_VILLAGE, "2024-03-01", arrived_between=(None, AUG))]


@story
def nobody_has_arrived_before_leaving(case: Case) -> list[Stay]:
    case.outflow(SEP, Row(dest=HANGZHOU, left="2024-03-09"), unit="home")
    case.inflow(SEP, Row(dest=HANGZHOU, arrived="2024-03-05"), unit="there")
    return [Stay(HANGZHOU, left="2024-03-05", arrived="2024-03-05")]


@pytest.mark.parametrize("name", STORIES)
def test_story(told: Told, name: str) -> None:
    stays = told.stays_of(name, with_forms=any(stay.forms for stay in STORIES[name]))
    assert len(stays) == len(STORIES[name])
    assert stays == STORIES[name]


def test_the_data_tests_hold_for_all_stories(told: Told) -> None:
    assert len(told.outcome.checks) > 40
    assert told.outcome.failed == ()
