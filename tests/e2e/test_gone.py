"""A tenant that SES has no more when its pause reaches it: done with and told, and nobody waits behind it (Law 4)."""

import pytest

from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account, BadList
from tests.e2e.waiting import eventually


@pytest.fixture
def deleted(account: Account) -> BadList:
    """A tenant that has just sent to a bad list; nothing has come back yet."""
    return account.send_to_a_bad_list(account.new_tenant("deleted"))


@pytest.fixture
def neighbour(account: Account) -> BadList:
    """Another one."""
    return account.send_to_a_bad_list(account.new_tenant("neighbour"))


def test_a_tenant_deleted_before_it_is_judged(account: Account, deleted: BadList, neighbour: BadList) -> None:
    """The guard knows its name only, and SES knows that no more."""
    account.ses.delete_tenant(TenantName=deleted.tenant.name)
    account.bounce(deleted.bounces + neighbour.bounces)
    assert_paused(account, neighbour)
    wait_until_gone(account, deleted)
    assert_told_once(account, deleted, "NotFoundException")


def test_a_tenant_deleted_after_the_guard_learned_its_arn(
    account: Account, deleted: BadList, neighbour: BadList
) -> None:
    """The ARN on record leads nowhere, and SES knows the name no more: people are told once."""
    account.aws.control("/_ses/findings", TenantName=deleted.tenant.name, Type="BOUNCE", MayPause=False)
    record = eventually(lambda: account.book.find(deleted.tenant.name), "the tenant in the Book")
    assert record.arn == deleted.tenant.arn
    account.ses.delete_tenant(TenantName=deleted.tenant.name)
    account.bounce(deleted.bounces + neighbour.bounces)
    assert_paused(account, neighbour)
    assert_told_once(account, deleted, "NotFoundException")
    account.review_until(lambda: outcomes(account, deleted) == ["gone"], "the end of it")
    wait_until_gone(account, deleted)
    assert_told_once(account, deleted, "NotFoundException")


def outcomes(account: Account, bad_list: BadList) -> list[str]:
    return [each.outcome for each in account.book.decisions(bad_list.tenant.name)]


def wait_until_gone(account: Account, bad_list: BadList) -> None:
    """Nothing is tried any more, and one that is created under this name is judged by its mail from then on."""
    eventually(lambda: outcomes(account, bad_list) == ["gone"], f"{bad_list.tenant.name} settled as gone")
    (written,) = account.book.decisions(bad_list.tenant.name)
    assert not written.pending
    record = account.book.record(bad_list.tenant.name)
    assert (record.standing, record.stops, record.under_way) == (Standing.HEALTHY, frozenset(), False)


def assert_told_once(account: Account, bad_list: BadList, word: str) -> None:
    """A pause that SES does not make is a page that says so, with SES's own word for it."""
    refused = account.inbox.wait_for(bad_list.tenant.name, "PauseRefused")
    assert (refused.topic, refused.severity) == (account.aws.outputs["PagesTopic"], "page")
    assert word in refused.text
    assert account.inbox.delivered(bad_list.tenant.name) == [refused]


def assert_paused(account: Account, bad_list: BadList) -> None:
    account.wait_for_sending(bad_list.tenant, "DISABLED")
    account.book.wait_for_standing(bad_list.tenant.name, Standing.PAUSED)
    assert outcomes(account, bad_list) == ["confirmed"]
    account.inbox.wait_for(bad_list.tenant.name, "TenantPaused")
