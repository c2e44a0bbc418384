"""Whose list it is: the unit named on the sheet or by the path, among the divisions of the site's home.

Clerks write 新桥村 where the register says 新桥村民委员会, and 塔山 for 塔山居委会. A text names a unit only by
its code, by its name with the kind of division, or by the bare name in a place where nothing else can be meant: right
after its township or standing alone. A name that several townships share needs the township. What cannot be told is
refused, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from ingest.refusals import refusal
from ingest.unit_names import (
    LONGEST_NAME,
    SHORTEST_BARE_NAME,
    TOWNSHIP_FAMILIES,
    VILLAGE_FAMILIES,
    Unit,
    UnitNames,
    plain_name,
)

CODE: Final = re.compile(r"(?<!\d)(\d{12})(?!\d)")
TOKEN: Final = re.compile(r"[^\W_]+")
LEVELS_ABOVE: Final = ("county", "city", "province")
INSTITUTION: Final = re.compile(
    r"派出所|司法所|卫生院|卫生所|财政所|计生办|计生站|社保所|人社所|便民服务中心|为民服务中心|中心小学|中心学校|初级中学|初中|中学|小学|幼儿园|党委|政府"
)
# What may follow a bare name of a village right behind its township.
AFTER_BARE_NAME: Final = re.compile(
    r"^(?:$|\d|流|外出|外来|人口|登记|花名|统计|新增|增加|减少|变动|暂住|务工|居委|村委|社区|村|台账|组)"
)
UNKNOWN_VILLAGE: Final = re.compile(r"^[\u4e00-\u9fff]{1,6}?(?:村|社区|居委会)")
NO_VILLAGE: Final = re.compile(r"人口|流|外|登记|各|全|所有|辖区|下属|月|年|统计|汇总")
# What may stand in front of a village's name without being part of another name.
BOUNDARY: Final = frozenset("省市区县旗镇乡道办场会府局站年月日度报于")


@dataclass(frozen=True)
class Mention:
    """The units a text can mean: villages, the townships it names, and a code or village the register does not have.

    ``above`` are the counties and cities it names: they are the sender only where nothing below is named.
    """

    villages: frozenset[Unit] = frozenset()
    townships: frozenset[Unit] = frozenset()
    unknown: str | None = None
    above: frozenset[Unit] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.villages or self.townships)


@dataclass(frozen=True)
class UnitFound:
    """The unit, what showed it, and how the path contradicts it, if it does."""

    unit: Unit
    why: str
    contradiction: str | None = None


class UnitBook:
    """The divisions of the home under every name a clerk may write, and the counties and above that lie elsewhere."""

    def __init__(self, units: Iterable[Unit], elsewhere: Iterable[Unit] = ()) -> None:
        self.elsewhere = tuple(elsewhere)
        self._by_code: dict[str, Unit] = {}
        self._villages = UnitNames(VILLAGE_FAMILIES)
        self._townships = UnitNames(TOWNSHIP_FAMILIES)
        self._above: list[Unit] = []
        for unit in units:
            self._by_code[unit.code] = unit
            if unit.level == "village":
                self._villages.add(unit)
            elif unit.level == "township":
                self._townships.add(unit)
            elif unit.level in LEVELS_ABOVE:
                self._above.append(unit)

    def mentions(self, text: str) -> Mention:
        """Return the units a text can mean."""
        codes = CODE.findall(plain_name(text))
        known = [self._by_code[code] for code in codes if code in self._by_code]
        if known:
            above = frozenset(unit for unit in known if unit.level in LEVELS_ABOVE)
            return Mention(_at_level(known, "village"), _at_level(known, "township"), above=above)
        unknown: str | None = next(iter(codes), None)
        townships: set[Unit] = set()
        villages: set[Unit] = set()
        for token in TOKEN.findall(unicodedata.normalize("NFKC", text).replace(" ", "")):
            here, rest = self._townships_in(token)
            found = self._villages_in(token, here, rest)
            if rest and not found:
                unknown = unknown or _unknown_village(rest)
            townships |= here
            villages |= found
        return Mention(frozenset(villages), frozenset(townships), unknown, self._above_in(text))

    def _above_in(self, text: str) -> frozenset[Unit]:
        """Return the counties named with their kind; else the cities, else the province."""
        plain = plain_name(text)
        for level in LEVELS_ABOVE:
            named = frozenset(unit for unit in self._above if unit.level == level and unit.name in plain)
            if named:
                return named
        return frozenset()

    def _townships_in(self, token: str) -> tuple[set[Unit], str | None]:
        """Return the townships named in a token and what follows the name."""
        for start in range(len(token)):
            named, rest = self._townships.starting(token[start:])
            if named:
                return named, rest
        alone = self._townships.bare.get(token) or self._seat_of_institution(token)
        if alone:
            return alone, ""
        for end in range(len(token) - 1, SHORTEST_BARE_NAME - 1, -1):
            bare = self._townships.bare.get(token[:end])
            if bare and any(_of(village, bare) for village in self._villages.starting(token[end:])[0]):
                return bare, token[end:]
        return set(), None

    def _seat_of_institution(self, token: str) -> set[Unit]:
        """Return the township whose bare name stands in front of an institution: 庐城派出所, 庐城中心小学."""
        for institution in INSTITUTION.finditer(token):
            name = token[: institution.start()]
            for start in range(len(name) - SHORTEST_BARE_NAME + 1):
                if (start == 0 or name[start - 1] in BOUNDARY) and name[start:] in self._townships.bare:
                    return self._townships.bare[name[start:]]
        return set()

    def _villages_in(self, token: str, townships: set[Unit], rest: str | None) -> set[Unit]:
        """Return the villages named in a token: behind the township first, else by a name with its kind."""
        if rest is not None:
            return self._villages_behind(rest, townships) or self._named_after(token, townships)
        for start in range(len(token)):
            if start == 0 or token[start - 1] in BOUNDARY or token[start - 1].isdigit():
                found, _ = self._villages.starting(token[start:])
                if found:
                    return found
        name = re.split(r"\d", token, maxsplit=1)[0]
        return self._villages.bare.get(name, set()) if len(name) >= SHORTEST_BARE_NAME else set()

    def _named_after(self, token: str, townships: set[Unit]) -> set[Unit]:
        """Return the villages whose own name begins with their township's, written without it once more."""
        for start in range(len(token)):
            found = {village for village in self._villages.starting(token[start:])[0] if _of(village, townships)}
            if found:
                return found
        return set()

    def _villages_behind(self, rest: str, townships: set[Unit]) -> set[Unit]:
        """Return the villages of these townships that a text begins with, by name with kind or by bare name."""
        named = {village for village in self._villages.starting(rest)[0] if _of(village, townships)}
        if named:
            return named
        for end in range(min(len(rest), LONGEST_NAME), SHORTEST_BARE_NAME - 1, -1):
            bare = {village for village in self._villages.bare.get(rest[:end], ()) if _of(village, townships)}
            if bare and AFTER_BARE_NAME.match(rest[end:]):
                return bare
        return set()


