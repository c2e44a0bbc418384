"""Makes the data dictionary: one self-contained page of every model, column, test and the lineage between them.

Builds an empty warehouse in a temporary folder, so that types and comments come from the file itself and the
page never goes stale against the models.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from warehouse import dbt_runner
from warehouse.working_copy import SCHEMA_FILE


def build_docs(directory: Path) -> Path:
    """Write ``data-dictionary.html`` into ``directory`` and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    page = directory / "data-dictionary.html"
    with tempfile.TemporaryDirectory() as scratch:
        database, artefacts = Path(scratch) / "popflow.duckdb", Path(scratch) / "dbt"
        with duckdb.connect(str(database)) as connection:
            connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
        dbt_runner.build(database, artefacts, exclude=["resource_type:test", "resource_type:unit_test"])
        shutil.copy(dbt_runner.document(database, artefacts), page)
    return page


if __name__ == "__main__":
    print(build_docs(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/build")))
