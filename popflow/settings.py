"""The settings of a site, `popflow.toml`: typed, checked when read, and written with comments by `popflow init`.

An unknown key, a wrong value or a slip in the file is one sentence that names the key; there are no silent defaults for
what was misspelt.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ingest.errors import UsageError

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
DIVISION_DIGITS = 12
# More processes than this wait for one disk.
MOST_PROCESSES = 8


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteSection(_Section):
    """Which place the site serves."""

    division: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    time_zone: str = "Asia/Shanghai"
    history_months: Annotated[int, Field(ge=0, le=600)] = 24

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {value}") from error
        return value


class IntakeSection(_Section):
    """How files are read and when a whole file goes back."""

    processes: Count = Field(default_factory=lambda: min(os.cpu_count() or 1, MOST_PROCESSES))
    files_per_batch: Count = 100
    max_returned_share: Share = 0.5
    min_rows_for_share: Count = 10


class GateOutSection(_Section):
    """When a night is held."""

    max_stock_fall: Share = 0.5
    min_stock_compared: Count = 100


class SnapshotsSection(_Section):
    """How many published versions are kept."""

    keep: Count = 30


class SmallCountsSection(_Section):
    """Below which number a count is not shown to planners."""

    od: Count = 10
    township_and_village: Count = 10
    elsewhere: Count = 5


class NightSection(_Section):
    """How long a scheduled night may be silent between two of its steps before another may take over."""

    lease_minutes: Count = 60


class Settings(_Section):
    """All settings of a site."""

    site: SiteSection
    intake: IntakeSection = IntakeSection()
    gate_out: GateOutSection = GateOutSection()
    snapshots: SnapshotsSection = SnapshotsSection()
    small_counts: SmallCountsSection = SmallCountsSection()
    night: NightSection = NightSection()


TEMPLATE = """\
# Settings of this popflow site. Lines that begin with # show the defaults; remove the # to change one.

[site]
# The home division: everything this site counts is about its people, and about people who live in it.
division = "{division}"  # {name}
# time_zone = "{site.time_zone}"
# Months before the first reported one for which stocks are published too (late lists prove earlier stays).
# history_months = {site.history_months}

[intake]
# Processes that read files at the same time, and files handed to one of them at once.
# processes = {intake.processes}
# files_per_batch = {intake.files_per_batch}
# A list of at least so many rows goes back as a whole where more than this share of its rows fails.
# min_rows_for_share = {intake.min_rows_for_share}
# max_returned_share = {intake.max_returned_share}

[gate_out]
# The night is held where a total (date, definition, direction) falls by more than this share against the
# version published before. Totals below the smallest are not compared.
# max_stock_fall = {gate_out.max_stock_fall}
# min_stock_compared = {gate_out.min_stock_compared}

[snapshots]
# Published versions kept by `popflow snapshots prune`. The archive of originals is never pruned.
# keep = {snapshots.keep}

[small_counts]
# Counts below these are not shown in reports for planners.
# od = {small_counts.od}
# township_and_village = {small_counts.township_and_village}
# elsewhere = {small_counts.elsewhere}

[night]
# After so many minutes of silence between two steps a scheduled (Airflow) night counts as dead.
# lease_minutes = {night.lease_minutes}
"""


def settings_text(division: str, name: str) -> str:
    """Return the settings file of a new site, with every default shown as a comment."""
    defaults = Settings(site=SiteSection(division=division))
    return TEMPLATE.format(name=name, division=division, **dict(defaults))


def read_settings(path: Path) -> Settings:
    """Read and check a settings file.

    Raises ``UsageError`` with one sentence that names the file and the key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path} is missing: popflow init makes a site with its settings") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as TOML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name the folder of a site") from error
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise UsageError(f"{path}: {_first_fault(error)}") from error


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"there is no setting {key}: correct or remove it"
    if fault["type"] == "missing":
        return f"the setting {key} is missing"
    return f"{key} = {fault['input']!r} does not fit: {fault['msg'].removeprefix('Value error, ')}"


def padded_division(code: str) -> str:
    """Return a division code given with 2 to 12 digits in its 12 digits.

    Raises ``UsageError`` where it is not one.
    """
    digits = code.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) in {2, 4, 6, 9, 12}):
        raise UsageError(
            f"{code} is no division code: give 2, 4, 6, 9 or 12 digits (province to village), for example 340124"
        )
    return digits.ljust(DIVISION_DIGITS, "0")
