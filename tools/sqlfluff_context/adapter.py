"""What ``adapter`` is while SQL is linted: a dispatched macro is written as a plain function call."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, *_package: str) -> Callable[..., str]:
    """Stand in for the macro of the engine."""

    def call(*arguments: object) -> str:
        return f"{name}({', '.join(str(argument) for argument in _flat(arguments))})"

    return call


def _flat(arguments: tuple[object, ...]) -> list[object]:
    flat: list[object] = []
    for argument in arguments:
        flat.extend(argument if isinstance(argument, list) else [argument])
    return flat
