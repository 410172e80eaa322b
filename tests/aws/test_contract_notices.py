"""What receipts and waiting warnings mean: the same tests on the fakes and on DynamoDB."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reputation_guard.aws.items import to_item
from reputation_guard.aws.receipts import ReceiptTable
from reputation_guard.aws.warnings import A_MAILS_WORTH, WarningTable
from reputation_guard.domain.notice import Channel, Severity
from reputation_guard.ports.notices import Receipt, Receipts, WarningShelf
from tests.aws.tables import BOOK
from tests.fakes.builders import NOW, ago, notice
from tests.fakes.notices import InMemoryReceipts, InMemoryShelf

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE = notice()
OTHER = notice(id="shop.4.IncidentClosed.2")
LONE = notice(id="shop.9.TenantResumed", incident="")


@pytest.fixture(params=["fake", "dynamodb"])
def receipts(request: pytest.FixtureRequest) -> Receipts:
    if request.param == "fake":
        return InMemoryReceipts()
    return ReceiptTable(request.getfixturevalue("dynamodb"), BOOK)


@pytest.fixture(params=["fake", "dynamodb"])
def warnings(request: pytest.FixtureRequest) -> WarningShelf:
    if request.param == "fake":
        return InMemoryShelf()
    return WarningTable(request.getfixturevalue("dynamodb"), BOOK)


def test_receipts_are_those_of_their_notice_and_of_their_incident(receipts: Receipts) -> None:
    later = Receipt(OTHER.id, Channel.CHAT, Channel.WARNINGS, "m-2", NOW)
    first = Receipt(PAGE.id, Channel.FIRST_RUNG, Channel.FIRST_RUNG, "m-1", ago(minutes=1))
    lone = Receipt(LONE.id, Channel.PAGER_DUTY, Channel.PAGER_DUTY, "e-1", NOW)
    for receipt, of in ((later, OTHER), (first, PAGE), (first, PAGE), (lone, LONE)):
        receipts.note(receipt, of)
    assert list(receipts.of_notice(PAGE)) == [first]
    assert list(receipts.of_notice(LONE)) == [lone]
    assert list(receipts.of_incident("shop.4")) == [first, later]
    assert list(receipts.of_notice(notice(id="shop.4.EscalationRaised.10"))) == []


def test_warnings_wait_until_they_are_due_and_until_they_are_forgotten(warnings: WarningShelf) -> None:
    first, second, third = (notice(id=f"w-{number}", severity=Severity.WARNING) for number in (1, 2, 3))
    for warning, due in ((second, NOW), (first, ago(hours=1)), (third, NOW + timedelta(seconds=1))):
        warnings.keep(warning, due)
        warnings.keep(warning, due)
    assert list(warnings.due(NOW)) == [first, second]
    warnings.forget([first])
    warnings.forget([first])
    assert list(warnings.due(NOW + timedelta(hours=1))) == [second, third]


def test_a_crowd_of_warnings_nobody_can_read_is_logged_and_stands_in_no_others_way(
    dynamodb: "DynamoDBClient", caplog: pytest.LogCaptureFixture
) -> None:
    """They wait longest and are never forgotten, so a digest that looked at the first 100 alone would tell nothing."""
    table = WarningTable(dynamodb, BOOK)
    for number in range(A_MAILS_WORTH + 1):
        waiting: dict[str, object] = {"todo": "digest", "todo_order": ago(hours=9).timestamp()}
        # Of another version of the guard, or no notice at all.
        content: dict[str, object] = {"notice": {"id": f"old-{number}", "loudness": 11}} if number else {}
        key = {"pk": f"notice#old-{number}", "sk": "digest"}
        dynamodb.put_item(TableName=BOOK, Item=to_item({**key, **waiting, **content}))
    warnings = [notice(id=f"w-{number:03}", severity=Severity.WARNING) for number in range(A_MAILS_WORTH + 1)]
    for number, warning in enumerate(warnings):
        table.keep(warning, ago(minutes=len(warnings) - number))
    assert list(table.due(NOW)) == warnings[:A_MAILS_WORTH]
    assert caplog.text.count("unreadable warning notice#old-") == A_MAILS_WORTH + 1
    table.forget(table.due(NOW))
    assert list(table.due(NOW)) == warnings[A_MAILS_WORTH:]
