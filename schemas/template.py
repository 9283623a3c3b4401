"""The meta-model: what a template file may say.

Everything here is data. Reading YAML with positions, merging the company's layer and cross-template lint live in
`schemas.loader`; what each field type does with a value lives in `schemas.field_types`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Option

Key = Annotated[str, Option(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Source = Annotated[str, Option(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$")]
"""A field of another record: `key`; one step further `line.key` (every row's, joined) or `reference.key`."""

TypeName = Literal[
    "text", "long_text", "integer", "decimal", "money", "percent", "date", "datetime", "month", "year", "bool",
    "choice", "multi_choice", "reference", "user", "phone", "email", "id_number", "url", "attachment", "decision",
    "serial", "computed",
]  # fmt: skip


class Meta(BaseModel):
    """Frozen, and an unknown option is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Meta):
    """One text in both languages. `zh` is also what stands in the workbook's header."""

    zh: str = Option(min_length=1)
    en: str = Option(min_length=1)

    def text(self, language: str) -> str:
        """The text in `language` ("zh" or "en")."""
        return self.en if language == "en" else self.zh


class Choice(Meta):
    """One answer of a choice field. `value` is Chinese and is what is stored; `en` is what an English user sees."""

    value: str = Option(min_length=1)
    en: str = Option(min_length=1)
    aliases: tuple[str, ...] = ()

    def text(self, language: str) -> str:
        """The answer as people read it in `language`."""
        return self.en if language == "en" else self.value


class Condition(Meta):
    """A condition as data: one test of one field, or `all`/`any`/`not` of further conditions.

    Values compare by the field's type. `before`/`after` (dates, months, years) and `less`/`greater` (numbers) are
    strict and take a literal, "today", "now" or another field's key; `same_as` takes another field's key.
    A multi-choice field equals each of its answers, a decision its verdict. An empty field fails every test but
    `empty: true` and `not`. Several tests in one condition must all hold.
    """

    field: Key | None = None
    equals: str | None = None
    in_: tuple[str, ...] | None = Option(default=None, alias="in")
    before: str | None = None
    after: str | None = None
    less: str | None = None
    greater: str | None = None
    same_as: Key | None = None
    empty: bool | None = None
    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    not_: Condition | None = Option(default=None, alias="not")

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Pattern(Meta):
    """A regular expression the whole canonical text must match, with the rule in words for the error message."""

    regex: str
    hint: Label


class InForce(Meta):
    """Takes the value from the line in force today: the row of `line` with the latest `from` date not after today.

    While no row is in force the field is an ordinary question; once one is, the row decides and the field is read-only.
    Reports that ask about another day take the line in force on that day instead.
    """

    line: Key
    from_: Key = Option(alias="from")
    field: Key | None = None
    """The line's field to take; default is the field of the same key."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Field(Meta):
    """One question of a form and one column of its sheet. Options a type does not know are loader findings."""

    key: Key
    type: TypeName
    label: Label
    required: bool = False
    help: Label | None = None
    example: str | None = None
    unit: Label | None = None
    default: str | None = None
    """A literal, or one of: today, now, current_user, last_value."""

    choices: tuple[Choice, ...] = ()
    min: str | None = None
    max: str | None = None
    """Inclusive bounds: a literal of the field's type, "today", "now", or another field's key."""
    places: int | None = Option(default=None, ge=0, le=6)
    max_length: int | None = Option(default=None, ge=1)
    pattern: Pattern | None = None
    accepts: tuple[Literal["mobile", "landline", "email"], ...] = ()
    """Phone fields only; default mobile and landline."""

    to: Key | None = None
    """Reference fields only: the key of the template referred to. A `user` field refers to `staff`."""
    fill: dict[Key, Source] = Option(default_factory=dict)
    """Reference fields only: field here → what is copied from the target when one is picked and this field is empty.

    `key` is a field of the target, `line.key` the target's line items joined by 、 and `reference.key` a field of
    the record the target refers to. The last two are copied as people read them.
    """
    serial: str | None = None
    """Serial fields only, e.g. "C{seq:4}" or "PO{yyyymmdd}{seq:3}"; the counter starts anew with each date part."""
    compute: str | None = None
    """Computed fields only: an expression of schemas.expressions."""
    result: Literal["text", "integer", "decimal", "money", "percent", "date", "bool"] | None = None
    """Computed fields only: the type of the result; default decimal."""
    in_force: InForce | None = None

    unique: bool = False
    similar: Literal["company", "phone"] | None = None
    """Warn while typing when a live record has the same folded company name or phone."""
    owner: bool = False
    pii: bool = False
    prefill: bool = False
    """Whether a link may fill the field (?name=value); what it brings is checked as if typed."""
    read_roles: tuple[str, ...] = ()
    """When given, only these roles may read the field."""
    visible_if: Condition | None = None
    required_if: Condition | None = None
    read_only_if: Condition | None = None
    was: tuple[str, ...] = ()
    """Former Chinese labels: a header that still carries one is renamed."""
    aliases: tuple[str, ...] = ()
    """Other headers under which people's workbooks carry this column."""


class Section(Meta):
    """A card of the form. Fields in no section come last under no heading."""

    label: Label
    fields: tuple[Key, ...]


class LineTable(Meta):
    """A child table: line items of a record, kept in a sheet of its own."""

    key: Key
    label: Label
    fields: tuple[Field, ...] = Option(min_length=1)
    sheet: str = ""
    min_rows: int = Option(default=0, ge=0)
    max_rows: int = Option(default=200, ge=1)


class Cite(Meta):
    """The document and clause a rule comes from, and the rule in our own short words."""

    document: str = Option(min_length=1)
    clause: str = Option(min_length=1)
    zh: str = Option(min_length=1)
    en: str = Option(min_length=1)


class Rule(Meta):
    """A cross-field check on submit: when `refuse_if` holds, the record is refused with `message` at `field`."""

    refuse_if: Condition
    field: Key
    message: Label
    cite: Cite | None = None


class ListView(Meta):
    """The list's columns (6–8, the first is the link), its sort ("-" before a key: descending) and quick filters."""

    columns: tuple[Key, ...] = Option(min_length=1)
    sort: tuple[str, ...] = ()
    filters: tuple[Key, ...] = ()


class Signature(Meta):
    """A signature block of the printed form."""

    label: Label
    field: Key | None = None
    """A field that names who signs (a person, a decision or a text); without one the block is signed by hand."""


class Permissions(Meta):
    """Roles per action. `read` maps a role to the rows it sees; a role not named sees none. admin may do everything."""

    create: tuple[str, ...] = ()
    read: dict[str, Literal["own", "department", "all"]] = Option(default_factory=dict)
    edit: tuple[str, ...] = ()
    withdraw: tuple[str, ...] = ()
    export: tuple[str, ...] = ()


class Template(Meta):
    """A standard form: what it asks, how it is shown, where it is kept and who may use it."""

    key: Key
    version: int = Option(ge=1)
    label: Label
    sheet: str = ""
    """Sheet title; default is the Chinese label."""
    group: str = ""
    rank: int = Option(default=1000, ge=0)
    """Its place in menus and in the workbook: low ranks first, and groups by the lowest of their forms'."""
    help: Label | None = None
    fields: tuple[Field, ...] = Option(min_length=1)
    sections: tuple[Section, ...] = ()
    lines: tuple[LineTable, ...] = ()
    record_key: Key | None = None
    """The field other templates refer to (customer_id, staff_id, …). None: the record number."""
    display: Key | None = None
    """The field people read in place of the key; default is the record key."""
    unique: tuple[tuple[Key, ...], ...] = ()
    """Combinations of fields no two live records share."""
    pending: tuple[Key, ...] = ()
    """Fields that may be answered later, all together: until then the record stands as 待确认, not yet submitted."""
    rules: tuple[Rule, ...] = ()
    list_view: ListView
    permissions: Permissions = Permissions()
    signatures: tuple[Signature, ...] | None = None
    """Signature blocks of the printed form. None: its decisions, else who filled it in, checked and approved it."""
    owner_via: Key | None = None
    """A reference field through whose target ownership is inherited."""
    written_by: Literal["people", "portal"] = "people"
    """portal: records are the portal's own findings, such as settlements. People read them; nobody enters, changes,
    withdraws or restores one, and what is typed over one in the workbook is put back."""

    @model_validator(mode="after")
    def _fill_sheet(self) -> Template:
        if not self.sheet:
            object.__setattr__(self, "sheet", self.label.zh)
        return self

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """The header's fields by key."""
        return {field.key: field for field in self.fields}

    @cached_property
    def lines_by_key(self) -> dict[str, LineTable]:
        """The line tables by key."""
        return {line.key: line for line in self.lines}

    def line_sheet(self, line: LineTable) -> str:
        """Title of a line table's sheet: `<label>明细`, or `<label>-<line label>` when there are several."""
        if line.sheet:
            return line.sheet
        return f"{self.sheet}明细" if len(self.lines) == 1 else f"{self.sheet}-{line.label.zh}"

    def table_names(self) -> tuple[str, ...]:
        """The store's tables for this template: `key`, then `key.<line key>` for each line table."""
        return (self.key, *(f"{self.key}.{line.key}" for line in self.lines))
