"""What the file held, row by row, read from the kept texts only where somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheets_adapter.codec import Seen, seen_from
from sheets_adapter.identity import Missing
from sheets_adapter.sync_state import RowPlace


class SeenTexts(Mapping[str, Seen]):
    """Contents by row id, read from their texts only when asked for."""

    def __init__(self, texts: Mapping[str, str | None]) -> None:
        self._texts = texts

    def __getitem__(self, row_id: str) -> Seen:
        text = self._texts.get(row_id)
        if not text:
            raise KeyError(row_id)
        return seen_from(text)

    def __contains__(self, row_id: object) -> bool:
        return bool(self._texts.get(row_id)) if isinstance(row_id, str) else False

    def __iter__(self) -> Iterator[str]:
        return (row_id for row_id, text in self._texts.items() if text)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class ExpectedRows(Mapping[str, Missing]):
    """Records the file should hold, looked at only where a row without an id asks for them.

    id_column: "" when the sheet has none any more.
    """

    def __init__(self, seen: Mapping[str, Seen], places: Mapping[str, RowPlace], id_column: str) -> None:
        self._seen, self._places, self._id_column = seen, places, id_column

    def __getitem__(self, row_id: str) -> Missing:
        seen = self._seen[row_id]
        place = self._places.get(row_id)
        return Missing(seen, place.place if place else 0, seen.shown.get(self._id_column, "") != row_id)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._seen

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)
