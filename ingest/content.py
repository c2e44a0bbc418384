"""What names the rows of a file whatever its name, format, encoding and the order of its rows.

Two deliveries with one content id say the same, and the second changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.declaration import PersonForm, load_forms
from ingest.recognition import Recognition
from ingest.surroundings import find_date

FIELD_END: Final = "\x1f"
NAME_END: Final = "\x1e"
ROWS_AT_ONCE: Final = 50_000
DIGEST_BYTES: Final = 16
# No-break and ideographic spaces, full-width and half-width forms.
OTHER_WIDTHS: Final = r"[\x{00A0}\x{2000}-\x{200F}\x{202F}\x{3000}\x{FF00}-\x{FFEF}]"
ISO_DATE: Final = r"^\d{4}-\d{2}-\d{2}$"
# Where a row stands and what it answers does not belong to what it says.
NOT_CONTENT: Final = frozenset({"file_id", "sheet", "row_number", "form_id", "corrects_sheet", "corrects_row"})


def content_id(known: Recognition, tables: Iterable[pa.Table]) -> str:
    """Return the name of a file's rows.

    A list of additions or removals says something else with the same rows, and so does a list of another day (the
    people are still there), so kind and date are part of what is named.
    """
    rows = sorted(digest for table in tables for digest in _row_digests(table))
    unit = known.unit.code if known.unit is not None else ""
    form_id = known.form.form_id if known.form is not None else ""
    head = [form_id, unit, known.period_text or "", str(known.reported_on or ""), known.list_kind]
    return hashlib.sha256("\n".join(head).encode() + b"".join(rows)).hexdigest()


def _row_digests(table: pa.Table) -> Iterator[bytes]:
    names = [
        name for name in table.column_names if name not in NOT_CONTENT and table.column(name).null_count < len(table)
    ]
    for start in range(0, len(table), ROWS_AT_ONCE):
        piece = table.slice(start, ROWS_AT_ONCE)
        # A field is named beside its text, and a blank one is left out: a column that is blank throughout says nothing.
        texts = [_named(name, _canonical(name, piece.column(name))) for name in names]
        lines = pc.binary_join_element_wise(*texts, pa.scalar(FIELD_END), null_handling="skip")
        for line in _fold_lines(lines).to_pylist():
            yield hashlib.blake2b(line.encode(), digest_size=DIGEST_BYTES).digest()


def _named(name: str, texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(pa.scalar(name), texts, pa.scalar(NAME_END), null_handling="emit_null")


def _fold_lines(lines: pa.ChunkedArray) -> pa.ChunkedArray:
    """Fold width, case and spaces; the costly folding of width is done only where something has another width."""
    if pc.any(pc.match_substring_regex(lines, OTHER_WIDTHS)).as_py():
        lines = pc.utf8_normalize(lines, form="NFKC")
    if pc.any(pc.match_substring_regex(lines, r"[\t\r\n]")).as_py():
        lines = pc.replace_substring_regex(lines, r"[\t\r\n]+", "")
    return pc.utf8_upper(pc.replace_substring(lines, " ", ""))


def _canonical(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write dates in one style, each distinct text once: a text file has none of a spreadsheet's date cells."""
    if column.type != pa.string():
        return column.cast(pa.string())
    if name not in _date_fields():
        return column
    if pc.all(pc.match_substring_regex(column, ISO_DATE)).as_py() is not False:
        return column
    encoded = column.combine_chunks().dictionary_encode()
    texts = [
        day.isoformat() if (day := find_date(text)) is not None else text for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(texts, pa.string()).take(encoded.indices)


def _date_fields() -> frozenset[str]:
    forms = [form for form in load_forms().values() if isinstance(form, PersonForm)]
    return frozenset(name for form in forms for name, declared in form.fields.items() if declared.type == "date")
