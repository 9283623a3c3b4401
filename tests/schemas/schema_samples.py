"""What tests of schemas share: a fixed moment, fields and templates in few words, a company of three people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from schemas.field_types import ParseContext
from schemas.finding import Finding
from schemas.record import Actor
from schemas.template import Field, Template

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ZHANG = Actor("a1", "S001", "张三", frozenset({"sales_rep"}), "大客户部")


class People:
    """References over three people; two of them are called 李四, 王五 (S004) was withdrawn."""

    names: Mapping[str, str] = {"S001": "张三", "S002": "李四", "S003": "李四", "S004": "王五"}

    def display(self, template: str, key: str) -> str | None:
        return self.names.get(key)

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        if text in self.names:
            return (text,)
        return tuple(key for key, name in self.names.items() if name == text)

    def is_live(self, template: str, key: str) -> bool:
        return key in self.names and key != "S004"


CONTEXT = ParseContext(NOW, ZHANG, People())


def field(type_: str, key: str = "x", **options: Any) -> Field:
    """A field of that type labelled 标签."""
    return Field.model_validate({"key": key, "type": type_, "label": {"zh": "标签", "en": "Label"}, **options})


def choices(*values: str) -> list[dict[str, Any]]:
    """Choices whose English text is their value in angle brackets."""
    return [{"value": value, "en": f"<{value}>"} for value in values]


def template(*fields: Mapping[str, Any], **options: Any) -> Template:
    """A template of those fields; a field without a label is labelled by its key, without a type it is text."""
    full = [{"type": "text", "label": {"zh": item["key"], "en": item["key"]}, **item} for item in fields]
    for line in options.get("lines", ()):
        line["fields"] = [{"type": "text", "label": {"zh": f["key"], "en": f["key"]}, **f} for f in line["fields"]]
        line.setdefault("label", {"zh": line["key"], "en": line["key"]})
    return Template.model_validate(
        {
            "key": "sample",
            "version": 1,
            "label": {"zh": "样表", "en": "Sample"},
            "fields": full,
            "list_view": {"columns": [full[0]["key"]]},
            **options,
        }
    )


def codes(findings: tuple[Finding, ...] | list[Finding]) -> list[tuple[str, str]]:
    """Findings as (code, place)."""
    return [(finding.code, str(finding.at)) for finding in findings]
