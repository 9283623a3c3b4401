"""G1: A/B/C by match × value, demotion of idle A customers, promotion by better scores. Source: domain.md §3.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from reports.facts import columns_of, latest_days, places_of, progress_event
from reports.frames import Frames
from reports.grades.customers import Customers, current_grades, grades_in_force
from reports.grades.scales import UNIT, UNRATED, Graded, decimals, weighted, whole
from reports.statement import Source, input_finding
from schemas.finding import Finding, Severity
from schemas.grade_rules import MatchValue

SCORES = ("match_score", "budget_score", "decision_score", "potential_score")
GATES = ("chain_clear", "budget_ok", "need_clear")
FACTORS = (
    "match", "budget", "decision", "potential", "value", "cell", "chain_clear", "budget_ok", "need_clear", "graded_on",
    "last_progress", "idle_since", "rated_in",
)  # fmt: skip
RANK = {"A": 3, "B": 2, "C": 1}


@dataclass(frozen=True)
class _Gradings:
    """The gradings of known customers up to the day's month. place: each row's customer; order: rows by customer,
    month and record."""

    rows: pd.DataFrame
    place: np.ndarray
    order: np.ndarray

    def last(self, chosen: np.ndarray, count: int) -> np.ndarray:
        """For each of `count` customers the last of the chosen places in the order; -1 without one."""
        found = np.full(count, -1)
        found[self.place[chosen]] = chosen
        return found


def grade_g1(frames: Frames, rules: MatchValue, customers: Customers) -> tuple[Graded, tuple[Finding, ...]]:
    """Current and suggested A/B/C of every customer."""
    gradings, findings = _gradings(frames, customers)
    scored = gradings.rows.reindex(gradings.last(gradings.order, len(customers.frame))).set_axis(customers.frame.index)
    frame = pd.DataFrame({"record_id": customers.frame["record_id"]}, index=customers.frame.index)
    rated, cells, grades, values = _matrix(scored, rules)
    frame["matrix"] = grades
    for name, column in zip(("match", "budget", "decision", "potential"), SCORES, strict=True):
        frame[name] = scored[column]
    frame["value"] = decimals(values, rated)
    frame["cell"] = cells
    for gate in GATES:
        frame[gate] = scored[gate]
    frame["rated_in"] = scored["review_month"].fillna("")
    _add_current(frame, frames, customers, scored, gradings)
    _add_idleness(frame, frames, customers, rules)
    _suggest(frame, rules, scored["record_id"].notna().to_numpy(), customers.day)
    frame["score"] = frame["value"]
    frame["basis_id"] = scored["record_id"].fillna("")
    frame = frame.reset_index(names="subject")
    return Graded("g1", frame, FACTORS, "customer_grading"), tuple(findings)


def grades_now(g1: Graded) -> pd.Series:
    """The A/B/C grade other rules go by: the one in force, else the one suggested."""
    current = g1.frame["current"]
    return current.where(current != "", g1.frame["suggested"])


def _gradings(frames: Frames, customers: Customers) -> tuple[_Gradings, list[Finding]]:
    """All gradings by customer; a score outside 1 to 5 is none and is reported."""
    columns = ("record_id", "customer_id", "review_month", "grade", "submitted_at", *SCORES, *GATES)
    rows = columns_of(frames, "customer_grading", columns)
    month = customers.day.strftime("%Y-%m")
    rows = rows[(rows["review_month"] != "") & (rows["review_month"] <= month)]
    findings: list[Finding] = []
    for column in SCORES:
        wrong = (rows[column].notna() & ~rows[column].between(1, 5)).to_numpy(dtype=bool)
        if wrong.any():
            findings += [
                input_finding("E401", Source("customer_grading", record), column, Severity.ERROR, value=int(value))
                for record, value in zip(rows.loc[wrong, "record_id"], rows.loc[wrong, column], strict=True)
            ]
            rows = rows.assign(**{column: rows[column].where(~wrong)})
    place = places_of(customers.frame.index, rows["customer_id"])
    rows, place = rows[place >= 0].reset_index(drop=True), place[place >= 0]
    return _Gradings(rows, place, _by_month(rows, place)), findings


def _by_month(rows: pd.DataFrame, place: np.ndarray) -> np.ndarray:
    """The places of the rows by customer, then by month, then by record where a month was graded twice."""
    months, _ = pd.factorize(rows["review_month"], sort=True)
    key = place * (int(months.max(initial=0)) + 1) + months
    order = np.argsort(key, kind="stable")
    if len(key) and not np.diff(key[order]).all():
        records, _ = pd.factorize(rows["record_id"], sort=True)
        order = np.lexsort((records, key))
    return np.asarray(order)


def _matrix(scored: pd.DataFrame, rules: MatchValue) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Whether all scores are there, the cell, the grade after the gates, the value in 1/10,000."""
    rated = scored[list(SCORES)].notna().all(axis=1).to_numpy()
    weights = {str(name): weight for name, weight in rules.weights.items()}
    points = {name: scored[f"{name}_score"].fillna(0).to_numpy(dtype=np.int64) * UNIT for name in weights}
    values = weighted(points, weights, 1)
    match = scored["match_score"].fillna(0).to_numpy(dtype=np.int64) * UNIT
    cells = np.char.add(_level(match, rules), _level(values, rules)).astype(object)
    grades = pd.Series(cells).map(rules.matrix).to_numpy(dtype=object)
    gates = scored[list(GATES)].astype("boolean").fillna(False).all(axis=1).to_numpy(dtype=bool)
    grades[(grades == "A") & ~gates] = "B"
    grades[~rated], cells[~rated] = UNRATED, ""
    return rated, cells, grades, values


