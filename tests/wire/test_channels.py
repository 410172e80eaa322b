"""Notices as chats, PagerDuty and webhooks take them."""

import json
from dataclasses import replace

import pytest

from reputation_guard.domain.notice import Channel, Severity
from reputation_guard.wire.channels import BY_EVENT, chat_of, pager_duty_of, webhook_of
from tests.fakes.builders import notice

PAGE = notice(link="https://page/shop.4", runbook="docs/operations.md#tenantpaused", text="x" * 300_000)


def test_a_chat_gets_the_schema_of_custom_notifications_and_an_incident_is_one_thread() -> None:
    told = json.loads(chat_of(PAGE))
    assert (told["version"], told["source"]) == ("1.0", "custom")
    assert set(told["content"]) == {"textType", "title", "description", "nextSteps", "keywords"}
    assert told["content"]["textType"] == "client-markdown"
    assert told["metadata"]["threadId"] == "shop.4"
    assert len(chat_of(PAGE).encode()) < 20_000


def test_a_page_triggers_at_pager_duty_within_its_limits() -> None:
    (told,) = pager_duty_of(PAGE)
    assert (told["event_action"], told["dedup_key"]) == ("trigger", "shop.4")
    assert {"summary", "severity", "source"} <= set(told["payload"])
    assert told["links"] == [{"href": "https://page/shop.4", "text": "Incident"}]
    assert len(json.dumps(told).encode()) < 256_000


@pytest.mark.parametrize(
    ("event", "action"), [("EscalationAcknowledged", "acknowledge"), ("IncidentClosed", "resolve")]
)
def test_an_answer_here_is_one_at_pager_duty(event: str, action: str) -> None:
    told = pager_duty_of(notice(event=event, severity=Severity.NEWS))
    assert told == ({"event_action": action, "dedup_key": "shop.4"},)


def test_a_page_after_an_answer_wakes_people_at_pager_duty_again() -> None:
    """It notifies nobody of a trigger while the alert of its key is acknowledged."""
    ended, told = pager_duty_of(replace(PAGE, alarm=1, ends=0))
    assert ended == {"event_action": "resolve", "dedup_key": "shop.4"}
    assert (told["event_action"], told["dedup_key"]) == ("trigger", "shop.4/1")
    over = pager_duty_of(notice(event="IncidentClosed", severity=Severity.NEWS, alarm=1))
    assert over == ({"event_action": "resolve", "dedup_key": "shop.4/1"},)


def test_the_longest_id_leaves_room_for_the_alarm() -> None:
    keys = {pager_duty_of(replace(PAGE, incident="x" * 300, alarm=alarm))[0]["dedup_key"] for alarm in (0, 1, 12)}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {255}


def test_a_webhook_gets_plain_json_with_rungs_from_one_on() -> None:
    told = json.loads(json.dumps(webhook_of(PAGE)[0]))
    assert (told["severity"], told["rungs"], told["incident"]) == ("page", [1], "shop.4")


def test_a_strangers_words_are_no_markup_in_a_chat() -> None:
    told = json.loads(chat_of(notice(text="smtp; 550 <!channel> & <https://evil.example|here>")))
    assert told["content"]["description"] == "smtp; 550 &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;"


@pytest.mark.parametrize("channel", BY_EVENT)
def test_the_longest_text_fits_an_api_destination(channel: Channel) -> None:
    """64 KB with the connection's own parameters, however its characters are written."""
    (body,) = BY_EVENT[channel](notice(text="ä" * 100_000))
    assert len(json.dumps(body)) < 63 * 1024
