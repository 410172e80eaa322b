"""PagerDuty and the webhook on the deployed template: what they are told, and what becomes of what they do not take."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reputation_guard.domain.incident import Incident, SignalKind
from reputation_guard.domain.tenant import Standing
from reputation_guard.wire.channels import CHANNELS_SOURCE
from tests.e2e.account import Account, SesTenant
from tests.e2e.channels import PAGER_DUTY, PASSWORD, ROUTING_KEY, ROUTING_KEY_SECRET, WEBHOOK, Told
from tests.e2e.incidents import Incidents
from tests.e2e.waiting import eventually
from tests.local.pager import HANGS_UP, Pager

DEAD_LETTERS = "ChannelsDeadLetters"
# In the id of a notice.
FIRST_PAGE = "EscalationRaised.1."


@pytest.fixture(scope="module")
def incidents(account: Account) -> Incidents:
    return Incidents(account)


@pytest.fixture(scope="module")
def told(pager: Pager) -> Told:
    return Told(pager)


@dataclass(frozen=True, slots=True)
class Episode:
    """A tenant that was paused, whose incident somebody acknowledged, and which is healthy again."""

    tenant: SesTenant
    incident: Incident
    key: str


@pytest.fixture(scope="module")
def episode(account: Account, incidents: Incidents, told: Told) -> Episode:
    """Play the whole of it; PagerDuty has heard of each step before the next."""
    tenant = incidents.new_tenant("an-episode")
    [incident] = incidents.paused(tenant)
    key = told.wait_for_trigger(tenant.name)["dedup_key"]
    incidents.tell(incident, "acknowledge")
    eventually(lambda: "acknowledge" in told.actions(key), "the answer at PagerDuty")
    assert account.resume(tenant=tenant.name, reason="the list was cleaned", operator="Olga Operator")["resumed"]
    eventually(lambda: incidents.again(incident).heard(SignalKind.RESUMED), "the resume in the incident")
    account.review_until(lambda: account.book.record(tenant.name).standing is Standing.HEALTHY, "it healthy again")
    incidents.tell(incident, "note", text="nothing to add")
    eventually(lambda: "resolve" in told.actions(key), "the end at PagerDuty")
    return Episode(tenant, incident, key)


def test_pager_duty_hears_of_page_answer_and_end_under_one_key(told: Told, episode: Episode) -> None:
    assert told.actions(episode.key) == ["trigger", "acknowledge", "resolve"]
    calls = told.by_key(episode.key)
    assert {call.body["routing_key"] for call in calls} == {ROUTING_KEY}
    assert {call.headers["x-routing-key"] for call in calls} == {ROUTING_KEY}
    page = calls[0].body
    assert (page["payload"]["source"], page["payload"]["severity"]) == (episode.tenant.name, "critical")
    assert page["payload"]["custom_details"]["incident"] == episode.incident.id
    assert episode.tenant.name in page["payload"]["summary"]
    assert [link["text"] for link in page["links"]] == ["Incident"]


def test_the_webhook_gets_the_same_as_json_with_its_secret(told: Told, episode: Episode) -> None:
    eventually(lambda: told.hooked(episode.tenant.name, "IncidentClosed"), "the end at the webhook")
    calls = told.hooked(episode.tenant.name)
    assert {call.headers["x-reputation-guard"] for call in calls} == {PASSWORD}
    assert {call.headers["content-type"].partition(";")[0] for call in calls} == {"application/json"}
    news = {call.body["event"]: call.body["severity"] for call in calls if call.body["incident"] == episode.incident.id}
    assert news == {"TenantPaused": "page", "EscalationAcknowledged": "news", "IncidentClosed": "news"}
    page = next(call.body for call in calls if call.body["event"] == "TenantPaused")
    assert page["rungs"] == [1]
    assert "user unknown" in page["text"]
    assert page["link"].startswith("https://")


@pytest.mark.parametrize("path", [PAGER_DUTY, WEBHOOK])
def test_one_that_fails_for_now_gets_it_when_it_is_well_again(
    account: Account, incidents: Incidents, pager: Pager, told: Told, path: str
) -> None:
    """An error, no answer at all and a throttle, one after the other."""
    tenant = incidents.new_tenant("again-and-again")
    came = told.triggers if path == PAGER_DUTY else told.hooked
    pager.refuse(500, HANGS_UP, 429, path=path, words=(tenant.name, FIRST_PAGE))
    [incident] = incidents.paused(tenant)

    def tries() -> list[Any]:
        bodies = [call.body for call in came(tenant.name)]
        return [body for body in bodies if body == bodies[0]]

    eventually(lambda: len(tries()) == 4, f"the fourth try at {path}")
    incidents.tell(incident, "acknowledge")
    assert account.dead_letters(DEAD_LETTERS) == []


@pytest.mark.parametrize(
    ("path", "answers"),
    [(PAGER_DUTY, [400]), (WEBHOOK, [503, HANGS_UP])],
    ids=["refuses", "goes on failing"],
)
def test_what_is_not_taken_is_a_dead_letter_and_the_topics_have_it(
    account: Account, incidents: Incidents, pager: Pager, path: str, answers: list[int]
) -> None:
    """PagerDuty refuses a key it does not know; and EventBridge ends its tries, here after one and not after a day."""
    tenant = incidents.new_tenant("not-taken")
    with one_retry(account, "PagerDuty" if path == PAGER_DUTY else "webhook"):
        pager.refuse(*answers, path=path, words=(tenant.name, FIRST_PAGE))
        [incident] = incidents.paused(tenant)
        letters = eventually(lambda: account.dead_letters(DEAD_LETTERS), "a dead letter")
        incidents.tell(incident, "acknowledge")
    account.throw_away_dead_letters(DEAD_LETTERS)
    [letter] = letters
    assert letter["source"] == "reputation-guard.channels"
    assert tenant.name in letter["detail"].get("payload", letter["detail"])["subject" if path == WEBHOOK else "summary"]
    assert account.inbox.wait_for(tenant.name, "TenantPaused").severity == "page"


@contextmanager
def one_retry(account: Account, channel: str) -> Iterator[None]:
    """In here EventBridge tries this channel's destination twice, and not for a day."""
    events, bus = account.aws.client("events"), account.aws.outputs["GuardBus"]
    [rule] = [
        each["Name"]
        for each in events.list_rules(EventBusName=bus)["Rules"]
        if f'"{channel}"' in each["EventPattern"] and "channels" in each["EventPattern"]
    ]
    targets = events.list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    fewer = {"RetryPolicy": {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}}
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[each | fewer for each in targets])
    try:
        yield
    finally:
        events.put_targets(Rule=rule, EventBusName=bus, Targets=targets)


