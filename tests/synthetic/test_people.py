"""Invented people are well formed, all different, and nobody."""

from __future__ import annotations

from collections import Counter

import numpy as np
from stdnum.cn import ric

from popflow.synthetic.identity import FEMALE, MALE, break_check, draw_names, settle_numbers, shorten
from popflow.synthetic.regions import codes_at_birth

PEOPLE = 3_000


def _numbers() -> tuple[list[str], list[str], list[int]]:
    rng = np.random.default_rng(7)
    sex = rng.integers(MALE, FEMALE + 1, PEOPLE)
    births = np.datetime64("1960-01-01") + rng.integers(0, 365, PEOPLE).astype("timedelta64[D]")
    regions = rng.choice(np.array(["342622", "340124", "330106"]), PEOPLE)
    numbers, settled = settle_numbers(rng, regions, births, sex)
    return numbers.tolist(), np.char.replace(settled.astype(str), "-", "").tolist(), sex.tolist()


def test_numbers_are_valid_different_and_say_sex_and_birth() -> None:
    numbers, births, sex = _numbers()

    assert len(set(numbers)) == PEOPLE
    for number, birth, each in zip(numbers, births, sex, strict=True):
        assert ric.calc_check_digit(number) == number[17]
        assert number[6:14] == birth
        assert int(number[16]) % 2 == each % 2


def test_serials_are_those_nobody_of_that_age_can_have() -> None:
    numbers, _, _ = _numbers()
    assert {number[14:17] for number in numbers} == {"996", "997", "998", "999"}


def test_a_broken_check_character_is_always_wrong_and_a_short_number_keeps_all_else() -> None:
    for number in _numbers()[0][:200]:
        assert ric.calc_check_digit(break_check(number)) != break_check(number)[17]
        assert shorten(number) == number[:6] + number[8:17]


def test_numbers_begin_with_a_code_that_was_in_use_at_birth() -> None:
    codes = np.array(["340181", "340181", "340123", "330106", "340181"])
    years = np.array([2015, 1990, 1960, 1975, 1960])
    at_birth = codes_at_birth(codes, years).tolist()
    assert at_birth[0] == "340181"
    assert at_birth[2:4] == ["340123", "330106"]
    assert at_birth[1] == at_birth[4] != "340181"
    assert at_birth[1].startswith("3401")


def test_names_follow_the_known_frequencies() -> None:
    rng = np.random.default_rng(7)
    names = draw_names(rng, rng.integers(MALE, FEMALE + 1, 20_000))
    surnames = Counter(name[0] for name in names)
    assert surnames["王"] > surnames["陈"] > surnames["高"] > surnames["束"] > 0
    assert {len(name) for name in names} <= {2, 3, 4}
