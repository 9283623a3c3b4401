"""The whole story: every chapter, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.calendar import WorkingCalendar
from services.sample_story import company, projects, selling, serving, visiting
from services.sample_story.almanac import Almanac
from services.sample_story.book import Book, SampleEdit, SampleRecord

FIRST = ("staff", "product", "customer_info", "prospect_list")
"""What other records refer to is there before them, whatever the moment."""


def tell_story(now: datetime, calendar: WorkingCalendar, *, receipt: str = "") -> Sequence[SampleRecord | SampleEdit]:
    """A year up to `now` (aware, the company's zone), in the order to be submitted. The same moment, the same story.

    receipt: attachment text ("<sha256> <name>") of a scanned receipt; "" where no files are kept.
    """
    book = Book(Almanac(now, calendar))
    company.tell(book)
    projects.tell(book)
    selling.tell(book, receipt)
    visiting.tell(book)
    serving.tell(book)
    return sorted([*book.records, *book.edits], key=_order)


def _order(one: SampleRecord | SampleEdit) -> tuple[int, datetime, bool, str]:
    """People in the book's order, superiors first; then what else is referred to; then everything by its moment."""
    if isinstance(one, SampleEdit) or one.template not in FIRST:
        return len(FIRST), one.at, isinstance(one, SampleEdit), one.record_id
    same_moment = datetime.min.replace(tzinfo=one.at.tzinfo)
    return FIRST.index(one.template), same_moment if one.template == "staff" else one.at, False, one.record_id
