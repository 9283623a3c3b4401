"""Fifth chapter: after-sales service, prospects, suggestions, analyses, ratings and what is ticked off by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from schemas.periods import add_months
from services.sample_story.book import Book, Person, Row, Told, dice

SERVICE = ("S018", "S019")
SUPERVISOR, BACK_OFFICE, MANAGER, GENERAL_MANAGER, FINANCE = "S017", "S016", "S003", "S002", "S020"
CASES = 26
LATE_CASE = 20
"""The case whose first answer took too long."""
RATED: dict[str, tuple[str, ...]] = {
    "销售顾问": ("服务规范执行情况", "解答客户问题的及时性"),
    "内勤": ("后勤服务完善及时程度", "完成领导安排的工作"),
    "经理": ("员工满意度", "培训计划完成率"),
}
PROSPECTS = (
    ("青禾连锁药房有限公司", "苏州", "吴江线", "市场调查", "开发中", (4, 3, 3, 4, 3, 4, 4, 3)),
    ("北固山机械有限公司", "镇江", "沿江线", "老客户介绍", "调查中", (3, 3, 3, 3, 3, 3, 3, 3)),
    ("海盐紧固件有限公司", "嘉兴", "杭州湾线", "竞品经销通路", "开发中", (5, 4, 4, 4, 4, 4, 4, 4)),
    ("句容生态农场有限公司", "句容", "沿江线", "客户自动上门", "待调查", (2, 2, 3, 3, 2, 2, 3, 3)),
    ("桐乡羊毛衫有限公司", "嘉兴", "杭州湾线", "市场调查", "中止", (1, 2, 1, 2, 1, 2, 3, 2)),
    ("启东海工装备有限公司", "南通", "沿江线", "集团内部资源", "申请中", (4, 4, 4, 4, 4, 4, 4, 4)),
    ("宜兴紫砂文化有限公司", "无锡", "环太湖线", "老客户介绍", "开发中", (3, 3, 3, 4, 4, 4, 4, 4)),
    ("慈溪家电有限公司", "宁波", "杭州湾线", "市场调查", "调查中", (4, 3, 4, 3, 4, 4, 3, 3)),
    ("安吉椅业有限公司", "湖州", "环太湖线", "竞品经销通路", "待调查", (3, 3, 2, 3, 3, 3, 3, 3)),
    ("德清物联科技有限公司", "湖州", "环太湖线", "客户自动上门", "开发中", (4, 3, 3, 4, 3, 4, 5, 4)),
)  # fmt: skip
CAPABILITIES = (
    "cap_fund", "cap_storage", "cap_delivery", "cap_distribution", "cap_staff", "cap_business", "cap_will", "cap_idea",
)  # fmt: skip


def tell(book: Book) -> None:
    """Writes the chapter."""
    _cases(book)
    _prospects(book)
    suggestions = _suggestions(book)
    _tasks(book)
    _ratings(book)
    _ticked_off(book, suggestions)


def _cases(book: Book) -> None:
    """After-sales cases over the year; the last one waits for its follow-up, one was answered late."""
    almanac, throws = book.almanac, dice("service")
    customers = [one for one in book.customers if one.does_business and one.since > 200]
    examples = {CASES - 1: book.customers[0], CASES - 2: book.customers[1]}
    for number in range(CASES):
        days = 352 - number * 14 if number < CASES - 2 else 3 + 4 * (CASES - 1 - number)
        kind, severity, problem, handling, result = book.texts["service"][(CASES - 1 - number) % 12]
        one = examples.get(number) or throws.choice(customers)
        reported = almanac.at(almanac.workday(almanac.ago(days)), 9 + number % 3, 5 + number % 40)
        solved = reported + timedelta(minutes=95 if severity != "复杂" else 300)
        answered = reported + timedelta(minutes=48 if number == LATE_CASE else 4 + number % 9)
        who = SERVICE[number % 2]
        record_id = book.write(
            "after_sales", solved + timedelta(minutes=10), who,
            customer_id=one.name, served_on=reported.date(), issue_type=kind, severity=severity, problem=problem,
            reported_at=reported, responded_at=answered, handling=handling, result=result, resolved_at=solved,
            onsite_at=reported + timedelta(minutes=80) if severity == "紧急" else None,
            fault="人员过失" if kind == "投诉" else None, owner_id=who,
        )  # fmt: skip
        called = almanac.at(_call_back_on(book, reported.date()), 10, 30)
        marks: dict[str, Told] = {"followed_up_at": called, "csat": 3 if number == LATE_CASE else 5 - number % 2}
        book.add_to(record_id, called + timedelta(minutes=5), who, **marks)


def _call_back_on(book: Book, day: date) -> date:
    """A working day within the three days that the rule leaves, else the third day itself."""
    found = book.almanac.workday(day + timedelta(days=3))
    return found if found > day else day + timedelta(days=3)


def _prospects(book: Book) -> None:
    almanac = book.almanac
    names: dict[str, list[str]] = {}
    reps = [one.staff_id for one in book.sellers(employment="全职")]
    for number, (name, area, route, source, state, marks) in enumerate(PROSPECTS):
        who = reps[number % len(reps)]
        day = almanac.workday(almanac.ago(200 - 12 * number))
        book.write(
            "prospect_list", almanac.at(day, 10, 5), who,
            company_name=name, address=f"{area}示例工业园{number + 1}号", contact="采购部",
            phone=f"021-5551{number:04d}",
            lead_source=source, area_name=area, route=route, priority=number + 1, was_dealer="否",
            is_target="是" if state == "开发中" else "否", owner_id=who, prospect_state=state,
        )  # fmt: skip
        names.setdefault(who, []).append(name)
        looked = almanac.after(day, 6)
        book.write(
            "capability_scorecard", almanac.at(looked, 11, 10), who,
            prospect_id=name, evaluated_on=looked, warehouse_m2=120 + 60 * number, vehicle_count=1 + number % 4,
            rep_count=2 + number % 5, **_marks(marks),
        )  # fmt: skip
    for who in reps:
        _development_plan(book, who, names.get(who, []))


def _marks(marks: Sequence[int]) -> dict[str, Told]:
    return dict(zip(CAPABILITIES, marks, strict=True))


def _development_plan(book: Book, who: str, names: list[str]) -> None:
    """The year's plan with what came of it: past visits have a result."""
    almanac = book.almanac
    if not names:
        return
    told_on = max(almanac.workday(almanac.ago(book.person(who).days)), almanac.workday(almanac.ago(1)))
    for year in sorted({almanac.month(6).year, almanac.today.year}):
        months = [first for back in range(6, -1, -1) if (first := almanac.month(back)).year == year]
        lines = [_planned(book, first, names, told_on) for first in months]
        book.write("development_plan", almanac.at(told_on, 9, 15), who, lines, rep_id=who, year=year)


