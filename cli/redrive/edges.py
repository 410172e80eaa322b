"""What each queue of dead letters holds, and the way back of each letter: read first, so that poison stays."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.command import Desk
from cli.redrive.errands import Begin, Errand, HandOn, Invoke, Page, Retell, SendOn, Wake
from cli.redrive.letters import Letter
from reputation_guard.aws.ledger_items import feedback_of
from reputation_guard.wire import MalformedError
from reputation_guard.wire.announcement import parse_announcement, parse_case, parse_tenants_event
from reputation_guard.wire.channels import BY_EVENT, CHANNELS_SOURCE
from reputation_guard.wire.mail import parse_mail_event
from reputation_guard.wire.rotation import parse_rotation
from reputation_guard.wire.status import tenant_of_status_event

# Reads a letter; raises `MalformedError` where nobody could do anything with it.
Read = Callable[[Letter, Desk], Errand]
_GONE = {"NoSuchKey", "NoSuchBucket", "404"}


@dataclass(frozen=True, slots=True)
class Edge:
    """What lies in a queue of dead letters, what its way back is, in words, and how a letter is read."""

    holds: str
    way_back: str
    read: Read


def kept_of(letter: Letter, desk: Desk) -> dict[str, Any] | None:
    """What Lambda kept of a stream's failed batch, if the letter names such. Raises `MalformedError` if it is gone."""
    try:
        event = letter.content()
    except MalformedError:
        return None
    if event.get("source") != "aws.s3":
        return None
    try:
        bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
        body = desk.deployment.account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        kept: dict[str, Any] = json.loads(body)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError("detail.object", f"names nothing that can be read: {error!r}") from None
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in _GONE:
            raise
        raise MalformedError("detail.object", "is gone: what failed was kept for 30 days") from None
    return kept


def _to(queue: str, parse: Callable[[Letter, Desk], object]) -> Read:
    def read(letter: Letter, desk: Desk) -> Errand:
        parse(letter, desk)
        return SendOn(queue, letter.body)

    return read


def _wake(function: str) -> Read:
    """Whatever the letter says: the function never reads it."""
    return lambda _letter, _desk: Wake(function)


def _feedback(letter: Letter, desk: Desk) -> Errand:
    """The items that a failed batch was about, read as they are by now."""
    kept = kept_of(letter, desk)
    if kept is None:
        raise MalformedError("body", "names no records that were kept")
    try:
        keys = [record["dynamodb"]["Keys"] for record in json.loads(kept["payload"])["Records"]]
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError("payload", f"holds no records of a stream: {error!r}") from None
    items = {(key["pk"]["S"], key["sk"]["S"]): key for key in keys}
    for name, key in items.items():
        found = desk.deployment.account.client("dynamodb").get_item(
            TableName=desk.deployment.output("CountsTable"), Key=key, ConsistentRead=True
        )
        try:
            feedback_of(found.get("Item", key))
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedError(" ".join(name), f"cannot be read: {error!r}") from None
    return Retell(list(items.values()))


def _episode(letter: Letter, _desk: Desk) -> Errand:
    parse_case(letter.content())
    return Begin(letter.body)


def _channel(letter: Letter, _desk: Desk) -> Errand:
    event = letter.content()
    if event.get("source") != CHANNELS_SOURCE or event.get("detail-type") not in BY_EVENT:
        raise MalformedError("detail-type", f"is none of {', '.join(BY_EVENT)}")
    return HandOn(event["detail-type"], CHANNELS_SOURCE, json.dumps(event.get("detail", {})))


def _failed_escalation(letter: Letter, _desk: Desk) -> Errand:
    event = letter.content()
    detail = event.get("detail")
    if not isinstance(detail, dict) or not {"executionArn", "status"} <= detail.keys():
        raise MalformedError("detail", "names no execution")
    return Page("EscalationFailedRule", "PagesTopic", event)


def _rotation(letter: Letter, _desk: Desk) -> Errand:
    payload = letter.content().get("requestPayload")
    parse_rotation(payload)
    return Invoke("RotateKeyFunction", json.dumps(payload))


def _mail(letter: Letter, desk: Desk) -> object:
    return parse_mail_event(letter.body, desk.now)


EDGES: Mapping[str, Edge] = {
    "FeedbackDeadLetters": Edge("bounces and complaints not counted", "to FeedbackQueue", _to("FeedbackQueue", _mail)),
    "SendsDeadLetters": Edge("sends not counted", "to SendsQueue", _to("SendsQueue", _mail)),
    "EvaluateDeadLetters": Edge(
        "counted feedback that was not judged", "the counts' stream tells of it anew", _feedback
    ),
    "EnforceDeadLetters": Edge(
        "wake-ups of the enforcer that failed", "EnforceFunction is woken", _wake("EnforceFunction")
    ),
    "ReviewDeadLetters": Edge("reviews that failed", "ReviewFunction is woken", _wake("ReviewFunction")),
    "ReconcileDeadLetters": Edge(
        "runs of reconcile that failed", "ReconcileFunction is woken", _wake("ReconcileFunction")
    ),
    "StatusDeadLetters": Edge(
        "changes at SES not taken over",
        "to StatusQueue",
        _to("StatusQueue", lambda letter, _: tenant_of_status_event(letter.body)),
    ),
    "NoticesDeadLetters": Edge(
        "notices that reached nobody",
        "to NoticesQueue",
        _to("NoticesQueue", lambda letter, _: parse_announcement(letter.body)),
    ),
    "EpisodeDeadLetters": Edge("episodes without an escalation", "an escalation begins", _episode),
    "EscalationFailedDeadLetters": Edge("pages about failed escalations", "to PagesTopic", _failed_escalation),
    "SignalsDeadLetters": Edge(
        "signals that no incident got",
        "to SignalsQueue",
        _to("SignalsQueue", lambda letter, _: parse_tenants_event(letter.body)),
    ),
    "DigestDeadLetters": Edge("digests that failed", "DigestFunction is woken", _wake("DigestFunction")),
    "ChannelsDeadLetters": Edge("what PagerDuty or the webhook did not take", "on the guard bus again", _channel),
    "RotationDeadLetters": Edge("steps of a rotation that failed", "RotateKeyFunction takes the step", _rotation),
}


def _unread(_letter: Letter, _desk: Desk) -> Errand:
    raise MalformedError("queue", "is unknown to this version of guard")


UNKNOWN = Edge("what this version of guard does not know", "none: update guard", _unread)
