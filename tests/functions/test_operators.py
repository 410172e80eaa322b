"""The operators' console: who signed is who acts, for people and for programs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reputation_guard import wiring
from reputation_guard.domain.decision import record_after
from reputation_guard.domain.links import form_token
from reputation_guard.domain.policy import PRESETS
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from tests.fakes.builders import decision
from tests.fakes.keys import InMemoryKey
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import ARRIVED, handler_of
from tests.functions.test_console import ID, NAME, incident, keys, now
from tests.functions.visitors import OLGA, Visitor

pytestmark = pytest.mark.usefixtures("outlets")
__all__ = ["incident", "keys"]
OTTO = "arn:aws:iam::123456789012:user/otto"
TWO_PEOPLE = replace(PRESETS["standard"], name="two-people", approvals=2)
INCIDENT, TENANT, TOGETHER = f"/incidents/{ID}", f"/tenants/{NAME}", f"/incidents/{ID}/tenants"


@pytest.fixture
def operator() -> Visitor:
    return Visitor(handler_of("console", "operators"), OLGA)


@pytest.fixture
def program() -> Visitor:
    return Visitor(handler_of("console", "operators"), OLGA, {"accept": "application/json"})


def tenant(name: str = NAME) -> Tenant:
    found = wiring.book().tenant(name)
    assert found
    return found


def confirm() -> None:
    """SES confirmed the pause."""
    found = tenant()
    handler_of("enforce")({}, type("Context", (), {"get_remaining_time_in_millis": lambda _: 300_000})())
    assert not tenant().under_way
    assert found.standing is Standing.PAUSED


def test_the_first_page_lists_what_goes_on_and_who_is_stopped(operator: Visitor) -> None:
    shown = operator.get("/")
    assert shown.status == 200
    assert "1 open incident<" in shown.body
    assert f'href="{INCIDENT}"' in shown.body
    assert f'href="{TENANT}"' in shown.body


def test_whoever_signed_acknowledges_whatever_the_form_says(operator: Visitor) -> None:
    token = operator.get(INCIDENT).form_token
    sent = operator.send(f"{INCIDENT}/signals", token=token, signal="acknowledge", by="somebody else")
    assert (sent.status, sent.headers["Location"]) == (303, INCIDENT)
    answer = now().answer
    assert answer
    assert (answer.by, answer.proved) == (OLGA, True)


def test_a_form_without_a_token_or_with_a_used_one_is_refused(operator: Visitor) -> None:
    assert operator.send(f"{INCIDENT}/signals", signal="acknowledge").status == 403
    token = operator.get(INCIDENT).form_token
    for status in (303, 403):
        assert operator.send(f"{INCIDENT}/signals", token=token, signal="note", text="x").status == status
    assert len(now().signals) == 1


def test_a_program_speaks_json_as_the_signal_function_does(program: Visitor) -> None:
    answer = program.post(f"{INCIDENT}/signals", {"signal": "acknowledge", "by": "somebody else"})
    assert (answer.status, answer.json["answered_by"]) == (200, OLGA)
    assert program.get("/").json["incidents"][0]["answered_by"] == OLGA
    assert program.get(INCIDENT).json["id"] == ID
    refused = program.post(f"{INCIDENT}/signals", {"signal": "note"})
    assert (refused.status, refused.json["error"]) == (400, "Empty")


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_what_a_strangers_page_could_have_a_browser_send_is_not_read(operator: Visitor, content_type: str) -> None:
    """A foreign page can send these types without asking; through a local proxy they would be signed."""
    assert operator.post(f"{INCIDENT}/signals", {"signal": "acknowledge"}, content_type).status == 415
    assert not now().signals


@pytest.mark.parametrize("path", ["/incidents/ghost.1", "/i/ghost.1", "/tenants/ghost", "/anything"])
def test_what_is_not_there_is_404(operator: Visitor, program: Visitor, path: str) -> None:
    shown = operator.get(path)
    assert shown.status == 404
    assert "ghost" not in shown.body
    assert program.get(path).json["error"]


@pytest.mark.parametrize("name", ["no%20name", "a:b", "x" * 65])
def test_what_can_be_no_tenants_name_has_a_page_of_its_own(operator: Visitor, program: Visitor, name: str) -> None:
    shown = operator.get(f"/tenants/{name}")
    assert (shown.status, "No tenant has such a name" in shown.body) == (404, True)
    assert operator.head(f"/tenants/{name}").status == 404
    assert (program.get(f"/tenants/{name}").status, program.get(f"/tenants/{name}").json["error"]) == (404, "Unknown")


def test_an_unknown_incident_is_told_nothing(program: Visitor) -> None:
    answer = program.post("/incidents/ghost.1/signals", {"signal": "acknowledge"})
    assert (answer.status, answer.json["error"]) == (404, "UnknownIncident")


def test_the_order_page_foresees_the_resume_and_its_form_resumes(operator: Visitor) -> None:
    confirm()
    shown = operator.get(TENANT)
    assert "Probation until" in shown.body
    assert f'name="incident" value="{ID}"' in shown.body
    form = {"do": "resume", "incident": ID, "version": "0", "reason": "list cleaned"}
    sent = operator.send(f"{TENANT}/resume", token=shown.form_token, **form)
    assert sent.status == 200
    assert "Decided. SES is called within moments; a notice says how it went. SES says: " in sent.body
    decided = wiring.book().deciding(tenant())
    assert decided
    assert (tenant().standing, decided.operator, decided.operator_proved) == (Standing.PROBATION, OLGA, True)


def test_after_an_order_the_truth_is_told_as_ses_reports_it(operator: Visitor, ses: InMemorySes) -> None:
    confirm()
    shown = operator.get(TENANT)
    ses.after_look = lambda: ses.change(tenant().arn or "", ses_managed=Sending.DISABLED)
    sent = operator.send(f"{TENANT}/pause", token=shown.form_token, do="pause", reason="phishing")
    assert (sent.status, "still blocked by SES: only AWS Support can lift this" in sent.body) == (200, True)


@pytest.mark.parametrize("left_out", ["incident", "version"])
def test_a_form_that_does_not_say_what_its_page_showed_resumes_nothing(operator: Visitor, left_out: str) -> None:
    confirm()
    form = {"incident": ID, "version": "0", "reason": "x", "do": "resume"}
    del form[left_out]
    assert operator.send(f"{TENANT}/resume", token=operator.get(TENANT).form_token, **form).status == 403
    assert tenant().standing is Standing.PAUSED


def test_a_page_that_knew_of_no_incident_says_so_and_its_form_resumes(operator: Visitor) -> None:
    confirm()
    token = operator.get(TENANT).form_token
    form = {"incident": "none", "version": "none", "reason": "list cleaned"}
    assert operator.send(f"{TENANT}/resume", token=token, **form).status == 200
    assert tenant().standing is Standing.PROBATION


def test_no_form_is_good_for_another_page_or_address(operator: Visitor, keys: InMemoryKey) -> None:
    """A link's holder has its page's tokens, and whoever answers an incident has not resumed all of its tenants."""
    confirm()
    by_link = form_token(ID, "nonce", ARRIVED + timedelta(hours=1), keys.keyring())
    of_incident = operator.get(INCIDENT).form_token
    for token in (by_link, of_incident):
        assert operator.send(TOGETHER, token=token, seen=f"{ID}:0", reason="x").status == 403
    for token in (by_link, operator.get(TOGETHER).form_token):
        assert operator.send(f"{INCIDENT}/signals", token=token, signal="note", text="x").status == 403
    assert tenant().standing is Standing.PAUSED


def test_the_order_page_of_a_tenant_that_ses_deleted_says_that_it_is_gone(operator: Visitor, ses: InMemorySes) -> None:
    confirm()
    ses.statuses.clear()
    shown = operator.get(TENANT)
    assert (shown.status, "SES has no tenant" in shown.body) == (200, True)
    assert "<form" not in shown.body


def test_a_resume_by_who_did_not_see_the_latest_is_409(operator: Visitor) -> None:
    confirm()
    token = operator.get(TENANT).form_token
    operator.send(f"{INCIDENT}/signals", token=operator.get(INCIDENT).form_token, signal="note", text="wait!")
    form = {"incident": ID, "version": "0", "reason": "list cleaned"}
    sent = operator.send(f"{TENANT}/resume", token=token, **form)
    assert sent.status == 409
    assert "has changed since you looked" in sent.body
    assert tenant().standing is Standing.PAUSED


def test_a_program_pauses_and_asks_for_a_dry_run(program: Visitor, ses: InMemorySes) -> None:
    confirm()
    dry = program.post(f"{TENANT}/resume", {"dry_run": True})
    assert (dry.status, dry.json["dry_run"]) == (200, True)
    ses.add("other")
    answer = program.post("/tenants/other/pause", {"reason": "phishing", "operator": "somebody else"})
    assert (answer.status, answer.json["paused"]) == (200, True)
    assert tenant("other").stops == {Owner.OPERATOR}
    again = program.post("/tenants/other/pause", {"reason": "phishing"})
    assert (again.status, again.json["error"]) == (409, "AlreadyPaused")


def test_the_log_says_who_ordered_what_and_a_look_ahead_is_no_order(
    program: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """SECURITY.md promises it, under whatever name the body gives."""
    confirm()
    program.post(f"{TENANT}/resume", {"dry_run": True})
    assert "ordered" not in caplog.messages
    program.post(f"{TENANT}/resume", {"reason": "list cleaned", "operator": "somebody else"})
    [told] = [vars(record) for record in caplog.records if record.message == "ordered"]
    assert (told["do"], told["tenant"], told["operator"], told["proved"]) == ("resume", NAME, OLGA, True)


def test_the_accounts_incident_is_found_by_its_name_with_spaces(operator: Visitor) -> None:
    made = decision(tenant=Tenant(name="other"), at=ARRIVED)
    wiring.book().record(made, record_after(made))
    assert operator.get("/incidents/the%20whole%20account.1").status == 404


def test_two_people_resume_where_the_policy_asks_for_two(program: Visitor) -> None:
    """IAM vouches for both; whoever invokes the function by a name of his own is neither."""
    wiring.policies().shelf.put(TWO_PEOPLE, ARRIVED, "ann")
    confirm()
    wiring.book().save(tenant(), replace(tenant(), assigned_policy=TWO_PEOPLE.name), ARRIVED)
    wiring.policies.cache_clear()
    order = {"reason": "list cleaned"}
    declared = handler_of("manual_resume")({"tenant": NAME, "operator": "Otto", **order}, None)
    assert declared["error"] == "IdentityNotProved"
    assert program.post(f"{TENANT}/resume", order).json["error"] == "WaitsForSecondApprover"
    assert program.post(f"{TENANT}/resume", order).json["error"] == "SecondApproverNeeded"
    assert tenant().standing is Standing.PAUSED
    other = Visitor(program.handler, OTTO, program.headers)
    assert other.post(f"{TENANT}/resume", order).json["resumed"] is True
    decided = wiring.book().deciding(tenant())
    assert decided
    assert decided.proposed_by
    assert (decided.operator, decided.proposed_by.name) == (OTTO, OLGA)


def test_two_sessions_of_one_role_are_not_two_people(program: Visitor) -> None:
    """Whoever takes the role chooses the session's name; IAM Identity Center does not let its users choose."""
    wiring.policies().shelf.put(TWO_PEOPLE, ARRIVED, "ann")
    confirm()
    wiring.book().save(tenant(), replace(tenant(), assigned_policy=TWO_PEOPLE.name), ARRIVED)
    wiring.policies.cache_clear()

    def order(session: str) -> str:
        signed = f"arn:aws:sts::123456789012:assumed-role/{session}"
        answer = Visitor(program.handler, signed, program.headers).post(f"{TENANT}/resume", {"reason": "cleaned"}).json
        return str(answer.get("error"))

    assert [order(each) for each in ("ops/ann", "ops/bob")] == ["WaitsForSecondApprover", "SecondApproverNeeded"]
    assert order("AWSReservedSSO_Operators_0123456789abcdef/bob") == "None"
