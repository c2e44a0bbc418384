"""Form declarations: what a form is called, which headings carry which field, and what must hold for a row.

A form is data. Everything popflow knows about it stands in one YAML file under ``ingest/forms``; the models here read
those files, refuse an unknown key and check what can be checked without a delivered file, so that a slip of the pen is
one clear sentence at start-up and not a wrong night. Value lists, dropped columns and the words of a sheet's layout are
declared the same way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ingest.errors import UsageError

FORMS_DIRECTORY = Path(__file__).parent / "forms"
CODE_SEPARATORS = "-—–_.．、:：·"

FieldType = Literal["name", "id_number", "sex", "date", "place", "code", "phone", "integer", "text"]
Severity = Literal["error", "query", "note"]
RuleName = Literal[
    "required",
    "number_not_numeric",
    "valid_number",
    "sex_agrees",
    "birth_agrees",
    "valid_date",
    "not_future",
    "not_before_birth",
    "known_code",
    "place_resolvable",
    "not_at_home",
    "valid_integer",
]
# A rule that makes sense for some types only; a rule that is not named here fits every type.
TYPES_OF_RULE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "number_not_numeric": frozenset({"id_number"}),
        "valid_number": frozenset({"id_number"}),
        "sex_agrees": frozenset({"sex"}),
        "birth_agrees": frozenset({"date"}),
        "valid_date": frozenset({"date"}),
        "not_future": frozenset({"date"}),
        "not_before_birth": frozenset({"date"}),
        "known_code": frozenset({"sex", "code"}),
        "place_resolvable": frozenset({"place"}),
        "not_at_home": frozenset({"place"}),
        "valid_integer": frozenset({"integer"}),
    }
)
COUNT_FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType({"cell_unit": "place", "value": "integer"})

Declaration = TypeVar("Declaration")


class Declared(BaseModel):
    """What all declarations share: they never change after reading and know no undeclared key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


HeadingPath = tuple[str, ...]


class Heading(Declared):
    """One spelling of a column: the parts of its path from the group down to the column itself."""

    path: Annotated[HeadingPath, Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: object) -> object:
        if isinstance(value, str):
            return {"path": (value,)}
        if isinstance(value, list):
            return {"path": tuple(value)}
        return value


class FieldDeclaration(Declared):
    """One field of a person form.

    ``required`` says that a table without the heading is not this form. ``parts`` are columns that hold one place in
    pieces (province, city, county, ...), outermost first; their texts are joined in front of the heading's own text.
    """

    type: FieldType
    required: bool = False
    values: str | None = None
    headings: Annotated[tuple[Heading, ...], Field(min_length=1)]
    parts: tuple[tuple[Heading, ...], ...] = ()

    @model_validator(mode="after")
    def _fits_its_type(self) -> FieldDeclaration:
        if (self.type in {"code", "sex"}) != (self.values is not None):
            raise ValueError(f"a field of type {self.type} {'needs' if self.values is None else 'has no'} `values`")
        if self.parts and self.type != "place":
            raise ValueError(f"only a place has `parts`, this field is of type {self.type}")
        return self


class RowRule(Declared):
    """One row rule: what must hold for one field, and what becomes of a row where it does not."""

    rule: RuleName
    field: str
    severity: Severity = "error"


class PlaceOfForm(Declared):
    """Where a form says the origin or the destination is.

    ``within: unit`` reads a text relative to the sender's unit; ``otherwise: unit`` takes the unit itself where the
    field is absent or empty; ``otherwise: null`` leaves the place unknown.
    """

    field: str | None = None
    within: Literal["unit"] | None = None
    otherwise: Literal["unit"] | None = None


class FormBase(Declared):
    """What person forms and count forms share."""

    form_id: str
    name_zh: str
    name_en: str
    title_words: Annotated[tuple[str, ...], Field(min_length=1)]
    not_title_words: tuple[str, ...] = ()
    rules: tuple[RowRule, ...]

    def _check_rules(self, types: Mapping[str, str]) -> None:
        for rule in self.rules:
            if rule.field not in types:
                raise ValueError(f"rule {rule.rule} names the field {rule.field}, which this form does not have")
            allowed = TYPES_OF_RULE.get(rule.rule)
            if allowed is not None and types[rule.field] not in allowed:
                raise ValueError(f"rule {rule.rule} does not fit the field {rule.field} of type {types[rule.field]}")
        pairs = [(rule.rule, rule.field) for rule in self.rules]
        if len(set(pairs)) != len(pairs):
            raise ValueError("a rule stands twice for the same field")


