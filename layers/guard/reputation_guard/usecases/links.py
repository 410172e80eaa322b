"""Makes the links in notices."""

from dataclasses import dataclass
from datetime import datetime

from reputation_guard.domain.links import LINKS_LAST, Keyring, sign
from reputation_guard.ports.keys import Keys


def link_to(incident_id: str, base_url: str, keyring: Keyring, now: datetime) -> str:
    """A link to an incident's page; `base_url` is the console's, with its last slash."""
    return f"{base_url}i/{sign(incident_id, now + LINKS_LAST, keyring)}"


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """`ports.notices.LinkMaker`, with the keys of links."""

    keys: Keys
    base_url: str

    def link_to(self, incident_id: str, now: datetime) -> str:
        """A link to an incident's page, signed with the current key."""
        return link_to(incident_id, self.base_url, self.keys.keyring(), now)
