"""Echo or hand? The guard adopts what SES or a person did to a tenant, and knows its own echo."""

from datetime import datetime

import pytest

from local import events
from reputation_guard.domain.decision import Answer
from reputation_guard.domain.tenant import Owner, Standing
from tests.e2e.account import Account
from tests.e2e.traffic import now
from tests.e2e.waiting import eventually


def test_a_person_pauses_a_tenant_at_ses_and_resumes_it(account: Account) -> None:
    """A newer stamp is a person's, who owns the status from then on; a person may lift the stop as well."""
    tenant = account.new_tenant("by-hand")
    account.set_by_hand(tenant, "DISABLED")
    record = account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    assert record.stops == {Owner.OPERATOR}
    assert "by a person at SES" in account.inbox.wait_for(tenant.name, "TenantPaused").text
    account.set_by_hand(tenant, "ENABLED")
    record = account.book.wait_for_standing(tenant.name, Standing.PROBATION)
    assert record.stops == frozenset()
    assert record.fence is not None
    assert "a person at SES" in account.inbox.wait_for(tenant.name, "TenantResumed").text
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    assert [each.decision.adopted for each in account.book.decisions(tenant.name)] == [True, True]


def test_a_person_takes_over_the_guards_pause(account: Account) -> None:
    """Whoever writes last owns the stop (Law 5); the tenant stays paused, and nothing new is decided."""
    tenant = account.new_tenant("taken-over")
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    assert account.book.wait_for_standing(tenant.name, Standing.PAUSED).stops == {Owner.GUARD}
    account.set_by_hand(tenant, "DISABLED")
    eventually(lambda: account.book.record(tenant.name).stops == {Owner.OPERATOR}, "the person's stop adopted")
    assert len(account.book.decisions(tenant.name)) == 1
    assert account.book.record(tenant.name).standing == Standing.PAUSED


def test_ses_itself_stops_a_tenant_and_releases_it(account: Account) -> None:
    """A stop by SES is SES's: no resume lifts it, and only SES's own release does (Law 5)."""
    tenant = account.new_tenant("stopped")
    account.aws.control("/_ses/status", TenantName=tenant.name, SendingStatus="DISABLED")
    assert account.book.wait_for_standing(tenant.name, Standing.PAUSED).stops == {Owner.SES}
    notice = account.inbox.wait_for(tenant.name, "TenantPaused")
    assert "stopped by SES itself" in notice.text
    assert "only AWS Support can lift this" in notice.text
    assert account.resume(tenant=tenant.name, reason="please", operator="Olga Operator")["error"] == "StoppedBySes"
    account.aws.control("/_ses/status", TenantName=tenant.name, SendingStatus="ENABLED")
    assert account.book.wait_for_standing(tenant.name, Standing.PROBATION).stops == frozenset()
    assert "CustomerManagedStatus" not in account.entity(tenant)


def test_a_pause_by_sess_reputation_policy_is_told_in_its_words_and_never_lifted_by_the_guard(account: Account) -> None:
    """SES does not say whose pause it is but by its cause: neither the guard's turn nor the finding's end lifts it."""
    tenant = account.new_tenant("policed")
    words = "The bounce rate exceeded 15.0% based on a representative volume of 197 emails."
    account.aws.control("/_ses/findings", TenantName=tenant.name, Type="BOUNCE", Impact="HIGH", Description=words)
    record = account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    assert (record.stops, record.pause, record.strikes) == (frozenset({Owner.OPERATOR}), None, 0)
    by_policy = account.entity(tenant)["CustomerManagedStatus"]
    assert by_policy["Cause"] == f"Paused by the standard reputation policy: {words}"
    text = account.inbox.wait_for(tenant.name, "TenantPaused").text
    assert f"by SES's reputation policy, or by a person at SES (in SES's words: {by_policy['Cause']})" in text
    assert "it stays paused until an operator resumes it." in text

    account.aws.control("/_ses/findings/resolve", TenantName=tenant.name, Type="BOUNCE")
    eventually(lambda: not account.book.record(tenant.name).findings, "no finding on the tenant")
    account.let_its_turn_come(tenant)
    assert account.book.record(tenant.name).stops == {Owner.OPERATOR}
    assert account.entity(tenant)["CustomerManagedStatus"] == by_policy
    assert [each.decision.adopted for each in account.book.decisions(tenant.name)] == [True]

    # The review may still be writing its record: the operator is told to look again, and does.
    order = {"tenant": tenant.name, "reason": "the list is cleaned", "operator": "Olga Operator"}
    eventually(lambda: account.resume(**order)["resumed"], "an operator's resume")
    account.wait_for_sending(tenant, "ENABLED")
    assert account.book.wait_for_standing(tenant.name, Standing.PROBATION).stops == frozenset()


def test_our_own_echo_changes_nothing(account: Account) -> None:
    """mirror never believes an event: with the stamp the guard read back, a repeated one is an echo."""
    tenant = account.new_tenant("echo")
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    before = account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    stamp: datetime = account.entity(tenant)["CustomerManagedStatus"]["LastUpdatedTimestamp"]
    told_out_of_order = [
        events.sending_status(tenant.arn, status=status, at=stamp) for status in ("DISABLED", "ENABLED", "DISABLED")
    ]
    account.publish(told_out_of_order)
    eventually(lambda: account.is_drained("StatusQueueUrl"), "the echoes looked at")
    # Its daily turn may have come meanwhile: what counts is who stopped it, by which decision.
    after = account.book.record(tenant.name)
    assert (after.standing, after.stops, after.decided) == (Standing.PAUSED, frozenset({Owner.GUARD}), before.decided)
    assert (after.stamp, account.entity(tenant)["CustomerManagedStatus"]["LastUpdatedTimestamp"]) == (stamp, stamp)
    assert [each.decision.answer for each in account.book.decisions(tenant.name)] == [Answer.PAUSE]


@pytest.mark.parametrize("told_as", ["Advisor Recommendation Status Resolved", "Advisor Recommendation Status Closed"])
def test_findings_appear_on_the_tenant_and_vanish(account: Account, told_as: str) -> None:
    """SES documents two names for the end of a finding, and either will do."""
    tenant = account.new_tenant("found")
    words = "The bounce rate exceeded 15.0% based on a representative volume of 197 emails."
    account.aws.control(
        "/_ses/findings", TenantName=tenant.name, Type="BOUNCE", Impact="HIGH", Description=words, MayPause=False
    )
    record = eventually(lambda: account.book.find(tenant.name), "the tenant in the Book")
    assert [(each.kind, each.impact, each.text) for each in record.findings] == [("BOUNCE", "HIGH", words)]
    account.aws.control("/_ses/switches", StatusEvents=False)
    try:
        account.aws.control("/_ses/findings/resolve", TenantName=tenant.name, Type="BOUNCE")
    finally:
        account.aws.control("/_ses/switches", StatusEvents=True)
    resolved = events.finding(
        tenant.arn, finding_type="BOUNCE", impact="HIGH", description=words, at=now(), resolved=True
    )
    account.publish([resolved | {"detail-type": told_as}])
    eventually(lambda: not account.book.record(tenant.name).findings, "no finding on the tenant")
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert account.book.decisions(tenant.name) == []
