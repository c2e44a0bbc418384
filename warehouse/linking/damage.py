"""The ways in which rows about people are spoilt, as SQL: what the nightly estimate and the invented people use.

Each expression is over the columns of a profile (name, number, birth_date, origin_code) and of a draw: ``place`` from 1
to 17 and ``digit`` from 1 to 9, which say where and how.
"""

from __future__ import annotations

from typing import Final

# How the number is then written.
NUMBERS: Final = {
    "missing": "NULL",
    "placeholder": "'111111111111111111'",
    "one_wrong_digit": (
        "left(number, place - 1) || ((substr(number, place, 1)::INTEGER + digit) % 10)::VARCHAR "
        "|| substr(number, place + 1)"
    ),
    "two_swapped": (
        "left(number, place - 1) || substr(number, place + 1, 1) || substr(number, place, 1) "
        "|| substr(number, place + 2)"
    ),
    "digit_lost": "left(number, place - 1) || substr(number, place + 1)",
    "fifteen_digits": "left(number, 6) || substr(number, 9, 9)",
    "rounded": "left(number, 15) || '000'",
}
# How the birth date is then written; where that is no date, it is ten days off.
BIRTHS: Final = {
    "birth_swapped": (
        "coalesce(TRY_CAST(strftime(birth_date, '%Y-%d-%m') AS DATE), birth_date + INTERVAL 10 DAY)::DATE"
    ),
    "birth_digit": "(birth_date + INTERVAL 10 DAY)::DATE",
}
OTHER_ORDER: Final = "substr(name, 2) || left(name, 1)"


def place_of_county(code: str) -> str:
    """Return the code of the county that a place code lies in."""
    return f"left({code}, 6) || '000000'"
