"""What the commands share: the site they are about, dates as arguments, and lines for people."""

from __future__ import annotations

import datetime as dt

import click

from ingest.declaration import Declarations, declarations
from ingest.errors import UsageError
from popflow.site import Site, find_site, site_near


class Context:
    """What was said before the command's name."""

    def __init__(self, site: str | None, *, debug: bool) -> None:
        self._given = site
        self.debug = debug

    def site(self) -> Site:
        """Return the site the command is about."""
        return find_site(self._given)

    def declarations(self) -> Declarations:
        """Return the declarations of the site the command is about, or those that ship where there is no site."""
        try:
            self.site()
        except UsageError:
            if self._given is not None or site_near():
                raise
        return declarations()


pass_context = click.make_pass_decorator(Context)


class Day(click.ParamType[dt.date]):
    """A calendar day written YYYY-MM-DD."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Read the day."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a date: write it like 2024-10-31", param, ctx)


DAY = Day()


def say(text: str) -> None:
    """Write a line for the user."""
    click.echo(text)


def note(text: str) -> None:
    """Write a line beside the result, where it does not get into a pipe."""
    click.echo(text, err=True)


def table(headings: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Lay out rows under headings for a terminal, Chinese characters two columns wide."""
    texts = [headings, *(tuple("" if cell is None else str(cell) for cell in row) for row in rows)]
    widths = [max(width(row[column]) for row in texts) for column in range(len(headings))]
    lines = ["  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)).rstrip() for row in texts]
    lines.insert(1, "  ".join("-" * each for each in widths))
    return "\n".join(lines)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
