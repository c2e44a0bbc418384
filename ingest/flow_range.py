"""How far a move goes, in the terms of the boundaries it crosses: what a report's bands of distance and origin mean.

Bands of distance follow one another as bands of age do: each begins beyond one boundary and ends within the next. Two
ends are often no bands of their own: those who stay within the township may be counted among those within the county
or beside them, and those outside the country among those outside the province.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

FlowRange = Literal[
    "in_village",
    "in_township",
    "in_county",
    "in_city",
    "other_city",
    "other_county_in_province",
    "in_province",
    "other_province",
    "abroad",
    "hmt",
]

OriginKind = Literal[
    "in_province_urban", "in_province_county", "out_province_urban", "out_province_county", "hmt", "abroad", "other"
]


class Reach(NamedTuple):
    """The boundary that a move crosses, and the one that it does not cross; None: it need not cross, it may go on."""

    beyond: str | None
    within: str | None


REACH: Final[Mapping[FlowRange, Reach]] = MappingProxyType(
    {
        "in_village": Reach(None, "village"),
        "in_township": Reach("village", "township"),
        "in_county": Reach(None, "county"),
        "in_city": Reach("county", "city"),
        "other_city": Reach("city", "province"),
        "other_county_in_province": Reach("county", "province"),
        "in_province": Reach(None, "province"),
        "other_province": Reach("province", None),
        "abroad": Reach("country", None),
        "hmt": Reach("country", None),
    }
)
# How far people of a kind of origin have come; of others nobody can say.
REACH_OF_ORIGIN: Final[Mapping[OriginKind, Reach]] = MappingProxyType(
    {
        "in_province_urban": Reach(None, "province"),
        "in_province_county": Reach(None, "province"),
        "out_province_urban": Reach("province", None),
        "out_province_county": Reach("province", None),
        "hmt": Reach("country", None),
        "abroad": Reach("country", None),
    }
)
# Ranges that may stand beside the bands or inside the nearest of them, by the end at which they are.
BESIDE: Final[tuple[frozenset[FlowRange], ...]] = (
    frozenset({"in_village", "in_township"}),
    frozenset({"abroad", "hmt"}),
)