def load_units(path: Path, elsewhere: Path | None = None) -> UnitBook:
    """Read the divisions of the home, and those elsewhere, from Parquet files with the columns of ``raw.division``."""
    return UnitBook(_read_units(path), () if elsewhere is None else _read_units(elsewhere))


def _read_units(path: Path) -> Iterable[Unit]:
    names = ["code", "level", "name", "full_name", "township_code"]
    return (Unit(**row) for row in pq.read_table(path, columns=names).to_pylist())


Said = Sequence[tuple[str, str, Mention]]


def find_unit(
    book: UnitBook,
    content: Sequence[tuple[str, str]],
    path: str,
    row_places: Sequence[str] = (),
    from_above: bool = False,
) -> UnitFound:
    """Return the unit of a file from what its content says, in order of weight, and from its path.

    ``content`` holds (where it stands, text); ``row_places`` the distinct texts of a column that names every row's
    village. ``from_above`` says that a county or city may be the sender, or a department of it. Raises
    ``FileRefusedError`` where the unit cannot be told.
    """
    said = [(where, text, book.mentions(text)) for where, text in content]
    by_path = book.mentions(path)
    townships = next((mention.townships for _, _, mention in said if mention.townships), frozenset[Unit]())
    villages, why = _narrow(said, townships)
    unknown = next((mention.unknown for _, _, mention in said if mention.unknown), None)
    if unknown is not None and not villages:
        raise _not_registered(unknown)
    if villages or townships:
        return _from_content(villages, townships, by_path, why or _where(said))
    above = _sender_above(said, by_path) if from_above and not by_path else None
    if above is not None and above.why == "label":
        return above
    by_rows = _common_mention([book.mentions(text) for text in row_places])
    if by_rows:
        return _from_content(by_rows.villages, by_rows.townships, by_path, "rows")
    return above or _from_path(by_path)


