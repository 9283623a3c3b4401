"""The guide for people who write templates: its example works, and it names every type and option."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from schemas.catalogue import Catalogue
from schemas.loader import load_catalogue
from schemas.record import TypedLine
from schemas.template import Field, Template
from schemas.validation import validate
from tests.schemas.schema_samples import CONTEXT, codes

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The guide's example in a company folder over the shipped templates it refers to."""
    company, shipped = tmp_path_factory.mktemp("company"), tmp_path_factory.mktemp("shipped")
    for path in ("customers/customer_info.yaml", "people/staff.yaml"):
        shutil.copy(ROOT / "forms" / "templates" / path, shipped)
    example = re.search(r"```yaml\n(# data/company.*?)```", GUIDE, re.DOTALL)
    assert example
    (company / "visits").mkdir()
    (company / "visits" / "sample_request.yaml").write_text(example.group(1), encoding="utf-8")
    loaded, findings = load_catalogue([shipped, company])
    assert findings == ()
    return loaded


VALUES = {
    "customer_id": "C0001",
    "applicant_id": "S001",
    "asked_on": "今天",
    "delivery": "顺丰",
    "address": "世纪大道1号",
}
ITEMS = [TypedLine("", {"name": "项链", "qty": "2件", "price": "1.2万"})]


class Everyone:
    def display(self, template: str, key: str) -> str | None:
        return key

    def resolve(self, template: str, text: str) -> tuple[str, ...]:
        return (text,)

    def is_live(self, template: str, key: str) -> bool:
        return True


ANYONE = type(CONTEXT)(CONTEXT.now, CONTEXT.actor, Everyone())


def test_example_is_grouped_by_its_folder_and_understands_what_people_type(catalogue: Catalogue) -> None:
    form = catalogue["sample_request"]
    result = validate(form, VALUES, {"items": ITEMS}, ANYONE)
    assert (form.group, result.findings) == ("visits", ())
    assert (result.values["total"], result.values["delivery"]) == ("24000.00", "快递")
    assert result.lines["items"][0].values["amount"] == "24000.00"


@pytest.mark.parametrize(
    ("values", "items", "expected"),
    [
        ({"delivery": "快递", "address": ""}, ITEMS, [("V001", "address")]),
        ({"delivery": "自提", "address": ""}, ITEMS, []),
        ({"needed_on": "昨天"}, ITEMS, [("V032", "needed_on"), ("V009", "urgent_reason")]),
        ({}, [], [("V081", "items")]),
        ({}, [TypedLine("", {"name": "项链", "qty": "5", "price": "1.2万"})], [("V086", "total")]),
    ],
    ids=["courier needs an address", "pick-up does not", "needed before asked", "no samples", "too dear"],
)
def test_example_refuses_what_it_says_it_refuses(
    catalogue: Catalogue, values: dict[str, str], items: list[TypedLine], expected: list[tuple[str, str]]
) -> None:
    form = catalogue["sample_request"]
    result = validate(form, {**VALUES, **values}, {"items": items}, ANYONE)
    found = [(code, at) for code, at in codes(result.findings)]
    assert sorted(found) == sorted(expected)


def test_guide_names_every_field_type() -> None:
    types = Field.model_fields["type"].annotation
    assert types is not None
    assert [name for name in types.__args__ if f"`{name}`" not in GUIDE] == []


@pytest.mark.parametrize("model", [Template, Field])
def test_guide_names_every_option(model: type[Template] | type[Field]) -> None:
    named = set(re.findall(r"[`{ ](\w+)[`:]", GUIDE))
    assert [name for name in model.model_fields if name not in named] == []