def _planned(book: Book, first: date, names: list[str], told_on: date) -> Row:
    """A month's line; every visit that is past has its result, now and then a poor one."""
    day = book.almanac.next_workday(first + timedelta(days=11))
    absent = first.month % 4 == 1
    result = "负责人外出，改约下月" if absent else "了解规模与采购周期"
    return {
        "month": first.month, "customer_level": "潜在客户", "prospect_id": names[first.month % len(names)],
        "visit_at": book.almanac.at(day, 14), "person": "采购部", "result": result if day <= told_on else None,
        "outcome": "跟进中" if day <= told_on else None,
    }  # fmt: skip


def _suggestions(book: Book) -> list[tuple[str, date]]:
    """Suggestions of the last months: (record, day it was announced), the adopted ones."""
    almanac = book.almanac
    adopted = []
    told = zip(
        book.texts["suggestion"], (5, 4, 2, 0), ("采用", "保留", "采用", ""), ("二等", "", "四等", ""), strict=True
    )
    for number, ((topic, body), back, decision, award) in enumerate(told):
        first = almanac.month(back)
        author = book.sellers()[number * 2].staff_id
        dropped = almanac.next_workday(first + timedelta(days=3))
        record_id = book.write("suggestion", almanac.at(dropped, 12, 10), author, author_id=author,
                               dropped_on=dropped, topic=topic, body=body)  # fmt: skip
        opened = almanac.next_workday(first + timedelta(days=19))
        decided = almanac.month_end(first)
        if not decision:
            book.add_to(record_id, almanac.at(opened, 9, 45), MANAGER, opened_on=opened)
            continue
        book.add_to(
            record_id, almanac.at(max(decided, opened), 15, 30), MANAGER, opened_on=opened, decision=decision,
            award_level=award, notified_on=max(decided, opened),
        )  # fmt: skip
        if decision == "采用" and record_id:
            adopted.append((record_id, decided))
            _carried_out(book, record_id, add_months(first, 1))
    return adopted


