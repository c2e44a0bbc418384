"""The rules of services once more, in plain Python: what one sender says of one service and person, list by list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """One thing a row says: a status by its rank, and at times a first or last day."""

    reported_on: date
    status: str
    rank: int
    detail: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass
class Service:
    """One row of core.service of one sender, person, service and stay."""

    status: str
    detail: str | None
    from_date: date
    to_date: date | None
    first_reported: date
    last_reported: date
    reports: int
    last_day: date | None = None


def services_of(said: Sequence[Said]) -> list[Service]:
    """Return what one sender says of one service and person during a stay, one row for each unbroken time."""
    lists: dict[date, list[Said]] = defaultdict(list)
    for each in said:
        lists[each.reported_on].append(each)
    services: list[Service] = []
    for day in sorted(lists):
        _add_list(services, day, lists[day])
    for service, following in zip(services, [*services[1:], None], strict=True):
        ends = [following.from_date] if following else []
        if service.last_day:
            ends.append(max(service.last_day + ONE_DAY, service.from_date))
        service.to_date = min(ends, default=None)
    return services


def _add_list(services: list[Service], day: date, said: Sequence[Said]) -> None:
    """Let one list's answer go on with the time before it, or begin a new one."""
    best = min(each.rank for each in said)
    status = max(each.status for each in said if each.rank == best)
    agreeing = [each for each in said if each.status == status]
    details = [(each.rank, each.detail) for each in agreeing if each.detail]
    detail = min(details)[1] if details else None
    first = min((each.first_day for each in said if each.first_day), default=None) if status == "yes" else None
    last = max((each.last_day for each in said if each.last_day), default=None) if status == "yes" else None
    before = services[-1] if services else None
    if before is None or (before.status, before.detail) != (status, detail):
        services.append(Service(status, detail, day, None, day, day, 0))
    service = services[-1]
    service.last_reported, service.reports, service.last_day = day, service.reports + 1, last or service.last_day
    if first:
        floor = services[-2].last_reported + ONE_DAY if len(services) > 1 else date.min
        service.from_date = min(service.from_date, max(first, floor))
