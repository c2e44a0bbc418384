"""Who is who after a night: pairs are weighed once, links follow from all, and rows that fell away link nobody."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from vault_site import FORM, OTHER_FORM, OTHER_VILLAGE, Person, VaultSite

from ingest.keys import SiteKey
from warehouse.linking import model as models
from warehouse.vault import people, segments

ANNA = Person("欧阳慕雪", number="340124199001010046", phone="13912345678")
DAMAGED = replace(ANNA, number=None, written="340124199001010064")
OTHERS = [
    Person("诸葛明月", number="340124198505050029", birth=dt.date(1985, 5, 5)),
    Person("司马青云", number="340124197702120035", birth=dt.date(1977, 2, 12), sex="1"),
]
NOVEMBER = dt.date(2024, 11, 30)


@pytest.fixture
def site(tmp_path: Path, key: SiteKey) -> VaultSite:
    return VaultSite(tmp_path / "vault", key)


def _links(site: VaultSite) -> list[tuple[str, str]]:
    return site.rows("SELECT person_key, linked_key FROM raw.person_link ORDER BY ALL")


def test_a_row_with_a_damaged_number_is_its_person(site: VaultSite) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM, unit=OTHER_VILLAGE)

    assert site.keys("labour") != site.keys("roster")[:1], "the row keeps its own key"
    assert site.person_of("labour") == site.keys("roster")[:1]
    assert site.rows("SELECT kind, rule_id FROM raw.person_merge") == [("merge", "link_number")]
    assert site.rows("SELECT count(*) FROM raw.linkage_quality") == [(0,)], "nobody is known from two lists"


def test_the_order_of_arrival_does_not_matter(tmp_path: Path, key: SiteKey) -> None:
    lists = [
        ({"roster": [ANNA, *OTHERS]}, FORM, OTHER_VILLAGE),
        ({"labour": [DAMAGED]}, OTHER_FORM, OTHER_VILLAGE),
        ({"health": [replace(DAMAGED, written=None), OTHERS[0]]}, "health_roster", OTHER_VILLAGE),
    ]
    found = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        site = VaultSite(tmp_path / "-".join(map(str, order)), key)
        for number in order:
            taken, form, unit = lists[number]
            site.night(taken, form=form, unit=unit)
        found.append((_links(site), site.rows("FROM raw.person_pair ORDER BY ALL")))
    assert len(found[0][0]) == 2
    assert found[0] == found[1] == found[2]


def test_a_night_that_says_nothing_new_weighs_nothing(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM)
    before = _links(site)

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("warehouse.linking.scoring.score_pairs", fail)
    monkeypatch.setattr(segments, "read_segment", fail)
    site.night({"labour again": [DAMAGED]}, form=OTHER_FORM, day=NOVEMBER)
    assert _links(site) == before != []
    assert site.rows("SELECT count(*) FROM raw.person_merge") == [(1,)]


def test_a_night_where_everybody_has_a_number_does_not_link(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise AssertionError

    monkeypatch.setattr(models, "shipped_model", fail)
    site.night({"roster": [ANNA, *OTHERS]})
    assert _links(site) == []


def test_a_corrected_row_links_nobody_any_more(site: VaultSite) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM)
    assert len(_links(site)) == 1
    site.night({"slip": [replace(OTHERS[0])]}, form=OTHER_FORM, corrects={"slip": [("labour", 1)]})

    assert _links(site) == []
    assert site.rows("SELECT kind FROM raw.person_merge ORDER BY night_id") == [("merge",), ("split",)]
    site.night({"labour 2": [DAMAGED]}, form=OTHER_FORM, day=NOVEMBER)
    assert len(_links(site)) == 1, "the pair was weighed and is true again when the row stands again"


def test_a_slip_is_one_list_with_what_it_corrects(site: VaultSite) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"slip": [DAMAGED]}, corrects={"slip": [("roster", 2)]})
    assert _links(site) == [], "the number stands in the same list"


def test_another_model_weighs_all_pairs_anew(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM)
    shipped = models.shipped_model()
    monkeypatch.setattr(models, "shipped_model", lambda: replace(shipped, model_id="another"))
    site.connection.execute("UPDATE raw.person_pair SET weight = 0")
    site.night({})

    ((model_id, weight),) = site.rows("SELECT model_id, weight FROM raw.person_pair")
    assert model_id == "another"
    assert weight > shipped.link_weight


def test_a_decision_counts_in_a_night_without_lists(site: VaultSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM)
    ((record, person),) = _links(site)
    site.connection.execute(
        "INSERT INTO raw.person_decision VALUES (?, ?, 'different', TIMESTAMP '2024-11-02', 'somebody')",
        [person, record],
    )
    monkeypatch.setattr(segments, "read_segment", lambda *_: pytest.fail("nothing need be opened"))
    site.night({})
    assert _links(site) == []


def test_links_hold_no_word_of_an_identity(site: VaultSite) -> None:
    site.night({"roster": [ANNA, *OTHERS]})
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM)
    tables = ("person_pair", "person_link", "person_review", "person_merge", "known_profile", "linkage_quality")
    said = "".join(str(site.rows(f"FROM raw.{table}")) for table in tables)
    assert "name: " in said
    assert not [text for text in (ANNA.name, ANNA.number, DAMAGED.written, ANNA.phone) if str(text) in said]


def test_everybody_is_compared_where_somebody_new_has_no_number(
    site: VaultSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    real = people._weigh_pairs

    def count(connection: object, *, anew: bool) -> None:
        seen.append(site.rows("SELECT count(*), count(*) FILTER (is_new) FROM known")[0])
        real(site.connection, anew=anew)

    monkeypatch.setattr(people, "_weigh_pairs", count)
    site.night({"roster": [ANNA, *OTHERS]}, unit=OTHER_VILLAGE)
    site.night({"labour": [DAMAGED]}, form=OTHER_FORM)
    assert seen == [(4, 1)]
