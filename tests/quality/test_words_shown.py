"""Which words without a code are shown: every spelling as one word, and never what may say who somebody is."""

from __future__ import annotations

import pytest
from gated_night import Gated, judge_in
from landed_factory import Night, number

PERSON = "盘试验"
OWN_NUMBER = number(901)
SPACED_NUMBER = f"{OWN_NUMBER[:6]} {OWN_NUMBER[6:10]}-{OWN_NUMBER[10:14]} {OWN_NUMBER[14:]}"
# What stands in the cell of the reason, and what is shown of it.
CELLS = (
    ("打酱油", "打酱油"),
    ("打　酱 油", "打 酱 油"),
    ("ＡＢＣ自由", "ABC自由"),
    ("Ⅱ类②", "II类2"),
    ("77", "77"),
    ("07-机关团体聘用人员", "07-机关团体聘用人员"),
    ("1990.01.01前来", "1990.01.01前来"),
    (OWN_NUMBER, f"{OWN_NUMBER[:3]}******"),
    (SPACED_NUMBER, f"{OWN_NUMBER[:3]}******"),
    ("甲乙 138-0000-0000", "138******"),
    ("护照E12345678", "E12******"),
    ("金牛路12号3栋402室", "金牛路******"),
    ("在本村居住2年以上", "在本村居住2年以上"),
    (f"随{PERSON}来", "盘******"),
    ("盘 试　验", "盘******"),
)
NAMELESS = (("欧阳某甲", "欧******"), ("务工类别甲等", "务工类别甲等"))


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Gated:
    """Judge lists whose cells of codes hold other things, among them what must not be shown."""
    night = Night()
    named = [{"person_name": PERSON, "reason": cell} for cell, _ in CELLS]
    nameless = [{"person_name": "男", "reason": cell} for cell, _ in NAMELESS]
    night.add_list([*named, *nameless])
    cells = {"insurance": f"甲险、{SPACED_NUMBER}、乙险"}
    night.add_list([{"person_name": PERSON, **cells}, {"insurance": "甲险、养老"}], form_id="labour_roster")
    night.add_counts([({"category": "ＡＢＣ 自由"}, {"inflow_total": "3"})])
    return judge_in(tmp_path_factory.mktemp("words"), night, twice=False)


def _words(gated: Gated, field: str) -> dict[str, int]:
    rows = gated.rows("unmapped_value")
    return {row["source_value"]: row["row_count"] for row in rows if row["field"] == field}


def test_every_word_is_listed_as_far_as_it_may_be_shown(gated: Gated) -> None:
    shown = [word for _, word in (*CELLS, *NAMELESS)]
    found = _words(gated, "reason")
    assert sum(found.values()) == len(shown)
    assert found == {word: shown.count(word) for word in shown}


def test_a_cell_with_a_number_in_it_is_not_taken_apart(gated: Gated) -> None:
    assert _words(gated, "insurance") == {"甲险": 1, f"{OWN_NUMBER[:3]}******": 1}


def test_words_of_counts_are_spelled_alike(gated: Gated) -> None:
    assert _words(gated, "category") == {"ABC 自由": 1}


def test_findings_show_no_more(gated: Gated) -> None:
    shown = [row["value_shown"] for row in gated.rows("finding") if row["rule_id"].startswith("known_code")]
    assert len(shown) == len(CELLS) + len(NAMELESS) + 3
    told = "\n".join(shown)
    assert not [each for each in (PERSON, OWN_NUMBER[6:14], OWN_NUMBER[-4:], "0000", "402", "欧阳") if each in told]


def test_nothing_of_them_is_anywhere_else(gated: Gated) -> None:
    secrets = (PERSON, OWN_NUMBER, SPACED_NUMBER, "12345678")
    for name in ("finding", "unmapped_value", "person_value"):
        text = str(gated.rows(name))
        assert not [each for each in secrets if each in text], name
