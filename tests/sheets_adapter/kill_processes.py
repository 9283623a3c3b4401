"""What the processes of the kill test do until they are killed.

A submitter tells the customer number of each record once it is acknowledged. A checkpointer folds without pause.
"""

from __future__ import annotations

import itertools
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from ulid import ULID

from schemas.catalogue import Catalogue
from schemas.record import Actor, Saved, Submission
from sheets_adapter.excel import ExcelBackend, WorkbookPlace
from sheets_adapter.journal import Journal
from sheets_adapter.repository import Repository
from tests.sheets_adapter.workbook_samples import CUSTOMERS, SHANGHAI, STAFF

ACTOR = Actor("a1", "S001", "张三", frozenset({"admin"}))


def clock() -> datetime:
    """The machine's time."""
    return datetime.now(SHANGHAI)


def new_id() -> str:
    """A new ULID."""
    return str(ULID())


def open_journal(folder: Path) -> tuple[Journal, Repository]:
    """The portal's journal and repository."""
    journal = Journal(folder / "state" / "K1.journal", clock=clock)
    return journal, Repository(journal, Catalogue((STAFF, CUSTOMERS)), clock=clock, new_id=new_id)


def open_backend(folder: Path) -> ExcelBackend:
    """The portal's workbook."""
    journal, repository = open_journal(folder)
    place = WorkbookPlace(folder / "portal.xlsx", folder / "state", "K1")
    return ExcelBackend(
        place, journal, repository, Catalogue((STAFF, CUSTOMERS)), clock=clock, new_id=new_id, explanation=["说明"]
    )


def submit(told: Connection, folder: Path, name: str) -> None:
    """Saves records until killed; every third one is edited once more."""
    _, repository = open_journal(folder)
    for number in itertools.count(1):
        customer = f"{name}-{number}"
        values = {"customer_id": customer, "name": f"客户 {customer}", "credit": "100"}
        saved = repository.submit(Submission("customers", customer, values), ACTOR)
        assert isinstance(saved, Saved), saved
        told.send(f"+{customer}")
        if number % 3 == 0:
            record = repository.get("customers", saved.record_id, ACTOR)
            assert record is not None
            edit = Submission(
                "customers", f"{customer}!", {**values, "note": "改过"}, record_id=saved.record_id,
                etags={saved.record_id: record.etag},
            )  # fmt: skip
            if isinstance(repository.submit(edit, ACTOR), Saved):
                told.send(f"!{customer}")


def checkpoint(told: Connection, folder: Path) -> None:
    """Brings the workbook up to date again and again."""
    backend = open_backend(folder)
    while True:
        backend.checkpoint()
        told.send(".")
