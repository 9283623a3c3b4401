"""G4: the credit grade from the survey and the suggested credit limit. Source: 003 Arts. 4, 10-13; domain.md §3.5."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from reports.facts import columns_of
from reports.frames import Frames
from reports.grades.customers import Customers, current_grades
from reports.grades.scales import UNRATED, Graded, cut, decimals, latest, weighted, whole
from reports.money import round_fen, yuan
from schemas.grade_rules import Credit

EXTRAS = ("limit", "avg_month_sales", "term_days", "conclusion")


def grade_g4(frames: Frames, rules: Credit, customers: Customers) -> Graded:
    """The credit grade of every customer surveyed by the day, from the last survey.

    A survey that asks for a second one grades nobody until that second one is in, unless it found a credit problem,
    which ends the survey (Art. 12). A veto needs no other answer.
    """
    factors = tuple(rules.weights)
    columns = ("record_id", "customer_id", "surveyed_on", "need_special", "conclusion", *factors)
    surveys = columns_of(frames, "credit_survey", columns)
    known_customer = customers.frame.index.get_indexer(surveys["customer_id"]) >= 0
    surveys = surveys[surveys["surveyed_on"].notna() & known_customer]
    surveys = latest(surveys[surveys["surveyed_on"] <= np.datetime64(customers.day)], "customer_id", "surveyed_on")
    frame = surveys.rename(columns={"customer_id": "subject"}).sort_values("subject").reset_index(drop=True)
    points = {
        name: frame[name].map({answer: whole(worth) for answer, worth in rules.points[name].items()})
        for name in factors
    }
    answered = np.ones(len(frame), dtype=bool)
    for worth in points.values():
        answered &= worth.notna().to_numpy()
    special = frame["need_special"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    scores = weighted({name: p.fillna(0).to_numpy(dtype=np.int64) for name, p in points.items()}, rules.weights, 100)
    grades, vetoed = cut(scores, rules.cuts), np.zeros(len(frame), dtype=bool)
    for name, answers in rules.veto.items():
        vetoed |= frame[name].isin(answers).to_numpy()
    grades[vetoed] = rules.cuts.grades[-1]
    held = current_grades(frames, "g4", customers, "credit_grade")
    frame["current"] = [held.get(subject, "") for subject in frame["subject"]]
    special &= ~frame["conclusion"].isin(rules.veto.get("conclusion", ())).to_numpy()
    known = (answered | vetoed) & ~special
    frame["suggested"] = np.where(known, grades, UNRATED)
    frame["score"] = decimals(scores, answered & ~special, 1)
    unrated = np.where(special, "second_survey", "incomplete")
    frame["reason"] = np.where(known, np.where(vetoed, "veto", "score"), unrated)
    _add_limits(frame, frames, rules)
    return Graded("g4", frame, (*factors, *EXTRAS), "customer_profile")


def _add_limits(frame: pd.DataFrame, frames: Frames, rules: Credit) -> None:
    """avg_month_sales × term ÷ 30 × the grade's factor; open while sales or term are not recorded."""
    profiles = columns_of(frames, "customer_profile", ("customer_id", "avg_month_sales", "filled_on", "record_id"))
    profiles = profiles[profiles["avg_month_sales"].notna()].sort_values(["filled_on", "record_id"])
    averages = {
        str(key): int(fen) for key, fen in zip(profiles["customer_id"], profiles["avg_month_sales"], strict=True)
    }
    records = dict(zip(profiles["customer_id"], profiles["record_id"], strict=True))
    frame["basis_id"] = [records.get(subject, "") for subject in frame["subject"]]
    terms = _terms(frames)
    sales = [averages.get(subject) for subject in frame["subject"]]
    days = [terms.get(subject, rules.term_days) for subject in frame["subject"]]
    limits = [
        credit_limit(fen, term, grade, rules) for fen, term, grade in zip(sales, days, frame["suggested"], strict=True)
    ]
    # As objects: a column of whole numbers with gaps would turn into floats.
    for name, values in (("avg_month_sales", sales), ("term_days", days), ("limit", limits)):
        frame[name] = pd.Series(values, index=frame.index, dtype="object")


def _terms(frames: Frames) -> dict[str, int]:
    """Customers' payment terms in days, from the recognition form written last."""
    forms = columns_of(frames, "new_customer_recognition", ("customer_code", "pay_term_days"))
    forms = forms[forms["pay_term_days"].notna()]
    return {str(code): int(days) for code, days in zip(forms["customer_code"], forms["pay_term_days"], strict=True)}


def credit_limit(avg_month_fen: int | None, term_days: int | None, grade: str, rules: Credit) -> Decimal | None:
    """The suggested limit in yuan; None while an input is missing or there is no grade."""
    if grade == rules.cuts.grades[-1]:
        return yuan(0)
    if grade not in rules.limit_factor or avg_month_fen is None or term_days is None:
        return None
    return yuan(round_fen(Fraction(avg_month_fen * term_days, 30) * Fraction(rules.limit_factor[grade])))
