"""Files that arrive every month and can be no list: another table, an encrypted file, an empty one, one of nobody.

Each is written below the inbox and named with the findings one of which has to be given for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from popflow.synthetic.identity import break_check
from popflow.synthetic.writers import Row, Sheet, write_sheet

_OLE_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_PERSON_HEADINGS: Final = ("姓名", "身份证号码", "户籍地址", "来本地日期", "居住事由")
_INVENTED_NUMBERS: Final = ("34262219880105997", "34262219910312998", "34262219750620999")

Spoiled = tuple[str, str, tuple[str, ...]]


def spoiled_files(inbox: Path, month_end: date) -> Iterator[Spoiled]:
    """Write the month's spoiled files; give path, kind and the findings to expect."""
    month = f"{month_end:%Y-%m}"
    yield _write_purchases(inbox, month)
    yield _write_encrypted(inbox, month)
    yield _write_empty(inbox, month)
    yield _write_without_unit(inbox, month_end)
    yield _write_future(inbox, month_end)


def _write_purchases(inbox: Path, month: str) -> Spoiled:
    """A table that is no form at all."""
    rows: list[Row] = [["办公用品采购清单"], ["品名", "数量", "单价"], ["打印纸", 20, 18.5], ["签字笔", 100, 1.2]]
    return _save(inbox, f"其他/{month}采购清单.xlsx", rows, "unknown_form", ("form_unknown",))


def _write_encrypted(inbox: Path, month: str) -> Spoiled:
    """What a spreadsheet program makes of a file with a password: an OLE container with an encrypted package."""
    path = f"其他/{month}流入人口（加密）.xlsx"
    streams = "EncryptionInfo".encode("utf-16-le") + bytes(100) + "EncryptedPackage".encode("utf-16-le")
    _save_bytes(inbox / path, _OLE_MAGIC + bytes(504) + streams.ljust(4096, b"\0"))
    return path, "encrypted", ("file_password", "file_damaged")


def _write_empty(inbox: Path, month: str) -> Spoiled:
    """A file of no bytes, as broken transfers leave them."""
    path = f"其他/{month}流出人口.xls"
    _save_bytes(inbox / path, b"")
    return path, "empty", ("file_empty",)


def _write_without_unit(inbox: Path, month_end: date) -> Spoiled:
    """A list that does not say whose it is."""
    rows = _person_rows("流入人口登记表", [f"填报日期：{month_end.isoformat()}"], month_end)
    return _save(inbox, f"其他/{month_end:%Y-%m}登记表.xlsx", rows, "no_unit", ("unit_unknown",))


def _write_future(inbox: Path, month_end: date) -> Spoiled:
    """A list dated next year."""
    future = month_end.replace(year=month_end.year + 1, day=1)
    rows = _person_rows("流入人口登记表", ["填报单位：庐江县汤池镇", f"填报日期：{future.isoformat()}"], month_end)
    return _save(inbox, f"其他/汤池镇{month_end:%Y-%m}误填.xlsx", rows, "future_report", ("file_reported_in_future",))


def _person_rows(title: str, labels: list[str], month_end: date) -> list[Row]:
    """Return a small inflow list of invented people."""
    people: list[Row] = [
        [f"张{name}", _complete(body), "安徽省六安市舒城县", f"{month_end.year - 1}-03-05", "务工"]
        for name, body in zip("甲乙丙", _INVENTED_NUMBERS, strict=True)
    ]
    return [[title], [*labels], [*_PERSON_HEADINGS], *people]


def _complete(body: str) -> str:
    """Return a valid number for 17 digits; the check character does not matter for a file that comes back whole."""
    return break_check(f"{body}0")


def _save(inbox: Path, path: str, rows: list[Row], kind: str, rules: tuple[str, ...]) -> Spoiled:
    """Write a sheet below the inbox."""
    write_sheet(inbox / path, Sheet(rows))
    return path, kind, rules


def _save_bytes(path: Path, content: bytes) -> None:
    """Write bytes, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
