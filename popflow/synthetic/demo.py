"""The demo: an invented county, its messy lists of three months, three nights and a report, in about a minute.

Everything is made anew from a seed in a site of its own; the truth stays beside the site's folders, where no night
reads it.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import numpy as np

from ingest.register import SHIPPED_REGISTER, register_query
from popflow.journal import NightRecord
from popflow.night import run_night
from popflow.progress import NightProgress
from popflow.site import Site, init_site
from popflow.synthetic.county import HOME_COUNTY, County, read_county
from popflow.synthetic.delivered import Delivered, Delivery
from popflow.synthetic.lists import FAULT_SHARE
from popflow.synthetic.population import Scale, make_population
from popflow.synthetic.truth import deliver_with_truth
from reports.od import ODRequest, write_od_report
from warehouse.access import open_current

TRUTH_FOLDER: Final = "truth"
DEMO_VILLAGES: Final = 50
_WAITING_FOLDER: Final = "delivered"
_REPORT: Final = ("township", "province", "NBS_LDRK")

Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoCounty:
    """A site with its invented county, every night's files waiting to be put into the inbox."""

    site: Site
    scale: Scale
    delivered: tuple[Delivered, ...]

    @property
    def truth(self) -> Path:
        """The folder of what is true."""
        return self.site.root / TRUTH_FOLDER

    def arrive(self, night: int) -> int:
        """Put the files of a night, counted from 1, into the inbox; return their number."""
        waiting = self.truth / _WAITING_FOLDER / f"night{night}"
        count = 0
        for source in sorted(path for path in waiting.rglob("*") if path.is_file()):
            target = self.site.folders.inbox / source.relative_to(waiting)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)
            count += 1
        return count


def run_demo(
    root: Path,
    say: Say,
    scale: Scale | None = None,
    villages: int = DEMO_VILLAGES,
    progress: NightProgress | None = None,
) -> DemoCounty:
    """Make the county in the folder ``root``, run its nights, write a report and say where to look."""
    _clear_earlier_demo(root)
    say(f"inventing a county in {root} ...")
    county = make_demo(root, scale or Scale(), villages, with_departments=True)
    for night, month_end in enumerate(county.scale.month_ends, start=1):
        count = county.arrive(night)
        record = run_night(county.site, month_end, progress)
        say(f"night {record.night_id}: {count} files, {_outcome(county, record)}")
    pages = _write_report(county.site, county.scale.month_ends[-1])
    for line in _where_to_look(county, pages):
        say(line)
    return county


def make_demo(
    root: Path,
    scale: Scale,
    villages: int | None = DEMO_VILLAGES,
    with_roles: bool = True,
    with_departments: bool = False,
    fault_share: float = FAULT_SHARE,
) -> DemoCounty:
    """Make a site with an invented county; all files of all nights are written, none has arrived yet."""
    site = init_site(root, HOME_COUNTY)
    truth = root / TRUTH_FOLDER
    home = _read_shipped_county(scale, villages)
    delivery = Delivery(truth / _WAITING_FOLDER, home, scale, fault_share, with_roles, with_departments)
    return DemoCounty(site, scale, tuple(deliver_with_truth(truth, make_population(home, scale), delivery)))


def _read_shipped_county(scale: Scale, villages: int | None) -> County:
    """Return the home county and far places as the shipped register has them."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE division AS {register_query(SHIPPED_REGISTER)}")
        return read_county(connection, "division", np.random.default_rng(scale.seed), villages)


def _clear_earlier_demo(root: Path) -> None:
    """Remove an earlier demo in the same folder; anything else there is left for ``init_site`` to refuse."""
    if (root / TRUTH_FOLDER / "file.parquet").is_file() and (root / "popflow.toml").is_file():
        shutil.rmtree(root)


def _outcome(county: DemoCounty, record: NightRecord) -> str:
    """Return what a night made of its rows."""
    with open_current(county.site.folders.warehouse) as connection:
        taken, accepted, returned = connection.execute(
            "SELECT count(*), sum(rows_accepted), sum(rows_returned) FROM ops.file WHERE night_id = $night",
            {"night": record.night_id},
        ).fetchall()[0]
    seconds = (record.ended - record.started).total_seconds()
    return f"{taken} taken: {accepted:,} rows accepted, {returned:,} returned ({seconds:.0f} s)"


def _write_report(site: Site, as_of: date) -> list[Path]:
    """Write the report of where the townships' people live."""
    origin_level, dest_level, definition_id = _REPORT
    small = site.settings.small_counts
    request = ODRequest(
        origin_level, dest_level, as_of, definition_id,
        od_threshold=small.od, small_place_threshold=small.township_and_village, place_threshold=small.elsewhere,
    )  # fmt: skip
    with open_current(site.folders.warehouse) as connection:
        return write_od_report(connection, request, site.folders.reports)


def _where_to_look(county: DemoCounty, pages: list[Path]) -> list[str]:
    """Return the lines that end the demo."""
    site = county.site
    day = county.scale.month_ends[-1]
    command = f"{'popflow' if shutil.which('popflow') else sys.argv[0]} --site {site.root}"
    page = next((path for path in pages if path.suffix == ".html"), pages[0])
    return [
        "",
        "Where to look:",
        f"  the site              {site.root}",
        f"  return slips (回执)    {site.folders.outbox}",
        f"  report to open        {page}",
        f"  report as workbook    {next((path for path in pages if path.suffix == '.xlsx'), page)}",
        f"  what is true          {county.truth}",
        "",
        "What to try:",
        f"  {command} status",
        f"  {command} sql \"from od_on('NBS_LDRK', DATE '{day}', 'county', 'province') order by persons desc\"",
        f'  {command} sql "select rule_id, count(*) from ops.issue group by all order by 2 desc"',
    ]
