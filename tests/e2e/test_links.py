"""The key of links on the deployed stack: it is replaced when somebody asks for it, and live links stay live."""

from reputation_guard.aws.keys import LinkKeys
from reputation_guard.domain.links import Keyring, LinkRefusedError, verify
from reputation_guard.usecases.links import link_to
from tests.e2e.account import Account
from tests.e2e.traffic import now
from tests.e2e.waiting import eventually


def keyring(account: Account) -> Keyring:
    """The keys, as a function that starts now reads them."""
    return LinkKeys(account.aws.client("secretsmanager"), account.aws.outputs["LinkKey"]).keyring()


def rotate(account: Account) -> Keyring:
    """Have the key replaced, as the runbook says."""
    before = keyring(account).keys[0]
    account.aws.client("secretsmanager").rotate_secret(SecretId=account.aws.outputs["LinkKey"])
    eventually(lambda: keyring(account).keys[0] != before, "another key")
    return keyring(account)


def opens(token: str, keys: Keyring) -> bool:
    try:
        return verify(token, keys, now()) == "acme.17"
    except LinkRefusedError:
        return False


def test_a_link_outlives_a_rotation_and_ends_with_the_second(account: Account) -> None:
    first = keyring(account)
    assert [len(key) for _, key in first.keys] == [64]
    token = link_to("acme.17", "", first, now()).removeprefix("i/")
    second = rotate(account)
    assert [len(key) for _, key in second.keys] == [64, 64]
    assert second.keys[1] == first.keys[0]
    assert opens(token, second)
    assert not opens(token, rotate(account))
    # It remembers a key for five minutes, and signs what the other tests open.
    account.restart("NotifyFunction")
