"""The declarations in force: the forms, value lists, dropped columns and layout words that popflow ships, and a site's.

Everything popflow knows about a form stands in YAML under ``ingest/forms``; a site adds its senders' own words in its
folder ``forms``. Both are read here, held against each other, and put in force for the process. A mistake is one clear
sentence naming the file and the key, before anything is started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import zip_longest
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, ParamSpec, TypeVar

from pydantic import TypeAdapter

from ingest.decided_words import DecidedWord, decisions_of, lay_over
from ingest.declared_yaml import Raw, read_as, read_raw, validated
from ingest.definitions import DefinitionRow, own_definitions, shipped_ids
from ingest.errors import UsageError
from ingest.form import (
    CountForm,
    FieldDeclaration,
    FieldType,
    Form,
    Heading,
    HeadingPath,
    Item,
    Meaning,
    PersonForm,
    PlaceOfForm,
    RowField,
    RowFieldName,
    RowRule,
    RuleName,
    Severity,
)
from ingest.overlay import Overlays, dropped_with, form_with, list_with
from ingest.value_list import Code, Declared, ValueList, normalise_word

__all__ = [
    "FORMS_DIRECTORY",
    "Code",
    "CountForm",
    "Declarations",
    "DroppedKind",
    "FieldDeclaration",
    "FieldType",
    "Heading",
    "HeadingPath",
    "Item",
    "Layout",
    "Meaning",
    "PersonForm",
    "PlaceOfForm",
    "RowField",
    "RowFieldName",
    "RowRule",
    "RuleName",
    "Severity",
    "ValueList",
    "declarations",
    "load_declarations",
    "load_dropped",
    "load_forms",
    "load_layout",
    "load_value_lists",
    "normalise_word",
    "per_declarations",
    "person_fields",
    "use_declarations",
]

FORMS_DIRECTORY: Final = Path(__file__).parent / "forms"
SPECIAL_FILES: Final = frozenset({"common.yaml", "dropped.yaml", "layout.yaml", "refusals.yaml"})

Forms = Mapping[str, PersonForm | CountForm]
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class DroppedKind(Declared):
    """Columns popflow recognises and leaves at the door, with the reason shown to the sender."""

    kind: str
    reason: str
    headings: tuple[str, ...]
    contains: tuple[str, ...] = ()


class Layout(Declared):
    """The words by which the parts of a sheet around its table are known."""

    unit_labels: tuple[str, ...]
    date_labels: tuple[str, ...]
    period_labels: tuple[str, ...]
    other_labels: tuple[str, ...]
    total_words: tuple[str, ...]
    footer_words: tuple[str, ...]
    instruction_words: tuple[str, ...]
    notes_sheet_words: tuple[str, ...]
    harmless_heading_notes: tuple[str, ...]
    units_of_people: tuple[str, ...]
    units_of_others: tuple[str, ...]
    telling_notes: tuple[str, ...]
    other_person_words: tuple[str, ...]
    opposing_words: tuple[tuple[str, ...], ...]
    confusable: tuple[str, ...]
    place_groups: tuple[str, ...]
    place_parts: tuple[str, ...]
    nobody_words: tuple[str, ...]
    list_kinds: Mapping[Literal["added", "removed", "changes"], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Declarations:
    """All declarations of one set of files. Each is itself only, so that what is made from it can be kept by it."""

    directory: Path
    overlay: Path | None
    own: Path | None
    forms: Forms
    value_lists: Mapping[str, ValueList]
    dropped: tuple[DroppedKind, ...]
    layout: Layout
    definitions: tuple[DefinitionRow, ...]
    decided: tuple[DecidedWord, ...]

    def __reduce__(self) -> tuple[Callable[..., Declarations], tuple[Path | None, Path, Path | None]]:
        """Another process reads the same files again."""
        return load_declarations, (self.overlay, self.directory, self.own)

    def person_fields(self) -> tuple[str, ...]:
        """Return the fields of all person forms, in the order in which they are first declared."""
        forms = [form for form in self.forms.values() if isinstance(form, PersonForm)]
        return tuple(dict.fromkeys(name for form in forms for name in form.fields))


# --- what is in force -------------------------------------------------------------------------------------------------

_in_force: list[Declarations] = []


def declarations() -> Declarations:
    """Return the declarations in force in this process: the shipped ones until others are put in force."""
    if not _in_force:
        use_declarations(load_declarations())
    return _in_force[0]


def use_declarations(chosen: Declarations) -> None:
    """Put declarations in force for this process."""
    _in_force[:] = [chosen]


def per_declarations(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Keep the results of a function for as long as the declarations it was made from are in force."""

    @lru_cache(maxsize=4096)
    def kept(_: Declarations, *args: Any, **keywords: Any) -> Result:
        return function(*args, **keywords)

    @wraps(function)
    def call(*args: Parameters.args, **keywords: Parameters.kwargs) -> Result:
        result: Result = kept(declarations(), *args, **keywords)  # type: ignore[arg-type] # all are hashable
        return result

    return call


