"""Fuzzes the readers of one format, guided by which code the files reach: ``fuzz_readers.py FORMAT SECONDS FOLDER``.

FORMAT is one of those of ``office_files``; what crashes a reader is left in FOLDER.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

with atheris.instrument_imports(include=["ingest.reading"]):
    from fuzz.mutation import mutated, read_or_refuse
    from fuzz.office_files import FORMATS


def _by_bytes(content: bytes) -> None:
    read_or_refuse(content)


def _by_members(seed: bytes) -> Callable[[bytes], None]:
    """Return a target that damages members of an archive, which bytes alone would never get past the checksums."""

    def target(content: bytes) -> None:
        read_or_refuse(mutated(seed, int.from_bytes(content[:8], "little")))
        read_or_refuse(content)

    return target


def main() -> None:
    """Fuzz for the time given."""
    name, seconds, folder = sys.argv[1:4]
    seed = FORMATS[name]()
    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / name).write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        "-timeout=20",
        "-rss_limit_mb=4096",
        f"-artifact_prefix={folder}/",
        "-seed=1",
    ]
    target = _by_members(seed) if seed.startswith(b"PK") else _by_bytes
    atheris.Setup([sys.argv[0], *options, str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
