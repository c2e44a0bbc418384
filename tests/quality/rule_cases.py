"""For every rule of every form the cells that make an otherwise good row fail it, and rows that only look wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

from landed_factory import number, short_number

BORN = date(1990, 1, 1)
MAN = {"person_name": "试验", "id_number": number(5, born=BORN, sex="1"), "sex": "男", "birth_date": "1990-01-01"}
INFLOW, OUTFLOW, REPORT = "village_inflow", "village_outflow", "township_report"

# By form and rule: the cells that make an otherwise good row fail this rule and no other (or the others named).
ROWS: list[tuple[str, str, dict[str, Any], set[str]]] = [
    *(
        case
        for form in (INFLOW, OUTFLOW)
        for case in [
            (form, "required:person_name", {"person_name": None}, set()),
            (form, "required:id_number", {"id_number": "\u3000"}, set()),
            (
                form,
                "number_not_numeric:id_number",
                {"id_number": "340124199001010000", "id_number_numeric": True},
                set(),
            ),
            (form, "valid_number:id_number", {"id_number": "000000199001010000"}, set()),
            (form, "known_address_code:id_number", {**MAN, "id_number": number(5, born=BORN, county="349999")}, set()),
            (form, "sex_agrees:sex", {**MAN, "sex": "女"}, set()),
            (form, "known_code:sex", {**MAN, "sex": "不清楚"}, set()),
            (form, "birth_agrees:birth_date", {**MAN, "birth_date": "1990-01-02"}, set()),
            (form, "valid_date:birth_date", {**MAN, "birth_date": "1990-02-30"}, set()),
            (form, "not_future:left_hukou_date", {"left_hukou_date": "2024-11-01"}, set()),
            (form, "not_before_birth:left_hukou_date", {**MAN, "left_hukou_date": "1989-12-31"}, set()),
            (form, "valid_date:left_hukou_date", {"left_hukou_date": "去年"}, set()),
            (form, "not_future:arrived_date", {"arrived_date": "2024/11/1"}, set()),
            (form, "not_before_birth:arrived_date", {**MAN, "arrived_date": "19891231"}, set()),
            (form, "valid_date:arrived_date", {"arrived_date": "2023.3"}, set()),
            (form, "not_future:ended_date", {"ended_date": "2024年12月1日"}, set()),
            (form, "not_before_birth:ended_date", {**MAN, "ended_date": "1980-01-01"}, set()),
            (form, "valid_date:ended_date", {"ended_date": "至今"}, set()),
            (form, "known_code:reason", {"reason": "随便走走"}, set()),
            (form, "known_code:dwelling", {"dwelling": "树上"}, set()),
            (form, "known_code:hukou_nature", {"hukou_nature": "?"}, set()),
            (form, "known_code:education", {"education": "识字"}, set()),
        ]
    ),
    (INFLOW, "required:hukou_address", {"hukou_address": None}, set()),
    (INFLOW, "required:arrived_date", {"arrived_date": None}, set()),
    (INFLOW, "place_resolvable:hukou_address", {"hukou_address": "月亮上"}, set()),
    (INFLOW, "place_resolvable:residence_address", {"residence_address": "月亮上"}, set()),
    (INFLOW, "place_within:residence_address", {"residence_address": "双墩村"}, set()),
    (INFLOW, "not_at_home:hukou_address", {"hukou_address": "汤池镇果树村"}, set()),
    (OUTFLOW, "required:dest_address", {"dest_address": None}, set()),
    (OUTFLOW, "required:left_hukou_date", {"left_hukou_date": None}, set()),
    (OUTFLOW, "place_resolvable:dest_address", {"dest_address": "月亮上"}, set()),
    (OUTFLOW, "place_resolvable:hukou_address", {"hukou_address": "月亮上"}, set()),
    (OUTFLOW, "place_within:hukou_address", {"hukou_address": "双墩村"}, set()),
    (OUTFLOW, "not_at_home:dest_address", {"dest_address": "果树村"}, set()),
]

# Rows that look wrong and are not.
PASSES: list[tuple[str, dict[str, Any]]] = [
    (INFLOW, {**MAN, "id_number": short_number(5, born=BORN)}),
    (INFLOW, {**MAN, "id_number": short_number(5, born=BORN), "id_number_numeric": True}),
    (INFLOW, {**MAN, "birth_date": "32874"}),
    (INFLOW, {**MAN, "sex": None, "birth_date": None, "left_hukou_date": None, "residence_address": None}),
    (INFLOW, {**MAN, "left_hukou_date": "1990-01-01", "arrived_date": "2024-10-31"}),
    (INFLOW, {"hukou_address": "汤池镇双墩村"}),
    (INFLOW, {"residence_address": "安徽省合肥市庐江县", "phone": "不知道"}),
    (INFLOW, {"reason": "01-务工", "education": "10"}),
    (OUTFLOW, {"hukou_address": "果树村", "dest_address": "双墩村"}),
    (OUTFLOW, {"dest_address": "安徽省合肥市"}),  # contains the origin, yet proves nothing about the village
]

GOOD_REPORT = {"inflow_total": "5", "inflow_male": "2", "inflow_female": "3", "outflow_total": "1,005"}
LINES: list[tuple[str, str | None, dict[str, str], set[str]]] = [
    ("required:cell_unit", None, GOOD_REPORT, set()),
    ("place_resolvable:cell_unit", "月亮村", GOOD_REPORT, set()),
    ("place_resolvable:cell_unit", "杭州市", GOOD_REPORT, set()),  # a place, but not in the sender's unit
    ("valid_integer:value", "果树村", {"inflow_total": "-1"}, set()),
    ("valid_integer:value", "果树村", {"inflow_total": "约三十"}, set()),
    ("sum_agrees:inflow_total", "果树村", {**GOOD_REPORT, "inflow_male": "1"}, set()),
    ("sum_agrees:outflow_total", "果树村", {"outflow_total": "4", "outflow_male": "1", "outflow_female": "2"}, set()),
    *(
        (f"part_fits:{side}_{part}", "果树村", {f"{side}_total": "1", f"{side}_{part}": "2"}, set())
        for side in ("inflow", "outflow")
        for part in ("male", "female", "half_year", "other_province", "in_province")
    ),
]