def _carried_out(book: Book, suggestion: str, month: date) -> None:
    almanac = book.almanac
    issued = almanac.next_workday(month + timedelta(days=9))
    record_id = book.write(
        "suggestion_order", almanac.at(issued, 10, 40), MANAGER,
        suggestion_id=suggestion, dept="大客户部", issued_on=issued, start_on=issued,
        how="由内勤整理资料，销售顾问执行",
    )  # fmt: skip
    returned = almanac.month_end(month)
    at = almanac.at(returned, 16)
    book.add_to(record_id, at, MANAGER, returned_on=returned, effect="达到")


def _tasks(book: Book) -> None:
    almanac = book.almanac
    for number, (size, title) in enumerate(book.texts["task"]):
        day = almanac.workday(almanac.ago(172 - 33 * number))
        handed = almanac.after(day, 2 if size == "大型" else 1)
        record_id = book.write(
            "analysis_task", almanac.at(day, 10, 30), MANAGER,
            title=title, size=size, assigned_at=almanac.at(day, 10, 25), assigned_by=MANAGER, assignee_id=BACK_OFFICE,
        )  # fmt: skip
        book.add_to(
            record_id, almanac.at(handed, 16, 20), BACK_OFFICE, submitted_at_work=almanac.at(handed, 16, 10),
            accurate="有误" if number == 2 else "准确",
        )  # fmt: skip


# ratings


def _ratings(book: Book) -> None:
    almanac = book.almanac
    quarters, halves = almanac.periods("quarter", 2)[:-1], almanac.periods("half", 1)[:-1]
    for person in book.people:
        if person.role in ("销售顾问", "销售专员", "销售主管"):
            _rated(book, person, "销售顾问", quarters, (("上级领导", person.manager_id), ("部门同事", BACK_OFFICE)))
        elif person.role == "内勤":
            _rated(book, person, "内勤", halves, (("上级领导", MANAGER), ("部门同事", "S006")))
        elif person.role == "大客户经理":
            _rated(book, person, "经理", halves, (("上级领导", GENERAL_MANAGER), ("人力部门", FINANCE)))


def _rated(
    book: Book,
    person: Person,
    card: str,
    periods: list[tuple[str, date, date]],
    raters: tuple[tuple[str, str], ...],
) -> None:
    almanac = book.almanac
    throws = dice(f"ratings {person.staff_id}")
    for name, _, last in periods:
        at = almanac.at(almanac.after(last, 6), 15, 10)
        for indicator in RATED[card]:
            for role, rater in raters:
                book.write(
                    "kpi_rating", at, rater, ratee_id=person.staff_id, period=name, card=card, indicator=indicator,
                    rater_role=role, rater_id=rater, score=throws.randint(78, 95),
                )  # fmt: skip


# what no form shows


def _ticked_off(book: Book, suggestions: list[tuple[str, date]]) -> None:
    """Meetings and reports that are held or written outside, ticked off in the register."""
    almanac = book.almanac
    supervisor = next(one.record_id for one in book.records if one.values.get("staff_id") == SUPERVISOR)
    for back in (3, 2, 1):
        first = almanac.month(back)
        month = f"{first:%Y-%m}"
        _done(book, "D77", "company", month, almanac.month_end(first), MANAGER)
        _done(book, "D56", supervisor, month, almanac.after(add_months(first, 1) - timedelta(days=1), 3), SUPERVISOR)
    for name, _, last in almanac.periods("quarter", 2)[:-1]:
        _done(book, "D50", "company", name, almanac.workday(last), MANAGER)
    for name, _, last in almanac.periods("year", 1)[:-1]:
        _done(book, "D63", "company", name, almanac.workday(last - timedelta(days=6)), SUPERVISOR)
    for record_id, announced in suggestions:
        praised = almanac.next_workday(add_months(announced.replace(day=1), 1) + timedelta(days=8))
        _done(book, "D51", record_id, "", praised, MANAGER)
    for back in (4, 3, 2):
        month = f"{almanac.month(back):%Y-%m}"
        settled = almanac.workday(almanac.month(back - 1) + timedelta(days=12))
        _waived(book, month, settled)


def _done(book: Book, rule: str, subject: str, occurrence: str, day: date, who: str) -> None:
    at = book.almanac.at(day, 17, 5)
    book.write("rule_ack", at, who, rule_id=rule, subject=subject, occurrence=occurrence, action="完成",
               acked_at=at, acked_by=who)  # fmt: skip


def _waived(book: Book, month: str, day: date) -> None:
    at = book.almanac.at(day, 16, 50)
    book.write(
        "rule_ack", at, FINANCE, rule_id="D42", subject="company", occurrence=month, action="豁免", acked_at=at,
        reason="启用门户前的提成已在原来的表格中结清", acked_by=FINANCE,
    )  # fmt: skip
