"""The list of one form's records. Its state stands in the URL, so a link shows what its sender saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from pages._ui import chrome, components, routes, state, values, widgets
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.record import Record
from schemas.rights import may, may_read_field, scope
from schemas.template import Field, Template
from services.attachments import File
from services.records import ListQuery, RecordPage, Test

PAGE = 50
TABS = ("all", "own", "department")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list shows. filters: chosen value by field. after: where this page begins; place: its number."""

    tab: str = "all"
    search: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    bin: bool = False
    after: str = ""
    place: int = 1

    def query(self, template: Template) -> ListQuery:
        """The same, for the repository."""
        sort = ((self.sort.lstrip("-"), self.sort.startswith("-")),) if self.sort else ()
        return ListQuery(
            tab=self.tab,  # type: ignore[arg-type]
            search=self.search,
            filters=tuple(_test(template.by_key[key], value) for key, value in self.filters),
            sort=sort,
            limit=PAGE,
            after=self.after,
            void="void" if self.bin else "live",
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything hides records that are there."""
        return bool(self.search or self.filters)


def _test(asked: Field, value: str) -> Test:
    return Test(asked.key, "contains" if asked.type == "multi_choice" else "eq", value)


def asked_of_url(visit: Visit, template: Template) -> Asked:
    """What the URL asks for; what it cannot ask for is ignored."""
    tab, sort, place = routes.asked("tab"), routes.asked("sort"), routes.asked("page")
    return Asked(
        tab=tab if tab in TABS else "all",
        search=routes.asked("q"),
        filters=tuple(
            (key, routes.asked(f"f.{key}")) for key in _filterable(visit, template) if routes.asked(f"f.{key}")
        ),
        sort=sort if _may_read(visit, template, sort.lstrip("-")) else "",
        bin=routes.asked("bin") == "1",
        after=routes.asked("after"),
        place=int(place) if place.isdecimal() and int(place) > 0 else 1,
    )


def _filterable(visit: Visit, template: Template) -> list[str]:
    kinds = ("choice", "multi_choice", "bool", "reference", "user")
    keys = template.list_view.filters
    return [key for key in keys if template.by_key[key].type in kinds and _may_read(visit, template, key)]


def _may_read(visit: Visit, template: Template, key: str) -> bool:
    """A hidden column is neither shown nor sorted or filtered by: that would tell what it holds."""
    return key in template.by_key and may_read_field(visit.actor, template, template.by_key[key])


def head(visit: Visit, template: Template, asked: Asked) -> None:
    """The form's name and what it is for; a new record, and the list as a file."""
    help_line = template.help.text(visit.language) if template.help else ""
    with chrome.header(visit, template.label.text(visit.language), help_line):
        if may(visit.actor, template, "export"):
            _downloads(visit, template, asked)
        if may(visit.actor, template, "create") and st.button(
            visit.md("records.new"), key="new", type="primary", icon=":material/add:"
        ):
            routes.go(routes.FORM, t=template.key)


def _downloads(visit: Visit, template: Template, asked: Asked) -> None:
    with st.popover(visit.md("records.export"), icon=":material/download:", key="export"):
        st.caption(visit.md("records.export_help"))
        for kind in ("xlsx", "csv"):
            name = f"{template.label.text(visit.language)} {visit.app.clock():%Y-%m-%d}.{kind}"
            st.download_button(
                visit.md(f"records.export_{kind}"), data=_file(visit, template, asked, kind), file_name=name,
                key=f"export_{kind}", on_click="ignore", width="stretch",
            )  # fmt: skip


def _file(visit: Visit, template: Template, asked: Asked, kind: Literal["xlsx", "csv"]) -> Callable[[], bytes]:
    """Made when it is asked for, with the rights of who asks."""

    def made() -> bytes:
        query = asked.query(template)
        made = visit.app.exports.records(template.key, visit.actor, query, kind=kind, language=visit.language)
        return made.data if isinstance(made, File) else visit.app.labels.finding(made, visit.language).encode()

    return made


def controls(visit: Visit, template: Template, asked: Asked) -> Asked:
    """Tabs with counts, search, filters, the recycle bin; answers what is asked now and writes it into the URL."""
    fields = [template.by_key[key] for key in _filterable(visit, template)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="list_controls"):
        tab = _tabs(visit, template, asked)
        search = widgets.search_box(f"list.{template.key}.q", visit.text("records.search"), asked.search)
        with st.popover(visit.md("records.filters"), icon=":material/filter_list:", key="filters"):
            chosen = tuple((f.key, value) for f in fields if (value := _filter(visit, f, asked)))
            shown_bin = widgets.switch(f"list.{template.key}.bin", visit.md("records.bin"), asked.bin)
    now = replace(asked, tab=tab, search=search.strip(), filters=chosen, bin=shown_bin)
    if replace(now, after="", place=1) != replace(asked, after="", place=1):
        now = replace(now, after="", place=1)
    _settle(visit, template, now)
    return _chips(visit, template, now)


def _chips(visit: Visit, template: Template, asked: Asked) -> Asked:
    """What narrows the list, each with a press to take it away."""
    if not asked.filters and not asked.bin:
        return asked
    with st.container(horizontal=True, gap="xsmall", key="filter_chips"):
        for key, value in asked.filters:
            field = template.by_key[key]
            words = f"{field.label.text(visit.language)}: {values.shown(visit, field, value)}"
            st.button(plain(words), key=f"chip__{key}", icon=":material/close:", on_click=state.type_into,
                      args=(f"list.filter.{key}", None))  # fmt: skip
        if asked.bin:
            st.button(visit.md("records.bin"), key="chip__bin", icon=":material/close:", on_click=state.type_into,
                      args=(f"list.{template.key}.bin", False))  # fmt: skip
    return asked


def _settle(visit: Visit, template: Template, asked: Asked) -> None:
    chosen = dict(asked.filters)
    routes.settle(
        tab="" if asked.tab == "all" else asked.tab, q=asked.search, sort=asked.sort, bin="1" if asked.bin else "",
        after=asked.after, page=str(asked.place) if asked.place > 1 else "",
        **{f"f.{key}": chosen.get(key, "") for key in _filterable(visit, template)},
    )  # fmt: skip


def _tabs(visit: Visit, template: Template, asked: Asked) -> str:
    """全部/我的/部门 as far as they differ for this person."""
    seen = scope(visit.actor, template)
    offered = {"all": TABS, "department": ("department", "own"), "own": ("own",)}.get(seen, ("own",))
    if len(offered) == 1:
        return offered[0]
    counts = visit.app.repository.counts(template.key, visit.actor)
    words = {tab: visit.md(f"records.tab.{tab}", count=f"{counts.get(tab, 0):,}") for tab in offered}
    return widgets.tabs(f"list.{template.key}.tab", visit.md("records.tabs"), words, asked.tab)


def _filter(visit: Visit, asked_field: Field, asked: Asked) -> str:
    chosen = dict(asked.filters).get(asked_field.key, "")
    key = f"list.filter.{asked_field.key}"
    label = asked_field.label.text(visit.language)
    if asked_field.type in ("reference", "user"):
        return widgets.target_filter(visit, asked_field, key, label, chosen)
    options = [choice.value for choice in asked_field.choices] or ["是", "否"]
    words = {value: values.shown(visit, asked_field, value) for value in options}
    return widgets.pick(key, label, words, chosen, placeholder=visit.text("records.any"))


def read(visit: Visit, template: Template, asked: Asked) -> RecordPage:
    """The page of records asked for."""
    return visit.app.repository.page(template.key, visit.actor, asked.query(template))


def show(visit: Visit, template: Template, asked: Asked, page: RecordPage) -> None:
    """The table and where one is in it; or, when there is nothing, why and what to do."""
    if not page.records:
        _empty(visit, template, asked)
        return
    columns = [template.by_key[key] for key in template.list_view.columns if _may_read(visit, template, key)]
    components.table(
        f"table.{template.key}", template.label.text(visit.language), _columns(visit, columns, asked),
        [_row(visit, template, columns, record) for record in page.records],
        sort=asked.sort or next(iter(template.list_view.sort), ""), sort_label=visit.text("records.sort"),
        on_open=lambda record_id: routes.go(routes.RECORD, t=template.key, id=record_id),
        on_sort=lambda sort: _turn(visit, template, replace(asked, sort=sort, after="", place=1)),
    )  # fmt: skip
    _pages(visit, template, asked, page)


def _columns(visit: Visit, columns: list[Field], asked: Asked) -> list[components.TableColumn]:
    heads = [
        components.TableColumn(c.key, c.label.text(visit.language), values.align(c), sortable=True) for c in columns
    ]
    if asked.bin:
        heads.append(components.TableColumn("void_reason", visit.text("record.void_reason")))
    return heads


def _row(visit: Visit, template: Template, columns: list[Field], record: Record) -> components.TableRow:
    cells = [values.cell(visit, c, record.values.get(c.key, ""), record.raw.get(c.key, "")) for c in columns]
    if not cells[0].text:
        cells[0] = components.TableCell(record.record_id)
    if record.is_void:
        cells.append(components.TableCell(record.system.get("void_reason", "")))
    link = routes.href(routes.RECORD, t=template.key, id=record.record_id)
    return components.TableRow(record.record_id, tuple(cells), link, record.is_void)


def _empty(visit: Visit, template: Template, asked: Asked) -> None:
    with st.container(border=True, key="card__empty"):
        if asked.is_narrowed:
            st.markdown(visit.md("records.none_found"))
        elif asked.bin:
            st.markdown(visit.md("records.bin_empty"))
        else:
            st.markdown(visit.md("records.none_yet", form=template.label.text(visit.language)))
            if may(visit.actor, template, "create") and st.button(
                visit.md("records.first"), key="first", icon=":material/add:"
            ):
                routes.go(routes.FORM, t=template.key)


def _pages(visit: Visit, template: Template, asked: Asked, page: RecordPage) -> None:
    """Where one is (51–100 / 12,345), the page before and the next."""
    first = (asked.place - 1) * PAGE + 1
    here = visit.text("records.place", first=f"{first:,}", last=f"{first + len(page.records) - 1:,}",
                      total=f"{page.total:,}")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right", key="list_pages"):
        st.caption(plain(here), width="content")
        back = st.button(visit.md("records.previous"), key="previous", disabled=asked.place == 1, type="tertiary")
        on = st.button(visit.md("records.next"), key="next", disabled=not page.next, type="tertiary")
    begins = state.list_cursors(template.key) if asked.place > 1 else []
    if back:
        before = begins[asked.place - 3] if 2 <= asked.place - 1 <= len(begins) + 1 and asked.place > 2 else ""
        _turn(visit, template, replace(asked, after=before, place=asked.place - 1 if before else 1))
    if on:
        state.keep_list_cursors(template.key, [*begins[: asked.place - 1], page.next])
        _turn(visit, template, replace(asked, after=page.next, place=asked.place + 1))


def _turn(visit: Visit, template: Template, asked: Asked) -> None:
    _settle(visit, template, asked)
    st.rerun()
