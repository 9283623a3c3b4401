"""Downloads: a list as a formatted workbook or as CSV, exactly as the actor sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from schemas import rights
from schemas.finding import Finding
from schemas.record import Actor
from services.attachments import File
from services.csv_files import write_csv
from services.export_tables import ListTables, Reader
from services.ports import Clock
from sheets_adapter.contract import StoreError
from sheets_adapter.xlsx.errors import CannotEdit
from sheets_adapter.xlsx.table_file import write_tables

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.labels import Labels
    from schemas.template import Template
    from sheets_adapter.repository import ListQuery, Repository

Kind = Literal["xlsx", "csv"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MEDIA_TYPES: dict[Kind, str] = {"xlsx": XLSX, "csv": "text/csv"}
_NOT_IN_FILE_NAMES = str.maketrans(dict.fromkeys('\\/:*?"<>|', " "))


class Exports:
    """Makes downloads. `log` records who took what: (actor, verb, template, detail)."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        catalogue: Callable[[], Catalogue],
        labels: Callable[[], Labels],
        *,
        clock: Clock,
        log: Callable[[Actor, str, str, str], None],
        workbook: Callable[[], bytes],
    ) -> None:
        self._repository = repository
        self._catalogue = catalogue
        self._labels = labels
        self._clock = clock
        self._log = log
        self._workbook = workbook

    def records(
        self,
        template: str,
        actor: Actor,
        query: ListQuery,
        *,
        kind: Kind,
        language: str,
        columns: Sequence[str] | None = None,
    ) -> File | Finding:
        """All records of the filtered list; the query's limit does not count. A workbook has their line items too.

        columns: field and system keys in the order they are to stand in; none that he may read, or None: every column.
        Rows, hidden fields and masks are the list's own. Without the export right: A040, nothing is read. A text or
        a number of rows no workbook holds: S032, S034, S036.
        """
        form = self._catalogue()[template]
        if not rights.may(actor, form, "export"):
            label = form.label
            return Finding("A040", params={"template_zh": label.zh, "template_en": label.en})
        reader = Reader(self._labels(), self._catalogue(), self._repository().references, language)
        tables = ListTables(form, self._repository().scan(template, actor, query), reader, columns)
        try:
            data = self._data(form, tables, kind)
        except CannotEdit as error:
            return Finding(error.code, params=error.params)
        self._log(actor, "export", template, f"{kind} {tables.count}")
        return File(self.file_name(template, kind, language), _MEDIA_TYPES[kind], data)

    def file_name(self, template: str, kind: Kind, language: str) -> str:
        """What a download is called: 客户信息管理表_20261121.xlsx."""
        title = self._catalogue()[template].label.text(language).translate(_NOT_IN_FILE_NAMES)
        return f"{title}_{self._clock():%Y%m%d}.{kind}"

    def _data(self, form: Template, tables: ListTables, kind: Kind) -> bytes:
        records = tables.records()
        if kind == "csv":
            return write_csv(records.design.columns, records.blocks)
        return write_tables([records, *map(tables.lines, form.lines)])

    def workbook(self, actor: Actor) -> File | Finding:
        """The workbook itself, brought up to date: the administrator's download. A041 for everybody else.

        While it cannot be brought up to date, the finding that says why.
        """
        if "admin" not in actor.roles:
            return Finding("A041")
        try:
            data = self._workbook()
        except StoreError as error:
            return Finding(error.code, params=error.params)
        self._log(actor, "download", "workbook", str(len(data)))
        return File(f"portal-{self._clock().strftime('%Y%m%d-%H%M')}.xlsx", XLSX, data)
