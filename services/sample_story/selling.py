"""Second chapter: deals, quotas, expenses, gifts, receptions and awards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from schemas.periods import add_months
from services.sample_story.book import Book, Customer, Person, dice
from services.sample_story.company import first_contact

MONTHS = 12
HABITS = {"large": (24, 36, 52000), "steady": (30, 44, 21000), "small": (38, 60, 6400), "lost": (30, 44, 17000)}
"""How a customer buys: least and most days between two purchases, and about how much in yuan."""
LOST_SINCE = 118
"""Days since a lost customer bought last."""
GOODS = {
    "large": ("ZB-1002", "ZB-3001", "ZB-2003", "ZB-1001"),
    "steady": ("ZB-1001", "ZB-2002", "ZB-2005", "ZB-2001"),
    "small": ("ZB-2006", "ZB-2005", "ZB-2007", "ZB-2004"),
    "lost": ("ZB-2001", "ZB-2002"),
}
DISCOUNTS = ("1", "0.98", "0.95", "1", "0.92", "0.95", "0.9", "0.98", "0.88", "0.96")
SHARES = {"正式": Decimal(100), "试用": Decimal(50)}
LEAST = Decimal(12000)
"""What a full-time seller sells in a finished month at least, in yuan."""
HOUSE_SALE = ("ZB-1001", 2)
REFUNDED = "海润食品有限公司"
MANAGER, KEEPER = "S003", "S016"


@dataclass(slots=True)
class Sale:
    """A sale on its way into the book."""

    customer: Customer
    seller_id: str
    sold_on: date
    paid_on: date
    sku: str
    listed: Decimal
    amount: Decimal


def tell(book: Book, receipt: str) -> None:
    """Writes the chapter. receipt: the attachment text of a scanned receipt; "" leaves expense claims out."""
    sales = _sales(book)
    _deals(book, sales)
    _quotas(book, sales)
    _awards(book)
    receptions = _receptions(book)
    gifts = _gifts(book)
    if receipt:
        _claims(book, receipt, receptions, gifts)


# deals


def _sales(book: Book) -> list[Sale]:
    prices = {one["sku"]: Decimal(one["list_price"]) for one in book.goods}
    sales = [sale for one in book.customers if one.buys in HABITS for sale in _sales_to(book, one, prices)]
    return sorted([*sales, *_house_sales(book, sales, prices)], key=lambda sale: (sale.sold_on, sale.customer.name))


def _sales_to(book: Book, one: Customer, prices: dict[str, Decimal]) -> list[Sale]:
    almanac, throws = book.almanac, dice(f"deals {one.name}")
    shortest, longest, usual = HABITS[one.buys]
    until = almanac.ago(LOST_SINCE) if one.buys == "lost" else almanac.today
    day = max(first_contact(book, one) + timedelta(days=14), almanac.month(MONTHS))
    found: list[Sale] = []
    while (sold_on := almanac.next_workday(day)) < until:
        sku = throws.choice(GOODS[one.buys])
        wanted = Decimal(throws.randint(usual * 7 // 10, usual * 13 // 10))
        listed = prices[sku] * max(1, round(wanted / prices[sku]))
        amount = (listed * Decimal(throws.choice(DISCOUNTS))).quantize(Decimal(1))
        paid_on = almanac.next_workday(sold_on + timedelta(days=throws.choice((0, 0, 1, 2, 4, 6))))
        found.append(Sale(one, one.owner_id, sold_on, paid_on, sku, listed, amount))
        day = sold_on + timedelta(days=throws.randint(shortest, longest))
    return found


def _house_sales(book: Book, sales: list[Sale], prices: dict[str, Decimal]) -> list[Sale]:
    """A sale from the shop's counter where a full-timer's finished month would be below the least."""
    almanac, found = book.almanac, []
    sold = monthly(sales)
    sku, pieces = HOUSE_SALE
    listed = prices[sku] * pieces
    for person in book.sellers(employment="全职"):
        own = [one for one in book.customers_of(person.staff_id) if one.buys in ("large", "steady")]
        for back in range(MONTHS - 1, 0, -1):
            first = almanac.month(back)
            if own and first_contact(book, own[0]) < first and sold[person.staff_id, first] < LEAST:
                day = almanac.next_workday(first + timedelta(days=9))
                found.append(Sale(own[0], person.staff_id, day, day, sku, listed, listed))
    return found


def monthly(sales: list[Sale]) -> dict[tuple[str, date], Decimal]:
    """(seller, first day of a month) → what was paid in it."""
    found: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for sale in sales:
        found[sale.seller_id, sale.paid_on.replace(day=1)] += sale.amount
    return found


def _deals(book: Book, sales: list[Sale]) -> None:
    almanac = book.almanac
    counts: dict[date, int] = defaultdict(int)
    numbers: dict[str, tuple[str, Sale]] = {}
    for sale in sales:
        counts[sale.sold_on] += 1
        number = f"CJ{sale.sold_on:%Y%m%d}{counts[sale.sold_on]:02d}"
        at = almanac.at(sale.sold_on, 16, min(59, 10 + counts[sale.sold_on]))
        paid_at_once = sale.paid_on == sale.sold_on
        record_id = book.write(
            "deal", at, sale.seller_id,
            deal_no=number, kind="销售", sold_on=sale.sold_on, paid_on=sale.paid_on if paid_at_once else None,
            delivered_on=sale.sold_on, customer_id=sale.customer.name, seller_id=sale.seller_id, sku=sale.sku,
            list_amount=str(sale.listed), amount=str(sale.amount), currency="CNY",
        )  # fmt: skip
        if record_id:
            numbers[sale.customer.name] = (number, sale)
        if not paid_at_once:
            book.add_to(record_id, almanac.at(sale.paid_on, 11, 5), sale.seller_id, paid_on=sale.paid_on)
    _refund(book, sales)


def _refund(book: Book, sales: list[Sale]) -> None:
    """One box came back: a good part of a sale of two months ago."""
    almanac = book.almanac
    month = almanac.month(2)
    found = [one for one in sales if one.customer.name == REFUNDED and one.paid_on.replace(day=1) == month]
    if not found:
        return
    sale = found[0]
    same_day = [one for one in sales if one.sold_on == sale.sold_on]
    number = f"CJ{sale.sold_on:%Y%m%d}{same_day.index(sale) + 1:02d}"
    day = almanac.next_workday(sale.paid_on + timedelta(days=3))
    book.write(
        "deal", almanac.at(day, 17, 40), sale.seller_id,
        deal_no=f"TH{day:%Y%m%d}01", kind="退货", sold_on=day, paid_on=day, customer_id=sale.customer.name,
        seller_id=sale.seller_id, sku=sale.sku, list_amount=str(-sale.listed / 10), amount=str(-sale.amount / 10),
        orig_deal=number, currency="CNY",
    )  # fmt: skip


# quotas and awards


def _quotas(book: Book, sales: list[Sale]) -> None:
    sold = monthly(sales)
    for person in book.sellers(employment="全职"):
        if any(one.buys != "none" for one in book.customers_of(person.staff_id)):
            _quotas_of(book, person, sold)


def _quotas_of(book: Book, person: Person, sold: dict[tuple[str, date], Decimal]) -> None:
    """A little below what the person sold on average in the quarter: most months are reached, some are missed."""
    almanac = book.almanac
    joined = almanac.workday(almanac.ago(person.days))
    state = "试用" if person.days < 180 else "正式"
    for back in range(MONTHS - 1, -1, -1):
        first = almanac.month(back)
        if first < joined.replace(day=1):
            continue
        around = [sold[person.staff_id, add_months(first, shift)] for shift in (-1, 0, 1) if back - shift > 0]
        usual = sum(around, Decimal(0)) / max(1, len(around))
        full = max(20000, round(usual * Decimal("0.9") * 100 / SHARES[state] / 1000) * 1000)
        day = max(joined, almanac.workday(first - timedelta(days=3)))
        book.write(
            "quota", almanac.at(day, 9, 50), MANAGER,
            staff_id=person.staff_name, month=f"{first:%Y-%m}", full_quota=full, factor=f"{SHARES[state]}%",
            basis=["近期人均销售量"],
        )  # fmt: skip


def _awards(book: Book) -> None:
    almanac = book.almanac
    winners = ("张敏", "林晓东", "陈思雨")
    for back, name in zip((3, 2, 1), winners, strict=True):
        first = almanac.month(back)
        day = almanac.month_end(first)
        book.write(
            "award_notice", almanac.at(day, 17, 50), MANAGER,
            award_kind="日业绩高峰", period=f"{first:%Y-%m}", target=20000, staff_id=name, amount=50,
            evidence="当日成交超过公告的业绩要求", confirmed="通过",
        )  # fmt: skip


# gifts, receptions, claims


def _receptions(book: Book) -> list[tuple[str, str, date, int]]:
    """Receptions of the last months: (record, applicant, day, cost). The last one lies ahead."""
    almanac, held = book.almanac, []
    guests = [one for one in book.customers if one.buys == "large" or one.orders == "system"]
    back_to = (250, 190, 130, 75, 34, -6)
    for number, (days, one) in enumerate(zip(back_to, guests, strict=False)):
        purpose, kind, course, result = book.texts["reception"][number]
        day = almanac.next_workday(almanac.ago(days))
        asked = almanac.after(day, -4)
        cost = 480 + 160 * number
        record_id = book.write(
            "reception_request", almanac.at(asked, 10, 20), one.owner_id,
            [{"cost_item": "招待费用", "amount": cost, "note": "工作餐"},
             {"cost_item": "交流费用", "amount": 120, "note": "资料与样品"}],
            customer_id=one.name, reception_at=almanac.at(day, 10), guest_count=2 + number % 4, hosts="李娜、王强",
            cost_mode="全部执行", purpose=[purpose], dining_out="是", leader_id="李娜", has_official="否",
            **{"class": kind},
        )  # fmt: skip
        told_at = almanac.at(day, 17, 30)
        report = book.write(
            "reception_report", told_at, one.owner_id,
            request_id=record_id, held_at=almanac.at(day, 10), course=course, result=result, actual_cost=cost + 120,
            experience="客户对工艺讲解评价好", reported_at=told_at, reviewer_id="李娜",
        )  # fmt: skip
        if report:
            held.append((record_id, one.owner_id, day, cost + 120))
    return held


def _gifts(book: Book) -> list[tuple[str, str, date, int]]:
    """Gifts within the limits, none to officials: (record, applicant, day, value)."""
    almanac, given = book.almanac, []
    receivers = [one for one in book.customers if one.buys in ("large", "steady")]
    for number, days in enumerate((210, 160, 95, 52, 20, -4)):
        one, (name, pieces, price) = receivers[number * 2], book.texts["gift"][number]
        day = almanac.next_workday(almanac.ago(days))
        asked = almanac.after(day, -2)
        record_id = book.write(
            "gift_request", almanac.at(asked, 9, 40), one.owner_id,
            [{"gift_name": name, "qty": pieces, "unit_value": price}],
            applicant_id=one.owner_id, gift_on=day, customer_id=one.name, receiver=one.contact_name,
            receiver_official="否", keeper_id=KEEPER, filled_by=one.owner_id,
        )  # fmt: skip
        issued = almanac.after(day, -1)
        book.add_to(record_id, almanac.at(issued, 14, 15), KEEPER, issued_on=issued)
        if record_id and almanac.is_past(day):
            given.append((record_id, one.owner_id, day, pieces * int(price)))
    return given


def _claims(
    book: Book, receipt: str, receptions: list[tuple[str, str, date, int]], gifts: list[tuple[str, str, date, int]]
) -> None:
    almanac = book.almanac
    linked = [("接待", "reception_id", one) for one in receptions] + [("礼品", "gift_id", one) for one in gifts]
    for kind, field, (record_id, who, day, cost) in linked:
        at = almanac.at(almanac.after(day, 2), 10, 45)
        book.write(
            "expense_claim", at, who, claimant_id=who, month=f"{at:%Y-%m}", link_kind=kind, amount=cost,
            receipts=[receipt], deduct="是", **{field: record_id},
        )  # fmt: skip
    for back in range(5, 0, -1):
        for number, who in enumerate(("S006", "S009", "S010")):
            day = almanac.month_end(almanac.month(back))
            book.write(
                "expense_claim", almanac.at(day, 14, 5 + number), who, claimant_id=who, month=f"{day:%Y-%m}",
                link_kind="差旅", amount=260 + 85 * ((back + number) % 4), receipts=[receipt], deduct="是",
            )  # fmt: skip
