"""Options that do not hold together, as values: what is wrong is said in both languages by the locale files."""

from __future__ import annotations

from schemas.finding import Param


class Contradiction(ValueError):
    """Raised by a validator of options. `code` names the text `problem.<code>`; `params` fill it. `inside`: the option
    below the validated ones that is at fault."""

    def __init__(self, code: str, inside: tuple[str, ...] = (), /, **params: Param) -> None:
        self.code = code
        self.inside = inside
        self.params = params
        super().__init__(f"{code}: {params}")
