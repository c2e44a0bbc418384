"""Which counts of a form make up one another, as follows from the declared meaning of its items.

Items that differ from another one in a single aspect only (sex, age, time, distance, ...) and together leave nothing
out must add up to it. The gate asks the sender by these sums, and the warehouse shows them beside the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from ingest.declaration import CountForm, Meaning, load_value_lists
from ingest.flow_range import BESIDE, REACH, OriginKind

# The aspects of a meaning, each with what of it an item of that aspect sets.
_ASPECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": ("sex",),
    "age": ("age_min", "age_max"),
    "duration": ("min_duration", "max_duration"),
    "range": ("range",),
    "origin_kind": ("origin_kind",),
    "dwelling": ("dwelling",),
}


@dataclass(frozen=True)
class Sum:
    """Items that add up to another one: the bands of one aspect, in their order.

    ``beside`` are groups of items that a table may count beside the bands or inside one of them.
    """

    whole: str
    aspect: str
    parts: tuple[str, ...]
    beside: tuple[tuple[str, ...], ...] = ()


def sums_of(form: CountForm) -> Iterator[Sum]:
    """Return the sums of a form. Items that need a column are of other tables than those that do not."""
    for needs in dict.fromkeys(item.needs for item in form.items.values()):
        meanings = {name: item.meaning.counted for name, item in form.items.items() if item.needs == needs}
        for whole in meanings:
            for aspect in _ASPECTS:
                yield from _of_aspect(meanings, whole, aspect)


def whole_of(form: CountForm, part: str) -> str | None:
    """Return the item that counts everybody of whom ``part`` counts some; None where there is none."""
    item = form.items[part]
    named = {name: each.meaning.counted for name, each in form.items.items() if each.needs == item.needs}
    wanted = Meaning(direction=item.meaning.direction, registered=item.meaning.registered)
    return next((name for name, each in named.items() if name != part and _is_whole(each, wanted, named)), None)


def _of_aspect(meanings: Mapping[str, Meaning], whole: str, aspect: str) -> Iterator[Sum]:
    for direction in dict.fromkeys(each.direction for each in meanings.values()):
        seen = meanings[whole].model_copy(update={"direction": direction})
        parts = _parts(meanings, seen, aspect)
        if not parts or not _is_whole(meanings[whole], seen, meanings):
            continue
        beside = tuple(_beside(meanings, parts)) if aspect == "range" else ()
        in_row = [part for part in parts if not any(part in group for group in beside)]
        for chain in _complete(meanings, aspect, in_row):
            yield Sum(whole, aspect, chain, beside)


def _complete(meanings: Mapping[str, Meaning], aspect: str, parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Return every choice of the parts that leaves nothing out."""
    if aspect in _BOUNDS:
        yield from _chains([(*_BOUNDS[aspect](meanings[part]), part) for part in parts])
    elif len(parts) == _kinds(aspect):
        yield tuple(parts)


def _kinds(aspect: str) -> int:
    """Return of how many kinds people are in an aspect that has no order."""
    if aspect == "dwelling":
        return len(load_value_lists()["dwelling"].codes)
    return {"sex": 2, "origin_kind": len(get_args(OriginKind))}[aspect]


def _is_whole(each: Meaning, wanted: Meaning, meanings: Mapping[str, Meaning]) -> bool:
    """Whether an item counts what is wanted.

    Where a table says nothing of its direction but by its bands, the whole is a count of movers without one.
    """
    if each == wanted:
        return True
    undirected = wanted.model_copy(update={"direction": "flow"})
    return wanted.direction in ("in", "out") and each == undirected and wanted not in meanings.values()


def _parts(meanings: Mapping[str, Meaning], whole: Meaning, aspect: str) -> list[str]:
    """Return the items that are the whole but for one aspect, which the whole leaves open."""
    keys = _ASPECTS[aspect]
    if any(getattr(whole, key) is not None for key in keys):
        return []
    without = dict.fromkeys(keys)
    return [
        name for name, meaning in meanings.items() if meaning != whole and meaning.model_copy(update=without) == whole
    ]


def _ages(meaning: Meaning) -> tuple[object, object]:
    return (meaning.age_min or None, None if meaning.age_max is None else meaning.age_max + 1)


def _durations(meaning: Meaning) -> tuple[object, object]:
    return (meaning.min_duration, meaning.max_duration)


def _ranges(meaning: Meaning) -> tuple[object, object]:
    return (None, None) if meaning.range is None else REACH[meaning.range]


def _beside(meanings: Mapping[str, Meaning], parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for ranges in BESIDE:
        group = tuple(part for part in parts if meanings[part].range in ranges)
        if group:
            yield group


_BOUNDS: Final[Mapping[str, Callable[[Meaning], tuple[object, object]]]] = {
    "age": _ages,
    "duration": _durations,
    "range": _ranges,
}


def _chains(bands: Sequence[tuple[object, object, str]], begin: object = None) -> Iterator[tuple[str, ...]]:
    """Return every way in which bands follow one another from one without a beginning to one without an end."""
    for first, last, name in bands:
        if first != begin or (first, last) == (None, None):
            continue
        if last is None:
            yield (name,)
        else:
            yield from ((name, *rest) for rest in _chains(bands, last))
