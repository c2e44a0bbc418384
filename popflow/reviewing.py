"""Pairs of keys that wait for somebody's decision, merges that happened, and what people say about both.

Everything shown leads to rows of delivered files, so that a person who has the originals can look; nothing shown is a
name or a number. A decision is kept beside the vault and takes effect in the next night.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import duckdb

from ingest.errors import UsageError
from popflow.lock import site_to_itself
from popflow.site import Site
from warehouse.access import snapshot_folder
from warehouse.decisions import (
    Decision,
    DecisionLog,
    Said,
    fill_decisions,
    keep_decisions,
    next_decision,
    read_decisions,
)
from warehouse.folders import DATABASE_NAME
from warehouse.foreseeing import Change, beside_published, foresee

Found = TypeVar("Found")

_CANNOT = {
    "two_numbers": "both have a valid number, and two numbers are never one person: ask the senders which one is right",
    "same_list": "one list has rows of both, and a list never has two rows of one person: ask its sender",
    "decisions_contradict": "it contradicts earlier decisions, or one list has rows of two of them: "
    "say different for one of those first",
}


@dataclass(frozen=True)
class Place:
    """Where the latest row of a key stands, and how many rows the key has."""

    path: str
    sheet: str
    row_number: int
    rows: int

    def __str__(self) -> str:
        more = f" and {self.rows - 1:,} more" if self.rows > 1 else ""
        return f"{self.path} [{self.sheet}] row {self.row_number}{more}"


@dataclass(frozen=True)
class Waiting:
    """A pair that waits for a decision; ``pairs`` counts all that wait of the same two people."""

    review_id: str
    weight: float
    reason: str
    evidence: str
    place: Place | None
    other_place: Place | None
    pairs: int


@dataclass(frozen=True)
class Event:
    """A merge or split that happened."""

    merge_id: str
    night_id: str
    happened_at: dt.datetime
    kind: Literal["merge", "split"]
    person_key: str
    linked_key: str
    rule_id: str
    weight: float | None
    evidence: str | None
    undone_by: str | None


@dataclass(frozen=True)
class Effect:
    """A change of the next night, and where the latest rows of the two keys stand."""

    change: Change
    place: Place | None
    linked_place: Place | None


_PLACES = """
    SELECT
        listed.person_key, file.path, listed.sheet, listed.row_number,
        count(*) OVER (PARTITION BY listed.person_key) AS persons_rows
    FROM raw.person_row AS listed
    JOIN published.ops.file AS file USING (file_id)
    ANTI JOIN raw.correction USING (file_id, sheet, row_number)
    WHERE list_contains($keys, listed.person_key)
    QUALIFY row_number() OVER (
        PARTITION BY listed.person_key ORDER BY listed.reported_on DESC, file.path, listed.sheet, listed.row_number
    ) = 1
"""

# One line for two people, their heaviest pair; what was decided since the last night does not wait any more.
_WAITING = """
    WITH decided AS (
        SELECT
            least(person_key, other_key) AS low, greatest(person_key, other_key) AS high,
            arg_max(decision, decided_at) AS decision
        FROM raw.person_decision GROUP BY ALL
    ),
    open AS (
        SELECT
            review.*, coalesce(one.linked_key, review.person_key) AS one_person,
            coalesce(other.linked_key, review.other_key) AS other_person
        FROM published.ops.person_review AS review
        LEFT JOIN raw.person_link AS one ON review.person_key = one.person_key
        LEFT JOIN raw.person_link AS other ON review.other_key = other.person_key
        LEFT JOIN decided
            ON least(review.person_key, review.other_key) = decided.low
            AND greatest(review.person_key, review.other_key) = decided.high
        WHERE coalesce(decided.decision, 'open') = 'open'
    )
    SELECT
        review_id, weight, reason, evidence, person_key, other_key,
        count(*) OVER (PARTITION BY least(one_person, other_person), greatest(one_person, other_person)) AS pairs
    FROM open
    QUALIFY row_number() OVER (
        PARTITION BY least(one_person, other_person), greatest(one_person, other_person)
        ORDER BY weight DESC, review_id
    ) = 1
    ORDER BY weight DESC, review_id
