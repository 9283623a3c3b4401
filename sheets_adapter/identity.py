"""Which row of a sheet is which record: rows typed without an id, copied rows, rows whose id somebody erased.

Pure. A row keeps the id it shows. Of several rows showing one id the one that still reads as the file had it keeps it,
else the first. A row without an id (or with a copied one) is the missing record it reads like, or the one with
the same key, or one in whose place it stands and whose id is not in the file; otherwise it is new. A row showing an id
nobody gave out is the missing record it reads like or shares the key with, else it keeps that id.
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
    """The file cannot show its id: not written yet, or the column of the ids is gone."""


@dataclass(frozen=True, slots=True)
class IdScheme:
    """How a table's rows are told apart.

    key: columns that together name a row: the field other records refer to, for a line its record and number.
    columns: those the file had before and has now; only they tell whether two rows read alike.
    id_place: header and letters of the identity column, for findings.
    """

    sheet: str
    key: tuple[str, ...]
    columns: Collection[str]
    id_place: tuple[str, str]
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
    nameless = [row for row in rows if owners.get(row.row_id) is not row or row.row_id not in expected]
    matched: dict[str, DecodedRow] = {}
    if nameless:
        missing = {row_id: expected[row_id] for row_id in expected if row_id not in owners and row_id not in settled}
        matched = _match(nameless, missing, scheme) if missing else {}
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
                findings.append(_copied(row, row_id, scheme))
        elif row.row_id not in ("", row_id) and row.row_id not in expected:
            findings.append(_put_back(row, row_id, scheme))
        result[row_id] = row
    return Identified(result, frozenset(new), tuple(findings))


def _copied(row: DecodedRow, row_id: str, scheme: IdScheme) -> Finding:
    params = {"value": row.row_id, "row_id": row_id}
    return Finding("S064", CellRef(scheme.sheet, row.row), params, Severity.INFO)


def _put_back(row: DecodedRow, row_id: str, scheme: IdScheme) -> Finding:
    header, letters = scheme.id_place
    params = {"column": header, "value": row.row_id, "kept": row_id}
    return Finding("S066", CellRef(scheme.sheet, row.row, letters), params, Severity.WARNING)


def _match(rows: Sequence[DecodedRow], missing: Mapping[str, Missing], scheme: IdScheme) -> dict[str, DecodedRow]:
    """Finds rows without an id of ours among the missing records: same content, same key, same place."""
    free = dict(missing)
    matched: dict[str, DecodedRow] = {}
    for index_of in (_by_content(scheme.columns), _by_key(scheme.key), _by_place):
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
            if index_of is _by_place and not _alike(free[row_id].seen.cells, row.seen.cells, scheme.columns):
                continue
            matched[row_id] = row
            del free[row_id]
    return matched


Index = Callable[[Seen, int, bool], object]


def _by_content(columns: Collection[str]) -> Index:
    def index(seen: Seen, row: int, anonymous: bool) -> object:
        return tuple(sorted((column, text) for column, text in seen.cells.items() if column in columns)) or None

    return index


def _by_key(columns: tuple[str, ...]) -> Index:
    def index(seen: Seen, row: int, anonymous: bool) -> object:
        texts = tuple(seen.cells.get(column, "") for column in columns)
        return texts if texts and all(texts) else None

    return index


def _by_place(seen: Seen, row: int, anonymous: bool) -> object:
    return row if anonymous else None


def _alike(one: Cells, other: Cells, columns: Collection[str]) -> bool:
    """Whether most cells agree: somebody went on typing in a row whose id the file does not show."""
    asked = [column for column in one if column in columns]
    same = sum(1 for column in asked if other.get(column) == one[column])
    return 2 * same >= max(len(asked), 1)
