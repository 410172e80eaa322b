"""The guard ends its own pause, and an exempt tenant is only observed."""

from datetime import timedelta

from reputation_guard.aws.book import BookTable
from reputation_guard.aws.ses import SesSendingGate
from reputation_guard.domain.tenant import Exemption, Standing
from reputation_guard.usecases.exempt import exempt
from tests.e2e.account import Account
from tests.e2e.traffic import now


def test_when_its_cool_down_is_over_the_guard_resumes_it(account: Account) -> None:
    """An hour is too long for a test, so the record says that it has passed; everything else is the guard's own."""
    tenant = account.new_tenant("cooled-down")
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    record = account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    assert record.pause
    assert record.pause.ends == record.pause.began + timedelta(hours=1)
    assert "the guard resumes it on" in account.inbox.wait_for(tenant.name, "TenantPaused").text

    ended = {":ended": {"S": now().isoformat()}, ":now": {"N": "0"}}
    account.dynamodb.update_item(
        TableName=account.aws.outputs["BookTable"],
        Key={"pk": {"S": f"tenant#{tenant.name}"}, "sk": {"S": "tenant"}},
        UpdateExpression="SET tenant.pause.ends = :ended, todo_order = :now",
        ExpressionAttributeValues=ended,
    )
    account.review_until(
        lambda: account.book.record(tenant.name).standing == Standing.PROBATION, "its cool-down to be over"
    )
    account.wait_for_sending(tenant, "ENABLED")
    assert "by the guard. Reason: its cool-down is over" in account.inbox.wait_for(tenant.name, "TenantResumed").text
    assert account.book.record(tenant.name).strikes == 1


def test_an_exempt_tenant_is_only_observed(account: Account) -> None:
    tenant = account.new_tenant("exempt")
    bad_list = account.send_to_a_bad_list(tenant)
    book = BookTable(account.dynamodb, account.aws.outputs["BookTable"])
    given = Exemption(now() + timedelta(hours=1), "Olga Operator", "a migration")
    exempt(tenant.name, given, book, SesSendingGate(account.ses), now())
    account.bounce(bad_list.bounces)
    notice = account.inbox.wait_for(tenant.name, "PauseAdvised")
    assert "by Olga Operator: a migration" in notice.text
    assert account.book.record(tenant.name).standing == Standing.HEALTHY
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
