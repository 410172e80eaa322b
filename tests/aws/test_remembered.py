"""A warm process that lives for weeks grows by nothing that mail can name, and counts the same."""

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.aws.policies import A_MINUTE, PolicyTable
from reputation_guard.aws.remembered import MOST, Remembered
from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import SLOTS_PER_HOUR, Ids, Ledger, SlotOfFeedback, feedback_id
from reputation_guard.domain.decision import Example
from reputation_guard.domain.policy import Kind
from tests.aws.tables import BOOK, COUNTS
from tests.fakes.builders import NEWEST, NOW

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FEW = 3
TENANTS = [f"tenant-{number}" for number in range(2 * FEW)]


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_the_last_ones_are_remembered_and_never_more(told: list[int], most: int) -> None:
    memory = Remembered[int, int](most)
    for number in told:
        memory[number] = number
    last = list(dict.fromkeys(reversed(told)))[:most]
    assert list(memory) == last[::-1]


def memories_of(*holders: object) -> list[Any]:
    """All that these adapters keep, and the SDK's client apart."""
    kept: Iterable[Any] = (value for holder in holders for value in vars(holder).values())
    return [value for value in kept if isinstance(value, Sized) and not isinstance(value, str | tuple)]


def test_all_that_grows_with_what_mail_names_is_bounded(dynamodb: "DynamoDBClient") -> None:
    adapters = (
        CountsWriter(dynamodb, COUNTS),
        CountsReader(dynamodb, COUNTS),
        OwnersTable(dynamodb, COUNTS),
        PolicyTable(dynamodb, BOOK, A_MINUTE),
    )
    # Whose a configuration set is, is read as a whole: SES allows 10,000 sets.
    unbounded = [each for each in memories_of(*adapters) if each is not adapters[2]._known]
    assert len(unbounded) == 5
    assert all(isinstance(each, Remembered) and each._most <= MOST for each in unbounded)


def test_who_forgets_counts_the_same(dynamodb: "DynamoDBClient") -> None:
    """A slot that was full, and an hour with examples enough: the table refuses what comes, as before."""
    writer = CountsWriter(dynamodb, COUNTS)
    writer._full, writer._enough_examples = Remembered(FEW), Remembered(FEW)
    full = Ids.of(feedback_id(NOW, str(number)) for number in range(1000))
    more = Ids.of(feedback_id(NOW, f"more-{number}") for number in range(200))
    shown = [(feedback_id(NOW, str(number)), Example(Kind.BOUNCE, f"{number}.net", "")) for number in range(20)]
    late = [(feedback_id(NOW, "late"), Example(Kind.BOUNCE, "late.net", ""))]
    for _ in range(2):
        for tenant in TENANTS:
            for ids in (full, more):
                writer.add_feedback(SlotOfFeedback(Ledger(tenant=tenant), NEWEST, {Kind.BOUNCE: ids}))
            for examples in (shown, late):
                writer.add_examples(tenant, NEWEST // SLOTS_PER_HOUR, examples)
    assert (len(writer._full), len(writer._enough_examples)) == (FEW, FEW)
    reader = CountsReader(dynamodb, COUNTS)
    for tenant in TENANTS:
        found = reader.edges(Ledger(tenant=tenant), [NEWEST])[NEWEST][""][Kind.BOUNCE]
        assert (found.exact, found.sample) == (full.exact, full.sample | more.sample)
        assert {each.domain for each in reader.examples(tenant, NOW)} == {f"{number}.net" for number in range(20)}


def test_what_is_noted_once_more_is_noted_as_before(dynamodb: "DynamoDBClient") -> None:
    reader, owners, policies = (
        CountsReader(dynamodb, COUNTS),
        OwnersTable(dynamodb, COUNTS),
        PolicyTable(dynamodb, BOOK, A_MINUTE),
    )
    reader._noted, owners._noted, policies._read = Remembered(FEW), Remembered(FEW), Remembered(FEW)
    for _ in range(2):
        for name in TENANTS:
            reader.note_contributor(Contributor(name, (), NOW))
            owners.note_unattributed([name])
            assert policies.versions(name) == ()
    assert [len(each) for each in (reader._noted, owners._noted, policies._read)] == [FEW, FEW, FEW]
    assert {each.tenant for each in reader.contributors()} == set(owners.all()) == set(TENANTS)
