"""A pause decided is a pause enforced, or a page that says it is not (Law 4); and twice is once."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from reputation_guard.domain.tenant import Standing
from tests.e2e.account import Account, BadList
from tests.e2e.waiting import eventually


@pytest.fixture
def bad_list(account: Account) -> BadList:
    """A tenant that has just sent to a bad list; nothing has come back yet."""
    return account.send_to_a_bad_list(account.new_tenant("bad-list"))


@pytest.mark.parametrize("error", ["TooManyRequestsException", "ConflictException"])
def test_ses_takes_the_pause_at_the_next_review(account: Account, bad_list: BadList, error: str) -> None:
    """Throttling and conflicts leave the decision pending; the minute's review carries it out."""
    name = bad_list.tenant.name
    with account.ses_turning_away(error):
        account.bounce(bad_list.bounces)
        eventually(lambda: account.log_lines("left for the next round", name), "an enforcer that was turned away")
        (written,) = account.book.decisions(name)
        assert (written.pending, written.outcome) == (True, "")
        assert account.entity(bad_list.tenant)["SendingStatusAggregate"] == "ENABLED"
        assert account.inbox.delivered(name) == []
    account.review_until(lambda: account.book.decisions(name)[0].outcome == "confirmed", "the pause confirmed")
    assert account.entity(bad_list.tenant)["SendingStatusAggregate"] == "DISABLED"
    assert account.inbox.wait_for(name, "TenantPaused")


def test_ses_refuses_the_pause(account: Account, bad_list: BadList) -> None:
    """PauseRefused, once; the decision stays pending, and is carried out when SES takes it."""
    name = bad_list.tenant.name
    with account.ses_turning_away("BadRequestException"):
        account.bounce(bad_list.bounces)
        refused = account.inbox.wait_for(name, "PauseRefused")
        assert refused.severity == "page"
        assert "is NOT: it still sends" in refused.text
        assert "BadRequestException" in refused.text
        eventually(lambda: wake_the_enforcer(account).get("Refused"), "a second refusal, of which nobody is told")
        assert account.book.decisions(name)[0].pending
    account.review_until(lambda: account.book.decisions(name)[0].outcome == "confirmed", "the pause confirmed")
    assert account.ses.get_tenant(TenantName=name)["Tenant"]["SendingStatus"] == "DISABLED"
    account.inbox.wait_for(name, "TenantPaused")
    assert account.inbox.delivered(name, "PauseRefused") == [refused]


def test_enforcing_twice_and_at_once_changes_nothing(account: Account, bad_list: BadList) -> None:
    """Only what is pending is carried out, however often and by how many the enforcer is woken."""
    account.bounce(bad_list.bounces)
    record = account.book.wait_for_standing(bad_list.tenant.name, Standing.PAUSED)
    notice = account.inbox.wait_for(bad_list.tenant.name, "TenantPaused")
    entity = account.entity(bad_list.tenant)
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda _: wake_the_enforcer(account), range(6)))
    # Only the mirror, which looked at the echo of the pause meanwhile, may have written the record again.
    after = account.book.record(bad_list.tenant.name)
    assert replace(after, version=record.version) == record
    assert account.entity(bad_list.tenant) == entity
    assert [each.outcome for each in account.book.decisions(bad_list.tenant.name)] == ["confirmed"]
    assert account.inbox.delivered(bad_list.tenant.name) == [notice]


def test_a_crash_between_telling_people_and_settling_pages_nobody_again(account: Account, bad_list: BadList) -> None:
    """Announced once more under one id: the second attempt looks before it calls, and SES is not called again."""
    account.bounce(bad_list.bounces)
    account.book.wait_for_standing(bad_list.tenant.name, Standing.PAUSED)
    first = account.inbox.wait_for(bad_list.tenant.name, "TenantPaused")
    entity = account.entity(bad_list.tenant)
    account.dynamodb.update_item(
        TableName=account.aws.outputs["BookTable"],
        Key=account.book.decisions(bad_list.tenant.name)[0].key,
        UpdateExpression="SET todo = :todo, todo_order = :order REMOVE outcome, settled_at",
        ExpressionAttributeValues={":todo": {"S": "enforce"}, ":order": {"N": "1"}},
    )
    wake_the_enforcer(account)
    eventually(
        lambda: account.book.decisions(bad_list.tenant.name)[0].outcome == "confirmed", "the decision settled again"
    )
    assert account.inbox.delivered(bad_list.tenant.name) == [first], (
        "one page an episode, however often it is announced"
    )
    assert account.entity(bad_list.tenant) == entity


def wake_the_enforcer(account: Account) -> dict[str, int]:
    """Invoke it; one that is busy already turns the invocation away, which is as good."""
    with suppress(account.functions.exceptions.TooManyRequestsException):
        answer = account.functions.invoke(FunctionName=account.function("EnforceFunction"), Payload=b"{}")
        outcome: dict[str, int] = json.load(answer["Payload"])
        assert "errorMessage" not in outcome
        return outcome
    return {}


def test_one_enforcer_works_at_a_time(account: Account) -> None:
    """As the template reserves it: a second one would take the first one's calls for another's."""
    name = account.function("EnforceFunction")
    assert account.functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 1
