from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.declaration import load_forms
from ingest.folding import fold
from ingest.headings import Column, match_columns, spellings, vocabulary

INFLOW, OUTFLOW = "village_inflow", "village_outflow"


def _match(*path: str, form_id: str = INFLOW) -> Column:
    (column,) = match_columns((path,), form_id)
    return column


@pytest.mark.parametrize(
    ("heading", "field", "matched"),
    [
        ("户藉地址", "hukou_address", "户籍地址"),
        ("户 藉 地 址", "hukou_address", "户籍地址"),
        ("现居柱地", "residence_address", "现居住地"),
        ("身分证号码", "id_number", "身份证号码"),
        ("身份证号玛", "id_number", "身份证号码"),
        ("居民身分证号码", "id_number", "居民身份证号码"),
        ("公民身份号吗", "id_number", "公民身份号码"),
        ("联糸电话", "phone", "联系电话"),
        ("联系话电", "phone", "联系电话"),
        ("出身日期", "birth_date", "出生日期"),
    ],
)
def test_a_misspelt_heading_is_read_and_its_spelling_kept(heading: str, field: str, matched: str) -> None:
    column = _match(heading)
    assert (column.kind, column.field, column.matched) == ("fuzzy", field, matched)


@pytest.mark.parametrize("heading", ["姓别", "名族", "户口薄号", "身份証号"])
def test_slips_that_are_declared_are_no_guess(heading: str) -> None:
    assert _match(heading).kind in {"exact", "dropped"}


@pytest.mark.parametrize(
    "heading",
    [
        "流人地",  # 流入地 or 流出地
        "原居住地",
        "居民居住证号码",
        "毋亲姓名",
        "毌亲电话",
        "户主电活",
        "离本地日期",
        "户籍地市场",
        "创业时间",
        "户类型",
        "住扯",
        "半年以下",
        "联系人电活",
    ],
)
@pytest.mark.parametrize("form_id", [INFLOW, OUTFLOW, "labour_roster", "health_roster", "police_registration"])
def test_what_may_mean_another_thing_is_not_guessed(heading: str, form_id: str) -> None:
    assert _match(heading, form_id=form_id).kind != "fuzzy"


@pytest.mark.parametrize("form_id", list(load_forms()))
@pytest.mark.parametrize("path", [("户藉地", "详细地址"), ("现居柱地", "详细地址"), ("流人地", "详细地址")])
def test_a_misspelt_group_is_never_taken_for_no_group(form_id: str, path: tuple[str, str]) -> None:
    wanted = {"户藉地": "hukou", "现居柱地": "residence dest", "流人地": ""}[path[0]]
    column = _match(*path, form_id=form_id)
    assert column.field is None or (column.kind == "fuzzy" and column.field.split("_")[0] in wanted.split())


def test_a_column_spelt_well_goes_before_a_misspelt_one() -> None:
    well, misspelt = match_columns((("户籍地址",), ("户藉地址",)), INFLOW)
    assert (well.field, misspelt.field, misspelt.kind) == ("hukou_address", None, "unknown")
    assert "户籍地址" in (misspelt.reason or "")


SPELLINGS = sorted(
    {(form_id, one.folded[0]) for form_id in load_forms() for each in spellings(form_id).values() for one in each}
)
CHARACTERS = sorted({character for word in vocabulary() for character in word})


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.sampled_from(SPELLINGS), st.integers(0, 20), st.sampled_from(CHARACTERS), st.sampled_from(["set", "drop", "add"])
)
def test_one_edit_never_makes_a_heading_another_field(
    spelling: tuple[str, str], place: int, character: str, edit: str
) -> None:
    """Whatever is edited: the column is read as it was meant, as what the new text is declared to be, or not at all."""
    form_id, heading = spelling
    meant = _match(heading, form_id=form_id)
    place %= len(heading)
    edited = (
        heading[:place] + {"set": character, "drop": "", "add": character + heading[place]}[edit] + heading[place + 1 :]
    )
    if not edited:
        return
    column = _match(edited, form_id=form_id)
    if column.kind == "fuzzy":
        assert (column.field, column.part) == (meant.field, meant.part) or fold(edited) in vocabulary()
