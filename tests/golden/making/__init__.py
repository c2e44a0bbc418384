"""The makers of the corpus: a function for each case, which returns the files an office delivered."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from golden.making.kit import CASES


def load_cases() -> list[tuple[str, str]]:
    """Return kind and name of every case that has a maker."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return list(CASES)
