"""Names and numbers of people who do not exist.

Numbers are well formed under GB 11643, so that they pass the same checks as real ones, but their serial is one of
996 to 999, which the registers kept for people over a hundred: with a later birth date such a number belongs to nobody.
Surnames follow their known frequencies; given names are drawn from a short list of characters.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Texts = npt.NDArray[np.str_]
Days = npt.NDArray[np.datetime64]
Integers = npt.NDArray[np.int64]

MALE: Final = 1
FEMALE: Final = 2

# Bearers per 100,000 people of the most frequent surnames, and a few rare ones that old encodings lack.
_SURNAMES: Final = (
    ("王", 9520), ("李", 9340), ("张", 8960), ("刘", 6770), ("陈", 6130), ("杨", 4270), ("黄", 3260), ("吴", 2680),
    ("赵", 2670), ("周", 2520), ("徐", 1930), ("孙", 1830), ("马", 1720), ("朱", 1700), ("胡", 1550), ("林", 1510),
    ("郭", 1500), ("何", 1400), ("高", 1330), ("罗", 1150), ("郑", 1100), ("梁", 1060), ("谢", 950), ("宋", 900),
    ("唐", 820), ("许", 780), ("韩", 770), ("冯", 740), ("邓", 720), ("曹", 690), ("彭", 670), ("曾", 640),
    ("夏", 400), ("章", 300), ("束", 60), ("欧阳", 60), ("翟", 50), ("宛", 20), ("䶮", 5), ("𠮷", 2),
)  # fmt: skip
_GIVEN: Final = {
    MALE: "伟强磊军勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林阳建国志文海峰福贵德胜长根家宝传道业堃喆",
    FEMALE: "芳娟敏静丽艳娜秀英霞燕玲桂兰凤洁梅琳素云莲真环雪荣爱妹香月莺媛红春菊勤珍贞莉婷雯慧巧美倩婵雁蓓昇",
}
_WEIGHTS: Final = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), dtype=np.int64)
_CHECK_CHARACTERS: Final = np.array(list("10X98765432"))
_SERIALS: Final = {MALE: (997, 999), FEMALE: (996, 998)}
_DATE_TEXT_LENGTH: Final = 8
EPOCH_YEAR: Final = 1970


def draw_names(rng: np.random.Generator, sex: Integers) -> Texts:
    """Return an invented name for each person; about one in five has a single given character."""
    surnames = np.array([name for name, _ in _SURNAMES])
    weights = np.array([weight for _, weight in _SURNAMES], dtype=float)
    chosen = rng.choice(surnames, size=len(sex), p=weights / weights.sum())
    first, second = (_draw_given(rng, sex) for _ in range(2))
    second = np.where(rng.random(len(sex)) < 0.2, "", second)
    return np.char.add(np.char.add(chosen, first), second)


def _draw_given(rng: np.random.Generator, sex: Integers) -> Texts:
    """Return one given-name character for each person."""
    male = rng.choice(np.array(list(_GIVEN[MALE])), size=len(sex))
    female = rng.choice(np.array(list(_GIVEN[FEMALE])), size=len(sex))
    return np.where(sex == MALE, male, female)


def settle_numbers(
    rng: np.random.Generator, regions: Texts, births: Days, sex: Integers, attempts: int = 60
) -> tuple[Texts, Days]:
    """Return a number for each person, all different, and the birth dates, moved back by up to two years where needed.

    Only two serials exist for one region, birth date and sex, so people beyond them get an earlier day.
    """
    settled = births.astype("datetime64[D]").copy()
    second = rng.integers(0, 2, len(sex))
    for _ in range(attempts):
        bodies = _compose_bodies(regions, settled, sex, second)
        _, first_seen = np.unique(bodies, return_index=True)
        clash = np.ones(len(bodies), dtype=bool)
        clash[first_seen] = False
        if not clash.any():
            texts = bodies.astype("U17")
            return np.char.add(texts, check_characters(texts)), settled
        settled[clash] -= rng.integers(1, 731, int(clash.sum())).astype("timedelta64[D]")
        second[clash] = rng.integers(0, 2, int(clash.sum()))
    raise ValueError("too many invented people for the regions given: name more regions of first registration")


def _compose_bodies(regions: Texts, births: Days, sex: Integers, second: Integers) -> Integers:
    """Return the 17 digits before the check character, as whole numbers: region, birth date and serial."""
    months = births.astype("datetime64[M]")
    years = births.astype("datetime64[Y]")
    dates = (
        (years.astype(np.int64) + EPOCH_YEAR) * 10_000
        + ((months - years.astype("datetime64[M]")).astype(np.int64) + 1) * 100
        + (births - months.astype("datetime64[D]")).astype(np.int64)
        + 1
    )
    pairs = np.where((sex == MALE)[:, None], _SERIALS[MALE], _SERIALS[FEMALE])
    serials: Integers = pairs[np.arange(len(sex)), second]
    bodies: Integers = regions.astype(np.int64) * 10**11 + dates * 10**3 + serials
    return bodies


def check_characters(bodies: Texts) -> Texts:
    """Return the check character (ISO 7064 MOD 11-2) of each 17-digit body."""
    digits = bodies.astype("U17").view("U1").reshape(len(bodies), 17).astype(np.int64)
    characters: Texts = _CHECK_CHARACTERS[(digits @ _WEIGHTS) % 11]
    return characters


def shorten(number: str) -> str:
    """Return the 15-digit form that identity cards bore until 1999: no century, no check character."""
    return number[:6] + number[6 + 2 : 6 + _DATE_TEXT_LENGTH] + number[14:17]


def break_check(number: str) -> str:
    """Return the number with a check character that is certainly wrong."""
    return number[:17] + ("0" if number[17] != "0" else "1")