"""

_EVENTS = """
    SELECT merge_id, night_id, happened_at, kind, person_key, linked_key, rule_id, weight, evidence, undone_by
    FROM published.ops.person_merge
"""


@contextmanager
def open_review(site: Site) -> Iterator[Review]:
    """Open what there is to review.

    Raises ``UsageError`` where nothing is published yet.
    """
    database = snapshot_folder(site.folders, None) / DATABASE_NAME
    log = read_decisions(site.folders, site.key)
    with beside_published(database) as connection:
        fill_decisions(connection, log.decisions)
        yield Review(site, connection, log)


@dataclass(frozen=True)
class Review:
    """A published warehouse and what people have decided by now."""

    site: Site
    connection: duckdb.DuckDBPyConnection = field(repr=False)
    log: DecisionLog

    def waiting(self, limit: int | None = None) -> tuple[list[Waiting], int]:
        """Return the pairs that wait, heaviest first, and how many there are in all."""
        rows = self.connection.execute(_WAITING).fetchall()
        shown = rows[:limit]
        places = self._places({key for row in shown for key in row[4:6]})
        return [
            Waiting(review_id, weight, reason, evidence, places.get(one), places.get(other), pairs)
            for review_id, weight, reason, evidence, one, other, pairs in shown
        ], len(rows)

    def events(self, person: str | None = None, limit: int | None = None) -> tuple[list[Event], int]:
        """Return merges and splits, the latest first, of all people or of the keys that begin with ``person``."""
        found = [Event(*row) for row in self.connection.execute(_EVENTS).fetchall()]
        if person is not None:
            found = [each for each in found if each.person_key.startswith(person) or each.linked_key.startswith(person)]
        found.sort(key=lambda each: (each.happened_at, each.merge_id), reverse=True)
        return found[:limit], len(found)

    def decide(self, given: str, verdict: Literal["same", "different"]) -> list[Effect]:
        """Keep a decision about the pair whose id begins with ``given``; return what the next night will change.

        Raises ``UsageError`` where there is no such pair, or the decision has been made or cannot hold.
        """
        with site_to_itself(self.site.folders):
            about, one, other = self._pair(given)
            return self._keep(about, one, other, verdict)

    def undo(self, given: str) -> list[Effect]:
        """Keep the decision that takes back the merge or split whose id begins with ``given``.

        Raises ``UsageError`` where there is none, where it was taken back already, or where it cannot be.
        """
        with site_to_itself(self.site.folders):
            events = self.events()[0]
            event = _the_one(given, {each.merge_id: each for each in events}, "merge or split", "popflow review merges")
            if event.undone_by is not None:
                raise UsageError(f"{event.merge_id} was taken back already, by {event.undone_by}")
            if event.kind == "split":
                return self._keep(event.merge_id, event.person_key, event.linked_key, "same")
            came_along = {
                each.person_key
                for each in events
                if (each.kind, each.linked_key, each.night_id) == ("split", event.person_key, event.night_id)
            }
            return self._keep(event.merge_id, event.person_key, event.linked_key, "different", came_along)

    def _pair(self, given: str) -> tuple[str, str, str]:
        rows = self.connection.execute("SELECT review_id, person_key, other_key FROM published.ops.person_review")
        known = {review_id: (review_id, one, other) for review_id, one, other in rows.fetchall()}
        known |= {each.about: (each.about, *each.said[0][:2]) for each in self.log.decisions if each.said}
        return _the_one(given, known, "pair", "popflow review list")

    def _keep(
        self, about: str, one: str, other: str, verdict: Literal["same", "different"], with_one: Collection[str] = ()
    ) -> list[Effect]:
        if self.log.latest().get((min(one, other), max(one, other))) == verdict:
            raise UsageError(f"{about} is decided so already: it takes effect with the next night")
        said = [(one, other, verdict), *self._also_said(one, other, verdict, with_one)]
        decision = next_decision(self.log, self.site.key, said, about=about, by=_operator())
        effects = self._foreseen(decision)
        if verdict == "same":
            self._require_together(about, one, other)
        keep_decisions(self.site.folders, [decision])
        return effects

    def _also_said(
        self, one: str, other: str, verdict: Literal["same", "different"], with_one: Collection[str]
    ) -> list[Said]:
        """Return what else must be said of the keys of the two people, so that it holds by every way round.

        Different are all pairs of their keys that anything speaks for; same takes back what was said to the contrary.
        """
        own = self._keys(one)
        ours = own if other not in own else {one, *with_one} & own
        theirs = self._keys(other) - ours
        latest = self.log.latest()
        if verdict == "same":
            spoken_for = [pair for pair, said in latest.items() if said == "different"]
            return [(*pair, "open") for pair in sorted(_across(spoken_for, ours, theirs)) if set(pair) != {one, other}]
        spoken_for = [pair for pair, said in latest.items() if said == "same"] + self._weighed(ours | theirs)
        return [(*pair, "different") for pair in sorted(_across(spoken_for, ours, theirs)) if set(pair) != {one, other}]

    def _keys(self, key: str) -> set[str]:
        """Return all keys that count as one person with ``key`` today."""
        rows = self.connection.execute(
            """
            WITH leading_key AS (
                SELECT coalesce(max(linked_key), $key) AS person FROM raw.person_link WHERE person_key = $key
            )
            SELECT person FROM leading_key
            UNION SELECT person_key FROM raw.person_link WHERE linked_key = (SELECT person FROM leading_key)
            """,
            {"key": key},
        ).fetchall()
        return {each for (each,) in rows}

    def _weighed(self, keys: Collection[str]) -> list[tuple[str, str]]:
        rows = self.connection.execute(
            "SELECT person_key, other_key FROM raw.person_pair "
            "WHERE list_contains($keys, person_key) AND list_contains($keys, other_key)",
            {"keys": sorted(keys)},
        ).fetchall()
        return [(one, other) for one, other in rows]

    def _foreseen(self, decision: Decision) -> list[Effect]:
        """Return what the next night changes by this decision, beside what it changes by those before."""
        before = set(foresee(self.connection, self.log.decisions))
        changes = [each for each in foresee(self.connection, [*self.log.decisions, decision]) if each not in before]
        places = self._places({key for each in changes for key in (each.person_key, each.linked_key)})
        return [Effect(each, places.get(each.person_key), places.get(each.linked_key)) for each in changes]

    def _require_together(self, about: str, one: str, other: str) -> None:
        persons = dict(self.connection.execute("SELECT person_key, linked_key FROM link").fetchall())
        if persons.get(one, one) == persons.get(other, other):
            return
        reasons = self.connection.execute(
            "SELECT reason FROM held WHERE list_contains([person_key, other_key], $one) "
            "AND list_contains([person_key, other_key], $other)",
            {"one": one, "other": other},
        ).fetchall()
        why = _CANNOT.get(reasons[0][0] if reasons else "", "the rows of one of the two no longer stand")
        raise UsageError(f"{about} cannot be the same: {why}")

    def _places(self, keys: set[str]) -> dict[str, Place]:
        rows = self.connection.execute(_PLACES, {"keys": sorted(keys)}).fetchall() if keys else []
        return {key: Place(path, sheet, row_number, count) for key, path, sheet, row_number, count in rows}


def _across(pairs: Collection[tuple[str, str]], ours: set[str], theirs: set[str]) -> set[tuple[str, str]]:
    return {
        (one, other) for one, other in pairs if (one in ours and other in theirs) or (one in theirs and other in ours)
    }


def _the_one(given: str, known: Mapping[str, Found], what: str, where: str) -> Found:
    found = sorted(each for each in known if each.startswith(given)) if given else []
    if not found:
        raise UsageError(f"there is no {what} whose id begins with {given or 'nothing'}: {where} shows them")
    if len(found) > 1 and given not in known:
        raise UsageError(f"{len(found):,} ids begin with {given}: write more of the one you mean")
    return known[given if given in known else found[0]]


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
