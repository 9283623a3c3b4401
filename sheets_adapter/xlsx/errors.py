"""Why a workbook cannot be read, edited or published: codes of the locale files' storage.yaml."""

from __future__ import annotations

from sheets_adapter.contract import StoreError, StoreUnavailable


class UnreadableWorkbook(StoreError):
    """The file is not a workbook this portal can read (S020–S029). Nothing was changed."""


class CannotEdit(StoreError):
    """The edit would have to guess, so it is refused (S030–S049). Nothing was changed."""


class PublishFailed(StoreUnavailable):
    """The new workbook could not be put in place (S050–S059); the old one is untouched."""


class SignatureChanged(PublishFailed):
    """Somebody saved the file since it was last read (S055): take those edits in first, then try again."""

    def __init__(self, path: str) -> None:
        super().__init__("S055", path=path)
