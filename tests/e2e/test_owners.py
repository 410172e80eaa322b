"""Mail that names no tenant, in a configuration set that SES associates with exactly one."""

from contextlib import suppress

from local import events
from local.events import Account as Owner
from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account
from tests.e2e.traffic import Sender, bounces


def test_a_configuration_set_becomes_its_only_tenants_within_a_review(account: Account) -> None:
    """SES's associations make it one to one, so its mail is that tenant's: counted for it, and judged."""
    tenant = account.new_tenant("only-one")
    associate(account, tenant.name, tenant.name)
    mails = Sender(configuration_set=tenant.name).mails(5)
    account.send(mails)
    assert account.counts.sends_of(f"tenant#{tenant.name}") == 0
    account.review_until(lambda: account.counts.owner_of(tenant.name) == tenant.name, "the set's tenant known")
    account.restart("IngestFunction")
    mails = Sender(configuration_set=tenant.name).mails(60)
    account.publish([events.send(mail) for mail in mails])
    account.counts.wait_for_sends(f"tenant#{tenant.name}", 60)
    account.let_the_watermark_pass(mails[-1].sent_at)
    account.bounce(bounces(mails[:40]))
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    account.wait_for_sending(tenant, "DISABLED")


def test_a_configuration_set_that_two_tenants_share_is_nobodys(account: Account) -> None:
    """Never a guess: its mail stays unattributed, and in sight."""
    one, other = account.new_tenant("shares"), account.new_tenant("shares")
    for tenant in (one, other):
        associate(account, tenant.name, one.name)
    account.send(Sender(configuration_set=one.name).mails(5))
    account.review_until(lambda: account.counts.owner_of(one.name) is not None, "SES asked")
    assert account.counts.owner_of(one.name) == ""
    account.restart("IngestFunction")
    account.send(Sender(configuration_set=one.name).mails(5))
    assert account.counts.sends_of(f"unattributed#{one.name}") == 10
    assert account.counts.sends_of(f"tenant#{one.name}") == 0


def associate(account: Account, tenant: str, configuration_set: str) -> None:
    """Let a tenant use a configuration set, creating the set if need be."""
    with suppress(account.ses.exceptions.AlreadyExistsException):
        account.ses.create_configuration_set(ConfigurationSetName=configuration_set)
    account.ses.create_tenant_resource_association(
        TenantName=tenant, ResourceArn=Owner().arn(f"configuration-set/{configuration_set}")
    )
