"""What picking a record fills in: fields of it, its line items joined, or fields of a record it refers to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from schemas.field_types import show, target_of, type_of

if TYPE_CHECKING:
    from schemas.catalogue import Catalogue
    from schemas.record import Actor, Record
    from schemas.template import Field, Template
    from sheets_adapter.repository import Repository


class Filling:
    """Answers what a reference's `fill` option takes from the record picked, as far as the person may see it."""

    def __init__(self, repository: Repository, catalogue: Catalogue) -> None:
        self._repository = repository
        self._catalogue = catalogue

    def texts(self, asked: Field, fields: Mapping[str, Field], picked: str, actor: Actor) -> dict[str, str]:
        """Field here → the text that belongs in its input box; nothing for what is empty or not his to see.

        fields: the fields beside `asked`: the header's, or those of its line table.
        """
        template, record = self._record(target_of(asked), picked, actor)
        if template is None or record is None:
            return {}
        found = {here: self._text(template, record, there, fields[here], actor) for here, there in asked.fill.items()}
        return {here: text for here, text in found.items() if text}

    def _record(self, key: str, picked: str, actor: Actor) -> tuple[Template | None, Record | None]:
        template = self._catalogue.get(key)
        if template is None or not picked:
            return template, None
        return template, self._repository.find_by_key(key, picked, actor)

    def _text(self, template: Template, record: Record, there: str, here: Field, actor: Actor) -> str:
        step, _, name = there.rpartition(".")
        if not step:
            text = _open(template.by_key[name], record.values.get(name, ""))
            return type_of(here).edit_text(text, here) if text else ""
        if step in template.lines_by_key:
            field = next(one for one in template.lines_by_key[step].fields if one.key == name)
            return _joined(self._shown(field, line.values.get(name, "")) for line in record.lines[step])
        further, other = self._record(target_of(template.by_key[step]), record.values.get(step, ""), actor)
        if further is None or other is None:
            return ""
        return self._shown(further.by_key[name], other.values.get(name, ""))

    def _shown(self, field: Field, text: str) -> str:
        """As it stands in the workbook: it becomes the other record's own answer, whoever fills the form in."""
        text = _open(field, text)
        return show(text, field, "zh", self._repository.references) if text else ""


def _open(field: Field, text: str) -> str:
    """The text, unless it is shown masked: stars are nobody's telephone number."""
    return "" if field.pii and "*" in text else text


def _joined(texts: Iterable[str]) -> str:
    """Each text once, in the order of the lines."""
    return "、".join(dict.fromkeys(text for text in texts if text))
