"""What a list shows, as one value: tab, search, filters, order, columns and page. It stands in the URL as parameters,
in a saved view without its page, and becomes the repository's query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from schemas.record import Actor
from schemas.rights import may_read_field
from schemas.template import Field, Label, Template
from services.list_filters import Filter, read, store_tests, written
from sheets_adapter.contract import Test
from sheets_adapter.listing import ListQuery, can_be_ordered

if TYPE_CHECKING:
    from schemas.labels import Labels

PAGE = 50
TABS = ("all", "own", "department")
MOST_COLUMNS = 20
SYSTEM_FIELDS = {"created_at": "datetime", "created_by": "text", "updated_at": "datetime", "updated_by": "text"}
FILTER = "f."
_NOT_IN_A_VIEW = frozenset({"after", "page", "view"})


@dataclass(frozen=True, slots=True)
class ListState:
    """What the list shows. sort: a column's key, "-" before it for descending, "" for the form's own order.

    columns: () for the person's own. after: where this page begins; place: its number. view: the saved view it came
    from.
    """

    tab: str = "all"
    search: str = ""
    filters: tuple[tuple[str, Filter], ...] = ()
    sort: str = ""
    bin: bool = False
    columns: tuple[str, ...] = ()
    view: str = ""
    after: str = ""
    place: int = 1

    @property
    def is_narrowed(self) -> bool:
        """Whether anything hides records that are there."""
        return bool(self.search or self.filters)

    @property
    def from_start(self) -> ListState:
        """The same list from its first page."""
        return replace(self, after="", place=1)

    def filtered(self, key: str, asked: Filter) -> ListState:
        """The list with this filter of the field, or without when it is empty; others keep their place."""
        before = dict(self.filters)
        others = {**before, key: asked} if asked else {name: one for name, one in before.items() if name != key}
        return replace(self, filters=tuple(others.items())).from_start

    def params(self) -> dict[str, str]:
        """As parameters of a URL; what is not asked for is ""."""
        return {
            "tab": "" if self.tab == "all" else self.tab,
            "q": self.search,
            "sort": self.sort,
            "bin": "1" if self.bin else "",
            "cols": ",".join(self.columns),
            "view": self.view,
            "after": self.after,
            "page": str(self.place) if self.place > 1 else "",
            **{f"{FILTER}{key}": written(asked) for key, asked in self.filters},
        }

    def kept(self) -> dict[str, str]:
        """As a saved view keeps it."""
        return {name: text for name, text in self.params().items() if text and name not in _NOT_IN_A_VIEW}

    def query(self, fields: Mapping[str, Field], now: datetime, *, limit: int = PAGE) -> ListQuery:
        """The same, for the repository."""
        tests: list[Test] = []
        groups: list[tuple[Test, ...]] = []
        for key, asked in self.filters:
            all_of, any_of = store_tests(fields[key], asked, now.date())
            tests += all_of
            groups += any_of
        return ListQuery(
            tab=self.tab,  # type: ignore[arg-type]
            search=self.search,
            filters=tuple(tests),
            any_of=tuple(groups),
            sort=((self.sort.removeprefix("-"), self.sort.startswith("-")),) if self.sort else (),
            limit=limit,
            after=self.after,
            void="void" if self.bin else "live",
        )


@dataclass(frozen=True, slots=True)
class ListFields:
    """The columns a person may see in the lists of a template: its own and who made and changed a record when."""

    template: Template
    actor: Actor
    by_key: Mapping[str, Field]

    @classmethod
    def of(cls, template: Template, actor: Actor, labels: Labels) -> ListFields:
        """As far as the actor may read them."""
        own = {field.key: field for field in template.fields if may_read_field(actor, template, field)}
        system = {key: _system_field(key, kind, labels) for key, kind in SYSTEM_FIELDS.items() if key not in own}
        return cls(template, actor, {**own, **system})

    def can_be_ordered(self, key: str, tab: str) -> bool:
        """Whether he may sort by the column, and filter by what it contains."""
        return key in self.by_key and can_be_ordered(self.template, self.actor, key, tab)  # type: ignore[arg-type]

    def default_columns(self) -> tuple[str, ...]:
        """The template's choice of columns."""
        return tuple(key for key in self.template.list_view.columns if key in self.by_key)

    def known_columns(self, keys: Sequence[str]) -> tuple[str, ...]:
        """The columns that exist and may be read, each once, at most MOST_COLUMNS."""
        return tuple(key for key in dict.fromkeys(keys) if key in self.by_key)[:MOST_COLUMNS]

    def state(self, params: Mapping[str, str], now: datetime) -> ListState:
        """What parameters ask for; what nobody can ask for, or he may not, is ignored."""
        tab, sort, place = (params.get(name, "") for name in ("tab", "sort", "page"))
        tab = tab if tab in TABS else "all"
        return ListState(
            tab=tab,
            search=params.get("q", ""),
            filters=self._filters(params, tab, now),
            sort=sort if self.can_be_ordered(sort.removeprefix("-"), tab) else "",
            bin=params.get("bin") == "1",
            columns=self.known_columns(params.get("cols", "").split(",")),
            view=params.get("view", ""),
            after=params.get("after", ""),
            place=int(place) if place.isdecimal() and place.isascii() and int(place) > 0 else 1,
        )

    def _filters(self, params: Mapping[str, str], tab: str, now: datetime) -> tuple[tuple[str, Filter], ...]:
        found = []
        for name, text in params.items():
            key = name.removeprefix(FILTER)
            if name.startswith(FILTER) and key in self.by_key and text:
                masked = not self.can_be_ordered(key, tab)
                found.append((key, read(self.by_key[key], text, now, masked=masked)))
        return tuple((key, asked) for key, asked in found if asked)


def _system_field(key: str, kind: str, labels: Labels) -> Field:
    label = Label(zh=labels.text(f"system.{key}", "zh"), en=labels.text(f"system.{key}", "en"))
    return Field(key=key, type=kind, label=label)  # type: ignore[arg-type]
