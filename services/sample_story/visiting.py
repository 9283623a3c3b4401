"""Fourth chapter: visits, contacts, greetings, plans and the reports people write about them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from schemas.festivals import festivals
from schemas.periods import PeriodKind, add_months
from services.sample_story.book import Book, Customer, Person, Told, dice
from services.sample_story.company import LEVELS, first_contact

FREQUENCIES: dict[str, tuple[PeriodKind, int]] = {"本市": ("month", 2), "本省": ("quarter", 1), "其它地区": ("half", 1)}
"""How often customers are visited, by where they are, and how many finished periods the story tells."""
STAGES = ("建立关系", "产品说明", "产品展示", "建议书")
GREETED = ("春节", "端午", "中秋", "国庆", "元旦")
NOT_GREETED = "康宁体检中心有限公司"
PROMISES = ("寄送证书样本", "提供三款包装报价", "安排车间参观", "补开上月发票")
WEEKS = 4
PLANNERS = ("销售顾问", "销售专员", "销售主管")


def tell(book: Book) -> None:
    """Writes the chapter."""
    _visits(book)
    _weekly(book)
    _talks(book)
    _greetings(book)
    _analyses(book)
    _plans(book)


def _pick(texts: list[str], number: int) -> str:
    return texts[number % len(texts)]


# visits


def _visits(book: Book) -> None:
    planned = sorted(
        ((day, one, place) for one in book.customers for place, day in enumerate(_visit_days(book, one))),
        key=lambda found: (found[0], found[1].owner_id, found[1].name),
    )
    hours: dict[tuple[str, date], int] = {}
    for number, (day, one, place) in enumerate(planned):
        hour = hours.get((one.owner_id, day), 9)
        if hour > 16 or not book.almanac.is_past(book.almanac.at(day, hour + 2, 40)):
            continue
        hours[one.owner_id, day] = hour + 3
        _visit(book, one, book.almanac.at(day, hour, 30), place, number)
    _dailies(book, hours)


def _visit_days(book: Book, one: Customer) -> list[date]:
    """One working day in each period, always the same share of the way through it."""
    almanac = book.almanac
    met_on = first_contact(book, one)
    kind, finished = FREQUENCIES[one.region]
    days = []
    for name, first, last in almanac.periods(kind, finished):
        if last < met_on:
            continue
        begin = max(first, met_on)
        span = (last - begin).days
        share = dice(f"visit {one.name} {name[-2:]}").uniform(0.15, 0.85)
        days.append(almanac.workday_from(begin + timedelta(days=int(span * share)), begin))
    return days


def _visit(book: Book, one: Customer, at: datetime, place: int, number: int) -> None:
    almanac, texts = book.almanac, book.texts["visit"]
    ended = at + timedelta(minutes=70)
    told = ended + timedelta(minutes=50)
    promised = number % 24 == 5
    promise_due = almanac.after(at.date(), 5)
    record_id = book.write(
        "visit_record", told, one.owner_id,
        customer_id=one.name, visit_no=place + 1, visited_at=at, ended_at=ended, person=one.contact_name,
        is_decision_maker="是" if one.does_business else "否", duration_min=70, mode="当面",
        attitude=("热情", "一般", "热情", "一般", "冷淡")[number % 5], stage=STAGES[min(place, 3)],
        overview=_pick(texts["overview"], number), feedback=_pick(texts["feedback"], number // 2),
        competition=_pick(texts["competition"], number // 3), report=_pick(texts["report"], number), report_at=told,
        summary=_pick(texts["report"], number + 1), summary_at=told, outcome="进行中",
        outcome_reason=_pick(texts["outcome_reason"], number),
        promises=_pick(list(PROMISES), number) if promised else "", promise_due_on=promise_due if promised else None,
    )  # fmt: skip
    followed = min(almanac.after(at.date(), 2), at.date() + timedelta(days=6))
    called = almanac.at(followed, 10, 20)
    book.add_to(record_id, called + timedelta(minutes=10), one.owner_id, followup_at=called)
    if promised:
        kept = almanac.at(almanac.workday(promise_due), 15)
        _acknowledge(book, "D73", "visit_record", record_id, "", kept, one.owner_id)


def _acknowledge(book: Book, rule: str, template: str, subject: str, occurrence: str, at: datetime, who: str) -> None:
    if subject:
        book.write(
            "rule_ack", at, who, rule_id=rule, template=template, subject=subject, occurrence=occurrence,
            action="完成", acked_at=at, acked_by=who,
        )  # fmt: skip


def _dailies(book: Book, hours: dict[tuple[str, date], int]) -> None:
    """Who was out with customers reports the same evening."""
    texts = book.texts["daily"]
    for number, ((who, day), hour) in enumerate(sorted(hours.items())):
        if book.person(who).role in PLANNERS:
            book.write(
                "development_daily", book.almanac.at(day, 18, 5 + number % 50), who,
                report_on=day, rep_id=who, visit_count=(hour - 9) // 3, progress=_pick(texts["progress"], number),
                achievements=_pick(texts["achievements"], number), problems=_pick(texts["problems"], number // 2),
            )  # fmt: skip


# contacts


def _contact(book: Book, one: Customer, at: datetime, **values: Told) -> None:
    given: dict[str, Told] = {
        "channel": "电话",
        "purpose": "业务进展沟通",
        "kind": "本周总结",
        "is_decision_maker": "否",
        **values,
    }
    book.write("contact_log", at, one.owner_id, customer_id=one.name, person=one.contact_name, contacted_at=at, **given)


def _weekly(book: Book) -> None:
    """The week's summary and the plan for the next, on the last working day up to Friday."""
    almanac, texts = book.almanac, book.texts["contact"]
    for number, (_, first, _) in enumerate(almanac.periods("week", WEEKS)):
        friday = first + timedelta(days=4)
        day = almanac.calendar.last_workday(first, friday)
        if day is None:
            continue
        for place, person in enumerate(book.sellers()):
            own = book.customers_of(person.staff_id)
            for minute, kind in ((0, "summary"), (20, "plan")):
                at = almanac.at(day, 16, 5 + minute + place)
                told = {"kind": "本周总结" if kind == "summary" else "下周计划"}
                _contact(book, own[number % len(own)], at, result=_pick(texts[kind], number + place), **told)


