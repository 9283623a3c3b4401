"""Printing one record as the paper form it stands for: an Excel sheet or a PDF, on A4."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from schemas.field_types import ParseContext
from schemas.finding import Finding
from schemas.record import Actor
from services.attachments import File
from services.ports import Clock
from services.slips import SlipMaker

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from sheets_adapter.repository import Repository

PrintKind = Literal["xlsx", "pdf"]
KINDS: tuple[PrintKind, ...] = ("pdf", "xlsx")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNFIT_FOR_NAMES = '<>:"/\\|?*'


class Prints:
    """Makes printed forms. `log` records who printed what: (actor, verb, template, detail)."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        catalogue: Callable[[], Catalogue],
        labels: Callable[[], Labels],
        *,
        company: Callable[[], str],
        clock: Clock,
        log: Callable[[Actor, str, str, str], None],
    ) -> None:
        self._repository = repository
        self._catalogue = catalogue
        self._labels = labels
        self._company = company
        self._clock = clock
        self._log = log

    def record(self, template: str, record_id: str, actor: Actor, *, kind: PrintKind, language: str) -> File | Finding:
        """The record as this person sees it: hidden fields are left out, masked ones stay masked.

        P002 when there is no such record or it is not his to see.
        """
        form, repository = self._catalogue()[template], self._repository()
        record = repository.get(template, record_id, actor)
        if record is None:
            return Finding("P002", params={"template": template})
        context = ParseContext(self._clock(), actor, repository.references, language)
        slip = SlipMaker(form, actor, language, self._labels(), context).slip(record, self._company())
        self._log(actor, "print", template, f"{kind} {record_id}")
        number = record.values.get(form.record_key or "", "") or record_id
        name = "".join("-" if char in _UNFIT_FOR_NAMES else char for char in f"{slip.title}-{number}.{kind}")
        if kind == "pdf":
            from services.slip_pdf import write_slip_pdf

            return File(name, "application/pdf", write_slip_pdf(slip))
        from services.slip_xlsx import write_slip_xlsx

        return File(name, XLSX, write_slip_xlsx(slip))
