"""A burst of twenty times the usual mail: sends queue up, and feedback passes them by."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from local import events
from tests.e2e.account import Account
from tests.e2e.traffic import AT_ONCE, now
from tests.e2e.waiting import eventually

TENANTS, USUAL, BURST = 25, 1, 20
A_MINUTE = timedelta(minutes=1)
# As narrow beside this burst as the template's own limits are beside a large one.
NARROW = {"BatchSize": 10, "ScalingConfig": {"MaximumConcurrency": 2}}


@pytest.fixture
def sends_waiting(account: Account) -> Iterator[Callable[[], int]]:
    """How many sends wait to be counted, or are being counted: ten by ten, two batches at once."""
    found = account.functions.list_event_source_mappings(FunctionName=account.function("IngestFunction"))
    (source,) = (each for each in found["EventSourceMappings"] if "SendsQueue" in each["EventSourceArn"])
    queue = account.sqs.get_queue_url(QueueName=source["EventSourceArn"].rpartition(":")[2])["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def waiting() -> int:
        attributes = account.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    account.functions.update_event_source_mapping(UUID=source["UUID"], **NARROW)
    yield waiting
    before = {name: source[name] for name in NARROW}
    account.functions.update_event_source_mapping(UUID=source["UUID"], **before)


def test_feedback_is_counted_and_judged_while_a_burst_of_sends_still_waits(
    account: Account, sends_waiting: Callable[[], int]
) -> None:
    """Feedback never waits behind sends, and nothing of either is lost or counted twice."""
    busy = [account.new_tenant("busy") for _ in range(TENANTS)]
    account.send([mail for tenant in busy for mail in tenant.sender.mails(USUAL)])
    bad = account.send_to_a_bad_list(account.new_tenant("bad-in-a-burst"))
    # It sends on, so all it sent before is known to be counted (Law 7).
    account.send(bad.tenant.sender.mails(1, sent_at=bad.gone.sent_at + A_MINUTE))
    # What is cold would start in the middle of the burst.
    account.wait_until_judged()
    at = now()
    by_tenant = [tenant.sender.mails(BURST, sent_at=at, spread=AT_ONCE) for tenant in busy]
    burst = [events.send(mail) for mails in zip(*by_tenant, strict=True) for mail in mails]
    middle = len(burst) // 2
    account.publish([*burst[:middle], *bad.bounces, *burst[middle:]])
    eventually(lambda: account.book.decisions(bad.tenant.name), "the bad tenant judged")
    assert sends_waiting() > 0, "all sends were counted by then: the burst is no burst on this machine"
    assert account.counts.feedback_beside_sends(bad.tenant.name) == (len(bad.gone.destination), 0)
    account.wait_for_sending(bad.tenant, "DISABLED")
    eventually(lambda: not sends_waiting(), "all sends counted")
    assert {tenant.name: account.counts.sends_of(f"tenant#{tenant.name}") for tenant in busy} == {
        tenant.name: USUAL + BURST for tenant in busy
    }
    assert account.dead_letters("SendsDeadLetters") == account.dead_letters("FeedbackDeadLetters") == []
