"""The bridge between two definitions a second time: every hybrid made as a definition and every stay asked under it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from naive.counting import Definition, Register, Stay
from naive.counts import count_stock

AXES: Mapping[str, tuple[str, ...]] = {
    "boundary": ("boundary_level", "within_boundary"),
    "intra_city": ("excludes_intra_city",),
    "clock": ("clock",),
    "duration": ("min_duration",),
    "age": ("age_min", "age_max"),
    "sex": ("sex",),
    "hukou_nature": ("hukou_nature",),
    "area": ("dest_area",),
    "reason": ("excluded_reasons",),
    "service": ("required_service",),
}


@dataclass(frozen=True)
class Step:
    """One axis of a bridge: what it changes in the stated order, and in any."""

    axis: str
    persons: int
    unknown: int
    lowest: int
    highest: int
    mean: float


@dataclass(frozen=True)
class Bridge:
    """A bridge for one direction and division."""

    stock_from: tuple[int, int]
    steps: tuple[Step, ...]
    stock_to: tuple[int, int]


def differing_axes(begin: Definition, end: Definition) -> list[str]:
    """Name the axes in which two definitions differ, in the stated order."""
    return [axis for axis, names in AXES.items() if any(getattr(begin, n) != getattr(end, n) for n in names)]


def mixed(begin: Definition, end: Definition, taken: Sequence[str]) -> Definition:
    """Take some axes from the second definition and the others from the first."""
    changes: dict[str, Any] = {name: getattr(end, name) for axis in taken for name in AXES[axis]}
    return replace(begin, **changes)


def bridge(
    stays: Sequence[Stay],
    begin: Definition,
    end: Definition,
    day: date,
    level: str,
    register: Register,
    home_code: str,
) -> dict[tuple[str | None, ...], Bridge]:
    """Take the difference apart by direction and division, walking through every order of the axes one by one."""
    axes = differing_axes(begin, end)
    counts = {
        frozenset(taken): count_stock(stays, mixed(begin, end, taken), day, level, register, home_code)
        for size in range(len(axes) + 1)
        for taken in itertools.combinations(axes, size)
    }

    def count(division: tuple[str | None, ...], taken: Sequence[str]) -> tuple[int, int]:
        return counts[frozenset(taken)].get(division, (0, 0))

    def step(division: tuple[str | None, ...], number: int) -> Step:
        before, after = count(division, axes[:number]), count(division, axes[: number + 1])
        effects = []
        for order in itertools.permutations(axes):
            place = order.index(axes[number])
            effects.append(count(division, order[: place + 1])[0] - count(division, order[:place])[0])
        return Step(
            axes[number],
            after[0] - before[0],
            after[1] - before[1],
            min(effects),
            max(effects),
            round(sum(effects) / len(effects), 6),
        )

    return {
        division: Bridge(
            count(division, []), tuple(step(division, number) for number in range(len(axes))), count(division, axes)
        )
        for division in {key for tally in counts.values() for key in tally}
    }
