"""A list-bombed tenant, from the feedback that proves it to the second pause: the whole line."""

import time
from dataclasses import dataclass
from typing import Any

import pytest

from local.events import Mail
from reputation_guard.domain.decision import Answer
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sending import Sending
from reputation_guard.domain.tenant import Owner, Standing, Tenant
from reputation_guard.domain.words import case_in_words, percent
from tests.e2e.account import Account, SesTenant
from tests.e2e.tables import Written
from tests.e2e.traffic import AT_ONCE, bounces, now, wait_for_the_second_after


@dataclass(frozen=True, slots=True)
class Paused:
    """A tenant of whose 200 mails 60 bounced, as it stood when it had been paused."""

    tenant: SesTenant
    mails: list[Mail]
    seconds: float
    entity: dict[str, Any]
    record: Tenant
    written: Written


@pytest.fixture(scope="module")
def bombed(account: Account) -> Paused:
    """Let the list be bombed, and wait for SES to say DISABLED."""
    tenant = account.new_tenant("bombed")
    mails = tenant.sender.mails(200)
    account.send(mails)
    started = time.monotonic()
    account.publish(bounces(mails[:30]) + bounces(mails[30:60], diagnostic="smtp; 550 5.4.1 no such domain"))
    entity = account.wait_for_sending(tenant, "DISABLED")
    seconds = time.monotonic() - started
    record = account.book.wait_for_standing(tenant.name, "PAUSED")
    return Paused(tenant, mails, seconds, entity, record, account.book.decisions(tenant.name)[-1])


@dataclass(frozen=True, slots=True)
class Resumed:
    """The same tenant after an operator brought it back."""

    tenant: SesTenant
    answer: dict[str, Any]
    entity: dict[str, Any]
    record: Tenant


@pytest.fixture(scope="module")
def brought_back(account: Account, bombed: Paused) -> Resumed:
    """An operator resumes the tenant."""
    answer = account.resume(tenant=bombed.tenant.name, reason="the list is cleaned", operator="Olga Operator")
    assert answer["resumed"] is True, answer
    entity = account.wait_for_sending(bombed.tenant, "ENABLED")
    return Resumed(bombed.tenant, answer, entity, account.book.wait_for_standing(bombed.tenant.name, "PROBATION"))


def test_it_is_paused_at_ses(bombed: Paused) -> None:
    """A pause decided is a pause enforced (Law 4), and the guard knows it as its own."""
    print(f"\nfeedback -> DISABLED: {bombed.seconds:.2f} s")  # noqa: T201 - a figure to look at, shown by -s
    assert bombed.entity["CustomerManagedStatus"]["Status"] == "DISABLED"
    assert bombed.entity["AwsSesManagedStatus"]["Status"] == "ENABLED"
    assert bombed.record.stops == {Owner.GUARD}
    assert bombed.record.stamp == bombed.entity["CustomerManagedStatus"]["LastUpdatedTimestamp"]


def test_the_book_holds_the_decision_with_its_evidence(bombed: Paused) -> None:
    """Counts, policy, standing and now: what was decided and all it was decided from (Law 3)."""
    decision = bombed.written.decision
    assert (decision.answer, decision.owner, bombed.written.outcome) == (Answer.PAUSE, Owner.GUARD, "confirmed")
    assert decision.tenant.standing in {Standing.HEALTHY, Standing.WARNED}
    assert decision.because is not None
    window = decision.because.window
    assert window in decision.windows
    assert (window.kind, window.sends) == (Kind.BOUNCE, 200)
    assert window.due <= window.sends
    assert window.feedback <= 60
    assert decision.because.strength == window.evidence(decision.because.limit, decision.because.prior) >= 4.6
    assert bombed.record.decided == decision.id


def test_people_are_told_what_was_seen(account: Account, bombed: Paused) -> None:
    """The notice carries the whole case: who, what, the line a person can check, domains and diagnostics, what next."""
    notice = account.inbox.wait_for(bombed.tenant.name, "TenantPaused")
    because = bombed.written.decision.because
    assert because is not None
    assert notice.topic == account.aws.outputs["PagesTopic"]
    assert notice.id.startswith(f"{bombed.written.decision.id}.EscalationRaised.1.")
    assert notice.severity == "page"
    assert notice.incident == bombed.written.decision.id
    assert bombed.tenant.name in notice.subject
    assert case_in_words(because) in notice.text
    for words in (
        f"{because.window.feedback} hard bounces of 200 sent",
        "99 % confidence",
        f"limit {percent(because.limit)}",
    ):
        assert words in notice.text
    assert "example.org" in notice.text
    assert "smtp; 550 5.1.1 user unknown" in notice.text
    assert "DISABLED" in notice.text
    assert f"guard resume {bombed.tenant.name}" in notice.text


def test_an_operator_brings_it_back(account: Account, brought_back: Resumed) -> None:
    """Resume re-arms, never exempts: a fence at the resume, and probation (Law 9)."""
    decision = account.book.decisions(brought_back.tenant.name)[-1].decision
    assert brought_back.answer["decision"] == decision.id
    assert (decision.operator, decision.reason) == ("Olga Operator", "the list is cleaned")
    assert brought_back.entity["CustomerManagedStatus"]["Status"] == Sending.ENABLED
    assert (brought_back.record.fence, brought_back.record.stops) == (decision.at, frozenset())
    notice = account.inbox.wait_for(brought_back.tenant.name, "TenantResumed")
    assert "Olga Operator" in notice.text
    assert "the list is cleaned" in notice.text


def test_late_bounces_of_old_mail_do_not_pause_it_again(
    account: Account, bombed: Paused, brought_back: Resumed
) -> None:
    """Only mail sent after the fence is judged (Law 9), however much comes back of what was sent before."""
    decided = len(account.book.decisions(bombed.tenant.name))
    account.bounce(bounces(bombed.mails[60:120]))
    assert account.book.record(brought_back.tenant.name).standing == Standing.PROBATION
    assert len(account.book.decisions(bombed.tenant.name)) == decided


def test_a_fresh_bad_list_pauses_it_in_probation_on_less_evidence(account: Account, brought_back: Resumed) -> None:
    """3.0 nats and a smaller prior are enough in probation, where a healthy tenant would still send."""
    assert brought_back.record.fence is not None
    wait_for_the_second_after(brought_back.record.fence)
    mails = brought_back.tenant.sender.mails(20, sent_at=now(), spread=AT_ONCE)
    account.send(mails)
    account.publish(bounces(mails[:8]))
    account.wait_for_sending(brought_back.tenant, "DISABLED")
    account.book.wait_for_standing(brought_back.tenant.name, "PAUSED")
    because = account.book.decisions(brought_back.tenant.name)[-1].decision.because
    assert because is not None
    assert because.strength >= 3.0
    assert because.prior == 5
    assert because.window.evidence(because.limit, 20) < 4.6
    assert because.window.sends == 20
