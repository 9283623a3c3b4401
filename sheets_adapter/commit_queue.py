"""One commit at a time per process, shared by the threads waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sheets_adapter.contract import Refused, WriteBatch, Written

Outcome = Written | Refused


@dataclass(slots=True)
class _Ticket:
    batch: WriteBatch
    outcome: Outcome | None = None
    error: BaseException | None = None
    done: bool = False


@dataclass
class CommitQueue:
    """Lets the threads of one process share commits: whoever gets the turn commits for all who wait.

    SQLite's own waiting is unfair under load, and one fsync serves many batches. `commit` gets the waiting batches and
    answers one outcome or error for each, in order; if it raises, every batch waiting in that turn fails with it.
    """

    commit: Callable[[Sequence[WriteBatch]], Sequence[Outcome | Exception]]
    _waiting: list[_Ticket] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def write(self, batch: WriteBatch) -> Outcome:
        """Commits the batch, alone or with others. Raises what its commit raised."""
        ticket = _Ticket(batch)
        with self._guard:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.done:
                self._serve()
        if ticket.error is not None:
            raise ticket.error
        assert ticket.outcome is not None
        return ticket.outcome

    def _serve(self) -> None:
        with self._guard:
            tickets, self._waiting = self._waiting, []
        answers: Sequence[Outcome | BaseException]
        try:
            answers = self.commit([ticket.batch for ticket in tickets])
        except BaseException as error:  # noqa: BLE001 - handed to every waiting thread, which raises it
            answers = [error] * len(tickets)
        for ticket, answer in zip(tickets, answers, strict=True):
            if isinstance(answer, BaseException):
                ticket.error = answer
            else:
                ticket.outcome = answer
            ticket.done = True
