"""Findings about rows nobody touched in the workbook since: what was put right elsewhere is no longer told.

Elsewhere is in the portal, or in the row one was a duplicate of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from schemas.finding import CellRef, Finding
from schemas.record import VOID
from sheets_adapter.columns import SheetMap, TablePlan
from sheets_adapter.contract import Row, Store
from sheets_adapter.intake import RecordTaker, SheetRow
from sheets_adapter.sync_state import RowFinding, SyncState
from sheets_adapter.xlsx.addresses import column_letters

_DUPLICATE = "R030"


def review_findings(
    plans: Sequence[TablePlan],
    state: SyncState,
    store: Store,
    taker: RecordTaker,
    judged: Mapping[str, Collection[str]],
) -> None:
    """Judges rows anew that were written since the last review. judged: table → rows whose findings are of just now."""
    since, now = state.number("reviewed"), store.revision()
    if since == now:
        return
    for plan in plans:
        told = state.row_findings(plan.table)
        if any(one.row_id for one in told):
            _review(plan.table, told, since, state, store, taker, judged.get(plan.table, ()))
    state.set(reviewed=str(now))


def _review(
    table: str,
    told: Sequence[RowFinding],
    since: int,
    state: SyncState,
    store: Store,
    taker: RecordTaker,
    judged: Collection[str],
) -> None:
    changed = {row.row_id for row in store.changed_rows(table, since, columns=())}
    suspects = {one.row_id for one in told if one.row_id in changed and one.row_id not in judged}
    if changed:  # whichever row changed may be the one another is a duplicate of
        suspects |= {one.row_id for one in told if one.finding.code == _DUPLICATE}
    sheet = state.sheet(table)
    if not suspects or sheet is None:
        return
    rows = store.get_many(table, sorted(suspects))
    live = {row_id: row for row_id, row in rows.items() if row.values.get("status") != VOID}
    places = {row_id: one.place for row_id, one in state.places_of(table, list(live)).items()}
    broken = taker.judge(
        table, sheet.map.sheet, [_as_sheet_row(row, places.get(row.row_id, 0)) for row in live.values()]
    )
    standing = [one for one in told if one.row_id not in suspects or _is_unfit_cell(one, live)]
    state.put_findings(
        table, (), [*standing, *found_in_rows(broken, {at: row_id for row_id, at in places.items()}, sheet.map)]
    )


def found_in_rows(findings: Sequence[Finding], rows: Mapping[int, str], sheet: SheetMap) -> list[RowFinding]:
    """Findings about rows, each with its row's id and the address of the field's cell. rows: sheet row → id."""
    found = []
    for finding in findings:
        at = finding.at
        if isinstance(at, CellRef):
            place = sheet.columns.get(str(finding.params.get("field", "")))
            finding = replace(finding, at=replace(at, column="" if place is None else column_letters(place)))
        found.append(RowFinding(rows.get(at.row, "") if isinstance(at, CellRef) else "", finding))
    return found


def _as_sheet_row(row: Row, place: int) -> SheetRow:
    return SheetRow(row.row_id, row.values, row.raw, row.extra, "merge", row.etag, place)


def _is_unfit_cell(one: RowFinding, live: Mapping[str, Row]) -> bool:
    """Whether the finding is about a cell that still holds what its field cannot."""
    return one.row_id in live and str(one.finding.params.get("field", "")) in live[one.row_id].raw
