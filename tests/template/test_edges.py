"""Every asynchronous edge fails somewhere that alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.redrive.edges import EDGES
from tests.template.stack import ROOT, Stack, listed, logical_id

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE = 60
FORTNIGHT = 14 * 24 * 60 * MINUTE


def failures_of_event_sources(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each queue and stream a function reads, with its dead letters."""
    queues, buckets = stack.of_type("SQS::Queue"), stack.of_type("S3::Bucket")
    for name, mapping in stack.of_type("Lambda::EventSourceMapping").items():
        queue = queues.get(logical_id(mapping["EventSourceArn"]))
        if queue is not None:
            yield name, logical_id(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn"))
        else:
            yield name, told_of_kept_records(stack, name) if on_failure(mapping) in buckets else ""


def told_of_kept_records(stack: Stack, mapping: str) -> str:
    """Return the queue that is told of each batch of a stream which Lambda keeps in the bucket."""
    for rule in stack.of_type("Events::Rule").values():
        kept = rule["EventPattern"].get("detail", {}).get("object", {}).get("key", [])
        if any(each["prefix"]["Fn::Sub"] == f"aws/lambda/${{{mapping}}}/" for each in kept):
            [target] = rule["Targets"]
            return logical_id(target["Arn"])
    return ""


def failures_of_rules_and_schedules(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each delivery EventBridge and Scheduler make, with its dead letters."""
    for name, rule in stack.of_type("Events::Rule").items():
        for target in rule["Targets"]:
            yield f"{name} to {target['Id']}", retried_and_kept(target)
    for name, schedule in stack.of_type("Scheduler::Schedule").items():
        yield name, retried_and_kept(schedule["Target"])


def failures_of_asynchronous_functions(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each function whose caller does not wait, with its dead letters."""
    configs = {
        logical_id(config["FunctionName"]): config for config in stack.of_type("Lambda::EventInvokeConfig").values()
    }
    for function in asynchronously_invoked(stack):
        yield function, on_failure(configs.get(function, {}))


def failures_of_subscriptions(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each subscription that a program hears, with its dead letters. Mail is SNS's to deliver."""
    for name, subscription in stack.of_type("SNS::Subscription").items():
        if subscription["Protocol"] not in {"email", "sms"}:
            yield name, logical_id(subscription.get("RedrivePolicy", {}).get("deadLetterTargetArn"))


def failures_of_executions(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield each state machine, with the dead letters of the rule that tells of its failed executions."""
    rules = stack.of_type("Events::Rule").values()
    for name in stack.of_type("StepFunctions::StateMachine"):
        telling = [
            target
            for rule in rules
            if {"Ref": name} in rule["EventPattern"].get("detail", {}).get("stateMachineArn", [])
            for target in rule["Targets"]
        ]
        yield name, retried_and_kept(telling[0]) if telling else ""


def asynchronously_invoked(stack: Stack) -> set[str]:
    """Return functions a schedule or a rotation invokes, and those another function has the right to invoke."""
    functions = stack.of_type("Lambda::Function")
    scheduled = {logical_id(each["Target"]["Arn"]) for each in stack.of_type("Scheduler::Schedule").values()}
    woken = {
        logical_id(resource)
        for function in functions
        for statement in stack.rights(function)
        if "lambda:InvokeFunction" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    rotating = {
        logical_id(each["RotationLambdaARN"]) for each in stack.of_type("SecretsManager::RotationSchedule").values()
    }
    return (scheduled | woken | rotating) & set(functions)


def on_failure(config: dict[str, Any]) -> str:
    """Return the queue Lambda writes a failure to."""
    return logical_id(config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"))


def retried_and_kept(target: dict[str, Any]) -> str:
    """Return the queue of a target that is also retried."""
    return logical_id(target.get("DeadLetterConfig", {}).get("Arn")) if target.get("RetryPolicy") else ""


def edges(stack: Stack) -> dict[str, str]:
    """Return every asynchronous edge, and the queue in which its failures wait."""
    return {
        **dict(failures_of_event_sources(stack)),
        **dict(failures_of_rules_and_schedules(stack)),
        **dict(failures_of_asynchronous_functions(stack)),
        **dict(failures_of_subscriptions(stack)),
        **dict(failures_of_executions(stack)),
    }


def dead_letters(stack: Stack) -> set[str]:
    """Return the queues that hold failures, and nothing else."""
    return {name for name in stack.of_type("SQS::Queue") if name.endswith("DeadLetters")}


def test_the_search_finds_every_kind_of_edge(stack: Stack) -> None:
    """A search that finds nothing proves nothing: these are all the edges there are."""
    assert set(edges(stack)) == {
        "FeedbackRule to FeedbackQueue",
        "SendsRule to SendsQueue",
        "StatusRule to StatusQueue",
        "NoticesRule to NoticesQueue",
        "EpisodeRule to EscalationMachine",
        "EscalationFailedRule to PagesTopic",
        "EvaluateFailedRule to EvaluateDeadLetters",
        "EnforceFailedRule to EnforceDeadLetters",
        "EscalationFailedRule to SecondRungTopic",
        "EscalationFailedRule to ThirdRungTopic",
        "SignalsRule to SignalsQueue",
        "IngestFunctionFeedback",
        "IngestFunctionSends",
        "MirrorFunctionStatus",
        "NotifyFunctionNotices",
        "SignalFunctionSignals",
        "PagerDutyRule to PagerDuty",
        "WebhookRule to Webhook",
        "DigestFunctionEveryHour",
        "DigestFunction",
        "EvaluateFunctionFeedbackGrew",
        "EnforceFunctionDecisionWritten",
        "ReviewFunctionAppointment",
        "ReviewFunctionEveryMinute",
        "ReviewFunction",
        "ReconcileFunctionEveryFiveMinutes",
        "ReconcileFunction",
        "EnforceFunction",
        "RotateKeyFunction",
        "EscalationMachine",
    }


def test_there_is_no_other_kind_of_edge(stack: Stack) -> None:
    """A pipe, a bucket that calls a function, or a service that does: teach the search before you add one."""
    assert not stack.of_type("Pipes::Pipe")
    for bucket in stack.of_type("S3::Bucket").values():
        assert set(bucket.get("NotificationConfiguration", {})) <= {"EventBridgeConfiguration"}
    callers = {each["Principal"] for each in stack.of_type("Lambda::Permission").values()}
    assert callers <= {"*", "secretsmanager.amazonaws.com"}, "the URL that links lead to, and rotations"


def test_every_edge_keeps_its_failures(stack: Stack) -> None:
    """What fails after its retries stays in a queue of dead letters; nothing the guard was told disappears."""
    lost = {edge: queue for edge, queue in edges(stack).items() if queue not in dead_letters(stack)}
    assert lost == {}


def test_every_queue_of_dead_letters_is_used(stack: Stack) -> None:
    """A queue of dead letters nothing writes to is a story the template tells and does not live."""
    assert set(edges(stack).values()) == dead_letters(stack)


def test_one_dead_letter_raises_an_alarm(stack: Stack) -> None:
    """A single dead letter is a fact the guard does not know: within a minute somebody is told."""
    told = {
        logical_id(alarm["Dimensions"][0]["Value"])
        for alarm in stack.of_type("CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        and (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (1, MINUTE, 1)
    }
    assert told == dead_letters(stack)


def test_dead_letters_wait_as_long_as_sqs_lets_them(stack: Stack) -> None:
    """A failure over a holiday is still there after it: fourteen days, and its age counts from the first queue on."""
    for name, queue in stack.of_type("SQS::Queue").items():
        kept = queue["MessageRetentionPeriod"]
        assert kept == FORTNIGHT if name in dead_letters(stack) else kept < FORTNIGHT, name


def test_a_failed_stream_keeps_its_records_and_not_only_their_numbers(stack: Stack) -> None:
    """A queue as a stream's destination gets shard and sequence numbers, and the stream forgets after a day."""
    streams = {
        logical_id(each["EventSourceArn"]): each for each in stack.of_type("Lambda::EventSourceMapping").values()
    }
    tables = set(stack.of_type("DynamoDB::Table"))
    assert {on_failure(each) for name, each in streams.items() if name in tables} == {"StreamFailures"}
    bucket = stack.of_type("S3::Bucket")["StreamFailures"]
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    [forgets] = bucket["LifecycleConfiguration"]["Rules"]
    assert forgets["ExpirationInDays"] * 24 * 60 * MINUTE > FORTNIGHT, "no dead letter outlives what it names"


def test_nobody_else_reads_what_streams_failed_on(stack: Stack) -> None:
    """It holds what tenants' recipients did: encrypted at rest and on the way, and never public."""
    bucket = stack.of_type("S3::Bucket")["StreamFailures"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    [policy] = stack.of_type("S3::BucketPolicy").values()
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_queue_is_encrypted_at_rest(stack: Stack) -> None:
    """A dead letter is a whole mail event, with its recipients."""
    for name, queue in stack.of_type("SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") or queue.get("KmsMasterKeyId"), name


def test_an_operator_finds_every_queue_of_dead_letters_in_the_outputs(source: dict[str, Any]) -> None:
    """A queue that nobody lists is one that nobody empties."""
    listing = source["Outputs"]["DeadLetterQueues"]["Value"]["Fn::Join"][1]
    queues = {name for name, each in source["Resources"].items() if each["Type"] == "AWS::SQS::Queue"}
    assert {logical_id(each) for each in listing} == {name for name in queues if name.endswith("DeadLetters")}


def test_every_queue_of_dead_letters_has_a_way_back(stack: Stack) -> None:
    """`guard redrive` knows each of them, and sends what it was for to where the template has it go."""
    assert set(EDGES) == dead_letters(stack)
    queues, functions = stack.of_type("SQS::Queue"), stack.of_type("Lambda::Function")
    back_to = {name: edge.way_back.partition("to ")[2] for name, edge in EDGES.items() if edge.way_back[:3] == "to "}
    for name, where in back_to.items():
        assert where in queues or where in stack.of_type("SNS::Topic"), name
        failing = queues.get(where, {}).get("RedrivePolicy", {}).get("deadLetterTargetArn")
        assert failing is None or logical_id(failing) == name
    woken = {word for edge in EDGES.values() for word in edge.way_back.split() if word.endswith("Function")}
    assert woken <= set(functions)


def test_the_runbook_says_what_to_do_about_each_queue_of_dead_letters(stack: Stack) -> None:
    """Whoever is woken by its alarm finds its name there."""
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Dead letters")[2]
    assert [name for name in sorted(dead_letters(stack)) if f"| `{name}` |" not in runbook] == []


def test_a_message_stays_hidden_while_it_is_being_tried(stack: Stack, source: dict[str, Any]) -> None:
    """Six function timeouts and the longest batch window (Lambda's own advice), or a slow batch is counted twice."""
    functions, queues = stack.of_type("Lambda::Function"), stack.of_type("SQS::Queue")
    for name, mapping in stack.of_type("Lambda::EventSourceMapping").items():
        queue = queues.get(logical_id(mapping["EventSourceArn"]))
        if queue is not None:
            window = mapping.get("MaximumBatchingWindowInSeconds", 0)
            longest = source["Parameters"][window["Ref"]]["MaxValue"] if isinstance(window, dict) else window
            timeout = functions[logical_id(mapping["FunctionName"])]["Timeout"]
            assert queue["VisibilityTimeout"] >= 6 * timeout + longest, name


def test_a_bad_message_takes_no_neighbour_along(stack: Stack) -> None:
    """Queues take back single messages; evaluate's stream halves its batches until the bad record is alone.

    Reminders have no neighbours: whatever they say, a batch of them is one review.
    """
    for name, mapping in stack.of_type("Lambda::EventSourceMapping").items():
        if logical_id(mapping["EventSourceArn"]) == "AppointmentsQueue":
            assert "FunctionResponseTypes" not in mapping
        elif logical_id(mapping["EventSourceArn"]) in stack.of_type("SQS::Queue"):
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        else:
            assert mapping["MaximumRetryAttempts"] >= 1, name
            assert mapping["MaximumRecordAgeInSeconds"] >= MINUTE, name
    assert stack.of_type("Lambda::EventSourceMapping")["EvaluateFunctionFeedbackGrew"]["BisectBatchOnFunctionError"]


def test_feedback_waits_for_no_batch(stack: Stack) -> None:
    """Feedback is what a pause waits for, so its queue has no batch window; sends have one."""
    mappings = stack.of_type("Lambda::EventSourceMapping")
    assert "MaximumBatchingWindowInSeconds" not in mappings["IngestFunctionFeedback"]
    assert mappings["IngestFunctionSends"]["MaximumBatchingWindowInSeconds"] == {"Ref": "SendsBatchWindow"}


def test_a_flood_of_the_public_page_takes_no_slots_from_the_guard(stack: Stack, source: dict[str, Any]) -> None:
    """Whoever asks for it needs no signature, so its function alone has a limit, unless the deployment says -1."""
    limit = source["Resources"]["ConsoleFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert limit == {"Fn::If": ["ConsoleIsLimited", {"Ref": "ConsoleConcurrency"}, {"Ref": "AWS::NoValue"}]}
    parameter = source["Parameters"]["ConsoleConcurrency"]
    assert (parameter["MinValue"], parameter["Default"]) == (-1, 5)
    open_to_all = [name for name, url in stack.of_type("Lambda::Url").items() if url["AuthType"] == "NONE"]
    assert open_to_all == ["ConsoleFunctionUrl"]


def test_an_escalation_that_is_tried_again_for_long_is_told(stack: Stack) -> None:
    """Its retries last a day, and nobody is paged meanwhile."""
    alarm = stack.of_type("CloudWatch::Alarm")["EscalationStrugglesAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")
    assert logical_id(alarm["Dimensions"][0]["Value"]) == "EscalateFunction"
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 10 * MINUTE


def test_one_enforcer_at_a_time(stack: Stack) -> None:
    """SES takes about one call a second for the whole account; a second enforcer would only be throttled."""
    assert stack.of_type("Lambda::Function")["EnforceFunction"]["ReservedConcurrentExecutions"] == 1
