"""Recipients' addresses in what people read: a domain and a short hash, never the part before the @.

Servers quote the recipient in what they answer, in every spelling there is. What looks like an address is replaced
wherever it stands, and the local parts of the mail's own recipients also where they stand alone.
"""

import hmac
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

# An @ as addresses in links and in Japanese text have it.
_OTHER_ATS = re.compile("%40|\uff20|\ufe6b")
_DELIMITERS = r"\s\"<>()\[\],:;\\"
# Each part is taken whole or not at all, and begins behind a delimiter: each character is looked at a few times.
_QUOTED = r"\"(?:[^\"\\]|\\.){0,128}+\"(?=@)"
_DOMAIN = rf"[^{_DELIMITERS}@'%=&?/#]++"
# The last @ of a word is the one before the domain.
_ADDRESS = re.compile(
    rf"(?P<local>{_QUOTED}|(?<![^{_DELIMITERS}]))(?P<rest>(?:[^{_DELIMITERS}@]*+@)++)(?P<domain>{_DOMAIN})?+"
)
_HASHED = re.compile(rf"<?#[0-9a-f]{{8}}(?:@{_DOMAIN})?+>?")
_UNKNOWN = "<address>"
_LONGEST_DOMAIN = 255
# They tell of nobody, and servers use most of them as words: "user unknown".
# fmt: off
_ROLES = frozenset((
    "abuse", "account", "address", "admin", "billing", "contact", "help", "hello", "host",
    "info", "mail", "mailbox", "marketing", "noreply", "office", "postmaster", "recipient", "sales",
    "security", "service", "smtp", "support", "team", "unknown", "user", "users", "webmaster",
))
# fmt: on
_SHORTEST_LOCAL = 3
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Veil:
    """What becomes of addresses: `#HASH@domain`, where 8 hexadecimal digits of an HMAC-SHA256 tell recipients apart.

    `salt`: a deployment's own, so that no table made for all of them undoes the hashes. `lifted`: addresses are shown.
    """

    salt: bytes = field(default=b"", repr=False)
    lifted: bool = False

    def over(self, text: str, recipients: Collection[str] = ()) -> str:
        """A text in one line, with no address in it; the `recipients` are not told by their local parts either."""
        text = _start_of(text)
        if self.lifted:
            return text
        text = _OTHER_ATS.sub("@", text)
        pieces, end = [], 0
        for found in _ADDRESS.finditer(text):
            pieces += [self._without_locals(text[end : found.start()], recipients), self._hashed(found)]
            end = found.end()
        return "".join((*pieces, self._without_locals(text[end:], recipients)))

    def _hashed(self, found: re.Match[str]) -> str:
        local, domain = f"{found['local']}{found['rest']}".rstrip("@"), found["domain"]
        return f"#{self._hash(f'{local}@{domain}')}@{domain}" if local and domain else _UNKNOWN

    def _without_locals(self, text: str, recipients: Collection[str]) -> str:
        for address in recipients if text else ():
            local = local_part(address)
            if local and local.casefold() in text.casefold():
                alone = rf"(?<![^\W_]){re.escape(local)}(?![^\W_])"
                text = re.sub(alone, f"#{self._hash(address)}", text, flags=re.IGNORECASE)
        return text

    def _hash(self, address: str) -> str:
        # A local part may differ by capitals; hardly a server lets it.
        return hmac.digest(self.salt, address.strip("<> ").lower().encode(errors="replace"), sha256).hex()[:8]


def domain_of(address: str) -> str:
    """The domain of an address in small letters; "" where it has none."""
    _, at, domain = address.rpartition("@")
    found = re.match(_DOMAIN, domain.lstrip("[ ")) if at else None
    return found[0][:_LONGEST_DOMAIN].lower() if found else ""


def local_part(address: str) -> str:
    """What stands for one person in an address; "" where it is a role or too short to be told from other words."""
    local = address.rpartition("@")[0].rpartition("<")[2].strip().strip('"')
    is_role = len(local) < _SHORTEST_LOCAL or local.casefold() in _ROLES or not any(map(str.isalpha, local))
    return "" if is_role else local


def without_addresses(text: str) -> str:
    """A text with all addresses left out, for who has no veil."""
    return _ADDRESS.sub(_UNKNOWN, _OTHER_ATS.sub("@", _start_of(text)))


def _start_of(text: str) -> str:
    """As much of a text as people may read of it, in whole words: half an address is none that is found."""
    short = " ".join(text[: _LONGEST + 1].split())
    return short if len(text) <= _LONGEST else short.rpartition(" ")[0]


def alike(texts: Iterable[str]) -> dict[str, int]:
    """How often each text came, the most frequent first; those that differ by addresses alone are one.

    Where all of them are of the same address it is told with it.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        groups[_ADDRESS.sub(_UNKNOWN, _HASHED.sub(_UNKNOWN, text)).replace("<<address>>", _UNKNOWN)].append(text)
    told = {each[0] if len(set(each)) == 1 else key: len(each) for key, each in groups.items()}
    return dict(sorted(told.items(), key=lambda each: -each[1]))