def load_forms() -> Forms:
    """Return every declared form by its id."""
    return declarations().forms


def load_value_lists() -> Mapping[str, ValueList]:
    """Return every value list by its id; the one home of the canonical codes and of the senders' words."""
    return declarations().value_lists


def load_dropped() -> tuple[DroppedKind, ...]:
    """Return the kinds of columns that are recognised and not loaded."""
    return declarations().dropped


def load_layout() -> Layout:
    """Return the words of a sheet's layout."""
    return declarations().layout


def person_fields() -> tuple[str, ...]:
    """Return the fields of all person forms, in the order in which they are first declared."""
    return declarations().person_fields()


# --- reading ----------------------------------------------------------------------------------------------------------


def load_declarations(
    overlay: Path | None = None, directory: Path = FORMS_DIRECTORY, own: Path | None = None
) -> Declarations:
    """Read the shipped declarations and, if the folders are there, a site's own words and its own definitions.

    Raises ``UsageError`` naming the file and the key where a declaration is wrong.
    """
    beside = overlay if overlay is not None and overlay.is_dir() else None
    defined = own if own is not None and own.is_dir() else None
    files = [
        *sorted(directory.rglob("*.yaml")),
        *(sorted(beside.glob("*.yaml")) if beside else ()),
        *(sorted(defined.iterdir()) if defined else ()),
    ]
    seen = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    return _load(directory, beside, defined, seen)


@lru_cache(maxsize=8)
def _load(
    directory: Path, overlay: Path | None, own: Path | None, _seen: tuple[tuple[str, int, int], ...]
) -> Declarations:
    overlays = Overlays(overlay)
    lists = _read_value_lists(directory, overlays)
    forms = _read_forms(directory, lists, overlays)
    layout = read_as(directory / "layout.yaml", TypeAdapter(Layout))
    dropped = _read_dropped(directory, overlays)
    reasons = (code.code for code in lists["reason"].codes)
    rosters = (form.form_id for form in forms.values() if isinstance(form, PersonForm))
    definitions = own_definitions(own, reasons, rosters)
    _refuse_unknown_definitions(forms.values(), {*shipped_ids(), *(str(row[0]) for row in definitions)})
    return Declarations(
        directory,
        overlay,
        own,
        MappingProxyType(forms),
        MappingProxyType(lists),
        dropped,
        layout,
        definitions,
        tuple(each for path, document in overlays.decided for each in decisions_of(path, document)),
    )


def _read_value_lists(directory: Path, overlays: Overlays) -> dict[str, ValueList]:
    raw: dict[str, Raw] = {}
    found: dict[str, ValueList] = {}
    for path in sorted((directory / "values").glob("*.yaml")):
        document = read_raw(path)
        value_list = validated(path, document, VALUE_LIST)
        _expect_name(path, "list_id", value_list.list_id)
        raw[value_list.list_id], found[value_list.list_id] = document, value_list
    for path, document in overlays.lists:
        joined = list_with(path, document, raw)
        value_list = validated(path, joined, VALUE_LIST)
        raw[value_list.list_id], found[value_list.list_id] = joined, value_list
    return found


