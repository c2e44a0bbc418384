"""When two names of divisions are one name spelled in two ways, and when they are two names.

A name falls into its base and its kind: 新桥村民委员会 and 新桥村委会 are both 新桥 of the kind 村. Names with the
same base and kind are one name; the same base with another kind is the same place at another level (乡 that became 镇).
"""

from __future__ import annotations

import csv
from pathlib import Path

from ingest.place_text import VILLAGE_COMMITTEE, normalised

_VARIANTS = Path(__file__).parent / "data" / "variant_characters.csv"

# Offices that stand for their division, and the words that say what a place of the level is.
_TOWNSHIP_KIND = "(街道|镇|乡|苏木)$"
_OFFICE = "(街道)?(办事处|办事)(街道)?$"
_COUNTY_KIND = "(地区|盟|市|特区|林区|矿区|新区|区|(自治)?[县旗州])$"


def plain_name(name: str) -> str:
    """Return the SQL expression of a name without brackets, spaces and punctuation, in standard characters."""
    with _VARIANTS.open(encoding="utf-8", newline="") as file:
        pairs = [(row["variant"], row["standard"]) for row in csv.DictReader(file)]
    written, standard = ("".join(side) for side in zip(*pairs, strict=True))
    return f"regexp_replace(translate({normalised(name)}, '{written}', '{standard}'), '{_OFFICE}', '街道')"


def name_base(plain: str, level: str) -> str:
    """Return the SQL expression of the base of a plain name: without what says of which kind the place is."""
    return f"""CASE {level}
            WHEN 'village' THEN coalesce(nullif(regexp_replace({plain}, '{VILLAGE_COMMITTEE}', ''), ''), {plain})
            WHEN 'township' THEN regexp_replace(regexp_replace({plain}, '{_TOWNSHIP_KIND}', ''), '(民|各)?族$', '')
            ELSE regexp_replace({plain}, '{_COUNTY_KIND}', '')
        END"""


def name_kind(plain: str, level: str) -> str:
    """Return the SQL expression of the kind that a plain name says its place is of; '' where it says none."""
    return f"""CASE {level}
            WHEN 'village' THEN CASE
                WHEN regexp_matches({plain}, '(社区|居)') AND NOT regexp_matches({plain}, '村(民)?(委|$)') THEN '居'
                WHEN regexp_matches({plain}, '(村|嘎查)(民)?(委员会|委会|$)') THEN '村'
                ELSE '' END
            WHEN 'township' THEN regexp_extract({plain}, '{_TOWNSHIP_KIND}', 1)
            ELSE regexp_extract({plain}, '{_COUNTY_KIND}', 1)
        END"""
