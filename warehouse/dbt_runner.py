"""Builds the warehouse file: dbt, in this process, on a given working copy.

dbt starts once per process (importing it costs more than building most models), writes nothing into the project's
folder, and lets go of the file when it returns, so that the next step can open it in any mode.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import PopflowError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT_DIR = Path(__file__).resolve().parent.parent / "dbt_project"
MOST_MEMORY_BYTES = 8 * 2**30
_PROGRAM_FILES = frozenset({".sql", ".csv", ".yml"})
_TEST_KINDS = frozenset({"test", "unit_test"})


class BuildFailedError(PopflowError):
    """A model could not be built: a fault of the warehouse, not of the data delivered."""


@dataclass(frozen=True)
class CheckOutcome:
    """What one dbt test said; ``failures`` counts the rows that break it. One after a failure does not run at all."""

    check_id: str
    subject: str
    severity: str
    success: bool
    failures: int
    message: str
    ran: bool = True


@dataclass(frozen=True)
class BuildOutcome:
    """What a build did: the models and seeds built, every test with its result, and the seconds each of them took."""

    built: tuple[str, ...]
    checks: tuple[CheckOutcome, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[CheckOutcome, ...]:
        """The failed tests that must hold the night."""
        return self._failed("error")

    @property
    def warned(self) -> tuple[CheckOutcome, ...]:
        """The failed tests that only warn."""
        return self._failed("warn")

    def _failed(self, severity: str) -> tuple[CheckOutcome, ...]:
        return tuple(check for check in self.checks if check.ran and not check.success and check.severity == severity)


def build(
    database: Path,
    artefacts: Path,
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    threads: int = 2,
    unit_tests: bool = False,
    rebuild: bool = False,
) -> BuildOutcome:
    """Build the models selected (default: all) in the warehouse file ``database`` and run the tests that need no other.

    The file must be called ``popflow.duckdb``. ``artefacts`` receives what dbt writes. ``unit_tests`` runs dbt's unit
    tests as well: they prove the SQL, not the data, and no night needs them. The tables about people are built for the
    people touched since the last build of the file, or, with ``rebuild``, for everybody. Failed tests are returned; a
    model that cannot be built raises :class:`BuildFailedError`.
    """
    arguments = ["build", "--indirect-selection", "cautious", "--no-write-json"]
    arguments += ["--full-refresh"] if rebuild else []
    arguments += [] if unit_tests else ["--exclude-resource-type", "unit_test"]
    arguments += [*_list_option("--select", select), *_list_option("--exclude", exclude)]
    return _outcome(_invoke(arguments, database, artefacts, threads, read_project()))


@cache
def read_project() -> Manifest:
    """Read the project; once per process, since it costs more than building most models."""
    with tempfile.TemporaryDirectory() as scratch:
        read: Manifest = _invoke(["parse"], Path(scratch) / "popflow.duckdb", Path(scratch), 1)
    return read


@cache
def program_fingerprint() -> str:
    """Name the program by all that the models are made of: tables built by another one are built anew as a whole."""
    parts = (path for path in sorted(PROJECT_DIR.rglob("*")) if path.suffix in _PROGRAM_FILES and path.is_file())
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in parts)).hexdigest()


def document(database: Path, artefacts: Path) -> Path:
    """Describe the models as they stand in ``database`` on one self-contained page; returns its path."""
    _invoke(["docs", "generate", "--static"], database, artefacts, 1)
    return artefacts / "target" / "static_index.html"


def _list_option(name: str, values: Sequence[str]) -> list[str]:
    return [name, *values] if values else []


def _invoke(
    arguments: list[str], database: Path, artefacts: Path, threads: int, manifest: Manifest | None = None
) -> Any:
    from dbt.cli.main import dbtRunner

    # What went wrong is in the answer; a log file would cost a tenth of a small build, and nobody would find it.
    common = [
        *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
        *("--target-path", str(artefacts / "target"), "--log-path", str(artefacts / "log")),
        *("--vars", json.dumps({"program": program_fingerprint()})),
        *("--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-version-check"),
    ]
    environment = _environment(
        POPFLOW_DUCKDB=str(database), POPFLOW_DBT_THREADS=str(threads), POPFLOW_DBT_MEMORY=f"{_memory_limit()}B"
    )
    with environment, _file_released():
        answer = dbtRunner(manifest=manifest).invoke([*arguments, *common])
    if answer.exception is not None:
        raise BuildFailedError(f"The warehouse could not be built: {_one_line(answer.exception)}") from answer.exception
    return answer.result


def _memory_limit() -> int:
    """Return how many bytes a build may hold: half of what the machine has, and never more than any build needs."""
    return min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2, MOST_MEMORY_BYTES)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _file_released() -> Iterator[None]:
    """Close what dbt-duckdb keeps open after it has returned: the connection, and with it the lock on the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    try:
        yield
    finally:
        environment = DuckDBConnectionManager._ENV
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if environment is not None:
            environment.close()


def _outcome(result: Any) -> BuildOutcome:
    built: list[str] = []
    checks: list[CheckOutcome] = []
    for entry in result.results:
        if entry.node.resource_type in _TEST_KINDS:
            checks.append(_check(entry))
        elif entry.status in {"error", "fail"}:
            raise BuildFailedError(f"The table {entry.node.name} could not be built: {_one_line(entry.message)}")
        elif entry.status == "success":
            built.append(entry.node.name)
    return BuildOutcome(
        built=tuple(built),
        checks=tuple(sorted(checks, key=lambda check: check.check_id)),
        seconds={entry.node.name: entry.execution_time for entry in result.results},
    )


def _check(entry: Any) -> CheckOutcome:
    node = entry.node
    return CheckOutcome(
        check_id=node.name,
        subject=_subject(node),
        severity="warn" if entry.status == "warn" else "error",
        success=entry.status == "pass",
        failures=int(entry.failures or 0),
        message=_one_line(entry.message or ""),
        ran=entry.status != "skipped",
    )


def _subject(node: Any) -> str:
    """Name the table a test is about: the model it is attached to, or the first one it reads."""
    attached = getattr(node, "attached_node", None) or next(iter(node.depends_on.nodes), node.name)
    return str(attached).rsplit(".", maxsplit=1)[-1]


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
