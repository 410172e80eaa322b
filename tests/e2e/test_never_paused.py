"""Who must never be paused: the healthy, the borderline, and those whose sends the guard sees late or not yet."""

from datetime import timedelta

import pytest

from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account, SesTenant
from tests.e2e.traffic import bounces, now, some_recipients_bounce
from tests.e2e.waiting import eventually

A_SECOND, A_MINUTE = timedelta(seconds=1), timedelta(minutes=1)
AS_LARGE_AS_SES_TAKES = 50
TEN_THOUSAND = 10_000 // AS_LARGE_AS_SES_TAKES


def assert_never_paused(account: Account, tenant: SesTenant, standing: Standing = Standing.HEALTHY) -> None:
    assert account.book.record(tenant.name).standing == standing
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    assert "CustomerManagedStatus" not in account.entity(tenant), "the guard called SES"
    assert not [each for each in account.book.decisions(tenant.name) if each.decision.answer == "pause"]


@pytest.fixture
def an_unseen_minute(account: Account) -> None:
    """Nobody's mail of the last minute is counted yet; a test that counted fresh mail a moment ago is waited for."""
    eventually(lambda: account.counts.watermark()[1] < now() - A_MINUTE, "a minute without counted sends", within=70)


@pytest.mark.usefixtures("an_unseen_minute")
def test_a_healthy_tenant_at_ten_thousand_mails_a_minute_whose_sends_are_counted_a_minute_behind_its_bounces(
    account: Account,
) -> None:
    """Feedback whose sends are not yet counted is held against nobody (Law 7), and is judged when they are."""
    tenant = account.new_tenant("healthy-and-fast")
    started = now() - 2 * A_MINUTE
    first = tenant.sender.mails(20, sent_at=started, spread=A_SECOND, recipients=AS_LARGE_AS_SES_TAKES)
    latest = tenant.sender.mails(
        TEN_THOUSAND, sent_at=started + A_MINUTE, spread=A_MINUTE, recipients=AS_LARGE_AS_SES_TAKES
    )
    account.send(first)
    account.bounce(some_recipients_bounce(latest, 300))
    held_back = account.book.record(tenant.name).judge_again_at
    assert held_back is not None, "300 bounces of mails not counted yet, beside 1,000 mails that are: it has to wait"
    assert_never_paused(account, tenant)
    account.send(latest)
    eventually(lambda: account.book.record(tenant.name).judge_again_at is None, "what was held back judged")
    assert account.counts.sends_of(f"tenant#{tenant.name}") == 11_000
    assert_never_paused(account, tenant)
    assert account.book.decisions(tenant.name) == []


def test_a_borderline_tenant_at_seven_per_cent_is_warned(account: Account) -> None:
    """SES's own review begins at 5 %, the guard's limit is at 10 %: people hear of it, and it keeps sending."""
    tenant = account.new_tenant("borderline")
    mails = tenant.sender.mails(60, sent_at=now() - timedelta(minutes=40), spread=timedelta(minutes=30), recipients=50)
    account.send(mails)
    account.bounce(some_recipients_bounce(mails, 210))
    eventually(lambda: account.book.record(tenant.name).standing is Standing.WARNED, "the warning")
    assert_never_paused(account, tenant, Standing.WARNED)
    notice = account.inbox.wait_for(tenant.name, "TenantWarned")
    assert notice.topic == account.aws.outputs["WarningsTopic"]
    assert "limit 5 %" in notice.text


def test_a_healthy_tenant_at_high_volume_does_not_even_get_a_warning(account: Account) -> None:
    """2 % of 10,000 mails is a lot of bounces, and no evidence of anything."""
    tenant = account.new_tenant("healthy")
    mails = tenant.sender.mails(200, sent_at=now() - timedelta(minutes=30), spread=timedelta(minutes=20), recipients=50)
    account.send(mails)
    account.bounce(some_recipients_bounce(mails, 200))
    assert_never_paused(account, tenant)
    assert account.book.decisions(tenant.name) == []


def test_a_tenant_whose_first_events_are_late_feedback(account: Account) -> None:
    """What it sent before the guard saw it send is not judged: its fence is its first send (Law 7)."""
    tenant = account.new_tenant("late-feedback-first")
    before = tenant.sender.mails(30, sent_at=now() - timedelta(hours=20), spread=timedelta(hours=1))
    account.bounce(bounces(before))
    assert_never_paused(account, tenant)
    mails = tenant.sender.mails(40)
    account.send(mails)
    account.bounce(bounces(mails[:1]))
    assert_never_paused(account, tenant)
    fence = account.book.record(tenant.name).fence
    assert fence is not None
    assert abs(fence - mails[0].sent_at) < timedelta(seconds=1)
    assert account.book.decisions(tenant.name) == []
