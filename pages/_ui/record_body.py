"""What a record says: the facts that matter on top, then section by section; what was left empty is folded."""

from __future__ import annotations

import streamlit as st

from pages._ui import chrome, components, routes, values
from pages._ui.gate import Visit
from pages._ui.text import plain
from schemas.field_types import target_of
from schemas.field_types.records import stored_files
from schemas.line_totals import line_totals
from schemas.record import Line, Record
from schemas.rights import may_read_field
from schemas.template import Field, LineTable, Template
from services.attachments import File

FACTS = 5


def draw(visit: Visit, template: Template, record: Record) -> None:
    """The whole body."""
    _facts(visit, template, record)
    placed = {key for section in template.sections for key in section.fields}
    parts = [(section.label.text(visit.language), section.fields) for section in template.sections]
    rest = tuple(f.key for f in template.fields if f.key not in placed)
    label = template.label.text(visit.language)
    parts.append((visit.text("record.other") if template.sections else label, rest))
    empty: list[str] = []
    for number, (title, keys) in enumerate(parts):
        asked = [template.by_key[key] for key in keys if may_read_field(visit.actor, template, template.by_key[key])]
        if any(record.values.get(f.key) or record.raw.get(f.key) for f in asked):
            _section(visit, template, record, number, title, asked)
        elif asked:
            empty.append(title)
    for line in template.lines:
        _lines(visit, template, line, record.lines.get(line.key, ()))
    _extra(visit, record)
    if empty:
        st.caption(visit.md("record.empty_sections", names=visit.text("list.separator").join(empty)))


def _facts(visit: Visit, template: Template, record: Record) -> None:
    """The list's columns, without the ones the headline says already."""
    spoken = {template.display, template.record_key, values.telling_choice(template, record)}
    keys = [key for key in template.list_view.columns if key not in spoken and record.values.get(key)][:FACTS]
    if not keys:
        return
    with st.container(key="facts", border=True):
        grid = st.grid(len(keys), min_column_width=110)
        for key in keys:
            with grid, st.container(key=f"fact__{key}"):
                asked = template.by_key[key]
                st.caption(visit.label(asked.label))
                st.text(values.shown(visit, asked, record.values[key]))


def _section(visit: Visit, template: Template, record: Record, number: int, title: str, asked: list[Field]) -> None:
    answered = [f for f in asked if record.values.get(f.key) or record.raw.get(f.key)]
    with st.container(border=True, key=f"card__{number}"):
        st.subheader(plain(title), anchor=False)
        grid = st.grid(2, min_column_width=220, gap=("small", "medium"))
        for one in answered:
            place = grid.cell(column_span="all") if values.is_long(one) else grid
            with place, st.container(key=f"value__{one.key}", gap="xxsmall"):
                _value(visit, template, record, one)
        empty = [f for f in asked if f not in answered]
        if empty:
            names = visit.text("list.separator").join(f.label.text(visit.language) for f in empty)
            st.caption(visit.md("record.left_empty", count=len(empty), names=names))


def _value(visit: Visit, template: Template, record: Record, asked: Field) -> None:
    st.caption(visit.label(asked.label))
    if record.raw.get(asked.key):
        st.text(record.raw[asked.key])
        chrome.remark("orange", "warning", visit.md("record.not_understood"))
    elif asked.type == "attachment":
        _files(visit, template, record, asked)
    elif target_of(asked) and _link(visit, asked, record.values[asked.key]):
        pass
    else:
        st.text(values.shown(visit, asked, record.values[asked.key]))


def _link(visit: Visit, asked: Field, key: str) -> bool:
    """A way to the record referred to, if it is his to see."""
    target = target_of(asked)
    found = visit.app.repository.find_by_key(target, key, visit.actor) if target in visit.app.catalogue else None
    if found is None:
        return False
    routes.link(routes.RECORD, values.shown(visit, asked, key), t=target, id=found.record_id)
    return True


def _files(visit: Visit, template: Template, record: Record, asked: Field) -> None:
    for number, file in enumerate(stored_files(record.values[asked.key])):

        def data(sha256: str = file.sha256) -> bytes:
            read = visit.app.attachments.read(template.key, record.record_id, asked.key, sha256, visit.actor)
            return read.data if isinstance(read, File) else visit.app.labels.finding(read, visit.language).encode()

        st.download_button(plain(file.name), data, file_name=file.name, key=f"file__{asked.key}__{number}",
                           icon=":material/attach_file:", type="tertiary", on_click="ignore")  # fmt: skip


def _lines(visit: Visit, template: Template, line: LineTable, rows: tuple[Line, ...]) -> None:
    """A line table with its totals."""
    fields = [f for f in line.fields if may_read_field(visit.actor, template, f)]
    with st.container(border=True, key=f"card__line_{line.key}"):
        st.subheader(visit.label(line.label), anchor=False)
        if not rows:
            st.caption(visit.md("record.no_rows"))
            return
        columns = [components.TableColumn(f.key, f.label.text(visit.language), values.align(f)) for f in fields]
        drawn = [components.TableRow(row.line_id, tuple(_cell(visit, f, row) for f in fields))
                 for row in rows]  # fmt: skip
        totals = line_totals(line, [row.values for row in rows])
        foot = [components.TableCell(values.shown(visit, f, totals.get(f.key, ""))) for f in fields]
        if totals and not foot[0].text:
            foot[0] = components.TableCell(visit.text("record.total"))
        components.table(f"lines.{template.key}.{line.key}", line.label.text(visit.language), columns, drawn,
                         total=foot if totals else ())  # fmt: skip


def _cell(visit: Visit, asked: Field, row: Line) -> components.TableCell:
    return values.cell(visit, asked, row.values.get(asked.key, ""), row.raw.get(asked.key, ""))


def _extra(visit: Visit, record: Record) -> None:
    """Columns people added to the workbook: shown, never touched."""
    if not record.extra:
        return
    with st.container(border=True, key="card__extra"):
        st.subheader(visit.md("record.extra"), anchor=False)
        grid = st.grid(2, min_column_width=220, gap=("small", "medium"))
        for header, text in record.extra.items():
            with grid, st.container(gap="xxsmall"):
                st.caption(plain(header))
                st.text(text)