def _read_forms(
    directory: Path, lists: Mapping[str, ValueList], overlays: Overlays
) -> dict[str, PersonForm | CountForm]:
    common = read_raw(directory / "common.yaml")
    raw: dict[str, Raw] = {}
    found: dict[str, PersonForm | CountForm] = {}
    for path in sorted(path for path in directory.glob("*.yaml") if path.name not in SPECIAL_FILES):
        document = with_common(path, read_raw(path), common)
        form = validated(path, document, FORM)
        _expect_name(path, "form_id", form.form_id)
        raw[form.form_id], found[form.form_id] = document, with_systems(path, form, lists)
    _refuse_two_types(found.values(), directory)
    _refuse_twins(found.values(), directory)
    for path, document in overlays.forms:
        joined = form_with(path, document, raw)
        form = validated(path, joined, FORM)
        raw[form.form_id], found[form.form_id] = joined, with_systems(path, form, lists)
    for path, document in overlays.decided:
        for form_id, decided in lay_over(path, decisions_of(path, document), raw).items():
            raw[form_id], found[form_id] = decided, with_systems(path, validated(path, decided, FORM), lists)
    return found


def _refuse_unknown_definitions(forms: Iterable[PersonForm | CountForm], known: Set[str]) -> None:
    for form in forms:
        for name, item in form.items.items() if isinstance(form, CountForm) else ():
            definition = item.meaning.definition
            if definition is not None and definition not in known:
                raise UsageError(
                    f"the form {form.form_id}: items.{name}: there is no definition {definition}: popflow definitions "
                    "lists them"
                )


def _read_dropped(directory: Path, overlays: Overlays) -> tuple[DroppedKind, ...]:
    path = directory / "dropped.yaml"
    dropped = read_as(path, DROPPED)
    for overlay, document in overlays.dropped:
        dropped = validated(overlay, dropped_with(overlay, document, [each.model_dump() for each in dropped]), DROPPED)
    return dropped


FORM: Final[TypeAdapter[PersonForm | CountForm]] = TypeAdapter(Form)
VALUE_LIST: Final = TypeAdapter(ValueList)
DROPPED: Final = TypeAdapter(tuple[DroppedKind, ...])


def with_common(path: Path, form: Raw, common: Raw) -> Raw:
    """Write a form out: fields that are ``like`` a common one, and the rules that stand with a field."""
    if not isinstance(form.get("fields"), dict):
        return form
    fields: Raw = {}
    rules = list(form.get("rules", []))
    own = {(rule.get("rule"), rule.get("field")) for rule in rules if isinstance(rule, dict)}
    for name, field in form["fields"].items():
        written = _like(path, name, field, common) if isinstance(field, dict) else field
        if isinstance(written, dict):
            severities = written.pop("rules", {})
            if not isinstance(severities, dict):
                raise UsageError(f"{path}: fields.{name}.rules is no mapping of rules to severities")
            rules += [
                {"rule": rule, "field": name, "severity": severity}
                for rule, severity in severities.items()
                if (rule, name) not in own
            ]
        fields[name] = written
    return {**form, "fields": fields, "rules": rules}


def _like(path: Path, name: str, field: Raw, common: Raw) -> Raw:
    """Take over the common fields a field is like, one after the other; its own keys come last and win."""
    models = field.get("like", [])
    written: Raw = {}
    for model in models if isinstance(models, list) else [models]:
        if not isinstance(common.get(model), dict):
            raise UsageError(f"{path}: fields.{name}.like names {model}, which is not in common.yaml")
        written = _joined(written, common[model])
    return _joined(written, {key: value for key, value in field.items() if key != "like"})


def _joined(model: Raw, own: Raw) -> Raw:
    """Join two descriptions of one field: headings and rules add up, the pieces of a place one by one."""
    joined = {**model, **own}
    if "headings" in model and isinstance(own.get("headings"), list):
        joined["headings"] = [*model["headings"], *own["headings"]]
    if "parts" in model and isinstance(own.get("parts"), list):
        joined["parts"] = _parts_joined(model["parts"], own["parts"])
    if "rules" in model and isinstance(own.get("rules", {}), dict):
        joined["rules"] = {**model["rules"], **own.get("rules", {})}
    return joined


def _parts_joined(model: list[list[Any]], own: list[list[Any]]) -> list[list[Any]]:
    empty: list[Any] = []
    return [[*theirs, *ours] for theirs, ours in zip_longest(model, own, fillvalue=empty)]


