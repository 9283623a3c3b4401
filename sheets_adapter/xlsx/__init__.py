"""The workbook engine: bytes in, bytes out. Knows no templates and no journal."""

from sheets_adapter.xlsx.errors import CannotEdit, PublishFailed, SignatureChanged, UnreadableWorkbook
from sheets_adapter.xlsx.names import column_of_name, quoted_sheet
from sheets_adapter.xlsx.new_sheet import ColumnDesign, SheetDesign
from sheets_adapter.xlsx.new_workbook import new_workbook
from sheets_adapter.xlsx.parts import SheetInfo
from sheets_adapter.xlsx.reader import SheetRows
from sheets_adapter.xlsx.sheet_edit import EditResult, NewColumn, SheetEdit
from sheets_adapter.xlsx.values import is_same_value
from sheets_adapter.xlsx.workbook import Workbook

__all__ = [
    "CannotEdit",
    "ColumnDesign",
    "EditResult",
    "NewColumn",
    "PublishFailed",
    "SheetDesign",
    "SheetEdit",
    "SheetInfo",
    "SheetRows",
    "SignatureChanged",
    "UnreadableWorkbook",
    "Workbook",
    "column_of_name",
    "is_same_value",
    "new_workbook",
    "quoted_sheet",
]
