"""Which row of a sheet is which record: rows typed without an id, copied rows, rows whose id somebody erased.

Pure. A row keeps the id it shows. Of several rows showing one id the one that still reads as the file had it keeps it,
else the first. A row without an id (or with a copied one) is the missing record it reads like, or the one with
the same record key, or one adopted earlier whose id has not reached the file yet; otherwise it is new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from schemas.finding import CellRef, Finding, Severity
from sheets_adapter.codec import Seen
from sheets_adapter.row_reading import DecodedRow

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Missing:
    """A record expected in the file that no row shows the id of. `seen`: as the file held it, at sheet row `row`."""

    seen: Seen
    row: int
    anonymous: bool
    """Its id has not been written to the file yet."""


@dataclass(frozen=True, slots=True)
class IdScheme:
    """How a table's rows are told apart. record_key: the field other records refer to, if there is one."""

    sheet: str
    record_key: str | None
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Identified:
    """rows: id → row of the sheet, in sheet order. new: ids made for rows nobody knew. findings: copied rows."""

    rows: Mapping[str, DecodedRow]
    new: frozenset[str]
    findings: tuple[Finding, ...]


def identify(
    rows: Sequence[DecodedRow], settled: Collection[str], expected: Mapping[str, Missing], scheme: IdScheme
) -> Identified:
    """Gives every row its record id.

    rows: those that do not read as the file had them. settled: ids of the rows that do; they are found already.
    expected: per id, what the file held before, whether or not its id is among `settled` or in `rows`.
    """
    owners: dict[str, DecodedRow] = {}
    for row in rows:
        if row.row_id and row.row_id not in settled:
            owners.setdefault(row.row_id, row)
    nameless = [row for row in rows if owners.get(row.row_id) is not row]
    if nameless:
        missing = {row_id: expected[row_id] for row_id in expected if row_id not in owners and row_id not in settled}
        matched = _match(nameless, missing, scheme.record_key)
    else:
        matched = {}
    ids = {row.row: row_id for row_id, row in (*owners.items(), *matched.items())}
    result: dict[str, DecodedRow] = {}
    new: set[str] = set()
    findings: list[Finding] = []
    for row in rows:
        row_id = ids.get(row.row, "")
        if not row_id:
            row_id = scheme.new_id()
            new.add(row_id)
            if row.row_id:
                params = {"value": row.row_id, "row_id": row_id}
                findings.append(Finding("S064", CellRef(scheme.sheet, row.row), params, Severity.INFO))
        result[row_id] = row
    return Identified(result, frozenset(new), tuple(findings))


def _match(rows: Sequence[DecodedRow], missing: Mapping[str, Missing], record_key: str | None) -> dict[str, DecodedRow]:
    """Finds rows without an id among the missing records: same content, same record key, same place."""
    free = dict(missing)
    matched: dict[str, DecodedRow] = {}
    for index_of in (_by_content, _by_record_key(record_key), _by_place):
        index: dict[object, list[str]] = {}
        for row_id, one in free.items():
            if (key := index_of(one.seen, one.row, one.anonymous)) is not None:
                index.setdefault(key, []).append(row_id)
        done = {id(row) for row in matched.values()}
        for row in rows:
            key = index_of(row.seen, row.row, True)
            if id(row) in done or key is None or not index.get(key):
                continue
            row_id = index[key].pop(0)
            if index_of is _by_place and not _alike(free[row_id].seen.cells, row.seen.cells):
                continue
            matched[row_id] = row
            del free[row_id]
    return matched


Index = Callable[[Seen, int, bool], object]


def _by_content(seen: Seen, row: int, anonymous: bool) -> object:
    return tuple(sorted(seen.cells.items()))


def _by_record_key(record_key: str | None) -> Index:
    def index(seen: Seen, row: int, anonymous: bool) -> object:
        return seen.cells.get(record_key) if record_key else None

    return index


def _by_place(seen: Seen, row: int, anonymous: bool) -> object:
    return row if anonymous else None


def _alike(one: Cells, other: Cells) -> bool:
    """Whether most cells agree: somebody went on typing in a row whose id is still on its way to the file."""
    same = sum(1 for column, text in one.items() if other.get(column) == text)
    return 2 * same >= max(len(one), 1)
