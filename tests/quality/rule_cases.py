"""For every rule of every form the cells that make an otherwise good row fail it, and rows that only look wrong.

Rules come from the declarations, so the cases do: a form that is added has its cases already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from landed_factory import number, short_number

from ingest.declaration import CountForm, PersonForm, load_forms
from quality.rule import Rule
from quality.rules import rules_of

BORN = date(1990, 1, 1)
MAN = {"person_name": "试验", "id_number": number(5, born=BORN, sex="1"), "sex": "男", "birth_date": "1990-01-01"}
INFLOW, OUTFLOW, REPORT = "village_inflow", "village_outflow", "township_report"
# Rules that more than one row of a list fails, or that need a unit above the village; they have tests of their own.
OWN_TESTS = {
    "same_number_differs:id_number",
    "duplicate_row:id_number",
    "place_resolvable:village",
    "place_ambiguous:village",
}

Cells = dict[str, Any]
Case = tuple[str, str, Cells, set[str]]
Line = dict[str, str | None]
CountCase = tuple[str, str, list[tuple[Line, dict[str, str]]], set[str]]

# A woman's number whose last three digits are rightly 000.
ROUNDED_TAIL = "342622196001090000"
_WRONG_NUMBER = number(5, born=BORN)[:-1] + ("1" if number(5, born=BORN)[-1] != "1" else "2")

# A row without a valid number is only kept out where its person cannot be told otherwise.
_NOBODY = {"person_name": "未知"}
_WRONG_NUMBERS = {
    "required": "\u3000",
    "valid_number": "3401241990",
    "number_date": "340124199002301234",
    "number_check_digit": _WRONG_NUMBER,
    "number_placeholder": "000000199001010000",
}


def _number_cells(text: str, others: Cells) -> Callable[[str], Cells]:
    return lambda _: {"id_number": text, **others}


_CELLS: dict[str, Callable[[str], Cells]] = {
    **{name: _number_cells(text, _NOBODY) for name, text in _WRONG_NUMBERS.items()},
    **{f"{name}_asked": _number_cells(text, {}) for name, text in _WRONG_NUMBERS.items()},
    "required": lambda field: {field: "\u3000", **(_NOBODY if field == "id_number" else {})},
    "number_not_numeric": lambda _: {"id_number": "340124199001010000", "id_number_numeric": True},
    "number_rounded": lambda _: {"id_number": "3.40124E+17"},
    "known_address_code": lambda _: {**MAN, "id_number": number(5, born=BORN, county="349999")},
    "number_region_years": lambda _: {**MAN, "id_number": number(5, born=BORN, county="340124")},
    "number_rounded_tail": lambda _: {**MAN, "id_number": ROUNDED_TAIL, "sex": "女", "birth_date": "1960-01-09"},
    "id_kind_agrees": lambda _: {**MAN, "id_number": number(5, born=BORN, county="110101"), "id_kind": "护照"},
    "sex_agrees": lambda _: {**MAN, "sex": "女"},
    "birth_agrees": lambda _: {**MAN, "birth_date": "1990-01-02"},
    "known_code": lambda field: {**MAN, field: "随便?"},
    "valid_date": lambda field: {**MAN, field: "2023-02-30"},
    "date_unknown": lambda field: {**MAN, field: "不详"},
    "not_future": lambda field: {field: "2024年11月"},
    "not_before_birth": lambda field: {**MAN, "arrived_date": "1989-12-31", field: "1989年"},
    "ended_before_arrived": lambda _: {"arrived_date": "2023年3月", "ended_date": "2023-02-28"},
    "valid_integer": lambda field: {field: "-1"},
    "valid_credit_code": lambda field: {field: "91340124MA00000001"},
    "place_resolvable": lambda field: {field: "月亮上"},
    "place_ambiguous": lambda field: {field: "同名的月亮村"},
    "place_several": lambda field: {field: "同名的庐江县"},
    "place_ended": lambda field: {field: "从前的庐江县"},
    "place_elsewhere": lambda field: {field: "外省"},
    "place_unknown": lambda field: {field: "不详"},
    "place_within": lambda field: {field: "双墩村"},
    "not_at_home": lambda field: {
        "hukou_address": "果树村", "residence_address": "果树村", "dest_address": "果树村", field: "汤池镇果树村"
    },
}  # fmt: skip


def _person_cases() -> Iterator[Case]:
    for form in load_forms().values():
        if isinstance(form, PersonForm):
            rules = rules_of(form)
            ids = {rule.rule_id for rule in rules}
            for rule in rules:
                if rule.rule_id not in OWN_TESTS:
                    cells = {name: text for name, text in _CELLS[rule.name](rule.field).items() if _known(form, name)}
                    yield form.form_id, rule.rule_id, cells, _company(rule, cells) & ids


def _known(form: PersonForm, name: str) -> bool:
    return name in form.fields or name == "id_number_numeric"


def _company(rule: Rule, cells: Cells) -> set[str]:
    """Return the other rules that the same cells fail."""
    if rule.name == "not_before_birth" and "arrived_date" in cells:
        return {"not_before_birth:arrived_date"}
    return {f"place_within:{rule.field}"} if rule.name == "place_elsewhere" else set()


_UNDATED = dict.fromkeys(("birth_date", "left_hukou_date", "arrived_date"))
UNBORN: Case = (
    INFLOW,
    "number_date:id_number",
    {**_UNDATED, "id_number": number(5, born=date(2029, 3, 5), county="340124")},
    {"required:arrived_date"},
)
ROWS: list[Case] = [*_person_cases(), UNBORN]

# Rows that look wrong and are not.
PASSES: list[tuple[str, Cells]] = [
    (INFLOW, {**MAN, "id_number": short_number(5, born=BORN)}),
    (INFLOW, {**MAN, "id_number": short_number(5, born=BORN), "id_number_numeric": True}),
    (INFLOW, {**MAN, "birth_date": "32874"}),
    (INFLOW, {**MAN, "birth_date": "1990年", "left_hukou_date": "1990", "arrived_date": "2024年10月"}),
    (INFLOW, {**MAN, "sex": None, "birth_date": None, "left_hukou_date": None, "residence_address": None}),
    (INFLOW, {**MAN, "left_hukou_date": "1990-01-01", "arrived_date": "2024-10-31"}),
    (INFLOW, {"arrived_date": "2023年3月", "ended_date": "2023-03-01"}),
    (INFLOW, {"hukou_address": "汤池镇双墩村"}),
    (INFLOW, {"hukou_address": "美国"}),
    (INFLOW, {"residence_address": "安徽省合肥市庐江县", "phone": "不知道"}),
    (INFLOW, {"residence_address": "第二村民组12号"}),
    (INFLOW, {"reason": "01-务工", "education": "10"}),
    (OUTFLOW, {"hukou_address": "果树村", "dest_address": "双墩村"}),
    (OUTFLOW, {"dest_address": "安徽省合肥市"}),  # contains the origin, yet proves nothing about the village
    ("police_registration", {"id_kind": "护照", "id_number": "AB1234567", "sex": "女", "birth_date": "1980-05"}),
    ("labour_roster", {"insurance": "养老、医疗", "employer_credit_code": "91350100M000100Y43"}),
    ("health_roster", {"flow_direction": "流出", "hukou_address": None, "residence_address": "浙江省杭州市"}),
]


def _count_cases() -> Iterator[CountCase]:
    for form in load_forms().values():
        if isinstance(form, CountForm):
            for rule in rules_of(form):
                yield form.form_id, rule.rule_id, _lines(form, rule), set()


def _lines(form: CountForm, rule: Rule) -> list[tuple[Line, dict[str, str]]]:
    """Return the lines of a list of counts that fails the rule once."""
    item = next(iter(form.items))
    here: Line = {"cell_unit": "果树村"}
    texts = {"place_resolvable": "月亮村", "place_elsewhere": "外省", "place_unknown": "不详", "known_code": "?"}
    if rule.name in texts:
        return [({**here, rule.field: texts[rule.name]}, {item: "1"})]
    if rule.name == "required":
        return [({**here, rule.field: None}, {item: "1"})]
    if rule.name == "valid_integer":
        return [(here, {item: "约三十"})]
    if rule.name == "villages_agree":
        return [({"cell_unit": "汤池镇"}, {item: "3"}), (here, {item: "1"}), ({"cell_unit": "双墩村"}, {item: "1"})]
    if rule.name == "categories_agree":
        return [({**here, "category": word}, {item: value}) for word, value in (("合计", "3"), ("0-14岁", "1"))]
    names = re.findall("[a-z_0-9]+", rule.predicate.split(" OR ")[0])
    values = dict.fromkeys(names, "1")
    return [(here, {**values, names[0]: "2"} if rule.name == "part_fits" else {**values, names[-1]: "99"})]


LINES: list[CountCase] = list(_count_cases())