def with_systems(path: Path, form: PersonForm | CountForm, lists: Mapping[str, ValueList]) -> PersonForm | CountForm:
    """Return the form with the codes of its fields' systems among their words; hold the words against the lists."""
    if isinstance(form, PersonForm):
        fields = {name: _field_with_words(path, f"fields.{name}", each, lists) for name, each in form.fields.items()}
        return form.model_copy(update={"fields": fields})
    rows = {name: _field_with_words(path, f"rows.{name}", each, lists) for name, each in form.rows.items()}
    for name, item in form.items.items():
        code = item.meaning.dwelling
        if code is not None and not ("dwelling" in lists and lists["dwelling"].has(code)):
            raise UsageError(f"{path}: items.{name}.meaning.dwelling is {code}, which the list dwelling does not have")
    return form.model_copy(update={"rows": rows})


WithValues = TypeVar("WithValues", FieldDeclaration, RowField)


def _field_with_words(path: Path, key: str, field: WithValues, lists: Mapping[str, ValueList]) -> WithValues:
    if field.values is None:
        return field
    if field.values not in lists:
        raise UsageError(f"{path}: {key}.values names the list {field.values}, which is not there")
    value_list = lists[field.values]
    words = _system_words(path, key, field.systems, value_list)
    codes = {entry.code for entry in value_list.codes}
    for word, code in field.words.items():
        if code not in codes:
            raise UsageError(f"{path}: {key}.words.{word} is {code}, which the list {field.values} does not have")
        words[normalise_word(word)] = code
    return field.model_copy(update={"words": MappingProxyType(words)})


def _system_words(path: Path, key: str, systems: Iterable[str], value_list: ValueList) -> dict[str, str]:
    words: dict[str, str] = {}
    for system in systems:
        try:
            found = value_list.system(system)
        except ValueError as error:
            raise UsageError(f"{path}: {key}.systems: {error}") from error
        clash = next((word for word, code in found.items() if words.get(word, code) != code), None)
        if clash is not None:
            raise UsageError(f"{path}: {key}.systems: {clash} stands for both {words[clash]} and {found[clash]}")
        words |= found
    return words


def _refuse_two_types(forms: Iterable[PersonForm | CountForm], directory: Path) -> None:
    """A field means the same in every form: the rows of all person forms share one table."""
    known: dict[tuple[str, str], object] = {}
    for form in forms:
        for name, key, value in _shared_facts(form):
            if known.setdefault((name, key), value) != value:
                raise UsageError(
                    f"{directory / form.form_id}.yaml: fields.{name}.{key} is {value}, "
                    f"but another form declares it as {known[name, key]}"
                )


def _shared_facts(form: PersonForm | CountForm) -> Iterator[tuple[str, str, object]]:
    if isinstance(form, PersonForm):
        for name, field in form.fields.items():
            yield from ((name, key, getattr(field, key)) for key in ("type", "values", "multiple"))


def _refuse_twins(forms: Iterable[PersonForm | CountForm], directory: Path) -> None:
    """Two forms that one title names are told apart by their headings; where they have the same, nothing does."""
    seen: dict[frozenset[HeadingPath], PersonForm | CountForm] = {}
    for form in forms:
        other = seen.setdefault(_all_headings(form), form)
        shared = [word for word in form.title_words if any(each in word or word in each for each in other.title_words)]
        if other is not form and shared:
            raise UsageError(
                f"{directory / form.form_id}.yaml: title_words: {shared[0]} names both {other.form_id} and "
                f"{form.form_id}, and their headings are the same: nothing tells them apart"
            )


def _all_headings(form: PersonForm | CountForm) -> frozenset[HeadingPath]:
    if isinstance(form, PersonForm):
        return frozenset(heading.path for field in form.fields.values() for heading in field.headings)
    of_rows = (heading.path for row in form.rows.values() for heading in row.headings)
    return frozenset(of_rows) | {heading.path for item in form.items.values() for heading in item.headings}


def _expect_name(path: Path, key: str, value: str) -> None:
    if value != path.stem:
        raise UsageError(f"{path}: {key} is {value}, but the file is called {path.stem}: make them the same")
