"""The incident page that a signed link opens."""

import json
from datetime import timedelta

import pytest

from reputation_guard import wiring
from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.decision import record_after
from reputation_guard.domain.incident import Incident, SignalKind, opened
from reputation_guard.domain.links import form_token, sign
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.usecases.tell import Hearing
from reputation_guard.wiring import links
from tests.fakes.builders import decision
from tests.fakes.incidents import InMemoryDoorbell
from tests.fakes.keys import InMemoryKey, InMemoryNonces
from tests.fakes.ses import InMemorySes
from tests.functions.conftest import ARRIVED, Clock, Context, handler_of
from tests.functions.visitors import Shown, Visitor

NAME = "CustomerA"
ID = f"{NAME}.1"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> InMemoryKey:
    """The keys of links, and what forms used up."""
    key, nonces, bell = InMemoryKey(), InMemoryNonces(), InMemoryDoorbell()
    monkeypatch.setattr(links, "keys", lambda: key)
    monkeypatch.setattr(links, "nonces", lambda: nonces)
    monkeypatch.setattr(wiring, "hearing", lambda: Hearing(wiring.incidents(), bell))
    return key


@pytest.fixture(autouse=True)
def incident(ses: InMemorySes) -> Incident:
    """A tenant that was paused just now, and its incident."""
    ses.add(NAME)
    made = decision(tenant=Tenant(name=NAME), at=ARRIVED)
    wiring.book().record(made, record_after(made))
    assert made.announces
    case = Announcement(id=f"{made.id}.TenantPaused", name=made.announces, at=ARRIVED, decision=made)
    found = opened(case, "arn:1", ARRIVED)
    wiring.incidents().open(found)
    return found


@pytest.fixture
def visitor() -> Visitor:
    return Visitor(handler_of("console"))


def link(keys: InMemoryKey, incident_id: str = ID) -> str:
    return f"/i/{sign(incident_id, ARRIVED + timedelta(days=7), keys.keyring())}"


def now() -> Incident:
    found = wiring.incidents().incident(ID)
    assert found
    return found


def acknowledge(visitor: Visitor, address: str, by: str = "Olga", token: str = "") -> Shown:
    token = token or visitor.get(address).form_token
    return visitor.send(address, token=token, signal="acknowledge", by=by)


def test_a_get_shows_the_incident_and_changes_nothing(visitor: Visitor, keys: InMemoryKey) -> None:
    before = now()
    shown = visitor.get(link(keys))
    assert shown.status == 200
    assert f"Tenant {NAME} was paused" in shown.body
    assert now() == before


def test_the_page_keeps_to_itself(visitor: Visitor, keys: InMemoryKey) -> None:
    headers = visitor.get(link(keys)).headers
    policy = headers["Content-Security-Policy"]
    for each in (
        "default-src 'none'",
        "style-src 'sha256-",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri",
    ):
        assert each in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" in headers


