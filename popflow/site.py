"""A site: its folders, its settings and its key, and how a command finds it."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from ingest.declaration import load_declarations, use_declarations
from ingest.errors import UsageError
from ingest.keys import SiteKey, create_key, load_key
from popflow.settings import Settings, padded_division, read_settings, settings_text
from warehouse.access import current_snapshot
from warehouse.disk import sync_folder
from warehouse.folders import SiteFolders, make_private

SITE_VARIABLE = "POPFLOW_SITE"
# Where a site keeps its senders' own words, if it has any.
FORMS_FOLDER = "forms"
# Where it keeps its own definitions, if it has any.
DEFINITIONS_FOLDER = "definitions"
# The outbox has return slips, and those have the names that their senders wrote.
PRIVATE_FOLDERS = frozenset({"archive", "outbox", "vault", "warehouse"})


@dataclass(frozen=True)
class Site:
    """One site, opened."""

    folders: SiteFolders
    settings: Settings

    @property
    def root(self) -> Path:
        """The site's folder."""
        return self.folders.root

    @cached_property
    def key(self) -> SiteKey:
        """The site key as the published snapshot wants it, read when it is first needed."""
        published = current_snapshot(self.folders)
        return load_key(self.folders.key_file).for_snapshot(None if published is None else published.name)

    def now(self) -> dt.datetime:
        """Return the time at the site."""
        return dt.datetime.now(ZoneInfo(self.settings.site.time_zone))


def open_site(root: Path) -> Site:
    """Open the site at ``root`` and put its declarations in force for this process.

    Raises ``UsageError`` where there is none, or its settings or declarations are wrong.
    """
    folders = SiteFolders(root.resolve())
    settings = read_settings(folders.settings_file)
    for folder in folders.all_folders():
        if not folder.is_dir():
            raise UsageError(f"the site has no folder {folder}: make it again or restore the site from its safe copy")
    own = folders.root / DEFINITIONS_FOLDER
    use_declarations(load_declarations(folders.root / FORMS_FOLDER, own=own))
    return Site(folders, settings)


def find_site(given: str | None, start: Path | None = None) -> Site:
    """Open the site a command is about: the one given, the one in POPFLOW_SITE, or the nearest one upwards.

    Raises ``UsageError`` where there is none.
    """
    named = given or os.environ.get(SITE_VARIABLE)
    if named:
        return open_site(Path(named))
    folder = _nearest(start or Path.cwd())
    if folder is not None:
        return open_site(folder)
    raise UsageError(f"no site here: give --site DIR, set {SITE_VARIABLE}, or go into a folder with a popflow.toml")


def site_near() -> bool:
    """Whether a site is meant without being given: one in POPFLOW_SITE, or one upwards from here."""
    return bool(os.environ.get(SITE_VARIABLE)) or _nearest(Path.cwd()) is not None


def _nearest(start: Path) -> Path | None:
    here = start.resolve()
    return next((folder for folder in (here, *here.parents) if SiteFolders(folder).settings_file.is_file()), None)


def init_site(root: Path, division: str) -> Site:
    """Make a new site for a home division of the shipped register.

    Raises ``UsageError`` where the folder is in use or cannot be made, or the register has no such division.
    """
    code = padded_division(division)
    name = _name_in_register(code)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UsageError(f"{root} is not empty: a site begins in a folder of its own")
    folders = SiteFolders(root.resolve())
    try:
        folders.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{root} cannot be made ({error.strerror}): choose another folder") from error
    for folder in folders.all_folders():
        if folder.name in PRIVATE_FOLDERS:
            make_private(folder)
        else:
            folder.mkdir()
    create_key(folders.key_file)
    folders.settings_file.write_text(settings_text(code, name), encoding="utf-8")
    sync_folder(folders.root)
    return open_site(root)


def _name_in_register(code: str) -> str:
    from ingest.register import SHIPPED_REGISTER, register_query

    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT full_name FROM ({register_query(SHIPPED_REGISTER)}) WHERE code = $code", {"code": code}
        ).fetchall()
    if not rows:
        raise UsageError(
            f"the division register has no {code}: look the code up in the register and give it as it is there"
        )
    return str(rows[0][0])
