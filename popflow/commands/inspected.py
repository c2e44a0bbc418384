"""What `popflow inspect` shows: on one screen, what a file was taken for and what a night would do with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ingest.reading.sheet import column_letters
from popflow.commands.common import table
from popflow.inspecting import Inspected

Record = dict[str, Any]
MOST_ROWS_SHOWN: Final = 10
LONGEST_SHOWN: Final = 36
SAID_OF_SEVERITY: Final = {"error": "returned", "query": "asked", "note": "noted"}
SAID_OF_STATUS: Final = {
    "accepted": "take every row",
    "partly_returned": "take the right rows and return the wrong ones",
    "returned": "return the whole file",
    "duplicate": "change nothing: the same content was received before",
    "container": "open the archive and take each file in it on its own",
    "left": "leave the file for the next night: it is still being written or cannot be read",
}


def as_lines(inspected: Iterable[Inspected]) -> Iterator[str]:
    """Say it in lines for people."""
    for number, each in enumerate(inspected):
        if number:
            yield ""
        yield from _head(each.file)
        yield from _tables(each)
        yield from _verdict(each)
        yield from _problems(each.problems)


def _head(file: Record) -> Iterator[str]:
    encoding = f", {file['encoding']}" if file["encoding"] else ""
    yield f"file    {file['path']} ({file['format'] or 'unknown format'}{encoding})"
    yield f"form    {_known(file['form_id'], file['form_name'], file['form_why'])}"
    yield f"unit    {_known(file['unit_code'], file['unit_name'], file['unit_why'])}"
    day = f"{file['reported_on']} (seen in: {file['reported_why']})" if file["reported_on"] else "not found"
    yield f"period  {file['period'] or 'not found'}, reported on {day}, {file['list_kind']} list"


def _known(code: str | None, name: str | None, why: str | None) -> str:
    return f"{code} {name or ''} (seen in: {why})" if code else "not recognised"


def _tables(inspected: Inspected) -> Iterator[str]:
    for each in inspected.tables:
        first, last = each["first_heading_row"], each["last_heading_row"]
        where = f"row {first}" if first == last else f"rows {first} to {last}"
        left_out = f"; left out: {each['left_out']}" if each["left_out"] else ""
        yield ""
        yield f"sheet {each['sheet'] or '-'}: headings in {where}, {each['row_count']:,} rows{left_out}"
        key = (each["sheet"], each["first_row"])
        columns = [column for column in inspected.columns if (column["sheet"], column["first_row"]) == key]
        yield table(("column", "heading", "is", "matched as"), [_column(column) for column in columns])


def _column(column: Record) -> tuple[object, ...]:
    part = "" if column["part"] is None else f" (part {column['part'] + 1})"
    taken = f"{column['field']}{part}" if column["field"] else f"not loaded: {column['reason']}"
    how = column["match_kind"]
    if column["matched"] and column["matched"] != column["heading"]:
        how += f" to {column['matched']}"
    return column_letters(column["position"]), _shortened(column["heading"]), taken, how


def _verdict(inspected: Inspected) -> Iterator[str]:
    file = inspected.file
    asked = sum(each["severity"] == "query" and each.get("status") != "explained" for each in inspected.problems)
    dropped = sum(column["match_kind"] == "dropped" for column in inspected.columns)
    unknown = sum(column["match_kind"] == "unknown" for column in inspected.columns)
    yield ""
    yield f"the night would {SAID_OF_STATUS.get(file['status'], file['status'])}"
    yield (
        f"  {file['rows_in']:,} rows = {file['rows_accepted']:,} accepted + {file['rows_returned']:,} returned "
        f"+ {file['rows_duplicate']:,} duplicate; {asked:,} questions; "
        f"{dropped} columns dropped at the door, {unknown} unknown"
    )
    yield from _change(inspected)


def _change(inspected: Inspected) -> Iterator[str]:
    change, file = inspected.change, inspected.file
    if change is not None and change["compared_with"]:
        what = (
            "the list that this slip answers" if file["corrects_file_id"] else "the list known for this unit and month"
        )
        yield (
            f"  compared with {what} ({change['compared_with']}): {change['rows_same']:,} rows the same, "
            f"{change['rows_changed']:,} changed, {change['rows_added']:,} new, {change['rows_removed']:,} gone"
        )
    elif file["status"] in {"accepted", "partly_returned"}:
        yield "  it would be the first list of this form, unit and month"


def _problems(problems: list[Record]) -> Iterator[str]:
    if not problems:
        return
    groups: dict[tuple[str, str, str | None], list[Record]] = {}
    for each in problems:
        groups.setdefault((each["severity"], each["rule_id"], each["column_name"]), []).append(each)
    order = {severity: number for number, severity in enumerate(SAID_OF_SEVERITY)}
    for key in sorted(groups, key=lambda each: (order[each[0]], -len(groups[each]), each[1])):
        yield ""
        yield from _problem(groups[key])


def _problem(places: list[Record]) -> Iterator[str]:
    """Say once what is wrong, and where."""
    problem = places[0]
    yield f"{SAID_OF_SEVERITY[problem['severity']]}, {len(places):,} ×: {problem['advice_zh']}"
    yield f"  {problem['advice_en']}"
    rows = [each for each in places if each["row_number"] is not None]
    shown = ", ".join(_place(each) for each in rows[:MOST_ROWS_SHOWN])
    if rows:
        more = f" and {len(rows) - MOST_ROWS_SHOWN:,} more (--json lists all)" if len(rows) > MOST_ROWS_SHOWN else ""
        yield f"  rows {shown}{more}"


def _place(problem: Record) -> str:
    shown = f" [{problem['value_shown']}]" if problem["value_shown"] else ""
    return f"{problem['row_number']}{shown}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
