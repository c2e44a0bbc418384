"""A site's own words over the declarations that ship: what they add, and the sentence for every mistake in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.declaration import (
    PersonForm,
    declarations,
    load_declarations,
    load_dropped,
    load_forms,
    load_value_lists,
    use_declarations,
)
from ingest.errors import UsageError
from ingest.headings import Target, match_columns, vocabulary
from popflow.site import init_site, open_site

OWN_FORM = """
form_id: village_inflow
add:
  title_words: [新市民]
  known_by: [网格编码]
  headings:
    hukou_address: [老家在哪, [老家, 地址]]
  parts:
    hukou_address: [[老家省], [老家市]]
  words:
    reason: {厂里干活: WORK, "1": BUSINESS}
    sex: {"0": "1", "1": "2"}
systems:
  dwelling: [health]
"""
OWN_LIST = """
list_id: reason
add: {WORK: [搬砖], STUDY: [念书]}
systems:
  our_grid: {WORK: ["1", "2"], FARM: ["3"]}
"""


@pytest.fixture(autouse=True)
def _shipped_again() -> Iterator[None]:
    before = declarations()
    yield
    use_declarations(before)


def _site(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    assert load_declarations(tmp_path / "forms") is load_declarations()
    assert load_declarations(tmp_path).forms == load_declarations().forms


def test_an_overlay_adds_titles_headings_parts_and_words(tmp_path: Path) -> None:
    shipped = load_forms()["village_inflow"]
    use_declarations(load_declarations(_site(tmp_path, own=OWN_FORM)))
    form = load_forms()["village_inflow"]
    assert isinstance(form, PersonForm)
    assert isinstance(shipped, PersonForm)
    assert form.title_words == (*shipped.title_words, "新市民")
    assert form.known_by == ("网格编码",)
    headings = [heading.path for heading in form.fields["hukou_address"].headings]
    assert len(headings) == len(shipped.fields["hukou_address"].headings) + 2
    assert headings[-2:] == [("老家在哪",), ("老家", "地址")]
    assert form.fields["hukou_address"].parts[1][-1].path == ("老家市",)
    lists = load_value_lists()
    assert lists["reason"].code_of("厂里干活", form.fields["reason"].words) == "WORK"
    assert lists["reason"].code_of("厂里干活") is None
    assert lists["reason"].code_of("01", form.fields["reason"].words) == "WORK"
    assert [lists["sex"].code_of(text, form.fields["sex"].words) for text in ("0", "1", "女")] == ["1", "2", "2"]
    assert lists["dwelling"].code_of("05", form.fields["dwelling"].words) == "UNIT_INTERNAL"
    assert lists["dwelling"].code_of("71", form.fields["dwelling"].words) is None


def test_what_is_made_from_declarations_follows_those_in_force(tmp_path: Path) -> None:
    paths = (("姓名",), ("老家在哪",))
    assert match_columns(paths, "village_inflow")[1].target is None
    assert "老家在哪" not in vocabulary()
    shipped = declarations()
    use_declarations(load_declarations(_site(tmp_path, own=OWN_FORM)))
    assert match_columns(paths, "village_inflow")[1].target == Target("hukou_address")
    assert "老家在哪" in vocabulary()
    use_declarations(shipped)
    assert match_columns(paths, "village_inflow")[1].target is None


def test_a_changed_overlay_is_read_anew(tmp_path: Path) -> None:
    first = load_declarations(_site(tmp_path, own="list_id: reason\nadd: {WORK: [搬砖]}\n"))
    assert load_declarations(tmp_path) is first
    second = load_declarations(_site(tmp_path, own="list_id: reason\nadd: {WORK: [搬运砖头]}\n"))
    assert second is not first
    assert second.value_lists["reason"].code_of("搬砖") is None


def test_an_overlay_adds_words_and_systems_to_a_list_that_forms_take_up(tmp_path: Path) -> None:
    use = "form_id: village_outflow\nsystems: {reason: [our_grid]}\n"
    declared = load_declarations(_site(tmp_path, a_form=use, z_list=OWN_LIST))
    reason = declared.value_lists["reason"]
    assert reason.code_of("搬砖") == "WORK"
    assert reason.code_of("念书") == "STUDY"
    form = declared.forms["village_outflow"]
    assert isinstance(form, PersonForm)
    assert [reason.code_of(text, form.fields["reason"].words) for text in ("1", "3", "01")] == ["WORK", "FARM", None]


def test_an_overlay_may_bring_a_whole_new_list_and_drop_headings(tmp_path: Path) -> None:
    new = "list_id: weather\nname_zh: 天气\nname_en: Weather\n"
    new += "codes: [{code: SUN, name_zh: 晴, name_en: sun, words: [大晴天]}]\n"
    declared = load_declarations(_site(tmp_path, new=new, drop="dropped: {not_needed: [小组长]}\n"))
    assert declared.value_lists["weather"].code_of("大晴天") == "SUN"
    use_declarations(declared)
    (kind,) = [kind for kind in load_dropped() if kind.kind == "not_needed"]
    assert kind.headings[-1] == "小组长"
    assert match_columns((("姓名",), ("小组长",)), "village_inflow")[1].kind == "dropped"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("form_id: [", "cannot be read as YAML"),
        ("- 1", "the whole file: it is no mapping"),
        ("add: {WORK: [搬砖]}", "says one of form_id, list_id, dropped and decided"),
        ("form_id: village_inflow\nlist_id: reason", "says one of form_id, list_id, dropped and decided"),
        ("form_id: village_inflows", "form_id is village_inflows, but the forms are education_roster"),
        ("form_id: village_inflow\nadd: {titles: [新市民]}", "add.titles: Extra inputs"),
        ("form_id: village_inflow\nremove: {}", "remove: Extra inputs"),
        (
            "form_id: village_inflow\nadd: {headings: {shoe: [鞋码]}}",
            "add.headings.shoe: village_inflow has no such field",
        ),
        ("form_id: village_inflow\nadd: {headings: {sex: 性}}", "add.headings.sex"),
        (
            "form_id: village_inflow\nadd: {headings: {sex: [姓名]}}",
            "the heading 姓名 stands for both person_name and sex",
        ),
        ("form_id: village_inflow\nadd: {headings: {sex: [{top: 1}]}}", "person.fields.sex.headings"),
        ("form_id: village_inflow\nadd: {parts: {sex: [[省]]}}", "only a place has `parts`"),
        ("form_id: village_inflow\nadd: {parts: {hukou_address: [[a],[b],[c],[d],[e],[f]]}}", "it has 6 pieces, but"),
        ("form_id: village_inflow\nadd: {words: {phone: {无: NO}}}", "only a code or sex has `words`"),
        (
            "form_id: village_inflow\nadd: {words: {reason: {干活: LABOUR}}}",
            "words.干活 is LABOUR, which the list reason",
        ),
        (
            "form_id: village_inflow\nadd: {words: {job: {干活: WORK}}}",
            "add.words.job: village_inflow has no such field",
        ),
        ("form_id: village_inflow\nsystems: {reason: [mars]}", "the list reason has no code system mars"),
        ("form_id: village_inflow\nsystems: {reason: [health, police_2_digit]}", "fields.reason.systems: "),
        ("form_id: village_inflow\nadd: {title_words: [流入月报]}", "the title word 流入月报 can never be met"),
        ("form_id: township_report\nadd: {headings: {inflow_male: [流入女]}}", "流入女 stands for both"),
        (
            "form_id: township_report\nadd: {parts: {inflow_male: [[省]]}}",
            "count.items.inflow_male.parts: Extra inputs",
        ),
        ("list_id: reasons\nadd: {WORK: [搬砖]}", "list_id is reasons, but the lists are age_band"),
        ("list_id: reason\nadd: {LABOUR: [搬砖]}", "add.LABOUR: the list reason has no such code, but WORK"),
        ("list_id: reason\nadd: {WORK: [务农]}", "the word 务农 stands for both"),
        ("list_id: reason\nadd: {WORK: 搬砖}", "add.WORK"),
        ("list_id: reason\nsystems: {health: {WORK: ['1']}}", "systems.health: a code system of that name ships"),
        ("list_id: reason\nsystems: {ours: {LABOUR: ['1']}}", "the code system ours names the code LABOUR"),
        ("list_id: reason\ncodes: []", "codes: this list ships"),
        ("list_id: weather\ncodes: []", "name_zh: Field required"),
        ("dropped: {silly: [小组长]}", "dropped.silly: there is no such kind, but religion"),
        ("dropped: [小组长]", "dropped: Input should be"),
    ],
)
def test_every_mistake_is_one_sentence_naming_the_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        load_declarations(_site(tmp_path, mine=text))
    assert str(error.value).startswith(str(tmp_path / "mine.yaml"))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_yes_and_no_need_no_quotes(tmp_path: Path) -> None:
    own = "form_id: labour_roster\nadd: {words: {training: {上过课: YES, 没上过课: NO}}}\n"
    form = load_declarations(_site(tmp_path, own=own)).forms["labour_roster"]
    assert isinstance(form, PersonForm)
    assert form.fields["training"].words["上过课"] == "YES"
    assert form.fields["training"].words["没上过课"] == "NO"


def test_a_site_puts_its_own_words_in_force(tmp_path: Path) -> None:
    site = init_site(tmp_path / "site", "340124")
    shipped = declarations()
    assert shipped.overlay is None
    own = tmp_path / "site" / "forms"
    own.mkdir()
    _site(own, own=OWN_FORM)
    open_site(site.root)
    assert declarations().overlay == site.root / "forms"
    assert "新市民" in load_forms()["village_inflow"].title_words
    _site(own, own="form_id: nothing")
    with pytest.raises(UsageError, match=r"own\.yaml: form_id is nothing"):
        open_site(site.root)


def test_the_worked_example_of_the_page_for_authors_loads(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "forms.md").read_text(encoding="utf-8")
    blocks = re.findall(
        r"```yaml\n(.*?)```", page.partition("## A sender writes")[2].partition("## A person form")[0], re.S
    )
    assert len(blocks) == 2
    declared = load_declarations(_site(tmp_path, form=blocks[0], words=blocks[1]))
    form = declared.forms["village_inflow"]
    assert isinstance(form, PersonForm)
    assert declared.value_lists["sex"].code_of("0", form.fields["sex"].words) == "2"
    assert declared.value_lists["reason"].code_of("进厂") == "WORK"
    assert "our_grid" in declared.value_lists["reason"].systems
