"""Signed links to one incident, and the one-time tokens of the forms on its page.

A token is `KEYID.BODY.MAC`: what it says in base64url, and an HMAC-SHA256 over its purpose, the key's id and the body
as they are written, so that no character of it can be another and what was not signed is never parsed. Forty-three
characters of base64url never end in `-` or `_`, which mail programs that make links of text would leave out.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

# A key verifies for one rotation more (90 days, in the template) than it signs: no link outlives its key.
LINKS_LAST = timedelta(days=7)


class Why(StrEnum):
    """Why a token is refused, for metrics: people are told the same of all."""

    EXPIRED = "expired"
    ALTERED = "altered"
    FOREIGN = "foreign"


class LinkRefusedError(Exception):
    """The token opens nothing: a new page has a new one. `why` is for metrics alone."""

    def __init__(self, why: Why) -> None:
        super().__init__()
        self.why = why


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that verify, each with its id, and the one that signs first. It has one at least."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    def key(self, key_id: str) -> bytes | None:
        """The key of this id; None where it is forgotten, or never was."""
        return dict(self.keys).get(key_id)


def sign(incident_id: str, expires: datetime, keyring: Keyring) -> str:
    """A token that opens an incident until it expires (whole seconds), fit for a URL's path."""
    return _sealed(_LINK, [_seconds(expires), incident_id], keyring)


def verify(token: str, keyring: Keyring, now: datetime) -> str:
    """The id of the incident that a link's token opens. `LinkRefusedError`: none."""
    expires, incident_id = _opened(_LINK, token, keyring)
    _refuse_late(expires, now)
    return str(incident_id)


def form_token(incident_id: str, nonce: str, expires: datetime, keyring: Keyring) -> str:
    """A token for one form on the page of an incident; that it is used once is for who burns its nonce."""
    return _sealed(_FORM, [_seconds(expires), incident_id, nonce], keyring)


def check_form(token: str, incident_id: str, keyring: Keyring, now: datetime) -> str:
    """The nonce of a form's token. `LinkRefusedError`: it is none, late, or of another incident's page."""
    expires, of, nonce = _opened(_FORM, token, keyring)
    if of != incident_id:
        raise LinkRefusedError(Why.FOREIGN)
    _refuse_late(expires, now)
    return str(nonce)


def key_id_of(token: str) -> str:
    """The id of the key that a token says it is signed with; "" where it says none."""
    return (token.rsplit(".", 2) if token.count(".") > 1 else [""])[0]


# What a token is for is signed along, so that one for a form opens no page.
_LINK, _FORM = "reputation-guard link", "reputation-guard form"


def _sealed(purpose: str, says: list[object], keyring: Keyring) -> str:
    key_id, key = keyring.keys[0]
    said = f"{key_id}.{_base64(json.dumps(says, separators=(',', ':')).encode())}"
    return f"{said}.{_mac(purpose, said, key)}"


def _opened(purpose: str, token: str, keyring: Keyring) -> list[object]:
    said, _, mac = token.rpartition(".")
    key = keyring.key(key_id_of(token))
    if not said or not token.isascii():
        raise LinkRefusedError(Why.ALTERED)
    if key is None:
        raise LinkRefusedError(Why.FOREIGN)
    if not hmac.compare_digest(mac, _mac(purpose, said, key)):
        raise LinkRefusedError(Why.ALTERED)
    says: list[object] = json.loads(_bytes(said.rpartition(".")[2]))
    return says


def _mac(purpose: str, said: str, key: bytes) -> str:
    return _base64(hmac.digest(key, f"{purpose}\n{said}".encode(), sha256))


def _refuse_late(expires: object, now: datetime) -> None:
    if now.timestamp() >= float(str(expires)):
        raise LinkRefusedError(Why.EXPIRED)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _base64(text: bytes) -> str:
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
