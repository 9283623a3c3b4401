"""Who may do what, sees which rows, and which personal data unmasked."""

from __future__ import annotations

import pytest

from schemas.record import Actor
from schemas.rights import ROLES, is_masked, mask, may, may_read_field, scope
from tests.schemas.schema_samples import field, template

FORM = template(
    {"key": "name", "pii": True},
    {"key": "cost", "read_roles": ["finance", "gm"]},
    permissions={
        "create": ["sales_rep"],
        "read": {"sales_rep": "own", "sales_supervisor": "department", "finance": "all", "back_office": "all"},
        "edit": ["sales_rep", "back_office"],
        "export": ["finance"],
    },
)
NAME, COST = FORM.by_key["name"], FORM.by_key["cost"]


def actor(*roles: str) -> Actor:
    return Actor("a", "S001", "张三", frozenset(roles))


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ((), set()),
        (("sales_rep",), {"create", "read", "edit"}),
        (("sales_supervisor",), {"read"}),
        (("finance",), {"read", "export"}),
        (("hr",), set()),
        (("admin",), {"create", "read", "edit", "withdraw", "export"}),
        (("sales_rep", "finance"), {"create", "read", "edit", "export"}),
    ],
)
def test_roles_give_actions(roles: tuple[str, ...], allowed: set[str]) -> None:
    actions = ("create", "read", "edit", "withdraw", "export")
    assert {action for action in actions if may(actor(*roles), FORM, action)} == allowed


@pytest.mark.parametrize(
    ("roles", "rows"),
    [
        ((), "none"),
        (("hr",), "none"),
        (("sales_rep",), "own"),
        (("sales_supervisor",), "department"),
        (("sales_rep", "sales_supervisor"), "department"),
        (("sales_rep", "finance"), "all"),
        (("admin",), "all"),
    ],
)
def test_widest_role_decides_which_rows_are_seen(roles: tuple[str, ...], rows: str) -> None:
    assert scope(actor(*roles), FORM) == rows


@pytest.mark.parametrize(
    ("roles", "seen"), [(("sales_rep",), False), (("finance",), True), (("admin",), True), (("gm",), False)]
)
def test_field_for_some_roles_is_hidden_from_others(roles: tuple[str, ...], seen: bool) -> None:
    """gm is named by the field but may not read the template at all."""
    assert may_read_field(actor(*roles), FORM, COST) is seen


def test_field_without_roles_is_seen_by_all_who_see_the_template() -> None:
    assert may_read_field(actor("sales_rep"), FORM, NAME)
    assert not may_read_field(actor("hr"), FORM, NAME)


@pytest.mark.parametrize(
    ("roles", "is_own", "masked"),
    [
        (("sales_rep",), True, False),
        (("sales_rep",), False, True),
        (("sales_supervisor",), False, False),
        (("finance",), False, False),
        (("back_office",), False, False),
        (("admin",), False, False),
        (("service_rep",), False, True),
    ],
)
def test_personal_data_is_masked_but_for_owner_superiors_and_finance(
    roles: tuple[str, ...], is_own: bool, masked: bool
) -> None:
    assert is_masked(actor(*roles), FORM, NAME, is_own) is masked
    assert not is_masked(actor(*roles), FORM, COST, is_own)


@pytest.mark.parametrize(
    ("type_", "text", "masked"),
    [
        ("phone", "13912345678", "139****5678"),
        ("phone", "010-12345678", "010****5678"),
        ("phone", "li@example.com", "l***@example.com"),
        ("email", "li@example.com", "l***@example.com"),
        ("id_number", "11010519491231002X", "110***********002X"),
        ("text", "张三", "张*"),
        ("text", "李", "李*"),
        ("text", "欧阳娜娜", "欧***"),
        ("text", "6222020200012345678", "622************5678"),
        ("long_text", "家住浦东", "****"),
        ("date", "1990-01-01", "****"),
        ("text", "", ""),
    ],
)
def test_mask_stars_the_telling_part(type_: str, text: str, masked: str) -> None:
    assert mask(text, field(type_)) == masked


def test_roles_are_named_once() -> None:
    assert len(set(ROLES)) == len(ROLES)
