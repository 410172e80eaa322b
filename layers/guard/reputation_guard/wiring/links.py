"""The links in notices, and what opens and signs them, built on first use."""

from functools import cache
from typing import TYPE_CHECKING

from reputation_guard import wiring

if TYPE_CHECKING:
    from reputation_guard.aws.keys import LinkKeys, LinkKeySecret
    from reputation_guard.aws.nonces import NonceTable
    from reputation_guard.usecases.links import SignedLinks
    from reputation_guard.usecases.visit import Visiting


@cache
def keys() -> "LinkKeys":
    """The keys that sign and verify links."""
    from reputation_guard.aws.keys import LinkKeys

    return LinkKeys(wiring.client("secretsmanager"), wiring.settings().text("LINK_KEY"))


@cache
def link_key() -> "LinkKeySecret":
    """The key of links, to be replaced."""
    from reputation_guard.aws.keys import LinkKeySecret

    return LinkKeySecret(wiring.client("secretsmanager"), wiring.settings().text("LINK_KEY"))


@cache
def nonces() -> "NonceTable":
    """What forms have used up."""
    from reputation_guard.aws.nonces import NonceTable

    return NonceTable(wiring.client("dynamodb"), wiring.settings().text("BOOK_TABLE"))


@cache
def signed() -> "SignedLinks":
    """The way from a notice to its incident's page."""
    from reputation_guard.usecases.links import SignedLinks

    return SignedLinks(keys(), wiring.settings().text("CONSOLE_URL"))


@cache
def visiting() -> "Visiting":
    """What visiting a page needs."""
    from reputation_guard.usecases.visit import Visiting

    return Visiting(keys(), nonces())
