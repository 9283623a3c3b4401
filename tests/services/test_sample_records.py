"""Starting with sample data: believable records that obey every rule, recognisable as samples ever after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from reports.statement import StatementLine
from schemas.finding import Finding, Severity
from schemas.periods import add_months
from schemas.record import SYSTEM_ACTOR, Saved, Submission
from services.app import App, open_app
from services.config import Config
from services.gates import Gatekeeper
from services.hashing import Hashing
from services.records import ListQuery
from services.reports import Question, answer
from services.samples import LOADED, WANTED
from services.setup import SetupAnswers
from tests.services.conftest import FakeClock
from tests.services.test_samples import DAYS

ANSWERS = SetupAnswers("明达科技", "孙丽", "admin", "春江花月夜八个字", sample_data=True)
TOLD_ON_PURPOSE = {"D22", "D24", "D25", "D26", "D35", "D42"}
"""What the story leaves undone so that reports have something to say: a greeting, an idle A, a late delivery, a
follow-up, lost customers, last month's commissions."""


@pytest.fixture
def app(customer_forms, open_portal) -> App:
    portal: App = open_portal()
    return portal


def customers(app: App) -> list:
    query = ListQuery(sort=(("customer_id", False),), limit=100)
    return list(app.repository.page("customer_info", SYSTEM_ACTOR, query).records)


@dataclass
class Told:
    """A portal in which the story was told on one of the days, by the shipped forms and gates."""

    app: App
    now: datetime
    findings: tuple[Finding, ...]

    def report(self, name: str, **asked: str) -> list[StatementLine]:
        return list(answer(Question(name, self.now, **asked), self.app.config, self.app._forms).lines)


@pytest.fixture(scope="module", params=DAYS.values(), ids=DAYS)
def year(request, tmp_path_factory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("year")
    config = Config(folder / "portal.xlsx", folder / "state", folder / "company")
    clock = FakeClock()
    clock.now = request.param
    app = open_app(config, clock=clock, hashing=Hashing(cost=4), start_checkpointer=False)
    app.setup.run(replace(ANSWERS, sample_data=False), app.setup.code())
    gates = Gatekeeper(config, clock=clock, repository=lambda: app.repository, pack_name=lambda: None)
    app.samples.want()
    yield Told(app, clock.now, app.samples.load_wanted(gates=(gates,)))
    app.close()


def test_every_sample_obeys_the_shipped_forms_and_gates_on_any_day(year: Told) -> None:
    assert year.app.template_findings == ()
    assert year.findings == ()


def test_only_what_the_story_leaves_undone_is_overdue(year: Told) -> None:
    lines = year.report("deadlines")
    overdue = [line.values["rule"] for line in lines if line.values["status"] == "overdue"]
    assert set(overdue) <= TOLD_ON_PURPOSE
    assert 3 <= len(overdue) <= 14
    assert sum(line.values["status"] == "met" for line in lines) > 500
    assert not [line for line in lines if line.values["status"] == "not_measurable"]


def test_most_sellers_earn_a_commission_and_reach_their_quota(year: Told) -> None:
    month = add_months(year.now.date().replace(day=1), -1)
    lines = {str(line.values["staff_id"]): line.values for line in year.report("commissions", month=f"{month:%Y-%m}")}
    consultants = [lines[f"S{number:03d}"] for number in range(6, 13)]
    if month.year >= 2026:  # the shipped plan is in force from then on
        assert all(line["commission"] > 500 for line in consultants)
    assert sum(line["attained"] >= 1 for line in consultants) >= 3


def test_customers_spread_over_the_grades(year: Told) -> None:
    lines = [line.values for line in year.report("grades") if line.values["scheme"] == "g1"]
    count = Counter(line["suggested"] for line in lines)
    assert min(count[grade] for grade in "ABC") >= 5


def test_the_handbooks_example_row_is_there_complete(app) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    values = next(one.values for one in customers(app) if one.values["customer_name"] == "明达科技有限公司")
    assert (values["industry"], values["staff_count"], values["annual_revenue"]) == ("制造业", "500", "100000000.00")
    assert (values["contact_title"], values["need_tags"], values["grade"]) == (
        "生产总监",
        "成本控制、生产效率提升",
        "A",
    )
    assert app.repository.references.display("staff", values["owner_id"]) == "马丽"


def test_samples_are_numbered_from_one_in_the_order_they_were_met(app) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    numbers = [record.values["customer_id"] for record in customers(app)]
    assert numbers == [f"C{number:04d}" for number in range(1, 61)]
    met = [record.values["first_contact_on"] for record in customers(app)]
    assert met == sorted(met)


def test_a_sample_is_known_as_one_until_somebody_changes_it(app, clock) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    first = customers(app)[0]
    assert app.samples.is_sample(first)
    assert first.record_id.startswith("SAMPLE-")
    clock.forward(minutes=1)
    edit = Submission("customer_info", "k", {"contact_title": "副总经理"}, record_id=first.record_id)
    assert isinstance(app.repository.submit(edit, SYSTEM_ACTOR), Saved)
    assert not app.samples.is_sample(customers(app)[0])


def test_what_people_enter_themselves_is_no_sample(app) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    admin = app.repository.find_by_key("staff", "S001", SYSTEM_ACTOR)
    assert admin is not None
    assert not app.samples.is_sample(admin)


def test_loading_cut_off_in_the_middle_goes_on_at_the_next_start_without_doubling(
    app, open_portal, private_settings, monkeypatch, clock
) -> None:
    from sheets_adapter.repository import Repository

    submit, done = Repository.submit, []

    def failing(self, submission, actor):
        if len(done) == 40:
            raise KeyboardInterrupt
        done.append(submission)
        return submit(self, submission, actor)

    monkeypatch.setattr(Repository, "submit", failing)
    with pytest.raises(KeyboardInterrupt):
        app.setup.run(ANSWERS, app.setup.code())
    app.close()
    monkeypatch.undo()
    clock.forward(days=2)
    again = open_portal()
    assert not again.setup.needed()
    assert len(customers(again)) == 60
    assert again.repository.option_count("staff") == 21
    assert WANTED not in private_settings(again)
    assert private_settings(again)[LOADED].startswith("2026-11-21T12:00")


def test_starting_empty_loads_nothing(app) -> None:
    app.setup.run(replace(ANSWERS, sample_data=False), app.setup.code())
    assert customers(app) == []
    assert app.repository.option_count("staff") == 1
    assert app.samples.loaded_at() is None


def test_a_sample_the_companys_own_form_refuses_is_named_and_the_others_are_loaded(app, customer_forms) -> None:
    path = customer_forms / "customer_info.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("- {value: 机关,", "- {value: 公共机构,"), encoding="utf-8"
    )
    app.clock.forward(seconds=2)
    assert app.reload_templates()
    findings = app.setup.run(ANSWERS, app.setup.code())
    assert [(one.code, one.severity) for one in findings] == [("A050", Severity.WARNING)] * 2
    assert "客户信息管理表" in app.labels.finding(findings[0], "zh")
    assert "Customers" in app.labels.finding(findings[0], "en")
    assert len(customers(app)) == 58
    assert not app.setup.needed()
