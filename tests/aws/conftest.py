"""The guard's tables in moto, made like those of the template, and each port twice: on a fake and on its adapter."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.incidents import IncidentTable
from reputation_guard.aws.nonces import NonceTable
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.aws.policies import PolicyTable
from reputation_guard.aws.proposals import ProposalTable
from reputation_guard.ports.book import Book
from reputation_guard.ports.counted import Counted
from reputation_guard.ports.counting import Counting
from reputation_guard.ports.incidents import Incidents
from reputation_guard.ports.keys import Nonces
from reputation_guard.ports.owners import SetOwners
from reputation_guard.ports.policies import PolicyShelf
from reputation_guard.ports.proposals import Proposals
from tests.aws.tables import BOOK, COUNTS, create_tables
from tests.fakes.book import InMemoryBook
from tests.fakes.counts import InMemoryCounts
from tests.fakes.incidents import InMemoryIncidents
from tests.fakes.keys import InMemoryNonces
from tests.fakes.outlets import InMemoryOwners
from tests.fakes.policies import InMemoryShelf
from tests.fakes.proposals import InMemoryProposals

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@cache
def client(service: str) -> Any:
    """A client of the account in memory: making one takes longer than most tests, and it keeps nothing."""
    connect: Any = boto3.client
    return connect(service, region_name="us-east-1")


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client signs its calls, wherever they end."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def account() -> Iterator[None]:
    """An AWS account of this test's own, in memory."""
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield


@pytest.fixture
def dynamodb(account: None) -> "DynamoDBClient":  # noqa: ARG001 - the tables lie in it
    """DynamoDB with both tables."""
    found: DynamoDBClient = client("dynamodb")
    create_tables(found)
    return found


class BothSides:
    """The counts table as the counting side and the judging side see it."""

    def __init__(self, counting: Counting, counted: Counted) -> None:
        self.counting = counting
        self.counted = counted


@pytest.fixture(params=["fake", "dynamodb"])
def counts(request: pytest.FixtureRequest) -> BothSides:
    """Where `ingest` adds and `evaluate` reads."""
    if request.param == "fake":
        fake = InMemoryCounts()
        return BothSides(fake, fake)
    dynamodb = request.getfixturevalue("dynamodb")
    return BothSides(CountsWriter(dynamodb, COUNTS), CountsReader(dynamodb, COUNTS))


@pytest.fixture(params=["fake", "dynamodb"])
def book(request: pytest.FixtureRequest) -> Book:
    """The book of tenants and decisions."""
    if request.param == "fake":
        return InMemoryBook()
    return BookTable(request.getfixturevalue("dynamodb"), BOOK)


@pytest.fixture(params=["fake", "dynamodb"])
def incidents(request: pytest.FixtureRequest) -> Incidents:
    """The incidents."""
    if request.param == "fake":
        return InMemoryIncidents()
    return IncidentTable(request.getfixturevalue("dynamodb"), BOOK)


@pytest.fixture(params=["fake", "dynamodb"])
def shelf(request: pytest.FixtureRequest) -> PolicyShelf:
    """Where policies are kept; the adapter remembers nothing, as the enforcer's."""
    if request.param == "fake":
        return InMemoryShelf()
    return PolicyTable(request.getfixturevalue("dynamodb"), BOOK)


@pytest.fixture(params=["fake", "dynamodb"])
def proposals(request: pytest.FixtureRequest) -> Proposals:
    """Where proposals are kept."""
    if request.param == "fake":
        return InMemoryProposals()
    return ProposalTable(request.getfixturevalue("dynamodb"), BOOK)


@pytest.fixture(params=["fake", "dynamodb"])
def nonces(request: pytest.FixtureRequest) -> Nonces:
    """What was used once."""
    if request.param == "fake":
        return InMemoryNonces()
    return NonceTable(request.getfixturevalue("dynamodb"), BOOK)


@pytest.fixture(params=["fake", "dynamodb"])
def owners(request: pytest.FixtureRequest) -> SetOwners:
    """Whose the configuration sets are, without the minute in which the adapter believes what it read."""
    if request.param == "fake":
        return InMemoryOwners()
    return _Fresh(request.getfixturevalue("dynamodb"), COUNTS)


class _Fresh(OwnersTable):
    def known(self) -> Any:
        self._read_at = None
        return super().known()
