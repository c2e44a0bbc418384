"""What the model sees in two profiles: every kind of slip is recognised as what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from warehouse.linking.model import shipped_model
from warehouse.linking.scoring import score_pairs

ALL = replace(shipped_model(), review_weight=-1000.0)
PERSON: dict[str, Any] = {
    "name": "王建国", "number": "341221198503129976", "sex": "1", "birth_date": "1985-03-12",
    "origin_code": "341221101202", "origin_level": "village", "phone": "13900001234",
}  # fmt: skip


def _profile(connection: duckdb.DuckDBPyConnection, *rows: dict[str, Any]) -> None:
    connection.execute("""
        CREATE OR REPLACE TABLE profile (
            person_key VARCHAR, is_numbered BOOLEAN, name VARCHAR, number VARCHAR, sex VARCHAR, birth_date DATE,
            origin_code VARCHAR, origin_level VARCHAR, phone VARCHAR, form_id VARCHAR, unit_code VARCHAR, is_new BOOLEAN
        )
    """)
    usual = {"form_id": "roster", "unit_code": "u1", "is_new": True}
    for row in rows:
        told = {**PERSON, **usual, **row}
        columns = ", ".join(told)
        places = ", ".join(f"${column}" for column in told)
        connection.execute(f"INSERT INTO profile ({columns}) VALUES ({places})", told)


def _said(connection: duckdb.DuckDBPyConnection, *cases: tuple[dict[str, Any], dict[str, Any]]) -> list[dict[str, str]]:
    """Return for each case what is said of a person and a record that differ in what is told, by what was compared."""
    people = [{"person_key": f"p{n:02}", "is_numbered": True, **person} for n, (person, _) in enumerate(cases)]
    records = [
        {"person_key": f"r{n:02}", "is_numbered": False, "number": None, **record}
        for n, (_, record) in enumerate(cases)
    ]
    _profile(connection, *people, *records)
    score_pairs(connection, ALL)
    found = connection.execute("""
        SELECT evidence FROM scored_pair
        WHERE other_key[1] = 'p' AND person_key[2:] = other_key[2:] ORDER BY person_key
    """).fetchall()
    assert len(found) == len(cases)
    return [dict(said.split(": ") for said in evidence.split("; ")) for (evidence,) in found]


def _changed(connection: duckdb.DuckDBPyConnection, field: str, written: list[Any]) -> list[str | None]:
    """Return what is said of a field of the usual person when the record has it as written, one after the other."""
    compared = {"birth_date": "birth"}.get(field, field)
    return [said.get(compared) for said in _said(connection, *(({}, {field: each}) for each in written))]


def test_names_are_recognised(connection: duckdb.DuckDBPyConnection) -> None:
    cases = [
        ("王建国", "王建国", "same"),
        ("买买提·艾力", "买买提艾力", "same"),
        ("王建国", "建国王", "other order"),
        ("欧阳海", "海欧阳", "other order"),
        ("王伟", "王玮", "same sound"),
        ("王伟", "王威", "same sound, other tone"),
        ("王国强", "王國强", "same sound"),
        ("王洁", "王浩", "same shape"),
        ("曾晓", "增晓", "same sound"),
        ("王建国", "王建军", "one character"),
        ("王建国", "王国", "one character"),
        ("王国", "王建国", "one character"),
        ("王伟", "王芳", "same surname"),
        ("王建国", "王海涛", "same surname"),
        ("欧阳海", "欧阳建军", "same surname"),
        ("王建国", "李海涛", "different"),
    ]
    said = _said(connection, *(({"name": name}, {"name": written}) for name, written, _ in cases))
    assert [(*case[:2], each["name"]) for case, each in zip(cases, said, strict=True)] == cases


def test_birth_dates_are_recognised(connection: duckdb.DuckDBPyConnection) -> None:
    cases = {
        "1985-03-12": "same",
        "1985-12-03": "day and month swapped",
        "1985-01-21": "lunar date",
        "1985-03-17": "one digit",
        "1985-03-21": "one digit",
        "1985-03-30": "same month",
        "1985-11-30": "same year",
        "1970-11-30": "different",
    }
    assert dict(zip(cases, _changed(connection, "birth_date", [*cases]), strict=True)) == cases


def test_damaged_numbers_are_recognised_and_what_is_no_number_says_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    cases = {
        "341221850312997": "15 and 18 digits",
        "341221198503129000": "rounded",
        "341221198503129975": "one character",
        "341221198503219976": "one character",
        "34122119850312976": "one character",
        "3412211985031229976": "one character",
        "341221198503120076": "two characters",
        "341221198503121234": "same region and birth",
        "410221197012121234": "different",
        None: None,
        "111111111111111111": None,
        "123456789012345678": None,
        "无": None,
        "3412211985": None,
    }
    assert dict(zip(cases, _changed(connection, "number", [*cases]), strict=True)) == cases


def test_a_birth_date_and_the_sex_are_read_from_a_damaged_number(connection: duckdb.DuckDBPyConnection) -> None:
    said = _said(connection, ({}, {"number": "341221198503129975", "birth_date": None, "sex": None}))[0]
    assert (said["birth"], said["sex"]) == ("same", "same")


def test_hukou_places_are_compared_as_far_as_known(connection: duckdb.DuckDBPyConnection) -> None:
    cases = {
        ("341221101202", "village"): "same village",
        ("341221101000", "township"): "same township as far as known",
        ("341221000000", "county"): "same county as far as known",
        ("341221101209", "village"): "same township",
        ("341221109201", "village"): "same county",
        ("341222101201", "village"): "same city",
        ("340000000000", "province"): "same province",
        ("410221101202", "village"): "different",
    }
    told = [({}, {"origin_code": code, "origin_level": level}) for code, level in cases]
    assert [said["hukou"] for said in _said(connection, *told)] == [*cases.values()]


def test_phones_are_recognised(connection: duckdb.DuckDBPyConnection) -> None:
    cases = {"139-0000-1234": "same", "13900001235": "one digit", "13812345678": "different", "0": None}
    assert dict(zip(cases, _changed(connection, "phone", [*cases]), strict=True)) == cases


def test_brothers_who_share_all_but_the_given_name_are_never_linked(connection: duckdb.DuckDBPyConnection) -> None:
    _profile(
        connection,
        {"person_key": "p", "is_numbered": True},
        {"person_key": "r", "is_numbered": False, "name": "王建军", "number": None},
    )
    score_pairs(connection, ALL)
    weights = connection.execute("SELECT weight FROM scored_pair").fetchall()
    assert len(weights) == 1
    assert weights[0][0] < ALL.link_weight


def test_a_rare_name_weighs_more(connection: duckdb.DuckDBPyConnection) -> None:
    weights = []
    for name in ("王建国", "䶮堃喆"):
        _profile(
            connection,
            {"person_key": "p", "is_numbered": True, "name": name},
            {"person_key": "r", "is_numbered": False, "name": name, "number": None},
        )
        score_pairs(connection, ALL)
        weights += connection.execute("SELECT weight FROM scored_pair").fetchall()
    assert len(weights) == 2
    assert weights[1][0] > weights[0][0] + 3


def test_records_are_pairs_too_and_the_smaller_key_comes_first(connection: duckdb.DuckDBPyConnection) -> None:
    _profile(
        connection,
        {"person_key": "z", "is_numbered": False, "number": None},
        {"person_key": "a", "is_numbered": False, "number": None},
    )
    score_pairs(connection, ALL)
    assert connection.execute("SELECT person_key, other_key FROM scored_pair").fetchall() == [("a", "z")]
