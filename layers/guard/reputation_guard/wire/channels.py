"""Notices as other systems take them: Amazon Q Developer in chat applications, PagerDuty, and a webhook."""

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from reputation_guard.domain.decision import GuardEvent
from reputation_guard.domain.notice import Channel, Notice

# Only this reaches the rules of channels; what the guard announces has another source.
CHANNELS_SOURCE = "reputation-guard.channels"
_DESCRIPTION = 8_000  # What a chat shows of it is less.
_SUMMARY = 1_024  # PagerDuty Events API v2.
# An API destination takes 64 KB, the parameters of its connection among them (ConnectionBodyParameter); a character
# may be six bytes of JSON.
_DETAIL = 10_000
_DEDUP_KEY = 255  # PagerDuty Events API v2.
_ACTIONS = {GuardEvent.ESCALATION_ACKNOWLEDGED: "acknowledge", GuardEvent.INCIDENT_CLOSED: "resolve"}


def chat_of(notice: Notice) -> str:
    """As Amazon Q Developer takes a custom notification (docs.aws.amazon.com/chatbot, "custom notifications")."""
    ways_on = [f"Open the incident: {notice.link}"] if notice.link else []
    metadata = {
        "threadId": notice.incident or notice.id,
        "summary": notice.subject,
        "eventType": notice.event,
        "relatedResources": [each for each in (notice.tenant, notice.incident) if each],
        "additionalContext": {"severity": notice.severity, "id": notice.id},
    }
    content = {
        "textType": "client-markdown",
        # Strangers' mail servers have a word in it: none of theirs is markup, or calls the whole channel.
        "title": escape(notice.subject, quote=False),
        "description": escape(notice.text[:_DESCRIPTION], quote=False),
        "nextSteps": [*ways_on, *([f"Read the runbook: {notice.runbook}"] if notice.runbook else [])],
        "keywords": [each for each in (notice.event, notice.tenant) if each],
    }
    return json.dumps({"version": "1.0", "source": "custom", "id": notice.id, "content": content, "metadata": metadata})


def pager_duty_of(notice: Notice) -> tuple[dict[str, Any], ...]:
    """As PagerDuty's Events API v2 takes it, without the routing key, which EventBridge adds from its secret.

    All notices of an incident have one key, so that an answer here is an answer there. Only a page after an answer has
    another one, and resolves the key before it: PagerDuty wakes nobody again for what was acknowledged.
    """
    if not notice.urgent:
        return ({"event_action": _ACTIONS[GuardEvent(notice.event)], "dedup_key": _key(notice, notice.alarm)},)
    ended = () if notice.ends is None else ({"event_action": "resolve", "dedup_key": _key(notice, notice.ends)},)
    return (*ended, _trigger(notice))


def _key(notice: Notice, alarm: int) -> str:
    suffix = f"/{alarm}" if alarm else ""
    return (notice.incident or notice.id)[: _DEDUP_KEY - len(suffix)] + suffix


def _trigger(notice: Notice) -> dict[str, Any]:
    links = {"Incident": notice.link, "Runbook": notice.runbook}
    return {
        "event_action": "trigger",
        "dedup_key": _key(notice, notice.alarm),
        "payload": {
            "summary": notice.subject[:_SUMMARY],
            "severity": "critical",
            "source": notice.tenant,
            "timestamp": notice.at.isoformat(),
            "component": "Reputation Guard",
            "class": notice.event,
            "custom_details": {"notice": notice.id, "incident": notice.incident, "text": notice.text[:_DETAIL]},
        },
        # PagerDuty links to nothing but addresses.
        "links": [{"href": href, "text": text} for text, href in links.items() if href.startswith("https://")],
    }


def webhook_of(notice: Notice) -> tuple[dict[str, Any], ...]:
    """As the webhook gets it."""
    body = {
        "id": notice.id,
        "event": notice.event,
        "tenant": notice.tenant,
        "severity": notice.severity,
        "at": notice.at.isoformat(),
        "incident": notice.incident,
        "rungs": [rung + 1 for rung in notice.rungs],
        "subject": notice.subject,
        "text": notice.text[:_DETAIL],
        "link": notice.link,
        "runbook": notice.runbook,
    }
    return (body,)


BY_EVENT: Mapping[Channel, Callable[[Notice], tuple[dict[str, Any], ...]]] = {
    Channel.PAGER_DUTY: pager_duty_of,
    Channel.WEBHOOK: webhook_of,
}
