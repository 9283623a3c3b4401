"""Random workbooks under random edits, compared with a dict that knows nothing of XML."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from sheets_adapter.xlsx import SheetEdit, Workbook
from sheets_adapter.xlsx.lint import find_package_problems
from tests.sheets_adapter.xlsx.samples import by_calamine, by_openpyxl

COLUMNS = 5
Grid = dict[tuple[int, int], object]

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8).map(str.strip)
values = st.one_of(
    st.none(),
    texts,
    st.sampled_from(["=1+1", "00012", "#N/A", "<b>&amp;"]),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.decimals(-(10**6), 10**6, places=2),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),  # noqa: DTZ001
)
# openpyxl does not escape what looks like an escape of Excel's; we do.
our_values = st.one_of(values, st.sampled_from(["_x0041_", "a_x000D_b"]))
rows_of_values = st.dictionaries(st.integers(0, COLUMNS - 1), values, max_size=COLUMNS)


our_rows = st.dictionaries(st.integers(0, COLUMNS - 1), our_values, max_size=COLUMNS)


@st.composite
def books(draw: st.DrawFn) -> tuple[bytes, Grid, int]:
    """A workbook as openpyxl writes it, its cells by (row, column), and its last record row."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "登记"
    cells: Grid = {}
    for column in range(COLUMNS):
        sheet.cell(1, column + 1, f"列{column}")
        cells[1, column] = f"列{column}"
    records = draw(st.lists(rows_of_values, max_size=5))
    for number, record in enumerate(records, 2):
        for column, value in record.items():
            cell = sheet.cell(number, column + 1)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
            if draw(st.booleans()):
                cell.font = Font(b=True)
            cells[number, column] = value
    last = max((row for (row, _), value in cells.items() if value not in (None, "")), default=1)
    if draw(st.booleans()):
        sheet.auto_filter.ref = f"A1:E{last}"
    if draw(st.booleans()) and last > 1:
        sheet.add_table(Table(displayName="表1", ref=f"A1:E{last}"))
    if draw(st.booleans()):
        sheet.cell(last + 3, 2).font = Font(i=True)
    book.create_sheet("别的").append(["不动", 1, 2.5])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue(), cells, last


def seen(value: object) -> object:
    """A value as calamine shows it: whole numbers as float, a midnight as a date, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | Decimal):
        return float(value)
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date()
    return value


@settings(max_examples=60, deadline=None)
@given(books(), st.dictionaries(st.integers(2, 6), our_rows, max_size=4), st.lists(our_rows, max_size=4))
def test_an_edited_workbook_holds_what_the_dict_holds(
    book: tuple[bytes, Grid, int], updates: dict[int, dict[int, object]], appends: list[dict[int, object]]
) -> None:
    data, cells, last = book
    updates = {row: changes for row, changes in updates.items() if row <= last}
    workbook = Workbook.open(data)
    result = workbook.edit("登记", SheetEdit(1, updates=updates, appends=appends, columns=frozenset(range(COLUMNS))))
    written = workbook.to_bytes()

    assert result.first_appended_row == last + 1
    assert result.skipped_formulas == ()
    for row, changes in updates.items():
        cells |= {(row, column): value for column, value in changes.items()}
    for offset, record in enumerate(appends):
        cells |= {(last + 1 + offset, column): value for column, value in record.items()}
    shown = {
        (number, column): value
        for number, line in enumerate(by_calamine(written, "登记"), 1)
        for column, value in enumerate(line)
        if value != ""
    }
    assert shown == {place: seen(value) for place, value in cells.items() if seen(value) != ""}
    assert find_package_problems(written) == []
    assert by_openpyxl(written)["登记"].max_column == COLUMNS
    assert by_calamine(written, "别的") == by_calamine(data, "别的")
    own = Workbook.open(written).read_rows("登记", range(1, last + len(appends) + 1))
    assert {(row, column): value for row, line in own.items() for column, value in line.items()} == shown


@settings(max_examples=30, deadline=None)
@given(books(), st.lists(st.lists(rows_of_values, min_size=1, max_size=3), min_size=1, max_size=4))
def test_appending_in_portions_equals_appending_at_once(
    book: tuple[bytes, Grid, int], portions: list[list[dict[int, object]]]
) -> None:
    data, _, _ = book
    columns = frozenset(range(COLUMNS))
    # A record that holds nothing leaves no trace, so the next one would take its place.
    portions = [[{**record, 0: "编号"} for record in portion] for portion in portions]
    bit_by_bit = data
    for portion in portions:
        workbook = Workbook.open(bit_by_bit)
        workbook.edit("登记", SheetEdit(1, appends=portion, columns=columns))
        bit_by_bit = workbook.to_bytes()
    at_once = Workbook.open(data)
    at_once.edit("登记", SheetEdit(1, appends=[record for portion in portions for record in portion], columns=columns))
    assert by_calamine(bit_by_bit, "登记") == by_calamine(at_once.to_bytes(), "登记")
    assert by_openpyxl(bit_by_bit)["登记"].auto_filter.ref == by_openpyxl(at_once.to_bytes())["登记"].auto_filter.ref
