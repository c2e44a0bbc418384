"""What is compared of two profiles of Chinese people, and which pairs are looked at.

The columns are those that ``profiles`` prepares. Levels stand from the closest agreement to none, and the first that
fits counts. Names that agree neither in writing nor in sound nor in shape never link by themselves: brothers, sisters
and twins agree in all the rest.
"""

from __future__ import annotations

from typing import Final

from warehouse.linking.model import Block, Comparison, Declaration, Level

LONGEST_NAME: Final = 6


def chinese_people() -> Declaration:
    """Return the declaration for rows about people: name, sex, birth, number, hukou place and phone."""
    return Declaration(
        comparisons=(_name(), _sex(), _birth(), _number(), _hukou(), _phone()),
        blocks=(
            Block("name and birth", ("name_sorted", "birth")),
            Block("surname's sound and birth", ("left(sound, 1)", "birth")),
            Block("given name's sound and birth", ("sound[2:]", "birth")),
            Block("name and birth year", ("name_sorted", "left(birth, 4)", "sex")),
            Block("name and birth month and day", ("name_sorted", "right(birth, 4)", "sex")),
            Block("name's sound and township", ("sound", "left(hukou, 9)", "length(hukou) >= 9 OR NULL")),
            Block("end of number", ("right(number, 9)",)),
            Block("start of number", ("left(number, 14)",)),
            Block("both ends of number", ("left(number, 9)", "right(number, 4)")),
            Block("phone", ("phone",)),
        ),
        training_blocks=(
            "l.birth = r.birth AND l.surname_sound = r.surname_sound AND NOT (l.is_numbered AND r.is_numbered)",
            "l.name_sorted = r.name_sorted AND l.sex = r.sex AND NOT (l.is_numbered AND r.is_numbered)",
            "right(l.number, 9) = right(r.number, 9) AND NOT (l.is_numbered AND r.is_numbered)",
        ),
    )


def _unknown(*columns: str) -> Level:
    missing = " OR ".join(f"{column}_{side} IS NULL" for column in columns for side in "lr")
    return Level("unknown", missing, is_unknown=True)


def _name() -> Comparison:
    alike = " AND ".join(
        f"({_same('name', place)} OR {_same('left_part', place)} OR {_same('right_part', place)})"
        for place in range(1, LONGEST_NAME + 1)
    )
    return Comparison(
        "name",
        (
            # nobody is linked without a name
            Level("unknown", "name_l IS NULL OR name_r IS NULL", is_unknown=True, holds=True),
            Level("same", "name_l = name_r", rarity="name"),
            Level("other order", "name_sorted_l = name_sorted_r", rarity="name", rarity_weight=0.5),
            Level("same sound", "tone_l = tone_r", rarity="name", rarity_weight=0.5),
            Level("same sound, other tone", "sound_l = sound_r", rarity="name", rarity_weight=0.5),
            Level("same shape", f"length(name_l) = length(name_r) AND {alike}", rarity="name", rarity_weight=0.5),
            Level("one character", f"{_one_other()} OR {_one_less('l', 'r')} OR {_one_less('r', 'l')}", holds=True),
            Level("same surname", "surname_sound_l = surname_sound_r", holds=True),
            Level("different", "ELSE", holds=True),
        ),
    )


def _one_other() -> str:
    """Return whether two names of three characters or more differ in one; the engine's edit distance counts bytes."""
    others = " + ".join(f"(NOT {_same('name', place)})::INTEGER" for place in range(1, LONGEST_NAME + 1))
    return f"(length(name_l) = length(name_r) AND length(name_l) > 2 AND {others} = 1)"


def _one_less(short: str, long: str) -> str:
    """Return whether one name is the other one without one of its three or more characters."""
    shortened = ", ".join(
        f"left(name_{long}, {place - 1}) || substr(name_{long}, {place + 1})" for place in range(1, LONGEST_NAME + 1)
    )
    lengths = f"length(name_{long}) > 2 AND length(name_{long}) = length(name_{short}) + 1"
    return f"({lengths} AND name_{short} IN ({shortened}))"


def _same(column: str, place: int) -> str:
    return f"substr({column}_l, {place}, 1) = substr({column}_r, {place}, 1)"


def _sex() -> Comparison:
    return Comparison("sex", (_unknown("sex"), Level("same", "sex_l = sex_r"), Level("different", "ELSE")))


def _birth() -> Comparison:
    swapped = "left(birth_l, 4) || right(birth_l, 2) || substr(birth_l, 5, 2) = birth_r"
    return Comparison(
        "birth",
        (
            _unknown("birth"),
            Level("same", "birth_l = birth_r"),
            Level("day and month swapped", swapped),
            Level("lunar date", "birth_lunar_l = birth_r OR birth_l = birth_lunar_r"),
            Level("one digit", "damerau_levenshtein(birth_l, birth_r) <= 1"),
            Level("same month", "left(birth_l, 6) = left(birth_r, 6)"),
            Level("same year", "left(birth_l, 4) = left(birth_r, 4)"),
            Level("different", "ELSE"),
        ),
    )


def _number() -> Comparison:
    without_check = "left(number_l, 17) = left(number_r, 17) AND least(length(number_l), length(number_r)) = 17"
    rounded = "left(number_l, 15) = left(number_r, 15) AND (right(number_l, 3) = '000' OR right(number_r, 3) = '000')"
    return Comparison(
        "number",
        (
            _unknown("number"),
            Level("same", "number_l = number_r"),
            Level("15 and 18 digits", without_check),
            Level("rounded", rounded),
            Level("one character", "damerau_levenshtein(number_l, number_r) = 1"),
            Level("two characters", "damerau_levenshtein(number_l, number_r) = 2"),
            Level("same region and birth", "left(number_l, 14) = left(number_r, 14)"),
            Level("different", "ELSE"),
        ),
    )


def _hukou() -> Comparison:
    def shares(digits: int) -> str:
        return f"left(hukou_l, {digits}) = left(hukou_r, {digits}) AND least(length(hukou_l), length(hukou_r))"

    return Comparison(
        "hukou",
        (
            _unknown("hukou"),
            Level("same village", f"{shares(12)} = 12"),
            Level("same township as far as known", f"{shares(9)} = 9"),
            Level("same county as far as known", f"{shares(6)} = 6"),
            Level("same township", f"{shares(9)} > 9"),
            Level("same county", f"{shares(6)} > 6"),
            Level("same city", f"{shares(4)} >= 4"),
            Level("same province", f"{shares(2)} >= 2"),
            Level("different", "ELSE"),
        ),
    )


def _phone() -> Comparison:
    return Comparison(
        "phone",
        (
            _unknown("phone"),
            Level("same", "phone_l = phone_r"),
            Level("one digit", "damerau_levenshtein(phone_l, phone_r) = 1"),
            Level("different", "ELSE"),
        ),
    )
