"""The models of a form: what it is called, which headings carry which field, and what must hold for a row.

A form is data. The models here refuse an unknown key and check everything that can be checked in one form alone, so
that a slip of the pen is one clear sentence at start-up and not a wrong night.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from ingest.flow_range import REACH, REACH_OF_ORIGIN, FlowRange, OriginKind, Reach
from ingest.value_list import Declared, normalise_word

FieldType = Literal["name", "id_number", "sex", "date", "place", "code", "phone", "integer", "text", "credit_code"]
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
    "valid_credit_code",
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
        "valid_credit_code": frozenset({"credit_code"}),
    }
)
# The rules that the gate knows for a form of counts, whose fields are texts of a row and one value.
COUNT_RULES: Final = frozenset({"required", "place_resolvable", "known_code", "valid_integer"})
ROW_FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType(
    {"cell_unit": "place", "origin": "place", "destination": "place", "category": "code"}
)
VALUE_FIELD: Final = "value"
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
DURATION: Final = re.compile(r"P(\d+)([YMD])")
DAYS_OF: Final = {"Y": 365, "M": 30, "D": 1}

HeadingPath = tuple[str, ...]


class Heading(Declared):
    """One spelling of a column: the parts of its path from the group down to the column itself.

    Other groups may stand above and between the parts, unless the heading is ``whole``.
    """

    path: Annotated[HeadingPath, Field(min_length=1)]
    whole: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: object) -> object:
        if isinstance(value, str):
            return {"path": (value,)}
        if isinstance(value, list | tuple):
            return {"path": tuple(value)}
        return value

    @model_validator(mode="after")
    def _has_words(self) -> Heading:
        if not all(normalise_word(part) for part in self.path):
            raise ValueError("a heading is empty")
        return self


def _written_out(headings: object) -> object:
    """Write out ``{groups: [...], leaves: [...]}``: every group heading over every column."""
    if not isinstance(headings, list | tuple):
        return headings
    return tuple(heading for entry in headings for heading in _alternatives(entry))


def _alternatives(entry: object) -> Iterator[object]:
    if not (isinstance(entry, dict) and "leaves" in entry):
        yield entry
        return
    unknown = next(iter(entry.keys() - {"groups", "leaves", "whole"}), None)
    if unknown is not None:
        raise ValueError(f"headings have `groups`, `leaves` and `whole`, and no `{unknown}`")
    groups, leaves = entry.get("groups", [[]]), entry["leaves"]
    if not (isinstance(groups, list) and isinstance(leaves, list) and groups and leaves):
        raise ValueError("`groups` and `leaves` are lists of headings")
    for group, leaf in product(groups, leaves):
        yield {"path": (*_path(group), *_path(leaf)), "whole": entry.get("whole", False)}


def _path(part: object) -> list[object]:
    return part if isinstance(part, list) else [part]


Headings = Annotated[tuple[Heading, ...], BeforeValidator(_written_out)]
SomeHeadings = Annotated[Headings, Field(min_length=1)]


class FieldDeclaration(Declared):
    """One field of a person form.

    ``required`` says that a table without the heading is not this form. ``parts`` are columns that hold one place in
    pieces (province, city, county, ...), outermost first; their texts are joined in front of the heading's own text.
    ``multiple`` says that a cell may hold several codes. ``words`` mean this code in this field of this form only, and
    ``systems`` name the senders' code lists that hold here; the loader writes these into ``words``. A field with
    ``keep: false`` is checked and not kept.
    """

    type: FieldType
    required: bool = False
    values: str | None = None
    headings: SomeHeadings
    parts: tuple[Headings, ...] = ()
    multiple: bool = False
    systems: tuple[str, ...] = ()
    words: Mapping[str, str] = Field(default_factory=dict)
    keep: bool = True

    @model_validator(mode="after")
    def _fits_its_type(self) -> FieldDeclaration:
        if (self.type in {"code", "sex"}) != (self.values is not None):
            raise ValueError(f"a field of type {self.type} {'needs' if self.values is None else 'has no'} `values`")
        if self.parts and self.type != "place":
            raise ValueError(f"only a place has `parts`, this field is of type {self.type}")
        if self.multiple and self.type != "code":
            raise ValueError(f"only a code may be `multiple`, this field is of type {self.type}")
        if (self.words or self.systems) and self.values is None:
            raise ValueError(f"only a code or sex has `words` and `systems`, this field is of type {self.type}")
        return self


class RowRule(Declared):
    """One row rule: what must hold for one field, and what becomes of a row where it does not."""

    rule: RuleName
    field: str
    severity: Severity = "error"


class PlaceOfForm(Declared):
    """Where a form says the origin or the destination is.

    ``within: unit`` reads a text relative to the sender's unit; ``otherwise: unit`` takes the unit itself where the
    field is absent or empty, ``otherwise: unit_if_own_side`` only in a row of which this is the reporting side;
    ``otherwise: null`` leaves the place unknown.
    """

    field: str | None = None
    within: Literal["unit"] | None = None
    otherwise: Literal["unit", "unit_if_own_side"] | None = None


class FormBase(Declared):
    """What person forms and count forms share.

    A title with one of ``title_words`` and none of ``not_title_words`` names the form. Without such a title a table is
    this form only where one of the headings in ``known_by`` stands, if it has any; only its senders write them.
    ``sent_from_above`` says that a county, a city or a department of it may send it for all its townships: a list of a
    village that does not say which is never taken for one of the whole county. ``sent_from: anywhere`` says that a
    county, a city or a province outside the home may send it too: the other end of a flow counts it as well.
    """

    form_id: str
    name_zh: str
    name_en: str
    title_words: Annotated[tuple[str, ...], Field(min_length=1)]
    not_title_words: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()
    sent_from_above: bool = True
    sent_from: Literal["home", "anywhere"] = "home"
    rules: tuple[RowRule, ...]

    @model_validator(mode="after")
    def _title_words_can_be_met(self) -> FormBase:
        for word in self.title_words:
            if not word.strip():
                raise ValueError("`title_words` has an empty word, which every title would have")
            if any(other in word for other in self.not_title_words):
                raise ValueError(f"the title word {word} can never be met: `not_title_words` forbids it")
        return self

    def _check_rules(self, types: Mapping[str, str]) -> None:
        for rule in self.rules:
            if rule.field not in types:
                raise ValueError(f"rule {rule.rule} names the field {rule.field}, which this form does not have")
            allowed = TYPES_OF_RULE.get(rule.rule)
            if allowed is not None and types[rule.field] not in allowed:
                raise ValueError(f"rule {rule.rule} does not fit the field {rule.field} of type {types[rule.field]}")
        pairs = [(rule.rule, rule.field) for rule in self.rules]
        twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
        if twice is not None:
            raise ValueError(f"the rule {twice[0]} stands twice for the field {twice[1]}")


class Confirmation(Declared):
    """What confirms that somebody is still there, and for how long: the list that shows them, or their registration."""

    by: Literal["report", "registered_date"]
    within: str

    @model_validator(mode="after")
    def _possible(self) -> Confirmation:
        _days(self.within)
        return self

    @property
    def months_and_days(self) -> tuple[int, int]:
        """Return the time as calendar months and days."""
        amount, unit = DURATION.fullmatch(self.within).groups()  # type: ignore[union-attr] # validated
        return {"Y": (12 * int(amount), 0), "M": (int(amount), 0), "D": (0, int(amount))}[unit]


class PersonForm(FormBase):
    """A form whose row is one person.

    ``side`` says whose side reports; where ``side_field`` names a field of flow directions, it decides row by row and
    ``side`` holds where it is empty. Without ``confirm`` a row vouches for a stay for ever.
    """

    kind: Literal["person"]
    side: Literal["origin", "destination"]
    side_field: str | None = None
    confirm: Confirmation | None = None
    origin: PlaceOfForm
    destination: PlaceOfForm
    fields: Annotated[Mapping[str, FieldDeclaration], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> PersonForm:
        _check_names(self.fields, "field")
        for place in (self.origin, self.destination):
            if place.field is not None and self._type_of(place.field) != "place":
                raise ValueError(f"a place is taken from {place.field}, which is not a place among `fields`")
        self._check_side()
        if self.confirm is not None and self.confirm.by == "registered_date" and "registered_date" not in self.fields:
            raise ValueError("`confirm` is by registered_date, which is not among `fields`")
        self._check_rules({name: field.type for name, field in self.fields.items()})
        _refuse_double_claims(
            (heading.path, name)
            for name, field in self.fields.items()
            for heading in (*field.headings, *(part for group in field.parts for part in group))
        )
        return self

    def _type_of(self, name: str) -> str | None:
        return self.fields[name].type if name in self.fields else None

    def _check_side(self) -> None:
        if self.side_field is not None:
            field = self.fields.get(self.side_field)
            if field is None or field.values != SIDE_LIST:
                raise ValueError(f"`side_field` names {self.side_field}, which is no field with values {SIDE_LIST}")
        elif "unit_if_own_side" in {self.origin.otherwise, self.destination.otherwise}:
            raise ValueError("`otherwise: unit_if_own_side` needs a `side_field`")


SIDE_LIST: Final = "flow_direction"


class Meaning(Declared):
    """What a reported count counts, in the terms of a definition.

    Either it counts people who moved or those whose hukou is registered there (``registered``). The direction of a
    count of movers is seen from the unit; ``flow`` is one from an origin to a destination that the row names.
    ``dwelling`` is a code of that list; ages are completed years, both ends included; ``min_duration`` is reached and
    ``max_duration`` is not. ``definition`` is the one whose count on the records the item is held against: it says how
    the office counts, not what.
    """

    definition: str | None = None
    direction: Literal["in", "out", "flow"] | None = None
    registered: bool = False
    sex: Literal["1", "2"] | None = None
    age_min: Annotated[int, Field(ge=0, le=150)] | None = None
    age_max: Annotated[int, Field(ge=0, le=150)] | None = None
    min_duration: str | None = None
    max_duration: str | None = None
    range: FlowRange | None = None
    origin_kind: OriginKind | None = None
    dwelling: str | None = None

    @model_validator(mode="after")
    def _possible(self) -> Meaning:
        if (self.direction is not None) == self.registered:
            raise ValueError("a count has either a `direction` or `registered: true`")
        moved = (self.min_duration, self.max_duration, self.range, self.origin_kind, self.dwelling)
        if self.registered and any(each is not None for each in moved):
            raise ValueError("registered people have no duration, range, origin kind or dwelling")
        if self.registered and self.definition is not None:
            raise ValueError("definitions count people who moved, so registered people are held against none")
        if self.origin_kind is not None and self.range is not None:
            raise ValueError("a kind of origin says how far they came, so leave out `range`")
        if self.origin_kind == "other" and self.definition is not None:
            raise ValueError("nobody can say who came from anywhere else, so leave out `definition`")
        if self.direction == "out" and (self.origin_kind or self.dwelling):
            raise ValueError("where they come from and dwell is said of people who came in, not of those gone out")
        if self.age_min is not None and self.age_max is not None and self.age_min > self.age_max:
            raise ValueError(f"nobody is at least {self.age_min} and at most {self.age_max} years old")
        shortest, longest = _days(self.min_duration), _days(self.max_duration)
        if shortest is not None and longest is not None and shortest >= longest:
            raise ValueError(f"nothing lasts at least {self.min_duration} and less than {self.max_duration}")
        return self

    @property
    def is_part(self) -> bool:
        """Whether this counts only some of the people of its direction."""
        return bool(self.model_dump(exclude={"definition", "direction", "registered"}, exclude_none=True))

    @property
    def reach(self) -> Reach:
        """Return the boundaries between which the counted people moved."""
        if self.range is not None:
            return REACH[self.range]
        anywhere = Reach(None, None)
        return anywhere if self.origin_kind is None else REACH_OF_ORIGIN.get(self.origin_kind, anywhere)

    @property
    def counted(self) -> Meaning:
        """Return what is counted, whatever definition it is held against."""
        return self.model_copy(update={"definition": None})


def _days(duration: str | None) -> int | None:
    """Return about how many days a duration is, for comparing two."""
    if duration is None:
        return None
    match = DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"the duration {duration} is none: write P and a number of years, months or days, as P6M")
    return int(match.group(1)) * DAYS_OF[match.group(2)]


RowFieldName = Literal["cell_unit", "origin", "destination", "category"]


class Item(Declared):
    """One counted item of a count form: where it stands and what it means.

    An item that ``needs`` a row field is only read in a table that has its column: elsewhere the same heading would
    count something else.
    """

    name_zh: str
    name_en: str
    meaning: Meaning
    needs: RowFieldName | None = None
    headings: SomeHeadings


class RowField(Declared):
    """A column that says what the counts of a row are about: a division, an end of a flow, or a category."""

    headings: SomeHeadings
    required: bool = False
    values: str | None = None
    systems: tuple[str, ...] = ()
    words: Mapping[str, str] = Field(default_factory=dict)


class CountForm(FormBase):
    """A form whose cells are counts.

    ``rows`` are the columns that say what a row is about. A place without a column is the sender's unit; of those in
    ``rows_need`` at least one must have a column.
    """

    kind: Literal["count"]
    rows: Annotated[Mapping[RowFieldName, RowField], Field(min_length=1)]
    rows_need: Annotated[tuple[RowFieldName, ...], Field(min_length=1)]
    items: Annotated[Mapping[str, Item], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> CountForm:
        _check_names(self.items, "item")
        self._check_row_fields()
        self._check_rules({**{name: ROW_FIELD_TYPES[name] for name in self.rows}, VALUE_FIELD: "integer"})
        for rule in self.rules:
            if rule.rule not in COUNT_RULES:
                raise ValueError(f"rule {rule.rule} does not fit a form of counts")
        claims = [(heading.path, str(name)) for name, row in self.rows.items() for heading in row.headings]
        claims += [(heading.path, name) for name, item in self.items.items() for heading in item.headings]
        _refuse_double_claims(claims)
        return self

    def _check_row_fields(self) -> None:
        for row_field, field in self.rows.items():
            if (ROW_FIELD_TYPES[row_field] == "code") != (field.values is not None):
                raise ValueError(f"the row field {row_field} {'needs' if field.values is None else 'has no'} `values`")
        unknown = next((name for name in self.rows_need if name not in self.rows), None)
        if unknown is not None:
            raise ValueError(f"`rows_need` names {unknown}, which is not among `rows`")
        self._check_items()

    def _check_items(self) -> None:
        seen: dict[tuple[Meaning, RowFieldName | None], str] = {}
        for name, item in self.items.items():
            if item.needs is not None and item.needs not in self.rows:
                raise ValueError(f"the item {name} needs {item.needs}, which is not among `rows`")
            other = seen.setdefault((item.meaning.counted, item.needs), name)
            if other != name:
                raise ValueError(f"the items {other} and {name} have the same `meaning`")


Form = Annotated[PersonForm | CountForm, Field(discriminator="kind")]


def _check_names(names: Iterable[str], what: str) -> None:
    """A name becomes a column; so it is plain."""
    for name in names:
        if not NAME.fullmatch(name):
            raise ValueError(f"the {what} name {name} is not plain: use small letters, digits and underscores")


def _refuse_double_claims(claims: Iterable[tuple[HeadingPath, str]]) -> None:
    owner: dict[HeadingPath, str] = {}
    for path, name in claims:
        key = tuple(normalise_word(part) for part in path)
        if owner.setdefault(key, name) != name:
            raise ValueError(f"the heading {'/'.join(path)} stands for both {owner[key]} and {name}")
