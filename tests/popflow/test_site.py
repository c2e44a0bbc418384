from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import UsageError
from popflow.settings import Settings, SiteSection, padded_division, read_settings, settings_text
from popflow.site import Site, find_site, init_site, open_site
from warehouse.folders import SiteFolders


def test_a_new_site_has_its_folders_settings_and_a_private_key(site: Site) -> None:
    names = {path.name for path in site.root.iterdir()}
    assert names == {"popflow.toml", "inbox", "archive", "vault", "warehouse", "outbox", "reports", "log"}
    assert site.folders.key_file.stat().st_mode & 0o777 == 0o600
    assert {name: (site.root / name).stat().st_mode & 0o077 for name in ("archive", "vault", "warehouse")} == {
        "archive": 0,
        "vault": 0,
        "warehouse": 0,
    }
    assert site.settings.site.division == "340124000000"


def test_the_written_settings_are_the_defaults_and_stay_them_without_their_comment_marks(tmp_path: Path) -> None:
    defaults = Settings(site=SiteSection(division="340124000000"))
    text = settings_text("340124000000", "庐江县")
    uncommented = "\n".join(
        line.removeprefix("# ") if " = " in line and "division" not in line else line for line in text.splitlines()
    )
    for name, written in (("a", text), ("b", uncommented)):
        (tmp_path / name).write_text(written, encoding="utf-8")
        assert read_settings(tmp_path / name) == defaults
    for section in ("intake", "gate_out", "snapshots", "small_counts", "night"):
        for key in getattr(defaults, section).model_fields_set or type(getattr(defaults, section)).model_fields:
            assert f"# {key} = " in text


@pytest.mark.parametrize(("given", "code"), [("34", "340000000000"), ("340124", "340124000000"), ("340124100001",) * 2])
def test_codes_may_be_given_short(given: str, code: str) -> None:
    assert padded_division(given) == code


@pytest.mark.parametrize("given", ["3", "340", "34012x", "", "3401241000012", "３４"])
def test_what_is_no_code_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="is no division code"):
        padded_division(given)


def test_a_division_the_register_does_not_have_is_refused_before_anything_is_made(tmp_path: Path, fakes: None) -> None:
    with pytest.raises(UsageError, match="the division register has no 350000000000"):
        init_site(tmp_path / "site", "35")
    assert not (tmp_path / "site").exists()


def test_a_folder_in_use_is_left_alone(site: Site, tmp_path: Path) -> None:
    key = site.folders.key_file.read_bytes()
    with pytest.raises(UsageError, match="is not empty"):
        init_site(site.root, "340124")
    assert site.folders.key_file.read_bytes() == key
    (tmp_path / "empty").mkdir()
    assert init_site(tmp_path / "empty", "34").settings.site.division == "340000000000"


def test_a_site_is_found_by_name_by_variable_and_upwards(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POPFLOW_SITE", raising=False)
    below = site.folders.inbox / "deep" / "folder"
    below.mkdir(parents=True)
    assert find_site(str(site.root), start=tmp_path).root == site.root
    assert find_site(None, start=below).root == site.root
    with pytest.raises(UsageError, match="no site here"):
        find_site(None, start=tmp_path)
    monkeypatch.setenv("POPFLOW_SITE", str(site.root))
    assert find_site(None, start=tmp_path).root == site.root
    with pytest.raises(UsageError, match="is missing: popflow init makes a site"):
        find_site(str(tmp_path / "other"), start=below)


def test_a_site_without_one_of_its_folders_is_not_opened(site: Site) -> None:
    site.folders.log.rmdir()
    with pytest.raises(UsageError, match=r"the site has no folder .*log"):
        open_site(site.root)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[site]\ndivision = '340124000000'\ntimezone = 'x'", "there is no setting site.timezone"),
        ("[site]\n", "the setting site.division is missing"),
        ("", "the setting site is missing"),
        ("[site]\ndivision = '340124000000'\ntime_zone = 'Mars/Base'", "there is no time zone Mars/Base"),
        (
            "[site]\ndivision = '340124000000'\n[intake]\nmax_returned_share = 2",
            "intake.max_returned_share = 2 does not",
        ),
        ("[site\n", "cannot be read as TOML"),
    ],
)
def test_a_wrong_settings_file_is_one_sentence_that_names_file_and_key(tmp_path: Path, content: str, said: str) -> None:
    path = SiteFolders(tmp_path).settings_file
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_cannot_be_changed_in_passing(site: Site) -> None:
    with pytest.raises(ValueError, match="frozen"):
        site.settings.site.division = "340000000000"
