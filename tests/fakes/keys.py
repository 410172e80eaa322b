"""The key of links and the used nonces in memory: they mean what the adapters mean, by the same contract tests."""

from dataclasses import dataclass, field
from datetime import datetime

from reputation_guard.domain.links import Keyring
from reputation_guard.ports.keys import Rotation


@dataclass(slots=True)
class InMemoryKey:
    """`ports.keys.Keys` and `ports.keys.RotatingKey`."""

    arn: str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:links-abcdef"
    rotated_by: str = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
    current: str = "11111111-1111-1111-1111-111111111111"
    previous: str = ""
    pending: str = ""
    values: dict[str, str] = field(default_factory=lambda: {"11111111-1111-1111-1111-111111111111": "0" * 64})

    def keyring(self, known_id: str = "") -> Keyring:  # noqa: ARG002 - it is always read anew
        versions = [version for version in (self.current, self.previous) if version]
        return Keyring(tuple((version[:8], self.values[version].encode()) for version in versions))

    def rotation(self) -> Rotation:
        return Rotation(self.arn, self.rotated_by, self.current, self.pending)

    def has_value(self, version: str) -> bool:
        return version == self.pending and version in self.values

    def put(self, version: str, key: str) -> None:
        self.pending = version
        self.values[version] = key

    def promote(self, version: str, instead_of: str) -> None:
        self.current, self.previous = version, instead_of


@dataclass(slots=True)
class InMemoryNonces:
    """`ports.keys.Nonces`."""

    burnt: set[str] = field(default_factory=set)

    def burn(self, nonce: str, until: datetime) -> bool:  # noqa: ARG002 - it forgets nothing
        first = nonce not in self.burnt
        self.burnt.add(nonce)
        return first
