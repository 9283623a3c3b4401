"""First chapter: people, goods, customers and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from schemas.periods import add_months
from services.sample_story.book import Book, Customer, dice

COMMERCE = "S003"
PROBATION_DAYS = 180
NEXT_FOLLOW_UPS = (3, 1, 9, 14, 4, 6, 11, 0, 17, 8, 21, 5, 12, 26, 2, 19, 10, 15, 7, 24)
"""Days from set-up to the next follow-up, customer by customer."""
LATE_FOLLOW_UPS = {"佳禾百货有限公司": -2, "鸠兹汽配有限公司": -5}
"""Customers nobody called back in time: something for the reports to tell."""
SCORES = {"A": (5, 5, 4, 4, "是"), "B": (4, 3, 3, 3, "否"), "C": (2, 2, 2, 2, "否")}
"""Match, budget, decision, potential, and whether chain, budget and need are clear, by the grade they come to."""
GRADED_MONTHS = 3
LEVELS = {"A": "重要客户", "B": "一般客户", "C": "潜在客户", "": "潜在客户"}
CREDIT = {
    "large": ("良好", "充足", "及时", "兴隆", "佳", "合理", "坚实"),
    "steady": ("良好", "一般", "及时", "常态", "普通", "合理", "坚实"),
    "small": ("偶有退票", "一般", "一般", "常态", "普通", "正常", "平常"),
    "lost": ("偶有退票", "紧张", "拖延", "衰退", "普通", "不正常", "保守"),
}
BIRTHDAYS = (5, 96, 131, 154, 187, 203, 228, 251, 264, 277, 289, 301)
"""Days from set-up to the birthdays in the dossiers: one is near, the others are neither due nor just past."""


def tell(book: Book) -> None:
    """Writes the chapter."""
    _people(book)
    _goods(book)
    for at, customer in enumerate(book.customers):
        _customer(book, customer, at)
    _gradings(book)
    _dossiers(book)
    _credit(book)


def first_contact(book: Book, customer: Customer) -> date:
    """The working day on which the customer was first spoken to."""
    return book.almanac.workday(book.almanac.ago(customer.since))


def _people(book: Book) -> None:
    almanac = book.almanac
    for one in book.people:
        joined = almanac.workday(almanac.ago(one.days))
        probation = one.days < PROBATION_DAYS
        confirmed = almanac.workday(joined + timedelta(days=90))
        book.write(
            "staff", almanac.at(joined, 9), COMMERCE,
            staff_id=one.staff_id, staff_name=one.staff_name, dept=one.dept, role=one.role,
            employment=one.employment, staff_state="试用" if probation else "正式", joined_on=joined,
            confirmed_on=None if probation else confirmed, manager_id=one.manager_id, area_name=one.area_name,
        )  # fmt: skip


def _goods(book: Book) -> None:
    day = book.almanac.workday(book.almanac.ago(500))
    for one in book.goods:
        commissionable = "是" if one["category"] == "珠宝" else "否"
        at = book.almanac.at(day, 9, 30)
        book.write("product", at, COMMERCE, valid_from=day, commissionable=commissionable, **one)


def _customer(book: Book, one: Customer, number: int) -> None:
    almanac = book.almanac
    met_on = first_contact(book, one)
    record_id = book.write(
        "customer_info", almanac.at(met_on, 15, 10), one.owner_id,
        customer_name=one.customer_name, industry=one.industry, staff_count=one.staff_count,
        annual_revenue=one.annual_revenue, contact_name=one.contact_name, contact_title=one.contact_title,
        contact_phone=f"1380000{number + 101:04d}", first_contact_on=met_on, need_tags=one.need_tags,
        owner_id=one.owner_id, region=one.region, area_name=one.area_name, lead_source=one.lead_source,
        is_ecommerce="是" if "电子商务" in one.customer_name else "否",
        is_public_official="是" if one.industry == "机关" else "否",
    )  # fmt: skip
    if one.since < 120:
        _first_contact(book, one, met_on, f"1380000{number + 101:04d}")
    days = LATE_FOLLOW_UPS.get(one.customer_name, NEXT_FOLLOW_UPS[number % len(NEXT_FOLLOW_UPS)])
    follow_on = almanac.ago(-days)
    told_on = almanac.workday(max(met_on, min(almanac.ago(8), follow_on - timedelta(days=4))))
    book.add_to(
        record_id, almanac.at(told_on, 17, 20), one.owner_id,
        grade=one.grade, customer_level=LEVELS[one.grade], ka_class=one.ka_class, next_follow_on=follow_on,
        follow_up=one.follow_up.replace("{next}", f"{follow_on.month}月{follow_on.day}日"),
    )  # fmt: skip


def _first_contact(book: Book, one: Customer, met_on: date, phone: str) -> None:
    book.write(
        "first_contact", book.almanac.at(met_on, 15, 40), one.owner_id,
        customer_id=one.name, channel=("电话", "预约拜访", "展会", "邮件")[one.since % 4],
        ended_at=book.almanac.at(met_on, 14, 50), purpose="介绍公司与产品，了解采购负责人和时间安排",
        company_name=one.customer_name, contact=one.contact_name, position=one.contact_title, phone=phone,
        initial_need=one.follow_up.replace("{next}", "近期"), verified_by=["官网", "电话确认"], author_id=one.owner_id,
    )  # fmt: skip


def _gradings(book: Book) -> None:
    """Every customer that does business is graded at the end of each of the last months."""
    almanac = book.almanac
    graded = [one for one in book.customers if one.does_business and one.grade]
    for back in range(GRADED_MONTHS, -1, -1):
        first = almanac.month(back)
        day = almanac.month_end(first)
        for at, one in enumerate(graded):
            if first_contact(book, one) <= day:
                _grading(book, one, first, at)


def _grading(book: Book, one: Customer, first: date, number: int) -> None:
    almanac = book.almanac
    match, budget, decision, potential, clear = SCORES[one.grade]
    at = almanac.at(almanac.month_end(first), 10 + number // 60, number % 60)
    book.write(
        "customer_grading", at, one.owner_id,
        customer_id=one.name, review_month=f"{first:%Y-%m}", match_score=match, budget_score=budget,
        decision_score=decision, potential_score=potential, chain_clear=clear, budget_ok=clear, need_clear=clear,
        grade=one.grade, tags=["重点关注"] if one.grade == "A" else [],
    )  # fmt: skip


def _dossiers(book: Book) -> None:
    almanac = book.almanac
    regulars = [one for one in book.customers if one.buys in ("large", "steady")]
    texts: Sequence[Sequence[str]] = book.texts["dossier"]
    for number, (one, days) in enumerate(zip(regulars, BIRTHDAYS, strict=False), start=1):
        hobbies, strengths, weaknesses = texts[number % len(texts)]
        filed = almanac.workday(first_contact(book, one) + timedelta(days=20))
        book.write(
            "customer_dossier", almanac.at(filed, 16, 30), "S016",
            file_no=f"DA-{number:03d}", filed_on=filed, customer_id=one.name,
            address=f"{one.area_name}示例路{number}号",
            postcode=f"2{number:05d}", phone=f"021-5550{number:04d}", email=f"contact{number}@example.com",
            education=("本科", "硕士", "大专")[number % 3], work=one.customer_name,
            birth_date=_birthday(almanac.ago(-days), 34 + number), position=one.contact_title, career="任现职三年以上",
            hobbies=hobbies, family="已婚", credit_grade="A" if one.buys == "large" else "B",
            strengths=strengths, weaknesses=weaknesses,
        )  # fmt: skip


def _birthday(next_one: date, age: int) -> date:
    """The day of birth of somebody who turns `age` on that day; one born on 29 February keeps the 28th otherwise."""
    return add_months(next_one, -12 * age)


def _credit(book: Book) -> None:
    almanac = book.almanac
    throws = dice("credit")
    for one in book.customers:
        if one.buys == "none":
            continue
        day = almanac.workday(first_contact(book, one) + timedelta(days=throws.randint(6, 12)))
        cash, funds, pay, business, finance, returns, policy = CREDIT[one.buys]
        book.write(
            "credit_survey", almanac.at(day, 11, 20), one.owner_id,
            customer_id=one.name, surveyed_on=day, method=["官网核验", "实地调查"], cash_record=cash, fund_status=funds,
            pay_attitude=pay, biz_status=business, finance_mgmt=finance, return_habit=returns, policy=policy,
            need_special="否", conclusion="需关注" if one.buys == "lost" else "正常", surveyor_id=one.owner_id,
            credit_limit={"large": 200000, "steady": 80000, "small": 20000, "lost": 10000}[one.buys],
        )  # fmt: skip