class PersonForm(FormBase):
    """A form whose row is one person."""

    kind: Literal["person"]
    side: Literal["origin", "destination"]
    origin: PlaceOfForm
    destination: PlaceOfForm
    fields: Mapping[str, FieldDeclaration]

    @model_validator(mode="after")
    def _consistent(self) -> PersonForm:
        for place in (self.origin, self.destination):
            if place.field is not None and place.field not in self.fields:
                raise ValueError(f"a place is taken from {place.field}, which is not among `fields`")
        self._check_rules({name: field.type for name, field in self.fields.items()})
        claims = [
            (heading.path, name)
            for name, field in self.fields.items()
            for heading in (*field.headings, *(part for group in field.parts for part in group))
        ]
        _refuse_double_claims(claims)
        return self


class Meaning(Declared):
    """What a reported count counts, in the terms of a definition."""

    direction: Literal["in", "out"]
    sex: Literal["1", "2"] | None = None
    min_duration: str | None = None
    range: Literal["other_province", "in_province", "other_city", "in_city", "in_county"] | None = None


class Item(Declared):
    """One counted item of a count form: where it stands and what it means."""

    name_zh: str
    name_en: str
    meaning: Meaning
    headings: Annotated[tuple[Heading, ...], Field(min_length=1)]


class CountForm(FormBase):
    """A form whose cells are counts, one row per division."""

    kind: Literal["count"]
    unit_headings: Annotated[tuple[Heading, ...], Field(min_length=1)]
    items: Mapping[str, Item]

    @model_validator(mode="after")
    def _consistent(self) -> CountForm:
        self._check_rules(COUNT_FIELD_TYPES)
        _refuse_double_claims([(heading.path, name) for name, item in self.items.items() for heading in item.headings])
        return self


Form = Annotated[PersonForm | CountForm, Field(discriminator="kind")]


def _refuse_double_claims(claims: Iterable[tuple[HeadingPath, str]]) -> None:
    owner: dict[HeadingPath, str] = {}
    for path, name in claims:
        key = tuple(normalise_word(part) for part in path)
        if owner.setdefault(key, name) != name:
            raise ValueError(f"the heading {'/'.join(path)} stands for both {owner[key]} and {name}")


class Code(Declared):
    """One canonical code and the senders' words for it.

    A word written ``01-内部单位合同工`` declares the sender's code, the sender's name and both together.
    """

    code: str
    name_zh: str
    name_en: str
    words: tuple[str, ...] = ()


