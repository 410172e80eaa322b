"""How the laws are tried: no deadline, since a shared machine has slow moments, and few examples, to stay quick."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.aws import EmbeddedAws

settings.register_profile("laws", max_examples=40, deadline=None)
settings.load_profile("laws")


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """One embedded AWS without a stack; each test makes tenants of its own. Its tests are marked `embedded`."""
    with EmbeddedAws.start() as aws:
        yield aws
