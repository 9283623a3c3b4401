"""Reports around the payslips: false sales, and which months of whom are settled."""

from __future__ import annotations

from datetime import datetime, time

from reports.commissions.closing import closing_of
from reports.commissions.explain import explain_payslip
from reports.commissions.false_sales import FalseSale, schedule
from reports.commissions.month import Terms
from reports.commissions.payroll import CLOSED
from reports.commissions.people import month_text
from reports.commissions.report import (
    citation_of,
    findings_of,
    month_asked,
    parameters_of,
    payroll_of,
    payroller_of,
    payslip_values,
    sources_of,
    terms_of,
)
from reports.money import yuan
from reports.registry import Request
from reports.statement import Source, Statement, StatementLine, Step, Value


def false_sales(request: Request) -> Statement:
    """One line a case: what the deals gained their seller, the penalty on record, what is taken back and when."""
    found = payroller_of(request).false_sales
    terms = terms_of(request.pack)
    cases = {
        f"{case.case_no or case.record_id}": case
        for case in sorted(found.cases, key=lambda case: case.record_id)
        if not request.person or case.staff_id == request.person
    }
    lines = tuple(
        StatementLine(
            key,
            _case_values(case, terms),
            (Source("false_sale_case", case.record_id),),
            citation_of(request.pack, "false_sale"),
        )
        for key, case in cases.items()
    )

    def explain(line: StatementLine) -> tuple[Step, ...]:
        values = line.values
        steps = [Step(f"false_sale.{terms.rules.clawback.base}", {"gained": values["gained"]})]
        steps.append(Step("false_sale.penalty", {"penalty": values["penalty"]}))
        if terms.rules.penalty_mode == "record_only":
            steps.append(Step("false_sale.record_only", {}))
        return tuple(steps)

    known = [case.gained for case in cases.values() if case.gained is not None]
    totals: dict[str, Value] = {"gained": yuan(sum(known))}
    return Statement(
        "false_sales", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), lines, totals,
        found.findings, explain,
    )  # fmt: skip


def _case_values(case: FalseSale, terms: Terms) -> dict[str, Value]:
    parts = schedule(case.owed(terms), terms.rules.clawback) if terms.rules.penalty_mode == "schedule" else None
    return {
        "staff_id": case.staff_id, "case_no": case.case_no, "months": [month_text(month) for month in case.months],
        "verdict": case.verdict, "mode": case.mode, "gained": None if case.gained is None else yuan(case.gained),
        "penalty": None if case.penalty is None else yuan(case.penalty), "owed": yuan(case.owed(terms)),
        "schedule": None if parts is None else [yuan(part) for part in parts],
    }  # fmt: skip


def settlements(request: Request) -> Statement:
    """One line a person: whether the month is closed, may be closed, or what keeps it from being closed."""
    payroll = payroll_of(request)
    closing = closing_of(request, "", datetime.combine(request.day, time()))
    ready = {draft.staff_id for draft in closing.drafts}
    slips = {
        f"{staff_id}:{month_asked(request)}": slip
        for staff_id, slip in payroll.slips.items()
        if not request.person or staff_id == request.person
    }
    lines = []
    for key, slip in slips.items():
        staff_id = slip.made.person.staff_id
        state = CLOSED if slip.status == CLOSED else "ready" if staff_id in ready else "blocked"
        values = payslip_values(slip, month_asked(request))
        shown = {name: values.get(name) for name in ("closed_at", "closed_by", "closed_pack", "closed_pack_hash")}
        lines.append(
            StatementLine(
                key,
                {
                    "staff_id": staff_id, "name": slip.made.person.name, "month": month_asked(request), "state": state,
                    "payable": values["payable"], "settle_on": values["settle_on"], **shown,
                },
                sources_of(slip, payroll),
                citation_of(request.pack, "settlement"),
            )
        )  # fmt: skip
    states = [line.values["state"] for line in lines]
    totals: dict[str, Value] = {state: states.count(state) for state in (CLOSED, "ready", "blocked")}

    def explain(line: StatementLine) -> tuple[Step, ...]:
        standing = Step(f"settlement.{line.values['state']}", {"month": line.values["month"]})
        return (*explain_payslip(slips[line.key], payroll), standing)

    return Statement(
        "settlements", request.as_of, request.pack.id, request.pack.hash, parameters_of(request), tuple(lines), totals,
        (*findings_of(payroll, request.person), *closing.findings), explain,
    )  # fmt: skip
