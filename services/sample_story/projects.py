"""Third chapter: needs, contracts, orders, their progress, acceptance and what customers say afterwards."""

from __future__ import annotations

from datetime import date, timedelta

from schemas.periods import add_months
from services.sample_story.book import Book, Customer, Row, Told
from services.sample_story.company import first_contact

EXAMPLES = {
    "明达科技有限公司": ("FW-1001", 8, 26),
    "恒通贸易有限公司": ("FW-2001", 6, 21),
}
"""The handbook's example orders: goods, days from first contact to order, days from first contact to delivery."""
PLANS = {"system": ("FW-1001", 24, 62), "training": ("FW-2001", 18, 40)}
LATE = "锡东电缆有限公司"
"""Whose delivery is late on purpose."""
SURVEYS = ((1, "验收后1个月"), (3, "验收后3个月"), (6, "验收后6个月"))


def tell(book: Book) -> None:
    """Writes the chapter."""
    _example_needs(book)
    for number, one in enumerate(one for one in book.customers if one.orders):
        _project(book, one, number)


def _example_needs(book: Book) -> None:
    """The two example rows of the handbook's list of needs."""
    one = book.customers[0]
    almanac = book.almanac
    talked = first_contact(book, one)
    confirmed = almanac.after(talked, 2)
    rows = (
        ("DEMO001", "刚性", "降低生产线能耗30%", "周先生"),
        ("DEMO002", "柔性", "提供操作培训，员工掌握率100%", "孙女士"),
    )
    for number, kind, description, who in rows:
        record_id = book.write(
            "need_confirmation", almanac.at(talked, 16, 20), one.owner_id,
            customer_id=one.name, need_no=number, need_type=kind, description=description, feasibility="可行",
            talked_on=talked,
        )  # fmt: skip
        book.add_to(
            record_id, almanac.at(confirmed, 11, 15), one.owner_id, confirm_via="邮件", confirmed_by=who,
            confirmed_on=confirmed,
        )  # fmt: skip


def _project(book: Book, one: Customer, number: int) -> None:
    almanac = book.almanac
    met_on = first_contact(book, one)
    sku, to_order, to_delivery = EXAMPLES.get(one.name) or PLANS[one.orders]
    ordered = almanac.next_workday(met_on + timedelta(days=to_order + number % 3))
    delivery = _delivery(book, one, almanac.workday(met_on + timedelta(days=to_delivery + number % 5)))
    if one.name not in EXAMPLES:
        _needs(book, one, met_on, number)
    contract = _contract(book, one, sku, almanac.after(ordered, -2), delivery, number)
    order = _order(book, one, sku, contract, ordered, delivery)
    if order:
        _progress(book, one, order, sku, ordered, delivery)
        _accepted(book, one, order, sku, ordered, delivery, number)


def _delivery(book: Book, one: Customer, planned: date) -> date:
    """The late order was promised for three working days before set-up, whenever that is."""
    return book.almanac.after(book.almanac.today, -3) if one.name == LATE else planned


def _needs(book: Book, one: Customer, met_on: date, number: int) -> None:
    almanac, texts = book.almanac, book.texts["need"]
    for place, kind in enumerate(("刚性", "柔性") if number % 2 else ("刚性", "潜在")):
        talked = almanac.after(met_on, 3 + 2 * place)
        record_id = book.write(
            "need_confirmation", almanac.at(talked, 15, 30 + place), one.owner_id,
            customer_id=one.name, need_no=f"XQ{place + 1:03d}", need_type=kind,
            description=texts[kind][number % len(texts[kind])], talked_on=talked,
            feasibility="可行" if kind != "潜在" else "需评估",
        )  # fmt: skip
        confirmed = almanac.after(talked, 2)
        book.add_to(
            record_id, almanac.at(confirmed, 10, 25), one.owner_id,
            confirm_via="签字" if number % 3 else "邮件", confirmed_by=one.contact_name, confirmed_on=confirmed,
        )  # fmt: skip


def _price(book: Book, sku: str) -> int:
    return int(next(one["list_price"] for one in book.goods if one["sku"] == sku))


def _contract(book: Book, one: Customer, sku: str, signed: date, delivery: date, number: int) -> str:
    almanac = book.almanac
    contract_no = f"HT-{signed:%Y%m}-{number + 1:03d}"
    goods = next(good["product_name"] for good in book.goods if good["sku"] == sku)
    record_id = book.write(
        "contract", almanac.at(signed, 11, 30), one.owner_id,
        contract_no=contract_no, customer_id=one.name, amount=_price(book, sku), tax_included="是",
        payment_terms="签约付30%，发货前付60%，验收后付10%", scope=f"{goods}一套，含安装与培训", delivery_on=delivery,
        delivery_place=f"{one.area_name}客户现场", acceptance_std="按技术协议逐项测试，连续运行七天无故障",
        duties="我方负责安装调试，客户提供场地与网络", breach="逾期每日按合同额千分之一支付违约金",
        nda_clause="双方对技术资料与客户信息保密",
        signer=one.contact_name, signer_is_legal="是", sign_mode="纸质盖章",
        signed_on=signed,
        effective_on=signed,
    )  # fmt: skip
    book.add_to(record_id, almanac.at(signed, 16, 45), "S003", service_owner_id="陈静")
    archived = almanac.after(signed, 2)
    book.add_to(record_id, almanac.at(archived, 9, 55), "S016", archived_on=archived)
    return contract_no if record_id else ""


