"""Template files: every problem with its place, and every form that is in use."""

from __future__ import annotations

import streamlit as st

from pages._ui import chrome, components, menu, routes
from pages._ui.gate import Visit
from schemas.finding import Finding, Severity

TONES: dict[Severity, components.Tone] = {Severity.ERROR: "red", Severity.WARNING: "amber", Severity.INFO: "blue"}


def head(visit: Visit) -> None:
    """Title and how many forms are in use."""
    count = len(visit.app.catalogue.templates)
    with chrome.header(visit, visit.text("templates.title"), visit.text("templates.line", count=count)):
        pass


def problems(visit: Visit) -> None:
    """What the loader found: severity, place, what and how to fix it."""
    found = visit.app.template_findings
    with st.container(border=True, key="card__problems"):
        st.subheader(visit.md("templates.problems"), anchor=False)
        if not found:
            chrome.remark("green", "check_circle", visit.md("templates.no_problems"))
            return
        columns = [
            components.TableColumn(key, visit.text(f"templates.column.{key}")) for key in ("place", "code", "what")
        ]
        rows = [components.TableRow(str(number), _cells(visit, one)) for number, one in enumerate(found)]
        components.table("table.problems", visit.text("templates.problems"), columns, rows)


def _cells(visit: Visit, finding: Finding) -> tuple[components.TableCell, ...]:
    text = visit.app.labels.finding(finding, visit.language)
    place = str(finding.at or "")
    return (
        components.TableCell(place, place),
        components.TableCell(finding.code, tone=TONES[finding.severity]),
        components.TableCell(text, text),
    )


def forms(visit: Visit) -> None:
    """Every form in use, by group."""
    with st.container(border=True, key="card__forms"):
        st.subheader(visit.md("templates.forms"), anchor=False)
        columns = [
            components.TableColumn(key, visit.text(f"templates.form.{key}"))
            for key in ("name", "group", "sheet", "fields")
        ]
        rows = [
            components.TableRow(
                template.key,
                (
                    components.TableCell(template.label.text(visit.language), template.key),
                    components.TableCell(menu.group_name(visit, template.group)),
                    components.TableCell(template.sheet),
                    components.TableCell(str(len(template.fields))),
                ),
                routes.href(routes.RECORDS, t=template.key),
            )
            for template in visit.app.catalogue.templates
        ]
        components.table("table.forms", visit.text("templates.forms"), columns, rows,
                         on_open=lambda key: routes.go(routes.RECORDS, t=key))  # fmt: skip
