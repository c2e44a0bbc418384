"""A linkage model: what is compared, how much each agreement weighs, and from which weight on a pair is linked.

A model is one file with a version and never changes once it has been used, so the weight of a pair is a function of
what is said about the two and nothing else. ``training`` makes models; everything else only reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from ingest.errors import UsageError

SHIPPED: Final = Path(__file__).parent / "data" / "model-1.json"
# Digits of a share that mean something, so that one model file can be compared with another.
_DIGITS: Final = 6


@dataclass(frozen=True)
class Level:
    """One degree of agreement: what to call it, when two profiles have it, and how often they do.

    ``condition`` is SQL over the columns of both sides, ``name_l`` and ``name_r``; ``ELSE`` is all that is left. ``m``
    and ``u`` are its shares among pairs of one person and of two. A level with ``rarity`` weighs more for rare values:
    the column ``tf_<rarity>`` holds the share of people who have the value. Pairs at a level that ``holds`` are never
    linked without somebody's decision, whatever else agrees.
    """

    says: str
    condition: str
    m: float | None = None
    u: float | None = None
    is_unknown: bool = False
    rarity: str | None = None
    rarity_weight: float = 1.0
    holds: bool = False


@dataclass(frozen=True)
class Comparison:
    """What is compared, and its levels from the closest agreement to none."""

    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Block:
    """Pairs that are worth a look: those that agree on all ``keys`` (SQL over the columns of one side)."""

    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Declaration:
    """What an engine for one kind of data compares and which pairs it looks at; it has no weights yet.

    A key that more than ``most_in_block`` profiles share says too little: its pairs are left out, and counted.
    """

    comparisons: tuple[Comparison, ...]
    blocks: tuple[Block, ...]
    # pairs from which the shares are learnt: SQL conditions over l and r
    training_blocks: tuple[str, ...]
    most_in_block: int = 1_000


@dataclass(frozen=True)
class LinkageModel:
    """A declaration with its weights and thresholds (log2 of the odds that two are one person)."""

    model_id: str
    declaration: Declaration
    # the chance that a row and a person picked at random are one
    prior: float
    link_weight: float
    review_weight: float
    # how much better than the next one the best candidate must be
    margin: float
    # shares of people with a surname and with a character in the given name, and the shares of those not named here
    surnames: dict[str, float] = field(default_factory=dict)
    characters: dict[str, float] = field(default_factory=dict)
    other_surname: float = 1e-4
    other_character: float = 1e-3


def shipped_model() -> LinkageModel:
    """Return the model that this version of the program links with."""
    return load_model(SHIPPED)


@cache
def load_model(path: Path) -> LinkageModel:
    """Read a model file.

    Raises ``UsageError`` where it is missing or not a model.
    """
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        declared = read.pop("declaration")
        declaration = Declaration(
            comparisons=tuple(
                Comparison(each["name"], tuple(Level(**level) for level in each["levels"]))
                for each in declared["comparisons"]
            ),
            blocks=tuple(Block(each["name"], tuple(each["keys"])) for each in declared["blocks"]),
            training_blocks=tuple(declared["training_blocks"]),
            most_in_block=declared["most_in_block"],
        )
        return LinkageModel(declaration=declaration, **read)
    except FileNotFoundError as error:
        raise UsageError(f"the linkage model {path} is missing: install the program again or name another") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is not a linkage model: make it with tools/train_linkage_model.py") from error


def save_model(model: LinkageModel, path: Path) -> None:
    """Write a model file: the same model always gives the same bytes."""
    path.write_text(json.dumps(asdict(model), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def with_shares(declaration: Declaration, which: str, shares: dict[tuple[str, str], float]) -> Declaration:
    """Return the declaration with ``m`` or ``u`` of each (comparison, level)."""

    def _levels(comparison: Comparison) -> Iterator[Level]:
        for level in comparison.levels:
            share = None if level.is_unknown else float(f"{shares[comparison.name, level.says]:.{_DIGITS}g}")
            yield replace(level, m=share) if which == "m" else replace(level, u=share)

    comparisons = (Comparison(each.name, tuple(_levels(each))) for each in declaration.comparisons)
    return replace(declaration, comparisons=tuple(comparisons))