def _sender_above(said: Said, by_path: Mention) -> UnitFound | None:
    """Return the one county or city that is named, by a label first, then in a title or the path."""
    for where, _, mention in (*said, ("path", "", by_path)):
        if len(mention.above) == 1:
            (unit,) = mention.above
            return UnitFound(unit, where)
    return None


def _where(said: Said) -> str:
    return next((where for where, _, mention in said if mention), "path")


def _common_mention(mentions: Sequence[Mention]) -> Mention:
    """Return what all rows have in common: one village, or one township with several."""
    if not mentions or not all(mentions):
        return Mention()
    villages = frozenset.intersection(*(mention.villages for mention in mentions))
    townships = frozenset.intersection(*(mention.townships for mention in mentions))
    return Mention(villages, townships)


def _narrow(said: Said, townships: frozenset[Unit]) -> tuple[frozenset[Unit], str | None]:
    """Return the villages all content agrees on; two texts that name different ones cannot both be right."""
    villages: frozenset[Unit] = frozenset()
    why: str | None = None
    for where, text, mention in said:
        here = frozenset(v for v in mention.villages if not townships or _of(v, townships)) or mention.villages
        if not here:
            continue
        agreed = here if why is None else villages & here
        if not agreed:
            raise refusal("unit_ambiguous", detail=f"{_names(villages)} / {text[:40]}")
        villages, why = agreed, why or where
    if villages and townships and not any(_of(village, townships) for village in villages):
        raise refusal("unit_ambiguous", detail=f"{_names(villages)} / {_names(townships)}")
    return villages, why


def _from_content(villages: frozenset[Unit], townships: frozenset[Unit], by_path: Mention, why: str) -> UnitFound:
    if not villages:
        return _township_from_content(townships, by_path, why)
    if len(villages) > 1:
        named = frozenset(village for village in villages if village in by_path.villages)
        within = frozenset(village for village in named or villages if _of(village, by_path.townships))
        villages = within or named or villages
        why = f"{why}, path"
    if len(villages) > 1:
        raise refusal("unit_ambiguous", detail=_names(villages))
    (village,) = villages
    return UnitFound(village, why, _contradiction(village, by_path))


def _township_from_content(townships: frozenset[Unit], by_path: Mention, why: str) -> UnitFound:
    """A township on the sheet and one of its villages in the path are one address."""
    if len(townships) > 1:
        raise refusal("unit_ambiguous", detail=_names(townships))
    (township,) = townships
    inside = [village for village in by_path.villages if _of(village, townships)]
    if len(inside) == 1:
        return UnitFound(inside[0], f"{why}, path")
    differs = bool(by_path) and township not in by_path.townships and not inside
    return UnitFound(township, why, _names(by_path.villages or by_path.townships) if differs else None)


def _from_path(by_path: Mention) -> UnitFound:
    villages = frozenset(v for v in by_path.villages if _of(v, by_path.townships)) or by_path.villages
    if by_path.unknown is not None and not villages:
        raise _not_registered(by_path.unknown)
    for candidates in (villages, by_path.townships):
        if len(candidates) > 1:
            raise refusal("unit_ambiguous", detail=_names(candidates))
        if candidates:
            return UnitFound(next(iter(candidates)), "path")
    raise refusal("unit_unknown", detail="表内和文件名中都没有本辖区的乡镇或村名")


def _not_registered(name: str) -> Exception:
    return refusal("unit_unknown", detail=f"“{name}”不在本辖区的区划名录中")


def _contradiction(village: Unit, by_path: Mention) -> str | None:
    if by_path.villages and village not in by_path.villages:
        return f"{village.full_name} / {_names(by_path.villages)}"
    if by_path.townships and not _of(village, by_path.townships):
        return f"{village.full_name} / {_names(by_path.townships)}"
    return None


def _of(village: Unit, townships: Iterable[Unit]) -> bool:
    return village.township_code in {township.code for township in townships}


def _names(units: Iterable[Unit]) -> str:
    return "、".join(sorted(unit.full_name for unit in units)[:5])


def _at_level(units: Iterable[Unit], level: str) -> frozenset[Unit]:
    return frozenset(unit for unit in units if unit.level == level)


def _unknown_village(text: str) -> str | None:
    """Return the name of a village behind its township that the register does not have."""
    found = UNKNOWN_VILLAGE.match(text)
    return found.group() if found and not NO_VILLAGE.search(found.group()) else None
