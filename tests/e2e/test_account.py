"""SES reviews all tenants together, so the guard weighs them together, and says so before SES does."""

from datetime import timedelta

from local.events import Mail
from reputation_guard.domain.account import is_over_the_line, largest_share, tightened
from reputation_guard.domain.policy import PRESETS
from reputation_guard.domain.tenant import ACCOUNT, Standing
from tests.e2e.account import Account, SesTenant
from tests.e2e.inbox import Delivered
from tests.e2e.traffic import Sender, bounces, now, some_recipients_bounce
from tests.e2e.waiting import eventually

AS_LARGE_AS_SES_TAKES = 50


def campaign(account: Account, tenant: SesTenant, messages: int) -> list[Mail]:
    """Mail of an hour ago, counted."""
    mails = tenant.sender.mails(
        messages, sent_at=now() - timedelta(hours=1), spread=timedelta(minutes=10), recipients=AS_LARGE_AS_SES_TAKES
    )
    account.send(mails)
    return mails


def page(account: Account) -> Delivered:
    """The notice that the account is over a line of SES's."""

    def urgent() -> list[Delivered]:
        told = account.inbox.delivered(ACCOUNT, "AccountAtRisk")
        return [each for each in told if each.severity == "page"]

    return eventually(urgent, "a page about the account")[0]


def test_an_account_over_a_line_of_ses_is_a_page_and_tightens_the_rules_of_who_uses_its_budget(
    account: Account,
) -> None:
    """The page names the tenants, and a tenant that would only be warned is paused, as its decision can show."""
    spoiling, heavy = account.new_tenant("spoiling"), account.new_tenant("heavy")
    account.bounce(some_recipients_bounce(campaign(account, spoiling, 200), 1500, in_each=10))
    told = page(account)
    assert told.topic == account.aws.outputs["PagesTopic"]
    # Whoever brought the account over the line: in a whole run that may be a tenant of an earlier test.
    assert "Tenants that use most of the hard bounces" in told.text
    over = [
        each.decision
        for each in account.book.decisions(ACCOUNT)
        if each.decision.because and is_over_the_line(each.decision.because.window)
    ]
    assert [each.announces for each in over] == ["AccountAtRisk"]

    account.bounce(some_recipients_bounce(campaign(account, heavy, 60), 285))
    account.book.wait_for_standing(heavy.name, Standing.PAUSED)
    paused = next(each.decision for each in account.book.decisions(heavy.name) if each.decision.answer == "pause")
    assert paused.because
    assert paused.because.window.rate < PRESETS["standard"].bounce.pause
    assert largest_share(paused.budget) > 0.05
    assert paused.policy == tightened(PRESETS["standard"], paused.budget) != PRESETS["standard"]
    text = account.inbox.wait_for(heavy.name, "TenantPaused").text
    assert "of the hard bounces that SES's line leaves the whole account" in text
    assert "the policy was tightened for this judgement" in text


def test_mail_of_nobody_counts_for_the_account(account: Account) -> None:
    """Sends and bounces that name no tenant are in no tenant's counts, and SES reviews them all the same."""
    mails = Sender(configuration_set="nobodys-set").mails(3, recipients=4)
    sends, feedback = account.counts.sends_of("account"), account.counts.feedback_of_account()
    account.send(mails)
    account.publish(bounces(mails[:1]))
    eventually(lambda: account.counts.feedback_of_account() >= feedback + 4, "the bounces counted for the account")
    assert account.counts.sends_of("account") >= sends + 12
