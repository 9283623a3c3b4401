"""Options that do not hold together, as values: what is wrong is said in both languages by the locale files."""

from __future__ import annotations

from schemas.finding import Param


class Contradiction(ValueError):
    """Raised by a validator of options. `code` names the text `problem.<code>`; `params` fill it."""

    def __init__(self, code: str, **params: Param) -> None:
        self.code = code
        self.params = params
        super().__init__(f"{code}: {params}")
