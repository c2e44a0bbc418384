"""What ``dbt`` is while SQL is linted: its cross-database macros are written as plain function calls."""

from __future__ import annotations

from collections.abc import Callable


def listagg(measure: str, delimiter: str, order_by: str = "") -> str:
    """Stand in for the macro, whose order belongs to the last argument."""
    return f"string_agg({measure}, {delimiter} {order_by})"


def __getattr__(name: str) -> Callable[..., str]:
    def call(*arguments: object) -> str:
        return f"{name}({', '.join(str(argument) for argument in arguments)})"

    return call
