"""`guard redrive`: what lies there, and why; looking is not taking."""

import json
from collections.abc import Mapping

import pytest

from tests.cli.aws import HERE, guard, refused
from tests.cli.redrive.queues import BOUNCE, POISON, Queues, told
from tests.template.stack import EVENTS


def test_where_there_are_none_all_is_well(queues: Queues) -> None:
    result = guard("redrive")
    assert (result.exit_code, result.stdout) == (0, "14 queues of dead letters, all empty.\n")
    assert queues.bodies("FeedbackDeadLetters") == []


def test_the_list_says_why_and_takes_nothing_away(queues: Queues) -> None:
    """Looking is not taking: the next one who looks sees the same."""
    queues.put("FeedbackDeadLetters", POISON)
    queues.put("EpisodeDeadLetters", BOUNCE, ERROR_CODE="NO_RESOURCE", ERROR_MESSAGE="gone", RETRY_ATTEMPTS="0")
    for _ in range(2):
        result = guard("redrive")
        assert result.exit_code == 1
        assert "FeedbackDeadLetters: 1 letter" in result.stdout
        assert "poison, detail.Bounce.mail.timestamp: Field required" in " ".join(result.stdout.split())
        assert max(map(len, result.stdout.splitlines())) <= 80
    assert queues.bodies("FeedbackDeadLetters") == [POISON]


@pytest.mark.parametrize(
    ("queue", "body", "attributes", "why"),
    [
        (
            "NoticesDeadLetters",
            (EVENTS / "announced-tenant-paused.json").read_text(encoding="utf-8"),
            {"ERROR_CODE": "SDK_CLIENT_ERROR", "ERROR_MESSAGE": "no right", "RETRY_ATTEMPTS": "185"},
            "SDK_CLIENT_ERROR after 185 retries: no right",
        ),
        (
            "ReviewDeadLetters",
            json.dumps({"responsePayload": {"errorType": "UnavailableError", "errorMessage": "throttled"}}),
            {},
            "UnavailableError: throttled",
        ),
        (
            "EnforceDeadLetters",
            json.dumps({"requestContext": {"condition": "EventAgeExceeded"}, "requestPayload": {}}),
            {},
            "EventAgeExceeded",
        ),
        ("DigestDeadLetters", "{}", {}, "nobody said why"),
    ],
)
def test_each_of_those_that_bury_says_why_in_its_own_way(
    queues: Queues, queue: str, body: str, attributes: Mapping[str, str], why: str
) -> None:
    """EventBridge and Scheduler in attributes, Lambda in the payload."""
    queues.put(queue, body, **attributes)
    [found] = [each for each in told("redrive")["queues"] if each["letters"]]
    assert [(found["queue"], each["why"]) for each in found["first"]] == [(queue, why)]


def test_what_a_consumer_failed_on_is_told_by_the_log(queues: Queues) -> None:
    """The queue knows only that it was tried; the function said what was wrong."""
    source = {"DeadLetterQueueSourceArn": f"arn:aws:sqs:{HERE}:FeedbackQueue", "SentTimestamp": "1795521750000"}
    letter = {"MessageId": "m-1", "ReceiptHandle": "r", "Body": BOUNCE, "Attributes": source}
    queues.record_calls("GetQueueAttributes", {"Attributes": {"ApproximateNumberOfMessages": "1"}})
    queues.record_calls("ReceiveMessage", {"Messages": [letter]})
    let_go = queues.record_calls("ChangeMessageVisibilityBatch")
    line = json.dumps({"message": "not counted", "record": "m-1", "error": "the table is throttled"})
    asked = queues.record_calls("FilterLogEvents", {"events": [{"message": f"{line}\nno JSON"}]})
    [first] = [each["first"] for each in told("redrive")["queues"] if each["queue"] == "FeedbackDeadLetters"]
    assert first[0]["why"] == "not counted: the table is throttled"
    assert first[0]["sent_at"] == "2026-11-24T12:02:30+00:00"
    assert asked[0]["filterPattern"] == '{ ($.record = "m-1") }'
    assert {each["VisibilityTimeout"] for call in let_go for each in call["Entries"]} == {0}
    queues.aws.answers["FilterLogEvents"] = refused("FilterLogEvents", "AccessDeniedException")
    [first] = [each["first"] for each in told("redrive")["queues"] if each["queue"] == "FeedbackDeadLetters"]
    assert first[0]["why"] == "its consumer failed on it time after time in FeedbackQueue"
