"""What waits for a look beside people and files: reports that disagree with the records, words without a code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from quality.shown import is_whole


@dataclass(frozen=True)
class Attention:
    """Counts of the latest reports that the records do not bear out, the worst of them, and words without a code.

    ``worst`` is the unit's name, the item, what is reported and what is computed; None where nothing disagrees.
    """

    period: str | None
    compared: int
    differ: int
    worst: tuple[str, str, int, int] | None
    words: int


_RELATIONS = 2
_COUNTED = """
    SELECT count(*), count(*) FILTER (WHERE difference <> 0 AND within_unknown IS NOT TRUE)
    FROM stats.report_check WHERE period = $period
"""
# By how much of what there is they disagree, so that a small unit is not hidden by a large one.
_WORST = """
    WITH worst AS (
        SELECT unit_code, item, reported, computed FROM stats.report_check
        WHERE period = $period AND difference <> 0 AND within_unknown IS NOT TRUE
        ORDER BY abs(difference) / sqrt(greatest(reported, computed)) DESC, unit_code, item LIMIT 1
    )
    SELECT
        coalesce((SELECT max_by(name, valid_from) FROM ref.division WHERE code = unit_code), unit_code),
        item, reported, computed
    FROM worst
"""


def read_attention(connection: duckdb.DuckDBPyConnection) -> Attention | None:
    """Return what waits; a version published before there was such a comparison has nothing."""
    found = connection.execute("""
        SELECT count(*) FROM information_schema.columns
        WHERE (table_schema, table_name, column_name) IN (
            ('stats', 'report_check', 'within_unknown'), ('ops', 'unmapped_value', 'suggested_code')
        )
    """).fetchall()[0][0]
    if found != _RELATIONS:
        return None
    undecided = f"SELECT count(*) FROM ops.unmapped_value WHERE code IS NULL AND {is_whole('source_value')}"
    words = connection.execute(undecided).fetchall()[0][0]
    period = connection.execute("SELECT max(period) FROM intermediate.int_report_cell").fetchall()[0][0]
    if period is None:
        return Attention(None, 0, 0, None, int(words))
    compared, differ = connection.execute(_COUNTED, {"period": period}).fetchall()[0]
    worst = connection.execute(_WORST, {"period": period}).fetchall()
    return Attention(period, compared, differ, worst[0] if worst else None, int(words))


def attention_lines(each: Attention) -> Iterator[str]:
    """Say what waits, one line per fact; nothing where nothing does."""
    if each.worst is not None:
        name, item, reported, computed = each.worst
        yield (
            f"reports of {each.period}: {each.differ:,} of {each.compared:,} counts are not what the records or their "
            f"own parts give (stats.report_check); most: {name} {item}, {reported:,} against {computed:,}"
        )
    if each.words:
        yield f"words without a code: {each.words:,} (popflow unmapped)"
