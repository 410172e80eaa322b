"""`guard redrive QUEUE`: letters go the way they were going; poison stays."""

import json

import pytest

from cli.redrive.edges import EDGES
from reputation_guard.aws.ledger_items import feedback_of
from tests.cli.aws import HERE, OUTPUTS, client_of, guard, refused
from tests.cli.redrive.queues import BOUNCE, BUCKET, OF_S3, POISON, Queues, told
from tests.template.stack import EVENTS


def test_what_can_be_read_goes_to_its_queue_and_poison_stays(queues: Queues) -> None:
    """Law 11: the bad one is left, with its reason; its neighbours go through."""
    for body in (BOUNCE, POISON, BOUNCE):
        queues.put("FeedbackDeadLetters", body)
    result = guard("redrive", "feedback")
    assert result.exit_code == 1
    assert "FeedbackDeadLetters: 2 letters replayed." in result.stdout
    assert "stays: detail.Bounce.mail.timestamp" in " ".join(result.stdout.split())
    assert queues.bodies("FeedbackQueue") == [BOUNCE, BOUNCE]
    assert queues.bodies("FeedbackDeadLetters") == [POISON]


def test_a_dry_run_moves_nothing(queues: Queues) -> None:
    queues.put("FeedbackDeadLetters", BOUNCE)
    assert told("redrive", "FeedbackDeadLetters", "--dry-run") == {
        "queue": "FeedbackDeadLetters",
        "dry_run": True,
        "replayed": 1,
        "poison": [],
        "refused": None,
    }
    assert (queues.bodies("FeedbackQueue"), queues.bodies("FeedbackDeadLetters")) == ([], [BOUNCE])


def test_a_limit_is_kept_and_a_hundred_are_no_trouble(queues: Queues) -> None:
    """One goes first, to see how it fares; then all others."""
    for _ in range(100):
        queues.put("FeedbackDeadLetters", BOUNCE)
    assert told("redrive", "feedback", "--limit", "1")["replayed"] == 1
    assert told("redrive", "feedback")["replayed"] == 99
    assert told("redrive", "feedback")["replayed"] == 0


def test_a_refusal_of_aws_ends_the_replay_and_the_letter_stays(queues: Queues) -> None:
    queues.put("EpisodeDeadLetters", (EVENTS / "announced-tenant-paused.json").read_text(encoding="utf-8"))
    queues.aws.answers["StartExecution"] = refused("StartExecution", "AccessDeniedException")
    result = guard("redrive", "episode")
    assert result.exit_code == 1
    assert "AWS refused StartExecution: AccessDeniedException" in result.stderr
    assert len(queues.bodies("EpisodeDeadLetters")) == 1


def test_an_episode_begins_its_escalation(queues: Queues) -> None:
    body = (EVENTS / "announced-tenant-paused.json").read_text(encoding="utf-8")
    queues.put("EpisodeDeadLetters", body)
    begun = queues.record_calls("StartExecution")
    assert told("redrive", "episode")["replayed"] == 1
    assert begun == [{"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:escalation", "input": body}]


def test_wake_ups_are_one_call_however_many_failed(queues: Queues) -> None:
    """What they were for is in the tables, and one run does all of it. A failure of that comes back here by itself."""
    for _ in range(12):
        queues.put("ReviewDeadLetters", "whatever it says")
    invoked = queues.record_calls("Invoke")
    assert told("redrive", "review")["replayed"] == 12
    assert invoked == [{"FunctionName": "ReviewFunction", "InvocationType": "Event", "Payload": b"{}"}]
    assert queues.bodies("ReviewDeadLetters") == []


def test_a_step_of_a_rotation_is_taken_again(queues: Queues) -> None:
    step = {"Step": "createSecret", "SecretId": "arn:key", "ClientRequestToken": "v-1"}
    queues.put("RotationDeadLetters", json.dumps({"requestPayload": step}))
    queues.put("RotationDeadLetters", json.dumps({"requestPayload": {}}))
    invoked = queues.record_calls("Invoke")
    assert len(told("redrive", "rotation")["poison"]) == 1
    assert [json.loads(each["Payload"]) for each in invoked] == [step]


def test_a_notice_for_pager_duty_is_handed_on_again(queues: Queues) -> None:
    event = {"source": "reputation-guard.channels", "detail-type": "PagerDuty", "detail": {"dedup_key": "1"}}
    queues.put("ChannelsDeadLetters", json.dumps(event))
    queues.put("ChannelsDeadLetters", json.dumps(event | {"source": "somebody"}))
    put = queues.record_calls("PutEvents", {"FailedEntryCount": 0, "Entries": []})
    assert len(told("redrive", "channels")["poison"]) == 1
    assert [(each["DetailType"], each["EventBusName"]) for each in put[0]["Entries"]] == [("PagerDuty", "guard-bus")]


