"""A site's own definitions: the CSV files of its folder ``definitions``, one definition a row as in the seed.

A province's law, a county's yearly survey: whatever the rule, it is a row, and the row is all there is to add. It is
held against what counting knows before anything is started; whatever is wrong with a file is one sentence naming file,
line and column, and what to do.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from ingest.definition_checks import CHECKS, REQUIRED, Known, Row, problems, shown
from ingest.errors import UsageError

SEEDS: Final = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds"
SHIPPED: Final = SEEDS / "definition.csv"
COLUMNS: Final = tuple(CHECKS)
# Columns that a file must have, though the cells of the last may be empty: empty means that sources differ.
HEADINGS: Final = frozenset((*REQUIRED, "excludes_intra_city"))
SAVE_AS: Final = "save it as CSV UTF-8 (comma separated)"

# The cells of one definition in the order of COLUMNS; none where a cell is empty.
DefinitionRow = tuple[str | None, ...]


def own_definitions(folder: Path | None, reasons: Iterable[str], forms: Iterable[str]) -> tuple[DefinitionRow, ...]:
    """Return the definitions of a site's folder, if it has one; ``reasons`` and ``forms`` are those declared.

    Raises ``UsageError`` naming the file, the line and the column where one is wrong.
    """
    if folder is None or not folder.exists():
        return ()
    if not folder.is_dir():
        raise UsageError(f"{folder}: it is a file; make it a folder and put the CSV files into it")
    known = known_codes(reasons, forms)
    taken = dict.fromkeys(shipped_ids(), "ships with popflow")
    rows: list[DefinitionRow] = []
    for path in _files(folder):
        rows += read_definitions(path, known, taken)
    return tuple(rows)


def read_definitions(path: Path, known: Known, taken: dict[str, str]) -> list[DefinitionRow]:
    """Return the definitions of one file; ``taken`` says of ids that are taken by whom, and gains those of the file.

    Raises ``UsageError`` naming the file, the line and the column where one is wrong.
    """
    rows = []
    for line, row in _rows(path):
        for column, problem in problems(row, known):
            raise UsageError(f"{path}, line {line}, column {column}: {problem}")
        definition_id = row["definition_id"]
        if definition_id in taken:
            raise UsageError(
                f"{path}, line {line}, column definition_id: {definition_id} {taken[definition_id]}; "
                "give the definition an id of its own"
            )
        taken[definition_id] = f"stands already in {path.name}, line {line}"
        rows.append(tuple(row[column] or None for column in COLUMNS))
    return rows


@lru_cache(maxsize=1)
def shipped_ids() -> tuple[str, ...]:
    """Return the ids of the definitions that ship, in the order of the seed."""
    return tuple(row["definition_id"] for row in seed_rows(SHIPPED))


def known_codes(reasons: Iterable[str], forms: Iterable[str]) -> Known:
    """Return what definitions may name: the reasons and forms given, and the services of the seeds."""
    employment = {
        row["reason_code"] for row in seed_rows(SEEDS / "reason_employment.csv") if row["is_employment"] == "true"
    }
    services = {row["service_code"] for row in seed_rows(SEEDS / "service_code.csv")}
    details = {
        f"{row['service_code']}/{row['detail_code']}"
        for row in seed_rows(SEEDS / "service_map.csv")
        if row["detail_code"] and row["status"] == "yes"
    }
    judged = frozenset(reasons) - {"UNKNOWN"}
    return Known(judged, judged & employment, frozenset(services | details), frozenset(forms))


def seed_rows(path: Path) -> list[Row]:
    """Return the rows of a seed by column."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# --- files ------------------------------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder; what an editor or a system leaves beside them is not meant."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or path.suffix.lower() == ".md":
            continue
        if not path.is_file() or path.suffix.lower() != ".csv":
            raise UsageError(f"{path}: it is no CSV file; {SAVE_AS}, or take it out of this folder")
        yield path


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield line number and cells of each row that is not empty; a column that the file leaves out is empty."""
    lines = _lines(path)
    _, headings = next(lines, (1, []))
    _check_headings(path, headings)
    for line, cells in lines:
        if not any(cells):
            continue
        if len(cells) != len(headings):
            raise UsageError(
                f"{path}, line {line}: it has {len(cells)} cells and the first line has {len(headings)}; "
                'put a text that has a comma between double quotes (")'
            )
        yield line, _row(dict(zip(headings, cells, strict=True)))


def _row(cells: Mapping[str, str]) -> Row:
    """Return the cells of all columns; a spreadsheet writes the truth values in capitals."""
    row = {column: cells.get(column, "") for column in COLUMNS}
    return {**row, "excludes_intra_city": row["excludes_intra_city"].lower()}


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and trimmed cells; the mark that Excel writes before UTF-8 is no part of the first one."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: it is no CSV ({error}); {SAVE_AS}") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read ({error.strerror}); look at its permissions") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: it is not in UTF-8; {SAVE_AS}") from error


def _check_headings(path: Path, headings: Sequence[str]) -> None:
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(headings) == 1 and sign in headings[0]:
            raise UsageError(f"{path}, line 1: its cells are separated by {name}; {SAVE_AS}")
    for heading in headings:
        if heading not in COLUMNS:
            raise UsageError(
                f"{path}, line 1, column {shown(heading) or 'without a heading'}: a definition has no such column; "
                f"take it out, the columns are {', '.join(COLUMNS)}"
            )
        if headings.count(heading) > 1:
            raise UsageError(f"{path}, line 1, column {heading}: it stands twice; take one out")
    missing = [column for column in COLUMNS if column in HEADINGS and column not in headings]
    if missing:
        raise UsageError(f"{path}, line 1, column {missing[0]}: it is missing; the first line names the columns")
