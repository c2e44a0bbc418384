"""`popflow vault`: the keys that archive, vault and pseudonyms depend on."""

from __future__ import annotations

import click

from popflow.commands.common import Context, pass_context, say
from popflow.commands.nights import shown_progress


@click.group()
def vault() -> None:
    """The vault: the only place that has names and numbers."""


@vault.command("rotate-key")
@click.option("--pseudonyms", is_flag=True, help="Also give everybody in the warehouse a new pseudonym.")
@pass_context
def rotate_key(context: Context, pseudonyms: bool) -> None:
    """Seal vault and archive under a new secret and forget the old one; run it again where it was interrupted."""
    from popflow.rotation import rotate_key as rotate

    site = context.site()
    with shown_progress(site) as progress:
        rotation = rotate(site, pseudonyms=pseudonyms, progress=progress)
    say(f"sealed {rotation.files:,} files under a new secret; the old one is gone")
    if rotation.snapshot_id is not None:
        say(f"published {rotation.snapshot_id} under new pseudonyms")
    say(f"make a new safe copy of {site.folders.key_file} and destroy the older ones: they open nothing any more")


COMMANDS = (vault,)
