"""What keeping the key of links means: the same tests on the fake and on Secrets Manager; and nonces, on DynamoDB."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from reputation_guard.aws.keys import LinkKeys, LinkKeySecret
from reputation_guard.domain.links import Keyring
from reputation_guard.ports.errors import RefusedError
from reputation_guard.ports.keys import Keys, Nonces, RotatingKey, Rotation
from tests.aws.conftest import client
from tests.fakes.builders import NOW
from tests.fakes.keys import InMemoryKey

NEXT = ("22222222-2222-2222-2222-222222222222", "1" * 64)
AFTER = ("33333333-3333-3333-3333-333333333333", "2" * 64)


@dataclass
class Kept:
    """A key, as those who sign and those who rotate see it."""

    keys: Keys
    rotating: RotatingKey


class Clock:
    """A clock a test turns."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class _Fresh(LinkKeys):
    def keyring(self, known_id: str = "") -> Keyring:
        self._known = None
        return super().keyring(known_id)


@pytest.fixture
def secret(account: None) -> str:  # noqa: ARG001 - the secret lies in it
    """A key of links that was never rotated."""
    arn: str = client("secretsmanager").create_secret(Name="links", SecretString="0" * 64)["ARN"]
    return arn


@pytest.fixture(params=["fake", "secretsmanager"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "fake":
        fake = InMemoryKey()
        return Kept(fake, fake)
    arn = request.getfixturevalue("secret")
    return Kept(_Fresh(client("secretsmanager"), arn), LinkKeySecret(client("secretsmanager"), arn))


def replace(kept: Kept, version: str, key: str) -> None:
    """What a rotation does."""
    kept.rotating.put(version, key)
    kept.rotating.promote(version, kept.rotating.rotation().current)


def ids(ring: Keyring) -> list[str]:
    return [key_id for key_id, _ in ring.keys]


def test_a_key_that_was_never_rotated_is_alone(kept: Kept) -> None:
    [(key_id, key)] = kept.keys.keyring().keys
    assert key_id == kept.rotating.rotation().current[:8]
    assert key == b"0" * 64


def test_a_version_waits_with_its_key_until_it_is_promoted(kept: Kept) -> None:
    before = kept.keys.keyring()
    assert not kept.rotating.has_value(NEXT[0])
    kept.rotating.put(*NEXT)
    assert kept.rotating.has_value(NEXT[0])
    assert kept.rotating.rotation().pending == NEXT[0]
    assert kept.keys.keyring() == before


def test_the_key_before_stays_until_the_next_rotation(kept: Kept) -> None:
    [first] = kept.keys.keyring().keys
    replace(kept, *NEXT)
    second = (NEXT[0][:8], NEXT[1].encode())
    assert kept.keys.keyring().keys == (second, first)
    replace(kept, *AFTER)
    assert kept.keys.keyring().keys == ((AFTER[0][:8], AFTER[1].encode()), second)


def test_the_keys_are_remembered_for_five_minutes_and_read_anew_for_one_they_lack(secret: str) -> None:
    clock = Clock()
    keys = LinkKeys(client("secretsmanager"), secret, clock)
    [first] = ids(keys.keyring())
    replace(Kept(keys, LinkKeySecret(client("secretsmanager"), secret)), *NEXT)
    clock.seconds += 9
    assert ids(keys.keyring(NEXT[0][:8])) == [first], "whoever makes up ids causes no call for each"
    clock.seconds += 2
    assert ids(keys.keyring(first)) == [first]
    assert ids(keys.keyring(NEXT[0][:8])) == [NEXT[0][:8], first]
    replace(Kept(keys, LinkKeySecret(client("secretsmanager"), secret)), *AFTER)
    clock.seconds += 300
    assert ids(keys.keyring())[0] == NEXT[0][:8]
    clock.seconds += 1
    assert ids(keys.keyring()) == [AFTER[0][:8], NEXT[0][:8]]


def test_a_secret_that_is_not_there_is_a_refusal(account: None) -> None:  # noqa: ARG001 - it is empty
    with pytest.raises(RefusedError):
        LinkKeys(client("secretsmanager"), "nobody").keyring()


def test_a_rotation_is_read_with_who_rotates_it(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    described: dict[str, Any] = {
        "ARN": secret,
        "RotationLambdaARN": "rotate",
        "VersionIdsToStages": {"one": ["AWSCURRENT"], "two": ["AWSPENDING"]},
    }
    secrets = client("secretsmanager")
    monkeypatch.setattr(secrets, "describe_secret", lambda **_: described)
    assert LinkKeySecret(secrets, secret).rotation() == Rotation(secret, "rotate", current="one", pending="two")


def test_a_nonce_is_burnt_once(nonces: Nonces) -> None:
    until = NOW + timedelta(hours=1)
    assert [nonces.burn("one", until), nonces.burn("one", until), nonces.burn("two", until)] == [True, False, True]
