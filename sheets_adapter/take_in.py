"""Taking hand edits in: reads the sheets that changed, merges them row by row and hands the result to the journal.

Every step may be cut off at any point and done again: a row's content in the file is only remembered once the journal
holds what was taken from it, and rows without an id are remembered under their new id before the journal gets them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.finding import CellRef, Finding, Severity
from sheets_adapter.columns import TablePlan
from sheets_adapter.intake import (
    Intake,
    Lineage,
    RecordTaker,
    RemovalNeedsConfirming,
    SheetRow,
    TakenIn,
    base_contents,
)
from sheets_adapter.merge import removes_too_many
from sheets_adapter.sheet_reading import (
    OpenedSheet,
    find_renamed_sheet,
    find_sheet,
    fingerprint,
    is_blank_sheet,
    open_sheet,
)
from sheets_adapter.sync_state import RowPlace, SheetState
from sheets_adapter.table_intake import TableIntake

__all__ = ["Intake", "Lineage", "RecordTaker", "RemovalNeedsConfirming", "SheetRow", "TakeIn", "TakenIn"]


class TakeIn:
    """Takes in what people changed in a workbook since it was last seen."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._state = intake.state
        self._generation = 0
        self.judged: dict[str, frozenset[str]] = {}
        """Table → rows read anew, whose findings are of just now."""

    def run(self, plans: Sequence[TablePlan]) -> None:
        """Merges every sheet that changed. Raises RemovalNeedsConfirming before anything is merged."""
        titles = {plan.table: find_sheet(self._intake.workbook, plan) for plan in plans}
        opened = [sheet for plan in plans if (sheet := self._open(plan, titles)) is not None]
        if not self._intake.removal_confirmed:
            for sheet in opened:
                self._require_few_removals(sheet)
        unresolved = [sheet for sheet in opened if self._merge(sheet)]
        # A reference may name a record of a sheet read after its own.
        again = [sheet for sheet in unresolved if self._merge(sheet)]
        self._state.set(unresolved="\n".join(sheet.plan.table for sheet in again))

    def generation(self) -> int:
        """The number under which what is seen now is remembered."""
        if not self._generation:
            self._generation = self._state.next_generation("seen", self._intake.at)
        return self._generation

    def _open(self, plan: TablePlan, titles: Mapping[str, str | None]) -> OpenedSheet | None:
        known = self._state.sheet(plan.table)
        title = titles[plan.table]
        if title is None and known is not None:
            there = {row_id for row_id, text in self._state.current(plan.table).items() if text}
            title = find_renamed_sheet(self._intake.workbook, plan, there, {one for one in titles.values() if one})
        if title is None:
            if known is not None:
                self._forget_sheet(plan, known)
            return None
        unresolved = plan.table in self._state.get("unresolved").split("\n")
        if known and not unresolved and known.crc == fingerprint(self._intake.workbook, plan, title):
            return None
        opened = open_sheet(self._intake.workbook, plan, title)
        if opened is None and known is None and is_blank_sheet(self._intake.workbook, title):
            self._state.put_findings(plan.table, [])
            self._state.want_sheets({plan.table})  # somebody wants to type records there
            return None
        if opened is None:
            self._state.put_findings(plan.table, [Finding("S068", CellRef(title, 1), {"template": plan.template.key})])
            self._state.suspend(plan.table)
        return opened

    def _forget_sheet(self, plan: TablePlan, known: SheetState) -> None:
        """Somebody deleted the whole sheet, rather by mistake than to withdraw all records: it is made again."""
        there = [row_id for row_id, text in self._state.current(plan.table).items() if text]
        with self._state.transaction():
            self._state.put_contents(plan.table, self.generation(), dict.fromkeys(there, ""))
            self._state.put_places(plan.table, dict.fromkeys(there, RowPlace(0, 0, dirty=True)))
            self._state.drop_sheet(plan.table)
            self._state.forget_wanted_sheet(plan.table)
            gone = Finding("S069", None, {"sheet": known.map.sheet}, Severity.WARNING)
            self._state.put_findings(plan.table, [gone])

    def _require_few_removals(self, sheet: OpenedSheet) -> None:
        if not self._intake.lineage.removes or self._intake.lineage.blind:
            return
        base = base_contents(self._state, sheet.plan.table, self._intake.lineage)
        expected = {row_id for row_id, text in base.items() if text}
        shown = sheet.shown_ids()
        nameless = sum(1 for row_id in shown if row_id not in expected)
        removed = len(expected.difference(shown)) - nameless
        if removes_too_many(removed, len(expected)):
            raise RemovalNeedsConfirming("S084", sheet=sheet.map.sheet, removed=str(removed), rows=str(len(expected)))

    def _merge(self, sheet: OpenedSheet) -> bool:
        """Merges one sheet; whether a reference in it still names nobody."""
        intake = TableIntake(self._intake, sheet, self.generation)
        unresolved = intake.run()
        self.judged[sheet.plan.table] = self.judged.get(sheet.plan.table, frozenset()) | intake.judged
        return unresolved
