"""The keys of links on Secrets Manager: each version's text, named by the first 8 characters of the version's id."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from reputation_guard.aws.answers import answers, code_of
from reputation_guard.domain.links import Keyring
from reputation_guard.ports.keys import Rotation

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CURRENT, _PREVIOUS, _PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"
_REMEMBERED_SECONDS = 300.0
# Anybody can make up key ids: they cannot make more calls than this.
_ANEW_AFTER_SECONDS = 10.0
_LENGTH_OF_ID = 8


class LinkKeys:
    """`ports.keys.Keys` on Secrets Manager."""

    def __init__(
        self, secrets: "SecretsManagerClient", secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._secrets = secrets
        self._secret = secret
        self._clock = clock
        self._known: Keyring | None = None
        self._read_at = 0.0

    def keyring(self, known_id: str = "") -> Keyring:
        age = self._clock() - self._read_at
        strange = bool(known_id and self._known and self._known.key(known_id) is None)
        if self._known is None or age > _REMEMBERED_SECONDS or (strange and age > _ANEW_AFTER_SECONDS):
            self._known, self._read_at = self._read(), self._clock()
        return self._known

    def _read(self) -> Keyring:
        with answers():
            current = self._secrets.get_secret_value(SecretId=self._secret, VersionStage=_CURRENT)
        previous = _found(self._secrets, SecretId=self._secret, VersionStage=_PREVIOUS)
        return Keyring(tuple(_key(each) for each in (current, previous) if each))


class LinkKeySecret:
    """`ports.keys.RotatingKey` on Secrets Manager."""

    def __init__(self, secrets: "SecretsManagerClient", secret: str) -> None:
        self._secrets = secrets
        self._secret = secret

    def rotation(self) -> Rotation:
        with answers():
            found = self._secrets.describe_secret(SecretId=self._secret)
        at = {stage: version for version, stages in found.get("VersionIdsToStages", {}).items() for stage in stages}
        return Rotation(found["ARN"], found.get("RotationLambdaARN", ""), at.get(_CURRENT, ""), at.get(_PENDING, ""))

    def has_value(self, version: str) -> bool:
        return bool(_found(self._secrets, SecretId=self._secret, VersionId=version, VersionStage=_PENDING))

    def put(self, version: str, key: str) -> None:
        with answers():
            self._secrets.put_secret_value(
                SecretId=self._secret, ClientRequestToken=version, SecretString=key, VersionStages=[_PENDING]
            )

    def promote(self, version: str, instead_of: str) -> None:
        with answers():
            # Secrets Manager makes the one it is taken from the previous one by itself.
            self._secrets.update_secret_version_stage(
                SecretId=self._secret,
                VersionStage=_CURRENT,
                MoveToVersionId=version,
                RemoveFromVersionId=instead_of,
            )


def _found(secrets: "SecretsManagerClient", **asked: Any) -> Any:
    """A version that may not be there, or not have a value yet."""
    with answers():
        try:
            return secrets.get_secret_value(**asked)
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return None
            raise


def _key(version: Any) -> tuple[str, bytes]:
    return version["VersionId"][:_LENGTH_OF_ID], version["SecretString"].encode()
