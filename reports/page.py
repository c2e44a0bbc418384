"""How the pages of all reports are written: one frame with their look, their head and the notes, and a body each.

A page is one file with no script and nothing to fetch, so that it can be mailed, archived and printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2


def write_html(template: str, context: Mapping[str, object], path: Path) -> None:
    """Write the template, filled in; a name that the context lacks is a fault."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    path.write_text(environment.get_template(template).render(context), encoding="utf-8")
