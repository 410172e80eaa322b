"""Whether anybody hears the guard."""

from collections.abc import Iterator
from typing import Any

from cli.doctor.diagnosis import Diagnosis, Examination, fail, ok, warn
from cli.policy.documents import all_names
from cli.words import count

# What goes unheard where nobody listens to a topic, and whether that leaves the guard useless.
TOPICS = {
    "PagesTopic": ("what somebody must act on now", True),
    "SecondRungTopic": ("what nobody answered on the first rung", True),
    "ThirdRungTopic": ("what nobody answered on the rungs before the third", False),
    "AlarmsTopic": ("that the guard itself is unwell", True),
    "WarningsTopic": ("what somebody should read today", False),
}
_UNCONFIRMED = "PendingConfirmation"
# The rungs' topics, in the order of the ladder.
_RUNGS = ("PagesTopic", "SecondRungTopic", "ThirdRungTopic")


def subscriptions(exam: Examination) -> Iterator[Diagnosis]:
    """Every topic has somebody who listens, and nobody is still to confirm.

    PagerDuty and the webhook make up for none: that an escalation failed is told by the rungs' topics alone.
    """
    paged = _RUNGS[: _longest_ladder(exam)]
    for name, (unheard, vital) in TOPICS.items():
        is_vital = vital or name in paged
        topic = exam.deployment.output(name)
        found = list(_of(exam, topic))
        waiting = [each for each in found if each["SubscriptionArn"] == _UNCONFIRMED]
        heard = len(found) - len(waiting)
        for each in waiting:
            yield warn(*_unconfirmed(exam, name, topic, each))
        if heard:
            yield ok(f"{name} has {count(heard, 'confirmed subscription')}.")
        elif waiting:
            say = fail if is_vital else warn
            yield say(f"{name} has no confirmed subscription: nobody hears {unheard}.", "Confirm one, as above.", name)
        else:
            say = fail if is_vital else warn
            yield say(f"{name} has no subscription: nobody hears {unheard}.", _subscribe(exam, topic), name)


def _longest_ladder(exam: Examination) -> int:
    """How many rungs some policy pages."""
    shelf = exam.deployment.shelf
    return max(len(versions[0].policy.rungs) for name in all_names(shelf) if (versions := shelf.versions(name)))


def _of(exam: Examination, topic: str) -> Iterator[Any]:
    pages = exam.deployment.account.client("sns").get_paginator("list_subscriptions_by_topic")
    for page in pages.paginate(TopicArn=topic):
        yield from page["Subscriptions"]


def _unconfirmed(exam: Examination, name: str, topic: str, subscription: Any) -> tuple[str, str, str]:
    who, how = subscription.get("Endpoint", "?"), subscription.get("Protocol", "?")
    where = f"Follow the link in the mail SNS sent to {who}" if how.startswith("email") else f"Confirm it at {who}"
    fix = f"{where}. Lost it? Have it sent again:\n{_subscribe(exam, topic, how, who)}"
    return f"The subscription of {who} to {name} is not confirmed: it gets nothing.", fix, name


def _subscribe(exam: Examination, topic: str, protocol: str = "email", endpoint: str = "YOU@EXAMPLE.COM") -> str:
    options = (f"--topic-arn {topic}", f"--protocol {protocol}", f"--notification-endpoint {endpoint}")
    return exam.deployment.account.command("sns subscribe", *options)
