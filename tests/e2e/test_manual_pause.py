"""An operator pauses a tenant, asks what a resume would do, and resumes it; nothing of the guard's lifts his pause."""

from collections.abc import Callable

from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Owner, Standing
from tests.e2e.account import Account

REASON = "a phishing site"
ORDER = {"reason": REASON, "operator": "Olga Operator"}


def test_a_tenant_that_the_guard_never_saw_is_paused_while_it_only_observes(
    account: Account, switch: Callable[[Mode | None], None]
) -> None:
    """A person's word: neither the mode nor the guard's ignorance of the tenant stands against it."""
    switch(Mode.OBSERVE)
    tenant = account.new_tenant("phishing")
    answer = account.pause(tenant=tenant.name, **ORDER)
    assert (answer["paused"], answer["decision"]) == (True, f"{tenant.name}.1")
    status = account.wait_for_sending(tenant, "DISABLED")
    assert status["CustomerManagedStatus"]["Status"] == "DISABLED"
    notice = account.inbox.wait_for(tenant.name, "EscalationAcknowledged")
    assert f"Olga Operator has incident {tenant.name}.1 until" in notice.text, "whoever paused it answers for it"
    assert account.book.record(tenant.name).stops == {Owner.OPERATOR}
    assert account.pause(tenant=tenant.name, **ORDER)["error"] == "AlreadyPaused"


def test_a_pause_of_the_guards_is_taken_over_and_outlives_its_cool_down(account: Account) -> None:
    """Law 5: what a person has paused the guard does not resume, and no second notice says it did."""
    tenant = account.new_tenant("worse-than-bounces")
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    account.wait_for_sending(tenant, "DISABLED")
    account.review_until(lambda: not account.book.record(tenant.name).under_way, "the guard's pause confirmed")
    assert account.pause(tenant=tenant.name, **ORDER)["paused"]
    account.review_until(
        lambda: account.book.decisions(tenant.name)[-1].outcome == "confirmed", "the operator's pause confirmed"
    )
    assert account.book.record(tenant.name).stops == {Owner.OPERATOR}
    account.let_its_turn_come(tenant)
    assert account.book.record(tenant.name).standing == Standing.PAUSED
    assert account.entity(tenant)["SendingStatusAggregate"] == "DISABLED"


def test_what_a_dry_run_foresees_comes_true(account: Account) -> None:
    """The pre-flight names the pause, and an order against another one is refused; the resume is as it was told."""
    tenant = account.new_tenant("foreseen")
    assert account.pause(tenant=tenant.name, **ORDER)["paused"]
    account.wait_for_sending(tenant, "DISABLED")
    account.review_until(lambda: not account.book.record(tenant.name).under_way, "the pause confirmed")
    before = account.book.record(tenant.name)
    found = account.resume(tenant=tenant.name, dry_run=True)
    assert account.book.record(tenant.name).standing == Standing.PAUSED
    assert len(account.book.decisions(tenant.name)) == 1
    assert found["preflight"]["paused_by"]["decision"] == before.decided
    assert f"by Olga Operator (as declared): {REASON}." in found["lines"][1]
    assert (found["preflight"]["becomes"], found["preflight"]["stops"]) == ("ENABLED", ["operator"])
    older = account.resume(tenant=tenant.name, incident=f"{tenant.name}.0", **ORDER)
    assert older["error"] == "OlderIncident"
    assert str(before.decided) in older["message"]
    answer = account.resume(tenant=tenant.name, incident=before.decided, **ORDER)
    assert answer["resumed"]
    account.wait_for_sending(tenant, "ENABLED")
