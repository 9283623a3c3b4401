"""Random work on both sides: portal edits, hand edits, sorting, old copies and restarts end in one common state."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from schemas.record import VOID
from sheets_adapter.codec import text_of
from sheets_adapter.xlsx.sheet_edit import SheetEdit
from sheets_adapter.xlsx.workbook import Workbook
from tests.sheets_adapter.workbook_samples import Office

STEPS = 30
FIELDS = {"客户名称": "name", "备注": "note", "联系电话": "phone"}


class Story:
    """One random story. `edits` holds every text somebody gave a cell, by record and field, in order."""

    def __init__(self, office: Office, chance: random.Random) -> None:
        self.office = office
        self.chance = chance
        self.made = 0
        self.edits: dict[tuple[str, str], list[str]] = {}
        self.copies: list[bytes] = []

    def run(self) -> None:
        """All steps, then a last checkpoint."""
        steps = [self.save, self.save, self.type_in, self.type_in, self.sort, self.keep_copy, self.put_copy_back]
        steps += [self.sync_in, self.office.checkpoint, self.office.checkpoint, self.office.restart]
        for _ in range(STEPS):
            self.chance.choice(steps)()
        self.office.checkpoint()

    def sync_in(self) -> None:
        """The portal looks at the workbook without writing it."""
        self.office.backend.sync_in()

    def text(self) -> str:
        """A text nobody gave before."""
        self.made += 1
        return f"1380000{self.made:04}"

    def note(self, row_id: str, field: str, text: str) -> None:
        self.edits.setdefault((row_id, field), []).append(text)

    def save(self) -> None:
        """Somebody saves a record in the portal."""
        row_id = self.chance.choice(["r1", "r2", "r3", "r4", "r5", "r6"])
        field, text = self.chance.choice(list(FIELDS.values())), self.text()
        self.note(row_id, field, text)
        self.office.save(row_id, {field: text})

    def rows(self) -> tuple[Workbook, list[str], dict[str, int]]:
        workbook = Workbook.open(self.office.workbook.read_bytes())
        header, *rows = workbook.read("客户信息").rows
        names = [str(cell) for cell in header]
        at = names.index("记录编号")
        return workbook, names, {text_of(row[at]): number for number, row in enumerate(rows, 2) if len(row) > at}

    def type_in(self) -> None:
        """Somebody changes a cell of the workbook."""
        workbook, names, rows = self.rows()
        if not rows:
            return
        row_id = self.chance.choice(sorted(rows))
        header, text = self.chance.choice(list(FIELDS)), self.text()
        self.note(row_id, FIELDS[header], text)
        workbook.edit("客户信息", SheetEdit(1, {rows[row_id]: {names.index(header): text}}))
        self.office.workbook.write_bytes(workbook.to_bytes())

    def sort(self) -> None:
        """Somebody turns the order of the rows over."""
        workbook, names, rows = self.rows()
        read = workbook.read("客户信息").rows
        numbers = sorted(rows.values())
        swapped = {
            number: {at: (read[other - 1][at] if at < len(read[other - 1]) else None) for at in range(len(names))}
            for number, other in zip(numbers, reversed(numbers), strict=True)
        }
        workbook.edit("客户信息", SheetEdit(1, swapped))
        self.office.workbook.write_bytes(workbook.to_bytes())

    def keep_copy(self) -> None:
        """Somebody keeps a copy of the workbook as the portal published it."""
        self.office.checkpoint()
        self.copies.append(self.office.workbook.read_bytes())
        self.office.save("r1", {"note": self.copied_marker()})
        self.office.checkpoint()

    def copied_marker(self) -> str:
        text = self.text()
        self.note("r1", "note", text)
        return text

    def put_copy_back(self) -> None:
        """Somebody saves an old copy over the workbook, after its edits were taken in."""
        if self.copies:
            self.office.checkpoint()
            self.office.workbook.write_bytes(self.chance.choice(self.copies))


@pytest.mark.parametrize("seed", range(8))
def test_portal_and_workbook_end_alike_and_every_last_edit_is_kept_or_in_a_conflict(tmp_path: Path, seed: int) -> None:
    office = Office(tmp_path)
    office.save("r1", {"customer_id": "C0001", "name": "金凤祥"})
    office.checkpoint()
    story = Story(office, random.Random(seed))
    story.run()
    shown = office.by_id()
    rows = office.rows()
    assert shown.keys() == rows.keys()
    assert not [row for row in rows.values() if row.values["status"] == VOID]
    for row_id, row in rows.items():
        for header, field in FIELDS.items():
            assert (shown[row_id][header] or "") == row.values.get(field, "")
    clashes = {
        text for one in office.state.conflicts(only_open=False) for text in (one.base, one.ours, one.theirs) if text
    }
    for (row_id, field), texts in story.edits.items():
        kept = {rows[row_id].values.get(field, ""), *clashes}
        assert texts[-1] in kept, (row_id, field)
    office.close()
