"""Reconcile on the deployed template: what no event told is found at SES, and the guard knows when it is blind."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from reputation_guard.aws.book import BookTable
from reputation_guard.domain.counts import slot_of, slot_start
from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.hands import Hand
from reputation_guard.domain.incident import Outcome, account_subject
from reputation_guard.domain.tenant import ACCOUNT, Owner, Standing
from tests.e2e.account import Account
from tests.e2e.incidents import Incidents
from tests.e2e.traffic import AT_ONCE, now
from tests.e2e.waiting import eventually

WALK = {"pk": {"S": "guard"}, "sk": {"S": "walk"}}
WATERMARK = {"pk": {"S": "watermark"}, "sk": {"S": "sends"}}
SLOT = timedelta(minutes=5)


def reconcile(account: Account) -> dict[str, Any]:
    """The hour of the next walk has come: run it to its end, beside the schedule's own runs."""

    def run() -> dict[str, Any] | None:
        account.dynamodb.delete_item(TableName=account.aws.outputs["BookTable"], Key=WALK)
        try:
            answer = account.functions.invoke(FunctionName=account.aws.outputs["ReconcileFunction"], Payload=b"{}")
        except account.functions.exceptions.TooManyRequestsException:
            return None
        found: dict[str, Any] = json.load(answer["Payload"])
        return found if found.get("ran") and found["is_done"] else None

    return eventually(run, "a walk to its end", within=60)


def test_a_pause_that_ses_loses_is_restored(account: Account) -> None:
    tenant = account.new_tenant("lost")
    account.bounce(account.send_to_a_bad_list(tenant).bounces)
    account.wait_for_sending(tenant, "DISABLED")
    account.book.wait_for_standing(tenant.name, Standing.PAUSED)
    account.review_until(lambda: not account.book.record(tenant.name).under_way, "the pause confirmed")
    account.aws.control("/_ses/status/lose", TenantName=tenant.name)
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    reconcile(account)
    account.wait_for_sending(tenant, "DISABLED")
    assert account.book.decisions(tenant.name)[-1].decision.reason == Hand.GUARD_LOST
    assert account.book.record(tenant.name).stops == {Owner.GUARD}


def test_what_nobody_told_is_found(account: Account) -> None:
    account.aws.control("/_ses/switches", StatusEvents=False)
    try:
        unheard, stopped = account.new_tenant("unheard"), account.new_tenant("stopped-in-silence")
        reconcile(account)
        assert account.book.record(unheard.name).arn == unheard.arn
        account.set_by_hand(stopped, "DISABLED")
        reconcile(account)
    finally:
        account.aws.control("/_ses/switches", StatusEvents=True)
    assert account.book.record(stopped.name).stops == {Owner.OPERATOR}


@pytest.fixture
def silence(account: Account) -> Iterator[datetime]:
    """SES says that it sends all the time, and no mail event has come for an hour. Afterwards nothing is left of it."""
    cloudwatch, counts = account.aws.client("cloudwatch"), account.aws.outputs["CountsTable"]
    at = now() - timedelta(minutes=90)
    while at < now():
        datum = {"MetricName": "Send", "Timestamp": at, "Value": 400.0, "Unit": "Count"}
        cloudwatch.put_metric_data(Namespace="AWS/SES", MetricData=[datum])
        at += SLOT
    before = account.dynamodb.get_item(TableName=counts, Key=WATERMARK)["Item"]
    yield now()
    account.dynamodb.put_item(TableName=counts, Item=before)


def test_events_that_stop_are_a_page_and_nobody_is_paused_on_old_data(account: Account, silence: datetime) -> None:
    incidents, book = Incidents(account), BookTable(account.dynamodb, account.aws.outputs["BookTable"])
    reconcile(account)
    record = eventually(lambda: book.tenant(ACCOUNT), "the account's record")
    assert record.blind
    assert record.blind.judges_nobody
    page = account.inbox.wait_for(ACCOUNT, "GuardBlinded")
    assert "no mail events come, while SES sends" in page.text
    incident = incidents.table.latest_of(account_subject(GuardEvent.GUARD_BLINDED))
    assert incident

    tenant = account.new_tenant("on-old-data")
    bad = account.send_to_a_bad_list(tenant, sent_at=silence - timedelta(hours=2))
    account.bounce(bad.bounces)
    account.aws.run_schedules()
    assert account.entity(tenant)["SendingStatusAggregate"] == "ENABLED"
    assert account.book.record(tenant.name).standing is Standing.HEALTHY

    # Mail is seen again, and by now it is settled how much SES has sent.
    settled = slot_start(slot_of(now() - timedelta(minutes=10))) - timedelta(seconds=2)
    account.send([mail for at in (settled, now()) for mail in tenant.sender.mails(1, sent_at=at, spread=AT_ONCE)])
    reconcile(account)
    eventually(lambda: not incidents.again(incident).is_open, "the end of the incident")
    assert incidents.again(incident).outcome is Outcome.OVER
    account.review_until(lambda: account.book.record(tenant.name).standing is Standing.PAUSED, "the tenant judged")
