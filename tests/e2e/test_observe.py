"""Observe first: the Book's switch makes the guard more cautious within seconds (Law 12)."""

from collections.abc import Callable

from reputation_guard.domain.policy import Mode
from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account
from tests.e2e.traffic import bounces, now, wait_for_the_second_after
from tests.e2e.waiting import eventually


def test_observing_announces_what_it_would_do_and_leaves_everybody_alone(
    account: Account, switch: Callable[[Mode | None], None]
) -> None:
    """PauseAdvised, the standing unmoved, SES untouched; going to enforce fences everybody at that moment."""
    tenant = account.new_tenant("observed")
    earlier = account.send_to_a_bad_list(tenant)
    switch(Mode.OBSERVE)
    account.bounce(earlier.bounces)
    notice = account.inbox.wait_for(tenant.name, "PauseAdvised")
    assert (notice.topic, notice.severity) == (account.aws.outputs["WarningsTopic"], "warning")
    assert "It keeps sending" in notice.text
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert "CustomerManagedStatus" not in account.entity(tenant)
    (advised,) = account.book.decisions(tenant.name)
    assert (advised.decision.mode, advised.decision.announces) == (Mode.OBSERVE, "PauseAdvised")

    switch(None)
    account.bounce(bounces([earlier.there]))
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert len(account.book.decisions(tenant.name)) == 1
    wait_for_the_second_after(now())
    account.bounce(account.send_to_a_bad_list(tenant, sent_at=now()).bounces)
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    account.wait_for_sending(tenant, "DISABLED")


def test_the_switch_withdraws_a_pause_that_has_not_reached_ses(
    account: Account, switch: Callable[[Mode | None], None]
) -> None:
    """The mode is read anew before every call: a pause already decided is withdrawn, and people hear of it."""
    tenant = account.new_tenant("withdrawn")
    bad_list = account.send_to_a_bad_list(tenant)
    with account.ses_turning_away("ConflictException"):
        account.bounce(bad_list.bounces)
        eventually(lambda: account.book.record(tenant.name).under_way, "a pause on its way to SES")
        switch(Mode.OBSERVE)
        account.review_until(
            lambda: account.book.decisions(tenant.name)[0].outcome == "withdrawn", "the pause withdrawn"
        )
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert "CustomerManagedStatus" not in account.entity(tenant)
    assert account.inbox.wait_for(tenant.name, "PauseAdvised")
    assert account.inbox.delivered(tenant.name, "TenantPaused") == []
