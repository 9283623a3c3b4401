"""G3: is a prospect able to distribute, by eight criteria. Source: 000 §5.3; domain.md §3.4."""

from __future__ import annotations

from datetime import date

import numpy as np

from reports.facts import columns_of
from reports.frames import Frames
from reports.grades.customers import grades_in_force
from reports.grades.scales import UNIT, UNRATED, Graded, cut, decimals, latest, weighted
from reports.statement import Source, input_finding
from schemas.finding import Finding, Severity
from schemas.grade_rules import CRITERIA, Capability


def grade_g3(frames: Frames, rules: Capability, day: date) -> tuple[Graded, tuple[Finding, ...]]:
    """The verdict on every prospect evaluated by `day`, from the last evaluation. A veto needs no other criterion."""
    columns = ("record_id", "prospect_id", "evaluated_on", *CRITERIA)
    cards = columns_of(frames, "capability_scorecard", columns)
    cards = cards[cards["evaluated_on"].notna() & (cards["prospect_id"] != "")]
    cards = latest(cards[cards["evaluated_on"] <= np.datetime64(day)], "prospect_id", "evaluated_on")
    findings: list[Finding] = []
    for name in CRITERIA:
        wrong = cards[name].notna() & ~cards[name].between(0, 5)
        findings += [
            input_finding("E402", Source("capability_scorecard", record), name, Severity.ERROR, value=int(value))
            for record, value in zip(cards.loc[wrong, "record_id"], cards.loc[wrong, name], strict=True)
        ]
        cards = cards.assign(**{name: cards[name].where(~wrong)})
    frame = cards.rename(columns={"prospect_id": "subject"}).sort_values("subject").reset_index(drop=True)
    known = frame[list(CRITERIA)].notna().all(axis=1).to_numpy(dtype=bool)
    points = {name: frame[name].fillna(0).to_numpy(dtype=np.int64) * UNIT for name in CRITERIA}
    scores = weighted(points, rules.weights, 5)
    grades = cut(scores, rules.cuts)
    vetoed = np.zeros(len(frame), dtype=bool)
    for name in rules.veto:
        vetoed |= (frame[name].notna() & (frame[name] == 0)).to_numpy(dtype=bool)
    grades[vetoed] = rules.cuts.grades[-1]
    held = grades_in_force(frames, "g3", day)["grade"]
    frame["current"] = [held.get(subject, "") for subject in frame["subject"]]
    frame["suggested"] = np.where(known | vetoed, grades, UNRATED)
    frame["score"] = decimals(scores, known)
    frame["reason"] = np.where(vetoed, "veto", np.where(known, "score", "incomplete"))
    return Graded("g3", frame, CRITERIA), tuple(findings)
