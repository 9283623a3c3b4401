"""Who may do what with the records of a template. Enforced by the repository, asked by pages for what to show."""

from __future__ import annotations

from typing import Literal

from schemas.record import Actor
from schemas.template import Field, Permissions, Template

Action = Literal["create", "edit", "withdraw", "export", "read"]
Scope = Literal["none", "own", "department", "all"]
ADMIN = "admin"
ROLES = (
    ADMIN, "sales_rep", "part_timer", "referrer", "sales_supervisor", "sales_manager", "back_office", "gift_keeper",
    "service_rep", "service_supervisor", "service_manager", "legal", "product", "commerce", "operations", "finance",
    "marketing_director", "deputy_gm", "gm", "chairman", "hr", "compliance", "committee",
)  # fmt: skip
SUPERIORS = frozenset(
    {"sales_supervisor", "sales_manager", "service_supervisor", "service_manager"}
    | {"marketing_director", "deputy_gm", "gm", "chairman"}
)
"""Roles that lead others; they see personal data of the records in their scope, as finance does."""
_WRITING = frozenset({"create", "edit", "withdraw"})
_SCOPES: tuple[Scope, ...] = ("none", "own", "department", "all")


def may(actor: Actor, template: Template, action: Action) -> bool:
    """Whether the actor may do this with records of the template at all; `scope` says with which of them."""
    if template.written_by == "portal" and action in _WRITING and not actor.is_portal:
        return False
    if ADMIN in actor.roles:
        return True
    permissions: Permissions = template.permissions
    allowed = permissions.read if action == "read" else getattr(permissions, action)
    return not actor.roles.isdisjoint(allowed)


def scope(actor: Actor, template: Template) -> Scope:
    """The rows the actor sees: the widest of all roles."""
    if ADMIN in actor.roles:
        return "all"
    seen = [template.permissions.read[role] for role in actor.roles if role in template.permissions.read]
    return max(seen, key=_SCOPES.index, default="none")


def may_read_field(actor: Actor, template: Template, field: Field) -> bool:
    """Whether the actor may see the field's column at all."""
    if not may(actor, template, "read") and not may(actor, template, "create"):
        return False
    return not field.read_roles or ADMIN in actor.roles or not actor.roles.isdisjoint(field.read_roles)


def is_masked(actor: Actor, template: Template, field: Field, record_is_own: bool) -> bool:
    """Whether personal data is shown masked: to all but the owner, superiors, finance, and who keeps all records."""
    if not field.pii or record_is_own or actor.roles & (SUPERIORS | {ADMIN, "finance"}):
        return False
    keeps_all = scope(actor, template) == "all" and may(actor, template, "edit")
    return not keeps_all


def mask(text: str, field: Field) -> str:
    """The text with its telling part starred: 138****1234, 110***********002X, l***@example.com, 张*."""
    if not text:
        return ""
    if "@" in text:
        local, _, domain = text.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if field.type == "phone":
        return f"{text[:3]}****{text[-4:]}" if len(text) >= 9 else "****"
    if field.type == "id_number" or (len(text) >= 12 and text.isalnum() and text.isascii()):
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}" if len(text) >= 9 else "****"
    if field.type in ("text", "reference", "user"):
        return text[0] + "*" * min(max(len(text) - 1, 1), 4)
    return "****"
