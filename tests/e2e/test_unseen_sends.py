"""A ratio lies when its denominator is gone: the guard pauses nobody for that, and says what would let it see."""

from dataclasses import replace
from datetime import timedelta

from local.events import Mail
from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account, SesTenant
from tests.e2e.traffic import Sender, bounces, now, unnamed
from tests.e2e.waiting import eventually


def sends_unseen(account: Account, tenant: SesTenant) -> int:
    return sum(each.decision.announces == "SendsUnseen" for each in account.book.decisions(tenant.name))


def wait_until_told_once(account: Account, tenant: SesTenant) -> None:
    """Feedback may be held back for a moment, until all sends beside it are counted."""
    eventually(lambda: sends_unseen(account, tenant), "SendsUnseen decided")
    assert sends_unseen(account, tenant) == 1


def assert_told_and_not_paused(account: Account, tenant: SesTenant, words: str) -> None:
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    notice = account.inbox.wait_for(tenant.name, "SendsUnseen")
    assert (notice.topic, notice.severity) == (account.aws.outputs["PagesTopic"], "page")
    for what_to_do in ("put a message tag", "configuration set of its own", "Send events"):
        assert what_to_do in notice.text
    assert words in notice.text


def test_bounces_carry_the_tenants_name_and_sends_carry_none(account: Account) -> None:
    """More feedback than sends: SendsUnseen, once a day, with the fix, and no pause (Law 7)."""
    tenant = account.new_tenant("nameless-sends")
    mails = tenant.sender.mails(40)
    account.send(unnamed(mails))
    account.bounce(bounces(mails[:10]))
    account.bounce(bounces(mails[10:20]))
    wait_until_told_once(account, tenant)
    assert_told_and_not_paused(account, tenant, "of 0 sent")
    assert {each.id for each in account.inbox.delivered(tenant.name)} == {
        f"{account.book.decisions(tenant.name)[0].decision.id}.SendsUnseen"
    }


def test_some_of_its_sends_name_it_and_the_rest_count_in_its_favour(account: Account) -> None:
    """Sends nobody could attribute, in a set the tenant uses, may be its own: the case has to hold with them."""
    tenant = account.new_tenant("half-named-sends")
    own_tag = Sender(configuration_set=tenant.name, tags={"guard-tenant": tenant.name})
    named, nameless = own_tag.mails(30), Sender(configuration_set=tenant.name).mails(300)
    account.send(named + nameless)
    account.bounce(bounces(_named_by_ses(named[:5] + nameless[:10], tenant)))
    wait_until_told_once(account, tenant)
    assert_told_and_not_paused(account, tenant, "they count in its favour")


def test_one_of_its_sets_publishes_no_sends(account: Account) -> None:
    """Healthy where it is seen: what came back through the other set has nothing to be weighed by."""
    tenant = account.new_tenant("half-blind")
    long_ago = now() - timedelta(minutes=20)
    account.send(tenant.sender.mails(300, sent_at=long_ago))
    blind = replace(tenant.sender, configuration_set="publishes-no-sends")
    account.bounce(bounces(blind.mails(60, sent_at=long_ago)))
    wait_until_told_once(account, tenant)
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    notice = account.inbox.wait_for(tenant.name, "SendsUnseen")
    assert "Not held against it: " in notice.text
    assert "of mail sent through publishes-no-sends. No Send of it through there was seen" in notice.text
    assert "Publish the Send events of publishes-no-sends to EventBridge" in notice.text


def _named_by_ses(mails: list[Mail], tenant: SesTenant) -> list[Mail]:
    return [replace(mail, tenant_name=tenant.name) for mail in mails]
