"""The text of a cell as it is compared: spaces of every kind folded, and full-width marks made half width, in SQL."""

from __future__ import annotations

# Full-width ASCII has a fixed distance to ASCII; the dashes and stops are those of Chinese keyboards.
# The quote is written twice, as SQL wants it.
_FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "—–−。"
_HALF_WIDTH = "".join(chr(code) for code in range(0x21, 0x7F)).replace("'", "''") + "---."
_IS_FULL_WIDTH = r"[\x{FF01}-\x{FF5E}—–−。]"
# Every kind of space and of mark without width: NBSP comes with tables saved from pages, U+3000 from padding, U+200E
# from dates copied out of a dialog. Private-use characters are not among them: rare names are written with those.
_SPACE = r"[\s\p{Z}\p{Cc}\p{Cf}]"


def spaced(column: str) -> str:
    """Return the text with every run of spaces of any kind as one, none at the ends; NULL where nothing is left."""
    # Most cells have no spaces, and looking costs far less than replacing.
    single = f"CASE WHEN regexp_matches({column}, '{_SPACE}') THEN {_with_single_spaces(column)} ELSE {column} END"
    return f"nullif({single}, '')"


def folded(column: str) -> str:
    """Return ``spaced`` text with full-width digits, letters and marks made half width; never for names."""
    # Translating builds its table anew for every row; few rows have anything to translate.
    half_width = f"translate({column}, '{_FULL_WIDTH}', '{_HALF_WIDTH}')"
    return (
        f"CASE WHEN regexp_matches({column}, '{_IS_FULL_WIDTH}') "
        f"THEN nullif({_with_single_spaces(half_width)}, '') ELSE {spaced(column)} END"
    )


def _with_single_spaces(text: str) -> str:
    return f"trim(regexp_replace({text}, '{_SPACE}+', ' ', 'g'))"


def bound(name: str, value: str, body: str) -> str:
    """Return the SQL expression ``body`` in which ``name`` stands for ``value``, computed once."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"