def _order(book: Book, one: Customer, sku: str, contract: str, ordered: date, delivery: date) -> str:
    """The order's record number; its own number comes of the day, one order a day at most."""
    almanac = book.almanac
    return book.write(
        "sales_order", almanac.at(ordered, 10, 15), one.owner_id,
        [{"sku": sku, "qty": 1, "unit_price": _price(book, sku)}],
        contract_no=contract, customer_id=one.name, order_type="服务类" if sku.startswith("FW-2") else "产品类",
        delivery_on=delivery, owner_id=one.owner_id, confirmed_on=ordered,
    )  # fmt: skip


def _order_no(ordered: date) -> str:
    return f"PO{ordered:%Y%m%d}001"


def _goods_name(book: Book, sku: str) -> str:
    return next(one["product_name"] for one in book.goods if one["sku"] == sku)


def _progress(book: Book, one: Customer, order: str, sku: str, ordered: date, delivery: date) -> None:
    """One row a week from the first whole week on until delivery, and on while it is late."""
    almanac = book.almanac
    stages = ("生产中", "质检中", "已发货") if sku == "FW-1001" else ("实施中", "实施中", "已完成待验收")
    until = almanac.today if one.name == LATE else delivery + timedelta(days=7)
    weeks = [week for week in almanac.periods("week", 60) if ordered - timedelta(days=7) < week[1] <= until]
    for place, (_, first, last) in enumerate(weeks):
        days = almanac.workdays_in(max(first, ordered), min(last, first + timedelta(days=4)))
        day = days[len(days) // 2] if days else None
        if day is None:
            continue
        share = min(0.99, (day - ordered).days / max(1, (delivery - ordered).days))
        stage = stages[min(2, int(share * 3))]
        at = almanac.at(day, 16, 35)
        late = one.name == LATE and day >= almanac.after(delivery, -4)
        book.write(
            "order_progress", at, one.owner_id,
            order_no=_order_no(ordered), customer_id=one.name, item=_goods_name(book, sku), delivery_on=delivery,
            progress_state="生产中" if late else stage, progress_pct=f"{90 if late else int(share * 95) + 3}%",
            owner_id=one.owner_id, next_step=book.texts["progress"]["next_step"]["生产中" if late else stage],
            synced_at=at - timedelta(minutes=25), sync_via=("电话", "微信", "邮件")[place % 3],
            **(_exception(book, day, delivery) if late else {"exception_type": "无"}),
        )  # fmt: skip


def _exception(book: Book, day: date, delivery: date) -> dict[str, Told]:
    almanac = book.almanac
    eta = almanac.after(max(almanac.today, delivery), 3)
    return {
        "exception_type": "原材料延迟",
        "exception_at": almanac.at(day, 9, 20),
        "customer_notified_at": almanac.at(day, 11, 0),
        "exception_note": f"原材料延迟，预计{eta.month}月{eta.day}日交付；已加排夜班并协调备用供应商",
        "eta_on": eta,
    }


def _accepted(book: Book, one: Customer, order: str, sku: str, ordered: date, delivery: date, number: int) -> None:
    """Delivered on the day promised, accepted two working days later, asked about it after one, three, six months."""
    almanac = book.almanac
    if one.name == LATE:
        return
    book.add_to(order, almanac.at(delivery, 17, 10), one.owner_id, delivered_on=delivery)
    service = sku.startswith("FW-2")
    accepted = almanac.after(delivery, 2)
    at = almanac.at(delivery, 17, 30)
    failed = almanac.at(delivery, 15, 30)
    fixes: list[Row] = [
        {"round_no": 1, "failed_at": failed, "fix_started_at": failed + timedelta(hours=1),
         "fixed_at": failed + timedelta(hours=3), "measure": "调整采集频率并复测"}
    ] if number % 4 == 2 else []  # fmt: skip
    record_id = book.write(
        "acceptance", max(at, failed + timedelta(hours=3)), one.owner_id, fixes,
        order_no=_order_no(ordered), kind="服务验收" if service else "产品验收", received_at=almanac.at(delivery, 14),
        standard="按技术协议逐项测试，连续运行七天无故障",
    )  # fmt: skip
    book.add_to(
        record_id, almanac.at(accepted, 15, 20), one.owner_id,
        meeting_on=accepted if service else None, result="通过", accepted_on=accepted, signer=one.contact_name,
    )  # fmt: skip
    for months, basis in SURVEYS:
        _survey(book, one, record_id, basis, add_months(accepted, months), number + months)


def _survey(book: Book, one: Customer, acceptance: str, basis: str, due: date, throw: int) -> None:
    almanac = book.almanac
    day = almanac.workday(due)
    low = throw % 9 == 4
    at = almanac.at(day, 15, throw % 60)
    planned: dict[str, Told] = {"improve_plan": "指定专人每周回访一次，连续四周", "plan_owner_id": one.owner_id}
    book.write(
        "satisfaction_survey", at, "S018",
        customer_id=one.name, basis=basis, acceptance_id=acceptance, method=("电话访谈", "问卷")[throw % 2],
        surveyed_on=day, q_quality=4 + throw % 2, q_speed=3 if low else 4 + (throw // 2) % 2,
        q_overall=4 + (throw // 3) % 2, advice=book.texts["survey"][throw % len(book.texts["survey"])],
        **(planned if low else {}),
    )  # fmt: skip
