"""Starting with sample data: believable records that obey every rule, marked so that they can be taken away."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from schemas.finding import Severity
from schemas.record import SYSTEM_ACTOR
from services.app import App
from services.records import ListQuery
from services.setup import SAMPLES, SAMPLES_WANTED, SetupAnswers

ANSWERS = SetupAnswers("明达科技", "孙丽", "admin", "春江花月夜八个字", sample_data=True)


@pytest.fixture
def app(customer_forms, open_portal) -> App:
    portal: App = open_portal()
    return portal


def customers(app: App) -> list:
    query = ListQuery(sort=(("customer_id", False),), limit=100)
    return list(app.repository.page("customer_info", SYSTEM_ACTOR, query).records)


def test_every_sample_obeys_the_shipped_rules(app) -> None:
    assert app.template_findings == ()
    assert app.setup.run(ANSWERS, app.setup.code()) == ()
    assert app.repository.option_count("staff") == 7
    assert len(customers(app)) == 13


def test_the_handbooks_example_row_is_there_complete(app) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    values = customers(app)[0].values
    assert values["customer_id"] == "C0001"
    assert (values["industry"], values["staff_count"], values["annual_revenue"]) == ("制造业", "500", "100000000.00")
    assert (values["contact_title"], values["need_tags"], values["grade"]) == (
        "生产总监",
        "成本控制、生产效率提升",
        "A",
    )
    assert (values["first_contact_on"], values["next_follow_on"]) == ("2026-11-03", "2026-11-24")
    assert app.repository.references.display("staff", values["owner_id"]) == "张敏"


def test_samples_are_remembered_so_that_they_can_be_taken_away(app, private_settings) -> None:
    app.setup.run(ANSWERS, app.setup.code())
    marked = json.loads(private_settings(app)[SAMPLES])
    assert sorted(marked["customer_info"]) == sorted(record.record_id for record in customers(app))
    assert len(marked["staff"]) == 6


def test_loading_cut_off_in_the_middle_goes_on_at_the_next_start_without_doubling(app, open_portal, private_settings):
    submit, done = app.repository.submit, []

    def failing(submission, actor):
        if len(done) == 9:
            raise KeyboardInterrupt
        done.append(submission)
        return submit(submission, actor)

    app.repository.submit = failing
    with pytest.raises(KeyboardInterrupt):
        app.setup.run(ANSWERS, app.setup.code())
    app.close()
    again = open_portal()
    assert not again.setup.needed()
    assert len(customers(again)) == 13
    assert again.repository.option_count("staff") == 7
    assert SAMPLES_WANTED not in private_settings(again)


def test_starting_empty_loads_nothing(app) -> None:
    app.setup.run(replace(ANSWERS, sample_data=False), app.setup.code())
    assert customers(app) == []
    assert app.repository.option_count("staff") == 1


def test_a_sample_the_companys_own_form_refuses_is_named_and_the_others_are_loaded(app, customer_forms) -> None:
    path = customer_forms / "customer_info.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("- {value: 机关,", "- {value: 公共机构,"), encoding="utf-8"
    )
    app.clock.forward(seconds=2)
    assert app.reload_templates()
    (finding,) = app.setup.run(ANSWERS, app.setup.code())
    assert (finding.code, finding.severity, finding.params["row"]) == ("A050", Severity.WARNING, 9)
    assert "客户信息管理表" in app.labels.finding(finding, "zh")
    assert "Customers" in app.labels.finding(finding, "en")
    assert len(customers(app)) == 12
    assert not app.setup.needed()
