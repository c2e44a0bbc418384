"""Tests of explanations: an explained query stays closed while it is still true, and only that query."""

from __future__ import annotations

from datetime import date
from typing import Any

from gated_night import Gated, Judge
from landed_factory import Night

ODD = {"reason": "随便走走"}


def status(gated: Gated, file_id: str) -> dict[tuple[int | None, str], str]:
    return {
        (row["row_number"], row["rule_id"]): row["status"] for row in gated.rows("finding") if row["file_id"] == file_id
    }


def after(*gated: Gated) -> Night:
    night = Night()
    for each in gated:
        night.remember(each.work)
    return night


def explain(night: Night, slip: str, row_number: int, text: str = "本人自述") -> None:
    """Write an explanation beside a row; as landing sees it, a list with one has another content."""
    (file,) = [file for file in night.files if file["file_id"] == slip]
    file["content_id"] = f"explained {file['content_id']}"
    for row in night.person_rows:
        if (row["file_id"], row["row_number"]) == (slip, row_number):
            row["explanation"] = text


def explained(
    judge: Judge, rows: list[dict[str, Any]] | None = None, text: str = "本人自述"
) -> tuple[Gated, Gated, str]:
    """A night that asks about rows 4 and 5, and one in which a slip (with ``rows``) explains row 4."""
    night = Night()
    target = night.add_list([ODD, ODD, {}])
    first = judge(night)
    night = after(first)
    slip = night.correct(target, rows or [ODD, ODD, {}], [4, 5, 6], path="slip.xlsx")
    explain(night, slip, 4, text)
    return first, judge(night), slip


def test_every_finding_has_a_subject_of_its_own(judge: Judge) -> None:
    night = Night()
    night.add_list([ODD, ODD, {**ODD, "dwelling": "树上"}])
    findings = judge(night).rows("finding")
    assert len(findings) == 4
    assert len({row["subject"] for row in findings}) == 4
    assert {row["status"] for row in findings} == {"open"}
    assert [row["field"] for row in findings] == ["reason", "reason", "dwelling", "reason"]


def test_an_explained_query_is_not_asked_again(judge: Judge) -> None:
    first, second, slip = explained(judge)
    assert len(first.rows("explanation")) == 0
    assert len(second.rows("explanation")) == 1
    found = status(second, slip)
    assert found[4, "known_code:reason"] == "explained"
    assert found[5, "known_code:reason"] == "open"
    assert set(second.rows("explanation")[0]) == {"subject", "rule_id", "file_id"}


def test_it_stays_closed_next_month_while_the_value_is_the_same(judge: Judge) -> None:
    first, second, _ = explained(judge)
    night = after(first, second)
    later = night.add_list([ODD, ODD, ODD], path="next.xlsx", period="2024-11", reported_on=date(2024, 11, 3))
    third = judge(night)
    assert status(third, later) == {
        (4, "known_code:reason"): "explained", (5, "known_code:reason"): "open", (6, "known_code:reason"): "open",
    }  # fmt: skip
    assert third.rows("explanation") == []


def test_another_value_is_asked_about_again(judge: Judge) -> None:
    first, second, _ = explained(judge)
    night = after(first, second)
    later = night.add_list([{"reason": "瞎逛"}], path="next.xlsx", period="2024-11", reported_on=date(2024, 11, 3))
    assert status(judge(night), later) == {(4, "known_code:reason"): "open"}


def test_what_the_correction_itself_gives_cause_to_ask_is_not_explained(judge: Judge) -> None:
    _, second, slip = explained(judge, [{"reason": "瞎逛"}, ODD, {}])
    assert status(second, slip)[4, "known_code:reason"] == "open"
    assert second.rows("explanation") == []


def test_a_blank_explanation_explains_nothing(judge: Judge) -> None:
    _, second, slip = explained(judge, text="\u3000 ")
    assert status(second, slip)[4, "known_code:reason"] == "open"


def test_a_number_that_nobody_has_is_not_asked_for_every_month(judge: Judge) -> None:
    """Beside others of the same name and birth date, whose numbers are asked for all the same."""
    night = Night()
    child = {"person_name": "试验", "birth_date": "2020-01-01", "id_number": None}
    target = night.add_list([child, {**child, "sex": "女"}])
    first = judge(night)
    night = after(first)
    slip = night.correct(target, [child, {**child, "sex": "女"}], [4, 5], path="slip.xlsx")
    explain(night, slip, 4)
    second = judge(night)
    night = after(first, second)
    rows = [{**child, "sex": "女"}, {**child, "phone": "13800000000"}]
    later = night.add_list(rows, path="next.xlsx", period="2024-11", reported_on=date(2024, 11, 3))
    assert status(judge(night), later) == {
        (4, "required_asked:id_number"): "open", (5, "required_asked:id_number"): "explained",
    }  # fmt: skip


def test_an_error_cannot_be_explained_away(judge: Judge) -> None:
    night = Night()
    bad = {"id_number": "x", "birth_date": None}
    target = night.add_list([bad, {}])
    first = judge(night)
    night = after(first)
    slip = night.correct(target, [bad, {"phone": "1"}], [4, 5], path="slip.xlsx")
    explain(night, slip, 4)
    second = judge(night)
    assert status(second, slip)[4, "valid_number:id_number"] == "open"
    assert second.file(slip)["rows_returned"] == 1


def test_nobody_explains_for_another_list(judge: Judge) -> None:
    night = Night()
    slip = night.correct("f" * 16, [ODD], [4])
    explain(night, slip, 4)
    gated = judge(night)
    assert status(gated, slip)[4, "known_code:reason"] == "open"
    assert gated.rows("explanation") == []


def test_the_explanation_is_kept_nowhere(judge: Judge) -> None:
    _, second, _ = explained(judge, text="张三说的")
    for path in (second.work / "gated").glob("*.parquet"):
        assert "张三" not in str(second.rows(path.stem)), path.stem
