"""A portal with one form made for printing, and a record in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schemas.record import Actor, Record, Saved, Submission, TypedLine
from services.app import App

GIFTS = """
key: gifts
version: 1
label: {zh: 礼品馈赠申请表, en: Gift request}
record_key: slip_no
display: slip_no
fields:
  - {key: slip_no, type: serial, serial: "LP{seq:3}", label: {zh: 申请单号, en: No.}}
  - {key: applicant, type: user, label: {zh: 申请人, en: Applicant}, default: current_user, owner: true}
  - {key: given_on, type: date, label: {zh: 馈赠日期, en: Gift date}}
  - {key: budget, type: money, label: {zh: 预算, en: Budget}, unit: {zh: 元, en: CNY}}
  - {key: receiver, type: text, label: {zh: 收受人, en: Receiver}, pii: true}
  - {key: phone, type: phone, label: {zh: 电话, en: Phone}, pii: true}
  - {key: cost, type: money, label: {zh: 成本, en: Cost}, read_roles: [finance]}
  - {key: abroad, type: bool, label: {zh: 境外, en: Abroad}}
  - {key: country, type: text, label: {zh: 国家, en: Country}, visible_if: {field: abroad, equals: 是}}
  - {key: remark, type: long_text, label: {zh: 备注, en: Remark}}
  - {key: total, type: computed, result: money, compute: sum(items.amount), label: {zh: 合计金额, en: Total}}
sections:
  - {label: {zh: 申请, en: Request}, fields: [slip_no, applicant, given_on, budget]}
  - {label: {zh: 对象, en: Recipient}, fields: [receiver, phone, abroad, country]}
lines:
  - key: items
    label: {zh: 礼品, en: Gifts}
    fields:
      - {key: gift, type: text, label: {zh: 礼品名称, en: Gift}, required: true}
      - {key: pieces, type: integer, label: {zh: 数量, en: Pieces}, required: true}
      - {key: price, type: money, label: {zh: 单价, en: Price}, required: true}
      - {key: amount, type: computed, result: money, compute: pieces * price, label: {zh: 金额, en: Amount}}
signatures:
  - {label: {zh: 申请人, en: Applicant}, field: applicant}
  - {label: {zh: 部门经理, en: Manager}}
list_view: {columns: [slip_no, applicant, receiver, total]}
permissions:
  create: [sales_rep]
  edit: [sales_rep]
  read: {sales_rep: own, service_rep: all, finance: all, sales_manager: all}
"""
VALUES = {
    "applicant": "S001", "given_on": "2026-11-20", "budget": "1200", "receiver": "王女士", "phone": "13912345678",
    "cost": "800", "abroad": "否", "remark": "第一行\n第二行",
}  # fmt: skip
NECKLACE = {"gift": "18K金项链", "pieces": "2", "price": "128.5"}
BOX = {"gift": "礼盒", "pieces": "3", "price": "20"}

READER = Actor("a8", "S008", "吴十", frozenset({"service_rep"}))
MANAGER = Actor("a9", "S009", "郑云", frozenset({"sales_manager"}))


def add_form(shipped: Path) -> None:
    """Puts the form beside the small staff form."""
    (shipped / "gifts.yaml").write_text(GIFTS, encoding="utf-8")


def gift(portal: App, actor: Actor, *lines: dict[str, str], record: Record | None = None, **values: Any) -> Record:
    """A saved or changed record."""
    rows = {"items": [TypedLine(line.get("line_id", ""), {k: v for k, v in line.items() if k != "line_id"})
                      for line in lines]} if lines else {}  # fmt: skip
    etags = {}
    if record:
        etags = {record.record_id: record.etag, **{one.line_id: one.etag for one in record.lines["items"]}}
    number = record.record_id if record else ""
    saved = portal.repository.submit(Submission("gifts", portal.new_id(), values, rows, number, etags), actor)
    assert isinstance(saved, Saved), saved
    found = portal.repository.get("gifts", saved.record_id, actor)
    assert found is not None
    return found
