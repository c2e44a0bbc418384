"""Writes the inputs of the corpus anew and what popflow makes of them now, for a person to read and decide upon.

Run ``PYTHONPATH=.:tests python -m golden.retell [kind ...]`` from the root of the project after adding a case. What
stands in an ``expect.yaml`` is a decision: a difference that nobody meant is a fault, not a reason to retell.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from golden.corpus import FOLDER, cases, retell, write_case
from golden.making import load_cases


def main(kinds: list[str]) -> None:
    """Write the cases of these kinds, or of all."""
    wanted = [each for each in load_cases() if not kinds or each[0] in kinds]
    for kind, name in wanted:
        write_case(kind, name)
    made = {FOLDER / kind / name for kind, name in wanted}
    with TemporaryDirectory() as directory:
        retell([case for case in cases() if case in made], Path(directory))


if __name__ == "__main__":
    main(sys.argv[1:])