class ValueList(Declared):
    """A canonical code list and what senders write for its codes."""

    list_id: str
    name_zh: str
    name_en: str
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _no_word_means_two_things(self) -> ValueList:
        self.code_by_word()
        return self

    @cached_property
    def _code_by_word(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for entry in self.codes:
            for word in (entry.code, entry.name_zh, *entry.words):
                for spelling in _spellings(word):
                    if found.setdefault(spelling, entry.code) != entry.code:
                        raise ValueError(f"the word {word} stands for both {found[spelling]} and {entry.code}")
        return MappingProxyType(found)

    def code_by_word(self) -> Mapping[str, str]:
        """Return every normalised word with its canonical code; one row each of the code map."""
        return self._code_by_word

    def code_of(self, text: str) -> str | None:
        """Return the canonical code of a cell's text, or None where no word fits.

        A code-name cell (``01-内部单位合同工``, ``1 务工``) is read by its name where the pair is not declared.
        """
        word = normalise_word(text)
        found = self._code_by_word.get(word)
        if found is None:
            found = self._code_by_word.get(word.lstrip("0123456789()").lstrip(CODE_SEPARATORS))
        return found


def _spellings(word: str) -> tuple[str, ...]:
    whole = normalise_word(word)
    code, separator, name = word.partition("-")
    if separator and code.isdigit():
        return whole, normalise_word(code), normalise_word(name)
    return (whole,)


class DroppedKind(Declared):
    """Columns popflow recognises and leaves at the door, with the reason shown to the sender."""

    kind: str
    reason: str
    headings: Annotated[tuple[str, ...], Field(min_length=1)]
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
    other_person_words: tuple[str, ...]
    list_kinds: Mapping[Literal["added", "removed", "changes"], tuple[str, ...]]


def normalise_word(text: str) -> str:
    """Fold width, case and spaces, for comparing words and headings; never used on a value that is kept."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def load_forms(directory: Path = FORMS_DIRECTORY) -> Mapping[str, PersonForm | CountForm]:
    """Return every declared form by its id.

    Raises ``UsageError`` naming the file and the key where a declaration is wrong.
    """
    return _load_forms(directory)


def load_value_lists(directory: Path = FORMS_DIRECTORY) -> Mapping[str, ValueList]:
    """Return every value list by its id; the one home of the canonical codes and of the senders' words."""
    return _load_value_lists(directory)


@cache
def load_dropped(directory: Path = FORMS_DIRECTORY) -> tuple[DroppedKind, ...]:
    """Return the kinds of columns that are recognised and not loaded."""
    return _read(directory / "dropped.yaml", TypeAdapter(tuple[DroppedKind, ...]))


@cache
def load_layout(directory: Path = FORMS_DIRECTORY) -> Layout:
    """Return the words of a sheet's layout."""
    return _read(directory / "layout.yaml", TypeAdapter(Layout))


def person_fields(directory: Path = FORMS_DIRECTORY) -> tuple[str, ...]:
    """Return the fields of all person forms, in the order in which they are first declared."""
    forms = load_forms(directory).values()
    return tuple(dict.fromkeys(name for form in forms if isinstance(form, PersonForm) for name in form.fields))


@cache
def _load_forms(directory: Path) -> Mapping[str, PersonForm | CountForm]:
    lists = load_value_lists(directory)
    adapter: TypeAdapter[PersonForm | CountForm] = TypeAdapter(Form)
    found: dict[str, PersonForm | CountForm] = {}
    special = {"dropped.yaml", "layout.yaml", "refusals.yaml"}
    for path in sorted(path for path in directory.glob("*.yaml") if path.name not in special):
        form = _read(path, adapter)
        _expect_name(path, "form_id", form.form_id)
        if isinstance(form, PersonForm):
            for name, field in form.fields.items():
                if field.values is not None and field.values not in lists:
                    raise UsageError(f"{path}: fields.{name}.values names the list {field.values}, which is not there")
        found[form.form_id] = form
    _refuse_two_types(found.values(), directory)
    return MappingProxyType(found)


@cache
def _load_value_lists(directory: Path) -> Mapping[str, ValueList]:
    adapter = TypeAdapter(ValueList)
    found: dict[str, ValueList] = {}
    for path in sorted((directory / "values").glob("*.yaml")):
        value_list = _read(path, adapter)
        _expect_name(path, "list_id", value_list.list_id)
        found[value_list.list_id] = value_list
    return MappingProxyType(found)


def _refuse_two_types(forms: Iterable[PersonForm | CountForm], directory: Path) -> None:
    """A field means the same in every form: the rows of all person forms share one table."""
    types: dict[str, str] = {}
    for form in forms:
        if isinstance(form, PersonForm):
            for name, field in form.fields.items():
                if types.setdefault(name, field.type) != field.type:
                    raise UsageError(
                        f"{directory / form.form_id}.yaml: fields.{name}.type is {field.type}, "
                        f"but another form declares it as {types[name]}"
                    )


def _expect_name(path: Path, key: str, value: str) -> None:
    if value != path.stem:
        raise UsageError(f"{path}: {key} is {value}, but the file is called {path.stem}: make them the same")


def _read(path: Path, adapter: TypeAdapter[Declaration]) -> Declaration:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from error
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UsageError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from error
