"""What people decided about pairs of keys: one person, or two.

Decisions are kept beside the vault as lines that are only ever added, outside the snapshots, so that going back to an
older version takes nothing back that somebody decided. They hold pseudonyms, no identity. Every night loads them all,
and of several decisions about a pair the latest holds.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.errors import PopflowError
from ingest.keys import SiteKey
from warehouse.disk import sync_folder
from warehouse.folders import SiteFolders

_FILE_MODE = 0o600
# ``open`` takes an earlier decision back: the weights decide again.
Verdict = Literal["same", "different", "open"]


Said = tuple[str, str, Verdict]


class Decision(BaseModel):
    """What somebody decided at one moment, about one pair of keys or several: one line, there whole or not at all.

    ``about`` is the id of the pair or event that was decided on, ``pseudonyms`` names the keys that pseudonyms were
    made with then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    said: tuple[Said, ...]
    decided_at: dt.datetime
    decided_by: str
    about: str
    pseudonyms: str


@dataclass(frozen=True)
class DecisionLog:
    """The decisions read, oldest first, and whether the file ends in a line that was cut off when it was written."""

    decisions: tuple[Decision, ...]
    is_torn: bool

    def latest(self) -> dict[tuple[str, str], Verdict]:
        """Return what holds about each pair (smaller key first); a decision that was taken back is not in it."""
        last = {
            (min(one, other), max(one, other)): verdict for each in self.decisions for one, other, verdict in each.said
        }
        return {pair: verdict for pair, verdict in last.items() if verdict != "open"}


def read_decisions(folders: SiteFolders, key: SiteKey) -> DecisionLog:
    """Read the decisions about the keys in use; a last line that was cut off was never confirmed and is left out.

    Raises ``PopflowError`` where another line cannot be read.
    """
    if not folders.decisions_file.exists():
        return DecisionLog((), is_torn=False)
    whole, newline, rest = folders.decisions_file.read_bytes().rpartition(b"\n")
    lines = whole.split(b"\n") if newline else []
    read = (_decision(folders, number, line) for number, line in enumerate(lines, start=1))
    return DecisionLog(tuple(each for each in read if each.pseudonyms == key.pseudonyms_id), is_torn=bool(rest))


def _decision(folders: SiteFolders, number: int, line: bytes) -> Decision:
    try:
        return Decision.model_validate_json(line)
    except ValidationError as error:
        raise PopflowError(
            f"line {number} of {folders.decisions_file} is not a decision: put the file back from a backup, or take "
            "the line out and decide again"
        ) from error


def next_decision(log: DecisionLog, key: SiteKey, said: Sequence[Said], *, about: str, by: str) -> Decision:
    """Return a decision that comes after all of ``log``, also where the clock was set back; nothing is kept yet."""
    after = [each.decided_at + dt.timedelta(microseconds=1) for each in log.decisions[-1:]]
    now = max([dt.datetime.now(dt.UTC), *after])
    return Decision(said=tuple(said), decided_at=now, decided_by=by, about=about, pseudonyms=key.pseudonyms_id)


def keep_decisions(folders: SiteFolders, decisions: Sequence[Decision]) -> None:
    """Add decisions; when this returns they are on the disk. The caller holds the site alone.

    What a crash cut off at the end of the file was never confirmed and gives way.
    """
    lines = "".join(f"{each.model_dump_json()}\n" for each in decisions).encode()
    descriptor = os.open(folders.decisions_file, os.O_RDWR | os.O_CREAT, _FILE_MODE)
    with os.fdopen(descriptor, "r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.seek(whole)
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folders.vault)


def carry_over(folders: SiteFolders, key: SiteKey, new_keys: Mapping[str, str], pseudonyms: str) -> None:
    """Keep all decisions once more under the keys that ``new_keys`` gives, before these come into use.

    ``pseudonyms`` names what the new keys are made with: until that is in use, nobody reads what is added here. The
    caller holds the site alone.
    """
    decisions = read_decisions(folders, key).decisions
    keep_decisions(folders, [_carried(each, new_keys, pseudonyms) for each in decisions])


def _carried(decision: Decision, new_keys: Mapping[str, str], pseudonyms: str) -> Decision:
    said = tuple(
        (new_keys[one], new_keys[other], verdict)
        for one, other, verdict in decision.said
        if one in new_keys and other in new_keys
    )
    return decision.model_copy(update={"said": said, "pseudonyms": pseudonyms})


def load_decisions(connection: duckdb.DuckDBPyConnection, folders: SiteFolders, key: SiteKey) -> DecisionLog:
    """Put all decisions into raw.person_decision, in the place of those of the night before."""
    log = read_decisions(folders, key)
    fill_decisions(connection, log.decisions)
    return log


def fill_decisions(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """Make raw.person_decision say these decisions and no others."""
    rows = [
        (one, other, verdict, each.decided_at.astimezone(dt.UTC).replace(tzinfo=None), each.decided_by)
        for each in decisions
        for one, other, verdict in each.said
    ]
    connection.execute("DELETE FROM raw.person_decision")
    if rows:
        names = ["person_key", "other_key", "decision", "decided_at", "decided_by"]
        columns = [pa.array(column) for column in zip(*rows, strict=True)]
        connection.register("decided", pa.table(columns, names=names))
        connection.execute("INSERT INTO raw.person_decision BY NAME FROM decided")
        connection.unregister("decided")
