"""Roles an account may have, and which of them a position in the staff record proposes."""

from __future__ import annotations

from collections.abc import Mapping

ROLES = (
    "admin", "gm", "deputy_gm", "chairman", "marketing_director", "sales_manager", "sales_supervisor", "sales_rep",
    "part_timer", "referrer", "back_office", "gift_keeper", "service_manager", "service_supervisor", "service_rep",
    "finance", "legal", "product", "commerce", "operations", "hr", "compliance", "committee",
)  # fmt: skip

PROPOSED: Mapping[str, str] = {
    "大客户经理": "sales_manager",
    "销售主管": "sales_supervisor",
    "销售顾问": "sales_rep",
    "销售专员": "sales_rep",
    "内勤": "back_office",
    "客服主管": "service_supervisor",
    "客服专员": "service_rep",
    "财务": "finance",
    "法务": "legal",
    "管理层": "gm",
}
"""岗位 → role. A proposal an administrator confirms; the workbook alone changes nobody's rights."""