def test_what_the_bus_does_not_take_stays(queues: Queues) -> None:
    """PutEvents answers 200 for what it refuses."""
    event = {"source": "reputation-guard.channels", "detail-type": "webhook", "detail": {}}
    queues.put("ChannelsDeadLetters", json.dumps(event))
    queues.record_calls("PutEvents", {"FailedEntryCount": 1, "Entries": [{"ErrorMessage": "not now"}]})
    assert "not now" in told("redrive", "channels")["refused"]
    assert len(queues.bodies("ChannelsDeadLetters")) == 1


def test_a_page_about_a_failed_escalation_says_what_its_rule_says(queues: Queues) -> None:
    """By the rule's own template, so that there is one text."""
    queues.put("EscalationFailedDeadLetters", (EVENTS / "escalation-failed.json").read_text(encoding="utf-8"))
    transformer = {
        "InputPathsMap": {"execution": "$.detail.executionArn", "status": "$.detail.status"},
        "InputTemplate": '"It ended as <status>: <execution>"',
    }
    queues.record_calls("ListTargetsByRule", {"Targets": [{"InputTransformer": transformer}]})
    published = queues.record_calls("Publish")
    assert told("redrive", "EscalationFailed")["replayed"] == 1
    assert published[0]["TopicArn"] == OUTPUTS["PagesTopic"]
    assert published[0]["Message"].startswith("It ended as FAILED: arn:aws:states:")


def test_feedback_not_judged_is_told_by_the_stream_anew_as_it_is_by_now(queues: Queues) -> None:
    """A kept image may be older than the table: to judge it again would take later feedback away."""
    queues.aws.bounce("shop", 3)
    table = OUTPUTS["CountsTable"]
    [item] = [
        each
        for each in queues.aws.dynamodb.scan(TableName=table)["Items"]
        if each["pk"]["S"] == "feedback#shop" and each["sk"]["S"].startswith("slot#")
    ]
    key = {name: item[name] for name in ("pk", "sk")}
    expired = {"pk": key["pk"], "sk": {"S": "slot#2026-01-01T00:00"}}
    queues.keep({"dynamodb": {"Keys": key, "NewImage": {}}}, {"dynamodb": {"Keys": expired}})
    queues.put("EvaluateDeadLetters", OF_S3)
    [found] = [each for each in told("redrive")["queues"] if each["letters"]]
    assert found["first"][0]["why"] == "RetryAttemptsExhausted after 11 invocations"
    assert told("redrive", "evaluate")["replayed"] == 1
    after = queues.aws.dynamodb.get_item(TableName=table, Key=key)["Item"]
    assert after.pop("retold_at") is not None
    assert after == item
    assert feedback_of(after) == feedback_of(item)
    assert "Item" not in queues.aws.dynamodb.get_item(TableName=table, Key=expired), "what expired is not made anew"


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        json.dumps({"DDBStreamBatchInfo": {"shardId": "1"}}),
        json.dumps({"source": "aws.s3", "detail": None}),
        OF_S3,
    ],
)
def test_a_letter_that_names_no_records_is_poison(queues: Queues, body: str) -> None:
    """Such as one of before the records were kept, or after they were forgotten."""
    client_of("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    queues.put("EvaluateDeadLetters", body)
    result = guard("redrive", "evaluate")
    assert result.exit_code == 1, result.output
    assert "stays" in result.stdout
    assert queues.bodies("EvaluateDeadLetters") == [body]


@pytest.mark.parametrize("queue", EDGES)
@pytest.mark.parametrize("body", ["", "{}", "[]", "null", '"x"', "[" * 5000, '{"detail": 7}', "\u2603"])
def test_no_letter_breaks_the_command(queues: Queues, queue: str, body: str) -> None:
    """Whatever lies there: it is replayed or it stays with a reason."""
    queues.put(queue, body or " ")
    queues.record_calls("Invoke")
    assert {guard("redrive").exit_code, guard("redrive", queue).exit_code} <= {0, 1}


def test_replaying_twice_is_replaying_once(queues: Queues) -> None:
    queues.put("StatusDeadLetters", (EVENTS / "status-enabled.json").read_text(encoding="utf-8"))
    assert [told("redrive", "status")["replayed"] for _ in range(2)] == [1, 0]
    assert len(queues.bodies("StatusQueue")) == 1


def test_what_makes_no_sense_is_refused(queues: Queues) -> None:
    """Before anything is touched."""
    queues.put("FeedbackDeadLetters", BOUNCE)
    for words in (["--dry-run"], ["no-such-queue"], ["FeedbackQueue"], ["feedback", "--export", "x", "--dry-run"]):
        assert guard("redrive", *words).exit_code == 2, words
    assert queues.bodies("FeedbackDeadLetters") == [BOUNCE]
