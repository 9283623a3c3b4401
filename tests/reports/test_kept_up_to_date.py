"""Whatever is added, changed or withdrawn, in whatever forms: what is kept from before and brought up to date is what
computing everything anew gives."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from reports.deadlines import Memo, evaluate, listing
from reports.frame_book import FrameBook
from reports.frames import TIMEZONE, Frames, frames_of
from reports.views import VIEWS, Tables
from schemas.calendar import WorkingCalendar
from schemas.record import UNREAD
from schemas.template import Field, Template
from tests.reports.books import catalogue, pack

Row = dict[str, str]
START = datetime.fromisoformat("2026-11-16 09:00:00")
DAYS = ("2026-08-31", "2026-11-13", "2026-11-16")
CALENDAR = WorkingCalendar()
KEYS: Mapping[str, str] = {
    "customer_info": "C", "staff": "S", "sales_order": "PO", "deal": "D", "contract": "HT", "order_register": "PO",
    "solution_review": "FA",
}  # fmt: skip
"""How the keys of forms others refer to begin."""
SALES = ("deal", "sales_order", "order_register", "customer_info", "staff", "contract", "acceptance")
VISITS = ("visit_record", "visit_application", "customer_info", "staff", "contact_log", "customer_grading")
SERVICE = ("after_sales", "order_progress", "need_confirmation", "solution_review", "solution_feedback", "rule_ack",
           "gift_request", "customer_dossier", "visit_frequency", "visit_plan")  # fmt: skip

FORMS = (SALES, VISITS, (*SALES, *SERVICE))


def text_of(field: Field, chance: random.Random) -> str:
    """A text the field may hold, often none."""
    if chance.random() < 0.2:
        return ""
    day, target = chance.choice(DAYS), "staff" if field.type == "user" else field.to or ""
    kinds: dict[str, str] = {
        "date": day, "datetime": f"{day} {chance.choice(('08:30', '17:45'))}:00", "month": day[:7], "year": day[:4],
        "money": chance.choice(("0.00", "800.00", "12000.50")), "integer": str(chance.randrange(4)),
        "decimal": "2.5", "percent": "0.1", "bool": chance.choice(("是", "否")), "text": chance.choice(("甲", "乙")),
        "decision": f"通过 · S{chance.randrange(2)} 张三 · {day} 10:00", "user": f"S{chance.randrange(2)}",
        "choice": chance.choice([choice.value for choice in field.choices] or [""]),
        "multi_choice": chance.choice([choice.value for choice in field.choices] or [""]),
    }  # fmt: skip
    if target in KEYS:
        return f"{KEYS[target]}{chance.randrange(2)}"
    kind = (field.result or "decimal") if field.type == "computed" else field.type
    return kinds.get(kind, chance.choice(("甲", "乙")))


def row_of(template: Template, fields: Sequence[Field], chance: random.Random) -> Row:
    row = {field.key: text for field in fields if (text := text_of(field, chance))}
    if template.record_key and template.key in KEYS:
        row[template.record_key] = f"{KEYS[template.key]}{chance.randrange(2)}"
    day = chance.choice(DAYS)
    return row | {"created_by": f"S{chance.randrange(2)} 张三", "approved_at": f"{day} 11:00:00", "status": "有效"}


def written(templates: Sequence[Template], chance: random.Random) -> dict[str, list[Row]]:
    """A few records of these forms, new, changed or withdrawn, with their lines."""
    found: dict[str, list[Row]] = {}
    for _ in range(chance.randrange(2, 9)):
        template = chance.choice(templates)
        record = {"record_id": f"{template.key}-{chance.randrange(4)}"}
        row = row_of(template, template.fields, chance) | record
        row["status"] = chance.choice(("有效", "有效", "已作废"))
        found.setdefault(template.key, []).append(row)
        for line, table in zip(template.lines, template.table_names()[1:], strict=True):
            number = chance.randrange(1, 3)
            own = {"line_id": f"{row['record_id']}.{line.key}{number}", "line_no": str(number)}
            found.setdefault(table, []).append(row_of(template, line.fields, chance) | record | own)
    return {table: list({row.get("line_id", row["record_id"]): row for row in rows}.values())
            for table, rows in found.items()}  # fmt: skip


def obligations(frames: Frames, as_of: datetime, memo: Memo) -> list[tuple[str, ...]]:
    """Every obligation with everything that is told of it."""
    evaluation = evaluate(pack().rules.deadlines, frames, as_of, CALENDAR, memo)
    return sorted(
        (one.rule, one.template, one.subject, one.occurrence, one.status, one.owner_id, one.escalated_to,
         str(one.trigger_at), str(one.due_at), str(one.met_at), str(one.late_working), str(one.way))
        for one in listing(evaluation, np.ones(len(evaluation.status), dtype=np.bool_))
    )  # fmt: skip


def contents(frame: pd.DataFrame | None) -> list[str] | None:
    """A table's rows, whatever their order, without what of them could not be read."""
    if frame is None:
        return None
    known = frame[sorted(set(frame.columns) - {UNREAD})].astype("object")
    return sorted(map(str, known.itertuples(index=False, name=None)))


class Books:
    """The records written so far: kept up to date, and to be read anew."""

    def __init__(self, forms: Sequence[str], seed: int) -> None:
        self._templates = [catalogue()[key] for key in forms if key in catalogue()]
        self._chance = random.Random(seed)
        self._rows: dict[str, dict[str, Row]] = {}
        self._book = FrameBook(self._templates, TIMEZONE)

    def write(self) -> tuple[Frames, Frames]:
        """Some more records: the frames brought up to date, and the frames of everything read anew."""
        more = written(self._templates, self._chance)
        for table, rows in more.items():
            for row in rows:
                known, name = self._rows.setdefault(table, {}), row.get("line_id", row["record_id"])
                known.pop(name, None)
                known[name] = row
        self._book.take(more)
        everything = {table: list(known.values()) for table, known in self._rows.items()}
        return self._book.frames, frames_of(self._templates, everything)[0]


PAUSES = (timedelta(0), timedelta(minutes=5), timedelta(days=1), timedelta(minutes=5))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("forms", FORMS, ids=["sales", "visits", "service"])
def test_obligations_brought_up_to_date_are_those_worked_out_anew(forms: Sequence[str], seed: int) -> None:
    books, memo, as_of = Books(forms, seed), Memo(), START
    for pause in PAUSES:
        as_of += pause
        frames, anew = books.write()
        assert obligations(frames, as_of, memo) == obligations(anew, as_of, Memo())


@pytest.mark.parametrize("seed", range(9))
def test_views_brought_up_to_date_are_those_made_anew(seed: int) -> None:
    books, day, before = Books(FORMS[seed % 3], seed), START.date(), None
    for _ in range(4):
        frames, anew = books.write()
        before, fresh = Tables(frames, day, before), Tables(anew, day)
        assert {name: contents(before.get(name)) for name in VIEWS} == {
            name: contents(fresh.get(name)) for name in VIEWS
        }