def _talks(book: Book) -> None:
    """A talk with the decision maker of every customer that does business, each quarter."""
    almanac, texts = book.almanac, book.texts["contact"]["progress"]
    for number, one in enumerate(one for one in book.customers if one.does_business):
        for _, first, last in almanac.periods("quarter", 2):
            met_on = first_contact(book, one)
            begin = max(first, met_on)
            if begin <= last:
                day = almanac.workday_from(begin + (last - begin) * (number % 5 + 1) // 7, begin)
                at = almanac.at(day, 11, number % 60)
                _contact(book, one, at, is_decision_maker="是", result=_pick(texts, number))


def _greetings(book: Book) -> None:
    """Greetings on the eve of the festivals of the last two months; one customer was forgotten."""
    almanac = book.almanac
    days = [(name, on) for year in (almanac.today.year - 1, almanac.today.year, almanac.today.year + 1)
            for name, on in festivals(year).items() if name in GREETED]  # fmt: skip
    for name, on in days:
        eve = on - timedelta(days=1)
        if not 0 <= (almanac.today - eve).days <= 62:
            continue
        for number, one in enumerate(book.customers):
            if one.name != NOT_GREETED and first_contact(book, one) <= eve:
                told = book.texts["contact"]["greeting"].format(festival=name)
                at = almanac.at(eve, 16 + number // 60, number % 60)
                _contact(book, one, at, channel="微信", purpose="节日祝福", result=told)


# reports and plans


def _analyses(book: Book) -> None:
    almanac, texts = book.almanac, book.texts["analysis"]
    for back in range(3, -1, -1):
        first = almanac.month(back)
        day = almanac.month_end(first)
        for number, person in enumerate(book.sellers()):
            if almanac.workday(almanac.ago(person.days)) <= day:
                told = {
                    key: _pick(texts[key], number + back) for key in ("summary", "forecast", "problems", "solutions")
                }
                book.write(
                    "customer_analysis", almanac.at(day, 16, 40 + number), person.staff_id,
                    staff_id=person.staff_id, month=f"{first:%Y-%m}",
                    forecast_amount=20000 + 5000 * (number % 6), **told,
                )  # fmt: skip


def _plans(book: Book) -> None:
    """Each month's plan for the next, and each December's for the next year."""
    planners = [one for one in book.people if one.role in PLANNERS]
    for number, person in enumerate(planners):
        for back in range(2, -2, -1):
            _month_plan(book, person, book.almanac.month(back), number)
        for year in (book.almanac.today.year, book.almanac.today.year + 1):
            _year_plan(book, person, year)


def _month_plan(book: Book, person: Person, first: date, number: int) -> None:
    almanac = book.almanac
    told_on = almanac.month_end(add_months(first, -1))
    if almanac.workday(almanac.ago(person.days)) > told_on:
        return
    known = _portfolio(book, person, told_on)
    days = [almanac.next_workday(first + timedelta(days=4 + 7 * place + number % 3)) for place in range(3)]
    lines = [_planned(book, one, day, place) for place, (one, day) in enumerate(zip(known, days, strict=False))]
    book.write(
        "visit_plan", almanac.at(told_on, 14, 10 + number), person.staff_id, lines,
        plan_kind="月度", period=f"{first:%Y-%m}", visitor_id=person.staff_id,
    )  # fmt: skip


def _portfolio(book: Book, person: Person, day: date) -> list[Customer]:
    """Customers the person knows by that day: his own, else his people's, else the company's oldest."""
    known = [one for one in book.customers if first_contact(book, one) <= day]
    own = [one for one in known if one.owner_id == person.staff_id]
    theirs = [one for one in known if book.person(one.owner_id).manager_id == person.staff_id]
    return own or theirs or known or [max(book.customers, key=lambda one: one.since)]


def _planned(book: Book, one: Customer, day: date, place: int) -> dict[str, Told]:
    """A line of a visit plan."""
    return {
        "customer_level": LEVELS[one.grade], "customer_id": one.name, "person": one.contact_name,
        "position": one.contact_title, "planned_at": book.almanac.at(day, 9, 30), "duration_min": 60,
        "place": one.area_name, "purpose": ("客户维护", "推动业务量", "新产品推广")[place],
        "expected": "确认下一步安排",
    }  # fmt: skip


def _year_plan(book: Book, person: Person, year: int) -> None:
    almanac = book.almanac
    joined = almanac.workday(almanac.ago(person.days))
    told_on = max(almanac.workday(date(year - 1, 12, 20)), joined)
    own = _portfolio(book, person, told_on)
    if told_on.year == year - 1:
        lines = [_planned(book, one, almanac.next_workday(date(year, 3, 4 + at)), 0) for at, one in enumerate(own[:2])]
        book.write(
            "visit_plan", almanac.at(told_on, 17, 15), person.staff_id, lines,
            plan_kind="年度", period=f"{year}-01", visitor_id=person.staff_id,
        )  # fmt: skip
