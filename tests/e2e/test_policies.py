"""Each tenant by its own policy: its tier by a tag at SES, an assignment over it, and a policy that only observes."""

from dataclasses import replace

import pytest

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.domain.choice import POLICY_TAG
from reputation_guard.domain.policy import PRESETS, Mode
from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account, SesTenant
from tests.e2e.traffic import bounces, now

OBSERVING = replace(PRESETS["standard"], name="trial", mode=Mode.OBSERVE)


@pytest.fixture
def shelf(account: Account) -> PolicyTable:
    """The policies in the Book, as a person changes them."""
    return PolicyTable(account.dynamodb, account.aws.outputs["BookTable"])


def tagged(account: Account, word: str, policy: str) -> SesTenant:
    """A tenant whose tag at SES names its policy."""
    tenant = account.new_tenant(word)
    account.ses.tag_resource(ResourceArn=tenant.arn, Tags=[{"Key": POLICY_TAG, "Value": policy}])
    return tenant


def assign(account: Account, tenant: SesTenant, policy: str) -> None:
    """Assign a policy to a tenant, as `guard policy assign` does."""
    book = BookTable(account.dynamodb, account.aws.outputs["BookTable"])
    record = account.book.record(tenant.name)
    book.save(record, replace(record, assigned_policy=policy), now())


def discover(account: Account, tenant: SesTenant) -> None:
    """A first bounce brings a tenant into the Book, and the next review reads its tag."""
    (mail,) = tenant.sender.mails(1)
    account.send([mail])
    account.bounce(bounces([mail]))
    account.review_until(lambda: account.book.record(tenant.name).tags_read_at, f"the tags of {tenant.name} read")


def test_a_tag_at_ses_gives_a_tenant_the_policy_of_its_tier(account: Account) -> None:
    tenant = tagged(account, "hobby", "free")
    discover(account, tenant)
    assert account.book.record(tenant.name).tagged_policy == "free"
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    (decision,) = account.book.decisions(tenant.name)
    assert decision.decision.policy == PRESETS["free"]


def test_an_assignment_wins_over_the_tag(account: Account) -> None:
    tenant = tagged(account, "favourite", "free")
    discover(account, tenant)
    assign(account, tenant, "vip")
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    (decision,) = account.book.decisions(tenant.name)
    assert decision.decision.policy == PRESETS["vip"]


def test_a_policy_in_observe_mode_only_advises(account: Account, shelf: PolicyTable) -> None:
    shelf.put(OBSERVING, now(), "ann")
    tenant = tagged(account, "trial", "trial")
    discover(account, tenant)
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    assert account.inbox.wait_for(tenant.name, "PauseAdvised")
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert "CustomerManagedStatus" not in account.entity(tenant)
    (advised,) = account.book.decisions(tenant.name)
    assert (advised.decision.policy, advised.decision.mode) == (OBSERVING, Mode.OBSERVE)
