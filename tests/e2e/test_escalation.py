"""The escalation on the deployed machine, with timeouts of seconds: somebody always answers, and an answer lapses."""

import json
import time

import pytest

from reputation_guard.domain.incident import Cause, Outcome, SignalKind
from reputation_guard.domain.tenant import Standing
from reputation_guard.wire.announcement import detail_of
from tests.e2e.account import Account
from tests.e2e.incidents import A_MOMENT, Incidents
from tests.e2e.waiting import eventually


@pytest.fixture(scope="module")
def incidents(account: Account) -> Incidents:
    return Incidents(account)


def test_nobody_answers_so_every_rung_is_paged_in_order_and_then_all_of_them(incidents: Incidents) -> None:
    incident = incidents.stopped(incidents.new_tenant("unanswered"))
    assert incidents.wait_for_pages(incident, 4)[:4] == [
        (Cause.FIRST, (0,)),
        (Cause.CLIMBED, (1,)),
        (Cause.UNANSWERED, (0, 1)),
        (Cause.UNANSWERED, (0, 1)),
    ]
    first, second = incidents.again(incident).pages[:2]
    assert second.at - first.at >= A_MOMENT


def test_an_acknowledgement_stops_the_climb_lapses_and_the_climb_goes_on(incidents: Incidents) -> None:
    incident = incidents.stopped(incidents.new_tenant("answered"))
    incidents.wait_for_pages(incident, 1)
    answer = incidents.tell(incident, "acknowledge")
    assert answer["answered_by"] == "Olga Operator"
    assert incidents.tell(incident, "acknowledge", by="Otto Operator")["error"] == "AlreadyAcknowledged"
    time.sleep(1.5 * A_MOMENT.total_seconds())
    assert len(incidents.again(incident).pages) == 1
    assert incidents.wait_for_pages(incident, 3)[1:3] == [(Cause.LAPSED, (0,)), (Cause.CLIMBED, (1,))]


def test_a_resume_ends_the_wait_and_the_incident_ends_with_the_probation(
    account: Account, incidents: Incidents
) -> None:
    tenant = incidents.new_tenant("resumed")
    incident = incidents.stopped(tenant)
    incidents.wait_for_pages(incident, 1)
    assert account.resume(tenant=tenant.name, reason="the list was cleaned", operator="Olga Operator")["resumed"]
    account.book.wait_for_standing(tenant.name, Standing.PROBATION)
    eventually(lambda: incidents.again(incident).heard(SignalKind.RESUMED), "the resume in the incident")
    pages = len(incidents.again(incident).pages)
    time.sleep(2 * A_MOMENT.total_seconds())
    assert len(incidents.again(incident).pages) == pages
    account.review_until(lambda: account.book.record(tenant.name).standing is Standing.HEALTHY, "it healthy again")
    incidents.tell(incident, "note", text="nothing to add")
    eventually(lambda: not incidents.again(incident).is_open, "the incident closed")
    assert incidents.again(incident).outcome is Outcome.HEALTHY
    eventually(lambda: incidents.status(incident) == "SUCCEEDED", "the execution ended")


def test_a_second_episode_during_an_acknowledged_first_pages_anew(account: Account, incidents: Incidents) -> None:
    """Law 8."""
    tenant = incidents.new_tenant("again")
    first = incidents.stopped(tenant)
    incidents.wait_for_pages(first, 1)
    incidents.tell(first, "acknowledge")
    account.set_by_hand(tenant, "ENABLED")
    account.book.wait_for_standing(tenant.name, Standing.PROBATION)
    second = incidents.stopped(tenant)
    assert incidents.wait_for_pages(second, 1)[0] == (Cause.FIRST, (0,))
    eventually(lambda: incidents.status(first) == "SUCCEEDED", "the first execution ended")
    assert (incidents.again(first).outcome, incidents.again(first).successor) == (Outcome.PAUSED_AGAIN, second.id)


def test_duplicates_of_every_event_change_nothing(account: Account, incidents: Incidents) -> None:
    tenant = incidents.new_tenant("twice")
    incident = incidents.stopped(tenant)
    incidents.wait_for_pages(incident, 1)
    incidents.tell(incident, "acknowledge", id="once")
    incidents.tell(incident, "acknowledge", id="once")
    before = incidents.executions()
    for _ in range(3):
        incidents.announce("TenantPaused", json.loads(detail_of(incident.case)))
    eventually(lambda: incidents.executions() >= before + 3, "three more executions")
    account.set_by_hand(tenant, "ENABLED")
    eventually(lambda: incidents.again(incident).heard(SignalKind.RESUMED), "the resume in the incident")
    resumed = incidents.again(incident)
    told = [each for each in account.book.decisions(tenant.name) if each.decision.answer == "resume"]
    assert len(told) == 1
    assert [page.cause for page in resumed.pages] == [Cause.FIRST]
    assert [each.kind for each in resumed.signals] == [SignalKind.ACKNOWLEDGED, SignalKind.RESUMED]
    assert incidents.status(incident) == "RUNNING"
    assert incidents.failed() == []


def test_an_escalation_that_fails_is_a_page(account: Account) -> None:
    """Past all code of the guard: what broke the escalation may have broken that as well."""
    url = account.sqs.create_queue(QueueName="who-hears-of-failures")["QueueUrl"]
    arn = account.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns, topics = account.aws.client("sns"), ("PagesTopic", "SecondRungTopic", "ThirdRungTopic")
    subscribed = [
        sns.subscribe(TopicArn=account.aws.outputs[topic], Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
        for topic in topics
    ]
    heard: list[str] = []
    states, machine = account.aws.client("stepfunctions"), account.aws.outputs["EscalationMachine"]
    execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    def told() -> list[str]:
        messages = account.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        heard.extend(text for each in messages if execution in (text := json.loads(each["Body"])["Message"]))
        return heard if len(heard) == len(topics) else []

    eventually(told, "a page to each rung about the failed escalation")
    (text,) = set(heard)
    assert "ended as FAILED" in text
    assert f"redrive-execution --execution-arn {execution}" in text
    assert "Runbook: docs/operations.md#escalationfailed" in text
    for each in subscribed:
        sns.unsubscribe(SubscriptionArn=each)