def _level(values: np.ndarray, rules: MatchValue) -> np.ndarray:
    return np.where(values >= whole(rules.high), "H", np.where(values >= whole(rules.medium), "M", "L")).astype(str)


def _add_current(
    frame: pd.DataFrame, frames: Frames, customers: Customers, scored: pd.DataFrame, gradings: _Gradings
) -> None:
    """The grade in force, since when, and the one before: by the history, else by the last confirmed grading, else by
    the master record, which knows no grade before."""
    held = grades_in_force(frames, "g1", customers.day).reindex(frame.index)
    current = current_grades(frames, "g1", customers, "grade")
    confirmed = scored["grade"].fillna("").astype(object)
    use_grading = held["grade"].isna() & (confirmed != "")
    frame["current"] = current.where(~use_grading, confirmed)
    since, former = _since(customers, gradings, use_grading)
    by_history = held["from_on"].notna()
    frame["graded_on"] = held["from_on"].where(by_history, since)
    frame["former"] = held["former"].astype(object).where(by_history, former)
    frame["in_history"] = by_history


def _since(customers: Customers, gradings: _Gradings, use_grading: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Without a history: the day of the first of the last gradings with the same grade, else of the first contact;
    and the grade of the gradings before it."""
    master = customers.frame
    contact = pd.to_datetime(master["first_contact_on"]).astype("datetime64[s]")
    nothing = pd.Series("", index=master.index, dtype="object")
    if not len(gradings.rows):
        return contact, nothing
    grades, names = pd.factorize(gradings.rows["grade"])
    graded = gradings.order[(np.asarray(names == "")[grades] == 0)[gradings.order]]
    changed = np.ones(len(graded), dtype=bool)
    same_customer = gradings.place[graded[1:]] == gradings.place[graded[:-1]]
    changed[1:] = ~same_customer | (grades[graded[1:]] != grades[graded[:-1]])
    before = np.full(len(gradings.rows), "", dtype=object)
    raised = np.flatnonzero(changed[1:] & same_customer) + 1
    before[graded[raised]] = np.asarray(names, dtype=object)[grades[graded[raised - 1]]]
    rows = gradings.rows[["submitted_at", "review_month"]].assign(before=before)
    starts = rows.reindex(gradings.last(graded[changed], len(master)))
    written = starts["submitted_at"]
    if isinstance(written.dtype, pd.DatetimeTZDtype):
        written = written.dt.tz_localize(None)
    first = pd.to_datetime(starts["review_month"] + "-01", format="%Y-%m-%d", errors="coerce")
    days = pd.to_datetime(written).dt.normalize().fillna(first).astype("datetime64[s]")
    former = starts["before"].fillna("").set_axis(master.index).where(use_grading, nothing)
    return days.set_axis(master.index).where(use_grading, contact), former


def _add_idleness(frame: pd.DataFrame, frames: Frames, customers: Customers, rules: MatchValue) -> None:
    """The last progress, and for an A (a B where the rules say so) the day after which it counts as idle."""
    # Deals are progress too; their last days are at hand, so only the other events are gone through.
    others = {table: rows for table, rows in frames.items() if table != "deal"}
    events = progress_event(others, customers.day)
    place, at = places_of(frame.index, events["customer_id"]), events["at"].to_numpy(dtype="datetime64[s]")
    known = (place >= 0) & ~np.isnat(at) & (at < np.datetime64(customers.day) + np.timedelta64(1, "D"))
    progress = latest_days(place[known], at[known], len(frame))
    frame["last_progress"] = np.fmax(progress, customers.last_deal).astype("datetime64[s]")
    anchor = frame["last_progress"].where(frame["last_progress"].notna(), pd.to_datetime(frame["graded_on"]))
    frame["anchor"] = anchor.astype("datetime64[s]")
    frame["idle_since"] = (frame["anchor"] + pd.DateOffset(months=rules.demote_months)).where(frame["current"] == "A")
    if rules.demote_b_months is not None:
        lapses = frame["anchor"] + pd.DateOffset(months=rules.demote_b_months)
        frame["idle_since"] = frame["idle_since"].where(frame["current"] != "B", lapses)


def _suggest(frame: pd.DataFrame, rules: MatchValue, has_scores: np.ndarray, day: date) -> None:
    """The suggested grade and why: scores decide, with at most one step up a month; without progress it may drop."""
    current, matrix = frame["current"].to_numpy(dtype=object), frame["matrix"].to_numpy(dtype=object)
    suggested = np.where(has_scores, matrix, np.where(current == "", UNRATED, current)).astype(object)
    reason = np.where(has_scores, np.where(matrix == UNRATED, "incomplete", "scores"), "not_scored").astype(object)
    gated = has_scores & (matrix == "B") & (frame["cell"].map(rules.matrix) == "A").to_numpy()
    reason[gated] = "gate"
    today = np.datetime64(day)
    for held, why in ((_hasty(frame, suggested, day), "one_step_a_month"), (_demoted_since(frame), "demoted_since")):
        held &= has_scores & (_ranks(suggested) > _ranks(current)) & (current != "")
        suggested[held], reason[held] = current[held], why
    lapsed = frame["idle_since"].to_numpy() < today
    idle_a = lapsed & (current == "A") & ~np.isin(suggested, ["B", "C"])
    idle_b = lapsed & (current == "B") & (suggested != "C")
    suggested[idle_a], suggested[idle_b] = "B", "C"
    reason[idle_a | idle_b] = "idle"
    frame["suggested"], frame["reason"] = suggested, reason


def _hasty(frame: pd.DataFrame, suggested: np.ndarray, day: date) -> np.ndarray:
    """Where the grade was changed this month already. From C straight to A is the one exception; the gates are open."""
    this_month = frame["graded_on"].to_numpy(dtype="datetime64[M]") == np.datetime64(day).astype("datetime64[M]")
    was = frame["former"].to_numpy(dtype=object)
    current = frame["current"].to_numpy(dtype=object)
    changed = this_month & (was != "") & (was != current)
    return np.asarray(changed & ~((current == "C") & (suggested == "A")))


def _demoted_since(frame: pd.DataFrame) -> np.ndarray:
    """Where the grade was lowered in or after the month of the scores: they were known then and decide nothing more."""
    lowered = _ranks(frame["former"]) > _ranks(frame["current"])
    graded = pd.to_datetime(frame["graded_on"]).dt.strftime("%Y-%m").fillna("")
    return np.asarray(lowered & frame["in_history"].to_numpy(dtype=bool) & (frame["rated_in"] <= graded).to_numpy())


def _ranks(grades: pd.Series | np.ndarray) -> np.ndarray:
    """A above B above C; no grade is below them all."""
    return np.asarray(pd.Series(grades).map(RANK).fillna(0).to_numpy())
