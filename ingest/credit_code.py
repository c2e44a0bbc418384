"""Unified social credit codes of organisations (GB 32100) as set-wise SQL: reading and checking, never repairing."""

from __future__ import annotations

from ingest.cell_text import bound, folded

# I, O, S, V and Z are left out: they are taken for digits and other letters.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BODY_LENGTH = 17
_WEIGHTS = tuple(pow(3, place, len(ALPHABET)) for place in range(_BODY_LENGTH))

# The registering authority and the kind of organisation, the division, the organisation code, the check character.
_CODE = f"[1-9A-HJ-NPQRTUWXY][1-9A-HJ-NPQRTUWXY][0-9]{{6}}[{ALPHABET}]{{10}}"


def credit_code_expression(column: str) -> str:
    """Return the 18 characters of the code written in ``column``, or NULL where it is none or its check fails."""
    code = rf"regexp_replace(upper({folded(column)}), '[ ''`.-]', '', 'g')"
    checked = f"regexp_full_match(code, '{_CODE}') AND right(code, 1) = {check_character('code')}"
    return bound("code", code, f"CASE WHEN {checked} THEN code END")


def check_character(code: str) -> str:
    """Return the check character that belongs to the first 17 characters of ``code``."""
    total = " + ".join(
        f"(strpos('{ALPHABET}', substr({code}, {place}, 1)) - 1) * {weight}"
        for place, weight in enumerate(_WEIGHTS, start=1)
    )
    return f"substr('{ALPHABET}', ({len(ALPHABET)} - ({total}) % {len(ALPHABET)}) % {len(ALPHABET)} + 1, 1)"
