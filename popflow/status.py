"""What the operator asks in the morning: how the night went, who has delivered, who is late, what was held and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from popflow.attention import Attention, attention_lines, read_attention
from popflow.inbox import find_files
from popflow.journal import NightRecord, records
from popflow.lock import Lease, running_night
from popflow.site import Site
from reports.ledger_disputes import tells_current
from warehouse.access import current_snapshot, open_current
from warehouse.manifest import read_manifest


@dataclass(frozen=True)
class Returns:
    """How complete one form is in one township: units expected and arrived for the latest period, files returned."""

    form_id: str
    division_code: str
    division_name: str
    period: str
    expected: int
    arrived: int
    late: int
    returned: int


@dataclass(frozen=True)
class Linking:
    """Pairs that wait for somebody's decision, and the latest estimate on people whose numbers were hidden."""

    waiting: int
    hidden: int
    right: int
    wrong: int


@dataclass(frozen=True)
class Disputes:
    """Cells of the ledger of both ends that stand open: disputed, and since when the oldest; waiting for a return."""

    disputed: int
    oldest: str | None
    awaited: int


@dataclass(frozen=True)
class Status:
    """The state of a site."""

    snapshot_id: str | None
    waiting: int
    running: Lease | None
    last: NightRecord | None
    returns: tuple[Returns, ...]
    linking: Linking | None = None
    disputes: Disputes | None = None
    attention: Attention | None = None


def read_status(site: Site) -> Status:
    """Read the state of a site; changes nothing and waits for nobody."""
    snapshot = current_snapshot(site.folders)
    history = records(site.folders)
    returns: tuple[Returns, ...] = ()
    linking = None
    disputes = None
    attention = None
    if snapshot is not None:
        with open_current(site.folders.warehouse, snapshot.name) as connection:
            returns = read_returns(connection)
            linking = read_linking(connection)
            disputes = read_disputes(connection)
            attention = read_attention(connection)
    return Status(
        snapshot_id=None if snapshot is None else snapshot.name,
        waiting=len(find_files(site.folders.inbox)),
        running=running_night(site.folders),
        last=max(history, key=lambda record: record.ended, default=None),
        returns=returns,
        linking=linking,
        disputes=disputes,
        attention=attention,
    )


# The latest period of a form is the last one for which anybody has delivered it.
_RETURNS = """
    WITH latest AS (
        SELECT form_id, max(period) AS period FROM ops.expected_return WHERE deliveries > 0 GROUP BY form_id
    ),
    place AS (
        SELECT DISTINCT ON (code) code, coalesce(township_code, code) AS division_code
        FROM ref.division ORDER BY code, valid_from DESC
    ),
    named AS (SELECT DISTINCT ON (code) code, name FROM ref.division ORDER BY code, valid_from DESC)
    SELECT
        expected.form_id, place.division_code, named.name, latest.period,
        count(*),
        count(*) FILTER (WHERE expected.status = 'arrived'),
        count(*) FILTER (WHERE expected.status IN ('missing', 'due')),
        count(*) FILTER (WHERE expected.status = 'returned')
    FROM ops.expected_return AS expected
    JOIN latest USING (form_id, period)
    JOIN place ON place.code = expected.unit_code
    JOIN named ON named.code = place.division_code
    GROUP BY ALL
    ORDER BY expected.form_id, place.division_code
"""


def read_returns(connection: duckdb.DuckDBPyConnection) -> tuple[Returns, ...]:
    """Return, per form and township, how many units have delivered for the form's latest period."""
    return tuple(Returns(*row) for row in connection.execute(_RETURNS).fetchall())


_TABLES_OF_LINKING = 2
_LINKING = """
    WITH latest AS (FROM ops.linkage_quality WHERE night_id = (SELECT max(night_id) FROM ops.linkage_quality))
    SELECT
        (SELECT count(*) FROM ops.person_review), coalesce(sum(hidden), 0)::BIGINT,
        coalesce(sum(linked_right), 0)::BIGINT, coalesce(sum(linked_wrong), 0)::BIGINT
    FROM latest
"""


def read_linking(connection: duckdb.DuckDBPyConnection) -> Linking | None:
    """Return what there is to say about linking; a version published before it was done has nothing."""
    has_tables = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'ops' "
        "AND table_name IN ('person_review', 'linkage_quality')"
    ).fetchall()[0][0]
    return Linking(*connection.execute(_LINKING).fetchall()[0]) if has_tables == _TABLES_OF_LINKING else None


_DISPUTES = """
    SELECT
        count(*) FILTER (WHERE standing = 'disputed'), min(disputed_since) FILTER (WHERE standing = 'disputed'),
        count(*) FILTER (WHERE standing = 'awaited')
    FROM stats.od_ledger WHERE is_current
"""


def read_disputes(connection: duckdb.DuckDBPyConnection) -> Disputes | None:
    """Return what there is to say about both ends' counts; a version that names no current ones has nothing."""
    return Disputes(*connection.execute(_DISPUTES).fetchall()[0]) if tells_current(connection) else None


def status_lines(status: Status) -> Iterator[str]:
    """Say the state of a site, one line per fact."""
    yield f"published: {status.snapshot_id or 'nothing yet (run popflow nightly)'}"
    if status.running is not None:
        since = status.running.started.astimezone()
        yield f"running: night {status.running.night_id} since {since:%Y-%m-%d %H:%M:%S}"
    yield f"waiting in the inbox: {status.waiting:,} files"
    if status.last is not None:
        yield from _last_night(status.last)
    if status.linking is not None:
        yield from _linking(status.linking)
    if status.disputes is not None:
        yield from _disputes(status.disputes)
    if status.attention is not None:
        yield from attention_lines(status.attention)
    yield from (_one_return(each) for each in status.returns)


def _last_night(record: NightRecord) -> Iterator[str]:
    seconds = (record.ended - record.started).total_seconds()
    yield f"last night: {record.night_id} {record.state}, {record.kind}, run date {record.run_date}, {seconds:.0f} s"
    yield from (f"{record.state}: {cause}" for cause in record.causes)
    yield from record.remarks
    for stage in record.stages:
        counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in stage.counts.items() if count)
        if counts:
            yield f"  {stage.stage}: {counts}"


def _linking(linking: Linking) -> Iterator[str]:
    if linking.waiting:
        yield f"waiting for review: {linking.waiting:,} pairs that may be one person (popflow review)"
    if linking.right + linking.wrong:
        yield (
            f"linking, tried on people whose number was hidden: precision "
            f"{linking.right / (linking.right + linking.wrong):.1%}, recall {linking.right / linking.hidden:.1%}"
        )


def _disputes(disputes: Disputes) -> Iterator[str]:
    if disputes.disputed + disputes.awaited:
        since = f", the oldest since {disputes.oldest}" if disputes.oldest else ""
        yield (
            f"ledger of both ends: {disputes.disputed:,} cells disputed{since}; "
            f"{disputes.awaited:,} wait for the other side's return"
        )


def _one_return(each: Returns) -> str:
    return (
        f"{each.form_id} {each.period} {each.division_name} ({each.division_code}): expected {each.expected}, "
        f"arrived {each.arrived}, late {each.late}, returned {each.returned}"
    )


def earliest_run_date(site: Site) -> dt.date:
    """Return today, or the day of the published warehouse where that is later."""
    snapshot = current_snapshot(site.folders)
    today = site.now().date()
    return today if snapshot is None else max(today, read_manifest(snapshot).run_date)
