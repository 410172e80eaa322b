"""The operators' console: the tenants of one incident, resumed together."""

from dataclasses import replace

import pytest

from reputation_guard import wiring
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import record_after
from reputation_guard.domain.incident import Incident, opened
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Standing, Tenant
from reputation_guard.pages.together_view import MOST_AT_ONCE
from tests.fakes.builders import decision
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import ARRIVED
from tests.functions.test_console import ID, NAME, incident, keys
from tests.functions.test_operators import INCIDENT, TOGETHER, confirm, operator, program, tenant
from tests.functions.visitors import OLGA, Visitor

pytestmark = pytest.mark.usefixtures("outlets")

__all__ = ["incident", "keys", "operator", "program"]


@pytest.fixture
def group(outlets: None, ses: InMemorySes, incident: Incident) -> Incident:  # noqa: ARG001 - enforce announces to them
    """Three tenants paused together; one SES has stopped besides, and one is resumed already."""
    made = {name: paused_together(name, ses) for name in ("second", "blocked", "done")}
    confirm()
    ses.change(tenant("blocked").arn or "", ses_managed=Sending.DISABLED)
    wiring.book().save(tenant("done"), replace(tenant("done"), standing=Standing.HEALTHY, stops=frozenset()), ARRIVED)
    return wiring.incidents().save(incident, replace(incident, members=tuple(each.id for each in made.values())))


def paused_together(name: str, ses: InMemorySes) -> Incident:
    ses.add(name)
    made = decision(tenant=Tenant(name=name), at=ARRIVED)
    wiring.book().record(made, record_after(made))
    assert made.announces
    case = Announcement(id=f"{made.id}.TenantPaused", name=made.announces, at=ARRIVED, decision=made)
    found = opened(case, f"arn:{name}", ARRIVED)
    wiring.incidents().open(found)
    return found


@pytest.mark.usefixtures("group")
def test_a_grouped_incident_shows_how_its_members_stand_and_offers_to_resume_them(operator: Visitor) -> None:
    body = operator.get(INCIDENT).body
    assert "second.1</a>: PAUSED, stopped by the guard." in body
    assert "done.1</a>: HEALTHY." in body
    assert f'href="{TOGETHER}"' in body
    assert "Resume all 3 tenants that are still paused" in body


@pytest.mark.usefixtures("group")
def test_one_form_resumes_those_that_the_page_showed_and_tells_what_ses_says_of_each(operator: Visitor) -> None:
    shown = operator.get(TOGETHER)
    assert shown.status == 200
    assert "Would be refused: SES itself has stopped blocked" in shown.body
    assert "Resume these 2 tenants" in shown.body
    assert "done" not in shown.body
    seen = f"{ID}:0 second.1:0"
    assert f'name="seen" value="{seen}"' in shown.body
    sent = operator.send(TOGETHER, token=shown.form_token, seen=seen, reason="the provider was down")
    assert (sent.status, sent.body.count("Decided. SES says: ")) == (200, 2)
    assert [tenant(name).standing for name in (NAME, "second")] == [Standing.PROBATION] * 2
    assert [tenant(name).standing for name in ("blocked", "done")] == [Standing.PAUSED, Standing.HEALTHY]
    decided = wiring.book().deciding(tenant("second"))
    assert decided
    assert (decided.operator, decided.operator_proved, decided.reason) == (OLGA, True, "the provider was down")
    again = operator.send(TOGETHER, token=shown.form_token, seen=seen, reason="twice")
    assert again.status == 403


@pytest.mark.usefixtures("group")
def test_of_all_tenants_those_whose_incident_was_told_more_are_refused(operator: Visitor) -> None:
    token = operator.get(TOGETHER).form_token
    operator.send(f"{INCIDENT}/signals", token=operator.get(INCIDENT).form_token, signal="note", text="wait!")
    sent = operator.send(TOGETHER, token=token, seen=f"{ID}:0 second.1:0 done.1:0 foreign.1:0", reason="x")
    assert "has changed since you looked" in sent.body
    assert "done is HEALTHY, not PAUSED" in sent.body
    assert "foreign" not in sent.body
    assert [tenant(name).standing for name in (NAME, "second")] == [Standing.PAUSED, Standing.PROBATION]


@pytest.mark.usefixtures("group")
def test_a_resume_of_all_asks_for_a_reason(operator: Visitor) -> None:
    token = operator.get(TOGETHER).form_token
    sent = operator.send(TOGETHER, token=token, seen=f"{ID}:0 second.1:0", reason="")
    assert (sent.status, "Not resumed: reason" in sent.body) == (400, True)
    assert operator.send(TOGETHER, token=operator.get(TOGETHER).form_token, seen="a:b", reason="x").status == 403
    assert tenant("second").standing is Standing.PAUSED


@pytest.mark.usefixtures("group")
def test_a_program_resumes_all_that_are_still_paused(program: Visitor) -> None:
    dry = program.get(TOGETHER).json
    assert [each.get("error") for each in dry["tenants"]] == [None, None, "StoppedBySes"]
    found = program.post(TOGETHER, {"reason": "the provider was down"}).json
    assert ([each["resumed"] for each in found["tenants"]], found["left"]) == ([True, True, False], 0)
    assert "only AWS Support" in found["tenants"][2]["ses_says"]
    assert program.get("/incidents/ghost.1/tenants").status == 404


def test_many_are_resumed_some_at_a_time(operator: Visitor, ses: InMemorySes, incident: Incident) -> None:
    others = tuple(paused_together(f"t{number}", ses).id for number in range(MOST_AT_ONCE + 1))
    wiring.incidents().save(incident, replace(incident, members=others))
    confirm()
    shown = operator.get(TOGETHER).body
    assert f"Resume these {MOST_AT_ONCE} tenants" in shown
    assert "2 more are still paused by it" in shown
