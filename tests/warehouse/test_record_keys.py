"""Keys of rows without a valid number: the same words give the same key, and nothing else in the warehouse matters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from vault_site import OTHER_VILLAGE, Person, VaultSite

from ingest.keys import SiteKey
from warehouse.vault.segments import read_segment

ANNA = Person(number="340124199001010011")
NOBODY = Person("诸葛明月")
DAMAGED = Person("司马青云", written="34012419900101003*")


@pytest.fixture
def site(tmp_path: Path, key: SiteKey, monkeypatch: pytest.MonkeyPatch) -> VaultSite:
    """A vault whose people are not linked: keys come before that, and do not depend on it."""
    monkeypatch.setattr("warehouse.vault.link_people", lambda *_, **__: None)
    return VaultSite(tmp_path / "vault", key)


def test_the_same_words_have_the_same_key_in_every_list(site: VaultSite) -> None:
    site.night({"oct": [ANNA, NOBODY, DAMAGED]})
    site.night({"nov": [replace(DAMAGED, dest="320500000000"), replace(NOBODY, name="诸葛 明月", phone="1")]})

    oct_keys = site.keys("oct")
    assert len(set(oct_keys)) == 3
    assert site.keys("nov") == [oct_keys[2], oct_keys[1]]
    assert site.rows("SELECT is_numbered, count(*) FROM raw.person_row GROUP BY ALL ORDER BY ALL") == [
        (False, 4),
        (True, 1),
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(NOBODY, name="诸葛明日"),
        replace(NOBODY, sex="1"),
        replace(NOBODY, birth=None),
        replace(NOBODY, origin="340124100002"),
        replace(NOBODY, written="34012419900101003*"),
    ],
)
def test_other_words_have_another_key(site: VaultSite, other: Person) -> None:
    site.night({"oct": [NOBODY, other]})
    assert len(set(site.keys("oct"))) == 2


def test_another_village_has_other_keys(site: VaultSite) -> None:
    site.night({"here": [NOBODY]})
    site.night({"there": [NOBODY]}, unit=OTHER_VILLAGE)
    assert site.keys("here") != site.keys("there")


@pytest.mark.parametrize("placeholder", [None, "无", "000000199001010000", "不详"])
def test_a_placeholder_is_no_number(site: VaultSite, placeholder: str | None) -> None:
    site.night({"oct": [NOBODY], "nov": [replace(NOBODY, written=placeholder)]})
    assert site.keys("oct") == site.keys("nov")


def test_a_placeholder_that_many_share_joins_nobody(site: VaultSite) -> None:
    names = ["诸葛明月", "司马青云", "上官流水", "东方高山"]
    site.night({"oct": [Person(name, written="000000199001010000") for name in names]})
    assert len(set(site.keys("oct"))) == 4


def test_people_of_one_list_who_look_alike_stay_two(site: VaultSite) -> None:
    twins = [replace(NOBODY, dest="330106000000"), replace(NOBODY, dest="320500000000")]
    site.night({"oct": twins})
    site.night({"nov": twins[::-1]})

    first, second = site.keys("oct")
    assert first != second
    assert site.keys("nov") == [second, first], "whose turn it is does not follow the order of the list"


def test_a_key_does_not_depend_on_what_else_is_known(tmp_path: Path, site: VaultSite) -> None:
    crowded = VaultSite(tmp_path / "crowded", site.key)
    crowded.night({"jan": [ANNA, NOBODY, NOBODY, DAMAGED]}, unit=OTHER_VILLAGE)
    crowded.night({"feb": [NOBODY, DAMAGED], "oct": [DAMAGED, NOBODY]})
    site.night({"oct": [DAMAGED, NOBODY]})
    assert crowded.keys("oct") == site.keys("oct")


def test_thirty_nights_of_unchanged_lists_change_no_key_and_add_no_profile(site: VaultSite) -> None:
    random = Random(7)  # noqa: S311
    people = [ANNA, NOBODY, replace(NOBODY, dest="320500000000"), DAMAGED, Person("上官流水", written="无")]
    site.night({"list0": people})
    by_person = dict(zip(people, site.keys("list0"), strict=True))
    marks = site.rows("FROM raw.known_profile")
    for night in range(1, 30):
        shuffled = random.sample(people, len(people))
        assert site.night({f"list{night}": shuffled}) == []
        assert site.keys(f"list{night}") == [by_person[person] for person in shuffled]

    assert len(marks) == len(set(marks)) == 5
    assert site.rows("FROM raw.known_profile") == marks
    assert len(site.segments) == 1
    assert read_segment(site.segments[0], site.key).num_rows == 5


def test_only_what_is_new_of_somebody_known_is_sealed(site: VaultSite) -> None:
    site.night({"oct": [ANNA, NOBODY]})
    (name,) = site.night({"nov": [replace(ANNA, phone="13900000000"), NOBODY]})

    sealed = read_segment(site.folder / name, site.key).to_pylist()
    assert [(row["name"], row["phone"], row["turn"]) for row in sealed] == [("欧阳安娜", "13900000000", None)]
