"""What notices say of the end of a pause: who ends it, when and why, and of exemptions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.domain.announcement import Announcement
from reputation_guard.domain.approval import Identity
from reputation_guard.domain.decision import ABOUT_INCIDENTS, Answer, Decision, GuardEvent, record_after
from reputation_guard.domain.notices import notice_of
from reputation_guard.domain.policy import Mode, Resumes
from reputation_guard.domain.tenant import Exemption, Owner
from tests.fakes.builders import NOW, STANDARD, ago, decision, tenant, window


def text_of(name: GuardEvent, about: Decision) -> str:
    return notice_of(Announcement(id="x", name=name, at=NOW, decision=about)).text


def test_a_pause_says_when_the_guard_ends_it() -> None:
    text = text_of(GuardEvent.TENANT_PAUSED, decision(tenant=tenant(strikes=1, clean_since=ago(days=2))))
    assert "Next: the guard resumes it on 2026-11-24 at 18:02 UTC (pause number 2), or sooner if this mail" in text
    assert "guard resume shop --reason" in text


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (
            decision(tenant=tenant(strikes=4, clean_since=ago(days=2))),
            "it stays paused until an operator resumes it: this is pause number 5.",
        ),
        (
            decision(policy=replace(STANDARD, resumes=Resumes.PERSON)),
            "it stays paused until an operator resumes it. Find",
        ),
        (
            decision(tenant=tenant(stops=frozenset({Owner.SES}))),
            "it stays paused until an operator resumes it. Find",
        ),
        (
            decision(owner=Owner.OPERATOR, adopted=True, because=None),
            "it stays paused until an operator resumes it. Find",
        ),
    ],
    ids=["fifth", "policy", "stopped by another too", "by hand"],
)
def test_a_pause_that_a_person_has_to_end_says_so(about: Decision, words: str) -> None:
    assert f"Next: {words}" in text_of(GuardEvent.TENANT_PAUSED, about)


def test_a_resume_by_the_guard_says_why_and_how_the_mail_looks_by_now() -> None:
    paused = replace(record_after(decision()), under_way=False)
    about = decision(
        answer=Answer.RESUME,
        announces=GuardEvent.TENANT_RESUMED,
        tenant=paused,
        because=None,
        windows=(window(12, 4000, 3900, length=timedelta(hours=1)),),
        reason="the mail it was paused for turned out better",
    )
    text = text_of(GuardEvent.TENANT_RESUMED, about)
    assert "resumed at 2026-11-24 12:02:30 UTC by the guard. Reason: the mail it was paused for turned out" in text
    assert "The mail it was paused for: 12 hard bounces of 4000 sent (3900 with feedback due) = 0.308 % by now." in text
    refused = text_of(GuardEvent.RESUME_REFUSED, about)
    assert "to be resumed by the guard and still cannot send" in refused


EXEMPTION = Exemption(NOW + timedelta(hours=6), "Olga Operator", "a migration")


@pytest.mark.parametrize("name", sorted(set(GuardEvent) - ABOUT_INCIDENTS))
def test_every_notice_of_an_exempt_tenant_says_so(name: GuardEvent) -> None:
    text = text_of(name, decision(tenant=tenant(exemption=EXEMPTION)))
    assert "Exempt from pauses by the guard until 2026-11-24 18:02 UTC, by Olga Operator: a migration" in text
    lapsed = replace(EXEMPTION, until=NOW)
    assert "xempt" not in text_of(name, decision(tenant=tenant(exemption=lapsed)))


def test_the_advice_about_an_exempt_tenant_says_that_it_is_exempt() -> None:
    text = text_of(GuardEvent.PAUSE_ADVISED, decision(tenant=tenant(exemption=EXEMPTION)))
    assert "would have been paused at 2026-11-24 12:02:30 UTC, but it is exempt. It keeps sending." in text
    assert "Only mail sent after the exemption is judged." in text
    assert "Mode=enforce" not in text


@pytest.mark.parametrize(
    ("policy", "why", "advice"),
    [
        ({}, "the guard only observes", "deploy with Mode=enforce and see that the book's switch does not say observe"),
        (
            {"mode": Mode.OBSERVE, "name": "trial", "version": 4},
            "its policy only observes it",
            "change mode in policy trial (now version 4), or assign another",
        ),
        (
            {"enforced_share": 0.0, "name": "trial"},
            "its policy only observes it",
            "change enforced_share in policy trial (now version 1), or assign another",
        ),
    ],
    ids=["template or switch", "policy", "share"],
)
def test_an_advice_names_what_keeps_the_guard_from_acting(policy: dict[str, Any], why: str, advice: str) -> None:
    """The template's Mode changes nothing where the tenant's policy observes."""
    text = text_of(GuardEvent.PAUSE_ADVISED, decision(policy=replace(STANDARD, **policy)))
    assert f"but {why}. It keeps sending." in text
    assert f"To let the guard act, {advice}" in text
    assert ("Mode=enforce" in text) is (not policy)


def test_a_notice_says_how_far_a_name_can_be_trusted_and_who_proposed() -> None:
    ordered: dict[str, Any] = {
        "answer": Answer.RESUME,
        "owner": Owner.OPERATOR,
        "because": None,
        "windows": (),
        "reason": "cleaned",
    }
    proved = decision(operator="bob", operator_proved=True, proposed_by=Identity("ann"), **ordered)
    told = notice_of(Announcement(id="1", name=GuardEvent.TENANT_RESUMED, at=NOW, decision=proved))
    assert "by bob (proved by IAM), proposed by ann (as declared). Reason: cleaned" in told.text


def test_a_pause_that_an_operator_ordered_names_him_and_his_reason() -> None:
    ordered = decision(owner=Owner.OPERATOR, operator="ann", reason="a phishing site", because=None, windows=())
    told = notice_of(Announcement(id="1", name=GuardEvent.TENANT_PAUSED, at=NOW, decision=ordered)).text
    assert "Tenant shop was paused by ann (as declared): a phishing site" in told
    assert "SES confirmed it at" in told
    assert "it stays paused until an operator resumes it." in told
    refused = Announcement(id="2", name=GuardEvent.PAUSE_REFUSED, at=NOW, decision=ordered, refusal="no right")
    assert "has to be paused (ordered by ann (as declared): a phishing site) and is NOT" in notice_of(refused).text