def test_another_channel_takes_the_place_of_one_that_is_gone(account: Account, incidents: Incidents) -> None:
    tenant = incidents.new_tenant("in-its-place")
    gone = account.aws.outputs["PagesTopic"] + "-of-nobody"
    with account.environment("NotifyFunction", PAGES_TOPIC=gone):
        [incident] = incidents.paused(tenant)
        page = account.inbox.wait_for(tenant.name, "TenantPaused")
        incidents.tell(incident, "acknowledge")
    assert page.topic == account.aws.outputs["SecondRungTopic"]
    assert page.text.startswith("The guard could not reach first rung; you are told instead.")


def test_tenants_paused_together_are_one_page_and_its_answer_answers_for_all(
    account: Account, incidents: Incidents, told: Told
) -> None:
    tenants = [incidents.new_tenant(word) for word in ("one-of-three", "two-of-three", "three-of-three")]
    with account.environment("EscalateFunction", GROUP_WAIT="5"):
        begun = incidents.paused(*tenants)
        [leader] = eventually(lambda: [each for each in begun if incidents.again(each).pages], "a page")
        incidents.tell(leader, "acknowledge")
    others = [each for each in begun if each is not leader]
    trigger = told.wait_for_trigger(leader.tenant)
    assert "3 tenants paused" in trigger["payload"]["summary"]
    assert all(tenant.name in trigger["payload"]["summary"] for tenant in tenants)
    assert all(f"{each.tenant} (incident {each.id})" in trigger["payload"]["custom_details"]["text"] for each in others)
    eventually(lambda: all(incidents.again(each).answer for each in others), "an answer for all")
    answers = [incidents.again(each).answer for each in others]
    assert [answer and answer.by for answer in answers] == ["Olga Operator"] * 2
    assert all(incidents.again(each).pages == () for each in others)
    assert [told.triggers(each.tenant) for each in others] == [[], []]
    assert [account.inbox.delivered(each.tenant, "TenantPaused") for each in others] == [[], []]


def test_a_webhook_without_its_secret_is_refused_before_anything_changes(account: Account) -> None:
    with pytest.raises(ClientError, match="WebhookUrl without WebhookSecret"):
        account.change_parameter("WebhookSecret", "")


def test_a_new_routing_key_is_used_once_its_version_is_deployed(account: Account, told: Told) -> None:
    """CloudFormation reads a secret again only where the reference to it changed: docs/deploying.md says how."""
    secrets = account.aws.client("secretsmanager")
    version = secrets.put_secret_value(SecretId=ROUTING_KEY_SECRET, SecretString="a new key")["VersionId"]
    try:
        account.change_parameter("LogRetentionDays", "3")
        assert key_of_a_page(account, told, "before") == ROUTING_KEY
        account.change_parameter("PagerDutyRoutingKey", f"{ROUTING_KEY_SECRET}:SecretString:::{version}")
        assert key_of_a_page(account, told, "after") == "a new key"
    finally:
        secrets.put_secret_value(SecretId=ROUTING_KEY_SECRET, SecretString=ROUTING_KEY)
        account.change_parameter("PagerDutyRoutingKey", ROUTING_KEY_SECRET)
        account.change_parameter("LogRetentionDays", "1")


def key_of_a_page(account: Account, told: Told, dedup_key: str) -> str:
    """What PagerDuty gets as routing key, whatever comes."""
    entry = {"EventBusName": account.aws.outputs["GuardBus"], "Source": CHANNELS_SOURCE, "DetailType": "PagerDuty"}
    detail = json.dumps({"event_action": "trigger", "dedup_key": dedup_key})
    account.aws.client("events").put_events(Entries=[entry | {"Detail": detail}])
    [call] = eventually(lambda: told.by_key(dedup_key), f"a page {dedup_key}")
    routing_key: str = call.body["routing_key"]
    return routing_key