def test_a_form_acknowledges_by_a_declared_name(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    token = visitor.get(address).form_token
    shown = visitor.send(address, token=token, signal="acknowledge", by="Olga Ä.")
    assert (shown.status, shown.headers["Location"]) == (303, address)
    answer = now().answer
    assert answer
    assert (answer.by, answer.proved) == ("Olga Ä.", False)
    assert "Olga Ä." in visitor.get(address).body


def test_a_form_is_read_as_it_is_or_in_base64(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    body = f"token={visitor.get(address).form_token}&signal=note&text=list+bought&by=Olga"
    assert visitor.send_plain(address, body).status == 303
    assert now().signals[0].text == "list bought"


def test_a_snooze_and_a_note_are_told(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    for more in ({"signal": "snooze", "for_": "4h"}, {"signal": "note", "text": "list bought"}):
        token = visitor.get(address).form_token
        assert visitor.send(address, token=token, by="Olga", **more).status == 303
    assert [each.kind for each in now().signals] == [SignalKind.SNOOZED, SignalKind.NOTED]


def test_a_form_is_taken_once(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    token = visitor.get(address).form_token
    assert acknowledge(visitor, address, token=token).status == 303
    assert acknowledge(visitor, address, token=token).status == 403
    assert len(now().signals) == 1


def test_a_second_acknowledge_says_who_has_it(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    acknowledge(visitor, address)
    shown = acknowledge(visitor, address, by="Otto")
    assert shown.status == 409
    assert "Olga has it until" in shown.body


def test_what_makes_no_sense_is_said_on_the_page(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    token = visitor.get(address).form_token
    shown = visitor.send(address, token=token, signal="note", by="Olga")
    assert (shown.status, "A note needs a text." in shown.body) == (400, True)


@pytest.mark.parametrize("change", ["late", "altered", "foreign"])
def test_a_link_that_opens_nothing_is_told_what_to_do_and_no_more(
    visitor: Visitor, keys: InMemoryKey, clock: Clock, change: str
) -> None:
    address = link(keys)
    if change == "late":
        clock.now += timedelta(days=8)
    elif change == "altered":
        address = address[:-1] + ("A" if address[-1] != "A" else "B")
    elif change == "foreign":
        address = f"/i/{sign(ID, ARRIVED + timedelta(days=7), InMemoryKey(values={keys.current: 'x' * 64}).keyring())}"
    shown = visitor.get(address)
    assert shown.status == 403
    assert "This link does not open anything" in shown.body
    assert NAME not in shown.body


@pytest.mark.parametrize("may", ["answer", "act"])
@pytest.mark.parametrize("page", ["", "/tenant"])
def test_a_good_link_to_no_incident_is_404(
    visitor: Visitor, keys: InMemoryKey, monkeypatch: pytest.MonkeyPatch, page: str, may: str
) -> None:
    monkeypatch.setenv("LINKS_MAY", may)
    wiring.settings.cache_clear()
    shown = visitor.get(f"{link(keys, 'ghost.1')}{page}")
    assert shown.status == (403 if (page, may) == ("/tenant", "answer") else 404)
    assert ("There is no such incident" in shown.body) is (shown.status == 404)
    assert "ghost" not in shown.body


def test_whoever_answers_for_no_incident_is_told_so(visitor: Visitor, keys: InMemoryKey) -> None:
    token = form_token("ghost.1", "nonce", ARRIVED + timedelta(hours=1), keys.keyring())
    assert acknowledge(visitor, link(keys, "ghost.1"), token=token).status == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/i/nothing", 403), ("/i/not/a/link", 403), ("/favicon.ico", 404), ("/", 404), (f"/incidents/{ID}", 404)],
)
def test_refused_links_are_counted_and_what_is_none_is_not(
    visitor: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    status: int,
) -> None:
    """A browser asks for its icon wherever it is: counted as a refused link it would hide those that are."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    shown = visitor.get(path)
    assert (shown.status, "This link does not open anything" in shown.body) == (status, True)
    assert NAME not in shown.body
    assert ('"LinksRefused":[' in capsys.readouterr().out) is (status == 403)


def test_a_links_form_that_does_not_say_what_its_page_showed_resumes_nothing(
    visitor: Visitor, keys: InMemoryKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKS_MAY", "act")
    wiring.settings.cache_clear()
    address = f"{link(keys)}/tenant"
    token = visitor.get(address).form_token
    assert visitor.send(address, token=token, do="resume", reason="x", operator="Olga").status == 403
    tenant = wiring.book().tenant(NAME)
    assert tenant
    assert tenant.standing is Standing.PAUSED


@pytest.mark.parametrize("path", ["", "/tenant", "/nothing"])
def test_a_scanners_head_is_a_get_without_a_body_and_counts_nothing(
    visitor: Visitor,
    keys: InMemoryKey,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
) -> None:
    monkeypatch.setenv("LINKS_MAY", "act")
    wiring.settings.cache_clear()
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    shown = visitor.get(f"{link(keys)}{path}")
    capsys.readouterr()
    head = visitor.head(f"{link(keys)}{path}")
    assert (head.status, head.headers.keys(), head.body) == (shown.status, shown.headers.keys(), "")
    assert "CloudWatchMetrics" not in capsys.readouterr().out
    visitor.get("/i/nothing")
    counted = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (counted["LinksRefused"], counted["Visits"]) == ([1.0], [1.0])


def test_a_form_of_another_incidents_page_is_refused(visitor: Visitor, keys: InMemoryKey) -> None:
    foreign = form_token("acme.1", "nonce", ARRIVED + timedelta(hours=1), keys.keyring())
    assert acknowledge(visitor, link(keys), token=foreign).status == 403
    assert not now().signals


def test_a_link_neither_hands_over_nor_acts_unless_the_deployment_lets_it(visitor: Visitor, keys: InMemoryKey) -> None:
    address = link(keys)
    token = visitor.get(address).form_token
    assert visitor.send(address, token=token, signal="hand over", rung="lead", by="Olga").status == 403
    assert visitor.get(f"{address}/tenant").status == 403
    assert visitor.send(f"{address}/tenant", token=token, do="resume", reason="x", operator="Olga").status == 403
    assert not now().signals


def test_a_link_that_may_act_pauses_for_a_declared_operator(
    visitor: Visitor, keys: InMemoryKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKS_MAY", "act")
    wiring.settings.cache_clear()
    address = f"{link(keys)}/tenant"
    shown = visitor.get(address)
    assert shown.status == 200
    sent = visitor.send(address, token=shown.form_token, do="pause", reason="phishing", operator="Olga")
    assert (sent.status, "Decided. SES is called within moments" in sent.body, "SES says: " in sent.body) == (
        200,
        True,
        True,
    )
    tenant = wiring.book().tenant(NAME)
    assert tenant
    assert (tenant.standing, tenant.stops) == (Standing.PAUSED, frozenset({Owner.OPERATOR}))


def test_a_links_order_page_says_that_the_tenant_is_gone(
    visitor: Visitor, keys: InMemoryKey, ses: InMemorySes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKS_MAY", "act")
    wiring.settings.cache_clear()
    ses.statuses.clear()
    shown = visitor.get(f"{link(keys)}/tenant")
    assert (shown.status, "SES has no tenant" in shown.body, "<form" in shown.body) == (200, True, False)


def test_no_link_takes_the_id_of_what_the_guard_is_about_to_say(visitor: Visitor, keys: InMemoryKey) -> None:
    """Law 8: a repeated id is a repeated signal, so that a person's must not be one of the guard's."""
    said = {"signal": "note", "text": "x", "by": "Olga", "id": f"{ID}.TenantResumed"}
    visitor.send(link(keys), token=visitor.get(link(keys)).form_token, **said)
    assert all(each.id != f"{ID}.TenantResumed" for each in now().signals)


def test_bytes_that_are_no_text_are_a_refused_form(visitor: Visitor, keys: InMemoryKey) -> None:
    answer = visitor.handler(
        {
            "version": "2.0",
            "rawPath": link(keys),
            "rawQueryString": "",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "requestContext": {"http": {"method": "POST", "path": link(keys)}, "requestId": "r", "stage": "$default"},
            "body": "//79",
            "isBase64Encoded": True,
        },
        Context(),
    )
    assert answer["statusCode"] == 403
