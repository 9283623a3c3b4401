"""What picking a record fills in: its fields, its line items joined, and what it refers to itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.field_types import ParseContext
from schemas.record import Saved, TypedLine
from schemas.validation import validate
from services.filling import Filling
from tests.forms.answers import answers_to, lines_of
from tests.forms.conftest import CATALOGUE, NOW, Desk

ORDER, PROGRESS, PRODUCT = CATALOGUE["sales_order"], CATALOGUE["order_progress"], CATALOGUE["product"]


@pytest.fixture(scope="session")
def order(desk: Desk) -> str:
    """Number of an order of two products, one of them twice."""
    for sku, name in (("ZN-1", "智能制造系统"), ("PX-1", "培训服务")):
        values = {"sku": sku, "product_name": name, "category": "服务", "list_price": "100", "valid_from": "2026-01-01"}
        assert isinstance(desk.submit(PRODUCT, values, {}), Saved)
    rows = [TypedLine("", {"sku": sku, "qty": "1", "unit_price": "80"}) for sku in ("ZN-1", "PX-1", "ZN-1")]
    saved = desk.submit(ORDER, answers_to(ORDER, desk.key_of), {"lines": rows})
    assert isinstance(saved, Saved)
    return saved.number


def filled(desk: Desk, form: str, field: str, picked: str, line: str = "") -> dict[str, str]:
    template = CATALOGUE[form]
    fields = {one.key: one for one in template.lines_by_key[line].fields} if line else template.by_key
    return Filling(desk.app.repository, desk.app.catalogue).texts(fields[field], fields, picked, desk.admin)


def test_progress_takes_the_orders_products_joined_and_each_once(desk: Desk, order: str) -> None:
    assert filled(desk, "order_progress", "order_no", order) == {
        "customer_id": desk.key_of("customer_info"),
        "item": "智能制造系统、培训服务",
        "delivery_on": "2024-04-10",
        "owner_id": "S001",
    }


def test_an_acceptance_takes_the_standard_of_the_orders_contract(desk: Desk, order: str) -> None:
    assert filled(desk, "acceptance", "order_no", order)["standard"] == "连续运行72小时无故障"


def test_an_orders_line_takes_the_list_price(desk: Desk, order: str) -> None:
    assert filled(desk, "sales_order", "sku", "ZN-1", line="lines") == {"unit_price": "100.00"}


def test_nothing_comes_of_a_record_that_is_not_there(desk: Desk) -> None:
    assert filled(desk, "order_progress", "order_no", "PO-none") == {}


def test_nothing_comes_of_a_record_that_is_not_his_to_see(desk: Desk, order: str) -> None:
    stranger = replace(desk.admin, account_id="x", staff_id="S900", roles=frozenset({"sales_rep"}))
    fields = PROGRESS.by_key
    filling = Filling(desk.app.repository, desk.app.catalogue)
    assert filling.texts(fields["order_no"], fields, order, stranger) == {}


def test_a_masked_telephone_number_is_not_filled_in(desk: Desk) -> None:
    fields = CATALOGUE["development_report"].by_key
    clerk = replace(desk.admin, account_id="y", staff_id="S900", roles=frozenset({"service_rep"}))
    filling = Filling(desk.app.repository, desk.app.catalogue)
    found = filling.texts(fields["customer_id"], fields, desk.key_of("customer_info"), clerk)
    assert found == {"handler_id": "S001"}


def test_a_gift_dated_in_time_may_be_changed_when_its_day_has_passed(desk: Desk) -> None:
    template = CATALOGUE["gift_request"]
    before = {**answers_to(template, desk.key_of), "gift_on": "2026-11-20"}
    stored = {key: str(text) for key, text in before.items() if text}
    context = ParseContext(NOW, desk.admin, desk.app.repository.references)
    lines = lines_of(template, desk.key_of)
    kept = validate(template, {**before, "issued_on": "2026-11-20"}, lines, context, stored=stored)
    moved = validate(template, {**before, "gift_on": "2026-11-19"}, lines, context, stored=stored)
    assert [one.code for one in kept.findings] == []
    assert [one.code for one in moved.findings] == ["V024"]
