"""What an error of DynamoDB means: which write may be tried again, and which record is stale."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.counted import CountsReader
from reputation_guard.aws.counting import CountsWriter
from reputation_guard.aws.owners import OwnersTable
from reputation_guard.domain.account import Contributor
from reputation_guard.domain.counts import SLOTS_PER_HOUR, HourOfSends, Ids, Ledger, SlotOfFeedback, feedback_id
from reputation_guard.domain.policy import Kind
from reputation_guard.domain.sight import Debt, Gap, Mark
from reputation_guard.ports.errors import RefusedError, StaleError, UnavailableError
from tests.aws.conftest import client
from tests.aws.tables import BOOK, COUNTS
from tests.fakes.builders import NEWEST, NOW, decision, tenant

SHOP = Ledger(tenant="shop")
HOUR = NEWEST // SLOTS_PER_HOUR
SECOND = int(NOW.timestamp())
SENDS = HourOfSends(SHOP, HOUR, {NEWEST: 3}, 3, SECOND, SECOND, NOW)
MARK, DEBT = Mark(NOW, NOW, NOW), Debt(NOW, NOW + timedelta(minutes=3))
FEEDBACK = SlotOfFeedback(SHOP, NEWEST, {Kind.BOUNCE: Ids.of([feedback_id(NOW, "a")])}, "news")

WRITES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "sends": ("update_item", lambda aws: CountsWriter(aws, COUNTS).add_sends(SENDS)),
    "feedback": ("update_item", lambda aws: CountsWriter(aws, COUNTS).add_feedback(FEEDBACK)),
    "watermark": ("update_item", lambda aws: CountsWriter(aws, COUNTS).advance_watermark(MARK)),
    "sight": ("update_item", lambda aws: CountsWriter(aws, COUNTS).note_sight(NOW)),
    "debt": ("put_item", lambda aws: CountsWriter(aws, COUNTS).open_debt(DEBT)),
    "debt paid": ("delete_item", lambda aws: CountsWriter(aws, COUNTS).close_debt(DEBT)),
    "gap": ("update_item", lambda aws: CountsWriter(aws, COUNTS).note_gap(Gap(NOW, NOW))),
    "how far": ("query", lambda aws: CountsReader(aws, COUNTS).watermark()),
    "known": ("query", lambda aws: CountsReader(aws, COUNTS).known(SHOP, NOW)),
    "edges": ("query", lambda aws: CountsReader(aws, COUNTS).edges(Ledger(tenant="shop"), [NEWEST])),
    "written": ("update_item", lambda aws: CountsReader(aws, COUNTS).write_feedback([FEEDBACK])),
    "contributor": (
        "update_item",
        lambda aws: CountsReader(aws, COUNTS).note_contributor(Contributor("shop", (), NOW)),
    ),
    "contributors": ("query", lambda aws: CountsReader(aws, COUNTS).contributors()),
    "owners": ("query", lambda aws: OwnersTable(aws, COUNTS).known()),
    "tenant": ("get_item", lambda aws: BookTable(aws, BOOK).tenant("shop")),
    "save": ("transact_write_items", lambda aws: BookTable(aws, BOOK).save(tenant(), tenant(), NOW)),
    "pending": ("query", lambda aws: list(BookTable(aws, BOOK).pending())),
    "attempt": ("update_item", lambda aws: BookTable(aws, BOOK).mark_attempt(decision(), NOW)),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [
        ("ProvisionedThroughputExceededException", 400, UnavailableError),
        ("RequestLimitExceeded", 400, UnavailableError),
        ("InternalServerError", 500, UnavailableError),
        ("TransactionConflictException", 400, UnavailableError),
        ("TransactionInProgressException", 400, UnavailableError),
        ("ValidationException", 400, RefusedError),
        ("ResourceNotFoundException", 400, RefusedError),
    ],
)
def test_an_error_of_dynamodb_says_what_can_be_done_about_it(
    write: str, code: str, status: int, raised: type[Exception]
) -> None:
    operation, call = WRITES[write]
    aws = client("dynamodb")
    with Stubber(aws) as stub:
        stub.add_client_error(operation, code, "no", http_status_code=status)
        with pytest.raises(raised) as error:
            call(aws)
    assert error.type is raised


@pytest.mark.parametrize(
    ("reasons", "raised"),
    [
        (["None", "ConditionalCheckFailed"], StaleError),
        (["ConditionalCheckFailed", "TransactionConflict"], StaleError),
        (["TransactionConflict", "None"], StaleError),
        (["ThrottlingError"], UnavailableError),
    ],
)
def test_a_cancelled_transaction_says_whether_the_record_is_stale(reasons: list[str], raised: type[Exception]) -> None:
    aws = client("dynamodb")
    with Stubber(aws) as stub:
        stub.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            http_status_code=400,
            modeled_fields={"CancellationReasons": [{"Code": reason} for reason in reasons]},
        )
        with pytest.raises(raised) as error:
            BookTable(aws, BOOK).save(tenant(), tenant(), NOW)
    assert error.type is raised
