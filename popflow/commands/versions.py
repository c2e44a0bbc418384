"""`popflow snapshots`: the published versions."""

from __future__ import annotations

import click

from popflow.commands.common import Context, note, pass_context, say, table
from popflow.journal import write_event
from popflow.lock import site_to_itself
from warehouse.access import current_snapshot


@click.group()
def snapshots() -> None:
    """The published versions: list, compare, go back, let old ones go."""


@snapshots.command("list")
@pass_context
def list_(context: Context) -> None:
    """List the versions, oldest first."""
    from warehouse.snapshots import versions

    rows: list[tuple[object, ...]] = [
        (
            "*" if each.is_current else "",
            each.manifest.snapshot_id,
            each.manifest.run_date,
            each.manifest.kind,
            f"{len(each.manifest.files_taken):,}",
            f"{each.manifest.rows_accepted:,}",
            f"{each.manifest.rows_returned:,}",
            f"{each.size_bytes / 1e6:,.0f}",
        )
        for each in versions(context.site().folders)
    ]
    say(table(("", "snapshot", "run date", "kind", "files", "accepted", "returned", "MB"), rows))


@snapshots.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@pass_context
def diff(context: Context, before: str, after: str) -> None:
    """Compare two versions: rows of tables and stock totals by definition, where they differ."""
    from warehouse.snapshots import difference

    found = difference(context.site().folders, before, after)
    if not found:
        say(f"{before} and {after} have the same numbers of rows and the same totals")
        return
    rows: list[tuple[object, ...]] = [
        (each.what, each.before, each.after, (each.after or 0) - (each.before or 0)) for each in found
    ]
    say(table(("what", before, after, "difference"), rows))


@snapshots.command()
@click.argument("snapshot", metavar="ID")
@click.option("--restore-files", is_flag=True, help="Put the files later nights had taken back into the inbox.")
@pass_context
def rollback(context: Context, snapshot: str, restore_files: bool) -> None:
    """Make an older version the current one."""
    from popflow.night import recover
    from warehouse.snapshots import restore_files as restore
    from warehouse.snapshots import roll_back

    site = context.site()
    with site_to_itself(site.folders):
        recover(site.folders)
        left = current_snapshot(site.folders)
        later = roll_back(site.folders, snapshot)
        say(f"{snapshot} is the current version")
        for file in later:
            say(f"taken later: {file.path}")
        restored = restore(site.folders, later, site.key) if restore_files else 0
        write_event(site.folders, "rollback", left=left and left.name, to=snapshot, files_restored=restored)
        if restore_files:
            say(f"put {restored:,} files back into {site.folders.inbox}")
        elif later:
            note("run the command again with --restore-files to put these files back into the inbox")


@snapshots.command()
@pass_context
def prune(context: Context) -> None:
    """Remove the oldest versions beyond snapshots.keep of popflow.toml; archive and vault keep what is live."""
    from popflow.night import recover
    from warehouse.snapshots import prune as let_go

    site = context.site()
    with site_to_itself(site.folders):
        recover(site.folders)
        gone = let_go(site.folders, site.settings.snapshots.keep)
    say(f"removed {len(gone)} versions{': ' if gone else ''}{', '.join(gone)}")


COMMANDS = (snapshots,)
